"""Reads a queue for a mapping: forms batches, invokes, and deletes or leaves what the answer says. (SQS-4, SQS-5)"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from pytest_lambda_modes import units
from pytest_lambda_modes.clock.scheduler import Timer
from pytest_lambda_modes.errors import ApiError, OverLimit, QueueDoesNotExist, ServiceException
from pytest_lambda_modes.events import sqs as event
from pytest_lambda_modes.filtering.matching import FilterCriteria
from pytest_lambda_modes.model import faults, limits
from pytest_lambda_modes.model.event_source_mapping_config import SqsMappingConfig
from pytest_lambda_modes.model.facts import BatchSettled, Injected, MessageDeadLettered, MessagesPolled
from pytest_lambda_modes.modes.polling import sqs_scaling
from pytest_lambda_modes.modes.polling.batch_response import read_report
from pytest_lambda_modes.modes.polling.event_source_mapping import EventSourceMapping
from pytest_lambda_modes.modes.polling.sqs_batch import Batch
from pytest_lambda_modes.modes.polling.throttle_retry import next_try
from pytest_lambda_modes.runtime.concurrency import RESERVED_EXHAUSTED
from pytest_lambda_modes.runtime.invocation import Invocation, Request
from pytest_lambda_modes.services.sqs_message import Message
from pytest_lambda_modes.services.sqs_queue import SqsQueue

_BEFORE, _BETWEEN, _AFTER = '{"Records": [', ", ", "]}"


class SqsPoller:
    """Greedy and immediate: takes what is visible as soon as a batch may be in flight. (ESM-7)

    It has one timer: for now while there is something to take, else for the moment at which a message becomes visible
    or a batching window ends.
    """

    def __init__(self, mapping: EventSourceMapping, queue: SqsQueue, config: SqsMappingConfig) -> None:
        self.mapping = mapping
        self.queue = queue
        self.batches: list[Batch] = []
        self.on_rest: list[Callable[[], object]] = []
        self._platform = mapping.platform
        self._hub = mapping.platform.hub
        self._scheduler = mapping.platform.hub.scheduler
        self._timer: Timer | None = None
        self._forming: list[Message] = []
        self._forming_since = 0
        self._running = 0
        self._number = 0
        self._delayed = False
        self._backlog_since: int | None = None
        self._lowered_by = 0
        self._texts: dict[Message, event.RecordText] = {}
        self.configure(config)
        queue.on_arrival.append(self._arrived)
        queue.on_dead_letter.append(self._dead_lettered)
        self.resume()

    def configure(self, config: SqsMappingConfig) -> None:
        """Use other settings from the next batch on."""
        self.config = config
        self._filters = FilterCriteria.parse(config.filter_criteria, "sqs")
        self._window = config.maximum_batching_window_in_seconds * units.SECOND

    def resume(self) -> None:
        """Read again, after the mapping was disabled."""
        if self.queue.next_visible_at() is not None:
            self._arm(self._scheduler.now)

    def pause(self) -> None:
        """Read no more. A batch that was forming is given up; its messages come back. What runs goes on. (ESM-9)"""
        self._forming.clear()

    def leave(self) -> None:
        """Have nothing to do with the queue any more."""
        self.pause()
        self.queue.on_arrival.remove(self._arrived)
        self.queue.on_dead_letter.remove(self._dead_lettered)

    @property
    def at_rest(self) -> bool:
        """Whether no message is in the queue, no batch is forming, and none is in flight."""
        return not self._running and not self._forming and self.queue.is_empty

    # Reading

    def _arrived(self) -> None:
        if self.mapping.state == "Enabled":
            self._arm(self._scheduler.now)

    def _arm(self, due: int) -> None:
        timer = self._timer
        if timer is not None:
            if timer.due <= due:
                return
            timer.cancel()
        self._timer = self._scheduler.at(due, self._poll, f"poll of {self.queue.name}")

    def _arm_for_more(self) -> None:
        due = self.queue.next_visible_at()
        if due is not None:
            self._arm(due)
        if due != self._scheduler.now:
            self._backlog_since = None

    def _poll(self) -> None:
        self._timer = None
        if self.mapping.state != "Enabled" or self._must_wait():
            return
        now = self._scheduler.now
        fault = self._fault()
        if isinstance(fault, faults.DelayedPoll) and not self._delayed:
            self._delayed = True
            self._say(fault)
            self._arm(now + units.from_timedelta(fault.by))
            return
        size = self.config.batch_size
        if isinstance(fault, faults.ShortBatch):
            size = min(size, fault.size)
        self._fill(size)
        if not self._forming:
            self._arm_for_more()
            self._tell_of_rest()
        elif len(self._forming) >= size or now >= self._forming_since + self._window:
            batch = self._forming
            self._forming = []
            self._arm_for_more()
            self._dispatch(batch)
        else:
            self._arm_for_more()
            self._arm(self._forming_since + self._window)

    def _must_wait(self) -> bool:
        """Whether as many batches as may be are in flight. The end of one of them polls again. (SQS-24, SQS-25)"""
        now = self._scheduler.now
        backlog_for = 0 if self._backlog_since is None else now - self._backlog_since
        if self._running < sqs_scaling.concurrency_limit(self.config, backlog_for, self._lowered_by):
            return False
        if self._backlog_since is None:
            self._backlog_since = now
        self._arm(now + sqs_scaling.next_growth(backlog_for))
        return True

    def _fill(self, size: int) -> None:
        """Take what is visible and passes the filters, up to the size of a batch."""
        forming = self._forming
        while len(forming) < size:
            try:
                messages = self.queue.poll(size - len(forming))
            except (OverLimit, QueueDoesNotExist):
                return
            if not messages:
                return
            admitted = self._filter(messages) if self._filters.patterns else messages
            if admitted and not forming:
                self._forming_since = self._scheduler.now
            forming += admitted
            self._tell_of_poll(len(messages), len(messages) - len(admitted))

    def _tell_of_poll(self, count: int, filtered: int) -> None:
        who = self.mapping.function.function_name
        rule = "FILT-6" if filtered else ""
        self._platform.emit(MessagesPolled(self._scheduler.now, who, self.queue.name, count, filtered, rule))

    def _filter(self, messages: list[Message]) -> list[Message]:
        """Those that match. The others are deleted, unseen. (SQS-28, FILT-6)"""
        admitted = []
        for message in messages:
            if self._filters.admits(json.loads(self._record(message))):
                admitted.append(message)
            else:
                self._texts.pop(message, None)
                self.queue.delete_message(self.queue.receipt_handle(message), filtered=True)
        return admitted

    # Invoking

    def _dispatch(self, messages: list[Message]) -> None:
        """Send a batch to the function; several smaller ones if it is over 6 MB. (SQS-29)"""
        first, *others = [self._batch(part, payload) for part, payload in self._split(messages)]
        self._running += 1 + len(others)
        for batch in others:
            self._scheduler.at(self._scheduler.now, partial(self._invoke, batch), "batch")
        self._invoke(first)

    def _split(self, messages: list[Message]) -> Iterator[tuple[list[Message], bytes]]:
        part: list[Message] = []
        texts: list[str] = []
        room = limits.SYNC_REQUEST_BYTES - len(_BEFORE) - len(_AFTER)
        size = 0
        for message in messages:
            text = self._record(message)
            length = len(text) + len(_BETWEEN)
            if texts and size + length > room:
                yield part, _payload(texts)
                part, texts, size = [], [], 0
            part.append(message)
            texts.append(text)
            size += length
        yield part, _payload(texts)

    def _batch(self, messages: list[Message], payload: bytes) -> Batch:
        self._number += 1
        self._delayed = False
        batch = Batch(self._number, messages, payload, self._platform.identifiers.uuid("request"))
        self.batches.append(batch)
        return batch

    def _record(self, message: Message) -> str:
        text = self._texts.get(message)
        if text is None:
            attributes = message.attributes
            del attributes["ApproximateReceiveCount"]
            text = self._texts[message] = event.record_text(
                message_id=message.message_id,
                body=message.body,
                attributes=attributes,
                message_attributes=message.message_attributes,
                md5_of_message_attributes=message.md5_of_message_attributes,
                md5_of_body=message.md5_of_body,
                event_source_arn=self.queue.arn,
                always_with_md5_of_message_attributes=self._window > 0,
            )
        handle = self.queue.receipt_handle(message)
        return f"{text.before_handle}{handle}{text.before_count}{message.receive_count}{text.after_count}"

    def _invoke(self, batch: Batch, tries: int = 1) -> None:
        function = self.mapping.function
        fault = self.config.faults.get(batch.number) if self.config.faults and tries == 1 else None
        if fault is not None and not isinstance(fault, faults.DelayedPoll):
            self._say(fault)
        try:
            if isinstance(fault, faults.Throttle):
                raise function.throttle(batch.request_id, RESERVED_EXHAUSTED)
            if isinstance(fault, faults.ServiceError):
                raise ServiceException("An error occurred in the Lambda service.")
            if isinstance(fault, faults.RecycledEnvironment):
                function.recycle()
            invocation = function.begin(self._request(batch, fault))
        except ApiError:
            self._turned_away(batch, tries)
            return
        if isinstance(fault, faults.DuplicateDelivery):
            due = self._scheduler.now + units.from_timedelta(fault.after)
            self._scheduler.at(due, partial(self._deliver_again, batch.records), "duplicate delivery")
        delete_fails = isinstance(fault, faults.FailedDelete)
        self._hub.start(
            lambda: self._run(batch, invocation, delete_fails), invocation.ends_by, owner=self.mapping
        )

    def _request(self, batch: Batch, fault: faults.Fault | None) -> Request:
        return Request(
            batch.payload,
            batch.request_id,
            "poll",
            self.mapping.qualifier,
            lineage=_lineage(batch.records),
            kill=fault if isinstance(fault, faults.Kill) else None,
        )

    def _turned_away(self, batch: Batch, tries: int) -> None:
        """The function could not be invoked: try again while the messages are hidden, then let them come back. (SQS-27)"""
        hidden_until = min(map(self.queue.hidden_until, batch.records))
        due = next_try(self._scheduler.now, tries, hidden_until)
        if due is not None:
            self._scheduler.at(due, partial(self._invoke, batch, tries + 1), "throttled batch")
        else:
            self._running -= 1
            self._close(batch, "throttled", batch.records, "SQS-27")

    def _deliver_again(self, messages: Sequence[Message]) -> None:
        """The same messages reach the function once more, whatever has become of them. (ESM-1)"""
        self.queue.receive_again(messages)
        self._tell_of_poll(len(messages), 0)
        self._dispatch(list(messages))

    def _run(self, batch: Batch, invocation: Invocation, delete_fails: bool) -> None:
        outcome = invocation.execute()
        batch.ran_as(invocation)
        self._running -= 1
        failed: Sequence[Message] = ()
        result, rule = "success", "SQS-4"
        if outcome.kind != "success":
            failed, result, rule = batch.records, outcome.kind, "SQS-5"
            if not self.config.reports_batch_item_failures:
                self._lowered_by += 1
        elif self.config.reports_batch_item_failures:
            by_id = {message.message_id: message for message in batch.records}
            report = read_report(outcome.payload, by_id)
            if report.failed is None:
                failed, result, rule = batch.records, "malformed_report", "SQS-12"
            elif report.failed:
                failed = [by_id[identifier] for identifier in report.failed]
                result, rule = "partial_failure", "SQS-11"
        if delete_fails and result in ("success", "partial_failure"):
            failed, rule = batch.records, "SQS-32"
        self._close(batch, result, failed, rule)

    def _close(self, batch: Batch, outcome: str, failed: Sequence[Message], rule: str) -> None:
        """Delete what did not fail; the rest comes back when it becomes visible. (SQS-5, SQS-11)"""
        batch.outcome = outcome
        batch.failed = list(failed)
        deleted = 0
        if len(failed) < len(batch.records):
            coming_back = set(failed)
            for message, handle in zip(batch.records, batch.receipt_handles, strict=True):
                if message not in coming_back and handle is not None:
                    deleted += self._delete(message, handle)
        self._platform.emit(
            BatchSettled(
                self._scheduler.now,
                self.mapping.function.function_name,
                self.queue.name,
                batch.request_id,
                len(batch.records),
                deleted,
                len(failed),
                outcome,
                rule,
            )
        )
        if self.mapping.state == "Enabled":
            self._arm_for_more()
        self._tell_of_rest()

    def _delete(self, message: Message, handle: str) -> bool:
        """Delete with the handle of this batch's receive. On a FIFO queue it may have expired. (SQS-19, SQS-32)"""
        try:
            self.queue.delete_message(handle)
        except ApiError:
            return False
        self._texts.pop(message, None)
        return True

    # Telling

    def _fault(self) -> faults.Fault | None:
        return self.config.faults.get(self._number + 1) if self.config.faults else None

    def _say(self, fault: faults.Fault) -> None:
        self._platform.emit(Injected(self._scheduler.now, self.mapping.function.function_name, str(fault), fault.rule))

    def _dead_lettered(self, message: Message) -> None:
        self._texts.pop(message, None)
        letter = message.dead_letter
        target = "" if letter is None else letter.queue.name
        now, count = self._scheduler.now, message.receive_count
        self._platform.emit(
            MessageDeadLettered(now, self.queue.name, message.message_id, f"sqs:{target}", count, "SQS-8")
        )

    def _tell_of_rest(self) -> None:
        if self.on_rest and self.at_rest:
            listeners, self.on_rest = self.on_rest, []
            for listener in listeners:
                listener()


def _payload(texts: list[str]) -> bytes:
    return f"{_BEFORE}{_BETWEEN.join(texts)}{_AFTER}".encode()


def _lineage(messages: Sequence[Message]) -> dict[str, int] | None:
    """The invocations that led to a batch: by function, the most of any of its messages. (ESM-10)"""
    merged: dict[str, int] = {}
    for message in messages:
        for name, count in (message.lineage or {}).items():
            merged[name] = max(merged.get(name, 0), count)
    return merged or None
