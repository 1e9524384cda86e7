"""What Kinesis and DynamoDB streams share: shards with records in order, kept for a while. Passive, with no timer."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from hashlib import md5
from typing import ClassVar, Generic, Literal, TypeVar

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import Range
from pytest_lambda_modes.services.stream_record import Record

R = TypeVar("R", bound=Record)
StartingPosition = Literal["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"]

SHARD_COUNT = Range(1, 10_000, default=1, rule="KIN-3")
HASH_KEYS = 1 << 128  # how many there are: an MD5 hash is one of them


class Shard(Generic[R]):
    """A run of records in order. A position in it is a whole number that stays valid: the first record ever has 0.

    Hash keys from `starting_hash_key` to `ending_hash_key` lead here. A `closed` shard gets no more records; those to
    come go to its children, whose `parents` it is one of. (KIN-23) `sequence_base` is what its numbers are made from.
    """

    __slots__ = (
        "_base",  # the position of the first record in `_records`
        "_horizon",
        "_records",
        "closed",
        "ending_hash_key",
        "number",
        "parents",
        "sequence_base",
        "shard_id",
        "starting_hash_key",
        "stream",
    )

    def __init__(
        self, stream: Stream[R], number: int, shard_id: str, hash_keys: tuple[int, int], parents: Sequence[Shard[R]]
    ) -> None:
        self.stream = stream
        self.number = number
        self.shard_id = shard_id
        self.starting_hash_key, self.ending_hash_key = hash_keys
        self.parents = tuple(parents)
        self.closed = False
        self.sequence_base = 0
        self._records: list[R] = []
        self._base = 0
        self._horizon = 0

    @property
    def end(self) -> int:
        """The position behind the last record."""
        return self._base + len(self._records)

    @property
    def trim_horizon(self) -> int:
        """The position of the oldest record that is still in the stream. One at its retention has left. (KIN-13)"""
        records, base, horizon = self._records, self._base, self._horizon
        latest_gone = self.stream.scheduler.now - self.stream.retention
        while horizon - base < len(records) and records[horizon - base].arrival <= latest_gone:
            horizon += 1
        self._horizon = horizon
        # Letting go only when it halves the list keeps the cost per record constant.
        if (horizon - base) * 2 > len(records):
            del records[: horizon - base]
            self._base = horizon
        return horizon

    @property
    def records(self) -> list[R]:
        """What is still in the stream, in order."""
        return self.records_from(0, self.end)

    def records_from(self, position: int, limit: int) -> list[R]:
        """Up to `limit` records from a position on, without those that have left the stream. (KIN-2)

        The next position is the last one's `index` + 1.
        """
        start = max(position, self.trim_horizon) - self._base
        return self._records[start : start + limit]

    def position_at(self, instant: int) -> int:
        """The position of the first record that arrived at `instant` (microseconds) or later."""
        return max(self._base + bisect_left(self._records, instant, key=_arrival), self.trim_horizon)

    def is_finished(self, position: int) -> bool:
        """Whether somebody at this position will never get a record here again."""
        return self.closed and max(position, self.trim_horizon) >= self.end

    def append(self, record: R) -> None:
        self._records.append(record)

    def __repr__(self) -> str:
        closed = ", closed" if self.closed else ""
        return f"<Shard {self.shard_id} of {self.stream.name}: {counted(len(self.records), 'record')}{closed}>"


class Stream(Generic[R]):
    """Shards of records. `retention` is in microseconds.

    `on_arrival` is called with a shard whenever it has a new record or was closed. It must not read there and then.
    """

    kind: ClassVar[str]

    def __init__(
        self, name: str, arn: str, scheduler: Scheduler, identifiers: Identifiers, *, shard_count: int, retention: int
    ) -> None:
        self.name = name
        self.arn = arn
        self.scheduler = scheduler
        self.identifiers = identifiers
        self.retention = retention
        self.shards: list[Shard[R]] = []
        self.on_arrival: list[Callable[[Shard[R]], object]] = []
        self._open: list[Shard[R]] = []
        step = HASH_KEYS // shard_count
        for number in range(shard_count):
            last = HASH_KEYS - 1 if number == shard_count - 1 else (number + 1) * step - 1
            self._add_shard(number * step, last)

    @property
    def records(self) -> list[R]:
        """What is still in the stream, shard by shard."""
        return [record for shard in self.shards for record in shard.records]

    @property
    def open_shards(self) -> list[Shard[R]]:
        """The shards that take records, in the order of their hash keys."""
        return list(self._open)

    def starting_position(self, shard: Shard[R], starting_position: StartingPosition, timestamp: int = 0) -> int:
        """Where a mapping begins to read a shard that exists when the mapping is made. (KIN-4)

        `timestamp` is microseconds since 1970, for AT_TIMESTAMP. A shard that comes later is read from its beginning.
        """
        if starting_position == "LATEST":
            return shard.end
        if starting_position == "AT_TIMESTAMP":
            return shard.position_at(timestamp - self.scheduler.start)
        return shard.trim_horizon

    def shard_of(self, partition_key: str) -> Shard[R]:
        """The open shard that the MD5 hash of a partition key leads to."""
        if len(self._open) == 1:
            return self._open[0]
        return self.shard_at(int.from_bytes(md5(partition_key.encode(), usedforsecurity=False).digest(), "big"))

    def shard_at(self, hash_key: int) -> Shard[R]:
        """The open shard that a hash key leads to."""
        return self._open[bisect_right(self._open, hash_key, key=_starting_hash_key) - 1]

    def __repr__(self) -> str:
        records, shards = counted(len(self.records), "record"), counted(len(self._open), "shard")
        return f"<{type(self).__name__} {self.name}: {records}, {shards}>"

    def _accept(self, record: R, shard: Shard[R]) -> R:
        """A new record enters its shard."""
        record.shard = shard
        record.index = shard.end
        record.arrival = self.scheduler.now
        record.sequence_number = self._sequence_number(shard, record.index)
        shard.append(record)
        self._tell(shard)
        return record

    def _add_shard(self, first: int, last: int, parents: Sequence[Shard[R]] = ()) -> Shard[R]:
        number = len(self.shards)
        shard = Shard(self, number, self._shard_id(number), (first, last), parents)
        self.shards.append(shard)
        insort(self._open, shard, key=_starting_hash_key)
        return shard

    def _close(self, shard: Shard[R]) -> None:
        shard.closed = True
        self._open.remove(shard)

    def _tell(self, shard: Shard[R]) -> None:
        for tell in self.on_arrival:
            tell(shard)

    def _shard_id(self, number: int) -> str:
        raise NotImplementedError

    def _sequence_number(self, shard: Shard[R], index: int) -> str:
        """Decimal digits that are greater for each later record of a shard."""
        raise NotImplementedError


def _arrival(record: Record) -> int:
    return record.arrival


def _starting_hash_key(shard: Shard[R]) -> int:
    return shard.starting_hash_key
