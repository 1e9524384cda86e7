"""What topics, buses and buckets of one test reach beyond themselves: each other, and functions. (ASYNC-40 to 43)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from typing import Any

from pytest_lambda_modes import units
from pytest_lambda_modes.events.s3 import s3_eventbridge_entry, s3_notification, s3_test_event
from pytest_lambda_modes.events.sns import sns_notification
from pytest_lambda_modes.filtering.sns_filter_policy import Attribute, SnsFilterPolicy
from pytest_lambda_modes.harness import service_settings
from pytest_lambda_modes.harness.functions import Functions
from pytest_lambda_modes.model import targets
from pytest_lambda_modes.model.facts import Fact, Values
from pytest_lambda_modes.modes.asynchronous import service_retry_policy
from pytest_lambda_modes.modes.asynchronous.service_delivery import DeadLetter, ServiceDelivery
from pytest_lambda_modes.modes.asynchronous.service_retry_policy import ServiceRetryPolicy
from pytest_lambda_modes.modes.asynchronous.service_sender import ServiceSender
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.payload import encode_event
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.chain import Chain
from pytest_lambda_modes.services.event_bus import EventBus
from pytest_lambda_modes.services.message_attributes import MessageAttributes
from pytest_lambda_modes.services.notification import (
    Admits,
    Endpoint,
    Notification,
    ObjectChange,
    Outside,
    QueueEndpoint,
)
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.services.sns_message import TopicMessage, value_of
from pytest_lambda_modes.services.sns_topic import SnsTopic
from pytest_lambda_modes.services.sqs_queue import SqsQueue


class FunctionEndpoint:
    """A function that is invoked with an Event for each notification."""

    kind = "lambda"
    fifo = False

    def __init__(self, function: Function, qualifier: str | None, sender: ServiceSender, chain: Chain) -> None:
        self.name = function.function_name
        self.arn = function.arn if qualifier is None else f"{function.arn}:{qualifier}"
        self._function = function
        self._qualifier = qualifier
        self._sender = sender
        self._chain = chain

    def deliver(self, notification: Notification) -> ServiceDelivery:
        return self._sender.send(
            self._function,
            encode_event(notification.event),
            _policy(notification),
            qualifier=self._qualifier,
            lineage=self._chain.lineage(),
            dead_letter=_dead_letter(notification),
        )


def _dead_letter(notification: Notification) -> DeadLetter | None:
    queue = notification.dead_letter_queue
    if queue is None:
        return None
    return lambda refused: notification.keep_in(queue, refused.error, refused.tries, refused.exhausted)


def _policy(notification: Notification) -> ServiceRetryPolicy:
    if notification.service == "EventBridge":
        return service_retry_policy.eventbridge(**notification.retry_policy)
    return service_retry_policy.SNS if notification.service == "SNS" else service_retry_policy.S3


class TopicEndpoint:
    """A topic to which each notification is published."""

    kind = "sns"

    def __init__(self, topic: SnsTopic) -> None:
        self.name, self.arn, self.fifo = topic.name, topic.arn, topic.fifo
        self._topic = topic

    def deliver(self, notification: Notification) -> TopicMessage:
        return self._topic.publish(notification.body, subject=notification.subject)


class BusEndpoint:
    """The event bus that S3 tells of all that happens in a bucket."""

    kind = "events"
    fifo = False

    def __init__(self, bus: EventBus) -> None:
        self.name, self.arn = bus.name, bus.arn
        self._bus = bus

    def deliver(self, notification: Notification) -> dict[str, Any]:
        [envelope] = self._bus.put_events([s3_eventbridge_entry(notification.event)])
        return envelope


class FanOut(Outside):
    """Everything that there is in one test."""

    def __init__(self, platform: Platform, resources: Resources, functions: Functions, sender: ServiceSender) -> None:
        self._platform = platform
        self._resources = resources
        self._functions = functions
        self._sender = sender

    def emit(self, kind: Callable[Values, Fact], /, *values: Values.args, **named: Values.kwargs) -> object:
        return self._platform.emit(kind, *values, **named)

    def endpoint(self, where: str, given: object, allowed: Collection[str]) -> Endpoint:
        if isinstance(given, Function) or (callable(given) and not isinstance(given, targets.HasArn)):
            return self._function(self._functions.of(where, given, {}), None)
        target = targets.parse_allowed(where, "the target", given, allowed)
        if target.service == "sqs":
            return QueueEndpoint(self._resources.queue(target.name))
        if target.service == "sns":
            return TopicEndpoint(self._resources.topic(target.name))
        if target.service == "events":
            return BusEndpoint(self._resources.event_bus(target.name))
        return self._function(*self._functions.by_arn(where, target.arn))

    def _function(self, function: Function, qualifier: str | None) -> FunctionEndpoint:
        return FunctionEndpoint(function, qualifier, self._sender, self._resources.chain)

    def end_of_chain(self) -> AbstractContextManager[object]:
        return self._resources.chain.acting_for({})

    def dead_letter_queue(self, where: str, given: object) -> SqsQueue | None:
        return service_settings.dead_letter_queue(where, self._resources, given)

    def retry_policy(self, where: str, given: object) -> dict[str, int]:
        return service_settings.retry_policy(where, given)

    def filter_policy(self, policy: Any, scope: str) -> Admits | None:
        parsed = SnsFilterPolicy.parse(policy, scope)
        if parsed is None:
            return None

        def admits(message: str, given: MessageAttributes) -> bool:
            attributes = {name: Attribute(each["DataType"], value_of(each)) for name, each in given.items()}
            return parsed.admits(message, attributes)

        return admits

    def event_pattern(self, pattern: Any) -> Callable[[object], bool]:
        return service_settings.event_pattern(pattern).matches

    def sns_event(self, message: TopicMessage, notice: Mapping[str, Any], subscription_arn: str) -> Any:
        ours = {"MessageId": notice["MessageId"], "UnsubscribeUrl": notice["UnsubscribeURL"]}
        ours |= {"SigningCertUrl": notice["SigningCertURL"], "Signature": notice["Signature"]}
        return sns_notification(
            message.message,
            topic=notice["TopicArn"],
            subject=message.subject,
            message_attributes=message.message_attributes,
            at=message.published_at,
            ids=self._platform.identifiers,
            overrides={"Records": {0: {"EventSubscriptionArn": subscription_arn, "Sns": ours}}},
        )

    def s3_event(self, change: ObjectChange, configuration_id: str) -> Any:
        return s3_notification(
            change.event_type,
            change.bucket,
            change.key,
            size=change.size,
            e_tag=change.e_tag,
            at=self._now(),
            ids=self._platform.identifiers,
            overrides={"Records": {0: {"s3": {"configurationId": configuration_id}}}},
        )

    def s3_test_event(self, bucket: str) -> Any:
        return s3_test_event(bucket, at=self._now(), ids=self._platform.identifiers)

    def _now(self) -> dt.datetime:
        return units.utc_datetime(self._platform.hub.scheduler.epoch())
