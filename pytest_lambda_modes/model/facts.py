"""What can happen: one small frozen class for each kind of fact.

The core says them and knows nothing of who listens. In each, `at` is microseconds since the virtual
start and `who` the function or resource it happened to. `rule` is the rule behind a decision, or empty. A target is
named in its short form (`sqs:dlq`). Every value is plain, so a fact can be written down as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, Protocol

Values = ParamSpec("Values")


class Fact(Protocol):
    """Something that happened. Anything with these is one, so a plugin may add kinds of its own."""

    @property
    def at(self) -> int: ...

    @property
    def who(self) -> str: ...

    def _asdict(self) -> dict[str, Any]: ...


class Emit(Protocol):
    """How the core says a fact: `emit(Throttled, at, who, ...)`, by position only.

    It is its kind and its values until somebody looks.
    """

    def __call__(self, kind: Callable[Values, Fact], /, *values: Values.args, **named: Values.kwargs) -> object: ...


class Observer(Protocol):
    """Whoever is told. Called in the order in which things happen, before anything else does."""

    def __call__(self, fact: Fact, /) -> object: ...


class FunctionStarted(NamedTuple):
    """A handler is called. `mode` is `"sync"`, `"async"` or `"poll"`, and `attempt` counts from 1.

    `dwell` is microseconds since an asynchronous event was accepted.
    """

    at: int
    who: str
    request_id: str
    mode: str
    attempt: int
    cold_start: bool
    dwell: int | None
    rule: str = ""


class FunctionEnded(NamedTuple):
    """An invocation is over. `outcome` is an `OutcomeKind`, `duration` microseconds, `error` a short text."""

    at: int
    who: str
    request_id: str
    attempt: int
    outcome: str
    duration: int
    error: str | None
    rule: str


class InitFailed(NamedTuple):
    """An execution environment could not be made ready."""

    at: int
    who: str
    error: str
    rule: str


class InitTimedOut(NamedTuple):
    """An init ran into its limit and starts over inside the invocation."""

    at: int
    who: str
    rule: str


class Throttled(NamedTuple):
    """An invocation was turned away. `reason` is that of the API's TooManyRequestsException."""

    at: int
    who: str
    request_id: str
    reason: str
    rule: str


class EventAccepted(NamedTuple):
    """An asynchronous event is in the queue of its function."""

    at: int
    who: str
    request_id: str


class RetryScheduled(NamedTuple):
    """Attempt `attempt` will start at `due` microseconds."""

    at: int
    who: str
    request_id: str
    attempt: int
    due: int
    rule: str


class EventSettled(NamedTuple):
    """Nothing more will be tried for an event. `condition` is AWS's word for why."""

    at: int
    who: str
    request_id: str
    condition: str
    rule: str


class DeadLettered(NamedTuple):
    """An event lies in a dead-letter queue or topic."""

    at: int
    who: str
    request_id: str
    target: str
    rule: str


class DestinationReached(NamedTuple):
    """A destination has the record of an event."""

    at: int
    who: str
    request_id: str
    target: str
    condition: str
    rule: str


class DeliveryFailed(NamedTuple):
    """A record, or a dead letter if `dead_letter`, could not be written, and is gone."""

    at: int
    who: str
    target: str
    reason: str
    rule: str
    dead_letter: bool = False


class RecursionStopped(NamedTuple):
    """An invocation was the 17th of its function in one chain, and did not take place."""

    at: int
    who: str
    request_id: str
    rule: str


class MessagesPolled(NamedTuple):
    """A poller has read `size` messages or records for `who`; `filtered` of them do not match its filters."""

    at: int
    who: str
    source: str
    size: int
    filtered: int
    rule: str = ""


class BatchSettled(NamedTuple):
    """A batch is over: `outcome` is the batch's, `deleted` and `failed` count its `size` records."""

    at: int
    who: str
    source: str
    request_id: str
    size: int
    deleted: int
    failed: int
    outcome: str
    rule: str

    @property
    def invoked(self) -> bool:
        """Whether the function ran for it."""
        return self.outcome not in ("throttled", "recursive_invocation", "not_found")


class RecordsDelivered(NamedTuple):
    """Stream records are on their way to the function. `iterator_age` is that of the last one, in microseconds.

    It is None where AWS does not measure it. (MET-12)
    """

    at: int
    who: str
    source: str
    shard_id: str
    request_id: str
    size: int
    iterator_age: int | None
    rule: str = ""


class StreamBatchSettled(NamedTuple):
    """An invocation with stream records is over: `processed` of its `size` records are done."""

    at: int
    who: str
    source: str
    shard_id: str
    request_id: str
    size: int
    processed: int
    outcome: str
    rule: str


class BatchBisected(NamedTuple):
    """A failed batch is replaced by its first `left` records and the other `right` ones."""

    at: int
    who: str
    source: str
    shard_id: str
    request_id: str
    left: int
    right: int
    rule: str


class RecordsDiscarded(NamedTuple):
    """A mapping gave up `size` records and goes on behind them. `delivered` says whether a destination was told.

    None are given up with the last invocation of a tumbling window.
    """

    at: int
    who: str
    source: str
    shard_id: str
    request_id: str
    size: int
    condition: str
    rule: str
    delivered: bool = False


class OffsetsCommitted(NamedTuple):
    """A mapping of Kafka is done with `size` more records; it is `lag` behind in all, `most` in one partition."""

    at: int
    who: str
    source: str
    size: int
    lag: int
    most: int
    rule: str


class RecordOversized(NamedTuple):
    """A record of `size` bytes was dropped because no event has room for it."""

    at: int
    who: str
    source: str
    size: int
    rule: str


class MessageDeadLettered(NamedTuple):
    """A message has had its receives, and is in the dead-letter queue."""

    at: int
    who: str
    message_id: str
    target: str
    receive_count: int
    rule: str


class MappingChanged(NamedTuple):
    """An event source mapping is in another state."""

    at: int
    who: str
    source: str
    state: str
    rule: str


class ConfigurationUpdated(NamedTuple):
    """A function has new settings; `changed` names them."""

    at: int
    who: str
    changed: tuple[str, ...]
    rule: str


class CallerGaveUp(NamedTuple):
    """Whoever invoked stopped waiting, `waited` microseconds after it began. The function goes on."""

    at: int
    who: str
    request_id: str
    caller: str
    waited: int
    rule: str


class ServiceAnswered(NamedTuple):
    """A service that invoked `who` has told its own client what came of it."""

    at: int
    who: str
    service: str
    answer: str
    rule: str


class InvokeRefused(NamedTuple):
    """A service's Invoke call did not get through; it calls again at `due`, or not at all (None)."""

    at: int
    who: str
    service: str
    error: str
    due: int | None
    rule: str


class NotificationSettled(NamedTuple):
    """A service has done with a notification for `who`: handed over, filtered out, dead-lettered, dropped.

    `error` is the code of what `who` answered, if it could not be handed over.
    """

    at: int
    who: str
    service: str
    state: str
    rule: str
    error: str | None = None


class Injected(NamedTuple):
    """The test made something go wrong."""

    at: int
    who: str
    what: str
    rule: str = ""


class Hazard(NamedTuple):
    """Something in the set-up that will hurt in production. `id` is the hazard's (`HAZ-1`)."""

    at: int
    who: str
    id: str
    text: str

    @property
    def rule(self) -> str:
        return self.id
