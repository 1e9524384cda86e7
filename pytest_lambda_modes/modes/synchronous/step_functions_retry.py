"""The Retry block of a Task state: which retrier takes an error, and when the state tries again. Pure. (SYNC-38)"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pytest_lambda_modes.model import settings
from pytest_lambda_modes.units import from_seconds

_MEMBERS = ("ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy")
_MOST_ATTEMPTS = 99_999_999
_ALL = "States.ALL"
# What no wildcard stands for. (Amazon States Language)
_NAMED_ONLY = ("States.DataLimitExceeded", "States.Runtime")


class Retrier(NamedTuple):
    """One member of a Retry block. Seconds as in the Amazon States Language."""

    error_equals: tuple[str, ...]
    interval_seconds: int = 1
    max_attempts: int = 3
    backoff_rate: float = 2.0
    max_delay_seconds: int | None = None
    full_jitter: bool = False

    def takes(self, error: str) -> bool:
        """Whether it is for this error. `States.TaskFailed` is every error but a timeout of the state."""
        if error in self.error_equals:
            return True
        if error in _NAMED_ONLY:
            return False
        return _ALL in self.error_equals or ("States.TaskFailed" in self.error_equals and error != "States.Timeout")

    def delay(self, attempt: int, fraction: Callable[[], float]) -> int:
        """Microseconds before its retry with this number, from 1. `fraction` is a dice roll in [0, 1)."""
        seconds: float = self.interval_seconds * self.backoff_rate ** (attempt - 1)
        if self.max_delay_seconds is not None:
            seconds = min(seconds, self.max_delay_seconds)
        return from_seconds(seconds * fraction() if self.full_jitter else seconds)


def delay_after(retriers: Sequence[Retrier], errors: Sequence[str], fraction: Callable[[], float]) -> int | None:
    """Microseconds until the next try after these errors, in order; None if the state fails with the last.

    The first retrier that takes an error decides, also when its own attempts are used up. Each counts its own.
    """
    index = _first(retriers, errors[-1])
    if index is None:
        return None
    attempt = sum(_first(retriers, error) == index for error in errors)
    retrier = retriers[index]
    return retrier.delay(attempt, fraction) if attempt <= retrier.max_attempts else None


def _first(retriers: Sequence[Retrier], error: str) -> int | None:
    return next((index for index, retrier in enumerate(retriers) if retrier.takes(error)), None)


def most_tries(retriers: Sequence[Retrier]) -> int:
    """How often the function can be called."""
    return 1 + sum(retrier.max_attempts for retrier in retriers)


def check_retry(where: str, retry: object) -> tuple[Retrier, ...]:
    """A Retry block as the Amazon States Language has it: a list of retriers. Raises ConfigError."""
    must, why = (
        "a list of retriers",
        'As in the state: retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}] (SYNC-38)',
    )
    if isinstance(retry, (str, bytes, Mapping)) or not isinstance(retry, Sequence):
        raise settings.wrong_value(where, "retry", retry, must, why)
    retriers = tuple(_retrier(f"{where}: retry[{index}]", member) for index, member in enumerate(retry))
    for index, retrier in enumerate(retriers[:-1]):
        if _ALL in retrier.error_equals:
            why = "It takes every error, so those behind it would never have a turn."
            raise settings.wrong_value(f"{where}: retry[{index}]", "ErrorEquals", [_ALL], "in the last retrier", why)
    return retriers


def _retrier(where: str, given: object) -> Retrier:
    why = f"Its members: {', '.join(_MEMBERS)}."
    member: Mapping[Any, Any] = settings.mapping(where, "the retrier", given, "an object", why)
    unknown = [name for name in member if name not in _MEMBERS]
    if unknown:
        raise settings.wrong_value(where, "the retrier", member, f"without {', '.join(map(str, unknown))}", why)
    most_delay = member.get("MaxDelaySeconds")
    interval = _number(where, "IntervalSeconds", member.get("IntervalSeconds", 1), 1)
    if most_delay is not None and _number(where, "MaxDelaySeconds", most_delay, 1) <= interval:
        why = "It bounds the delays that BackoffRate makes longer."
        raise settings.wrong_value(where, "MaxDelaySeconds", most_delay, f"above IntervalSeconds, {interval}", why)
    jitter = member.get("JitterStrategy", "NONE")
    settings.one_of(where, "JitterStrategy", jitter, ("FULL", "NONE"), "FULL draws each delay from 0 to its length.")
    return Retrier(
        _error_equals(where, member.get("ErrorEquals")),
        interval,
        _number(where, "MaxAttempts", member.get("MaxAttempts", 3), 0),
        _rate(where, member.get("BackoffRate", 2.0)),
        most_delay,
        jitter == "FULL",
    )


def _error_equals(where: str, value: object) -> tuple[str, ...]:
    names = tuple(value) if isinstance(value, (list, tuple)) else ()
    if not names or not all(isinstance(name, str) for name in names):
        why = 'It names the errors that the retrier is for, such as ["Lambda.TooManyRequestsException"].'
        raise settings.wrong_value(where, "ErrorEquals", value, "a list of one name or more", why)
    if _ALL in names and len(names) > 1:
        raise settings.wrong_value(where, "ErrorEquals", value, f'["{_ALL}"] alone', "It takes every error already.")
    return names


def _number(where: str, name: str, value: object, least: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= _MOST_ATTEMPTS:
        return value
    why = "As in the Amazon States Language."
    raise settings.wrong_value(where, name, value, f"a whole number from {least} to {_MOST_ATTEMPTS}", why)


def _rate(where: str, value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 1:
        return value
    why = "Each delay is that much longer than the one before it. Default: 2.0."
    raise settings.wrong_value(where, "BackoffRate", value, "a number from 1.0", why)
