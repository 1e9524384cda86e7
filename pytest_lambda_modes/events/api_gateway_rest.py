"""What API Gateway sends for a request to a REST API with Lambda proxy integration. (EVT-9, SYNC-30)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

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
    strings,
    text,
)
from pytest_lambda_modes.events.http_request import Body, Request, Values
from pytest_lambda_modes.model.http_limits import API_GATEWAY_BODY_BYTES
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID, REGION
from pytest_lambda_modes.units import MILLISECOND

_NOBODY = (
    "cognitoIdentityPoolId",
    "accountId",
    "cognitoIdentityId",
    "caller",
    "principalOrgId",
    "accessKey",
    "cognitoAuthenticationType",
    "cognitoAuthenticationProvider",
    "userArn",
    "user",
)


def rest_api_request(
    method: str,
    path: str,
    *,
    resource: str | None = None,
    query: Values | None = None,
    headers: Values | None = None,
    body: Body = None,
    stage: str = "prod",
    stage_variables: Mapping[str, str] | None = None,
    authorizer: Mapping[str, Any] | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A request to a REST API. (EVT-9)

    `resource` is the template that the path matches (`/orders/{id}`); without it, the root or a greedy `/{proxy+}`.
    `path` is without the stage. A header or a query value is a string or a list of them. Text and JSON bodies arrive
    as text, bytes in base64. `authorizer` is what the authorizer of the method put into the request context. Raises
    ConfigError for a method or a path that cannot be, a header that is no string, a body of more than 10 MB.
    """
    where, ids, now = "rest_api_request", identifiers(ids), epoch(at)
    api_id = resource_hex("rest api", 10)
    request = http_request.checked(where, method, path, query, headers, body, API_GATEWAY_BODY_BYTES)
    request = http_request.through_a_proxy(request, f"{api_id}.execute-api.{REGION}.amazonaws.com", ids, now)
    resource = resource or ("/" if path == "/" else "/{proxy+}")
    context = _request_context(request, resource, text(where, "stage", stage), api_id, ids, now)
    if authorizer is not None:
        context["authorizer"] = dict(authorizer)
    content, in_base64 = _body_members(request, given=body)
    event = {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": http_request.last_values(request.headers),
        "multiValueHeaders": http_request.all_values(request.headers),
        "queryStringParameters": http_request.last_values(request.query) or None,
        "multiValueQueryStringParameters": http_request.all_values(request.query) or None,
        "pathParameters": http_request.path_parameters(where, resource, path),
        "stageVariables": strings(where, "stage_variables", stage_variables) or None,
        "requestContext": context,
        "body": content,
        "isBase64Encoded": in_base64,
    }
    return finished(event, overrides)


def _body_members(request: Request, given: Body) -> tuple[str | None, bool]:
    """Bytes arrive in base64, as with binary media types of `*/*`, which an API that takes bytes needs."""
    if request.body is None:
        return None, False
    return (base64_text(request.body), True) if isinstance(given, bytes) else (request.body.decode(), False)


def _request_context(request: Request, resource: str, stage: str, api_id: str, ids: Identifiers, now: int) -> Event:
    return {
        "resourceId": resource_hex(f"api resource {resource}", 6),
        "resourcePath": resource,
        "httpMethod": request.method,
        "extendedRequestId": short_id(ids, "extended request"),
        "requestTime": log_time(now),
        "path": f"/{stage}{request.path}",
        "accountId": ACCOUNT_ID,
        "protocol": "HTTP/1.1",
        "stage": stage,
        "domainPrefix": (request.header("host") or api_id).split(".")[0],
        "requestTimeEpoch": now // MILLISECOND,
        "requestId": ids.uuid("api request"),
        "identity": {
            **dict.fromkeys(_NOBODY),
            "sourceIp": SOURCE_IP,
            "userAgent": request.header("user-agent"),
        },
        "domainName": request.header("host"),
        "deploymentId": resource_hex("api deployment", 6),
        "apiId": api_id,
    }
