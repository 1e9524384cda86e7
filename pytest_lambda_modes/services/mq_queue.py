"""Queues of Amazon MQ: messages in order until they are acknowledged or expire. (MQ-1, MQ-2)"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import Range
from pytest_lambda_modes.services import blobs
from pytest_lambda_modes.services.stream import Shard, Stream
from pytest_lambda_modes.services.stream_record import Progress, Record, State
from pytest_lambda_modes.units import DAY, MILLISECOND

FOR_EVER = 1_000 * 366 * DAY  # a broker keeps a message until it is acknowledged or expires
TIME_TO_LIVE_MS = Range(0, FOR_EVER // MILLISECOND, default=0, rule="MQ-2")
EXPIRATION_MS = Range(1, FOR_EVER // MILLISECOND, default=FOR_EVER // MILLISECOND, rule="MQ-2")
PRIORITY = Range(0, 9, default=4, rule="MQ-1")

AMQP_PROPERTIES = (
    "content_type",
    "content_encoding",
    "headers",
    "delivery_mode",
    "priority",
    "correlation_id",
    "reply_to",
    "expiration",
    "message_id",
    "timestamp",
    "type",
    "user_id",
    "app_id",
    "cluster_id",
)

_OLD = "A message that is older is not delivered any more."


class MqMessage(Record):
    """A message of a queue, live. `state` is `"processed"` once it is acknowledged. (MQ-2)

    `data` is its body as bytes. `properties` are what its kind of broker has beside it. `expires_at` is microseconds on
    the virtual clock, or None.
    """

    __slots__ = ("data", "expires_at", "is_text", "properties")

    def __init__(self, data: bytes, properties: Mapping[str, Any], is_text: bool) -> None:
        super().__init__("")
        self.data = data
        self.properties = properties
        self.is_text = is_text
        self.expires_at: int | None = None

    def json(self) -> Any:
        """The body, parsed. Raises ValueError for other content."""
        return json.loads(self.data)

    def has_expired(self, now: int) -> bool:
        """Whether it is too late to deliver it at `now`. At the very instant it is."""
        return self.expires_at is not None and now >= self.expires_at

    def _content(self) -> str:
        return self.data.decode(errors="replace")

    def _state(self, progress: Progress | None) -> State:
        if progress is not None and progress.ending is not None:
            return progress.ending
        return "expired" if self.has_expired(self.shard.stream.scheduler.now) else "pending"


class MqQueue(Stream[MqMessage]):
    """A queue of a broker. `messages` are those that are neither acknowledged nor expired, in order."""

    kind: ClassVar[str] = "mq"

    def __init__(self, name: str, address: str, scheduler: Scheduler, identifiers: Identifiers) -> None:
        must, why = "a string that is not empty", "It is the name of the queue."
        settings.text(f"queue {name}", "queues", name, r"[\s\S]{1,1000}", must, why)
        super().__init__(name, address, scheduler, identifiers, shard_count=1, retention=FOR_EVER)

    @property
    def messages(self) -> list[MqMessage]:
        return [message for message in self.records if message.state == "pending"]

    def _put(self, message: MqMessage, time_to_live_ms: int) -> MqMessage:
        if time_to_live_ms:
            message.expires_at = self.scheduler.now + time_to_live_ms * MILLISECOND
        return self._accept(message, self.shards[0])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {counted(len(self.messages), 'message')}>"

    def _shard_id(self, number: int) -> str:
        return self.name

    def _sequence_number(self, shard: Shard[MqMessage], index: int) -> str:
        return str(index + 1)


class ActiveMqQueue(MqQueue):
    """A queue of ActiveMQ."""

    def send(
        self,
        body: object,
        *,
        correlation_id: str | None = None,
        reply_to: str | None = None,
        jms_type: str | None = None,
        priority: int = PRIORITY.default,
        persistent: bool = True,
        time_to_live: int = TIME_TO_LIVE_MS.default,
        properties: Mapping[str, Any] | None = None,
    ) -> MqMessage:
        """Send a message: text and any JSON value make a JMS text message, bytes a bytes message. (MQ-1)

        `time_to_live` is in milliseconds, 0 for ever. Messages are delivered in the order in which they were sent,
        whatever their priority (0 to 9). Raises EventError for what JSON cannot carry, ConfigError for a setting that
        cannot be.
        """
        where = f"queue {self.name}"
        own = {
            "correlation_id": correlation_id,
            "reply_to": reply_to,
            "jms_type": jms_type,
            "priority": settings.number_in(where, "priority", priority, PRIORITY, "", "It is that of JMS."),
            "delivery_mode": 2 if settings.flag(where, "persistent", persistent, "It is JMS's delivery mode.") else 1,
            "properties": dict(properties or {}),
        }
        lifetime = settings.number_in(where, "time_to_live", time_to_live, TIME_TO_LIVE_MS, "milliseconds", _OLD)
        is_text = not isinstance(body, (bytes, bytearray))
        return self._put(MqMessage(blobs.blob("body", body), own, is_text), lifetime)


class RabbitMqQueue(MqQueue):
    """A queue of RabbitMQ in its virtual host."""

    def __init__(self, name: str, virtual_host: str, scheduler: Scheduler, identifiers: Identifiers) -> None:
        self.virtual_host = virtual_host
        super().__init__(name, f"{name}::{virtual_host}", scheduler, identifiers)

    def publish(self, body: object, **properties: Any) -> MqMessage:
        """Publish a message to the queue: bytes, text, or any JSON value. (MQ-1)

        `properties` are those of AMQP: `content_type`, `headers`, `correlation_id`, ... After `expiration`
        milliseconds, a number or digits, it is not delivered any more. Raises EventError for what JSON cannot carry,
        ConfigError for a property that AMQP has not.
        """
        where = f"queue {self.name}"
        settings.check_names(where, properties, AMQP_PROPERTIES, {})
        own = {"delivery_mode": 1, **properties}
        expiration, lifetime = own.get("expiration"), 0
        if expiration is not None:
            number = int(expiration) if isinstance(expiration, str) and expiration.isdecimal() else expiration
            lifetime = settings.number_in(where, "expiration", number, EXPIRATION_MS, "milliseconds", _OLD)
            own["expiration"] = str(lifetime)
        return self._put(MqMessage(blobs.blob("body", body), own, True), lifetime)
