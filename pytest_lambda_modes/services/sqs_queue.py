"""A standard SQS queue: what its API does, and whom it tells. It has no timer."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.clock.signals import Signal
from pytest_lambda_modes.clock.waiting import NOBODY_WAITS, Waiting
from pytest_lambda_modes.errors import (
    MessageNotInflight,
    PurgeQueueInProgress,
    ReceiptHandleIsInvalid,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services import queue_attributes as allowed
from pytest_lambda_modes.services.message_attributes import checked_attributes
from pytest_lambda_modes.services.message_body import body_text, check_size
from pytest_lambda_modes.services.message_move import MessageMoveTask
from pytest_lambda_modes.services.queue_contents import QueueContents
from pytest_lambda_modes.services.sqs_message import NOT_WAITING, Message
from pytest_lambda_modes.units import MINUTE, SECOND


class SqsQueue(QueueContents):
    """A standard queue, with SQS's settings, ranges and defaults. (SQS-21)"""

    def __init__(
        self,
        name: str,
        scheduler: Scheduler,
        identifiers: Identifiers,
        *,
        visibility_timeout: int = allowed.VISIBILITY_TIMEOUT.default,
        message_retention_period: int = allowed.MESSAGE_RETENTION_PERIOD.default,
        delay_seconds: int = allowed.DELAY_SECONDS.default,
        maximum_message_size: int = allowed.MAXIMUM_MESSAGE_SIZE.default,
        receive_message_wait_time_seconds: int = allowed.RECEIVE_MESSAGE_WAIT_TIME_SECONDS.default,
        dead_letter_queue: SqsQueue | None = None,
        max_receive_count: int | None = None,
    ) -> None:
        super().__init__(name, scheduler, identifiers)
        self.move_tasks: list[MessageMoveTask] = []
        self.waiting: Waiting = NOBODY_WAITS
        self._purged_at: int | None = None
        self.set_attributes(
            visibility_timeout=visibility_timeout,
            message_retention_period=message_retention_period,
            delay_seconds=delay_seconds,
            maximum_message_size=maximum_message_size,
            receive_message_wait_time_seconds=receive_message_wait_time_seconds,
        )
        self.set_redrive_policy(dead_letter_queue, max_receive_count)

    def set_attributes(self, **attributes: int) -> None:
        super().set_attributes(**attributes)
        if "message_retention_period" in attributes:
            self.store.renew_expiry(self._expires_at)
            self._tell_of_arrival()

    def send(
        self,
        body: object,
        *,
        delay_seconds: int | None = None,
        message_attributes: Mapping[str, object] | None = None,
        message_group_id: str | None = None,
        message_deduplication_id: str | None = None,
        aws_trace_header: str | None = None,
    ) -> Message:
        """SendMessage: text, or any JSON value as `json.dumps` writes it.

        Message attributes are in API form, or plain str, int, float or bytes. On a standard queue a group id makes a
        fair queue, and is only carried along. `delay_seconds` is 0 to 900, by default the queue's.

        Raises EventError for what JSON cannot carry, ConfigError for parameters of the wrong type, and SQS's
        InvalidParameterValue, InvalidMessageContents, MissingParameter, QueueDoesNotExist.
        """
        self._check_existence()
        if delay_seconds is not None:
            allowed.whole_number(delay_seconds, "DelaySeconds", allowed.DELAY_SECONDS)
        message = Message(self, body_text(body), checked_attributes(message_attributes))
        check_size(message.body, message.message_attributes, self.maximum_message_size)
        message.message_group_id = message_group_id
        message.message_deduplication_id = message_deduplication_id
        if aws_trace_header is not None:
            message.aws_trace_header = allowed.text(aws_trace_header, "AWSTraceHeader")
        message.lineage = self.waiting.lineage()
        return self._accept(message, delay_seconds)

    def receive(
        self,
        max_number_of_messages: int = 1,
        *,
        visibility_timeout: int | None = None,
        wait_time_seconds: int | None = None,
    ) -> list[Message]:
        """ReceiveMessage: 1 to 10 messages that are visible, hidden for `visibility_timeout` seconds from now.

        If there is none, it lets virtual time pass until there is one, for `wait_time_seconds` at most: 0 to 20, by
        default the queue's `receive_message_wait_time_seconds`. Each message's `receipt_handle` is this receive's until
        the next. What was received `max_receive_count` times before goes to the dead-letter queue instead (SQS-8).

        Raises InvalidParameterValue, OverLimit, QueueDoesNotExist.
        """
        allowed.in_range(max_number_of_messages, "MaxNumberOfMessages", allowed.MAX_NUMBER_OF_MESSAGES)
        if visibility_timeout is not None:
            allowed.in_range(visibility_timeout, "VisibilityTimeout", allowed.VISIBILITY_TIMEOUT)
        if wait_time_seconds is None:
            wait_time_seconds = self.receive_message_wait_time_seconds
        allowed.in_range(wait_time_seconds, "WaitTimeSeconds", allowed.RECEIVE_MESSAGE_WAIT_TIME_SECONDS)
        waits_until = self.scheduler.now + wait_time_seconds * SECOND
        messages = self.poll(max_number_of_messages, visibility_timeout)
        while not messages and self.scheduler.now < waits_until:
            self._wait_for_arrival(waits_until)
            messages = self.poll(max_number_of_messages, visibility_timeout)
        return messages

    def _wait_for_arrival(self, until: int) -> None:
        arrival, next_visible_at = Signal(), self.next_visible_at()
        if next_visible_at is not None and next_visible_at < until:
            until = next_visible_at
        self.on_arrival.append(arrival.fire)
        try:
            self.waiting.for_signal(arrival, until)
        finally:
            self.on_arrival.remove(arrival.fire)

    def delete_message(self, receipt_handle: str) -> None:
        """DeleteMessage. Succeeds for a message that is gone, and on a standard queue for an expired handle. (SQS-19)

        Raises ReceiptHandleIsInvalid, QueueDoesNotExist, and on a FIFO queue InvalidParameterValue for an expired one.
        """
        message = self._received(receipt_handle)
        if message is not None:
            self._delete([message], "deleted")

    def change_message_visibility(self, receipt_handle: str, visibility_timeout: int) -> None:
        """ChangeMessageVisibility: hide a message that is in flight for 0 to 43,200 seconds from now.

        Raises InvalidParameterValue, MessageNotInflight, ReceiptHandleIsInvalid, QueueDoesNotExist.
        """
        allowed.in_range(visibility_timeout, "VisibilityTimeout", allowed.VISIBILITY_TIMEOUT)
        message = self._received(receipt_handle)
        if message is None:
            reason = "Message does not exist or is not available for visibility timeout change."
            raise allowed.invalid(receipt_handle, "ReceiptHandle", reason)
        if message._wakes_at == NOT_WAITING:
            raise MessageNotInflight
        visible_at = self.scheduler.now + visibility_timeout * SECOND
        if visible_at - message._receives[-1][0] > allowed.VISIBILITY_TIMEOUT.most * SECOND:
            reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"
            raise allowed.invalid(visibility_timeout, "VisibilityTimeout", reason)
        self.store.change_visibility(message, visible_at)
        self._tell_of_arrival()

    def redrive(
        self, destination: SqsQueue | None = None, *, max_number_of_messages_per_second: int | None = None
    ) -> MessageMoveTask:
        """StartMessageMoveTask: what is visible in this dead-letter queue goes back to the queues it came from.

        Or to `destination`. Without a rate (1 to 500) at once; with one, as virtual time passes. There each is a new
        message, with an id, a send time and a receive count of its own. (SQS-23)

        Raises InvalidParameterValue for a queue that is no dead-letter queue or has a task running already,
        ResourceNotFoundException for a deleted destination.
        """
        self._check_existence()
        task = MessageMoveTask(self, destination, max_number_of_messages_per_second)
        self.move_tasks.append(task)
        task.start()
        return task

    def purge(self) -> None:
        """PurgeQueue: all messages are deleted, in flight or not. Raises PurgeQueueInProgress for 60 s after."""
        self._check_existence()
        now = self.scheduler.now
        if self._purged_at is not None and now < self._purged_at + MINUTE:
            raise PurgeQueueInProgress(f"Only one PurgeQueue operation on {self.name} is allowed every 60 seconds.")
        self._purged_at = now
        for message in self.messages:
            self.store.end(message, "deleted")

    def delete(self) -> None:
        """DeleteQueue. The messages are gone, and from now on every call raises QueueDoesNotExist."""
        for message in self.messages:
            self.store.end(message, "deleted")
        self.deleted = True

    def _received(self, receipt_handle: str) -> Message | None:
        """The message that a receive gave this handle for; None if it is gone."""
        self._check_existence()
        self.store.settle()
        prefix, _, receipt = allowed.text(receipt_handle, "ReceiptHandle").rpartition("+")
        serial, _, receive = receipt.partition("/")
        if prefix != self._handle_prefix or not (serial.isdecimal() and receive.isdecimal()):
            raise ReceiptHandleIsInvalid(f'The input receipt handle "{receipt_handle}" is not a valid receipt handle.')
        message = self.store.live.get(int(serial))
        if message is None or not self.store.is_live(message):
            return None
        if not self._may_delete(message, int(receive)):
            raise allowed.invalid(receipt_handle, "ReceiptHandle", "The receipt handle has expired.")
        return message

    def _accept(self, message: Message, delay_seconds: int | None) -> Message:
        """The message that a send results in: this one, or on a FIFO queue the one that it duplicates."""
        if message.message_deduplication_id is not None:
            reason = "The request includes a parameter that is not valid for this queue type."
            raise allowed.invalid(message.message_deduplication_id, "MessageDeduplicationId", reason)
        if message.message_group_id is not None:
            allowed.check_fifo_id(message.message_group_id, "MessageGroupId")
        if delay_seconds is None:
            delay_seconds = self.delay_seconds
        elif not allowed.DELAY_SECONDS.least <= delay_seconds <= allowed.DELAY_SECONDS.most:
            raise allowed.invalid(delay_seconds, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
        self.admit(message, delay_seconds)
        return message
