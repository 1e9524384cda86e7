"""The messages of a queue as records of an event. (SQS-1, SQS-3)"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_lambda_modes.events import sqs
from pytest_lambda_modes.services.message_attributes import size_in_bytes
from pytest_lambda_modes.services.sqs_message import Message
from pytest_lambda_modes.services.sqs_queue import SqsQueue


class SqsRecords:
    """Made anew at each look, so that a handler may do with them what it likes.

    With a batching window `md5OfMessageAttributes` is null where there are no attributes. (SQS-2)
    """

    __slots__ = ("_arn", "_has_window", "_queue", "_region")

    def __init__(self, queue: SqsQueue, *, has_window: bool) -> None:
        self._queue = queue
        self._arn = queue.arn
        self._region = queue.arn.split(":")[3]
        self._has_window = has_window

    def event(self, messages: Sequence[Message], receives: Sequence[int]) -> dict[str, object]:
        """The event of some messages, given which receive of each it was."""
        record = self.record
        return {"Records": [record(message, receive) for message, receive in zip(messages, receives, strict=True)]}

    def record(self, message: Message, receive: int) -> dict[str, object]:
        """The record that the how many-th receive of a message gives; one that has been, or comes now."""
        return sqs.record(
            message_id=message.message_id,
            receipt_handle=self._queue.receipt_handle(message, receive),
            body=message.body,
            attributes=message.attributes_of(receive),
            message_attributes=message.message_attributes,
            md5_of_message_attributes=message.md5_of_message_attributes,
            md5_of_body=message.md5_of_body,
            event_source_arn=self._arn,
            region=self._region,
            always_with_md5_of_message_attributes=self._has_window,
        )

    def size(self, message: Message, receive: int) -> int:
        """What the record of a receive adds to an event, in bytes."""
        return sqs.size_of(self.record(message, receive))

    def most_bytes(self, message: Message) -> int:
        """What the record of any receive adds at most, found without making it."""
        attributes, characters = message.message_attributes, len(message.body)
        if attributes:
            characters += size_in_bytes(attributes)
        for text in (message.message_group_id, message.message_deduplication_id, message.aws_trace_header):
            if text is not None:
                characters += len(text)
        return sqs.most_bytes_of(characters, len(attributes))
