"""What Data Firehose makes of the function that transforms its records. Pure. (SYNC-37)"""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pytest_lambda_modes.model.limits import Range
from pytest_lambda_modes.modes.synchronous.service_answer import AnswerError, ServiceAnswer, Try
from pytest_lambda_modes.modes.synchronous.service_tries import FUNCTION_ERRORS, TRANSIENT, CallPolicy, at_once
from pytest_lambda_modes.units import MINUTE

WITHIN = 5 * MINUTE
NUMBER_OF_RETRIES = Range(0, 300, default=3, rule="SYNC-37")

OK, DROPPED, PROCESSING_FAILED = "Ok", "Dropped", "ProcessingFailed"


def policy(number_of_retries: int) -> CallPolicy:
    """A delivery stream with this setting. An answer that is malformed is not asked for again."""
    return CallPolicy("Firehose", "SYNC-37", WITHIN, at_once(number_of_retries, TRANSIENT | FUNCTION_ERRORS))


class TransformedRecord(NamedTuple):
    """A record after the transformation. `data` are the bytes to deliver, None unless `result` is `"Ok"`.

    `raw_data` are the bytes as they came, which are delivered below processing-failed when `result` is
    `"ProcessingFailed"`, with `error_code` and `error_message`.
    """

    record_id: str
    result: str
    data: bytes | None
    raw_data: bytes
    partition_keys: dict[str, str]
    error_code: str | None = None
    error_message: str | None = None


class FirehoseAnswer(ServiceAnswer):
    """What becomes of a batch: `records`, one for each that came, in their order.

    The batch has `failed` when its invocation did, or its answer was malformed; then all of its records have.
    """

    service = "Firehose"
    rule = "SYNC-37"
    __slots__ = ("records",)

    def __init__(
        self, tries: Sequence[Try], records: Sequence[TransformedRecord], error: AnswerError | None = None
    ) -> None:
        super().__init__(tries, error)
        self.records = tuple(records)

    @property
    def delivered(self) -> list[bytes]:
        """The data that goes to the destination."""
        return [record.data for record in self.records if record.data is not None]

    @property
    def failed_records(self) -> list[TransformedRecord]:
        """The records that go below processing-failed."""
        return [record for record in self.records if record.result == PROCESSING_FAILED]

    def _result(self) -> str:
        counts = Counter(record.result for record in self.records)
        return ", ".join(f"{count} {result}" for result, count in counts.items())


def answer(event: Mapping[str, Any], tries: Sequence[Try]) -> FirehoseAnswer:
    """What comes of these tries to have a batch transformed."""
    last, came = tries[-1], event["records"]
    error = _of_invocation(last) if last.outcome != "success" else _of_batch(came, last.response)
    if error is not None:
        return FirehoseAnswer(tries, [_failed(record, error.code, error.message) for record in came], error)
    by_id = {record["recordId"]: record for record in last.response["records"]}
    return FirehoseAnswer(tries, [_transformed(record, by_id[record["recordId"]]) for record in came])


def _of_invocation(last: Try) -> AnswerError:
    if last.outcome == "throttled":
        text = "The Lambda concurrent execution limit is exceeded. Increase the concurrent execution limit."
        return _error("Lambda.InvokeLimitExceeded", text, last.reason)
    if last.outcome in ("gave_up", "timeout"):
        text = "The Lambda function execution timed out. Increase the Timeout setting in the Lambda function."
        return _error("Lambda.FunctionTimedOut", text, last.reason)
    if last.refused is not None and last.refused.status_code == 404:
        text = "The specified Lambda function does not exist. Use a different function that does exist."
        return _error("Lambda.ResourceNotFound", text, last.reason)
    if last.refused is not None:
        return _error(f"Lambda.{last.refused.code}", last.refused.message, last.reason)
    text = "The Lambda function was successfully invoked but it returned an error result."
    return _error("Lambda.FunctionError", text, last.reason)


def _of_batch(came: Sequence[Mapping[str, Any]], returned: Any) -> AnswerError | None:
    """What is wrong with an answer as a whole, if anything."""
    records = returned.get("records") if isinstance(returned, dict) else None
    if not isinstance(records, list):
        return _unparsed("the function must return an object with a list of records")
    for record in records:
        reason = _unreadable(record)
        if reason is not None:
            return _unparsed(reason)
    counts = Counter(record["recordId"] for record in records)
    twice = [record_id for record_id, count in counts.items() if count > 1]
    if twice:
        text = (
            "Multiple records were returned with the same record ID. Ensure that the Lambda function returns unique "
            "record IDs for each record."
        )
        return _error("Lambda.DuplicatedRecordId", text, f"returned more than once: {', '.join(twice)}")
    wanted = {record["recordId"] for record in came}
    if counts.keys() == wanted:
        return None
    text = "One or more record IDs were not returned. Ensure that the Lambda function returns all received record IDs."
    wrong = {"not returned": wanted - counts.keys(), "returned and never sent": counts.keys() - wanted}
    reason = "; ".join(f"{what}: {', '.join(sorted(ids))}" for what, ids in wrong.items() if ids)
    return _error("Lambda.MissingRecordId", text, reason)


def _unreadable(record: Any) -> str | None:
    if not isinstance(record, dict) or not isinstance(record.get("recordId"), str):
        return "each record must be an object with a recordId"
    data = record.get("data")
    if data is None and record.get("result") != OK:
        return None
    if not isinstance(data, str) or not _is_base64(data):
        return f"the data of record {record['recordId']} must be a string of base64"
    metadata = record.get("metadata") or {}
    keys = (metadata.get("partitionKeys") or {}) if isinstance(metadata, dict) else None
    if not isinstance(keys, dict) or not all(isinstance(value, str) for value in keys.values()):
        return f"the partitionKeys of record {record['recordId']} must be an object of strings"
    return None


def _unparsed(reason: str) -> AnswerError:
    text = (
        "There was an error parsing returned records from the Lambda function. Ensure that the returned records follow "
        "the status model required by Amazon Data Firehose."
    )
    return _error("Lambda.JsonProcessingException", text, reason)


def _transformed(came: Mapping[str, Any], returned: Mapping[str, Any]) -> TransformedRecord:
    result = returned.get("result")
    if result == DROPPED:
        return TransformedRecord(came["recordId"], DROPPED, None, base64.b64decode(came["data"]), {})
    if result != OK:
        text = "ProcessingFailed status set for record"
        if result != PROCESSING_FAILED:
            text = f"{text}, which has the result {result!r}: it must be Ok, Dropped or ProcessingFailed"
        return _failed(came, "Lambda.ProcessingFailedStatus", text)
    keys = (returned.get("metadata") or {}).get("partitionKeys") or {}
    data = base64.b64decode(returned["data"])
    return TransformedRecord(came["recordId"], OK, data, base64.b64decode(came["data"]), dict(keys))


def _failed(came: Mapping[str, Any], code: str, message: str) -> TransformedRecord:
    raw_data = base64.b64decode(came["data"])
    return TransformedRecord(came["recordId"], PROCESSING_FAILED, None, raw_data, {}, code, message)


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _error(code: str, message: str, reason: str) -> AnswerError:
    return AnswerError(code, message, f"{reason} (SYNC-37)")
