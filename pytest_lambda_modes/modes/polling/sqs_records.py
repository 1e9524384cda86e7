"""The messages of a queue as records of an event. (SQS-1, SQS-3)"""

from __future__ import annotations

from pytest_lambda_modes.events import sqs as event
from pytest_lambda_modes.services.sqs_message import Message
from pytest_lambda_modes.services.sqs_queue import SqsQueue


class SqsRecords:
    """Their JSON text. `always_with_md5` has `md5OfMessageAttributes` null where there are no attributes. (SQS-2)"""

    def __init__(self, queue: SqsQueue) -> None:
        self.always_with_md5 = False
        self._queue = queue
        self._source = event.source_members(queue.arn)

    def text(self, message: Message, receive: int) -> str:
        """The record that the how many-th receive of a message gives; one that has been, or comes now."""
        return event.record_text(
            message_id=message.message_id,
            receipt_handle=self._queue.receipt_handle(message, receive),
            body=message.body,
            attributes=message.attributes_of(receive),
            message_attributes=message.message_attributes,
            md5_of_message_attributes=message.md5_of_message_attributes,
            md5_of_body=message.md5_of_body,
            source=self._source,
            always_with_md5_of_message_attributes=self.always_with_md5,
        )
