"""The groups of a FIFO queue: each in order, and blocked behind its first message that is not visible."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from pytest_lambda_modes.services.message_order import Choose
from pytest_lambda_modes.services.sqs_message import NOT_WAITING, Message


class _Group:
    """All messages of a group in order, hidden ones in their places. Those that left are dropped when met."""

    __slots__ = ("is_ready", "messages", "name")

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.messages: deque[Message] = deque()
        self.is_ready = False

    def first_is_visible(self, is_live: Callable[[Message], bool]) -> bool:
        messages = self.messages
        while messages and not is_live(messages[0]):
            messages.popleft()
        return bool(messages) and messages[0]._wakes_at == NOT_WAITING

    def take(self, limit: int, choose: Choose) -> tuple[list[Message], bool]:
        """Visible messages from the front, which stay in their places; and whether one was refused."""
        messages = self.messages
        taken: list[Message] = []
        refused = False
        while messages and len(taken) < limit and messages[0]._wakes_at == NOT_WAITING:
            chosen = choose(messages[0])
            if chosen is None:
                refused = True
                break
            message = messages.popleft()
            if chosen:
                taken.append(message)
        messages.extendleft(reversed(taken))
        return taken, refused


class GroupOrder:
    """A FIFO queue: as many messages as possible of the first ready group, then of the next. (SQS-18)

    A group is ready while its first message is visible. Ready groups queue up in the order in which they became so.
    No operation looks at a message twice without the message having been received in between, so the cost does not
    grow with the length of the queue or the number of groups.
    """

    __slots__ = ("_groups", "ready")

    def __init__(self) -> None:
        self._groups: dict[str | None, _Group] = {}
        self.ready: deque[_Group] = deque()

    def enter(self, message: Message) -> None:
        name = message.message_group_id
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = _Group(name)
        group.messages.append(message)

    def show(self, message: Message) -> None:
        self._offer(self._groups[message.message_group_id])

    def remove(self, message: Message) -> bool:
        group = self._groups[message.message_group_id]
        became_ready = self._offer(group)
        self._forget_if_empty(group)
        return became_ready

    def take(self, limit: int, choose: Choose) -> list[Message]:
        taken: list[Message] = []
        refused = False
        while self.ready and len(taken) < limit and not refused:
            group = self.ready[0]
            of_group, refused = group.take(limit - len(taken), choose)
            taken += of_group
            if of_group or not refused:
                self._retire(self.ready.popleft())
        return taken

    def is_empty(self, is_live: Callable[[Message], bool]) -> bool:
        while self.ready and not self.ready[0].first_is_visible(is_live):
            self._retire(self.ready.popleft())
        return not self.ready

    def _offer(self, group: _Group) -> bool:
        if group.is_ready or not group.first_is_visible(_has_not_left):
            return False
        group.is_ready = True
        self.ready.append(group)
        return True

    def _retire(self, group: _Group) -> None:
        """What was visible at its front is taken or has left: it is blocked, or empty."""
        group.is_ready = False
        self._forget_if_empty(group)

    def _forget_if_empty(self, group: _Group) -> None:
        if not group.messages and not group.is_ready:
            del self._groups[group.name]


def _has_not_left(message: Message) -> bool:
    return message._ending is None
