"""What becomes of an event that failed or was not admitted: tried again, or given up. Decides, and does nothing else.

Times are microseconds on the virtual clock. An event's age counts from its acceptance, and the age limit is exclusive:
nothing is ever tried at `accepted_at` plus the age, or later.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from pytest_lambda_modes.model import limits
from pytest_lambda_modes.units import SECOND

Condition = Literal["RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency", "RecursiveInvocation"]


class Retry(NamedTuple):
    """Try the event again at `at`. `rule` is the id of the rule that says so."""

    at: int
    rule: str


class GiveUp(NamedTuple):
    """Send the event down its failure path at `at`, with this condition in its record. `rule` is the rule's id."""

    condition: Condition
    rule: str
    at: int


Decision: TypeAlias = "Retry | GiveUp"


def after_function_error(
    *,
    accepted_at: int,
    now: int,
    retries_used: int,
    maximum_retry_attempts: int,
    maximum_event_age_in_seconds: int,
) -> Decision:
    """What follows a run that ended in a function error at `now`. (ASYNC-9, ASYNC-11, ASYNC-12)

    `retries_used` counts the function-error retries before this run's end: 0 after the first run. A retry that would
    come too late is not waited for: the event is given up at once.
    """
    if retries_used >= maximum_retry_attempts:
        return GiveUp("RetriesExhausted", "ASYNC-9" if maximum_retry_attempts else "ASYNC-12", now)
    due = now + limits.RETRY_DELAYS[retries_used]
    if due >= accepted_at + maximum_event_age_in_seconds * SECOND:
        return GiveUp("EventAgeExceeded", "ASYNC-11", now)
    return Retry(due, "ASYNC-9")


def after_throttle(*, accepted_at: int, now: int, throttles: int, maximum_event_age_in_seconds: int) -> Decision:
    """What follows a try at `now` that Lambda itself turned away: a throttle or a service error. (ASYNC-10, ASYNC-26)

    `throttles` counts such tries in a row, this one included, so it is 1 or more. Retries are not used up. An event
    whose next try would come too late stays in the queue until its age has passed, and is given up at that instant.
    """
    due = now + back_off(throttles)
    expires = accepted_at + maximum_event_age_in_seconds * SECOND
    if due >= expires:
        return GiveUp("EventAgeExceeded", "ASYNC-26", max(now, expires))
    return Retry(due, "ASYNC-10")


def back_off(throttles: int) -> int:
    """The wait after so many throttles in a row: 1, 2, 4, ... 256, then always 300 seconds. (ASYNC-10)"""
    return min(limits.THROTTLE_DELAY_FIRST << (throttles - 1), limits.THROTTLE_DELAY_MOST)


def when_too_old(*, accepted_at: int, now: int, throttles: int, maximum_event_age_in_seconds: int) -> GiveUp | None:
    """A try finds that the age has passed: while it waited throttled, or because the setting is lower now. (ASYNC-5)

    None if it has not. `throttles` is as for `after_throttle`, and 0 when the last try was a run.
    """
    if now < accepted_at + maximum_event_age_in_seconds * SECOND:
        return None
    return GiveUp("EventAgeExceeded", "ASYNC-26" if throttles else "ASYNC-11", now)


def when_concurrency_is_zero(*, now: int) -> GiveUp:
    """A try found reserved concurrency set to 0: there is nothing to wait for. (ASYNC-13)"""
    return GiveUp("ZeroReservedConcurrency", "ASYNC-13", now)


def when_function_is_gone(*, now: int) -> GiveUp:
    """A try found the function, version or alias deleted. (ASYNC-15)"""
    return GiveUp("RetriesExhausted", "ASYNC-15", now)


def when_recursion_is_stopped(*, now: int) -> GiveUp:
    """A try was stopped as part of a recursive loop. (ASYNC-36)"""
    return GiveUp("RecursiveInvocation", "ASYNC-36", now)
