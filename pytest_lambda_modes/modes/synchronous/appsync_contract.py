"""What AppSync makes of a function that is a direct resolver. Pure. (SYNC-42)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_lambda_modes.modes.synchronous.service_answer import AnswerError, ServiceAnswer, Try
from pytest_lambda_modes.modes.synchronous.service_tries import CallPolicy
from pytest_lambda_modes.units import SECOND

POLICY = CallPolicy("AppSync", "SYNC-42", within=30 * SECOND)

RESPONSE_BYTES = 5 * 1024 * 1024


class AppSyncAnswer(ServiceAnswer):
    """What the field resolves to: `data`, or a GraphQL error, whose `error.code` is its `errorType`."""

    service = "AppSync"
    rule = "SYNC-42"
    __slots__ = ()

    @property
    def data(self) -> Any:
        """The value of the field; None after an error."""
        return None if self.failed else self.response


def answer(tries: Sequence[Try]) -> AppSyncAnswer:
    """What comes of a resolver's try."""
    return AppSyncAnswer(tries, _error(tries[-1]))


def _error(last: Try) -> AnswerError | None:
    if last.outcome == "gave_up":
        return _told("Lambda:ExecutionTimeoutException", "Execution timed out.", last.reason)
    if last.refused is not None:
        return _told(f"Lambda:{last.refused.code}", last.refused.message, last.reason)
    if last.error is not None:
        return _told("Lambda:Unhandled", last.error.message, last.reason)
    if len(last.payload) > RESPONSE_BYTES:
        text = f"the response has {len(last.payload)} bytes, and may have {RESPONSE_BYTES}"
        return _told("Lambda:InvalidResponse", text, text)
    if isinstance(last.response, bytes):
        return _told("Lambda:InvalidResponse", "the response is no JSON", "the response is no JSON")
    return None


def _told(code: str, message: str, reason: str) -> AnswerError:
    return AnswerError(code, message, f"{reason} (SYNC-42)")
