"""What the client of a service gets, and what the function did for it."""

from __future__ import annotations

import datetime as dt

from pytest_lambda_modes import units
from pytest_lambda_modes.errors import ApiError
from pytest_lambda_modes.model.facts import CallerGaveUp, ServiceAnswered
from pytest_lambda_modes.modes.synchronous.invoke_response import InvokeResponse
from pytest_lambda_modes.modes.synchronous.service_call import ServiceCall

_LONGEST_TOLD = 200


class ServiceResponse:
    """`service` is who answered. `reason` says why the answer is not the function's own, with the rule, or is None.

    `gave_up` says that the service stopped waiting; the function goes on. `refused` is the error with which Lambda
    turned the call away. `started_at` is an aware datetime, `duration` how long the client waited, a timedelta.
    """

    __slots__ = ("_call", "reason", "service")

    def __init__(self, call: ServiceCall, service: str, reason: str | None) -> None:
        self._call = call
        self.service = service
        self.reason = reason

    @property
    def invocation(self) -> InvokeResponse | None:
        """What the function did: `function_error`, `error`, `logs`, `unwrap()`, ... as in an InvokeResponse.

        None if it was not called, and as long as it runs.
        """
        invocation = self._call.invocation
        if invocation is None or invocation.ended_at < 0:
            return None
        return InvokeResponse(invocation, invocation.request.request_id)

    @property
    def gave_up(self) -> bool:
        return self._call.gave_up

    @property
    def refused(self) -> ApiError | None:
        return self._call.refused

    @property
    def started_at(self) -> dt.datetime:
        start = self._call.function.platform.hub.scheduler.start
        return units.utc_datetime(start + self._call.started_at)

    @property
    def duration(self) -> dt.timedelta:
        return units.to_timedelta(self._call.ended_at - self._call.started_at)


def tell(call: ServiceCall, service: str, rule: str, answer: str) -> None:
    """Say to the timeline that the service gave up, if it did, and what it answered."""
    function, at = call.function, call.ended_at
    if call.gave_up and call.invocation is not None:
        request_id, waited = call.invocation.request.request_id, at - call.started_at
        function.platform.emit(CallerGaveUp, at, function.function_name, request_id, service, waited, rule)
    function.platform.emit(ServiceAnswered, at, function.function_name, service, answer[:_LONGEST_TOLD], rule)
