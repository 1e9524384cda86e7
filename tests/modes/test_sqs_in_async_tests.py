"""Queues in async tests: drained, awaited, slept for."""

from __future__ import annotations

import asyncio
import datetime as dt
import time

import pytest

from pytest_lambda_modes import NotSettledError

pytestmark = pytest.mark.asyncio


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


class Worker:
    """A handler that stays for so many seconds and fails the first so many times."""

    def __init__(self, fails: int = 0, stays: float = 0) -> None:
        self.fails = fails
        self.stays = stays
        self.calls = 0

    def __call__(self, event, context):
        self.calls += 1
        failing = self.calls <= self.fails
        time.sleep(self.stays)
        if failing:
            raise RuntimeError("no")


async def test_a_source_is_drained(event_source, lambda_clock):
    """As by `drain`, and it gives the source itself."""
    orders = event_source.sqs(Worker(fails=2), max_receive_count=5)
    message = orders.send("a")
    assert await orders.drained() is orders
    assert (message.state, lambda_clock.elapsed) == ("deleted", seconds(60))
    assert await orders.drained() is orders
    assert lambda_clock.elapsed == seconds(60)


async def test_a_message_is_awaited(event_source, lambda_clock):
    """Until its own end, whichever that is."""
    orders = event_source.sqs(Worker(fails=9), max_receive_count=2)
    message = orders.send("a")
    assert await message is message
    assert (message.state, lambda_clock.elapsed) == ("dead_lettered", seconds(60))
    assert await message is message


async def test_several_messages_are_gathered(event_source, lambda_clock):
    """They run side by side."""
    orders = event_source.sqs(Worker(stays=2), batch_size=1)
    messages = [orders.send(number) for number in range(5)]
    assert await asyncio.gather(*messages) == messages
    assert lambda_clock.elapsed == seconds(2)


async def test_tasks_wake_in_the_order_in_which_messages_end(event_source, lambda_clock):
    """Each at its own instant."""
    orders = event_source.sqs(Worker())
    woken = []

    async def wait_for(delay):
        await orders.send("a", delay_seconds=delay)
        woken.append((delay, lambda_clock.elapsed))

    await asyncio.gather(*map(wait_for, (30, 10, 20)))
    assert woken == [(10, seconds(10)), (20, seconds(20)), (30, seconds(30))]


async def test_waiting_can_be_given_up(event_source, lambda_clock):
    """A timeout in virtual time; the message goes on."""
    orders = event_source.sqs(Worker(stays=2))
    message = orders.send("a")
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(orders.drained(), 1)
    assert (message.state, lambda_clock.elapsed) == ("in_flight", seconds(1))
    await message
    assert lambda_clock.elapsed == seconds(2)


async def test_sleeping_in_the_test_lets_messages_be_read(event_source, lambda_clock):
    """As for everything on this clock."""
    orders = event_source.sqs(Worker(fails=1))
    message = orders.send("a")
    await asyncio.sleep(29)
    assert message.receive_count == 1
    await asyncio.sleep(1)
    assert message.state == "deleted"


async def test_two_mappings_of_one_queue_are_both_drained(event_source, lambda_modes, lambda_clock):
    """The one whose poller had no part in the last message is told too."""
    queue = lambda_modes.queue("orders")
    sources = [event_source.sqs(Worker(stays=2), queue=queue) for _ in range(2)]
    sources[0].send("a")
    await asyncio.gather(*(source.drained() for source in sources))
    assert lambda_clock.elapsed == seconds(2)


async def test_a_message_that_nobody_reads_is_not_awaited_for_ever(lambda_modes, lambda_clock):
    """No timer is left that could end it, not even one for its retention; the error says so at once."""
    message = lambda_modes.queue("orders").send("a")
    with pytest.raises(NotSettledError, match=r"(?s)<Message a in orders: available> does not come to its end"):
        await message
    assert lambda_clock.elapsed == seconds(0)


async def test_a_message_that_has_expired_meanwhile_is_settled(lambda_modes, async_invoke, lambda_clock):
    """Its queue is not read, but something else kept the clock going beyond its retention."""
    message = lambda_modes.queue("orders", message_retention_period=60).send("a")
    async_invoke(Worker(stays=100), {}, timeout=200)
    assert (await message).state == "expired"
    assert lambda_clock.elapsed == seconds(100)


async def test_a_disabled_source_is_not_awaited_for_ever(event_source):
    """Nor one that is disabled while somebody waits."""
    orders = event_source.sqs(Worker(stays=2), batch_size=1, maximum_concurrency=2)
    for number in range(3):
        orders.send(number)

    async def disable():
        await asyncio.sleep(1)
        orders.disable()

    with pytest.raises(NotSettledError, match="its mapping is disabled, with 1 message left"):
        await asyncio.gather(orders.drained(), disable())


async def test_a_purge_ends_the_waiting(event_source, lambda_clock):
    """The queue is empty, and nothing is in flight."""
    orders = event_source.sqs(Worker())
    message = orders.send("a", delay_seconds=900)

    async def purge():
        await asyncio.sleep(5)
        orders.queue.purge()

    await asyncio.gather(orders.drained(), message, purge())
    assert (message.state, lambda_clock.elapsed) == ("deleted", seconds(5))
