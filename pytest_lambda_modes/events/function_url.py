"""What a function URL sends: payload format 2.0 of API Gateway, with members of its own. (EVT-9, SYNC-33)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.events import http_request
from pytest_lambda_modes.events.api_gateway_http import format_2
from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    epoch,
    finished,
    identifiers,
    resource_hex,
)
from pytest_lambda_modes.events.http_request import Body, Values
from pytest_lambda_modes.model.http_limits import FUNCTION_URL_BODY_BYTES
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import REGION

_TLS = (("x-amzn-tls-cipher-suite", "TLS_AES_128_GCM_SHA256"), ("x-amzn-tls-version", "TLSv1.3"))


def function_url_request(
    method: str,
    path: str = "/",
    *,
    query: Values | None = None,
    headers: Values | None = None,
    body: Body = None,
    iam: Mapping[str, Any] | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A request to a function URL. (EVT-9)

    `iam` is the caller of a URL with the auth type AWS_IAM (`accountId`, `userArn`, ...); without it nobody signs, and
    the account is `anonymous`. A header or a query value is a string or a list of them. Raises ConfigError for a
    method or a path that cannot be, a header that is no string, a body of more than 6 MB.
    """
    where, ids, now = "function_url_request", identifiers(ids), epoch(at)
    url_id = resource_hex("function url")
    request = http_request.checked(where, method, path, query, headers, body, FUNCTION_URL_BODY_BYTES)
    request = http_request.through_a_proxy(request, f"{url_id}.lambda-url.{REGION}.on.aws", ids, now)
    request = request._replace(headers=request.headers + _TLS)
    context: Event = {"accountId": "anonymous", "apiId": url_id, "stage": "$default"}
    if iam is not None:
        context |= {"accountId": iam.get("accountId", "anonymous"), "authorizer": {"iam": dict(iam)}}
    event = format_2(request, "$default", None, {}, context, ids, now)
    event["requestContext"]["requestId"] = ids.uuid("function url request")
    return finished(event, overrides)
