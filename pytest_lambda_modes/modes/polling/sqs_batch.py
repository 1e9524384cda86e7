"""Messages that go to the function together, and what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from pytest_lambda_modes import units
from pytest_lambda_modes.model.outcome import Outcome
from pytest_lambda_modes.modes.results import ErrorDetails, error_details
from pytest_lambda_modes.runtime.invocation import Invocation
from pytest_lambda_modes.runtime.logs import InvocationLog
from pytest_lambda_modes.runtime.payload import decode_response
from pytest_lambda_modes.services.sqs_message import Message


class Batch:
    """One batch of an event source mapping. `records` are the handles of its messages, `function_name` who gets it.

    `outcome` is None while it is in flight, then the invocation's (`"success"`, `"function_error"`, `"timeout"`, ...),
    `"partial_failure"` if only some messages were reported, or `"malformed_report"` if the report was not one (SQS-12).
    If the function never ran it is `"throttled"`: it could not be invoked while the messages were hidden (SQS-27);
    `"recursive_invocation"`: the chain of invocations was stopped here (ESM-10); or `"not_found"`: there is no such
    function.
    """

    # A test may have ten thousand of these, so each keeps of its invocation only what can be asked for.
    __slots__ = (
        "_ended_at",
        "_failed",
        "_invoked_as",
        "_log",
        "_started_at",
        "function_name",
        "number",
        "outcome",
        "payload",
        "receives",
        "records",
        "request_id",
    )

    def __init__(
        self, number: int, function_name: str, records: list[Message], payload: bytes, request_id: str
    ) -> None:
        self.number = number
        self.function_name = function_name
        self.records = records
        self.receives = tuple([message.receive_count for message in records])
        self.payload = payload
        self.request_id = request_id
        self.outcome: str | None = None
        self._failed: Collection[str] | None = ()
        self._invoked_as: Outcome | None = None
        self._log: InvocationLog | None = None
        self._started_at = self._ended_at = 0

    def ran_as(self, invocation: Invocation) -> None:
        """The invocation is over."""
        self._invoked_as = invocation.outcome
        self._log = invocation.log
        self._started_at, self._ended_at = invocation.started_at, invocation.ended_at

    def settled_as(self, outcome: str, failed: Collection[str] | None) -> None:
        """The batch is over. `failed` are the ids of the messages that did, None for all."""
        self.outcome = outcome
        self._failed = failed

    @property
    def failed(self) -> list[Message]:
        """The records that failed, and come back."""
        if self._failed is None:
            return list(self.records)
        failed = self._failed
        return [message for message in self.records if message.message_id in failed] if failed else []

    @property
    def event(self) -> Any:
        """The event as the handler got it, decoded anew at each look."""
        return decode_response(self.payload)

    @property
    def response(self) -> Any:
        """What the handler returned, decoded; the error object after a function error; None if it never ran."""
        return None if self._invoked_as is None else decode_response(self._invoked_as.payload)

    @property
    def error(self) -> ErrorDetails | None:
        """The function error's type, message and stack trace; None if there is none."""
        return None if self._invoked_as is None else error_details(self._invoked_as)

    @property
    def started_at(self) -> dt.datetime | None:
        """When the handler began; None if it never ran, or still does."""
        if self._invoked_as is None:
            return None
        return units.utc_datetime(self.records[0].queue.scheduler.start + self._started_at)

    @property
    def duration(self) -> dt.timedelta | None:
        """How long the handler ran, in virtual time; None if it did not, or still does."""
        return None if self._invoked_as is None else units.to_timedelta(self._ended_at - self._started_at)

    @property
    def logs(self) -> str:
        """The whole log of the invocation, from START to REPORT; empty if it never ran, or still does."""
        return "" if self._log is None else self._log.text()

    def __str__(self) -> str:
        """A stable text of one line, fit to be kept as a snapshot."""
        failed = f", {len(self.failed)} failed" if self.failed else ""
        return f"batch {self.number}: {len(self.records)} records, {self.outcome or 'in flight'}{failed}"

    def __repr__(self) -> str:
        return f"<Batch {self.number}: {len(self.records)} records, {self.outcome or 'in flight'}>"
