"""Collects records for the next batch of a lane, and knows when they are one. (ESM-7)"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

from pytest_lambda_modes import units
from pytest_lambda_modes.modes.polling import batching
from pytest_lambda_modes.modes.polling.stream_batch import ReadRecord
from pytest_lambda_modes.modes.polling.stream_mapping import StreamMapping
from pytest_lambda_modes.modes.polling.tumbling_window import Window


class StreamCollector:
    """`waiting` are records that were read and are in no batch yet, in order.

    They wait since the first of them was read, or since the batch before them was taken.
    """

    def __init__(self, mapping: StreamMapping) -> None:
        self.waiting: deque[ReadRecord] = deque()
        self._mapping = mapping
        self._scheduler = mapping.platform.hub.scheduler
        self._since = 0
        self._bytes = 0

    @property
    def first(self) -> ReadRecord | None:
        return self.waiting[0] if self.waiting else None

    def add(self, reads: Sequence[ReadRecord]) -> None:
        if not self.waiting:
            self._since = self._scheduler.now
        self._bytes += sum(map(_size, reads))
        self.waiting.extend(reads)

    def fitting(self, window: Window | None, state_bytes: int) -> int:
        """How many can go together: as many as a batch has, of one window, in an event of 6 MB; one at the least."""
        count = min(len(self.waiting), self._mapping.config.batch_size)
        if window is not None:
            count = window.count([read.record.epoch for read in islice(self.waiting, count)])
        collected = self._mapping.envelope_bytes + state_bytes
        if batching.fits(collected, self._bytes):
            return count
        for number, read in enumerate(islice(self.waiting, count)):
            if number and not batching.fits(collected, _size(read)):
                return number
            collected += _size(read)
        return count

    def complete_at(self, count: int, window: Window | None) -> int:
        """When the first `count` are a batch, if nothing else comes: not after the end of their tumbling window."""
        config = self._mapping.config
        complete_at = batching.complete_at(
            self._scheduler.now,
            count=count,
            batch_size=config.batch_size,
            is_full=count < len(self.waiting),
            since=self._since,
            window=units.from_seconds(config.maximum_batching_window_in_seconds),
        )
        return complete_at if window is None else min(complete_at, window.end - self._scheduler.start)

    def take(self, count: int) -> list[ReadRecord]:
        """Take the first `count` away."""
        reads = [self.waiting.popleft() for _ in range(count)]
        self._bytes -= sum(map(_size, reads))
        self._since = self._scheduler.now
        return reads


def _size(read: ReadRecord) -> int:
    """In the event, with the comma. Texts are ASCII."""
    return len(read.text) + 1
