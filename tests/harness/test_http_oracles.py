"""Other people's adapters as oracles: Mangum and Powertools read our events, and their answers reach our clients."""

from __future__ import annotations

import base64
import json

import pytest
from aws_lambda_powertools.event_handler import (
    ALBResolver,
    APIGatewayHttpResolver,
    APIGatewayRestResolver,
    LambdaFunctionUrlResolver,
    Response,
)
from aws_lambda_powertools.event_handler.exceptions import BadRequestError
from aws_lambda_powertools.shared.cookies import Cookie
from mangum import Mangum

PIXEL = bytes(range(256))

# Which method a service is reached by, the settings it needs, and Powertools' resolver for it.
SERVICES = {
    "REST": ("from_api_gateway", {"binary_media_types": ["*/*"]}, APIGatewayRestResolver),
    "HTTP 2.0": ("from_http_api", {}, APIGatewayHttpResolver),
    "URL": ("from_function_url", {}, LambdaFunctionUrlResolver),
    "ALB": ("from_alb", {}, ALBResolver),
    "ALB, several": ("from_alb", {"multi_value_headers": True}, ALBResolver),
}

# Mangum asks for the current event loop, at which some versions of Python warn.
pytestmark = [
    pytest.mark.rule("SYNC-30", "SYNC-31", "SYNC-33", "SYNC-34"),
    pytest.mark.filterwarnings("ignore:There is no current event loop:DeprecationWarning"),
]

each_service = pytest.mark.parametrize("service", SERVICES)


# Mangum


async def app(scope, receive, send):
    """An ASGI app: it says what it got, sends a picture, or fails."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    if scope["path"] == "/broken":
        raise RuntimeError("broken")
    if scope["path"] == "/pixel":
        status, kind, content = 200, b"image/gif", PIXEL
    else:
        query = scope["query_string"].decode()
        seen = {"method": scope["method"], "path": scope["path"], "query": query, "body": body.decode("latin-1")}
        status, kind, content = 201, b"application/json", json.dumps(seen).encode()
    headers = [(b"content-type", kind), (b"set-cookie", b"a=1; HttpOnly"), (b"x-seen", b"yes")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def mangum(event, context):
    """Made in the handler: it wants an event loop at once, which a module under test has not."""
    return Mangum(app, lifespan="off")(event, context)


def ask(sync_invoke, service, handler, *arguments, **more):
    method, settings, _ = SERVICES[service]
    return getattr(sync_invoke, method)(*arguments, handler=handler, **{**settings, **more})


@each_service
def test_an_asgi_app_is_reached_through_mangum(sync_invoke, service):
    """Method, path, query and body arrive; status, headers, cookies and body come back."""
    query = {"q": "a b", "page": "2"}
    answer = ask(sync_invoke, service, mangum, "POST", "/orders/7", query=query, body={"total": "7 €"})
    assert answer.status_code == 201
    assert answer.json() == {
        "method": "POST",
        "path": "/orders/7",
        "query": answer.json()["query"],
        "body": '{"total":"7 \\u20ac"}',
    }
    assert sorted(answer.json()["query"].replace("%20", "+").split("&")) == ["page=2", "q=a+b"]
    assert (answer.headers["X-Seen"], answer.cookies) == ("yes", {"a": "1"})


@each_service
def test_bytes_go_both_ways_through_mangum(sync_invoke, service):
    """In base64 in between."""
    answer = ask(sync_invoke, service, mangum, "GET", "/pixel")
    assert (answer.headers["content-type"], answer.body_bytes) == ("image/gif", PIXEL)
    kind = {"Content-Type": "image/gif"}
    assert ask(sync_invoke, service, mangum, "PUT", "/", body=PIXEL, headers=kind).json()["body"] == PIXEL.decode(
        "latin-1"
    )


@each_service
def test_an_app_that_fails_is_mangums_own_500(sync_invoke, service):
    """Which is no function error: the client sees the app's answer."""
    answer = ask(sync_invoke, service, mangum, "GET", "/broken")
    assert (answer.status_code, answer.body, answer.reason) == (500, "Internal Server Error", None)


@pytest.mark.asyncio
@each_service
async def test_an_asgi_app_is_reached_from_an_async_test(sync_invoke, service):
    """Although both have a loop."""
    assert ask(sync_invoke, service, mangum, "GET", "/orders/7").status_code == 201


# Powertools


def routes(resolver):
    """The routes of a small API, as Powertools' documentation writes them."""
    router = resolver()

    @router.get("/orders/<order_id>")
    def get_order(order_id: str):
        event = router.current_event
        query, headers = event.resolved_query_string_parameters, event.resolved_headers_field
        return {"id": order_id, "page": query["page"], "agent": headers["x-agent"]}

    @router.post("/orders")
    def place_order():
        order = router.current_event.json_body
        if "total" not in order:
            raise BadRequestError("no total")
        return Response(201, "application/json", json.dumps(order), cookies=[Cookie(name="seen", value="yes")])

    @router.get("/pixel")
    def pixel():
        return Response(200, "image/gif", PIXEL)

    @router.get("/broken")
    def broken():
        raise RuntimeError("broken")

    return router.resolve


@pytest.fixture(params=SERVICES)
def service(request):
    return request.param


@pytest.fixture
def get(sync_invoke, service):
    handler = routes(SERVICES[service][2])

    def get(*arguments, **more):
        return ask(sync_invoke, service, handler, *arguments, **more)

    return get


def test_a_route_of_powertools_is_found(get, service):
    """By its path, with its parameters, the query and the headers; several values of one where the service has them."""
    answer = get("GET", "/orders/a17", query={"page": "2"}, headers={"x-agent": "007"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    agent = ["007"] if service in ("REST", "ALB, several") else "007"
    assert answer.json() == {"id": "a17", "page": ["2"], "agent": agent}


def test_a_body_in_json_reaches_powertools(get):
    """And its answer comes back with a cookie."""
    answer = get("POST", "/orders", body={"total": 7})
    assert (answer.status_code, answer.json()) == (201, {"total": 7})
    assert answer.cookies == {"seen": "yes"}


def test_errors_of_powertools_are_answers(get):
    """A bad request, and a route that is not there."""
    assert (get("POST", "/orders", body={}).status_code, get("GET", "/nowhere").status_code) == (400, 404)


def test_bytes_come_back_from_powertools(get):
    """It answers in base64."""
    assert get("GET", "/pixel").body_bytes == PIXEL


def test_an_error_that_powertools_lets_through_is_the_services(get):
    """The function has failed, and the client sees a 5xx."""
    answer = get("GET", "/broken")
    assert answer.status_code in (500, 502)
    assert "RuntimeError: broken" in answer.reason


def test_a_client_that_accepts_no_binary_media_gets_base64(sync_invoke):
    """From a REST API without binary media types."""
    handler = routes(APIGatewayRestResolver)
    assert sync_invoke.from_api_gateway("GET", "/pixel", handler=handler).body == base64.b64encode(PIXEL).decode()


def test_payload_format_1_is_for_the_rest_resolver(sync_invoke):
    """An HTTP API can send what a REST API does."""
    handler = routes(APIGatewayRestResolver)
    answer = sync_invoke.from_http_api(
        "GET",
        "/orders/a17",
        payload_format_version="1.0",
        query={"page": "2"},
        headers={"x-agent": "007"},
        handler=handler,
    )
    assert answer.json() == {"id": "a17", "page": ["2"], "agent": ["007"]}
