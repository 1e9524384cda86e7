"""The triggers of a Cognito user pool, as the client of the pool sees them."""

from __future__ import annotations

import time

import pytest

from pytest_lambda_modes import ConfigError, events, facts, faults
from pytest_lambda_modes.events.cognito import TRIGGER_SOURCES

seen = []


def echo(event, context):
    seen.append(event)
    return event


@pytest.fixture(autouse=True)
def nothing_seen():
    seen.clear()


def answers(**response):
    """A handler that fills in the response of the event."""
    return lambda event, context: {**event, "response": {**event["response"], **response}}


def slow(seconds):
    def handler(event, context):
        seen.append(event)
        time.sleep(seconds)
        return event

    return handler


def error_of(answer):
    return (answer.error.code, answer.error.message)


# Good answers


@pytest.mark.rule("SYNC-35")
def test_a_trigger_that_fills_in_its_response(sync_invoke):
    """The user pool acts on the response of the event that the function returned."""
    answer = sync_invoke.from_cognito("PreSignUp_SignUp", user_name="ann", handler=answers(autoConfirmUser=True))
    assert not answer.failed
    assert (answer.error, answer.reason, answer.gave_up) == (None, None, False)
    assert answer.response["response"] == {"autoConfirmUser": True, "autoVerifyEmail": False, "autoVerifyPhone": False}
    assert answer.response["userName"] == "ann"
    assert [each.outcome for each in answer.tries] == ["success"]


SYNCHRONOUS = [source for source in TRIGGER_SOURCES if not source.startswith("Custom") or "Message" in source]


@pytest.mark.rule("SYNC-35")
@pytest.mark.parametrize("trigger_source", SYNCHRONOUS)
def test_every_trigger_may_return_its_event_as_it_came(sync_invoke, trigger_source):
    """What the event brings as its response is one that the user pool takes."""
    version = "3" if trigger_source.endswith("ClientCredentials") else "1"
    answer = sync_invoke.from_cognito(trigger_source, version=version, handler=echo)
    assert not answer.failed
    assert seen[0]["triggerSource"] == trigger_source


def test_the_event_is_the_one_that_the_builder_makes(sync_invoke):
    """The arguments and the overrides go to the builder of the event."""
    sync_invoke.from_cognito(
        "VerifyAuthChallengeResponse_Authentication",
        user_name="ann",
        user_attributes={"custom:plan": "pro"},
        client_metadata={"app": "web"},
        user_pool_id="us-east-1_mine",
        overrides={"request": {"challengeAnswer": "42"}},
        handler=echo,
    )
    [event] = seen
    assert event["userPoolId"] == "us-east-1_mine"
    assert event["request"]["userAttributes"]["custom:plan"] == "pro"
    assert event["request"]["clientMetadata"] == {"app": "web"}
    assert event["request"]["challengeAnswer"] == "42"


# Malformed answers


@pytest.mark.rule("SYNC-35")
@pytest.mark.parametrize(
    "returned",
    [
        None,
        "text",
        [],
        {},
        {"statusCode": 200},
        b"no json",
        {"version": "1", "triggerSource": "PreSignUp_SignUp"},
        {"version": "1", "triggerSource": "PreSignUp_SignUp", "response": None},
        {"version": "1", "triggerSource": "PreSignUp_AdminCreateUser", "response": {}},
        {"version": "2", "triggerSource": "PreSignUp_SignUp", "response": {}},
    ],
)
def test_what_is_not_the_event_is_unrecognizable(sync_invoke, returned):
    """The function must return the event, with an object as its response; it is not asked again."""
    answer = sync_invoke.from_cognito("PreSignUp_SignUp", handler=lambda event, context: returned)
    assert error_of(answer) == ("InvalidLambdaResponseException", "Unrecognizable lambda output")
    assert "(SYNC-35)" in answer.reason
    assert len(answer.tries) == 1


@pytest.mark.rule("SYNC-35")
@pytest.mark.parametrize(
    "trigger_source, response",
    [
        ("PreSignUp_SignUp", {"autoConfirmUser": "yes"}),
        ("PreSignUp_SignUp", {"autoVerifyEmail": 1}),
        ("DefineAuthChallenge_Authentication", {"challengeName": 7}),
        ("CreateAuthChallenge_Authentication", {"publicChallengeParameters": "question"}),
        ("VerifyAuthChallengeResponse_Authentication", {"answerCorrect": "true"}),
        ("TokenGeneration_Authentication", {"claimsOverrideDetails": []}),
        ("UserMigration_Authentication", {"desiredDeliveryMediums": "EMAIL"}),
        ("CustomMessage_SignUp", {"emailMessage": {}}),
    ],
)
def test_a_member_of_the_wrong_type_is_invalid(sync_invoke, trigger_source, response):
    """What the user pool reads of a response must be of its type."""
    answer = sync_invoke.from_cognito(trigger_source, handler=answers(**response))
    assert error_of(answer) == (
        "InvalidLambdaResponseException",
        "Invalid lambda function output : Invalid JSON",
    )
    [member] = response
    assert f"response.{member} must be" in answer.reason


# Failures


@pytest.mark.rule("SYNC-35")
@pytest.mark.parametrize(
    "trigger_source, name",
    [
        ("PreSignUp_SignUp", "PreSignUp"),
        ("TokenGeneration_Authentication", "PreTokenGeneration"),
        ("UserMigration_ForgotPassword", "UserMigration"),
    ],
)
def test_an_exception_reaches_the_client_and_is_not_retried(sync_invoke, trigger_source, name):
    """The message names the trigger and the exception's own message."""

    def refuse(event, context):
        seen.append(event)
        raise ValueError("no free plan")

    answer = sync_invoke.from_cognito(trigger_source, handler=refuse)
    assert error_of(answer) == ("UserLambdaValidationException", f"{name} failed with error no free plan.")
    assert answer.reason == "the function failed: ValueError: no free plan (SYNC-35)"
    assert len(seen) == 1


@pytest.mark.rule("SYNC-35")
def test_the_timeout_of_the_function_itself_is_a_function_error(sync_invoke, lambda_clock):
    """Lambda answers within the 5 seconds that it timed out, so nothing is tried again."""
    answer = sync_invoke.from_cognito("PreSignUp_SignUp", handler=slow(4), timeout=2)
    assert answer.error.code == "UserLambdaValidationException"
    assert answer.error.message.endswith("Task timed out after 2.00 seconds.")
    assert [each.outcome for each in answer.tries] == ["timeout"]
    assert lambda_clock.elapsed.total_seconds() == 2


@pytest.mark.rule("SYNC-35")
def test_three_tries_of_five_seconds(sync_invoke, lambda_clock):
    """Cognito calls again at each of its deadlines, while the function goes on."""
    answer = sync_invoke.from_cognito("PreSignUp_SignUp", handler=slow(6), timeout=10)
    assert error_of(answer) == (
        "UnexpectedLambdaException",
        "PreSignUp invocation failed due to error Socket timeout while invoking Lambda function.",
    )
    assert answer.reason == "the function had not answered after 5 s (SYNC-35)"
    assert answer.gave_up
    assert [each.outcome for each in answer.tries] == ["gave_up"] * 3
    assert [each.started_at.second for each in answer.tries] == [0, 5, 10]
    assert lambda_clock.elapsed.total_seconds() == 15
    assert len(seen) == 3
    assert answer.tries[0].invocation.payload == seen[0]
    assert answer.tries[2].invocation is None


@pytest.mark.rule("SYNC-35")
@pytest.mark.parametrize(
    "given, outcomes",
    [
        ({1: faults.Throttle()}, ["throttled", "success"]),
        ({1: faults.ServiceError(), 2: faults.Throttle()}, ["service_error", "throttled", "success"]),
        ({1: faults.RecycledEnvironment()}, ["success"]),
    ],
)
def test_a_transient_failure_is_tried_again(sync_invoke, given, outcomes):
    """Throttles and service errors cost a try each, and nobody notices."""
    answer = sync_invoke.from_cognito("PreSignUp_SignUp", handler=echo, faults=given)
    assert not answer.failed
    assert [each.outcome for each in answer.tries] == outcomes
    assert len(seen) == 1


@pytest.mark.rule("SYNC-35")
def test_three_throttles_fail_the_operation(sync_invoke, lambda_timeline):
    """The client is told which error Lambda gave."""
    given = dict.fromkeys((1, 2, 3), faults.Throttle())
    answer = sync_invoke.from_cognito("PreSignUp_SignUp", handler=echo, faults=given)
    assert error_of(answer) == (
        "UnexpectedLambdaException",
        "PreSignUp invocation failed due to error TooManyRequestsException.",
    )
    assert not seen
    refused = [fact for fact in lambda_timeline.facts if isinstance(fact, facts.InvokeRefused)]
    assert [fact.due for fact in refused] == [0, 0, None]
    assert {fact.rule for fact in refused} == {"SYNC-35"}


@pytest.mark.rule("SYNC-35")
def test_a_function_that_was_deleted(sync_invoke, lambda_modes):
    """Nothing is tried again for a function that is not there."""
    function = lambda_modes.function(echo)
    function.delete()
    answer = sync_invoke.from_cognito("PreSignUp_SignUp", handler=function)
    assert answer.error.message == "PreSignUp invocation failed due to error ResourceNotFoundException."
    assert [each.outcome for each in answer.tries] == ["refused"]


# What cannot be


@pytest.mark.rule("SYNC-35")
@pytest.mark.parametrize("trigger_source", ["CustomEmailSender_SignUp", "CustomSMSSender_ResendCode"])
def test_custom_senders_are_asynchronous(sync_invoke, async_invoke, trigger_source):
    """They are refused here, and what the message says works."""
    with pytest.raises(ConfigError, match=r"async_invoke\(events.cognito_trigger") as refused:
        sync_invoke.from_cognito(trigger_source, handler=echo)
    assert trigger_source in str(refused.value)
    assert async_invoke(echo, events.cognito_trigger(trigger_source)).wait().condition == "Success"


def test_the_text_of_an_answer_is_a_snapshot(sync_invoke):
    """What came of it, why, and each try."""
    answer = sync_invoke.from_cognito("PreSignUp_SignUp", handler=slow(6), timeout=10, faults={2: faults.Throttle()})
    assert str(answer).splitlines() == [
        "Cognito failed",
        "UnexpectedLambdaException: PreSignUp invocation failed due to error Socket timeout while invoking Lambda "
        "function.",
        "because the function had not answered after 5 s (SYNC-35)",
        "try 1 at 2026-01-01T00:00:00.000Z: gave_up, took 5.000 s",
        "try 2 at 2026-01-01T00:00:05.000Z: throttled, took 0.000 s",
        "try 3 at 2026-01-01T00:00:05.000Z: gave_up, took 5.000 s",
    ]
    assert repr(answer).startswith("<CognitoAnswer failed, 3 tries, UnexpectedLambdaException: PreSignUp")
    assert repr(answer.tries[1]) == "<try 2 at 2026-01-01T00:00:05.000Z: throttled, took 0.000 s>"


def test_the_timeline_tells_each_decision(sync_invoke, lambda_timeline):
    """Who gave up when, what comes next, and what the client got."""
    sync_invoke.from_cognito("PreSignUp_SignUp", handler=slow(6), timeout=10)
    kinds = (facts.CallerGaveUp, facts.RetryScheduled, facts.ServiceAnswered)
    told = [fact for fact in lambda_timeline.facts if isinstance(fact, kinds)]
    assert [type(fact).__name__ for fact in told] == [
        "CallerGaveUp",
        "RetryScheduled",
        "CallerGaveUp",
        "RetryScheduled",
        "CallerGaveUp",
        "ServiceAnswered",
    ]
    assert {fact.rule for fact in told} == {"SYNC-35"}
    assert told[-1].answer.startswith("UnexpectedLambdaException: PreSignUp")
    started = [fact for fact in lambda_timeline.facts if isinstance(fact, facts.FunctionStarted)]
    assert [fact.attempt for fact in started] == [1, 2, 3]


def test_a_function_timeout_above_the_five_seconds_is_a_hazard(sync_invoke, lambda_timeline):
    """Told once for a function; a timeout of 5 seconds is none."""
    for _ in range(2):
        sync_invoke.from_cognito("PreSignUp_SignUp", handler=echo, timeout=6)
    sync_invoke.from_cognito("PreSignUp_SignUp", handler=echo, timeout=5, function_name="fine")
    hazards = [fact for fact in lambda_timeline.facts if isinstance(fact, facts.Hazard)]
    assert [(fact.id, fact.who) for fact in hazards] == [("HAZ-12", "echo")]
    assert "Cognito waits 5 s" in hazards[0].text
