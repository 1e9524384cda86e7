"""What Lambda delivers from a queue of ActiveMQ. (MQ-1)"""

from __future__ import annotations

import datetime as dt
import json
from binascii import b2a_base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_lambda_modes.events.amazon_mq import Data, broker_arn, check_messages
from pytest_lambda_modes.events.building import NEW_YEAR, Event, Overrides, content, epoch, finished, identifiers, text
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.units import MILLISECOND

_encode = json.JSONEncoder(separators=(",", ":")).encode


def message_id(broker: str, connection: str, number: int) -> str:
    """As ActiveMQ makes them, for the message of that number on a connection. `broker` is an ARN."""
    host = f"{broker.rpartition(':')[2]}-1.mq.{broker.split(':')[3]}.amazonaws.com"
    return f"ID:{host}-{connection}-4:1:1:1:{number}"


def message_text(
    *,
    message_id: str,
    is_text: bool,
    data: bytes,
    queue: str,
    delivery_mode: int,
    reply_to: str | None,
    jms_type: str | None,
    expiration: int,
    priority: int,
    correlation_id: str | None,
    redelivered: bool,
    timestamp: int,
    broker_out_time: int,
    properties: Mapping[str, Any],
) -> str:
    """One message. Instants are milliseconds since 1970; an `expiration` of 0 is never."""
    return _encode(
        {
            "messageID": message_id,
            "messageType": f"jms/{'text' if is_text else 'bytes'}-message",
            "deliveryMode": delivery_mode,
            "replyTo": reply_to,
            "type": jms_type,
            "expiration": str(expiration),
            "priority": priority,
            "correlationId": correlation_id,
            "redelivered": redelivered,
            "destination": {"physicalName": queue},
            "data": b2a_base64(data, newline=False).decode(),
            "timestamp": timestamp,
            "brokerInTime": timestamp,
            "brokerOutTime": broker_out_time,
            "properties": dict(properties),
        }
    )


def payload(event_source_arn: str, messages: Iterable[str]) -> bytes:
    """The event for messages in their order."""
    source = f'"eventSource":"aws:mq","eventSourceArn":"{event_source_arn}"'
    return f'{{{source},"messages":[{",".join(messages)}]}}'.encode()


def activemq_messages(
    messages: Sequence[Data],
    *,
    queue: str = "queue",
    broker: str = "broker",
    properties: Mapping[str, Any] | None = None,
    correlation_id: str | None = None,
    redelivered: bool = False,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """Messages of one queue, sent at `at`. Text and mappings, as JSON, are text messages; bytes are bytes messages.

    `broker` is its name or ARN. Raises ConfigError for messages that are none. (MQ-1)
    """
    where, ids, now = "activemq_messages", identifiers(ids), epoch(at) // MILLISECOND
    check_messages(where, messages)
    source = broker_arn(text(where, "broker", broker))
    connection = f"37557-{int(ids.hex('connection', 10), 16):013d}"
    texts = [
        message_text(
            message_id=message_id(source, connection, number),
            is_text=not isinstance(message, bytes),
            data=content(where, "a message", message),
            queue=text(where, "queue", queue),
            delivery_mode=2,
            reply_to=None,
            jms_type=None,
            expiration=0,
            priority=4,
            correlation_id=correlation_id,
            redelivered=redelivered,
            timestamp=now,
            broker_out_time=now,
            properties=properties or {},
        )
        for number, message in enumerate(messages, 1)
    ]
    return finished(json.loads(payload(source, texts)), overrides)
