"""The fields of a proxy response, each read as the services read them. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import NoReturn

from pytest_lambda_modes.model.http_limits import STATUS_CODES
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.modes.results import Malformed

Pairs = tuple[tuple[str, str], ...]
Response = Mapping[str, object]


def parsed(payload: bytes) -> object:
    """The value that a function returned. Raises Malformed for what is no JSON, NaN and Infinity included."""
    try:
        return json.loads(payload, parse_constant=_no_json)
    except (ValueError, RecursionError):
        raise Malformed("it is no JSON") from None


def _no_json(constant: str) -> NoReturn:
    raise ValueError(constant)


def compact(value: object) -> str:
    """A value as JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def parsed_object(payload: bytes) -> Response:
    """The JSON object that a function returned. Raises Malformed."""
    value = parsed(payload)
    if isinstance(value, dict):
        return value
    raise Malformed(f"it is {shown(value)}, and must be an object with a statusCode")


def status_code(value: object) -> int:
    """A status code, which may be the text of a number. Raises Malformed."""
    number = _whole_number(value)
    if number is not None and STATUS_CODES.least <= number <= STATUS_CODES.most:
        return number
    raise Malformed(f"statusCode is {shown(value)}, and must be from {STATUS_CODES.least} to {STATUS_CODES.most}")


def _whole_number(value: object) -> int | None:
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdecimal() else None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def headers(response: Response, name: str = "headers") -> Pairs:
    """Headers with one value each; numbers, true and false become text. Raises Malformed."""
    return tuple((key, _header(key, value)) for key, value in _mapping(response, name).items())


def multi_value_headers(response: Response, name: str = "multiValueHeaders") -> Pairs:
    """Headers with a list of values each. Raises Malformed."""
    pairs: list[tuple[str, str]] = []
    for key, values in _mapping(response, name).items():
        if not isinstance(values, list):
            raise Malformed(f"{name} has {shown(values)} for {key}, and must have a list")
        pairs += [(key, _header(key, value)) for value in values]
    return tuple(pairs)


def _mapping(response: Response, name: str) -> Mapping[str, object]:
    value = response.get(name)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise Malformed(f"{name} is {shown(value)}, and must be an object")


def _header(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return compact(value)
    raise Malformed(f"the header {name} is {shown(value)}, and must be a string")


def cookies(response: Response) -> Pairs:
    """The list `cookies` of payload format 2.0, as the headers they become. Raises Malformed."""
    value = response.get("cookies")
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(cookie, str) for cookie in value):
        return tuple(("Set-Cookie", cookie) for cookie in value)
    raise Malformed(f"cookies is {shown(value)}, and must be a list of strings")


def body(response: Response, *, decodes: bool = True) -> bytes:
    """The body: text, or with `isBase64Encoded` the bytes behind it where the service decodes. Raises Malformed."""
    value, in_base64 = response.get("body"), response.get("isBase64Encoded")
    if in_base64 is not None and not isinstance(in_base64, bool):
        raise Malformed(f"isBase64Encoded is {shown(in_base64)}, and must be true or false")
    if value is None:
        return b""
    if not isinstance(value, str):
        raise Malformed(f"body is {shown(value)}, and must be a string: json.dumps(...)")
    if not (in_base64 and decodes):
        return value.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("isBase64Encoded is true, and body is no base64") from None


def with_content_type(pairs: Pairs, default: str) -> Pairs:
    """The headers, with a content type if they have none."""
    named = any(name.lower() == "content-type" for name, _ in pairs)
    return pairs if named else (("Content-Type", default), *pairs)


def without(pairs: Pairs, names: frozenset[str]) -> Pairs:
    """The headers but for those of these names, which are in lower case."""
    return tuple(pair for pair in pairs if pair[0].lower() not in names)
