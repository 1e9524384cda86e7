"""What virtual time knows of one worker thread, of its stops, and of work that was handed to a pool."""

from __future__ import annotations

import sys
from _thread import LockType, allocate_lock
from collections.abc import Callable
from typing import Any, NamedTuple
from weakref import ReferenceType

from pytest_lambda_modes.clock.host_modules import REAL_TIME
from pytest_lambda_modes.clock.scheduler import Timer

# A thread that has stood at one instruction for so many real seconds is blocked in C, by something that nobody sees.
_PATIENCE = 1.0

# Nobody waits longer for a thread that does not stop by itself: it may spin until somebody else goes on.
_LONGEST_STRETCH = 5.0


class Sleep:
    """A stop of a worker's until an instant, or until somebody releases its bell."""

    __slots__ = ("alarm", "bell", "condition", "due", "is_early", "over", "timed_out", "worker")

    def __init__(self, worker: Worker, due: int, bell: LockType | None = None) -> None:
        self.worker = worker
        self.due = due
        self.bell = bell or locked()
        self.condition: Any = None
        self.is_early: Callable[[], bool] | None = None
        self.alarm: Timer | None = None
        self.over = self.timed_out = False

    def is_waited_out(self) -> bool:
        """Whether nobody has released the bell so far."""
        return self.bell.locked() and (self.is_early is None or not self.is_early())


class Worker:
    """What is known of one thread.

    `idle` is a pool's thread between two pieces of work for its `executor`. `stands` says of any other stop whether it
    lasts.
    """

    __slots__ = (
        *("began", "ended", "executor", "ident", "idle", "joiners", "looks", "name", "number", "place", "seen"),
        *("since", "sleep", "stands"),
    )

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self.ident: int | None = None
        self.sleep: Sleep | None = None
        self.stands: Callable[[], bool] | None = None
        self.executor: ReferenceType[Any] | None = None
        self.idle = False
        self.ended = False
        self.joiners: list[Sleep] = []
        self.looks = 0
        self.begin_stretch()

    def begin_stretch(self) -> None:
        """It stops, or goes on."""
        self.place: object = None
        self.since = self.seen = self.began = REAL_TIME.monotonic()

    def is_at_work(self) -> bool:
        """Whether it may do something by itself. A pool's thread whose pool is at its end is about to end, too."""
        if self.ended or self.sleep is not None:
            return False
        if self.idle:
            executor = None if self.executor is None else self.executor()
            return (executor is None or executor._shutdown) and not self._is_not_waited_for()
        return not (self.stands is not None and self.stands()) and not self._is_not_waited_for()

    def _is_not_waited_for(self) -> bool:
        return self.is_blocked() or is_given_up(self.began)

    def might_come(self) -> bool:
        """Whether it could do something although it is not at work: neither is it asleep, nor does it need others."""
        if self.ended or self.idle or self.sleep is not None:
            return False
        return self.stands is None or not self.stands()

    def is_blocked(self) -> bool:
        """Whether it has not moved for long, in real time."""
        now = REAL_TIME.monotonic()
        frame = None if self.ident is None else sys._current_frames().get(self.ident)
        place = frame and (id(frame), frame.f_lasti)
        if place != self.place or now - self.seen > _PATIENCE / 4:
            self.place, self.since = place, now
        self.seen = now
        return bool(now - self.since > _PATIENCE)


def is_given_up(since: float) -> bool:
    """Whether something has gone on for longer, in real time, than anybody waits for it."""
    return bool(REAL_TIME.monotonic() - since > _LONGEST_STRETCH)


class Task(NamedTuple):
    """A piece of work that was handed to a pool: how many there were before, and when that was, in real time."""

    executor: ReferenceType[Any]
    number: int
    since: float

    def is_overdue(self) -> bool:
        return bool(REAL_TIME.monotonic() - self.since > _PATIENCE)


def locked() -> LockType:
    bell = allocate_lock()
    bell.acquire()
    return bell


def turn(sleep: Sleep) -> tuple[int, int]:
    return sleep.due, sleep.worker.number
