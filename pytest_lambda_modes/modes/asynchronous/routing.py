"""Brings an event's end to its destination and its dead-letter queue. A failure to deliver is only told. (ASYNC-32)"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pytest_lambda_modes.errors import ApiError
from pytest_lambda_modes.model import limits
from pytest_lambda_modes.model.facts import DeadLettered, DeliveryFailed, DestinationReached, Hazard
from pytest_lambda_modes.model.targets import Target
from pytest_lambda_modes.modes.asynchronous import invocation_record
from pytest_lambda_modes.modes.asynchronous.invocation_record import InvocationRecord
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.resources import Resources


class Accept(Protocol):
    """How a Lambda destination's function is invoked: as a new event of its own. (ASYNC-50)"""

    def __call__(
        self, function: Function, payload: bytes, *, qualifier: str | None, lineage: dict[str, int] | None
    ) -> object: ...


class Undeliverable(Exception):
    """A target that cannot take what it is given, and the rule that says so."""

    def __init__(self, reason: str, rule: str) -> None:
        super().__init__(reason)
        self.rule = rule


class Router:
    def __init__(self, platform: Platform, resources: Resources, accept: Accept) -> None:
        self._platform = platform
        self._scheduler = platform.hub.scheduler
        self._resources = resources
        self._accept = accept

    def send_record(
        self, target: Target, record: InvocationRecord, trace_header: str, lineage: dict[str, int] | None
    ) -> None:
        """Send the invocation record to a destination, in the form of its service. (ASYNC-24)

        `lineage` is that of the chain to which the target's own invocations will belong (ASYNC-36).
        """
        if target.service == "sqs":
            send = lambda: self._to_queue(target, record, trace_header, lineage)
        elif target.service == "sns":
            send = lambda: self._publish(target, record, invocation_record.record_json(record), None)
        elif target.service == "lambda":
            send = lambda: self._to_function(target, record, lineage)
        elif target.service == "events":
            send = lambda: self._to_event_bus(target, record)
        else:
            send = lambda: self._to_bucket(target, record)
        if self._delivered(target, record, send, dead_letter=False):
            who = _function_name(record)
            fact = DestinationReached(self._scheduler.now, who, record.request_id, str(target), record.condition, "ASYNC-24")
            self._platform.emit(fact)
