"""The heap of timers, and the instant it has reached."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

# Later than every instant.
NEVER = 1 << 62


class Timer:
    """Something that will happen at `due` (microseconds). Made by `Scheduler.at`; `cancel` may be called any time."""

    __slots__ = ("action", "due", "name")

    def __init__(self, due: int, action: Callable[[], object], name: str) -> None:
        self.due = due
        self.action: Callable[[], object] | None = action
        self.name = name

    def cancel(self) -> None:
        self.action = None


class Scheduler:
    """Timers in order of (due, arrival), so equal times run first come, first served, and a run repeats exactly.

    `now` is whole microseconds since the start; the hub moves it, never back. `start` is the wall clock at the start,
    in microseconds since 1970. `arrivals` counts the timers that were set, `fired` those that fired.
    """

    __slots__ = ("arrivals", "fired", "heap", "now", "start")

    def __init__(self, start: int = 0) -> None:
        self.start = start
        self.now = 0
        self.fired = 0
        self.heap: list[tuple[int, int, Timer]] = []
        self.arrivals = 0

    def epoch(self) -> int:
        """The wall clock now, in microseconds since 1970."""
        return self.start + self.now

    def at(self, due: int, action: Callable[[], object], name: str = "") -> Timer:
        """Have `action` called at `due`; a time already past means now, behind what is due already."""
        if due < self.now:
            due = self.now
        timer = Timer(due, action, name)
        self.arrivals = arrival = self.arrivals + 1
        heappush(self.heap, (due, arrival, timer))
        return timer

    def idle(self) -> bool:
        """Whether no live timer is left."""
        heap = self.heap
        while heap and heap[0][2].action is None:
            heappop(heap)
        return not heap

    def pending(self) -> list[Timer]:
        """The live timers, in the order in which they will fire."""
        return [timer for _, _, timer in sorted(self.heap, key=lambda entry: entry[:2]) if timer.action is not None]
