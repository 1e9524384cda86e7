"""Events of a WebSocket API. Powertools' parser models and data class are the oracle."""

from __future__ import annotations

import base64

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayWebSocketEvent
from aws_lambda_powertools.utilities.parser.models import (
    APIGatewayWebSocketConnectEventModel,
    APIGatewayWebSocketDisconnectEventModel,
    APIGatewayWebSocketMessageEventModel,
)

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import websocket_connect, websocket_disconnect, websocket_message


def test_a_connection_that_opens_parses() -> None:
    """It brings the client's headers and query, and is of the route $connect."""
    event = websocket_connect(query={"token": ["a", "b"]}, headers={"X-A": "1"}, connection_id="c1", stage="dev")
    model = APIGatewayWebSocketConnectEventModel.model_validate(event)
    context = model.request_context
    assert (context.route_key, context.event_type, context.connection_id, context.stage) == (
        "$connect", "CONNECT", "c1", "dev"
    )  # fmt: skip
    assert (model.headers["X-A"], model.multi_value_headers["X-A"]) == ("1", ["1"])
    assert event["multiValueQueryStringParameters"] == {"token": ["a", "b"]}
    assert model.headers["host"] == context.domain_name


def test_a_connection_without_query_has_no_member_for_it() -> None:
    """Unlike a REST API, a WebSocket API leaves out what is not there."""
    assert set(websocket_connect()) == {"headers", "multiValueHeaders", "requestContext", "isBase64Encoded"}


def test_a_message_parses() -> None:
    """It has its route and an id, and no headers."""
    event = websocket_message('{"action": "send"}', route="send", connection_id="c1")
    model = APIGatewayWebSocketMessageEventModel.model_validate(event)
    assert (model.body, model.request_context.route_key) == ('{"action": "send"}', "send")
    assert (model.request_context.event_type, model.is_base64_encoded) == ("MESSAGE", False)
    assert set(event) == {"requestContext", "body", "isBase64Encoded"}
    data = APIGatewayWebSocketEvent(event)
    assert data.json_body == {"action": "send"}
    assert data.request_context.connection_id == "c1"


def test_bytes_come_in_base64() -> None:
    """A binary frame is decoded by the data class."""
    event = APIGatewayWebSocketEvent(websocket_message(b"\xff"))
    assert event.is_base64_encoded
    assert base64.b64decode(event.body or "") == b"\xff"


def test_a_connection_that_closes_parses() -> None:
    """It tells the closing status and the reason, and none of the client's headers."""
    event = websocket_disconnect(status_code=1001, reason="Going away", connection_id="c1")
    model = APIGatewayWebSocketDisconnectEventModel.model_validate(event)
    assert (model.request_context.disconnect_status_code, model.request_context.disconnect_reason) == (
        1001, "Going away"
    )  # fmt: skip
    assert set(model.headers) == {"Host", "x-api-key", "X-Forwarded-For", "x-restapi"}


def test_an_authorizer_adds_to_the_context_of_each() -> None:
    """What the authorizer of $connect found out comes with every event of the connection."""
    authorizer = {"principalId": "ann"}
    built = (
        websocket_connect(authorizer=authorizer),
        websocket_message("hello", authorizer=authorizer),
        websocket_disconnect(authorizer=authorizer),
    )
    assert [event["requestContext"]["authorizer"] for event in built] == [authorizer] * 3


@pytest.mark.parametrize("body", ["a" * 131_073, b"a" * 131_073, "é" * 65_537, {"a": 1}, None])
def test_a_message_has_a_limit(body: object) -> None:
    """A message is text or bytes, up to 128 KB."""
    with pytest.raises(ConfigError, match="str or bytes, 131072 bytes at most"):
        websocket_message(body)  # type: ignore[arg-type]


@pytest.mark.parametrize("route", ["$connect", "$disconnect"])
def test_opening_and_closing_take_no_message(route: str) -> None:
    """The error names the builder to call."""
    with pytest.raises(ConfigError, match=rf"websocket_{route[1:]}\(\)"):
        websocket_message("hello", route=route)
