"""Brings an event's end to its destination and its dead-letter queue. A failure to deliver is only told. (ASYNC-32)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pytest_lambda_modes.errors import ApiError
from pytest_lambda_modes.model import limits
from pytest_lambda_modes.model.facts import DeadLettered, DeliveryFailed, DestinationReached, Hazard
from pytest_lambda_modes.model.targets import Target
from pytest_lambda_modes.modes.asynchronous import invocation_record
from pytest_lambda_modes.modes.asynchronous.invocation_record import InvocationRecord
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.message_body import JsonText
from pytest_lambda_modes.services.resources import Resources


class Accept(Protocol):
    """How a Lambda destination's function is invoked: with a new event of its own. (ASYNC-4)"""

    def __call__(
        self, function: Function, payload: bytes, *, qualifier: str | None, lineage: dict[str, int] | None
    ) -> object: ...


class Undeliverable(Exception):
    """A target that cannot take what it is given, and the rule that says so."""

    def __init__(self, reason: str, rule: str) -> None:
        super().__init__(reason)
        self.rule = rule


class Router:
    """Knows where each kind of target is, and what it takes."""

    def __init__(self, platform: Platform, resources: Resources, accept: Accept) -> None:
        self._platform = platform
        self._scheduler = platform.hub.scheduler
        self._resources = resources
        self._accept = accept

    def send_record(
        self, target: Target, record: InvocationRecord, trace_header: str, lineage: dict[str, int] | None
    ) -> None:
        """Send the invocation record to a destination, in the form of its service. (ASYNC-24)

        What the record sets off there belongs to the chain of invocations that `lineage` counts. (ASYNC-36)
        """
        try:
            with self._resources.chain.acting_for(lineage):
                self._send(target, record, trace_header, lineage)
        except (ApiError, Undeliverable) as error:
            self._say_failed(target, record, error, dead_letter=False)
        else:
            now, who = self._scheduler.now, record.function_name
            condition = record.condition
            self._platform.emit(DestinationReached, now, who, record.request_id, str(target), condition, "ASYNC-24")

    def _send(
        self, target: Target, record: InvocationRecord, trace_header: str, lineage: dict[str, int] | None
    ) -> None:
        if target.service == "sqs":
            self._to_queue(target, record, trace_header)
        elif target.service == "sns":
            self._publish(target, record, invocation_record.record_json(record))
        elif target.service == "lambda":
            self._to_function(target, record, lineage)
        elif target.service == "events":
            bus = self._resources.event_bus(target.name)
            bus.put_events([invocation_record.event_bridge_entry(record, event_bus_arn=bus.arn)])
        else:
            self._to_bucket(target, record)

    def send_dead_letter(self, target: Target, record: InvocationRecord) -> None:
        """Send the event itself to the dead-letter queue or topic. (ASYNC-18, ASYNC-19)"""
        body, attributes = invocation_record.dead_letter(record)
        try:
            if target.service == "sqs":
                _refuse_fifo(target)
                self._resources.queue(target.name).send(JsonText(body), message_attributes=attributes)
            else:
                self._publish(target, record, body, attributes)
        except (ApiError, Undeliverable) as error:
            self._say_failed(target, record, error, dead_letter=True)
        else:
            rule = "ASYNC-18" if target.service == "sqs" else "ASYNC-19"
            now, who = self._scheduler.now, record.function_name
            self._platform.emit(DeadLettered, now, who, record.request_id, str(target), rule)

    def _say_failed(self, target: Target, record: InvocationRecord, error: Exception, *, dead_letter: bool) -> None:
        rule = error.rule if isinstance(error, Undeliverable) else "ASYNC-32"
        now, who = self._scheduler.now, record.function_name
        self._platform.emit(DeliveryFailed, now, who, str(target), str(error), rule, dead_letter)

    def _to_queue(self, target: Target, record: InvocationRecord, trace_header: str) -> None:
        _refuse_fifo(target)
        body = JsonText(invocation_record.record_json(record))
        self._resources.queue(target.name).send(body, aws_trace_header=trace_header)

    def _publish(
        self,
        target: Target,
        record: InvocationRecord,
        message: str,
        message_attributes: Mapping[str, object] | None = None,
    ) -> None:
        _refuse_fifo(target)
        size = len(message.encode())
        if size > limits.SNS_MESSAGE_BYTES:
            text = f"a message of {size} bytes is over SNS's {limits.SNS_MESSAGE_BYTES}, and is lost"
            self._platform.emit(Hazard, self._scheduler.now, record.function_name, "HAZ-27", text)
            raise Undeliverable(text, "ASYNC-29")
        self._resources.topic(target.name).publish(message, message_attributes=message_attributes)

    def _to_function(self, target: Target, record: InvocationRecord, lineage: dict[str, int] | None) -> None:
        function = self._platform.functions.get(target.name)
        if function is None:
            raise Undeliverable(f"Function not found: {target.arn}", "ASYNC-32")
        qualifier = target.arn.removeprefix(function.arn).removeprefix(":") or None
        payload = invocation_record.record_json(record).encode()
        self._accept(function, payload, qualifier=qualifier, lineage=lineage)

    def _to_bucket(self, target: Target, record: InvocationRecord) -> None:
        key = invocation_record.s3_key(record, object_id=self._platform.identifiers.uuid("s3 object"))
        body = invocation_record.record_json(record)
        self._resources.bucket(target.name).put_object(key, body, content_type=invocation_record.S3_CONTENT_TYPE)


def _refuse_fifo(target: Target) -> None:
    if target.fifo:
        raise Undeliverable("FIFO queues and topics are not supported", "ASYNC-28")
