"""Events in async tests: awaited, gathered, given up after a time, and slept for."""

from __future__ import annotations

import asyncio
import datetime as dt
import time

import pytest

from pytest_lambda_modes import facts

pytestmark = pytest.mark.asyncio


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def work(event, context):
    time.sleep(event.get("seconds", 0))
    if event.get("fails"):
        raise ValueError("no stock")
    return event


async def test_awaiting_an_invocation_gives_the_invocation(async_invoke, lambda_clock):
    """It is settled then, through all its retries."""
    invocation = async_invoke(work, {"fails": True})
    assert await invocation is invocation
    assert invocation.condition == "RetriesExhausted"
    assert lambda_clock.elapsed == seconds(180)
    assert await invocation is invocation
    assert lambda_clock.elapsed == seconds(180)


async def test_several_invocations_are_gathered(async_invoke, lambda_modes, lambda_clock):
    """They overlap, and the last one decides how long it takes."""
    function = lambda_modes.function(work, timeout=60)
    events = [async_invoke(function, {"seconds": number}) for number in (30, 10, 20)]
    assert await asyncio.gather(*events) == events
    assert lambda_clock.elapsed == seconds(30)
    assert [event.attempts[0].response["seconds"] for event in events] == [30, 10, 20]


async def test_invocations_are_awaited_as_they_settle(async_invoke, lambda_modes, lambda_clock):
    """Tasks that wait for different events wake at different instants."""
    function = lambda_modes.function(work, timeout=60)
    woken = []

    async def wait_for(number):
        await async_invoke(function, {"seconds": number})
        woken.append((number, lambda_clock.elapsed))

    await asyncio.gather(*map(wait_for, (30, 10, 20)))
    assert woken == [(10, seconds(10)), (20, seconds(20)), (30, seconds(30))]


async def test_two_tasks_may_await_one_invocation(async_invoke, lambda_clock):
    """Both get it at the instant of its end."""
    invocation = async_invoke(work, {"seconds": 2})

    async def wait_for():
        return await invocation, lambda_clock.elapsed

    assert await asyncio.gather(wait_for(), wait_for()) == [(invocation, seconds(2))] * 2


async def test_an_await_may_have_a_timeout(async_invoke, lambda_clock):
    """The timeout passes in virtual time; the event goes on and can be awaited again."""
    invocation = async_invoke(work, {"fails": True})
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(invocation, timeout=90)
    assert lambda_clock.elapsed == seconds(90)
    assert (len(invocation.attempts), invocation.settled) == (2, False)
    assert len((await invocation).attempts) == 3
    assert lambda_clock.elapsed == seconds(180)


async def test_a_timeout_in_the_middle_of_an_attempt_leaves_it_running(async_invoke, lambda_clock):
    """The handler is asleep when the test has waited enough, and wakes in its own time."""
    invocation = async_invoke(work, {"seconds": 30}, timeout=60)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(invocation, timeout=10)
    assert lambda_clock.elapsed == seconds(10)
    await asyncio.sleep(20)
    assert invocation.condition == "Success"
    assert invocation.attempts[0].duration == seconds(30)


async def test_sleeping_lets_things_happen(async_invoke, lambda_clock):
    """Each retry comes at its own instant while the test sleeps."""
    invocation = async_invoke(work, {"fails": True})
    counts = []
    for _ in range(4):
        await asyncio.sleep(59)
        counts.append(len(invocation.attempts))
        await asyncio.sleep(1)
        counts.append(len(invocation.attempts))
    assert counts == [1, 2, 2, 2, 2, 3, 3, 3]


async def test_waiting_in_the_synchronous_way_works_as_well(async_invoke, lambda_clock):
    """`wait` lets time pass without giving way to other tasks."""
    others = []
    task = asyncio.ensure_future(asyncio.sleep(0))
    task.add_done_callback(others.append)
    assert async_invoke(work, {"fails": True}).wait().condition == "RetriesExhausted"
    assert (others, lambda_clock.elapsed) == ([], seconds(180))
    await task


async def test_a_handler_may_run_a_loop_of_its_own(async_invoke, lambda_modes, lambda_clock):
    """Beside the test's loop, and beside that of another handler."""

    def handler(event, context):
        return asyncio.run(asyncio.sleep(event, result=event))

    function = lambda_modes.function(handler, timeout=30)
    events = [async_invoke(function, number) for number in (3, 2)]
    await asyncio.gather(*events)
    assert [event.attempts[0].response for event in events] == [3, 2]
    assert lambda_clock.elapsed == seconds(3)


async def test_the_timeline_is_the_same_as_without_a_loop(async_invoke, lambda_timeline):
    """Awaiting adds nothing to what happens."""
    await async_invoke(work, {"fails": True}, maximum_retry_attempts=0)
    assert [type(fact) for fact in lambda_timeline] == [
        facts.EventAccepted,
        facts.FunctionStarted,
        facts.FunctionEnded,
        facts.EventSettled,
    ]
