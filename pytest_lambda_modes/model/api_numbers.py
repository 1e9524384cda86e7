"""Numbers as AWS's API checks them: what is no whole number never gets there, and what is out of range is answered."""

from __future__ import annotations

from pytest_lambda_modes.errors import InvalidParameterValueException
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.limits import Range


def api_number(where: str, name: str, value: object, allowed: Range, unit: str, why: str) -> int:
    """A number that a client could send, inside the range of its shape.

    Raises ConfigError for no whole number, InvalidParameterValueException outside the range.
    """
    number = settings.whole_number(where, name, value, allowed, unit, why)
    if number < allowed.least:
        raise constraint_failed(name, number, f"have value greater than or equal to {allowed.least}")
    if number > allowed.most:
        raise constraint_failed(name, number, f"have value less than or equal to {allowed.most}")
    return number


def constraint_failed(name: str, value: object, constraint: str) -> InvalidParameterValueException:
    """The answer to a value outside its shape; None is shown as `null`. `name` is a setting, in snake case."""
    first, *others = name.split("_")
    member = first + "".join(word.capitalize() for word in others)
    shown = "Value null" if value is None else f"Value '{value}'"
    return InvalidParameterValueException(
        f"1 validation error detected: {shown} at '{member}' failed to satisfy constraint: Member must {constraint}"
    )
