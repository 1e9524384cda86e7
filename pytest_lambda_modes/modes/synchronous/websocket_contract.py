"""The contract of an API Gateway WebSocket API with Lambda proxy integrations. Pure. (SYNC-32)"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pytest_lambda_modes.modes.results import Malformed
from pytest_lambda_modes.modes.synchronous import proxy_fields
from pytest_lambda_modes.modes.synchronous.http_answer import why_failed
from pytest_lambda_modes.modes.synchronous.proxy_fields import Pairs
from pytest_lambda_modes.modes.synchronous.service_call import ServiceCall

RULE = "SYNC-32"
SWITCHING_PROTOCOLS = 101
MESSAGE_TOO_BIG = 1009


class Handshake(NamedTuple):
    """What a client is answered that wants to connect."""

    status_code: int
    headers: Pairs = ()
    reason: str | None = None


class Frame(NamedTuple):
    """What a message is answered with. `body` None is silence; `closed_with` is the status of a closed connection."""

    body: str | None = None
    closed_with: int | None = None
    reason: str | None = None


class _Proxied(NamedTuple):
    """What the function of a route answered, or why that is nothing."""

    status_code: int = 0
    headers: Pairs = ()
    body: bytes = b""
    failed: str | None = None


def handshake(call: ServiceCall) -> Handshake:
    """Whether a client may connect: if the function of `$connect` answers with a status from 200 to 299."""
    code, headers, _, failed = _proxied(call)
    if failed is not None:
        return Handshake(500 if call.refused else 504 if call.gave_up else 502, reason=f"{failed} ({RULE})")
    if 200 <= code <= 299:
        return Handshake(SWITCHING_PROTOCOLS, headers)
    return Handshake(code, headers, f"$connect answered {code}, and opens a connection with 200 to 299 only ({RULE})")


def frame(call: ServiceCall, context: Mapping[str, Any], *, route_response: bool) -> Frame:
    """What comes back for a message: nothing without a route response, and an error if the route failed."""
    _, _, body, failed = _proxied(call)
    if failed is None:
        return Frame(body.decode("utf-8", "replace") if route_response else None)
    message = "Endpoint request timed out" if call.gave_up else "Internal server error"
    error = {"message": message, "connectionId": context["connectionId"], "requestId": context["requestId"]}
    return Frame(json.dumps(error), reason=f"{failed} ({RULE})")


def too_big(size: int, most: int) -> Frame:
    """What a message of too many bytes is answered with: the end of the connection. The function is not called."""
    return Frame(closed_with=MESSAGE_TOO_BIG, reason=f"the message has {size:,} bytes, and may have {most:,} ({RULE})")


def _proxied(call: ServiceCall) -> _Proxied:
    payload = call.payload
    if payload is None:
        return _Proxied(failed=why_failed(call))
    try:
        response = proxy_fields.parsed_object(payload)
        code = proxy_fields.status_code(response.get("statusCode"))
        return _Proxied(code, proxy_fields.headers(response), proxy_fields.body(response))
    except Malformed as malformed:
        return _Proxied(failed=f"the response is malformed: {malformed}")
