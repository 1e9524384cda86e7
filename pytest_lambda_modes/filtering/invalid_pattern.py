"""The one error of this folder."""

from __future__ import annotations


class InvalidPattern(ValueError):
    """A pattern that AWS refuses. `reason` says why, in AWS's words where they are known; `path` leads to the fault.

    Each API wraps it in an error of its own: Lambda says `Invalid filter pattern definition.`, EventBridge says
    `Event pattern is not valid. Reason: ` and then the reason.
    """

    def __init__(self, reason: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(reason, path)
        self.reason = reason
        self.path = path

    def __str__(self) -> str:
        return f"{self.reason} (at {'.'.join(self.path)})" if self.path else self.reason
