"""What the results of the modes have in common."""

from __future__ import annotations

from typing import NamedTuple

from pytest_lambda_modes.model.outcome import Outcome
from pytest_lambda_modes.runtime.payload import decode_response


class ErrorDetails(NamedTuple):
    """A function error as its payload has it: `errorType`, `errorMessage`, `stackTrace`."""

    type: str | None
    message: str
    stack_trace: list[str]

    def __str__(self) -> str:
        return self.message if self.type is None else f"{self.type}: {self.message}"


def error_details(outcome: Outcome) -> ErrorDetails | None:
    """The error of an outcome; None for a success."""
    if outcome.kind == "success":
        return None
    payload = decode_response(outcome.payload)
    assert isinstance(payload, dict)
    return ErrorDetails(payload.get("errorType"), payload["errorMessage"], payload.get("stackTrace", []))
