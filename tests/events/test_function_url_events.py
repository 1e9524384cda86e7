"""Events of function URLs. Powertools' model, data class and resolver, and Mangum, read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver
from aws_lambda_powertools.utilities.data_classes import LambdaFunctionUrlEvent
from aws_lambda_powertools.utilities.parser.models import LambdaFunctionUrlModel
from aws_lambda_powertools.utilities.typing import LambdaContext

from pytest_lambda_modes.events import function_url_request


def test_a_request_parses() -> None:
    """It is format 2.0, of the default route and stage, at the URL's own domain."""
    event = function_url_request("GET", "/orders/7", query={"tag": ["a", "b"]}, headers={"X-A": "1"})
    model = LambdaFunctionUrlModel.model_validate(event)
    context = model.requestContext
    assert (model.version, model.routeKey, context.stage, context.accountId) == (
        "2.0", "$default", "$default", "anonymous"
    )  # fmt: skip
    assert (model.rawPath, model.rawQueryString, model.headers["x-a"]) == ("/orders/7", "tag=a&tag=b", "1")
    assert model.queryStringParameters == {"tag": "a,b"}
    assert context.domainName == f"{context.domainPrefix}.lambda-url.us-east-1.on.aws"
    assert context.apiId == context.domainPrefix


def test_members_are_those_of_a_function_url() -> None:
    """A function URL has no path parameters and no stage variables."""
    assert set(function_url_request("POST", body="a", query={"a": "b"}, headers={"cookie": "c=d"})) == {
        "version", "routeKey", "rawPath", "rawQueryString", "cookies", "headers", "queryStringParameters",
        "requestContext", "body", "isBase64Encoded",
    }  # fmt: skip


def test_a_signed_request_names_its_caller() -> None:
    """With the auth type AWS_IAM the account is the caller's."""
    iam = {"accountId": "210987654321", "userArn": "arn:aws:iam::210987654321:user/ann", "userId": "AIDA"}
    event = LambdaFunctionUrlEvent(function_url_request("GET", iam=iam))
    assert event.request_context.account_id == "210987654321"
    assert event.request_context.authorizer.iam.user_arn == "arn:aws:iam::210987654321:user/ann"


def test_powertools_routes_a_request() -> None:
    """Its resolver finds the route and gives path and body."""
    app = LambdaFunctionUrlResolver()

    @app.post("/orders/<order>")
    def update(order: str) -> dict[str, object]:
        return {"order": order, "body": app.current_event.json_body}

    answer = app.resolve(function_url_request("POST", "/orders/7", body={"n": 1}), LambdaContext())
    assert json.loads(answer["body"]) == {"order": "7", "body": {"n": 1}}


def test_an_asgi_app_is_asked_the_same(ask_mangum: Callable[[dict[str, Any]], Any]) -> None:
    """Through Mangum an app sees the request that the arguments describe; a form comes in base64 and is decoded."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    event = function_url_request("POST", "/a", query={"b": "c d"}, headers=form, body="e=f")
    assert event["isBase64Encoded"] is True
    asked = ask_mangum(event)
    assert (asked["method"], asked["path"], asked["query"], asked["body"]) == ("POST", "/a", "b=c%20d", "e=f")
