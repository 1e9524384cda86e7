"""The heap of timers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.clock.scheduler import Scheduler


def nothing() -> None:
    return None


def test_equal_times_fire_first_come_first_served():
    """Timers due at one instant fire in the order in which they were set."""
    hub, fired = Hub(Scheduler()), []
    for name in "abc":
        hub.scheduler.at(5, lambda name=name: fired.append(name))
    hub.scheduler.at(4, lambda: fired.append("earlier"))
    hub.run_until_idle()
    assert fired == ["earlier", "a", "b", "c"]


def test_a_timer_set_by_a_timer_for_now_fires_behind_what_is_due():
    """What a timer sets for the present instant takes its place at the end of the queue, not at its head."""
    hub, fired = Hub(Scheduler()), []

    def first() -> None:
        fired.append("first")
        hub.scheduler.at(5, lambda: fired.append("set by the first"))

    hub.scheduler.at(5, first)
    hub.scheduler.at(5, lambda: fired.append("second"))
    hub.run_until_idle()
    assert fired == ["first", "second", "set by the first"]


def test_a_time_that_has_passed_means_now():
    """A timer for the past is due at once, behind what is due already, and the clock does not go back for it."""
    scheduler = Scheduler()
    hub, fired = Hub(scheduler), []
    scheduler.now = 10
    scheduler.at(10, lambda: fired.append("due"))
    assert scheduler.at(3, lambda: fired.append("late")).due == 10
    hub.run_until_idle()
    assert (fired, scheduler.now) == (["due", "late"], 10)


def test_a_cancelled_timer_does_nothing():
    """A timer that is cancelled does not fire, is not pending, does not move the clock, and counts for nothing."""
    scheduler = Scheduler()
    hub, fired = Hub(scheduler), []
    scheduler.at(1, lambda: fired.append("kept"))
    timer = scheduler.at(9, lambda: fired.append("cancelled"))
    timer.cancel()
    timer.cancel()
    assert [timer.due for timer in scheduler.pending()] == [1]
    hub.run_until_idle()
    assert (fired, scheduler.now, scheduler.fired) == (["kept"], 1, 1)


def test_a_timer_can_be_cancelled_by_one_that_is_due_with_it():
    """Of two timers due together the first can call off the second."""
    scheduler = Scheduler()
    hub, fired = Hub(scheduler), []
    scheduler.at(5, lambda: second.cancel())
    second = scheduler.at(5, lambda: fired.append("second"))
    hub.run_until_idle()
    assert (fired, scheduler.fired) == ([], 1)


def test_idle_is_an_empty_heap():
    """A scheduler is idle when no live timer is left; cancelled ones do not count."""
    scheduler = Scheduler()
    assert scheduler.idle()
    timers = [scheduler.at(due, nothing) for due in (7, 3, 5)]
    assert not scheduler.idle()
    for timer in timers:
        timer.cancel()
    assert scheduler.idle()


def test_pending_timers_are_told_in_the_order_in_which_they_will_fire():
    """`pending` sorts by due time, then by arrival."""
    scheduler = Scheduler()
    for due, name in ((5, "b"), (9, "d"), (5, "c"), (1, "a")):
        scheduler.at(due, nothing, name)
    assert [timer.name for timer in scheduler.pending()] == ["a", "b", "c", "d"]


def test_the_wall_clock_is_the_start_and_what_has_passed():
    """`epoch` adds the virtual time to the wall clock at the start."""
    scheduler = Scheduler(start=1_000)
    scheduler.now = 234
    assert scheduler.epoch() == 1_234


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 20), st.booleans())))
def test_any_timers_fire_once_each_in_order(timers):
    """Whatever is set and cancelled, the rest fires once each by (due, arrival), and never before its time."""
    scheduler = Scheduler()
    hub, fired = Hub(scheduler), []
    for number, (due, cancelled) in enumerate(timers):
        timer = scheduler.at(due, lambda number=number: fired.append((scheduler.now, number)))
        if cancelled:
            timer.cancel()
    hub.run_until_idle()
    assert fired == sorted((due, number) for number, (due, cancelled) in enumerate(timers) if not cancelled)
    assert scheduler.fired == len(fired)
