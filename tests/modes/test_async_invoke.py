"""Events from their acceptance to their end: attempts, retries, ages, throttles, and what is looked up anew."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_lambda_modes import (
    ConfigError,
    InvalidParameterValueException,
    InvalidRequestContentException,
    ResourceNotFoundException,
    TooManyRequestsException,
    facts,
    faults,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=8,
)


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def succeed(event, context):
    return {"got": event}


def fail(event, context):
    raise ValueError("no stock")


def stay(event, context):
    time.sleep(event["seconds"])
    return event["seconds"]


class Failing:
    """A handler that raises so many times, each time after so many seconds, and keeps what it saw."""

    def __init__(self, times: int, after: float = 0) -> None:
        self.times = times
        self.after = after
        self.contexts = []

    def __call__(self, event, context):
        self.contexts.append(context)
        time.sleep(self.after)
        if len(self.contexts) <= self.times:
            raise ConnectionError(f"failure {len(self.contexts)}")
        return len(self.contexts)


def starts(invocation):
    """When each attempt began, after the event was accepted."""
    return [attempt.dwell_time for attempt in invocation.attempts]


def throttled_at(invocation):
    """When each try was turned away, in seconds after the event was accepted."""
    return [(instant - invocation.accepted_at).total_seconds() for instant in invocation.throttles]


def settled_by(timeline):
    """The rules by which events came to their ends."""
    return [fact.rule for fact in timeline if isinstance(fact, facts.EventSettled)]


# Acceptance


@pytest.mark.rule("ASYNC-1")
def test_an_event_is_accepted_before_anything_runs(async_invoke, lambda_clock):
    """The answer is 202 and a request id; the handler runs when time passes, and sees that id."""
    handler = Failing(times=0)
    invocation = async_invoke(handler, {"id": 1})
    assert (invocation.status_code, invocation.attempts, invocation.condition) == (202, [], None)
    assert handler.contexts == []
    lambda_clock.run_until_idle()
    assert [context.aws_request_id for context in handler.contexts] == [invocation.request_id]
    assert (invocation.condition, invocation.attempts[0].response) == ("Success", 1)
    assert lambda_clock.elapsed == seconds(0)


@pytest.mark.rule("ASYNC-1", "ASYNC-35")
def test_the_caller_never_hears_of_a_function_error(async_invoke):
    """A function that raises answers 202 like any other, and waiting for its event raises nothing."""
    invocation = async_invoke(fail, {}, maximum_retry_attempts=0)
    assert invocation.status_code == 202
    assert invocation.wait().attempts[0].error.message == "no stock"


@pytest.mark.rule("ASYNC-1")
def test_a_function_or_qualifier_that_does_not_exist_is_told_at_once(async_invoke, lambda_modes, lambda_timeline):
    """What cannot be invoked is refused before it is accepted, with the error of a synchronous call."""
    function = lambda_modes.function(succeed, function_name="orders")
    with pytest.raises(ResourceNotFoundException, match=r"Function not found: arn:.*:function:orders:live"):
        async_invoke(function, {}, qualifier="live")
    function.delete()
    with pytest.raises(ResourceNotFoundException, match=r"Function not found: arn:.*:function:orders:\$LATEST"):
        async_invoke(function, {})
    assert not [fact for fact in lambda_timeline if isinstance(fact, facts.EventAccepted)]


@pytest.mark.rule("ASYNC-1", "ASYNC-34")
def test_a_payload_that_is_not_json_is_refused_and_never_queued(async_invoke, lambda_timeline):
    """Malformed JSON does not get as far as the queue."""
    with pytest.raises(InvalidRequestContentException, match="Could not parse request body into json"):
        async_invoke(succeed, b'{"id": ')
    assert list(lambda_timeline) == []


@pytest.mark.rule("ASYNC-3")
def test_the_handler_of_an_event_has_no_client_context(async_invoke):
    """Lambda drops it, so there is none to see."""
    handler = Failing(times=0)
    async_invoke(handler, {}).wait()
    assert handler.contexts[0].client_context is None


# Retries


@pytest.mark.rule("ASYNC-9", "ASYNC-4")
def test_the_retries_come_one_and_two_minutes_after_the_end_of_the_attempt_before(async_invoke, lambda_clock):
    """Each attempt takes 7 s, and the waits count from its end. All attempts have one request id."""
    handler = Failing(times=2, after=7)
    invocation = async_invoke(handler, {}, timeout=10).wait()
    assert starts(invocation) == [seconds(0), seconds(7 + 60), seconds(7 + 60 + 7 + 120)]
    assert invocation.delays == [seconds(60), seconds(120)]
    assert {context.aws_request_id for context in handler.contexts} == {invocation.request_id}
    assert [attempt.outcome for attempt in invocation.attempts] == ["function_error", "function_error", "success"]
    assert lambda_clock.elapsed == seconds(7 + 60 + 7 + 120 + 7)


def exit_process(event, context):
    sys.exit(1)


def return_a_set(event, context):
    return {1}


def return_too_much(event, context):
    return "x" * 7_000_000


def oversleep(event, context):
    time.sleep(3600)


@pytest.mark.rule("ASYNC-9")
@pytest.mark.parametrize(
    ("handler", "outcome"),
    [
        (fail, "function_error"),
        (oversleep, "timeout"),
        (exit_process, "exit"),
        ("no_such_module.handler", "init_error"),
        (return_a_set, "marshal_error"),
        (return_too_much, "response_too_large"),
    ],
)
def test_every_kind_of_function_error_is_retried(async_invoke, handler, outcome):
    """Whatever a synchronous caller would see as a FunctionError is retried twice."""
    invocation = async_invoke(handler, {}).wait()
    assert [attempt.outcome for attempt in invocation.attempts] == [outcome] * 3
    assert invocation.delays == [seconds(60), seconds(120)]
    assert invocation.condition == "RetriesExhausted"


@pytest.mark.rule("ASYNC-9", "ASYNC-12")
@pytest.mark.parametrize("retries", [0, 1, 2])
def test_an_event_is_given_up_when_its_retries_are_used_up(async_invoke, lambda_clock, retries):
    """One attempt, and as many retries as are set; the end comes at the last attempt's own end."""
    invocation = async_invoke(fail, {}, maximum_retry_attempts=retries).wait()
    assert len(invocation.attempts) == retries + 1
    assert invocation.condition == "RetriesExhausted"
    assert lambda_clock.elapsed == seconds([0, 60, 180][retries])


@pytest.mark.rule("ASYNC-35")
def test_all_attempts_write_to_one_log_stream_under_one_request_id(async_invoke):
    """Each attempt has its START and its REPORT line."""
    handler = Failing(times=1)
    invocation = async_invoke(handler, {}).wait()
    for attempt in invocation.attempts:
        assert attempt.logs.count(f"START RequestId: {invocation.request_id} Version: $LATEST\n") == 1
        assert attempt.logs.count(f"REPORT RequestId: {invocation.request_id}\t") == 1
    assert len({context.log_stream_name for context in handler.contexts}) == 1


@pytest.mark.rule("RT-9")
@given(json_values)
@settings(deadline=None, derandomize=True, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_attempt_gets_the_event_as_it_was_sent(lambda_modes, event):
    """What one attempt does to it, no other sees; and it is of the same types each time."""
    seen = []

    def scribble(event, context):
        seen.append(repr(event))
        event["value"] = "changed"
        raise ValueError("no stock")

    lambda_modes.async_invoke(scribble, {"value": event}).wait()
    assert len(seen) == 3
    assert set(seen) == {repr({"value": json.loads(json.dumps(event))})}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="no parser of this Python takes as deep an event")
def test_a_very_deep_event_is_the_same_at_each_attempt(async_invoke):
    """However deep it is, all attempts fare alike."""
    depths = []

    def fail_at_the_bottom(event, context):
        depth = 0
        while event:
            event, depth = event[0], depth + 1
        depths.append(depth)
        raise ValueError("no stock")

    deep = 2_500
    invocation = async_invoke(fail_at_the_bottom, b"[" * deep + b"]" * deep).wait()
    assert len({(attempt.outcome, str(attempt.error)) for attempt in invocation.attempts}) == 1
    assert len(invocation.attempts) == 3
    assert set(depths) <= {deep - 1}


def test_attempts_are_a_live_list_of_lasting_handles(async_invoke):
    """A list taken before anything ran fills, and each attempt is the same one at every look."""
    invocation = async_invoke(fail, {})
    attempts = invocation.attempts
    assert attempts == []
    invocation.wait()
    assert len(attempts) == 3
    assert invocation.attempts.index(attempts[1]) == 1


# Age


@pytest.mark.rule("ASYNC-11")
@pytest.mark.parametrize(("age", "attempts"), [(60, 1), (61, 2), (180, 2), (181, 3)])
def test_a_retry_is_made_only_if_it_is_due_before_the_age(async_invoke, lambda_clock, age, attempts):
    """A retry due at the very instant of the age is not made, and the event is given up without waiting for it."""
    invocation = async_invoke(fail, {}, maximum_event_age_in_seconds=age).wait()
    assert len(invocation.attempts) == attempts
    assert invocation.condition == ("RetriesExhausted" if attempts == 3 else "EventAgeExceeded")
    assert lambda_clock.elapsed == starts(invocation)[-1]


@pytest.mark.rule("ASYNC-11")
def test_a_slow_attempt_uses_up_the_age(async_invoke, lambda_clock):
    """After 40 s of work the retry would be due at 100 s, too late for an age of 90."""
    invocation = async_invoke(Failing(times=9, after=40), {}, timeout=60, maximum_event_age_in_seconds=90).wait()
    assert (len(invocation.attempts), invocation.condition) == (1, "EventAgeExceeded")
    assert lambda_clock.elapsed == seconds(40)


@pytest.mark.rule("ASYNC-11")
def test_the_age_never_interrupts_a_running_attempt(async_invoke, lambda_clock):
    """A success that comes after the age is a success."""
    invocation = async_invoke(stay, {"seconds": 100}, timeout=200, maximum_event_age_in_seconds=60).wait()
    assert (invocation.condition, invocation.attempts[0].response) == ("Success", 100)
    assert lambda_clock.elapsed == seconds(100)


# Throttles


@pytest.mark.rule("ASYNC-10", "ASYNC-14")
def test_an_event_waits_for_concurrency_with_doubling_intervals(async_invoke):
    """With the one environment busy for 30 s, tries come 1, 2, 4, 8 and 16 s after each other until one finds room."""
    first = async_invoke(stay, {"seconds": 30}, timeout=60, reserved_concurrent_executions=1)
    second = async_invoke(first.function, {"seconds": 0}).wait()
    assert throttled_at(second) == [0, 1, 3, 7, 15]
    assert starts(second) == [seconds(31)]
    assert (first.condition, second.condition) == ("Success", "Success")
    assert first.request_id != second.request_id


@pytest.mark.rule("ASYNC-14")
def test_a_synchronous_call_is_refused_while_an_event_waits(async_invoke, sync_invoke, lambda_clock):
    """Who waits for an answer gets 429 at once, where an event is queued."""
    first = async_invoke(stay, {"seconds": 30}, timeout=60, reserved_concurrent_executions=1)
    lambda_clock.advance(seconds=5)
    with pytest.raises(TooManyRequestsException) as caught:
        sync_invoke(first.function, {"seconds": 0})
    assert caught.value.status_code == 429
    assert first.wait().condition == "Success"


@pytest.mark.rule("ASYNC-10")
@pytest.mark.lambda_modes(concurrent_executions=1)
def test_events_wait_for_the_concurrency_of_the_account_too(async_invoke):
    """Functions without reserved concurrency share the account's."""
    first = async_invoke(stay, {"seconds": 2}, timeout=60)
    second = async_invoke(succeed, {}).wait()
    assert throttled_at(second) == [0, 1]
    assert starts(second) == [seconds(3)]
    assert first.condition == "Success"


@pytest.mark.rule("ASYNC-10")
def test_throttles_use_up_no_retries(async_invoke):
    """An event that was throttled before each of its runs has all its three attempts."""
    script = {delivery: faults.Throttle() for delivery in (1, 3, 4, 6)}
    invocation = async_invoke(fail, {}, faults=script).wait()
    assert (len(invocation.attempts), invocation.deliveries) == (3, 7)
    assert invocation.condition == "RetriesExhausted"


@pytest.mark.rule("ASYNC-10")
def test_the_back_off_begins_anew_after_each_run(async_invoke):
    """Throttled at 0 s, run at 1 s, throttled at 61 and 62 s, run at 64 s: the second wait is 1 s again."""
    script = {delivery: faults.Throttle() for delivery in (1, 3, 4)}
    invocation = async_invoke(Failing(times=1), {}, faults=script).wait()
    assert throttled_at(invocation) == [0, 61, 62]
    assert starts(invocation) == [seconds(1), seconds(64)]


@pytest.mark.rule("ASYNC-10", "ASYNC-26", "ASYNC-16")
def test_an_event_that_never_finds_concurrency_is_given_up_at_its_age(async_invoke, lambda_clock, lambda_timeline):
    """The last try before an age of 60 s is at 31 s; the event stays queued until 60 s, and has never run."""
    first = async_invoke(stay, {"seconds": 300}, timeout=600, reserved_concurrent_executions=1)
    second = async_invoke(first.function, {}, maximum_event_age_in_seconds=60).wait()
    assert throttled_at(second) == [0, 1, 3, 7, 15, 31]
    assert (second.attempts, second.condition) == ([], "EventAgeExceeded")
    assert lambda_clock.elapsed == seconds(60)
    assert settled_by(lambda_timeline) == ["ASYNC-26"]


@pytest.mark.rule("ASYNC-10")
def test_the_back_off_is_at_most_five_minutes(async_invoke):
    """1, 2, 4, ... 256 s, and from then on always 300 s, for the six hours that an event may live."""
    script = {delivery: faults.Throttle() for delivery in range(1, 100)}
    invocation = async_invoke(succeed, {}, faults=script).wait()
    instants = throttled_at(invocation)
    waits = [later - earlier for earlier, later in pairwise(instants)]
    assert waits[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert set(waits[9:]) == {300}
    assert invocation.condition == "EventAgeExceeded"
    assert instants[-1] < 21_600 <= instants[-1] + 300


@pytest.mark.rule("ASYNC-13")
def test_zero_concurrency_accepts_an_event_and_gives_it_up_at_once(async_invoke, lambda_clock):
    """Nothing is waited for, and nothing is attempted."""
    invocation = async_invoke(succeed, {}, reserved_concurrent_executions=0)
    assert invocation.status_code == 202
    assert (invocation.wait().attempts, invocation.throttles) == ([], [])
    assert invocation.condition == "ZeroReservedConcurrency"
    assert lambda_clock.elapsed == seconds(0)


@pytest.mark.rule("ASYNC-13", "ASYNC-5")
def test_concurrency_that_is_taken_away_meets_an_event_at_its_next_attempt(async_invoke, lambda_clock):
    """The settings of the moment count: what was running fine has no second attempt."""
    invocation = async_invoke(fail, {})
    lambda_clock.advance(seconds=30)
    invocation.function.update_configuration(reserved_concurrent_executions=0)
    assert invocation.wait().condition == "ZeroReservedConcurrency"
    assert len(invocation.attempts) == 1
    assert lambda_clock.elapsed == seconds(60)


# What is looked up anew


@pytest.mark.rule("ASYNC-15")
def test_an_event_whose_function_is_deleted_has_no_attempt(async_invoke):
    """Its retries count as exhausted, though none was made."""
    invocation = async_invoke(succeed, {})
    invocation.function.delete()
    assert (invocation.wait().attempts, invocation.condition) == ([], "RetriesExhausted")


@pytest.mark.rule("ASYNC-15")
def test_a_function_deleted_between_attempts_has_no_further_one(async_invoke, lambda_clock):
    """The retry finds nothing to run, and ends the event."""
    invocation = async_invoke(fail, {})
    lambda_clock.advance(seconds=30)
    invocation.function.delete()
    assert invocation.wait().condition == "RetriesExhausted"
    assert len(invocation.attempts) == 1
    assert lambda_clock.elapsed == seconds(60)


@pytest.mark.rule("ASYNC-5")
def test_an_event_queued_before_an_update_runs_the_new_code(async_invoke):
    """What counts is the code at the attempt, not at acceptance."""
    invocation = async_invoke(fail, {"id": 1})
    invocation.function.update_code(succeed)
    assert invocation.wait().attempts[0].response == {"got": {"id": 1}}


@pytest.mark.rule("ASYNC-5")
def test_a_retry_runs_the_code_and_the_configuration_of_its_own_moment(async_invoke, lambda_clock):
    """A fix that is deployed within the first minute saves the event."""
    invocation = async_invoke(oversleep, {"seconds": 20}, timeout=10)
    lambda_clock.advance(seconds=15)
    invocation.function.update_code(stay)
    invocation.function.update_configuration(timeout=30)
    assert [attempt.outcome for attempt in invocation.wait().attempts] == ["timeout", "success"]
    assert invocation.attempts[1].duration == seconds(20)
    assert invocation.attempts[1].cold_start


@pytest.mark.rule("ASYNC-5")
def test_the_retry_settings_of_the_moment_decide(async_invoke, lambda_clock):
    """Retries that are taken away after the second failure leave it the last one."""
    invocation = async_invoke(fail, {})
    lambda_clock.advance(seconds=10)
    invocation.function.put_function_event_invoke_config(maximum_retry_attempts=1)
    assert len(invocation.wait().attempts) == 2
    assert invocation.condition == "RetriesExhausted"


@pytest.mark.rule("ASYNC-5", "ASYNC-11")
def test_a_retry_that_is_too_old_by_the_settings_of_the_moment_is_not_made(async_invoke, lambda_clock, lambda_timeline):
    """An age that is lowered while a retry waits is found exceeded when the retry is due."""
    invocation = async_invoke(fail, {})
    lambda_clock.advance(seconds=10)
    invocation.function.put_function_event_invoke_config(maximum_event_age_in_seconds=60)
    assert len(invocation.wait().attempts) == 1
    assert invocation.condition == "EventAgeExceeded"
    assert lambda_clock.elapsed == seconds(60)
    assert settled_by(lambda_timeline) == ["ASYNC-11"]


@pytest.mark.rule("ASYNC-5")
def test_an_event_for_a_version_runs_that_version(async_invoke, lambda_modes):
    """A published version is what it was, whatever becomes of $LATEST."""
    function = lambda_modes.function(stay, timeout=30)
    assert function.publish_version() == "1"
    function.update_code(fail)
    invocation = async_invoke(function, {"seconds": 1}, qualifier="1").wait()
    assert invocation.condition == "Success"
    assert "Version: 1\n" in invocation.attempts[0].logs


@pytest.mark.rule("ASYNC-5")
def test_an_alias_is_resolved_at_each_attempt(async_invoke, lambda_modes, lambda_clock):
    """An alias that points elsewhere before the retry sends the retry there."""
    function = lambda_modes.function(fail)
    function.publish_version()
    function.update_code(succeed)
    function.publish_version()
    function.create_alias("live", "1")
    invocation = async_invoke(function, {}, qualifier="live")
    lambda_clock.advance(seconds=30)
    function.create_alias("live", "2")
    first, second = invocation.wait().attempts
    assert (first.outcome, second.outcome) == ("function_error", "success")
    assert "Version: 1\n" in first.logs
    assert "Version: 2\n" in second.logs


# Event invoke settings of a qualifier


@pytest.mark.rule("ASYNC-7")
def test_the_settings_of_a_qualifier_are_its_own(async_invoke, lambda_modes):
    """What is set for $LATEST does not apply to a version or an alias, nor the other way round."""
    function = lambda_modes.function(fail)
    function.create_alias("live", function.publish_version())
    function.put_function_event_invoke_config(maximum_retry_attempts=0)
    function.put_function_event_invoke_config(qualifier="live", maximum_retry_attempts=1)
    attempts = {
        qualifier: len(async_invoke(function, {}, qualifier=qualifier).wait().attempts)
        for qualifier in (None, "$LATEST", "1", "live")
    }
    assert attempts == {None: 1, "$LATEST": 1, "1": 3, "live": 2}


@pytest.mark.rule("ASYNC-7")
@pytest.mark.async_invoke(maximum_retry_attempts=0)
def test_the_marker_speaks_for_every_qualifier(async_invoke, lambda_modes):
    """A test's own settings hold for whatever it invokes, until a qualifier is given others."""
    function = lambda_modes.function(fail)
    function.create_alias("live", function.publish_version())
    assert len(async_invoke(function, {}, qualifier="live").wait().attempts) == 1
    function.update_function_event_invoke_config(qualifier="live", maximum_event_age_in_seconds=600)
    assert function.get_function_event_invoke_config(qualifier="live").maximum_retry_attempts == 0
    function.put_function_event_invoke_config(qualifier="live", maximum_event_age_in_seconds=600)
    assert len(async_invoke(function, {}, qualifier="live").wait().attempts) == 3


@pytest.mark.rule("ASYNC-7")
def test_put_replaces_all_settings_and_update_only_those_given(lambda_modes):
    """What a put leaves out returns to its default; what an update leaves out stays."""
    function = lambda_modes.function(succeed)
    function.put_function_event_invoke_config(maximum_retry_attempts=1, on_failure="sqs:failures")
    function.update_function_event_invoke_config(maximum_event_age_in_seconds=90)
    config = function.get_function_event_invoke_config()
    assert (config.maximum_retry_attempts, config.maximum_event_age_in_seconds) == (1, 90)
    assert str(config.on_failure) == "sqs:failures"
    function.put_function_event_invoke_config(maximum_retry_attempts=0)
    config = function.get_function_event_invoke_config()
    assert (config.maximum_retry_attempts, config.maximum_event_age_in_seconds) == (0, 21_600)
    assert config.on_failure is None


@pytest.mark.rule("ASYNC-7")
@pytest.mark.parametrize("verb", ["put", "update"])
def test_settings_that_name_nothing_are_refused(lambda_modes, verb):
    """AWS asks for at least one setting."""
    function = lambda_modes.function(succeed)
    function.put_function_event_invoke_config(maximum_retry_attempts=1)
    with pytest.raises(InvalidParameterValueException) as caught:
        getattr(function, f"{verb}_function_event_invoke_config")()
    assert caught.value.message == "You must specify at least one of error handling or destination setting."


@pytest.mark.rule("ASYNC-7")
def test_settings_that_are_not_there_cannot_be_read_or_updated(lambda_modes):
    """A qualifier that was never configured has nothing to merge with."""
    function = lambda_modes.function(succeed, function_name="orders")
    text = f"The function {function.arn}:$LATEST doesn't have an EventInvokeConfig"
    for call in (
        function.get_function_event_invoke_config,
        lambda: function.update_function_event_invoke_config(maximum_retry_attempts=1),
    ):
        with pytest.raises(ResourceNotFoundException) as caught:
            call()
        assert caught.value.message == text


@pytest.mark.rule("ASYNC-7")
def test_settings_need_a_function_and_a_qualifier_that_exist(lambda_modes):
    """A put for nothing is answered with 404."""
    function = lambda_modes.function(succeed)
    with pytest.raises(ResourceNotFoundException, match=r"The function doesn't exist\."):
        function.put_function_event_invoke_config(qualifier="live", maximum_retry_attempts=1)
    function.delete()
    with pytest.raises(ResourceNotFoundException, match=r"The function doesn't exist\."):
        function.put_function_event_invoke_config(maximum_retry_attempts=1)


@pytest.mark.rule("ASYNC-7")
@pytest.mark.parametrize(
    ("settings", "error", "text"),
    [
        ({"on_success": "lambda:orders"}, InvalidParameterValueException, "the function as a destination for itself"),
        ({"on_success": "s3:records"}, InvalidParameterValueException, "The provided destination config .* is invalid"),
        ({"on_failure": "arn:aws:sqs:x:0:q"}, InvalidParameterValueException, "The destination ARN .* is invalid"),
        ({"maximum_retry_attempts": 3}, InvalidParameterValueException, "less than or equal to 2"),
        ({"retry_attempts": 1}, ConfigError, "there is no setting retry_attempts; that is its CDK name"),
    ],
)
def test_impossible_settings_leave_the_old_ones_in_place(lambda_modes, settings, error, text):
    """A put or update that is refused changes nothing."""
    function = lambda_modes.function(succeed, function_name="orders")
    function.put_function_event_invoke_config(maximum_retry_attempts=1)
    with pytest.raises(error, match=text):
        function.update_function_event_invoke_config(**settings)
    with pytest.raises(error, match=text):
        function.put_function_event_invoke_config(**settings)
    assert function.get_function_event_invoke_config().maximum_retry_attempts == 1


# What the sender holds


def test_an_invocation_explains_itself(async_invoke):
    """Its repr is one line; its text is the same in every run, and tells every attempt."""
    invocation = async_invoke(Failing(times=1, after=2), {}, function_name="orders", faults={1: faults.Throttle()})
    assert repr(invocation) == "<AsyncInvocation of orders: pending, no attempt yet>"
    assert str(invocation) == f"orders pending\nrequest {invocation.request_id}"
    invocation.wait()
    assert repr(invocation) == "<AsyncInvocation of orders: Success, function_error, success, 1 throttle>"
    assert str(invocation) == (
        f"orders Success\n"
        f"request {invocation.request_id}\n"
        "attempt 1 after 1.000 s: function_error, took 2.000 s\n"
        "attempt 2 after 63.000 s: success, took 2.000 s\n"
        "throttled 1 time"
    )
    assert repr(invocation.attempts[0]) == "<attempt 1 after 1.000 s: function_error, took 2.000 s>"


def test_an_attempt_tells_when_how_long_and_how_it_went(async_invoke, lambda_clock):
    """Instants are aware datetimes, durations timedeltas; an error is an object, a response is decoded."""
    lambda_clock.advance(minutes=1)
    began = lambda_clock.now
    first, second = async_invoke(Failing(times=1, after=2), {}).wait().attempts
    assert (first.number, first.started_at, first.ended_at) == (1, began, began + seconds(2))
    assert (first.duration, first.dwell_time, first.cold_start) == (seconds(2), seconds(0), True)
    assert (first.error.type, first.error.message) == ("ConnectionError", "failure 1")
    assert first.response["errorType"] == "ConnectionError"
    assert (second.number, second.error, second.response) == (2, None, 2)
    assert (second.dwell_time, second.cold_start) == (seconds(62), False)


def test_waiting_for_a_settled_event_takes_no_time(async_invoke, lambda_clock):
    """`wait` gives the invocation itself, again and again."""
    invocation = async_invoke(succeed, {})
    assert invocation.wait() is invocation
    lambda_clock.advance(minutes=5)
    assert invocation.wait() is invocation
    assert lambda_clock.elapsed == dt.timedelta(minutes=5)


@pytest.mark.lambda_modes(leftovers="ignore")
def test_what_was_accepted_and_never_attempted_is_left_over(async_invoke, lambda_modes, lambda_clock):
    """An event counts as attempted from its first delivery on, even if that was throttled."""
    assert lambda_modes.never_ran() == []
    invocation = async_invoke(fail, {"id": 7}, function_name="orders", faults={1: faults.Throttle()})
    assert lambda_modes.never_ran() == ['an event for orders, accepted at 00:00:00: {"id": 7}']
    lambda_clock.advance(milliseconds=1)
    assert not invocation.settled
    assert lambda_modes.never_ran() == []
