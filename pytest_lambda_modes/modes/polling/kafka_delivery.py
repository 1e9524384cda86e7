"""Brings batches of Kafka records to the function, and gives them up. (KAFKA-1, KAFKA-5, KAFKA-6)"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_lambda_modes.model.targets import Target
from pytest_lambda_modes.modes.polling import kafka_batch_response
from pytest_lambda_modes.modes.polling.kafka_batch_response import Place, Split
from pytest_lambda_modes.modes.polling.kafka_events import KafkaEvents
from pytest_lambda_modes.modes.polling.kafka_failure_record import KafkaBatch, with_payload
from pytest_lambda_modes.modes.polling.stream_batch import PendingBatch, ReadRecord
from pytest_lambda_modes.modes.polling.stream_batch_response import Answer, Checkpoint
from pytest_lambda_modes.modes.polling.stream_delivery import StreamDelivery
from pytest_lambda_modes.modes.polling.stream_discards import StreamDiscards
from pytest_lambda_modes.modes.polling.stream_failure_record import FailedBatch, StreamFailureRecord
from pytest_lambda_modes.modes.polling.stream_mapping import StreamMapping
from pytest_lambda_modes.modes.polling.stream_retry import Discard
from pytest_lambda_modes.services.kafka_topic import KafkaRecord
from pytest_lambda_modes.services.resources import Resources


class KafkaDelivery(StreamDelivery):
    """A report is per partition: what is done goes to the front of the batch, so that the rest can be split off.

    The order of a batch counts within each partition only, and stays as it is there.
    """

    def __init__(self, mapping: StreamMapping, events: KafkaEvents) -> None:
        super().__init__(mapping)
        self._events = events

    def payload(self, batch: PendingBatch, window_members: str) -> bytes:
        return self._events.payload(batch.reads)

    def read(self, batch: PendingBatch, payload: bytes) -> Answer:
        reads = batch.reads
        answer = kafka_batch_response.read_answer(
            payload, [Place(read.record.shard_id, read.record.index) for read in reads]
        )
        if not isinstance(answer, Split):
            return answer
        batch.reads = [reads[position] for position in (*answer.done, *answer.rest)]
        return Checkpoint(len(answer.done), kafka_batch_response.RULE)


class KafkaDiscards(StreamDiscards):
    """A destination may be a topic of the same cluster, `kafka://<topic>`."""

    def __init__(self, mapping: StreamMapping, resources: Resources, events: KafkaEvents) -> None:
        super().__init__(mapping, resources)
        self._events = events

    def discard(self, batch: PendingBatch, reads: Sequence[ReadRecord], decision: Discard) -> None:
        if decision.condition == "RetryAttemptsExhausted":
            decision = decision._replace(condition="RetriesExhausted")
        super().discard(batch, reads, decision)

    def _send(self, target: Target, record: StreamFailureRecord, payload: bytes) -> None:
        if target.service == "kafka":
            self._resources.kafka_topic(target.name).send(self._with_payload(record, payload))
        else:
            super()._send(target, record, payload)

    @property
    def _function_arn(self) -> str:
        arn = self._mapping.function_arn
        return arn if self._mapping.qualifier is not None else f"{arn}:$LATEST"

    def _failed(self, batch: PendingBatch, reads: Sequence[ReadRecord]) -> FailedBatch:
        first = reads[0].record
        assert isinstance(first, KafkaRecord)
        size = len(self._payload(batch, reads))
        events = self._events
        return KafkaBatch(
            first.topic,
            events.event_source_arn,
            events.bootstrap_servers,
            size,
            first.offset,
            first.timestamp,
            len(reads),
        )

    def _with_payload(self, record: StreamFailureRecord, payload: bytes) -> str:
        return with_payload(record, payload)

    def _event(self, reads: Sequence[ReadRecord]) -> bytes:
        return self._events.payload(reads)
