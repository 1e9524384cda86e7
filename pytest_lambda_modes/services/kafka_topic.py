"""A Kafka topic: partitions with offsets, records with keys and headers."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import Range
from pytest_lambda_modes.services import blobs
from pytest_lambda_modes.services.kafka_partitioner import partition_of
from pytest_lambda_modes.services.stream import Shard, StartingPosition, Stream
from pytest_lambda_modes.services.stream_record import Record
from pytest_lambda_modes.units import DAY, MILLISECOND, epoch_microseconds

NUM_PARTITIONS = Range(1, 10_000, default=1, rule="KAFKA-2")
RETENTION_MS = Range(1, 10 * 366 * DAY // MILLISECOND, default=7 * DAY // MILLISECOND, rule="KAFKA-3")

Headers = Mapping[str, "str | bytes"] | Iterable[tuple[str, "str | bytes"]]
TimestampType = Literal["CREATE_TIME", "LOG_APPEND_TIME"]

# Bound once, at import: readers of time may be frozen while this runs.
_datetime = dt.datetime
_is_topic_name = re.compile(r"[a-zA-Z0-9._-]{1,249}").fullmatch


class KafkaRecord(Record):
    """A record of a partition. `value` is None for a tombstone. `timestamp` is in milliseconds since 1970. (KAFKA-1)"""

    __slots__ = ("headers", "key", "timestamp", "timestamp_type", "value")

    def __init__(
        self,
        value: bytes | None,
        key: bytes | None,
        headers: tuple[tuple[str, bytes], ...],
        timestamp: int,
        timestamp_type: TimestampType,
    ) -> None:
        super().__init__("" if key is None else key.decode(errors="replace"))
        self.value = value
        self.key = key
        self.headers = headers
        self.timestamp = timestamp
        self.timestamp_type: TimestampType = timestamp_type

    @property
    def topic(self) -> str:
        return self.shard.stream.name

    @property
    def partition(self) -> int:
        """The number of its partition."""
        return self.shard.number

    @property
    def offset(self) -> int:
        """Its place in the partition; the first record ever has 0."""
        return self.index

    def json(self) -> Any:
        """The value, parsed; None for a tombstone. Raises ValueError for other content."""
        return None if self.value is None else json.loads(self.value)

    def _content(self) -> str:
        return "tombstone" if self.value is None else self.value.decode(errors="replace")


class KafkaTopic(Stream[KafkaRecord]):
    """A topic with `num_partitions` partitions, which keeps records for `retention_ms` milliseconds, a week by default.

    `arn` is its address as AWS writes it for a destination, `kafka://<topic>`. With `message_timestamp_type`
    `"LogAppendTime"` the broker stamps records, and not their producer. Raises ConfigError.
    """

    kind: ClassVar[str] = "kafka"

    def __init__(
        self,
        name: str,
        scheduler: Scheduler,
        identifiers: Identifiers,
        *,
        num_partitions: int = NUM_PARTITIONS.default,
        retention_ms: int = RETENTION_MS.default,
        message_timestamp_type: Literal["CreateTime", "LogAppendTime"] = "CreateTime",
    ) -> None:
        where = f"topic {name}"
        check_topic_name(where, "topics", name)
        why = "Records of one partition reach the function in order."
        count = settings.number_in(where, "num_partitions", num_partitions, NUM_PARTITIONS, "", why)
        why = "It is how long the topic keeps a record."
        self.retention_ms = settings.number_in(where, "retention_ms", retention_ms, RETENTION_MS, "milliseconds", why)
        kinds, why = (
            ("CreateTime", "LogAppendTime"),
            "It says who stamps a record: its producer or the broker. (KAFKA-1)",
        )
        self.message_timestamp_type = settings.one_of(
            where, "message_timestamp_type", message_timestamp_type, kinds, why
        )
        self._next_without_key = 0
        super().__init__(
            name,
            f"kafka://{name}",
            scheduler,
            identifiers,
            shard_count=count,
            retention=self.retention_ms * MILLISECOND,
        )

    @property
    def partitions(self) -> list[Shard[KafkaRecord]]:
        """In the order of their numbers, each with its `records`."""
        return self.shards

    def send(
        self,
        value: object,
        *,
        key: str | bytes | None = None,
        partition: int | None = None,
        headers: Headers = (),
        timestamp: dt.datetime | int | None = None,
    ) -> KafkaRecord:
        """A record for the topic: bytes, text, or any JSON value but None, which is a tombstone.

        The key chooses the partition as Kafka's Java client does, unless `partition` is given; records without a key go
        to the partitions in turn. `headers` are names with text or bytes, as a mapping or as pairs. `timestamp` is the
        producer's: an aware datetime, or milliseconds since 1970; now, if it is left out.

        Raises EventError for what JSON cannot carry, and ConfigError for anything else that cannot be sent.
        """
        content = None if value is None else blobs.blob("value", value)
        own_key = None if key is None else blobs.text_or_bytes("send", "key", key)
        pairs = tuple(_header(each) for each in (headers.items() if isinstance(headers, Mapping) else headers))
        shard = self._chosen(own_key, partition)
        now = self.scheduler.epoch() // MILLISECOND
        stamp = now if timestamp is None else _milliseconds(timestamp)
        if self.message_timestamp_type == "LogAppendTime":
            return self._accept(KafkaRecord(content, own_key, pairs, now, "LOG_APPEND_TIME"), shard)
        return self._accept(KafkaRecord(content, own_key, pairs, stamp, "CREATE_TIME"), shard)

    def starting_position(
        self, shard: Shard[KafkaRecord], starting_position: StartingPosition, timestamp: int = 0
    ) -> int:
        """As for any stream; AT_TIMESTAMP looks at the records' own timestamps, as Kafka does."""
        if starting_position != "AT_TIMESTAMP":
            return super().starting_position(shard, starting_position, timestamp)
        later = (record.offset for record in shard.records if record.timestamp * MILLISECOND >= timestamp)
        return next(later, shard.end)

    def __repr__(self) -> str:
        count = len(self.shards)
        return f"<KafkaTopic {self.name}: {counted(len(self.records), 'record')}, {counted(count, 'partition')}>"

    def _chosen(self, key: bytes | None, partition: int | None) -> Shard[KafkaRecord]:
        count = len(self.shards)
        if partition is None:
            if key is not None:
                return self.shards[partition_of(key, count)]
            partition, self._next_without_key = self._next_without_key, (self._next_without_key + 1) % count
        if isinstance(partition, bool) or not isinstance(partition, int) or not 0 <= partition < count:
            raise settings.wrong_value(
                f"topic {self.name}",
                "partition",
                partition,
                f"a whole number from 0 to {count - 1}",
                f"The topic has {count} of them. More are made with it: num_partitions={count + 1}",
            )
        return self.shards[partition]

    def _shard_id(self, number: int) -> str:
        return f"{self.name}-{number}"

    def _sequence_number(self, shard: Shard[KafkaRecord], index: int) -> str:
        return str(index)


def check_topic_name(where: str, setting: str, name: object) -> str:
    """Raises ConfigError for what no topic can be called."""
    if isinstance(name, str) and _is_topic_name(name) and name not in (".", ".."):
        return name
    raise settings.wrong_value(
        where, setting, name, "1 to 249 letters, digits, dots, underscores and hyphens", "It is the name of a topic."
    )


def _header(pair: object) -> tuple[str, bytes]:
    if isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str):
        return pair[0], blobs.text_or_bytes("send", f"header {pair[0]}", pair[1])
    raise ConfigError(
        f"send: a header is {settings.shown(pair)}, and must be a name with text or bytes.\n\n"
        'A mapping: headers={"trace": "7"}    or pairs, where a name comes twice: headers=[("trace", b"7"), ...]'
    )


def _milliseconds(timestamp: object) -> int:
    if isinstance(timestamp, int) and not isinstance(timestamp, bool):
        return timestamp
    if isinstance(timestamp, _datetime) and timestamp.tzinfo is not None:
        return epoch_microseconds(timestamp) // MILLISECOND
    must, why = (
        "an aware datetime, or milliseconds since 1970",
        "It is the time the producer gives the record. (KAFKA-1)",
    )
    raise settings.wrong_value("send", "timestamp", timestamp, must, why)
