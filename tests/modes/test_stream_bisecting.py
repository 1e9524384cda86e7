"""Batches of stream records that are split when they fail."""

from __future__ import annotations

import base64
import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes import facts, faults
from pytest_lambda_modes.harness.lambda_modes import LambdaModes
from pytest_lambda_modes.harness.settings import HarnessSettings


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def data(event):
    return [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]


class Picky:
    """A handler that fails for batches with a record it cannot stand, so many times for each."""

    def __init__(self, *poison: str, times: float = float("inf")) -> None:
        self.left = dict.fromkeys(poison, times)
        self.batches = []

    def __call__(self, event, context):
        batch = data(event)
        self.batches.append("".join(batch))
        found = [body for body in batch if self.left.get(body, 0) > 0]
        for body in found:
            self.left[body] -= 1
        if found:
            raise ValueError(", ".join(found))


@pytest.fixture
def make(event_source):
    """A stream whose failing batches are split, read from its beginning."""
    usual = {"starting_position": "TRIM_HORIZON", "bisect_batch_on_function_error": True, "maximum_retry_attempts": 0}
    return lambda handler, **config: event_source.kinesis(handler, **{**usual, **config})


@pytest.mark.rule("KIN-11")
def test_a_failing_batch_is_halved_until_the_poison_is_alone(make, lambda_clock):
    """The left half first, in order, down to single records, and all at once."""
    handler = Picky("g")
    clicks = make(handler)
    records = [clicks.put(body) for body in "abcdefgh"]
    clicks.drain()
    assert handler.batches == ["abcdefgh", "abcd", "efgh", "ef", "gh", "g", "h"]
    assert [record.state for record in records] == ["processed"] * 6 + ["discarded", "processed"]
    assert lambda_clock.elapsed == seconds(0)


@pytest.mark.rule("KIN-11")
def test_the_left_part_is_the_smaller_one(make):
    """Of five records two, of three one."""
    handler = Picky("e")
    clicks = make(handler)
    for body in "abcde":
        clicks.put(body)
    clicks.drain()
    assert handler.batches == ["abcde", "ab", "cde", "c", "de", "d", "e"]


@pytest.mark.rule("KIN-11")
def test_each_part_is_a_new_batch_with_all_its_retries(make, lambda_timeline):
    """Splitting uses up none; a single record is retried with its own request id."""
    handler = Picky("b")
    clicks = make(handler, maximum_retry_attempts=2)
    record = [clicks.put(body) for body in "ab"][1]
    clicks.drain()
    assert handler.batches == ["ab", "a", "b", "b", "b"]
    assert [batch.attempt for batch in clicks.batches] == [1, 1, 1, 2, 3]
    assert len({batch.request_id for batch in clicks.batches}) == 3
    assert (record.attempts, record.discard_reason) == (4, "RetryAttemptsExhausted")
    [bisected] = [fact for fact in lambda_timeline if isinstance(fact, facts.BatchBisected)]
    assert (bisected.left, bisected.right, bisected.rule) == (1, 1, "KIN-11")


@pytest.mark.rule("KIN-11", "KIN-18")
def test_the_destination_is_told_of_the_poison_alone(make, lambda_modes):
    """With the count of its own batch."""
    clicks = make(Picky("c"), maximum_retry_attempts=1, on_failure="sqs:lost")
    poison = [clicks.put(body) for body in "abcd"][2]
    clicks.drain()
    [message] = lambda_modes.queue("lost").messages
    told = message.json()
    assert told["KinesisBatchInfo"]["batchSize"] == 1
    assert told["KinesisBatchInfo"]["startSequenceNumber"] == poison.sequence_number
    assert told["requestContext"]["approximateInvokeCount"] == 2


@pytest.mark.rule("KIN-11", "KIN-3")
def test_what_comes_behind_waits_for_all_the_parts(make, lambda_clock):
    """The shard is blocked until the last part is done with."""
    handler = Picky("b", times=3)
    clicks = make(handler, maximum_retry_attempts=5)
    for body in "ab":
        clicks.put(body)
    lambda_clock.advance(seconds=0.5)
    clicks.put("c")
    clicks.drain()
    assert handler.batches == ["ab", "a", "b", "b", "b", "c"]


@pytest.mark.rule("KIN-11", "KIN-14")
def test_a_report_is_split_at_its_lowest_record_instead(make):
    """Only what is left comes again; the records before are done."""
    batches = []

    def handler(event, context):
        batches.append("".join(data(event)))
        failed = [record for record in event["Records"] if data({"Records": [record]}) == ["e"]]
        if len(batches) == 1:
            return {"batchItemFailures": [{"itemIdentifier": failed[0]["kinesis"]["sequenceNumber"]}]}
        return None

    clicks = make(handler, function_response_types=["ReportBatchItemFailures"])
    for body in "abcdefgh":
        clicks.put(body)
    clicks.drain()
    assert batches == ["abcdefgh", "efgh"]


@pytest.mark.rule("KIN-11", "KIN-17")
def test_a_report_of_the_first_record_does_not_bisect(make):
    """The report says where to split, and there is nothing before it."""
    batches = []

    def handler(event, context):
        batches.append("".join(data(event)))
        return {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["kinesis"]["sequenceNumber"]}]}

    clicks = make(handler, function_response_types=["ReportBatchItemFailures"], maximum_retry_attempts=1)
    records = [clicks.put(body) for body in "ab"]
    clicks.drain()
    assert batches == ["ab", "ab"]
    assert [record.state for record in records] == ["discarded"] * 2


@pytest.mark.rule("KIN-11", "KIN-16")
@pytest.mark.parametrize("answer", [b"no json", {"batchItemFailures": [{"itemIdentifier": "unknown"}]}])
def test_an_exception_and_a_report_that_is_none_bisect_regardless(make, answer):
    """Reports are asked for, and none came."""
    batches = []

    def handler(event, context):
        batches.append("".join(data(event)))
        if len(batches) == 1:
            raise ValueError("no")
        return answer if len(batches) == 2 else None

    clicks = make(handler, function_response_types=["ReportBatchItemFailures"])
    for body in "abcd":
        clicks.put(body)
    clicks.drain()
    assert batches == ["abcd", "ab", "a", "b", "cd"]


@pytest.mark.rule("KIN-11", "KIN-12")
def test_a_part_grows_too_old_while_it_waits(make, lambda_modes):
    """The right half is behind a record that is retried, and is discarded with it."""
    handler = Picky("a")
    clicks = make(handler, maximum_retry_attempts=-1, maximum_record_age_in_seconds=60, on_failure="sqs:lost")
    records = [clicks.put(body) for body in "abcd"]
    clicks.drain()
    assert handler.batches == ["abcd", "ab"] + ["a"] * 6
    assert [record.state for record in records] == ["discarded"] * 4
    told = [message.json() for message in lambda_modes.queue("lost").messages]
    assert [each["KinesisBatchInfo"]["batchSize"] for each in told] == [1, 1, 2]
    assert [each["requestContext"]["approximateInvokeCount"] for each in told] == [7, 1, 1]


@pytest.mark.rule("KIN-11", "KIN-9")
def test_a_throttle_does_not_bisect(make):
    """The batch never reached the function."""
    handler = Picky("b")
    clicks = make(handler, faults={1: faults.Throttle()})
    for body in "ab":
        clicks.put(body)
    clicks.drain()
    assert handler.batches == ["ab", "a", "b"]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.sets(st.integers(0, 29)), st.integers(1, 30), st.integers(0, 2))
def test_bisecting_ends_and_loses_nothing_but_poison(poison, batch_size, retries):
    """Whatever the poison, each record is processed exactly once or is poison, in order, and with few invocations."""
    modes = LambdaModes(HarnessSettings.build("test"))
    handler = Picky(*map(str, poison))
    processed = []

    def keep(event, context):
        handler(event, context)
        processed.extend(map(int, data(event)))

    modes.start()
    try:
        clicks = modes.event_source.kinesis(
            keep,
            starting_position="TRIM_HORIZON",
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=retries,
            batch_size=batch_size,
        )
        records = [clicks.put(str(number)) for number in range(30)]
        clicks.drain()
    finally:
        modes.stop()
    assert processed == [number for number in range(30) if number not in poison]
    assert [record.state == "discarded" for record in records] == [number in poison for number in range(30)]
    # A tree over n records has n - 1 inner nodes; single poison records are retried.
    assert len(clicks.batches) <= 2 * 30 + retries * len(poison)
