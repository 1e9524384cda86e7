"""HTTP endpoints that only the handlers of one test reach: a request to one of their hosts never sees a network.

It is the connection that is stood in for, and there is no server on a port of this machine. A port would be another
in each run, and would be in the event, which is to repeat byte for byte. A server would answer from a thread in real
time, beside a clock that stands. And a suite that forbids sockets would refuse it.

A connection of `http.client` to such a host gets a socket that hands the request over in memory, without a name looked
up, a proxy asked or a certificate checked. All that is built on `http.client` is served so: `urllib.request`, urllib3,
botocore and requests, also in copies that other packages bring along. Clients with sockets of their own (httpx,
aiohttp) are not. moto and responses, if they are loaded, let our hosts pass.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_lambda_modes.clock.undoing import Undo
from pytest_lambda_modes.runtime.http_messages import Endpoint, read_request, write_response

if TYPE_CHECKING:
    from http.client import HTTPConnection


class _Served(NamedTuple):
    endpoint: Endpoint
    operations: Collection[str]

    def has(self, target: str | bytes) -> bool:
        """Whether it has the operation of AWS's JSON protocol that a header `X-Amz-Target` names."""
        name = target.decode() if isinstance(target, bytes) else target
        return not self.operations or name.rpartition(".")[2] in self.operations


# By host, those of the test that runs now. A client may keep a connection for the next test, and finds that one's here.
_serving: dict[str, _Served] = {}


class HttpEndpoints:
    """The endpoints of one test. Changes nothing of the process before the first one is there."""

    def __init__(self) -> None:
        self._undo: Undo | None = None

    def serve(self, host: str, endpoint: Endpoint, operations: Collection[str] = ()) -> None:
        """Have `endpoint` answer all requests to a host, in the place of one that did so before.

        A `host` that begins with a dot stands for all hosts that are one label longer. For an API of AWS, `operations`
        are those that it has: moto, if it is active, still answers the others.
        """
        if self._undo is None:
            self._undo = Undo()
            _install(self._undo)
        _serving[host] = _Served(endpoint, operations)

    def uninstall(self) -> None:
        """Give the hosts back to the network."""
        undo, self._undo = self._undo, None
        if undo is not None:
            undo.run()


def _install(undo: Undo) -> None:
    from http.client import HTTPConnection

    outer = dict(_serving)
    undo.add(lambda: _serving.update(outer))
    undo.add(_serving.clear)
    undo.replace(HTTPConnection, "__init__", _noticing_host(HTTPConnection.__init__))
    undo.replace(HTTPConnection, "set_tunnel", _noticing_tunnel(HTTPConnection.set_tunnel))
    requests = sys.modules.get("requests")
    if requests is not None:
        undo.replace(requests.Session, "get_adapter", _with_own_adapter(requests.Session.get_adapter))
    stubber = getattr(sys.modules.get("moto.core.botocore_stubber"), "BotocoreStubber", None)
    if stubber is not None:
        undo.replace(stubber, "__call__", _letting_pass(stubber.__call__))


def _served_at(host: str) -> _Served | None:
    served = _serving.get(host)
    return served if served is not None else _serving.get(host[host.find(".") :])


class Wire:
    """What `http.client` has for a socket, with an endpoint at its other end."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._received = b""
        self._response = b""

    def sendall(self, data: Any) -> None:
        self._received += bytes(data)
        request = read_request(self._received)
        if request is not None:
            self._received = b""
            self._response = write_response(self._endpoint(request))

    def makefile(self, mode: str = "rb", buffering: int = -1) -> io.BytesIO:
        return io.BytesIO(self._response)

    def settimeout(self, seconds: float | None) -> None: ...

    def setsockopt(self, *option: Any) -> None: ...

    def shutdown(self, how: int = 0) -> None: ...

    def close(self) -> None: ...


def _noticing_host(real: Callable[..., None]) -> Callable[..., None]:
    def init(connection: HTTPConnection, *arguments: Any, **options: Any) -> None:
        real(connection, *arguments, **options)
        _take_over(connection, connection.host)

    return init


def _noticing_tunnel(real: Callable[..., None]) -> Callable[..., None]:
    """Through a proxy, the host is named by the tunnel."""

    def set_tunnel(connection: HTTPConnection, host: str, *arguments: Any, **options: Any) -> None:
        real(connection, host, *arguments, **options)
        _take_over(connection, host.partition(":")[0])

    return set_tunnel


def _take_over(connection: Any, host: str) -> None:
    if _served_at(host) is None:
        return
    real_connect, real_request = connection.connect, connection.request

    def connect() -> None:
        served = _served_at(host)
        if served is None:
            real_connect()
        else:
            connection.sock = Wire(served.endpoint)
            # urllib3 warns of a connection without a certificate.
            connection.is_verified = True

    def request(method: str, url: str, body: Any = None, headers: Any = None, *arguments: Any, **options: Any) -> None:
        sent = headers or {}
        if _served_at(host) is not None:
            sent = _not_expecting(sent)
        real_request(method, url, body, sent, *arguments, **options)

    # On the connection itself, since urllib3's classes have methods of their own.
    connection.connect = connect
    connection.request = request


def _not_expecting(headers: Any) -> Any:
    """Without `Expect: 100-continue`, for whose answer botocore polls the descriptor of a socket: a wire has none."""
    kept = {name: value for name, value in headers.items() if name.lower() != "expect"}
    return headers if len(kept) == len(headers) else kept


def _with_own_adapter(real: Callable[..., Any]) -> Callable[..., Any]:
    """moto and responses replace what adapters of requests do, and know nothing of our hosts."""
    from urllib.parse import urlsplit

    def get_adapter(session: Any, url: str) -> Any:
        return real(session, url) if _served_at(urlsplit(url).hostname or "") is None else _adapter()

    return get_adapter


def _letting_pass(real: Callable[..., Any]) -> Callable[..., Any]:
    """moto answers botocore for every operation of AWS, if only to say that it has not got it."""
    from urllib.parse import urlsplit

    def answer(stubber: Any, event_name: str, request: Any, **options: Any) -> Any:
        served = _served_at(urlsplit(request.url).hostname or "")
        if served is not None and served.has(request.headers.get("X-Amz-Target", "")):
            return None
        return real(stubber, event_name, request, **options)

    return answer


def _adapter() -> Any:
    """An adapter of requests that sends through urllib3, whatever has become of the others."""
    import urllib3
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        def send(self, request: Any, *arguments: Any, **options: Any) -> Any:
            response = urllib3.PoolManager().urlopen(
                request.method,
                request.url,
                body=request.body,
                headers=request.headers,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            return self.build_response(request, response)

    return Adapter()
