"""A message of an SNS topic, and the notification that SNS makes of it."""

from __future__ import annotations

import base64
import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import REGION
from pytest_lambda_modes.services.message_attributes import MessageAttributes, MessageAttributeValue
from pytest_lambda_modes.units import epoch_microseconds, iso_milliseconds

Notice = dict[str, Any]


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


def notification_of(message: TopicMessage, topic_arn: str, subscription_arn: str, identifiers: Identifiers) -> Notice:
    """What a queue gets, unless it wants the raw message. Subject and attributes are there if there are any. (EVT-4)"""
    host = f"https://sns.{REGION}.amazonaws.com"
    notification: Notice = {
        "Type": "Notification",
        "MessageId": message.message_id,
        "TopicArn": topic_arn,
        "Subject": message.subject,
        "Message": message.message,
        "Timestamp": iso_milliseconds(epoch_microseconds(message.published_at)),
        "SignatureVersion": "1",
        "Signature": base64.b64encode(identifiers.hex("signature", 128).encode()).decode(),
        "SigningCertURL": f"{host}/SimpleNotificationService-{'0' * 32}.pem",
        "UnsubscribeURL": f"{host}/?Action=Unsubscribe&SubscriptionArn={subscription_arn}",
    }
    if message.subject is None:
        del notification["Subject"]
    if message.message_attributes:
        notification["MessageAttributes"] = {
            name: {"Type": attribute["DataType"], "Value": value_of(attribute)}
            for name, attribute in message.message_attributes.items()
        }
    return notification


def value_of(attribute: MessageAttributeValue) -> str:
    """An attribute's value as text; bytes in base64."""
    return attribute.get("StringValue") or base64.b64encode(attribute.get("BinaryValue", b"")).decode()
