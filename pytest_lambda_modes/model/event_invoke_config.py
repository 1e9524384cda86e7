"""How a function's asynchronous events are retried, given up and passed on. (ASYNC-7)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_lambda_modes.errors import ConfigError, InvalidParameterValueException
from pytest_lambda_modes.model import limits, settings, targets
from pytest_lambda_modes.model.targets import Target

SETTINGS = (
    "maximum_retry_attempts",
    "maximum_event_age_in_seconds",
    "on_success",
    "on_failure",
    "dead_letter_target",
)


@dataclass(frozen=True)
class EventInvokeConfig:
    """Settings of asynchronous invocation; None means that there is no such target.

    `dead_letter_target` is the function's in AWS. Given here, it wins over the function's. (ASYNC-8)
    """

    maximum_retry_attempts: int = limits.MAXIMUM_RETRY_ATTEMPTS.default
    maximum_event_age_in_seconds: int = limits.MAXIMUM_EVENT_AGE_IN_SECONDS.default
    on_success: Target | None = None
    on_failure: Target | None = None
    dead_letter_target: Target | None = None

    @classmethod
    def build(cls, where: str, function_arn: str, /, **given: object) -> EventInvokeConfig:
        """Check settings for the function of that ARN and keep them.

        Raises ConfigError for an unknown setting, a value of the wrong kind or a dead-letter target that cannot be;
        InvalidParameterValueException where AWS's API answers: numbers out of range, destinations (ASYNC-7).
        """
        settings.check_names(where, given, SETTINGS, {})
        on_success, on_failure = _destinations(where, function_arn, given)
        return cls(
            _number(where, "maximum_retry_attempts", given, limits.MAXIMUM_RETRY_ATTEMPTS, ""),
            _number(where, "maximum_event_age_in_seconds", given, limits.MAXIMUM_EVENT_AGE_IN_SECONDS, "seconds"),
            on_success,
            on_failure,
            targets.dead_letter_target(where, "dead_letter_target", given.get("dead_letter_target")),
        )


def _number(where: str, name: str, given: Mapping[str, object], allowed: limits.Range, unit: str) -> int:
    value = given.get(name, allowed.default)
    why = "An event is given up when its retries are used up or its age is reached."
    number = settings.whole_number(where, name, value, allowed, unit, why)
    if number < allowed.least:
        raise _validation_error(name, number, f"greater than or equal to {allowed.least}")
    if number > allowed.most:
        raise _validation_error(name, number, f"less than or equal to {allowed.most}")
    return number


def _validation_error(name: str, number: int, must: str) -> InvalidParameterValueException:
    first, *others = name.split("_")
    member = first + "".join(word.capitalize() for word in others)
    return InvalidParameterValueException(
        f"1 validation error detected: Value '{number}' at '{member}' failed to satisfy constraint: "
        f"Member must have value {must}"
    )


def _destinations(where: str, function_arn: str, given: Mapping[str, object]) -> tuple[Target | None, Target | None]:
    on_success = _destination(where, "on_success", given, targets.ON_SUCCESS)
    on_failure = _destination(where, "on_failure", given, targets.ON_FAILURE)
    try:
        if on_success is not None:
            targets.check_allowed(where, "on_success", on_success, targets.ON_SUCCESS)
        if on_failure is not None:
            targets.check_allowed(where, "on_failure", on_failure, targets.ON_FAILURE)
    except ConfigError as why:
        parts = f"onSuccess={_part('OnSuccess', on_success)}, onFailure={_part('OnFailure', on_failure)}"
        text = f"The provided destination config DestinationConfig({parts}) is invalid."
        raise InvalidParameterValueException(text) from why
    for target in (on_success, on_failure):
        if target is not None and target.service == "lambda" and function_arn.endswith(f":function:{target.name}"):
            raise InvalidParameterValueException("You can't specify the function as a destination for itself.")
    return on_success, on_failure


def _destination(where: str, name: str, given: Mapping[str, object], allowed: tuple[str, ...]) -> Target | None:
    value = given.get(name)
    if value is None:
        return None
    try:
        return targets.parse(where, name, value, allowed)
    except ConfigError as why:
        arn = value.arn if isinstance(value, targets.HasArn) else value
        if isinstance(arn, str) and arn.startswith("arn:"):
            raise InvalidParameterValueException(f"The destination ARN {arn} is invalid.") from why
        raise


def _part(kind: str, target: Target | None) -> str:
    return "null" if target is None else f"{kind}(destination={target.arn})"
