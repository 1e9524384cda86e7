"""Hosts that handlers reach without a network, through every client that is built on `http.client`."""

from __future__ import annotations

import http.client
import io
import socket
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import moto
import pytest
import requests
import responses
import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.core.botocore_stubber import BotocoreStubber

from pytest_lambda_modes.runtime.http_endpoints import HttpEndpoints
from pytest_lambda_modes.runtime.http_messages import EndpointRequest, EndpointResponse, read_request, write_response

HOST = "cloudformation-custom-resource-response-useast1.s3.amazonaws.com"
URL = f"https://{HOST}/place?X-Amz-Signature=abc"

Put = Callable[[bytes], tuple[int, bytes]]

POOL = urllib3.PoolManager()


def with_urllib3(body: bytes) -> tuple[int, bytes]:
    answer = POOL.request("PUT", URL, body=body, headers={"content-type": ""})
    return answer.status, answer.data


def with_urllib(body: bytes) -> tuple[int, bytes]:
    with urllib.request.build_opener().open(urllib.request.Request(URL, data=body, method="PUT"), timeout=5) as answer:
        return answer.status, answer.read()


def with_requests(body: bytes) -> tuple[int, bytes]:
    answer = requests.put(URL, data=body, timeout=5)
    return answer.status_code, answer.content


def with_http_client(body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPSConnection(HOST, timeout=5)
    connection.request("PUT", URL, body=body)
    answer = connection.getresponse()
    return answer.status, answer.read()


def with_botocore(body: bytes) -> tuple[int, bytes]:
    from botocore.awsrequest import AWSRequest
    from botocore.httpsession import URLLib3Session

    answer = URLLib3Session().send(AWSRequest("PUT", URL, data=body, headers={}).prepare())
    return answer.status_code, answer.content


each_client = pytest.mark.parametrize(
    "put", [with_urllib3, with_urllib, with_requests, with_http_client, with_botocore]
)


@pytest.fixture
def endpoints() -> Iterator[HttpEndpoints]:
    made = HttpEndpoints()
    yield made
    made.uninstall()


@pytest.fixture
def received(endpoints: HttpEndpoints) -> list[EndpointRequest]:
    """Every request to the host, which answers with 200 and `ok`."""
    requests_so_far: list[EndpointRequest] = []

    def answer(request: EndpointRequest) -> EndpointResponse:
        requests_so_far.append(request)
        return EndpointResponse(200, b"ok", {"Server": "AmazonS3"})

    endpoints.serve(HOST, answer)
    return requests_so_far


@each_client
def test_each_client_reaches_the_endpoint(put: Put, received: list[EndpointRequest]) -> None:
    """The request arrives whole, and the client reads the answer."""
    assert put(b'{"a": 1}') == (200, b"ok")
    assert put(b"") == (200, b"ok")
    assert [(each.method, each.target, each.body) for each in received] == [
        ("PUT", "/place?X-Amz-Signature=abc", b'{"a": 1}'),
        ("PUT", "/place?X-Amz-Signature=abc", b""),
    ]


@each_client
def test_no_socket_is_made(put: Put, received: list[EndpointRequest], monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite that forbids them need not make an exception."""

    class Forbidden(socket.socket):
        def __new__(cls, *arguments: Any, **options: Any) -> Forbidden:
            raise AssertionError("no sockets here")

    monkeypatch.setattr(socket, "socket", Forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", Forbidden)
    assert put(b"body") == (200, b"ok")


@each_client
def test_a_proxy_is_not_asked(put: Put, received: list[EndpointRequest], monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that take a proxy from the environment tunnel through none: there is nothing at that port."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert put(b"body") == (200, b"ok")
    assert len(received) == 1


def test_a_proxy_that_is_given_is_not_asked_either(received: list[EndpointRequest]) -> None:
    """urllib3 takes its proxies from its caller."""
    assert urllib3.ProxyManager("http://127.0.0.1:9").request("PUT", URL, body=b"body").status == 200
    assert received[0].body == b"body"


@each_client
def test_it_is_reached_beside_moto(put: Put, received: list[EndpointRequest]) -> None:
    """moto takes the host for one of its own S3's, and answers requests with 404 in our place."""
    with moto.mock_aws():
        assert put(b"body") == (200, b"ok")
    assert len(received) == 1


def test_it_is_reached_beside_responses(received: list[EndpointRequest]) -> None:
    """responses refuses every URL that it was not told of; those that it was told of stay its own."""
    with responses.RequestsMock() as mock:
        mock.add("GET", "https://example.com/", body="mocked")
        assert with_requests(b"body") == (200, b"ok")
        assert requests.get("https://example.com/", timeout=5).text == "mocked"
    assert len(received) == 1


def test_a_body_in_pieces_is_put_together(received: list[EndpointRequest]) -> None:
    """Sent in chunks, or read from an iterator of known length."""
    POOL.request("PUT", URL, body=iter([b"one ", b"two"]))
    POOL.request("PUT", URL, body=iter([b"one ", b"two"]), headers={"Content-Length": "7"})
    assert [each.body for each in received] == [b"one two"] * 2
    assert ["transfer-encoding" in each.headers for each in received] == [True, False]


@pytest.mark.parametrize("status", [403, 404, 501])
def test_an_error_is_an_answer(endpoints: HttpEndpoints, status: int) -> None:
    """The client sees the status as it would see S3's."""
    endpoints.serve(HOST, lambda request: EndpointResponse(status, b"<Error/>"))
    assert with_http_client(b"") == with_urllib3(b"") == (status, b"<Error/>")


def test_a_connection_that_a_client_keeps_leads_to_the_next_endpoint() -> None:
    """A pool at the top of a handler's module outlives the test."""
    pool = urllib3.PoolManager()
    for number in (b"first", b"second"):
        test = HttpEndpoints()
        test.serve(HOST, lambda request, number=number: EndpointResponse(200, number))  # type: ignore[misc]
        assert pool.request("PUT", URL, body=b"").data == number
        test.uninstall()


def test_endpoints_inside_others_give_them_back() -> None:
    """As in a test of tests."""
    outer, inner = HttpEndpoints(), HttpEndpoints()
    outer.serve(HOST, lambda request: EndpointResponse(200, b"outer"))
    inner.serve(HOST, lambda request: EndpointResponse(200, b"inner"))
    assert with_urllib3(b"") == (200, b"inner")
    inner.uninstall()
    assert with_urllib3(b"") == (200, b"outer")
    outer.uninstall()


def test_other_hosts_are_left_alone(received: list[EndpointRequest]) -> None:
    """A connection to one of them is what it always was."""
    connection = http.client.HTTPSConnection("example.com")
    assert "connect" not in vars(connection)
    assert "connect" in vars(http.client.HTTPSConnection(HOST))


def test_nothing_changes_before_the_first_endpoint_and_all_is_put_back(endpoints: HttpEndpoints) -> None:
    """A test without one pays nothing."""

    def patched() -> list[Any]:
        connection = http.client.HTTPConnection
        return [connection.__init__, connection.set_tunnel, requests.Session.get_adapter, BotocoreStubber.__call__]

    before = patched()
    HttpEndpoints()
    assert patched() == before
    endpoints.serve(HOST, lambda request: EndpointResponse(200))
    assert all(now is not then for now, then in zip(patched(), before, strict=True))
    endpoints.uninstall()
    assert patched() == before


@settings(deadline=None, derandomize=True)
@given(st.binary(max_size=200), st.integers(1, 50), st.booleans())
def test_a_request_is_read_when_it_is_complete_and_not_before(body: bytes, size: int, chunked: bool) -> None:
    """However the bytes are cut, with a length or in chunks."""
    if chunked:
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        sent = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        head = b"PUT /place HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    else:
        sent, head = body, b"PUT /place HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body)
    request = read_request(head + sent)
    assert request is not None
    assert (request.method, request.target, request.headers["host"], request.body) == ("PUT", "/place", "h", body)
    assert all(read_request((head + sent)[:end]) is None for end in range(len(head + sent)))


def test_a_response_closes_its_connection() -> None:
    """So no client keeps it, and looks at a socket that is none."""
    assert write_response(EndpointResponse(200, b"ok", {"Server": "AmazonS3"})) == (
        b"HTTP/1.1 200 OK\r\nServer: AmazonS3\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    )


def test_a_host_that_begins_with_a_dot_stands_for_those_below_it(endpoints: HttpEndpoints) -> None:
    """One label deep. A host with an endpoint of its own keeps that one."""
    endpoints.serve(".service.amazonaws.com", lambda request: EndpointResponse(200, request.headers["host"].encode()))
    endpoints.serve("own.service.amazonaws.com", lambda request: EndpointResponse(200, b"its own"))
    hosts = ("a.service.amazonaws.com", "own.service.amazonaws.com")
    assert [POOL.request("GET", f"https://{host}/").data for host in hosts] == [b"a.service.amazonaws.com", b"its own"]
    for host in ("service.amazonaws.com", "a.b.service.amazonaws.com"):
        assert "connect" not in vars(http.client.HTTPSConnection(host))


def test_nobody_waits_for_a_continue(received: list[EndpointRequest]) -> None:
    """botocore would, on the descriptor of a socket that is not there."""
    from botocore.awsrequest import AWSRequest
    from botocore.httpsession import URLLib3Session

    headers = {"Expect": "100-continue", "Content-Length": "4"}
    request = AWSRequest("PUT", URL, data=io.BytesIO(b"body"), headers=headers).prepare()
    assert URLLib3Session().send(request).status_code == 200
    POOL.request("PUT", URL, body=b"body", headers=headers)
    assert [(each.body, "expect" in each.headers) for each in received] == [(b"body", False)] * 2
