"""Brings batches of stream records to the function of one mapping."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_lambda_modes import units
from pytest_lambda_modes.errors import ApiError
from pytest_lambda_modes.events import stream as event
from pytest_lambda_modes.model import faults
from pytest_lambda_modes.model.outcome import Outcome
from pytest_lambda_modes.modes.polling import faulty_begin, stream_hazards, stream_retry
from pytest_lambda_modes.modes.polling.stream_batch import PendingBatch, ReadRecord, StreamBatch
from pytest_lambda_modes.modes.polling.stream_batch_response import Answer, read_answer
from pytest_lambda_modes.modes.polling.stream_mapping import StreamMapping
from pytest_lambda_modes.modes.polling.stream_retry import Advance, Retry
from pytest_lambda_modes.modes.polling.stream_verdict import Repeat, Tried, Verdict, verdict_on
from pytest_lambda_modes.modes.polling.tumbling_window import Window
from pytest_lambda_modes.runtime.invocation import Invocation


class StreamDelivery:
    """`batches` are the attempts so far, `running` counts those in flight."""

    def __init__(self, mapping: StreamMapping) -> None:
        self.batches: list[StreamBatch] = []
        self.running = 0
        self._mapping = mapping
        self._scheduler = mapping.platform.hub.scheduler
        self._tries = 0

    def new_batch(
        self,
        shard_id: str,
        reads: Sequence[ReadRecord],
        window: Window | None,
        *,
        is_final: bool = False,
        early: bool = False,
    ) -> PendingBatch:
        request_id = self._mapping.platform.identifiers.uuid("request")
        return PendingBatch(reads, shard_id, request_id, window, is_final=is_final, early=early)

    def ends_at(self, batch: PendingBatch) -> int:
        """When a batch must not be tried any more: a window's last invocation has as long as its last record would."""
        lifetime = self._mapping.lifetime
        if batch.reads:
            return lifetime.ends_at(batch.reads[0].record.arrival)
        assert batch.window is not None
        return lifetime.ends_at(batch.window.end - self._scheduler.start)

    def payload(self, batch: PendingBatch, window_members: str) -> bytes:
        """The event of the next attempt at a batch."""
        return event.payload([read.text for read in batch.reads], window_members)

    def read(self, batch: PendingBatch, payload: bytes) -> Answer:
        """What a response says about a batch, as a report. (KIN-14)"""
        return read_answer(payload, [read.record.sequence_number for read in batch.reads])

    def begin(self, batch: PendingBatch, window_members: str) -> Invocation | Retry:
        """The invocation for the next attempt; or when to try again, if there can be none now. (KIN-9)"""
        made = StreamBatch(batch, self.payload(batch, window_members), self._mapping.qualifier)
        fault = self._next_fault()
        try:
            invocation = faulty_begin.begin(self._mapping.function, made, made.attempt, fault)
        except ApiError:
            batch.throttles += 1
            return self._after_throttle(batch)
        batch.throttles = 0
        batch.invocations += 1
        batch.repeat_at = None
        if isinstance(fault, faults.DuplicateDelivery):
            batch.repeat_at = self._scheduler.now + units.from_timedelta(fault.after)
        made.executed_version = invocation.environment.version
        batch.last = made
        self.batches.append(made)
        self.running += 1
        self._mapping.say_delivered(batch)
        return invocation

    def run(self, batch: PendingBatch, invocation: Invocation) -> Verdict:
        """Let the function have the batch, and judge its answer."""
        assert batch.last is not None
        now = self._scheduler.now
        for read in batch.reads:
            read.progress.attempt_started(now)
        invocation.execute()
        self.running -= 1
        now = self._scheduler.now
        for read in batch.reads:
            read.progress.attempt_ended(now)
        verdict = self._verdict(batch, invocation)
        batch.last.ran_as(invocation)
        batch.last.outcome = verdict.outcome
        self._mapping.say_settled(batch, verdict)
        return verdict

    def _verdict(self, batch: PendingBatch, invocation: Invocation) -> Verdict:
        now, numbers = self._scheduler.now, [read.record.sequence_number for read in batch.reads]
        tried = Tried(now, numbers, batch.invocations, self.ends_at(batch), batch.window is not None)
        config, schedule = self._mapping.config, self._mapping.schedule
        verdict = verdict_on(invocation.outcome, tried, config, schedule, lambda payload: self.read(batch, payload))
        self._look_for_hazards(invocation.outcome, numbers, verdict)
        if batch.repeat_at is not None and isinstance(verdict.decision, Advance):
            return verdict._replace(decision=Repeat(max(now, batch.repeat_at)))
        return verdict

    def _look_for_hazards(self, outcome: Outcome, numbers: Sequence[str], verdict: Verdict) -> None:
        hazards = self._mapping.hazards
        if verdict.complaint:
            hazards.say("HAZ-7", verdict.complaint)
        elif verdict.outcome == "partial_failure":
            hazards.say_all(stream_hazards.of_report(outcome.payload, numbers))
        elif verdict.outcome == "success" and not self._mapping.config.reports_batch_item_failures:
            hazards.say_all(stream_hazards.of_unread_answer(outcome.payload))

    def _after_throttle(self, batch: PendingBatch) -> Retry:
        return stream_retry.after_throttle(
            now=self._scheduler.now,
            throttles=batch.throttles,
            ends_at=self.ends_at(batch),
            schedule=self._mapping.schedule,
        )

    def _next_fault(self) -> faults.Fault | None:
        """What the test wants to go wrong with this try. All tries of the mapping count, throttled ones too."""
        self._tries += 1
        fault = self._mapping.fault_of(self._tries)
        if fault is not None:
            self._mapping.say_injected(fault)
        return fault
