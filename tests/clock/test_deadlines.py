"""What becomes of user code at its deadline, and of user code that never waits."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import time
from datetime import timedelta

import pytest

from pytest_lambda_modes.clock import running
from pytest_lambda_modes.clock.activity import Activity, Unwind
from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.clock.signals import Signal
from pytest_lambda_modes.errors import NotSettledError, StuckHandlerError

SECOND = 1_000_000


@pytest.fixture
def hub() -> Hub:
    return Hub(Scheduler())


@pytest.fixture
def quick_spin(monkeypatch):
    """A spin is noticed after a hundred looks."""
    monkeypatch.setattr(running, "SPIN_READS", 100)


def beside_another(async_invoke, handler, **settings):
    """Run a handler in a strand: another one sleeps on the test's own stack."""
    async_invoke(lambda event, context: time.sleep(800), {}, timeout=900)
    return async_invoke(handler, {}, maximum_retry_attempts=0, **settings).wait().attempts[0]


# The deadline


@pytest.mark.parametrize(("duration", "timed_out"), [(2_999_999, False), (3_000_000, True), (3_000_001, True)])
def test_a_wait_that_reaches_the_deadline_ends_there(hub, duration, timed_out):
    """Sleeping 3 s under a timeout of 3 s is a timeout, and takes 3 s."""
    activity = Activity("handler", deadline=3 * SECOND)
    with contextlib.suppress(Unwind):
        hub.run(activity, lambda: hub.wait_until(duration))
    assert (activity.unwind == "deadline") is timed_out
    assert hub.scheduler.now == min(duration, 3 * SECOND)


@pytest.mark.parametrize("in_a_strand", [False, True])
def test_a_signal_at_the_deadline_is_too_late(hub, in_a_strand):
    """Whoever is told at the very instant of its deadline has no time left to do anything with it."""
    signal, activity = Signal(), Activity("handler", deadline=3 * SECOND)
    hub.scheduler.at(3 * SECOND, signal.fire)
    with contextlib.suppress(Unwind):
        if in_a_strand:
            hub.scheduler.at(0, lambda: hub.spawn(lambda: hub.run(activity, lambda: hub.wait_for(signal))))
            hub.run_until_idle()
        else:
            hub.run(activity, lambda: hub.wait_for(signal))
    assert activity.unwind == "deadline"


def test_a_sleep_to_the_deadline_in_a_handler(sync_invoke, lambda_clock):
    """The outcome is a timeout, at the deadline exactly."""
    response = sync_invoke(lambda event, context: time.sleep(3), {}, timeout=3)
    assert response.timed_out
    assert response.duration == lambda_clock.elapsed == timedelta(seconds=3)
    assert not sync_invoke(lambda event, context: time.sleep(2.999), {}, timeout=3).timed_out


def swallows_once(event, context):
    with contextlib.suppress(BaseException):
        time.sleep(10)
    return "never seen"


def bare_except(event, context):
    try:
        time.sleep(10)
    except:  # noqa: E722
        return "never seen"


def sleeps_in_finally(event, context):
    try:
        time.sleep(10)
    finally:
        time.sleep(5)


def retries(event, context):
    for _ in range(50):
        try:
            time.sleep(10)
        except BaseException:
            continue
    return "never seen"


def swallows_and_sleeps_on(event, context):
    for _ in range(3):
        with contextlib.suppress(BaseException):
            time.sleep(10)
    time.sleep(1)
    return "never seen"


def asyncio_that_swallows(event, context):
    async def main():
        for _ in range(5):
            try:
                await asyncio.sleep(10)
            except (asyncio.CancelledError, Exception):
                continue
        return "never seen"

    return asyncio.run(main())


def asyncio_with_tasks(event, context):
    async def stubborn():
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(10)
                return

    async def main():
        await asyncio.gather(stubborn(), stubborn(), return_exceptions=True)
        return "never seen"

    return asyncio.run(main())


def sleeps_in_a_coroutine(event, context):
    async def main():
        with contextlib.suppress(BaseException):
            time.sleep(10)
        return "never seen"

    return asyncio.run(main())


SURVIVORS = [
    swallows_once,
    bare_except,
    sleeps_in_finally,
    retries,
    swallows_and_sleeps_on,
    asyncio_that_swallows,
    asyncio_with_tasks,
    sleeps_in_a_coroutine,
]


@pytest.mark.parametrize("handler", SURVIVORS)
def test_nothing_in_a_handler_survives_its_deadline(sync_invoke, lambda_clock, handler):
    """Whatever a handler catches or does on its way out, the outcome is a timeout, and no further time passes."""
    response = sync_invoke(handler, {}, timeout=3)
    assert response.timed_out
    assert lambda_clock.elapsed == timedelta(seconds=3)


def test_nobody_is_told_of_tasks_that_a_deadline_has_left_behind(sync_invoke, caplog):
    """Lambda kills the process. asyncio would log each of them as destroyed, in whatever test then runs."""
    response = sync_invoke(asyncio_with_tasks, {}, timeout=3)
    assert response.timed_out
    del response
    gc.collect()
    assert "destroyed" not in caplog.text


@pytest.mark.parametrize("handler", SURVIVORS)
def test_nothing_in_an_overlapping_handler_survives_its_deadline(async_invoke, handler):
    """The same holds in a strand."""
    attempt = beside_another(async_invoke, handler, timeout=3)
    assert (attempt.outcome, attempt.duration) == ("timeout", timedelta(seconds=3))


def test_an_endless_retry_loop_is_the_next_retrys_problem(async_invoke):
    """After a timeout the next attempt begins a minute later, as after any other failure."""
    invocation = async_invoke(bare_except, {}, timeout=3).wait()
    assert [attempt.outcome for attempt in invocation.attempts] == ["timeout"] * 3
    assert invocation.delays == [timedelta(minutes=1), timedelta(minutes=2)]


# Handlers that never give way


def never_gives_way(event, context):
    while True:
        try:
            time.sleep(1)
        except BaseException:
            continue


def never_gives_way_within_what_never_gives_way(event, context):
    while True:
        try:
            while True:
                with contextlib.suppress(BaseException):
                    never_gives_way(event, context)
        except:  # noqa: E722
            pass


def starts_asyncio_again_and_again(event, context):
    while True:
        try:
            asyncio.run(asyncio.sleep(1))
        except BaseException:
            continue


def looks_at_the_clock_again_and_again(event, context):
    while True:
        try:
            time.time()
        except BaseException:
            continue


needs_monitoring = pytest.mark.skipif(sys.version_info < (3, 12), reason="needs sys.monitoring")
NEVER_GIVE_WAY = [
    never_gives_way,
    never_gives_way_within_what_never_gives_way,
    starts_asyncio_again_and_again,
    looks_at_the_clock_again_and_again,
]


@needs_monitoring
@pytest.mark.parametrize("handler", NEVER_GIVE_WAY)
def test_a_handler_that_swallows_every_exception_is_evicted(sync_invoke, handler):
    """An endless loop that catches everything ends at its deadline like any other handler."""
    monitoring = sys.monitoring
    tools = [monitoring.get_tool(tool) for tool in range(6)]
    response = sync_invoke(handler, {}, timeout=3)
    assert (response.timed_out, response.duration) == (True, timedelta(seconds=3))
    assert [monitoring.get_tool(tool) for tool in range(6)] == tools
    assert sys.exc_info() == (None, None, None)
    assert sync_invoke(lambda event, context: "as ever", {}).payload == "as ever"


@needs_monitoring
@pytest.mark.parametrize("handler", NEVER_GIVE_WAY)
def test_an_overlapping_handler_that_swallows_every_exception_is_evicted(async_invoke, handler):
    """The same holds in a strand, and the other handler is not disturbed."""
    attempt = beside_another(async_invoke, handler, timeout=3)
    assert (attempt.outcome, attempt.duration) == ("timeout", timedelta(seconds=3))


@needs_monitoring
def test_a_nested_handler_that_is_evicted_does_not_take_its_caller_along(lambda_modes):
    """The caller of a handler that never gives way gets its timeout as an answer, and goes on."""
    inner = lambda_modes.function(never_gives_way, timeout=3)

    def outer(event, context):
        timed_out = lambda_modes.sync_invoke(inner, {}).timed_out
        time.sleep(1)
        return timed_out

    response = lambda_modes.sync_invoke(outer, {}, timeout=30)
    assert (response.payload, response.duration) == (True, timedelta(seconds=4))


@needs_monitoring
def test_without_a_free_tool_the_handler_is_left_to_the_guard(hub):
    """When debuggers and profilers use all places there are, nothing is done about it here."""
    monitoring, loops = sys.monitoring, []

    def handler():
        while len(loops) < running.STUBBORN + 100:
            try:
                hub.wait_until(10)
            except Unwind:
                loops.append(1)

    ours = [tool for tool in range(6) if monitoring.get_tool(tool) is None]
    for tool in ours:
        monitoring.use_tool_id(tool, "somebody's")
    try:
        hub.run(Activity("handler", deadline=3), handler)
    finally:
        for tool in ours:
            monitoring.free_tool_id(tool)
    assert len(loops) == running.STUBBORN + 100


def test_waits_that_only_raise_are_no_sign_of_life(hub):
    """The guard over real time counts a handler that swallows what its waits raise as one that does not wait."""
    stretches = []

    def handler():
        for _ in range(5):
            with contextlib.suppress(Unwind):
                hub.wait_until(10)
            with contextlib.suppress(Unwind):
                hub.wait_for(Signal())
            with contextlib.suppress(Unwind):
                hub.call(lambda: None, 20)
            stretches.append(hub.stretch)

    hub.run(Activity("handler", deadline=3), handler)
    assert len(set(stretches)) == 1


@pytest.mark.lambda_modes(real_time_limit=0.1)
def test_the_guard_over_real_time_ends_what_does_not_wait_at_all(sync_invoke):
    """A handler that only computes is stopped after `real_time_limit`, and the report shows where it is."""

    def computes(event, context):
        while True:
            pass

    with pytest.raises(StuckHandlerError, match=r"computes, at 0:00:00 after the start has run 0\.1 s"):
        sync_invoke(computes, {})


# Spinning


def test_a_handler_that_spins_on_the_clock_ends(sync_invoke):
    """`while time.time() < t` comes to an end, and time has passed by as much as it waited for, to a millisecond."""

    def handler(event, context):
        end = time.time() + 1.5
        while time.time() < end:
            pass
        return "done"

    response = sync_invoke(handler, {}, timeout=3)
    assert response.payload == "done"
    assert response.duration == timedelta(seconds=1.5)


def test_a_handler_that_spins_on_its_context_ends(sync_invoke):
    """`while context.get_remaining_time_in_millis() > 1000` comes to an end, too."""

    def handler(event, context):
        while context.get_remaining_time_in_millis() > 1_000:
            pass
        return "done"

    response = sync_invoke(handler, {}, timeout=3)
    assert response.payload == "done"
    assert response.duration == timedelta(seconds=2)


@pytest.mark.parametrize("look", [lambda: time.monotonic(), lambda: time.perf_counter_ns(), lambda: time.sleep(0)])
def test_a_spin_without_an_end_ends_at_the_deadline(sync_invoke, quick_spin, look):
    """Each look at the clock moves it a little after many at one instant; the deadline ends that."""
    looks = []

    def handler(event, context):
        while True:
            look()
            looks.append(1)

    response = sync_invoke(handler, {}, timeout=3)
    assert (response.timed_out, response.duration) == (True, timedelta(seconds=3))
    assert 3_000 <= len(looks) < 3_200


def test_a_spin_on_asyncio_sleep_0_ends_at_the_deadline(sync_invoke, quick_spin):
    """A loop that always has something to do never lets time pass by itself; its looks at the clock do."""

    async def main():
        while True:
            await asyncio.sleep(0)

    response = sync_invoke(lambda event, context: asyncio.run(main()), {}, timeout=3)
    assert (response.timed_out, response.duration) == (True, timedelta(seconds=3))


def test_a_spin_in_an_overlapping_handler_ends(async_invoke, quick_spin):
    """In a strand a spin ends as anywhere else."""

    def handler(event, context):
        end = time.time() + 2
        while time.time() < end:
            time.sleep(0)

    attempt = beside_another(async_invoke, handler, timeout=3)
    assert (attempt.outcome, attempt.duration) == ("success", timedelta(seconds=2))


def test_ordinary_looking_moves_nothing(sync_invoke, lambda_clock):
    """Many thousands of looks between two waits are nothing special, however often that happens."""

    def handler(event, context):
        for _ in range(3):
            before = time.time()
            for _ in range(60_000):
                time.time()
            assert time.time() == before
            time.sleep(0.001)

    sync_invoke(handler, {}).unwrap()
    assert lambda_clock.elapsed == timedelta(milliseconds=3)


def test_a_spin_that_crosses_a_timer_does_not_switch(async_invoke, lambda_clock, quick_spin):
    """Nobody else runs between two looks at the clock: who became due meanwhile runs at the next real wait."""
    journal = []

    def spins(event, context):
        end = time.time() + 5
        while time.time() < end:
            pass
        journal.append("spun")
        time.sleep(1)
        journal.append("slept")

    def other(event, context):
        time.sleep(2)
        journal.append("other")
        assert 5 <= time.time() % 60 < 5.01

    async_invoke(other, {}, timeout=20)
    async_invoke(spins, {}, timeout=20)
    lambda_clock.run_until_idle()
    assert journal == ["spun", "other", "slept"]


@pytest.mark.parametrize("spin", [lambda: time.time(), lambda: time.sleep(0)])
def test_a_spin_in_the_test_itself_is_an_error(lambda_modes, quick_spin, spin):
    """A test has no deadline, so there it ends with NotSettledError."""
    lambda_modes._hub.timer_limit = 50
    with pytest.raises(NotSettledError, match="150 times without waiting"):
        while True:
            spin()


def test_a_spin_in_an_async_test_is_an_error(pytester):
    """`while True: await asyncio.sleep(0)` in a test ends with NotSettledError, and is gone from the loop then."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(
        """
        import asyncio, pytest

        pytestmark = pytest.mark.asyncio(loop_scope="module")

        async def test_spins(lambda_modes, monkeypatch):
            monkeypatch.setattr("pytest_lambda_modes.clock.running.SPIN_READS", 100)
            lambda_modes._hub.timer_limit = 50
            while True:
                await asyncio.sleep(0)

        async def test_next():
            await asyncio.sleep(0)
            assert asyncio.all_tasks() == {asyncio.current_task()}
        """
    )
    result = pytester.runpytest()
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*NotSettledError: The test has looked at the clock 150 times without waiting*"])
