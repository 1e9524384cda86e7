"""The contract of an Application Load Balancer with a Lambda target. Pure. (SYNC-34)"""

from __future__ import annotations

from functools import partial

from pytest_lambda_modes.errors import ApiError
from pytest_lambda_modes.model.http_limits import LOAD_BALANCER_RESPONSE_BYTES
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.modes.results import Malformed
from pytest_lambda_modes.modes.synchronous import proxy_fields
from pytest_lambda_modes.modes.synchronous.http_answer import Answer, HttpContract
from pytest_lambda_modes.modes.synchronous.proxy_fields import Response

# The load balancer's own affair on each connection; it computes the length anew.
_HOP_BY_HOP = frozenset(
    {"connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)


def _page(status: str) -> Answer:
    text = (
        f"<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    headers = (("Server", "awselb/2.0"), ("Content-Type", "text/html"))
    return Answer(int(status[:3]), headers, text.encode(), status_description=status)


_FAILED = _page("502 Bad Gateway")
_GAVE_UP = _page("504 Gateway Time-out")  # for health checks alone: a request waits until the function ends
_TOO_LARGE = _page("413 Request Entity Too Large")


def contract(*, multi_value_headers: bool) -> HttpContract:
    """`multi_value_headers` is the attribute of the target group."""
    return HttpContract(
        service="load balancer",
        rule="SYNC-34",
        read=partial(read, multi_value_headers=multi_value_headers),
        failed=_FAILED,
        gave_up=_GAVE_UP,
        too_large=_TOO_LARGE,
        refused=refused,
    )


def read(payload: bytes, *, multi_value_headers: bool) -> Answer:
    """The answer that a response is. Only the headers of the target group's kind count. Raises Malformed."""
    if len(payload) > LOAD_BALANCER_RESPONSE_BYTES:
        raise Malformed(f"it has {len(payload):,} bytes of JSON, and may have {LOAD_BALANCER_RESPONSE_BYTES:,}")
    response = proxy_fields.parsed_object(payload)
    headers = (proxy_fields.multi_value_headers if multi_value_headers else proxy_fields.headers)(response)
    headers = proxy_fields.without(headers, _HOP_BY_HOP)
    return Answer(
        _status_code(response),
        proxy_fields.with_content_type(headers, "application/octet-stream"),
        proxy_fields.body(response),
        status_description=_status_description(response),
    )


def refused(error: ApiError) -> Answer:
    """A throttle is a 502 like any other failure."""
    return _FAILED


def _status_code(response: Response) -> int:
    code = response.get("statusCode")
    if isinstance(code, int):
        return proxy_fields.status_code(code)
    raise Malformed(f"statusCode is {shown(code)}, and must be an integer")


def _status_description(response: Response) -> str | None:
    description = response.get("statusDescription")
    if description is None or isinstance(description, str):
        return description
    raise Malformed(f"statusDescription is {shown(description)}, and must be a string")
