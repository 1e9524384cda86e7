"""What an on-failure destination is told about a batch of stream records."""

from __future__ import annotations

import json

import pytest
from aws_lambda_powertools.utilities.parser.models import DynamoDBStreamLambdaOnFailureDestinationModel

from pytest_lambda_modes.modes.polling.stream_failure_record import (
    FailedResponse,
    FailedStreamBatch,
    StreamFailureRecord,
    record_json,
    s3_key,
    s3_object,
)

NEW_YEAR = 1_767_225_600_000_000
KINESIS = FailedStreamBatch(
    "kinesis",
    "arn:aws:kinesis:us-east-1:123456789012:stream/clicks",
    "shardId-000000000000",
    "4959",
    "4961",
    NEW_YEAR,
    NEW_YEAR + 1_234_567,
    3,
)
DYNAMODB = KINESIS._replace(kind="dynamodb")
RECORD = StreamFailureRecord(
    NEW_YEAR + 7_000_999,
    "6f1c",
    "arn:aws:lambda:us-east-1:123456789012:function:reader",
    "RetryAttemptsExhausted",
    3,
    FailedResponse("$LATEST", "Unhandled"),
    KINESIS,
)


@pytest.mark.rule("KIN-18")
def test_a_record_is_what_aws_sends() -> None:
    """Every key, in AWS's order, with the function's ARN as it was configured."""
    assert record_json(RECORD) == (
        '{"requestContext":{"requestId":"6f1c",'
        '"functionArn":"arn:aws:lambda:us-east-1:123456789012:function:reader",'
        '"condition":"RetryAttemptsExhausted","approximateInvokeCount":3},'
        '"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},'
        '"version":"1.0","timestamp":"2026-01-01T00:00:07.000Z",'
        '"KinesisBatchInfo":{"shardId":"shardId-000000000000","startSequenceNumber":"4959","endSequenceNumber":"4961",'
        '"approximateArrivalOfFirstRecord":"2026-01-01T00:00:00.000Z",'
        '"approximateArrivalOfLastRecord":"2026-01-01T00:00:01.234Z","batchSize":3,'
        '"streamArn":"arn:aws:kinesis:us-east-1:123456789012:stream/clicks"}}'
    )


@pytest.mark.rule("KIN-18")
def test_dynamodb_has_another_name_and_whole_seconds() -> None:
    """The record's own timestamp keeps its milliseconds, and Powertools reads it all."""
    text = record_json(RECORD._replace(batch=DYNAMODB))
    record = json.loads(text)
    assert list(record) == ["requestContext", "responseContext", "version", "timestamp", "DDBStreamBatchInfo"]
    info = record["DDBStreamBatchInfo"]
    assert info["approximateArrivalOfFirstRecord"] == "2026-01-01T00:00:00Z"
    assert info["approximateArrivalOfLastRecord"] == "2026-01-01T00:00:01Z"
    assert record["timestamp"] == "2026-01-01T00:00:07.000Z"
    parsed = DynamoDBStreamLambdaOnFailureDestinationModel.model_validate_json(text)
    assert parsed.ddb_stream_batch_info.batch_size == 3


@pytest.mark.rule("KIN-12", "KIN-18")
def test_records_that_were_too_old_have_no_response() -> None:
    """The key is not there at all."""
    record = json.loads(record_json(RECORD._replace(condition="RecordAgeExceeded", response=None)))
    assert list(record) == ["requestContext", "version", "timestamp", "KinesisBatchInfo"]


@pytest.mark.rule("KIN-16", "KIN-18")
def test_a_bad_report_is_no_function_error() -> None:
    """The key is there, and null."""
    record = json.loads(record_json(RECORD._replace(response=FailedResponse("7", None))))
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "7", "functionError": None}


@pytest.mark.rule("KIN-18")
def test_the_records_themselves_are_not_sent() -> None:
    """Neither to a queue nor to a topic."""
    assert {"Records", "payload"}.isdisjoint(json.loads(record_json(RECORD)))


@pytest.mark.rule("KIN-19")
def test_a_bucket_gets_the_event_too() -> None:
    """As a string, behind all else, byte for byte."""
    payload = '{"Records":[{"n": 1.10, "name": "Zoë"}]}'
    record = json.loads(s3_object(RECORD, payload.encode()))
    assert record.pop("payload") == payload
    assert record == json.loads(record_json(RECORD))


@pytest.mark.rule("KIN-19")
def test_the_key_of_an_object_has_the_records_own_time() -> None:
    """By mapping, by shard, by day."""
    assert s3_key(RECORD, mapping_uuid="1f2e", object_id="9a8b") == (
        "aws/lambda/1f2e/shardId-000000000000/2026/01/01/2026-01-01T00.00.07-9a8b"
    )
