"""What SNS sends to a function that subscribes to a topic. (EVT-1)"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_lambda_modes.errors import ConfigError, InvalidParameterException
from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    arn,
    base64_text,
    epoch,
    finished,
    identifiers,
    resource_hex,
    resource_uuid,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import REGION, SNS_MESSAGE_BYTES
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import iso_milliseconds

AttributeValue = str | int | float | bytes | Sequence[Any] | Mapping[str, Any]

_HOST = f"https://sns.{REGION}.amazonaws.com"
_MAXIMUM_SUBJECT = 100


def sns_notification(
    message: str,
    *,
    topic: str = "topic",
    subject: str | None = None,
    message_attributes: Mapping[str, AttributeValue] | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A message that was published to a topic: one record, as SNS never sends more. (EVT-1)

    `topic` is a name or an ARN. An attribute is str (String), int or float (Number), bytes (Binary), a list
    (String.Array) or in API form (`DataType` with `StringValue` or `BinaryValue`). Raises InvalidParameterException
    where Publish would: an empty message, more than 256 KB with attributes, a subject that cannot be. Raises
    ConfigError for a FIFO topic, which delivers to queues only.
    """
    ids = identifiers(ids)
    topic_arn = arn("sns", text("sns_notification", "topic", topic))
    if topic_arn.endswith(".fifo"):
        raise ConfigError(
            f"sns_notification: topic is {shown(topic)}, and a FIFO topic cannot invoke a function.\n\n"
            "It delivers to queues only. Subscribe a queue, and let an SQS event source mapping read it."
        )
    attributes = {name: _attribute(name, value) for name, value in (message_attributes or {}).items()}
    _check(message, subject, attributes)
    subscription_arn = f"{topic_arn}:{resource_uuid(f'subscription of {topic_arn}')}"
    notification = {
        "Type": "Notification",
        "MessageId": ids.uuid("sns message"),
        "TopicArn": topic_arn,
        "Subject": subject,
        "Message": message,
        "Timestamp": iso_milliseconds(epoch(at)),
        "SignatureVersion": "1",
        "Signature": base64_text(ids.hex("sns signature", 128)),
        "SigningCertUrl": f"{_HOST}/SimpleNotificationService-{resource_hex('sns certificate')}.pem",
        "UnsubscribeUrl": f"{_HOST}/?Action=Unsubscribe&SubscriptionArn={subscription_arn}",
        "MessageAttributes": attributes,
    }
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription_arn,
        "Sns": notification,
    }
    return finished({"Records": [record]}, overrides)


def sns_message_body(notification: Mapping[str, Any]) -> str:
    """The `Sns` member of a record as SNS writes it to a queue: URLs in `URL`, nothing that is not set. (EVT-4)"""
    names = {"SigningCertUrl": "SigningCertURL", "UnsubscribeUrl": "UnsubscribeURL"}
    return json.dumps({names.get(name, name): value for name, value in notification.items() if value})


def _attribute(name: str, value: object) -> dict[str, str]:
    if isinstance(value, Mapping):
        return _api_attribute(name, value)
    if isinstance(value, str):
        return {"Type": "String", "Value": value}
    if isinstance(value, bytes):
        return {"Type": "Binary", "Value": base64_text(value)}
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {"Type": "Number", "Value": str(value)}
    if isinstance(value, (list, tuple)):
        return {"Type": "String.Array", "Value": json.dumps(value)}
    raise _wrong_attribute(name, value)


def _api_attribute(name: str, given: Mapping[str, Any]) -> dict[str, str]:
    data_type, string, binary = (given.get(key) for key in ("DataType", "StringValue", "BinaryValue"))
    if isinstance(data_type, str) and isinstance(string, str) and binary is None:
        return {"Type": data_type, "Value": string}
    if isinstance(data_type, str) and isinstance(binary, bytes) and string is None:
        return {"Type": data_type, "Value": base64_text(binary)}
    raise _wrong_attribute(name, given)


def _wrong_attribute(name: str, value: object) -> ConfigError:
    return ConfigError(
        f"sns_notification: the attribute {name} is {shown(value)}, and must be str, int, float, bytes, a list, or a "
        'mapping in API form: {"DataType": "String", "StringValue": "..."}.'
    )


def _check(message: object, subject: str | None, attributes: Mapping[str, Mapping[str, str]]) -> None:
    if not isinstance(message, str):
        raise ConfigError(
            f"sns_notification: message is {shown(message)}, and must be a string.\n\nFor JSON: json.dumps(...)"
        )
    if not message:
        raise InvalidParameterException("Invalid parameter: Empty message")
    size = len(message.encode())
    size += sum(len((name + a["Type"] + a["Value"]).encode()) for name, a in attributes.items())
    if size > SNS_MESSAGE_BYTES:
        raise InvalidParameterException("Invalid parameter: Message too long")
    plain = subject is None or (subject.isascii() and subject.isprintable())
    if not plain or (subject is not None and not 0 < len(subject) <= _MAXIMUM_SUBJECT):
        raise InvalidParameterException("Invalid parameter: Subject")
