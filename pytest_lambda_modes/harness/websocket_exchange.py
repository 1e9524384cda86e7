"""What a client of a WebSocket API does, as the event of a route. Loaded with the first of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.api_gateway_websocket import websocket_connect, websocket_disconnect, websocket_message
from pytest_lambda_modes.events.building import Event, json_text
from pytest_lambda_modes.harness.caller import Target
from pytest_lambda_modes.model.http_limits import WEBSOCKET_MESSAGE_BYTES
from pytest_lambda_modes.modes.synchronous.websocket_response import WebSocketResponse, call_route, refuse_size
from pytest_lambda_modes.runtime.payload import encode_event

_CONNECTION: Mapping[str, Callable[..., Event]] = {
    "$connect": websocket_connect,
    "$disconnect": websocket_disconnect,
}
_TAKEN = {"$connect": ("query", "headers"), "$disconnect": ("status_code", "reason")}
_TAKEN_BY_MESSAGES = ("body", "route_response")


def exchange(
    where: str, target: Target, route: str, given: Mapping[str, Any], connection: Mapping[str, Any], *, within: int
) -> WebSocketResponse:
    """Invoke the function of a route. `given` is what the client sends, `connection` what it sends it on.

    A message that is too big never reaches the function. Raises ConfigError for what does not belong to the route.
    """
    _check_taken(where, route, given)
    function = target.function
    if route in _CONNECTION:
        event = target.event(where, _CONNECTION[route], **given, **connection)
    else:
        message = _message(where, given.get("body"))
        size = len(message.encode() if isinstance(message, str) else message)
        fits = size <= WEBSOCKET_MESSAGE_BYTES
        event = target.event(where, websocket_message, message if fits else "", route=route, **connection)
        if not fits:
            return refuse_size(function, event["requestContext"], size, WEBSOCKET_MESSAGE_BYTES)
    return call_route(
        function,
        encode_event(event),
        event["requestContext"],
        within=within,
        route_response=given.get("route_response", False),
        qualifier=target.qualifier,
        fault=target.fault,
    )


def _check_taken(where: str, route: str, given: Mapping[str, Any]) -> None:
    taken = _TAKEN.get(route, _TAKEN_BY_MESSAGES)
    for name in given:
        if name not in taken:
            raise ConfigError(
                f"{where}: {name} is nothing that the route {route} takes: it takes {' and '.join(taken)}.\n\n"
                "$connect opens a connection, $disconnect closes it, and any other route is one of messages. (SYNC-32)"
            )


def _message(where: str, body: Any) -> str | bytes:
    if body is None:
        raise ConfigError(
            f"{where}: a message has a body, text, bytes or a value to send as JSON.\n\n"
            'sync_invoke.from_websocket_api("$default", {"action": "say"}), or "$connect" to open a connection.'
        )
    return body if isinstance(body, (str, bytes)) else json_text(where, "body", body)
