"""HTTP as it goes over a connection: the request that a client has sent, the response that it reads.

What of the standard library is for HTTP alone is loaded with the first request: few tests have one.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import NamedTuple

_END_OF_HEADERS = b"\r\n\r\n"


class EndpointRequest(NamedTuple):
    """`target` is the path with its query. The names of `headers` are in lowercase."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class EndpointResponse(NamedTuple):
    """`headers` are those that the service gives, beside the length that every response has."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


Endpoint = Callable[[EndpointRequest], EndpointResponse]


def read_request(received: bytes) -> EndpointRequest | None:
    """The request that a client has sent, or None while a part of it is still to come."""
    from http.client import parse_headers

    head, end, rest = received.partition(_END_OF_HEADERS)
    if not end:
        return None
    stream = io.BytesIO(head + end)
    method, target, _ = stream.readline().decode("ascii").split(" ", 2)
    headers = {name.lower(): value for name, value in parse_headers(stream).items()}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = _without_chunks(rest)
    else:
        length = int(headers.get("content-length", 0))
        body = rest[:length] if len(rest) >= length else None
    return None if body is None else EndpointRequest(method, _path_and_query(target), headers, body)


def write_response(response: EndpointResponse) -> bytes:
    """The bytes that a client reads. The connection ends with them, so no client keeps it for another request."""
    from http import HTTPStatus

    headers = {**response.headers, "Content-Length": str(len(response.body)), "Connection": "close"}
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("ascii") + _END_OF_HEADERS + response.body


def _path_and_query(target: str) -> str:
    """Some clients send the whole URL, as if to a proxy."""
    from urllib.parse import urlsplit

    url = urlsplit(target)
    return url._replace(scheme="", netloc="").geturl() if url.netloc else target


def _without_chunks(data: bytes) -> bytes | None:
    """A chunked body put together, or None while its end is missing."""
    body = b""
    while True:
        size, end, data = data.partition(b"\r\n")
        if not end:
            return None
        length = int(size.split(b";")[0], 16)
        if length == 0:
            return body if data.endswith(b"\r\n") else None
        body, data = body + data[:length], data[length + 2 :]
