"""What holds of every HTTP contract, whatever a function returns."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.modes.synchronous import (
    function_url_contract,
    http_api_contract,
    load_balancer_contract,
    rest_api_contract,
    websocket_contract,
)
from pytest_lambda_modes.modes.synchronous.http_headers import Headers

CONTRACTS = {
    "REST": rest_api_contract.contract(decodes=False),
    "REST, binary": rest_api_contract.contract(decodes=True),
    "HTTP 1.0": http_api_contract.contract("1.0"),
    "HTTP 2.0": http_api_contract.contract("2.0"),
    "URL": function_url_contract.CONTRACT,
    "ALB": load_balancer_contract.contract(multi_value_headers=False),
    "ALB, several": load_balancer_contract.contract(multi_value_headers=True),
}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["200", "YQ==", "é"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
keys = [
    "statusCode",
    "statusDescription",
    "headers",
    "multiValueHeaders",
    "cookies",
    "body",
    "isBase64Encoded",
    "other",
]
responses = st.fixed_dictionaries({}, optional=dict.fromkeys(keys, values)) | values | st.binary()
statuses = st.fixed_dictionaries({"statusCode": st.integers(100, 599)}, optional=dict.fromkeys(keys[1:], values))


def call_that_returned(value):
    payload = value if isinstance(value, bytes) else json.dumps(value).encode()
    return SimpleNamespace(refused=None, gave_up=False, payload=payload, outcome=SimpleNamespace(function_error=None))


@pytest.mark.rule("SYNC-30", "SYNC-31", "SYNC-33", "SYNC-34")
@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
@given(value=responses | statuses)
@settings(deadline=None, derandomize=True, max_examples=200)
def test_whatever_a_function_returns_the_client_gets_an_answer(contract, value):
    """It is the function's own, or the service's with a reason; its headers are text, and name a content type."""
    answer = contract.answer(call_that_returned(value))
    assert 100 <= answer.status_code <= 599
    assert isinstance(answer.body, bytes)
    assert all(isinstance(part, str) for pair in answer.headers for part in pair)
    assert len(Headers(answer.headers).get_all("content-type")) >= 1
    assert (answer.reason is None) or (answer.status_code, answer.body) == contract.failed[:3:2]


@pytest.mark.rule("SYNC-32")
@given(value=responses | statuses)
@settings(deadline=None, derandomize=True, max_examples=200)
def test_whatever_a_route_returns_the_client_of_a_connection_gets_an_answer(value):
    """A handshake has a status, and a message comes back as text or not at all."""
    call, context = call_that_returned(value), {"connectionId": "c", "requestId": "r"}
    assert 100 <= websocket_contract.handshake(call).status_code <= 599
    frame = websocket_contract.frame(call, context, route_response=True)
    assert isinstance(frame.body, str)
    assert frame.closed_with is None


def test_headers_are_as_clients_show_them():
    """Names have no case; several values of one are together, or one by one."""
    headers = Headers((("X-Id", "7"), ("Set-Cookie", "a=1"), ("set-cookie", "b=2")))
    assert (headers["x-id"], headers["SET-COOKIE"]) == ("7", "a=1, b=2")
    assert headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert headers.get_all("X-None") == []
    assert headers.get("X-None") is None
    assert "x-ID" in headers and "x" not in headers
    assert 1 not in headers
    assert headers == {"X-Id": "7", "Set-Cookie": "a=1, b=2"}
    assert len(headers) == 2
    assert repr(headers) == "Headers({'X-Id': '7', 'Set-Cookie': 'a=1, b=2'})"
    with pytest.raises(KeyError, match="X-None"):
        headers["X-None"]
