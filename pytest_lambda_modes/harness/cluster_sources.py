"""Topics, queues and collections with their mapping to a function: what `event_source.msk(...)` and the like give."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.clock.scheduler import Timer
from pytest_lambda_modes.events import documentdb as documentdb_event
from pytest_lambda_modes.harness.stream_source import StreamSource
from pytest_lambda_modes.model.cluster_mapping_config import ClusterMappingConfig
from pytest_lambda_modes.modes.polling.cluster_mapping import ClusterMapping
from pytest_lambda_modes.modes.polling.documentdb_poller import DocumentDbPoller
from pytest_lambda_modes.modes.polling.kafka_events import KafkaEvents
from pytest_lambda_modes.modes.polling.kafka_poller import KafkaPoller
from pytest_lambda_modes.modes.polling.mq_events import ActiveMqEvents, RabbitMqEvents
from pytest_lambda_modes.modes.polling.mq_poller import MqEvents, MqPoller
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.documentdb_collection import Document, DocumentChange, DocumentDbCollection
from pytest_lambda_modes.services.kafka_topic import Headers, KafkaRecord, KafkaTopic
from pytest_lambda_modes.services.mq_queue import PRIORITY, ActiveMqQueue, MqMessage, MqQueue, RabbitMqQueue
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.services.stream import Stream
from pytest_lambda_modes.units import DAY, SECOND

if TYPE_CHECKING:
    from typing_extensions import Self

PATIENCE = 7 * DAY  # how long a queue of Amazon MQ is drained: a message that never expires may come back for ever


class World(NamedTuple):
    """Where a source lives."""

    platform: Platform
    loops: LoopDriver
    resources: Resources

    def mapping(
        self, function: Function, qualifier: str | None, stream: Stream[Any], config: ClusterMappingConfig
    ) -> ClusterMapping:
        return ClusterMapping(self.platform, function, qualifier, stream, config)


class KafkaSource(StreamSource):
    """A topic that is mapped to a function. `topic` is the topic itself."""

    def __init__(
        self,
        world: World,
        function: Function,
        qualifier: str | None,
        config: ClusterMappingConfig,
        topic: KafkaTopic,
        bootstrap_servers: Sequence[str],
        *,
        self_managed: bool,
    ) -> None:
        self.topic = topic
        events = KafkaEvents(None if self_managed else config.event_source_arn, bootstrap_servers)
        mapping = world.mapping(function, qualifier, topic, config)
        super().__init__(world.loops, world.resources, mapping, lambda: self._poll(mapping, world.resources, events))

    def _poll(self, mapping: ClusterMapping, resources: Resources, events: KafkaEvents) -> KafkaPoller:
        self._kafka_poller = KafkaPoller(mapping, resources, self.topic, events)
        return self._kafka_poller

    def send(
        self,
        value: object,
        *,
        key: str | bytes | None = None,
        partition: int | None = None,
        headers: Headers = (),
        timestamp: dt.datetime | int | None = None,
    ) -> KafkaRecord:
        """Produce a record, as `KafkaTopic.send`. Gives a handle that tells what becomes of it."""
        return self.topic.send(value, key=key, partition=partition, headers=headers, timestamp=timestamp)

    @property
    def committed_offsets(self) -> dict[int, int]:
        """By partition, the offset behind the last record that is done with. They never go back. (KAFKA-3)"""
        return self._kafka_poller.committed_offsets

    @property
    def offset_lag(self) -> int:
        """How many records of the topic are not done with. (MET-13)"""
        return self._kafka_poller.lag

    @property
    def pollers(self) -> int:
        """How many event pollers read the topic now. (KAFKA-2)"""
        return self._kafka_poller.poller_count


class MqSource(StreamSource):
    """A queue of Amazon MQ that is mapped to a function."""

    def __init__(
        self,
        world: World,
        function: Function,
        qualifier: str | None,
        config: ClusterMappingConfig,
        queue: MqQueue,
        events: MqEvents,
    ) -> None:
        mapping = world.mapping(function, qualifier, queue, config)
        super().__init__(world.loops, world.resources, mapping, lambda: MqPoller(mapping, world.resources, events))

    def drain(self) -> Self:
        """Let virtual time pass until every message is acknowledged, filtered or expired.

        A message that fails each time and does not expire comes back for ever. After seven days of it this raises
        NotSettledError, as it does when the mapping is not enabled.
        """
        scheduler = self._hub.scheduler
        until = scheduler.now + PATIENCE
        self._hub.run_while(lambda: not self._poller.stands_still and scheduler.now < until, owner=self.mapping)
        self._check_rest()
        return self

    async def drained(self) -> Self:
        """`drain()` for async tests: `await source.drained()`."""
        scheduler = self._hub.scheduler
        until = scheduler.now + PATIENCE
        while not self._poller.stands_still and scheduler.now < until:
            await self._rest_before(until)
        self._check_rest()
        return self

    async def _rest_before(self, until: int) -> None:
        """Until nothing more happens by itself, or until patience is over."""
        alarm: list[Timer] = []

        def listen(happened: Callable[[], object]) -> None:
            self._poller.on_rest.append(happened)
            alarm.append(self._hub.scheduler.at(until, happened, f"patience with {self._name}"))

        await self._loops.future_of(listen)
        alarm[0].cancel()

    def _check_rest(self) -> None:
        if not self._poller.stands_still:
            last = f", the last one: {self.batches[-1]}" if self.batches else ""
            raise self._hub.not_settled(
                f"{self._name} is not drained after seven days of virtual time. Batches that were tried: "
                f"{len(self.batches)}{last}.\n\n"
                "The broker brings a batch back until it is acknowledged or expires. (MQ-2) Give messages a time to "
                "live, or let a bounded time pass: lambda_clock.advance(minutes=10)"
            )
        super()._check_rest()

    @property
    def _left(self) -> str:
        return "messages"


class ActiveMqSource(MqSource):
    """A queue of ActiveMQ that is mapped to a function. `queue` is the queue itself."""

    def __init__(
        self,
        world: World,
        function: Function,
        qualifier: str | None,
        config: ClusterMappingConfig,
        queue: ActiveMqQueue,
    ) -> None:
        self.queue = queue
        super().__init__(world, function, qualifier, config, queue, ActiveMqEvents(config.event_source_arn, queue))

    def send(
        self,
        body: object,
        *,
        correlation_id: str | None = None,
        reply_to: str | None = None,
        jms_type: str | None = None,
        priority: int = PRIORITY.default,
        persistent: bool = True,
        time_to_live: int = 0,
        properties: Mapping[str, Any] | None = None,
    ) -> MqMessage:
        """Send a message, as `ActiveMqQueue.send`. Gives a handle that tells what becomes of it."""
        return self.queue.send(
            body,
            correlation_id=correlation_id,
            reply_to=reply_to,
            jms_type=jms_type,
            priority=priority,
            persistent=persistent,
            time_to_live=time_to_live,
            properties=properties,
        )


class RabbitMqSource(MqSource):
    """A queue of RabbitMQ that is mapped to a function. `queue` is the queue itself."""

    def __init__(
        self,
        world: World,
        function: Function,
        qualifier: str | None,
        config: ClusterMappingConfig,
        queue: RabbitMqQueue,
    ) -> None:
        self.queue = queue
        super().__init__(world, function, qualifier, config, queue, RabbitMqEvents(config.event_source_arn, queue))

    def publish(self, body: object, **properties: Any) -> MqMessage:
        """Publish a message, as `RabbitMqQueue.publish`. Gives a handle that tells what becomes of it."""
        return self.queue.publish(body, **properties)


class DocumentDbSource(StreamSource):
    """A collection whose change stream is mapped to a function. `collection` is the collection itself."""

    def __init__(
        self,
        world: World,
        function: Function,
        qualifier: str | None,
        config: ClusterMappingConfig,
        collection: DocumentDbCollection,
        full_document: str,
    ) -> None:
        self.collection = collection
        self._looks_up = full_document == "UpdateLookup"
        mapping = world.mapping(function, qualifier, collection, config)
        super().__init__(
            world.loops, world.resources, mapping, lambda: DocumentDbPoller(mapping, world.resources, self._text)
        )

    def insert_one(self, document: Mapping[str, Any]) -> DocumentChange:
        """As `DocumentDbCollection.insert_one`. Gives a handle that tells what becomes of the change."""
        return self.collection.insert_one(document)

    def update_one(self, filter: Mapping[str, Any], update: Mapping[str, Any]) -> DocumentChange | None:
        """As `DocumentDbCollection.update_one`; None if nothing changed."""
        return self.collection.update_one(filter, update)

    def replace_one(self, filter: Mapping[str, Any], document: Mapping[str, Any]) -> DocumentChange | None:
        """As `DocumentDbCollection.replace_one`; None if nothing changed."""
        return self.collection.replace_one(filter, document)

    def delete_one(self, filter: Mapping[str, Any]) -> DocumentChange | None:
        """As `DocumentDbCollection.delete_one`; None if there is no such document."""
        return self.collection.delete_one(filter)

    def find_one(self, filter: Mapping[str, Any]) -> Document | None:
        """The document in extended JSON; None if there is none."""
        return self.collection.find_one(filter)

    def _text(self, change: DocumentChange) -> str:
        """An update looks its document up when it is read, so it may find a later one, or none any more."""
        is_update = change.operation_type == "update"
        document = change.full_document
        if is_update:
            document = self.collection.find_one(change.document_key) if self._looks_up else None
        return documentdb_event.change_text(
            epoch_seconds=change.epoch // SECOND,
            ordinal=change.ordinal,
            database=self.collection.database_name,
            collection=self.collection.name,
            operation_type=change.operation_type,
            document_key=change.document_key,
            full_document=document,
            update_description=change.update_description,
            looked_up=is_update and self._looks_up,
        )
