"""What CloudFront makes of a Lambda@Edge function, for each of its four event types. Pure. (SYNC-36)"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_lambda_modes.model.function_config import FunctionConfig
from pytest_lambda_modes.modes.synchronous.cloudfront_validation import wrong_request, wrong_response
from pytest_lambda_modes.modes.synchronous.service_answer import AnswerError, ServiceAnswer, Try
from pytest_lambda_modes.modes.synchronous.service_tries import CallPolicy
from pytest_lambda_modes.units import SECOND

TIMEOUT = 30
POLICY = CallPolicy("CloudFront", "SYNC-36", within=TIMEOUT * SECOND)

EVENT_TYPES = ("viewer-request", "origin-request", "origin-response", "viewer-response")


class CloudFrontAnswer(ServiceAnswer):
    """What goes on through CloudFront: `edge_request`, or `edge_response`, as objects of the event's shape.

    A request event goes on with a request, or turns round with a response that the function generated. After a failure
    there is neither, and `status_code` is 502, or 503 where a limit was exceeded; `error.code` is the result type in
    CloudFront's logs. Without `tries` the function was not called: an origin's error response passes by it.
    """

    service = "CloudFront"
    rule = "SYNC-36"
    __slots__ = ("edge_request", "edge_response")

    def __init__(
        self,
        tries: Sequence[Try],
        error: AnswerError | None = None,
        *,
        request: dict[str, Any] | None = None,
        response: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(tries, error)
        self.edge_request = request
        self.edge_response = response

    @property
    def status_code(self) -> int | None:
        """The status that the response has here; None while a request goes on."""
        if self.error is not None:
            return 503 if self.error.code == "LambdaLimitExceeded" else 502
        return None if self.edge_response is None else int(self.edge_response["status"])

    def _result(self) -> str:
        if self.edge_response is None:
            return f"the request goes on: {json.dumps(self.edge_request)}"
        return f"the response goes on: {json.dumps(self.edge_response)}"


def wrong_association(config: FunctionConfig, qualifier: str | None) -> str | None:
    """Why CloudFront refuses to call a function with this configuration and qualifier, in its words, if it does."""
    if qualifier is not None and not qualifier.isdecimal():
        return (
            "The function ARN must reference a specific function version. (The ARN must end with the version number.) "
            f"ARN: {config.arn}:{qualifier}"
        )
    if config.environment:
        return f"The function cannot have environment variables. Function: {config.arn}"
    if config.timeout > TIMEOUT:
        return (
            "The function timeout is larger than the maximum allowed for functions that are triggered by a CloudFront "
            f"event: {config.timeout} Max allowed: {TIMEOUT} Function: {config.arn}"
        )
    return None


def passes_by(event: Mapping[str, Any]) -> CloudFrontAnswer | None:
    """A viewer gets an error response of the origin without the function being called."""
    cf = event["Records"][0]["cf"]
    if cf["config"]["eventType"] == "viewer-response" and int(cf["response"]["status"]) >= 400:
        return CloudFrontAnswer((), response=cf["response"])
    return None


def answer(event: Mapping[str, Any], tries: Sequence[Try]) -> CloudFrontAnswer:
    """What goes on after an event's try."""
    last, cf = tries[-1], event["Records"][0]["cf"]
    if last.outcome != "success":
        limit = last.outcome in ("throttled", "gave_up")
        code = "LambdaLimitExceeded" if limit else "LambdaExecutionError"
        return CloudFrontAnswer(tries, _error(code, last.reason))
    returned, event_type = last.response, cf["config"]["eventType"]
    if not isinstance(returned, dict):
        what = "a request or a response" if event_type.endswith("request") else "a response"
        return CloudFrontAnswer(tries, _invalid(f"the function must return {what}, as an object"))
    if event_type.endswith("request") and "status" not in returned:
        reason = wrong_request(event_type, cf["request"], returned)
        return CloudFrontAnswer(tries, _invalid(reason)) if reason else CloudFrontAnswer(tries, request=returned)
    reason = wrong_response(event_type, cf.get("response"), returned)
    return CloudFrontAnswer(tries, _invalid(reason)) if reason else CloudFrontAnswer(tries, response=returned)


def _invalid(reason: str) -> AnswerError:
    return _error("LambdaValidationError", f"The Lambda function result failed validation: {reason}")


def _error(code: str, message: str) -> AnswerError:
    return AnswerError(code, message, f"{message} (SYNC-36)")
