"""Brings batches to the function, and settles each by what comes of that. (SQS-4, SQS-5, SQS-27)"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from pytest_lambda_modes import units
from pytest_lambda_modes.errors import ApiError, ResourceNotFoundException
from pytest_lambda_modes.model import faults
from pytest_lambda_modes.model.event_source_mapping_config import SqsMappingConfig
from pytest_lambda_modes.model.outcome import Outcome
from pytest_lambda_modes.modes.polling import faulty_begin, sqs_hazards, sqs_settlement
from pytest_lambda_modes.modes.polling.sqs_batch import Batch
from pytest_lambda_modes.modes.polling.sqs_mapping import SqsMapping
from pytest_lambda_modes.modes.polling.sqs_scaling import SqsScaling
from pytest_lambda_modes.modes.polling.sqs_settlement import Settlement
from pytest_lambda_modes.modes.polling.throttle_retry import next_try
from pytest_lambda_modes.runtime.invocation import Invocation
from pytest_lambda_modes.services.sqs_message import Message

_FAULTS_OF_POLLS = (faults.DelayedPoll, faults.ShortBatch)


class SqsInvoker:
    """`batches` are those of one mapping, in order. `on_settled` is called whenever one is over, with the number of
    messages that were deleted.

    `duplicates_to_come` counts the deliveries that the test wants besides, and that have not begun.
    """

    def __init__(self, mapping: SqsMapping, scaling: SqsScaling, on_settled: Callable[[int], object]) -> None:
        self.batches: list[Batch] = []
        self.duplicates_to_come = 0
        self._mapping = mapping
        self._queue = mapping.queue
        self._scaling = scaling
        self._on_settled = on_settled
        self._hub = mapping.platform.hub
        self._scheduler = mapping.platform.hub.scheduler

    def deliver(self, received: dict[Message, int], *, polled: bool = True) -> None:
        """Invoke the function with a batch, which counts as in flight already: messages, and which receive of each.

        What was not `polled` has no fault of a poll, whatever its number.
        """
        mapping, fault = self._mapping, None
        request_id, number = mapping.platform.identifiers.uuid("request"), len(self.batches) + 1
        batch = Batch(number, mapping.function.function_name, received, mapping.records, request_id, mapping.qualifier)
        self.batches.append(batch)
        mapping.hazards.examine()
        if mapping.config.faults:
            fault = mapping.fault_of(number)
            # Of a delay is told where it is obeyed.
            if fault is not None and not isinstance(fault, faults.DelayedPoll if polled else _FAULTS_OF_POLLS):
                mapping.say_injected(fault)
        self._try(batch, 1, fault)

    # Invoking

    def _try(self, batch: Batch, tries: int, fault: faults.Fault | None = None) -> None:
        mapping = self._mapping
        function = mapping.function
        batch._qualifier = mapping.qualifier
        if batch._lineage is not None and function.is_stopped_as_recursive(batch._lineage):
            mapping.say_recursion_stopped(batch.request_id)
            self._settle(batch, sqs_settlement.RECURSIVE)
            return
        if isinstance(fault, faults.DuplicateDelivery):
            self.duplicates_to_come += 1
            due = self._scheduler.now + units.from_timedelta(fault.after)
            self._scheduler.at(due, partial(self._deliver_again, list(batch.records)), "duplicate delivery")
        try:
            invocation = function.begin(batch) if fault is None else faulty_begin.begin(function, batch, 1, fault)
        except ResourceNotFoundException:
            self._settle(batch, sqs_settlement.NOT_FOUND)
        except ApiError:
            self._turned_away(batch, tries)
        else:
            delete_fails = fault is not None and isinstance(fault, faults.FailedDelete)
            run = partial(self._run, batch, invocation, mapping.config, delete_fails)
            self._hub.start(run, invocation.ends_by, mapping)

    def _turned_away(self, batch: Batch, tries: int) -> None:
        """Try again while the messages are hidden, then let them come back. (SQS-27)"""
        hidden_until = min(map(self._queue.hidden_until, batch.records))
        due, name = next_try(self._scheduler.now, tries, hidden_until), f"throttled batch of {self._queue.name}"
        if due is None:
            self._scheduler.at(hidden_until, partial(self._settle, batch, sqs_settlement.THROTTLED), name)
        else:
            self._scheduler.at(due, partial(self._try, batch, tries + 1), name)

    def _deliver_again(self, messages: list[Message]) -> None:
        """The same messages reach the function once more, whatever has become of them. (ESM-1)"""
        self.duplicates_to_come -= 1
        self._queue.receive_again(messages)
        self._mapping.say_polled(len(messages), 0)
        self._scaling.in_flight += 1
        self.deliver({message: message.receive_count for message in messages}, polled=False)

    # Settling

    def _run(self, batch: Batch, invocation: Invocation, config: SqsMappingConfig, delete_fails: bool) -> None:
        outcome = invocation.execute()
        batch.ran_as(invocation)
        reports = config.reports_batch_item_failures
        identifiers = {message.message_id for message in batch.records} if reports else frozenset()
        settlement = sqs_settlement.settle(outcome, identifiers, reports_batch_item_failures=reports)
        if outcome.kind == "success":
            self._scaling.succeeded()
            self._look_for_hazards(batch, config, outcome, settlement)
        else:
            self._scaling.failed(config, self._scheduler.now)
        self._settle(batch, settlement, delete_fails)

    def _look_for_hazards(
        self, batch: Batch, config: SqsMappingConfig, outcome: Outcome, settlement: Settlement
    ) -> None:
        hazards = self._mapping.hazards
        if settlement.complaint:
            hazards.say("HAZ-7", settlement.complaint)
        elif settlement.failed and config.fifo:
            in_order = [(message.message_id, message.message_group_id) for message in batch.records]
            hazards.say_all(sqs_hazards.of_report(settlement.failed, in_order))
        elif not config.reports_batch_item_failures:
            hazards.say_all(sqs_hazards.of_unread_answer(outcome.payload))

    def _settle(self, batch: Batch, settlement: Settlement, delete_fails: bool = False) -> None:
        """Delete what did not fail; the rest comes back when it becomes visible. (SQS-5, SQS-11, SQS-32)"""
        batch.settled_as(settlement.outcome, settlement.failed)
        deleted = 0 if delete_fails or settlement.failed is None else self._delete_all_but(settlement.failed, batch)
        self._mapping.say_settled(batch, deleted, "SQS-32" if delete_fails else settlement.rule)
        self._scaling.in_flight -= 1
        self._on_settled(deleted)

    def _delete_all_but(self, failed: Collection[str], batch: Batch) -> int:
        done = [
            (message, receive)
            for message, receive in zip(batch.records, batch.receives, strict=True)
            if not failed or message.message_id not in failed
        ]
        return self._queue.delete_received(done)
