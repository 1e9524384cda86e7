"""Settings of the services in front of Lambda: their retry policies, and their own dead-letter queues."""

from __future__ import annotations

from pytest_lambda_modes.errors import ConfigError, InvalidEventPatternException
from pytest_lambda_modes.filtering.invalid_pattern import InvalidPattern
from pytest_lambda_modes.filtering.patterns import Pattern, compile_pattern
from pytest_lambda_modes.model import limits, settings, targets
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.services.sqs_queue import SqsQueue

_RETRY_POLICY = {
    "maximum_retry_attempts": (limits.EVENTBRIDGE_RETRY_ATTEMPTS, ""),
    "maximum_event_age_in_seconds": (limits.EVENTBRIDGE_EVENT_AGE_IN_SECONDS, "seconds"),
}


def retry_policy(where: str, given: object) -> dict[str, int]:
    """A RetryPolicy of EventBridge's, in API form or in snake case. Raises ConfigError. (ASYNC-41, ASYNC-42)"""
    if given is None:
        return {}
    where = f"{where}: retry_policy"
    must = 'a mapping such as {"MaximumRetryAttempts": 10, "MaximumEventAgeInSeconds": 3600}'
    why = "It says how often and how long the service calls Invoke, which Lambda's own retries are no part of."
    policy = {settings.snake_case(str(name)): value for name, value in
              settings.mapping(where, "it", given, must, why).items()}  # fmt: skip
    settings.check_names(where, policy, _RETRY_POLICY, {})
    return {name: settings.number_in(where, name, value, *_RETRY_POLICY[name], why) for name, value in policy.items()}


def dead_letter_queue(where: str, resources: Resources, given: object) -> SqsQueue | None:
    """The standard queue that a service keeps in what it cannot hand over. Raises ConfigError."""
    if given is None:
        return None
    target = targets.parse_allowed(where, "dead_letter_queue", given, ("sqs",))
    if target.fifo:
        raise ConfigError(
            f"{where}: dead_letter_queue is {target}, a FIFO queue, and must be a standard one.\n\n"
            "The service writes there without a message group. (ASYNC-40, ASYNC-41)"
        )
    return resources.queue(target.name)


def event_pattern(given: object) -> Pattern:
    """An event pattern of EventBridge. Raises InvalidEventPatternException."""
    try:
        return compile_pattern(given)  # type: ignore[arg-type]  # what is neither mapping nor text is refused there
    except InvalidPattern as invalid:
        raise InvalidEventPatternException(f"Event pattern is not valid. Reason: {invalid}") from None
