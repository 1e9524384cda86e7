"""Stream records that go to the function together: one invocation, and the batch it is an attempt at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from pytest_lambda_modes import units
from pytest_lambda_modes.modes.results import ErrorDetails, error_details
from pytest_lambda_modes.runtime.invocation import Invocation
from pytest_lambda_modes.runtime.payload import decode_response
from pytest_lambda_modes.services.stream_record import Record


class Work:
    """A batch until it is done with: its records, and how often they were tried.

    Attempts at the same batch share a request id; what is split off is a new batch. (KIN-11, VT-8) `is_final` is for
    the last invocation of a tumbling window, which has no records. It is not tried before `due`.
    """

    __slots__ = ("due", "invocations", "is_final", "last", "records", "request_id", "terminated_early", "throttles")

    def __init__(self, records: Sequence[Record], request_id: str, *, is_final: bool = False, early: bool = False) -> None:
        self.records = list(records)
        self.request_id = request_id
        self.is_final = is_final
        self.terminated_early = early
        self.due = 0
        self.invocations = 0
        self.throttles = 0
        self.last: StreamBatch | None = None


class StreamBatch:
    """One attempt at a batch of stream records. `attempt` counts from 1; attempts at the same batch share `request_id`.

    `outcome` is None while it is in flight, then the invocation's (`"success"`, `"function_error"`, `"timeout"`, ...),
    `"partial_failure"` if the report has a checkpoint (KIN-14), or `"malformed_report"` or `"no_state"` if the answer
    was none (KIN-16, KIN-22).
    """

    __slots__ = ("_invocation", "attempt", "outcome", "payload", "records", "request_id", "shard_id")

    def __init__(self, work: Work, shard_id: str, payload: bytes, invocation: Invocation) -> None:
        self.records = work.records
        self.attempt = work.invocations
        self.request_id = work.request_id
        self.shard_id = shard_id
        self.payload = payload
        self.outcome: str | None = None
        self._invocation = invocation

    @property
    def event(self) -> Any:
        """The event as the handler got it, decoded anew at each look."""
        return decode_response(self.payload)

    @property
    def response(self) -> Any:
        """What the handler returned, decoded; the error object after a function error; None while it runs."""
        return None if self.outcome is None else decode_response(self._invocation.outcome.payload)

    @property
    def error(self) -> ErrorDetails | None:
        """The function error's type, message and stack trace; None if there is none."""
        return None if self.outcome is None else error_details(self._invocation.outcome)

    @property
    def executed_version(self) -> str:
        return self._invocation.environment.version

    @property
    def function_error(self) -> str | None:
        """`"Unhandled"` after a function error. A report that is none counts as a failure without one. (KIN-16)"""
        return None if self.outcome is None else self._invocation.outcome.function_error

    @property
    def started_at(self) -> dt.datetime:
        """When the handler began."""
        start = self._invocation.environment.platform.hub.scheduler.start
        return units.utc_datetime(start + self._invocation.started_at)

    @property
    def duration(self) -> dt.timedelta | None:
        """How long the handler ran, in virtual time; None while it does."""
        if self._invocation.ended_at < 0:
            return None
        return units.to_timedelta(self._invocation.ended_at - self._invocation.started_at)

    @property
    def logs(self) -> str:
        return self._invocation.log.text()

    def __str__(self) -> str:
        """A stable text of one line, fit to be kept as a snapshot."""
        return f"{self.shard_id} attempt {self.attempt}: {len(self.records)} records, {self.outcome or 'in flight'}"

    def __repr__(self) -> str:
        return f"<StreamBatch {self}>"
