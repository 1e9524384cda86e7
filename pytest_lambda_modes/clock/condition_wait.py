"""Waiting for a condition, and for all that is made of conditions: events, queues, futures."""

from __future__ import annotations

import sys
from _thread import LockType
from threading import get_ident
from typing import TYPE_CHECKING, Any

from pytest_lambda_modes.clock import real_waits
from pytest_lambda_modes.clock.countdown import Countdown
from pytest_lambda_modes.clock.scheduler import NEVER
from pytest_lambda_modes.clock.worker import Sleep, Worker, locked

if TYPE_CHECKING:
    from pytest_lambda_modes.clock.worker_threads import ThreadTime


class ConditionWait:
    """`Condition.wait` in virtual time, for the test and for its workers."""

    def __init__(self, countdown: Countdown) -> None:
        self._countdown = countdown

    def instead_of(self, original: Any) -> Any:
        def wait(condition: Any, timeout: float | None = None) -> Any:
            time = self._countdown.time
            if time is None or (timeout is not None and timeout <= 0) or real_waits.is_a_start(sys._getframe(1)):
                return original(condition, timeout)
            me = time.workers.here()
            if not _is_virtual(time, me):
                with self._countdown.waiting():
                    return original(condition, timeout)
            if not condition._is_owned():
                raise RuntimeError("cannot wait on un-acquired lock")
            bell = locked()
            condition._waiters.append(bell)
            saved = condition._release_save()
            told = False
            try:
                told = _wait_to_be_told(time, condition, bell, time.until(timeout), me)
                return told
            finally:
                condition._acquire_restore(saved)
                if not told and bell in condition._waiters:
                    condition._waiters.remove(bell)

        return wait


def _is_virtual(time: ThreadTime, me: Worker | None) -> bool:
    """Whether a wait takes virtual time. The test's own does unless only a stranger could end it."""
    if me is not None:
        return True
    hub = time.hub
    return get_ident() == hub.thread and (hub.hold is not None or not time.workers.are_there_strangers())


def _wait_to_be_told(time: ThreadTime, condition: Any, bell: LockType, until: int, me: Worker | None) -> bool:
    if me is None:
        return time.wait_for(lambda: not bell.locked(), until)

    def is_told() -> bool:
        # The bell is locked again as soon as the thread goes on.
        return not bell.locked() or bell not in condition._waiters

    if until == NEVER:
        with time.standing(lambda: not is_told()):
            bell.acquire()
        return True
    me.looks = 0
    sleep = Sleep(me, until, bell)
    sleep.condition, sleep.is_early = condition, is_told
    time.stops.stop(sleep)
    time.stops.wake(sleep, timed_out=False)
    return not sleep.timed_out
