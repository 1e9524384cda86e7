"""How the standard library counts timeouts down: on the clock of whoever waits.

`Queue.get` and `put`, `Semaphore.acquire`, `Condition.wait_for`, `as_completed` and `Executor.map` note the end of a
timeout, and wait for what is left of it as often as they are woken too early. Each module has a name for its clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

from pytest_lambda_modes import units
from pytest_lambda_modes.clock.host_modules import REAL_TIME

if TYPE_CHECKING:
    from pytest_lambda_modes.clock.worker_threads import ThreadTime

# Seconds. Real readings are positive: a thread that outlives the test, and reads one, finds its timeout over.
_START = -float(1 << 30)


class Reading(float):
    """A moment, from which to count to an end."""

    def __rsub__(self, end: float, /) -> float:
        """What is left: whole microseconds, as every wait is, and never 0, at which `as_completed` would look again."""
        return round(end - float(self), 6) or -1e-6


class Countdown:
    """The clock of those modules. It goes on while the test's thread waits in real time, too.

    `time` is whose it is, from `begin` to `end`; else it is the real clock.
    """

    def __init__(self) -> None:
        self.time: ThreadTime | None = None
        self._waited = 0.0

    def begin(self, time: ThreadTime) -> None:
        self.time = time
        self._waited = 0.0

    def end(self) -> None:
        self.time = None

    def read(self) -> float:
        """Seconds, of which only differences mean anything."""
        time = self.time
        if time is None or (get_ident() != time.hub.thread and time.workers.here() is None):
            return float(REAL_TIME.monotonic())
        return Reading(_START + self._waited + units.to_seconds(time.read()))

    def module(self, original: ModuleType) -> SimpleNamespace:
        """What stands in for `time` where `time.monotonic` is the clock."""
        return SimpleNamespace(**{**vars(original), "monotonic": self.read})

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """The calling thread waits in real time."""
        time, began = self.time, REAL_TIME.monotonic()
        try:
            yield
        finally:
            if time is not None and time is self.time and get_ident() == time.hub.thread:
                self._waited += REAL_TIME.monotonic() - began
