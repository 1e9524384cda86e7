"""What the client of a WebSocket API sees of its connection and its messages. (SYNC-32)"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.model.faults import Fault
from pytest_lambda_modes.modes.synchronous.http_headers import Headers
from pytest_lambda_modes.modes.synchronous.service_call import ServiceCall, call_function
from pytest_lambda_modes.modes.synchronous.service_response import ServiceResponse, tell
from pytest_lambda_modes.modes.synchronous.websocket_contract import (
    RULE,
    SWITCHING_PROTOCOLS,
    Frame,
    Handshake,
    frame,
    handshake,
    too_big,
)
from pytest_lambda_modes.runtime.function import Function

SERVICE = "API Gateway"


class WebSocketResponse(ServiceResponse):
    """What the client of a connection sees. (SYNC-32)

    `connected` says whether the connection is open now. For `$connect`, `status_code` is that of the handshake (101
    when it is open) and `headers` are its headers. For a message, `body` is the text that comes back, None for none,
    and `closed_with` the status with which API Gateway closed the connection (1009 for a message too big), or None.
    """

    __slots__ = ("body", "closed_with", "connected", "connection_id", "headers", "route", "status_code")

    def __init__(self, call: ServiceCall, context: Mapping[str, Any], answer: Handshake | Frame | None) -> None:
        super().__init__(call, SERVICE, None if answer is None else answer.reason)
        self.route: str = context["routeKey"]
        self.connection_id: str = context["connectionId"]
        self.status_code: int | None = None
        self.headers = Headers(())
        self.body: str | None = None
        self.closed_with: int | None = None
        self.connected = False
        if isinstance(answer, Handshake):
            self.status_code, self.headers = answer.status_code, Headers(answer.headers)
            self.connected = answer.status_code == SWITCHING_PROTOCOLS
        elif isinstance(answer, Frame):
            self.body, self.closed_with = answer.body, answer.closed_with
            self.connected = answer.closed_with is None

    def json(self) -> Any:
        """What came back, decoded from JSON. Raises ValueError if it is none."""
        return json.loads(self.body or "")

    def told(self) -> str:
        """The answer on one line, as the timeline tells it."""
        if self.status_code is not None:
            seen = str(self.status_code)
        elif self.closed_with is not None:
            seen = f"closed with {self.closed_with}"
        else:
            seen = self.body or "nothing"
        return seen if self.reason is None else f"{seen}, {self.reason}"

    def __str__(self) -> str:
        """A stable text of several lines, fit to be kept as a snapshot."""
        state = "open" if self.connected else "closed"
        took = f"took {self.duration.total_seconds():.3f} s"
        return f"{self.route} of connection {self.connection_id}, {state}\n{took}\n{self.told()}"

    def __repr__(self) -> str:
        state = "open" if self.connected else "closed"
        return f"<WebSocketResponse {self.route}, {state}, {self.duration.total_seconds():g} s: {self.told()}>"


def call_route(
    function: Function,
    payload: bytes,
    context: Mapping[str, Any],
    *,
    within: int,
    route_response: bool,
    qualifier: str | None = None,
    fault: Fault | None = None,
) -> WebSocketResponse:
    """Invoke the function of a route, for at most `within` microseconds. `context` is the event's `requestContext`.

    `route_response` says whether the route sends back what its function returns.
    """
    call = call_function(function, payload, within=within, qualifier=qualifier, fault=fault)
    if context["routeKey"] == "$connect":
        return _respond(call, context, handshake(call))
    if context["routeKey"] == "$disconnect":
        return _respond(call, context, None)
    return _respond(call, context, frame(call, context, route_response=route_response))


def refuse_size(function: Function, context: Mapping[str, Any], size: int, most: int) -> WebSocketResponse:
    """Close the connection of a client whose message is too big. The function is not called."""
    call = ServiceCall(function, function.platform.hub.scheduler.now)
    return _respond(call, context, too_big(size, most))


def _respond(call: ServiceCall, context: Mapping[str, Any], answer: Handshake | Frame | None) -> WebSocketResponse:
    response = WebSocketResponse(call, context, answer)
    tell(call, SERVICE, RULE, response.told())
    return response
