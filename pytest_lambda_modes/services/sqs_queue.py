"""A standard SQS queue: what its API does, and whom it tells. It has no timer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.clock.waiting import NOBODY_WAITS, Waiting
from pytest_lambda_modes.errors import (
    MessageNotInflight,
    OverLimit,
    PurgeQueueInProgress,
    QueueDoesNotExist,
    ReceiptHandleIsInvalid,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services import queue_attributes as allowed
from pytest_lambda_modes.services.message_attributes import checked_attributes
from pytest_lambda_modes.services.message_body import body_text, check_size
from pytest_lambda_modes.services.message_move import MessageMoveTask
from pytest_lambda_modes.services.message_order import BestEffortOrder, MessageOrder
from pytest_lambda_modes.services.message_store import MessageStore
from pytest_lambda_modes.services.queue_resource import QueueResource
from pytest_lambda_modes.services.sqs_message import NOT_WAITING, Message
from pytest_lambda_modes.units import MINUTE, SECOND


class SqsQueue(QueueResource):
    """A standard queue, with SQS's settings, ranges and defaults. (SQS-21)

    `on_arrival` is called, without arguments, whenever a receive may give something now or sooner than before; it must
    not receive there and then. `on_dead_letter` is called with each message that has just been dead-lettered.
    """

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
        self.store = MessageStore(scheduler, self._new_order())
        self.move_tasks: list[MessageMoveTask] = []
        self.on_arrival: list[Callable[[], object]] = []
        self.on_dead_letter: list[Callable[[Message], object]] = []
        self.number_of_messages_sent = 0
        self.number_of_messages_received = 0
        self.number_of_messages_deleted = 0
        self._handle_prefix = "AQEB" + identifiers.hex("receipt handle prefix", 64)
        self._serial = 0
        self._purged_at: int | None = None
        self.waiting: Waiting = NOBODY_WAITS
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

        Raises EventError for what JSON cannot carry, and SQS's InvalidParameterValue, InvalidMessageContents,
        MissingParameter, QueueDoesNotExist.
        """
        self._check_existence()
        message = Message(self, body_text(body), checked_attributes(message_attributes))
        check_size(message.body, message.message_attributes, self.maximum_message_size)
        message.message_group_id = message_group_id
        message.message_deduplication_id = message_deduplication_id
        message.aws_trace_header = aws_trace_header
        message.lineage = self.waiting.lineage()
        return self._accept(message, delay_seconds)

    def receive(self, max_number_of_messages: int = 1, *, visibility_timeout: int | None = None) -> list[Message]:
        """ReceiveMessage: 1 to 10 messages that are visible now, hidden for `visibility_timeout` seconds from now.

        Each one's `receipt_handle` is this receive's until the next. A message that was received `max_receive_count`
        times before goes to the dead-letter queue instead (SQS-8). Never waits.

        Raises InvalidParameterValue, OverLimit, QueueDoesNotExist.
        """
        allowed.in_range(max_number_of_messages, "MaxNumberOfMessages", allowed.MAX_NUMBER_OF_MESSAGES)
        if visibility_timeout is not None:
            allowed.in_range(visibility_timeout, "VisibilityTimeout", allowed.VISIBILITY_TIMEOUT)
        return self.poll(max_number_of_messages, visibility_timeout)

    def poll(self, limit: int, visibility_timeout: int | None = None) -> list[Message]:
        """A receive of any size, as Lambda's pollers make of many small ones. Raises OverLimit, QueueDoesNotExist."""
        self._check_existence()
        messages = self.store.take(limit, self._is_deliverable)
        if messages:
            timeout = self.visibility_timeout if visibility_timeout is None else visibility_timeout
            self.store.receive(messages, self.scheduler.now + timeout * SECOND)
            self.number_of_messages_received += len(messages)
        elif self.store.in_flight >= allowed.MOST_IN_FLIGHT:
            self._refuse_over_limit()
        return messages

    def receive_again(self, messages: Sequence[Message]) -> None:
        """The same messages are delivered once more, whatever has become of them: at least once is more. (SQS-3)"""
        for message in messages:
            message.receive_count += 1
            message._received_at.append(self.scheduler.now)
        self.number_of_messages_received += len(messages)

    def hidden_until(self, message: Message) -> int:
        """The instant at which a message that was received becomes visible again."""
        return message._visible_at

    def delete_message(self, receipt_handle: str, *, filtered: bool = False) -> None:
        """DeleteMessage. Succeeds for a message that is gone, and on a standard queue for an expired handle. (SQS-19)

        `filtered` says that an event source mapping's filter is the reason (SQS-28). Raises ReceiptHandleIsInvalid,
        QueueDoesNotExist, and on a FIFO queue InvalidParameterValue for an expired handle.
        """
        message = self._received(receipt_handle)
        if message is None:
            return
        self.number_of_messages_deleted += 1
        if self.store.end(message, "filtered" if filtered else "deleted"):
            self._tell_of_arrival()

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
        if visible_at - message._received_at[-1] > allowed.VISIBILITY_TIMEOUT.most * SECOND:
            reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"
            raise allowed.invalid(visibility_timeout, "VisibilityTimeout", reason)
        self.store.hide([message], visible_at)
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

    @property
    def messages(self) -> list[Message]:
        """What is in the queue, visible or not, in order of arrival."""
        self.store.refresh()
        return list(self.store.live.values())

    @property
    def approximate_number_of_messages_visible(self) -> int:
        """Those that a receive could get. (MET-17)"""
        self.store.refresh()
        return len(self.store.live) - self.store.in_flight - self.store.delayed

    @property
    def approximate_number_of_messages_not_visible(self) -> int:
        """Those in flight. (MET-17)"""
        self.store.refresh()
        return self.store.in_flight

    @property
    def approximate_number_of_messages_delayed(self) -> int:
        """Those sent with a delay that has not passed. (MET-17)"""
        self.store.refresh()
        return self.store.delayed

    @property
    def approximate_age_of_oldest_message(self) -> int:
        """In whole seconds since it came into this queue; 0 for an empty queue. (MET-17)"""
        oldest = next(iter(self.messages), None)
        return 0 if oldest is None else (self.scheduler.now - oldest._arrived_at) // SECOND

    @property
    def is_empty(self) -> bool:
        """Whether no message is in the queue, visible or not. One that has expired may count until somebody looks."""
        return not self.store.live

    def next_visible_at(self) -> int | None:
        """Now if a message is receivable, else when the next hidden one becomes visible or expires; None for never.

        A poller that receives at this instant misses nothing, and needs no other timer.
        """
        return self.store.next_visible_at()

    def receipt_handle(self, message: Message) -> str:
        """The handle that the latest receive of a message gave. (SQS-3)"""
        return f"{self._handle_prefix}+{message._serial}/{message.receive_count}"

    def admit(self, message: Message, delay_seconds: int) -> None:
        """A new message comes in, sent or redriven."""
        self.number_of_messages_sent += 1
        self._enter(message, self.scheduler.now, delay_seconds)

    def __repr__(self) -> str:
        if self.deleted:
            return f"<{type(self).__name__} {self.name}: deleted>"
        visible = self.approximate_number_of_messages_visible
        hidden = f"{self.store.in_flight} in flight, {self.store.delayed} delayed"
        return f"<{type(self).__name__} {self.name}: {visible} visible, {hidden}>"

    def _enter(self, message: Message, sent_at: int, delay_seconds: int) -> None:
        now = self.scheduler.now
        self._serial = message._serial = self._serial + 1
        message._sent_at = sent_at
        message._arrived_at = now
        message._visible_at = now + delay_seconds * SECOND
        message._expires_at = self._expires_at(message)
        self.store.add(message)
        self._tell_of_arrival()

    def _is_deliverable(self, message: Message) -> bool:
        """Whether a receive gets a visible message. If it has had its receives, this is when it moves. (SQS-8)"""
        if not self.store.is_live(message):
            return False
        most, target = self.max_receive_count, self.dead_letter_queue
        if most is None or message.receive_count < most or target is None or target.deleted:
            return True
        self._dead_letter(message, target)
        return False

    def _dead_letter(self, message: Message, target: SqsQueue) -> None:
        letter = message.dead_letter = message.copy_for(target)
        letter.source_message = message
        letter.receive_count = message.receive_count
        letter.sequence_number = message.sequence_number
        self.store.end(message, "dead_lettered")
        target._enter(letter, message._sent_at, delay_seconds=0)
        for tell in self.on_dead_letter:
            tell(message)

    def _received(self, receipt_handle: str) -> Message | None:
        """The message that a receive gave this handle for; None if it is gone."""
        self._check_existence()
        self.store.settle()
        prefix, _, receipt = receipt_handle.rpartition("+")
        serial, _, receive = receipt.partition("/")
        if prefix != self._handle_prefix or not (serial.isdecimal() and receive.isdecimal()):
            raise ReceiptHandleIsInvalid(f'The input receipt handle "{receipt_handle}" is not a valid receipt handle.')
        message = self.store.live.get(int(serial))
        if message is None or not self.store.is_live(message):
            return None
        self._check_handle(message, int(receive), receipt_handle)
        return message

    def _check_existence(self) -> None:
        if self.deleted:
            raise QueueDoesNotExist

    def _tell_of_arrival(self) -> None:
        for tell in self.on_arrival:
            tell()

    # What a FIFO queue does otherwise.

    def _new_order(self) -> MessageOrder:
        return BestEffortOrder()

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

    def _check_handle(self, message: Message, receive: int, receipt_handle: str) -> None:
        """Any handle that a standard queue has given for a message will do. (SQS-19)"""

    def _expires_at(self, message: Message) -> int:
        """Retention counts from the original send, in a dead-letter queue too. (SQS-22)"""
        return message._sent_at + self.message_retention_period * SECOND

    def _refuse_over_limit(self) -> None:
        raise OverLimit
