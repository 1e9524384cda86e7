"""A receive that waits: in virtual time, for the test or for a handler, as long as the queue or the call says."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from pytest_lambda_modes import InvalidParameterValue, NotSettledError


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


@pytest.mark.rule("SQS-21")
def test_a_receive_waits_for_the_first_message(lambda_modes, async_invoke, lambda_clock):
    """And no longer, though it might."""
    queue = lambda_modes.queue("orders", receive_message_wait_time_seconds=20)

    def send(event, context):
        time.sleep(7)
        queue.send("a")

    async_invoke(send, {}, timeout=10)
    [message] = queue.receive()
    assert (message.body, lambda_clock.elapsed) == ("a", seconds(7))


@pytest.mark.rule("SQS-21")
@pytest.mark.parametrize(
    "attribute, argument, waits", [(20, None, 20), (0, None, 0), (20, 0, 0), (0, 5, 5), (20, 5, 5)]
)
def test_a_receive_that_gets_nothing_waits_for_as_long_as_it_is_told(
    lambda_modes, lambda_clock, attribute, argument, waits
):
    """By the call, else by the queue; by default it does not wait."""
    queue = lambda_modes.queue("orders", receive_message_wait_time_seconds=attribute)
    assert queue.receive(wait_time_seconds=argument) == []
    assert lambda_clock.elapsed == seconds(waits)


def test_what_becomes_visible_meanwhile_is_received(lambda_modes, lambda_clock):
    """A delayed message, or one whose visibility ends."""
    queue = lambda_modes.queue("orders")
    message = queue.send("a", delay_seconds=5)
    assert queue.receive(visibility_timeout=8, wait_time_seconds=20) == [message]
    assert lambda_clock.elapsed == seconds(5)
    assert queue.receive(wait_time_seconds=20) == [message]
    assert lambda_clock.elapsed == seconds(13)


def test_a_handler_can_wait_for_messages_too(lambda_modes, sync_invoke):
    """Up to its own timeout."""
    queue = lambda_modes.queue("orders", receive_message_wait_time_seconds=20)

    def read(event, context):
        return len(queue.receive())

    assert sync_invoke(read, {}, timeout=30).payload == 0
    late = sync_invoke(read, {}, timeout=10)
    assert (late.timed_out, late.duration) == (True, seconds(10))


@pytest.mark.rule("SQS-21")
@pytest.mark.parametrize("wrong", [-1, 21])
def test_a_receive_waits_twenty_seconds_at_most(lambda_modes, lambda_clock, wrong):
    """In SQS's own words."""
    with pytest.raises(InvalidParameterValue, match=f"Value {wrong} for parameter WaitTimeSeconds is invalid"):
        lambda_modes.queue("orders").receive(wait_time_seconds=wrong)


def test_a_queue_that_stands_alone_cannot_wait(make_queue):
    """Nothing would let time pass."""
    queue = make_queue(receive_message_wait_time_seconds=1)
    with pytest.raises(NotSettledError, match="this belongs to no lambda_modes"):
        queue.receive()
    queue.send("a")
    assert len(queue.receive()) == 1
