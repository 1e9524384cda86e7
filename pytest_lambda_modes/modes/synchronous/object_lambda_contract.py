"""What S3 makes of WriteGetObjectResponse, and what its caller is told when there was none. Pure. (SYNC-40)"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pytest_lambda_modes import units
from pytest_lambda_modes.modes.endpoint_answers import s3_error
from pytest_lambda_modes.modes.results import Malformed
from pytest_lambda_modes.modes.synchronous.http_answer import Answer, why_failed
from pytest_lambda_modes.modes.synchronous.service_call import ServiceCall

SERVICE = "S3 Object Lambda"
RULE = "SYNC-40"
WAITS = 60 * units.SECOND

_STATUS_CODES = (200, 206, 304, 400, 401, 403, 404, 405, 409, 411, 412, 416, 500, 503)
_FORWARDED = "x-amz-fwd-header-"
METADATA = "x-amz-meta-"


class ObjectError(NamedTuple):
    """What the document of an error tells the caller of GetObject."""

    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class ObjectAnswer(NamedTuple):
    """An HTTP response, and the error that its body is the document of, if it is one."""

    http: Answer
    error: ObjectError | None = None


def read_response(headers: Mapping[str, str], body: bytes) -> ObjectAnswer:
    """The answer that a request of WriteGetObjectResponse gives. Raises Malformed for one that S3 does not take."""
    text = headers.get("x-amz-fwd-status", "200")
    if text not in map(str, _STATUS_CODES):
        raise Malformed(f"StatusCode is {text}, and may be {', '.join(map(str, _STATUS_CODES))}")
    status = int(text)
    code, message = headers.get("x-amz-fwd-error-code"), headers.get("x-amz-fwd-error-message")
    told = tuple(_told(headers))
    if code is None and message is None:
        return ObjectAnswer(Answer(status, told, body))
    if status < 400 or body:
        place = "beside a Body" if body else f"with the StatusCode {status}"
        raise Malformed(f"ErrorCode and ErrorMessage cannot be used {place}")
    if code is not None and not re.fullmatch("[A-Z][a-zA-Z]+", code):
        raise Malformed(f"ErrorCode is {code}, and must match ^[A-Z][a-zA-Z]+$")
    return _error(status, code or "", message or "", told=told)


def failure(call: ServiceCall) -> ObjectAnswer:
    """The answer to a call that ended, or was given up, without WriteGetObjectResponse."""
    why, outcome = why_failed(call), call.outcome
    if call.refused is not None:
        status = {403: 403, 404: 404}.get(call.refused.status_code, 400)
        code = {403: "LambdaPermissionError", 404: "LambdaNotFound"}.get(status, "LambdaInvocationFailed")
        answer = _error(status, code, f"Lambda function invocation failed: {call.refused.code}.")
    elif outcome is None or outcome.kind == "timeout":
        answer = _error(500, "LambdaTimeout", "The Lambda function did not respond in the allowed time.")
    elif why is not None:
        answer = _error(500, "LambdaRuntimeError", "The Lambda function failed during execution.")
    else:
        why = "the function ended and had not called WriteGetObjectResponse"
        message = "The Lambda function exited without successfully calling WriteGetObjectResponse."
        answer = _error(500, "LambdaResponseNotReceived", message)
    return answer._replace(http=answer.http._replace(reason=f"{why} ({RULE})"))


def _told(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The headers that reach the caller: those of the object, and its metadata."""
    for name, value in headers.items():
        if name.startswith(_FORWARDED):
            yield name.removeprefix(_FORWARDED), value
        elif name.startswith(METADATA):
            yield name, value


def _error(status: int, code: str, message: str, told: tuple[tuple[str, str], ...] = ()) -> ObjectAnswer:
    headers = (("content-type", "application/xml"), *(pair for pair in told if pair[0] != "content-type"))
    return ObjectAnswer(Answer(status, headers, s3_error(code, message)), ObjectError(code, message))
