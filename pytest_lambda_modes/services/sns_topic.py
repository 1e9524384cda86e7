"""An SNS topic: it keeps what is published, and hands it to all who subscribe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ConfigError, InvalidParameterException, NotFoundException
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID, REGION, SNS_MESSAGE_BYTES
from pytest_lambda_modes.model.settings import flag
from pytest_lambda_modes.services.message_attributes import MessageAttributes, checked_attributes, size_in_bytes
from pytest_lambda_modes.services.notification import NOTHING_OUTSIDE, Endpoint, Outside, Route
from pytest_lambda_modes.services.sns_message import TopicMessage
from pytest_lambda_modes.services.sns_subscription import Subscription
from pytest_lambda_modes.units import utc_datetime


class SnsTopic:
    """A topic. One whose name ends in `.fifo` is a FIFO topic."""

    kind: ClassVar[str] = "sns"

    def __init__(self, name: str, scheduler: Scheduler, identifiers: Identifiers) -> None:
        self.name = name
        self.arn = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{name}"
        self.fifo = name.endswith(".fifo")
        self.deleted = False
        self.messages: list[TopicMessage] = []
        self._scheduler = scheduler
        self._identifiers = identifiers
        self._subscriptions: list[Subscription] = []
        self.outside: Outside = NOTHING_OUTSIDE

    def publish(
        self,
        message: str,
        *,
        subject: str | None = None,
        message_attributes: Mapping[str, object] | None = None,
        message_group_id: str | None = None,
        message_deduplication_id: str | None = None,
    ) -> TopicMessage:
        """Publish, and hand it to all who subscribe. Attributes are in API form, or str, int, float, bytes or list.

        Raises InvalidParameterException for no text, for more than 256 KB with attributes (ASYNC-29), for a subject
        that cannot be, for a FIFO topic without both ids, and for a deduplication id of any other; NotFoundException
        for a deleted topic.
        """
        if self.deleted:
            raise NotFoundException
        given = {name: _string_array(value) for name, value in (message_attributes or {}).items()}
        attributes = checked_attributes(given) or {}
        _check(message, subject, attributes)
        self._check_ids(message_group_id, message_deduplication_id)
        published = TopicMessage(
            message,
            attributes,
            subject,
            self._identifiers.uuid("topic message"),
            utc_datetime(self._scheduler.epoch()),
            message_group_id,
            message_deduplication_id,
        )
        self.messages.append(published)
        for subscription in self.subscriptions:
            subscription.offer(published)
        return published

    def subscribe(
        self,
        endpoint: object,
        *,
        raw_message_delivery: bool = False,
        filter_policy: Mapping[str, object] | str | None = None,
        filter_policy_scope: str = "MessageAttributes",
        dead_letter_queue: object = None,
    ) -> Subscription:
        """Send what is published from now on to a queue or a function too. (EVT-1, EVT-4, ASYNC-40)

        `endpoint` is a queue or function of `lambda_modes`, an ARN, or short: `"sqs:orders"`, `"lambda:orders"`. With
        `raw_message_delivery` a queue gets the message itself in place of the notification. `filter_policy` is over
        `"MessageAttributes"` or the `"MessageBody"`. A message that cannot be delivered goes to `dead_letter_queue`.
        Subscribing again in the same way gives the subscription that is there.

        Raises ConfigError, NotFoundException for a deleted topic, InvalidParameterException where SNS refuses.
        """
        if self.deleted:
            raise NotFoundException
        where = f"topic {self.name}: subscribe(...)"
        flag(
            where, "raw_message_delivery", raw_message_delivery, "Raw is the message without the notification. (EVT-4)"
        )
        if self.fifo and dead_letter_queue is not None:
            raise ConfigError(
                f"{where}: dead_letter_queue is not simulated for FIFO topics, where AWS takes a FIFO queue alone. "
                "(ASYNC-40)"
            )
        found = self.outside.endpoint(where, endpoint, ("sqs", "lambda"))
        self._check_endpoint(found, raw_message_delivery)
        subscription = Subscription(
            self.arn,
            Route(found, self.outside, self._scheduler),
            self.outside,
            self._identifiers,
            raw_message_delivery=raw_message_delivery,
            filter_policy=filter_policy,
            filter_policy_scope=filter_policy_scope,
            dead_letter_queue=self.outside.dead_letter_queue(where, dead_letter_queue),
        )
        for earlier in self.subscriptions:
            if earlier.endpoint_arn == found.arn:
                if earlier.has_attributes_of(subscription):
                    return earlier
                raise InvalidParameterException(
                    "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
                )
        self._subscriptions.append(subscription)
        return subscription

    @property
    def subscriptions(self) -> list[Subscription]:
        """Those that have not been ended."""
        return [subscription for subscription in self._subscriptions if subscription.active]

    def _check_endpoint(self, endpoint: Endpoint, raw_message_delivery: bool) -> None:
        if endpoint.kind == "lambda" and self.fifo:
            raise InvalidParameterException("Invalid parameter: Invalid protocol type: lambda")
        if endpoint.kind == "lambda" and raw_message_delivery:
            raise InvalidParameterException(
                "Invalid parameter: Attributes Reason: Delivery protocol [lambda] does not support raw message "
                "delivery."
            )
        if endpoint.fifo and not self.fifo:
            raise InvalidParameterException(
                "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to "
                "standard SNS topics"
            )

    def delete(self) -> None:
        """DeleteTopic. From now on publishing raises NotFoundException."""
        self.deleted = True

    def __repr__(self) -> str:
        return f"<SnsTopic {self.name}: {'deleted' if self.deleted else counted(len(self.messages), 'message')}>"

    def _check_ids(self, message_group_id: str | None, message_deduplication_id: str | None) -> None:
        if self.fifo and not message_group_id:
            raise InvalidParameterException(
                "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"
            )
        if self.fifo and not message_deduplication_id:
            raise InvalidParameterException(
                "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or "
                "MessageDeduplicationId provided explicitly"
            )
        if message_deduplication_id is not None and not self.fifo:
            raise InvalidParameterException(
                "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId "
                "parameter that is not valid for this topic type"
            )


def _check(message: str, subject: str | None, attributes: MessageAttributes) -> None:
    if not message:
        raise InvalidParameterException("Invalid parameter: Empty message")
    if len(message.encode()) + size_in_bytes(attributes) > SNS_MESSAGE_BYTES:
        raise InvalidParameterException("Invalid parameter: Message too long")
    if subject is not None and not (subject.isascii() and subject.isprintable() and 0 < len(subject) <= 100):
        raise InvalidParameterException("Invalid parameter: Subject")


def _string_array(value: object) -> object:
    """SNS has a type more than SQS: a list is a String.Array."""
    return {"DataType": "String.Array", "StringValue": json.dumps(value)} if isinstance(value, list) else value
