"""What API Gateway sends for a WebSocket API: a connection that opens, sends a message, closes. (EVT-9, SYNC-32)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import http_request
from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    SOURCE_IP,
    Event,
    Overrides,
    base64_text,
    epoch,
    finished,
    identifiers,
    log_time,
    resource_hex,
    short_id,
    text,
)
from pytest_lambda_modes.events.http_request import USER_AGENT, Values
from pytest_lambda_modes.model.http_limits import WEBSOCKET_MESSAGE_BYTES
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import REGION
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import MILLISECOND

NORMAL_CLOSURE = 1_000


def websocket_connect(
    *,
    query: Values | None = None,
    headers: Values | None = None,
    connection_id: str | None = None,
    stage: str = "prod",
    authorizer: Mapping[str, Any] | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A client that opens a connection: the `$connect` route. The only one with the client's headers and query. (EVT-9)

    Raises ConfigError for a header or a query value that is no string.
    """
    ids, now = identifiers(ids), epoch(at)
    context = _request_context("$connect", "CONNECT", connection_id, stage, authorizer, ids, now)
    request = http_request.checked("websocket_connect", "GET", "/", query, headers, None, 0)
    headers_of_upgrade = (
        ("sec-websocket-key", base64_text(ids.hex("websocket key", 16))),
        ("sec-websocket-version", "13"),
    )
    request = request._replace(headers=request.headers + headers_of_upgrade)
    request = http_request.through_a_proxy(request, context["domainName"], ids, now)
    event: Event = {
        "headers": http_request.last_values(request.headers),
        "multiValueHeaders": http_request.all_values(request.headers),
        "requestContext": context,
        "isBase64Encoded": False,
    }
    if request.query:
        event["queryStringParameters"] = http_request.last_values(request.query)
        event["multiValueQueryStringParameters"] = http_request.all_values(request.query)
    return finished(event, overrides)


def websocket_message(
    body: str | bytes,
    *,
    route: str = "$default",
    connection_id: str | None = None,
    stage: str = "prod",
    authorizer: Mapping[str, Any] | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A message that a client sends. `route` is what the route selection expression found in it. (EVT-9)

    Bytes arrive in base64. Raises ConfigError for more than 128 KB, and for the routes of opening and closing.
    """
    ids, now = identifiers(ids), epoch(at)
    if text("websocket_message", "route", route) in ("$connect", "$disconnect"):
        raise ConfigError(f"websocket_message: route is {route}, which takes no message: websocket_{route[1:]}().")
    content = body.encode() if isinstance(body, str) else body
    if not isinstance(content, bytes) or len(content) > WEBSOCKET_MESSAGE_BYTES:
        must = f"str or bytes, {WEBSOCKET_MESSAGE_BYTES} bytes at most"
        raise ConfigError(f"websocket_message: body is {shown(body)}, and must be {must}. (SYNC-32)")
    context = _request_context(route, "MESSAGE", connection_id, stage, authorizer, ids, now)
    event = {
        "requestContext": {**context, "messageId": short_id(ids, "websocket message")},
        "body": body if isinstance(body, str) else base64_text(body),
        "isBase64Encoded": isinstance(body, bytes),
    }
    return finished(event, overrides)


def websocket_disconnect(
    *,
    status_code: int = NORMAL_CLOSURE,
    reason: str = "",
    connection_id: str | None = None,
    stage: str = "prod",
    authorizer: Mapping[str, Any] | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A connection that is closed: the `$disconnect` route, with the closing status of WebSocket. (EVT-9)"""
    ids, now = identifiers(ids), epoch(at)
    context = _request_context("$disconnect", "DISCONNECT", connection_id, stage, authorizer, ids, now)
    headers = {"Host": context["domainName"], "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    event = {
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "requestContext": {**context, "disconnectStatusCode": status_code, "disconnectReason": reason},
        "isBase64Encoded": False,
    }
    return finished(event, overrides)


def _request_context(
    route: str,
    event_type: str,
    connection_id: str | None,
    stage: str,
    authorizer: Mapping[str, Any] | None,
    ids: Identifiers,
    now: int,
) -> Event:
    api_id = resource_hex("websocket api", 10)
    request_id = short_id(ids, "api request")
    context: Event = {
        "routeKey": route,
        "eventType": event_type,
        "extendedRequestId": request_id,
        "requestTime": log_time(now),
        "messageDirection": "IN",
        "stage": stage,
        "connectedAt": now // MILLISECOND,
        "requestTimeEpoch": now // MILLISECOND,
        "identity": {"sourceIp": SOURCE_IP, "userAgent": USER_AGENT},
        "requestId": request_id,
        "domainName": f"{api_id}.execute-api.{REGION}.amazonaws.com",
        "connectionId": connection_id or short_id(ids, "websocket connection"),
        "apiId": api_id,
    }
    return context if authorizer is None else {**context, "authorizer": dict(authorizer)}
