"""Events of Lambda@Edge. Mangum reads the requests."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import (
    edge_origin_request,
    edge_origin_response,
    edge_viewer_request,
    edge_viewer_response,
)


def cf(event: dict[str, Any]) -> dict[str, Any]:
    [record] = event["Records"]
    found = record["cf"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    "build, event_type, members, request_members",
    [
        (edge_viewer_request, "viewer-request", {"config", "request"}, set()),
        (edge_origin_request, "origin-request", {"config", "request"}, {"origin"}),
        (edge_origin_response, "origin-response", {"config", "request", "response"}, {"origin"}),
        (edge_viewer_response, "viewer-response", {"config", "request", "response"}, set()),
    ],
)
def test_each_event_type_has_its_members(
    build: Callable[[], dict[str, Any]], event_type: str, members: set[str], request_members: set[str]
) -> None:
    """A response comes with its request, and a request knows its origin once there is one."""
    event = cf(build())
    assert set(event) == members
    assert set(event["config"]) == {"distributionDomainName", "distributionId", "eventType", "requestId"}
    assert event["config"]["eventType"] == event_type
    assert set(event["request"]) == {"clientIp", "headers", "method", "querystring", "uri"} | request_members


@pytest.mark.parametrize("build", [edge_viewer_request, edge_origin_request])
def test_an_asgi_app_is_asked_the_same(
    ask_mangum: Callable[[dict[str, Any]], Any], build: Callable[..., dict[str, Any]]
) -> None:
    """Through Mangum an app sees the request that the arguments describe, with its body if the function gets it."""
    event = build("POST", "/a", query={"b": ["c d", "e"]}, headers={"X-A": "1"}, body="text", include_body=True)
    asked = ask_mangum(event)
    assert (asked["method"], asked["path"], asked["query"]) == ("POST", "/a", "b=c%20d&b=e")
    assert (asked["headers"]["x-a"], asked["client"], asked["body"]) == ("1", "203.0.113.7", "text")


def test_the_host_is_the_distributions() -> None:
    """Unless the client names another, under an alternate domain name."""
    event = cf(edge_viewer_request())
    assert event["request"]["headers"]["host"] == [{"key": "Host", "value": event["config"]["distributionDomainName"]}]
    named = cf(edge_viewer_request("GET", "/a", headers={"Host": "www.example.com"}))
    assert named["request"]["headers"]["host"] == [{"key": "Host", "value": "www.example.com"}]


@pytest.mark.parametrize("build, most", [(edge_viewer_request, 40_960), (edge_origin_request, 1_048_576)])
def test_a_long_body_is_cut(build: Callable[..., dict[str, Any]], most: int) -> None:
    """What exceeds the limit of the event type is missing, and the event says so."""
    for size, cut in ((most, False), (most + 1, True)):
        body = cf(build("POST", "/", body=b"a" * size, include_body=True))["request"]["body"]
        assert (body["inputTruncated"], len(base64.b64decode(body["data"]))) == (cut, most)


def test_a_body_is_only_there_for_a_function_that_asks() -> None:
    """Without include_body the event has none."""
    assert "body" not in cf(edge_viewer_request("POST", "/", body="text"))["request"]


@pytest.mark.parametrize("build", [edge_origin_response, edge_viewer_response])
def test_a_response_has_status_and_headers(build: Callable[..., dict[str, Any]]) -> None:
    """The status is text, with HTTP's own words beside it; a header keeps all its values."""
    response = cf(build(404, response_headers={"Set-Cookie": ["a", "b"]}))["response"]
    assert (response["status"], response["statusDescription"]) == ("404", "Not Found")
    assert response["headers"] == {
        "set-cookie": [{"key": "Set-Cookie", "value": "a"}, {"key": "Set-Cookie", "value": "b"}]
    }


def test_a_custom_origin_is_described() -> None:
    """An origin request may be sent elsewhere, so the event has all that makes an origin."""
    custom = cf(edge_origin_request(origin="api.example.com"))["request"]["origin"]["custom"]
    assert (custom["domainName"], custom["port"], custom["protocol"]) == ("api.example.com", 443, "https")


@pytest.mark.parametrize("status_code", [99, 1000, "200 OK", None])
def test_a_status_that_http_has_not_is_refused(status_code: object) -> None:
    """A status is one of HTTP's numbers."""
    with pytest.raises(ConfigError, match="status_code is"):
        edge_viewer_response(status_code)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "build", [edge_viewer_request, edge_origin_request, edge_origin_response, edge_viewer_response]
)
def test_a_request_that_cannot_be_is_refused(build: Callable[..., dict[str, Any]]) -> None:
    """Methods and headers are checked in each."""
    with pytest.raises(ConfigError, match="method is"):
        build(method="get")
    with pytest.raises(ConfigError, match="headers"):
        build(headers={"X": 1})
