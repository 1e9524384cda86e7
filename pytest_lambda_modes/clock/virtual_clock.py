"""The clock a test holds."""

from __future__ import annotations

import datetime as _dt
from collections.abc import Callable

from pytest_lambda_modes import units
from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.errors import ClockError


class VirtualClock:
    """Virtual time. It moves when something waits, and never otherwise.

    >>> def test_midnight(lambda_clock):
    ...     lambda_clock.advance(hours=24)
    ...     assert lambda_clock.elapsed == datetime.timedelta(days=1)
    """

    def __init__(self, hub: Hub, wall: Callable[[], int] | None = None) -> None:
        self._hub = hub
        self._wall = wall or hub.scheduler.epoch

    @property
    def now(self) -> _dt.datetime:
        """The virtual instant, as an aware datetime in UTC. Looking moves nothing, until a loop does nothing else."""
        return units.utc_datetime(self._wall())

    @property
    def elapsed(self) -> _dt.timedelta:
        """Virtual time since the test began."""
        return units.to_timedelta(self._hub.read())

    def advance(
        self,
        duration: _dt.timedelta | None = None,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        milliseconds: float = 0,
    ) -> None:
        """Let so much virtual time pass, and everything that is due in it happen.

        Takes a timedelta or the amounts by name, e.g. `advance(minutes=1)`. Raises ClockError for a negative duration.
        """
        span = _dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)
        if duration is not None:
            if not isinstance(duration, _dt.timedelta):
                raise ClockError(
                    f"advance() was given {duration!r}, and needs a timedelta or a unit.\n\n"
                    f"  lambda_clock.advance(seconds={duration!r})\n  lambda_clock.advance(timedelta(minutes=1))"
                )
            span += duration
        if span < _dt.timedelta(0):
            raise ClockError(f"advance() was asked to go back by {-span}. Virtual time never goes back.")
        self._hub.proceed()
        self._hub.wait_until(self._hub.scheduler.now + units.from_timedelta(span))

    def run_until_idle(self) -> None:
        """Run until nothing is scheduled any more: every event settled, every retry made, every handler ended.

        Raises NotSettledError, naming what is still pending, when that does not come about.
        """
        self._hub.run_until_idle()

    def __repr__(self) -> str:
        return f"<VirtualClock {self.now:%Y-%m-%dT%H:%M:%S.%f}Z, {self.elapsed} after the start>"
