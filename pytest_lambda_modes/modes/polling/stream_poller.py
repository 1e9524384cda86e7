"""Reads a stream for a mapping, shard by shard, each in its own time. (KIN-2, KIN-23)"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from pytest_lambda_modes.modes.polling.shard_reader import ShardReader
from pytest_lambda_modes.modes.polling.stream_batch import ReadRecord, StreamBatch
from pytest_lambda_modes.modes.polling.stream_delivery import StreamDelivery
from pytest_lambda_modes.modes.polling.stream_discards import StreamDiscards
from pytest_lambda_modes.modes.polling.stream_lane import Lane, Reader
from pytest_lambda_modes.modes.polling.stream_mapping import StreamMapping
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.services.stream import Shard
from pytest_lambda_modes.services.stream_record import Record

# The text of a record in an event, in ASCII.
RecordText = Callable[[Any], str]


class PolledReader(Reader, Protocol):
    """Who reads some of a stream's shards, as its poller sees it."""

    @property
    def at_rest(self) -> bool:
        """Whether all that is there now is done with."""
        ...

    def untried(self) -> list[Record]:
        """What was never tried, and nothing but time keeps from it."""
        ...

    def wake(self) -> None:
        """There may be something to do."""

    def pause(self) -> None:
        """Begin nothing until woken."""

    def reconfigured(self) -> None:
        """The mapping has other settings."""


class StreamPoller:
    """Knows the shards of a stream, and which of their records the mapping wants.

    It reads while the mapping is enabled. Where it starts in the shards that there are is decided when it first is.
    (KIN-4) `on_rest` are told, once, when nothing more happens by itself.
    """

    def __init__(self, mapping: StreamMapping, resources: Resources, record_text: RecordText) -> None:
        self.mapping = mapping
        self.on_rest: list[Callable[[], object]] = []
        self._record_text = record_text
        self._delivery = self._new_delivery()
        self._discards = self._new_discards(resources)
        self._begun = False
        self._readers: dict[Shard[Any], PolledReader] = {}
        self._restless: dict[PolledReader, None] = {}
        self._find_shards()
        mapping.stream.on_arrival.append(self._arrived)
        if mapping.state == "Enabled":
            self.resume()

    @property
    def batches(self) -> list[StreamBatch]:
        return self._delivery.batches

    @property
    def at_rest(self) -> bool:
        """Whether every record is done with, nothing is in flight, and no window is open."""
        restless = self._restless
        while restless:
            reader = next(iter(restless))
            if not reader.at_rest:
                return False
            del restless[reader]
        return True

    def goes_on(self) -> bool:
        """Whether something more happens by itself: what is in flight, and while the stream is read, what is there."""
        return not self.at_rest if self.mapping.state == "Enabled" else bool(self._delivery.running)

    @property
    def untried(self) -> list[Record]:
        """What was never tried, and nothing but time keeps from it."""
        return [record for reader in self._restless for record in reader.untried()]

    def reconfigured(self) -> None:
        """The mapping has other settings."""
        for reader in self._readers.values():
            reader.reconfigured()
            self.wake(reader)

    def resume(self) -> None:
        """Read, or read on from the checkpoints. (KIN-5)"""
        if not self._begun:
            self._readers.clear()
            self._restless.clear()
            self._find_shards()
            self._begun = True
        for reader in list(self._readers.values()):
            self.wake(reader)

    def pause(self) -> None:
        """Read no more. What is in flight goes on, and its result counts. (ESM-9)"""
        for reader in self._readers.values():
            reader.pause()
        self.tell_of_rest()

    def leave(self) -> None:
        """Have nothing to do with the stream any more."""
        self.mapping.stream.on_arrival.remove(self._arrived)
        self.pause()

    def wake(self, reader: PolledReader) -> None:
        """A shard may have something to do, if the mapping is enabled."""
        self._restless[reader] = None
        if self.mapping.state == "Enabled":
            reader.wake()

    def tell_of_rest(self) -> None:
        if self.on_rest and not self.goes_on():
            listeners, self.on_rest = self.on_rest, []
            for listener in listeners:
                listener()

    def new_lane(self, reader: Reader) -> Lane:
        return Lane(reader, self.mapping, self._delivery, self._discards)

    def _new_delivery(self) -> StreamDelivery:
        return StreamDelivery(self.mapping)

    def _new_discards(self, resources: Resources) -> StreamDiscards:
        return StreamDiscards(self.mapping, resources)

    def admitted(self, records: Sequence[Record]) -> list[ReadRecord]:
        """Those that match the filters, as read. The iterator goes past the others. (KIN-24)"""
        mapping, text_of = self.mapping, self._record_text
        reads = [ReadRecord(record, text_of(record), record.progress_for(mapping)) for record in records]
        admitted = [read for read in reads if self._admits(read)] if mapping.filters.patterns else reads
        mapping.say_polled(len(reads), len(reads) - len(admitted))
        return admitted

    def _admits(self, read: ReadRecord) -> bool:
        record, filters = json.loads(read.text), self.mapping.filters
        admitted = filters.admits(record)
        if not admitted:
            read.progress.end("filtered")
            if filters.mismatches(record):
                self.mapping.hazards.say("HAZ-24", "the filters are for JSON; a record with other data was skipped")
        return admitted

    def _find_shards(self) -> None:
        """Begin with shards that are new. Those that were there before the mapping have a starting position. (KIN-4)"""
        config = self.mapping.config
        for shard in self.mapping.stream.shards:
            if shard not in self._readers:
                position, timestamp = 0, config.starting_position_timestamp or 0
                if not self._begun:
                    position = self.mapping.stream.starting_position(shard, config.starting_position, timestamp)
                parents = [reader for each in shard.parents if isinstance(reader := self._readers[each], ShardReader)]
                reader = self._readers[shard] = ShardReader(self, shard, position, parents)
                self._restless[reader] = None

    def _arrived(self, shard: Shard[Any]) -> None:
        if shard.closed:
            self._find_shards()
        self.wake(self._readers[shard])
