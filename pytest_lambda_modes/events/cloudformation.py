"""What CloudFormation sends for a custom resource that a function provides. (EVT-9, ASYNC-47)"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    arn,
    choice,
    epoch,
    finished,
    identifiers,
    resource_uuid,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import REGION
from pytest_lambda_modes.model.settings import shown

_RESOURCE_TYPE = re.compile(r"AWS::CloudFormation::CustomResource|Custom::[\w@-]{1,60}")


def cloudformation_custom_resource(
    request_type: str = "Create",
    *,
    resource_properties: Mapping[str, Any] | None = None,
    old_resource_properties: Mapping[str, Any] | None = None,
    physical_resource_id: str | None = None,
    logical_resource_id: str = "Resource",
    resource_type: str = "AWS::CloudFormation::CustomResource",
    stack_name: str = "stack",
    function_name: str = "function",
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A request to `Create`, `Update` or `Delete` a custom resource. (EVT-9)

    CloudFormation sends numbers and booleans in `resource_properties` as strings, and so does this. A request to create
    has no physical resource id, one to update alone has old properties. The event tells no time. Raises ConfigError for
    what the request type has not, and for a resource type that no custom resource can have.
    """
    where, ids = "cloudformation_custom_resource", identifiers(ids)
    epoch(at)
    choice(where, "request_type", request_type, ("Create", "Update", "Delete"))
    if request_type == "Create" and physical_resource_id is not None:
        raise ConfigError(f"{where}: physical_resource_id is given, and what is to be created has none yet.")
    if request_type != "Update" and old_resource_properties is not None:
        raise ConfigError(f"{where}: old_resource_properties is given, and only an Update has them.")
    if not _RESOURCE_TYPE.fullmatch(resource_type):
        raise ConfigError(
            f"{where}: resource_type is {shown(resource_type)}, and must be AWS::CloudFormation::CustomResource or "
            "Custom:: and up to 60 letters, digits, _, @ and -."
        )
    token = arn("lambda", function_name if ":" in function_name else f"function:{function_name}")
    stack = f"stack/{text(where, 'stack_name', stack_name)}/{resource_uuid(f'stack {stack_name}')}"
    event = {
        "RequestType": request_type,
        "ServiceToken": token,
        "ResponseURL": _response_url(ids),
        "StackId": arn("cloudformation", stack),
        "RequestId": ids.uuid("custom resource request"),
        "LogicalResourceId": logical_resource_id,
        "ResourceType": resource_type,
        "ResourceProperties": {"ServiceToken": token, **_as_strings(dict(resource_properties or {}))},
    }
    if request_type != "Create":
        event["PhysicalResourceId"] = physical_resource_id or f"{stack_name}-{logical_resource_id}"
    if request_type == "Update":
        event["OldResourceProperties"] = {"ServiceToken": token, **_as_strings(dict(old_resource_properties or {}))}
    return finished(event, overrides)


def _as_strings(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _as_strings(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_strings(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _response_url(ids: Identifiers) -> str:
    """Where the function is to put its answer: a presigned URL, here of nothing."""
    host = f"cloudformation-custom-resource-response-{REGION.replace('-', '')}.s3.amazonaws.com"
    return f"https://{host}/{ids.hex('custom resource response')}?X-Amz-Signature={ids.hex('signature', 64)}"
