"""Shards that are split and merged while a mapping reads them."""

from __future__ import annotations

import base64
import datetime as dt
import time

import pytest

from pytest_lambda_modes.services.stream_record import Record


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def data(event):
    return [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]


class Reader:
    """A handler that keeps what it got, works so many seconds, and fails so many times for `poison`."""

    def __init__(self, takes: float = 0, fails: int = 0) -> None:
        self.takes = takes
        self.fails = fails
        self.batches = []

    def __call__(self, event, context):
        batch = data(event)
        self.batches.append(batch)
        time.sleep(self.takes)
        if "poison" in batch and self.fails:
            self.fails -= 1
            raise ValueError("poison")


@pytest.fixture
def make(event_source):
    """A stream for a handler, read from its beginning, one record at a time."""
    usual = {"starting_position": "TRIM_HORIZON", "batch_size": 1}
    return lambda handler, **config: event_source.kinesis(handler, **{**usual, **config})


@pytest.mark.rule("KIN-23")
def test_children_are_read_when_the_parent_is_done_with(make, lambda_clock):
    """What was put before the split comes first, all of it, even if it takes a while."""
    reader = Reader(takes=2)
    clicks = make(reader)
    for number in range(3):
        clicks.put(f"parent {number}", "k")
    clicks.split_shard(0)
    clicks.put("left", shard=1)
    clicks.put("right", shard=2)
    clicks.drain()
    assert reader.batches[:3] == [[f"parent {number}"] for number in range(3)]
    assert sorted(reader.batches[3:]) == [["left"], ["right"]]
    # The children are read side by side.
    assert lambda_clock.elapsed == seconds(8)


@pytest.mark.rule("KIN-23", "KIN-6")
def test_a_parent_that_is_held_up_holds_its_children_up(make, lambda_clock):
    """A poison record in it blocks them as it blocks itself."""
    reader = Reader(fails=6)
    clicks = make(reader)
    clicks.put("poison")
    clicks.split_shard(0)
    left = clicks.put("left", shard=1)
    lambda_clock.advance(seconds=60)
    assert left.state == "pending"
    clicks.drain()
    assert left.state == "processed"
    assert reader.batches == [["poison"]] * 7 + [["left"]]
    assert lambda_clock.elapsed == seconds(63)


@pytest.mark.rule("KIN-23")
def test_a_child_of_two_waits_for_both(make, lambda_clock):
    """The slower parent decides."""
    reader = Reader(takes=2)
    clicks = make(reader, shard_count=2)
    clicks.put("lower", shard=0)
    for _ in range(3):
        clicks.put("upper", shard=1)
    clicks.merge_shards(0, 1)
    child = clicks.put("child", shard=2)
    lambda_clock.advance(seconds=5)
    assert child.attempts == 0
    clicks.drain()
    assert reader.batches[-1] == ["child"]
    assert lambda_clock.elapsed == seconds(8)


@pytest.mark.rule("KIN-23")
def test_generations_are_read_one_after_the_other(make):
    """Split, split again, merge: a key keeps its order through all of them."""
    reader = Reader()
    clicks = make(reader)
    clicks.put("1", "k")
    clicks.split_shard(0)
    clicks.put("2", "k")
    clicks.split_shard(1)
    clicks.split_shard(2)
    clicks.put("3", "k")
    clicks.merge_shards(3, 4)
    clicks.merge_shards(5, 6)
    clicks.put("4", "k")
    clicks.drain()
    assert reader.batches == [["1"], ["2"], ["3"], ["4"]]


@pytest.mark.rule("KIN-23")
def test_an_empty_generation_hides_no_blocked_one(make, lambda_clock):
    """Split and merged before anything came: the last shard waits for the first one all the same."""
    reader = Reader(fails=3)
    clicks = make(reader)
    clicks.put("poison")
    clicks.split_shard(0)
    clicks.merge_shards(1, 2)
    clicks.put("last", shard=3)
    clicks.drain()
    assert reader.batches == [["poison"]] * 4 + [["last"]]


@pytest.mark.rule("KIN-23")
def test_a_shard_that_is_split_at_rest_hands_over_at_once(make):
    """There is nothing left in it."""
    reader = Reader()
    clicks = make(reader)
    clicks.put("a")
    clicks.drain()
    clicks.split_shard(0)
    clicks.drain()
    clicks.put("b", shard=1)
    clicks.drain()
    assert reader.batches == [["a"], ["b"]]


@pytest.mark.rule("KIN-23", "KIN-24")
def test_a_parent_whose_last_records_are_filtered_hands_over(make):
    """Although no batch is the last one of it."""
    reader = Reader()
    clicks = make(reader, filter_criteria=[{"partitionKey": ["wanted"]}])
    clicks.put("no", "unwanted", shard=0)
    clicks.split_shard(0)
    clicks.put("yes", "wanted", shard=1)
    clicks.drain()
    assert reader.batches == [["yes"]]


@pytest.mark.rule("KIN-23", "KIN-13")
def test_a_parent_whose_records_have_left_the_stream_hands_over(make, lambda_clock):
    """Nobody will ever get them."""
    reader = Reader()
    clicks = make(reader, enabled=False)
    gone = clicks.put("gone")
    clicks.split_shard(0)
    lambda_clock.advance(hours=24)
    clicks.put("child", shard=2)
    clicks.enable()
    clicks.drain()
    assert gone.state == "expired"
    assert reader.batches == [["child"]]


@pytest.mark.rule("KIN-23", "KIN-5")
def test_shards_are_found_that_came_while_the_mapping_was_disabled(make):
    """The parent first, then the children from their beginning, whatever the starting position was."""
    reader = Reader()
    clicks = make(reader, starting_position="LATEST")
    clicks.put("before")
    clicks.drain()
    clicks.disable()
    clicks.put("parent")
    clicks.split_shard(0)
    clicks.put("child", shard=1)
    clicks.enable()
    clicks.drain()
    assert reader.batches == [["before"], ["parent"], ["child"]]


@pytest.mark.rule("KIN-4", "KIN-23")
@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("TRIM_HORIZON", [["parent"], ["child"], ["new"], ["grandchild"]]),
        ("LATEST", [["new"], ["grandchild"]]),
        ("AT_TIMESTAMP", [["child"], ["new"], ["grandchild"]]),
    ],
)
def test_starting_positions_in_a_stream_that_was_split_before(
    event_source, lambda_modes, lambda_clock, position, expected
):
    """They are those of each shard that there is; a shard that comes later is read from its beginning."""
    stream = lambda_modes.stream("clicks")
    stream.put("parent")
    lambda_clock.advance(seconds=10)
    stream.split_shard(0)
    moment = lambda_clock.now
    stream.put("child", shard=1)
    lambda_clock.advance(seconds=10)
    reader = Reader()
    timestamp = {"starting_position_timestamp": moment} if position == "AT_TIMESTAMP" else {}
    clicks = event_source.kinesis(reader, stream=stream, starting_position=position, batch_size=1, **timestamp)
    clicks.put("new", shard=1)
    clicks.split_shard(1)
    clicks.put("grandchild", shard=3)
    clicks.drain()
    assert reader.batches == expected


@pytest.mark.rule("KIN-22", "KIN-23")
def test_resharding_closes_windows_and_children_start_fresh(make, lambda_clock):
    """The parent's window ends with its last record, before its time; the child's state is empty."""
    told = []

    def handler(event, context):
        told.append((event["shardId"][-1], event["state"].get("n", 0), event["isFinalInvokeForWindow"]))
        return {"state": {"n": event["state"].get("n", 0) + len(event["Records"])}}

    clicks = make(handler, tumbling_window_in_seconds=60)
    clicks.put("a", "k")
    lambda_clock.advance(seconds=10)
    clicks.split_shard(0)
    lambda_clock.advance(seconds=1)
    assert told == [("0", 0, False), ("0", 1, True)]
    child: Record = clicks.put("b", shard=1)
    clicks.drain()
    assert told[2:] == [("1", 0, False), ("1", 1, True)]
    assert child.state == "processed"
    assert lambda_clock.elapsed == seconds(60)


@pytest.mark.rule("KIN-3", "KIN-23")
def test_resharding_goes_with_parallelization(make):
    """A key keeps its order across the split."""
    seen = {}

    def handler(event, context):
        for record in event["Records"]:
            seen.setdefault(record["kinesis"]["partitionKey"], []).extend(data({"Records": [record]}))
        time.sleep(1)

    clicks = make(handler, parallelization_factor=4, batch_size=3)
    for number in range(40):
        if number == 20:
            clicks.split_shard(0)
        clicks.put(str(number), f"user-{number % 5}")
    clicks.drain()
    assert seen == {f"user-{key}": [str(number) for number in range(key, 40, 5)] for key in range(5)}


def test_many_shards_cost_no_more_than_their_records(make, lambda_modes):
    """A batch in one of 200 shards sets the timers of one shard."""
    clicks = make(Reader(), shard_count=200)
    clicks.drain()
    before = lambda_modes._scheduler.fired
    for _ in range(10):
        clicks.put("a", shard=150)
    clicks.drain()
    assert len(clicks.batches) == 10
    assert lambda_modes._scheduler.fired - before <= 11
