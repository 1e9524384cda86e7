"""A function that cannot take its batches: tried again while the messages are hidden, then given up."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes import facts
from pytest_lambda_modes.modes.polling.throttle_retry import next_try
from pytest_lambda_modes.units import SECOND


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def throttled_at(timeline):
    return [fact.at // SECOND for fact in timeline if isinstance(fact, facts.Throttled)]


def settled(timeline):
    return [(fact.at // SECOND, fact.outcome, fact.rule) for fact in timeline if isinstance(fact, facts.BatchSettled)]


# When


@pytest.mark.rule("SQS-27")
def test_the_tries_are_one_two_and_four_seconds_apart():
    """None is made when the messages are visible by then."""
    tries, now = [], 0
    while True:
        due = next_try(now, len(tries) + 1, 30 * SECOND)
        if due is None:
            break
        tries.append(due // SECOND)
        now = due
    assert tries == [1, 3, 7, 15]


@settings(deadline=None, derandomize=True)
@given(st.integers(0, 10**9), st.integers(1, 40), st.integers(0, 10**12))
def test_a_try_is_later_than_now_and_while_the_messages_are_hidden(now, tries, hidden_until):
    """Whatever the numbers."""
    due = next_try(now, tries, hidden_until)
    assert due is None or now < due < hidden_until


# Through the queue


@pytest.mark.rule("SQS-27", "SQS-10")
def test_a_batch_that_is_throttled_for_its_whole_visibility_comes_back_with_a_higher_count(
    event_source, lambda_modes, lambda_timeline, lambda_clock
):
    """Nothing ran, and the receive is lost all the same; the redrive policy counts it."""
    function = lambda_modes.function(lambda event, context: None, reserved_concurrent_executions=0)
    orders = event_source.sqs(function, visibility_timeout=30, max_receive_count=2)
    message = orders.send("a")
    orders.drain()
    assert throttled_at(lambda_timeline) == [0, 1, 3, 7, 15, 30, 31, 33, 37, 45]
    assert settled(lambda_timeline) == [(30, "throttled", "SQS-27"), (60, "throttled", "SQS-27")]
    assert (message.state, message.receive_count, message.delays) == ("dead_lettered", 2, [seconds(30)])
    assert [(batch.outcome, batch.failed, batch.response) for batch in orders.batches] == [
        ("throttled", [message], None),
        ("throttled", [message], None),
    ]
    assert lambda_modes.metrics["Invocations"].sum == 0


@pytest.mark.rule("SQS-27")
def test_a_throttled_batch_is_tried_again_and_costs_no_receive(event_source, lambda_modes, lambda_clock):
    """Concurrency comes back after five seconds; the try at seven succeeds, with the first receive."""
    counts = []

    def handler(event, context):
        counts.append(event["Records"][0]["attributes"]["ApproximateReceiveCount"])

    function = lambda_modes.function(handler, reserved_concurrent_executions=0)
    orders = event_source.sqs(function)
    message = orders.send("a")
    lambda_clock.advance(seconds=5)
    function.update_configuration(reserved_concurrent_executions=1)
    orders.drain()
    assert (counts, message.receive_count, lambda_clock.elapsed) == (["1"], 1, seconds(7))
    [batch] = orders.batches
    assert batch.outcome == "success"


@pytest.mark.rule("SQS-27", "SQS-10", "SQS-24")
def test_a_reserved_concurrency_of_one_loses_receives(event_source, lambda_modes, lambda_clock):
    """Five batches are taken at once; one runs, and those that find no room in time come back with a higher count."""

    def slow(event, context):
        time.sleep(20)

    function = lambda_modes.function(slow, timeout=25, reserved_concurrent_executions=1)
    orders = event_source.sqs(function, batch_size=1, visibility_timeout=30)
    messages = [orders.send(number) for number in range(5)]
    orders.drain()
    assert {message.state for message in messages} == {"deleted"}
    assert max(message.receive_count for message in messages) > 1
    assert sum(message.receive_count for message in messages) == len(orders.batches)
    assert {batch.outcome for batch in orders.batches} == {"success", "throttled"}


@pytest.mark.rule("SQS-27")
def test_a_throttled_batch_holds_its_place(event_source, lambda_modes, lambda_clock):
    """Until its visibility ends it counts as one of the five in flight, so a sixth message is not received."""
    function = lambda_modes.function(lambda event, context: None, reserved_concurrent_executions=0)
    orders = event_source.sqs(function, batch_size=1)
    messages = [orders.send(number) for number in range(6)]
    lambda_clock.advance(seconds=29)
    assert [message.receive_count for message in messages] == [1, 1, 1, 1, 1, 0]
    lambda_clock.advance(seconds=1)
    assert messages[5].receive_count == 1


@pytest.mark.rule("SQS-27")
def test_the_earliest_message_of_a_batch_decides_how_long_it_is_tried(event_source, lambda_modes, lambda_clock):
    """With a window the messages of a batch were received at different times."""
    function = lambda_modes.function(lambda event, context: None, reserved_concurrent_executions=0)
    orders = event_source.sqs(function, visibility_timeout=30, maximum_batching_window_in_seconds=20)
    first = orders.send("a")
    lambda_clock.advance(seconds=15)
    second = orders.send("b")
    lambda_clock.advance(seconds=15)
    assert [batch.outcome for batch in orders.batches] == ["throttled"]
    assert (first.receive_count, second.receive_count) == (2, 1)


@pytest.mark.lambda_modes(concurrent_executions=1)
def test_the_accounts_concurrency_throttles_too(event_source, async_invoke, lambda_clock):
    """Another function has the only execution; the batch waits for its end."""

    def busy(event, context):
        time.sleep(5)

    async_invoke(busy, {}, timeout=10)
    lambda_clock.advance(seconds=0)
    orders = event_source.sqs(lambda event, context: None)
    message = orders.send("a")
    orders.drain()
    assert (message.state, message.receive_count, lambda_clock.elapsed) == ("deleted", 1, seconds(7))


def test_a_disabled_mapping_goes_on_trying_what_it_has(event_source, lambda_modes, lambda_clock):
    """What is in flight is in flight, though it has not begun to run. (ESM-9)"""
    function = lambda_modes.function(lambda event, context: None, reserved_concurrent_executions=0)
    orders = event_source.sqs(function)
    message = orders.send("a")
    lambda_clock.advance(seconds=2)
    orders.disable()
    function.update_configuration(reserved_concurrent_executions=None)
    orders.drain()
    assert (message.state, lambda_clock.elapsed) == ("deleted", seconds(3))
