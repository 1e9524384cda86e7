"""Handlers written with Powertools for AWS Lambda run unchanged on the events of streams."""

from __future__ import annotations

import sys
from decimal import Decimal

import pytest
from aws_lambda_powertools.utilities.batch import (
    AsyncBatchProcessor,
    BatchProcessor,
    EventType,
    async_process_partial_response,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent, KinesisStreamEvent
from aws_lambda_powertools.utilities.data_classes import event_source as powertools_event
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecordEventName
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.parser.models import DynamoDBStreamModel, KinesisDataStreamModel

REPORTS = ["ReportBatchItemFailures"]


class Work:
    """What is done with each record: fails so many times for what it cannot stand."""

    def __init__(self, times: int = 1) -> None:
        self.left = times
        self.done = []

    def __call__(self, thing):
        if thing == "poison" and self.left:
            self.left -= 1
            raise ValueError("poison")
        self.done.append(thing)


@pytest.mark.rule("KIN-1", "KIN-14")
def test_the_batch_processor_reports_failed_kinesis_records(event_source):
    """What it reports is where the batch goes on."""
    work, processor = Work(), BatchProcessor(event_type=EventType.KinesisDataStreams)

    def handler(event, context):
        return process_partial_response(
            event=event,
            record_handler=lambda record: work(record.kinesis.data_as_json()["kind"]),
            processor=processor,
            context=context,
        )

    clicks = event_source.kinesis(handler, starting_position="TRIM_HORIZON", function_response_types=REPORTS)
    records = [clicks.put({"kind": kind}) for kind in ("a", "poison", "b")]
    clicks.drain()
    assert [batch.outcome for batch in clicks.batches] == ["partial_failure", "success"]
    assert clicks.batches[0].response == {"batchItemFailures": [{"itemIdentifier": records[1].sequence_number}]}
    # What is behind the checkpoint comes again, although it went well.
    assert work.done == ["a", "b", "poison", "b"]


@pytest.mark.rule("DDB-1", "KIN-14")
def test_the_batch_processor_reports_failed_changes(event_source):
    """For a table's stream the identifiers are those of its own records."""
    work, processor = Work(), BatchProcessor(event_type=EventType.DynamoDBStreams)

    def handler(event, context):
        return process_partial_response(
            event=event,
            record_handler=lambda record: work(record.dynamodb.new_image["kind"]),
            processor=processor,
            context=context,
        )

    orders = event_source.dynamodb(handler, starting_position="TRIM_HORIZON", function_response_types=REPORTS)
    records = [orders.put_item({"id": kind, "kind": kind}) for kind in ("a", "poison", "b")]
    orders.drain()
    assert orders.batches[0].response == {"batchItemFailures": [{"itemIdentifier": records[1].sequence_number}]}
    assert work.done == ["a", "b", "poison", "b"]


@pytest.mark.rule("KIN-6")
def test_the_batch_processor_raises_when_every_record_failed(event_source):
    """By default it does, and the batch is tried again as after any exception."""
    work, processor = Work(times=2), BatchProcessor(event_type=EventType.KinesisDataStreams)

    def handler(event, context):
        return process_partial_response(
            event=event,
            record_handler=lambda record: work(record.kinesis.data_as_text()),
            processor=processor,
            context=context,
        )

    clicks = event_source.kinesis(handler, starting_position="TRIM_HORIZON", function_response_types=REPORTS)
    for _ in range(2):
        clicks.put("poison")
    clicks.drain()
    assert [batch.outcome for batch in clicks.batches] == ["function_error", "success"]
    assert clicks.batches[0].error.type == BatchProcessingError.__name__


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="it asks for the current loop, and there is none any more")
@pytest.mark.filterwarnings("ignore:There is no current event loop:DeprecationWarning")
def test_the_async_batch_processor_runs_too(event_source):
    """In the loop of its execution environment."""
    seen, processor = [], AsyncBatchProcessor(event_type=EventType.KinesisDataStreams)

    async def keep(record):
        seen.append(record.kinesis.data_as_text())

    def handler(event, context):
        return async_process_partial_response(event=event, record_handler=keep, processor=processor, context=context)

    clicks = event_source.kinesis(handler, starting_position="TRIM_HORIZON", function_response_types=REPORTS)
    for body in "abc":
        clicks.put(body)
    clicks.drain()
    assert sorted(seen) == ["a", "b", "c"]
    assert [batch.response for batch in clicks.batches] == [{"batchItemFailures": []}]


@pytest.mark.rule("KIN-1")
def test_the_data_classes_read_kinesis_events(event_source, lambda_clock):
    """Each member as its own kind."""
    seen = []

    @powertools_event(data_class=KinesisStreamEvent)
    def handler(event, context):
        seen.extend(event.records)

    clicks = event_source.kinesis(handler, stream_name="clicks", starting_position="TRIM_HORIZON")
    lambda_clock.advance(milliseconds=1500)
    record = clicks.put({"id": 7}, "user-1")
    clicks.drain()
    [read] = seen
    assert read.kinesis.data_as_json() == record.json() == {"id": 7}
    assert (read.kinesis.partition_key, read.kinesis.sequence_number) == ("user-1", record.sequence_number)
    assert read.kinesis.approximate_arrival_timestamp == record.arrived_at.timestamp()
    assert read.event_id == f"{record.shard_id}:{record.sequence_number}"
    assert read.event_source_arn == clicks.stream.arn


@pytest.mark.rule("DDB-1")
def test_the_data_classes_read_the_events_of_tables(event_source):
    """Images come out as the values that went in."""
    seen = []

    @powertools_event(data_class=DynamoDBStreamEvent)
    def handler(event, context):
        seen.extend(event.records)

    orders = event_source.dynamodb(handler, starting_position="TRIM_HORIZON")
    item = {
        "id": "7",
        "total": Decimal("1.10"),
        "tags": {"a", "b"},
        "photo": b"\xff",
        "note": None,
        "lines": [{"n": 1}],
    }
    orders.put_item(item)
    orders.delete_item({"id": "7"})
    orders.drain()
    inserted, removed = seen
    assert (inserted.event_name, removed.event_name) == (
        DynamoDBRecordEventName.INSERT,
        DynamoDBRecordEventName.REMOVE,
    )
    # Powertools leaves binary values in base64.
    assert inserted.dynamodb.new_image == {**item, "photo": "/w=="}
    assert inserted.dynamodb.keys == {"id": "7"}
    assert removed.dynamodb.old_image == inserted.dynamodb.new_image


@pytest.mark.rule("KIN-22")
@pytest.mark.parametrize("kind", ["kinesis", "dynamodb"])
def test_the_data_classes_read_windows(event_source, kind):
    """Their members beside the records."""
    seen = []
    stream_event = KinesisStreamEvent if kind == "kinesis" else DynamoDBStreamEvent

    def handler(event, context):
        seen.append(stream_event(event))
        return {"state": {"count": len(event["Records"])}}

    source = event_source(kind, handler, starting_position="TRIM_HORIZON", tumbling_window_in_seconds=60)
    put = source.put if kind == "kinesis" else lambda body: source.put_item({"id": body})
    put("a")
    source.drain()
    first, last = seen
    assert (first.window.start, first.window.end) == ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z")
    assert (first.is_final_invoke_for_window, last.is_final_invoke_for_window) == (False, True)
    assert (last.is_window_terminated_early, last.state) == (False, {"count": 1})
    assert last.shard_id == source.batches[0].shard_id


@pytest.mark.rule("KIN-1")
def test_the_parser_validates_kinesis_events(event_source):
    """Its Pydantic model finds nothing missing."""
    seen = []

    @event_parser(model=KinesisDataStreamModel)
    def handler(event, context):
        seen.extend(record.kinesis.data for record in event.Records)

    clicks = event_source.kinesis(handler, starting_position="TRIM_HORIZON")
    clicks.put(b"\x00\xff")
    clicks.drain()
    assert [batch.outcome for batch in clicks.batches] == ["success"]
    assert seen == [b"\x00\xff"]


@pytest.mark.rule("DDB-1")
def test_the_parser_validates_the_events_of_tables(event_source, lambda_clock):
    """Also of an item whose time to live has passed."""
    seen = []

    @event_parser(model=DynamoDBStreamModel)
    def handler(event, context):
        seen.extend((record.eventName, record.userIdentity) for record in event.Records)

    orders = event_source.dynamodb(handler, starting_position="TRIM_HORIZON", time_to_live="expires_at")
    orders.put_item({"id": "7", "expires_at": int(lambda_clock.now.timestamp())})
    orders.expire()
    orders.drain()
    assert [name for name, _ in seen] == ["INSERT", "REMOVE"]
    assert seen[0][1] is None
    assert seen[1][1].principalId == "dynamodb.amazonaws.com"
