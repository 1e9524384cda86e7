"""What a WebSocket API makes of the answers of its routes."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from pytest_lambda_modes.errors import TooManyRequestsException
from pytest_lambda_modes.modes.synchronous.websocket_contract import frame, handshake

pytestmark = pytest.mark.rule("SYNC-32")

CONTEXT = {"connectionId": "Yc=", "requestId": "Zr=", "routeKey": "say"}


def returned(value):
    payload = json.dumps(value).encode()
    return SimpleNamespace(refused=None, gave_up=False, payload=payload, outcome=SimpleNamespace(function_error=None))


def failed(**how):
    none = {
        "refused": None,
        "gave_up": False,
        "payload": None,
        "outcome": None,
        "started_at": 0,
        "ended_at": 29_000_000,
    }
    return SimpleNamespace(**{**none, **how})


RAISED = failed(
    outcome=SimpleNamespace(function_error="Unhandled", error_text="KeyError: 'k'", error_type="KeyError", kind="x")
)
GAVE_UP = failed(gave_up=True)
THROTTLED = failed(refused=TooManyRequestsException("Rate Exceeded."))


@pytest.mark.parametrize("code", [200, 204, 299, "200"])
def test_a_status_of_2xx_opens_the_connection(code):
    """The client sees the switch of protocols, with the headers of the function."""
    opened = handshake(returned({"statusCode": code, "headers": {"Sec-WebSocket-Protocol": "chat"}}))
    assert opened == (101, (("Sec-WebSocket-Protocol", "chat"),), None)


@pytest.mark.parametrize("code", [300, 401, 403, 500])
def test_any_other_status_refuses_the_connection(code):
    """The client sees it."""
    assert handshake(returned({"statusCode": code})).status_code == code
    assert "opens a connection with 200 to 299 only (SYNC-32)" in handshake(returned({"statusCode": code})).reason


@pytest.mark.parametrize(
    "call, code", [(RAISED, 502), (GAVE_UP, 504), (THROTTLED, 500), (returned(None), 502), (returned({}), 502)]
)
def test_a_connection_is_refused_when_its_route_fails(call, code):
    """A function that returns nothing has failed, too."""
    assert handshake(call).status_code == code


def test_a_message_is_answered_only_by_a_route_response():
    """Without one nothing comes back, whatever the function returned."""
    call = returned({"statusCode": 200, "body": "hello"})
    assert frame(call, CONTEXT, route_response=True) == ("hello", None, None)
    assert frame(call, CONTEXT, route_response=False) == (None, None, None)


@pytest.mark.parametrize("call", [RAISED, THROTTLED, returned(None), returned("ok"), returned({"body": "x"})])
def test_a_client_learns_that_the_route_of_its_message_failed(call):
    """With or without a route response."""
    for route_response in (True, False):
        got = frame(call, CONTEXT, route_response=route_response)
        assert json.loads(got.body) == {
            "message": "Internal server error",
            "connectionId": "Yc=",
            "requestId": "Zr=",
        }
        assert got.reason.endswith("(SYNC-32)")


def test_a_client_learns_that_its_message_took_too_long():
    """In the words of the gateway's own deadline."""
    assert json.loads(frame(GAVE_UP, CONTEXT, route_response=False).body)["message"] == "Endpoint request timed out"
