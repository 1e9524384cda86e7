"""An event poller of Kafka: reads some partitions of a topic, one batch of them all at a time. (KAFKA-2)"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_lambda_modes.modes.polling.stream_batch import ReadRecord
from pytest_lambda_modes.modes.polling.stream_lane import Lane
from pytest_lambda_modes.services.kafka_topic import KafkaRecord
from pytest_lambda_modes.services.stream import Shard
from pytest_lambda_modes.services.stream_record import Record

if TYPE_CHECKING:
    from pytest_lambda_modes.modes.polling.kafka_poller import KafkaPoller


class Assignment:
    """A partition as a mapping reads it: by which poller, and up to which offset.

    `position` is the offset to read next. A partition whose poller `to_be` another one is read by nobody until what
    was read of it is done with.
    """

    __slots__ = ("committed", "partition", "poller", "position", "to_be")

    def __init__(self, partition: Shard[KafkaRecord], position: int, poller: PartitionsReader) -> None:
        self.partition = partition
        self.position = self.committed = position
        self.poller = self.to_be = poller

    @property
    def has_unread(self) -> bool:
        return max(self.position, self.partition.trim_horizon) < self.partition.end

    @property
    def lag(self) -> int:
        """How many records are in the partition behind the committed offset. (MET-13)"""
        return self.partition.end - max(self.committed, self.partition.trim_horizon)

    def read(self, most: int) -> list[KafkaRecord]:
        """Up to so many records, which are still to be read."""
        return self.partition.records_from(self.position, most) if self.poller is self.to_be else []


class PartitionsReader:
    """`lane` has what was read and is not done with. While it is `awake` it will look by itself what there is to do."""

    is_finished = False

    def __init__(self, poller: KafkaPoller, number: int) -> None:
        self.awake = False
        self.number = number
        self._poller = poller
        self.lane: Lane = poller.new_lane(self)

    @property
    def shard_id(self) -> str:
        return f"poller {self.number}"

    @property
    def assigned(self) -> list[Assignment]:
        return [each for each in self._poller.assignments if each.poller is self]

    @property
    def held(self) -> Iterator[ReadRecord]:
        """What was read and is not done with, in the order of each partition."""
        for batch in self.lane.pending:
            yield from batch.reads
        yield from self.lane.collected.waiting

    @property
    def at_rest(self) -> bool:
        """Whether all that is in its partitions now is done with."""
        return self.lane.at_rest and not any(each.has_unread for each in self.assigned)

    def untried(self) -> list[Record]:
        """What waits for a first try, unless it is behind a batch that is being tried."""
        if self.lane.running or self.lane.pending:
            return []
        unread = [each.partition.records_from(each.position, each.partition.end) for each in self.assigned]
        return [read.record for read in self.held] + [record for records in unread for record in records]

    def wake(self) -> None:
        """There may be something to do."""
        if self.awake:
            return
        if self.at_rest:
            self.rested()
        else:
            self.awake = True
            self.lane.wake()

    def pause(self) -> None:
        self.awake = False
        self.lane.pause()

    def reconfigured(self) -> None:
        """Nothing is kept of the settings."""

    def feed(self, lane: Lane, size: int) -> None:
        """Read on until the lane has so many records, from all partitions in the order of their arrival."""
        while len(lane.collected.waiting) < size:
            room = size - len(lane.collected.waiting)
            assigned = {each.partition: each for each in self.assigned}
            unread = [record for each in assigned.values() for record in each.read(room)]
            records = sorted(unread, key=_arrival)[:room]
            if not records:
                return
            for record in records:
                assigned[record.shard].position = record.offset + 1
            lane.collected.add(self._poller.admitted(records))

    def went_on(self, lane: Lane) -> None:
        """An invocation is over."""
        self._poller.commit(self, settled=True)
        if self._poller.mapping.state == "Enabled" and not self.at_rest:
            lane.wake()
        else:
            self._poller.tell_of_rest()

    def rested(self) -> None:
        """There is nothing to do now."""
        self._poller.commit(self)
        self._poller.tell_of_rest()


def _arrival(record: KafkaRecord) -> int:
    return record.arrival
