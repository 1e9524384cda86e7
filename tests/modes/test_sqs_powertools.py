"""Powertools for AWS Lambda as an oracle: its batch processors, data classes and parser run unchanged on our events."""

from __future__ import annotations

import pytest
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    SqsFifoPartialProcessor,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes import SQSEvent
from aws_lambda_powertools.utilities.parser.models import SqsModel

REPORTS = ["ReportBatchItemFailures"]


class Rejected(Exception):
    pass


def handler_with(processor, seen, rejections=99):
    """A handler as Powertools' documentation writes it. Bodies with an x are rejected at their first receives."""

    def process(record):
        seen.append(record.body)
        if "x" in record.body and int(record.attributes.approximate_receive_count) <= rejections:
            raise Rejected(record.body)

    def handler(event, context):
        return process_partial_response(event=event, record_handler=process, processor=processor, context=context)

    return handler


def send(orders, *bodies):
    return [orders.send(body, message_group_id=body[0], message_deduplication_id=body) for body in bodies]


@pytest.mark.rule("SQS-11")
def test_the_batch_processor_reports_what_failed(event_source):
    """The rejected message comes back until it is dead-lettered, the others are gone at once."""
    seen = []
    orders = event_source.sqs(
        handler_with(BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False), seen),
        function_response_types=REPORTS,
        max_receive_count=3,
    )
    messages = [orders.send(body) for body in ("a", "bx", "c")]
    orders.drain()
    assert seen == ["a", "bx", "c", "bx", "bx"]
    assert [message.state for message in messages] == ["deleted", "dead_lettered", "deleted"]
    assert {batch.outcome for batch in orders.batches} == {"partial_failure"}


@pytest.mark.rule("SQS-5")
def test_the_batch_processor_raises_when_everything_failed(event_source):
    """Its default. For the mapping that is a function error, and nothing is deleted either way."""
    seen = []
    orders = event_source.sqs(
        handler_with(BatchProcessor(EventType.SQS), seen), function_response_types=REPORTS, max_receive_count=1
    )
    message = orders.send("ax")
    orders.drain()
    [batch] = orders.batches
    assert (batch.outcome, batch.error.type, message.state) == (
        "function_error",
        "BatchProcessingError",
        "dead_lettered",
    )


@pytest.mark.rule("SQS-14", "SQS-17")
@pytest.mark.parametrize(
    "skip_group_on_error, first, second",
    [(False, ["a1", "a2x"], ["a2x", "a3", "b1", "b2"]), (True, ["a1", "a2x", "b1", "b2"], ["a2x", "a3"])],
)
def test_the_fifo_processor_keeps_the_order(event_source, skip_group_on_error, first, second):
    """It stops at the first failure, or goes on with other groups, and reports all that follows."""
    seen = []
    processor = SqsFifoPartialProcessor(skip_group_on_error=skip_group_on_error)
    orders = event_source.sqs(handler_with(processor, seen, rejections=1), fifo=True, function_response_types=REPORTS)
    messages = send(orders, "a1", "a2x", "a3", "b1", "b2")
    orders.drain()
    assert seen == first + second
    assert {message.state for message in messages} == {"deleted"}


@pytest.mark.rule("SQS-10", "SQS-14")
def test_what_stands_behind_a_poison_message_is_dead_lettered_with_it(event_source):
    """A FIFO processor reports it as often, so it uses up its receives without ever being looked at."""
    seen = []
    orders = event_source.sqs(
        handler_with(SqsFifoPartialProcessor(), seen), fifo=True, function_response_types=REPORTS, max_receive_count=2
    )
    messages = send(orders, "a1", "a2x", "a3")
    orders.drain()
    assert seen == ["a1", "a2x", "a2x"]
    assert [message.state for message in messages] == ["deleted", "dead_lettered", "dead_lettered"]


@pytest.mark.rule("SQS-1")
@pytest.mark.parametrize("fifo", [False, True])
def test_its_data_classes_and_its_parser_read_our_events(event_source, lambda_clock, fifo):
    """Every field of both, for a first receive, a second one, and a dead letter."""
    events = []

    def keep(event, context):
        events.append((event, SQSEvent(event), SqsModel.model_validate(event)))
        raise Rejected

    orders = event_source.sqs(keep, fifo=fifo, max_receive_count=2)
    event_source.sqs(keep, queue=orders.dead_letter_queue)
    attributes = {"text": "t", "number": 7, "raw": b"\x00"}
    if fifo:
        orders.send({"id": 1}, message_attributes=attributes, message_group_id="g", message_deduplication_id="d")
    else:
        orders.send({"id": 1}, message_attributes=attributes)
    orders.drain()
    lambda_clock.advance(seconds=0)
    assert len(events) == 3
    for number, (event, data, model) in enumerate(events, start=1):
        [raw], [record], [parsed] = event["Records"], data.records, model.Records
        assert record.json_body == {"id": 1}
        assert (record.message_id, record.receipt_handle) == (raw["messageId"], raw["receiptHandle"])
        assert record.attributes.approximate_receive_count == str(number)
        assert record.attributes.sent_timestamp == "1767225600000"
        assert record.attributes.message_group_id == ("g" if fifo else None)
        assert record.message_attributes["text"].string_value == "t"
        assert record.message_attributes["number"].data_type == "Number"
        assert (record.event_source, record.aws_region) == ("aws:sqs", "us-east-1")
        assert record.queue_url.rpartition("/")[2] == raw["eventSourceARN"].rpartition(":")[2]
        assert parsed.attributes.ApproximateReceiveCount == str(number)
        assert (parsed.attributes.MessageGroupId, parsed.md5OfBody) == ("g" if fifo else None, raw["md5OfBody"])
        assert parsed.messageAttributes["raw"].binaryValue == "AA=="
        source = orders.queue.arn if number == 3 else None
        assert record.attributes.dead_letter_queue_source_arn == source
