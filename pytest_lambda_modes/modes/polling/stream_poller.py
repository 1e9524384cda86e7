"""Reads a stream for a mapping, shard by shard, each in its own time. (KIN-2, KIN-3, KIN-23)"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import md5
from typing import Any

from pytest_lambda_modes import units
from pytest_lambda_modes.errors import ApiError
from pytest_lambda_modes.events import stream as event
from pytest_lambda_modes.filtering.matching import FilterCriteria
from pytest_lambda_modes.model import faults, limits
from pytest_lambda_modes.model.facts import DeliveryFailed, DestinationReached, Injected, MessagesPolled, RecordsDiscarded
from pytest_lambda_modes.model.stream_mapping_config import StreamMappingConfig
from pytest_lambda_modes.model.targets import Target
from pytest_lambda_modes.modes.polling import stream_failure_record
from pytest_lambda_modes.modes.polling.event_source_mapping import EventSourceMapping
from pytest_lambda_modes.modes.polling.stream_batch import StreamBatch, Work
from pytest_lambda_modes.modes.polling.stream_failure_record import FailedResponse, StreamFailureRecord
from pytest_lambda_modes.modes.polling.stream_failure_record import StreamBatch as BatchInfo
from pytest_lambda_modes.modes.polling.stream_lane import Lane
from pytest_lambda_modes.modes.polling.stream_retry import Discard, Lifetime, RetrySchedule
from pytest_lambda_modes.modes.polling.stream_windows import LaneWindows
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.services.stream import Shard, Stream
from pytest_lambda_modes.services.stream_record import Record

# The text of a record in an event.
RecordText = Callable[[Any], str]


class ShardReader:
    """Reads one shard from a position on, and hands its records to its lanes: by partition key, if there are several."""

    def __init__(self, poller: StreamPoller, shard: Shard[Any], position: int) -> None:
        self.poller = poller
        self.shard = shard
        self._position = position
        factor = poller.config.parallelization_factor
        self.lanes = [Lane(self, number) for number in range(factor)]

    @property
    def is_finished(self) -> bool:
        """Whether the shard is closed, and all of it read."""
        return self.shard.is_finished(self._position)

    @property
    def has_unread(self) -> bool:
        return max(self._position, self.shard.trim_horizon) < self.shard.end

    @property
    def at_rest(self) -> bool:
        return not self.has_unread and all(lane.at_rest for lane in self.lanes)

    def arm(self) -> None:
        now = self.poller.platform.hub.scheduler.now
        for lane in self.lanes:
            if not lane.running:
                lane.arm(now)

    def feed(self, lane: Lane, size: int) -> None:
        """Read on until a lane has so many records, or there are none. The other lanes' records go to them. (KIN-3)"""
        while len(lane.waiting) < size:
            records = self.shard.records_from(self._position, size)
            if not records:
                return
            self._position = records[-1].index + 1
            admitted = self.poller.filtered(records)
            for record in admitted:
                chosen = self._lane_of(record)
                chosen.add(record)
                if chosen is not lane and not chosen.running:
                    chosen.arm(self.poller.platform.hub.scheduler.now)

    def _lane_of(self, record: Record) -> Lane:
        if len(self.lanes) == 1:
            return self.lanes[0]
        digest = md5(record.partition_key.encode(), usedforsecurity=False).digest()
        return self.lanes[int.from_bytes(digest[:4], "big") % len(self.lanes)]

    def progressed(self) -> None:
        """A batch is over. When the shard is closed and done with, its children are read. (KIN-23)"""
        if self.is_finished and self.at_rest:
            self.poller.look_for_shards()


class StreamPoller:
    """What the lanes of one mapping share: settings, texts, filters, destinations, and what the test sees."""

    def __init__(
        self,
        mapping: EventSourceMapping,
        stream: Stream[Any],
        config: StreamMappingConfig,
        resources: Resources,
        record_text: RecordText,
    ) -> None:
        self.mapping = mapping
        self.stream = stream
        self.platform = mapping.platform
        self.batches: list[StreamBatch] = []
        self.on_rest: list[Callable[[], object]] = []
        self._resources = resources
        self._record_text = record_text
        self._texts: dict[Record, str] = {}
        self._scheduler = mapping.platform.hub.scheduler
        self._number = 0
        self.configure(config)
        self._readers: dict[str, ShardReader] = {}
        self._starts = {
            shard.shard_id: stream.starting_position(
                shard, config.starting_position, config.starting_position_timestamp or 0
            )
            for shard in stream.shards
        }
        stream.on_arrival.append(self._arrived)
        self.look_for_shards()

    def configure(self, config: StreamMappingConfig) -> None:
        """Use other settings from the next batch on."""
        self.config = config
        self.schedule = RetrySchedule(
            units.from_seconds(config.retry_delay_in_seconds), units.from_seconds(config.maximum_retry_delay_in_seconds)
        )
        self._filters = FilterCriteria.parse(config.filter_criteria, config.kind)

    def resume(self) -> None:
        """Read on from the checkpoints. (KIN-5)"""
        for reader in list(self._readers.values()):
            reader.arm()

    def leave(self) -> None:
        """Have nothing to do with the stream any more."""
        self.stream.on_arrival.remove(self._arrived)

    @property
    def at_rest(self) -> bool:
        """Whether every record is done with, nothing is in flight, and no window is open."""
        return all(reader.at_rest for reader in self._readers.values())

    def look_for_shards(self) -> None:
        """Begin with the shards whose parents are done with. (KIN-23)"""
        for shard in self.stream.shards:
            if shard.shard_id in self._readers or not all(map(self._is_done_with, shard.parents)):
                continue
            start = self._starts.get(shard.shard_id, 0)
            reader = self._readers[shard.shard_id] = ShardReader(self, shard, start)
            if self.mapping.state == "Enabled":
                reader.arm()

    def _is_done_with(self, shard: Shard[Any]) -> bool:
        reader = self._readers.get(shard.shard_id)
        return reader is not None and reader.is_finished and reader.at_rest

    def _arrived(self, shard: Shard[Any]) -> None:
        if self.mapping.state == "Enabled":
            reader = self._readers.get(shard.shard_id)
            if reader is not None:
                reader.arm()
            if shard.closed:
                self.look_for_shards()

    # What the lanes ask for

    def new_request_id(self) -> str:
        return self.platform.identifiers.uuid("request")

    def lifetime(self, shard: Shard[Any]) -> Lifetime:
        return Lifetime(self.config.maximum_record_age_in_seconds, shard.stream.retention)

    def filtered(self, records: Sequence[Record]) -> list[Record]:
        """Those that match the filters. The iterator goes past the others. (KIN-24, FILT-6)"""
        admitted = []
        for record in records:
            if not self._filters.patterns or self._filters.admits(json.loads(self._text(record))):
                admitted.append(record)
            else:
                record.progress_for(self.mapping).end("filtered")
                self._texts.pop(record, None)
        who, count = self.mapping.function.function_name, len(records)
        left_out = count - len(admitted)
        rule = "FILT-6" if left_out else ""
        self.platform.emit(MessagesPolled(self._scheduler.now, who, self.stream.name, count, left_out, rule))
        return admitted

    def within_payload_limit(self, waiting: Sequence[Record], size: int) -> int:
        """How many of the first records fit into 6 MB, one at the least. (ESM-7)"""
        room = limits.SYNC_REQUEST_BYTES - 1024
        for number, record in zip(range(size), waiting, strict=False):
            room -= len(self._text(record)) + 1
            if room < 0 and number:
                return number
        return size

    def payload(self, shard: Shard[Any], work: Work, windows: LaneWindows | None) -> bytes:
        """The event's JSON for a batch."""
        window = ""
        if windows is not None and windows.current is not None:
            window = event.window_members(
                start=windows.current.start,
                end=windows.current.end,
                state=windows.state,
                shard_id=shard.shard_id,
                event_source_arn=self.stream.arn,
                is_final_invoke_for_window=work.is_final,
                is_window_terminated_early=work.terminated_early,
            )
        return event.payload(map(self._text, work.records), window)

    def next_fault(self) -> faults.Fault | None:
        """What is to go wrong with the next batch. The number counts attempts of the whole mapping."""
        self._number += 1
        fault = self.config.faults.get(self._number) if self.config.faults else None
        if fault is not None:
            who = self.mapping.function.function_name
            self.platform.emit(Injected(self._scheduler.now, who, str(fault), fault.rule))
        return fault

    def discard(self, shard: Shard[Any], records: Sequence[Record], work: Work, decision: Discard) -> None:
        """Give records up: go on behind them, and tell the on-failure destination. (KIN-18, KIN-21)"""
        for record in records:
            record.progress_for(self.mapping).end("discarded", decision.condition)
            self._texts.pop(record, None)
        target = self.config.on_failure
        delivered = target is not None and self._tell_destination(target, shard, records, work, decision)
        self.platform.emit(
            RecordsDiscarded(
                self._scheduler.now,
                self.mapping.function.function_name,
                self.stream.name,
                shard.shard_id,
                work.request_id,
                len(records),
                decision.condition,
                decision.rule,
                delivered,
            )
        )

    def tell_of_rest(self) -> None:
        if self.on_rest and self.at_rest:
            listeners, self.on_rest = self.on_rest, []
            for listener in listeners:
                listener()

    def _text(self, record: Record) -> str:
        text = self._texts.get(record)
        if text is None:
            text = self._texts[record] = self._record_text(record)
        return text

    def forget(self, records: Sequence[Record]) -> None:
        """These are done with; their texts are not needed again."""
        for record in records:
            self._texts.pop(record, None)

    def _tell_destination(
        self, target: Target, shard: Shard[Any], records: Sequence[Record], work: Work, decision: Discard
    ) -> bool:
        """Write the on-failure record. Whether the destination took it; if not, the stream goes on. (KIN-20)"""
        last = work.last
        exhausted = decision.condition == "RetryAttemptsExhausted"
        response = FailedResponse(last.executed_version, last.function_error) if exhausted and last else None
        info = BatchInfo(
            self.config.kind,
            self.stream.arn,
            shard.shard_id,
            records[0].sequence_number,
            records[-1].sequence_number,
            records[0].epoch,
            records[-1].epoch,
            len(records),
        )
        record = StreamFailureRecord(
            self._scheduler.epoch(),
            work.request_id,
            self.mapping.function_arn,
            decision.condition,
            decision.approximate_invoke_count,
            response,
            info,
        )
        who, now = self.mapping.function.function_name, self._scheduler.now
        try:
            if target.service == "sqs":
                self._resources.queue(target.name).send(stream_failure_record.record_json(record))
            elif target.service == "sns":
                self._resources.topic(target.name).publish(stream_failure_record.record_json(record))
            else:
                payload = event.payload(self._record_text(each) for each in records)
                object_id = self.platform.identifiers.uuid("s3 object")
                key = stream_failure_record.s3_key(record, mapping_uuid=self.mapping.uuid, object_id=object_id)
                body = stream_failure_record.s3_object(record, payload).encode()
                self._resources.bucket(target.name).put_object(key, body)
        except ApiError as error:
            self.platform.emit(DeliveryFailed(now, who, str(target), str(error), "KIN-20"))
            return False
        self.platform.emit(DestinationReached(now, who, work.request_id, str(target), decision.condition, "KIN-18"))
        return True
