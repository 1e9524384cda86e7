"""Whatever happens to a queue and its mapping, in whatever order: what AWS promises is kept.

No message is lost or invented. One is deleted after a success that covers it, by a filter or by a purge, and never
else. A group is delivered in order, one batch at a time. A receive is a delivery to the function, or was lost before
it. A run repeats to the letter.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pytest_lambda_modes import PurgeQueueInProgress, faults
from pytest_lambda_modes.harness.lambda_modes import LambdaModes
from pytest_lambda_modes.harness.settings import HarnessSettings
from pytest_lambda_modes.units import SECOND

VISIBILITY_TIMEOUT = 30
RETENTION = 300
MAX_RECEIVE_COUNT = 3
UNWANTED = "unwanted"
DELAYS = (faults.Throttle, faults.ServiceError, faults.FailedDelete)

script = st.dictionaries(
    st.integers(1, 12),
    st.one_of(
        st.just(faults.Throttle()),
        st.just(faults.ServiceError()),
        st.just(faults.FailedDelete()),
        st.just(faults.RecycledEnvironment()),
        st.just(faults.Kill()),
        st.just(faults.DelayedPoll(by=dt.timedelta(seconds=7))),
        st.builds(faults.ShortBatch, size=st.integers(1, 3)),
    ),
    max_size=4,
)


def group_of(record: Any) -> str:
    return str(record["attributes"].get("MessageGroupId", ""))


def sequence_number(record: Any) -> str:
    return str(record["attributes"]["SequenceNumber"])


class Handler:
    """Does with each message what the message says, and keeps what it was given."""

    def __init__(self, sleep: Callable[[int], object]) -> None:
        self.sleep = sleep
        self.delivered: list[dict[str, Any]] = []
        self.running: Counter[str] = Counter()
        self.succeeded: set[str] = set()

    def __call__(self, event: Any, context: Any) -> Any:
        records = event["Records"]
        groups = set(map(group_of, records))
        self.delivered += records
        assert not groups - {""} & self.running.keys(), "a group has one batch in flight at most"
        for group in groups - {""}:
            numbers = [sequence_number(record) for record in records if group_of(record) == group]
            assert numbers == sorted(numbers), "a group is in order within a batch"
        self.running.update(groups - {""})
        try:
            return self.work(records)
        finally:
            for group in groups - {""}:
                del self.running[group]

    def work(self, records: Any) -> Any:
        orders = [record["body"].split() for record in records]
        self.sleep(max(int(seconds) for _, seconds, *_ in orders))
        if any(what == "raise" for what, *_ in orders):
            raise RuntimeError("raise")
        failed = self.reported(records, orders)
        self.succeeded |= {record["messageId"] for record in records} - set(failed)
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}

    def reported(self, records: Any, orders: Any) -> list[str]:
        return [record["messageId"] for record, (what, *_) in zip(records, orders, strict=True) if what == "report"]


class FifoHandler(Handler):
    """Reports all that follows a failure in its group, too."""

    def reported(self, records: Any, orders: Any) -> list[str]:
        stopped: set[str] = set()
        failed = []
        for record, (what, *_) in zip(records, orders, strict=True):
            if what == "report" or group_of(record) in stopped:
                stopped.add(group_of(record))
                failed.append(record["messageId"])
        return failed


class SourceMachine(RuleBasedStateMachine):
    fifo = False
    handler: type[Handler] = Handler

    @initialize(
        faults=script,
        batch_size=st.integers(1, 5),
        reserved=st.sampled_from([None, 1, 3]),
        concurrency=st.sampled_from([None, 2]),
        window=st.sampled_from([0, 0, 10, 45]),
    )
    def make(self, faults: Any, batch_size: int, reserved: int | None, concurrency: int | None, window: int) -> None:
        # Nothing of the process is frozen for it, which would cost more than all the rest.
        self.modes = LambdaModes(HarnessSettings.build("machine", seed="machine"))
        hub = self.modes._hub
        self.work = self.handler(lambda seconds: hub.wait_until(hub.scheduler.now + seconds * SECOND))
        function = self.modes.function(
            self.work, function_name="worker", timeout=20, reserved_concurrent_executions=reserved
        )
        self.source = self.modes.event_source.sqs(
            function,
            fifo=self.fifo,
            batch_size=batch_size,
            maximum_batching_window_in_seconds=0 if self.fifo else window,
            maximum_concurrency=concurrency,
            visibility_timeout=VISIBILITY_TIMEOUT,
            message_retention_period=RETENTION,
            max_receive_count=MAX_RECEIVE_COUNT,
            function_response_types=["ReportBatchItemFailures"],
            filter_criteria=[{"body": [{"anything-but": {"prefix": UNWANTED}}]}],
            faults=faults,
        )
        self.source.dead_letter_queue.set_attributes(message_retention_period=1_209_600)
        self.window = self.source.mapping.config.maximum_batching_window_in_seconds
        # Whether each batch runs, and is settled, before its messages are visible again.
        self.settles_in_time = (
            reserved is None and not self.window and not any(isinstance(fault, DELAYS) for fault in faults.values())
        )
        self.all: list[Any] = []
        self.purged: set[Any] = set()
        self.sent = 0

    def send_one(self, body: str, group: str, delay: int) -> None:
        self.sent += 1
        text = f"{body} {self.sent}"
        if self.fifo:
            message = self.source.send(text, message_group_id=group, message_deduplication_id=str(self.sent))
        else:
            message = self.source.send(text, delay_seconds=delay)
        self.all.append(message)

    @rule(
        what=st.sampled_from(["fine", "fine", "fine", "raise", "report", UNWANTED]),
        seconds=st.sampled_from([0, 0, 5, 25]),
        group=st.sampled_from("abc"),
        delay=st.sampled_from([0, 0, 7]),
        count=st.integers(1, 4),
    )
    def send(self, what: str, seconds: int, group: str, delay: int, count: int) -> None:
        """25 seconds are more than the function's timeout."""
        for _ in range(count):
            self.send_one(f"{what} {seconds}", group, delay)

    @rule(seconds=st.sampled_from([0, 1, 4, 15, 31]))
    def advance(self, seconds: int) -> None:
        self.modes.clock.advance(seconds=seconds)

    @rule()
    def drain(self) -> None:
        self.source.drain()
        assert self.source.queue.messages == []
        assert all(message.settled for message in self.all)
        assert all(batch.outcome is not None for batch in self.source.batches)

    @rule(seconds=st.sampled_from([0, 10, 60]), choice=st.integers(0, 99))
    def change_visibility(self, seconds: int, choice: int) -> None:
        in_flight = [message for message in self.all if message.state == "in_flight"]
        if in_flight and not self.fifo:
            message = in_flight[choice % len(in_flight)]
            self.source.queue.change_message_visibility(message.receipt_handle, seconds)

    @rule()
    def redrive(self) -> None:
        letters = self.source.dead_letter_queue
        known = set(self.source.queue.messages)
        moved = letters.approximate_number_of_messages_visible
        letters.redrive()
        again = [message for message in self.source.queue.messages if message not in known]
        assert len(again) == moved
        self.all += again

    @rule()
    def purge(self) -> None:
        messages = self.source.queue.messages
        try:
            self.source.queue.purge()
        except PurgeQueueInProgress:
            return
        self.purged |= set(messages)

    @rule()
    def stop_and_go(self) -> None:
        self.source.disable()
        self.modes.clock.advance(seconds=1)
        self.source.enable()

    @invariant()
    def no_message_is_lost_or_invented(self) -> None:
        states = Counter(message.state for message in self.all)
        here = states["available"] + states["in_flight"] + states["delayed"]
        assert here == len(self.source.queue.messages)
        letters = [message.dead_letter for message in self.all if message.state == "dead_lettered"]
        assert None not in letters
        assert set(self.source.dead_letter_queue.messages) <= set(letters)
        assert {each.dead_letter for each in self.all} - {None} == set(letters)

    @invariant()
    def no_assertion_failed_in_the_handler(self) -> None:
        assert self.modes.failed_assertion() is None

    @invariant()
    def a_message_is_deleted_for_a_reason(self) -> None:
        for message in self.all:
            if message.state == "deleted":
                assert message.message_id in self.work.succeeded or message in self.purged
            elif message.state == "filtered":
                assert message.body.startswith(UNWANTED)
            elif message.state == "dead_lettered":
                assert message.receive_count == MAX_RECEIVE_COUNT

    @invariant()
    def a_success_is_the_end_of_its_messages(self) -> None:
        for batch in self.source.batches if self.settles_in_time else ():
            if batch.outcome in ("success", "partial_failure"):
                assert {message.state for message in batch.records if message not in batch.failed} <= {
                    "deleted",
                    "expired",
                }

    @invariant()
    def a_receive_is_a_delivery_or_was_lost_before_it(self) -> None:
        delivered = Counter(record["messageId"] for record in self.work.delivered)
        in_batches = Counter(message.message_id for batch in self.source.batches for message in batch.records)
        never_ran = Counter(
            message.message_id
            for batch in self.source.batches
            if batch.outcome == "throttled" or batch.outcome is None
            for message in batch.records
        )
        for message in self.all:
            identifier = message.message_id
            assert message.receive_count == len(message.receives)
            assert message.receive_count >= in_batches[identifier] >= delivered[identifier]
            assert in_batches[identifier] - never_ran[identifier] <= delivered[identifier]
            if message.state == "filtered":
                assert delivered[identifier] == 0
            if self.window == 0:
                # Nothing is lost while a batch forms.
                assert message.receive_count == in_batches[identifier] + (message.state == "filtered")

    def teardown(self) -> None:
        if hasattr(self, "all"):
            self.source.drain()
            self.no_assertion_failed_in_the_handler()
            self.a_success_is_the_end_of_its_messages()
            self.no_message_is_lost_or_invented()
            self.a_message_is_deleted_for_a_reason()
            self.a_receive_is_a_delivery_or_was_lost_before_it()


class StandardSourceMachine(SourceMachine):
    """A standard queue."""


class FifoSourceMachine(SourceMachine):
    """A FIFO queue, where order is kept as well."""

    fifo = True
    handler = FifoHandler

    @invariant()
    def groups_are_delivered_in_order(self) -> None:
        """A message is first delivered after all that stand before it in its group, or they have left the queue."""
        first: dict[str, int] = {}
        for position, record in enumerate(self.work.delivered):
            first.setdefault(record["messageId"], position)
        last_sequence: dict[str, str] = {}
        for record in sorted(self.work.delivered, key=lambda record: first[record["messageId"]]):
            group, number = group_of(record), sequence_number(record)
            assert last_sequence.get(group, "") <= number
            last_sequence[group] = number


properties = settings(deadline=None, derandomize=True, max_examples=100, stateful_step_count=30)

TestStandardSource = pytest.mark.rule("SQS-4", "SQS-5", "SQS-11")(StandardSourceMachine.TestCase)
TestStandardSource.settings = properties
TestFifoSource = pytest.mark.rule("SQS-16", "SQS-17")(FifoSourceMachine.TestCase)
TestFifoSource.settings = properties


@settings(deadline=None, derandomize=True, max_examples=50)
@given(
    sends=st.lists(
        st.tuples(st.sampled_from(["fine 0", "fine 5", "raise 0", "report 5"]), st.sampled_from([0, 7, 40]))
    ),
    script=script,
    batch_size=st.integers(1, 5),
)
def test_the_same_seed_makes_the_same_timeline(sends: Any, script: Any, batch_size: int) -> None:
    """Every fact, at its instant, with its ids, whatever goes wrong."""

    def facts() -> list[Any]:
        modes = LambdaModes(HarnessSettings.build("machine", seed="machine"))
        hub = modes._hub
        work = Handler(lambda seconds: hub.wait_until(hub.scheduler.now + seconds * SECOND))
        source = modes.event_source.sqs(
            work,
            timeout=20,
            batch_size=batch_size,
            max_receive_count=MAX_RECEIVE_COUNT,
            function_response_types=["ReportBatchItemFailures"],
            faults=script,
        )
        for number, (body, delay) in enumerate(sends):
            source.send(f"{body} {number}", delay_seconds=delay)
        source.drain()
        return list(modes.timeline)

    assert facts() == facts()
