"""What the methods of `sync_invoke` for AWS's other services have in common."""

from __future__ import annotations

import datetime as dt
import inspect
import time

import pytest

from pytest_lambda_modes import ConfigError, EventError, facts, faults
from pytest_lambda_modes.harness.service_callers import ServiceCallers

ran = []


@pytest.fixture(autouse=True)
def nothing_ran():
    ran.clear()


def keep(event, context):
    ran.append((event, context))
    return event


# A call of each method that succeeds with a handler that returns the event, or fails for what it returns.
CALLS = {
    "from_alexa": ("LaunchRequest",),
    "from_appsync": ("order",),
    "from_cloudfront": ("viewer-request",),
    "from_cognito": ("PreSignUp_SignUp",),
    "from_connect": (),
    "from_firehose": (["a"],),
    "from_lex": ("Order",),
    "from_s3_batch": ("in", "key"),
    "from_secrets_manager": (),
    "from_step_functions": (),
}
every_method = pytest.mark.parametrize("method", CALLS)


def call(sync_invoke, method, **given):
    return getattr(sync_invoke, method)(*CALLS[method], **given)


def test_each_method_is_called_here():
    """A method that is new needs a call."""
    methods = {name for name, _ in inspect.getmembers(ServiceCallers, inspect.isfunction) if name.startswith("from_")}
    assert methods == set(CALLS)


@every_method
@pytest.mark.lambda_function(handler=keep, function_name="orders", timeout=7)
def test_the_function_under_test_is_called(sync_invoke, method):
    """Without a handler it is that of the marker."""
    answer = call(sync_invoke, method)
    assert len(answer.tries) == len(ran) >= 1
    assert ran[0][1].function_name == "orders"
    assert answer.tries[0].invocation.started_at == answer.tries[0].started_at


@every_method
@pytest.mark.lambda_function(handler=print, timeout=7, memory_size=256)
def test_another_handler_may_be_called_with_settings_of_its_own(sync_invoke, method):
    """It inherits those of the marker that it does not set."""
    call(sync_invoke, method, handler=keep, timeout=8)
    context = ran[0][1]
    assert (context.function_name, context.memory_limit_in_mb) == ("keep", "256")
    assert context.get_remaining_time_in_millis() == 8000


@every_method
def test_the_same_handler_is_warm_at_the_second_call(sync_invoke, method):
    """It is the same function."""
    first, second = (call(sync_invoke, method, handler=keep).tries for _ in range(2))
    assert (first[0].invocation.cold_start, second[0].invocation.cold_start) == (True, False)


@every_method
def test_members_of_the_event_may_be_overridden(sync_invoke, method):
    """Whatever the service."""
    call(sync_invoke, method, handler=keep, overrides={"mine": {"a": 1}})
    assert all(event["mine"] == {"a": 1} for event, _ in ran)


@every_method
def test_a_fault_befalls_the_try_that_it_names(sync_invoke, method):
    """Here the first one."""
    answer = call(sync_invoke, method, handler=keep, faults={1: faults.Throttle()})
    assert answer.tries[0].outcome == "throttled"
    assert answer.tries[0].refused.code == "TooManyRequestsException"
    assert answer.tries[0].invocation is None


@every_method
@pytest.mark.sync_invoke(faults={1: faults.Throttle()})
def test_a_fault_of_the_marker_befalls_the_first_try(sync_invoke, method):
    """A call without faults of its own takes it from the marker."""
    assert call(sync_invoke, method, handler=keep).tries[0].outcome == "throttled"


@every_method
def test_a_version_may_be_called(sync_invoke, lambda_modes, method):
    """By its number; of the versions it is the one that the ARN names."""
    function = lambda_modes.function(keep)
    function.publish_version()
    call(sync_invoke, method, handler=function, qualifier="1")
    assert ran[0][1].function_version == "1"


@every_method
def test_the_answer_is_told_to_the_timeline(sync_invoke, lambda_timeline, method):
    """At its end, with the rule."""
    answer = call(sync_invoke, method, handler=keep)
    last = lambda_timeline.facts[-1]
    assert isinstance(last, facts.ServiceAnswered)
    assert (last.service, last.rule) == (answer.service, answer.rule)
    assert answer.told().startswith(last.answer)
    assert str(answer).startswith(f"{answer.service} {'failed' if answer.failed else 'succeeded'}\n{answer.told()}")


@every_method
@pytest.mark.parametrize(
    "given, text",
    [
        ({"timeout": 5}, "cannot be set for a call that names no handler"),
        ({"handler": keep, "log_type": "Tail"}, "log_type"),
        ({"handler": keep, "time_out": 5}, "Did you mean timeout"),
        ({"handler": 7}, "must be a callable"),
        ({"handler": keep, "faults": {0: faults.Throttle()}}, "number of a delivery, from 1"),
        ({"handler": keep, "faults": {1: faults.DuplicateDelivery()}}, "Here there are Throttle"),
        ({"handler": keep, "faults": {9999: faults.Throttle()}}, "faults has try 9999, and the service makes"),
        ({"handler": keep, "qualifier": 1}, "qualifier is 1"),
    ],
)
@pytest.mark.lambda_function(handler=keep)
def test_a_setting_that_cannot_be(sync_invoke, method, given, text):
    """It is refused, and the function is not called."""
    with pytest.raises(ConfigError, match=text) as refused:
        call(sync_invoke, method, **given)
    assert str(refused.value).startswith(f"sync_invoke.{method}(...)")
    assert not ran


@pytest.mark.parametrize(
    "method, arguments, given, text",
    [
        ("from_cognito", ("PreSignup",), {}, 'from_cognito(...): trigger_source is "PreSignup", and must be one of'),
        ("from_cognito", ("PreSignUp_SignUp",), {"version": "2"}, "from_cognito(...): version is '2'"),
        ("from_lex", ("",), {}, 'from_lex(...): intent is ""'),
        ("from_alexa", ("IntentRequest",), {}, 'from_alexa(...): intent is ""'),
        ("from_alexa", ("SessionEndedRequest",), {"reason": "BORED"}, "from_alexa(...): reason is"),
        ("from_connect", (), {"channel": "FAX"}, "from_connect(...): channel is"),
        ("from_cloudfront", ("viewer-request", "FETCH"), {}, "from_cloudfront(...): method is"),
        ("from_appsync", ("",), {}, "from_appsync(...): field is"),
        ("from_firehose", ([],), {}, "from_firehose(...): records is []"),
        ("from_step_functions", ("text",), {}, "from_step_functions(...): input is"),
        ("from_s3_batch", ("in", ""), {}, "from_s3_batch(...): key is"),
        ("from_secrets_manager", ("",), {}, "from_secrets_manager(...): secret is"),
    ],
)
def test_an_event_that_cannot_be(sync_invoke, method, arguments, given, text):
    """It is refused in the name of the method that was called, and the function is not called."""
    with pytest.raises(ConfigError) as refused:
        getattr(sync_invoke, method)(*arguments, handler=keep, **given)
    assert str(refused.value).startswith(f"sync_invoke.{text}")
    assert not ran


@every_method
def test_without_a_function_there_is_nothing_to_call(sync_invoke, method):
    """The message says how to name one."""
    with pytest.raises(ConfigError, match="There is no function under test"):
        call(sync_invoke, method)


@every_method
def test_an_event_that_json_cannot_carry(sync_invoke, method):
    """It is refused with the path to the value, and the function is not called."""
    with pytest.raises((EventError, ConfigError)):
        call(sync_invoke, method, handler=keep, overrides={"mine": {1, 2}})
    assert not ran


def test_events_are_of_the_virtual_instant_and_have_ids_of_their_own(sync_invoke, lambda_clock):
    """Two requests differ in their ids, and in their time if some has passed."""
    sync_invoke.from_alexa(handler=keep)
    lambda_clock.advance(minutes=1)
    sync_invoke.from_alexa(handler=keep)
    first, second = (event["request"] for event, _ in ran)
    assert (first["timestamp"], second["timestamp"]) == ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z")
    assert first["requestId"] != second["requestId"]


def test_a_handler_may_be_the_client_of_a_service(sync_invoke, lambda_clock):
    """It waits in virtual time as the service does."""

    def slow(event, context):
        time.sleep(6)
        return event

    def sign_up(event, context):
        return sync_invoke.from_cognito("PreSignUp_SignUp", handler=slow, timeout=10).error.code

    assert sync_invoke(sign_up, {}, timeout=60).payload == "UnexpectedLambdaException"
    assert lambda_clock.elapsed == dt.timedelta(seconds=15)


def test_the_deadline_of_a_client_comes_before_that_of_the_service(sync_invoke, lambda_clock):
    """The handler that waits is gone, and what it waited for goes on."""
    ended = []

    def slow(event, context):
        time.sleep(6)
        ended.append(event)

    def sign_up(event, context):
        sync_invoke.from_cognito("PreSignUp_SignUp", handler=slow, timeout=10)

    assert sync_invoke(sign_up, {}, timeout=4).timed_out
    assert lambda_clock.elapsed == dt.timedelta(seconds=4)
    lambda_clock.run_until_idle()
    assert len(ended) == 1


@pytest.mark.asyncio
async def test_in_an_async_test_a_call_is_not_awaited(sync_invoke, lambda_clock):
    """It runs to its end, retries and all."""

    def slow(event, context):
        time.sleep(6)
        return event

    retry = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 3, "MaxAttempts": 1}]
    answer = sync_invoke.from_step_functions(handler=slow, timeout=10, timeout_seconds=5, retry=retry)
    assert [each.outcome for each in answer.tries] == ["gave_up", "gave_up"]
    assert lambda_clock.elapsed == dt.timedelta(seconds=13)


def test_overlapping_tries_run_side_by_side(sync_invoke, lambda_clock):
    """Three environments, each at work for 12 seconds while Cognito calls again every 5."""
    at_work = []

    def slow(event, context):
        at_work.append(len([one for one in at_work if one]) + 1)
        time.sleep(12)

    answer = sync_invoke.from_cognito("PreSignUp_SignUp", handler=slow, timeout=20)
    assert at_work == [1, 2, 3]
    lambda_clock.run_until_idle()
    assert [each.invocation.cold_start for each in answer.tries] == [True] * 3
    assert lambda_clock.elapsed == dt.timedelta(seconds=22)
