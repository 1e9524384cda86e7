"""What a mapping from a queue counts. (MET-14)"""

from __future__ import annotations

import time

import pytest

REPORTS = ["ReportBatchItemFailures"]
COUNTS = ("Polled", "FilteredOut", "Invoked", "FailedInvoke", "Deleted")


def fail(event, context):
    time.sleep(2)
    raise RuntimeError("no")


def succeed(event, context):
    return None


def report_the_first(event, context):
    return {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}


@pytest.fixture
def counts(lambda_modes):
    """The sums of all five: polled, filtered out, invoked, failed, deleted."""
    return lambda: [lambda_modes.metrics[f"{name}EventCount"].sum for name in COUNTS]


@pytest.mark.rule("MET-14")
def test_a_success_counts_its_messages_as_polled_invoked_and_deleted(event_source, counts):
    """Each once."""
    orders = event_source.sqs(succeed)
    for number in range(3):
        orders.send(number)
    orders.drain()
    assert counts() == [3, 0, 3, 0, 3]


@pytest.mark.rule("MET-14")
def test_a_failure_counts_again_on_each_retry(event_source, counts):
    """Polled, invoked and failed with each receive, deleted never."""
    orders = event_source.sqs(fail, max_receive_count=3)
    orders.send("a"), orders.send("b")
    orders.drain()
    assert counts() == [6, 0, 6, 6, 0]


@pytest.mark.rule("MET-14")
def test_a_report_counts_what_it_names_as_failed(event_source, counts):
    """One of three fails, twice; the others are deleted."""
    orders = event_source.sqs(report_the_first, function_response_types=REPORTS, max_receive_count=2)
    for number in range(3):
        orders.send(number)
    orders.drain()
    assert counts() == [4, 0, 4, 2, 2]


@pytest.mark.rule("MET-14", "FILT-6")
def test_what_is_filtered_out_is_polled_and_nothing_else(event_source, counts):
    """Its delete does not count as one of the mapping's deletes after an invocation."""
    orders = event_source.sqs(succeed, filter_criteria=[{"body": {"kind": ["order"]}}])
    orders.send({"kind": "order"}), orders.send({"kind": "refund"})
    orders.drain()
    assert counts() == [2, 1, 1, 0, 1]


@pytest.mark.rule("MET-14")
@pytest.mark.parametrize("why", ["throttled", "not_found"])
def test_what_never_ran_is_not_invoked(event_source, lambda_modes, counts, why):
    """It was polled, again and again."""
    function = lambda_modes.function(succeed, reserved_concurrent_executions=0)
    orders = event_source.sqs(function, max_receive_count=2)
    if why == "not_found":
        function.delete()
    orders.send("a")
    orders.drain()
    assert {batch.outcome for batch in orders.batches} == {why}
    assert counts() == [2, 0, 0, 0, 0]


@pytest.mark.rule("MET-14")
def test_a_failure_is_dated_to_the_end_of_its_invocation(event_source, lambda_modes, lambda_clock):
    """Which took two seconds."""
    orders = event_source.sqs(fail, max_receive_count=1)
    began = lambda_clock.now
    orders.send("a")
    orders.drain()
    [(at, value)] = lambda_modes.metrics["FailedInvokeEventCount"].datapoints
    assert ((at - began).total_seconds(), value) == (2, 1)


@pytest.mark.rule("MET-14")
def test_mappings_are_told_apart_by_function_or_by_queue(event_source, lambda_modes):
    """One function with two queues, and one of the queues with a second function."""
    first = lambda_modes.function(succeed, function_name="first")
    orders, refunds = (event_source.sqs(first, queue_name=name) for name in ("orders", "refunds"))
    event_source.sqs(lambda_modes.function(fail, function_name="second"), queue=refunds.queue)
    orders.send("a"), orders.send("b"), refunds.send("c")
    orders.drain(), refunds.drain()
    polled = lambda_modes.metrics["PolledEventCount"]
    assert [polled.of(name).sum for name in ("first", "second", "orders", "refunds")] == [3, 0, 2, 1]
    assert polled.of("first").of("orders").sum == 2
