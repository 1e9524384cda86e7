"""Topics in provisioned mode: limits of retries and age, bisecting, reports, destinations. (KAFKA-4 to KAFKA-6)"""

from __future__ import annotations

import base64
import datetime as dt
import json

import pytest

from pytest_lambda_modes import facts


def values(event):
    return [base64.b64decode(each["value"]).decode() for records in event["records"].values() for each in records]


def fail_for_poison(event, context):
    if "poison" in values(event):
        raise ValueError("poison")


def make(event_source, handler=fail_for_poison, **settings):
    settings = {"topics": ["orders"], "starting_position": "TRIM_HORIZON", "minimum_pollers": 1, **settings}
    return event_source.msk(handler, **settings)


@pytest.mark.rule("KAFKA-4")
def test_retries_have_a_limit(event_source):
    """One more invocation than retries, and then the next records."""
    orders = make(event_source, maximum_retry_attempts=2, batch_size=1)
    poison, fine = orders.send("poison"), orders.send("fine")
    orders.drain()
    assert (poison.state, poison.attempts, poison.discard_reason) == ("discarded", 3, "RetriesExhausted")
    assert (fine.state, orders.committed_offsets) == ("processed", {0: 2})


@pytest.mark.rule("KAFKA-4")
def test_records_have_an_age_limit(event_source, lambda_clock):
    """Counted from their arrival."""
    orders = make(event_source, maximum_record_age_in_seconds=60)
    poison = orders.send("poison", timestamp=0)
    orders.drain()
    assert (poison.state, poison.discard_reason) == ("discarded", "RecordAgeExceeded")
    assert lambda_clock.elapsed == dt.timedelta(seconds=60)


@pytest.mark.rule("KAFKA-4")
def test_a_batch_is_bisected(event_source, lambda_modes):
    """Until the poison is alone; the order of each partition stays."""
    orders = make(event_source, num_partitions=2, bisect_batch_on_function_error=True, maximum_retry_attempts=0)
    records = [orders.send(value, partition=number % 2) for number, value in enumerate(["a", "b", "poison", "c", "d"])]
    orders.drain()
    assert [record.state for record in records] == ["processed", "processed", "discarded", "processed", "processed"]
    bisected = [fact for fact in lambda_modes.timeline.facts if isinstance(fact, facts.BatchBisected)]
    assert {fact.rule for fact in bisected} == {"KAFKA-4"}


@pytest.mark.rule("KAFKA-5")
def test_only_what_is_behind_a_report_comes_again(event_source):
    """In its own partition; other partitions are done with."""
    seen = []

    def handler(event, context):
        seen.append(
            {partition: [each["offset"] for each in records] for partition, records in event["records"].items()}
        )
        failed = [{"partition": "orders-0", "offset": 1}] if len(seen) == 1 else []
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    orders = make(event_source, handler, num_partitions=2, function_response_types=["ReportBatchItemFailures"])
    for number in range(6):
        orders.send("a", partition=number % 2)
    orders.drain()
    assert seen == [{"orders-0": [0, 1, 2], "orders-1": [0, 1, 2]}, {"orders-0": [1, 2]}]
    assert [batch.outcome for batch in orders.batches] == ["partial_failure", "success"]
    assert orders.committed_offsets == {0: 3, 1: 3}


@pytest.mark.rule("KAFKA-5", "KAFKA-4")
def test_a_report_of_the_first_records_uses_up_a_retry(event_source):
    """Nothing was done, so the batch is the same."""

    def handler(event, context):
        [records] = event["records"].values()
        first = {"partition": "orders-0", "offset": records[0]["offset"]}
        return {"batchItemFailures": [{"itemIdentifier": first}]}

    orders = make(event_source, handler, maximum_retry_attempts=1, function_response_types=["ReportBatchItemFailures"])
    record = orders.send("a")
    orders.drain()
    assert (record.state, record.attempts) == ("discarded", 2)


@pytest.mark.rule("KAFKA-5")
@pytest.mark.parametrize(
    "identifier", ["17", {"partition": "orders-0", "offset": 17}, {"partition": "other-0", "offset": 0}, None]
)
def test_an_unknown_record_fails_the_whole_batch(event_source, lambda_modes, identifier):
    """And a hazard says what is wrong with the report."""
    orders = make(
        event_source,
        lambda event, context: {"batchItemFailures": [{"itemIdentifier": identifier}]},
        maximum_retry_attempts=0,
        function_response_types=["ReportBatchItemFailures"],
    )
    records = [orders.send("a"), orders.send("b")]
    orders.drain()
    assert [record.state for record in records] == ["discarded", "discarded"]
    assert [batch.outcome for batch in orders.batches] == ["malformed_report"]
    assert "HAZ-7" in [fact.id for fact in lambda_modes.timeline.facts if isinstance(fact, facts.Hazard)]


@pytest.mark.rule("KAFKA-4")
@pytest.mark.parametrize("mode", [{}, {"minimum_pollers": None}])
def test_a_destination_limits_the_retries_to_ten(event_source, lambda_modes, mode):
    """Though nobody said so, in both modes; a hazard tells."""
    orders = make(event_source, on_failure="sqs:lost", **mode)
    poison = orders.send("poison")
    orders.drain()
    assert (poison.state, poison.attempts) == ("discarded", 11)
    assert "HAZ-26" in [fact.id for fact in lambda_modes.timeline.facts if isinstance(fact, facts.Hazard)]
    assert orders.mapping.config.maximum_retry_attempts == -1


def test_a_limit_of_ones_own_wins(event_source, lambda_modes):
    """Then there is no hazard."""
    orders = make(event_source, on_failure="sqs:lost", maximum_retry_attempts=12)
    poison = orders.send("poison")
    orders.drain()
    assert poison.attempts == 13
    assert "HAZ-26" not in [fact.id for fact in lambda_modes.timeline.facts if isinstance(fact, facts.Hazard)]


@pytest.mark.rule("KAFKA-6", "KIN-18")
def test_a_queue_is_told_of_a_discarded_batch(event_source, lambda_clock, lambda_modes):
    """In AWS's order, without the records."""
    orders = make(event_source, num_partitions=2, maximum_retry_attempts=1, on_failure="sqs:lost")
    orders.send("poison", partition=0, timestamp=1_767_225_600_123)
    orders.send("fine", partition=1)
    orders.drain()
    [message] = orders.on_failure.messages
    record = message.json()
    last = orders.batches[-1]
    assert record == {
        "requestContext": {
            "requestId": last.request_id,
            "functionArn": f"{orders.function.arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 2,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2026-01-01T00:00:01.500Z",
        "KafkaBatchInfo": {
            "batchSize": 2,
            "eventSourceArn": orders.mapping.event_source_arn,
            "bootstrapServers": last.event["bootstrapServers"],
            "payloadSize": len(last.payload),
            "recordInfo": {"offset": "0", "timestamp": "2026-01-01T00:00:00.123Z"},
        },
    }
    assert list(record) == ["requestContext", "responseContext", "version", "timestamp", "KafkaBatchInfo"]
    metrics = lambda_modes.metrics
    assert metrics["OnFailureDestinationDeliveredEventCount"].sum == 2
    assert metrics["DroppedEventCount"].sum == 0


@pytest.mark.rule("KAFKA-4", "KAFKA-6")
def test_a_topic_gets_the_event_as_an_object(event_source, lambda_modes):
    """`kafka://lost` is a topic of the same cluster."""
    orders = make(event_source, maximum_retry_attempts=0, on_failure="kafka://lost")
    orders.send("poison")
    orders.drain()
    [record] = lambda_modes.kafka_topic("lost").records
    assert orders.on_failure is lambda_modes.kafka_topic("lost")
    told = record.json()
    assert told["payload"] == orders.batches[-1].event
    assert told["KafkaBatchInfo"]["batchSize"] == 1


@pytest.mark.rule("KAFKA-6")
def test_a_bucket_gets_the_event_as_an_object(event_source, lambda_modes):
    """Of records that were too old too, which have no response; a self-managed cluster has no ARN."""
    orders = event_source.self_managed_kafka(
        fail_for_poison,
        topics=["orders"],
        starting_position="TRIM_HORIZON",
        minimum_pollers=1,
        maximum_record_age_in_seconds=60,
        on_failure="s3:failures",
    )
    orders.send("poison")
    orders.drain()
    [(key, stored)] = lambda_modes.bucket("failures").objects.items()
    assert key.startswith(f"aws/lambda/{orders.mapping.uuid}/orders/2026/01/01/2026-01-01T00.01.00-")
    told = stored.json()
    assert told["requestContext"]["condition"] == "RecordAgeExceeded"
    assert "responseContext" not in told
    assert "eventSourceArn" not in told["KafkaBatchInfo"]
    assert told["payload"]["eventSource"] == "SelfManagedKafka"


@pytest.mark.rule("KAFKA-6", "MET-16")
def test_a_destination_that_cannot_be_written_does_not_hold_the_topic_up(event_source, lambda_modes):
    """The records count as dropped."""
    lambda_modes.queue("lost").delete()
    orders = make(event_source, maximum_retry_attempts=0, on_failure="sqs:lost")
    orders.send("poison")
    orders.drain()
    metrics = lambda_modes.metrics
    assert (metrics["DestinationDeliveryFailures"].sum, metrics["DroppedEventCount"].sum) == (1, 1)


@pytest.mark.rule("KAFKA-4", "KAFKA-2")
@pytest.mark.parametrize("least, partitions, pollers", [(1, 4, 1), (2, 4, 2), (9, 4, 4)])
def test_pollers_are_provisioned(event_source, least, partitions, pollers):
    """Never more than partitions; each reads its own ones."""
    orders = make(event_source, minimum_pollers=least, num_partitions=partitions)
    assert orders.pollers == pollers
    for partition in range(partitions):
        orders.send("a", partition=partition)
    orders.drain()
    assert len(orders.batches) == pollers
    assert orders.pollers == pollers


@pytest.mark.rule("KAFKA-4")
def test_the_most_pollers_are_a_limit(event_source, lambda_clock):
    """The lag brings no more."""
    orders = make(event_source, maximum_pollers=2, num_partitions=4)
    orders.send("poison", partition=0)
    lambda_clock.advance(minutes=10)
    assert orders.pollers == 2


def test_other_settings_count_from_the_next_batch_on(event_source, lambda_clock):
    """Provisioned pollers at once, as far as nothing holds the partitions."""
    orders = make(event_source, num_partitions=4)
    orders.update(minimum_pollers=3, batch_size=1)
    assert orders.pollers == 3
    for _ in range(2):
        orders.send("a", partition=0)
    orders.drain()
    assert [len(batch.records) for batch in orders.batches] == [1, 1]
    orders.update(minimum_pollers=1, maximum_pollers=1)
    assert orders.pollers == 1
    orders.send("a", partition=3)
    orders.drain()
    assert json.loads(orders.batches[-1].payload)["records"].keys() == {"orders-3"}


@pytest.mark.rule("KAFKA-2")
def test_a_partition_stays_with_the_poller_that_holds_some_of_it(event_source, lambda_clock):
    """So its records stay in order; it moves when they are done with."""
    seen = []
    failing = [True]

    def handler(event, context):
        seen.append(values(event))
        if "slow" in values(event) and failing:
            raise ValueError("not yet")

    orders = make(event_source, handler, num_partitions=2)
    orders.send("slow", partition=1)
    lambda_clock.advance(seconds=1)
    orders.update(minimum_pollers=2)
    behind = orders.send("behind", partition=1)
    free = orders.send("free", partition=0)
    lambda_clock.advance(seconds=20)
    assert (behind.state, free.state) == ("pending", "pending")
    failing.clear()
    orders.drain()
    assert seen[-2:] == [["behind"], ["free"]]
    assert [list(batch.event["records"]) for batch in orders.batches[-2:]] == [["orders-1"], ["orders-0"]]
