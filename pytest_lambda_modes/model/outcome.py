"""How an invocation ended: the one value on which every mode decides what comes next."""

from __future__ import annotations

import json
from typing import Literal

OutcomeKind = Literal[
    "success",
    "function_error",
    "marshal_error",
    "unmarshal_error",
    "timeout",
    "exit",
    "out_of_memory",
    "init_error",
    "response_too_large",
]


class Outcome:
    """An invocation's end, in AWS's terms.

    `error_type` is the payload's `errorType`, None for a success. `rule` is the rule that made it this outcome.
    `exception` is the handler's own, where one ended it, and `traceback` the one that it had then. Without a payload it
    is of a class that makes it, when somebody first reads it.
    """

    __slots__ = ("_payload", "error_type", "exception", "kind", "rule", "traceback")

    def __init__(
        self,
        kind: OutcomeKind,
        payload: bytes | None,
        rule: str,
        error_type: str | None = None,
        exception: BaseException | None = None,
    ) -> None:
        self.kind: OutcomeKind = kind
        self._payload = payload
        self.rule = rule
        self.error_type = error_type
        self.exception = exception
        self.traceback = None if exception is None else exception.__traceback__

    @property
    def payload(self) -> bytes:
        """The response's bytes, or the error object's. (RT-14, SYNC-2)"""
        if self._payload is None:
            self._payload = self._make_payload()
        return self._payload

    def _make_payload(self) -> bytes:
        raise NotImplementedError

    @property
    def error_message(self) -> str:
        """The `errorMessage` in the payload of an error."""
        return str(json.loads(self.payload)["errorMessage"])

    @property
    def function_error(self) -> str | None:
        """None, or what AWS says today of every function error: `"Unhandled"`. (RT-15)"""
        return None if self.kind == "success" else "Unhandled"

    @property
    def error_text(self) -> str | None:
        """The exception as the timeline tells it, `KeyError: 'k'`; None where no exception ended the invocation."""
        exception = self.exception
        if exception is None:
            return None
        # An exit's type is that of the payload alone: it says nothing of what left the handler.
        name = self.error_type if self.error_type and self.kind != "exit" else type(exception).__name__
        try:
            return f"{name}: {exception}"
        except Exception:
            # Such an exception ends the process. (RT-17)
            return name

    def let_go(self) -> None:
        """Keep what the exception says, and not its frames: nobody will raise it again."""
        self.exception = self.traceback = None

    def __repr__(self) -> str:
        error = f", error_type={self.error_type!r}" if self.error_type else ""
        return f"Outcome({self.kind!r}, rule={self.rule!r}{error})"
