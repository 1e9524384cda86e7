"""What CloudFront sends to a Lambda@Edge function, for each of its four event types. (EVT-9, SYNC-36)"""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
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
    resource_hex,
    text,
)
from pytest_lambda_modes.events.http_request import Body, Pairs, Request, Values
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.settings import shown

VIEWER_BODY_BYTES = 40_960  # what a function sees of a body when it asks for it
ORIGIN_BODY_BYTES = 1_048_576
_DOMAIN = f"d{resource_hex('distribution', 13)}.cloudfront.net"


def edge_viewer_request(
    method: str = "GET",
    path: str = "/",
    *,
    query: Values | None = None,
    headers: Values | None = None,
    body: Body = None,
    include_body: bool = False,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A request as it reaches CloudFront: `viewer-request`. (EVT-9)

    `include_body` is the setting of the association; a body beyond 40 KB is cut, and says so. Raises ConfigError for a
    method or a path that cannot be, a header that is no string.
    """
    ids = identifiers(ids)
    epoch(at)
    request = _checked("edge_viewer_request", method, path, query, headers, body)
    members = _request(request, include_body, VIEWER_BODY_BYTES)
    return finished(_event("viewer-request", {"request": members}, ids), overrides)


def edge_origin_request(
    method: str = "GET",
    path: str = "/",
    *,
    query: Values | None = None,
    headers: Values | None = None,
    body: Body = None,
    include_body: bool = False,
    origin: str = "origin.example.com",
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A request that CloudFront has no cached answer for: `origin-request`, with the custom origin it goes to. (EVT-9)

    As `edge_viewer_request`, but for bodies of 1 MB. `origin` is the origin's domain name.
    """
    ids = identifiers(ids)
    epoch(at)
    request = _checked("edge_origin_request", method, path, query, headers, body)
    members = {**_request(request, include_body, ORIGIN_BODY_BYTES), **_origin(origin)}
    return finished(_event("origin-request", {"request": members}, ids), overrides)


def edge_origin_response(
    status_code: int = 200,
    *,
    response_headers: Values | None = None,
    method: str = "GET",
    path: str = "/",
    query: Values | None = None,
    headers: Values | None = None,
    origin: str = "origin.example.com",
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """An origin's answer before it is cached: `origin-response`, with the request it answers. It has no body. (EVT-9)

    Raises ConfigError for a status that HTTP has not, and for what `edge_origin_request` refuses.
    """
    ids = identifiers(ids)
    epoch(at)
    request = _checked("edge_origin_response", method, path, query, headers, None)
    response = _response("edge_origin_response", status_code, response_headers)
    members = {**_request(request, False, 0), **_origin(origin)}
    return finished(_event("origin-response", {"request": members, "response": response}, ids), overrides)


def edge_viewer_response(
    status_code: int = 200,
    *,
    response_headers: Values | None = None,
    method: str = "GET",
    path: str = "/",
    query: Values | None = None,
    headers: Values | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """An answer on its way to the viewer: `viewer-response`, with the request it answers. It has no body. (EVT-9)

    Raises ConfigError for a status that HTTP has not, and for what `edge_viewer_request` refuses.
    """
    ids = identifiers(ids)
    epoch(at)
    request = _checked("edge_viewer_response", method, path, query, headers, None)
    response = _response("edge_viewer_response", status_code, response_headers)
    members = {"request": _request(request, False, 0), "response": response}
    return finished(_event("viewer-response", members, ids), overrides)


def _checked(
    where: str,
    method: str,
    path: str,
    query: Values | None,
    headers: Values | None,
    body: Body,
) -> Request:
    request = http_request.checked(where, method, path, query, headers, body, None)
    if request.header("host") is not None:
        return request
    return request._replace(headers=(("Host", _DOMAIN), *request.headers))


def _event(event_type: str, members: Event, ids: Identifiers) -> Event:
    config = {
        "distributionDomainName": _DOMAIN,
        "distributionId": f"E{resource_hex('distribution', 13).upper()}",
        "eventType": event_type,
        "requestId": base64_text(bytes.fromhex(ids.hex("cloudfront request", 80))),
    }
    return {"Records": [{"cf": {"config": config, **members}}]}


def _request(request: Request, include_body: bool, most_bytes: int) -> Event:
    members: dict[str, Any] = {
        "clientIp": SOURCE_IP,
        "headers": _headers(request.headers),
        "method": request.method,
        "querystring": request.raw_query(),
        "uri": request.path,
    }
    if include_body:
        body = request.body or b""
        members["body"] = {
            "inputTruncated": len(body) > most_bytes,
            "action": "read-only",
            "encoding": "base64",
            "data": base64_text(body[:most_bytes]),
        }
    return members


def _response(where: str, status_code: int, headers: Values | None) -> Event:
    try:
        phrase = HTTPStatus(status_code).phrase
    except ValueError:
        raise ConfigError(f"{where}: status_code is {shown(status_code)}, and must be a status of HTTP.") from None
    checked = http_request.header_pairs(where, "response_headers", headers)
    return {"headers": _headers(checked), "status": str(int(status_code)), "statusDescription": phrase}


def _origin(domain_name: str) -> Event:
    custom = {
        "customHeaders": {},
        "domainName": text("edge_origin_request", "origin", domain_name),
        "keepaliveTimeout": 5,
        "path": "",
        "port": 443,
        "protocol": "https",
        "readTimeout": 30,
        "sslProtocols": ["TLSv1.2"],
    }
    return {"origin": {"custom": custom}}


def _headers(pairs: Pairs) -> dict[str, list[dict[str, str]]]:
    """By lower-case name, each value with the name as it was sent."""
    headers: dict[str, list[dict[str, str]]] = {}
    for name, value in pairs:
        headers.setdefault(name.lower(), []).append({"key": name, "value": value})
    return headers
