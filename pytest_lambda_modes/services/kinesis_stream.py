"""A Kinesis data stream: shards by hash key, records in order, resharding."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ConfigError, InvalidArgumentException, ResourceNotFoundException
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID, REGION
from pytest_lambda_modes.services import kinesis_request as request
from pytest_lambda_modes.services.blobs import blob
from pytest_lambda_modes.services.stream import SHARD_COUNT, Shard, Stream
from pytest_lambda_modes.services.stream_errors import constraint_failed
from pytest_lambda_modes.services.stream_record import Record
from pytest_lambda_modes.units import HOUR, SECOND

DEFAULT_PARTITION_KEY = "1"


def stream_arn(name: str) -> str:
    return f"arn:aws:kinesis:{REGION}:{ACCOUNT_ID}:stream/{name}"


class KinesisRecord(Record):
    """A record with its `data` as bytes."""

    __slots__ = ("data",)

    def __init__(self, data: bytes, partition_key: str) -> None:
        super().__init__(partition_key)
        self.data = data

    def json(self) -> Any:
        """The data, parsed. Raises ValueError for other content."""
        return json.loads(self.data)

    def _content(self) -> str:
        return self.data.decode(errors="replace")


class KinesisStream(Stream[KinesisRecord]):
    """A stream with `shard_count` shards of equal size, which keeps records for 24 to 8760 hours. (KIN-2)

    Raises InvalidArgumentException and ValidationException as Kinesis does.
    """

    kind: ClassVar[str] = "kinesis"

    def __init__(
        self,
        name: str,
        scheduler: Scheduler,
        identifiers: Identifiers,
        *,
        shard_count: int = SHARD_COUNT.default,
        retention_period_hours: int = request.RETENTION_PERIOD_HOURS.default,
    ) -> None:
        where = f"stream {name}"
        self.retention_period_hours = request.retention_period_hours(where, retention_period_hours)
        super().__init__(
            request.stream_name(name),
            stream_arn(name),
            scheduler,
            identifiers,
            shard_count=request.shard_count(where, shard_count),
            retention=self.retention_period_hours * HOUR,
        )

    def put(
        self,
        data: object,
        partition_key: str = DEFAULT_PARTITION_KEY,
        *,
        shard: int | str | None = None,
        explicit_hash_key: int | str | None = None,
    ) -> KinesisRecord:
        """PutRecord: bytes, text, or any JSON value as `json.dumps` writes it; at most 1 MiB.

        The MD5 hash of the partition key (1 to 256 characters) chooses the shard, unless there is an explicit hash key,
        or `shard`, which is a shard's number or id.

        Raises EventError for what JSON cannot carry, ConfigError for a shard that takes no records, and Kinesis's
        InvalidArgumentException and ValidationException.
        """
        record = KinesisRecord(blob("data of a record", data), partition_key)
        request.check_record(record.data, partition_key)
        return self._accept(record, self._chosen(partition_key, shard, explicit_hash_key))

    def put_records(self, records: Iterable[Mapping[str, object]]) -> list[KinesisRecord]:
        """PutRecords: 1 to 500 entries in the API's form, `{"Data": ..., "PartitionKey": "k"}`, in order.

        `Data` is what `put` takes; there is room for 10 MiB. Nothing is put when one of them is refused. Raises as
        `put` does.
        """
        entries = list(records)
        if not entries:
            raise constraint_failed("[]", "records", "have length greater than or equal to 1")
        if len(entries) > request.PUT_RECORDS_LIMIT:
            raise constraint_failed(None, "records", f"have length less than or equal to {request.PUT_RECORDS_LIMIT}")
        accepted = []
        for number, entry in enumerate(entries, 1):
            data, partition_key, hash_key = request.put_records_entry(entry)
            request.check_record(data, partition_key, f"records.{number}.member.")
            accepted.append((KinesisRecord(data, partition_key), self._chosen(partition_key, None, hash_key)))
        request.check_total((record.data, record.partition_key) for record, _ in accepted)
        return [self._accept(record, shard) for record, shard in accepted]

    def split_shard(self, shard_to_split: int | str, new_starting_hash_key: int | str | None = None) -> None:
        """SplitShard: two children take over, the second one from that hash key on, by default from the middle.

        What was put before stays in the parent, and is read first (KIN-23). Raises InvalidArgumentException,
        ResourceNotFoundException.
        """
        parent = self._eligible(shard_to_split)
        first, last = parent.starting_hash_key, parent.ending_hash_key
        boundary = (first + last + 1) // 2
        if new_starting_hash_key is not None:
            boundary = request.hash_key(new_starting_hash_key, "newStartingHashKey")
        if not first + 1 < boundary < last:
            raise InvalidArgumentException(
                f"NewStartingHashKey {boundary} used in SplitShard() on shard {parent.shard_id} in {self._called()} is "
                f"not both greater than one plus the shard's StartingHashKey {first} and less than the shard's "
                f"EndingHashKey {last}."
            )
        self._close(parent)
        self._add_shard(first, boundary - 1, [parent])
        self._add_shard(boundary, last, [parent])
        self._tell(parent)

    def merge_shards(self, shard_to_merge: int | str, adjacent_shard_to_merge: int | str) -> None:
        """MergeShards: one child takes over from two shards whose hash keys adjoin.

        What was put before stays in the parents, and is read first (KIN-23). Raises InvalidArgumentException,
        ResourceNotFoundException.
        """
        parents = [self._eligible(shard_to_merge), self._eligible(adjacent_shard_to_merge)]
        lower, upper = sorted(parents, key=lambda parent: parent.starting_hash_key)
        if lower.ending_hash_key + 1 != upper.starting_hash_key:
            raise InvalidArgumentException(
                f"Shards {parents[0].shard_id} and {parents[1].shard_id} in {self._called()} are not an adjacent pair "
                "of shards eligible for merging"
            )
        self._close(lower)
        self._close(upper)
        self._add_shard(lower.starting_hash_key, upper.ending_hash_key, parents)
        for parent in parents:
            self._tell(parent)

    def _shard_id(self, number: int) -> str:
        return f"shardId-{number:012d}"

    def _add_shard(self, first: int, last: int, parents: Sequence[Shard[KinesisRecord]] = ()) -> Shard[KinesisRecord]:
        shard = super()._add_shard(first, last, parents)
        created, number = self.scheduler.epoch() // SECOND, shard.number
        shard.sequence_base = 2 << 184 | created << 148 | (number & 15) << 144 | number << 4 | 2
        return shard

    def _sequence_number(self, shard: Shard[KinesisRecord], index: int) -> str:
        """Built as those of Kinesis are: the shard's creation, the record's index and arrival, the shard's number."""
        arrived = self.scheduler.epoch() // SECOND
        return str(shard.sequence_base | (index + 1) << 80 | arrived << 36)

    def _chosen(
        self, partition_key: str, shard: int | str | None, explicit_hash_key: int | str | None
    ) -> Shard[KinesisRecord]:
        if shard is None and explicit_hash_key is None:
            return self.shard_of(partition_key)
        if shard is not None and explicit_hash_key is not None:
            raise ConfigError(
                f"stream {self.name}: a record was given both shard and explicit_hash_key.\n\n"
                "Either of them chooses the shard. Leave one out."
            )
        if explicit_hash_key is not None:
            return self.shard_at(request.hash_key(explicit_hash_key, "explicitHashKey"))
        assert shard is not None
        chosen = self._found(shard)
        if chosen is None or chosen.closed:
            raise ConfigError(
                f"stream {self.name}: shard is {settings.shown(shard)}, and must be one that takes records: "
                f"{', '.join(f'{each.number} ({each.shard_id})' for each in self._open)}.\n\n"
                "A shard that was split or merged takes no more. (KIN-23)"
            )
        return chosen

    def _eligible(self, shard: int | str) -> Shard[KinesisRecord]:
        """A shard that can be split or merged."""
        found = self._found(shard)
        if found is None:
            shard_id = self._shard_id(shard) if isinstance(shard, int) else shard
            raise ResourceNotFoundException(f"Could not find shard {shard_id} in {self._called()}.")
        if found.closed:
            raise InvalidArgumentException(
                f"Shard {found.shard_id} in {self._called()} has already been merged or split, and thus is not "
                "eligible for merging or splitting."
            )
        return found

    def _found(self, shard: int | str) -> Shard[KinesisRecord] | None:
        return next((each for each in self.shards if shard in (each.number, each.shard_id)), None)

    def _called(self) -> str:
        return f"stream {self.name} under account {ACCOUNT_ID}"
