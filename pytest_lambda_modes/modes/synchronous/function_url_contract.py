"""The contract of a function URL in the invoke mode BUFFERED. Pure. (SYNC-33)"""

from __future__ import annotations

from pytest_lambda_modes.errors import ApiError, RequestTooLargeException
from pytest_lambda_modes.model.http_limits import FUNCTION_URL_BODY_BYTES
from pytest_lambda_modes.modes.synchronous import proxy_fields
from pytest_lambda_modes.modes.synchronous.http_answer import Answer, HttpContract, json_error
from pytest_lambda_modes.modes.synchronous.http_api_contract import read_2

_FAILED = json_error(502, "Internal Server Error")
_TOO_LARGE = f"Request must be smaller than {FUNCTION_URL_BODY_BYTES} bytes for the InvokeFunction operation"


def refused(error: ApiError) -> Answer:
    """A function URL is Lambda itself: the client sees what Invoke would answer, 429 for a throttle."""
    members = {"Type": error.type, "message": error.message}
    if error.reason is not None:
        members = {"Reason": error.reason, **members}
    return json_error(error.status_code, proxy_fields.compact(members))


# What the function returns is read as in payload format 2.0. Nobody gives up: the function's timeout comes first.
CONTRACT = HttpContract(
    service="function URL",
    rule="SYNC-33",
    read=read_2,
    failed=_FAILED,
    gave_up=_FAILED,
    too_large=refused(RequestTooLargeException(_TOO_LARGE)),
    refused=refused,
)
