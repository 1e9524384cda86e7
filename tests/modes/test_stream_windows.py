"""Tumbling windows through the fixture: their records, their state, their last invocation, and what ends them early."""

from __future__ import annotations

import base64
import datetime as dt

import pytest

from pytest_lambda_modes import NotSettledError, facts, faults

MEGABYTE = 1_048_576


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def minute(number: int) -> dict[str, str]:
    """The window of a minute after the start."""
    return {"start": f"2026-01-01T00:{number:02}:00Z", "end": f"2026-01-01T00:{number + 1:02}:00Z"}


def text(event):
    return "".join(base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"])


class Joining:
    """A handler whose state is all the text of the window so far. `failing` says for which events it raises."""

    def __init__(self, failing=lambda event, tries: False) -> None:
        self.failing = failing
        self.events = []
        self.told = []

    def __call__(self, event, context):
        tries = sum(each == event for each in self.events)
        self.events.append(event)
        if self.failing(event, tries):
            raise ValueError("no")
        joined = event["state"].get("joined", "") + text(event)
        if event["isFinalInvokeForWindow"]:
            self.told.append((event["window"]["start"][14:16], joined))
        return {"state": {"joined": joined}}

    @property
    def seen(self):
        """Each invocation in short: its records, or `final` or `early`."""
        short = []
        for event in self.events:
            last = "early" if event["isWindowTerminatedEarly"] else "final"
            short.append(last if event["isFinalInvokeForWindow"] else text(event))
        return short


@pytest.fixture
def make(event_source):
    """A stream with windows of a minute, read from its beginning."""
    usual = {"starting_position": "TRIM_HORIZON", "tumbling_window_in_seconds": 60}
    return lambda handler, **config: event_source.kinesis(handler, **{**usual, **config})


@pytest.mark.rule("KIN-22")
def test_an_event_has_its_window_beside_its_records(make, lambda_clock):
    """All members, in the first invocation and in the last one."""
    handler = Joining()
    clicks = make(handler, stream_name="clicks")
    lambda_clock.advance(seconds=70)
    clicks.put("a")
    clicks.drain()
    first, last = handler.events
    assert first["window"] == last["window"] == minute(1)
    usual = {
        "window": minute(1),
        "shardId": "shardId-000000000000",
        "eventSourceARN": "arn:aws:kinesis:us-east-1:123456789012:stream/clicks",
        "isWindowTerminatedEarly": False,
    }
    assert {**first, "Records": []} == {"Records": [], "state": {}, "isFinalInvokeForWindow": False, **usual}
    assert last == {"Records": [], "state": {"joined": "a"}, "isFinalInvokeForWindow": True, **usual}
    assert list(first) == [
        *("Records", "window", "state", "shardId", "eventSourceARN"),
        *("isFinalInvokeForWindow", "isWindowTerminatedEarly"),
    ]


@pytest.mark.rule("KIN-22")
def test_the_state_goes_from_invocation_to_invocation_and_begins_anew_in_each_window(make, lambda_clock):
    """Windows lie on the clock, not on the first record; one that is idle closes at its very end."""
    handler = Joining()
    clicks = make(handler, batch_size=2)
    lambda_clock.advance(seconds=50)
    for body in "abc":
        clicks.put(body)
    lambda_clock.advance(seconds=20)
    clicks.put("d")
    clicks.drain()
    assert handler.seen == ["ab", "c", "final", "d", "final"]
    assert handler.told == [("00", "abc"), ("01", "d")]
    assert lambda_clock.elapsed == seconds(120)


@pytest.mark.rule("KIN-22")
def test_a_window_is_open_until_its_last_invocation(make, lambda_clock):
    """A source with an open window is not drained; without a record there is none."""
    handler = Joining()
    clicks = make(handler)
    clicks.drain()
    assert lambda_clock.elapsed == seconds(0)
    record = clicks.put("a")
    lambda_clock.advance(seconds=59)
    assert (record.state, handler.seen) == ("processed", ["a"])
    clicks.drain()
    assert handler.seen == ["a", "final"]


@pytest.mark.rule("KIN-22")
def test_no_batch_goes_across_the_end_of_a_window(make, lambda_clock):
    """Records of three windows that waited together are put apart by their arrival."""
    handler = Joining()
    clicks = make(handler, enabled=False)
    for body in "abcdef":
        clicks.put(body)
        lambda_clock.advance(seconds=25)
    clicks.enable()
    clicks.drain()
    assert handler.seen == ["abc", "final", "de", "final", "f", "final"]
    assert handler.told == [("00", "abc"), ("01", "de"), ("02", "f")]


@pytest.mark.rule("KIN-22")
def test_each_shard_has_windows_and_a_state_of_its_own(make, lambda_clock):
    """Two shards, two results."""
    handler = Joining()
    clicks = make(handler, shard_count=2)
    for shard, body in enumerate("ab"):
        clicks.put(body, shard=shard)
        clicks.put(body, shard=shard)
    clicks.drain()
    assert sorted(handler.told) == [("00", "aa"), ("00", "bb")]


@pytest.mark.rule("KIN-22", "ESM-7")
def test_a_batching_window_does_not_outlast_the_window(make, lambda_clock):
    """What came 10 s before its end is sent at its end, and only what comes later waits longer."""
    handler = Joining()
    clicks = make(handler, maximum_batching_window_in_seconds=40)
    lambda_clock.advance(seconds=50)
    clicks.put("a")
    lambda_clock.advance(seconds=9)
    assert handler.seen == []
    lambda_clock.advance(seconds=1)
    assert handler.seen == ["a", "final"]
    clicks.put("b")
    clicks.drain()
    assert handler.seen == ["a", "final", "b", "final"]
    assert clicks.batches[2].started_at == clicks.batches[1].started_at + seconds(40)


@pytest.mark.rule("KIN-22")
@pytest.mark.parametrize("answer", [None, {}, {"state": None}, {"state": "text"}, {"state": []}, [], b"no json", ""])
def test_an_answer_without_a_state_is_a_failed_invocation(make, answer):
    """It is retried and discarded as any failure, without a functionError."""
    clicks = make(lambda event, context: answer, maximum_retry_attempts=1)
    record = clicks.put("a")
    clicks.drain()
    assert [batch.outcome for batch in clicks.batches] == ["no_state"] * 4
    assert {batch.function_error for batch in clicks.batches} == {None}
    assert (record.state, record.discard_reason) == ("discarded", "RetryAttemptsExhausted")


@pytest.mark.rule("KIN-22", "KIN-7")
def test_a_failed_batch_leaves_the_state_as_it_was(make):
    """Its retries get the same state; if it is discarded, the window goes on without it."""
    handler = Joining(failing=lambda event, tries: text(event) == "b" and tries < 2)
    clicks = make(handler, batch_size=1, maximum_retry_attempts=2)
    for body in "abc":
        clicks.put(body)
    clicks.drain()
    assert handler.seen == ["a", "b", "b", "b", "c", "final"]
    assert handler.told == [("00", "abc")]

    lost = Joining(failing=lambda event, tries: text(event) == "b")
    clicks = make(lost, batch_size=1, maximum_retry_attempts=2)
    for body in "abc":
        clicks.put(body)
    clicks.drain()
    assert lost.told[0][1] == "ac"


@pytest.mark.rule("KIN-22", "KIN-14")
def test_a_report_brings_a_state_along(make):
    """That counts with the progress it tells of; without any, the batch comes again with the state it had."""
    events = []

    def handler(event, context):
        events.append((text(event), event["state"].get("joined", "")))
        numbers = [record["kinesis"]["sequenceNumber"] for record in event["Records"]]
        failed = {1: numbers[1:2], 2: numbers[:1]}.get(len(events), [])
        joined = event["state"].get("joined", "") + text(event)[: len(numbers) - len(failed)]
        return {"state": {"joined": joined}, "batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    clicks = make(handler, function_response_types=["ReportBatchItemFailures"], maximum_retry_attempts=2)
    for body in "ab":
        clicks.put(body)
    clicks.drain()
    assert events == [("ab", ""), ("b", "a"), ("b", "a"), ("", "ab")]
    assert [batch.outcome for batch in clicks.batches] == ["partial_failure"] * 2 + ["success"] * 2


@pytest.mark.rule("KIN-22", "KIN-16")
def test_a_report_that_is_none_leaves_the_state_as_it_was(make):
    """The whole batch failed, whatever state came along."""
    states = []

    def handler(event, context):
        states.append(event["state"])
        failures = [{"itemIdentifier": "unknown"}] if len(states) == 1 else []
        return {"state": {"tries": len(states)}, "batchItemFailures": failures}

    clicks = make(handler, function_response_types=["ReportBatchItemFailures"])
    clicks.put("a")
    clicks.drain()
    assert states == [{}, {}, {"tries": 2}]


# The last invocation


@pytest.mark.rule("KIN-22", "KIN-6")
def test_a_last_invocation_that_fails_suspends_the_shard(make, lambda_clock):
    """Until it succeeds; what arrives meanwhile waits, and belongs to later windows."""
    handler = Joining(failing=lambda event, tries: event["isFinalInvokeForWindow"] and tries < 3)
    clicks = make(handler)
    clicks.put("a")
    lambda_clock.advance(seconds=60)
    waiting = clicks.put("b")
    lambda_clock.advance(seconds=6)
    assert waiting.state == "pending"
    assert handler.seen == ["a", "final", "final", "final"]
    lambda_clock.advance(seconds=1)
    assert (waiting.state, handler.seen) == ("processed", ["a", *["final"] * 4, "b"])
    finals = clicks.batches[1:5]
    assert [batch.attempt for batch in finals] == [1, 2, 3, 4]
    assert len({batch.request_id for batch in finals}) == 1
    clicks.drain()


@pytest.mark.rule("KIN-22", "KIN-7")
def test_a_last_invocation_has_so_many_retries_as_any_batch(make, lambda_modes, lambda_timeline):
    """Then the window is given up: it has no records for a destination to hear of, and the timeline tells."""
    handler = Joining(failing=lambda event, tries: event["isFinalInvokeForWindow"])
    clicks = make(handler, maximum_retry_attempts=2, on_failure="sqs:lost")
    record = clicks.put("a")
    clicks.drain()
    assert handler.seen == ["a", "final", "final", "final"]
    assert record.state == "processed"
    assert lambda_modes.queue("lost").messages == []
    assert lambda_modes.metrics["DroppedEventCount"].sample_count == 0
    assert "window given up" in str(lambda_timeline).splitlines()[-1]


@pytest.mark.rule("KIN-22", "KIN-12", "KIN-13")
@pytest.mark.parametrize(("age", "ends"), [(-1, 86_400), (600, 600)])
def test_a_last_invocation_is_tried_as_long_as_its_last_record_could_be(make, lambda_clock, age, ends):
    """Counted from the end of the window, and not at that instant any more."""
    handler = Joining(failing=lambda event, tries: event["isFinalInvokeForWindow"])
    clicks = make(handler, maximum_record_age_in_seconds=age)
    clicks.put("a")
    clicks.drain()
    assert lambda_clock.elapsed == seconds(60 + ends)
    assert clicks.batches[-1].started_at < lambda_clock.now


@pytest.mark.rule("KIN-22", "KIN-9")
def test_a_last_invocation_can_be_throttled(make, lambda_clock):
    """It is tried again as any batch is, and uses up no retry."""
    handler = Joining()
    clicks = make(handler, maximum_retry_attempts=0, faults={2: faults.Throttle(), 3: faults.Throttle()})
    clicks.put("a")
    clicks.drain()
    assert handler.told == [("00", "a")]
    assert lambda_clock.elapsed == seconds(63)


def test_a_last_invocation_delivers_no_record(make, lambda_modes, lambda_timeline):
    """It counts in no metric of records, and has no age."""
    clicks = make(Joining())
    clicks.put("a")
    clicks.drain()
    assert clicks.batches[1].records == []
    assert lambda_modes.metrics["IteratorAge"].sample_count == 1
    assert lambda_modes.metrics["InvokedEventCount"].sum == 1
    assert len([fact for fact in lambda_timeline if isinstance(fact, facts.RecordsDelivered)]) == 1


# Ended early


@pytest.mark.rule("KIN-22")
def test_a_state_over_1_mb_ends_the_window_early(make, lambda_clock):
    """At once, with that state; what comes later begins anew, in the same window of time."""
    handler = Joining()
    clicks = make(handler, batch_size=1)
    clicks.put("x" * MEGABYTE)
    clicks.put("b")
    lambda_clock.advance(seconds=1)
    assert handler.seen[1:] == ["early", "b"]
    assert [len(joined) for _, joined in handler.told] == [MEGABYTE]
    clicks.drain()
    assert [joined[:9] for _, joined in handler.told] == ["x" * 9, "b"]
    assert [event["window"] for event in handler.events] == [minute(0)] * 4
    assert handler.events[2]["state"] == {}


@pytest.mark.rule("KIN-22", "KIN-11")
@pytest.mark.parametrize("reports", [True, False])
def test_parts_of_a_batch_that_come_after_an_early_end_are_in_a_window_too(make, reports):
    """Whether it was bisected or split by a report: they begin with an empty state, and the window ends in time."""
    events = []

    def handler(event, context):
        events.append(event)
        state = {"text": "x" * MEGABYTE} if len(events) == (1 if reports else 2) else event["state"]
        if len(events) == 1 and not reports:
            raise ValueError("no")
        failed = event["Records"][1:2] if len(events) == 1 else []
        numbers = [{"itemIdentifier": record["kinesis"]["sequenceNumber"]} for record in failed]
        return {"state": state, "batchItemFailures": numbers}

    clicks = make(handler, bisect_batch_on_function_error=True, function_response_types=["ReportBatchItemFailures"])
    for body in "ab":
        clicks.put(body)
    clicks.drain()
    short = [(text(event), event["isFinalInvokeForWindow"], event["isWindowTerminatedEarly"]) for event in events]
    assert short[-4:] == [
        ("ab" if reports else "a", False, False),
        ("", True, True),
        ("b", False, False),
        ("", True, False),
    ]
    assert events[-2]["state"] == {}
    assert {event["window"]["start"] for event in events} == {minute(0)["start"]}


@pytest.mark.rule("KIN-22", "ESM-7")
def test_a_large_state_leaves_less_room_for_records(make, lambda_clock):
    """The whole event is at most 6 MB: beside a state of 1 MB three records of 1 MB have room, not four."""
    clicks = make(lambda event, context: {"state": {"pad": "x" * (MEGABYTE - 20)}}, batch_size=10)
    clicks.put("a")
    lambda_clock.advance(seconds=1)
    for _ in range(4):
        clicks.put("y" * MEGABYTE)
    clicks.drain()
    assert [len(batch.records) for batch in clicks.batches] == [1, 3, 1, 0]
    assert max(len(batch.payload) for batch in clicks.batches) <= 6 * MEGABYTE


# Ages, states of the mapping, other sizes


@pytest.mark.rule("KIN-22", "KIN-12")
def test_records_that_never_run_open_no_window(make, lambda_clock):
    """They were too old before the first attempt."""
    handler = Joining()
    clicks = make(handler, maximum_record_age_in_seconds=60, enabled=False)
    clicks.put("a")
    lambda_clock.advance(seconds=100)
    clicks.put("b")
    clicks.enable()
    clicks.drain()
    assert handler.seen == ["b", "final"]
    assert handler.told == [("01", "b")]


@pytest.mark.rule("KIN-22", "KIN-12")
def test_a_window_goes_on_after_records_that_became_too_old(make):
    """Its last invocation has what was put together without them."""
    handler = Joining(failing=lambda event, tries: "b" in text(event))
    clicks = make(handler, batch_size=1, maximum_record_age_in_seconds=60)
    records = [clicks.put(body) for body in "ab"]
    clicks.drain()
    assert [record.state for record in records] == ["processed", "discarded"]
    assert handler.told == [("00", "a")]


@pytest.mark.rule("KIN-22", "KIN-5")
def test_a_window_waits_while_its_mapping_is_disabled(make, lambda_clock):
    """It ends when it can."""
    handler = Joining()
    clicks = make(handler)
    clicks.put("a")
    lambda_clock.advance(seconds=1)
    clicks.disable()
    lambda_clock.advance(minutes=10)
    assert handler.seen == ["a"]
    with pytest.raises(NotSettledError):
        clicks.drain()
    clicks.enable()
    clicks.drain()
    assert handler.seen == ["a", "final"]
    assert lambda_clock.elapsed == seconds(601)


@pytest.mark.rule("KIN-22", "ESM-6")
@pytest.mark.parametrize("size", [0, 30])
def test_another_size_ends_the_open_window(make, lambda_clock, size):
    """The next ones are of that size, or there are none."""
    events = []

    def handler(event, context):
        events.append(event)
        return {"state": event.get("state", {})}

    clicks = make(handler)
    clicks.put("a")
    lambda_clock.advance(seconds=1)
    clicks.update(tumbling_window_in_seconds=size)
    lambda_clock.advance(seconds=1)
    assert events[1]["isFinalInvokeForWindow"] is True
    clicks.put("b")
    clicks.drain()
    if size:
        assert [event["window"]["end"] for event in events[2:]] == ["2026-01-01T00:00:30Z"] * 2
    else:
        assert [set(event) for event in events[2:]] == [{"Records"}]


@pytest.mark.rule("ESM-1", "KIN-22")
def test_a_duplicate_has_the_state_of_the_first_time(make):
    """The checkpoint was lost, and the state with it."""
    handler = Joining()
    clicks = make(handler, faults={1: faults.DuplicateDelivery(), 3: faults.DuplicateDelivery()})
    clicks.put("a")
    clicks.drain()
    assert handler.seen == ["a", "a", "final", "final"]
    assert handler.told == [("00", "a")] * 2


@pytest.mark.rule("KIN-22")
def test_a_table_has_windows_too(event_source):
    """The changes of a table are put together by the second of their arrival."""
    counts = []

    def handler(event, context):
        count = event["state"].get("count", 0) + len(event["Records"])
        if event["isFinalInvokeForWindow"]:
            counts.append(count)
        return {"state": {"count": count}}

    orders = event_source.dynamodb(
        handler, starting_position="TRIM_HORIZON", tumbling_window_in_seconds=900, batch_size=1
    )
    for number in range(3):
        orders.put_item({"id": str(number)})
    orders.drain()
    assert counts == [3]
