"""The event of a batch from a queue, byte for byte. (SQS-1 to SQS-3)"""

from __future__ import annotations

import json
from enum import Enum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.events import sqs
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.modes.polling.sqs_records import SqsRecords
from pytest_lambda_modes.services.sqs_queue import SqsQueue

ARN = "arn:aws:sqs:us-east-1:123456789012:orders"
MD5_OF_A = "0cc175b9c0f1b6a831c399e269772661"


def record(**given):
    """A whole record, parsed."""
    made = sqs.record(
        **{
            "message_id": "m",
            "receipt_handle": "h",
            "body": "a",
            "attributes": {"ApproximateReceiveCount": "1"},
            "message_attributes": {},
            "md5_of_message_attributes": None,
            "md5_of_body": MD5_OF_A,
            "event_source_arn": ARN,
            "region": "us-east-1",
            **given,
        }
    )
    [parsed] = json.loads(sqs.payload({"Records": [made]}))["Records"]
    assert made == parsed
    return parsed


class Echo:
    """A handler that keeps its events."""

    def __init__(self) -> None:
        self.events = []

    def __call__(self, event, context):
        self.events.append(event)

    @property
    def record(self):
        [event] = self.events
        [record] = event["Records"]
        return record


# Through the queue


@pytest.mark.rule("SQS-1")
def test_a_message_of_a_standard_queue(event_source):
    """Its members in wire order, all system attributes as strings."""
    echo = Echo()
    orders = event_source.sqs(echo, queue_name="orders")
    message = orders.send("a")
    orders.drain()
    assert list(echo.events[0]) == ["Records"]
    assert json.dumps(echo.record) == json.dumps(
        {
            "messageId": message.message_id,
            "receiptHandle": message.receipt_handle,
            "body": "a",
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1767225600000",
                "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                "ApproximateFirstReceiveTimestamp": "1767225600000",
            },
            "messageAttributes": {},
            "md5OfBody": MD5_OF_A,
            "eventSource": "aws:sqs",
            "eventSourceARN": ARN,
            "awsRegion": "us-east-1",
        }
    )


@pytest.mark.rule("SQS-1")
def test_a_message_of_a_fifo_queue(event_source):
    """Sequence number, group id and deduplication id stand between the others, in this order."""
    echo = Echo()
    orders = event_source.sqs(echo, queue_name="orders.fifo")
    orders.send("a", message_group_id="g", message_deduplication_id="d")
    orders.drain()
    assert list(echo.record["attributes"]) == [
        "ApproximateReceiveCount",
        "SentTimestamp",
        "SequenceNumber",
        "MessageGroupId",
        "SenderId",
        "MessageDeduplicationId",
        "ApproximateFirstReceiveTimestamp",
    ]
    assert all(isinstance(value, str) for value in echo.record["attributes"].values())
    assert echo.record["attributes"]["MessageGroupId"] == "g"
    assert echo.record["eventSourceARN"] == f"{ARN}.fifo"


@pytest.mark.rule("SQS-1")
def test_a_message_of_a_fair_queue(event_source):
    """A standard queue carries a group id along."""
    echo = Echo()
    orders = event_source.sqs(echo)
    orders.send("a", message_group_id="tenant")
    orders.drain()
    assert list(echo.record["attributes"]) == [
        "ApproximateReceiveCount",
        "SentTimestamp",
        "MessageGroupId",
        "SenderId",
        "ApproximateFirstReceiveTimestamp",
    ]


@pytest.mark.rule("SQS-1", "SQS-9")
def test_a_dead_letter_with_a_trace_header(event_source):
    """The header comes second, the queue it came from last."""
    echo = Echo()

    def fail(event, context):
        raise RuntimeError("no")

    orders = event_source.sqs(fail, queue_name="orders", max_receive_count=1)
    letters = event_source.sqs(echo, queue=orders.dead_letter_queue)
    orders.queue.send("a", aws_trace_header="Root=1-5759e988-bd862e3fe1be46a994272793")
    orders.drain()
    letters.drain()
    assert list(echo.record["attributes"].items()) == [
        ("ApproximateReceiveCount", "2"),
        ("AWSTraceHeader", "Root=1-5759e988-bd862e3fe1be46a994272793"),
        ("SentTimestamp", "1767225600000"),
        ("SenderId", "AIDAIENQZJOLO23YVJ4VO"),
        ("ApproximateFirstReceiveTimestamp", "1767225600000"),
        ("DeadLetterQueueSourceArn", ARN),
    ]


@pytest.mark.rule("SQS-1")
def test_message_attributes_have_keys_of_their_own(event_source):
    """Camel case, empty lists beside the value, binary in base64."""
    echo = Echo()
    orders = event_source.sqs(echo)
    message = orders.send("a", message_attributes={"text": "é", "number": 7, "raw": b"\x00\xff"})
    orders.drain()
    assert json.dumps(echo.record["messageAttributes"]) == json.dumps(
        {
            "text": {"stringValue": "é", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
            "number": {"stringValue": "7", "stringListValues": [], "binaryListValues": [], "dataType": "Number"},
            "raw": {"binaryValue": "AP8=", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"},
        }
    )
    assert echo.record["md5OfMessageAttributes"] == message.md5_of_message_attributes


@pytest.mark.rule("SQS-2")
@pytest.mark.parametrize("window, attributes, present", [(0, {}, False), (0, {"k": "v"}, True), (1, {}, True)])
def test_the_hash_of_no_attributes_is_there_with_a_window_only(event_source, window, attributes, present):
    """Left out without a window, null with one; it stands before the hash of the body."""
    echo = Echo()
    orders = event_source.sqs(echo, maximum_batching_window_in_seconds=window)
    message = orders.send("a", message_attributes=attributes)
    orders.drain()
    assert ("md5OfMessageAttributes" in echo.record) == present
    assert echo.record.get("md5OfMessageAttributes") == message.md5_of_message_attributes
    if present:
        names = list(echo.record)
        assert names[names.index("md5OfMessageAttributes") + 1] == "md5OfBody"


@pytest.mark.rule("SQS-2")
def test_the_hash_follows_the_window_when_that_is_changed(event_source, lambda_clock):
    """Also in the record of a message that was received before."""

    class FailsOnce(Echo):
        def __call__(self, event, context):
            super().__call__(event, context)
            if len(self.events) == 1:
                raise RuntimeError("no")

    echo = FailsOnce()
    orders = event_source.sqs(echo)
    orders.send("a")
    lambda_clock.advance(seconds=1)
    orders.update(maximum_batching_window_in_seconds=1)
    orders.drain()
    first, second = (event["Records"][0] for event in echo.events)
    assert "md5OfMessageAttributes" not in first
    assert second["md5OfMessageAttributes"] is None


@pytest.mark.rule("SQS-3")
def test_timestamps_are_those_of_the_send_and_of_the_first_receive(event_source, lambda_clock):
    """In milliseconds since 1970, and they stay; only count and handle are new each time."""
    events = []

    def fail(event, context):
        events.append(event["Records"][0])
        raise RuntimeError("no")

    lambda_clock.advance(milliseconds=1.5)
    orders = event_source.sqs(fail, max_receive_count=3)
    orders.send("a", delay_seconds=10)
    orders.drain()
    assert {each["attributes"]["SentTimestamp"] for each in events} == {"1767225600001"}
    assert {each["attributes"]["ApproximateFirstReceiveTimestamp"] for each in events} == {"1767225610001"}
    assert [each["attributes"]["ApproximateReceiveCount"] for each in events] == ["1", "2", "3"]
    assert len({each["receiptHandle"] for each in events}) == 3


class Kind(str, Enum):
    ORDER = "order"


def test_what_a_handler_gets_is_what_json_carries(event_source):
    """A str of a class of the sender's arrives as plain text, and what one handler does to an event no other sees."""
    events = []

    def scribble(event, context):
        events.append(json.loads(json.dumps(event)))
        event["Records"][0]["attributes"].clear()
        event["Records"].append(type(event["Records"][0]["body"]))
        raise ValueError("no stock")

    orders = event_source.sqs(scribble, fifo=True, max_receive_count=2)
    orders.send(
        Kind.ORDER,
        message_attributes={"kind": Kind.ORDER},
        message_group_id=Kind.ORDER,
        message_deduplication_id=Kind.ORDER,
    )
    orders.drain()
    first, second = (batch.event for batch in orders.batches)
    assert events == [first, second] == [json.loads(batch.payload) for batch in orders.batches]
    [record] = first["Records"]
    attribute = record["messageAttributes"]["kind"]["stringValue"]
    texts = [record["body"], attribute, *record["attributes"].values()]
    assert {type(text) for text in texts} == {str}
    assert record["attributes"]["MessageGroupId"] == record["body"] == "order"


# The text itself


@pytest.mark.rule("SQS-1")
def test_an_event_is_written_as_the_json_module_writes_it():
    """Spaces after commas and colons, and only ASCII."""
    made = sqs.record(
        message_id="m",
        receipt_handle="h",
        body='{"name": "é"}',
        attributes={"SentTimestamp": "1"},
        message_attributes={"k": {"DataType": "String", "StringValue": '"'}},
        md5_of_message_attributes="x",
        md5_of_body="y",
        event_source_arn=ARN,
        region="us-east-1",
    )
    payload = sqs.payload({"Records": [made, made]})
    assert payload.decode("ascii") == json.dumps(json.loads(payload))


@settings(deadline=None, derandomize=True)
@given(body=st.text(), group=st.text(), name=st.text(min_size=1), value=st.text())
def test_any_text_arrives_as_it_was_sent(body, group, name, value):
    """Whatever has to be escaped on the way."""
    found = record(
        body=body,
        attributes={"MessageGroupId": group},
        message_attributes={name: {"DataType": "String", "StringValue": value}},
    )
    assert found["body"] == body
    assert found["attributes"] == {"MessageGroupId": group}
    assert found["messageAttributes"][name]["stringValue"] == value


@settings(deadline=None, derandomize=True)
@given(st.lists(st.text(), min_size=1, max_size=5))
def test_the_size_of_an_event_is_known_before_it_is_written(bodies):
    """To the byte: that of the envelope, and what each record adds."""
    records = [record(body=body) for body in bodies]
    assert len(sqs.payload({"Records": records})) == sqs.ENVELOPE + sum(map(sqs.size_of, records))


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=128)
names = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=256)


@settings(deadline=None, derandomize=True)
@given(
    body=texts,
    attributes=st.dictionaries(names, texts | st.binary(min_size=1, max_size=128), max_size=10),
    group=st.none() | st.just('"' * 128),
    trace=st.none() | st.just("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"),
)
def test_a_record_is_never_larger_than_its_estimate(body, attributes, group, trace):
    """So a batch that the estimates let through has room in an event."""
    queue = SqsQueue("q" * 80, Scheduler(1 << 51), Identifiers("seed"))
    message = queue.send(body, message_attributes=attributes, message_group_id=group, aws_trace_header=trace)
    records = SqsRecords(queue, has_window=True)
    assert records.size(message, 100_000) <= records.most_bytes(message)
