"""The Invoke API: the caller waits, and gets the answer. Nothing is retried. (SYNC-5)"""

from __future__ import annotations

from typing import Any

from pytest_lambda_modes.errors import RecursiveInvocationException, RequestTooLargeException, ServiceException
from pytest_lambda_modes.model import faults, limits
from pytest_lambda_modes.model.facts import Injected, RecursionStopped
from pytest_lambda_modes.modes.synchronous.invoke_response import InvokeResponse
from pytest_lambda_modes.runtime.concurrency import RESERVED_EXHAUSTED
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.invocation import Invocation
from pytest_lambda_modes.runtime.payload import decode_event
from pytest_lambda_modes.runtime.request import Request


class InvokeRequest(Request):
    """A RequestResponse. `payload` is the event's JSON."""

    __slots__ = ("_client_context", "_lineage", "_payload", "_qualifier")

    _mode = "sync"

    def __init__(
        self,
        payload: bytes,
        request_id: str,
        qualifier: str | None,
        client_context: Any,
        lineage: dict[str, int] | None,
    ) -> None:
        self.request_id = request_id
        self._qualifier = qualifier
        self._client_context = client_context
        self._lineage = lineage
        self._payload = payload

    def _make_event(self) -> object:
        return decode_event(self._payload)


def invoke(
    function: Function,
    payload: bytes,
    *,
    qualifier: str | None = None,
    client_context: Any = None,
    log_type: str = "None",
    fault: faults.Fault | None = None,
) -> InvokeResponse:
    """Run a function for a caller who waits for it.

    The caller may be a handler: it waits in virtual time, and if its own deadline comes first it ends there and the
    function goes on. Raises RequestTooLargeException (SYNC-11), ResourceNotFoundException (SYNC-7),
    TooManyRequestsException (SYNC-15), RecursiveInvocationException (SYNC-20).
    """
    invocation = begin(function, payload, qualifier=qualifier, client_context=client_context, fault=fault)
    run(invocation)
    return InvokeResponse(invocation, invocation.request.request_id, log_type)


def begin(
    function: Function,
    payload: bytes,
    *,
    qualifier: str | None = None,
    client_context: Any = None,
    fault: faults.Fault | None = None,
    attempt: int = 1,
) -> Invocation:
    """The invocation that a RequestResponse makes, after its checks; it is to be run. Raises as `invoke` does.

    `attempt` is the number of the caller's own try, which the timeline tells.
    """
    platform = function.platform
    check_size(payload)
    request_id = platform.identifiers.uuid("request")
    caller = platform.hub.activity
    lineage = caller.lineage if isinstance(caller, Invocation) else None
    if lineage is not None and function.is_stopped_as_recursive(lineage):
        platform.emit(RecursionStopped, platform.hub.scheduler.now, function.function_name, request_id, "SYNC-20")
        raise RecursiveInvocationException("Lambda has stopped this invocation: it is part of a recursive loop.")
    if fault is not None:
        _inject(function, fault, request_id)
    kill = fault if isinstance(fault, faults.Kill) else None
    request = InvokeRequest(payload, request_id, qualifier, client_context, lineage)
    return function.begin(request, attempt, kill)


def run(invocation: Invocation) -> None:
    """Run to the end, for the test or for a handler that waits for it, but not beyond its own deadline."""
    hub = invocation.environment.platform.hub
    if hub.activity is None:
        invocation.execute()
    else:
        hub.call(invocation.execute, invocation.ends_by)


def check_size(payload: bytes) -> None:
    """Raise RequestTooLargeException for a request payload over 6 MB. (SYNC-11)"""
    if len(payload) > limits.SYNC_REQUEST_BYTES:
        raise RequestTooLargeException(
            f"Request must be smaller than {limits.SYNC_REQUEST_BYTES} bytes for the InvokeFunction operation"
        )


def dry_run(function: Function, payload: bytes, *, qualifier: str | None = None) -> InvokeResponse:
    """Check what an invocation would check, and run nothing. (SYNC-4)"""
    check_size(payload)
    function.check(qualifier)
    return InvokeResponse(None, function.platform.identifiers.uuid("request"))


def _inject(function: Function, fault: faults.Fault, request_id: str) -> None:
    platform = function.platform
    platform.emit(Injected, platform.hub.scheduler.now, function.function_name, str(fault))
    if isinstance(fault, faults.RecycledEnvironment):
        function.recycle()
    elif isinstance(fault, faults.Throttle):
        raise function.throttle(request_id, RESERVED_EXHAUSTED)
    elif isinstance(fault, faults.ServiceError):
        raise ServiceException("An error occurred in the Lambda service.")
