"""Which message is next: what a standard queue and a FIFO queue do differently."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sized
from typing import Protocol, TypeAlias

from pytest_lambda_modes.services.sqs_message import Message

# What becomes of a message that a receive comes upon. True: it is taken, and must then be hidden or leave. False: it
# has left the queue. None: it stays, and so does all that comes after it.
Choose: TypeAlias = Callable[[Message], "bool | None"]


class MessageOrder(Protocol):
    """The messages of a queue, in the order in which receives get them. With nothing `ready` none is receivable."""

    @property
    def ready(self) -> Sized: ...

    def enter(self, message: Message) -> None:
        """A message has come into the queue, visible or not."""
        raise NotImplementedError

    def show(self, message: Message) -> None:
        """A message has become visible."""
        raise NotImplementedError

    def remove(self, message: Message) -> bool:
        """A message has left the queue. Whether that makes another one receivable."""
        raise NotImplementedError

    def take(self, limit: int, choose: Choose) -> list[Message]:
        """Up to `limit` receivable messages: those that are chosen, each asked about once."""
        raise NotImplementedError

    def is_empty(self, is_live: Callable[[Message], bool]) -> bool:
        """Whether nothing is receivable. `is_live` denies a message that has left, or must as it has expired."""
        raise NotImplementedError


class BestEffortOrder:
    """A standard queue: in the order in which they became visible. AWS promises no order, and this one repeats."""

    __slots__ = ("ready",)

    def __init__(self) -> None:
        self.ready: deque[Message] = deque()

    def enter(self, message: Message) -> None:
        pass

    def show(self, message: Message) -> None:
        self.ready.append(message)

    def remove(self, message: Message) -> bool:
        return False

    def take(self, limit: int, choose: Choose) -> list[Message]:
        visible = self.ready
        taken: list[Message] = []
        while visible and len(taken) < limit:
            chosen = choose(visible[0])
            if chosen is None:
                break
            message = visible.popleft()
            if chosen:
                taken.append(message)
        return taken

    def is_empty(self, is_live: Callable[[Message], bool]) -> bool:
        visible = self.ready
        while visible and not is_live(visible[0]):
            visible.popleft()
        return not visible
