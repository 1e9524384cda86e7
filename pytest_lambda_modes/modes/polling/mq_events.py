"""The events of one mapping of Amazon MQ, from the messages it has read. (MQ-1)"""

from __future__ import annotations

from collections.abc import Iterable

from pytest_lambda_modes.events import activemq, rabbitmq
from pytest_lambda_modes.services.mq_queue import ActiveMqQueue, MqMessage, RabbitMqQueue
from pytest_lambda_modes.units import MILLISECOND


class ActiveMqEvents:
    """For a queue of a broker, whose ARN is the event source's."""

    def __init__(self, event_source_arn: str, queue: ActiveMqQueue) -> None:
        self._arn = event_source_arn
        self._queue = queue

    def text(self, message: MqMessage, *, redelivered: bool, broker_out_time: int) -> str:
        own, expires_at = message.properties, message.expires_at
        start = self._queue.scheduler.start
        return activemq.message_text(
            message_id=activemq.message_id(self._arn, "37557-1", message.index + 1),
            is_text=message.is_text,
            data=message.data,
            queue=self._queue.name,
            delivery_mode=own["delivery_mode"],
            reply_to=own["reply_to"],
            jms_type=own["jms_type"],
            expiration=0 if expires_at is None else (start + expires_at) // MILLISECOND,
            priority=own["priority"],
            correlation_id=own["correlation_id"],
            redelivered=redelivered,
            timestamp=message.epoch // MILLISECOND,
            broker_out_time=broker_out_time,
            properties=own["properties"],
        )

    def payload(self, texts: Iterable[str]) -> bytes:
        return activemq.payload(self._arn, texts)


class RabbitMqEvents:
    """For a queue of a broker, whose ARN is the event source's."""

    def __init__(self, event_source_arn: str, queue: RabbitMqQueue) -> None:
        self._arn = event_source_arn
        self._queue = queue

    def text(self, message: MqMessage, *, redelivered: bool, broker_out_time: int) -> str:
        """RabbitMQ does not tell when a message left the broker."""
        return rabbitmq.message_text(properties=message.properties, data=message.data, redelivered=redelivered)

    def payload(self, texts: Iterable[str]) -> bytes:
        return rabbitmq.payload(self._arn, self._queue.name, self._queue.virtual_host, texts)
