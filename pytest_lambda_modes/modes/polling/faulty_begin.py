"""How a poller begins an invocation that the test may want to go wrong."""

from __future__ import annotations

from pytest_lambda_modes.errors import ServiceException
from pytest_lambda_modes.model import faults
from pytest_lambda_modes.runtime.concurrency import RESERVED_EXHAUSTED
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.invocation import Invocation
from pytest_lambda_modes.runtime.request import Request


def begin(function: Function, request: Request, attempt: int, fault: faults.Fault | None) -> Invocation:
    """As `Function.begin`, which it is without a fault. Raises TooManyRequestsException, ServiceException too."""
    if fault is None:
        return function.begin(request, attempt)
    if isinstance(fault, faults.Throttle):
        raise function.throttle(request.request_id, RESERVED_EXHAUSTED)
    if isinstance(fault, faults.ServiceError):
        raise ServiceException("An error occurred in the Lambda service.")
    if isinstance(fault, faults.RecycledEnvironment):
        function.recycle()
    return function.begin(request, attempt, fault if isinstance(fault, faults.Kill) else None)
