"""asyncio in virtual time."""

from __future__ import annotations

import asyncio
import contextvars
import socket
import sys
import time
from asyncio.base_events import BaseEventLoop
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from greenlet import getcurrent

from pytest_lambda_modes.clock.activity import Activity
from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.clock.signals import Signal
from pytest_lambda_modes.clock.sleeping import ThreadTime
from pytest_lambda_modes.errors import ClockError, NotSettledError
from pytest_lambda_modes.harness.lambda_modes import LambdaModes
from pytest_lambda_modes.harness.settings import HarnessSettings

NAME: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="nobody")
SECOND = 1_000_000

since_3_11 = pytest.mark.skipif(sys.version_info < (3, 11), reason="new in Python 3.11")


class World:
    """A hub that drives asyncio, and nothing else."""

    def __init__(self) -> None:
        self.hub = Hub(Scheduler())
        self.loops = LoopDriver(self.hub, ThreadTime(self.hub))

    def seconds(self) -> float:
        return self.hub.scheduler.now / SECOND

    @contextmanager
    def driving(self) -> Iterator[None]:
        self.loops.install()
        try:
            yield
        finally:
            self.loops.uninstall()


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    with world.driving():
        yield world


def beside_another(async_invoke, handler, **settings):
    """Run a handler in a strand: another one sleeps on the test's own stack."""
    async_invoke(lambda event, context: time.sleep(800), {}, timeout=900)
    return async_invoke(handler, {}, maximum_retry_attempts=0, **settings).wait().attempts[0]


# In a handler


async def sleeps(*seconds: float) -> float:
    begin = time.time()
    for each in seconds:
        await asyncio.sleep(each)
    return time.time() - begin


async def gathers() -> float:
    begin = time.time()
    await asyncio.gather(*(asyncio.sleep(each) for each in (5, 3, 4)))
    return time.time() - begin


async def times_out() -> float:
    begin = time.time()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.sleep(60), timeout=2.5)
    return time.time() - begin


async def times_out_in_a_block() -> float:
    begin = time.time()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2.5):
            await asyncio.sleep(60)
    return time.time() - begin


async def takes_a_group() -> float:
    begin = time.time()
    async with asyncio.TaskGroup() as group:
        for each in (5, 3, 4):
            group.create_task(asyncio.sleep(each))
    return time.time() - begin


async def blocks() -> float:
    begin = time.time()
    other = asyncio.ensure_future(asyncio.sleep(1))
    time.sleep(5)
    await other
    return time.time() - begin


async def waits_for_a_queue() -> float:
    begin = time.time()
    queue: asyncio.Queue[int] = asyncio.Queue()

    async def produce() -> None:
        for number in range(5):
            await asyncio.sleep(0.5)
            await queue.put(number)

    producer = asyncio.ensure_future(produce())
    assert [await queue.get() for _ in range(5)] == [0, 1, 2, 3, 4]
    await producer
    return time.time() - begin


PROGRAMS = [
    pytest.param(lambda: sleeps(5), 5, id="sleep"),
    pytest.param(lambda: sleeps(0.1, 0.2, 0.000001, 0), 0.300001, id="sleeps"),
    pytest.param(gathers, 5, id="gather"),
    pytest.param(times_out, 2.5, id="wait_for"),
    pytest.param(blocks, 6, id="time.sleep"),
    pytest.param(waits_for_a_queue, 2.5, id="queue"),
    pytest.param(times_out_in_a_block, 2.5, id="timeout", marks=since_3_11),
    pytest.param(takes_a_group, 5, id="TaskGroup", marks=since_3_11),
]


@pytest.mark.parametrize(("program", "seconds"), PROGRAMS)
def test_asyncio_in_a_handler_takes_the_time_it_takes(sync_invoke, program, seconds):
    """`asyncio.run` in a handler passes virtual time, to the microsecond, and needs no timer of the hub."""
    response = sync_invoke(lambda event, context: asyncio.run(program()), {}, timeout=60)
    assert response.unwrap() == pytest.approx(seconds, abs=1e-6)
    assert response.duration == timedelta(seconds=seconds)


@pytest.mark.parametrize(("program", "seconds"), PROGRAMS)
def test_asyncio_in_an_overlapping_handler_takes_the_same_time(async_invoke, program, seconds):
    """In a strand it is no different."""
    attempt = beside_another(async_invoke, lambda event, context: asyncio.run(program()), timeout=60)
    assert (attempt.outcome, attempt.duration) == ("success", timedelta(seconds=seconds))


def test_a_loop_alone_needs_no_timer(lambda_modes, sync_invoke):
    """A handler's loop that nobody else is due beside just sets the clock forward."""
    sync_invoke(lambda event, context: asyncio.run(gathers()), {}, timeout=60).unwrap()
    assert lambda_modes._scheduler.arrivals == 0


def test_a_hundred_loops_overlap_exactly(async_invoke, lambda_clock):
    """Each of many handlers with loops of their own wakes at its own instants."""
    ended = {}

    def handler(event, context):
        async def main() -> None:
            await asyncio.gather(asyncio.sleep(event), asyncio.sleep(event / 2))
            await asyncio.sleep(event)

        asyncio.run(main())
        ended[event] = lambda_clock.elapsed.total_seconds()

    for number in range(1, 101):
        async_invoke(handler, number, timeout=900)
    lambda_clock.run_until_idle()
    assert ended == {number: 2 * number for number in range(1, 101)}
    assert list(ended) == sorted(ended)


def test_a_loop_in_debug_mode(sync_invoke):
    """asyncio's debug mode measures callbacks by the same clock."""
    response = sync_invoke(lambda event, context: asyncio.run(sleeps(5), debug=True), {}, timeout=60)
    assert (response.unwrap(), response.duration) == (5, timedelta(seconds=5))


# Loops that others give something to do


@pytest.mark.parametrize("inline", [True, False])
@pytest.mark.parametrize("how", ["set_result", "call_soon", "call_soon_threadsafe"])
def test_a_loop_is_woken_by_another_handler_at_that_instant(async_invoke, lambda_clock, how, inline):
    """A future that another handler settles at 5 wakes its loop at 5, not at the loop's next timer."""
    waiting: list[asyncio.Future[str]] = []
    journal = []

    def waits(event, context):
        async def main() -> str:
            waiting.append(asyncio.get_running_loop().create_future())
            other = asyncio.ensure_future(asyncio.sleep(20))
            result = await asyncio.wait_for(waiting[0], timeout=30)
            journal.append((result, lambda_clock.elapsed.total_seconds()))
            await other
            journal.append(("slept", lambda_clock.elapsed.total_seconds()))

        asyncio.run(main())

    def settles(event, context):
        time.sleep(5)
        loop = waiting[0].get_loop()
        if how == "set_result":
            waiting[0].set_result("settled")
        else:
            getattr(loop, how)(waiting[0].set_result, "settled")
        time.sleep(3)

    first, second = (waits, settles) if inline else (settles, waits)
    async_invoke(first, {}, timeout=60)
    async_invoke(second, {}, timeout=60)
    lambda_clock.run_until_idle()
    assert journal == [("settled", 5), ("slept", 20)]


def test_a_handler_can_await_an_event_it_has_sent(lambda_modes, lambda_clock):
    """`await async_invoke(...)` in a handler, inline or not, ends when the event settles."""
    ended = []
    sent = lambda_modes.function(lambda event, context: time.sleep(7), timeout=60)

    def sender(event, context):
        async def main() -> None:
            await lambda_modes.async_invoke(sent, {})
            ended.append(lambda_clock.elapsed.total_seconds())

        asyncio.run(main())

    lambda_modes.async_invoke(sender, {}, timeout=60)
    lambda_modes.async_invoke(sender, {}, timeout=60)
    lambda_clock.run_until_idle()
    assert ended == [7, 7]


def test_a_handler_that_awaits_what_never_comes_times_out(async_invoke):
    """A loop with nothing to wait for waits until the deadline, in a strand too."""

    def handler(event, context):
        asyncio.run(asyncio.Event().wait())

    assert beside_another(async_invoke, handler, timeout=5).outcome == "timeout"
    attempt = async_invoke(handler, {}, timeout=5, maximum_retry_attempts=0).wait().attempts[0]
    assert (attempt.outcome, attempt.duration) == ("timeout", timedelta(seconds=5))


# The old style


def old_style(event, context):
    loop = asyncio.get_event_loop()
    loop.run_until_complete(asyncio.sleep(event))
    loops.append(loop)
    return time.time() % 60


loops: list[asyncio.AbstractEventLoop] = []


@pytest.fixture
def no_loops() -> Iterator[None]:
    loops.clear()
    yield
    assert all(loop.is_closed() for loop in loops)
    loops.clear()


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="gone in Python 3.14")
@pytest.mark.filterwarnings("ignore:There is no current event loop:DeprecationWarning")
class TestOldStyle:
    """`asyncio.get_event_loop().run_until_complete(...)`"""

    def test_each_environment_has_a_loop_of_its_own(self, no_loops, lambda_modes):
        """Warm invocations find the loop of the ones before; another environment has another; in the end they close."""
        function = lambda_modes.function(old_style)
        assert [lambda_modes.sync_invoke(function, 1).unwrap() for _ in range(3)] == [1, 2, 3]
        assert loops[0] is loops[1] is loops[2]
        function.recycle()
        assert loops[0].is_closed()
        lambda_modes.sync_invoke(function, 1).unwrap()
        assert loops[3] is not loops[0]

    def test_what_the_test_does_to_its_policy_is_not_the_handlers_business(self, no_loops, sync_invoke):
        """After `asyncio.run` in the test, which leaves no current loop behind, a handler still gets its own."""
        asyncio.run(asyncio.sleep(0))
        assert sync_invoke(old_style, 1).unwrap() == 1
        asyncio.run(asyncio.sleep(0))
        assert sync_invoke(old_style, 1).unwrap() == 2
        assert loops[0] is loops[1]

    @pytest.mark.asyncio
    async def test_the_tests_loop_is_not_the_handlers(self, no_loops, sync_invoke):
        """In an async test the handler does not find the test's running loop."""
        assert sync_invoke(old_style, 1).unwrap() == 1
        assert loops[0] is not asyncio.get_running_loop()
        assert asyncio.get_event_loop() is asyncio.get_running_loop()

    def test_overlapping_handlers_have_a_loop_each(self, no_loops, lambda_modes, lambda_clock):
        """Two environments at work at the same time, each on its own loop."""
        for seconds in (5, 3):
            lambda_modes.async_invoke(old_style, seconds, timeout=60)
        lambda_clock.run_until_idle()
        assert len(set(map(id, loops))) == 2
        assert lambda_clock.elapsed == timedelta(seconds=5)

    def test_a_timeout_leaves_no_loop_behind(self, no_loops, lambda_modes):
        """The process that timed out is gone, and its loop is closed."""
        function = lambda_modes.function(old_style, timeout=3)
        lambda_modes.sync_invoke(function, 1).unwrap()
        assert lambda_modes.sync_invoke(function, 5).timed_out
        assert loops[0].is_closed()


# In an async test


@pytest.mark.asyncio
async def test_sleeping_in_an_async_test_lets_the_world_run(async_invoke, lambda_clock):
    """`await asyncio.sleep(60)` makes the retry happen that is due in 60 s."""
    begun = []

    def fails(event, context):
        begun.append(lambda_clock.elapsed.total_seconds())
        raise RuntimeError

    async_invoke(fails, {})
    await asyncio.sleep(59)
    assert begun == [0]
    await asyncio.sleep(1)
    assert begun == [0, 60]
    assert lambda_clock.elapsed == timedelta(seconds=60)


@pytest.mark.asyncio
async def test_tasks_of_a_test_keep_their_own_times(lambda_clock):
    """Tasks beside each other in a test's loop wake each at its own instant."""
    woken = []

    async def work(seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append((seconds, lambda_clock.elapsed.total_seconds()))

    await asyncio.gather(*(work(seconds) for seconds in (3, 0.5, 2)))
    assert woken == [(0.5, 0.5), (2, 2), (3, 3)]


@pytest.mark.asyncio
async def test_a_handler_runs_on_the_tests_stack_while_the_test_only_sleeps(async_invoke):
    """Nobody needs the loop before its next timer, so a handler that surely ends before that runs as in other tests."""
    stacks = []

    def handler(event, context):
        stacks.append(getcurrent())
        time.sleep(1)

    async_invoke(handler, {}, timeout=3)
    await asyncio.sleep(60)
    async_invoke(handler, {}, timeout=100)
    await asyncio.sleep(60)
    assert stacks[0] is getcurrent()
    assert stacks[1] is not getcurrent()


@pytest.mark.asyncio
async def test_whoever_is_waited_for_wakes_the_test_at_that_instant(async_invoke, lambda_clock):
    """A handler that sets the test's event at 1 and sleeps on does not hold up the test until it ends."""
    event = asyncio.Event()

    def handler(payload, context):
        time.sleep(1)
        event.set()
        time.sleep(5)

    async_invoke(handler, {}, timeout=20)
    await asyncio.wait_for(event.wait(), timeout=60)
    assert lambda_clock.elapsed == timedelta(seconds=1)


@pytest.mark.asyncio
async def test_an_invocation_can_be_awaited_with_others(async_invoke, lambda_clock):
    """Several invocations are awaited together; each is done at its own time."""
    done = []

    async def follow(seconds: int) -> None:
        await async_invoke(lambda event, context: time.sleep(event), seconds, timeout=60)
        done.append((seconds, lambda_clock.elapsed.total_seconds()))

    await asyncio.gather(*(follow(seconds) for seconds in (9, 4, 6)))
    assert done == [(4, 4), (6, 6), (9, 9)]


@pytest.mark.asyncio
async def test_giving_up_on_an_invocation(async_invoke, lambda_clock):
    """`wait_for` around an invocation ends at its timeout; the function goes on."""
    invocation = async_invoke(lambda event, context: time.sleep(50), {}, timeout=60)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(_settled(invocation), timeout=10)
    assert lambda_clock.elapsed == timedelta(seconds=10)
    await invocation
    assert lambda_clock.elapsed == timedelta(seconds=50)


async def _settled(invocation: Any) -> Any:
    return await invocation


@pytest.mark.asyncio
async def test_a_handler_sees_no_running_loop(sync_invoke):
    """Neither the test's loop, nor its task, nor its hooks for generators; the test finds them where they were."""

    async def nobody() -> None:
        return None

    def handler(event, context):
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        with pytest.raises(RuntimeError):
            asyncio.current_task()
        assert sys.get_asyncgen_hooks() == (None, None)
        asyncio.run(nobody())
        asyncio.run(asyncio.sleep(1))
        time.sleep(1)

    async def generate() -> Any:
        try:
            yield 1
        finally:
            finished.append(asyncio.get_running_loop())

    finished: list[Any] = []
    before = asyncio.get_running_loop(), asyncio.current_task(), sys.get_asyncgen_hooks()
    sync_invoke(handler, {}).unwrap()
    assert (asyncio.get_running_loop(), asyncio.current_task(), sys.get_asyncgen_hooks()) == before
    async for _ in generate():
        break
    await asyncio.sleep(1)
    assert finished == [before[0]]


@pytest.mark.asyncio
async def test_context_variables_of_a_test_reach_a_handler_and_not_back(sync_invoke):
    """A handler sees what the test had set when its environment began; what it sets stays there."""

    def handler(event, context):
        seen.append(NAME.get())
        NAME.set("handler")
        asyncio.run(asyncio.sleep(1))

    seen: list[str] = []
    NAME.set("test")
    sync_invoke(handler, {}).unwrap()
    sync_invoke(handler, {}).unwrap()
    assert seen == ["test", "handler"]
    assert NAME.get() == "test"


SCOPES = """
import asyncio, time
from datetime import timedelta
import pytest

pytestmark = [{mark}]
seen = []

def fails_once(event, context):
    seen.append(time.time())
    if len(seen) == 1:
        raise RuntimeError

@pytest.fixture(autouse=True)
def forget():
    seen.clear()

class TestThese:
    async def test_awaits(self, async_invoke, lambda_clock):
        invocation = await async_invoke(fails_once, {{}})
        assert invocation.condition == "Success"
        assert lambda_clock.elapsed == timedelta(minutes=1)

    async def test_sleeps(self, async_invoke, lambda_clock):
        invocation = async_invoke(fails_once, {{}})
        loop = asyncio.get_running_loop()
        begin = loop.time()
        await asyncio.sleep(61)
        assert len(invocation.attempts) == 2
        assert loop.time() - begin == pytest.approx(61)

    async def test_without_us(self):
        begin = time.perf_counter()
        await asyncio.sleep(0.01)
        assert 0.009 <= time.perf_counter() - begin < 5
"""


@pytest.mark.parametrize("mode", ["strict", "auto"])
@pytest.mark.parametrize("scope", ["function", "class", "module", "session"])
def test_all_modes_and_scopes_of_pytest_asyncio(pytester, mode, scope):
    """Strict or auto, and whatever outlives the test: a loop is virtual for a test with our fixtures, and else real."""
    pytester.makeini(
        f"""
        [pytest]
        asyncio_mode = {mode}
        asyncio_default_fixture_loop_scope = {scope}
        asyncio_default_test_loop_scope = {scope if mode == "auto" else "function"}
        filterwarnings = error
        """
    )
    mark = "" if mode == "auto" else f"pytest.mark.asyncio(loop_scope='{scope}')"
    pytester.makepyfile(SCOPES.format(mark=mark))
    pytester.runpytest("-p", "no:randomly").assert_outcomes(passed=3)


def test_async_fixtures(pytester):
    """Fixtures of the test's loop, before and after ours, live in the same virtual time."""
    pytester.makeini(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error"
    )
    pytester.makepyfile(
        """
        import asyncio
        import pytest
        from datetime import timedelta

        @pytest.fixture
        async def older():
            loop = asyncio.get_running_loop()
            handle = loop.call_later(1000, print)
            yield handle, loop.time()
            assert 939 < handle.when() - loop.time() <= 940
            handle.cancel()

        @pytest.fixture
        async def younger(lambda_clock):
            await asyncio.sleep(20)
            yield lambda_clock.elapsed
            await asyncio.sleep(30)
            assert lambda_clock.elapsed == timedelta(seconds=60)

        async def test_it(older, lambda_clock, younger):
            handle, then = older
            loop = asyncio.get_running_loop()
            assert younger == timedelta(seconds=20)
            assert then <= loop.time() - 20 < then + 1
            await asyncio.sleep(10)
            assert 969 < handle.when() - loop.time() <= 970
        """
    )
    pytester.runpytest("-p", "no:randomly").assert_outcomes(passed=1)


# Errors in an async test


@pytest.mark.asyncio
async def test_an_error_in_an_overlapping_handler_ends_the_await(pytester):
    """pytest.fail in a handler fails the async test that sleeps meanwhile, and leaves nothing in a wider loop."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(
        """
        import asyncio, pytest

        pytestmark = pytest.mark.asyncio(loop_scope="module")

        def fails(event, context):
            pytest.fail("seen in the handler")

        async def test_fails(async_invoke):
            async_invoke(fails, {}, timeout=900)
            await asyncio.sleep(60)

        async def test_next():
            await asyncio.sleep(0)
            assert len(asyncio.all_tasks()) == 1
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:randomly")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*Failed: seen in the handler*"])


def test_ctrl_c_ends_a_loop(world):
    """A KeyboardInterrupt in the work of others leaves the loop at once."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    world.hub.scheduler.at(5 * SECOND, interrupt)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(sleeps(60))
    assert world.seconds() == 5


@pytest.mark.asyncio
async def test_a_loop_that_never_comes_to_an_end(lambda_modes):
    """`while True: await asyncio.sleep(1)` ends with NotSettledError in the line that awaits."""
    lambda_modes._hub.jump_limit = 100
    times = 0
    with pytest.raises(NotSettledError, match="The event loop has let time pass 100 times and still runs"):
        while True:
            await asyncio.sleep(1)
            times += 1
    assert times == 100


@pytest.mark.asyncio
async def test_waiting_for_what_never_comes(lambda_clock):
    """With no timer left anywhere, and nothing real that could come, an await ends with NotSettledError."""
    with pytest.raises(NotSettledError, match="no timer is left, at 0:00:05"):
        await asyncio.gather(asyncio.sleep(5), asyncio.Event().wait())


@pytest.mark.asyncio
async def test_who_has_been_told_is_not_told_again(pytester):
    """A test that catches that and waits on is ended all the same."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(
        """
        import asyncio, contextlib, pytest

        @pytest.mark.asyncio
        async def test_stubborn(lambda_modes):
            lambda_modes._hub.jump_limit = 100
            while True:
                with contextlib.suppress(Exception):
                    await asyncio.sleep(1)
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*NotSettledError: The event loop has let time pass 100 times*"])


# Futures of the world


def test_who_awaits_when_the_test_ends_is_cancelled():
    """A future that nothing will ever settle does not keep a task of a wider loop."""
    world, loop = World(), asyncio.new_event_loop()
    signal = Signal()

    async def waits() -> None:
        await world.loops.future_of(signal.listeners.append)

    with world.driving():
        task = loop.create_task(waits())
        loop.run_until_complete(asyncio.sleep(1))
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(task)
    signal.fire()
    loop.close()


def test_who_awaited_in_a_loop_that_is_closed_is_forgotten(world):
    """What happens to the world after a loop has ended is no longer its business, and no error."""
    signal = Signal()
    loop = asyncio.new_event_loop()

    async def waits() -> None:
        await world.loops.future_of(signal.listeners.append)

    task = loop.create_task(waits())
    loop.run_until_complete(asyncio.sleep(1))
    loop.close()
    signal.fire()
    assert not task.done()
    task._log_destroy_pending = False  # type: ignore[attr-defined]


def test_an_invocation_can_only_be_awaited_in_a_loop_of_asyncio(world):
    """A future is asked for by a coroutine that runs."""
    with pytest.raises(RuntimeError, match="no running event loop"):
        world.loops.future_of(Signal().listeners.append)


# The loop's clock


def test_the_loops_clock_is_fine_enough(world):
    """It begins near zero, so a microsecond is a difference, whatever the calendar says."""
    loop = asyncio.new_event_loop()
    assert loop.time() == 0
    loop.run_until_complete(sleeps(86_400 * 365))
    assert loop.time() == 86_400 * 365
    assert loop.time() + 1e-6 > loop.time()
    loop.run_until_complete(sleeps(1e-6))
    assert loop.time() == 86_400 * 365 + 1e-6
    loop.close()


def test_a_sleep_below_the_clocks_resolution_ends(world):
    """A delay of less than a microsecond is over by the next one."""
    asyncio.run(sleeps(1e-7, 1e-9, 3e-7))
    assert world.seconds() <= 3e-6


def test_real_events_are_seen_before_the_clock_jumps(world):
    """What a socket has to say at this instant is heard before time passes."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)

    async def receive() -> bytes:
        return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(ours, 10), timeout=60)

    with ours, theirs:
        theirs.send(b"hello")
        assert asyncio.run(receive()) == b"hello"
    assert world.seconds() == 0


def test_an_older_loop_keeps_its_own_time():
    """A loop from before goes on from its own time, and its timers are due when they would have been."""
    loop = asyncio.new_event_loop()
    world, fired = World(), []
    world.hub.scheduler.now = 1_000 * SECOND
    begin = loop.time()
    timer = loop.call_later(50, lambda: fired.append(world.seconds()))
    with world.driving():
        loop.run_until_complete(asyncio.sleep(20))
        assert begin + 20 <= loop.time() < begin + 21
        assert fired == []
        loop.run_until_complete(asyncio.sleep(40))
        assert begin + 60 <= loop.time() < begin + 61
    assert len(fired) == 1
    assert 1_049 < fired[0] <= 1_050
    timer.cancel()
    assert loop.time() < begin + 1
    loop.close()


@pytest.mark.parametrize("age", ["older", "younger", "never ran"])
def test_timers_keep_their_distance_when_a_loop_is_given_back(age):
    """A timer that is due in 30 s at the end of the test is due in 30 s of real time then."""
    world = World()
    loop = asyncio.new_event_loop() if age == "older" else None
    with world.driving():
        if age == "never ran":
            asyncio.run(asyncio.sleep(20))
        loop = loop or asyncio.new_event_loop()
        timer = loop.call_later(30 if age == "never ran" else 50, print)
        if age != "never ran":
            loop.run_until_complete(asyncio.sleep(20))
        # An older loop has been in real time until it ran.
        assert timer.when() - loop.time() == pytest.approx(30, abs=1 if age == "older" else 0.001)
    assert timer.when() - loop.time() == pytest.approx(30, abs=1)
    timer.cancel()
    loop.close()


# Loops that cannot be driven


class NativeLoop(asyncio.AbstractEventLoop):
    """As uvloop's: nothing of asyncio's own loop in it."""

    def get_debug(self) -> bool:
        return False


class OtherClock(asyncio.SelectorEventLoop):
    """A loop with a virtual clock of its own, as looptime's."""

    def time(self) -> float:
        return 0.0


@contextmanager
def running(loop: asyncio.AbstractEventLoop | None) -> Iterator[None]:
    asyncio._set_running_loop(loop)
    try:
        yield
    finally:
        asyncio._set_running_loop(None)


METHODS = [
    (BaseEventLoop, name) for name in ("__init__", "run_forever", "time", "run_in_executor", "call_soon_threadsafe")
]


def test_a_native_loop_is_refused():
    """uvloop waits in native code; the error names the loop, and says what to do. Nothing is changed."""
    before = [owner.__dict__[name] for owner, name in METHODS]
    modes = LambdaModes(HarnessSettings())
    with running(NativeLoop()), pytest.raises(ClockError) as refused:
        modes.start()
    assert "NativeLoop, which cannot be driven by virtual time" in str(refused.value)
    assert "asyncio.set_event_loop_policy(None)" in str(refused.value)
    assert [owner.__dict__[name] for owner, name in METHODS] == before
    assert time.sleep.__name__ == "sleep"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_native_loop_that_is_set_and_does_not_run_yet_is_refused(request):
    """pytest-asyncio makes the loop before the test; a policy's loop is looked at although it does not run."""
    policy = asyncio.DefaultEventLoopPolicy()
    policy._local._loop = NativeLoop()  # type: ignore[attr-defined]
    before = asyncio.get_event_loop_policy()
    asyncio.set_event_loop_policy(policy)
    request.addfinalizer(lambda: asyncio.set_event_loop_policy(before))
    with pytest.raises(ClockError, match="cannot be driven"):
        LambdaModes(HarnessSettings()).start()


def test_a_native_loop_cannot_await_the_world(world):
    """Should one turn up later, whoever awaits an invocation in it is told."""
    with running(NativeLoop()), pytest.raises(ClockError, match="cannot be driven"):
        world.loops.future_of(Signal().listeners.append)


def test_a_loop_with_a_clock_of_its_own_is_refused(world):
    """Two virtual clocks would drift apart."""
    loop = OtherClock()
    sleeping = sleeps(1)
    with pytest.raises(ClockError, match=r"OtherClock, which keeps a clock of its own\."):
        loop.run_until_complete(sleeping)
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    sleeping.close()
    loop.close()


# Giving back


def state_of(loop: Any) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(loop).items()
        if name not in ("_ready", "_scheduled", "_timer_cancelled_count")
    }


def test_a_loop_is_given_back_as_it_was():
    """All of its attributes are the same afterwards, and the class's methods too."""
    loop = asyncio.new_event_loop()
    loop.run_until_complete(asyncio.sleep(0))
    before, methods = state_of(loop), [owner.__dict__[name] for owner, name in METHODS]
    ready = loop._ready  # type: ignore[attr-defined]
    world = World()
    with world.driving():
        assert [owner.__dict__[name] for owner, name in METHODS] != methods
        loop.run_until_complete(asyncio.sleep(5))
        asyncio.run(asyncio.sleep(5))
        assert state_of(loop) != before
    assert world.seconds() == 10
    assert state_of(loop) == before
    assert loop._ready is ready  # type: ignore[attr-defined]
    assert [owner.__dict__[name] for owner, name in METHODS] == methods
    loop.close()


def test_a_running_loop_is_given_back_when_the_start_fails_half_way(monkeypatch):
    """Whatever fails after the loop was adopted, it is an ordinary loop again."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        before = state_of(loop)
        modes = LambdaModes(HarnessSettings())
        monkeypatch.setattr(modes._platform.watchdog, "start", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            modes.start()
        assert state_of(loop) == before
        assert [owner.__dict__[name] for owner, name in METHODS] == methods
        await asyncio.sleep(0.001)

    methods = [owner.__dict__[name] for owner, name in METHODS]
    asyncio.run(main())


def test_a_loop_that_a_handler_left_open_is_given_back(lambda_modes):
    """A loop of a handler's own that nobody closed is real again afterwards."""
    left = []

    def handler(event, context):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(asyncio.sleep(1))
        left.append(loop)

    lambda_modes.sync_invoke(handler, {}).unwrap()
    lambda_modes.stop()
    (loop,) = left
    assert loop.time() == pytest.approx(time.monotonic(), abs=5)
    loop.run_until_complete(asyncio.sleep(0.001))
    loop.close()


def test_a_loop_that_waits_in_a_strand_at_the_end_is_given_back(lambda_modes, lambda_clock):
    """A handler that is taken off its stack in the middle of an await leaves its loop closed."""
    seen = []

    def handler(event, context):
        async def main() -> None:
            seen.append(asyncio.get_running_loop())
            await asyncio.sleep(500)

        asyncio.run(main())

    lambda_modes.async_invoke(handler, {}, timeout=900)
    lambda_clock.advance(seconds=10)
    assert not seen[0].is_closed()
    lambda_modes.stop()
    assert seen[0].is_closed()
    assert asyncio._get_running_loop() is None


def test_activities_of_the_hub_and_loops_fit_together(world):
    """A loop's wait on behalf of an activity ends at the activity's deadline."""
    activity = Activity("handler", deadline=3 * SECOND)
    with pytest.raises(BaseException, match="deadline"):
        world.hub.run(activity, lambda: asyncio.run(sleeps(10)))
    assert world.seconds() == 3
