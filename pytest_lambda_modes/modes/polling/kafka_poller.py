"""Reads a Kafka topic for a mapping: event pollers that share its partitions. (KAFKA-2, KAFKA-3)"""

from __future__ import annotations

from pytest_lambda_modes.clock.scheduler import Timer
from pytest_lambda_modes.modes.polling import kafka_scaling
from pytest_lambda_modes.modes.polling.cluster_mapping import ClusterMapping
from pytest_lambda_modes.modes.polling.kafka_delivery import KafkaDelivery, KafkaDiscards
from pytest_lambda_modes.modes.polling.kafka_events import KafkaEvents
from pytest_lambda_modes.modes.polling.partitions_reader import Assignment, PartitionsReader
from pytest_lambda_modes.modes.polling.stream_delivery import StreamDelivery
from pytest_lambda_modes.modes.polling.stream_discards import StreamDiscards
from pytest_lambda_modes.modes.polling.stream_poller import PolledReader, StreamPoller
from pytest_lambda_modes.services.kafka_topic import KafkaRecord, KafkaTopic
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.services.stream import Shard


class KafkaPoller(StreamPoller):
    """`assignments` say which event poller reads which partition, in the order of the partitions.

    There is one poller on demand, and as many as provisioned else. Each minute in which the offset lag does not shrink
    brings one more, until each partition has its own; when nothing is left to do, there are as few as at first.
    """

    mapping: ClusterMapping

    def __init__(self, mapping: ClusterMapping, resources: Resources, topic: KafkaTopic, events: KafkaEvents) -> None:
        self.assignments: list[Assignment] = []
        self._topic = topic
        self._events = events
        self._pollers: list[PartitionsReader] = []
        self._timer: Timer | None = None
        self._lag_before = 0
        super().__init__(mapping, resources, events.text)

    @property
    def committed_offsets(self) -> dict[int, int]:
        """By partition, the offset behind the last record that is done with. (KAFKA-3)"""
        return {each.partition.number: each.committed for each in self.assignments}

    @property
    def poller_count(self) -> int:
        return len(self._pollers)

    @property
    def lag(self) -> int:
        """How many records of the topic are not done with. (MET-13)"""
        return sum(each.lag for each in self.assignments)

    def wake(self, reader: PolledReader) -> None:
        super().wake(reader)
        self._watch()

    def reconfigured(self) -> None:
        least, most = self._bounds
        self._share_among(min(max(self.poller_count, least), most))
        super().reconfigured()

    def pause(self) -> None:
        self._stop_watching()
        super().pause()

    def tell_of_rest(self) -> None:
        if self.at_rest:
            self._stop_watching()
            self._share_among(min(self.poller_count, self._bounds[0]))
        super().tell_of_rest()

    def commit(self, poller: PartitionsReader, *, settled: bool = False) -> None:
        """Commit the offsets of what a poller is done with. `settled` says that an invocation of it is over."""
        first_held: dict[Shard[KafkaRecord], int] = {}
        for read in poller.held:
            first_held.setdefault(read.record.shard, read.record.index)
        count = 0
        for each in poller.assigned:
            done = max(first_held.get(each.partition, each.position), each.committed)
            count += done - each.committed
            each.committed = done
        if count or settled:
            self.mapping.say_committed(count, [each.lag for each in self.assignments])
        self._hand_over(poller)

    @property
    def _bounds(self) -> tuple[int, int]:
        return kafka_scaling.bounds(self.mapping.pollers, len(self._topic.partitions))

    def _find_shards(self) -> None:
        """Where the mapping starts to read, and by which pollers. Topics do not get more partitions here."""
        config, timestamp = self.mapping.config, self.mapping.config.starting_position_timestamp or 0
        self._pollers = []
        first = self._new_poller()
        self.assignments = [
            Assignment(each, self._topic.starting_position(each, config.starting_position, timestamp), first)
            for each in self._topic.partitions
        ]
        self._readers.update((each.partition, each.poller) for each in self.assignments)
        self._restless[first] = None
        self._share_among(self._bounds[0])

    def _new_poller(self) -> PartitionsReader:
        poller = PartitionsReader(self, len(self._pollers) + 1)
        self._pollers.append(poller)
        return poller

    def _share_among(self, count: int) -> None:
        """Have so many pollers read the partitions, in turn. What one has read stays with it."""
        if count == self.poller_count:
            return
        before = list(self._pollers)
        del self._pollers[count:]
        while self.poller_count < count:
            self._new_poller()
        for number, each in enumerate(self.assignments):
            each.to_be = self._pollers[number % count]
        for poller in before:
            self._hand_over(poller)

    def _hand_over(self, poller: PartitionsReader) -> None:
        """Give partitions that others are to read to them, but those of which something is not done with yet."""
        moving = [each for each in poller.assigned if each.to_be is not poller]
        if not moving:
            return
        held = {read.record.shard for read in poller.held}
        for each in moving:
            if each.partition not in held:
                each.poller = self._readers[each.partition] = each.to_be
                self.wake(each.poller)

    def _watch(self) -> None:
        """Look at the lag in a minute, if more pollers could come of it."""
        can_grow = self.poller_count < self._bounds[1]
        if can_grow and self._timer is None and self.mapping.state == "Enabled" and not self.at_rest:
            self._lag_before = self.lag
            scheduler = self.mapping.platform.hub.scheduler
            due = scheduler.now + kafka_scaling.LOOKS_EVERY
            self._timer = scheduler.at(due, self._look, f"offset lag of {self._topic.name}")

    def _look(self) -> None:
        self._timer = None
        if self.at_rest:
            return
        most = self._bounds[1]
        count = kafka_scaling.pollers_after_look(
            self.poller_count, lag=self.lag, lag_before=self._lag_before, most=most
        )
        self._share_among(count)
        self._watch()

    def _stop_watching(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _new_delivery(self) -> StreamDelivery:
        return KafkaDelivery(self.mapping, self._events)

    def _new_discards(self, resources: Resources) -> StreamDiscards:
        return KafkaDiscards(self.mapping, resources, self._events)
