"""Worker threads in virtual time: real threads, and one clock for all of them.

The test's thread moves the clock, and only when every worker has come to a stop: asleep in virtual time, waiting for
somebody, out of work or ended. So each sleep ends at its own instant, sleeps overlap, and a run repeats.
"""

from __future__ import annotations

import sys
from _thread import LockType, RLock
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import thread as pools
from contextlib import contextmanager
from functools import partial
from threading import Condition, Thread, get_ident
from typing import Any, ClassVar
from weakref import WeakKeyDictionary, ref

from pytest_lambda_modes import units
from pytest_lambda_modes.clock import overlap, real_waits
from pytest_lambda_modes.clock.host_modules import REAL_TIME
from pytest_lambda_modes.clock.overlap import NEVER, Hub, Signal
from pytest_lambda_modes.clock.worker import Sleep, Task, Worker, locked, turn

real_sleep = REAL_TIME.sleep

# Seconds between two looks at what others do.
_LOOK = 0.001
_RARE_LOOK = 0.005


class ThreadTime:
    """Has the workers that start while it is installed take turns with the clock.

    A thread that is older only reads the clock: its sleeps hurry nobody.
    """

    installed: ClassVar[ThreadTime | None] = None

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._lock = RLock()
        self._bell = locked()
        self._workers: WeakKeyDictionary[Thread, Worker] = WeakKeyDictionary()
        self._live: list[Worker] = []
        self._by_ident: dict[int, Worker] = {}
        self._submitted: dict[Future[Any], Task] = {}
        self._asleep: list[Sleep] = []
        self._awaited: list[tuple[Callable[[], bool], Signal]] = []
        self._reports: list[Callable[[], object]] = []
        self._number = 0
        self._settling = False
        self._main_waits = False
        self._main = Worker("the test", 0)
        self._main.ident = hub.thread
        self._undo: list[tuple[Any, str, Any]] = []

    # The calling thread's time

    def read(self) -> int:
        """The clock as user code of any thread reads it. Reading on and on moves it, in threads too."""
        if get_ident() == self.hub.thread:
            return self.hub.read()
        worker = self._by_ident.get(get_ident())
        if worker is not None:
            worker.looks += 1
            if worker.looks > overlap.SPIN_READS:
                self._stop(Sleep(worker, self.hub.scheduler.now + overlap.SPIN_STEP))
        return self.hub.scheduler.now

    def sleep(self, microseconds: int) -> None:
        """Let so much time pass for the calling thread, which is not the test's."""
        worker = self._by_ident.get(get_ident())
        if worker is None:
            real_sleep(min(_LOOK, microseconds))
            return
        worker.looks = 0
        self._stop(Sleep(worker, self.hub.scheduler.now + microseconds))

    def loop_waits(self, due: int, is_ready: Callable[[], bool]) -> bool:
        """An event loop in a worker has nothing to do until an instant. False if nothing is known of the thread."""
        worker = self._by_ident.get(get_ident())
        if worker is None:
            return False
        sleep = Sleep(worker, due)
        sleep.is_early = is_ready
        self._stop(sleep)
        return True

    @contextmanager
    def standing(self, stands: Callable[[], bool]) -> Iterator[None]:
        """The calling thread waits in real time for something that lasts as long as `stands` says."""
        if get_ident() == self.hub.thread:
            before, self._main_waits = self._main_waits, True
            try:
                yield
            finally:
                self._main_waits = before
            return
        worker = self._by_ident.get(get_ident())
        if worker is not None:
            worker.begin_stretch()
            worker.stands = stands
            self._ring()
        try:
            yield
        finally:
            if worker is not None:
                worker.begin_stretch()
                worker.stands = None

    def _stop(self, sleep: Sleep) -> None:
        """Stop here until it is woken. If nobody moves the clock, since the test's thread is blocked, it does so."""
        with self._lock:
            if ThreadTime.installed is not self:
                sleep.timed_out = True
                return
            sleep.worker.sleep = sleep
            self._asleep.append(sleep)
        self._ring()
        while not sleep.bell.acquire(True, _RARE_LOOK):
            with self._lock:
                if self._goes_alone(sleep):
                    self._wake(sleep)

    def _goes_alone(self, sleep: Sleep) -> bool:
        scheduler = self.hub.scheduler
        if sleep.over or sleep.due < scheduler.now:
            return not sleep.over
        if self._settling or not (self._main_waits or self._main.is_blocked()) or self._is_anybody_at_work():
            return False
        if sleep is not min(self._asleep, key=turn) or sleep.due == NEVER:
            return False
        scheduler.now = max(scheduler.now, sleep.due)
        return True

    def _wake(self, sleep: Sleep, timed_out: bool = True) -> None:
        with self._lock:
            if sleep.over:
                return
            sleep.over, sleep.timed_out = True, sleep.timed_out or (timed_out and sleep.bell.locked())
            sleep.worker.begin_stretch()
            sleep.worker.sleep = None
            if sleep in self._asleep:
                self._asleep.remove(sleep)
            if sleep.alarm is not None:
                sleep.alarm.cancel()
            if sleep.condition is not None and sleep.bell in sleep.condition._waiters:
                sleep.condition._waiters.remove(sleep.bell)
            if sleep.bell.locked():
                sleep.bell.release()

    # The test's thread waits

    def settle(self, last: bool = False) -> bool:
        """Wait in real time until no worker is at work. Whether anything may be otherwise now than before.

        `last` says that nothing else is left that could happen: then who is blocked is waited for as well.
        """
        waited = self._report()
        self._settling = True
        try:
            while self._must_wait():
                waited = True
                self._bell.acquire(True, _LOOK)
        finally:
            self._settling = False
        if self._report() or waited:
            return True
        if last and (self._awaited or any(not worker.idle for worker in self._live)):
            self._bell.acquire(True, _LOOK)
            return True
        return False

    def _must_wait(self) -> bool:
        with self._lock:
            return self._is_anybody_at_work()

    def _is_anybody_at_work(self) -> bool:
        return any(worker.is_at_work() for worker in self._live) or any(map(self._begins, self._submitted.items()))

    def _begins(self, submitted: tuple[Future[Any], Task]) -> bool:
        """Whether a piece of work is about to begin: there is a thread for it."""
        future, task = submitted
        executor = task.executor()
        if executor is None or future._state != "PENDING" or task.is_overdue():
            return False
        busy = sum(
            worker.executor is not None and worker.executor() is executor and not worker.idle for worker in self._live
        )
        return bool(busy < executor._max_workers)

    def _report(self) -> bool:
        """All that workers have done meanwhile reaches the world, in an order that repeats."""
        with self._lock:
            self._live = [worker for worker in self._live if not worker.ended]
            new = sorted((sleep for sleep in self._asleep if sleep.alarm is None and sleep.due < NEVER), key=turn)
            for sleep in new:
                action = partial(self._wake_in_turn, sleep)
                sleep.alarm = self.hub.scheduler.at(sleep.due, action, f"{sleep.worker.name} sleeps")
            early = [sleep for sleep in self._asleep if sleep.is_early is not None and sleep.is_early()]
            reports, self._reports = self._reports, []
            if not (self._live or self._submitted or self._awaited):
                self.hub.hold = None
        for sleep in early:
            self._wake(sleep, timed_out=False)
        for report in reports:
            report()
        told = [(check, signal) for check, signal in self._awaited if not signal.fired and check()]
        for _, signal in told:
            signal.fire()
        return bool(new or early or reports or told)

    def _wake_in_turn(self, sleep: Sleep) -> None:
        self._wake(sleep)
        self.settle()

    def wait_for(self, check: Callable[[], bool], until: int = NEVER) -> bool:
        """Let virtual time pass for the test's thread until something holds (True), or an instant has come (False)."""
        if check():
            return True
        signal = Signal()
        entry = (check, signal)
        self._awaited.append(entry)
        try:
            return self.hub.wait_for(signal, until)
        finally:
            self._awaited.remove(entry)

    def on_report(self, report: Callable[[], object]) -> None:
        """Have something done in the test's thread, for a worker, before the clock moves."""
        with self._lock:
            self._reports.append(report)
        self._ring()

    def _ring(self) -> None:
        with self._lock:
            if self._bell.locked():
                self._bell.release()

    # The process's threads and pools

    def install(self) -> None:
        ThreadTime.installed = self
        self._replace(Thread, "start", self._start)
        self._replace(Thread, "_bootstrap_inner", self._bootstrap)
        self._replace(Thread, "join", self._join)
        self._replace(Condition, "wait", self._wait)
        self._replace(ThreadPoolExecutor, "submit", self._submit)
        self._replace(pools._WorkItem, "run", self._work)

    def uninstall(self) -> None:
        with self._lock:
            ThreadTime.installed = None
            self.hub.hold = None
            for sleep in list(self._asleep):
                self._wake(sleep)
        for owner, name, original in reversed(self._undo):
            setattr(owner, name, original)
        self._undo.clear()

    def _replace(self, owner: Any, name: str, wrapped: Callable[[Any], Any]) -> None:
        original = owner.__dict__[name]
        self._undo.append((owner, name, original))
        setattr(owner, name, wrapped(original))

    def _caller_is_known(self) -> bool:
        return get_ident() == self.hub.thread or get_ident() in self._by_ident

    def _begin(self, name: str) -> Worker:
        with self._lock:
            self._number += 1
            worker = Worker(name, self._number)
            self._live.append(worker)
            self.hub.hold = self.settle
            return worker

    def _end(self, worker: Worker) -> None:
        with self._lock:
            worker.ended = True
            if worker.ident is not None:
                self._by_ident.pop(worker.ident, None)
            for sleep in worker.joiners:
                self._wake(sleep, timed_out=False)
        self._ring()

    def _start(self, original: Any) -> Any:
        def start(thread: Any) -> None:
            if not self._caller_is_known() or real_waits.is_the_hosts(thread):
                original(thread)
                return
            self._workers[thread] = worker = self._begin(thread.name)
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
            worker = self._workers.get(thread)
            if worker is None:
                original(thread)
                return
            worker.ident = get_ident()
            self._by_ident[worker.ident] = worker
            try:
                original(thread)
            finally:
                self._end(worker)

        return bootstrap

    def _join(self, original: Any) -> Any:
        def join(thread: Thread, timeout: float | None = None) -> None:
            other, me = self._workers.get(thread), self._by_ident.get(get_ident())
            if other is None or other is me or other.ended or not self._caller_is_known():
                original(thread, timeout)
                return
            until = self._until(timeout)
            if me is None:
                ended = self.wait_for(lambda: other.ended, until)
            else:
                sleep = Sleep(me, until)
                with self._lock:
                    if not other.ended:
                        other.joiners.append(sleep)
                if not other.ended:
                    self._stop(sleep)
                ended = other.ended
            if ended:
                original(thread)

        return join

    def _wait(self, original: Any) -> Any:
        def wait(condition: Any, timeout: float | None = None) -> Any:
            me = self._by_ident.get(get_ident())
            is_hub = get_ident() == self.hub.thread and self.hub.hold is not None
            caller = sys._getframe(1)
            is_real = not (is_hub or me is not None) or (timeout is not None and timeout <= 0)
            if is_real or real_waits.is_a_start(caller):
                return original(condition, timeout)
            if timeout is not None and real_waits.counts_real_time(caller):
                with self.standing(lambda: True):
                    return original(condition, timeout)
            if not condition._is_owned():
                raise RuntimeError("cannot wait on un-acquired lock")
            bell = locked()
            condition._waiters.append(bell)
            saved = condition._release_save()
            told = False
            try:
                told = self._wait_to_be_told(condition, bell, self._until(timeout), me)
                return told
            finally:
                condition._acquire_restore(saved)
                if not told and bell in condition._waiters:
                    condition._waiters.remove(bell)

        return wait

    def _wait_to_be_told(self, condition: Any, bell: LockType, until: int, me: Worker | None) -> bool:
        if me is None:
            return self.wait_for(lambda: not bell.locked(), until)
        if until == NEVER:
            with self.standing(bell.locked):
                bell.acquire()
            return True
        sleep = Sleep(me, until, bell)
        sleep.condition, sleep.is_early = condition, lambda: not bell.locked()
        self._stop(sleep)
        self._wake(sleep, timed_out=False)
        return not sleep.timed_out

    def _submit(self, original: Any) -> Any:
        def submit(executor: Any, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            if not self._caller_is_known():
                return original(executor, work, *args, **kwargs)
            # The work cannot begin before it is known.
            with self._lock:
                future = original(executor, work, *args, **kwargs)
                self._number += 1
                self._submitted[future] = Task(ref(executor), self._number, REAL_TIME.monotonic())
                self.hub.hold = self.settle
            return future

        return submit

    def _work(self, original: Any) -> Any:
        def run(item: Any, *args: Any) -> None:
            with self._lock:
                task = self._submitted.pop(item.future, None)
                worker = known = self._by_ident.get(get_ident())
                if worker is None and task is not None:
                    # A thread of a pool that is older.
                    worker = self._begin("a pool's thread")
                    worker.ident, worker.executor = get_ident(), task.executor
                    self._by_ident[worker.ident] = worker
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
                    self._ring()

        return run

    def _until(self, timeout: float | None) -> int:
        return NEVER if timeout is None else self.hub.scheduler.now + max(0, units.from_seconds(timeout))
