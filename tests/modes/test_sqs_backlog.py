"""A backlog as a simulation: how long it takes, how old it gets, and what is lost, before it happens in production."""

from __future__ import annotations

import datetime as dt
import time

import pytest

pytestmark = pytest.mark.lambda_modes(start="2026-01-01T00:00:00Z")

POISON = 50


def work(event, context):
    """1.2 seconds for a batch, however large. One message in fifty is poison."""
    time.sleep(1.2)
    return {
        "batchItemFailures": [
            {"itemIdentifier": record["messageId"]}
            for record in event["Records"]
            if int(record["body"]) % POISON == POISON - 1
        ]
    }


def by_the_minute(metric):
    """The values of a metric of a queue, one for each minute since the start."""
    return [value for _, value in metric.datapoints]


@pytest.mark.rule("SQS-25", "MET-14", "MET-17")
@pytest.mark.parametrize("count, minutes", [(10_000, 5), (100_000, 52)])
def test_a_backlog_drains_at_the_rate_that_its_concurrency_allows(
    event_source, lambda_modes, lambda_clock, count, minutes
):
    """Four batches of ten each 1.2 seconds: 2,000 messages a minute, with what comes back."""
    orders = event_source.sqs(
        work,
        batch_size=10,
        timeout=5,
        visibility_timeout=30,
        maximum_concurrency=4,
        max_receive_count=3,
        function_response_types=["ReportBatchItemFailures"],
        queue_name="orders",
    )
    for number in range(count):
        orders.send(str(number))
    orders.drain()

    poison = count // POISON
    assert len(orders.dead_letter_queue.messages) == poison
    assert sum(message.state == "deleted" for message in orders.sent) == count - poison

    drained_in = lambda_clock.elapsed
    deliveries = count + 2 * poison
    assert drained_in >= dt.timedelta(seconds=deliveries / 10 / 4 * 1.2)
    assert drained_in < dt.timedelta(minutes=minutes + 2)

    metrics = lambda_modes.metrics
    counts = [metrics[f"{name}EventCount"].sum for name in ("Polled", "Invoked", "FailedInvoke", "Deleted")]
    assert counts == [deliveries, deliveries, 3 * poison, count - poison]
    assert metrics["NumberOfMessagesReceived"].of("orders").sum == deliveries
    assert metrics["ConcurrentExecutions"].maximum == 4

    waiting = by_the_minute(metrics["ApproximateNumberOfMessagesVisible"].of("orders"))
    assert (waiting[0], waiting[-1]) == (count - 4 * 10, 0)
    ages = by_the_minute(metrics["ApproximateAgeOfOldestMessage"].of("orders"))
    assert ages[1:minutes] == [60 * minute for minute in range(1, minutes)]
