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
from pytest_lambda_modes.model.facts import EventAccepted, EventSettled, Injected, RecursionStopped, RetryScheduled
from pytest_lambda_modes.modes.asynchronous import retry_policy
from pytest_lambda_modes.modes.asynchronous.event import AsyncInvocation, Attempt
from pytest_lambda_modes.modes.asynchronous.invocation_record import InvocationRecord, LastResponse
from pytest_lambda_modes.modes.asynchronous.retry_policy import GiveUp, Retry
from pytest_lambda_modes.modes.asynchronous.routing import Router
from pytest_lambda_modes.runtime.concurrency import RESERVED_EXHAUSTED
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.invocation import Invocation, Request
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.resources import Resources


class EventQueue:
    """Accepts events and sees each through to its end, exactly once."""

    def __init__(self, platform: Platform, resources: Resources, loops: LoopDriver | None = None) -> None:
        self.platform = platform
        self.events: list[AsyncInvocation] = []
        self._router = Router(platform, resources, self.accept)
        self._loops = loops

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

        `settings` are event invoke settings of this event alone. Raises RequestTooLargeException (ASYNC-2) and
        ResourceNotFoundException (SYNC-7).
        """
        if len(payload) > limits.ASYNC_REQUEST_BYTES:
            raise RequestTooLargeException(
                f"{len(payload)} byte payload is too large for the Event invocation type "
                f"(limit {limits.ASYNC_REQUEST_BYTES} bytes)"
            )
        function.check(qualifier)
        platform = self.platform
        scheduler = platform.hub.scheduler
        event = AsyncInvocation(
            function,
            payload,
            platform.identifiers.uuid("request"),
            accepted_at=scheduler.now,
            hub=platform.hub,
            loops=self._loops,
            qualifier=qualifier,
            settings=settings,
            faults=faults,
            lineage=lineage,
        )
        self.events.append(event)
        platform.emit(EventAccepted(scheduler.now, function.function_name, event.request_id))
        self._deliver_at(scheduler.now, event)
        return event

    def _deliver_at(self, due: int, event: AsyncInvocation) -> None:
        self.platform.hub.scheduler.at(due, lambda: self._deliver(event), f"event for {event.function.function_name}")

    def _deliver(self, event: AsyncInvocation) -> None:
        """One try to run the function for an event. Everything about the function is looked up anew. (ASYNC-5)"""
        event.deliveries += 1
        function, fault = event.function, event.faults.get(event.deliveries)
        now = self.platform.hub.scheduler.now
        if fault is not None:
            self._inject(event, fault)
        try:
            function.check(event.qualifier)
        except ResourceNotFoundException:
            self._settle(event, retry_policy.when_function_is_gone(now=now), LastResponse(404))
            return
        if function.is_stopped_as_recursive(event.lineage):
            self.platform.emit(RecursionStopped(now, function.function_name, event.request_id, "ASYNC-36"))
            self._settle(event, retry_policy.when_recursion_is_stopped(now=now), LastResponse(400))
        elif function.concurrency.reserved == 0:
            self._settle(event, retry_policy.when_concurrency_is_zero(now=now), None)
        elif isinstance(fault, faults.ServiceError):
            self._turned_away(event, 500)
        elif isinstance(fault, faults.Throttle):
            function.throttle(event.request_id, RESERVED_EXHAUSTED)
            self._turned_away(event, 429)
        else:
            self._begin(event, fault)

    def _begin(self, event: AsyncInvocation, fault: faults.Fault | None) -> None:
        try:
            invocation = event.function.begin(self._request(event, len(event.attempts) + 1, fault))
        except TooManyRequestsException:
            self._turned_away(event, 429)
            return
        event.throttled_in_a_row = 0
        self.platform.hub.start(lambda: self._run(event, invocation), invocation.ends_by, owner=event)

    def _request(self, event: AsyncInvocation, attempt: int, fault: faults.Fault | None) -> Request:
        kill = fault if isinstance(fault, faults.Kill) else None
        return Request(
            event.payload,
            event.request_id,
            "async",
            event.qualifier,
            attempt,
            event.accepted_at,
            lineage=event.lineage,
            kill_after=None if kill is None else units.from_timedelta(kill.after),
            kill_cause="signal" if kill is None else kill.cause,
        )

    def _run(self, event: AsyncInvocation, invocation: Invocation) -> None:
        outcome = invocation.execute()
        event.attempts.append(Attempt(len(event.attempts) + 1, invocation, event.accepted_at))
        response = LastResponse(200, invocation.environment.version, outcome.function_error, outcome.payload)
        if outcome.kind == "success":
            self._settle(event, None, response, invocation.lineage)
            return
        config = self._config(event)
        decision = retry_policy.after_function_error(
            accepted_at=event.accepted_at,
            now=invocation.ended_at,
            retries_used=len(event.attempts) - 1,
            maximum_retry_attempts=config.maximum_retry_attempts,
            maximum_event_age_in_seconds=config.maximum_event_age_in_seconds,
        )
        self._obey(event, decision, response, invocation.lineage)

    def _turned_away(self, event: AsyncInvocation, status_code: int) -> None:
        event.throttles += 1
        event.throttled_in_a_row += 1
        decision = retry_policy.after_throttle(
            accepted_at=event.accepted_at,
            now=self.platform.hub.scheduler.now,
            throttles=event.throttled_in_a_row,
            maximum_event_age_in_seconds=self._config(event).maximum_event_age_in_seconds,
        )
        self._obey(event, decision, LastResponse(status_code))

    def _obey(
        self,
        event: AsyncInvocation,
        decision: retry_policy.Decision,
        response: LastResponse,
        lineage: dict[str, int] | None = None,
    ) -> None:
        now = self.platform.hub.scheduler.now
        if isinstance(decision, Retry):
            attempt = len(event.attempts) + 1
            name = event.function.function_name
            self.platform.emit(RetryScheduled(now, name, event.request_id, attempt, decision.at, decision.rule))
            self._deliver_at(decision.at, event)
        elif decision.at > now:
            expire = "event that expires"
            self.platform.hub.scheduler.at(decision.at, lambda: self._settle(event, decision, response), expire)
        else:
            self._settle(event, decision, response, lineage)

    def _settle(
        self,
        event: AsyncInvocation,
        gave_up: GiveUp | None,
        response: LastResponse | None,
        lineage: dict[str, int] | None = None,
    ) -> None:
        """The end of an event: say so, and tell its destinations. (ASYNC-17)"""
        function = event.function
        condition, rule = ("Success", "ASYNC-17") if gave_up is None else (gave_up.condition, gave_up.rule)
        scheduler = self.platform.hub.scheduler
        event.condition = condition
        self.platform.emit(EventSettled(scheduler.now, function.function_name, event.request_id, condition, rule))
        record = InvocationRecord(
            timestamp=scheduler.epoch(),
            request_id=event.request_id,
            function_arn=function.arn if event.qualifier is None else f"{function.arn}:{event.qualifier}",
            condition=condition,
            runs=len(event.attempts),
            request_payload=event.payload,
            response=response,
        )
        config = self._config(event)
        lineage = lineage or event.lineage
        if gave_up is None:
            self._router.destination(config.on_success, record, lineage)
        else:
            self._router.destination(config.on_failure, record, lineage)
            self._router.dead_letter(config.dead_letter_target or function.config.dead_letter_target, record)
        event.done.fire()

    def _config(self, event: AsyncInvocation) -> EventInvokeConfig:
        config = event.function.event_invoke_config(event.qualifier)
        return replace(config, **event.settings) if event.settings else config

    def _inject(self, event: AsyncInvocation, fault: faults.Fault) -> None:
        scheduler = self.platform.hub.scheduler
        self.platform.emit(Injected(scheduler.now, event.function.function_name, str(fault)))
        if isinstance(fault, faults.RecycledEnvironment):
            event.function.recycle()
        elif isinstance(fault, faults.DuplicateDelivery):
            due = scheduler.now + units.from_timedelta(fault.after)
            scheduler.at(due, lambda: self._deliver_duplicate(event), "duplicate delivery")

    def _deliver_duplicate(self, event: AsyncInvocation) -> None:
        """Run the handler once more for the same event. What comes of it changes nothing for the event. (ASYNC-6)"""

        def run() -> None:
            invocation.execute()
            event.duplicates.append(Attempt(number, invocation, event.accepted_at))

        number = len(event.duplicates) + 1
        try:
            invocation = event.function.begin(self._request(event, number, None))
        except (ResourceNotFoundException, TooManyRequestsException):
            return
        self.platform.hub.start(run, invocation.ends_by, owner=event)
