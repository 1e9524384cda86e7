"""What an on-failure destination is told about a batch of stream records. Builds text, and delivers nothing."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Protocol

from pytest_lambda_modes.units import iso_milliseconds, iso_seconds, utc_datetime

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

_BATCH_INFO = {"kinesis": "KinesisBatchInfo", "dynamodb": "DDBStreamBatchInfo"}


class FailedResponse(NamedTuple):
    """The answer to the last invocation. `function_error` is None where the function's report was none. (KIN-16)"""

    executed_version: str
    function_error: str | None
    status_code: int = 200


class FailedStreamBatch(NamedTuple):
    """The records that were given up. Arrivals are in microseconds since 1970. `kind` is that of the stream."""

    kind: str
    stream_arn: str
    shard_id: str
    start_sequence_number: str
    end_sequence_number: str
    arrival_of_first_record: int
    arrival_of_last_record: int
    size: int

    @property
    def folder(self) -> str:
        return self.shard_id

    def members(self) -> dict[str, Any]:
        # DynamoDB knows the arrival of its records to the second only.
        iso = iso_seconds if self.kind == "dynamodb" else iso_milliseconds
        return {
            _BATCH_INFO[self.kind]: {
                "shardId": self.shard_id,
                "startSequenceNumber": self.start_sequence_number,
                "endSequenceNumber": self.end_sequence_number,
                "approximateArrivalOfFirstRecord": iso(self.arrival_of_first_record),
                "approximateArrivalOfLastRecord": iso(self.arrival_of_last_record),
                "batchSize": self.size,
                "streamArn": self.stream_arn,
            }
        }


class FailedBatch(Protocol):
    """The records that were given up, as a failure record tells of them."""

    @property
    def folder(self) -> str:
        """The part of a bucket's keys that is about their shard."""
        ...

    def members(self) -> dict[str, Any]:
        """The member of a failure record that is about them, under its name."""
        ...


class StreamFailureRecord(NamedTuple):
    """A batch at its end. `timestamp` is in microseconds since 1970.

    `function_arn` is the mapping's, as it was configured. `response` is None for records that became too old. (KIN-18)
    """

    timestamp: int
    request_id: str
    function_arn: str
    condition: str
    approximate_invoke_count: int
    response: FailedResponse | None
    batch: FailedBatch


def record_json(record: StreamFailureRecord) -> str:
    """The message for a queue or topic, its keys in AWS's order. The records themselves are not in it. (KIN-18)"""
    return _encode(members_of(record))


def s3_object(record: StreamFailureRecord, payload: bytes) -> str:
    """The object for a bucket: as the message, with the whole invocation event as a string. (KIN-19)"""
    return _encode({**members_of(record), "payload": payload.decode()})


def s3_key(record: StreamFailureRecord, *, mapping_uuid: str, object_id: str) -> str:
    """The key under which a bucket receives it; `object_id` is a UUID. (KIN-19)"""
    moment = utc_datetime(record.timestamp)
    return f"aws/lambda/{mapping_uuid}/{record.batch.folder}/{moment:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{object_id}"


def members_of(record: StreamFailureRecord) -> dict[str, Any]:
    """The members of a failure record, in AWS's order. (KIN-18)"""
    members: dict[str, Any] = {
        "requestContext": {
            "requestId": record.request_id,
            "functionArn": record.function_arn,
            "condition": record.condition,
            "approximateInvokeCount": record.approximate_invoke_count,
        }
    }
    response = record.response
    if response is not None:
        members["responseContext"] = {
            "statusCode": response.status_code,
            "executedVersion": response.executed_version,
            "functionError": response.function_error,
        }
    members["version"] = "1.0"
    members["timestamp"] = iso_milliseconds(record.timestamp)
    return {**members, **record.batch.members()}
