"""The contract of an API Gateway REST API with Lambda proxy integration. Pure. (SYNC-30)"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pytest_lambda_modes.errors import ApiError
from pytest_lambda_modes.modes.results import Malformed
from pytest_lambda_modes.modes.synchronous import proxy_fields
from pytest_lambda_modes.modes.synchronous.http_answer import Answer, HttpContract, json_error
from pytest_lambda_modes.modes.synchronous.proxy_fields import Pairs

KEYS = ("statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded")

# Headers of the function that API Gateway passes on under another name, or not at all, since they are its own affair.
_REMAPPED = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "content-md5",
        "date",
        "host",
        "max-forwards",
        "server",
        "user-agent",
        "www-authenticate",
    }
)
_REMOVED = frozenset({"expect", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"})

_FAILED = json_error(502, '{"message": "Internal server error"}')
_REFUSED = json_error(500, '{"message": "Internal server error"}')
_GAVE_UP = json_error(504, '{"message": "Endpoint request timed out"}')
_TOO_LARGE = json_error(413, '{"message":"HTTP content length exceeded 10485760 bytes."}')
_TOO_LARGE_FOR_LAMBDA = json_error(413, '{"message":"Request Too Long"}')


def contract(*, decodes: bool) -> HttpContract:
    """`decodes` says whether the client accepts a media type that the API treats as binary."""
    return HttpContract(
        service="API Gateway",
        rule="SYNC-30",
        read=partial(read, decodes=decodes),
        failed=_FAILED,
        gave_up=_GAVE_UP,
        too_large=_TOO_LARGE,
        refused=refused,
    )


def read(payload: bytes, *, decodes: bool) -> Answer:
    """The answer that a proxy response is. All its keys may be left out, and none may be added. Raises Malformed."""
    response = proxy_fields.parsed_object(payload)
    unknown = [key for key in response if key not in KEYS]
    if unknown:
        raise Malformed(f"it has {', '.join(unknown)}, and may have no other keys than {', '.join(KEYS)}")
    code = response.get("statusCode")
    headers = _joined(proxy_fields.multi_value_headers(response), proxy_fields.headers(response))
    return Answer(
        200 if code is None else proxy_fields.status_code(code),
        proxy_fields.with_content_type(_remapped(headers), "application/json"),
        proxy_fields.body(response, decodes=decodes),
    )


def refused(error: ApiError) -> Answer:
    """Whatever Lambda answers is an internal error, but for a payload that is too large for it."""
    return _TOO_LARGE_FOR_LAMBDA if error.status_code == 413 else _REFUSED


def is_binary(media_type: str | None, binary_media_types: Sequence[str]) -> bool:
    """Whether the first type of an Accept or Content-Type header is one of the API's binary media types."""
    if media_type is None:
        return False
    first = media_type.split(",")[0].split(";")[0].strip().lower()
    family = first.partition("/")[0]
    return any(binary.lower() in ("*/*", f"{family}/*", first) for binary in binary_media_types)


def _joined(several: Pairs, single: Pairs) -> Pairs:
    """Both kinds of headers. Of a name in both the values come together, under the spelling of the several."""
    spelled = {name.lower(): name for name, _ in reversed(several)}
    return several + tuple((spelled.get(name.lower(), name), value) for name, value in single)


def _remapped(headers: Pairs) -> Pairs:
    kept = proxy_fields.without(headers, _REMOVED)
    return tuple((f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name, value) for name, value in kept)
