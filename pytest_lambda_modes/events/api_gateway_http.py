"""What API Gateway sends for a request to an HTTP API: payload format 2.0, or 1.0. (EVT-9, SYNC-31)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import http_request
from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    SOURCE_IP,
    Event,
    Overrides,
    choice,
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
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import MILLISECOND

_NOBODY = (
    "accessKey",
    "accountId",
    "caller",
    "cognitoAmr",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "user",
    "userArn",
)


def http_api_request(
    method: str,
    path: str,
    *,
    route: str = "$default",
    payload_format_version: str = "2.0",
    query: Values | None = None,
    headers: Values | None = None,
    body: Body = None,
    stage: str = "$default",
    stage_variables: Mapping[str, str] | None = None,
    authorizer: Mapping[str, Any] | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A request to an HTTP API. (EVT-9)

    `route` is the route's key: `$default`, or a method or ANY and a template (`GET /orders/{id}`). `path` is without
    the stage, which the event puts before it unless it is `$default`. A header or a query value is a string or a list
    of them. `authorizer` is `{"jwt": ...}`, `{"iam": ...}` or `{"lambda": ...}`. Raises ConfigError for a method or a
    path that cannot be, a route that does not match, a header that is no string, a body of more than 10 MB.
    """
    where, ids, now = "http_api_request", identifiers(ids), epoch(at)
    api_id = resource_hex("http api", 10)
    request = http_request.checked(where, method, path, query, headers, body, API_GATEWAY_BODY_BYTES)
    request = http_request.through_a_proxy(request, f"{api_id}.execute-api.{REGION}.amazonaws.com", ids, now)
    parameters = _path_parameters(where, route, request)
    if text(where, "stage", stage) != "$default":
        request = request._replace(path=f"/{stage}{path}")
    variables = strings(where, "stage_variables", stage_variables)
    context: Event = {"accountId": ACCOUNT_ID, "apiId": api_id, "stage": stage}
    if authorizer is not None:
        context["authorizer"] = dict(authorizer)
    version = choice(where, "payload_format_version", payload_format_version, ("1.0", "2.0"))
    build = format_2 if version == "2.0" else _format_1
    return finished(build(request, route, parameters, variables, context, ids, now), overrides)


def format_2(
    request: Request,
    route: str,
    parameters: dict[str, str] | None,
    variables: dict[str, str],
    context: Event,
    ids: Identifiers,
    now: int,
) -> Event:
    """The request in payload format 2.0, which has no members for what is not there. `context` gets the rest of it."""
    headers = http_request.lower_names(request.headers)
    cookies = [cookie for name, value in headers if name == "cookie" for cookie in value.split("; ")]
    content, in_base64 = http_request.body_members(request)
    optional = {
        "cookies": cookies,
        "queryStringParameters": http_request.joined_values(request.query),
        "pathParameters": parameters,
        "stageVariables": variables,
    }
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": request.path,
        "rawQueryString": request.raw_query(),
        "headers": http_request.joined_values(tuple(pair for pair in headers if pair[0] != "cookie")),
        **{name: value for name, value in optional.items() if value},
        "requestContext": {
            **context,
            **_domain(request),
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": SOURCE_IP,
                "userAgent": request.header("user-agent"),
            },
            "requestId": short_id(ids, "api request"),
            "routeKey": route,
            "time": log_time(now),
            "timeEpoch": now // MILLISECOND,
        },
        **({} if content is None else {"body": content}),
        "isBase64Encoded": in_base64,
    }


def _format_1(
    request: Request,
    route: str,
    parameters: dict[str, str] | None,
    variables: dict[str, str],
    context: Event,
    ids: Identifiers,
    now: int,
) -> Event:
    resource = route.split(" ")[-1]
    content, in_base64 = http_request.body_members(request)
    request_id = short_id(ids, "api request")
    return {
        "version": "1.0",
        "resource": resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": http_request.last_values(request.headers),
        "multiValueHeaders": http_request.all_values(request.headers),
        "queryStringParameters": http_request.last_values(request.query) or None,
        "multiValueQueryStringParameters": http_request.all_values(request.query) or None,
        "requestContext": {
            **context,
            **_domain(request),
            "extendedRequestId": request_id,
            "httpMethod": request.method,
            "identity": {
                **dict.fromkeys(_NOBODY),
                "sourceIp": SOURCE_IP,
                "userAgent": request.header("user-agent"),
            },
            "path": request.path,
            "protocol": "HTTP/1.1",
            "requestId": request_id,
            "requestTime": log_time(now),
            "requestTimeEpoch": now // MILLISECOND,
            "resourceId": route,
            "resourcePath": resource,
        },
        "pathParameters": parameters,
        "stageVariables": variables or None,
        "body": content,
        "isBase64Encoded": in_base64,
    }


def _domain(request: Request) -> Event:
    host = str(request.header("host"))
    return {"domainName": host, "domainPrefix": host.split(".")[0]}


def _path_parameters(where: str, route: str, request: Request) -> dict[str, str] | None:
    if route == "$default":
        return None
    method, _, template = text(where, "route", route).partition(" ")
    if method not in ("ANY", request.method) or not template.startswith("/"):
        raise ConfigError(
            f"{where}: route is {shown(route)}, and must be $default, or {request.method} or ANY and a template.\n\n"
            f"A {request.method} request goes to no other route: route={shown(f'{request.method} {request.path}')}"
        )
    return http_request.path_parameters(where, template, request.path)
