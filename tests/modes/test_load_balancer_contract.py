"""What an Application Load Balancer makes of a response, in either header mode of its target group."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace

import pytest

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.modes.synchronous.http_headers import Headers
from pytest_lambda_modes.modes.synchronous.load_balancer_contract import contract
from pytest_lambda_modes.modes.synchronous.load_balancer_health import healthy_codes

pytestmark = pytest.mark.rule("SYNC-34")


def answer(returned, multi_value_headers=False):
    payload = returned if isinstance(returned, bytes) else json.dumps(returned).encode()
    call = SimpleNamespace(refused=None, gave_up=False, payload=payload, outcome=SimpleNamespace(function_error=None))
    return contract(multi_value_headers=multi_value_headers).answer(call)


def test_a_response_is_passed_on():
    """With its status description, which is the text behind the code."""
    got = answer({"statusCode": 404, "statusDescription": "404 Not Here", "headers": {"X": "y"}, "body": "no"})
    assert (got.status_code, got.status_description, got.body, got.reason) == (404, "404 Not Here", b"no", None)
    assert dict(got.headers) == {"Content-Type": "application/octet-stream", "X": "y"}


def test_base64_is_decoded():
    """If the response says that it is."""
    data = bytes(range(256))
    returned = {"statusCode": 200, "body": base64.b64encode(data).decode(), "isBase64Encoded": True}
    assert answer(returned).body == data


def test_only_the_headers_of_the_target_group_are_read():
    """Those under the other name are lost."""
    returned = {"statusCode": 200, "headers": {"one": "a"}, "multiValueHeaders": {"two": ["b", "c"]}}
    single, several = Headers(answer(returned).headers), Headers(answer(returned, True).headers)
    assert (single.get_all("one"), single.get_all("two")) == (["a"], [])
    assert (several.get_all("one"), several.get_all("two")) == ([], ["b", "c"])


def test_headers_of_the_connection_are_the_load_balancers():
    """It computes the length itself."""
    returned = {"statusCode": 200, "headers": {"Connection": "close", "content-length": "99", "X": "y"}}
    assert "connection" not in Headers(answer(returned).headers)
    assert "content-length" not in Headers(answer(returned).headers)


@pytest.mark.parametrize(
    "returned, reason",
    [
        ("text", "must be an object"),
        (None, "must be an object"),
        ({}, "statusCode is None, and must be an integer"),
        ({"body": "no status"}, "statusCode is None"),
        ({"statusCode": "200"}, 'statusCode is "200", and must be an integer'),
        ({"statusCode": True}, "statusCode is True"),
        ({"statusCode": 1000}, "from 100 to 599"),
        ({"statusCode": 200, "statusDescription": 200}, "statusDescription is 200"),
        ({"statusCode": 200, "body": ["x"]}, "body is ['x']"),
        ({"statusCode": 200, "headers": ["x"]}, "headers is ['x']"),
        ({"statusCode": 200, "body": "x" * 1_048_576}, "it has 1,048,607 bytes of JSON, and may have 1,048,576"),
    ],
)
def test_a_malformed_or_oversized_response_is_a_502(returned, reason):
    """With a page in HTML."""
    got = answer(returned)
    assert (got.status_code, got.status_description) == (502, "502 Bad Gateway")
    assert b"<h1>502 Bad Gateway</h1>" in got.body
    assert reason in got.reason


def test_a_response_of_a_megabyte_is_taken():
    """Counted in the JSON that the function returned."""
    assert answer({"statusCode": 200, "body": "x" * (1_048_576 - 31)}).status_code == 200


@pytest.mark.parametrize(
    "http_code, codes",
    [("200", {200}), ("200,202", {200, 202}), ("200-203", {200, 201, 202, 203}), ("200,300-301", {200, 300, 301})],
)
def test_a_matcher_names_the_healthy_status_codes(http_code, codes):
    """One, several, or a range of them."""
    assert healthy_codes("here", http_code) == codes


@pytest.mark.parametrize("http_code", ["", "500", "2xx", "200-", 200, None, "200;201", "200-203-204"])
def test_a_matcher_that_cannot_be_is_refused(http_code):
    """The error shows how they look."""
    with pytest.raises(ConfigError, match='here: http_code is .* must be codes from 200 to 499, as "200", "200,202"'):
        healthy_codes("here", http_code)
