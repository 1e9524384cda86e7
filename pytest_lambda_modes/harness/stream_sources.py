"""Streams with their mapping to a function: what `event_source("kinesis")` and `event_source("dynamodb")` give."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.events.dynamodb import RecordTexts as DynamoDbTexts
from pytest_lambda_modes.events.kinesis import RecordTexts as KinesisTexts
from pytest_lambda_modes.harness.stream_source import StreamSource
from pytest_lambda_modes.model.limits import ACCOUNT_ID
from pytest_lambda_modes.model.stream_mapping_config import StreamMappingConfig
from pytest_lambda_modes.modes.polling.stream_mapping import StreamMapping
from pytest_lambda_modes.modes.polling.stream_poller import StreamPoller
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.dynamodb_stream import ChangeRecord
from pytest_lambda_modes.services.dynamodb_table import DynamoDbTable
from pytest_lambda_modes.services.kinesis_stream import DEFAULT_PARTITION_KEY, KinesisRecord, KinesisStream
from pytest_lambda_modes.services.resources import Resources

_EXECUTION_ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/lambda-execution-role"


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
        mapping = StreamMapping(platform, function, qualifier, stream, config)
        super().__init__(loops, resources, mapping, lambda: StreamPoller(mapping, resources, text))

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
        mapping = StreamMapping(platform, function, qualifier, stream, config)
        super().__init__(loops, resources, mapping, lambda: StreamPoller(mapping, resources, text))

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
