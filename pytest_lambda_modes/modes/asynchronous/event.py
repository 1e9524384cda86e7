"""An asynchronous event as its sender holds it: accepted, attempted, settled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Mapping
from itertools import pairwise
from typing import Any

from pytest_lambda_modes import units
from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.clock.signals import Signal
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.model.faults import Fault
from pytest_lambda_modes.modes.asynchronous.invocation_record import LastResponse
from pytest_lambda_modes.modes.results import ErrorDetails, error_details
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.invocation import Invocation
from pytest_lambda_modes.runtime.payload import decode_event, decode_response, preserved, restored
from pytest_lambda_modes.runtime.request import Request


class Attempt:
    """One run of the handler for an event. `number` counts from 1; retry 1 is attempt 2."""

    __slots__ = ("_invocation", "number")

    def __init__(self, number: int, invocation: Invocation) -> None:
        self.number = number
        self._invocation = invocation

    @property
    def started_at(self) -> dt.datetime:
        """When the handler began, as an aware datetime."""
        return self._moment(self._invocation.started_at)

    @property
    def ended_at(self) -> dt.datetime:
        """When it ended."""
        return self._moment(self._invocation.ended_at)

    @property
    def duration(self) -> dt.timedelta:
        return units.to_timedelta(self._invocation.ended_at - self._invocation.started_at)

    @property
    def outcome(self) -> str:
        """`"success"`, `"function_error"`, `"timeout"`, `"exit"`, `"init_error"`, `"marshal_error"`, ..."""
        return self._invocation.outcome.kind

    @property
    def error(self) -> ErrorDetails | None:
        """The function error's type, message and stack trace; None after a success."""
        return error_details(self._invocation.outcome)

    @property
    def response(self) -> Any:
        """What the handler returned, decoded; the error object after a function error."""
        return decode_response(self._invocation.outcome.payload)

    @property
    def dwell_time(self) -> dt.timedelta:
        """From the event's acceptance to this start, as X-Ray names it. (MET-18)"""
        return units.to_timedelta(self._invocation.started_at - self._invocation.request._queued_at)

    @property
    def cold_start(self) -> bool:
        return self._invocation.cold_start

    @property
    def logs(self) -> str:
        """The whole log of this attempt, from START to REPORT. (RT-38)"""
        return self._invocation.log.text()

    def _moment(self, instant: int) -> dt.datetime:
        return units.utc_datetime(self._invocation.environment.platform.hub.scheduler.start + instant)

    def __str__(self) -> str:
        return (
            f"attempt {self.number} after {self.dwell_time.total_seconds():.3f} s: {self.outcome}, "
            f"took {self.duration.total_seconds():.3f} s"
        )

    def __repr__(self) -> str:
        return f"<{self}>"


class AsyncInvocation(Request):
    """An event that Lambda has accepted (202). Nothing has run; time has to pass first. (ASYNC-1)

    `attempts` are the runs of the handler that have ended, `duplicates` those of a duplicate delivery (ASYNC-6).
    `deliveries` counts Lambda's tries to run the function, those that it turned away included (see `throttles`).
    `condition` is None while the event is pending, then `"Success"`, `"RetriesExhausted"`, `"EventAgeExceeded"`,
    `"ZeroReservedConcurrency"` or `"RecursiveInvocation"` (ASYNC-22). `payload` is the event's JSON.

    In an async test an invocation can be awaited, and gives itself. What is underscored belongs to the queue.
    """

    # A test may have many thousands of these, so what few of them need is made when it is needed.
    __slots__ = (
        "_attempts",
        "_done",
        "_duplicates",
        "_faults",
        "_hub",
        "_lineage",
        "_loops",
        "_preserved",
        "_qualifier",
        "_queued_at",
        "_runs",
        "_settings",
        "_status_code",  # of the last try
        "_throttled_at",
        "_throttled_in_a_row",
        "condition",
        "deliveries",
        "function",
        "payload",
    )

    _mode = "async"
    status_code = 202

    def __init__(
        self,
        function: Function,
        payload: bytes,
        request_id: str,
        qualifier: str | None,
        lineage: dict[str, int] | None,
        hub: Hub,
        loops: LoopDriver,
        settings: Mapping[str, Any] | None,
        faults: Mapping[int, Fault] | None,
    ) -> None:
        self.function = function
        self.payload = payload
        self.request_id = request_id
        self._qualifier = qualifier
        self._lineage = lineage
        self._queued_at = hub.scheduler.now
        self.deliveries = 0
        self.condition: str | None = None
        self._settings = settings
        self._faults = faults
        self._preserved: bytes | None = None
        self._runs: list[Invocation] = []
        self._attempts: list[Attempt] | None = None
        self._duplicates: list[Attempt] | None = None
        self._status_code: int | None = None
        self._throttled_at: list[int] | None = None
        self._throttled_in_a_row = 0
        self._done: Signal | None = None
        self._hub = hub
        self._loops = loops

    @property
    def attempts(self) -> list[Attempt]:
        made = self._attempts
        if made is None:
            made = self._attempts = []
        made += [Attempt(number, run) for number, run in enumerate(self._runs[len(made) :], len(made) + 1)]
        return made

    @property
    def duplicates(self) -> list[Attempt]:
        if self._duplicates is None:
            self._duplicates = []
        return self._duplicates

    def _make_event(self) -> object:
        if self._preserved is not None:
            return restored(self._preserved)
        event = decode_event(self.payload)
        if self.condition is None:
            self._preserved = preserved(event)
        return event

    @property
    def accepted_at(self) -> dt.datetime:
        """When Lambda took it, as an aware datetime."""
        return units.utc_datetime(self._hub.scheduler.start + self._queued_at)

    @property
    def settled(self) -> bool:
        """Whether nothing more will be tried."""
        return self.condition is not None

    @property
    def delays(self) -> list[dt.timedelta]:
        """From each attempt's end to the next one's start."""
        return [after.started_at - before.ended_at for before, after in pairwise(self.attempts)]

    @property
    def throttles(self) -> list[dt.datetime]:
        """When a try never reached the handler: for want of concurrency, or by a fault. No retry is used. (ASYNC-10)"""
        start = self._hub.scheduler.start
        return [units.utc_datetime(start + instant) for instant in self._throttled_at or ()]

    def wait(self) -> AsyncInvocation:
        """Let virtual time pass until the event is settled; gives the invocation itself.

        Raises NotSettledError when that does not come about.
        """
        if self._hub.activity is None:
            # The test runs the world itself, and needs no signal.
            self._hub.run_while(lambda: self.condition is None, owner=self)
        else:
            self._hub.wait_for(self._when_settled(), owner=self)
        return self

    def __await__(self) -> Generator[Any, None, AsyncInvocation]:
        done = self._when_settled()
        if not done.fired:
            yield from self._loops.future_of(done.listeners.append).__await__()
        return self

    def _when_settled(self) -> Signal:
        done = self._done
        if done is None:
            done = self._done = Signal()
            done.fired = self.settled
        return done

    def _tell_of_its_end(self) -> None:
        self._preserved = None
        done, self._done = self._done, None
        if done is not None:
            done.fire()

    def _turned_away(self, at: int, status_code: int) -> None:
        """A try never reached the handler."""
        self._throttled_at = [*(self._throttled_at or ()), at]
        self._throttled_in_a_row += 1
        self._status_code = status_code

    def _ran(self, invocation: Invocation) -> None:
        self._runs.append(invocation)
        self._status_code = 200
        if self._attempts is not None:
            # Somebody has looked at them, and may still hold the list.
            _ = self.attempts

    def _last_response(self) -> LastResponse | None:
        """What the last try was answered; None when there was none, for want of any concurrency. (ASYNC-13)"""
        if self._status_code is None:
            return None
        if self._status_code != 200:
            return LastResponse(self._status_code)
        last = self._runs[-1]
        return LastResponse(200, last.environment.version, last.outcome)

    def _chain(self) -> dict[str, int] | None:
        """By function, the invocations that led to what comes of this event. (ASYNC-36)"""
        return self._runs[-1].lineage if self._runs else self._lineage

    def __str__(self) -> str:
        """A stable text of several lines, fit to be kept as a snapshot."""
        lines = [f"{self.function.function_name} {self.condition or 'pending'}", f"request {self.request_id}"]
        lines += [str(attempt) for attempt in self.attempts]
        if self._throttled_at:
            lines.append(f"throttled {counted(len(self._throttled_at), 'time')}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        course = [attempt.outcome for attempt in self.attempts] or ["no attempt yet"]
        if self._throttled_at:
            course.append(counted(len(self._throttled_at), "throttle"))
        return (
            f"<AsyncInvocation of {self.function.function_name}: {', '.join([self.condition or 'pending', *course])}>"
        )
