"""What async_invoke is given: calls and markers that make no sense are refused, with the right name in the message."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from pytest_lambda_modes import (
    ConfigError,
    EventError,
    InvalidParameterValueException,
    RequestTooLargeException,
    ResourceNotFoundException,
    facts,
    faults,
)

LIMIT = 1_048_576


def succeed(event, context):
    return event


def accepted(timeline):
    return [fact for fact in timeline if isinstance(fact, facts.EventAccepted)]


# Arguments


@pytest.mark.lambda_function(handler=succeed)
def test_arguments_are_counted(async_invoke, lambda_modes):
    """None is the event `{}`, one is the event, two are handler and event."""
    assert async_invoke().wait().attempts[0].response == {}
    assert async_invoke([1, 2]).wait().attempts[0].response == [1, 2]
    assert async_invoke(lambda event, context: "other", {}).wait().attempts[0].response == "other"
    with pytest.raises(ConfigError, match=r"async_invoke\(...\) was given 3 arguments"):
        async_invoke(succeed, {}, {})


def test_a_lone_handler_is_told_what_to_do(async_invoke, lambda_modes):
    """One argument is the event, and a function is none."""
    for lone in (succeed, lambda_modes.function(succeed)):
        with pytest.raises(ConfigError, match="was given a function and no event: one argument is the event"):
            async_invoke(lone)


def test_without_a_function_under_test_there_is_nobody_to_invoke(async_invoke):
    """The message says how to name one."""
    with pytest.raises(ConfigError, match="There is no function under test"):
        async_invoke({})


@pytest.mark.lambda_function(handler=succeed)
def test_settings_of_the_function_need_a_handler(async_invoke):
    """A call that names none leaves the function under test as it is."""
    with pytest.raises(
        ConfigError, match=r"async_invoke\(...\): timeout cannot be set for a call that names no handler"
    ):
        async_invoke({}, timeout=10)


def test_an_event_that_json_cannot_carry_is_refused_before_it_is_queued(async_invoke, lambda_timeline):
    """The message names the path to the value."""
    with pytest.raises(EventError, match=r'event\["items"\]\[0\]'):
        async_invoke(succeed, {"items": [dt.date(2026, 1, 1)]})
    assert list(lambda_timeline) == []


@pytest.mark.parametrize("event", ["text", b'{"id": 1}', b"", None, 0, [], {"id": 1}])
def test_any_json_value_is_an_event(async_invoke, event):
    """A str is a JSON string, bytes are the payload itself, and no bytes are `{}`."""
    expected = json.loads(event or b"{}") if isinstance(event, bytes) else event
    assert async_invoke(succeed, event).wait().attempts[0].response == expected


# Sizes


@pytest.mark.rule("ASYNC-2")
def test_an_event_of_exactly_one_megabyte_is_accepted(async_invoke, lambda_timeline):
    """The quotes of a JSON string count; one byte more is too much, and is not queued."""
    assert len(async_invoke(succeed, "x" * (LIMIT - 2)).wait().payload) == LIMIT
    with pytest.raises(RequestTooLargeException) as caught:
        async_invoke(succeed, "x" * (LIMIT - 1))
    assert caught.value.status_code == 413
    assert caught.value.message == (
        "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)"
    )
    assert len(accepted(lambda_timeline)) == 1


@pytest.mark.rule("ASYNC-2")
def test_the_size_of_an_event_is_counted_in_bytes(async_invoke):
    """An event given as bytes counts as it stands, however many characters that is."""
    payload = f'"{"é" * (LIMIT // 2)}"'.encode()
    with pytest.raises(RequestTooLargeException, match="1048578 byte payload"):
        async_invoke(succeed, payload)


# Settings


@pytest.mark.rule("ASYNC-7")
@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"maximum_retry_attempts": 3}, "Value '3' at 'maximumRetryAttempts' .* less than or equal to 2"),
        ({"maximum_retry_attempts": -1}, "Value '-1' at 'maximumRetryAttempts' .* greater than or equal to 0"),
        (
            {"maximum_event_age_in_seconds": 59},
            "Value '59' at 'maximumEventAgeInSeconds' .* greater than or equal to 60",
        ),
        (
            {"maximum_event_age_in_seconds": 21_601},
            "Value '21601' at 'maximumEventAgeInSeconds' .* less than or equal to 21600",
        ),
    ],
)
def test_numbers_out_of_range_are_answered_as_aws_answers(async_invoke, lambda_timeline, settings, text):
    """The API's own error, before anything is accepted."""
    with pytest.raises(InvalidParameterValueException, match=text):
        async_invoke(succeed, {}, **settings)
    assert accepted(lambda_timeline) == []


@pytest.mark.rule("ASYNC-7")
@pytest.mark.parametrize(
    "settings",
    [
        {"maximum_retry_attempts": 0, "maximum_event_age_in_seconds": 60},
        {"maximum_retry_attempts": 2, "maximum_event_age_in_seconds": 21_600},
    ],
)
def test_numbers_at_the_ends_of_their_ranges_are_accepted(async_invoke, settings):
    """Both ends belong to the range."""
    assert async_invoke(succeed, {}, **settings).wait().condition == "Success"


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"maximum_retry_attempts": "2"}, 'maximum_retry_attempts is "2", and must be a whole number from 0 to 2'),
        ({"maximum_retry_attempts": True}, "maximum_retry_attempts is True, and must be a whole number from 0 to 2"),
        (
            {"maximum_event_age_in_seconds": dt.timedelta(minutes=2)},
            "must be a whole number of seconds from 60 to 21600[^$]*maximum_event_age_in_seconds=120",
        ),
        ({"on_failure": "failures"}, 'on_failure is "failures", and must be a target such as "sqs:dlq"'),
        ({"on_failure": "ftp:failures"}, 'on_failure is "ftp:failures", and must be a target such as'),
        ({"on_failure": "sqs:no spaces"}, 'on_failure is "sqs:no spaces", and must be a target such as'),
        ({"dead_letter_target": "lambda:other"}, "dead_letter_target is .* must be a target such as"),
        ({"qualifier": "not a name"}, 'qualifier is "not a name"'),
        ({"faults": {0: faults.Throttle()}}, "faults is .* must map the number of a delivery, from 1"),
        ({"retry_attempts": 1}, "that is its CDK name; here, as in the API: maximum_retry_attempts"),
        ({"maximumRetryAttempts": 1}, "names are in snake case here: maximum_retry_attempts"),
        ({"destination_config": {}}, "its leaves are settings here: on_success, on_failure"),
        ({"batch_size": 1}, "batch_size is a setting of event_source"),
        ({"invocation_type": "Event"}, "invocation_type is a setting of sync_invoke"),
    ],
)
def test_settings_that_cannot_be_are_told_how_to_be_right(async_invoke, lambda_timeline, settings, text):
    """The message names the call, the setting, the value and what it must be."""
    with pytest.raises(ConfigError, match=rf"^async_invoke\(...\): [\s\S]*{text}"):
        async_invoke(succeed, {}, **settings)
    assert accepted(lambda_timeline) == []


@pytest.mark.rule("ASYNC-3")
@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"client_context": {"custom": {}}},
            r"client_context is not simulated: Lambda drops it for events \(ASYNC-3\)",
        ),
        ({"log_type": "Tail"}, r"log_type is not simulated: it has no effect on events \(ASYNC-3\)"),
    ],
)
def test_what_lambda_ignores_is_refused_by_name(async_invoke, settings, text):
    """A setting without effect would only seem to do something."""
    with pytest.raises(ConfigError, match=text):
        async_invoke(succeed, {}, **settings)


@pytest.mark.rule("ASYNC-7")
@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:sqs:us-east-1:999999999999:failures",
        "arn:aws:sqs:eu-west-1:123456789012:failures",
        "arn:aws:sqs:us-east-1:12345:failures",
        "arn:aws:sqs:us-east-1:123456789012:no spaces",
        "arn:aws",
    ],
)
def test_an_arn_of_elsewhere_or_of_nothing_is_an_invalid_destination(async_invoke, arn):
    """There is one account and one region here; AWS's error for a target that it cannot resolve says so."""
    with pytest.raises(InvalidParameterValueException) as caught:
        async_invoke(succeed, {}, on_failure=arn)
    assert caught.value.message == f"The destination ARN {arn} is invalid."


@pytest.mark.rule("ASYNC-7", "ASYNC-28")
def test_a_service_that_takes_no_records_is_an_invalid_destination(async_invoke):
    """The error shows the whole configuration, as AWS does."""
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/failures"
    with pytest.raises(InvalidParameterValueException) as caught:
        async_invoke(succeed, {}, on_success="sqs:done", on_failure=arn)
    assert caught.value.message == (
        "The provided destination config DestinationConfig("
        "onSuccess=OnSuccess(destination=arn:aws:sqs:us-east-1:123456789012:done), "
        f"onFailure=OnFailure(destination={arn})) is invalid."
    )


def test_a_dead_letter_arn_of_elsewhere_is_refused(async_invoke):
    """The message says which account and region there are."""
    with pytest.raises(ConfigError, match=r"an ARN that starts with arn:aws:sqs:us-east-1:123456789012:"):
        async_invoke(succeed, {}, dead_letter_target="arn:aws:sqs:eu-west-1:123456789012:dlq")


@pytest.mark.rule("ASYNC-1")
def test_a_qualifier_that_does_not_exist_is_aws_error(async_invoke):
    """It is well formed, so the API answers."""
    with pytest.raises(ResourceNotFoundException, match=r"Function not found: .*:function:succeed:live"):
        async_invoke(succeed, {}, qualifier="live")


@pytest.mark.rule("ASYNC-1")
def test_an_arn_with_a_qualifier_invokes_that(async_invoke, lambda_modes):
    """In place of the handler there may be the ARN of a function, as in the API."""
    function = lambda_modes.function(lambda event, context: context.function_version, function_name="orders")
    function.create_alias("live", function.publish_version())
    assert async_invoke(f"{function.arn}:live", {}).wait().attempts[0].response == "1"
    assert async_invoke(function.arn, {}).wait().attempts[0].response == "$LATEST"
    with pytest.raises(InvalidParameterValueException, match=r"derived qualifier .* does not match"):
        async_invoke(f"{function.arn}:live", {}, qualifier="1")


# Markers


@pytest.mark.lambda_function(handler=succeed, function_name="orders")
@pytest.mark.async_invoke(maximum_retry_attempts=1, on_success="sqs:marked")
class TestMarkers:
    """The settings of a marker hold for each event, and a call's come before them."""

    def test_the_call_wins_setting_by_setting(self, async_invoke, lambda_modes):
        """What the call does not name stays as marked."""

        def fail(event, context):
            raise ValueError

        async_invoke({}, on_success="sqs:called").wait()
        assert len(lambda_modes.queue("called").messages) == 1
        assert lambda_modes.queue("marked").messages == []
        assert len(async_invoke(fail, {}, on_success=None).wait().attempts) == 2

    def test_the_call_of_one_event_changes_no_other(self, async_invoke, lambda_modes):
        """Settings in a call are for that event alone."""
        async_invoke({}, on_success=None).wait()
        assert lambda_modes.queue("marked").messages == []
        async_invoke({}).wait()
        assert len(lambda_modes.queue("marked").messages) == 1

    @pytest.mark.async_invoke(maximum_retry_attempts=0)
    def test_the_closest_marker_wins_setting_by_setting(self, async_invoke, lambda_modes):
        """The test's own marker overrules the class's, and the rest of that still holds."""
        async_invoke({}).wait()
        assert len(lambda_modes.queue("marked").messages) == 1
        assert lambda_modes.function_under_test.get_function_event_invoke_config().maximum_retry_attempts == 0


@pytest.mark.lambda_function(handler=lambda event, context: context.function_version, function_name="orders")
@pytest.mark.async_invoke(qualifier="live")
def test_the_marker_may_name_the_qualifier(async_invoke, lambda_modes):
    """Every event goes there, unless the call says otherwise."""
    function = lambda_modes.function_under_test
    function.create_alias("live", function.publish_version())
    assert async_invoke({}).wait().attempts[0].response == "1"
    assert async_invoke({}, qualifier="$LATEST").wait().attempts[0].response == "$LATEST"


@pytest.mark.parametrize(
    ("marker", "text"),
    [
        ("maximum_retry_attempts=3", "*InvalidParameterValueException*Value '3' at 'maximumRetryAttempts'*"),
        ("retry_attempts=1", "*marker async_invoke: there is no setting retry_attempts; that is its CDK name*"),
        ('on_success="s3:records"', "*InvalidParameterValueException*The provided destination config*is invalid*"),
        ('qualifier="a b"', "*marker async_invoke: qualifier is*"),
        ("faults=[]", "*marker async_invoke: faults is*"),
        ("client_context={}", "*marker async_invoke: client_context is not simulated*"),
    ],
)
def test_an_impossible_marker_fails_the_test_before_it_runs(pytester, marker, text):
    """The test's set-up fails with the message, and its body never begins."""
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.lambda_function(handler=lambda event, context: None)
        @pytest.mark.async_invoke({marker})
        def test_it(async_invoke):
            print("the body ran")
        """
    )
    result = pytester.runpytest("-p", "no:randomly", "-o", "asyncio_default_fixture_loop_scope=function")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([text])
    result.stdout.no_fnmatch_line("*the body ran*")
