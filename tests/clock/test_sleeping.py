"""`time.sleep` in virtual time."""

from __future__ import annotations

import math
import time
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from time import sleep

import pytest

from pytest_lambda_modes.clock import sleeping
from pytest_lambda_modes.clock.sleeping import ThreadTime, virtual_sleep


class Index:
    """A number to `operator.index` alone."""

    def __index__(self) -> int:
        return 2


class Real(float):
    """A number of somebody's own."""


@pytest.mark.parametrize(
    ("seconds", "passed"),
    [
        (60, timedelta(minutes=1)),
        (0.1, timedelta(milliseconds=100)),
        (1e-6, timedelta(microseconds=1)),
        (1e-9, timedelta(microseconds=1)),
        (2.3e-6, timedelta(microseconds=2)),
        (True, timedelta(seconds=1)),
        (Index(), timedelta(seconds=2)),
        (Real(1.5), timedelta(seconds=1.5)),
        (0, timedelta(0)),
        (-0.0, timedelta(0)),
        (86_400 * 365, timedelta(days=365)),
    ],
)
def test_time_passes_by_what_is_slept(lambda_clock, seconds, passed):
    """To the microsecond, and by one at least: a sleep is never nothing."""
    time.sleep(seconds)
    assert lambda_clock.elapsed == passed


@pytest.mark.parametrize(
    "seconds", [-1, -1e-9, math.nan, math.inf, -math.inf, 1e10, 10**30, "1", None, Decimal(1), Fraction(1, 2), 1j]
)
def test_what_the_real_one_refuses_is_refused(lambda_clock, seconds):
    """With the same kind of error, and for a wrong sign or type with the same words."""
    with pytest.raises(Exception) as expected:
        sleeping.real_sleep(seconds)
    with pytest.raises(expected.type) as refused:
        time.sleep(seconds)
    if expected.type is TypeError or "non-negative" in str(expected.value):
        assert str(refused.value) == str(expected.value)
    assert lambda_clock.elapsed == timedelta(0)


def test_the_argument_has_no_name(lambda_clock):
    """As with the real one, `sleep(seconds=1)` is an error."""
    with pytest.raises(TypeError):
        time.sleep(seconds=1)


def test_a_module_that_has_taken_sleep_by_itself_sleeps_in_virtual_time(lambda_clock):
    """`from time import sleep` is served, too."""
    sleep(5)
    assert lambda_clock.elapsed == timedelta(seconds=5)


def test_nothing_is_virtual_outside_of_the_fixtures():
    """Here `time.sleep` is the real one; a stand-in that somebody kept sleeps in real time."""
    assert time.sleep is sleep is sleeping.real_sleep
    assert ThreadTime.installed is None
    before = time.perf_counter()
    virtual_sleep(0.01)
    assert time.perf_counter() - before >= 0.009


def test_a_sleep_in_a_test_lets_the_world_run(async_invoke, lambda_clock):
    """Retries become due while the test sleeps, to the very end of its sleep."""
    begun = []

    def fails(event, context):
        begun.append(lambda_clock.elapsed.total_seconds())
        raise RuntimeError

    async_invoke(fails, {})
    time.sleep(59.999999)
    assert begun == [0]
    time.sleep(0.000001)
    assert begun == [0, 60]
    time.sleep(120)
    assert begun == [0, 60, 180]


def test_a_sleep_of_nothing_gives_the_others_a_turn(async_invoke):
    """`time.sleep(0)` lets run what is due at this instant, once, and comes back at the same instant."""
    journal = []

    def handler(event, context):
        for turn in range(3):
            journal.append((event, turn))
            time.sleep(0)

    async_invoke(handler, "a")
    async_invoke(handler, "b")
    time.sleep(0)
    assert journal == [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2), ("b", 2)]


# The exact number of timers


def test_a_handler_that_sleeps_alone_needs_no_timer(lambda_modes, sync_invoke):
    """Nobody else is there to be run, so the clock is just set forward."""
    sync_invoke(lambda event, context: [time.sleep(0.1) for _ in range(20)], {}).unwrap()
    assert (lambda_modes._scheduler.fired, lambda_modes._scheduler.arrivals) == (0, 0)


def test_two_that_overlap_need_one_timer_for_each_sleep_of_the_second(lambda_modes, async_invoke, lambda_clock):
    """Two deliveries, and the sleeps of the one that is not on the test's own stack."""
    async_invoke(lambda event, context: [time.sleep(5) for _ in range(4)], {}, timeout=60)
    async_invoke(lambda event, context: [time.sleep(3) for _ in range(3)], {}, timeout=60)
    lambda_clock.run_until_idle()
    assert lambda_modes._scheduler.fired == 2 + 3


def test_an_event_with_three_attempts_needs_three_timers(lambda_modes, async_invoke):
    """One for each delivery, and none for what happens in between."""

    def fails(event, context):
        time.sleep(1)
        raise RuntimeError

    invocation = async_invoke(fails, {}).wait()
    assert len(invocation.attempts) == 3
    assert (lambda_modes._scheduler.fired, lambda_modes._scheduler.arrivals) == (3, 3)


def test_a_nested_call_needs_no_timer_unless_it_may_outlast_its_caller(lambda_modes):
    """A callee whose timeout ends in time runs on the caller's stack; another one is started and sleeps by timers."""
    inner = lambda_modes.function(lambda event, context: time.sleep(1), timeout=3)
    longer = lambda_modes.function(lambda event, context: time.sleep(1), timeout=900)

    def outer(event, context):
        lambda_modes.sync_invoke({"inner": inner, "longer": longer}[event], {}).unwrap()

    lambda_modes.sync_invoke(outer, "inner", timeout=60).unwrap()
    assert lambda_modes._scheduler.arrivals == 0
    lambda_modes.sync_invoke(outer, "longer", timeout=60).unwrap()
    # The start of the call, the sleep in it, and its end.
    assert lambda_modes._scheduler.fired == 3
