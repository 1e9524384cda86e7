"""What the events of all HTTP services have in common: what no client can send is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_lambda_modes import events
from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.http_request import path_parameters

MIBIBYTE = 1_048_576
SERVICES = {
    "alb_request": MIBIBYTE,
    "function_url_request": 6 * MIBIBYTE,
    "http_api_request": 10 * MIBIBYTE,
    "rest_api_request": 10 * MIBIBYTE,
}

each_service = pytest.mark.parametrize("service", SERVICES)


def build(service: str, *args: object, **more: object) -> dict[str, Any]:
    builder: Callable[..., dict[str, Any]] = getattr(events, service)
    return builder(*args, **more)


@each_service
@pytest.mark.parametrize("method", ["get", "FETCH", "", None, "CONNECT"])
def test_a_method_that_cannot_be_is_refused(service: str, method: object) -> None:
    """Methods are in capitals, and the error lists them."""
    with pytest.raises(ConfigError, match="DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"):
        build(service, method, "/")


@each_service
@pytest.mark.parametrize("path", ["orders", "", "/a b", "/a?b=c", "/a#b", "/é", "https://example.com/", None, "/a\n"])
def test_a_path_that_cannot_be_is_refused(service: str, path: object) -> None:
    """A path begins with a slash, is percent-encoded and has no query."""
    with pytest.raises(ConfigError, match=r"query=\{"):
        build(service, "GET", path)


@each_service
@pytest.mark.parametrize("headers", [{"X": 1}, {"X": None}, {1: "X"}, {"X": ["a", 1]}, {"X": {"a": "b"}}])
def test_a_header_that_is_no_string_is_refused(service: str, headers: object) -> None:
    """A header is a string, or a list of them."""
    with pytest.raises(ConfigError, match=r"headers\[.*must be a string, or a list of strings"):
        build(service, "GET", "/", headers=headers)


@each_service
@pytest.mark.parametrize("headers", [{"X Y": "a"}, {"": "a"}, {"X": "a\nb"}, {"X:": "a"}])
def test_a_header_that_http_cannot_carry_is_refused(service: str, headers: object) -> None:
    """Names are tokens, and values are of one line."""
    with pytest.raises(ConfigError, match="cannot be sent in HTTP"):
        build(service, "GET", "/", headers=headers)


@each_service
def test_a_query_value_that_is_no_string_is_refused(service: str) -> None:
    """A number has to be made a string by the test, as by any client."""
    with pytest.raises(ConfigError, match=r"query\['page'\] is 2"):
        build(service, "GET", "/", query={"page": 2})


@each_service
def test_a_body_has_the_limit_of_its_service(service: str) -> None:
    """A body of the limit is taken, and one byte more is refused."""
    most = SERVICES[service]
    assert build(service, "POST", "/", body="a" * most)["body"] == "a" * most
    with pytest.raises(ConfigError, match=f"body has {most + 1} bytes, and the service takes {most} at most"):
        build(service, "POST", "/", body="a" * (most + 1))


@each_service
def test_a_mapping_is_sent_as_json(service: str) -> None:
    """A body that is a mapping arrives as JSON text, with its content type."""
    event = build(service, "POST", "/", body={"id": 7, "name": "é"})
    headers = {name.lower(): value for name, value in event["headers"].items()}
    assert (event["body"], headers["content-type"]) == ('{"id":7,"name":"\\u00e9"}', "application/json")
    assert event["isBase64Encoded"] is False


@each_service
def test_a_given_header_takes_the_place_of_a_default(service: str) -> None:
    """Whatever the case of its name, and it is not there twice."""
    headers = build(service, "GET", "/", headers={"User-AGENT": "mine", "hOST": "api.example.com"})["headers"]
    found = [(name.lower(), value) for name, value in headers.items()]
    assert [value for name, value in found if name == "user-agent"] == ["mine"]
    assert [value for name, value in found if name == "host"] == ["api.example.com"]


@pytest.mark.parametrize(
    "template, path, expected",
    [
        ("/", "/", None),
        ("/orders", "/orders", None),
        ("/orders/{id}", "/orders/7", {"id": "7"}),
        ("/orders/{id}/items/{item}", "/orders/7/items/a%20b", {"id": "7", "item": "a b"}),
        ("/{proxy+}", "/a/b/c", {"proxy": "a/b/c"}),
        ("/files/{name}.json", "/files/a.json", {"name": "a"}),
    ],
)
def test_a_path_gives_the_parameters_of_its_template(template: str, path: str, expected: object) -> None:
    """A segment is one parameter, a greedy one takes the rest; values are decoded."""
    assert path_parameters("test", template, path) == expected


@pytest.mark.parametrize(
    "template, path", [("/orders/{id}", "/orders"), ("/orders/{id}", "/orders/7/8"), ("/a.b", "/axb"), ("/{p+}", "/")]
)
def test_a_path_that_does_not_match_its_template_is_refused(template: str, path: str) -> None:
    """Such a request would not get to the function."""
    with pytest.raises(ConfigError, match="does not match"):
        path_parameters("test", template, path)
