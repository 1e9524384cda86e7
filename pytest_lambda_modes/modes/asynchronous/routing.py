"""Brings an event's end to its destination and its dead-letter queue. A failure to deliver is only told. (ASYNC-32)"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pytest_lambda_modes.errors import ApiError
from pytest_lambda_modes.model import limits
from pytest_lambda_modes.model.facts import DeadLettered, DeliveryFailed, DestinationReached
from pytest_lambda_modes.model.targets import Target
from pytest_lambda_modes.modes.asynchronous import invocation_record
from pytest_lambda_modes.modes.asynchronous.invocation_record import InvocationRecord
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.resources import Resources


class Accept(Protocol):
    """How a Lambda destination's function is invoked: as a new event of its own. (ASYNC-50)"""

    def __call__(self, function: Function, payload: bytes, *, lineage: dict[str, int] | None) -> object: ...


class Undeliverable(Exception):
    """A target that cannot take what it is given."""


class Router:
    def __init__(self, platform: Platform, resources: Resources, accept: Accept) -> None:
        self._platform = platform
        self._resources = resources
        self._accept = accept

    def destination(self, target: Target | None, record: InvocationRecord, lineage: dict[str, int] | None) -> None:
        """Send the invocation record to a destination, in the form of its service. (ASYNC-24)"""
        if target is None:
            return
        if self._delivered(target, record, lambda: self._send_record(target, record, lineage), "ASYNC-32"):
            at, who = self._platform.hub.scheduler.now, _function_name(record)
            fact = DestinationReached(at, who, record.request_id, str(target), record.condition, "ASYNC-24")
            self._platform.emit(fact)

    def dead_letter(self, target: Target | None, record: InvocationRecord) -> None:
        """Send the event itself to the dead-letter queue or topic. (ASYNC-18, ASYNC-19)"""
        if target is None:
            return
        if self._delivered(target, record, lambda: self._send_letter(target, record), "ASYNC-32", dead_letter=True):
            at, who = self._platform.hub.scheduler.now, _function_name(record)
            rule = "ASYNC-18" if target.service == "sqs" else "ASYNC-19"
            self._platform.emit(DeadLettered(at, who, record.request_id, str(target), rule))

    def _delivered(
        self,
        target: Target,
        record: InvocationRecord,
        send: Callable[[], object],
        rule: str,
        dead_letter: bool = False,
    ) -> bool:
        try:
            if target.fifo:
                raise Undeliverable("FIFO queues and topics are not supported (ASYNC-28)")
            send()
        except (ApiError, Undeliverable) as error:
            at, who = self._platform.hub.scheduler.now, _function_name(record)
            self._platform.emit(DeliveryFailed(at, who, str(target), str(error), rule, dead_letter))
            return False
        return True

    def _send_record(self, target: Target, record: InvocationRecord, lineage: dict[str, int] | None) -> None:
        resources = self._resources
        if target.service == "sqs":
            resources.queue(target.name).send(invocation_record.record_json(record))
        elif target.service == "sns":
            self._publish(target, invocation_record.record_json(record))
        elif target.service == "lambda":
            function = self._platform.functions.get(target.name)
            if function is None:
                raise Undeliverable(f"Function not found: {target.arn}")
            self._accept(function, invocation_record.record_json(record).encode(), lineage=lineage)
        elif target.service == "events":
            bus = resources.event_bus(target.name)
            event_id = self._platform.identifiers.uuid("event bus")
            bus.receive(invocation_record.event_bridge_event(record, event_id=event_id, event_bus_arn=bus.arn))
        else:
            key = invocation_record.s3_key(record, object_id=self._platform.identifiers.uuid("s3 object"))
            body = invocation_record.record_json(record).encode()
            resources.bucket(target.name).put_object(key, body, content_type=invocation_record.S3_CONTENT_TYPE)

    def _send_letter(self, target: Target, record: InvocationRecord) -> None:
        letter = invocation_record.dead_letter(record)
        if target.service == "sqs":
            self._resources.queue(target.name).send(letter.body, message_attributes=letter.message_attributes)
        else:
            self._publish(target, letter.body, letter.message_attributes)

    def _publish(self, target: Target, message: str, attributes: dict[str, dict[str, str]] | None = None) -> None:
        if len(message.encode()) > limits.SNS_MESSAGE_BYTES:
            raise Undeliverable(f"the message is over SNS's {limits.SNS_MESSAGE_BYTES} bytes (ASYNC-29)")
        self._resources.topic(target.name).publish(message, message_attributes=attributes)


def _function_name(record: InvocationRecord) -> str:
    return record.function_arn.split(":")[6]
