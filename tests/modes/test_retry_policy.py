"""What the retry policy of asynchronous invocation decides."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.modes.asynchronous import retry_policy
from pytest_lambda_modes.modes.asynchronous.retry_policy import Decision, GiveUp, Retry
from pytest_lambda_modes.units import MINUTE, SECOND

WHOLE_AGE = 21_600

properties = settings(deadline=None, derandomize=True)
retry_limits = st.integers(0, 2)
ages = st.one_of(st.integers(60, 400), st.integers(60, WHOLE_AGE))
starts = st.integers(0, 10**15)
durations = st.integers(0, 900 * SECOND)


def after_function_error(
    now: int, *, retries_used: int = 0, retries: int = 2, age: int = WHOLE_AGE, accepted_at: int = 0
) -> Decision:
    return retry_policy.after_function_error(
        accepted_at=accepted_at,
        now=now,
        retries_used=retries_used,
        maximum_retry_attempts=retries,
        maximum_event_age_in_seconds=age,
    )


def after_throttle(now: int, *, throttles: int = 1, age: int = WHOLE_AGE, accepted_at: int = 0) -> Decision:
    return retry_policy.after_throttle(
        accepted_at=accepted_at, now=now, throttles=throttles, maximum_event_age_in_seconds=age
    )


class Life(NamedTuple):
    """The times of every try of one event, how many of them were runs, and how it ended."""

    tries: list[int]
    runs: int
    end: GiveUp


def live(accepted_at: int, retries: int, age: int, fates: list[int | None]) -> Life:
    """Play an event that never succeeds. A fate is the duration of a failing run, or None for a throttle."""
    at, runs, throttles = accepted_at, 0, 0
    tries: list[int] = []
    while True:
        fate = fates[len(tries) % len(fates)]
        tries.append(at)
        if fate is None:
            throttles += 1
            decision = after_throttle(at, throttles=throttles, age=age, accepted_at=accepted_at)
        else:
            throttles = 0
            decision = after_function_error(
                at + fate, retries_used=runs, retries=retries, age=age, accepted_at=accepted_at
            )
            runs += 1
        if isinstance(decision, GiveUp):
            return Life(tries, runs, decision)
        at = decision.at


lives = st.builds(
    lambda accepted_at, retries, age, fates: (accepted_at, retries, age, live(accepted_at, retries, age, fates)),
    starts,
    retry_limits,
    ages,
    st.lists(st.one_of(st.none(), durations), min_size=1, max_size=6),
)


@pytest.mark.rule("ASYNC-9")
def test_the_retries_come_one_and_two_minutes_after_the_end_of_the_run_before():
    """A first failure is retried a minute after its end, a second one two minutes after its end."""
    assert after_function_error(7 * SECOND) == Retry(at=7 * SECOND + MINUTE, rule="ASYNC-9")
    assert after_function_error(80 * SECOND, retries_used=1) == Retry(at=80 * SECOND + 2 * MINUTE, rule="ASYNC-9")


@pytest.mark.rule("ASYNC-9")
@pytest.mark.parametrize("retries", [1, 2])
def test_an_event_is_given_up_when_its_retries_are_used_up(retries):
    """The failure of the last retry ends the event at once."""
    assert after_function_error(5, retries_used=retries, retries=retries) == GiveUp("RetriesExhausted", "ASYNC-9", 5)


@pytest.mark.rule("ASYNC-12")
def test_without_retries_the_first_failure_is_the_last():
    """With no retries allowed, a first failure exhausts them."""
    assert after_function_error(5, retries=0) == GiveUp("RetriesExhausted", "ASYNC-12", 5)


@pytest.mark.rule("ASYNC-11")
def test_a_retry_due_exactly_at_the_age_is_not_made():
    """A retry must be due before the age: one that is due at that very instant is given up, at once."""
    assert after_function_error(0, age=60) == GiveUp("EventAgeExceeded", "ASYNC-11", 0)
    assert after_function_error(0, age=61) == Retry(MINUTE, "ASYNC-9")
    assert after_function_error(SECOND - 1, age=61) == Retry(61 * SECOND - 1, "ASYNC-9")
    assert after_function_error(SECOND, age=61) == GiveUp("EventAgeExceeded", "ASYNC-11", SECOND)


@pytest.mark.rule("ASYNC-11")
def test_an_age_of_ninety_seconds_leaves_room_for_one_retry():
    """With an age of 90 s there is a run at 0 s and one at 60 s, and the event is given up after the second."""
    assert live(0, 2, 90, [0]) == Life([0, MINUTE], 2, GiveUp("EventAgeExceeded", "ASYNC-11", MINUTE))


@pytest.mark.rule("ASYNC-11")
def test_exhausted_retries_are_named_before_an_exceeded_age():
    """A last retry that ends after the age has passed ran out of retries, not of time."""
    assert after_function_error(900 * SECOND, retries_used=2, age=60) == GiveUp(
        "RetriesExhausted", "ASYNC-9", 900 * SECOND
    )


@pytest.mark.rule("ASYNC-10")
def test_the_back_off_doubles_from_one_second_to_five_minutes():
    """Throttles in a row wait 1, 2, 4, ... 256 and then always 300 seconds."""
    waits = [retry_policy.back_off(throttles) // SECOND for throttles in range(1, 13)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


@pytest.mark.rule("ASYNC-10")
def test_a_throttled_event_is_tried_again_after_the_back_off():
    """A throttle at some instant is followed by a try one back-off later."""
    assert after_throttle(10 * SECOND, throttles=3) == Retry(14 * SECOND, "ASYNC-10")


@pytest.mark.rule("ASYNC-26", "ASYNC-16")
def test_an_event_that_is_always_throttled_is_given_up_when_its_age_passes():
    """Tries at 0, 1, 3, 7, 15 and 31 s; the next, at 63 s, would be too late, so the event ends at 60 s."""
    life = live(0, 2, 60, [None])
    assert [at // SECOND for at in life.tries] == [0, 1, 3, 7, 15, 31]
    assert life.runs == 0
    assert life.end == GiveUp("EventAgeExceeded", "ASYNC-26", MINUTE)


@pytest.mark.rule("ASYNC-26")
def test_a_throttled_retry_due_exactly_at_the_age_is_not_made():
    """A try may come a microsecond before the age passes, and not at that instant."""
    assert after_throttle(59 * SECOND, age=60) == GiveUp("EventAgeExceeded", "ASYNC-26", MINUTE)
    assert after_throttle(59 * SECOND - 1, age=60) == Retry(MINUTE - 1, "ASYNC-10")


@pytest.mark.rule("ASYNC-13")
def test_zero_concurrency_is_final_at_once():
    """With reserved concurrency 0 there is nothing to wait for."""
    assert retry_policy.when_concurrency_is_zero(now=3) == GiveUp("ZeroReservedConcurrency", "ASYNC-13", 3)


@pytest.mark.rule("ASYNC-15")
def test_a_deleted_function_is_final_at_once():
    """An event whose function is gone has exhausted its retries without using them."""
    assert retry_policy.when_function_is_gone(now=3) == GiveUp("RetriesExhausted", "ASYNC-15", 3)


@pytest.mark.rule("ASYNC-36")
def test_a_stopped_recursion_is_final_at_once():
    """An event of a recursive loop is not retried."""
    assert retry_policy.when_recursion_is_stopped(now=3) == GiveUp("RecursiveInvocation", "ASYNC-36", 3)


@pytest.mark.rule("ASYNC-9")
@properties
@given(lives)
def test_a_handler_never_runs_more_often_than_its_retries_allow(played):
    """However runs and throttles mix, there are at most `maximum_retry_attempts` + 1 runs."""
    _, retries, _, life = played
    assert life.runs <= retries + 1
    assert (life.runs == retries + 1) == (life.end.condition == "RetriesExhausted")


@pytest.mark.rule("ASYNC-11", "ASYNC-26")
@properties
@given(lives)
def test_nothing_is_tried_at_the_age_or_later(played):
    """Every try lies before acceptance plus age."""
    accepted_at, _, age, life = played
    assert all(at < accepted_at + age * SECOND for at in life.tries)
    assert life.tries == sorted(set(life.tries))


@pytest.mark.rule("ASYNC-10")
@properties
@given(st.integers(0, 9))
def test_throttles_use_up_no_retries(throttles):
    """However many throttles come before each run, all three runs are made."""
    life = live(0, 2, WHOLE_AGE, [*[None] * throttles, 0])
    assert life.runs == 3
    assert len(life.tries) == 3 * (throttles + 1)


@pytest.mark.rule("ASYNC-11", "ASYNC-30")
@properties
@given(starts, durations, retry_limits, st.integers(0, 2), ages)
def test_after_a_function_error_an_event_is_retried_later_or_given_up_now(accepted_at, lasted, retries, used, age):
    """A decision to give up after a run is carried out at the run's end, and never waits for the age."""
    now = accepted_at + lasted
    decision = after_function_error(now, retries_used=used, retries=retries, age=age, accepted_at=accepted_at)
    if isinstance(decision, Retry):
        assert decision.at - now == (MINUTE, 2 * MINUTE)[used]
        assert used < retries
    else:
        assert decision.at == now


@pytest.mark.rule("ASYNC-10", "ASYNC-26")
@properties
@given(starts, st.integers(0, WHOLE_AGE * SECOND), st.integers(1, 200), ages)
def test_a_throttled_event_waits_its_back_off_or_for_its_age(accepted_at, waited, throttles, age):
    """After a throttle the next instant is exactly the back-off's end or exactly the end of the age."""
    now = accepted_at + waited
    decision = after_throttle(now, throttles=throttles, age=age, accepted_at=accepted_at)
    expires = accepted_at + age * SECOND
    wait = min(2 ** (throttles - 1), 300) * SECOND
    if isinstance(decision, Retry):
        assert decision.at == now + wait < expires
    else:
        assert now + wait >= expires
        assert decision.at == max(now, expires)
