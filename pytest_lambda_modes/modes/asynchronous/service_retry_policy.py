"""What a service does when Lambda refuses its Invoke call: call again, and when, or give up. Decides, nothing else.

That is the service's own affair. Once an event is accepted, Lambda retries it by rules of its own (see `retry_policy`).
Times are microseconds on the virtual clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

from pytest_lambda_modes.model import limits
from pytest_lambda_modes.units import DAY, SECOND

# In EventBridge's own words; None for an error that no further call would cure.
Exhausted = Literal["MaximumRetryAttempts", "MaximumEventAgeInSeconds"] | None


class CallAgain(NamedTuple):
    at: int


class GiveUp(NamedTuple):
    exhausted: Exhausted


Decision: TypeAlias = "CallAgain | GiveUp"


@dataclass(frozen=True)
class ServiceRetryPolicy:
    """How often and how long one service tries. `delay` gives the wait after so many tries, 1 or more.

    `service` is the service as the timeline names it, `rule` the rule behind all its decisions. None is no limit; the
    age is in microseconds.
    """

    service: str
    rule: str
    delay: Callable[[int], int]
    maximum_retry_attempts: int | None = None
    maximum_event_age: int | None = None

    def after_refusal(self, status_code: int, *, tries: int, began_at: int, now: int) -> Decision:
        """What follows try number `tries`, refused at `now` with this HTTP status.

        Throttles and errors of Lambda's side are tried again, errors of the caller's side are not (ASYNC-40, ASYNC-41).
        A try that would come too late is not waited for.
        """
        if not is_retriable(status_code):
            return GiveUp(None)
        if self.maximum_retry_attempts is not None and tries > self.maximum_retry_attempts:
            return GiveUp("MaximumRetryAttempts")
        due = now + self.delay(tries)
        if self.maximum_event_age is not None and due >= began_at + self.maximum_event_age:
            return GiveUp("MaximumEventAgeInSeconds")
        return CallAgain(due)


def is_retriable(status_code: int) -> bool:
    """Whether the same call may succeed later: a throttle (429), or a failure of Lambda's own (5xx)."""
    return status_code == 429 or status_code >= 500


def sns_delay(tries: int) -> int:
    """SNS: 3 tries at once, 2 at 1 s, 10 from 1 to 20 s, then always 20 s. (ASYNC-40)

    The first delivery is one of the 3, which makes 100,015 tries in all.
    """
    if tries < 3:
        return 0
    if tries < 5:
        return SECOND
    if tries < 15:
        return round(SECOND * 20 ** ((tries - 5) / 9))
    return 20 * SECOND


def doubling_to_eight_minutes(tries: int) -> int:
    """1, 2, 4, ... 256, then always 480 seconds: by default EventBridge's 185 retries fill its 24 hours. (ASYNC-41)"""
    return SECOND << (tries - 1) if tries < 10 else 480 * SECOND


def doubling_to_five_minutes(tries: int) -> int:
    """1, 2, 4, ... 256, then always 300 seconds."""
    return SECOND << (tries - 1) if tries < 10 else 300 * SECOND


SNS = ServiceRetryPolicy("SNS", "ASYNC-40", sns_delay, maximum_retry_attempts=limits.SNS_DELIVERY_ATTEMPTS - 1)


def eventbridge(
    *,
    maximum_retry_attempts: int = limits.EVENTBRIDGE_RETRY_ATTEMPTS.default,
    maximum_event_age_in_seconds: int = limits.EVENTBRIDGE_EVENT_AGE_IN_SECONDS.default,
) -> ServiceRetryPolicy:
    """The policy of a rule's target. (ASYNC-41)"""
    age = maximum_event_age_in_seconds * SECOND
    return ServiceRetryPolicy("EventBridge", "ASYNC-41", doubling_to_eight_minutes, maximum_retry_attempts, age)


def scheduler(**settings: int) -> ServiceRetryPolicy:
    """The policy of a schedule of EventBridge Scheduler: that of a rule, with the same settings. (ASYNC-42)"""
    return replace(eventbridge(**settings), service="EventBridge Scheduler", rule="ASYNC-42")


def for_a_day(service: str, rule: str) -> ServiceRetryPolicy:
    """A service that goes on for 24 hours and then drops what it has: S3, CloudWatch Logs. (ASYNC-43, ASYNC-44)"""
    return ServiceRetryPolicy(service, rule, doubling_to_five_minutes, maximum_event_age=DAY)


S3 = for_a_day("S3", "ASYNC-43")
CLOUDWATCH_LOGS = for_a_day("CloudWatch Logs", "ASYNC-44")
IOT = ServiceRetryPolicy("IoT", "ASYNC-45", doubling_to_five_minutes, maximum_retry_attempts=0)
SES = for_a_day("SES", "ASYNC-46")
CLOUDFORMATION = for_a_day("CloudFormation", "ASYNC-47")
CODEPIPELINE = for_a_day("CodePipeline", "ASYNC-48")
CODECOMMIT = for_a_day("CodeCommit", "ASYNC-49")
CONFIG = for_a_day("Config", "ASYNC-49")
