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
    return None if outcome.kind == "success" else payload_details(outcome.payload)


def payload_details(payload: bytes) -> ErrorDetails:
    """The error that the payload of a function error tells."""
    error = decode_response(payload)
    assert isinstance(error, dict)
    return ErrorDetails(error.get("errorType"), error["errorMessage"], error.get("stackTrace", []))


class Malformed(Exception):
    """What a function returned, and the service that called it makes nothing of. The message says what about it."""
