"""Streams with their mapping to a function: what `event_source("kinesis")` and `event_source("dynamodb")` give."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.errors import InvalidParameterValueException, NotSettledError, ResourceNotFoundException
from pytest_lambda_modes.events.dynamodb import RecordTexts as DynamoDbTexts
from pytest_lambda_modes.events.kinesis import RecordTexts as KinesisTexts
from pytest_lambda_modes.filtering.matching import FilterCriteria
from pytest_lambda_modes.model.limits import ACCOUNT_ID
from pytest_lambda_modes.model.stream_mapping_config import Kind, StreamMappingConfig
from pytest_lambda_modes.modes.polling.event_source_mapping import State
from pytest_lambda_modes.modes.polling.stream_batch import StreamBatch
from pytest_lambda_modes.modes.polling.stream_mapping import StreamMapping
from pytest_lambda_modes.modes.polling.stream_poller import RecordText, StreamPoller
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.dynamodb_stream import ChangeRecord
from pytest_lambda_modes.services.dynamodb_table import DynamoDbTable
from pytest_lambda_modes.services.kinesis_stream import DEFAULT_PARTITION_KEY, KinesisRecord, KinesisStream
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.services.s3_bucket import S3Bucket
from pytest_lambda_modes.services.sns_topic import SnsTopic
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.services.stream import Stream
from pytest_lambda_modes.services.stream_record import Record

_EXECUTION_ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/lambda-execution-role"


class StreamSource:
    """What sources of both kinds have: the mapping, its batches, and letting time pass until all is done."""

    def __init__(
        self,
        platform: Platform,
        loops: LoopDriver,
        resources: Resources,
        function: Function,
        stream: Stream[Any],
        config: StreamMappingConfig,
        qualifier: str | None,
        record_text: RecordText,
    ) -> None:
        self.mapping = StreamMapping(platform, function, qualifier, stream, config)
        self._hub = platform.hub
        self._loops = loops
        self._resources = resources
        if not config.enabled:
            self.mapping.put_state("Disabled")
        self._poller = StreamPoller(self.mapping, resources, record_text)

    @property
    def function(self) -> Function:
        return self.mapping.function

    @property
    def batches(self) -> list[StreamBatch]:
        """Each attempt at a batch, with its `records`, `event`, `response` and `outcome`, in order."""
        return self._poller.batches

    @property
    def untried(self) -> list[Record]:
        """Records that nothing but time keeps from the function: not those behind a batch that is being tried."""
        return self._poller.untried

    @property
    def on_failure(self) -> SqsQueue | SnsTopic | S3Bucket | None:
        """Where the records about discarded batches go; None without such a destination. (KIN-18)"""
        target = self.mapping.config.on_failure
        if target is None:
            return None
        if target.service == "sqs":
            return self._resources.queue(target.name)
        return self._resources.topic(target.name) if target.service == "sns" else self._resources.bucket(target.name)

    @property
    def state(self) -> State:
        """`"Enabled"`, `"Disabled"` or `"Deleted"`."""
        return self.mapping.state

    def drain(self) -> StreamSource:
        """Let virtual time pass until every record is processed, discarded, filtered or expired.

        No invocation runs then, and no tumbling window is open. Raises NotSettledError when that does not come about.
        """
        self._hub.run_while(lambda: not self._poller.stands_still, owner=self.mapping)
        self._check_rest()
        return self

    async def drained(self) -> StreamSource:
        """`drain()` for async tests: `await source.drained()`."""
        while not self._poller.stands_still:
            await self._loops.future_of(self._poller.on_rest.append)
        self._check_rest()
        return self

    def _check_rest(self) -> None:
        if not self._poller.at_rest:
            self._hub.unsettled = True
            state = self.state.lower()
            can = "Enable it: source.enable()" if state == "disabled" else "Make another one for the stream."
            raise NotSettledError(
                f"{self.mapping.stream.name} cannot be drained: its mapping is {state}, and records wait.\n\n{can}"
            )

    def enable(self) -> None:
        """Read on from the checkpoints. (KIN-5)"""
        self.mapping.put_state("Enabled")
        self._poller.resume()

    def disable(self) -> None:
        """Read no more; what is in flight goes on. (ESM-9)"""
        self.mapping.put_state("Disabled")
        self._poller.pause()

    def delete(self) -> None:
        """Remove the mapping for good; the stream stays, and what is in flight goes on. (ESM-4, ESM-9)"""
        self.mapping.put_state("Deleted")
        self._poller.leave()

    def update(self, *, function: Function | None = None, qualifier: str | None = None, **settings: Any) -> None:
        """UpdateEventSourceMapping: other settings, or another function, version or alias. (ESM-6)

        Batches that are formed stay as they are. Another parallelization factor counts in each shard once what was read
        under the old one is done with, and another size of windows ends the open one. Raises ConfigError,
        InvalidParameterValueException or ResourceNotFoundException; nothing has changed then.
        """
        self.mapping.check_existence()
        config = self.mapping.config.replace("event_source.update(...)", **settings)
        target, retargeted = function or self.function, function is not None or qualifier is not None
        if retargeted:
            check_target(target, qualifier)
        self.mapping.configure(config)
        if retargeted:
            self.mapping.retarget(target, qualifier)
        self._poller.reconfigured()
        if "enabled" in settings:
            (self.enable if config.enabled else self.disable)()

    def __repr__(self) -> str:
        stream, state = self.mapping.stream, self.state.lower()
        return f"<{type(self).__name__} {stream!r}, {len(self.batches)} batches, mapping {state}>"


class KinesisSource(StreamSource):
    """A Kinesis stream that is mapped to a function. `stream` is the stream itself."""

    def __init__(
        self,
        platform: Platform,
        loops: LoopDriver,
        resources: Resources,
        function: Function,
        stream: KinesisStream,
        config: StreamMappingConfig,
        qualifier: str | None,
    ) -> None:
        texts = KinesisTexts(event_source_arn=stream.arn, invoke_identity_arn=_EXECUTION_ROLE)

        def text(record: KinesisRecord) -> str:
            return texts.text(
                data=record.data,
                partition_key=record.partition_key,
                sequence_number=record.sequence_number,
                shard_id=record.shard_id,
                arrival=record.epoch,
            )

        self.stream = stream
        super().__init__(platform, loops, resources, function, stream, config, qualifier, text)

    def put(
        self,
        data: object,
        partition_key: str = DEFAULT_PARTITION_KEY,
        *,
        shard: int | str | None = None,
        explicit_hash_key: int | str | None = None,
    ) -> KinesisRecord:
        """PutRecord: bytes, text, or any JSON value. Gives a handle that tells what becomes of the record.

        `shard` is a shard's number or id. Raises as `KinesisStream.put`; nothing is put then.
        """
        return self.stream.put(data, partition_key, shard=shard, explicit_hash_key=explicit_hash_key)

    def put_records(self, records: Iterable[Mapping[str, object]]) -> list[KinesisRecord]:
        """PutRecords: entries in the API's form, `{"Data": ..., "PartitionKey": "k"}`."""
        return self.stream.put_records(records)

    def split_shard(self, shard_to_split: int | str, new_starting_hash_key: int | str | None = None) -> None:
        """SplitShard: the children are read when the parent is done with. (KIN-23)"""
        self.stream.split_shard(shard_to_split, new_starting_hash_key)

    def merge_shards(self, shard_to_merge: int | str, adjacent_shard_to_merge: int | str) -> None:
        """MergeShards: the child is read when both parents are done with. (KIN-23)"""
        self.stream.merge_shards(shard_to_merge, adjacent_shard_to_merge)


class DynamoDbSource(StreamSource):
    """A table whose stream is mapped to a function. `table` is the table itself."""

    def __init__(
        self,
        platform: Platform,
        loops: LoopDriver,
        resources: Resources,
        function: Function,
        table: DynamoDbTable,
        config: StreamMappingConfig,
        qualifier: str | None,
    ) -> None:
        stream = table.stream
        texts = DynamoDbTexts(event_source_arn=stream.arn, stream_view_type=stream.view_type)

        def text(record: ChangeRecord) -> str:
            return texts.text(
                event_id=record.event_id,
                event_name=record.event_name,
                keys=record.keys,
                new_image=record.new_image,
                old_image=record.old_image,
                sequence_number=record.sequence_number,
                size_bytes=record.size_bytes,
                arrival=record.epoch,
                expired=record.expired,
            )

        self.table = table
        super().__init__(platform, loops, resources, function, stream, config, qualifier, text)

    def put_item(self, item: Mapping[str, object]) -> ChangeRecord | None:
        """PutItem: the record of the change, or None if nothing changed. (DDB-2)"""
        return self.table.put_item(item)

    def update_item(
        self, key: Mapping[str, object], changes: Mapping[str, object] | None = None, *, remove: Collection[str] = ()
    ) -> ChangeRecord | None:
        """UpdateItem: set the attributes in `changes`, take away those named in `remove`."""
        return self.table.update_item(key, changes, remove=remove)

    def delete_item(self, key: Mapping[str, object]) -> ChangeRecord | None:
        """DeleteItem."""
        return self.table.delete_item(key)

    def get_item(self, key: Mapping[str, object]) -> dict[str, Any] | None:
        """The item as Python values; None if there is none."""
        return self.table.get_item(key)

    def expire(self) -> list[ChangeRecord]:
        """Delete the items whose time to live has passed. (DDB-1)"""
        return self.table.expire()


def check_target(function: Function, qualifier: str | None) -> None:
    """Raise InvalidParameterValueException for a function, version or alias that does not exist. (ESM-5)"""
    try:
        function.check(qualifier)
    except ResourceNotFoundException:
        raise InvalidParameterValueException("Function does not exist") from None


def checked_config(
    where: str, kind: Kind, event_source_arn: str, now: int, given: Mapping[str, Any]
) -> StreamMappingConfig:
    """The settings of a new mapping, its filters looked at too. `now` is in microseconds since 1970.

    Raises ConfigError, and InvalidParameterValueException as CreateEventSourceMapping does. (ESM-5, FILT-3)
    """
    config = StreamMappingConfig.build(where, kind, event_source_arn=event_source_arn, **given)
    FilterCriteria.parse(config.filter_criteria, kind)
    if config.starting_position_timestamp is not None and config.starting_position_timestamp > now:
        raise InvalidParameterValueException("StartingPositionTimestamp cannot be in the future.")
    return config
