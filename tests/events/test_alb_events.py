"""Events of load balancers. Powertools' model, data class and resolver, and Mangum, read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from aws_lambda_powertools.event_handler import ALBResolver
from aws_lambda_powertools.utilities.data_classes import ALBEvent
from aws_lambda_powertools.utilities.parser.models import AlbModel
from aws_lambda_powertools.utilities.typing import LambdaContext

from pytest_lambda_modes.events import alb_health_check, alb_request

either_form = pytest.mark.parametrize("multi", [False, True], ids=["single values", "lists of values"])


def test_a_request_parses() -> None:
    """Names are in lower case, of several values the last one counts, and the query stays encoded."""
    event = alb_request("POST", "/orders", query={"tag": ["x", "a b&"]}, headers={"X-A": ["1", "2"]}, body="text")
    model = AlbModel.model_validate(event)
    assert (model.httpMethod, model.path, model.body, model.isBase64Encoded) == ("POST", "/orders", "text", False)
    assert (model.headers["x-a"], model.queryStringParameters) == ("2", {"tag": "a%20b%26"})
    arn = model.requestContext.elb.targetGroupArn
    assert arn.startswith("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/function/")


def test_with_multi_value_headers_there_are_only_lists() -> None:
    """The attribute of the target group replaces the members, it does not add to them."""
    event = alb_request("GET", "/", query={"tag": ["x", "y"]}, headers={"X-A": ["1", "2"]}, multi_value_headers=True)
    assert event["multiValueHeaders"]["x-a"] == ["1", "2"]
    assert event["multiValueQueryStringParameters"] == {"tag": ["x", "y"]}
    assert not {"headers", "queryStringParameters"} & set(event)


@either_form
def test_powertools_routes_a_request(multi: bool) -> None:
    """Its resolver answers in the form that the event has."""
    app = ALBResolver()

    @app.post("/orders/<order>")
    def update(order: str) -> dict[str, object]:
        query = app.current_event.resolved_query_string_parameters
        return {"order": order, "tag": query["tag"], "body": app.current_event.json_body}

    event = alb_request("POST", "/orders/7", query={"tag": ["x"]}, body={"n": 1}, multi_value_headers=multi)
    answer = app.resolve(event, LambdaContext())
    assert json.loads(answer["body"]) == {"order": "7", "tag": ["x"], "body": {"n": 1}}
    assert ("multiValueHeaders" in answer) is multi


@either_form
def test_an_asgi_app_is_asked_the_same(ask_mangum: Callable[[dict[str, Any]], Any], multi: bool) -> None:
    """Through Mangum an app sees the request that the arguments describe."""
    event = alb_request(
        "POST", "/a%20b", query={"tag": "ü &"}, headers={"X-A": "1"}, body="t", multi_value_headers=multi
    )
    asked = ask_mangum(event)
    assert (asked["method"], asked["path"], asked["body"], asked["headers"]["x-a"]) == ("POST", "/a b", "t", "1")
    assert parse_qs(asked["query"]) == {"tag": ["ü &"]}
    assert (asked["client"], asked["scheme"]) == ("203.0.113.7", "https")


def test_a_request_without_query_and_body() -> None:
    """Query and body are empty, not null and not absent."""
    event = ALBEvent(alb_request("GET", "/"))
    assert (event.raw_event["queryStringParameters"], event.body, event.is_base64_encoded) == ({}, "", False)


@pytest.mark.parametrize(
    "headers, in_base64",
    [
        ({"content-type": "application/json"}, False),
        ({"content-type": "application/json", "content-encoding": "gzip"}, True),
        ({"content-type": "image/png"}, True),
    ],
)
def test_content_type_and_encoding_decide_how_a_body_comes(headers: dict[str, str], in_base64: bool) -> None:
    """Text types come as they are unless compressed; any other in base64."""
    event = ALBEvent(alb_request("POST", "/", body=b"{}", headers=headers))
    assert (event.is_base64_encoded, event.decoded_body) == (in_base64, "{}")


def test_text_that_is_no_utf_8_comes_in_base64() -> None:
    """JSON could not carry it as it is, whatever its content type says."""
    event = alb_request("POST", "/", body=b"\xff", headers={"content-type": "text/plain"})
    assert (event["body"], event["isBase64Encoded"]) == ("/w==", True)


@either_form
def test_a_health_check_says_who_asks(multi: bool) -> None:
    """It is a GET without anything but the checker's user agent."""
    event = alb_health_check("/health", multi_value_headers=multi)
    assert (event["httpMethod"], event["path"], event["body"]) == ("GET", "/health", "")
    agent = "ELB-HealthChecker/2.0"
    headers = {"multiValueHeaders": {"user-agent": [agent]}} if multi else {"headers": {"user-agent": agent}}
    assert headers.items() <= event.items()
    assert ALBEvent(event).resolved_headers_field["user-agent"] == ([agent] if multi else agent)
