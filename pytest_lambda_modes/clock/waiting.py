"""How things that settle let somebody wait for them, without knowing who runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from pytest_lambda_modes.clock.activity import Activity
from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.clock.signals import Signal
from pytest_lambda_modes.errors import NotSettledError


class Waiting(Protocol):
    """What a model of a service is told of time: how to wait, and on whose behalf it is used."""

    def until(self, settled: Callable[[], bool], owner: object = None) -> None:
        """Let virtual time pass until something is settled. Raises NotSettledError."""

    def for_signal(self, signal: Signal, until: int) -> None:
        """Let virtual time pass until a signal fires or an instant has come, for the test or a handler that runs."""

    def future_of(self, listen: Callable[[Callable[[], object]], object]) -> asyncio.Future[None]:
        """A future that is done when the callback given to `listen` is called."""
        raise NotImplementedError

    def lineage(self) -> dict[str, int] | None:
        """The invocations that led to what is done now, counted by function."""


class VirtualWaiting:
    """Waits on the hub's clock."""

    def __init__(self, hub: Hub, loops: LoopDriver, lineage_of: Callable[[Activity], dict[str, int] | None]) -> None:
        self._hub = hub
        self._loops = loops
        self._lineage_of = lineage_of

    def until(self, settled: Callable[[], bool], owner: object = None) -> None:
        self._hub.run_while(lambda: not settled(), owner=owner)

    def for_signal(self, signal: Signal, until: int) -> None:
        self._hub.wait_for(signal, until)

    def future_of(self, listen: Callable[[Callable[[], object]], object]) -> asyncio.Future[None]:
        return self._loops.future_of(listen)

    def lineage(self) -> dict[str, int] | None:
        activity = self._hub.activity
        return None if activity is None else self._lineage_of(activity)


_NO_TIME = "Nothing lets time pass here: this belongs to no lambda_modes."


class _NobodyWaits:
    """For a model that stands alone."""

    def until(self, settled: Callable[[], bool], owner: object = None) -> None:
        if not settled():
            raise NotSettledError(_NO_TIME)

    def for_signal(self, signal: Signal, until: int) -> None:
        raise NotSettledError(_NO_TIME)

    def future_of(self, listen: Callable[[Callable[[], object]], object]) -> asyncio.Future[None]:
        raise NotSettledError(_NO_TIME)

    def lineage(self) -> dict[str, int] | None:
        return None


NOBODY_WAITS: Waiting = _NobodyWaits()
