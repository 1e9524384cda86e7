"""Topics and queues as state machines: whatever is sent, throttled, changed and waited for, their laws hold.

The laws: the records of a partition arrive in order, and none before those ahead of it are done with; one batch of a
partition is in flight at a time; every record ends exactly once, processed, discarded with a reason that a destination
hears of, filtered, or expired; what has ended stays so; committed offsets never go back, and end behind everything; and
the same world with the same seed happens in the same way.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pytest_lambda_modes.harness.lambda_modes import LambdaModes
from pytest_lambda_modes.harness.settings import HarnessSettings
from pytest_lambda_modes.services.kafka_topic import KafkaRecord

FOR_EVER = 10**6
UNWANTED = "unwanted"


def begin_world() -> LambdaModes:
    modes = LambdaModes(HarnessSettings.build("test", leftovers="ignore", seed="world"))
    modes.start()
    return modes


@dataclass
class World:
    """A topic with its mapping. The handler fails for a record as often as its value says, and tells if reports do."""

    partitions: int
    config: dict[str, Any]
    records: dict[int, KafkaRecord] = field(default_factory=dict)
    failures_left: dict[int, int] = field(default_factory=dict)
    succeeded: list[int] = field(default_factory=list)
    in_flight: set[str] = field(default_factory=set)
    committed: dict[int, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.modes = begin_world()
        self.function = self.modes.function(self.handle, timeout=5)
        self.orders = self.modes.event_source.msk(
            self.function,
            starting_position="TRIM_HORIZON",
            num_partitions=self.partitions,
            retention_ms=86_400_000,
            on_failure="sqs:lost",
            **self.config,
        )
        self.reports = "function_response_types" in self.config

    # The handler

    def handle(self, event: Any, context: Any) -> Any:
        by_partition = {
            name: [json.loads(base64.b64decode(each["value"]))["n"] for each in records]
            for name, records in event["records"].items()
        }
        twice = self.in_flight & by_partition.keys()
        if twice:
            self.broken.append(f"two batches of {twice} at once")
        self.in_flight |= by_partition.keys()
        for numbers in by_partition.values():
            self.check_order(numbers)
        every = [number for numbers in by_partition.values() for number in numbers]
        time.sleep(sum(self.records[number].json()["takes"] for number in every))
        self.in_flight -= by_partition.keys()
        failing = [number for number in every if self.failures_left[number]]
        for number in failing:
            self.failures_left[number] -= 1
        if failing and not self.reports:
            raise ValueError(f"{len(failing)} records failed")
        for numbers in by_partition.values():
            lowest = min((numbers.index(number) for number in numbers if number in failing), default=len(numbers))
            self.succeeded += numbers[:lowest]
        places = [{"partition": self.records[n].shard_id, "offset": self.records[n].offset} for n in failing]
        return {"batchItemFailures": [{"itemIdentifier": place} for place in reversed(places)]}

    def check_order(self, numbers: list[int]) -> None:
        for place, number in enumerate(numbers):
            record = self.records[number]
            if record.state != "pending":
                self.broken.append(f"{number} was delivered and is {record.state}")
            for other, each in self.records.items():
                is_ahead = other < number and each.shard is record.shard
                if is_ahead and each.state == "pending" and other not in numbers[:place]:
                    self.broken.append(f"{number} was delivered before {other}")

    # What a test does

    def send(self, partition: int, fails: int, takes: int, wanted: bool) -> None:
        number = len(self.records)
        self.failures_left[number] = fails
        kind = "order" if wanted else UNWANTED
        value = {"n": number, "takes": takes, "kind": kind}
        self.records[number] = self.orders.send(value, partition=partition % self.partitions)

    def advance(self, seconds: float) -> None:
        self.modes.clock.advance(seconds=seconds)

    def enable(self, enabled: bool) -> None:
        self.orders.update(enabled=enabled)

    def throttle(self, throttled: bool) -> None:
        self.function.update_configuration(reserved_concurrent_executions=0 if throttled else None)

    def update(self, batch_size: int, pollers: int) -> None:
        self.orders.update(batch_size=batch_size, minimum_pollers=pollers, maximum_pollers=pollers + 1)

    def end(self) -> None:
        self.throttle(False)
        self.enable(True)
        self.orders.drain()


class KafkaMachine(RuleBasedStateMachine):
    world: World

    @initialize(
        partitions=st.integers(1, 4),
        batch_size=st.integers(1, 6),
        window=st.sampled_from([0, 0, 3]),
        retries=st.integers(-1, 2),
        age=st.sampled_from([-1, 60]),
        bisect=st.booleans(),
        reports=st.booleans(),
        filters=st.booleans(),
        pollers=st.integers(1, 3),
    )
    def begin(self, partitions, batch_size, window, retries, age, bisect, reports, filters, pollers):
        config = {
            "batch_size": batch_size,
            "maximum_batching_window_in_seconds": window,
            "maximum_retry_attempts": retries,
            "maximum_record_age_in_seconds": age,
            "bisect_batch_on_function_error": bisect,
            "minimum_pollers": pollers,
        }
        if reports:
            config["function_response_types"] = ["ReportBatchItemFailures"]
        if filters:
            config["filter_criteria"] = [{"value": {"kind": ["order"]}}]
        self.world = World(partitions, config)
        self.steps = []
        self.ended = {}

    def do(self, what, *given):
        self.steps.append((what, given))
        getattr(self.world, what)(*given)

    @rule(
        count=st.integers(1, 6),
        partition=st.integers(0, 3),
        fails=st.sampled_from([0, 0, 0, 1, 3, FOR_EVER]),
        takes=st.sampled_from([0, 0, 1]),
        wanted=st.sampled_from([True, True, False]),
    )
    def send(self, count, partition, fails, takes, wanted):
        self.do("send", partition, fails, takes, wanted)
        for each in range(1, count):
            self.do("send", partition + each, 0, 0, True)

    @rule(seconds=st.sampled_from([0, 0.5, 1, 7, 130, 13 * 3600]))
    def advance(self, seconds):
        self.do("advance", seconds)

    @rule(enabled=st.booleans())
    def enable(self, enabled):
        self.do("enable", enabled)

    @rule(throttled=st.booleans())
    def throttle(self, throttled):
        self.do("throttle", throttled)

    @rule(batch_size=st.integers(1, 6), pollers=st.integers(1, 4))
    def update(self, batch_size, pollers):
        self.do("update", batch_size, pollers)

    @invariant()
    def nothing_is_broken(self):
        assert self.world.broken == []

    @invariant()
    def what_has_ended_stays_so(self):
        for number, record in self.world.records.items():
            state = record.state
            assert self.ended.get(number, state) == state
            if state != "pending":
                self.ended[number] = state

    @invariant()
    def offsets_do_not_go_back(self):
        world = self.world
        for partition, offset in world.orders.committed_offsets.items():
            assert offset >= world.committed.get(partition, 0)
        world.committed = world.orders.committed_offsets

    @invariant()
    def what_is_committed_has_ended(self):
        committed = self.world.orders.committed_offsets
        for record in self.world.records.values():
            assert record.offset >= committed[record.partition] or record.state != "pending"

    def teardown(self):
        world = self.world
        try:
            world.end()
            assert world.broken == []
            self.what_has_ended_stays_so()
            self.offsets_do_not_go_back()
            self.check_ends()
        finally:
            world.modes.stop()
        self.check_again()

    def check_ends(self):
        world = self.world
        states = {number: record.state for number, record in world.records.items()}
        assert "pending" not in states.values()
        assert sorted(world.succeeded) == sorted(number for number, state in states.items() if state == "processed")
        for number, record in world.records.items():
            unwanted = "filter_criteria" in world.config and record.json()["kind"] == UNWANTED
            assert (states[number] == "filtered") <= unwanted
            assert not (unwanted and record.attempts)
            assert (record.discard_reason is not None) == (states[number] == "discarded")
        told = [message.json()["KafkaBatchInfo"] for message in world.modes.queue("lost").messages]
        assert sum(each["batchSize"] for each in told) == [*states.values()].count("discarded")
        # What left the topic unread needs no commit.
        for number, record in world.records.items():
            if record.offset >= world.orders.committed_offsets[record.partition]:
                assert states[number] == "expired"
        assert world.orders.offset_lag == 0
        assert not world.orders.untried

    def check_again(self):
        """The same steps with the same seed are the same world, fact by fact."""
        again = World(self.world.partitions, self.world.config)
        try:
            for what, arguments in self.steps:
                getattr(again, what)(*arguments)
            again.end()
            assert str(again.modes.timeline) == str(self.world.modes.timeline)
        finally:
            again.modes.stop()


TestKafka = KafkaMachine.TestCase
TestKafka.settings = settings(deadline=None, derandomize=True, max_examples=80, stateful_step_count=25)


@given(
    kind=st.sampled_from(["activemq", "rabbitmq"]),
    batch_size=st.integers(1, 4),
    filters=st.booleans(),
    messages=st.lists(
        st.tuples(
            st.sampled_from([0, 0, 1, 3]), st.sampled_from([None, 1_000, 20_000]), st.booleans(), st.integers(0, 5)
        ),
        max_size=12,
    ),
)
@settings(deadline=None, derandomize=True, max_examples=100)
def test_messages_of_a_queue_end_once_and_in_order(kind, batch_size, filters, messages):
    """Processed, filtered or expired; no message is acknowledged before those sent before it are done with."""
    seen: list[int] = []
    failures = {number: fails for number, (fails, *_) in enumerate(messages)}
    sent = []

    def handler(event, context):
        [texts] = event["rmqMessagesByQueue"].values() if kind == "rabbitmq" else [event["messages"]]
        numbers = [json.loads(base64.b64decode(each["data"]))["n"] for each in texts]
        assert [each["redelivered"] for each in texts] == [sent[number].attempts > 1 for number in numbers]
        failing = [number for number in numbers if failures[number]]
        for number in failing:
            failures[number] -= 1
        if failing:
            raise ValueError(f"{failing} failed")
        seen.extend(numbers)

    modes = begin_world()
    try:
        criteria = {"filter_criteria": [{"data": {"kind": ["order"]}}]} if filters else {}
        source = modes.event_source(kind, modes.function(handler), batch_size=batch_size, **criteria)
        send, lifetime = (source.send, "time_to_live") if kind == "activemq" else (source.publish, "expiration")
        for number, (_, expires, wanted, pause) in enumerate(messages):
            body = {"n": number, "kind": "order" if wanted else UNWANTED}
            sent.append(send(body, **({} if expires is None else {lifetime: expires})))
            modes.clock.advance(seconds=pause)
        source.drain()
        states = [message.state for message in sent]
        assert seen == [number for number, state in enumerate(states) if state == "processed"]
        for (_, expires, wanted, _), state in zip(messages, states, strict=True):
            assert state in ("processed", "expired", "filtered")
            assert (state == "filtered") <= (filters and not wanted)
            assert (state == "expired") <= (expires is not None)
        assert source.queue.messages == []
    finally:
        modes.stop()
