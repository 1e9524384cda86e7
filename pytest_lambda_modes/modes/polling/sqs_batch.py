"""Messages that go to the function together, and what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from pytest_lambda_modes import units
from pytest_lambda_modes.modes.results import ErrorDetails, error_details
from pytest_lambda_modes.runtime.invocation import Invocation
from pytest_lambda_modes.runtime.payload import decode_response
from pytest_lambda_modes.services.sqs_message import Message


class Batch:
    """One batch of an event source mapping. `records` are the handles of its messages.

    `outcome` is None while it is in flight, then the invocation's (`"success"`, `"function_error"`, `"timeout"`, ...),
    `"partial_failure"` if only some messages were reported, `"malformed_report"` if the report was not one (SQS-12), or
    `"throttled"` if the function could not be invoked while the messages were hidden (SQS-27). `failed` are the records
    that will come back.
    """

    __slots__ = ("_invocation", "failed", "number", "outcome", "payload", "receipt_handles", "records", "request_id")

    def __init__(self, number: int, records: Sequence[Message], payload: bytes, request_id: str) -> None:
        self.number = number
        self.records = list(records)
        self.receipt_handles = [message.receipt_handle for message in records]
        self.payload = payload
        self.request_id = request_id
        self.outcome: str | None = None
        self.failed: list[Message] = []
        self._invocation: Invocation | None = None

    def ran_as(self, invocation: Invocation) -> None:
        self._invocation = invocation

    @property
    def event(self) -> Any:
        """The event as the handler got it, decoded anew at each look."""
        return decode_response(self.payload)

    @property
    def response(self) -> Any:
        """What the handler returned, decoded; the error object after a function error; None if it never ran."""
        return None if self._invocation is None else decode_response(self._invocation.outcome.payload)

    @property
    def error(self) -> ErrorDetails | None:
        """The function error's type, message and stack trace; None if there is none."""
        return None if self._invocation is None else error_details(self._invocation.outcome)

    @property
    def started_at(self) -> dt.datetime | None:
        """When the handler began; None if it never ran."""
        if self._invocation is None:
            return None
        start = self._invocation.environment.platform.hub.scheduler.start
        return units.utc_datetime(start + self._invocation.started_at)

    @property
    def duration(self) -> dt.timedelta | None:
        """How long the handler ran, in virtual time; None if it did not, or still does."""
        if self._invocation is None or self._invocation.ended_at < 0:
            return None
        return units.to_timedelta(self._invocation.ended_at - self._invocation.started_at)

    @property
    def logs(self) -> str:
        return "" if self._invocation is None else self._invocation.log.text()

    def __str__(self) -> str:
        """A stable text of one line, fit to be kept as a snapshot."""
        failed = f", {len(self.failed)} failed" if self.failed else ""
        return f"batch {self.number}: {len(self.records)} records, {self.outcome or 'in flight'}{failed}"

    def __repr__(self) -> str:
        return f"<Batch {self.number}: {len(self.records)} records, {self.outcome or 'in flight'}>"
