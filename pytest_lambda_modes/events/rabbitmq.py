"""What Lambda delivers from a queue of RabbitMQ. (MQ-1)"""

from __future__ import annotations

import datetime as dt
import json
from binascii import b2a_base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.amazon_mq import Data, broker_arn, check_messages
from pytest_lambda_modes.events.building import (
    MONTHS,
    NEW_YEAR,
    Event,
    Overrides,
    content,
    epoch,
    finished,
    identifiers,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import SECOND, utc_datetime

# The properties of a message under their names in Python clients, and in an event.
PROPERTIES: Mapping[str, str] = {
    "content_type": "contentType",
    "content_encoding": "contentEncoding",
    "headers": "headers",
    "delivery_mode": "deliveryMode",
    "priority": "priority",
    "correlation_id": "correlationId",
    "reply_to": "replyTo",
    "expiration": "expiration",
    "message_id": "messageId",
    "timestamp": "timestamp",
    "type": "type",
    "user_id": "userId",
    "app_id": "appId",
    "cluster_id": "clusterId",
}

_encode = json.JSONEncoder(separators=(",", ":")).encode


def message_text(*, properties: Mapping[str, Any], data: bytes, redelivered: bool) -> str:
    """One message. `properties` are those of AMQP under their Python names; `timestamp` is seconds since 1970."""
    basic = {member: properties.get(name) for name, member in PROPERTIES.items()}
    basic["headers"] = {name: _header(value) for name, value in (properties.get("headers") or {}).items()}
    if basic["timestamp"] is not None:
        basic["timestamp"] = _date(basic["timestamp"])
    basic["bodySize"] = len(data)
    body = b2a_base64(data, newline=False).decode()
    return _encode({"basicProperties": basic, "redelivered": redelivered, "data": body})


def payload(event_source_arn: str, queue: str, virtual_host: str, messages: Iterable[str]) -> bytes:
    """The event for messages of one queue in their order."""
    source = f'"eventSource":"aws:rmq","eventSourceArn":"{event_source_arn}"'
    key = _encode(f"{queue}::{virtual_host}")
    return f'{{{source},"rmqMessagesByQueue":{{{key}:[{",".join(messages)}]}}}}'.encode()


def rabbitmq_messages(
    messages: Sequence[Data],
    *,
    queue: str = "queue",
    virtual_host: str = "/",
    broker: str = "broker",
    properties: Mapping[str, Any] | None = None,
    redelivered: bool = False,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """Messages of one queue: text, bytes, or a mapping, which becomes its JSON. (MQ-1)

    `properties` are those of AMQP that all of them have: `content_type`, `headers`, `correlation_id`, ... Without a
    `timestamp` of their own they are stamped with `at`. Raises ConfigError for messages that are none, and for a
    property that AMQP has not.
    """
    where, _, now = "rabbitmq_messages", identifiers(ids), epoch(at) // SECOND
    check_messages(where, messages)
    own = check_properties(where, {"timestamp": now, **(properties or {})})
    texts = [
        message_text(properties=own, data=content(where, "a message", each), redelivered=redelivered)
        for each in messages
    ]
    source = broker_arn(text(where, "broker", broker))
    return finished(json.loads(payload(source, text(where, "queue", queue), virtual_host, texts)), overrides)


def check_properties(where: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Raises ConfigError for a property that AMQP has not."""
    unknown = [name for name in properties if name not in PROPERTIES]
    if unknown:
        raise ConfigError(
            f"{where}: AMQP has no property {', '.join(map(shown, unknown))}.\n\nIt has {', '.join(PROPERTIES)}."
        )
    return {"delivery_mode": 1, **properties}


def _header(value: object) -> object:
    """Text is bytes to AMQP; other values are as they are."""
    if isinstance(value, (str, bytes)):
        return {"bytes": list(value.encode() if isinstance(value, str) else value)}
    return value


def _date(epoch_seconds: int) -> str:
    """`Jan 1, 1970, 12:33:41 AM`, as Java writes it."""
    moment = utc_datetime(epoch_seconds * SECOND)
    hour = moment.hour % 12 or 12
    half = "AM" if moment.hour < 12 else "PM"
    month = MONTHS[moment.month - 1]
    return f"{month} {moment.day}, {moment.year}, {hour}:{moment.minute:02d}:{moment.second:02d} {half}"
