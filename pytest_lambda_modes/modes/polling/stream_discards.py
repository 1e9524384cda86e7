"""Gives records of a stream up, and tells the on-failure destination of them. (KIN-18 to KIN-21)"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_lambda_modes.errors import ApiError
from pytest_lambda_modes.events import stream as event
from pytest_lambda_modes.model.targets import Target
from pytest_lambda_modes.modes.polling import stream_failure_record
from pytest_lambda_modes.modes.polling.stream_batch import PendingBatch, ReadRecord
from pytest_lambda_modes.modes.polling.stream_failure_record import FailedResponse, StreamFailureRecord
from pytest_lambda_modes.modes.polling.stream_mapping import StreamMapping
from pytest_lambda_modes.modes.polling.stream_retry import Discard
from pytest_lambda_modes.services.resources import Resources


class StreamDiscards:
    """For one mapping. What cannot be delivered is told, and the stream goes on. (KIN-20)"""

    def __init__(self, mapping: StreamMapping, resources: Resources) -> None:
        self._mapping = mapping
        self._resources = resources

    def discard(self, batch: PendingBatch, reads: Sequence[ReadRecord], decision: Discard) -> None:
        """Give up records of a batch: all of them, or those at its front that are too old. (KIN-7, KIN-12)"""
        for read in reads:
            read.progress.end("discarded", decision.condition)
        target = self._mapping.config.on_failure
        delivered = target is not None and self._deliver(target, batch, reads, decision)
        self._mapping.say_discarded(batch, len(reads), decision, delivered=delivered)

    def _deliver(self, target: Target, batch: PendingBatch, reads: Sequence[ReadRecord], decision: Discard) -> bool:
        record = self._record(batch, reads, decision)
        try:
            if target.service == "sqs":
                self._resources.queue(target.name).send(stream_failure_record.record_json(record))
            elif target.service == "sns":
                self._resources.topic(target.name).publish(stream_failure_record.record_json(record))
            else:
                self._store(target, record, _payload(batch, reads))
        except ApiError as error:
            self._mapping.say_delivery_failed(str(target), str(error))
            return False
        self._mapping.say_destination_reached(batch, str(target), decision.condition)
        return True

    def _store(self, target: Target, record: StreamFailureRecord, payload: bytes) -> None:
        object_id = self._mapping.platform.identifiers.uuid("s3 object")
        key = stream_failure_record.s3_key(record, mapping_uuid=self._mapping.uuid, object_id=object_id)
        self._resources.bucket(target.name).put_object(key, stream_failure_record.s3_object(record, payload))

    def _record(self, batch: PendingBatch, reads: Sequence[ReadRecord], decision: Discard) -> StreamFailureRecord:
        first, last, stream = reads[0].record, reads[-1].record, self._mapping.stream
        response = None
        if decision.condition == "RetryAttemptsExhausted" and batch.last is not None:
            response = FailedResponse(batch.last.executed_version, batch.last.function_error)
        return StreamFailureRecord(
            self._mapping.platform.hub.scheduler.epoch(),
            batch.request_id,
            self._mapping.function_arn,
            decision.condition,
            decision.approximate_invoke_count,
            response,
            stream_failure_record.StreamBatch(
                stream.kind,
                stream.arn,
                batch.shard_id,
                first.sequence_number,
                last.sequence_number,
                first.epoch,
                last.epoch,
                len(reads),
            ),
        )


def _payload(batch: PendingBatch, reads: Sequence[ReadRecord]) -> bytes:
    """The event of the last invocation; if not all of it is given up, or there was none, that of these records."""
    if batch.last is not None and len(reads) == len(batch.reads):
        return batch.last.payload
    return event.payload(read.text for read in reads)
