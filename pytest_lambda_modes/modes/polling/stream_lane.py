"""One line of a stream's records, in order: at most one batch in flight, and the next only when it is done. (KIN-3)"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Protocol

from pytest_lambda_modes.clock.scheduler import Timer
from pytest_lambda_modes.modes.polling import stream_retry
from pytest_lambda_modes.modes.polling.stream_batch import PendingBatch, ReadRecord
from pytest_lambda_modes.modes.polling.stream_collector import StreamCollector
from pytest_lambda_modes.modes.polling.stream_delivery import StreamDelivery
from pytest_lambda_modes.modes.polling.stream_discards import StreamDiscards
from pytest_lambda_modes.modes.polling.stream_mapping import StreamMapping
from pytest_lambda_modes.modes.polling.stream_retry import Advance, Bisect, Discard, Retry
from pytest_lambda_modes.modes.polling.stream_verdict import Verdict
from pytest_lambda_modes.modes.polling.stream_windows import ShardWindows
from pytest_lambda_modes.modes.polling.tumbling_window import State, Window
from pytest_lambda_modes.runtime.invocation import Invocation


class Reader(Protocol):
    """Who reads for a lane: `shard_id` names what. While it is `awake`, its lanes will look by themselves."""

    awake: bool

    @property
    def shard_id(self) -> str: ...

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will ever be to read."""
        ...

    def feed(self, lane: Lane, size: int) -> None:
        """Read on until the lane has so many records, or there are none."""
        ...

    def went_on(self, lane: Lane) -> None:
        """An invocation of the lane is over."""
        ...

    def rested(self) -> None:
        """The lane has nothing to do now."""
        ...


class Lane:
    """What a shard has, or with parallelization its share of the partition keys.

    `collected` are records that are in no batch yet. `pending` are the batches to do: the first one is being tried, the
    others were split off from it. The lane has one timer, for when there may next be something to do.
    """

    def __init__(
        self, reader: Reader, mapping: StreamMapping, delivery: StreamDelivery, discards: StreamDiscards
    ) -> None:
        self.collected = StreamCollector(mapping)
        self.pending: deque[PendingBatch] = deque()
        self.running = False
        self.windows = ShardWindows(mapping.config.tumbling_window_in_seconds)
        self._reader = reader
        self._mapping = mapping
        self._delivery = delivery
        self._discards = discards
        self._hub = mapping.platform.hub
        self._scheduler = self._hub.scheduler
        self._shard_id = reader.shard_id
        self._timer: Timer | None = None

    @property
    def at_rest(self) -> bool:
        """Whether nothing is to be done: no record, no batch, no invocation, no open window."""
        return not (self.running or self.pending or self.collected.waiting or self.windows.current)

    def wake(self) -> None:
        """There may be something to do: a record has come, the shard was closed, the mapping has other settings."""
        if not self.running:
            self._arm(self.pending[0].due if self.pending else self._scheduler.now)

    def pause(self) -> None:
        """Begin nothing until woken. What is in flight goes on. (ESM-9)"""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, due: int) -> None:
        timer = self._timer
        if timer is not None:
            if timer.due <= due:
                return
            timer.cancel()
        name = f"{self._shard_id} of {self._mapping.stream.name}"
        self._timer = self._scheduler.at(due, self._step, name)

    def _step(self) -> None:
        self._timer = None
        self._reader.awake = False
        batch = self._next()
        if batch is None:
            self._reader.rested()
        else:
            self._try(batch)

    def _next(self) -> PendingBatch | None:
        """The batch to try now; None if there is none yet."""
        while self.pending or self._form():
            batch = self.pending[0]
            if batch.due > self._scheduler.now:
                self._arm(batch.due)
                return None
            if self._scheduler.now < self._delivery.ends_at(batch):
                return batch
            self._drop(batch)
        return None

    def _form(self) -> bool:
        """Make a batch of what is collected if it is complete. If not, the lane wakes when it will be."""
        collected, windows, now = self.collected, self.windows, self._scheduler.now
        self._reader.feed(self, self._mapping.config.batch_size)
        if windows.is_due(collected.first, self._scheduler.epoch(), closed=self._reader.is_finished):
            self._put_first((), windows.current, is_final=True)
            return True
        window = windows.of_next(collected.first)
        if not collected.waiting:
            if window is not None:
                self._arm(window.end - self._scheduler.start)
            return False
        count = collected.fitting(window, len(windows.state))
        complete_at = collected.complete_at(count, window)
        if complete_at > now:
            self._arm(complete_at)
            return False
        self._put_first(collected.take(count), window)
        return True

    def _put_first(
        self,
        reads: Iterable[ReadRecord],
        window: Window | None,
        *,
        is_final: bool = False,
        early: bool = False,
        due: int = 0,
    ) -> None:
        """A new batch, to be tried before those that there are."""
        batch = self._delivery.new_batch(self._shard_id, tuple(reads), window, is_final=is_final, early=early)
        batch.due = due
        self.pending.appendleft(batch)

    def _drop(self, batch: PendingBatch) -> None:
        """Leave out what has left the stream or is too old. What remains is a new batch. (KIN-12, KIN-13)"""
        self.pending.popleft()
        if batch.is_final:
            self.windows.close()
            return
        expired, too_old = stream_retry.before_attempt(
            [read.record.arrival for read in batch.reads], now=self._scheduler.now, lifetime=self._mapping.lifetime
        )
        if too_old:
            decision = stream_retry.discard_too_old(batch.invocations)
            self._discards.discard(batch, batch.reads[expired : expired + too_old], decision)
        rest = batch.reads[expired + too_old :]
        if rest:
            self._put_first(rest, batch.window)

    # Trying

    def _try(self, batch: PendingBatch) -> None:
        members = self.windows.members(batch, self._mapping.event_source_arn)
        begun = self._delivery.begin(batch, members)
        if isinstance(begun, Retry):
            self._retry(batch, begun)
            self._arm(begun.at)
            return
        self.windows.open(batch.window)
        self.running = True
        self._hub.start(lambda: self._run(batch, begun), begun.ends_by, owner=self._mapping)

    def _run(self, batch: PendingBatch, invocation: Invocation) -> None:
        verdict = self._delivery.run(batch, invocation)
        self.running = False
        self._carry_out(batch, verdict)
        self._reader.went_on(self)

    # Going on

    def _carry_out(self, batch: PendingBatch, verdict: Verdict) -> None:
        decision = verdict.decision
        if isinstance(decision, Retry):
            self._retry(batch, decision)
            return
        self.pending.popleft()
        if isinstance(decision, Bisect):
            self._mapping.say_bisected(batch, decision)
            self._put_first(batch.reads[decision.left :], batch.window)
            self._put_first(batch.reads[: decision.left], batch.window)
        elif isinstance(decision, Advance):
            self._advance(batch, decision.processed, verdict.state)
        elif isinstance(decision, Discard):
            self._give_up(batch, decision)
        else:
            self._put_first(batch.reads, batch.window, is_final=batch.is_final, early=batch.early, due=decision.at)

    def _retry(self, batch: PendingBatch, retry: Retry) -> None:
        batch.due = retry.at
        self._mapping.say_retried(batch, retry)

    def _advance(self, batch: PendingBatch, processed: int, state: State | None) -> None:
        for read in batch.reads[:processed]:
            read.progress.end("processed")
        rest = batch.reads[processed:]
        if rest:
            self._put_first(rest, batch.window)
        if batch.is_final:
            self.windows.close()
        elif state is not None:
            self.windows.state = state.json
            if state.too_large:
                self._put_first((), batch.window, is_final=True, early=True)

    def _give_up(self, batch: PendingBatch, decision: Discard) -> None:
        if batch.is_final:
            self.windows.close()
            self._mapping.say_discarded(batch, 0, decision, delivered=False)
        else:
            self._discards.discard(batch, batch.reads, decision)
