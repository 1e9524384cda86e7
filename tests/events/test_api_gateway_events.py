"""Events of API Gateway's REST and HTTP APIs. Powertools' models, data classes and resolvers, and Mangum, read them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, APIGatewayRestResolver
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent, APIGatewayProxyEventV2
from aws_lambda_powertools.utilities.parser.models import APIGatewayProxyEventModel, APIGatewayProxyEventV2Model
from aws_lambda_powertools.utilities.typing import LambdaContext

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import http_api_request, rest_api_request

QUERY = {"tag": ["a b", "ü&"], "page": "2"}


@pytest.mark.rule("EVT-9")
def test_a_rest_request_parses() -> None:
    """Powertools reads the method, the paths, the stage, and query and headers in both forms."""
    event = rest_api_request(
        "GET", "/orders/7", resource="/orders/{id}", query=QUERY, headers={"X-A": ["1", "2"]}, stage="dev",
        stage_variables={"table": "orders"},
    )  # fmt: skip
    model = APIGatewayProxyEventModel.model_validate(event)
    assert (model.httpMethod, model.path, model.resource) == ("GET", "/orders/7", "/orders/{id}")
    assert model.pathParameters == {"id": "7"}
    assert model.multiValueQueryStringParameters == {"tag": ["a b", "ü&"], "page": ["2"]}
    assert model.queryStringParameters == {"tag": "ü&", "page": "2"}
    assert (model.headers["X-A"], model.multiValueHeaders["X-A"]) == ("2", ["1", "2"])
    assert (model.requestContext.path, model.requestContext.stage) == ("/dev/orders/7", "dev")
    assert model.stageVariables == {"table": "orders"}
    assert event["requestContext"]["requestTime"] == "01/Jan/2026:00:00:00 +0000"
    assert event["requestContext"]["requestTimeEpoch"] == 1_767_225_600_000


def test_what_a_rest_request_has_not_is_null() -> None:
    """A REST event has all its members always."""
    event = rest_api_request("GET", "/")
    absent = {name for name, value in event.items() if value is None}
    assert absent == {
        "queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body"
    }  # fmt: skip
    assert event["resource"] == "/"
    assert "authorizer" not in event["requestContext"]


def test_a_rest_request_without_resource_is_for_a_greedy_one() -> None:
    """An API that sends everything to one function has the resource {proxy+}."""
    event = rest_api_request("GET", "/a/b")
    assert (event["resource"], event["pathParameters"]) == ("/{proxy+}", {"proxy": "a/b"})


def test_bytes_come_to_a_rest_api_in_base64() -> None:
    """The data class decodes them; text stays text."""
    event = APIGatewayProxyEvent(rest_api_request("POST", "/", body=b"\xff\x00"))
    assert event.is_base64_encoded
    assert base64.b64decode(event.body or "") == b"\xff\x00"
    assert APIGatewayProxyEvent(rest_api_request("POST", "/", body={"a": [1]})).json_body == {"a": [1]}


def test_an_authorizer_adds_to_the_context() -> None:
    """Claims are where Powertools looks for them."""
    event = APIGatewayProxyEvent(rest_api_request("GET", "/", authorizer={"claims": {"sub": "ann"}}))
    assert event.request_context.authorizer.claims == {"sub": "ann"}


def test_powertools_routes_a_rest_request() -> None:
    """Its resolver finds the route and gives path, query and body."""
    app = APIGatewayRestResolver()

    @app.post("/orders/<order>")
    def update(order: str) -> dict[str, object]:
        tags = app.current_event.resolved_query_string_parameters["tag"]
        return {"order": order, "tags": tags, "body": app.current_event.json_body}

    answer = app.resolve(rest_api_request("POST", "/orders/7", query=QUERY, body={"n": 1}), LambdaContext())
    assert json.loads(answer["body"]) == {"order": "7", "tags": ["a b", "ü&"], "body": {"n": 1}}


@pytest.mark.parametrize(
    "event",
    [
        rest_api_request("POST", "/a%20b", query=QUERY, headers={"X-A": "1"}, body="text"),
        http_api_request("POST", "/a%20b", query=QUERY, headers={"X-A": "1"}, body="text"),
        http_api_request(
            "POST", "/a%20b", payload_format_version="1.0", query=QUERY, headers={"X-A": "1"}, body="text"
        ),
    ],
    ids=["REST", "HTTP 2.0", "HTTP 1.0"],
)
def test_an_asgi_app_is_asked_the_same(ask_mangum: Any, event: dict[str, Any]) -> None:
    """Through Mangum an app sees the request that the arguments describe, whatever the API."""
    asked = ask_mangum(event)
    assert (asked["method"], asked["path"], asked["body"], asked["scheme"]) == ("POST", "/a b", "text", "https")
    assert sorted(asked["query"].replace("+", "%20").split("&")) == ["page=2", "tag=%C3%BC%26", "tag=a%20b"]
    assert (asked["headers"]["x-a"], asked["client"]) == ("1", "203.0.113.7")


def test_cookies_come_through_an_http_api(ask_mangum: Any) -> None:
    """Format 2.0 has cookies apart from the headers, and Mangum puts them back."""
    event = http_api_request("GET", "/", headers={"Cookie": "a=1; b=2"})
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert ask_mangum(event)["headers"]["cookie"] == "a=1; b=2"


def test_an_http_request_parses() -> None:
    """Powertools reads format 2.0: names in lower case, values joined with commas, the query as it was."""
    event = http_api_request(
        "GET", "/orders/7", route="GET /orders/{id}", query=QUERY, headers={"X-A": ["1", "2"]},
        stage_variables={"table": "orders"},
    )  # fmt: skip
    model = APIGatewayProxyEventV2Model.model_validate(event)
    assert (model.version, model.routeKey, model.rawPath) == ("2.0", "GET /orders/{id}", "/orders/7")
    assert model.rawQueryString == "tag=a%20b&tag=%C3%BC%26&page=2"
    assert model.queryStringParameters == {"tag": "a b,ü&", "page": "2"}
    assert (model.headers["x-a"], model.pathParameters) == ("1,2", {"id": "7"})
    assert (model.requestContext.http.method, model.requestContext.http.path) == ("GET", "/orders/7")
    assert event["requestContext"]["timeEpoch"] == 1_767_225_600_000


def test_format_2_leaves_out_what_is_not_there() -> None:
    """Without query, cookies, parameters and body there are no members for them."""
    assert set(http_api_request("GET", "/")) == {
        "version", "routeKey", "rawPath", "rawQueryString", "headers", "requestContext", "isBase64Encoded"
    }  # fmt: skip


def test_format_1_parses() -> None:
    """It is the event of a REST API with a version, and reads as one."""
    event = http_api_request("GET", "/orders/7", route="ANY /orders/{id}", payload_format_version="1.0", query=QUERY)
    model = APIGatewayProxyEventModel.model_validate(event)
    assert (model.version, model.resource, model.path) == ("1.0", "/orders/{id}", "/orders/7")
    assert model.multiValueQueryStringParameters == {"tag": ["a b", "ü&"], "page": ["2"]}
    assert APIGatewayProxyEvent(event).request_context.resource_path == "/orders/{id}"


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_named_stage_is_in_the_path(version: str) -> None:
    """The default stage is in no path, another is the first part of it, but not of the template."""
    path = {"1.0": "path", "2.0": "rawPath"}[version]
    event = http_api_request("GET", "/orders/7", route="GET /orders/{id}", stage="dev", payload_format_version=version)
    assert (event[path], event["requestContext"]["stage"]) == ("/dev/orders/7", "dev")
    assert event["pathParameters"] == {"id": "7"}


@pytest.mark.parametrize(
    "content_type, in_base64",
    [
        ("text/csv; charset=utf-8", False),
        ("application/json", False),
        ("application/xml", False),
        ("application/x-www-form-urlencoded", True),
        ("image/png", True),
    ],
)
def test_the_content_type_decides_how_a_body_comes(content_type: str, in_base64: bool) -> None:
    """Text types come as they are, any other in base64; the data class decodes both."""
    event = APIGatewayProxyEventV2(http_api_request("POST", "/", body="a=1", headers={"Content-Type": content_type}))
    assert event.is_base64_encoded is in_base64
    assert event.decoded_body == "a=1"


def test_powertools_routes_an_http_request() -> None:
    """Its resolver strips the stage and finds the route."""
    app = APIGatewayHttpResolver()

    @app.get("/orders/<order>")
    def get(order: str) -> dict[str, object]:
        return {"order": order, "sub": app.current_event.request_context.authorizer.jwt_claim["sub"]}

    jwt = {"jwt": {"claims": {"sub": "ann"}, "scopes": None}}
    answer = app.resolve(http_api_request("GET", "/orders/7", stage="dev", authorizer=jwt), LambdaContext())
    assert json.loads(answer["body"]) == {"order": "7", "sub": "ann"}


@pytest.mark.parametrize("route", ["POST /orders", "/orders", "GET orders", "$connect", ""])
def test_a_route_that_would_not_get_the_request_is_refused(route: str) -> None:
    """A route is $default, or the method or ANY and a template."""
    with pytest.raises(ConfigError, match="route is"):
        http_api_request("GET", "/orders", route=route)


def test_there_are_two_payload_formats() -> None:
    """Another version is refused."""
    with pytest.raises(ConfigError, match=r"must be one of: 1\.0, 2\.0"):
        http_api_request("GET", "/", payload_format_version="3.0")
