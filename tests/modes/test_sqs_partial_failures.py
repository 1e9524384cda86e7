"""Batch item failures through a queue: what is deleted, what comes back, and what is lost by a wrong report."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from pytest_lambda_modes import facts

REPORTS = ["ReportBatchItemFailures"]


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


class Reporter:
    """A handler that answers as `answer` makes it of the records, and keeps the bodies of each batch."""

    def __init__(self, answer) -> None:
        self.answer = answer
        self.bodies = []

    def __call__(self, event, context):
        self.bodies.append([record["body"] for record in event["Records"]])
        return self.answer(event["Records"])


def failing(*bodies):
    """An answer that reports the records with these bodies."""

    def answer(records):
        return {
            "batchItemFailures": [
                {"itemIdentifier": record["messageId"]} for record in records if record["body"] in bodies
            ]
        }

    return answer


def of_kind(timeline, kind):
    return [fact for fact in timeline if isinstance(fact, kind)]


def hazards(timeline):
    return {fact.id: fact.text for fact in of_kind(timeline, facts.Hazard)}


@pytest.mark.rule("SQS-11")
def test_the_reported_message_comes_back_and_the_others_are_deleted_at_once(event_source, lambda_clock):
    """It comes when its visibility ends, by itself, as often as it may be received."""
    worker = Reporter(failing("poison"))
    orders = event_source.sqs(worker, function_response_types=REPORTS, max_receive_count=3)
    good, poison, last = (orders.send(body) for body in ("good", "poison", "last"))
    lambda_clock.advance(seconds=0)
    assert (good.state, poison.state, last.state) == ("deleted", "in_flight", "deleted")
    orders.drain()
    assert worker.bodies == [["good", "poison", "last"], ["poison"], ["poison"]]
    assert (poison.state, poison.delays) == ("dead_lettered", [seconds(30), seconds(30)])
    assert [batch.outcome for batch in orders.batches] == ["partial_failure"] * 3
    assert [batch.failed for batch in orders.batches] == [[poison]] * 3
    assert str(orders.batches[0]) == "batch 1: 3 records, partial_failure, 1 failed"


@pytest.mark.rule("SQS-11")
def test_without_the_setting_the_answer_is_ignored_and_everything_is_deleted(event_source, lambda_timeline):
    """That loses the messages; the timeline says so when it first happens. (HAZ-8)"""
    worker = Reporter(failing("poison"))
    orders = event_source.sqs(worker, max_receive_count=3)
    poison = orders.send("poison")
    orders.drain()
    orders.send("poison")
    orders.drain()
    assert (poison.state, orders.dead_letter_queue.messages) == ("deleted", [])
    assert [batch.outcome for batch in orders.batches] == ["success", "success"]
    told = [fact for fact in of_kind(lambda_timeline, facts.Hazard) if fact.id == "HAZ-8"]
    assert [fact.text for fact in told] == [
        "the function returns batchItemFailures, but function_response_types is []: all is deleted"
    ]


@pytest.mark.parametrize(
    "answer", [None, {}, "batchItemFailures", {"note": "no batchItemFailures"}, b"batchItemFailures"]
)
def test_only_an_answer_with_batch_item_failures_is_a_hazard(event_source, lambda_timeline, answer):
    """The word alone is none."""
    orders = event_source.sqs(Reporter(lambda records: answer))
    orders.send("a")
    orders.drain()
    assert "HAZ-8" not in hazards(lambda_timeline)


# Every row of SQS-12, through the queue


@pytest.mark.rule("SQS-12")
@pytest.mark.parametrize(
    "answer",
    [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, "", [], b"", "text", 7],
    ids=str,
)
def test_an_answer_without_failures_deletes_the_whole_batch(event_source, answer):
    """Nothing reported is a success."""
    orders = event_source.sqs(Reporter(lambda records: answer), function_response_types=REPORTS)
    messages = [orders.send("a"), orders.send("b")]
    orders.drain()
    assert [batch.outcome for batch in orders.batches] == ["success"]
    assert [message.state for message in messages] == ["deleted", "deleted"]


def entry(identifier):
    return {"batchItemFailures": [{"itemIdentifier": identifier}]}


@pytest.mark.rule("SQS-12")
@pytest.mark.parametrize(
    "answer",
    [
        {"batchItemFailures": [{"foo": "notvalid"}]},
        {"batchItemFailures": [{}]},
        {"batchItemFailures": "m1"},
        {"batchItemFailures": ["m1"]},
        entry(""),
        entry(None),
        entry(7),
        entry("unknown"),
        {"total": float("nan")},
        b"not JSON",
    ],
    ids=str,
)
def test_a_report_that_is_none_fails_the_whole_batch(event_source, lambda_timeline, answer):
    """All comes back, and the timeline says what is wrong with the report. (HAZ-7)"""
    orders = event_source.sqs(Reporter(lambda records: answer), function_response_types=REPORTS, max_receive_count=2)
    messages = [orders.send("a"), orders.send("b")]
    orders.drain()
    assert [batch.outcome for batch in orders.batches] == ["malformed_report"] * 2
    assert [batch.failed for batch in orders.batches] == [messages] * 2
    assert [message.state for message in messages] == ["dead_lettered"] * 2
    assert "HAZ-7" in hazards(lambda_timeline)
    assert {fact.rule for fact in of_kind(lambda_timeline, facts.BatchSettled)} == {"SQS-12"}


@pytest.mark.rule("SQS-12")
def test_a_message_that_is_reported_twice_fails_once(event_source):
    """Reporting all messages fails them all, and is a report like any other."""
    answer = failing("a", "b")
    worker = Reporter(lambda records: {"batchItemFailures": answer(records)["batchItemFailures"] * 2})
    orders = event_source.sqs(worker, function_response_types=REPORTS, max_receive_count=1)
    messages = [orders.send("a"), orders.send("b")]
    orders.drain()
    [batch] = orders.batches
    assert (batch.outcome, batch.failed) == ("partial_failure", messages)


@pytest.mark.rule("SQS-12", "SQS-5")
def test_a_handler_that_raises_fails_the_whole_batch(event_source):
    """Whatever it would have reported."""

    def answer(records):
        raise RuntimeError("no")

    orders = event_source.sqs(Reporter(answer), function_response_types=REPORTS, max_receive_count=2)
    message = orders.send("a")
    orders.drain()
    assert [batch.outcome for batch in orders.batches] == ["function_error"] * 2
    assert message.state == "dead_lettered"


# FIFO


@pytest.mark.rule("SQS-13")
def test_the_rest_of_a_group_comes_back_in_order_and_the_last_is_redriven(event_source, lambda_clock):
    """As recorded: of four the last three are reported, then the last one, which has had its two receives."""
    calls = []

    def answer(records):
        calls.append([record["attributes"]["ApproximateReceiveCount"] for record in records])
        return failing("2", "3", "4")(records) if len(calls) == 1 else failing("4")(records)

    worker = Reporter(answer)
    orders = event_source.sqs(worker, fifo=True, function_response_types=REPORTS, max_receive_count=2)
    messages = [orders.send(body, message_group_id="g", message_deduplication_id=body) for body in "1234"]
    orders.drain()
    assert worker.bodies == [["1", "2", "3", "4"], ["2", "3", "4"]]
    assert calls == [["1"] * 4, ["2"] * 3]
    assert [message.state for message in messages] == ["deleted"] * 3 + ["dead_lettered"]
    assert [letter.body for letter in orders.dead_letter_queue.messages] == ["4"]
    assert lambda_clock.elapsed == seconds(60)


@pytest.mark.rule("SQS-14")
def test_reporting_a_message_without_those_after_it_gives_up_the_order(event_source, lambda_timeline):
    """Lambda does not complete the report: 2 comes again after 3 was processed. The timeline says so. (HAZ-11)"""
    calls = []

    def answer(records):
        calls.append(1)
        return failing("2")(records) if len(calls) == 1 else None

    worker = Reporter(answer)
    orders = event_source.sqs(worker, fifo=True, function_response_types=REPORTS)
    for body in "123":
        orders.send(body, message_group_id="g", message_deduplication_id=body)
    orders.drain()
    assert worker.bodies == [["1", "2", "3"], ["2"]]
    assert hazards(lambda_timeline)["HAZ-11"].startswith("a message of group g failed, and a later one did not")


def test_a_report_of_all_that_follows_in_the_group_keeps_the_order(event_source, lambda_timeline):
    """Other groups need not be reported for that."""
    worker = Reporter(failing("a2", "a3"))
    orders = event_source.sqs(worker, fifo=True, function_response_types=REPORTS, max_receive_count=1)
    for body in ("a1", "b1", "a2", "a3", "b2"):
        orders.send(body, message_group_id=body[0], message_deduplication_id=body)
    orders.drain()
    assert orders.batches[0].outcome == "partial_failure"
    assert "HAZ-11" not in hazards(lambda_timeline)


# Concurrency


@pytest.mark.rule("SQS-15", "SQS-27")
@pytest.mark.parametrize("response_types, at_once", [(REPORTS, 5), ([], 2)])
def test_function_errors_lower_the_concurrency_unless_failures_are_reported(
    event_source, lambda_clock, response_types, at_once
):
    """Five batches fail at 0. When they come back, two run at once, or again five."""
    running = []

    def handler(event, context):
        if lambda_clock.elapsed < seconds(30):
            raise RuntimeError("no")
        running.append(lambda_clock.elapsed)
        time.sleep(5)

    orders = event_source.sqs(
        handler, batch_size=1, timeout=10, visibility_timeout=30, function_response_types=response_types
    )
    for number in range(5):
        orders.send(number)
    lambda_clock.advance(seconds=31)
    assert len(running) == at_once
    orders.drain()
    assert len(running) == 5
