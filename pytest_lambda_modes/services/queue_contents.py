"""The messages of a queue: how they come in, are received, and leave; and the numbers that SQS tells of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import OverLimit, QueueDoesNotExist
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services import queue_attributes as allowed
from pytest_lambda_modes.services.message_order import BestEffortOrder, Choose, MessageOrder
from pytest_lambda_modes.services.message_store import MessageStore
from pytest_lambda_modes.services.queue_resource import QueueResource
from pytest_lambda_modes.services.sqs_message import Ending, Message
from pytest_lambda_modes.units import SECOND

if TYPE_CHECKING:
    from pytest_lambda_modes.services.sqs_queue import SqsQueue


class QueueContents(QueueResource):
    """What a queue holds, and what Lambda's pollers do with it.

    `on_arrival` is called, without arguments, whenever a receive may give something now or sooner than before; it must
    not receive there and then. `on_dead_letter` is called with each message that has just been dead-lettered.
    """

    order: ClassVar[type[MessageOrder]] = BestEffortOrder

    def __init__(self, name: str, scheduler: Scheduler, identifiers: Identifiers) -> None:
        super().__init__(name, scheduler, identifiers)
        self.store = MessageStore(scheduler, self.order())
        self.on_arrival: list[Callable[[], object]] = []
        self.on_dead_letter: list[Callable[[Message], object]] = []
        self.number_of_messages_sent = 0
        self.number_of_messages_received = 0
        self.number_of_messages_deleted = 0
        self._handle_prefix = "AQEB" + identifiers.hex("receipt handle prefix", 64)
        self._serial = 0
        self._choose_any = self.chooser(lambda _: True)

    def _check_existence(self) -> None:
        if self.deleted:
            raise QueueDoesNotExist

    # Coming in

    def admit(self, message: Message, delay_seconds: int) -> None:
        """A new message comes in, sent or redriven."""
        self.number_of_messages_sent += 1
        self._enter(message, self.scheduler.now, delay_seconds)

    def _enter(self, message: Message, sent_at: int, delay_seconds: int) -> None:
        now = self.scheduler.now
        self._serial = message._serial = self._serial + 1
        message._sent_at = sent_at
        message._arrived_at = now
        message._shown_at = message._visible_at = now + delay_seconds * SECOND
        message._expires_at = self._expires_at(message)
        self.store.add(message)
        self._tell_of_arrival()

    def _tell_of_arrival(self) -> None:
        for tell in self.on_arrival:
            tell()

    # Being received

    def poll(self, limit: int, visibility_timeout: int | None = None, choose: Choose | None = None) -> list[Message]:
        """A receive of any size, as Lambda's pollers make of many small ones. Raises OverLimit, QueueDoesNotExist.

        `choose` comes from `chooser`.
        """
        self._check_existence()
        messages = self.store.take(limit, choose or self._choose_any)
        if messages:
            timeout = self.visibility_timeout if visibility_timeout is None else visibility_timeout
            self.store.receive(messages, self.scheduler.now + timeout * SECOND)
            self.number_of_messages_received += len(messages)
        elif self.store.in_flight >= allowed.MOST_IN_FLIGHT:
            self._refuse_over_limit()
        return messages

    def chooser(self, fits: Callable[[Message], bool]) -> Choose:
        """For receives that ask `fits` about each message: the first that it denies stays, and so do all after it.

        A message that has had its receives is dead-lettered instead: this is when it moves. (SQS-8)
        """
        is_live = self.store.is_live

        def choose(message: Message) -> bool | None:
            if not is_live(message):
                return False
            most = self.max_receive_count
            if most is not None and message.receive_count >= most:
                target = self.dead_letter_queue
                if target is not None and not target.deleted:
                    self._dead_letter(message, target)
                    return False
            return fits(message) or None

        return choose

    def _dead_letter(self, message: Message, target: SqsQueue) -> None:
        letter = message.dead_letter = message.copy_for(target)
        letter.source_message = message
        letter.receive_count = message.receive_count
        letter.sequence_number = message.sequence_number
        self.store.end(message, "dead_lettered")
        target._enter(letter, message._sent_at, delay_seconds=0)
        for tell in self.on_dead_letter:
            tell(message)

    def receive_again(self, messages: Sequence[Message]) -> None:
        """The same messages are delivered once more, whatever has become of them: at least once is more. (SQS-3)"""
        for message in messages:
            message._received_again()
        self.number_of_messages_received += len(messages)

    def receipt_handle(self, message: Message, receive: int | None = None) -> str:
        """The handle that a receive of a message gave, or will give; by default the latest. (SQS-3)"""
        return f"{self._handle_prefix}+{message._serial}/{message.receive_count if receive is None else receive}"

    def hidden_until(self, message: Message) -> int:
        """The instant at which a message that was received becomes visible again."""
        return message._visible_at

    # Leaving

    def delete_received(self, receives: Iterable[tuple[Message, int]], ending: Ending = "deleted") -> int:
        """DeleteMessageBatch for a poller, which knows messages and the numbers of its receives. How many it deletes.

        It deletes with the ending `"filtered"` what its mapping's filter does not want (SQS-28). Those whose handle has
        expired stay in a FIFO queue (SQS-19).
        """
        if self.deleted:
            return 0
        self.store.settle()
        deletable = [message for message, receive in receives if self._may_delete(message, receive)]
        self._delete([message for message in deletable if self.store.is_live(message)], ending)
        return len(deletable)

    def _delete(self, messages: Sequence[Message], ending: Ending) -> None:
        self.number_of_messages_deleted += len(messages)
        unblocked = [self.store.end(message, ending) for message in messages]
        if any(unblocked):
            self._tell_of_arrival()

    # Seen from outside

    @property
    def messages(self) -> list[Message]:
        """What is in the queue, visible or not, in order of arrival."""
        self.store.refresh()
        return list(self.store.live.values())

    @property
    def is_empty(self) -> bool:
        """Whether no message is in the queue, visible or not. One that has expired may count until somebody looks."""
        return not self.store.live

    def next_visible_at(self) -> int | None:
        """Now if a message is receivable, else when the next hidden one becomes visible or expires; None for never.

        A poller that receives at this instant misses nothing, and needs no other timer.
        """
        return self.store.next_visible_at()

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

    def __repr__(self) -> str:
        if self.deleted:
            return f"<{type(self).__name__} {self.name}: deleted>"
        visible = self.approximate_number_of_messages_visible
        hidden = f"{self.store.in_flight} in flight, {self.store.delayed} delayed"
        return f"<{type(self).__name__} {self.name}: {visible} visible, {hidden}>"

    # What a FIFO queue does otherwise

    def _may_delete(self, message: Message, receive: int) -> bool:
        """Whether the handle of a receive still serves. That of any receive from a standard queue does. (SQS-19)"""
        return True

    def _expires_at(self, message: Message) -> int:
        """Retention counts from the original send, in a dead-letter queue too. (SQS-22)"""
        return message._sent_at + self.message_retention_period * SECOND

    def _refuse_over_limit(self) -> None:
        raise OverLimit
