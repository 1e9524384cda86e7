"""What every source that Lambda polls has: the state of its mapping, and letting time pass until all is done."""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.harness.arguments import check_qualifier
from pytest_lambda_modes.model.settings import wrong_value
from pytest_lambda_modes.modes.polling.event_source_mapping import EventSourceMapping, State
from pytest_lambda_modes.runtime.function import Function

if TYPE_CHECKING:
    from typing_extensions import Self


class Poller(Protocol):
    """What reads a source. `on_rest` are told, once, when nothing more happens by itself."""

    on_rest: list[Callable[[], object]]

    @property
    def at_rest(self) -> bool:
        """Whether all that is in the source is done with, and nothing is in flight."""
        ...

    def goes_on(self) -> bool:
        """Whether something more happens by itself: what is in flight, and while the source is read, what is there."""
        ...

    def resume(self) -> None: ...

    def pause(self) -> None: ...

    def leave(self) -> None: ...


AnyMapping = TypeVar("AnyMapping", bound=EventSourceMapping)
AnyPoller = TypeVar("AnyPoller", bound=Poller)


class PolledSource(Generic[AnyMapping, AnyPoller]):
    """`mapping` is what reads the source. `poll` makes its poller, once the mapping is enabled or disabled."""

    def __init__(self, loops: LoopDriver, mapping: AnyMapping, poll: Callable[[], AnyPoller], *, enabled: bool) -> None:
        self.mapping = mapping
        self._hub = mapping.platform.hub
        self._loops = loops
        if not enabled:
            mapping.put_state("Disabled")
        self._poller = poll()

    @property
    def function(self) -> Function:
        return self.mapping.function

    @property
    def state(self) -> State:
        """`"Enabled"`, `"Disabled"` or `"Deleted"`."""
        return self.mapping.state

    def enable(self) -> None:
        """Read on: a queue from what is visible, a stream from its checkpoints. (ESM-4, KIN-5)"""
        self.mapping.put_state("Enabled")
        self._poller.resume()

    def disable(self) -> None:
        """Read no more; what is in flight goes on. (ESM-9)"""
        self.mapping.put_state("Disabled")
        self._poller.pause()

    def delete(self) -> None:
        """Remove the mapping for good; what it reads stays, and what is in flight goes on. (ESM-4, ESM-9)"""
        self.mapping.put_state("Deleted")
        self._poller.leave()

    def drain(self) -> Self:
        """Let virtual time pass until every message or record is done with.

        No batch is in flight or forming then, and no tumbling window is open. Raises NotSettledError when that does not
        come about.
        """
        self._hub.run_while(self._poller.goes_on, owner=self.mapping)
        self._check_rest()
        return self

    async def drained(self) -> Self:
        """`drain()` for async tests: `await source.drained()`."""
        while self._poller.goes_on():
            await self._loops.future_of(self._poller.on_rest.append)
        self._check_rest()
        return self

    def _check_rest(self) -> None:
        if not self._poller.at_rest:
            state = self.state.lower()
            can = "Enable it: source.enable()" if state == "disabled" else "Make another one for what is left."
            raise self._hub.not_settled(
                f"{self._name} cannot be drained: its mapping is {state}, with {self._left} left.\n\n{can}"
            )

    @property
    def _name(self) -> str:
        """That of what is read."""
        raise NotImplementedError

    @property
    def _left(self) -> str:
        """What waits in it, in words."""
        raise NotImplementedError


def check_update(where: str, function: object, qualifier: object) -> None:
    """Raise ConfigError for what a mapping cannot be pointed at; None leaves it as it is. (ESM-6)"""
    if not isinstance(function, (Function, NoneType)):
        why = "A mapping invokes a function: lambda_modes.function(handler)."
        raise wrong_value(where, "function", function, "a function of lambda_modes", why)
    check_qualifier(where, qualifier)
