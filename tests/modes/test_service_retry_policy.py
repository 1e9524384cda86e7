"""When a service calls Invoke again after a refusal, and when it gives up."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.modes.asynchronous import service_retry_policy
from pytest_lambda_modes.modes.asynchronous.service_retry_policy import CallAgain, GiveUp, ServiceRetryPolicy
from pytest_lambda_modes.units import DAY, HOUR, SECOND

POLICIES = {
    "sns": service_retry_policy.SNS,
    "eventbridge": service_retry_policy.eventbridge(),
    "scheduler": service_retry_policy.scheduler(),
    "s3": service_retry_policy.S3,
    "logs": service_retry_policy.CLOUDWATCH_LOGS,
}
THROTTLE = 429


def tries_of(policy: ServiceRetryPolicy, status_code: int = THROTTLE) -> tuple[list[int], GiveUp]:
    """When a service calls, while Lambda refuses each time, and why it stops."""
    tries = [0]
    while True:
        decision = policy.after_refusal(status_code, tries=len(tries), began_at=0, now=tries[-1])
        if isinstance(decision, GiveUp):
            return tries, decision
        tries.append(decision.at)


@pytest.mark.rule("ASYNC-40")
def test_sns_goes_on_for_23_days() -> None:
    """3 tries at once, 2 at 1 s, 10 from 1 to 20 s, 100,000 at 20 s: 100,015 in all."""
    tries, end = tries_of(service_retry_policy.SNS)
    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert waits[:4] == [0, 0, SECOND, SECOND]
    growing = waits[4:14]
    assert (growing[0], growing[-1]) == (SECOND, 20 * SECOND)
    assert [round(wait / SECOND, 2) for wait in growing] == [
        1.0, 1.39, 1.95, 2.71, 3.79, 5.28, 7.37, 10.28, 14.34, 20.0,
    ]  # fmt: skip
    assert waits[14:] == [20 * SECOND] * 100_000
    assert (len(tries), end) == (100_015, GiveUp("MaximumRetryAttempts"))
    assert tries[-1] // DAY == 23


@pytest.mark.rule("ASYNC-41", "ASYNC-42")
@pytest.mark.parametrize("name", ["eventbridge", "scheduler"])
def test_eventbridge_fills_a_day_with_185_retries(name: str) -> None:
    """The waits double up to 256 s and are 480 s from there, so the retries are used up just before the age."""
    tries, end = tries_of(POLICIES[name])
    waits = [(later - earlier) // SECOND for earlier, later in pairwise(tries)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256] + [480] * 176
    assert (len(tries) - 1, end) == (185, GiveUp("MaximumRetryAttempts"))
    assert 23 * HOUR < tries[-1] < DAY


@pytest.mark.rule("ASYNC-41", "ASYNC-42")
@pytest.mark.parametrize("make", [service_retry_policy.eventbridge, service_retry_policy.scheduler])
def test_whichever_limit_comes_first_ends_it(make) -> None:  # type: ignore[no-untyped-def]
    """The age is exclusive, as Lambda's own is; what would come too late is not waited for."""
    assert tries_of(make(maximum_retry_attempts=0)) == ([0], GiveUp("MaximumRetryAttempts"))
    assert tries_of(make(maximum_retry_attempts=2))[0] == [0, SECOND, 3 * SECOND]
    tries, end = tries_of(make(maximum_event_age_in_seconds=63))
    assert ([at // SECOND for at in tries], end) == ([0, 1, 3, 7, 15, 31], GiveUp("MaximumEventAgeInSeconds"))
    assert len(tries_of(make(maximum_event_age_in_seconds=64))[0]) == 7


@pytest.mark.rule("ASYNC-43")
@pytest.mark.parametrize("name", ["s3", "logs"])
def test_others_go_on_for_a_day(name: str) -> None:
    """The waits double up to 256 s and are 300 s from there."""
    tries, end = tries_of(POLICIES[name])
    waits = [(later - earlier) // SECOND for earlier, later in pairwise(tries)]
    assert waits[:11] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert end == GiveUp("MaximumEventAgeInSeconds")
    assert DAY - 300 * SECOND <= tries[-1] < DAY


@pytest.mark.rule("ASYNC-40", "ASYNC-41")
@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("status_code", [400, 403, 404, 413])
def test_what_no_retry_would_cure_is_given_up_at_once(name: str, status_code: int) -> None:
    """A deleted function, a missing permission, an event that is too large."""
    assert tries_of(POLICIES[name], status_code) == ([0], GiveUp(None))


@settings(deadline=None, derandomize=True)
@given(
    name=st.sampled_from(sorted(POLICIES)),
    status_code=st.sampled_from([429, 500, 502, 503]),
    tries=st.integers(1, 100_020),
    now=st.integers(0, 30 * DAY),
    waited=st.integers(0, 30 * DAY),
)
def test_a_next_call_is_never_early_nor_too_late(
    name: str, status_code: int, tries: int, now: int, waited: int
) -> None:
    """It lies at or after the refusal and before the age, and waits never shrink from one try to the next."""
    policy = POLICIES[name]
    began_at = max(0, now - waited)
    decision = policy.after_refusal(status_code, tries=tries, began_at=began_at, now=now)
    if isinstance(decision, CallAgain):
        assert decision.at >= now
        assert policy.maximum_retry_attempts is None or tries <= policy.maximum_retry_attempts
        assert policy.maximum_event_age is None or decision.at < began_at + policy.maximum_event_age
    else:
        assert decision.exhausted is not None
    assert policy.delay(tries) <= policy.delay(tries + 1)
