"""Lambda's own queue of asynchronous events: delivers each, and does what the retry policy says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pytest_lambda_modes import units
from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.errors import RequestTooLargeException, ResourceNotFoundException, TooManyRequestsException
from pytest_lambda_modes.model import faults, limits
from pytest_lambda_modes.model.event_invoke_config import EventInvokeConfig
from pytest_lambda_modes.model.facts import (
    EventAccepted,
    EventSettled,
    Hazard,
    Injected,
    RecursionStopped,
    RetryScheduled,
)
from pytest_lambda_modes.model.function_config import FunctionConfig
from pytest_lambda_modes.model.hazards import event_invoke_hazards
from pytest_lambda_modes.modes.asynchronous import retry_policy
from pytest_lambda_modes.modes.asynchronous.event import AsyncInvocation, Attempt
from pytest_lambda_modes.modes.asynchronous.invocation_record import InvocationRecord
from pytest_lambda_modes.modes.asynchronous.retry_policy import GiveUp, Retry
from pytest_lambda_modes.modes.asynchronous.routing import Router
from pytest_lambda_modes.runtime.concurrency import RESERVED_EXHAUSTED
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.invocation import Invocation
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.runtime.trace_header import trace_header
from pytest_lambda_modes.services.resources import Resources


class EventQueue:
    """Accepts events and sees each through to its end, exactly once."""

    def __init__(self, platform: Platform, resources: Resources, loops: LoopDriver) -> None:
        self.events: list[AsyncInvocation] = []
        self._identifiers = platform.identifiers
        self._emit = platform.emit
        self._hub = platform.hub
        self._scheduler = platform.hub.scheduler
        self._loops = loops
        self._router = Router(platform, resources, self.accept)
        self._examined: dict[Function, tuple[EventInvokeConfig, FunctionConfig]] = {}
        self._hazards: set[tuple[Function, str]] = set()

    def accept(
        self,
        function: Function,
        payload: bytes,
        *,
        qualifier: str | None = None,
        settings: Mapping[str, Any] | None = None,
        faults: Mapping[int, faults.Fault] | None = None,
        lineage: dict[str, int] | None = None,
    ) -> AsyncInvocation:
        """Queue an event, after the checks that AWS makes before it answers 202. (ASYNC-1)

        `settings` are event invoke settings of this event alone. `lineage` is that of the chain it belongs to, by
        default that of the handler that is running. Raises RequestTooLargeException (ASYNC-2) and
        ResourceNotFoundException (SYNC-7).
        """
        if len(payload) > limits.ASYNC_REQUEST_BYTES:
            raise RequestTooLargeException(
                f"{len(payload)} byte payload is too large for the Event invocation type "
                f"(limit {limits.ASYNC_REQUEST_BYTES} bytes)"
            )
        function.check(qualifier)
        caller = self._hub.activity
        if lineage is None and isinstance(caller, Invocation):
            lineage = caller.lineage
        now, request_id = self._scheduler.now, self._identifiers.uuid("request")
        event = AsyncInvocation(
            function, payload, request_id, qualifier, lineage, self._hub, self._loops, settings, faults
        )
        self.events.append(event)
        self._emit(EventAccepted, now, function.function_name, request_id)
        self._examine(function, self._config(event))
        self._deliver_at(now, event)
        return event

    def _examine(self, function: Function, config: EventInvokeConfig) -> None:
        """Say each hazard of a function's settings once, when it is first used with them. (HAZ-14, 15, 16, 18)"""
        examined = (config, function.config)
        if self._examined.get(function) == examined:
            return
        self._examined[function] = examined
        for hazard, text in event_invoke_hazards(*examined):
            if (function, hazard) not in self._hazards:
                self._hazards.add((function, hazard))
                self._emit(Hazard, self._scheduler.now, function.function_name, hazard, text)

    # Delivering

    def _deliver_at(self, due: int, event: AsyncInvocation) -> None:
        self._scheduler.at(due, lambda: self._deliver(event), f"event for {event.function.function_name}")

    def _deliver(self, event: AsyncInvocation) -> None:
        """One try to run the function for an event. Everything about the function is looked up anew. (ASYNC-5)"""
        config = self._config(event)
        gave_up = self._gives_up(event, config)
        if gave_up is not None:
            self._settle(event, config, gave_up)
            return
        event.deliveries += 1
        fault = event._faults.get(event.deliveries) if event._faults else None
        if fault is None:
            self._begin(event)
        else:
            self._deliver_with(fault, event)

    def _deliver_with(self, fault: faults.Fault, event: AsyncInvocation) -> None:
        self._inject(event, fault)
        if isinstance(fault, faults.ServiceError):
            self._turned_away(event, 500)
        elif isinstance(fault, faults.Throttle):
            event.function.throttle(event.request_id, RESERVED_EXHAUSTED)
            self._turned_away(event, 429)
        else:
            self._begin(event, fault if isinstance(fault, faults.Kill) else None)

    def _gives_up(self, event: AsyncInvocation, config: EventInvokeConfig) -> GiveUp | None:
        """Why there is no point in a try, if so: what has become of the event, of its function, or of its chain."""
        now, function = self._scheduler.now, event.function
        too_old = retry_policy.when_too_old(
            accepted_at=event._queued_at,
            now=now,
            throttles=event._throttled_in_a_row,
            maximum_event_age_in_seconds=config.maximum_event_age_in_seconds,
        )
        if too_old is not None:
            return too_old
        try:
            function.check(event._qualifier)
        except ResourceNotFoundException:
            event._status_code = 404
            return retry_policy.when_function_is_gone(now=now)
        if event._lineage is not None and function.is_stopped_as_recursive(event._lineage):
            event._status_code = 400
            self._emit(RecursionStopped, now, function.function_name, event.request_id, "ASYNC-36")
            return retry_policy.when_recursion_is_stopped(now=now)
        if function.concurrency.reserved == 0:
            event._status_code = None
            return retry_policy.when_concurrency_is_zero(now=now)
        return None

    def _begin(self, event: AsyncInvocation, kill: faults.Kill | None = None) -> None:
        try:
            invocation = event.function.begin(event, len(event._runs) + 1, kill)
        except TooManyRequestsException:
            self._turned_away(event, 429)
            return
        event._throttled_in_a_row = 0
        self._hub.start(lambda: self._run(event, invocation), invocation.ends_by, event)

    def _run(self, event: AsyncInvocation, invocation: Invocation) -> None:
        outcome = invocation.execute()
        event._ran(invocation)
        config = self._config(event)
        if outcome.kind == "success":
            self._settle(event, config, None)
            return
        decision = retry_policy.after_function_error(
            accepted_at=event._queued_at,
            now=invocation.ended_at,
            retries_used=len(event._runs) - 1,
            maximum_retry_attempts=config.maximum_retry_attempts,
            maximum_event_age_in_seconds=config.maximum_event_age_in_seconds,
        )
        self._obey(event, config, decision)

    def _turned_away(self, event: AsyncInvocation, status_code: int) -> None:
        now, config = self._scheduler.now, self._config(event)
        event._turned_away(now, status_code)
        decision = retry_policy.after_throttle(
            accepted_at=event._queued_at,
            now=now,
            throttles=event._throttled_in_a_row,
            maximum_event_age_in_seconds=config.maximum_event_age_in_seconds,
        )
        self._obey(event, config, decision)

    def _obey(self, event: AsyncInvocation, config: EventInvokeConfig, decision: retry_policy.Decision) -> None:
        now = self._scheduler.now
        if isinstance(decision, GiveUp) and decision.at <= now:
            self._settle(event, config, decision)
            return
        if isinstance(decision, Retry):
            name, attempt = event.function.function_name, len(event._runs) + 1
            self._emit(RetryScheduled, now, name, event.request_id, attempt, decision.at, decision.rule)
        # What is given up later is delivered too, and found to be too old.
        self._deliver_at(decision.at, event)

    # The end

    def _settle(self, event: AsyncInvocation, config: EventInvokeConfig, gave_up: GiveUp | None) -> None:
        """The end of an event: say so, and tell its destinations. (ASYNC-17)"""
        function = event.function
        if gave_up is None:
            condition, rule = "Success", "ASYNC-17"
            destination, dead_letter_target = config.on_success, None
        else:
            condition, rule, _ = gave_up
            destination = config.on_failure
            dead_letter_target = config.dead_letter_target or function.config.dead_letter_target
        if condition == "RecursiveInvocation" and self._stopped_before(event):
            destination = dead_letter_target = None
        event.condition = condition
        self._emit(EventSettled, self._scheduler.now, function.function_name, event.request_id, condition, rule)
        if destination is not None:
            trace = trace_header(event.request_id, self._scheduler.start + event._queued_at)
            self._router.send_record(destination, self._record(event, condition), trace, event._chain())
        if dead_letter_target is not None:
            self._router.send_dead_letter(dead_letter_target, self._record(event, condition))
        event._tell_of_its_end()

    def _stopped_before(self, event: AsyncInvocation) -> bool:
        """Whether what a stopped event set off on its failure path has come back, to be stopped again. (ASYNC-36)

        Then there is no failure path any more, or the two would call each other for ever.
        """
        name = event.function.function_name
        before = event._lineage or {}
        count = before.get(name, 0)
        if not event._runs:
            # A run has counted already.
            event._lineage = {**before, name: count + 1}
        return count > limits.RECURSION_LIMIT

    def _record(self, event: AsyncInvocation, condition: str) -> InvocationRecord:
        function, qualifier = event.function, event._qualifier
        return InvocationRecord(
            self._scheduler.epoch(),
            event.request_id,
            function.function_name,
            function.arn if qualifier is None else f"{function.arn}:{qualifier}",
            condition,
            len(event._runs),
            event.payload,
            event._last_response(),
        )

    def _config(self, event: AsyncInvocation) -> EventInvokeConfig:
        config = event.function.event_invoke_config(event._qualifier)
        return replace(config, **event._settings) if event._settings else config

    # Faults

    def _inject(self, event: AsyncInvocation, fault: faults.Fault) -> None:
        now, function = self._scheduler.now, event.function
        self._emit(Injected, now, function.function_name, str(fault), fault.rule)
        if isinstance(fault, faults.RecycledEnvironment):
            function.recycle()
        elif isinstance(fault, faults.DuplicateDelivery):
            due = now + units.from_timedelta(fault.after)
            self._scheduler.at(due, lambda: self._deliver_duplicate(event), "duplicate delivery")

    def _deliver_duplicate(self, event: AsyncInvocation) -> None:
        """Run the handler once more for the same event. What comes of it changes nothing for the event. (ASYNC-6)"""

        def run() -> None:
            invocation.execute()
            event.duplicates.append(Attempt(len(event.duplicates) + 1, invocation))

        try:
            invocation = event.function.begin(event, len(event._runs) + 1)
        except (ResourceNotFoundException, TooManyRequestsException):
            return
        self._hub.start(run, invocation.ends_by)
