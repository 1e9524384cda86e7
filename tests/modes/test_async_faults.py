"""Faults of events: what AWS may do to a delivery, scripted by the delivery's number, and told in the timeline."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from pytest_lambda_modes import ConfigError, facts, faults


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def work(event, context):
    time.sleep(event.get("seconds", 0))
    if event.get("fails"):
        raise ValueError("no stock")
    return context.aws_request_id


def injected(timeline):
    """What was injected: when, in seconds, what, and by which rule."""
    return [(fact.at / 1e6, fact.what, fact.rule) for fact in timeline if isinstance(fact, facts.Injected)]


def outcomes(attempts):
    return [attempt.outcome for attempt in attempts]


@pytest.mark.rule("ASYNC-10")
def test_a_throttle_turns_a_delivery_away_although_there_is_room(async_invoke, lambda_timeline):
    """The event is tried again a second later, and the throttle is in the timeline as one that happened."""
    invocation = async_invoke(work, {}, faults={1: faults.Throttle()}).wait()
    assert invocation.attempts[0].dwell_time == seconds(1)
    assert injected(lambda_timeline) == [(0, "throttle", "ASYNC-10")]
    [throttled] = [fact for fact in lambda_timeline if isinstance(fact, facts.Throttled)]
    assert (throttled.at, throttled.request_id, throttled.rule) == (0, invocation.request_id, "SYNC-15")


@pytest.mark.rule("ASYNC-10")
def test_a_service_error_is_no_throttle_and_is_waited_out_the_same_way(async_invoke, lambda_timeline):
    """The handler does not run, no retry is used up, and the waits double: 1 and 2 s."""
    script = {1: faults.ServiceError(), 2: faults.ServiceError()}
    invocation = async_invoke(work, {"fails": True}, faults=script).wait()
    assert [attempt.dwell_time for attempt in invocation.attempts] == [seconds(3), seconds(63), seconds(183)]
    assert injected(lambda_timeline) == [(0, "service error", "ASYNC-10"), (1, "service error", "ASYNC-10")]
    assert not [fact for fact in lambda_timeline if isinstance(fact, facts.Throttled)]


@pytest.mark.rule("ASYNC-10")
def test_a_service_that_fails_until_the_age_leaves_its_status_in_the_record(async_invoke, lambda_modes):
    """The last answer was 500, and that is all a destination learns."""
    script = {delivery: faults.ServiceError() for delivery in range(1, 10)}
    async_invoke(work, {}, faults=script, maximum_event_age_in_seconds=60, on_failure="sqs:failures").wait()
    [message] = lambda_modes.queue("failures").messages
    assert message.json()["responseContext"] == {"statusCode": 500}


@pytest.mark.rule("ASYNC-6")
def test_a_duplicate_runs_the_handler_twice_with_one_request_id(async_invoke, lambda_timeline, lambda_clock):
    """Both deliveries carry the same event and id; what the second one returns changes nothing."""
    invocation = async_invoke(work, {"id": 7}, faults={1: faults.DuplicateDelivery(after=seconds(5))})
    lambda_clock.run_until_idle()
    assert (invocation.condition, len(invocation.attempts), len(invocation.duplicates)) == ("Success", 1, 1)
    assert invocation.duplicates[0].response == invocation.request_id
    assert invocation.duplicates[0].dwell_time == seconds(5)
    assert injected(lambda_timeline) == [(0, "duplicate delivery 5 s later", "ASYNC-6")]
    [settled] = [fact for fact in lambda_timeline if isinstance(fact, facts.EventSettled)]
    assert settled.at == 0


@pytest.mark.rule("ASYNC-6")
def test_a_duplicate_overlaps_the_delivery_that_it_repeats(async_invoke, lambda_clock):
    """Two environments are at work on one event, 2 s apart."""
    invocation = async_invoke(work, {"seconds": 10}, timeout=60, faults={1: faults.DuplicateDelivery(after=seconds(2))})
    lambda_clock.run_until_idle()
    assert invocation.duplicates[0].started_at == invocation.attempts[0].started_at + seconds(2)
    assert lambda_clock.elapsed == seconds(12)


@pytest.mark.rule("ASYNC-6")
def test_a_duplicate_that_fails_is_not_retried_and_holds_nobody_up(async_invoke, lambda_modes, lambda_clock):
    """The event's own attempts and its end are as they were without it."""
    event, script = {"fails": True, "seconds": 50}, {1: faults.DuplicateDelivery(after=seconds(30))}
    settings = {"timeout": 60, "maximum_retry_attempts": 1, "on_failure": "sqs:failed"}
    invocation = async_invoke(work, event, faults=script, **settings).wait()
    assert lambda_clock.elapsed == seconds(50 + 60 + 50)
    assert outcomes(invocation.attempts) == ["function_error"] * 2
    assert outcomes(invocation.duplicates) == ["function_error"]
    assert len(lambda_modes.queue("failed").messages) == 1


@pytest.mark.rule("ASYNC-6")
def test_waiting_for_an_event_does_not_wait_for_its_duplicate(async_invoke, lambda_clock):
    """A slow duplicate of an event is still at work when the event is settled."""
    script = {1: faults.DuplicateDelivery(after=seconds(1))}
    slow = iter([0, 300, 0])

    def handler(event, context):
        time.sleep(next(slow))
        raise ValueError("again")

    invocation = async_invoke(handler, {}, timeout=600, maximum_retry_attempts=1, faults=script).wait()
    assert lambda_clock.elapsed == seconds(60)
    assert invocation.duplicates == []
    lambda_clock.run_until_idle()
    assert lambda_clock.elapsed == seconds(301)
    assert len(invocation.duplicates) == 1


@pytest.mark.rule("ASYNC-6")
def test_a_duplicate_that_finds_no_room_or_no_function_is_gone(async_invoke, lambda_clock):
    """Nothing is promised about a second delivery."""
    busy = async_invoke(
        work,
        {"seconds": 10},
        timeout=60,
        reserved_concurrent_executions=1,
        faults={1: faults.DuplicateDelivery(after=seconds(2))},
    )
    lambda_clock.run_until_idle()
    gone = async_invoke(busy.function, {}, faults={1: faults.DuplicateDelivery(after=seconds(2))}).wait()
    gone.function.delete()
    lambda_clock.run_until_idle()
    assert (busy.duplicates, gone.duplicates) == ([], [])
    assert (busy.condition, gone.condition) == ("Success", "Success")


@pytest.mark.rule("RT-22")
def test_a_recycled_environment_makes_a_delivery_a_cold_start(async_invoke, lambda_timeline):
    """The second attempt would have been warm."""
    script = {2: faults.RecycledEnvironment()}
    invocation = async_invoke(work, {"fails": True}, faults=script).wait()
    assert [attempt.cold_start for attempt in invocation.attempts] == [True, True, False]
    assert injected(lambda_timeline) == [(60, "environment recycled", "RT-22")]


@pytest.mark.rule("RT-20", "ASYNC-9")
def test_a_killed_process_is_a_function_error_that_is_retried(async_invoke, lambda_timeline):
    """Killed 2 s into its work, the attempt ends there, and the next one is a cold start a minute later."""
    script = {1: faults.Kill(after=seconds(2))}
    first, second = async_invoke(work, {"seconds": 10}, timeout=60, faults=script).wait().attempts
    assert (first.outcome, first.duration) == ("exit", seconds(2))
    assert first.error.message.endswith("Error: Runtime exited with error: signal: killed")
    assert (second.outcome, second.dwell_time, second.cold_start) == ("success", seconds(62), True)
    assert injected(lambda_timeline) == [(0, "kill after 2 s", "RT-20")]


@pytest.mark.rule("RT-21")
def test_a_process_may_be_killed_for_its_memory(async_invoke):
    """The cause decides what the error says."""
    script = {1: faults.Kill(after=seconds(2), cause="out_of_memory")}
    first, second = async_invoke(work, {"seconds": 10}, timeout=60, faults=script).wait().attempts
    assert (first.outcome, first.error.type) == ("out_of_memory", "Runtime.OutOfMemory")
    assert second.outcome == "success"


def test_a_kill_after_the_end_or_the_timeout_does_not_come(async_invoke):
    """A handler that is done by then is not killed, and one at its timeout is timed out."""
    done = async_invoke(work, {"seconds": 1}, timeout=5, faults={1: faults.Kill(after=seconds(2))}).wait()
    late = async_invoke(work, {"seconds": 9}, timeout=5, faults={1: faults.Kill(after=seconds(7))}).wait()
    assert outcomes(done.attempts) == ["success"]
    assert outcomes(late.attempts) == ["timeout"] * 3


@pytest.mark.rule("ASYNC-10")
def test_faults_are_counted_by_delivery_and_not_by_attempt(async_invoke):
    """Delivery 2 is the try after the throttle of delivery 1, so the kill meets the first attempt."""
    script = {1: faults.Throttle(), 2: faults.Kill(after=seconds(1))}
    invocation = async_invoke(work, {"seconds": 2}, faults=script).wait()
    assert outcomes(invocation.attempts) == ["exit", "success"]
    assert invocation.deliveries == 3


@pytest.mark.async_invoke(faults={1: faults.Throttle()})
@pytest.mark.lambda_function(handler=work)
def test_faults_of_the_marker_meet_every_event_but_those_that_bring_their_own(async_invoke):
    """The call wins, and an empty script is none."""
    assert len(async_invoke({}).wait().throttles) == 1
    assert len(async_invoke({}).wait().throttles) == 1
    assert len(async_invoke({}, faults={}).wait().throttles) == 0


def test_the_timeline_tells_every_fault_with_its_rule(async_invoke, lambda_timeline):
    """Whoever reads a failing test sees what was done to it."""
    script = {1: faults.Throttle(), 2: faults.RecycledEnvironment()}
    async_invoke(work, {}, function_name="orders", faults=script).wait()
    lines = [" ".join(line.split()) for line in str(lambda_timeline).splitlines() if "injected" in line]
    assert lines == [
        "00:00:00.000 orders injected throttle ASYNC-10",
        "00:00:01.000 orders injected environment recycled RT-22",
    ]


@pytest.mark.parametrize(
    "given",
    [
        [faults.Throttle()],
        faults.Throttle(),
        {0: faults.Throttle()},
        {True: faults.Throttle()},
        {"1": faults.Throttle()},
        {1: faults.Throttle},
        {1: "throttle"},
        {1: faults.ShortBatch(1)},
        {1: faults.FailedDelete()},
    ],
    ids=repr,
)
def test_a_script_of_faults_that_cannot_be_is_refused(async_invoke, lambda_timeline, given):
    """Keys count from 1, and values are faults that an event can meet. Nothing is accepted."""
    with pytest.raises(ConfigError, match=r"^async_invoke\(...\): faults is .* must map the number of a") as caught:
        async_invoke(work, {}, faults=given)
    assert "Throttle, ServiceError, DuplicateDelivery, RecycledEnvironment, Kill" in str(caught.value)
    assert list(lambda_timeline) == []


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: faults.Kill(after=2), "Kill: after is 2, and must be a timedelta of 0 or more"),
        (lambda: faults.Kill(after=seconds(-1)), "Kill: after is .* must be a timedelta of 0 or more"),
        (lambda: faults.Kill(cause="boredom"), "Kill: cause is 'boredom', and must be"),
        (lambda: faults.DuplicateDelivery(after=None), "DuplicateDelivery: after is None"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_where_it_is_made(make, text):
    """The message names the fault, the value and what it must be."""
    with pytest.raises(ConfigError, match=text):
        make()
