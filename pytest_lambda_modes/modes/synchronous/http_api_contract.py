"""The contract of an API Gateway HTTP API, for both payload formats. Pure. (SYNC-31)"""

from __future__ import annotations

from pytest_lambda_modes.errors import ApiError
from pytest_lambda_modes.modes.results import Malformed
from pytest_lambda_modes.modes.synchronous import proxy_fields
from pytest_lambda_modes.modes.synchronous.http_answer import Answer, HttpContract, json_error

_FAILED = json_error(500, '{"message":"Internal Server Error"}')
_GAVE_UP = json_error(503, '{"message":"Service Unavailable"}')
_TOO_LARGE = json_error(413, '{"message":"Request Entity Too Large"}')


def contract(payload_format_version: str) -> HttpContract:
    return HttpContract(
        service="API Gateway",
        rule="SYNC-31",
        read=read_2 if payload_format_version == "2.0" else read_1,
        failed=_FAILED,
        gave_up=_GAVE_UP,
        too_large=_TOO_LARGE,
        refused=refused,
    )


def read_2(payload: bytes) -> Answer:
    """Format 2.0. What is no object with a `statusCode` is a body, its status 200. Raises Malformed."""
    value = proxy_fields.parsed(payload)
    if isinstance(value, dict) and "statusCode" in value:
        headers = proxy_fields.headers(value) + proxy_fields.cookies(value)
        return Answer(
            proxy_fields.status_code(value["statusCode"]),
            proxy_fields.with_content_type(headers, "application/json"),
            proxy_fields.body(value),
        )
    text = value if isinstance(value, str) else proxy_fields.compact(value)
    return Answer(200, (("Content-Type", "application/json"),), text.encode("utf-8", "surrogatepass"))


def read_1(payload: bytes) -> Answer:
    """Format 1.0, where nothing is inferred: `statusCode` is a must. Raises Malformed."""
    response = proxy_fields.parsed_object(payload)
    if "statusCode" not in response:
        raise Malformed("it has no statusCode, which payload format 1.0 does not infer")
    several = proxy_fields.multi_value_headers(response)
    named = frozenset(name.lower() for name, _ in several)
    headers = several + proxy_fields.without(proxy_fields.headers(response), named)
    return Answer(
        proxy_fields.status_code(response["statusCode"]),
        proxy_fields.with_content_type(headers, "application/json"),
        proxy_fields.body(response),
    )


def refused(error: ApiError) -> Answer:
    """Whatever Lambda answers is an internal error, but for a payload that is too large for it."""
    return _TOO_LARGE if error.status_code == 413 else _FAILED
