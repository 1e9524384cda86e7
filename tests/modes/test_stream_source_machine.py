"""Random worlds of a stream and its mapping: whatever is put, split, disabled, throttled and waited for, its laws hold.

The laws: a key's records arrive in order, and none before those ahead of it are done with; so many batches of a shard
at a time as lanes; every record ends exactly once, processed, discarded with a reason that a destination hears of,
filtered, or expired; what has ended stays so; windows count what was processed, no more and no less; and the same
world with the same seed happens in the same way.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import time
from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pytest_lambda_modes.harness.lambda_modes import LambdaModes
from pytest_lambda_modes.harness.settings import HarnessSettings
from pytest_lambda_modes.services.kinesis_stream import KinesisRecord

KEYS = [f"user-{number}" for number in range(6)]
FOR_EVER = 10**6
UNWANTED = "unwanted"


@dataclass
class World:
    """A stream with its mapping. The handler fails for a record as often as its data says, and tells if reports do."""

    config: dict[str, Any]
    records: dict[str, KinesisRecord] = field(default_factory=dict)
    failures_left: dict[str, int] = field(default_factory=dict)
    succeeded: list[str] = field(default_factory=list)
    in_flight: dict[str, int] = field(default_factory=dict)
    counted: int = 0
    broken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.modes = LambdaModes(HarnessSettings.build("test", leftovers="ignore", seed="world"))
        self.modes.start()
        self.function = self.modes.function(self.handle, timeout=5)
        self.clicks = self.modes.event_source.kinesis(
            self.function, starting_position="TRIM_HORIZON", on_failure="sqs:lost", **self.config
        )
        self.factors = {self.config.get("parallelization_factor", 1)}
        self.windows = bool(self.config.get("tumbling_window_in_seconds"))
        age = self.config["maximum_record_age_in_seconds"]
        self.longest = dt.timedelta(seconds=86_400 if age == -1 else age)
        self.reports = "function_response_types" in self.config

    # The handler

    def handle(self, event: Any, context: Any) -> Any:
        numbers = [json.loads(base64.b64decode(each["kinesis"]["data"]))["n"] for each in event["Records"]]
        shard = event["Records"][0]["eventID"].split(":")[0] if numbers else event["shardId"]
        self.in_flight[shard] = self.in_flight.get(shard, 0) + 1
        self.check_order(numbers)
        if self.in_flight[shard] > max(self.factors):
            self.broken.append(f"{self.in_flight[shard]} batches of {shard} at once")
        time.sleep(sum(self.records[number].json()["takes"] for number in numbers))
        self.in_flight[shard] -= 1
        failing = [number for number in numbers if self.failures_left[number]]
        for number in failing:
            self.failures_left[number] -= 1
        done = numbers[: numbers.index(failing[0])] if failing else numbers
        if failing and not self.reports:
            raise ValueError(f"{len(failing)} records failed")
        self.succeeded += done
        return self.answer(event, done, failing)

    def answer(self, event: Any, done: list[str], failing: list[str]) -> Any:
        reported = [{"itemIdentifier": self.records[number].sequence_number} for number in reversed(failing)]
        if not self.windows:
            return {"batchItemFailures": reported}
        count = event["state"].get("count", 0) + len(done)
        if event["isFinalInvokeForWindow"]:
            self.counted += count
        return {"batchItemFailures": reported, "state": {"count": count}}

    def check_order(self, numbers: list[str]) -> None:
        for place, number in enumerate(numbers):
            record = self.records[number]
            if record.state != "pending":
                self.broken.append(f"{number} was delivered and is {record.state}")
            for other in self.ahead_of(number):
                if self.records[other].state == "pending" and other not in numbers[:place]:
                    self.broken.append(f"{number} was delivered before {other}")

    def ahead_of(self, number: str) -> list[str]:
        """What was put before, under the same key; under any, in a shard of one lane."""
        record = self.records[number]
        one_lane = self.factors == {1}
        return [
            other
            for other, each in self.records.items()
            if int(other) < int(number)
            and (each.partition_key == record.partition_key or (one_lane and each.shard is record.shard))
        ]

    # What a test does

    def put(self, key: str, fails: int, takes: int) -> None:
        number = str(len(self.records))
        # The handler may run at once only if time passes, so the record is known by then.
        self.failures_left[number] = fails
        self.records[number] = self.clicks.put({"n": number, "takes": takes}, key)

    def advance(self, seconds: float) -> None:
        self.modes.clock.advance(seconds=seconds)

    def enable(self, enabled: bool) -> None:
        self.clicks.update(enabled=enabled)

    def throttle(self, throttled: bool) -> None:
        self.function.update_configuration(reserved_concurrent_executions=0 if throttled else None)

    def update(self, batch_size: int, factor: int) -> None:
        self.clicks.update(batch_size=batch_size)
        if not self.windows:
            self.factors.add(factor)
            self.clicks.update(parallelization_factor=factor)

    def split(self, which: int) -> None:
        open_shards = self.clicks.stream.open_shards
        if len(self.clicks.stream.shards) < 8:
            self.clicks.split_shard(open_shards[which % len(open_shards)].shard_id)

    def merge(self, which: int) -> None:
        open_shards = self.clicks.stream.open_shards
        if len(open_shards) > 1:
            which %= len(open_shards) - 1
            self.clicks.merge_shards(open_shards[which].shard_id, open_shards[which + 1].shard_id)

    def end(self) -> None:
        self.throttle(False)
        self.enable(True)
        self.clicks.drain()


class StreamMachine(RuleBasedStateMachine):
    world: World

    @initialize(
        batch_size=st.integers(1, 5),
        batching=st.sampled_from([0, 0, 3]),
        retries=st.integers(-1, 2),
        bisect=st.booleans(),
        reports=st.booleans(),
        age=st.sampled_from([-1, 60]),
        shards=st.integers(1, 2),
        more=st.sampled_from(["windows", "lanes", "filter", "nothing"]),
    )
    def begin(self, batch_size, batching, retries, bisect, reports, age, shards, more):
        config = {
            "batch_size": batch_size,
            "maximum_batching_window_in_seconds": batching,
            "maximum_retry_attempts": retries,
            "bisect_batch_on_function_error": bisect,
            "maximum_record_age_in_seconds": age,
            "shard_count": shards,
        }
        if reports:
            config["function_response_types"] = ["ReportBatchItemFailures"]
        if more == "windows":
            config["tumbling_window_in_seconds"] = 20
        elif more == "lanes":
            config["parallelization_factor"] = 3
        elif more == "filter":
            config["filter_criteria"] = [{"partitionKey": [{"anything-but": [UNWANTED]}]}]
        self.world = World(config)
        self.steps = []
        self.ended = {}

    def do(self, what, *given):
        self.steps.append((what, given))
        getattr(self.world, what)(*given)

    @rule(
        count=st.integers(1, 6),
        key=st.sampled_from([*KEYS, UNWANTED]),
        fails=st.sampled_from([0, 0, 0, 1, 3, FOR_EVER]),
        takes=st.sampled_from([0, 0, 1]),
    )
    def put(self, count, key, fails, takes):
        self.do("put", key, fails, takes)
        for _ in range(count - 1):
            self.do("put", key, 0, 0)

    @rule(seconds=st.sampled_from([0, 0.5, 1, 7, 100, 13 * 3600]))
    def advance(self, seconds):
        self.do("advance", seconds)

    @rule(enabled=st.booleans())
    def enable(self, enabled):
        self.do("enable", enabled)

    @rule(throttled=st.booleans())
    def throttle(self, throttled):
        self.do("throttle", throttled)

    @rule(batch_size=st.integers(1, 5), factor=st.sampled_from([1, 2, 4]))
    def update(self, batch_size, factor):
        self.do("update", batch_size, factor)

    @rule(which=st.integers(0, 9))
    def split(self, which):
        self.do("split", which)

    @rule(which=st.integers(0, 9))
    def merge(self, which):
        self.do("merge", which)

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

    def teardown(self):
        world = self.world
        try:
            world.end()
            assert world.broken == []
            self.what_has_ended_stays_so()
            self.check_ends()
        finally:
            world.modes.stop()
        self.check_again()

    def check_ends(self):
        world = self.world
        states = {number: record.state for number, record in world.records.items()}
        assert "pending" not in states.values()
        assert sorted(world.succeeded) == sorted(number for number, state in states.items() if state == "processed")
        filters = "filter_criteria" in world.config
        for number, record in world.records.items():
            unwanted = filters and record.partition_key == UNWANTED
            assert (states[number] == "filtered") <= unwanted
            assert not (unwanted and record.attempts)
            assert (record.discard_reason is not None) == (states[number] == "discarded")
        if world.windows:
            # A window whose last invocation could not take place for so long is given up.
            given_up = world.modes.clock.elapsed >= world.longest
            assert world.counted <= len(world.succeeded)
            assert world.counted == len(world.succeeded) or given_up
        told = [message.json()["KinesisBatchInfo"] for message in world.modes.queue("lost").messages]
        assert sum(each["batchSize"] for each in told) == [*states.values()].count("discarded")
        assert not world.clicks.untried

    def check_again(self):
        """The same steps with the same seed are the same world, fact by fact."""
        again = World(self.world.config)
        try:
            for what, given in self.steps:
                getattr(again, what)(*given)
            again.end()
            assert str(again.modes.timeline) == str(self.world.modes.timeline)
        finally:
            again.modes.stop()


TestStreams = StreamMachine.TestCase
TestStreams.settings = settings(deadline=None, derandomize=True, max_examples=80, stateful_step_count=25)
