"""The clock that a test holds."""

from __future__ import annotations

import datetime as dt
import threading
import time
from datetime import timedelta

import pytest

from pytest_lambda_modes.clock import running
from pytest_lambda_modes.clock.activity import Activity, Unwind
from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.clock.virtual_clock import VirtualClock
from pytest_lambda_modes.errors import ClockError, NotSettledError

SECOND = 1_000_000
START = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)


@pytest.fixture
def hub() -> Hub:
    return Hub(Scheduler(start=int(START.timestamp()) * SECOND))


@pytest.fixture
def clock(hub: Hub) -> VirtualClock:
    return VirtualClock(hub)


def test_looking_at_the_clock_does_not_move_it(clock):
    """`now` is an aware datetime in UTC, `elapsed` the time since the start; both stand still."""
    assert [clock.now for _ in range(3)] == [START] * 3
    assert clock.now.tzinfo is dt.timezone.utc
    assert clock.elapsed == timedelta(0)


@pytest.mark.parametrize(
    ("arguments", "named", "passed"),
    [
        ((timedelta(days=1),), {}, timedelta(days=1)),
        ((), {"days": 1, "hours": 2, "minutes": 3, "seconds": 4, "milliseconds": 5}, timedelta(1, 7384, 5000)),
        ((timedelta(seconds=1),), {"seconds": 0.5}, timedelta(seconds=1.5)),
        ((timedelta(microseconds=1),), {}, timedelta(microseconds=1)),
        ((), {}, timedelta(0)),
    ],
)
def test_advance_takes_a_timedelta_or_amounts_by_name(clock, arguments, named, passed):
    """All amounts are added up, to the microsecond."""
    clock.advance(*arguments, **named)
    assert clock.elapsed == passed
    assert clock.now == START + passed


def test_advance_lets_happen_what_is_due(hub, clock):
    """What is due up to the very end happens, at its own time; what is due later does not."""
    seen = []
    for due in (1, 2, 3):
        hub.scheduler.at(due * SECOND, lambda: seen.append(clock.elapsed.total_seconds()))
    clock.advance(seconds=2)
    assert seen == [1, 2]
    clock.advance(seconds=0.5)
    assert seen == [1, 2]
    clock.advance(seconds=10)
    assert seen == [1, 2, 3]


def test_advancing_by_nothing_lets_happen_what_is_due_now(hub, clock):
    """`advance(timedelta(0))` gives a turn to what is due at this instant."""
    seen = []
    hub.scheduler.at(0, lambda: seen.append("now"))
    hub.scheduler.at(1, lambda: seen.append("later"))
    clock.advance(timedelta(0))
    assert seen == ["now"]


def test_time_never_goes_back_and_says_so(clock):
    """A negative duration is refused, with the amount, and nothing moves."""
    clock.advance(seconds=5)
    with pytest.raises(ClockError, match=r"go back by 0:00:02\. Virtual time never goes back\."):
        clock.advance(seconds=1, minutes=-0.05)
    assert clock.elapsed == timedelta(seconds=5)


@pytest.mark.parametrize("amount", [5, 2.5, "1h"])
def test_a_bare_number_is_refused_with_what_to_write_instead(clock, amount):
    """`advance(5)` does not say 5 of what."""
    with pytest.raises(ClockError) as refused:
        clock.advance(amount)
    assert f"lambda_clock.advance(seconds={amount!r})" in str(refused.value)


def test_run_until_idle_ends_at_the_last_thing_that_happens(hub, clock):
    """Time stops at the last timer, not later."""
    hub.scheduler.at(7 * SECOND, lambda: hub.scheduler.at(9 * SECOND, lambda: None))
    hub.scheduler.at(20 * SECOND, lambda: None).cancel()
    clock.run_until_idle()
    assert clock.elapsed == timedelta(seconds=9)
    clock.run_until_idle()
    assert clock.elapsed == timedelta(seconds=9)


def test_advance_obeys_the_deadline_of_who_calls_it(hub, clock):
    """Used by code with a deadline, `advance` is a wait like any other."""
    with pytest.raises(Unwind):
        hub.run(Activity("handler", deadline=3 * SECOND), lambda: clock.advance(seconds=3))
    assert clock.elapsed == timedelta(seconds=3)


def test_the_world_cannot_come_to_rest_while_a_handler_waits_for_that(hub, clock):
    """`run_until_idle` in a handler is refused, naming the handler."""
    with pytest.raises(ClockError, match="was asked for by orders, which is running"):
        hub.run(Activity("orders"), clock.run_until_idle)


@pytest.mark.parametrize("use", [VirtualClock.run_until_idle, lambda clock: clock.advance(seconds=1)])
def test_other_threads_cannot_move_the_clock(clock, use):
    """Used in another thread, the clock refuses and says which thread that was."""
    refused = []

    def work() -> None:
        with pytest.raises(ClockError) as error:
            use(clock)
        refused.append(str(error.value))

    thread = threading.Thread(target=work, name="worker-7")
    thread.start()
    thread.join()
    assert refused[0].startswith("Virtual time was used in thread worker-7")
    assert clock.elapsed == timedelta(0)


@pytest.mark.parametrize("look", [lambda clock: clock.now, lambda clock: clock.elapsed, lambda clock: time.time()])
def test_a_test_that_only_looks_at_the_clock_is_told_so(lambda_modes, lambda_clock, monkeypatch, look):
    """A loop in a test that waits for the clock to move by itself ends with NotSettledError."""
    monkeypatch.setattr(running, "SPIN_READS", 100)
    lambda_modes._hub.timer_limit = 50
    with pytest.raises(NotSettledError, match="has looked at the clock 150 times without waiting"):
        while True:
            look(lambda_clock)


def test_the_default_start(lambda_clock):
    """Without a setting a test begins with the year 2026."""
    assert lambda_clock.now == START
    assert repr(lambda_clock) == "<VirtualClock 2026-01-01T00:00:00.000000Z, 0:00:00 after the start>"


@pytest.mark.lambda_modes(start="2026-03-29T00:59:00+01:00")
def test_a_start_of_ones_own(lambda_clock):
    """The marker says where a test begins; the clock tells it in UTC."""
    lambda_clock.advance(minutes=2)
    assert lambda_clock.now == dt.datetime(2026, 3, 29, 0, 1, tzinfo=dt.timezone.utc)
    assert lambda_clock.elapsed == timedelta(minutes=2)
