"""What Kinesis and DynamoDB answer to a request that they refuse."""

from __future__ import annotations

from pytest_lambda_modes.errors import ValidationException


def constraint_failed(value: object, member: str, constraint: str) -> ValidationException:
    """The answer to a value outside its shape's limits; `value` None leaves it out of the text, as for blobs."""
    shown = "Value" if value is None else f"Value '{value}'"
    return ValidationException(
        f"1 validation error detected: {shown} at '{member}' failed to satisfy constraint: Member must {constraint}"
    )
