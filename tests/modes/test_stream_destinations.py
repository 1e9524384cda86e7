"""What on-failure destinations are told of records that were given up, through the fixture."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest

from pytest_lambda_modes import InvalidParameterValueException, facts

NUMBER = re.compile(r"\d+").fullmatch


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def fail(event, context):
    raise ValueError("no")


@pytest.fixture
def clicks_to(event_source):
    """A stream whose batches fail at once, and are told to a target."""

    def make(target, **config):
        usual = {"stream_name": "clicks", "starting_position": "TRIM_HORIZON", "maximum_retry_attempts": 0}
        return event_source.kinesis(fail, on_failure=target, **{**usual, **config}, function_name="reader")

    return make


@pytest.fixture
def orders_to(event_source):
    """The same for a table."""

    def make(target, **config):
        usual = {"table_name": "orders", "starting_position": "TRIM_HORIZON", "maximum_retry_attempts": 0}
        return event_source.dynamodb(fail, on_failure=target, **{**usual, **config}, function_name="reader")

    return make


@pytest.mark.rule("KIN-18")
def test_a_queue_is_told_which_kinesis_records_were_lost_and_why(clicks_to, lambda_clock):
    """All members in AWS's order, with milliseconds, and without the records."""
    clicks = clicks_to("sqs:lost", enabled=False)
    lambda_clock.advance(milliseconds=1234)
    first = clicks.put("a")
    lambda_clock.advance(seconds=1)
    last = clicks.put("b")
    clicks.enable()
    clicks.drain()
    [message] = clicks.on_failure.messages
    assert list(json.loads(message.body).items()) == [
        (
            "requestContext",
            {
                "requestId": clicks.batches[0].request_id,
                "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:reader",
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 1,
            },
        ),
        ("responseContext", {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}),
        ("version", "1.0"),
        ("timestamp", "2026-01-01T00:00:02.234Z"),
        (
            "KinesisBatchInfo",
            {
                "shardId": "shardId-000000000000",
                "startSequenceNumber": first.sequence_number,
                "endSequenceNumber": last.sequence_number,
                "approximateArrivalOfFirstRecord": "2026-01-01T00:00:01.234Z",
                "approximateArrivalOfLastRecord": "2026-01-01T00:00:02.234Z",
                "batchSize": 2,
                "streamArn": "arn:aws:kinesis:us-east-1:123456789012:stream/clicks",
            },
        ),
    ]


@pytest.mark.rule("KIN-18")
def test_the_arrivals_of_dynamodb_records_are_whole_seconds(orders_to, lambda_clock):
    """Under a name of their own."""
    orders = orders_to("sqs:lost")
    lambda_clock.advance(milliseconds=1234)
    record = orders.put_item({"id": "7"})
    orders.drain()
    told = orders.on_failure.messages[0].json()
    assert told["timestamp"] == "2026-01-01T00:00:01.234Z"
    assert told["DDBStreamBatchInfo"] == {
        "shardId": record.shard_id,
        "startSequenceNumber": record.sequence_number,
        "endSequenceNumber": record.sequence_number,
        "approximateArrivalOfFirstRecord": "2026-01-01T00:00:01Z",
        "approximateArrivalOfLastRecord": "2026-01-01T00:00:01Z",
        "batchSize": 1,
        "streamArn": orders.table.stream.arn,
    }


@pytest.mark.rule("KIN-18")
def test_a_topic_is_told_the_same(clicks_to, lambda_modes):
    """And hands it to its subscribers."""
    lambda_modes.topic("alerts").subscribe(lambda_modes.queue("pager"), raw_message_delivery=True)
    clicks = clicks_to("sns:alerts")
    clicks.put("a")
    clicks.drain()
    [published] = clicks.on_failure.messages
    [paged] = lambda_modes.queue("pager").messages
    assert published.json() == paged.json()
    assert published.json()["KinesisBatchInfo"]["batchSize"] == 1


@pytest.mark.rule("KIN-18", "ESM-6")
def test_the_function_is_told_as_it_was_configured(clicks_to, lambda_modes, event_source):
    """With the qualifier of the mapping, and the version that ran."""
    function = lambda_modes.function(fail, function_name="orders")
    function.create_alias("live", function.publish_version())
    clicks = event_source.kinesis(
        function, qualifier="live", starting_position="TRIM_HORIZON", maximum_retry_attempts=0, on_failure="sqs:lost"
    )
    clicks.put("a")
    clicks.drain()
    told = clicks.on_failure.messages[0].json()
    assert told["requestContext"]["functionArn"] == "arn:aws:lambda:us-east-1:123456789012:function:orders:live"
    assert told["responseContext"]["executedVersion"] == "1"


@pytest.mark.rule("KIN-19")
def test_a_bucket_has_the_event_too_as_a_string(clicks_to, lambda_clock):
    """Under a key of mapping, shard and the moment of the record."""
    clicks = clicks_to("s3:failures")
    lambda_clock.advance(hours=25, seconds=1)
    clicks.put("a")
    clicks.drain()
    [(key, stored)] = clicks.on_failure.objects.items()
    before, identifier = key[:-36], key[-36:]
    assert before == (f"aws/lambda/{clicks.mapping.uuid}/shardId-000000000000/2026/01/02/2026-01-02T01.00.01-")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", identifier)
    told = stored.json()
    assert list(told)[-1] == "payload"
    assert json.loads(told["payload"]) == clicks.batches[0].event
    assert told["timestamp"] == "2026-01-02T01:00:01.000Z"


@pytest.mark.rule("KIN-19", "KIN-12")
def test_a_bucket_has_the_records_that_never_ran(clicks_to, lambda_clock):
    """Those that were too old: the event they would have made."""
    clicks = clicks_to("s3:failures", maximum_record_age_in_seconds=60, enabled=False)
    old = clicks.put("old")
    lambda_clock.advance(minutes=2)
    clicks.put("fresh")
    clicks.enable()
    clicks.drain()
    first, second = (json.loads(stored.json()["payload"]) for stored in clicks.on_failure.objects.values())
    assert [record["kinesis"]["sequenceNumber"] for record in first["Records"]] == [old.sequence_number]
    assert second == clicks.batches[0].event


@pytest.mark.rule("KIN-19", "KIN-22")
def test_a_bucket_has_the_window_of_the_event(clicks_to):
    """The whole event is the payload, its window and state included."""
    clicks = clicks_to("s3:failures", tumbling_window_in_seconds=60)
    clicks.put("a")
    clicks.drain()
    [stored] = clicks.on_failure.objects.values()
    assert json.loads(stored.json()["payload"])["window"]["start"] == "2026-01-01T00:00:00Z"


@pytest.mark.rule("KIN-20")
@pytest.mark.parametrize("target", ["sqs:lost.fifo", "sns:lost.fifo"])
def test_fifo_destinations_are_refused(clicks_to, target):
    """When the mapping is made, and when it is updated."""
    with pytest.raises(InvalidParameterValueException, match="DestinationConfig"):
        clicks_to(target)
    clicks = clicks_to("sqs:lost", stream_name="views")
    with pytest.raises(InvalidParameterValueException, match="DestinationConfig"):
        clicks.update(on_failure=target)


@pytest.mark.rule("KIN-20", "MET-16", "MET-9")
@pytest.mark.parametrize("target", ["sqs:lost", "sns:lost", "s3:lost"])
def test_a_destination_that_is_gone_is_not_tried_again(clicks_to, lambda_modes, lambda_timeline, target):
    """One failure is counted, the records are dropped, and the shard goes on."""
    clicks = clicks_to(target, batch_size=2)
    clicks.on_failure.delete()
    records = [clicks.put(body) for body in "abc"]
    clicks.drain()
    assert [record.state for record in records] == ["discarded"] * 3
    metrics = lambda_modes.metrics
    assert [value for _, value in metrics["DestinationDeliveryFailures"].datapoints] == [1, 1]
    assert [value for _, value in metrics["DroppedEventCount"].datapoints] == [2, 1]
    assert metrics["OnFailureDestinationDeliveredEventCount"].sample_count == 0
    failed = [fact for fact in lambda_timeline if isinstance(fact, facts.DeliveryFailed)]
    assert [(fact.target, fact.rule, fact.dead_letter) for fact in failed] == [(target, "KIN-20", False)] * 2


@pytest.mark.rule("MET-14")
def test_records_that_a_destination_was_told_of_do_not_count_as_dropped(clicks_to, lambda_modes):
    """Each record counts as one or the other."""
    clicks = clicks_to("sqs:lost")
    for body in "abc":
        clicks.put(body)
    clicks.drain()
    assert lambda_modes.metrics["OnFailureDestinationDeliveredEventCount"].sum == 3
    assert lambda_modes.metrics["DroppedEventCount"].sample_count == 0


@pytest.mark.rule("KIN-21")
def test_without_a_destination_only_a_metric_tells_of_what_is_lost(clicks_to, lambda_modes):
    """Nothing is written anywhere."""
    clicks = clicks_to(None)
    clicks.put("a")
    clicks.drain()
    assert clicks.on_failure is None
    assert lambda_modes.metrics["DroppedEventCount"].sum == 1
    assert lambda_modes._resources.queues == []


@pytest.mark.rule("KIN-18", "ESM-6")
def test_a_destination_can_be_changed(clicks_to, lambda_modes):
    """What is discarded from then on goes there; a target is an object, an ARN or short."""
    clicks = clicks_to(lambda_modes.queue("first"))
    clicks.put("a")
    clicks.drain()
    clicks.update(on_failure="arn:aws:sqs:us-east-1:123456789012:second")
    clicks.put("b")
    clicks.drain()
    clicks.update(on_failure=None)
    clicks.put("c")
    clicks.drain()
    assert [len(lambda_modes.queue(name).messages) for name in ("first", "second")] == [1, 1]


@pytest.mark.rule("KIN-18")
def test_what_a_destination_got_can_feed_another_function(clicks_to, event_source):
    """The usual arrangement: a queue of failures with a function that looks at them."""
    seen = []
    clicks = clicks_to("sqs:lost")
    failures = event_source.sqs(
        lambda event, context: seen.extend(json.loads(record["body"]) for record in event["Records"]),
        queue=clicks.on_failure,
    )
    record = clicks.put("a")
    clicks.drain()
    failures.drain()
    assert [told["KinesisBatchInfo"]["startSequenceNumber"] for told in seen] == [record.sequence_number]
    assert NUMBER(record.sequence_number)
