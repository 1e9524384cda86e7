"""Worker threads in virtual time: real threads, and one clock for all of them.

The test's thread moves the clock, and only when every worker has come to a stop: asleep in virtual time, waiting for
somebody, out of work or ended. So each sleep ends at its own instant, sleeps overlap, and a run repeats.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import ClassVar

from pytest_lambda_modes import units
from pytest_lambda_modes.clock import running
from pytest_lambda_modes.clock.host_modules import REAL_TIME
from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.clock.made_once import made_once
from pytest_lambda_modes.clock.scheduler import NEVER
from pytest_lambda_modes.clock.signals import Signal
from pytest_lambda_modes.clock.stops import Stops
from pytest_lambda_modes.clock.stuck_report import is_in_a_debugger
from pytest_lambda_modes.clock.thread_methods import METHODS
from pytest_lambda_modes.clock.worker import Sleep, Worker, is_given_up, locked
from pytest_lambda_modes.clock.workers import Workers

real_sleep = REAL_TIME.sleep

# Seconds between two looks at what others do.
_LOOK = 0.001


class ThreadTime:
    """Has the workers that start while it is installed take turns with the clock.

    A thread that is older only reads the clock: its sleeps hurry nobody.
    """

    installed: ClassVar[ThreadTime | None] = None

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._bell = locked()
        self._awaited: list[tuple[Callable[[], bool], Signal]] = []
        self._reports: list[Callable[[], object]] = []
        self._settling = False
        self._nothing_left_since: float | None = None
        self._main_waits = False

    # For the first who asks, in whichever thread: most tests know of no other than their own.

    @made_once
    def workers(self) -> Workers:
        return Workers()

    @made_once
    def stops(self) -> Stops:
        return Stops(self.hub.scheduler, self.workers, self._is_the_test_blocked, self.ring)

    @made_once
    def _main(self) -> Worker:
        main = Worker("the test", 0)
        main.ident = self.hub.thread
        return main

    def install(self) -> None:
        ThreadTime.installed = self
        METHODS.install(self)

    def uninstall(self) -> None:
        """Whoever sleeps is woken, and goes on in real time."""
        ThreadTime.installed = None
        # First, or somebody who is woken takes what is left of virtual time for real.
        METHODS.uninstall()
        # Of those that never slept, one may be about to.
        if "workers" in vars(self):
            with self.workers.lock:
                self.stops.end()
        self.hub.hold = None

    def sweep(self) -> None:
        """Put back once more, as `Freezer.sweep` does; so do the other parts."""
        METHODS.sweep()

    # The calling thread's time

    def read(self) -> int:
        """The clock as user code of any thread reads it. Reading on and on moves it, in threads too."""
        if get_ident() == self.hub.thread:
            return self.hub.read()
        worker = self.workers.here()
        if worker is not None:
            worker.looks += 1
            if worker.looks > running.SPIN_READS:
                self.stops.stop(Sleep(worker, self.hub.scheduler.now + running.SPIN_STEP))
        return self.hub.scheduler.now

    def sleep(self, microseconds: int) -> None:
        """Let so much time pass for the calling thread, which is not the test's."""
        worker = self.workers.here()
        if worker is None:
            real_sleep(_LOOK if microseconds else 0)
            return
        worker.looks = 0
        self.stops.stop(Sleep(worker, self.hub.scheduler.now + microseconds))

    def loop_waits(self, due: int, is_ready: Callable[[], bool]) -> bool:
        """An event loop in a worker has nothing to do until an instant. False if nothing is known of the thread."""
        worker = self.workers.here()
        if worker is None:
            return False
        sleep = Sleep(worker, due)
        sleep.is_early = is_ready
        self.stops.stop(sleep)
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
        worker = self.workers.here()
        if worker is not None:
            worker.begin_stretch()
            worker.stands = stands
            self.ring()
        try:
            yield
        finally:
            if worker is not None:
                worker.begin_stretch()
                worker.stands = None

    # The test's thread waits

    def _is_the_test_blocked(self) -> bool:
        """Whether nobody moves the clock: the test's thread waits for something real, and not for who debugs it."""
        if self._settling or not (self._main_waits or self._main.is_blocked()):
            return False
        frame = sys._current_frames().get(self.hub.thread)
        return frame is None or not is_in_a_debugger(frame)

    def hold_the_clock(self) -> None:
        """From now on the clock asks the workers before it moves."""
        self.hub.hold = self.settle

    def settle(self, last: bool = False) -> bool:
        """Wait in real time until no worker is at work. Whether anything may be otherwise now than before.

        `last` says that nothing else is left that could happen: then who waits for something real is waited for, too.
        """
        waited = self._report()
        self._settling = True
        try:
            while self.workers.is_anybody_at_work():
                waited = True
                self._bell.acquire(True, _LOOK)
            if self._report() or waited:
                self._nothing_left_since = None
                return True
            if not last:
                return False
            since = self._nothing_left_since = self._nothing_left_since or REAL_TIME.monotonic()
            # Whoever waits for a thread itself does so for ever, as it would in earnest.
            if (not self._awaited and is_given_up(since)) or not self.might_come():
                self._nothing_left_since = None
                return False
            self._bell.acquire(True, _LOOK)
            return True
        finally:
            self._settling = False

    def might_come(self, since: float | None = None) -> bool:
        """Whether a thread could still do something by itself, which the clock knows nothing of.

        Of a stranger that is assumed for a while only, if it is said `since` when (in real time).
        """
        if self.workers.might_come():
            return True
        return not (since is not None and is_given_up(since)) and self.workers.are_there_strangers()

    def _report(self) -> bool:
        """All that workers have done meanwhile reaches the world, in an order that repeats."""
        with self.workers.lock:
            new = self.stops.set_alarms(self._wake_in_turn)
            early = self.stops.wake_who_is_told()
            reports, self._reports = self._reports, []
            if not (self.workers.forget_the_ended() or self._awaited):
                self.hub.hold = None
        for report in reports:
            report()
        told = [(check, signal) for check, signal in self._awaited if not signal.fired and check()]
        for _, signal in told:
            signal.fire()
        return bool(new or early or reports or told)

    def _wake_in_turn(self, sleep: Sleep) -> None:
        self.stops.wake(sleep)
        self.settle()

    def wait_for(self, check: Callable[[], bool], until: int = NEVER) -> bool:
        """Let virtual time pass for the test's thread until something holds (True), or an instant has come (False)."""
        if check():
            return True
        signal = Signal()
        entry = (check, signal)
        self._awaited.append(entry)
        self.hold_the_clock()
        try:
            return self.hub.wait_for(signal, until)
        finally:
            self._awaited.remove(entry)

    def until(self, timeout: float | None) -> int:
        """An instant so many seconds from now, and later than now, as `time.sleep` has it.

        What nobody lives to see is no end.
        """
        if timeout is None:
            return NEVER
        return min(NEVER, self.hub.scheduler.now + max(int(timeout > 0), units.from_seconds(timeout)))

    def on_report(self, report: Callable[[], object]) -> None:
        """Have something done in the test's thread, for a worker, before the clock moves."""
        with self.workers.lock:
            self._reports.append(report)
        self.ring()

    def ring(self) -> None:
        """The test's thread is to look again."""
        with self.workers.lock:
            if self._bell.locked():
                self._bell.release()
