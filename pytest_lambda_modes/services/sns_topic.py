"""An SNS topic: it keeps what is published, and hands it to the queues that subscribe."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import InvalidParameterException, NotFoundException
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID, REGION, SNS_MESSAGE_BYTES
from pytest_lambda_modes.services.message_attributes import MessageAttributes, checked_attributes, size_in_bytes
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.units import epoch_microseconds, iso_milliseconds, utc_datetime


@dataclass(frozen=True)
class TopicMessage:
    """A published message. Attributes are in API form; `published_at` is in UTC."""

    message: str
    message_attributes: MessageAttributes
    subject: str | None
    message_id: str
    published_at: dt.datetime
    message_group_id: str | None = None
    message_deduplication_id: str | None = None

    def json(self) -> Any:
        """The message, parsed. Raises json.JSONDecodeError for other text."""
        return json.loads(self.message)


class _Subscription(NamedTuple):
    arn: str
    queue: SqsQueue
    raw_message_delivery: bool


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
        self._subscriptions: list[_Subscription] = []

    def publish(
        self,
        message: str,
        *,
        subject: str | None = None,
        message_attributes: Mapping[str, object] | None = None,
        message_group_id: str | None = None,
        message_deduplication_id: str | None = None,
    ) -> TopicMessage:
        """Publish. Attributes are in API form, or plain str, int, float or bytes.

        Raises InvalidParameterException for no text, for more than 256 KB with attributes (ASYNC-29) and for a FIFO
        topic without group id, NotFoundException for a deleted topic.
        """
        if self.deleted:
            raise NotFoundException
        attributes = checked_attributes(message_attributes) or {}
        self._check(message, attributes, message_group_id)
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
        for subscription in self._subscriptions:
            self._deliver(published, subscription)
        return published

    def subscribe(self, queue: SqsQueue, *, raw_message_delivery: bool = False) -> str:
        """Send what is published from now on to a queue too: the notification, or if raw the message itself. (EVT-4)

        Gives the ARN of the subscription.
        """
        if self.deleted:
            raise NotFoundException
        arn = f"{self.arn}:{self._identifiers.uuid('subscription')}"
        self._subscriptions.append(_Subscription(arn, queue, raw_message_delivery))
        return arn

    def delete(self) -> None:
        """DeleteTopic. From now on publishing raises NotFoundException."""
        self.deleted = True

    def __repr__(self) -> str:
        return f"<SnsTopic {self.name}: {'deleted' if self.deleted else f'{len(self.messages)} messages'}>"

    def _check(self, message: str, attributes: MessageAttributes, message_group_id: str | None) -> None:
        if not message:
            raise InvalidParameterException("Invalid parameter: Empty message")
        if len(message.encode()) + size_in_bytes(attributes) > SNS_MESSAGE_BYTES:
            raise InvalidParameterException("Invalid parameter: Message too long")
        if self.fifo and not message_group_id:
            raise InvalidParameterException(
                "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"
            )

    def _deliver(self, message: TopicMessage, subscription: _Subscription) -> None:
        raw, queue = subscription.raw_message_delivery, subscription.queue
        if queue.deleted:
            return
        queue.send(
            message.message if raw else self._notification(message, subscription.arn),
            message_attributes=message.message_attributes if raw else None,
            message_group_id=message.message_group_id,
            message_deduplication_id=message.message_deduplication_id if queue.fifo else None,
        )

    def _notification(self, message: TopicMessage, subscription_arn: str) -> str:
        host = f"https://sns.{REGION}.amazonaws.com"
        notification: dict[str, object] = {
            "Type": "Notification",
            "MessageId": message.message_id,
            "TopicArn": self.arn,
            "Subject": message.subject,
            "Message": message.message,
            "Timestamp": iso_milliseconds(epoch_microseconds(message.published_at)),
            "SignatureVersion": "1",
            "Signature": base64.b64encode(self._identifiers.hex("signature", 128).encode()).decode(),
            "SigningCertURL": f"{host}/SimpleNotificationService-{'0' * 32}.pem",
            "UnsubscribeURL": f"{host}/?Action=Unsubscribe&SubscriptionArn={subscription_arn}",
        }
        if message.subject is None:
            del notification["Subject"]
        if message.message_attributes:
            notification["MessageAttributes"] = _in_notification(message.message_attributes)
        return json.dumps(notification)


def _in_notification(attributes: MessageAttributes) -> dict[str, dict[str, str]]:
    """Type and value of each; bytes in base64."""
    return {
        name: {
            "Type": attribute["DataType"],
            "Value": attribute.get("StringValue") or base64.b64encode(attribute.get("BinaryValue", b"")).decode(),
        }
        for name, attribute in attributes.items()
    }
