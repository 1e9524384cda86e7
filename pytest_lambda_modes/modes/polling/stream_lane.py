"""One line of a stream's records, in order: at most one batch in flight, and the next one only when it is done. (KIN-3)"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_lambda_modes import units
from pytest_lambda_modes.clock.scheduler import Timer
from pytest_lambda_modes.errors import ApiError, ServiceException
from pytest_lambda_modes.model import faults
from pytest_lambda_modes.model.facts import BatchBisected, RecordsDelivered, RetryScheduled, StreamBatchSettled
from pytest_lambda_modes.modes.polling import stream_retry
from pytest_lambda_modes.modes.polling.stream_batch import StreamBatch, Work
from pytest_lambda_modes.modes.polling.stream_batch_response import Checkpoint, Failed, read_answer
from pytest_lambda_modes.modes.polling.stream_retry import Advance, Bisect, Decision, Discard, Retry
from pytest_lambda_modes.modes.polling.stream_windows import LaneWindows
from pytest_lambda_modes.modes.polling.tumbling_window import NoState, read_state
from pytest_lambda_modes.runtime.concurrency import RESERVED_EXHAUSTED
from pytest_lambda_modes.runtime.invocation import Invocation, Request
from pytest_lambda_modes.services.stream_record import Record

if TYPE_CHECKING:
    from pytest_lambda_modes.modes.polling.stream_poller import ShardReader


class Lane:
    """What a shard has, or with parallelization its share of the partition keys.

    `waiting` are records read and not yet in a batch. `works` are the batches to do, in order: the first one is being
    tried, the others were split off from it.
    """

    def __init__(self, reader: ShardReader, number: int) -> None:
        self.waiting: deque[Record] = deque()
        self.works: deque[Work] = deque()
        self.running = False
        self._reader = reader
        self._poller = reader.poller
        self._hub = reader.poller.platform.hub
        self._scheduler = reader.poller.platform.hub.scheduler
        self._emit = reader.poller.platform.emit
        self._name = f"{reader.shard.shard_id} of {reader.shard.stream.name}"
        self._waiting_since = 0
        self._timer: Timer | None = None
        seconds = reader.poller.config.tumbling_window_in_seconds
        self.windows = LaneWindows(seconds) if seconds else None

    @property
    def at_rest(self) -> bool:
        """Whether nothing is to be done: no record, no batch, no invocation, no open window."""
        return (
            not self.running
            and not self.works
            and not self.waiting
            and (self.windows is None or self.windows.current is None)
        )

    def arm(self, due: int) -> None:
        timer = self._timer
        if timer is not None:
            if timer.due <= due:
                return
            timer.cancel()
        self._timer = self._scheduler.at(due, self._step, self._name)

    def add(self, record: Record) -> None:
        """A record was read for this lane."""
        if not self.waiting:
            self._waiting_since = self._scheduler.now
        self.waiting.append(record)

    def _step(self) -> None:
        self._timer = None
        if self.running or self._poller.mapping.state != "Enabled":
            return
        work = self._next()
        if work is None:
            self._poller.tell_of_rest()
        elif work.due > self._scheduler.now:
            self.arm(work.due)
        else:
            self._try(work)

    def _next(self) -> Work | None:
        """The batch to try now, without the records that are not to be tried any more."""
        while True:
            if not self.works and not self._form():
                return None
            work = self.works[0]
            if not self._drop(work):
                return work

    # Forming

    def _form(self) -> bool:
        """Make a batch of what is waiting, if it is complete: full, or its window has passed. (ESM-7)"""
        config, now = self._poller.config, self._scheduler.now
        self._reader.feed(self, config.batch_size)
        if self.windows is not None:
            final = self.windows.final(self.waiting, self._scheduler.epoch(), closed=self._reader.is_finished)
            if final:
                self.works.append(Work((), self._poller.new_request_id(), is_final=True))
                return True
        if not self.waiting:
            if self.windows is not None and self.windows.current is not None:
                self.arm(self.windows.current.end - self._scheduler.start)
            return False
        size = min(len(self.waiting), config.batch_size)
        complete_at = self._waiting_since + config.maximum_batching_window_in_seconds * units.SECOND
        if size < config.batch_size and now < complete_at:
            self.arm(complete_at)
            return False
        if self.windows is not None:
            size = self.windows.share(self.waiting, size)
        size = self._poller.within_payload_limit(self.waiting, size)
        records = [self.waiting.popleft() for _ in range(size)]
        self._waiting_since = now
        self.works.append(Work(records, self._poller.new_request_id()))
        return True

    def _drop(self, work: Work) -> bool:
        """Leave out what has left the stream or is too old. Whether the batch is another one now. (KIN-12, KIN-13)"""
        if work.is_final:
            return False
        arrivals = [record.arrival for record in work.records]
        expired, too_old = stream_retry.before_attempt(
            arrivals, now=self._scheduler.now, lifetime=self._poller.lifetime(self._reader.shard)
        )
        if not expired and not too_old:
            return False
        self.works.popleft()
        dropped, rest = work.records[expired : expired + too_old], work.records[expired + too_old :]
        if dropped:
            decision = stream_retry.discard_too_old(work.invocations)
            self._poller.discard(self._reader.shard, dropped, work, decision)
        if rest:
            self.works.appendleft(Work(rest, self._poller.new_request_id()))
        return True

    # Invoking

    def _try(self, work: Work) -> None:
        fault = self._poller.next_fault() if work.throttles == 0 else None
        function = self._poller.mapping.function
        payload = self._poller.payload(self._reader.shard, work, self.windows)
        try:
            if isinstance(fault, faults.Throttle):
                raise function.throttle(work.request_id, RESERVED_EXHAUSTED)
            if isinstance(fault, faults.ServiceError):
                raise ServiceException("An error occurred in the Lambda service.")
            if isinstance(fault, faults.RecycledEnvironment):
                function.recycle()
            invocation = function.begin(
                Request(
                    payload,
                    work.request_id,
                    "poll",
                    self._poller.mapping.qualifier,
                    work.invocations + 1,
                    kill=fault if isinstance(fault, faults.Kill) else None,
                )
            )
        except ApiError:
            self._throttled(work)
            return
        work.throttles = 0
        work.invocations += 1
        batch = work.last = StreamBatch(work, self._reader.shard.shard_id, payload, invocation)
        self._poller.batches.append(batch)
        self.running = True
        self._say_delivered(work)
        again = isinstance(fault, faults.DuplicateDelivery)
        self._hub.start(
            lambda: self._run(work, batch, invocation, again), invocation.ends_by, owner=self._poller.mapping
        )

    def _run(self, work: Work, batch: StreamBatch, invocation: Invocation, again: bool) -> None:
        mapping, now = self._poller.mapping, self._scheduler.now
        for record in work.records:
            record.progress_for(mapping).attempt_started(now)
        outcome = invocation.execute()
        self.running = False
        for record in work.records:
            record.progress_for(mapping).attempt_ended(self._scheduler.now)
        if outcome.kind != "success":
            decision, batch.outcome, rule = self._after_failure(work), outcome.kind, "KIN-6"
        else:
            decision, batch.outcome, rule = self._read(work, outcome.payload)
        processed = 0
        if decision is None:
            # A duplicate delivery: the whole batch once more, although all went well. (ESM-1)
            processed = 0 if again else len(work.records)
            if not again:
                self._done(work)
        elif isinstance(decision, Advance):
            processed = decision.processed
        self._say_settled(work, processed, batch.outcome or "", rule)
        if decision is not None:
            self._obey(work, decision)
        if self._poller.mapping.state == "Enabled":
            self.arm(self._scheduler.now)
        self._reader.progressed()
        self._poller.tell_of_rest()

    def _read(self, work: Work, payload: bytes) -> tuple[Decision | None, str, str]:
        """What a successful invocation says: what to do now, the batch's outcome, and the rule."""
        if self.windows is not None:
            state = read_state(payload)
            if isinstance(state, NoState):
                return self._after_failure(work), "no_state", "KIN-22"
            self.windows.took(state, is_final=work.is_final)
        if self._poller.config.reports_batch_item_failures and work.records:
            answer = read_answer(payload, [record.sequence_number for record in work.records])
            if isinstance(answer, Failed):
                return self._after_failure(work), "malformed_report", answer.rule
            if isinstance(answer, Checkpoint):
                return self._after_report(work, answer.position), "partial_failure", answer.rule
            return None, "success", answer.rule
        return None, "success", "KIN-3"

    def _after_failure(self, work: Work) -> Decision:
        config = self._poller.config
        return stream_retry.after_function_error(
            now=self._scheduler.now,
            size=len(work.records),
            invocations=work.invocations,
            maximum_retry_attempts=config.maximum_retry_attempts,
            bisect_batch_on_function_error=config.bisect_batch_on_function_error,
            ends_at=self._ends_at(work),
            schedule=self._poller.schedule,
        )

    def _after_report(self, work: Work, position: int) -> Decision:
        return stream_retry.after_partial_response(
            position,
            now=self._scheduler.now,
            size=len(work.records),
            invocations=work.invocations,
            maximum_retry_attempts=self._poller.config.maximum_retry_attempts,
            ends_at=self._ends_at(work),
            schedule=self._poller.schedule,
        )

    def _throttled(self, work: Work) -> None:
        work.throttles += 1
        retry = stream_retry.after_throttle(
            now=self._scheduler.now, throttles=work.throttles, ends_at=self._ends_at(work), schedule=self._poller.schedule
        )
        self._obey(work, retry)
        self.arm(retry.at)

    def _ends_at(self, work: Work) -> int:
        """When the batch can no longer be tried; a window's last invocation has as long as its last record would."""
        lifetime = self._poller.lifetime(self._reader.shard)
        if work.records:
            return lifetime.ends_at(work.records[0].arrival)
        end = self.windows.current.end if self.windows is not None and self.windows.current is not None else 0
        return lifetime.ends_at(end - self._scheduler.start)

    def _obey(self, work: Work, decision: Decision) -> None:
        shard_id, now = self._reader.shard.shard_id, self._scheduler.now
        who = self._poller.mapping.function.function_name
        if isinstance(decision, Retry):
            if work.is_final and now >= self._ends_at(work):
                self._done(work)
                return
            work.due = decision.at
            attempt = work.invocations + 1
            self._emit(RetryScheduled(now, who, work.request_id, attempt, decision.at, decision.rule))
        elif isinstance(decision, Bisect):
            left, right = work.records[: decision.left], work.records[decision.left :]
            self.works.popleft()
            self.works.extendleft(
                Work(part, self._poller.new_request_id()) for part in (right, left)
            )
            source = self._reader.shard.stream.name
            fact = BatchBisected(now, who, source, shard_id, work.request_id, len(left), len(right), decision.rule)
            self._emit(fact)
        elif isinstance(decision, Advance):
            self.works.popleft()
            self._end(work.records[: decision.processed])
            self.works.appendleft(Work(work.records[decision.processed :], self._poller.new_request_id()))
        elif isinstance(decision, Discard):
            self.works.popleft()
            if work.is_final and self.windows is not None:
                self.windows.close()
            else:
                self._poller.discard(self._reader.shard, work.records, work, decision)

    def _done(self, work: Work) -> None:
        self.works.popleft()
        self._end(work.records)
        if self.windows is not None:
            if work.is_final:
                self.windows.close()
            elif self.windows.must_end_early:
                self.works.appendleft(Work((), self._poller.new_request_id(), is_final=True, early=True))

    def _end(self, records: Sequence[Record]) -> None:
        for record in records:
            record.progress_for(self._poller.mapping).end("processed")
        self._poller.forget(records)

    def _say_delivered(self, work: Work) -> None:
        now, shard = self._scheduler.now, self._reader.shard
        age = now - work.records[-1].arrival if work.records else 0
        who = self._poller.mapping.function.function_name
        fact = RecordsDelivered(now, who, shard.stream.name, shard.shard_id, work.request_id, len(work.records), age)
        self._emit(fact)

    def _say_settled(self, work: Work, processed: int, outcome: str, rule: str) -> None:
        now, shard = self._scheduler.now, self._reader.shard
        who, size = self._poller.mapping.function.function_name, len(work.records)
        self._emit(
            StreamBatchSettled(
                now, who, shard.stream.name, shard.shard_id, work.request_id, size, processed, outcome, rule
            )
        )
