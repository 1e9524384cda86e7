"""What an HTTP API of API Gateway makes of a response, in both payload formats."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace

import pytest

from pytest_lambda_modes.modes.synchronous.http_api_contract import contract
from pytest_lambda_modes.modes.synchronous.http_headers import Headers

pytestmark = pytest.mark.rule("SYNC-31")

both_formats = pytest.mark.parametrize("version", ["1.0", "2.0"])


def answer(returned, version="2.0"):
    payload = returned if isinstance(returned, bytes) else json.dumps(returned).encode()
    call = SimpleNamespace(refused=None, gave_up=False, payload=payload, outcome=SimpleNamespace(function_error=None))
    return contract(version).answer(call)


@pytest.mark.parametrize(
    "returned, body",
    [
        ({"hello": "wörld", "list": [1, 2]}, '{"hello":"wörld","list":[1,2]}'),
        ({"body": "x", "headers": {"a": "b"}}, '{"body":"x","headers":{"a":"b"}}'),
        ("Hello from Lambda!", "Hello from Lambda!"),
        ("", ""),
        ([1, "a"], '[1,"a"]'),
        (3.5, "3.5"),
        (True, "true"),
        (None, "null"),
        ({}, "{}"),
    ],
)
def test_a_value_without_a_status_code_is_the_body(returned, body):
    """Format 2.0 infers the rest: 200, JSON, not base64."""
    got = answer(returned)
    assert (got.status_code, got.body.decode(), got.reason) == (200, body, None)
    assert got.headers == (("Content-Type", "application/json"),)


@both_formats
@pytest.mark.parametrize(
    "returned, status_code, body",
    [
        ({"statusCode": 201, "body": "made"}, 201, b"made"),
        ({"statusCode": "404"}, 404, b""),
        ({"statusCode": 200, "unknown": 1, "body": '{"a": 1}'}, 200, b'{"a": 1}'),
        (
            {"statusCode": 200, "body": base64.b64encode(b"\x00\xff").decode(), "isBase64Encoded": True},
            200,
            b"\x00\xff",
        ),
        ({"statusCode": 200, "body": "YQ==", "isBase64Encoded": False}, 200, b"YQ=="),
    ],
)
def test_a_response_with_a_status_code_is_taken_as_it_is(version, returned, status_code, body):
    """Its body is untouched, or decoded where it says that it is base64; other keys are passed over."""
    got = answer(returned, version)
    assert (got.status_code, got.body, got.reason) == (status_code, body, None)


@both_formats
@pytest.mark.parametrize(
    "returned",
    [
        b"not json",
        b"NaN",
        {"statusCode": "ok"},
        {"statusCode": None},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": "!", "isBase64Encoded": True},
    ],
)
def test_a_malformed_response_is_a_500(version, returned):
    """In the HTTP API's own words, which are not those of a REST API."""
    got = answer(returned, version)
    assert (got.status_code, got.body) == (500, b'{"message":"Internal Server Error"}')
    assert got.reason.endswith("(SYNC-31)")


@pytest.mark.parametrize("returned", [{"hello": "world"}, "text", None, [1]])
def test_format_1_infers_nothing(returned):
    """Without a status code it is malformed there."""
    assert answer(returned, "1.0").status_code == 500


def test_cookies_are_a_list_of_format_2():
    """Each becomes a Set-Cookie header."""
    returned = {"statusCode": 200, "cookies": ["a=1; HttpOnly", "b=2"], "headers": {"X": "y"}}
    assert Headers(answer(returned).headers).get_all("set-cookie") == ["a=1; HttpOnly", "b=2"]
    assert "set-cookie" not in Headers(answer(returned, "1.0").headers)
    assert answer({"statusCode": 200, "cookies": "a=1"}).status_code == 500


def test_headers_with_several_values_are_of_format_1():
    """There they take the place of those with one value, and in format 2.0 nobody reads them."""
    returned = {"statusCode": 200, "headers": {"x": "solo"}, "multiValueHeaders": {"X": ["a", "b"]}}
    assert Headers(answer(returned, "1.0").headers).get_all("x") == ["a", "b"]
    assert Headers(answer(returned, "2.0").headers).get_all("x") == ["solo"]
