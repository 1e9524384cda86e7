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
        return {"Records": list(map(self.record, messages, receives))}

    def record(self, message: Message, receive: int) -> dict[str, object]:
        """The record that the how many-th receive of a message gives; one that has been, or comes now."""
        attributes = message.message_attributes
        # By position, which is faster.
        # fmt: off
        return sqs.record(
            message.message_id, self._queue.receipt_handle(message, receive), message.body,
            message.attributes_of(receive), attributes, message.md5_of_message_attributes if attributes else None,
            message.md5_of_body, self._arn, self._region, self._has_window,
        )
        # fmt: on

    def size(self, message: Message, receive: int) -> int:
        """What the record of a receive adds to an event, in bytes."""
        return sqs.size_of(self.record(message, receive))

    def most_bytes(self, message: Message) -> int:
        """What the record of any receive adds at most, found without making it."""
        attributes, characters = message.message_attributes, len(message.body)
        if attributes:
            characters += size_in_bytes(attributes)
        if message.message_group_id is not None:
            characters += len(message.message_group_id)
        if message.message_deduplication_id is not None:
            characters += len(message.message_deduplication_id)
        if message.aws_trace_header is not None:
            characters += len(message.aws_trace_header)
        return sqs.most_bytes_of(characters, len(attributes))
