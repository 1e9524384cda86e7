"""What threads and pools of threads do while virtual time is on: they tell of themselves, and wait in it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import _base as futures
from concurrent.futures import thread as pools
from threading import Condition, Thread, get_ident
from typing import TYPE_CHECKING, Any

from pytest_lambda_modes.clock import real_waits
from pytest_lambda_modes.clock.condition_wait import ConditionWait
from pytest_lambda_modes.clock.countdown import Countdown
from pytest_lambda_modes.clock.stand_ins import Place, StandIns
from pytest_lambda_modes.clock.worker import Sleep, Worker

if TYPE_CHECKING:
    from pytest_lambda_modes.clock.worker_threads import ThreadTime


class ThreadMethods:
    """Stands in for methods of the standard library's classes, and for their clock, from `install` to `uninstall`.

    There is one in the process. Whatever it is called for asks which `time` is on, and with none does what it always
    does.
    """

    def __init__(self) -> None:
        self._time: ThreadTime | None = None
        self._countdown = countdown = Countdown()
        self._stand_ins = StandIns(
            Place(Thread, "start", self._start),
            Place(Thread, "_bootstrap_inner", self._bootstrap),
            Place(Thread, "join", self._join),
            Place(Condition, "wait", ConditionWait(countdown).instead_of),
            Place(threading, "_time", lambda original: countdown.read),
            Place(queue, "time", lambda original: countdown.read),
            Place(futures, "time", countdown.module),
            Place(ThreadPoolExecutor, "submit", self._submit),
            Place(pools._WorkItem, "run", self._work),
        )

    def install(self, time: ThreadTime) -> None:
        self._time = time
        self._countdown.begin(time)
        self._stand_ins.install()

    def uninstall(self) -> None:
        self._stand_ins.uninstall()
        self._time = None
        self._countdown.end()

    def sweep(self) -> None:
        self._stand_ins.sweep()

    def _time_of_the_caller(self) -> ThreadTime | None:
        """None in a thread that virtual time knows nothing of."""
        time = self._time
        known = time is not None and (get_ident() == time.hub.thread or time.workers.here() is not None)
        return time if known else None

    # Threads

    def _start(self, original: Any) -> Any:
        def start(thread: Any) -> None:
            time = self._time_of_the_caller()
            if time is None or real_waits.is_the_hosts(thread):
                original(thread)
                return
            worker = _add(time, thread.name, thread)
            if getattr(thread, "_target", None) is pools._worker:
                worker.idle, worker.executor = True, thread._args[0]
            try:
                original(thread)
            except BaseException:
                _end(time, worker)
                raise

        return start

    def _bootstrap(self, original: Any) -> Any:
        def bootstrap(thread: Thread) -> None:
            time = self._time
            worker = None if time is None else time.workers.of(thread)
            if time is None or worker is None:
                original(thread)
                return
            time.workers.begin(worker)
            try:
                original(thread)
            finally:
                _end(time, worker)

        return bootstrap

    def _join(self, original: Any) -> Any:
        def join(thread: Thread, timeout: float | None = None) -> None:
            time = self._time_of_the_caller()
            other = None if time is None else time.workers.of(thread)
            me = None if time is None else time.workers.here()
            if time is None or other is None or other is me or other.ended:
                original(thread, timeout)
                return
            until = time.until(timeout)
            if me is None:
                ended = time.wait_for(lambda: other.ended, until)
            else:
                ended = _worker_joins(time, me, other, until)
            if ended:
                original(thread)

        return join

    # Pools

    def _submit(self, original: Any) -> Any:
        def submit(executor: Any, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            time = self._time_of_the_caller()
            if time is None:
                return original(executor, work, *args, **kwargs)
            # The work cannot begin before it is known.
            with time.workers.lock:
                future = original(executor, work, *args, **kwargs)
                time.workers.hand_over(future, executor)
                time.hold_the_clock()
            return future

        return submit

    def _work(self, original: Any) -> Any:
        def run(item: Any, *args: Any) -> None:
            time = self._time
            if time is None:
                original(item, *args)
                return
            workers = time.workers
            with workers.lock:
                task = workers.take(item.future)
                worker = known = workers.here()
                if worker is None and task is not None:
                    # A thread of a pool that is older.
                    worker = _add(time, "a pool's thread")
                    worker.executor = task.executor
                    workers.begin(worker)
                if worker is not None:
                    worker.begin_stretch()
                    worker.idle = False
                    worker.number = worker.number if task is None else task.number
            try:
                original(item, *args)
            finally:
                if worker is not None:
                    worker.begin_stretch()
                    worker.idle = True
                    if known is None:
                        _end(time, worker)
                    time.ring()

        return run


def _add(time: ThreadTime, name: str, thread: Thread | None = None) -> Worker:
    with time.workers.lock:
        time.hold_the_clock()
        return time.workers.add(name, thread)


def _end(time: ThreadTime, worker: Worker) -> None:
    with time.workers.lock:
        time.workers.end(worker)
        for sleep in worker.joiners:
            time.stops.wake(sleep, timed_out=False)
    time.ring()


def _worker_joins(time: ThreadTime, me: Worker, other: Worker, until: int) -> bool:
    sleep = Sleep(me, until)
    with time.workers.lock:
        if not other.ended:
            other.joiners.append(sleep)
    if not other.ended:
        time.stops.stop(sleep)
    return other.ended


METHODS = ThreadMethods()
