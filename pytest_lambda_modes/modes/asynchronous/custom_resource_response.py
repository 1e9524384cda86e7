"""What a function puts to the ResponseURL of a custom resource, and what CloudFormation makes of it. (ASYNC-47)"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pytest_lambda_modes.model import limits

# What the function must repeat as it was asked.
_REPEATED = ("StackId", "RequestId", "LogicalResourceId")


class CustomResourceResponse(NamedTuple):
    """`status` is `"SUCCESS"` or `"FAILED"`. One that cannot be is a failure, and `reason` says why not."""

    status: str
    reason: str | None
    physical_resource_id: str | None = None
    data: Mapping[str, Any] = {}
    no_echo: bool = False


def read_response(body: bytes, request: Mapping[str, Any]) -> CustomResourceResponse:
    """The response to a request. Never raises: CloudFormation fails the resource for one that it cannot take."""
    if len(body) > limits.CUSTOM_RESOURCE_RESPONSE_BYTES:
        return _unusable("Response object is too long.")
    try:
        response = json.loads(body)
    except ValueError as error:
        return _unusable(f"Invalid response object: {error}.")
    if not isinstance(response, dict):
        return _unusable("Invalid response object: it is no JSON object.")
    wrong = _what_is_wrong(response, request)
    if wrong is not None:
        return _unusable(wrong)
    return CustomResourceResponse(
        response["Status"],
        response.get("Reason"),
        response["PhysicalResourceId"],
        response.get("Data") or {},
        response.get("NoEcho") in (True, "true"),
    )


def _what_is_wrong(response: Mapping[str, Any], request: Mapping[str, Any]) -> str | None:
    status, physical_id = response.get("Status"), response.get("PhysicalResourceId")
    if status not in ("SUCCESS", "FAILED"):
        return f"Invalid response object: Status is {json.dumps(status)}, and must be SUCCESS or FAILED."
    if not isinstance(physical_id, str) or not 0 < len(physical_id.encode()) <= limits.PHYSICAL_RESOURCE_ID_BYTES:
        return "Invalid PhysicalResourceId"
    for name in _REPEATED:
        if response.get(name) != request[name]:
            return f"Invalid response object: {name} is {json.dumps(response.get(name))}, and not that of the request."
    if status == "FAILED" and not response.get("Reason"):
        return "Invalid response object: Reason is missing, and a failure must have one."
    if not isinstance(response.get("Data") or {}, dict):
        return f"Invalid response object: Data is {json.dumps(response['Data'])}, and must be an object."
    return None


def _unusable(reason: str) -> CustomResourceResponse:
    return CustomResourceResponse("FAILED", reason)
