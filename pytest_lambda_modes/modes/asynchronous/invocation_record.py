"""What destinations and the dead-letter queue are told about an event at its end. Builds text, and delivers nothing.

Payloads are embedded as the JSON text they are, never parsed and written anew, so that 1.10 stays 1.10.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple, NoReturn

from pytest_lambda_modes.model.outcome import Outcome
from pytest_lambda_modes.units import iso_milliseconds, utc_datetime

S3_CONTENT_TYPE = "application/octet-stream"  # ASYNC-27
ERROR_MESSAGE_BYTES = 1_024  # ASYNC-18

_TURNED_AWAY = {
    400: (
        "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services resources "
        "and stopped your function's invocation."
    ),
    429: "Rate Exceeded.",
}


class LastResponse(NamedTuple):
    """The answer to the last try. When Lambda turned the try away, all but the status code is None.

    `executed_version` is a version number or `"$LATEST"`, `outcome` how the function ended.
    """

    status_code: int
    executed_version: str | None = None
    outcome: Outcome | None = None


class InvocationRecord(NamedTuple):
    """An event at its end.

    `timestamp` is in microseconds since 1970. `function_arn` carries the invoked qualifier, if there was one.
    `condition` is `"Success"` or why the event was given up. `runs` counts how often the handler ran.
    `request_payload` is the event's JSON. `response` is None when concurrency was zero. (ASYNC-13, ASYNC-21)
    """

    timestamp: int
    request_id: str
    function_name: str
    function_arn: str
    condition: str
    runs: int
    request_payload: bytes
    response: LastResponse | None


def record_json(record: InvocationRecord) -> str:
    """The record as a destination receives it, its keys in AWS's order. (ASYNC-21)"""
    members = [
        ("version", '"1.0"'),
        ("timestamp", _string(iso_milliseconds(record.timestamp))),
        ("requestContext", _request_context(record)),
        ("requestPayload", record.request_payload.decode()),
    ]
    if record.response is not None:
        members.append(("responseContext", _response_context(record.response)))
        if record.response.outcome is not None:
            members.append(_response_payload(record.response.outcome.payload))
    return _object(members)


def event_bridge_entry(record: InvocationRecord, *, event_bus_arn: str) -> dict[str, object]:
    """The entry that is put on an EventBridge bus, with the record as its detail. (ASYNC-25)"""
    result = "Success" if record.condition == "Success" else "Failure"
    return {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {result}",
        "Resources": [event_bus_arn, qualified(record.function_arn)],
        "Detail": record_json(record),
    }


def s3_key(record: InvocationRecord, *, object_id: str) -> str:
    """The key under which a bucket receives the record; `object_id` is a UUID. (ASYNC-27)"""
    moment = utc_datetime(record.timestamp)
    return f"aws/lambda/async/{record.function_name}/{moment:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{object_id}"


def dead_letter(record: InvocationRecord) -> tuple[str, dict[str, str | int]]:
    """The message for a dead-letter queue or topic: the event's own JSON as body, and what went wrong as attributes.

    Queues and topics take a str as an attribute of the type String, an int as a Number. SQS carries no empty attribute,
    so an error without a text leaves `ErrorMessage` out. (ASYNC-18, ASYNC-19, ASYNC-20)
    """
    attributes: dict[str, str | int] = {"RequestID": record.request_id}
    if record.response is not None:
        attributes["ErrorCode"] = record.response.status_code
    message = _truncated(_error_message(record))
    if message:
        attributes["ErrorMessage"] = message
    return record.request_payload.decode(), attributes


def qualified(function_arn: str) -> str:
    """The ARN with a qualifier: `:$LATEST` where none was given. (ASYNC-21)"""
    return function_arn if function_arn.count(":") > 6 else f"{function_arn}:$LATEST"


def _request_context(record: InvocationRecord) -> str:
    # A success counts as one invocation even when retries came before it (ASYNC-23).
    count = 1 if record.condition == "Success" else record.runs
    return _object(
        [
            ("requestId", _string(record.request_id)),
            ("functionArn", _string(qualified(record.function_arn))),
            ("condition", _string(record.condition)),
            ("approximateInvokeCount", str(count)),
        ]
    )


def _response_context(response: LastResponse) -> str:
    members = [("statusCode", str(response.status_code))]
    if response.executed_version is not None:
        members.append(("executedVersion", _string(response.executed_version)))
    if response.outcome is not None and response.outcome.function_error is not None:
        members.append(("functionError", _string(response.outcome.function_error)))
    return _object(members)


def _response_payload(payload: bytes) -> tuple[str, str]:
    """The record's last member: the payload as it stands or, when it is not JSON, an error in its place. (ASYNC-31)"""
    try:
        text = payload.decode()
        _STRICT_JSON.decode(text)
    except (ValueError, RecursionError) as error:
        return "deliveryError", _object(
            [
                ("statusCode", "400"),
                ("errorCode", '"InvalidRequestContentException"'),
                ("errorMessage", _string(f"Could not parse payload into json: {error}")),
            ]
        )
    return "responsePayload", text


def _error_message(record: InvocationRecord) -> str:
    if record.response is None:
        # The missing space is AWS's.
        return "Function not invoked. Function isconfigured with zero reserved concurrent executions"
    if record.response.outcome is not None:
        return record.response.outcome.error_message
    if record.response.status_code == 404:
        return f"Function not found: {qualified(record.function_arn)}"
    return _TURNED_AWAY.get(record.response.status_code, "")


def _truncated(text: str) -> str:
    """The first 1,024 bytes; a character that the cut splits becomes a replacement character."""
    if text.isascii():
        return text[:ERROR_MESSAGE_BYTES]
    return text.encode(errors="replace")[:ERROR_MESSAGE_BYTES].decode(errors="replace")


def _object(members: Iterable[tuple[str, str]]) -> str:
    return "{" + ",".join(f'"{name}":{text}' for name, text in members) + "}"


def _refuse(literal: str) -> NoReturn:
    raise ValueError(f"{literal} is not JSON")


_string = json.JSONEncoder().encode
# Numbers are only looked at, not converted: Python refuses to convert integers of more than 4,300 digits.
_STRICT_JSON = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse)
