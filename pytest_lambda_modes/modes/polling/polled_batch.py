"""Records that went to the function together: what every kind of batch tells of its invocation."""

from __future__ import annotations

import datetime as dt
from typing import Any, Generic, TypeVar

from pytest_lambda_modes import units
from pytest_lambda_modes.modes.results import ErrorDetails, error_details
from pytest_lambda_modes.runtime.invocation import Invocation
from pytest_lambda_modes.runtime.payload import decode_event, decode_response
from pytest_lambda_modes.runtime.request import Request

AnyRecord = TypeVar("AnyRecord")


class PolledBatch(Request, Generic[AnyRecord]):
    """`records` are the handles of what it holds.

    `outcome` is None while it is in flight, and then says how it ended.
    """

    __slots__ = ("_invocation", "_qualifier", "outcome", "records")

    _mode = "poll"

    def __init__(self, records: list[AnyRecord], request_id: str, qualifier: str | None) -> None:
        self.records = records
        self.request_id = request_id
        self._qualifier = qualifier
        self.outcome: str | None = None
        self._invocation: Invocation | None = None

    def ran_as(self, invocation: Invocation) -> None:
        """The invocation is over."""
        self._invocation = invocation

    @property
    def payload(self) -> bytes:
        """The event as bytes."""
        raise NotImplementedError

    def _make_event(self) -> object:
        return decode_event(self.payload)

    @property
    def event(self) -> Any:
        """The event as the handler got it, made anew at each look."""
        return self._make_event()

    @property
    def response(self) -> Any:
        """What the handler returned, decoded; the error object after a function error; None if it has not run."""
        return None if self._invocation is None else decode_response(self._invocation.outcome.payload)

    @property
    def error(self) -> ErrorDetails | None:
        """The function error's type, message and stack trace; None if there is none."""
        return None if self._invocation is None else error_details(self._invocation.outcome)

    @property
    def started_at(self) -> dt.datetime | None:
        """When the handler began; None if it has not run."""
        invocation = self._invocation
        if invocation is None:
            return None
        return units.utc_datetime(invocation.environment.platform.hub.scheduler.start + invocation.started_at)

    @property
    def duration(self) -> dt.timedelta | None:
        """How long the handler ran, in virtual time; None if it has not run."""
        invocation = self._invocation
        return None if invocation is None else units.to_timedelta(invocation.ended_at - invocation.started_at)

    @property
    def logs(self) -> str:
        """The whole log of the invocation, from START to REPORT; empty if it has not run."""
        return "" if self._invocation is None else self._invocation.log.text()
