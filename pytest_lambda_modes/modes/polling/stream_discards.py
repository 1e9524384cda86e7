"""Gives records of a stream up, and tells the on-failure destination of them. (KIN-18 to KIN-21)"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_lambda_modes.errors import ApiError
from pytest_lambda_modes.events import stream as event
from pytest_lambda_modes.model.targets import Target
from pytest_lambda_modes.modes.polling import stream_failure_record
from pytest_lambda_modes.modes.polling.stream_batch import PendingBatch, ReadRecord
from pytest_lambda_modes.modes.polling.stream_failure_record import FailedBatch, FailedResponse, StreamFailureRecord
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
            self._send(target, record, self._payload(batch, reads))
        except ApiError as error:
            self._mapping.say_delivery_failed(str(target), str(error))
            return False
        self._mapping.say_destination_reached(batch, str(target), decision.condition)
        return True

    def _send(self, target: Target, record: StreamFailureRecord, payload: bytes) -> None:
        if target.service == "sqs":
            self._resources.queue(target.name).send(stream_failure_record.record_json(record))
        elif target.service == "sns":
            self._resources.topic(target.name).publish(stream_failure_record.record_json(record))
        else:
            object_id = self._mapping.platform.identifiers.uuid("s3 object")
            key = stream_failure_record.s3_key(record, mapping_uuid=self._mapping.uuid, object_id=object_id)
            self._resources.bucket(target.name).put_object(key, self._with_payload(record, payload))

    def _record(self, batch: PendingBatch, reads: Sequence[ReadRecord], decision: Discard) -> StreamFailureRecord:
        response = None
        if decision.condition != "RecordAgeExceeded" and batch.last is not None:
            response = FailedResponse(batch.last.executed_version, batch.last.function_error)
        return StreamFailureRecord(
            self._mapping.platform.hub.scheduler.epoch(),
            batch.request_id,
            self._function_arn,
            decision.condition,
            decision.approximate_invoke_count,
            response,
            self._failed(batch, reads),
        )

    @property
    def _function_arn(self) -> str:
        return self._mapping.function_arn

    def _failed(self, batch: PendingBatch, reads: Sequence[ReadRecord]) -> FailedBatch:
        first, last, stream = reads[0].record, reads[-1].record, self._mapping.stream
        return stream_failure_record.FailedStreamBatch(
            stream.kind,
            stream.arn,
            batch.shard_id,
            first.sequence_number,
            last.sequence_number,
            first.epoch,
            last.epoch,
            len(reads),
        )

    def _with_payload(self, record: StreamFailureRecord, payload: bytes) -> str:
        return stream_failure_record.s3_object(record, payload)

    def _payload(self, batch: PendingBatch, reads: Sequence[ReadRecord]) -> bytes:
        """The event of the last invocation; if not all of it is given up, or there was none, that of these records."""
        if batch.last is not None and len(reads) == len(batch.reads):
            return batch.last.payload
        return self._event(reads)

    def _event(self, reads: Sequence[ReadRecord]) -> bytes:
        return event.payload(read.text for read in reads)
