"""What a service makes of the function that it called: made for assertions, and the same for every service."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from pytest_lambda_modes import units
from pytest_lambda_modes.errors import ApiError
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.modes.results import ErrorDetails, payload_details
from pytest_lambda_modes.modes.synchronous.invoke_response import InvokeResponse
from pytest_lambda_modes.modes.synchronous.service_call import ServiceCall
from pytest_lambda_modes.runtime.payload import decode_response


class Try(NamedTuple):
    """One call of the function, as the service sees it. `number` counts from 1.

    `outcome` is that of the invocation (`"success"`, `"function_error"`, `"timeout"`, ...) or, where the service has
    none, `"gave_up"` (it stopped waiting), `"throttled"` (429), `"service_error"` (5xx), `"refused"` (any other 4xx).
    `payload` are the bytes that the function answered, or those of its error. `refused` is what Lambda answered
    instead of running it. `started_at` is an aware datetime, `duration` how long the service waited, a timedelta.
    """

    number: int
    outcome: str
    started_at: dt.datetime
    duration: dt.timedelta
    payload: bytes = b""
    refused: ApiError | None = None
    call: ServiceCall | None = None

    @property
    def invocation(self) -> InvokeResponse | None:
        """What the function did: its `logs`, `unwrap()`, ... as in an InvokeResponse.

        None if it was not called, and as long as it runs.
        """
        invocation = None if self.call is None else self.call.invocation
        if invocation is None or invocation.ended_at < 0:
            return None
        return InvokeResponse(invocation, invocation.request.request_id)

    @property
    def response(self) -> Any:
        """What the function returned, decoded; bytes that are no JSON as they are. None without an answer."""
        return decode_response(self.payload) if self.outcome == "success" else None

    @property
    def error(self) -> ErrorDetails | None:
        """The function error; None if there is none, or none that the service has seen."""
        return payload_details(self.payload) if self.payload and self.outcome != "success" else None

    @property
    def reason(self) -> str:
        """How it ended, in words."""
        if self.refused is not None:
            return f"Lambda answered {self.refused.code}: {self.refused.message}"
        if self.outcome == "gave_up":
            return f"the function had not answered after {self.duration.total_seconds():g} s"
        return "the function answered" if self.error is None else f"the function failed: {self.error}"

    def __str__(self) -> str:
        started_at = units.iso_milliseconds(units.epoch_microseconds(self.started_at))
        return f"try {self.number} at {started_at}: {self.outcome}, took {self.duration.total_seconds():.3f} s"

    def __repr__(self) -> str:
        return f"<{self}>"


class AnswerError(NamedTuple):
    """What the client of the service is told, under AWS's code, and `reason`: why, in words, with the rule."""

    code: str
    message: str
    reason: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class ServiceAnswer:
    """What came of it. `tries` are the calls of the function, of which the last one counts."""

    service: ClassVar[str]
    rule: ClassVar[str]

    __slots__ = ("error", "tries")

    def __init__(self, tries: Sequence[Try], error: AnswerError | None = None) -> None:
        self.tries = tuple(tries)
        self.error = error

    @property
    def failed(self) -> bool:
        """Whether the service tells its client that something went wrong."""
        return self.error is not None

    @property
    def reason(self) -> str | None:
        """Why it failed, in words, with the rule. None if it did not."""
        return None if self.error is None else self.error.reason

    @property
    def gave_up(self) -> bool:
        """Whether the service stopped waiting at its last try. The function goes on."""
        return bool(self.tries) and self.tries[-1].outcome == "gave_up"

    @property
    def response(self) -> Any:
        """What the function returned at the last try, decoded. None if it returned nothing."""
        return self.tries[-1].response if self.tries else None

    def told(self) -> str:
        """The answer on one line, as the timeline tells it."""
        return str(self.error) if self.error is not None else self._result()

    def _result(self) -> str:
        return f"response {json.dumps(self.response, default=repr)}"

    def __str__(self) -> str:
        """A stable text of several lines, fit to be kept as a snapshot."""
        lines = [f"{self.service} {'failed' if self.failed else 'succeeded'}", self.told()]
        if self.error is not None:
            lines.append(f"because {self.error.reason}")
        return "\n".join([*lines, *map(str, self.tries)])

    def __repr__(self) -> str:
        tries = counted(len(self.tries), "try", "tries")
        told = self.told()
        shown = told if len(told) <= 200 else f"{told[:197]}..."
        return f"<{type(self).__name__} {'failed, ' if self.failed else ''}{tries}, {shown}>"
