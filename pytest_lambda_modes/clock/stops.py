"""Workers that have stopped: who is asleep until when, and who is woken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from pytest_lambda_modes.clock.scheduler import NEVER, Scheduler
from pytest_lambda_modes.clock.worker import Sleep, turn
from pytest_lambda_modes.clock.workers import Workers

# Seconds between two looks whether somebody else moves the clock.
_LOOK = 0.005


def _no() -> bool:
    return False


class Stops:
    """Kept under the workers' lock. `ring` tells the test's thread that there is one more."""

    def __init__(
        self,
        scheduler: Scheduler,
        workers: Workers,
        is_the_test_blocked: Callable[[], bool],
        ring: Callable[[], object],
    ) -> None:
        self._scheduler = scheduler
        self._workers = workers
        self._lock = workers.lock
        self._is_the_test_blocked = is_the_test_blocked
        self._ring = ring
        self._asleep: list[Sleep] = []
        self._over = False

    def stop(self, sleep: Sleep) -> None:
        """Stop here until it is woken. If nobody moves the clock, since the test's thread is blocked, it does so."""
        with self._lock:
            if self._over:
                sleep.timed_out = True
                return
            sleep.worker.sleep = sleep
            self._asleep.append(sleep)
        self._ring()
        while not sleep.bell.acquire(True, _LOOK):
            with self._lock:
                if self._goes_alone(sleep):
                    self.wake(sleep)

    def _goes_alone(self, sleep: Sleep) -> bool:
        scheduler = self._scheduler
        if sleep.over or sleep.due < scheduler.now:
            return not sleep.over
        if not self._is_the_test_blocked() or self._workers.is_anybody_at_work():
            return False
        if sleep.is_early is not None and sleep.is_early():
            return True
        if sleep.due == NEVER or sleep is not min(self._asleep, key=turn):
            return False
        scheduler.now = max(scheduler.now, sleep.due)
        return True

    def wake(self, sleep: Sleep, timed_out: bool = True) -> None:
        with self._lock:
            if sleep.over:
                return
            sleep.over, sleep.timed_out = True, sleep.timed_out or (timed_out and sleep.is_waited_out())
            sleep.worker.begin_stretch()
            sleep.worker.sleep = None
            if sleep in self._asleep:
                self._asleep.remove(sleep)
            if sleep.alarm is not None:
                sleep.alarm.cancel()
            if sleep.condition is not None and sleep.bell in sleep.condition._waiters:
                sleep.condition._waiters.remove(sleep.bell)
            # A thread that nobody knows may notify at this moment, and has rung it then.
            with suppress(RuntimeError):
                sleep.bell.release()

    def set_alarms(self, wake: Callable[[Sleep], object]) -> bool:
        """Have those that are new woken in their turn, in the test's thread. Whether there are any."""
        new = sorted((sleep for sleep in self._asleep if sleep.alarm is None and sleep.due < NEVER), key=turn)
        for sleep in new:
            sleep.alarm = self._scheduler.at(sleep.due, partial(wake, sleep), f"{sleep.worker.name} sleeps")
        return bool(new)

    def wake_who_is_told(self) -> bool:
        """Those whose condition was notified, whose loop has something to do. Whether there are any."""
        early = [sleep for sleep in self._asleep if sleep.is_early is not None and sleep.is_early()]
        for sleep in early:
            self.wake(sleep, timed_out=False)
        return bool(early)

    def end(self) -> None:
        """Nobody stops any more, and all are woken."""
        self._over = True
        # No circle is left, for which the garbage collector would have to come.
        self._is_the_test_blocked = self._ring = _no
        for sleep in list(self._asleep):
            self.wake(sleep)
