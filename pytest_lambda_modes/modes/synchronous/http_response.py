"""What an HTTP client gets from a service in front of a function."""

from __future__ import annotations

import json
from typing import Any

from pytest_lambda_modes.model.faults import Fault
from pytest_lambda_modes.modes.synchronous.http_answer import Answer, HttpContract
from pytest_lambda_modes.modes.synchronous.http_headers import Headers
from pytest_lambda_modes.modes.synchronous.service_call import ServiceCall, call_function
from pytest_lambda_modes.modes.synchronous.service_response import ServiceResponse, tell
from pytest_lambda_modes.runtime.function import Function

_LONGEST = 200


class HttpResponse(ServiceResponse):
    """An HTTP response, as the client sees it. (SYNC-30, SYNC-31, SYNC-33, SYNC-34)

    `headers` is a mapping whose names have no case, `body` the body as text, `body_bytes` its bytes.
    `status_description` is what a load balancer was told to write behind the status code, else None. `reason` says in
    words why the answer is the service's own and not the function's.
    """

    __slots__ = ("body_bytes", "headers", "status_code", "status_description")

    def __init__(self, call: ServiceCall, service: str, answer: Answer, method: str) -> None:
        super().__init__(call, service, answer.reason)
        self.status_code = answer.status_code
        self.status_description = answer.status_description
        length = ("Content-Length", str(len(answer.body)))
        without_body = method == "HEAD" or answer.status_code < 200 or answer.status_code in (204, 304)
        self.body_bytes = b"" if without_body else answer.body
        self.headers = Headers(answer.headers if without_body else (*answer.headers, length))

    @property
    def body(self) -> str:
        return self.body_bytes.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body, decoded from JSON. Raises ValueError if it is none."""
        return json.loads(self.body_bytes)

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that were set, by name. Their attributes are in `headers.get_all("Set-Cookie")`."""
        pairs = (cookie.split(";")[0].partition("=") for cookie in self.headers.get_all("Set-Cookie"))
        return {name.strip(): value.strip() for name, _, value in pairs}

    def told(self) -> str:
        """The answer on one line, as the timeline tells it."""
        return self._status() if self.reason is None else f"{self._status()}, {self.reason}"

    def _status(self) -> str:
        return str(self.status_code)

    def __str__(self) -> str:
        """A stable text of several lines, fit to be kept as a snapshot."""
        status = f"{self._status()} from {self.service}{self._why()}"
        headers = [f"{name}: {value}" for name in self.headers for value in self.headers.get_all(name)]
        return "\n".join((status, f"took {self.duration.total_seconds():.3f} s", *headers, "", self.body))

    def __repr__(self) -> str:
        shown = self.body if len(self.body) <= _LONGEST else f"{self.body[: _LONGEST - 3]}..."
        status = f"{self._status()} from {self.service}, {self.duration.total_seconds():g} s"
        return f"<{type(self).__name__} {status}, body {shown!r}{self._why()}>"

    def _why(self) -> str:
        return "" if self.reason is None else f": {self.reason}"


def request_function(
    contract: HttpContract,
    function: Function,
    payload: bytes,
    method: str,
    *,
    within: int,
    qualifier: str | None = None,
    fault: Fault | None = None,
) -> HttpResponse:
    """Invoke a function for an HTTP client, and answer it after at most `within` microseconds."""
    call = call_function(function, payload, within=within, qualifier=qualifier, fault=fault)
    return _respond(call, contract, contract.answer(call), method)


def refuse_size(contract: HttpContract, function: Function, method: str, size: int, most: int) -> HttpResponse:
    """Answer a client whose body is larger than the service takes. The function is not called."""
    call = ServiceCall(function, function.platform.hub.scheduler.now)
    return _respond(call, contract, contract.refuse_size(size, most), method)


def _respond(call: ServiceCall, contract: HttpContract, answer: Answer, method: str) -> HttpResponse:
    response = HttpResponse(call, contract.service, answer, method)
    tell(call, contract.service, contract.rule, response.told())
    return response
