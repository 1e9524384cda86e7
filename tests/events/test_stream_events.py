"""The events of streams. Powertools' data classes and parser models are the oracle."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent, KinesisStreamEvent
from aws_lambda_powertools.utilities.parser.models import DynamoDBStreamModel, KinesisDataStreamModel
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.events import dynamodb, kinesis, stream

NEW_YEAR = 1_767_225_600_000_000
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
ROLE = "arn:aws:iam::123456789012:role/reader"
SHARD = "shardId-000000000000"

properties = settings(deadline=None, derandomize=True)
texts = st.text(st.characters(codec="utf-8"), max_size=12)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**20), 10**20), texts, st.binary(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)


def kinesis_text(data: bytes = b"data", **given: Any) -> str:
    record: dict[str, Any] = {"partition_key": "user-1", "sequence_number": "4959", "shard_id": SHARD}
    record = {**record, "arrival": NEW_YEAR, **given}
    return kinesis.RecordTexts(event_source_arn=STREAM, invoke_identity_arn=ROLE).text(data=data, **record)


def dynamodb_text(view: str = "NEW_AND_OLD_IMAGES", **given: Any) -> str:
    record: dict[str, Any] = {
        "event_id": "c" * 32,
        "event_name": "INSERT",
        "keys": {"id": {"S": "1"}},
        "new_image": {"id": {"S": "1"}},
        "old_image": None,
        "sequence_number": "100000000001767225600",
        "size_bytes": 6,
        "arrival": NEW_YEAR,
    }
    return dynamodb.RecordTexts(event_source_arn=TABLE, stream_view_type=view).text(**{**record, **given})


def event(*texts: str, window: str = "") -> dict[str, Any]:
    loaded = json.loads(stream.payload(texts, window))
    assert isinstance(loaded, dict)
    return loaded


@pytest.mark.rule("KIN-1")
def test_a_kinesis_record_has_awss_form() -> None:
    """Every key, in AWS's order."""
    record = json.loads(kinesis_text(b"\xffdata", arrival=NEW_YEAR + 987_654))
    expected = {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "user-1",
            "sequenceNumber": "4959",
            "data": base64.b64encode(b"\xffdata").decode(),
            "approximateArrivalTimestamp": 1767225600.987,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": "shardId-000000000000:4959",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": ROLE,
        "awsRegion": "us-east-1",
        "eventSourceARN": STREAM,
    }
    assert record == expected
    assert json.dumps(record) == json.dumps(expected)


@pytest.mark.rule("KIN-1")
@properties
@given(st.binary(max_size=40), st.text(st.characters(codec="utf-8"), min_size=1, max_size=20), st.integers(0, 10**15))
def test_powertools_reads_every_kinesis_record(data: bytes, key: str, passed: int) -> None:
    """Whatever the data and the key, its parser and its data classes get them back."""
    arrival = NEW_YEAR + passed
    loaded = event(kinesis_text(data, partition_key=key, arrival=arrival))
    [parsed] = KinesisDataStreamModel.model_validate(loaded).Records
    assert (parsed.kinesis.data, parsed.kinesis.partitionKey) == (data, key)
    assert parsed.kinesis.approximateArrivalTimestamp == arrival // 1000 / 1000
    [record] = KinesisStreamEvent(loaded).records
    assert record.kinesis.data_as_bytes() == data
    assert record.event_id == f"{SHARD}:{record.kinesis.sequence_number}"
    assert record.event_source_arn == STREAM


@pytest.mark.rule("KIN-1")
def test_an_arrival_is_a_float_even_at_a_whole_second() -> None:
    """As a number with a point."""
    assert '"approximateArrivalTimestamp":1767225600.0}' in kinesis_text()


@pytest.mark.rule("DDB-1")
def test_a_dynamodb_record_has_awss_form() -> None:
    """Every key, in AWS's order, binary in base64, and whole seconds as a float."""
    before, after = {"id": {"S": "1"}, "n": {"N": "1"}}, {"id": {"S": "1"}, "n": {"N": "2"}, "b": {"B": b"\x00"}}
    text = dynamodb_text(
        event_name="MODIFY", old_image=before, new_image=after, size_bytes=16, arrival=NEW_YEAR + 999_999
    )
    record = json.loads(text)
    expected = {
        "eventID": "c" * 32,
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1767225600.0,
            "Keys": {"id": {"S": "1"}},
            "NewImage": {"id": {"S": "1"}, "n": {"N": "2"}, "b": {"B": "AA=="}},
            "OldImage": before,
            "SequenceNumber": "100000000001767225600",
            "SizeBytes": 16,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": TABLE,
    }
    assert record == expected
    assert json.dumps(record) == json.dumps(expected)


@pytest.mark.rule("DDB-1")
def test_images_that_are_not_there_have_no_key() -> None:
    """With KEYS_ONLY there are neither."""
    record = json.loads(dynamodb_text("KEYS_ONLY", new_image=None))["dynamodb"]
    assert "NewImage" not in record
    assert "OldImage" not in record
    assert record["StreamViewType"] == "KEYS_ONLY"


@pytest.mark.rule("DDB-1")
def test_only_an_expiry_names_its_user() -> None:
    """DynamoDB itself, by its service name."""
    assert "userIdentity" not in json.loads(dynamodb_text())
    expired = json.loads(dynamodb_text(expired=True, event_name="REMOVE"))
    assert expired["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert DynamoDBStreamModel.model_validate({"Records": [expired]}).Records[0].userIdentity is not None


@pytest.mark.rule("DDB-1")
@properties
@given(st.dictionaries(texts.filter(bool), values, max_size=4))
def test_powertools_reads_every_dynamodb_record(item: dict[str, Any]) -> None:
    """Whatever the item, its parser and its data classes get the values that boto3 would."""
    image = {name: TypeSerializer().serialize(value) for name, value in {**item, "id": "1"}.items()}
    expected = {name: TypeDeserializer().deserialize(value) for name, value in image.items()}
    loaded = event(dynamodb_text(new_image=image, old_image=image))
    [record] = DynamoDBStreamEvent(loaded).records
    assert record.dynamodb is not None
    assert record.dynamodb.keys == {"id": "1"}
    assert set(record.dynamodb.new_image) == set(expected)
    [parsed] = DynamoDBStreamModel.model_validate(loaded).Records
    assert parsed.dynamodb.NewImage == parsed.dynamodb.OldImage == record.dynamodb.new_image
    plain = {name: value for name, value in expected.items() if isinstance(value, (str, bool, type(None)))}
    assert {name: record.dynamodb.new_image[name] for name in plain} == plain


def test_records_are_joined_in_order() -> None:
    """The texts as they stand, and no records is an empty list."""
    assert event(kinesis_text(b"1"), kinesis_text(b"2"))["Records"] == [
        json.loads(kinesis_text(b"1")),
        json.loads(kinesis_text(b"2")),
    ]
    assert event() == {"Records": []}


def test_text_outside_of_ascii_is_escaped() -> None:
    """So a payload's length in bytes is the length of its texts."""
    text = kinesis_text(partition_key="Zoë \U0001f600")
    assert text.isascii()
    assert json.loads(text)["kinesis"]["partitionKey"] == "Zoë \U0001f600"


@pytest.mark.rule("KIN-22")
def test_a_window_stands_beside_the_records() -> None:
    """Every key, in the order of AWS's sample."""
    window = stream.window_members(
        start=NEW_YEAR,
        end=NEW_YEAR + 300_000_000,
        state='{"n":1}',
        shard_id=SHARD,
        event_source_arn=STREAM,
        is_final_invoke_for_window=True,
    )
    loaded = event(kinesis_text(), window=window)
    assert list(loaded) == [
        "Records", "window", "state", "shardId", "eventSourceARN", "isFinalInvokeForWindow", "isWindowTerminatedEarly",
    ]  # fmt: skip
    assert loaded["window"] == {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:05:00Z"}
    parsed = KinesisStreamEvent(loaded)
    assert (parsed.state, parsed.shard_id, parsed.event_source_arn) == ({"n": 1}, SHARD, STREAM)
    assert (parsed.is_final_invoke_for_window, parsed.is_window_terminated_early) == (True, False)


@pytest.mark.rule("KIN-22")
def test_a_window_may_have_no_records_and_end_early() -> None:
    """The last invocation of a window is there to close it."""
    window = stream.window_members(
        start=0, end=1, state="{}", shard_id=SHARD, event_source_arn=TABLE, is_window_terminated_early=True
    )
    parsed = DynamoDBStreamEvent(event(window=window))
    assert list(parsed.records) == []
    assert (parsed.is_final_invoke_for_window, parsed.is_window_terminated_early) == (False, True)
