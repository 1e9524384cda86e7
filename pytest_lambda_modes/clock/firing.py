"""Fires timers while somebody waits, and finds out a world that does not come to rest."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop

from pytest_lambda_modes.clock import not_settled
from pytest_lambda_modes.clock.scheduler import NEVER, Scheduler
from pytest_lambda_modes.errors import NotSettledError

# A world that fires so many timers in one wait, and so many for each that was set before it, does not settle. One that
# is endless has to be found out in seconds, and a backlog of 100,000 messages has to come through.
TIMER_LIMIT = 500_000
TIMERS_FOR_EACH = 10


class Firing:
    """Takes a scheduler from timer to timer. What a timer does may wait in its turn, and fire further ones meanwhile.

    `unsettled` says whether somebody waited for what does not come about.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self.timer_limit = TIMER_LIMIT
        self.unsettled = False
        # Asked before the clock moves: whether it had to wait for other threads, after which all may be different. Told
        # True if nothing else is left.
        self.hold: Callable[[bool], bool] | None = None
        self._depth = 0
        self._allowed = 0
        self._last_timer = 0

    def not_settled(self, text: str) -> NotSettledError:
        """The error for a wait that does not end."""
        self.unsettled = True
        return NotSettledError(text)

    def _fire(self, condition: Callable[[], bool] | None, limit: int, arrivals: int, idle_is_an_end: bool) -> None:
        """Fire timers due by `limit` while the condition holds. Raises NotSettledError.

        Of those due at the very limit it fires those that came before so many arrivals: user code that waits takes its
        turn as a timer would, and the test goes last.
        """
        scheduler = self.scheduler
        heap = scheduler.heap
        if self._depth == 0:
            self._allowed = self.timer_limit + TIMERS_FOR_EACH * len(heap)
            self._last_timer = scheduler.fired + self._allowed
        self._depth += 1
        try:
            while condition is None or condition():
                if not heap:
                    if self.hold is not None and self.hold(limit == NEVER and not idle_is_an_end):
                        continue
                    if limit < NEVER:
                        self._move_to(limit)
                    elif not idle_is_an_end:
                        raise self.not_settled(not_settled.nothing_will_come(scheduler.now))
                    break
                due, arrival, timer = heap[0]
                action = timer.action
                if action is None:
                    heappop(heap)
                    continue
                if self.hold is not None and due > scheduler.now and self.hold(False):
                    continue
                if due >= limit and (due > limit or arrival > arrivals):
                    self._move_to(limit)
                    break
                if scheduler.fired >= self._last_timer:
                    raise self.not_settled(not_settled.never_ends(self._allowed, scheduler))
                heappop(heap)
                timer.action = None
                if due > scheduler.now:
                    scheduler.now = due
                scheduler.fired += 1
                action()
        finally:
            self._depth -= 1

    def _move_to(self, instant: int) -> None:
        if instant > self.scheduler.now:
            self.scheduler.now = instant
