"""User code that overlaps in virtual time."""

from __future__ import annotations

import contextvars
import gc
import inspect
import random
import weakref
from collections.abc import Callable
from functools import partial

import pytest
from greenlet import getcurrent, greenlet

from pytest_lambda_modes.clock.activity import Activity, Unwind
from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.clock.scheduler import NEVER, Scheduler
from pytest_lambda_modes.clock.signals import Signal
from pytest_lambda_modes.errors import ClockError, NotSettledError

NAME: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="nobody")


class World:
    """A hub, and handlers on it that note what they do when."""

    def __init__(self) -> None:
        self.hub = Hub(Scheduler())
        self.log: list[tuple[int, str]] = []

    def note(self, what: str) -> None:
        self.log.append((self.hub.scheduler.now, what))

    def sleep(self, duration: int) -> None:
        self.hub.wait_until(self.hub.scheduler.now + duration)

    def sleeper(self, name: str, *durations: int) -> Callable[[], None]:
        def handler() -> None:
            self.note(f"{name} begins")
            for duration in durations:
                self.sleep(duration)
                self.note(name)

        return handler

    def begin(
        self, due: int, name: str, handler: Callable[[], object], timeout: int = 1_000, owner: object = None
    ) -> None:
        """Have a handler begin at an instant."""

        def deliver() -> None:
            deadline = self.hub.scheduler.now + timeout
            self.hub.start(partial(self.hub.run, Activity(name, deadline), handler), deadline, owner)

        self.hub.scheduler.at(due, deliver, f"delivery to {name}")

    def run(self, handler: Callable[[], object], name: str = "inline", timeout: int = NEVER) -> Activity:
        """Run a handler for the test, which waits for it."""
        activity = Activity(name, min(NEVER, self.hub.scheduler.now + timeout))
        self.hub.run(activity, handler)
        return activity


@pytest.fixture
def world() -> World:
    return World()


# Each wakes at its own instant


def test_two_that_sleep_across_each_other(world):
    """The one that sleeps longer is not late for the other, and the other is not late for it."""
    world.begin(0, "long", world.sleeper("long", 20, 1))
    world.begin(0, "short", world.sleeper("short", 5, 15, 2))
    world.hub.run_until_idle()
    assert world.log == [
        (0, "long begins"),
        (0, "short begins"),
        (5, "short"),
        (20, "long"),
        (20, "short"),
        (21, "long"),
        (22, "short"),
    ]


def test_three_that_sleep_across_each_other(world):
    """Handlers that begin while others sleep, and end while others sleep, all wake at their own instants."""
    world.begin(0, "a", world.sleeper("a", 10, 10))
    world.begin(3, "b", world.sleeper("b", 4, 20))
    world.begin(5, "c", world.sleeper("c", 1, 1, 1))
    world.hub.run_until_idle()
    assert world.log == [
        (0, "a begins"),
        (3, "b begins"),
        (5, "c begins"),
        (6, "c"),
        (7, "b"),
        (7, "c"),
        (8, "c"),
        (10, "a"),
        (20, "a"),
        (27, "b"),
    ]


def test_the_first_runs_on_its_callers_stack_and_the_second_does_not(world):
    """With nobody else running, a handler is on the test's own stack; one that overlaps it has a stack of its own."""
    stacks: dict[str, tuple[bool, set[str]]] = {}

    def handler(name: str) -> None:
        stacks[name] = getcurrent() is main, {frame.function for frame in inspect.stack()}
        world.sleep(5)

    main, here = getcurrent(), inspect.currentframe().f_code.co_name
    world.begin(0, "first", partial(handler, "first"))
    world.begin(1, "second", partial(handler, "second"))
    world.begin(9, "third", partial(handler, "third"))
    world.hub.run_until_idle()
    assert stacks["first"][0] and here in stacks["first"][1]
    assert not stacks["second"][0] and here not in stacks["second"][1]
    assert stacks["third"][0] and here in stacks["third"][1]


@pytest.mark.parametrize(("timeout", "inline"), [(9, True), (10, True), (11, False)])
def test_one_that_may_outlive_the_tests_wait_does_not_run_on_the_tests_stack(world, timeout, inline):
    """A test that waits for 10 is back at 10, whatever the handler that begins meanwhile may take."""
    stacks = []
    world.begin(0, "handler", lambda: stacks.append(getcurrent()), timeout=timeout)
    world.sleep(10)
    assert (stacks == [getcurrent()]) is inline


def test_one_that_outlives_its_caller_goes_on_later(world):
    """The test is back from its wait in time; the handler goes on when the test waits again."""
    world.begin(0, "handler", world.sleeper("handler", 15))
    world.sleep(10)
    world.note("test")
    world.sleep(10)
    world.note("test")
    assert world.log == [(0, "handler begins"), (10, "test"), (15, "handler"), (20, "test")]


def test_who_is_waited_for_runs_on_the_waiting_stack(world):
    """Whoever waits for the end of one thing in particular may be held up by just that."""
    done, stacks = Signal(), {}

    def handler(name: str) -> None:
        stacks[name] = getcurrent() is main
        world.sleep(1)

    def awaited() -> None:
        handler("awaited")
        done.fire()

    main = getcurrent()
    world.begin(0, "other", partial(handler, "other"), owner="other")
    world.begin(2, "awaited", awaited, owner="mine")
    assert world.hub.wait_for(done, owner="mine")
    assert stacks == {"other": False, "awaited": True}
    assert world.hub.scheduler.now == 3


def test_hundreds_that_overlap_are_in_order(world):
    """Handlers that wake at one instant go on in the order in which they went to sleep; others by their instants."""
    dice = random.Random(7)
    expected = []
    for number in range(400):
        begin, duration = dice.randrange(50), dice.randrange(1, 50)
        world.begin(begin, f"{number}", world.sleeper(f"{number}", duration))
        expected.append((begin + duration, begin, number))
    world.hub.run_until_idle()
    woken = [(now, what) for now, what in world.log if not what.endswith("begins")]
    assert woken == [(end, f"{number}") for end, _, number in sorted(expected)]


def test_a_run_repeats_exactly():
    """The same program gives the same trace."""

    def trace() -> list[tuple[int, str]]:
        world, dice = World(), random.Random(3)
        for number in range(50):
            handler = world.sleeper(str(number), *(dice.randrange(4) for _ in range(5)))
            world.begin(dice.randrange(10), str(number), handler)
        world.hub.run_until_idle()
        return world.log

    assert trace() == trace()


def test_the_test_goes_last(world):
    """What becomes due at the end of the test's own wait has happened when the test goes on."""
    world.hub.scheduler.at(4, lambda: world.hub.scheduler.at(10, lambda: world.note("set meanwhile")))
    world.begin(2, "handler", world.sleeper("handler", 8))
    world.sleep(10)
    world.note("test")
    assert world.log == [(2, "handler begins"), (10, "handler"), (10, "set meanwhile"), (10, "test")]


# Giving up


def test_a_caller_that_gives_up_has_its_answer_and_the_function_goes_on(world):
    """Who waits no longer than 29 is back at 29; what it waited for ends at its own time."""
    done = Signal()

    def function() -> None:
        world.sleep(40)
        world.note("function ends")
        done.fire()

    def give_up() -> None:
        assert not world.hub.wait_for(done, until=29)
        world.note("caller gives up")

    world.begin(0, "function", function)
    give_up()
    world.hub.run_until_idle()
    assert world.log == [(29, "caller gives up"), (40, "function ends")]


def test_who_gave_up_is_not_woken_again(world):
    """A signal that comes after all does not cut short what the caller waits for by then."""
    done = Signal()
    world.hub.scheduler.at(35, done.fire)

    def caller() -> None:
        world.note(f"told: {world.hub.wait_for(done, until=world.hub.scheduler.now + 29)}")
        world.sleep(20)
        world.note("slept")

    world.begin(0, "holds the stack", world.sleeper("holds the stack", 100))
    world.begin(1, "caller", caller)
    world.hub.run_until_idle()
    assert world.log == [
        (0, "holds the stack begins"),
        (30, "told: False"),
        (50, "slept"),
        (100, "holds the stack"),
    ]


@pytest.mark.parametrize("in_a_strand", [False, True])
def test_the_result_of_a_nested_call_is_there_when_it_ends(world, in_a_strand):
    """A handler that calls another waits for it in virtual time, and goes on at the instant of its end."""

    def inner() -> None:
        world.sleep(5)
        world.note("inner")

    def outer() -> None:
        world.sleep(1)
        deadline = world.hub.scheduler.now + 10
        world.hub.call(lambda: world.hub.run(Activity("inner", deadline), inner), deadline)
        world.note("outer")

    if in_a_strand:
        world.begin(0, "other", world.sleeper("other", 3))
    world.begin(0, "outer", outer, timeout=100)
    world.hub.run_until_idle()
    assert [entry for entry in world.log if "other" not in entry[1]] == [(6, "inner"), (6, "outer")]


@pytest.mark.parametrize("in_a_strand", [False, True])
def test_an_outer_deadline_that_comes_first_ends_the_outer_alone(world, in_a_strand):
    """At its deadline the caller is taken off its stack; what it called goes on to its own end."""

    def inner() -> None:
        world.sleep(50)
        world.note("inner")

    def outer() -> None:
        deadline = world.hub.scheduler.now + 100
        try:
            world.hub.call(lambda: world.hub.run(Activity("inner", deadline), inner), deadline)
        except Unwind as unwind:
            world.note(f"outer: {unwind.reason}")

    if in_a_strand:
        world.begin(0, "other", world.sleeper("other", 3))
    world.begin(0, "outer", outer, timeout=10)
    world.hub.run_until_idle()
    assert [entry for entry in world.log if "other" not in entry[1]] == [(10, "outer: deadline"), (50, "inner")]


def test_a_nested_call_that_surely_ends_in_time_runs_on_the_callers_stack(world):
    """A call whose own timeout ends before the caller's deadline needs no stack of its own, and no timer."""
    stacks = []

    def outer() -> None:
        world.hub.call(lambda: stacks.append(getcurrent()), ends_by=9)

    world.run(outer, timeout=10)
    assert stacks == [getcurrent()]
    assert world.hub.scheduler.fired == 0


def test_a_call_that_is_made_when_time_is_up_is_not_made(world):
    """From its deadline on, a handler reaches nobody any more."""
    called = []

    def handler() -> None:
        try:
            world.sleep(10)
        finally:
            world.hub.call(lambda: called.append("called"), ends_by=1_000)

    with pytest.raises(Unwind):
        world.run(handler, timeout=3)
    world.hub.run_until_idle()
    assert called == []


# Greenlets of others


def in_a_greenlet_of_its_own(work: Callable[[], object]) -> Callable[[], None]:
    """What SQLAlchemy does with synchronous code under its async engine."""
    return lambda: greenlet(work).switch()


def test_code_that_uses_greenlets_itself_can_wait_in_them(world):
    """A wait inside a greenlet of the handler's own, inline or in a strand, ends at its instant in that greenlet."""
    world.begin(0, "a", in_a_greenlet_of_its_own(world.sleeper("a", 10, 5)))
    world.begin(2, "b", in_a_greenlet_of_its_own(world.sleeper("b", 3, 20)))
    world.begin(4, "c", world.sleeper("c", 1, 100))
    world.hub.run_until_idle()
    assert world.log == [
        (0, "a begins"),
        (2, "b begins"),
        (4, "c begins"),
        (5, "b"),
        (5, "c"),
        (10, "a"),
        (15, "a"),
        (25, "b"),
        (105, "c"),
    ]


@pytest.mark.parametrize("in_a_strand", [False, True])
def test_two_greenlets_of_one_handler_take_turns_around_waits(world, in_a_strand):
    """A handler that switches between its greenlets, each of which waits, gets what each passes to the other."""
    passed = []

    def handler() -> None:
        def child(value: int) -> str:
            while value < 30:
                world.sleep(value)
                value = parent.switch(value + 1)
            return "done"

        parent = getcurrent()
        stack = greenlet(child)
        passed.append(stack.switch(1))
        while not stack.dead:
            world.sleep(10)
            passed.append(stack.switch(passed[-1] * 5))

    if in_a_strand:
        world.begin(0, "other", world.sleeper("other", 200))
    world.begin(0, "handler", handler)
    world.begin(7, "another", world.sleeper("another", 1, 1, 1))
    world.hub.run_until_idle()
    assert passed == [2, 11, "done"]


# Errors that are not the handler's


def test_an_error_in_the_work_of_others_is_raised_outside(world):
    """An innocent handler that sleeps meanwhile is taken off its stack, and the error surfaces where it was called."""
    unwound = []

    def innocent() -> None:
        try:
            world.sleep(10)
        except Exception:
            unwound.append("caught an exception")
        finally:
            unwound.append("unwound")

    def fail() -> None:
        raise ZeroDivisionError("in a timer")

    world.hub.scheduler.at(5, fail)
    with pytest.raises(ZeroDivisionError, match="in a timer"):
        world.run(innocent)
    assert unwound == ["unwound"]
    assert world.hub.scheduler.now == 5
    assert world.hub.activity is None


def test_an_innocent_handler_cannot_swallow_the_error_of_others(world):
    """Whatever the innocent handler catches, the error surfaces outside."""

    def innocent() -> str:
        try:
            world.sleep(10)
        except BaseException:
            return "all is well"

    def fail() -> None:
        raise KeyboardInterrupt

    world.hub.scheduler.at(5, fail)
    with pytest.raises(KeyboardInterrupt):
        world.run(innocent)


def test_all_innocent_callers_are_taken_off(world):
    """The caller of the innocent one is as innocent, and goes too."""
    left = []

    def inner() -> None:
        try:
            world.sleep(10)
        finally:
            left.append("inner")

    def outer() -> None:
        try:
            world.hub.run(Activity("inner"), inner)
        finally:
            left.append("outer")
            world.sleep(1)
            left.append("never")

    def fail() -> None:
        raise ZeroDivisionError

    world.hub.scheduler.at(5, fail)
    with pytest.raises(ZeroDivisionError):
        world.run(outer)
    assert left == ["inner", "outer"]


def test_an_error_of_an_overlapping_handler_surfaces_in_the_test_that_waits(world):
    """What a handler in a strand lets out, as pytest.fail does, is raised where the test waits."""

    def fail() -> None:
        world.sleep(2)
        pytest.fail("seen in the handler")

    world.begin(0, "failing", fail)
    with pytest.raises(pytest.fail.Exception, match="seen in the handler"):
        world.sleep(5)
    assert world.hub.scheduler.now == 2
    world.sleep(3)
    assert world.hub.scheduler.now == 5


def test_an_error_of_an_overlapping_handler_takes_the_inline_one_off(world):
    """Here the test waits in the stack of another handler, which has done nothing wrong."""
    left = []

    def innocent() -> None:
        try:
            world.sleep(10)
        finally:
            left.append("innocent")

    def fail() -> None:
        world.sleep(2)
        pytest.fail("seen in the handler")

    world.begin(1, "failing", fail)
    with pytest.raises(pytest.fail.Exception, match="seen in the handler"):
        world.run(innocent)
    assert left == ["innocent"]


def test_an_error_of_a_nested_call_is_not_its_callers(world):
    """An error that belongs to the test passes by the calling handler, in a strand too."""
    caught = []

    def inner() -> None:
        pytest.fail("seen in the inner one")

    def outer() -> None:
        world.sleep(1)
        try:
            world.hub.call(lambda: world.hub.run(Activity("inner"), inner), ends_by=2)
        except (Exception, pytest.fail.Exception):
            caught.append("caught")

    world.begin(0, "outer", outer)
    with pytest.raises(pytest.fail.Exception, match="seen in the inner one"):
        world.sleep(5)
    with pytest.raises(pytest.fail.Exception, match="seen in the inner one"):
        world.run(outer)
    assert caught == []


def test_after_an_error_the_world_goes_on(world):
    """A test that catches what surfaced finds the other handlers where they were."""
    world.begin(0, "failing", lambda: pytest.fail("at once"))
    world.begin(0, "other", world.sleeper("other", 7))
    with pytest.raises(pytest.fail.Exception):
        world.hub.run_until_idle()
    world.hub.run_until_idle()
    assert world.log == [(0, "other begins"), (7, "other")]


# Context variables


def test_context_variables_belong_to_who_set_them(world):
    """A handler sees what it has set before each of its waits, and nothing of what others set."""
    seen = []

    def handler(name: str, duration: int) -> None:
        seen.append((name, NAME.get()))
        NAME.set(name)
        world.sleep(duration)
        seen.append((name, NAME.get()))

    world.begin(0, "b", partial(handler, "b", 5))
    world.begin(1, "c", partial(handler, "c", 2))
    token = NAME.set("test")
    world.run(lambda: contextvars.copy_context().run(handler, "a", 4))
    world.hub.run_until_idle()
    assert seen == [("a", "test"), ("b", "test"), ("c", "test"), ("c", "c"), ("a", "a"), ("b", "b")]
    assert NAME.get() == "test"
    NAME.reset(token)


def test_what_happens_while_a_handler_sleeps_happens_outside_of_its_context(world):
    """Timers that fire in a handler's wait, and whoever begins then, see the context that the handler was called in."""
    seen = []

    def handler() -> None:
        NAME.set("handler")
        world.sleep(10)

    world.hub.scheduler.at(5, lambda: seen.append(NAME.get()))
    world.begin(6, "other", lambda: seen.append(NAME.get()))
    world.run(lambda: contextvars.copy_context().run(handler))
    assert seen == ["nobody", "nobody"]


# The end


def test_who_still_waits_at_the_end_is_taken_off_its_stack(world):
    """Every suspended handler is unwound, in the order of its last wait, and none of them gets to wait again."""
    left = []

    def handler(name: str) -> None:
        try:
            world.sleep(100)
        except Unwind as unwind:
            left.append((name, unwind.reason))
            try:
                world.sleep(1)
            finally:
                left.append((name, "again"))

    for name in "ab":
        world.begin(0, name, partial(handler, name))
    world.sleep(1)
    world.hub.abandon()
    assert left == [("a", "abandoned"), ("a", "again"), ("b", "abandoned"), ("b", "again")]
    assert not world.hub.suspended
    assert world.hub.scheduler.now == 1
    world.hub.run_until_idle()
    assert world.hub.scheduler.now == 1


def test_an_error_on_the_way_off_keeps_nobody_on_the_stack(world):
    """Should one raise something of its own when it is unwound, the others go as well, and then it is raised."""
    left = []

    def handler(name: str) -> None:
        try:
            world.sleep(100)
        finally:
            left.append(name)
            if name != "b":
                raise KeyError(name)

    for name in "abc":
        world.begin(0, name, partial(handler, name))
    world.sleep(1)
    with pytest.raises(KeyError, match="a"):
        world.hub.abandon()
    assert left == ["a", "b", "c"]
    assert not world.hub.suspended


def test_who_waits_for_a_call_is_taken_off_too(world):
    """At the end, a handler that waits for another goes, and so does the other."""
    left = []

    def inner() -> None:
        try:
            world.sleep(50)
        finally:
            left.append("inner")

    def outer() -> None:
        try:
            world.hub.call(lambda: world.hub.run(Activity("inner", 200), inner), 200)
        finally:
            left.append("outer")

    world.begin(0, "outer", outer, timeout=100)
    world.sleep(1)
    world.hub.abandon()
    assert sorted(left) == ["inner", "outer"]


def test_a_hub_that_is_done_is_collected():
    """Nothing of a world stays behind, not even the stacks that were in use."""
    world = World()
    for name in "abc":
        world.begin(0, name, world.sleeper(name, 5))
    world.sleep(1)
    world.begin(1, "d", world.sleeper("d", 500))
    world.sleep(10)
    world.hub.abandon()
    hub = weakref.ref(world.hub)
    del world
    gc.collect()
    assert hub() is None


# Code in a strand that is nobody's handler: an observer, say


def test_a_wait_of_no_ones_in_a_strand(world):
    """An observer of an overlapping handler may sleep as well; the test is not held up by that."""
    world.hub.scheduler.at(0, lambda: world.hub.spawn(world.sleeper("observer", 3, 100)))
    world.sleep(5)
    world.note("test")
    assert world.log == [(0, "observer begins"), (3, "observer"), (5, "test")]
    world.hub.abandon()
    assert not world.hub.suspended


# Where everybody is


def test_the_stacks_of_all_who_wait(world):
    """A report can show where everybody is, on the test's own stack as well, and tell those of one name apart."""
    stacks = {}

    def handler() -> None:
        world.sleep(10)

    def look() -> None:
        stacks.update(world.hub.suspended_stacks())

    world.begin(1, "orders", handler)
    world.begin(2, "orders", handler)
    world.begin(3, "looks", look)
    world.run(handler, "inline")
    assert list(stacks) == ["orders", "orders (2)", "inline"]
    for frame in stacks.values():
        functions = set()
        while frame is not None:
            functions.add(frame.f_code.co_name)
            frame = frame.f_back
        assert "handler" in functions


def test_a_handler_on_the_wrong_thread_is_refused(world):
    """A call from a worker thread says what to do instead."""
    import threading

    refused = []

    def work() -> None:
        try:
            world.hub.call(lambda: None, 5)
        except ClockError as error:
            refused.append(str(error))

    thread = threading.Thread(target=work, name="pool-1")
    thread.start()
    thread.join()
    assert "in thread pool-1, and belongs to the test's own" in refused[0]


def test_waiting_for_what_will_not_happen(world):
    """With no timer left, nothing can settle what the test waits for."""
    with pytest.raises(NotSettledError, match="no timer is left, at 0:00:00"):
        world.hub.wait_for(Signal())
    with pytest.raises(NotSettledError, match="no timer is left"):
        world.hub.run_while(lambda: True)
    assert world.hub.unsettled
