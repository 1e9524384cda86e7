"""What a topic, a rule or a bucket hands on, to whom, and what becomes of it when nobody can take it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ApiError, ConfigError
from pytest_lambda_modes.model.facts import Fact, NotificationSettled, Values
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.services.message_attributes import MessageAttributes
from pytest_lambda_modes.services.service_dead_letters import Attributes
from pytest_lambda_modes.services.sns_message import TopicMessage
from pytest_lambda_modes.services.sqs_message import Message
from pytest_lambda_modes.services.sqs_queue import SqsQueue

Admits = Callable[[str, MessageAttributes], bool]


@dataclass(frozen=True)
class Notification:
    """One thing that a service hands on.

    `body` is what a queue and a topic get, `event` what a function gets, as a JSON value. `told` makes the attributes
    of a dead letter from the last error, the tries and the limit that was exhausted. `retry_policy` are settings of
    EventBridge's RetryPolicy. `rule` is the id of the rule behind all this.
    """

    service: str
    rule: str
    body: str
    event: Any
    told: Callable[[ApiError, int, str | None], Attributes] = lambda error, tries, exhausted: {}
    dead_letter_queue: SqsQueue | None = None
    retry_policy: Mapping[str, int] = field(default_factory=dict)
    subject: str | None = None
    message_attributes: MessageAttributes | None = None
    message_group_id: str | None = None
    message_deduplication_id: str | None = None

    def keep_in(self, queue: SqsQueue, error: ApiError, tries: int, exhausted: str | None) -> None:
        """Put what could not be handed over into a dead-letter queue. Raises ApiError."""
        queue.send(self.body, message_attributes=self.told(error, tries, exhausted))


class ObjectChange(NamedTuple):
    """What happened to an object of a bucket. The entity tag is without quotes."""

    event_type: str
    bucket: str
    key: str
    size: int
    e_tag: str


class Endpoint(Protocol):
    """Somebody who takes notifications. `kind` is `"sqs"`, `"sns"`, `"events"` or `"lambda"`."""

    @property
    def kind(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def arn(self) -> str: ...

    @property
    def fifo(self) -> bool: ...

    def deliver(self, notification: Notification) -> Any:
        """Take it, and give what it has become: a message, an event, a delivery. Raises ApiError."""


class QueueEndpoint:
    """A queue that takes notifications as messages."""

    kind = "sqs"

    def __init__(self, queue: SqsQueue) -> None:
        self.queue = queue
        self.name, self.arn, self.fifo = queue.name, queue.arn, queue.fifo

    def deliver(self, notification: Notification) -> Message:
        return self.queue.send(
            notification.body,
            message_attributes=notification.message_attributes,
            message_group_id=notification.message_group_id,
            message_deduplication_id=notification.message_deduplication_id if self.fifo else None,
        )


class Outside:
    """What lies beyond a topic, a bus and a bucket: who else is there, and what patterns and events look like.

    This one is for a model that stands alone: there are queues, and nothing else.
    """

    def emit(self, kind: Callable[Values, Fact], /, *values: Values.args, **named: Values.kwargs) -> object:
        """Say what happened."""

    def endpoint(self, where: str, given: object, allowed: Collection[str]) -> Endpoint:
        """Whom a queue, a topic, a bus, a function, an ARN or a short form means. Raises ConfigError."""
        if isinstance(given, SqsQueue):
            return QueueEndpoint(given)
        raise _nothing(f"{where}: {shown(given)} cannot be reached")

    def end_of_chain(self) -> AbstractContextManager[object]:
        """What is handed over in it belongs to no chain of invocations. (ASYNC-36)"""
        return nullcontext()

    def dead_letter_queue(self, where: str, given: object) -> SqsQueue | None:
        """Raises ConfigError for what is no standard queue."""
        if given is None or isinstance(given, SqsQueue):
            return given
        raise _nothing(f"{where}: dead_letter_queue is {shown(given)}, which cannot be reached")

    def retry_policy(self, where: str, given: object) -> Mapping[str, int]:
        """The settings of EventBridge's RetryPolicy. Raises ConfigError."""
        return {}

    def filter_policy(self, policy: Any, scope: str) -> Admits | None:
        """What a filter policy asks of a message and its attributes. Raises InvalidParameterException."""
        if policy:
            raise _nothing("There are no filter policies")
        return None

    def event_pattern(self, pattern: Any) -> Callable[[object], bool]:
        """Raises InvalidEventPatternException."""
        raise _nothing("There are no event patterns")

    def sns_event(self, message: TopicMessage, notice: Mapping[str, Any], subscription_arn: str) -> Any:
        """What a function gets of the message whose notification a queue would get. (EVT-1)"""
        return None

    def s3_event(self, change: ObjectChange, configuration_id: str) -> Any:
        """What S3 sends for a change of an object. (EVT-2)"""
        raise _nothing("There are no events of S3")

    def s3_test_event(self, bucket: str) -> Any:
        """What S3 sends when a notification is configured. (EVT-5)"""
        raise _nothing("There are no events of S3")


NOTHING_OUTSIDE = Outside()


def _nothing(what: str) -> ConfigError:
    return ConfigError(f"{what}: this belongs to no lambda_modes.\n\nTake it from there: lambda_modes.topic(...)")


class Route:
    """One way from a service to somebody. `deliveries` are what was handed over, as what it has become there."""

    def __init__(self, endpoint: Endpoint, outside: Outside, scheduler: Scheduler) -> None:
        self.endpoint = endpoint
        self.deliveries: list[Any] = []
        self._outside = outside
        self._scheduler = scheduler

    def hand_over(self, notification: Notification) -> None:
        """Deliver it, or keep it in the service's dead-letter queue. What becomes of it at a function is told there."""
        state, code = "delivered", None
        try:
            self.deliveries.append(self.endpoint.deliver(notification))
        except ApiError as error:
            state, code = _given_up(notification, error), error.code
        if self.endpoint.kind != "lambda":
            self._settled(notification.service, notification.rule, state, code)

    def filter_out(self, service: str, rule: str) -> None:
        self._settled(service, rule, "filtered")

    def _settled(self, service: str, rule: str, state: str, error: str | None = None) -> None:
        self._outside.emit(NotificationSettled, self._scheduler.now, self.endpoint.name, service, state, rule, error)


def _given_up(notification: Notification, error: ApiError) -> str:
    if notification.dead_letter_queue is None:
        return "dropped"
    try:
        notification.keep_in(notification.dead_letter_queue, error, 1, None)
    except ApiError:
        return "dropped"
    return "dead_lettered"
