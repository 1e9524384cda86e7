"""What sync_invoke is given: arguments are counted, and what makes no sense is refused before anything runs."""

from __future__ import annotations

import datetime as dt
import decimal

import pytest
from botocore import xform_name
from botocore.session import get_session

from pytest_lambda_modes import ConfigError, EventError, InvalidParameterValueException
from pytest_lambda_modes.harness import functions
from pytest_lambda_modes.harness.sync_invoke import SETTINGS
from pytest_lambda_modes.model import setting_names

INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"


def echo(event, context):
    return event


# Calls


@pytest.mark.lambda_function(handler=echo)
@pytest.mark.parametrize(
    "arguments, payload",
    [
        ((), {}),
        ((7,), 7),
        ((None,), None),
        (([],), []),
        ((lambda event, context: "other", {}), "other"),
        ((echo, echo.__name__), "echo"),
    ],
    ids=["none", "one", "None", "empty", "two", "a handler and text"],
)
def test_arguments_are_counted(sync_invoke, arguments, payload):
    """None is the event {}, one is the event, two are handler and event."""
    assert sync_invoke(*arguments).payload == payload


@pytest.mark.lambda_function(handler=echo)
def test_three_arguments_are_one_too_many(sync_invoke):
    """Settings have names."""
    with pytest.raises(
        ConfigError, match=r"sync_invoke\(\.\.\.\) was given 3 arguments, and takes an event, or a handler"
    ):
        sync_invoke(echo, {}, 10)


@pytest.mark.lambda_function(handler=echo)
def test_a_lone_handler_is_told_what_to_do(sync_invoke, lambda_modes):
    """One argument is the event, and a function is none."""
    for lone in (echo, lambda_modes.function(echo), print, dict):
        with pytest.raises(ConfigError, match="one argument is the event") as caught:
            sync_invoke(lone)
        assert "sync_invoke(my_handler, {})" in str(caught.value)


def test_without_a_function_under_test_there_is_nobody_to_invoke(sync_invoke, lambda_modes):
    """The message says how to name one."""
    for call in (sync_invoke, lambda: lambda_modes.function_under_test):
        with pytest.raises(
            ConfigError, match=r"There is no function under test[\s\S]*lambda_function\(handler=my_handler"
        ):
            call()


@pytest.mark.lambda_function(handler=echo)
def test_settings_of_the_function_need_a_handler(sync_invoke):
    """A call that names none leaves the function under test as it is, and says what changes it."""
    with pytest.raises(
        ConfigError, match="timeout, memory_size cannot be set for a call that names no handler"
    ) as caught:
        sync_invoke({}, timeout=10, memory_size=256)
    for way_out in (
        "function.update_configuration(...)",
        "@pytest.mark.lambda_function",
        "sync_invoke(handler, event, ...)",
    ):
        assert way_out in str(caught.value)


@pytest.mark.parametrize("handler", [7, None, {}, ["app.handler"], b"app.handler"])
def test_a_handler_is_a_callable_or_a_string(sync_invoke, lambda_modes, handler):
    """Anything else is refused by name, wherever it is given."""
    for call in (lambda: sync_invoke(handler, {}), lambda: lambda_modes.function(handler)):
        with pytest.raises(ConfigError, match=r"the handler is .*, and must be a callable or a string such as"):
            call()


@pytest.mark.parametrize(
    "event, path",
    [
        ({"a": [1, {2}]}, 'event["a"][1] is {2}, and JSON has no set'),
        ({"price": decimal.Decimal("1.10")}, "event[\"price\"] is Decimal('1.10'), and JSON has no Decimal"),
        (dt.date(2026, 1, 1), "event is datetime.date(2026, 1, 1), and JSON has no date"),
        ({"ratio": float("nan")}, 'event["ratio"] is nan, and JSON has no such number'),
        ({(1, 2): 3}, "event has the key (1, 2), and JSON's keys are strings"),
    ],
)
def test_an_event_that_json_cannot_carry(sync_invoke, lambda_timeline, event, path):
    """The message has the path to the value, and the handler does not run."""
    with pytest.raises(EventError) as caught:
        sync_invoke(echo, event)
    assert str(caught.value).startswith(path)
    assert list(lambda_timeline) == []


# Settings


@pytest.mark.parametrize(
    "given, message",
    [
        ({"invocation_type": "Event"}, r'invocation_type is "Event", which is what async_invoke does'),
        ({"invocation_type": "dryrun"}, 'invocation_type is "dryrun", and must be "RequestResponse" or "DryRun"'),
        ({"log_type": "tail"}, 'log_type is "tail", and must be "None" or "Tail"'),
        ({"qualifier": 1}, "qualifier is 1, and must be a string"),
        ({"qualifier": "a b"}, 'qualifier is "a b", and must be a string'),
        ({"client_context": "{}"}, 'client_context is "{}", and must be a mapping'),
        ({"timeout": 0}, "timeout is 0, and must be a whole number of seconds from 1 to 900"),
        ({"timeout": 901}, "timeout is 901, and must be a whole number of seconds from 1 to 900"),
        ({"timeout": 3.0}, "timeout is 3.0, and must be a whole number of seconds"),
        ({"timeout": dt.timedelta(seconds=3)}, r"timeout is datetime.timedelta[\s\S]*timeout=3"),
        ({"memory_size": 127}, "memory_size is 127, and must be a whole number of MB from 128 to 10240"),
        ({"memory_size": 10_241}, "memory_size is 10241, and must be a whole number of MB from 128 to 10240"),
        ({"runtime": "nodejs22.x"}, 'runtime is "nodejs22.x", and must be a Python runtime'),
        ({"logging_format": "JSON"}, "that is its CDK name; here, as in the API: log_format"),
        (
            {"reserved_concurrency": 1},
            "that is its Serverless Framework name; here, as in the API: reserved_concurrent_executions",
        ),
        ({"memory": 256}, "that is its console name; here, as in the API: memory_size"),
        ({"Timeout": 5}, "names are in snake case here: timeout"),
        ({"timeoutt": 5}, "there is no setting timeoutt. Did you mean timeout"),
        ({"maximum_retry_attempts": 1}, "maximum_retry_attempts is a setting of async_invoke and"),
        ({"tenant_id": "blue"}, "tenant_id is not simulated"),
        ({"start": "2026-01-01"}, "start is a setting of lambda_modes, not of this"),
    ],
)
def test_settings_that_cannot_be_are_told_how_to_be_right(sync_invoke, lambda_timeline, given, message):
    """The message names the call, the setting, the value and what it must be; nothing has run."""
    with pytest.raises(ConfigError, match=rf"^sync_invoke\(\.\.\.\): [\s\S]*{message}"):
        sync_invoke(echo, {}, **given)
    assert list(lambda_timeline) == []


@pytest.mark.rule("RT-37")
def test_an_environment_that_aws_refuses_is_refused_as_by_aws(sync_invoke):
    """The API's own error."""
    with pytest.raises(InvalidParameterValueException, match="exceeded the 4KB limit"):
        sync_invoke(echo, {}, environment={"BIG": "x" * 5_000})


@pytest.mark.lambda_function(handler=echo)
@pytest.mark.sync_invoke(log_type="Tail", qualifier="1")
def test_settings_of_the_marker_hold_for_every_call(sync_invoke, lambda_modes):
    """A setting in the call wins, and None there is the default."""
    lambda_modes.function_under_test.publish_version()
    response = sync_invoke({})
    assert (response.executed_version, response.log_result is None) == ("1", False)
    response = sync_invoke({}, qualifier="$LATEST", log_type="None")
    assert (response.executed_version, response.log_result) == ("$LATEST", None)
    assert sync_invoke({}, qualifier=None).executed_version == "1"


@pytest.mark.rule("SYNC-1")
def test_the_settings_are_those_of_the_api():
    """Each member of Invoke's request is a setting, is given otherwise, or is known and left out."""
    members = get_session().get_service_model("lambda").operation_model("Invoke").input_shape.members
    otherwise = {"function_name", "payload"}
    ours = {*SETTINGS, *otherwise, *setting_names.INVOKE_NOT_MODELLED}
    assert {xform_name(name) for name in members} == ours - {"faults"}


def test_no_setting_has_two_meanings():
    """A call takes settings of the mode and of the function, told apart by name."""
    assert not set(SETTINGS) & set(functions.FUNCTION_SETTINGS)


# Markers that are refused when the test is set up

TEST = """
import datetime, logging, os, subprocess, threading, time

import pytest
from freezegun import api

def handler(event, context):
    pass

def process():
    ours = [each for each in logging.root.handlers if type(each).__module__.startswith("pytest_lambda_modes")]
    return [
        datetime.datetime, datetime.date, time.time, time.sleep, os._exit, os.environ._data, subprocess.Popen.__init__,
        threading.Thread.start, logging.StreamHandler.emit, ours, list(api.freeze_factories),
    ]

before = process()

@pytest.mark.{marker}
def test_it({fixture}):
    pass

def test_after():
    assert process() == before
    assert datetime.datetime is api.real_datetime
    assert before[-2:] == [[], []]
"""


@pytest.mark.parametrize(
    "marker, message",
    [
        (
            "lambda_function(handler=7)",
            "marker lambda_function: the handler is 7, and must be a callable or a string such as*",
        ),
        (
            "lambda_function(handler='handler')",
            '*the handler is "handler", and must name a module and a function in it.',
        ),
        (
            "lambda_function(handler='.handler')",
            '*the handler is ".handler", and must name a module and a function in it.',
        ),
        (
            "lambda_function(handler='no_such_module.handler')",
            '*the handler is "no_such_module.handler", and there is no module no_such_module on sys.path.',
        ),
        (
            "lambda_function(handler='arn:aws:lambda:us-east-1:123456789012:function:orders')",
            'marker lambda_function: the handler is "arn:aws:lambda:*, which is an ARN.',
        ),
        (
            "lambda_function(handler=handler, timeout=0)",
            "*timeout is 0, and must be a whole number of seconds from 1 to 900.",
        ),
        ("lambda_function(handler=handler, timeout=901)", "*timeout is 901, and must be a whole number of seconds*"),
        ("lambda_function(timeout=901)", "*timeout is 901, and must be a whole number of seconds from 1 to 900."),
        ("lambda_function(handler=handler, memory_size=64)", "*memory_size is 64, and must be a whole number of MB*"),
        (
            "lambda_function(handler=handler, function_name='a b')",
            '*function_name is "a b", and must be 1 to 64 letters*',
        ),
        ("lambda_function(handler=handler, colour='red')", "marker lambda_function: there is no setting colour."),
        (
            "lambda_function(handler=handler, retry_attempts=1)",
            "*that is its CDK name; here, as in the API: maximum_retry_attempts*",
        ),
        ("lambda_function(handler=handler, layers=[])", "*layers is not simulated: handlers run with the packages*"),
        ("sync_invoke(log_type='tail')", 'marker sync_invoke: log_type is "tail", and must be "None" or "Tail".'),
        ("sync_invoke(timeout=3)", "marker sync_invoke: timeout is a setting of lambda_function, not of this."),
        ("sync_invoke(faults={2: None})", "marker sync_invoke: faults is {2: None}, and must map*"),
        (
            "lambda_modes(start='soon')",
            'marker lambda_modes: start is "soon", and must be a datetime or its ISO 8601 text.',
        ),
        (
            "lambda_modes(real_time_limit='soon')",
            '*real_time_limit is "soon", and must be a number of seconds above 0.',
        ),
        ("lambda_modes(leftovers='keep')", '*leftovers is "keep", and must be "error" or "ignore".'),
        ("lambda_modes(colour='red')", "marker lambda_modes: there is no setting colour."),
    ],
)
def test_an_impossible_marker_is_an_error_at_set_up(pytester, marker, message):
    """It says what is wrong, whichever fixture asks, and leaves the process as it was."""
    pytester.makeini(INI)
    pytester.makepyfile(TEST.format(marker=marker, fixture="lambda_modes"))
    result = pytester.runpytest("-p", "no:randomly")
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines([f"*ConfigError: {message}"])


@pytest.mark.parametrize("fixture", ["sync_invoke", "async_invoke", "event_source", "lambda_clock", "lambda_timeline"])
def test_whichever_fixture_asks(pytester, fixture):
    """All markers are checked for each of the fixtures."""
    pytester.makeini(INI)
    pytester.makepyfile(TEST.format(marker="lambda_function(timeout=0)", fixture=fixture))
    pytester.runpytest("-p", "no:randomly").assert_outcomes(errors=1, passed=1)
