"""Events that are at work at the same virtual time: side by side, exactly, and the same in every run."""

from __future__ import annotations

import datetime as dt
import time

import greenlet
import pytest

from pytest_lambda_modes import facts
from pytest_lambda_modes.harness.lambda_modes import LambdaModes
from pytest_lambda_modes.harness.settings import HarnessSettings


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def test_two_events_of_one_moment_run_side_by_side(async_invoke, lambda_clock):
    """Each step of each handler happens at its own instant, whoever began first."""
    log = []

    def handler(event, context):
        for step in range(3):
            log.append((event["name"], step, lambda_clock.elapsed.total_seconds()))
            time.sleep(event["pause"])

    async_invoke(handler, {"name": "long", "pause": 5}, timeout=60)
    async_invoke(handler, {"name": "short", "pause": 2}, timeout=60)
    lambda_clock.run_until_idle()
    assert log == [
        ("long", 0, 0), ("short", 0, 0), ("short", 1, 2), ("short", 2, 4), ("long", 1, 5), ("long", 2, 10),
    ]  # fmt: skip
    assert lambda_clock.elapsed == seconds(15)


def test_events_that_overlap_have_environments_of_their_own(async_invoke, lambda_clock):
    """Both starts are cold, and the third event finds both environments warm."""
    streams = []

    def handler(event, context):
        streams.append(context.log_stream_name)
        time.sleep(1)

    first, second = async_invoke(handler, 1), async_invoke(handler, 2)
    lambda_clock.run_until_idle()
    third = async_invoke(first.function, 3).wait()
    assert [event.attempts[0].cold_start for event in (first, second, third)] == [True, True, False]
    assert streams[0] != streams[1]
    assert streams[2] in streams[:2]


def test_waiting_for_one_event_runs_the_others_no_further_than_it_must(async_invoke, lambda_clock):
    """The wait ends at the instant at which its event is settled, while the other handler is still asleep."""

    def handler(event, context):
        time.sleep(event)

    long, short = async_invoke(handler, 50, timeout=60), async_invoke(handler, 10, timeout=60)
    short.wait()
    assert lambda_clock.elapsed == seconds(10)
    assert (long.settled, long.attempts) == (False, [])
    long.wait()
    assert lambda_clock.elapsed == seconds(50)


def test_an_event_that_is_waited_for_runs_on_the_stack_of_the_test(async_invoke, lambda_clock):
    """All its attempts do, so tracebacks and debuggers are the plain ones; only an overlap needs a stack of its own."""
    stacks = []

    def handler(event, context):
        stacks.append(greenlet.getcurrent())
        time.sleep(event)
        raise ValueError("again")

    async_invoke(handler, 2).wait()
    assert stacks == [greenlet.getcurrent()] * 3
    long, short = async_invoke(handler, 2), async_invoke(handler, 1)
    lambda_clock.advance(seconds=1)
    assert stacks[3] is not stacks[4]
    assert (len(short.attempts), long.attempts) == (1, [])


def test_a_retry_overlaps_what_came_later(async_invoke, lambda_clock):
    """The retry at 60 s begins and ends in the middle of an event that was sent at 50 s."""
    runs = []

    def handler(event, context):
        runs.append((event["name"], lambda_clock.elapsed))
        time.sleep(event["seconds"])
        if runs == [("first", seconds(0))]:
            raise ValueError("again")

    first = async_invoke(handler, {"name": "first", "seconds": 0}, timeout=60)
    lambda_clock.advance(seconds=50)
    second = async_invoke(first.function, {"name": "second", "seconds": 30})
    lambda_clock.run_until_idle()
    assert runs == [("first", seconds(0)), ("second", seconds(50)), ("first", seconds(60))]
    assert second.attempts[0].started_at < first.attempts[1].started_at < second.attempts[0].ended_at


def test_hundreds_of_handlers_overlap(async_invoke, lambda_modes, lambda_clock):
    """All are asleep at once, and time passes once for all of them."""

    def handler(event, context):
        for _ in range(3):
            time.sleep(1)
        return event

    function = lambda_modes.function(handler, timeout=10)
    events = [async_invoke(function, number) for number in range(500)]
    lambda_clock.run_until_idle()
    assert lambda_clock.elapsed == seconds(3)
    assert [event.attempts[0].response for event in events] == list(range(500))
    assert lambda_modes.metrics["ConcurrentExecutions"].maximum == 500


def test_events_of_one_moment_start_and_end_in_the_order_of_their_acceptance(async_invoke, lambda_modes):
    """First come, first served, also among those that take equally long."""
    function = lambda_modes.function(lambda event, context: time.sleep(1))
    ids = [async_invoke(function, number).request_id for number in range(20)]
    lambda_modes.clock.run_until_idle()
    for kind, at in ((facts.FunctionStarted, 0), (facts.FunctionEnded, 1_000_000)):
        told = [(fact.at, fact.request_id) for fact in lambda_modes.timeline if isinstance(fact, kind)]
        assert told == [(at, request_id) for request_id in ids]


def play(seed):
    """The timeline of a busy world of its own: retries, throttles, overlap, a chain, and both kinds of targets."""
    modes = LambdaModes(HarnessSettings.build("test", seed=seed), async_settings={"on_failure": "sqs:failed"})
    modes.start()
    try:
        runs = []

        def handler(event, context):
            runs.append(event)
            time.sleep(len(runs) % 4)
            if len(runs) % 3 == 0:
                raise ValueError(f"run {len(runs)}")
            return context.aws_request_id

        function = modes.function(handler, reserved_concurrent_executions=3, dead_letter_target="sns:alerts")
        audit = modes.function(lambda event, context: event["requestContext"]["requestId"], function_name="audit")
        for number in range(30):
            modes.async_invoke(function, {"number": number}, on_success=audit)
            modes.clock.advance(milliseconds=100)
        modes.clock.run_until_idle()
        return str(modes.timeline), [message.body for message in modes.queue("failed").messages]
    finally:
        modes.stop()


@pytest.mark.parametrize("seed", ["one", "two"])
def test_the_same_seed_gives_the_same_timeline(seed):
    """Every id, instant and line of two runs is the same."""
    assert play(seed) == play(seed)


def test_another_seed_gives_other_ids_and_the_same_course():
    """The seed decides names, not events."""
    one, two = play("one")[0].splitlines(), play("two")[0].splitlines()
    assert one != two
    assert [line[:40] for line in one] == [line[:40] for line in two]
