"""What CloudFront lets a Lambda@Edge function return: statuses, headers, bodies and their sizes. Pure. (SYNC-36)"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any

_DISALLOWED = re.compile(
    "connection|expect|keep-alive|proxy-authenticate|proxy-authorization|proxy-connection|trailer|upgrade|"
    "x-accel-buffering|x-accel-charset|x-accel-limit-rate|x-accel-redirect|x-amz-cf-.*|x-amzn-auth|x-amzn-cf-billing|"
    "x-amzn-cf-id|x-amzn-cf-xff|x-amzn-errortype|x-amzn-fle-profile|x-amzn-header-count|x-amzn-header-order|"
    "x-amzn-lambda-integration-tag|x-amzn-requestid|x-cache|x-edge-.*|x-forwarded-proto|x-real-ip"
)
_READ_ONLY: Mapping[str, frozenset[str]] = {
    "viewer-request": frozenset({"content-length", "host", "transfer-encoding", "via"}),
    "origin-request": frozenset(
        {
            "accept-encoding",
            "content-length",
            "if-modified-since",
            "if-none-match",
            "if-range",
            "if-unmodified-since",
            "transfer-encoding",
            "via",
        }
    ),
    "origin-response": frozenset({"transfer-encoding", "via"}),
    "viewer-response": frozenset({"content-encoding", "content-length", "transfer-encoding", "warning", "via"}),
}

# Of a body as text, of one in base64, and of a generated response with its headers.
_VIEWER_BODY, _VIEWER_BASE64 = 40_960, 54_476
_ORIGIN_BODY, _ORIGIN_BASE64 = 1_048_576, 1_394_604


def wrong_request(event_type: str, came: Mapping[str, Any], returned: Mapping[str, Any]) -> str | None:
    """What is wrong with a request that a function returned, if anything. `came` is the one of the event."""
    for member in ("uri", "querystring"):
        if not isinstance(returned.get(member), str):
            return f"the {member} of a request must be a string"
    if not returned["uri"].startswith("/"):
        return f"the uri of a request must begin with a slash, and is {returned['uri']}"
    for member in ("method", "clientIp"):
        if returned.get(member) != came[member]:
            return f"{member} is read-only"
    return _wrong_headers(event_type, came["headers"], returned.get("headers")) or _wrong_body(event_type, returned)


def wrong_response(event_type: str, came: Mapping[str, Any] | None, returned: Mapping[str, Any]) -> str | None:
    """What is wrong with a response that a function returned, if anything. `came` is None for a generated one."""
    if not re.fullmatch("[1-5][0-9][0-9]", str(returned.get("status"))):
        return f"the status of a response must be a status code of HTTP, and is {returned.get('status')!r}"
    if not isinstance(returned.get("statusDescription"), (str, NoneType)):
        return "statusDescription must be a string"
    before = {} if came is None else came["headers"]
    return _wrong_headers(event_type, before, returned.get("headers", {})) or _wrong_content(event_type, returned)


def _wrong_content(event_type: str, returned: Mapping[str, Any]) -> str | None:
    body, encoding = returned.get("body"), returned.get("bodyEncoding", "text")
    if not isinstance(body, (str, NoneType)):
        return "the body of a response must be a string"
    if encoding not in ("text", "base64"):
        return "bodyEncoding must be text or base64"
    if body is not None and encoding == "base64" and not _is_base64(body):
        return "the body is not in base64, and bodyEncoding says so"
    most = _VIEWER_BODY if event_type.startswith("viewer") else _ORIGIN_BODY
    size = len((body or "").encode()) + len(json.dumps(returned.get("headers", {})))
    return f"a response may have {most} bytes, headers and body, and has {size}" if size > most else None


def _wrong_headers(event_type: str, came: Mapping[str, Any], returned: Any) -> str | None:
    if not isinstance(returned, dict):
        return "headers must be an object"
    for name, values in returned.items():
        if not isinstance(values, list) or not values or not all(map(_is_value, values)):
            return f"the header {name} must be a list of objects, each with a string value"
        if any(each.get("key", name).lower() != name.lower() for each in values):
            return f"the key of the header {name} must be its name, in whatever case"
    before, after = _lower(came), _lower(returned)
    for name in _changed(before, after):
        if name in after and _DISALLOWED.fullmatch(name):
            return f"the header {name} is not allowed"
        if name in _READ_ONLY[event_type]:
            return f"the header {name} is read-only in a {event_type} event"
    return None


def _is_value(each: Any) -> bool:
    return isinstance(each, dict) and isinstance(each.get("value"), str) and isinstance(each.get("key", ""), str)


def _lower(headers: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name.lower(): [each["value"] for each in values] for name, values in headers.items()}


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    return (name for name in {**before, **after} if before.get(name) != after.get(name))


def _wrong_body(event_type: str, returned: Mapping[str, Any]) -> str | None:
    """Only a body with the action `replace` counts; otherwise the one that came goes on."""
    body = returned.get("body")
    if body is None:
        return None
    if not isinstance(body, dict) or body.get("action", "read-only") not in ("read-only", "replace"):
        return "the action of a body must be read-only or replace"
    if body.get("action") != "replace":
        return None
    data, encoding = body.get("data"), body.get("encoding", "base64")
    if not isinstance(data, str) or encoding not in ("text", "base64"):
        return "a body to replace needs a string data, and an encoding of text or base64"
    if encoding == "base64" and not _is_base64(data):
        return "the data of the body is not in base64, and its encoding says so"
    viewer = event_type.startswith("viewer")
    text, in_base64 = (_VIEWER_BODY, _VIEWER_BASE64) if viewer else (_ORIGIN_BODY, _ORIGIN_BASE64)
    most, size = text if encoding == "text" else in_base64, len(data.encode())
    return f"a body as {encoding} may have {most} bytes, and has {size}" if size > most else None


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
