"""What Amazon Connect makes of a function that a contact flow invokes. Pure. (SYNC-42)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_lambda_modes.model.limits import Range
from pytest_lambda_modes.modes.synchronous.service_answer import AnswerError, ServiceAnswer, Try
from pytest_lambda_modes.modes.synchronous.service_tries import CallPolicy, at_once
from pytest_lambda_modes.units import SECOND

INVOCATION_TIME_LIMIT_SECONDS = Range(1, 8, default=8, rule="SYNC-42")
RESPONSE_BYTES = 32 * 1024
RESPONSE_TYPES = ("STRING_MAP", "JSON")
# These take no time, so what comes after them has all of the 8 seconds.
_RETRIED = frozenset({"throttled", "service_error"})

POLICY = CallPolicy("Connect", "SYNC-42", INVOCATION_TIME_LIMIT_SECONDS.most * SECOND, at_once(3, _RETRIED))


class ConnectAnswer(ServiceAnswer):
    """Where the flow goes on: at the block's branch Success with `external`, or at its branch Error."""

    service = "Connect"
    rule = "SYNC-42"
    __slots__ = ()

    @property
    def branch(self) -> str:
        """`"Success"` or `"Error"`."""
        return "Error" if self.failed else "Success"

    @property
    def external(self) -> dict[str, Any]:
        """What the flow reads as `$.External`; empty at the branch Error."""
        return {} if self.failed else dict(self.response)


def answer(tries: Sequence[Try], response_type: str) -> ConnectAnswer:
    """What comes of a block's tries, with its response validation."""
    last = tries[-1]
    reason = last.reason if last.outcome != "success" else _wrong(last, response_type)
    return ConnectAnswer(tries, None if reason is None else AnswerError("Error", reason, f"{reason} (SYNC-42)"))


def _wrong(last: Try, response_type: str) -> str | None:
    """What is wrong with what the function returned, if anything."""
    if len(last.payload) > RESPONSE_BYTES:
        return f"the response has {len(last.payload)} bytes, and may have {RESPONSE_BYTES}"
    if not isinstance(last.response, dict):
        return "the function must return an object"
    if response_type == "STRING_MAP":
        for key, value in last.response.items():
            if not isinstance(value, str):
                return f"with STRING_MAP each value must be a string, and {key} is {type(value).__name__}"
    return None
