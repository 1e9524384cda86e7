"""What user code waits for, and how it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pytest_lambda_modes.clock.scheduler import Scheduler, Timer


class Signal:
    """Something that happens once; who waits for it is told in the order of asking."""

    __slots__ = ("fired", "listeners")

    def __init__(self) -> None:
        self.fired = False
        self.listeners: list[Callable[[], object]] = []

    def fire(self) -> None:
        if self.fired:
            return
        self.fired = True
        listeners, self.listeners = self.listeners, []
        for listener in listeners:
            listener()


class Sleeper(Protocol):
    """An event loop with nothing to do."""

    def is_ready(self) -> bool:
        """Whether it has something to do by now."""
        raise NotImplementedError

    def can_be_held_up(self) -> bool:
        """Whether nothing but its own next timer can give it something to do."""
        raise NotImplementedError

    def on_ready(self, wake: Callable[[], object] | None) -> None:
        """Have somebody told as soon as it has something to do; None calls that off."""


class Turn:
    """The place in the queue of somebody inline who has been woken: behind all that is due already, as for a strand."""

    __slots__ = ("_scheduler", "_timer", "came")

    def __init__(self, scheduler: Scheduler) -> None:
        self.came = False
        self._scheduler = scheduler
        self._timer: Timer | None = None

    def ask(self) -> None:
        if self._timer is None:
            self._timer = self._scheduler.at(self._scheduler.now, self._come, "wakes")

    def _come(self) -> None:
        self.came = True

    def give_up(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
