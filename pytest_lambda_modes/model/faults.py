"""What AWS may do to a delivery and a test cannot otherwise cause. Scripted, deterministic, and in the timeline.

    async_invoke(event, faults={1: faults.Throttle(), 2: faults.Kill(after=timedelta(seconds=2))})

The keys count deliveries from 1: every try of Lambda to run the function for that event, throttled ones included.
For a service that sends, `invoke_faults={1: faults.Throttle()}` count its calls of Invoke before that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from pytest_lambda_modes import units
from pytest_lambda_modes.errors import ConfigError

_timedelta = dt.timedelta
_AT_ONCE = _timedelta(0)


@dataclass(frozen=True)
class Throttle:
    """The function is throttled (HTTP 429) at this delivery, whatever its concurrency. (SYNC-15, ASYNC-10)"""

    rule: ClassVar[str] = "ASYNC-10"

    def __str__(self) -> str:
        return "throttle"


@dataclass(frozen=True)
class ServiceError:
    """The Lambda service fails (HTTP 500) at this delivery; the handler does not run. (SYNC-6, ASYNC-10)"""

    rule: ClassVar[str] = "ASYNC-10"

    def __str__(self) -> str:
        return "service error"


@dataclass(frozen=True)
class DuplicateDelivery:
    """The same event is delivered once more, `after` this delivery began, with the same request id. (ASYNC-6)

    The second delivery runs the handler; its result changes nothing of what becomes of the event. Of a batch from a
    standard queue it is one more receive, and a batch of its own (ESM-1).
    """

    after: dt.timedelta = _AT_ONCE
    rule: ClassVar[str] = "ASYNC-6"

    def __post_init__(self) -> None:
        _not_negative("DuplicateDelivery", self.after)

    def __str__(self) -> str:
        return f"duplicate delivery {units.from_timedelta(self.after) / units.SECOND:g} s later"


@dataclass(frozen=True)
class RecycledEnvironment:
    """The platform has recycled the function's idle environments: this delivery is a cold start. (RT-22)"""

    rule: ClassVar[str] = "RT-22"

    def __str__(self) -> str:
        return "environment recycled"


@dataclass(frozen=True)
class Kill:
    """The process is killed `after` the handler began, if it runs so long.

    It takes effect at the handler's first wait that reaches that instant. `cause` is `"signal"` (the crash of RT-20) or
    `"out_of_memory"` (RT-21).
    """

    after: dt.timedelta = _AT_ONCE
    cause: Literal["signal", "out_of_memory"] = "signal"
    rule: ClassVar[str] = "RT-20"

    def __post_init__(self) -> None:
        _not_negative("Kill", self.after)
        if self.cause not in ("signal", "out_of_memory"):
            raise ConfigError(f'Kill: cause is {self.cause!r}, and must be "signal" or "out_of_memory".')

    def __str__(self) -> str:
        return f"kill after {units.from_timedelta(self.after) / units.SECOND:g} s"


@dataclass(frozen=True)
class ShortBatch:
    """The poller gets at most `size` messages for this batch, although more are waiting. (SQS-24)"""

    size: int
    rule: ClassVar[str] = "SQS-24"

    def __post_init__(self) -> None:
        if not isinstance(self.size, int) or isinstance(self.size, bool) or self.size < 1:
            raise ConfigError(f"ShortBatch: size is {self.size!r}, and must be a whole number from 1.")

    def __str__(self) -> str:
        return f"short batch of {self.size}"


@dataclass(frozen=True)
class DelayedPoll:
    """The poller looks at the queue `by` later than it could, at most 20 s, as at low traffic. (SQS-24)"""

    by: dt.timedelta
    rule: ClassVar[str] = "SQS-24"

    def __post_init__(self) -> None:
        if not isinstance(self.by, _timedelta) or not _timedelta(0) < self.by <= _timedelta(seconds=20):
            raise ConfigError(f"DelayedPoll: by is {self.by!r}, and must be a timedelta above 0, up to 20 seconds.")

    def __str__(self) -> str:
        return f"poll delayed by {units.from_timedelta(self.by) / units.SECOND:g} s"


@dataclass(frozen=True)
class FailedDelete:
    """The messages of this batch are processed, but their deletion fails: they come back. (SQS-32)"""

    rule: ClassVar[str] = "SQS-32"

    def __str__(self) -> str:
        return "failed DeleteMessageBatch"


Fault = (
    Throttle | ServiceError | DuplicateDelivery | RecycledEnvironment | Kill | ShortBatch | DelayedPoll | FailedDelete
)

# Where each can happen: what a poller does is nothing an event in Lambda's own queue meets.
OF_INVOCATIONS = (Throttle, ServiceError, DuplicateDelivery, RecycledEnvironment, Kill)
OF_BATCHES = (*OF_INVOCATIONS, ShortBatch, DelayedPoll, FailedDelete)


def _not_negative(kind: str, after: object) -> None:
    if not isinstance(after, _timedelta) or after < _timedelta(0):
        raise ConfigError(f"{kind}: after is {after!r}, and must be a timedelta of 0 or more.")


def check_faults(
    where: str, given: object, allowed: tuple[type[Fault], ...] = OF_INVOCATIONS, name: str = "faults"
) -> dict[int, Fault]:
    """Faults by the number of the delivery they meet; `name` is the setting. Raises ConfigError."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        faults = dict(given)
        if all(
            isinstance(key, int) and not isinstance(key, bool) and key >= 1 and isinstance(fault, allowed)
            for key, fault in faults.items()
        ):
            return faults
    raise ConfigError(
        f"{where}: {name} is {given!r}, and must map the number of a delivery, from 1, to a fault.\n\n"
        f"  {name}={{1: faults.Throttle(), 3: faults.ServiceError()}}\n\n"
        f"Here there are {', '.join(kind.__name__ for kind in allowed)}."
    )
