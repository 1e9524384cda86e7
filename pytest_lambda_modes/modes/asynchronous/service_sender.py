"""How a service hands a notification to a function: by Invoke, again and again by its own policy while Lambda refuses.

Lambda accepts at once unless a test has it refuse, so a delivery mostly is an accepted event from the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.errors import ApiError, ServiceException
from pytest_lambda_modes.model import faults
from pytest_lambda_modes.model.facts import Injected, InvokeRefused, NotificationSettled
from pytest_lambda_modes.modes.asynchronous.event_queue import EventQueue
from pytest_lambda_modes.modes.asynchronous.service_delivery import DeadLetter, Refused, ServiceDelivery, State
from pytest_lambda_modes.modes.asynchronous.service_retry_policy import CallAgain, ServiceRetryPolicy
from pytest_lambda_modes.runtime.concurrency import RESERVED_EXHAUSTED
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.invocation import Invocation
from pytest_lambda_modes.runtime.platform import Platform

# What can befall an Invoke call, as against the event that it hands over.
INVOKE_FAULTS = (faults.Throttle, faults.ServiceError)


class ServiceSender:
    """Sees every notification of the services through to Lambda's acceptance, or to the end of the service's patience.

    `deliveries` are all of them, in the order of sending.
    """

    def __init__(self, platform: Platform, queue: EventQueue, loops: LoopDriver) -> None:
        self.deliveries: list[ServiceDelivery] = []
        self._platform = platform
        self._hub = platform.hub
        self._scheduler = platform.hub.scheduler
        self._queue = queue
        self._loops = loops

    def send(
        self,
        function: Function,
        payload: bytes,
        policy: ServiceRetryPolicy,
        *,
        qualifier: str | None = None,
        settings: Mapping[str, Any] | None = None,
        faults: Mapping[int, faults.Fault] | None = None,
        invoke_faults: Mapping[int, faults.Fault] | None = None,
        lineage: dict[str, int] | None = None,
        dead_letter: DeadLetter | None = None,
    ) -> ServiceDelivery:
        """Hand a notification to a function, for the first time at once. It never raises what Lambda answers.

        `settings` and `faults` are those of the event once it is accepted, `invoke_faults` those of the calls of Invoke
        by their number. `lineage` is by default that of the handler that is running. Without `dead_letter`, what is
        given up is dropped.
        """
        caller = self._hub.activity
        if lineage is None and isinstance(caller, Invocation):
            lineage = caller.lineage
        delivery = ServiceDelivery(
            function,
            payload,
            policy,
            self._hub,
            self._loops,
            qualifier=qualifier,
            settings=settings,
            faults=faults,
            invoke_faults=invoke_faults,
            lineage=lineage,
            dead_letter=dead_letter,
        )
        self.deliveries.append(delivery)
        self._try(delivery)
        return delivery

    def filtered(self, function: Function, payload: bytes, policy: ServiceRetryPolicy) -> ServiceDelivery:
        """A notification that the service's filter keeps from the function: it is never handed over."""
        delivery = ServiceDelivery(function, payload, policy, self._hub, self._loops)
        self.deliveries.append(delivery)
        self._settle(delivery, "filtered")
        return delivery

    def _try(self, delivery: ServiceDelivery) -> None:
        delivery._tried_at.append(self._scheduler.now)
        try:
            self._inject(delivery)
            delivery.invocation = self._queue.accept(
                delivery.function,
                delivery.payload,
                qualifier=delivery._qualifier,
                settings=delivery._settings,
                faults=delivery._faults,
                lineage=delivery._lineage,
            )
        except ApiError as error:
            delivery.error = error
            self._refused(delivery, error)
        else:
            self._settle(delivery, "delivered")

    def _refused(self, delivery: ServiceDelivery, error: ApiError) -> None:
        policy, tried_at = delivery._policy, delivery._tried_at
        now, name, tries = self._scheduler.now, delivery.function.function_name, len(tried_at)
        decision = policy.after_refusal(error.status_code, tries=tries, began_at=tried_at[0], now=now)
        due = decision.at if isinstance(decision, CallAgain) else None
        self._platform.emit(InvokeRefused, now, name, policy.service, error.code, due, policy.rule)
        if isinstance(decision, CallAgain):
            self._scheduler.at(decision.at, lambda: self._try(delivery), f"{policy.service} for {name}")
        else:
            refused = Refused(delivery.function, delivery.payload, error, tries, decision.exhausted)
            self._settle(delivery, _given_up(delivery._dead_letter, refused))

    def _settle(self, delivery: ServiceDelivery, state: State) -> None:
        delivery.state = state
        now, policy = self._scheduler.now, delivery._policy
        self._platform.emit(
            NotificationSettled, now, delivery.function.function_name, policy.service, state, policy.rule
        )
        delivery._handed_over.fire()

    def _inject(self, delivery: ServiceDelivery) -> None:
        """Raise what a fault has Lambda answer to this Invoke."""
        fault = delivery._invoke_faults.get(len(delivery._tried_at))
        if fault is None:
            return
        function = delivery.function
        self._platform.emit(Injected, self._scheduler.now, function.function_name, str(fault), delivery._policy.rule)
        if isinstance(fault, faults.Throttle):
            raise function.throttle(self._platform.identifiers.uuid("refused request"), RESERVED_EXHAUSTED)
        raise ServiceException("An error occurred in the Lambda service.")


def _given_up(dead_letter: DeadLetter | None, refused: Refused) -> State:
    if dead_letter is None:
        return "dropped"
    try:
        dead_letter(refused)
    except ApiError:
        return "dropped"
    return "dead_lettered"
