"""Reads a queue of Amazon MQ for a mapping: a batch comes back until it is acknowledged. (MQ-1, MQ-2)"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from pytest_lambda_modes.modes.polling.cluster_mapping import ClusterMapping
from pytest_lambda_modes.modes.polling.stream_batch import PendingBatch
from pytest_lambda_modes.modes.polling.stream_delivery import StreamDelivery
from pytest_lambda_modes.modes.polling.stream_lane import Lane, Reader
from pytest_lambda_modes.modes.polling.stream_mapping import StreamMapping
from pytest_lambda_modes.modes.polling.stream_poller import StreamPoller
from pytest_lambda_modes.services.mq_queue import MqMessage
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.units import MILLISECOND


class MqEvents(Protocol):
    """The events of one broker. `broker_out_time` is in milliseconds since 1970."""

    def text(self, message: MqMessage, *, redelivered: bool, broker_out_time: int) -> str: ...

    def payload(self, texts: Iterable[str]) -> bytes: ...


class MqDelivery(StreamDelivery):
    """A message that was delivered before says so. What has expired is not tried any more."""

    def __init__(self, mapping: StreamMapping, events: MqEvents) -> None:
        super().__init__(mapping)
        self._events = events

    def payload(self, batch: PendingBatch, window_members: str) -> bytes:
        now = self._scheduler.epoch() // MILLISECOND
        return self._events.payload(
            self._events.text(_message(read.record), redelivered=read.progress.attempts > 0, broker_out_time=now)
            for read in batch.reads
        )

    def ends_at(self, batch: PendingBatch) -> int:
        """When the first of its messages expires."""
        expiries = [_message(read.record).expires_at for read in batch.reads]
        return min((each for each in expiries if each is not None), default=super().ends_at(batch))


class MqLane(Lane):
    def _drop(self, batch: PendingBatch) -> None:
        """Leave out what has expired. What remains is a new batch."""
        self.pending.popleft()
        rest = [read for read in batch.reads if not _message(read.record).has_expired(self._scheduler.now)]
        if rest:
            self._put_first(rest, None)


class MqPoller(StreamPoller):
    """One consumer of the queue, so one batch is in flight at a time."""

    def __init__(self, mapping: ClusterMapping, resources: Resources, events: MqEvents) -> None:
        self._events = events

        def text(message: MqMessage) -> str:
            return events.text(message, redelivered=False, broker_out_time=message.epoch // MILLISECOND)

        super().__init__(mapping, resources, text)

    def new_lane(self, reader: Reader) -> Lane:
        return MqLane(reader, self.mapping, self._delivery, self._discards)

    def _new_delivery(self) -> StreamDelivery:
        return MqDelivery(self.mapping, self._events)


def _message(record: object) -> MqMessage:
    assert isinstance(record, MqMessage)
    return record
