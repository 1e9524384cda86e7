"""A notification that a service hands to a function, as its sender holds it: on its way, accepted, settled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Generator, Mapping
from typing import Any, Literal, NamedTuple

from pytest_lambda_modes import units
from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.clock.signals import Signal
from pytest_lambda_modes.errors import ApiError
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.model.faults import Fault
from pytest_lambda_modes.modes.asynchronous.event import AsyncInvocation, Attempt
from pytest_lambda_modes.modes.asynchronous.service_retry_policy import Exhausted, ServiceRetryPolicy
from pytest_lambda_modes.runtime.function import Function

State = Literal["pending", "delivered", "filtered", "dead_lettered", "dropped"]


class Refused(NamedTuple):
    """A notification that the service has given up. `exhausted` is None for an error that no retry would cure."""

    function: Function
    payload: bytes
    error: ApiError
    tries: int
    exhausted: Exhausted


# Puts the notification where the service keeps what it could not hand over. An ApiError means that it is lost.
DeadLetter = Callable[[Refused], object]


class ServiceDelivery:
    """A notification on its way to a function, and the event that it becomes there.

    `state` is `"pending"`, then `"delivered"` (Lambda has accepted it), `"filtered"`, `"dead_lettered"` or `"dropped"`.
    `invocation` is the accepted event, None until then; `attempts`, `condition`, `delays` and so on are the event's.
    `error` is what Lambda answered to the last Invoke that it refused. In an async test a delivery can be awaited.
    """

    __slots__ = (
        "_dead_letter",
        "_faults",
        "_handed_over",
        "_hub",
        "_invoke_faults",
        "_lineage",
        "_loops",
        "_policy",
        "_qualifier",
        "_settings",
        "_tried_at",
        "error",
        "function",
        "invocation",
        "payload",
        "state",
    )

    def __init__(
        self,
        function: Function,
        payload: bytes,
        policy: ServiceRetryPolicy,
        hub: Hub,
        loops: LoopDriver,
        *,
        qualifier: str | None = None,
        settings: Mapping[str, Any] | None = None,
        faults: Mapping[int, Fault] | None = None,
        invoke_faults: Mapping[int, Fault] | None = None,
        lineage: dict[str, int] | None = None,
        dead_letter: DeadLetter | None = None,
    ) -> None:
        self.function = function
        self.payload = payload
        self.state: State = "pending"
        self.invocation: AsyncInvocation | None = None
        self.error: ApiError | None = None
        self._policy = policy
        self._hub = hub
        self._loops = loops
        self._qualifier = qualifier
        self._settings = settings
        self._faults = faults
        self._invoke_faults = invoke_faults or {}
        self._lineage = lineage
        self._dead_letter = dead_letter
        self._tried_at: list[int] = []
        self._handed_over = Signal()

    @property
    def service(self) -> str:
        """Who sends: `"SNS"`, `"S3"`, `"EventBridge"`, ..."""
        return self._policy.service

    @property
    def tries(self) -> list[dt.datetime]:
        """When the service called Invoke, the call that was accepted included."""
        start = self._hub.scheduler.start
        return [units.utc_datetime(start + instant) for instant in self._tried_at]

    @property
    def request_id(self) -> str | None:
        return None if self.invocation is None else self.invocation.request_id

    @property
    def attempts(self) -> list[Attempt]:
        return [] if self.invocation is None else self.invocation.attempts

    @property
    def duplicates(self) -> list[Attempt]:
        return [] if self.invocation is None else self.invocation.duplicates

    @property
    def throttles(self) -> list[dt.datetime]:
        return [] if self.invocation is None else self.invocation.throttles

    @property
    def delays(self) -> list[dt.timedelta]:
        return [] if self.invocation is None else self.invocation.delays

    @property
    def condition(self) -> str | None:
        return None if self.invocation is None else self.invocation.condition

    @property
    def settled(self) -> bool:
        """Whether neither the service nor Lambda will try anything more."""
        return self.state != "pending" if self.invocation is None else self.invocation.settled

    def wait(self) -> ServiceDelivery:
        """Let virtual time pass until nothing more will be tried; gives the delivery itself.

        Raises NotSettledError when that does not come about.
        """
        self._hub.wait_for(self._handed_over)
        if self.invocation is not None:
            self.invocation.wait()
        return self

    def __await__(self) -> Generator[Any, None, ServiceDelivery]:
        if not self._handed_over.fired:
            yield from self._loops.future_of(self._handed_over.listeners.append).__await__()
        if self.invocation is not None:
            yield from self.invocation.__await__()
        return self

    @property
    def _called(self) -> str:
        return f"Invoke called {counted(len(self._tried_at), 'time')}"

    def __str__(self) -> str:
        """A stable text of several lines, fit to be kept as a snapshot."""
        lines = [f"{self.service} to {self.function.function_name} {self.state.replace('_', '-')}"]
        if self.error is not None:
            lines.append(f"{self._called}, last refused with {self.error.code}")
        if self.invocation is not None:
            lines.append(str(self.invocation))
        return "\n".join(lines)

    def __repr__(self) -> str:
        course: list[str] = [self.state]
        if self.error is not None:
            course.append(f"{self._called}, last refused with {self.error.code}: {self.error}")
        if self.invocation is not None:
            course.append(repr(self.invocation))
        return f"<ServiceDelivery by {self.service} to {self.function.function_name}: {', '.join(course)}>"
