"""The messages of one queue, and what time does to them. Nothing waits: time is caught up with when somebody asks."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

from pytest_lambda_modes.clock.scheduler import NEVER, Scheduler
from pytest_lambda_modes.services.message_order import Choose, MessageOrder
from pytest_lambda_modes.services.queue_attributes import MOST_IN_FLIGHT
from pytest_lambda_modes.services.sqs_message import NOT_WAITING, Ending, Message


class MessageStore:
    """Messages by serial number, in order of arrival; which of them are hidden, and until when.

    Messages that are hidden together share one entry on a heap. An entry holds for a message while the message's
    `_wakes_at` is the entry's instant, so nothing is ever searched for: what became void is skipped when it comes up.

    `all` are the messages that were ever here. `on_empty` is called whenever the last one leaves; it must not look for
    messages there and then.
    """

    __slots__ = (
        "_entries",
        "_first_expiry",
        "_order",
        "_scheduler",
        "_waiting",
        "all",
        "delayed",
        "in_flight",
        "live",
        "on_empty",
    )

    def __init__(self, scheduler: Scheduler, order: MessageOrder) -> None:
        self.live: dict[int, Message] = {}
        self.all: list[Message] = []
        self.in_flight = 0
        self.delayed = 0
        self.on_empty: list[Callable[[], object]] = []
        self._scheduler = scheduler
        self._order = order
        self._waiting: list[tuple[int, int, list[Message]]] = []
        self._entries = 0
        self._first_expiry = NEVER  # nothing expires before this

    def add(self, message: Message) -> None:
        """A message has arrived. Its serial number and its instants are set."""
        self.settle()
        self.live[message._serial] = message
        self.all.append(message)
        self._order.enter(message)
        if message._expires_at < self._first_expiry:
            self._first_expiry = message._expires_at
        if message._visible_at > self._scheduler.now:
            self.delayed += 1
            self._hide([message], message._visible_at)
        else:
            self._order.show(message)

    def take(self, limit: int, choose: Choose) -> list[Message]:
        """Up to `limit` messages that a receive may have, fewer when the in-flight limit is near. (SQS-21)"""
        self.settle()
        room = MOST_IN_FLIGHT - self.in_flight
        return self._order.take(limit if limit < room else room, choose)

    def receive(self, messages: list[Message], visible_at: int) -> None:
        """What was taken goes in flight."""
        receive = (self._scheduler.now, visible_at)
        # Most messages are received once, and then together.
        first = (receive,)
        for message in messages:
            message.receive_count += 1
            if message._receives:
                message._note_receive(receive)
            else:
                message._receives = first
        self.in_flight += len(messages)
        self._hide(messages, visible_at)

    def change_visibility(self, message: Message, visible_at: int) -> None:
        """The latest receive hides a message for a longer or a shorter time."""
        message._change_receive(visible_at)
        self._hide([message], visible_at)

    def put_back(self, message: Message) -> None:
        """What was taken stays after all."""
        self._order.show(message)

    def end(self, message: Message, ending: Ending) -> bool:
        """A message leaves, for good. Whether that makes another one receivable."""
        was_full = self.in_flight >= MOST_IN_FLIGHT
        self._stop_waiting(message)
        message._ending = ending
        message._ended_at = min(self._scheduler.now, message._expires_at)
        del self.live[message._serial]
        unblocked = self._order.remove(message)
        for tell in message._on_end or ():
            tell()
        if not self.live:
            for tell in self.on_empty:
                tell()
        return unblocked or was_full

    def is_live(self, message: Message) -> bool:
        """Whether the message is still there. One at the instant of its retention is expired. (SQS-22)"""
        if message._ending is not None:
            return False
        if message._expires_at > self._scheduler.now:
            return True
        self.end(message, "expired")
        return False

    def settle(self) -> None:
        """Catch up with time: what was hidden until now or before is visible."""
        waiting, now = self._waiting, self._scheduler.now
        while waiting and waiting[0][0] <= now:
            at, _, messages = heappop(waiting)
            for message in messages:
                if message._wakes_at == at and self.is_live(message):
                    self._stop_waiting(message)
                    self._order.show(message)

    def refresh(self) -> None:
        """Settle, and end all that has expired: what a receive does only for the messages it meets."""
        self.settle()
        if self._scheduler.now >= self._first_expiry:
            for message in list(self.live.values()):
                self.is_live(message)
            self._first_expiry = min((message._expires_at for message in self.live.values()), default=NEVER)

    def renew_expiry(self, expires_at: Callable[[Message], int]) -> None:
        """Retention has changed. What had expired before stays expired; what is too old by now expires now."""
        self.refresh()
        now = self._scheduler.now
        for message in self.live.values():
            message._expires_at = max(expires_at(message), now)
            if message._wakes_at != NOT_WAITING:
                self._hide([message], message._visible_at)
        self._first_expiry = min((message._expires_at for message in self.live.values()), default=NEVER)

    def next_visible_at(self) -> int | None:
        """Now if a message is receivable, else when the next hidden one becomes visible or expires; None for never."""
        self.settle()
        if self._order.ready and self.in_flight < MOST_IN_FLIGHT and not self._order.is_empty(self.is_live):
            return self._scheduler.now
        waiting = self._waiting
        while waiting:
            at, _, messages = waiting[0]
            while messages and messages[-1]._wakes_at != at:
                messages.pop()
            if messages:
                return at
            heappop(waiting)
        return None

    def _hide(self, messages: list[Message], visible_at: int) -> None:
        """Until an instant, or until a message expires if that is sooner."""
        together = []
        for message in messages:
            message._visible_at = message._wakes_at = visible_at
            if message._expires_at < visible_at:
                message._wakes_at = message._expires_at
                self._wake([message], message._expires_at)
            else:
                together.append(message)
        if together:
            self._wake(together, visible_at)

    def _wake(self, messages: list[Message], at: int) -> None:
        self._entries += 1
        heappush(self._waiting, (at, self._entries, messages))

    def _stop_waiting(self, message: Message) -> None:
        if message._wakes_at == NOT_WAITING:
            return
        message._wakes_at = NOT_WAITING
        if message._receives:
            self.in_flight -= 1
        else:
            self.delayed -= 1
