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
from pytest_lambda_modes.clock.undoing import Undo
from pytest_lambda_modes.clock.worker import Sleep, Worker

if TYPE_CHECKING:
    from pytest_lambda_modes.clock.worker_threads import ThreadTime


class ThreadMethods:
    """Replaces methods of the standard library's classes, and their clock, from `install` to `uninstall`."""

    def __init__(self, time: ThreadTime) -> None:
        self._time = time
        self._hub = time.hub
        self._workers = time.workers
        self._undo = Undo()

    def install(self) -> None:
        self._replace(Thread, "start", self._start)
        self._replace(Thread, "_bootstrap_inner", self._bootstrap)
        self._replace(Thread, "join", self._join)
        countdown = Countdown(self._time)
        self._replace(Condition, "wait", ConditionWait(self._time, countdown).instead_of)
        self._replace(threading, "_time", lambda original: countdown.read)
        self._replace(queue, "time", lambda original: countdown.read)
        self._replace(futures, "time", countdown.module)
        self._replace(ThreadPoolExecutor, "submit", self._submit)
        self._replace(pools._WorkItem, "run", self._work)

    def uninstall(self) -> None:
        self._undo.run()

    def _replace(self, owner: Any, name: str, wrapped: Callable[[Any], Any]) -> None:
        self._undo.replace(owner, name, wrapped(vars(owner)[name]))

    def _caller_is_known(self) -> bool:
        return get_ident() == self._hub.thread or self._workers.here() is not None

    # Threads

    def _add(self, name: str, thread: Thread | None = None) -> Worker:
        with self._workers.lock:
            self._time.hold_the_clock()
            return self._workers.add(name, thread)

    def _end(self, worker: Worker) -> None:
        with self._workers.lock:
            self._workers.end(worker)
            for sleep in worker.joiners:
                self._time.stops.wake(sleep, timed_out=False)
        self._time.ring()

    def _start(self, original: Any) -> Any:
        def start(thread: Any) -> None:
            if not self._caller_is_known() or real_waits.is_the_hosts(thread):
                original(thread)
                return
            worker = self._add(thread.name, thread)
            if getattr(thread, "_target", None) is pools._worker:
                worker.idle, worker.executor = True, thread._args[0]
            try:
                original(thread)
            except BaseException:
                self._end(worker)
                raise

        return start

    def _bootstrap(self, original: Any) -> Any:
        def bootstrap(thread: Thread) -> None:
            worker = self._workers.of(thread)
            if worker is None:
                original(thread)
                return
            self._workers.begin(worker)
            try:
                original(thread)
            finally:
                self._end(worker)

        return bootstrap

    def _join(self, original: Any) -> Any:
        def join(thread: Thread, timeout: float | None = None) -> None:
            other, me = self._workers.of(thread), self._workers.here()
            if other is None or other is me or other.ended or not self._caller_is_known():
                original(thread, timeout)
                return
            until = self._time.until(timeout)
            if me is None:
                ended = self._time.wait_for(lambda: other.ended, until)
            else:
                ended = self._worker_joins(me, other, until)
            if ended:
                original(thread)

        return join

    def _worker_joins(self, me: Worker, other: Worker, until: int) -> bool:
        sleep = Sleep(me, until)
        with self._workers.lock:
            if not other.ended:
                other.joiners.append(sleep)
        if not other.ended:
            self._time.stops.stop(sleep)
        return other.ended

    # Pools

    def _submit(self, original: Any) -> Any:
        def submit(executor: Any, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            if not self._caller_is_known():
                return original(executor, work, *args, **kwargs)
            # The work cannot begin before it is known.
            with self._workers.lock:
                future = original(executor, work, *args, **kwargs)
                self._workers.hand_over(future, executor)
                self._time.hold_the_clock()
            return future

        return submit

    def _work(self, original: Any) -> Any:
        def run(item: Any, *args: Any) -> None:
            with self._workers.lock:
                task = self._workers.take(item.future)
                worker = known = self._workers.here()
                if worker is None and task is not None:
                    # A thread of a pool that is older.
                    worker = self._add("a pool's thread")
                    worker.executor = task.executor
                    self._workers.begin(worker)
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
                        self._end(worker)
                    self._time.ring()

        return run
