"""What S3 Batch Operations makes of the function that a job invokes for each object. Pure. (SYNC-39)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any

from pytest_lambda_modes.modes.synchronous.service_answer import AnswerError, ServiceAnswer, Try
from pytest_lambda_modes.modes.synchronous.service_tries import UNTIL_THE_FUNCTION_ENDS, CallPolicy

SUCCEEDED, TEMPORARY, PERMANENT = RESULT_CODES = ("Succeeded", "TemporaryFailure", "PermanentFailure")

# AWS tells that a task is tried again, and not how often.
RETRIES = 3


class S3BatchAnswer(ServiceAnswer):
    """How the task ends: `result_code` and `result_string`, as the job's completion report has them."""

    service = "S3 Batch Operations"
    rule = "SYNC-39"
    __slots__ = ("result_code", "result_string")

    def __init__(self, tries: Sequence[Try], result_code: str, result_string: str) -> None:
        failed = result_code != SUCCEEDED
        reason = f"{result_string or 'the function says so'} (SYNC-39)"
        super().__init__(tries, AnswerError(result_code, result_string, reason) if failed else None)
        self.result_code = result_code
        self.result_string = result_string

    def _result(self) -> str:
        return f"{self.result_code}: {self.result_string}" if self.result_string else self.result_code


def policy(event: Mapping[str, Any]) -> CallPolicy:
    """A job, with the event of the one task of a call."""

    def retry(tries: Sequence[Try]) -> int | None:
        temporary = result_of(event, tries[-1])[0] == TEMPORARY
        return 0 if temporary and len(tries) <= RETRIES else None

    return CallPolicy("S3 Batch Operations", "SYNC-39", UNTIL_THE_FUNCTION_ENDS, retry)


def answer(event: Mapping[str, Any], tries: Sequence[Try]) -> S3BatchAnswer:
    """What comes of a task's tries."""
    return S3BatchAnswer(tries, *result_of(event, tries[-1]))


def result_of(event: Mapping[str, Any], this: Try) -> tuple[str, str]:
    """The result code and string of one try. (SYNC-39)"""
    if this.outcome in ("throttled", "service_error"):
        return TEMPORARY, this.reason
    if this.outcome != "success":
        return PERMANENT, this.reason
    wrong = _wrong(event, this.response)
    if wrong is not None:
        return PERMANENT, wrong
    for result in this.response["results"]:
        if result["taskId"] == event["tasks"][0]["taskId"]:
            return result["resultCode"], result.get("resultString") or ""
    return this.response.get("treatMissingKeysAs", PERMANENT), "the task is missing in the results"


def _wrong(event: Mapping[str, Any], returned: Any) -> str | None:
    """What is wrong with what the function returned, if anything."""
    if not isinstance(returned, dict):
        return "the function must return an object"
    for member in ("invocationSchemaVersion", "invocationId"):
        if returned.get(member) != event[member]:
            return f"{member} must be the event's, and is {returned.get(member)!r}"
    if returned.get("treatMissingKeysAs", PERMANENT) not in RESULT_CODES:
        return f"treatMissingKeysAs must be one of: {', '.join(RESULT_CODES)}"
    results = returned.get("results")
    if not isinstance(results, list):
        return "results must be a list"
    for result in results:
        if not isinstance(result, dict) or not isinstance(result.get("taskId"), str):
            return "each result must be an object with a taskId"
        if result.get("resultCode") not in RESULT_CODES:
            return f"resultCode must be one of: {', '.join(RESULT_CODES)}"
        if not isinstance(result.get("resultString"), (str, NoneType)):
            return "resultString must be a string"
    return None
