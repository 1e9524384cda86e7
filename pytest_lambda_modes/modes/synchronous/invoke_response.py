"""What a synchronous caller gets back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pytest_lambda_modes import units
from pytest_lambda_modes.errors import FunctionError
from pytest_lambda_modes.model.outcome import Outcome
from pytest_lambda_modes.modes.results import ErrorDetails, error_details
from pytest_lambda_modes.runtime.faults import RuntimeFault
from pytest_lambda_modes.runtime.invocation import Invocation
from pytest_lambda_modes.runtime.logs import InvocationLog
from pytest_lambda_modes.runtime.payload import decode_response
from pytest_lambda_modes.runtime.stack_frames import of_the_handler


class InvokeResponse:
    """What the Invoke API answers. (SYNC-1, SYNC-2)

    `payload` is the decoded JSON (bytes if it is none), `payload_bytes` the bytes as sent; a function error has the
    error object there and `function_error` `"Unhandled"`, with HTTP status 200 all the same (SYNC-5). `started_at` is
    an aware datetime, `duration` a timedelta without the init phase.
    """

    __slots__ = ("_invocation", "_log_type", "_started_at", "executed_version", "request_id", "status_code")

    def __init__(self, invocation: Invocation | None, request_id: str, log_type: str = "None") -> None:
        self._invocation = invocation
        self._log_type = log_type
        self.request_id = request_id
        self.status_code = 200 if invocation is not None else 204
        self.executed_version = None if invocation is None else invocation.environment.version

    @property
    def payload(self) -> Any:
        """The decoded payload; None for a dry run. Each look decodes anew, so a change is nobody else's."""
        payload = self.payload_bytes
        return decode_response(payload) if payload else None

    @property
    def payload_bytes(self) -> bytes:
        return b"" if self._invocation is None else self._outcome.payload

    @property
    def function_error(self) -> str | None:
        """None, or `"Unhandled"`. (RT-15)"""
        return None if self._invocation is None else self._outcome.function_error

    @property
    def error(self) -> ErrorDetails | None:
        """The function error's type, message and stack trace; None after a success."""
        return None if self._invocation is None else error_details(self._outcome)

    @property
    def timed_out(self) -> bool:
        """Whether the function reached its timeout. (RT-19)"""
        return self._invocation is not None and self._outcome.kind == "timeout"

    @property
    def cold_start(self) -> bool:
        """Whether the execution environment was new, or had lost its process before. (RT-22)"""
        return self._invocation is not None and self._invocation.cold_start

    @property
    def logs(self) -> str:
        """The whole log of this invocation, from START to REPORT. (RT-38)"""
        return "" if self._invocation is None else self._log.text()

    @property
    def log_result(self) -> str | None:
        """The last 4,096 bytes of the log in base64, if `log_type="Tail"` was asked for. (SYNC-14)"""
        return self._log.tail() if self._invocation is not None and self._log_type == "Tail" else None

    @property
    def started_at(self) -> dt.datetime | None:
        """When the handler began; None for a dry run."""
        if self._invocation is None:
            return None
        start = self._invocation.environment.platform.hub.scheduler.start
        return units.utc_datetime(start + self._invocation.started_at)

    @property
    def duration(self) -> dt.timedelta:
        """Virtual time from the handler's start to its end."""
        if self._invocation is None:
            return dt.timedelta(0)
        return units.to_timedelta(self._invocation.ended_at - self._invocation.started_at)

    def unwrap(self) -> Any:
        """The payload of a success; otherwise raises the handler's own exception, with its own traceback.

        Raises FunctionError where there is no such exception: after a timeout, an exit, an oversized response.
        """
        __tracebackhide__ = True
        if self.function_error is None:
            return self.payload
        raise self._exception()

    def _exception(self) -> Exception:
        exception, error = self._outcome.exception, self.error
        if isinstance(exception, Exception) and not isinstance(exception, RuntimeFault):
            return exception.with_traceback(of_the_handler(self._outcome.traceback))
        assert error is not None
        return FunctionError(str(error))

    @property
    def _outcome(self) -> Outcome:
        assert self._invocation is not None
        return self._invocation.outcome

    @property
    def _log(self) -> InvocationLog:
        assert self._invocation is not None
        return self._invocation.log

    def __str__(self) -> str:
        """A stable text of several lines, fit to be kept as a snapshot: without stack traces, which name files."""
        if self._invocation is None:
            return f"{self.status_code} dry run\nrequest {self.request_id}"
        started_at = units.iso_milliseconds(units.epoch_microseconds(self.started_at or units.EPOCH))
        error = self.error
        return "\n".join(
            (
                f"{self.status_code} {self._outcome.kind}",
                f"request {self.request_id}",
                f"version {self.executed_version}, {'cold' if self.cold_start else 'warm'} start",
                f"started {started_at}, took {self.duration.total_seconds():.3f} s",
                f"error {error}" if error is not None else f"payload {self.payload_bytes.decode('utf-8', 'replace')}",
            )
        )

    def __repr__(self) -> str:
        if self._invocation is None:
            return f"<InvokeResponse {self.status_code}, dry run>"
        text = self.payload_bytes.decode("utf-8", "replace")
        shown = text if len(text) <= 200 else f"{text[:197]}..."
        kind = "" if self.function_error is None else f", {self._outcome.kind}"
        return f"<InvokeResponse {self.status_code}{kind}, {self.duration.total_seconds():g} s, payload {shown}>"
