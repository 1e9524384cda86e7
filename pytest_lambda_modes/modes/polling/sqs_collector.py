"""Collects messages for the next batch: receives, filters, and knows how much an event can hold. (ESM-7, SQS-29)"""

from __future__ import annotations

from pytest_lambda_modes.clock.scheduler import NEVER
from pytest_lambda_modes.errors import OverLimit, QueueDoesNotExist
from pytest_lambda_modes.events import sqs as event
from pytest_lambda_modes.modes.polling import batching
from pytest_lambda_modes.modes.polling.sqs_mapping import SqsMapping
from pytest_lambda_modes.services.sqs_message import Message


class SqsCollector:
    """`collected` are messages that are received and not yet handed over, each with the number of that receive.

    `since` is when the first of them came, in microseconds. `is_full` says that the next message of the queue had no
    room beside them; it stays there for the batch after. What becomes visible again is let go: it is received anew,
    which counts, or by somebody else.
    """

    def __init__(self, mapping: SqsMapping) -> None:
        self.collected: dict[Message, int] = {}
        self.since = 0
        self.is_full = False
        self._mapping = mapping
        self._queue = mapping.queue
        self._scheduler = mapping.platform.hub.scheduler
        self._choose = mapping.queue.chooser(self._fits)
        self._size: int | None = None  # of the event, in bytes; the first message is not measured until a second comes
        self._is_measured = False
        self._lapses_at = NEVER

    def collect(self, count: int) -> int:
        """Receive what is visible and passes the filters, until there are so many messages or no room for the next.

        How many there are now.
        """
        collected, now = self.collected, self._scheduler.now
        if not collected:
            self.since = now
        elif now >= self._lapses_at:
            self._let_go_of_the_visible(now)
        while len(collected) < count and self._receive(count - len(collected)):
            pass
        return len(collected)

    def hand_over(self) -> dict[Message, int]:
        """What is collected. The next batch begins."""
        collected = self.collected
        self.give_up()
        return collected

    def give_up(self) -> None:
        """Forget what is collected. It comes back when its visibility timeout ends."""
        self.collected = {}
        self._size = None
        self._is_measured = False
        self._lapses_at = NEVER
        self.is_full = False

    def _receive(self, count: int) -> bool:
        """One receive. Whether another may give more: not after one that gave nothing, or that hid nothing."""
        self.is_full = False
        try:
            messages = self._queue.poll(count, choose=self._choose)
        except (OverLimit, QueueDoesNotExist):
            return False
        if not messages:
            return False
        hidden_until = self._queue.hidden_until(messages[0])
        if hidden_until < self._lapses_at:
            self._lapses_at = hidden_until
        unwanted = 0
        if self._mapping.filters.patterns:
            unwanted = self._delete_unseen([message for message in messages if not self._admits(message)])
        self._mapping.say_polled(len(messages), unwanted)
        return hidden_until > self._scheduler.now

    def _fits(self, message: Message) -> bool:
        """Add a message that is about to be received, if its record has room."""
        if self.collected and not self._has_room_for(message):
            return False
        self.collected[message] = message.receive_count + 1
        return True

    def _has_room_for(self, message: Message) -> bool:
        if message in self.collected:
            self._drop(message)
        if self._size is None:
            self._size = event.ENVELOPE + sum(self._size_of(*received) for received in self.collected.items())
        added = self._size_of(message, message.receive_count + 1)
        if not self.collected or batching.fits(self._size, added):
            self._size += added
            return True
        if not self._is_measured:
            self._is_measured, self._size = True, None
            return self._has_room_for(message)
        self.is_full = True
        return False

    def _size_of(self, message: Message, receive: int) -> int:
        """What a message adds to the event, in bytes: what it may add at most, until that might be too much."""
        records = self._mapping.records
        return records.size(message, receive) if self._is_measured else records.most_bytes(message)

    def _admits(self, message: Message) -> bool:
        filters, record = self._mapping.filters, self._mapping.records.record(message, self.collected[message])
        admitted = filters.admits(record)
        if not admitted and filters.mismatches(record):
            expected = " or ".join(sorted(filters.formats))
            self._mapping.hazards.say(
                "HAZ-24", f"the filters are for a body of {expected}: a message with another one was deleted unseen"
            )
        return admitted

    def _delete_unseen(self, messages: list[Message]) -> int:
        """No filter wants them. How many they are. (SQS-28, FILT-6)"""
        for message in messages:
            self._drop(message)
        self._queue.delete_received([(message, message.receive_count) for message in messages], "filtered")
        return len(messages)

    def _let_go_of_the_visible(self, now: int) -> None:
        for message in list(self.collected):
            if self._queue.hidden_until(message) <= now:
                self._drop(message)
        self._lapses_at = min(map(self._queue.hidden_until, self.collected), default=NEVER)

    def _drop(self, message: Message) -> None:
        receive = self.collected.pop(message)
        if not self.collected:
            self._size = None
        elif self._size is not None:
            self._size -= self._size_of(message, receive)
