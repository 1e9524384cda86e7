"""Functions that set each other off: destinations, invocations from handlers, and loops that are stopped."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from pytest_lambda_modes import NotSettledError, RecursiveInvocationException, facts

ENDLESS = 2_000


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def nothing(event, context):
    return None


class Journal:
    """A handler that keeps every event it gets, with its request id, and returns what it is told to."""

    def __init__(self, result=None, error=None) -> None:
        self.seen = []
        self.result = result
        self.error = error

    def __call__(self, event, context):
        self.seen.append((event, context.aws_request_id))
        if self.error is not None:
            raise self.error
        return self.result


def stopped(timeline):
    return [fact for fact in timeline if isinstance(fact, facts.RecursionStopped)]


# Destinations


@pytest.mark.rule("ASYNC-4", "ASYNC-24")
def test_a_chain_of_destinations_passes_records_on(async_invoke, lambda_modes, lambda_clock):
    """Each function of a chain gets the record of the one before it, under a request id of its own."""
    first, second, third = Journal("one"), Journal("two"), Journal("three")
    functions = [lambda_modes.function(handler, function_name=name) for handler, name in
                 ((first, "first"), (second, "second"), (third, "third"))]  # fmt: skip
    functions[1].put_function_event_invoke_config(on_success="lambda:third")
    functions[0].put_function_event_invoke_config(on_success="lambda:second")
    async_invoke(functions[0], {"id": 7})
    lambda_clock.run_until_idle()
    [(event, first_id)] = first.seen
    [(record, second_id)] = second.seen
    [(record_of_record, third_id)] = third.seen
    assert event == {"id": 7}
    assert (record["requestPayload"], record["responsePayload"]) == ({"id": 7}, "one")
    assert (record_of_record["requestPayload"], record_of_record["responsePayload"]) == (record, "two")
    assert len({first_id, second_id, third_id}) == 3


@pytest.mark.rule("ASYNC-4", "ASYNC-9")
def test_a_destination_has_retries_and_destinations_of_its_own(async_invoke, lambda_modes, lambda_clock):
    """A failing function after a failing one is retried like any other."""
    orders = lambda_modes.function(Journal(error=ValueError("no stock")), function_name="orders")
    rescue = Journal(error=ConnectionError("no rescue"))
    lambda_modes.function(rescue, function_name="rescue").put_function_event_invoke_config(
        maximum_retry_attempts=1, on_failure="sqs:lost"
    )
    async_invoke(orders, {"id": 7}, on_failure="lambda:rescue", maximum_retry_attempts=0)
    lambda_clock.run_until_idle()
    assert len(rescue.seen) == 2
    [message] = lambda_modes.queue("lost").messages
    record = message.json()
    assert record["requestContext"]["functionArn"].endswith(":function:rescue:$LATEST")
    assert record["requestPayload"]["responsePayload"]["errorMessage"] == "no stock"
    assert record["responsePayload"]["errorMessage"] == "no rescue"
    assert lambda_clock.elapsed == seconds(60)


@pytest.mark.rule("ASYNC-7")
@pytest.mark.async_invoke(on_success="lambda:audit")
def test_the_destination_of_a_marker_does_not_send_to_itself(async_invoke, lambda_modes, lambda_clock):
    """Functions inherit the marker's settings, all but a destination that they are themselves."""
    audit = Journal()
    lambda_modes.function(audit, function_name="audit")
    async_invoke(nothing, {})
    lambda_clock.run_until_idle()
    assert len(audit.seen) == 1


@pytest.mark.lambda_modes(leftovers="ignore")
def test_an_event_for_a_destination_that_never_ran_is_left_over(async_invoke, lambda_modes, lambda_clock):
    """Waiting for the first event does not run the second, and a test that stops there is told."""
    audit = lambda_modes.function(nothing, function_name="audit")
    async_invoke(Journal(), {}, on_success=audit).wait()
    [left] = lambda_modes.never_ran()
    assert left.startswith('an event for audit, accepted at 00:00:00: {"version":"1.0"')
    lambda_clock.run_until_idle()
    assert lambda_modes.never_ran() == []


# Handlers that invoke


@pytest.mark.rule("ASYNC-1")
def test_a_handler_may_send_an_event_and_go_on(async_invoke, lambda_modes, lambda_clock):
    """The event is accepted while the handler runs, and runs beside it."""
    log = []

    def inner(event, context):
        log.append(("inner", lambda_clock.elapsed))

    target = lambda_modes.function(inner)

    def outer(event, context):
        accepted = async_invoke(target, {"from": "outer"})
        log.append((accepted.status_code, lambda_clock.elapsed))
        time.sleep(1)
        log.append(("outer", lambda_clock.elapsed))

    async_invoke(outer, {})
    lambda_clock.run_until_idle()
    assert log == [(202, seconds(0)), ("inner", seconds(0)), ("outer", seconds(1))]


def test_a_handler_may_wait_for_an_event(async_invoke, lambda_modes, sync_invoke, lambda_clock):
    """It waits in virtual time, through all retries."""
    failing = Journal(error=ValueError("again"))
    target = lambda_modes.function(failing)

    def patient(event, context):
        return len(async_invoke(target, {}).wait().attempts)

    assert sync_invoke(patient, {}, timeout=600).payload == 3
    assert lambda_clock.elapsed == seconds(180)


def test_a_handler_that_waits_too_long_for_an_event_times_out(async_invoke, lambda_modes, sync_invoke, lambda_clock):
    """Its own deadline comes first, and the event goes on without it."""
    failing = Journal(error=ValueError("again"))
    target = lambda_modes.function(failing)
    invocations = []

    def impatient(event, context):
        invocations.append(async_invoke(target, {}))
        invocations[0].wait()

    assert sync_invoke(impatient, {}, timeout=100).timed_out
    assert lambda_clock.elapsed == seconds(100)
    assert len(failing.seen) == 2
    assert invocations[0].wait().condition == "RetriesExhausted"


def test_an_event_may_invoke_synchronously(async_invoke, sync_invoke, lambda_modes, lambda_clock):
    """The inner handler runs within the outer attempt, and takes its time."""

    def slow(event, context):
        time.sleep(2)
        return "done"

    inner = lambda_modes.function(slow, timeout=10)
    invocation = async_invoke(lambda event, context: sync_invoke(inner, {}).payload, {}, timeout=10).wait()
    assert invocation.attempts[0].response == "done"
    assert invocation.attempts[0].duration == seconds(2)


# Loops


def circle(lambda_modes, async_invoke, **settings):
    """A function that sends an event to itself each time it runs."""
    runs = []

    def handler(event, context):
        runs.append(context.aws_request_id)
        async_invoke(function, {"run": len(runs)})

    function = lambda_modes.function(handler, function_name="circle", **settings)
    return function, runs


@pytest.mark.rule("ASYNC-36", "ASYNC-22")
def test_a_loop_of_events_is_stopped_at_the_17th(async_invoke, lambda_modes, lambda_clock, lambda_timeline):
    """Sixteen runs take place; the next event goes to the failure path without an attempt."""
    function, runs = circle(lambda_modes, async_invoke, dead_letter_target="sqs:dlq")
    function.put_function_event_invoke_config(on_failure="sqs:failed")
    async_invoke(function, {})
    lambda_clock.run_until_idle()
    assert len(runs) == len(set(runs)) == 16
    [fact] = stopped(lambda_timeline)
    assert (fact.who, fact.rule) == ("circle", "ASYNC-36")
    [message] = lambda_modes.queue("failed").messages
    record = message.json()
    assert record["requestContext"]["requestId"] == fact.request_id
    assert record["requestContext"]["condition"] == "RecursiveInvocation"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert record["responseContext"] == {"statusCode": 400}
    [letter] = lambda_modes.queue("dlq").messages
    assert letter.json() == {"run": 16}
    assert letter.message_attributes["ErrorCode"]["StringValue"] == "400"


@pytest.mark.rule("ASYNC-36")
def test_a_loop_through_destinations_is_stopped_too(async_invoke, lambda_modes, lambda_clock, lambda_timeline):
    """Two functions that are each other's destination run sixteen times each."""
    ping, pong = Journal("ping"), Journal("pong")
    functions = [lambda_modes.function(ping, function_name="ping"), lambda_modes.function(pong, function_name="pong")]
    functions[0].put_function_event_invoke_config(on_success="lambda:pong")
    functions[1].put_function_event_invoke_config(on_success="lambda:ping")
    async_invoke(functions[0], {})
    lambda_clock.run_until_idle()
    assert (len(ping.seen), len(pong.seen)) == (16, 16)
    assert [fact.who for fact in stopped(lambda_timeline)] == ["ping"]


@pytest.mark.rule("ASYNC-36")
def test_events_that_do_not_belong_to_one_chain_are_never_stopped(async_invoke, lambda_modes, lambda_clock):
    """A test may send as many as it likes."""
    handler = Journal()
    function = lambda_modes.function(handler)
    for _ in range(40):
        async_invoke(function, {})
    lambda_clock.run_until_idle()
    assert len(handler.seen) == 40


@pytest.mark.rule("ASYNC-36")
def test_retries_do_not_count_as_a_loop(async_invoke, lambda_modes, lambda_clock):
    """A chain of eight events with three attempts each is 24 runs, and none too many."""
    runs = []

    def handler(event, context):
        runs.append(event["depth"])
        if len(runs) % 3:
            raise ValueError("again")
        if event["depth"] < 8:
            async_invoke(function, {"depth": event["depth"] + 1})

    function = lambda_modes.function(handler)
    async_invoke(function, {"depth": 1})
    lambda_clock.run_until_idle()
    assert runs == [depth for depth in range(1, 9) for _ in range(3)]


@pytest.mark.rule("ASYNC-36", "SYNC-20")
def test_a_loop_of_synchronous_calls_is_refused_to_the_caller(async_invoke, sync_invoke, lambda_modes, lambda_clock):
    """Events and calls of one chain are counted together; the 17th, a call, raises in the handler."""
    runs, refused = [], []

    def handler(event, context):
        runs.append(event["depth"])
        send = async_invoke if event["depth"] < 10 else sync_invoke
        try:
            send(function, {"depth": event["depth"] + 1})
        except RecursiveInvocationException as error:
            refused.append(error.status_code)

    function = lambda_modes.function(handler)
    async_invoke(function, {"depth": 1})
    lambda_clock.run_until_idle()
    assert runs == list(range(1, 17))
    assert refused == [400]


@pytest.mark.rule("ASYNC-36")
def test_a_queue_carries_the_chain_on(async_invoke, lambda_modes):
    """A record in a queue knows which invocations led to it."""
    function = lambda_modes.function(Journal(), function_name="orders")
    async_invoke(function, {}, on_success="sqs:done").wait()
    assert lambda_modes.queue("done").messages[0].lineage == {"orders": 1}


@pytest.mark.rule("ASYNC-36")
@pytest.mark.lambda_modes(leftovers="ignore")
def test_a_loop_that_is_allowed_goes_on_and_is_told_as_a_world_that_does_not_settle(
    async_invoke, lambda_modes, lambda_clock, lambda_timeline
):
    """`Allow` lifts the limit. Time can pass up to a point, but there is no waiting for the end."""
    runs = []

    def handler(event, context):
        runs.append(event)
        time.sleep(1)
        async_invoke(function, {})

    function = lambda_modes.function(handler, function_name="circle", recursive_loop="Allow")
    async_invoke(function, {})
    lambda_clock.advance(minutes=1)
    assert len(runs) == 61
    lambda_modes._hub.timer_limit = ENDLESS
    with pytest.raises(NotSettledError, match=r"timers have fired and the world has not settled") as caught:
        lambda_clock.run_until_idle()
    assert "event for circle" in str(caught.value)
    assert not stopped(lambda_timeline)


@pytest.mark.rule("ASYNC-36")
@pytest.mark.lambda_modes(leftovers="ignore")
def test_an_endless_loop_at_one_instant_ends_with_an_error_too(async_invoke, lambda_modes, lambda_clock):
    """The limit counts timers, so a loop that takes no time is found as well."""
    function, runs = circle(lambda_modes, async_invoke, recursive_loop="Allow")
    async_invoke(function, {})
    lambda_modes._hub.timer_limit = ENDLESS
    with pytest.raises(NotSettledError):
        lambda_clock.run_until_idle()
    assert len(runs) > 16
    assert lambda_clock.elapsed == seconds(0)


@pytest.mark.rule("ASYNC-36")
def test_an_event_that_ran_and_is_then_stopped_counts_once(async_invoke, lambda_modes, lambda_clock):
    """Its run is in the chain that its record tells of, and the stop adds nothing to that."""
    runs = []

    def call_itself(event, context):
        runs.append(event)
        if len(runs) > 16:
            raise ValueError("no stock")
        async_invoke(function, {})

    function = lambda_modes.function(call_itself, function_name="orders", recursive_loop="Allow")
    function.put_function_event_invoke_config(on_failure="sqs:failures")
    async_invoke(function, {})
    lambda_clock.advance(seconds=1)
    function.update_configuration(recursive_loop="Terminate")
    lambda_clock.run_until_idle()
    [record] = lambda_modes.queue("failures").messages
    assert record.lineage == {"orders": 17}
