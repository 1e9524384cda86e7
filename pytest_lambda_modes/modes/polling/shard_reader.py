"""Reads one shard from a position on, and hands its records to its lanes. (KIN-2, KIN-3)"""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING, Any

from pytest_lambda_modes.modes.polling.stream_lane import Lane
from pytest_lambda_modes.services.stream import Shard
from pytest_lambda_modes.services.stream_record import Record

if TYPE_CHECKING:
    from pytest_lambda_modes.modes.polling.stream_poller import StreamPoller


class ShardReader:
    """There are as many lanes as the parallelization factor says; a partition key leads to the same one each time.

    `parents` are the readers of the shards that this one took over from. It begins when they are done. (KIN-23)
    `is_done` says that nothing will ever be to do here again. While it is `awake`, all lanes will look by themselves
    for what there is to do, so it need not be woken.
    """

    def __init__(self, poller: StreamPoller, shard: Shard[Any], position: int, parents: list[ShardReader]) -> None:
        self.shard = shard
        self.is_done = False
        self.awake = False
        self._poller = poller
        self._position = position
        self._parents = parents
        self._children: list[ShardReader] = []
        for parent in parents:
            parent._children.append(self)
        self._lanes = self._new_lanes()

    @property
    def shard_id(self) -> str:
        return self.shard.shard_id

    @property
    def is_finished(self) -> bool:
        """Whether the shard is closed, and all of it read."""
        return self.shard.is_finished(self._position)

    @property
    def at_rest(self) -> bool:
        """Whether all that is in the shard now is done with."""
        has_unread = max(self._position, self.shard.trim_horizon) < self.shard.end
        return not has_unread and all(lane.at_rest for lane in self._lanes)

    def untried(self) -> list[Record]:
        """What waits for a first try, unless it is behind a batch that is being tried or behind the parents."""
        if not self._may_read or any(lane.running or lane.pending for lane in self._lanes):
            return []
        waiting = [read.record for lane in self._lanes for read in lane.collected.waiting]
        return waiting + self.shard.records_from(self._position, self.shard.end)

    def wake(self) -> None:
        """There may be something to do, unless the parents come first. (KIN-23)"""
        if self.awake or not self._may_read:
            return
        if self.at_rest:
            self.rested()
        else:
            self.awake = True
            for lane in self._lanes:
                lane.wake()

    def pause(self) -> None:
        self.awake = False
        for lane in self._lanes:
            lane.pause()

    def reconfigured(self) -> None:
        """The mapping has other settings. Other lanes take over when what was read for these is done with."""
        for lane in self._lanes:
            lane.windows.resize(self._poller.mapping.config.tumbling_window_in_seconds)

    def feed(self, lane: Lane, size: int) -> None:
        """Read on until a lane has so many records, or there are none. The other lanes' records go to them."""
        while len(lane.collected.waiting) < size and not self._lanes_are_outdated:
            records = self.shard.records_from(self._position, size)
            if not records:
                return
            self._position = records[-1].index + 1
            reads = self._poller.admitted(records)
            if len(self._lanes) == 1:
                lane.collected.add(reads)
            else:
                for read in reads:
                    self._lane_of(read.record).collected.add([read])

    def went_on(self, lane: Lane) -> None:
        """An invocation of a lane is over."""
        if self._poller.mapping.state == "Enabled" and not self.at_rest:
            lane.wake()
        else:
            self.rested()

    def rested(self) -> None:
        """A lane has nothing to do now."""
        if all(lane.at_rest for lane in self._lanes):
            if self._lanes_are_outdated:
                self.pause()
                self._lanes = self._new_lanes()
                self._poller.wake(self)
            elif self.is_finished and not self.is_done:
                self.is_done = True
                for child in self._children:
                    self._poller.wake(child)
        self._poller.tell_of_rest()

    @property
    def _may_read(self) -> bool:
        return all(parent.is_done for parent in self._parents)

    @property
    def _lanes_are_outdated(self) -> bool:
        return len(self._lanes) != self._poller.mapping.config.parallelization_factor

    def _new_lanes(self) -> list[Lane]:
        return [self._poller.new_lane(self) for _ in range(self._poller.mapping.config.parallelization_factor)]

    def _lane_of(self, record: Record) -> Lane:
        digest = md5(record.partition_key.encode(), usedforsecurity=False).digest()
        return self._lanes[int.from_bytes(digest[:4], "big") % len(self._lanes)]
