"""The events of one mapping of Kafka, from the records it has read. (KAFKA-1)"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_lambda_modes.events import kafka as event
from pytest_lambda_modes.modes.polling.stream_batch import ReadRecord
from pytest_lambda_modes.services.kafka_topic import KafkaRecord


class KafkaEvents:
    """For a topic of a cluster; `event_source_arn` is None for a self-managed one."""

    def __init__(self, event_source_arn: str | None, bootstrap_servers: Sequence[str]) -> None:
        self.event_source_arn = event_source_arn
        self.bootstrap_servers = ",".join(bootstrap_servers)
        self._source = event.source_members(event_source_arn=event_source_arn, bootstrap_servers=bootstrap_servers)

    def text(self, record: KafkaRecord) -> str:
        """A record as it is in the event."""
        return event.record_text(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            timestamp=record.timestamp,
            timestamp_type=record.timestamp_type,
            key=record.key,
            value=record.value,
            headers=record.headers,
        )

    def payload(self, reads: Iterable[ReadRecord]) -> bytes:
        """The event of records, by partition; the order within each partition stays."""
        partitions: dict[str, list[str]] = {}
        for read in reads:
            partitions.setdefault(read.record.shard_id, []).append(read.text)
        return event.payload(self._source, partitions)
