"""What a function URL makes of a response: as recorded from AWS, byte for byte."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from pytest_lambda_modes.errors import ServiceException, TooManyRequestsException
from pytest_lambda_modes.modes.synchronous.function_url_contract import CONTRACT
from pytest_lambda_modes.modes.synchronous.http_headers import Headers

pytestmark = pytest.mark.rule("SYNC-33")


def answer(returned):
    payload = returned if isinstance(returned, bytes) else json.dumps(returned).encode()
    call = SimpleNamespace(refused=None, gave_up=False, payload=payload, outcome=SimpleNamespace(function_error=None))
    return CONTRACT.answer(call)


@pytest.mark.parametrize(
    "returned, body",
    [
        ({"hello": "world"}, b'{"hello":"world"}'),
        ("hello", b"hello"),
        (["hello", 3, True], b'["hello",3,true]'),
        (3, b"3"),
        (3.1, b"3.1"),
        (True, b"true"),
        ({"statusCode": 200, "body": "body123"}, b"body123"),
        ({"statusCode": 200, "body": '{"hello": "world"}'}, b'{"hello": "world"}'),
        ({"statusCode": 200, "body": "Ym9keQ==", "isBase64Encoded": True}, b"body"),
    ],
)
def test_a_value_is_the_body_in_compact_json(returned, body):
    """A string is the body as it is, and so is the body of an object with a status code."""
    got = answer(returned)
    assert (got.status_code, got.body, got.reason) == (200, body, None)
    assert Headers(got.headers)["content-type"] == "application/json"


def test_headers_and_cookies_are_those_of_format_2():
    """The content type is the function's, if it sets one."""
    returned = {"statusCode": 302, "headers": {"content-type": "text/html", "Location": "/x"}, "cookies": ["a=1"]}
    got = answer(returned)
    assert got.status_code == 302
    assert dict(got.headers) == {"content-type": "text/html", "Location": "/x", "Set-Cookie": "a=1"}


@pytest.mark.parametrize("returned", [b"not json", {"statusCode": "x"}, {"statusCode": 200, "body": {"a": 1}}])
def test_a_malformed_response_is_a_502(returned):
    """With a text as its body, although the content type says JSON."""
    got = answer(returned)
    assert (got.status_code, got.body) == (502, b"Internal Server Error")
    assert got.reason.endswith("(SYNC-33)")


@pytest.mark.parametrize(
    "error, status_code, body",
    [
        (
            TooManyRequestsException("Rate Exceeded.", reason="ReservedFunctionConcurrentInvocationLimitExceeded"),
            429,
            {
                "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
                "Type": "User",
                "message": "Rate Exceeded.",
            },
        ),
        (ServiceException("Oh."), 500, {"Type": "Service", "message": "Oh."}),
    ],
)
def test_what_lambda_answers_goes_to_the_client(error, status_code, body):
    """There is no service in between that would make it its own error."""
    got = CONTRACT.answer(SimpleNamespace(refused=error))
    assert (got.status_code, json.loads(got.body)) == (status_code, body)
