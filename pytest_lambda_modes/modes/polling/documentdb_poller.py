"""Reads a change stream of DocumentDB for a mapping. (DOCDB-1)"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_lambda_modes.events import documentdb as event
from pytest_lambda_modes.modes.polling import batching
from pytest_lambda_modes.modes.polling.cluster_mapping import ClusterMapping
from pytest_lambda_modes.modes.polling.stream_batch import PendingBatch, ReadRecord
from pytest_lambda_modes.modes.polling.stream_delivery import StreamDelivery
from pytest_lambda_modes.modes.polling.stream_poller import RecordText, StreamPoller
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.services.stream_record import Record


class DocumentDbDelivery(StreamDelivery):
    def payload(self, batch: PendingBatch, window_members: str) -> bytes:
        return event.payload(self._mapping.event_source_arn, (read.text for read in batch.reads))


class DocumentDbPoller(StreamPoller):
    """A change too large for an event is dropped, and the stream goes on behind it."""

    mapping: ClusterMapping

    def __init__(self, mapping: ClusterMapping, resources: Resources, change_text: RecordText) -> None:
        super().__init__(mapping, resources, change_text)

    def admitted(self, records: Sequence[Record]) -> list[ReadRecord]:
        return [read for read in super().admitted(records) if self._has_room(read)]

    def _has_room(self, read: ReadRecord) -> bool:
        size = len(event.payload(self.mapping.event_source_arn, [read.text]))
        has_room = batching.fits(0, size)
        if not has_room:
            read.progress.end("discarded", "Oversized")
            self.mapping.say_oversized(size)
        return has_room

    def _new_delivery(self) -> StreamDelivery:
        return DocumentDbDelivery(self.mapping)
