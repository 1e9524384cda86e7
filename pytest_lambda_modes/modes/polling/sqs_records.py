"""The messages of a queue as records of an event. (SQS-1, SQS-3)"""

from __future__ import annotations

from collections.abc import Iterable

from pytest_lambda_modes.events import sqs as event
from pytest_lambda_modes.services.sqs_message import Message
from pytest_lambda_modes.services.sqs_queue import SqsQueue


class SqsRecords:
    """Their JSON text. What stays of a record from receive to receive is built once, and kept until it is forgotten."""

    def __init__(self, queue: SqsQueue) -> None:
        self._queue = queue
        self._source = event.source_members(queue.arn)
        self._always_with_md5 = False
        self._kept: dict[Message, event.RecordText] = {}

    @property
    def always_with_md5(self) -> bool:
        """Whether `md5OfMessageAttributes` is null, not left out, where there are no attributes. (SQS-2)"""
        return self._always_with_md5

    @always_with_md5.setter
    def always_with_md5(self, always: bool) -> None:
        if always != self._always_with_md5:
            self._always_with_md5 = always
            self.forget_all()

    def text(self, message: Message, receive: int) -> str:
        """The record that the how many-th receive of a message gives; one that has been, or comes now."""
        kept = self._kept.get(message)
        if kept is None:
            kept = self._kept[message] = self._constant_parts(message)
        handle = self._queue.receipt_handle(message, receive)
        return f"{kept.before_handle}{handle}{kept.before_count}{receive}{kept.after}"

    def forget(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._kept.pop(message, None)

    def forget_all(self) -> None:
        self._kept.clear()

    def _constant_parts(self, message: Message) -> event.RecordText:
        return event.record_text(
            message_id=message.message_id,
            body=message.body,
            attributes=message.attributes_once_received,
            message_attributes=message.message_attributes,
            md5_of_message_attributes=message.md5_of_message_attributes,
            md5_of_body=message.md5_of_body,
            source=self._source,
            always_with_md5_of_message_attributes=self._always_with_md5,
        )
