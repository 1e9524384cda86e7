"""A Task state of Step Functions: how it ends, and what its Retry block makes of errors."""

from __future__ import annotations

import json
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes import ConfigError, faults
from pytest_lambda_modes.modes.synchronous.step_functions_retry import Retrier, check_retry, delay_after, most_tries
from pytest_lambda_modes.units import SECOND

ran = []


@pytest.fixture(autouse=True)
def nothing_ran():
    ran.clear()


def echo(event, context):
    ran.append(event)
    return event


def fail(event, context):
    ran.append(event)
    raise ValueError("no stock")


def slow(event, context):
    ran.append(event)
    time.sleep(10)
    return "late"


ALL = {"ErrorEquals": ["States.ALL"]}


# How a state ends


@pytest.mark.rule("SYNC-38")
def test_the_output_of_a_state(sync_invoke):
    """It is what the function returned for the state's input, whatever JSON that is."""
    answer = sync_invoke.from_step_functions({"id": 7}, handler=echo)
    assert (answer.failed, answer.output, answer.cause) == (False, {"id": 7}, None)
    assert sync_invoke.from_step_functions(handler=lambda event, context: None).output is None
    assert ran == [{"id": 7}]


@pytest.mark.rule("SYNC-38")
def test_a_function_error_is_named_by_its_type(sync_invoke):
    """Its cause is the error object as JSON text; without a Retry block nothing is tried again."""
    answer = sync_invoke.from_step_functions(handler=fail)
    assert answer.error.code == "ValueError"
    assert json.loads(answer.cause)["errorMessage"] == "no stock"
    assert answer.reason == "the function failed: ValueError: no stock (SYNC-38)"
    assert answer.output is None
    assert len(ran) == 1


@pytest.mark.rule("SYNC-38")
def test_a_timeout_of_the_function(sync_invoke):
    """It is Sandbox.Timedout."""
    answer = sync_invoke.from_step_functions(handler=slow, timeout=2)
    assert answer.error.code == "Sandbox.Timedout"


@pytest.mark.rule("SYNC-38")
@pytest.mark.lambda_modes(timeout_format="legacy")
def test_a_timeout_of_the_function_before_2025(sync_invoke):
    """It was Lambda.Unknown, for want of a type."""
    answer = sync_invoke.from_step_functions(handler=slow, timeout=2)
    assert answer.error.code == "Lambda.Unknown"
    assert answer.cause.startswith("The cause could not be determined because Lambda did not return an error type.")


@pytest.mark.rule("SYNC-38")
def test_a_timeout_of_the_state(sync_invoke, lambda_clock):
    """The state ends with States.Timeout, and the function goes on."""
    answer = sync_invoke.from_step_functions(handler=slow, timeout=60, timeout_seconds=4)
    assert (answer.error.code, answer.gave_up) == ("States.Timeout", True)
    assert lambda_clock.elapsed.total_seconds() == 4
    lambda_clock.run_until_idle()
    assert answer.tries[0].invocation.payload == "late"


@pytest.mark.rule("SYNC-38")
@pytest.mark.parametrize(
    "fault, code, cause",
    [
        (
            faults.Throttle(),
            "Lambda.TooManyRequestsException",
            "Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException)",
        ),
        (
            faults.ServiceError(),
            "Lambda.ServiceException",
            "An error occurred in the Lambda service. (Service: AWSLambda; Status Code: 500; "
            "Error Code: ServiceException)",
        ),
    ],
)
def test_an_error_of_lambda(sync_invoke, fault, code, cause):
    """It is named by the exception of the Invoke API."""
    answer = sync_invoke.from_step_functions(handler=echo, faults={1: fault})
    assert (answer.error.code, answer.cause) == (code, cause)
    assert not ran


@pytest.mark.rule("SYNC-38")
def test_a_function_that_was_deleted(sync_invoke, lambda_modes):
    """Lambda.ResourceNotFoundException."""
    function = lambda_modes.function(echo)
    function.delete()
    answer = sync_invoke.from_step_functions(handler=function)
    assert answer.error.code == "Lambda.ResourceNotFoundException"
    assert answer.cause.startswith("Function not found: arn:aws:lambda:us-east-1:123456789012:function:echo")


@pytest.mark.rule("SYNC-38")
@pytest.mark.parametrize("size, code", [(262_142, None), (262_143, "States.DataLimitExceeded")])
def test_an_output_of_256_kib(sync_invoke, size, code):
    """More fails the state, and States.ALL does not help."""
    answer = sync_invoke.from_step_functions(handler=lambda event, context: "x" * size, retry=[ALL])
    assert (answer.error and answer.error.code) == code
    assert len(answer.tries) == 1


@pytest.mark.rule("SYNC-38")
def test_an_output_that_is_no_json(sync_invoke):
    """The execution cannot go on with it."""
    answer = sync_invoke.from_step_functions(handler=lambda event, context: b"no json")
    assert answer.error.code == "States.Runtime"


# The Retry block


@pytest.mark.rule("SYNC-38")
def test_the_defaults_of_a_retrier(sync_invoke, lambda_clock):
    """Three retries: after 1, 2 and 4 seconds."""
    answer = sync_invoke.from_step_functions(handler=fail, retry=[ALL])
    assert [each.started_at.second for each in answer.tries] == [0, 1, 3, 7]
    assert lambda_clock.elapsed.total_seconds() == 7
    assert len(ran) == 4


@pytest.mark.rule("SYNC-38")
def test_a_delay_counts_from_the_end_of_a_try(sync_invoke):
    """And each try has the whole of TimeoutSeconds."""
    retry = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 5, "MaxAttempts": 1}]
    answer = sync_invoke.from_step_functions(handler=slow, timeout=60, timeout_seconds=4, retry=retry)
    assert [each.started_at.second for each in answer.tries] == [0, 9]
    assert [each.outcome for each in answer.tries] == ["gave_up", "gave_up"]


@pytest.mark.rule("SYNC-38")
def test_each_retrier_counts_its_own(sync_invoke):
    """A throttle in between uses up no attempt of the other retrier."""
    retry = [
        {"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 10, "MaxAttempts": 2},
        {"ErrorEquals": ["ValueError"], "MaxAttempts": 2, "BackoffRate": 1.5, "IntervalSeconds": 2},
    ]
    given = {2: faults.Throttle(), 4: faults.Throttle()}
    answer = sync_invoke.from_step_functions(handler=fail, retry=retry, faults=given)
    assert [each.outcome for each in answer.tries] == [
        "function_error",
        "throttled",
        "function_error",
        "throttled",
        "function_error",
    ]
    assert [each.started_at.minute * 60 + each.started_at.second for each in answer.tries] == [0, 2, 12, 15, 35]
    assert answer.error.code == "ValueError"


@pytest.mark.rule("SYNC-38")
def test_a_success_ends_the_retries(sync_invoke):
    """With its output."""
    answer = sync_invoke.from_step_functions({"a": 1}, handler=echo, retry=[ALL], faults={1: faults.Throttle()})
    assert (answer.failed, answer.output, len(answer.tries)) == (False, {"a": 1}, 2)


@pytest.mark.rule("SYNC-38")
def test_jitter_is_the_same_in_each_run(sync_invoke):
    """Each delay is between nothing and its length, drawn from the test's seed."""
    retry = [{**ALL, "IntervalSeconds": 10, "BackoffRate": 1, "JitterStrategy": "FULL", "MaxAttempts": 5}]
    starts = [each.started_at for each in sync_invoke.from_step_functions(handler=fail, retry=retry).tries]
    delays = [(later - earlier).total_seconds() for earlier, later in pairwise(starts)]
    assert len(set(delays)) == 5
    assert all(0 <= delay < 10 for delay in delays)


@pytest.mark.rule("SYNC-38")
@pytest.mark.parametrize(
    "names, error, takes",
    [
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.ALL"], "States.Runtime", False),
        (["States.DataLimitExceeded"], "States.DataLimitExceeded", True),
        (["States.TaskFailed"], "ValueError", True),
        (["States.TaskFailed"], "Lambda.Unknown", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["KeyError", "ValueError"], "ValueError", True),
        (["KeyError"], "ValueError", False),
    ],
)
def test_which_errors_a_retrier_takes(names, error, takes):
    """Names, and two wildcards that leave some out."""
    [retrier] = check_retry("here", [{"ErrorEquals": names}])
    assert retrier.takes(error) is takes


@pytest.mark.rule("SYNC-38")
def test_the_first_retrier_that_takes_an_error_decides():
    """Also when its own attempts are used up."""
    retriers = check_retry("here", [{"ErrorEquals": ["ValueError"], "MaxAttempts": 0}, ALL])
    assert delay_after(retriers, ["ValueError"], float) is None
    assert delay_after(retriers, ["KeyError"], float) == SECOND
    assert most_tries(retriers) == 4


@pytest.mark.rule("SYNC-38")
@settings(deadline=None, derandomize=True)
@given(
    st.integers(1, 100),
    st.floats(1, 5, allow_nan=False),
    st.integers(1, 8),
    st.one_of(st.none(), st.integers(101, 500)),
    st.booleans(),
)
def test_delays_grow_up_to_their_maximum(interval, rate, attempts, most, jitter):
    """Each is the one before it times the rate, or shorter by jitter, and there are as many as attempts."""
    retrier = Retrier(("States.ALL",), interval, attempts, rate, most, jitter)
    delays, errors = [], ["E"]
    while (delay := delay_after([retrier], errors, lambda: 0.5)) is not None:
        delays.append(delay)
        errors.append("E")
    assert len(delays) == attempts
    whole = [min(interval * rate**number, most or float("inf")) for number in range(attempts)]
    assert delays == [round(seconds * (0.5 if jitter else 1) * SECOND) for seconds in whole]


# What cannot be


@pytest.mark.parametrize(
    "retry, text",
    [
        ({"ErrorEquals": ["States.ALL"]}, "retry is"),
        ("States.ALL", "retry is"),
        (["States.ALL"], r"retry\[0\]: the retrier is"),
        ([{}], "ErrorEquals is None"),
        ([{"ErrorEquals": []}], "a list of one name or more"),
        ([{"ErrorEquals": "States.ALL"}], "a list of one name or more"),
        ([{"ErrorEquals": ["States.ALL", "E"]}], "alone"),
        ([ALL, {"ErrorEquals": ["E"]}], "in the last retrier"),
        ([{**ALL, "MaxRetries": 1}], "without MaxRetries"),
        ([{**ALL, "MaxAttempts": -1}], "MaxAttempts is -1"),
        ([{**ALL, "IntervalSeconds": 0}], "IntervalSeconds is 0"),
        ([{**ALL, "BackoffRate": 0.5}], "BackoffRate is 0.5"),
        ([{**ALL, "IntervalSeconds": 5, "MaxDelaySeconds": 5}], "above IntervalSeconds, 5"),
        ([{**ALL, "JitterStrategy": "SOME"}], '"FULL" or "NONE"'),
    ],
)
def test_a_retry_block_that_cannot_be(sync_invoke, retry, text):
    """It is refused before the function is called."""
    with pytest.raises(ConfigError, match=text):
        sync_invoke.from_step_functions(handler=echo, retry=retry)
    assert not ran


@pytest.mark.parametrize(
    "given, text",
    [
        ({"input": "text"}, "input is"),
        ({"input": {"text": "x" * 262_144}}, "more than 262144 bytes"),
        ({"timeout_seconds": 0}, "timeout_seconds is 0"),
        ({"faults": {2: faults.Throttle()}}, "the service makes 1 try at most"),
    ],
)
def test_a_state_that_cannot_be(sync_invoke, given, text):
    """It is refused before the function is called."""
    with pytest.raises(ConfigError, match=text):
        sync_invoke.from_step_functions(handler=echo, **given)
    assert not ran
