"""WebSocket APIs in front of Lambda: connections that open, messages that come back, and routes that fail."""

from __future__ import annotations

import datetime as dt
import json
import time

import pytest

from pytest_lambda_modes import facts, faults
from pytest_lambda_modes.errors import ConfigError

pytestmark = pytest.mark.rule("SYNC-32")


class Chat:
    """A handler of all routes, which keeps its events."""

    def __init__(self):
        self.events = []

    def __call__(self, event, context):
        self.events.append(event)
        if event["requestContext"]["routeKey"] == "$connect" and "token" not in event.get("queryStringParameters", {}):
            return {"statusCode": 401}
        return {"statusCode": 200, "body": f"heard {event.get('body')}"}


@pytest.fixture
def chat():
    return Chat()


def test_a_connection_opens_talks_and_closes(sync_invoke, chat):
    """Its messages carry the id that it was opened with."""
    opened = sync_invoke.from_websocket_api("$connect", query={"token": "t"}, handler=chat)
    assert (opened.status_code, opened.connected, opened.body) == (101, True, None)
    message = {"action": "say", "text": "hi"}
    on = opened.connection_id
    said = sync_invoke.from_websocket_api("say", message, connection_id=on, route_response=True, handler=chat)
    assert (said.body, said.connected, said.status_code) == (
        f"heard {json.dumps(message, separators=(',', ':'))}",
        True,
        None,
    )
    closed = sync_invoke.from_websocket_api(
        "$disconnect", connection_id=on, status_code=1001, reason="bye", handler=chat
    )
    assert (closed.connected, closed.body, closed.reason) == (False, None, None)
    contexts = [event["requestContext"] for event in chat.events]
    assert [context["eventType"] for context in contexts] == ["CONNECT", "MESSAGE", "DISCONNECT"]
    assert {context["connectionId"] for context in contexts} == {on}
    assert (contexts[2]["disconnectStatusCode"], contexts[2]["disconnectReason"]) == (1001, "bye")


def test_the_function_of_connect_may_refuse(sync_invoke, chat):
    """The client sees its status."""
    refused = sync_invoke.from_websocket_api("$connect", handler=chat)
    assert (refused.status_code, refused.connected) == (401, False)
    assert refused.invocation.function_error is None
    assert "opens a connection with 200 to 299 only" in refused.reason


def test_without_a_route_response_nothing_comes_back(sync_invoke, chat):
    """The function was called all the same."""
    said = sync_invoke.from_websocket_api("$default", "hi", handler=chat)
    assert said.body is None
    assert said.connected
    assert chat.events[0]["body"] == "hi"


def test_bytes_arrive_in_base64(sync_invoke, chat):
    """As a binary frame does."""
    sync_invoke.from_websocket_api("$default", b"\x00", handler=chat)
    assert (chat.events[0]["body"], chat.events[0]["isBase64Encoded"]) == ("AA==", True)


def raises(event, context):
    raise KeyError("k")


@pytest.mark.parametrize(
    "handler, fault, status_code",
    [
        (raises, None, 502),
        (lambda event, context: None, None, 502),
        (lambda event, context: {}, faults.Throttle(), 500),
    ],
)
def test_a_route_that_fails_is_told_to_the_client(sync_invoke, handler, fault, status_code):
    """A connection is refused, a message comes back as an error; nothing is tried again, and nothing is raised."""
    given = {"handler": handler, "faults": None if fault is None else {1: fault}}
    assert sync_invoke.from_websocket_api("$connect", **given).status_code == status_code
    said = sync_invoke.from_websocket_api("$default", "hi", **given)
    error = said.json()
    assert (error["message"], error["connectionId"]) == ("Internal server error", said.connection_id)
    assert error["requestId"]
    assert said.connected
    assert said.reason.endswith("(SYNC-32)")
    closed = sync_invoke.from_websocket_api("$disconnect", **given)
    assert (closed.body, closed.connected) == (None, False)


def test_the_gateway_gives_up_after_29_seconds(sync_invoke, lambda_clock, lambda_timeline):
    """The function goes on."""
    done = []

    def slow(event, context):
        time.sleep(40)
        done.append(1)

    said = sync_invoke.from_websocket_api("$default", "hi", handler=slow, timeout=60)
    assert said.json()["message"] == "Endpoint request timed out"
    assert (said.gave_up, said.duration, done) == (True, dt.timedelta(seconds=29), [])
    lambda_clock.run_until_idle()
    assert done == [1]
    assert sync_invoke.from_websocket_api("$connect", handler=slow, timeout=60).status_code == 504
    [hazard] = [fact for fact in lambda_timeline if isinstance(fact, facts.Hazard)]
    assert hazard.id == "HAZ-12"


def test_an_integration_may_give_up_earlier(sync_invoke):
    """But no later than AWS allows."""
    said = sync_invoke.from_websocket_api("$default", "x", timeout_in_millis=50, handler=lambda e, c: time.sleep(1))
    assert said.duration == dt.timedelta(milliseconds=50)
    with pytest.raises(ConfigError, match="timeout_in_millis is 29001"):
        sync_invoke.from_websocket_api("$default", "x", timeout_in_millis=29_001, handler=raises)


@pytest.mark.parametrize("body, closes", [("x" * 131_072, False), ("é" * 65_537, True), (b"x" * 131_073, True)])
def test_a_message_that_is_too_big_closes_the_connection(sync_invoke, chat, body, closes):
    """The function never sees it."""
    said = sync_invoke.from_websocket_api("$default", body, connection_id="Yc=", handler=chat)
    assert (said.closed_with, said.connected) == ((1009, False) if closes else (None, True))
    assert said.connection_id == "Yc="
    assert len(chat.events) == (0 if closes else 1)


@pytest.mark.parametrize(
    "arguments, more, message",
    [
        (("$connect", "hi"), {}, r"body is nothing that the route \$connect takes: it takes query and headers"),
        (("$connect",), {"route_response": True}, "route_response is nothing"),
        (("$disconnect",), {"query": {"a": "b"}}, "it takes status_code and reason"),
        (("say", "hi"), {"headers": {"a": "b"}}, "headers is nothing that the route say takes: it takes body and"),
        (("say",), {}, "a message has a body"),
        (("", "hi"), {}, "route is"),
        (("say", {"a": {1}}), {}, "body is .* which is no JSON"),
        (("$connect",), {"headers": {"a": 1}}, r"headers\['a'\] is 1"),
        (("$connect",), {"tiemout": 3}, "Did you mean timeout"),
    ],
)
def test_what_cannot_be_never_calls_the_function(sync_invoke, chat, arguments, more, message):
    """The error is told in the words of the method."""
    with pytest.raises(ConfigError, match=rf"^sync_invoke.from_websocket_api\(...\): .*{message}"):
        sync_invoke.from_websocket_api(*arguments, handler=chat, **more)
    assert chat.events == []


@pytest.mark.asyncio
async def test_an_async_test_may_be_the_client(sync_invoke, chat):
    """It waits in virtual time."""
    assert sync_invoke.from_websocket_api("$connect", query={"token": "t"}, handler=chat).connected


@pytest.mark.lambda_modes(seed="texts")
def test_an_answer_explains_itself(sync_invoke, chat, lambda_timeline):
    """In a failing assert, as a snapshot, and in the timeline."""
    said = sync_invoke.from_websocket_api("say", "hi", connection_id="Yc=", route_response=True, handler=chat)
    assert repr(said) == "<WebSocketResponse say, open, 0 s: heard hi>"
    assert str(said) == "say of connection Yc=, open\ntook 0.000 s\nheard hi"
    refused = sync_invoke.from_websocket_api("$connect", handler=chat)
    assert repr(refused).startswith("<WebSocketResponse $connect, closed, 0 s: 401, $connect answered 401, and opens")
    closed = sync_invoke.from_websocket_api("say", "x" * 200_000, handler=chat)
    assert "closed with 1009, the message has 200,000 bytes, and may have 131,072 (SYNC-32)" in str(closed)
    answers = [fact.answer for fact in lambda_timeline if isinstance(fact, facts.ServiceAnswered)]
    assert answers[0] == "heard hi"
    assert all(len(answer) <= 200 for answer in answers)


def test_a_long_answer_is_cut_in_the_timeline(sync_invoke, lambda_timeline):
    """The answer itself is whole."""
    said = sync_invoke.from_websocket_api(
        "say", "x", route_response=True, handler=lambda e, c: {"statusCode": 200, "body": "y" * 500}
    )
    assert len(said.body) == 500
    [answered] = [fact for fact in lambda_timeline if isinstance(fact, facts.ServiceAnswered)]
    assert answered.answer == "y" * 200
