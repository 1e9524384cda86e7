"""Topics and collections with their mapping to a function: what `event_source.msk(...)` and `.documentdb(...)` give."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.events import documentdb as documentdb_event
from pytest_lambda_modes.harness.stream_source import StreamSource
from pytest_lambda_modes.model.cluster_mapping_config import ClusterMappingConfig
from pytest_lambda_modes.modes.polling.cluster_mapping import ClusterMapping
from pytest_lambda_modes.modes.polling.documentdb_poller import DocumentDbPoller
from pytest_lambda_modes.modes.polling.kafka_events import KafkaEvents
from pytest_lambda_modes.modes.polling.kafka_poller import KafkaPoller
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.documentdb_collection import Document, DocumentChange, DocumentDbCollection
from pytest_lambda_modes.services.kafka_topic import Headers, KafkaRecord, KafkaTopic
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.services.stream import Stream
from pytest_lambda_modes.units import SECOND


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
