"""What a REST API of API Gateway makes of a proxy response: the table that was recorded from AWS, and its neighbours."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace

import pytest

from pytest_lambda_modes.modes.synchronous.http_headers import Headers
from pytest_lambda_modes.modes.synchronous.rest_api_contract import contract, is_binary

pytestmark = pytest.mark.rule("SYNC-30")


def answer(returned, decodes=False):
    payload = returned if isinstance(returned, bytes) else json.dumps(returned).encode()
    call = SimpleNamespace(refused=None, gave_up=False, payload=payload, outcome=SimpleNamespace(function_error=None))
    return contract(decodes=decodes).answer(call)


@pytest.mark.parametrize(
    "returned, status_code, body",
    [
        ({"statusCode": 200}, 200, b""),
        ({"statusCode": 200, "headers": {"h": "v", "b": True}}, 200, b""),
        ({"statusCode": 200, "headers": None, "multiValueHeaders": None, "body": None}, 200, b""),
        ({"headers": {"h": "v"}}, 200, b""),
        ({}, 200, b""),
        ({"statusCode": "201"}, 201, b""),
        ({"statusCode": 201.0}, 201, b""),
        ({"statusCode": None}, 200, b""),
        ({"statusCode": 404, "body": "gone é"}, 404, "gone é".encode()),
        ({"statusCode": 599, "body": "", "isBase64Encoded": False}, 599, b""),
    ],
)
def test_a_good_response_is_passed_on(returned, status_code, body):
    """All keys may be left out, null counts as left out, and a status code may be the text of a number."""
    got = answer(returned)
    assert (got.status_code, got.body, got.reason) == (status_code, body, None)


@pytest.mark.parametrize(
    "returned, reason",
    [
        ("justAString", 'it is "justAString", and must be an object'),
        (None, "it is None, and must be an object"),
        ([200], "must be an object"),
        (b"not json", "it is no JSON"),
        (b'{"statusCode": NaN}', "it is no JSON"),
        ({"statusCode": 200, "wrongValue": "value"}, "it has wrongValue, and may have no other keys"),
        ({"statusCode": 200, "cookies": []}, "it has cookies, and may have no other keys"),
        ({"statusCode": "test"}, 'statusCode is "test"'),
        ({"statusCode": "²"}, "statusCode is"),
        ({"statusCode": True}, "statusCode is True"),
        ({"statusCode": 200.5}, "statusCode is 200.5"),
        ({"statusCode": 99}, "must be from 100 to 599"),
        ({"statusCode": 600}, "must be from 100 to 599"),
        ({"statusCode": []}, "statusCode is []"),
        ({"statusCode": 200, "headers": "h"}, 'headers is "h", and must be an object'),
        ({"statusCode": 200, "headers": {"h": ["a"]}}, "the header h is ['a'], and must be a string"),
        ({"statusCode": 200, "headers": {"h": None}}, "the header h is None"),
        ({"statusCode": 200, "multiValueHeaders": {"h": "v"}}, 'multiValueHeaders has "v" for h, and must have a list'),
        ({"statusCode": 200, "multiValueHeaders": []}, "multiValueHeaders is [], and must be an object"),
        ({"statusCode": 200, "body": {"a": 1}}, "body is {'a': 1}, and must be a string: json.dumps(...)"),
        ({"statusCode": 200, "body": 5}, "body is 5"),
        ({"statusCode": 200, "body": "YQ==", "isBase64Encoded": "true"}, 'isBase64Encoded is "true"'),
    ],
)
def test_a_malformed_response_is_a_502(returned, reason):
    """The client learns nothing, and the test learns why."""
    got = answer(returned)
    assert (got.status_code, got.body) == (502, b'{"message": "Internal server error"}')
    assert "the response is malformed: " in got.reason
    assert reason in got.reason
    assert got.reason.endswith("(SYNC-30)")


def test_scalars_become_the_text_of_a_header():
    """A boolean, as was recorded, and a number."""
    headers = Headers(answer({"headers": {"b": True, "n": 5, "f": 1.5}}).headers)
    assert [headers[name] for name in "bnf"] == ["true", "5", "1.5"]


def test_a_response_is_json_unless_it_says_otherwise():
    """Whatever the case in which the header is spelled."""
    assert answer({}).headers == (("Content-Type", "application/json"),)
    assert answer({"headers": {"content-TYPE": "text/html"}}).headers == (("content-TYPE", "text/html"),)


def test_both_kinds_of_headers_come_together():
    """The spelling of the one with several values wins, and its values come first."""
    got = answer({"headers": {"x-a": "solo", "x-b": "b"}, "multiValueHeaders": {"X-A": ["multi", "more"]}})
    headers = Headers(got.headers)
    assert headers["x-a"] == "multi, more, solo"
    assert headers.get_all("X-a") == ["multi", "more", "solo"]
    assert list(headers) == ["Content-Type", "X-A", "x-b"]


def test_a_header_that_is_the_gateways_own_is_remapped_or_removed():
    """A date of the function's is not the response's."""
    returned = {"Date": "now", "WWW-Authenticate": "Basic", "Transfer-Encoding": "chunked", "X-Ok": "y"}
    assert dict(answer({"headers": returned}).headers) == {
        "Content-Type": "application/json",
        "x-amzn-Remapped-Date": "now",
        "x-amzn-Remapped-WWW-Authenticate": "Basic",
        "X-Ok": "y",
    }


def test_base64_is_decoded_only_for_a_client_that_accepts_a_binary_media_type():
    """Otherwise it is passed on as it is, as was recorded."""
    png = bytes(range(256))
    returned = {"body": base64.b64encode(png).decode(), "isBase64Encoded": True}
    assert answer(returned).body == base64.b64encode(png)
    assert answer(returned, decodes=True).body == png
    assert answer({"body": "text", "isBase64Encoded": False}, decodes=True).body == b"text"


@pytest.mark.parametrize("body", ["not base64!", "YQ", "é"])
def test_what_only_claims_to_be_base64_is_malformed(body):
    """Only where it would be decoded."""
    returned = {"body": body, "isBase64Encoded": True}
    assert answer(returned).status_code == 200
    assert answer(returned, decodes=True).status_code == 502


@pytest.mark.parametrize(
    "media_type, binary_media_types, expected",
    [
        ("image/png", ["image/png"], True),
        ("image/png", [], False),
        ("image/png", ["*/*"], True),
        ("image/png", ["image/*"], True),
        ("IMAGE/PNG; q=1", ["image/png"], True),
        ("text/html, image/png", ["image/png"], False),
        ("image/png, text/html", ["image/png"], True),
        ("*/*", ["image/png"], False),
        ("*/*", ["*/*"], True),
        (None, ["*/*"], False),
    ],
)
def test_the_first_media_type_decides(media_type, binary_media_types, expected):
    """A browser that puts text first gets text, whatever else it accepts."""
    assert is_binary(media_type, binary_media_types) is expected
