"""What an Application Load Balancer sends to a Lambda target. (EVT-9, SYNC-34)"""

from __future__ import annotations

import datetime as dt
from urllib.parse import quote

from pytest_lambda_modes.events import http_request
from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    arn,
    epoch,
    finished,
    identifiers,
    resource_hex,
    text,
)
from pytest_lambda_modes.events.http_request import Body, Pairs, Values
from pytest_lambda_modes.model.http_limits import LOAD_BALANCER_BODY_BYTES
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import REGION


def alb_request(
    method: str,
    path: str,
    *,
    query: Values | None = None,
    headers: Values | None = None,
    body: Body = None,
    multi_value_headers: bool = False,
    target_group: str = "function",
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A request that a load balancer forwards. (EVT-9)

    `multi_value_headers` is the attribute `lambda.multi_value_headers.enabled` of the target group: with it, headers
    and query come as lists, without it as their last values, and never both. Header names are in lower case, query
    values stay percent-encoded. Text types arrive as text, others in base64. Raises ConfigError for a method or a path
    that cannot be, a header that is no string, a body of more than 1 MB.
    """
    where, ids, now = "alb_request", identifiers(ids), epoch(at)
    request = http_request.checked(where, method, path, query, headers, body, LOAD_BALANCER_BODY_BYTES)
    host = f"load-balancer-{int(resource_hex('load balancer', 7), 16)}.{REGION}.elb.amazonaws.com"
    request = http_request.through_a_proxy(request, host, ids, now)
    content, in_base64 = http_request.body_members(request)
    encoded = tuple((quote(name), quote(value)) for name, value in request.query)
    event = {
        "requestContext": _request_context(target_group),
        "httpMethod": method,
        "path": path,
        **_values(encoded, http_request.lower_names(request.headers), multi_value_headers),
        "body": content or "",
        "isBase64Encoded": in_base64,
    }
    return finished(event, overrides)


def alb_health_check(
    path: str = "/",
    *,
    multi_value_headers: bool = False,
    target_group: str = "function",
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A health check of the load balancer's own: a GET that says no more than who asks. (SYNC-34)"""
    epoch(at)
    http_request.checked("alb_health_check", "GET", path, None, None, None, 0)
    event = {
        "requestContext": _request_context(target_group),
        "httpMethod": "GET",
        "path": path,
        **_values((), (("user-agent", "ELB-HealthChecker/2.0"),), multi_value_headers),
        "body": "",
        "isBase64Encoded": False,
    }
    return finished(event, overrides)


def _request_context(target_group: str) -> Event:
    name = text("alb_request", "target_group", target_group)
    group = name if name.startswith("arn:") else f"targetgroup/{name}/{resource_hex(f'target group {name}', 16)}"
    return {"elb": {"targetGroupArn": arn("elasticloadbalancing", group)}}


def _values(query: Pairs, headers: Pairs, multi_value: bool) -> Event:
    if multi_value:
        return {
            "multiValueQueryStringParameters": http_request.all_values(query),
            "multiValueHeaders": http_request.all_values(headers),
        }
    return {
        "queryStringParameters": http_request.last_values(query),
        "headers": http_request.last_values(headers),
    }
