"""User code on the clock: its deadline, and why it is taken off its stack."""

from __future__ import annotations

from typing import Literal

from pytest_lambda_modes.clock.scheduler import NEVER

Reason = Literal["deadline", "killed", "abandoned", "interrupted"]


class Unwind(BaseException):
    """Takes user code off its stack. Raised at its next wait, and at every further one, so nothing survives it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Activity:
    """A piece of user code that runs on the clock until `deadline` (microseconds) at the latest.

    `outer` is the one who waits for it on the same stack. `unwind` says why it is being taken off, `refusals` how often
    it has been told, `exit_status` how it was killed, where it was.
    """

    __slots__ = ("deadline", "exit_status", "name", "outer", "refusals", "unwind")

    def __init__(self, name: str, deadline: int = NEVER) -> None:
        self.name = name
        self.deadline = deadline
        self.unwind: Reason | None = None
        self.refusals = 0
        self.exit_status: int | str = 0
        self.outer: Activity | None = None
