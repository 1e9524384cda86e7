"""Lex, Alexa and Connect, as the people who talk to them are answered."""

from __future__ import annotations

import time

import pytest

from pytest_lambda_modes import ConfigError, faults


def returns(value):
    return lambda event, context: value


def fails(event, context):
    raise ValueError("no stock")


def sleeps(seconds, value=None):
    def handler(event, context):
        time.sleep(seconds)
        return value

    return handler


# Lex

CLOSE = {"sessionState": {"dialogAction": {"type": "Close"}, "intent": {"name": "Order", "state": "Fulfilled"}}}
MESSAGE = {"contentType": "PlainText", "content": "Done."}


@pytest.mark.rule("SYNC-42")
@pytest.mark.parametrize(
    "returned",
    [
        CLOSE,
        {**CLOSE, "messages": [MESSAGE], "requestAttributes": {}},
        {"sessionState": {"sessionAttributes": {"a": "b"}}},
        {"sessionState": {"dialogAction": {"type": "ElicitSlot", "slotToElicit": "Size"}, "intent": {"name": "Order"}}},
        {"sessionState": {"dialogAction": {"type": "ElicitIntent"}}, "messages": [MESSAGE]},
        {"sessionState": {"dialogAction": {"type": "Delegate"}, "intent": {"name": "Order"}}},
    ],
)
def test_lex_takes_a_session_state(sync_invoke, returned):
    """With a dialog action or without, and what that needs."""
    answer = sync_invoke.from_lex("Order", handler=returns(returned))
    assert not answer.failed
    assert answer.session_state == returned["sessionState"]
    assert answer.messages == returned.get("messages", [])


@pytest.mark.rule("SYNC-42")
@pytest.mark.parametrize(
    "returned, reason",
    [
        (None, "object sessionState"),
        ("text", "object sessionState"),
        ({}, "object sessionState"),
        ({"dialogAction": {"type": "Close"}}, "object sessionState"),
        ({"sessionState": {"dialogAction": {"type": "Stop"}}}, "must be one of: Close, ConfirmIntent"),
        ({"sessionState": {"dialogAction": "Close"}}, "must be one of: Close, ConfirmIntent"),
        ({"sessionState": {"dialogAction": {"type": "ElicitSlot"}}}, "ElicitSlot needs a slotToElicit"),
        ({"sessionState": {"intent": {}}}, "an object with a name"),
        ({"sessionState": {"intent": {"name": "Order", "slots": []}}}, "slots must be an object"),
        ({"sessionState": {"intent": {"name": "Order", "state": "Done"}}}, "must be one of: InProgress"),
        ({"sessionState": {"dialogAction": {"type": "ElicitIntent"}}}, "ElicitIntent needs messages"),
        ({**CLOSE, "messages": "Done."}, "messages must be a list"),
        ({**CLOSE, "messages": [{"content": "Done."}]}, "must be one of: CustomPayload"),
    ],
)
def test_lex_refuses_a_malformed_response(sync_invoke, returned, reason):
    """The client gets DependencyFailedException, and the reason says what is wrong."""
    answer = sync_invoke.from_lex("Order", handler=returns(returned))
    assert answer.error.code == "DependencyFailedException"
    assert reason in answer.reason
    assert (answer.session_state, answer.messages) == ({}, [])


@pytest.mark.rule("SYNC-42")
@pytest.mark.parametrize("left, failed", [({"Size": None}, False), ({"Size": {"value": {}}}, True)])
def test_a_fulfillment_that_delegates_must_remove_a_slot(sync_invoke, left, failed):
    """Or the bot would come back to the same fulfillment for ever."""
    state = {"dialogAction": {"type": "Delegate"}, "intent": {"name": "Order", "slots": left}}
    answer = sync_invoke.from_lex(
        "Order",
        slots={"Size": "large"},
        invocation_source="FulfillmentCodeHook",
        handler=returns({"sessionState": state}),
    )
    assert answer.failed is failed


@pytest.mark.rule("SYNC-42")
@pytest.mark.parametrize(
    "handler, given, code, outcome",
    [
        (fails, {}, "DependencyFailedException", "function_error"),
        (sleeps(60), {"timeout": 100}, "DependencyFailedException", "gave_up"),
        (sleeps(60), {"timeout": 3}, "DependencyFailedException", "timeout"),
        (fails, {"faults": {1: faults.Throttle()}}, "DependencyFailedException", "throttled"),
        (fails, {"faults": {1: faults.ServiceError()}}, "BadGatewayException", "service_error"),
    ],
)
def test_lex_does_not_try_again(sync_invoke, handler, given, code, outcome):
    """One try of 30 seconds; Lambda's own failure is a bad gateway, any other a failed dependency."""
    answer = sync_invoke.from_lex("Order", handler=handler, **given)
    assert answer.error.code == code
    assert [each.outcome for each in answer.tries] == [outcome]
    assert answer.tries[0].duration.total_seconds() <= 30


# Alexa


def says(**response):
    return returns({"version": "1.0", "response": response})


SPEECH = {"type": "PlainText", "text": "Hello"}


@pytest.mark.rule("SYNC-42")
def test_alexa_says_what_the_skill_answers(sync_invoke):
    """Text or SSML, whether the session ends, and its attributes."""
    returned = {
        "version": "1.0",
        "sessionAttributes": {"step": 2},
        "response": {"outputSpeech": SPEECH, "shouldEndSession": False},
    }
    answer = sync_invoke.from_alexa("IntentRequest", intent="Order", slots={"Size": "large"}, handler=returns(returned))
    assert not answer.failed
    assert (answer.speech, answer.should_end_session, answer.session_attributes) == ("Hello", False, {"step": 2})
    ssml = says(outputSpeech={"type": "SSML", "ssml": "<speak/>"})
    assert sync_invoke.from_alexa(handler=ssml).speech == "<speak/>"
    silent = sync_invoke.from_alexa(handler=says())
    assert (silent.speech, silent.should_end_session, silent.session_attributes) == (None, None, {})


@pytest.mark.rule("SYNC-42")
@pytest.mark.parametrize(
    "returned, reason",
    [
        (None, "must return an object"),
        ({"response": {}}, "needs a version"),
        ({"version": "1.0"}, "needs an object response"),
        ({"version": "1.0", "response": {}, "sessionAttributes": []}, "sessionAttributes must be"),
        ({"version": "1.0", "response": {"shouldEndSession": "true"}}, "shouldEndSession must be"),
        ({"version": "1.0", "response": {"directives": {"a": 1}}}, "directives must be"),
        ({"version": "1.0", "response": {"reprompt": "Well?"}}, "reprompt must be"),
        ({"version": "1.0", "response": {"outputSpeech": "Hello"}}, "type of outputSpeech"),
        ({"version": "1.0", "response": {"outputSpeech": {"type": "SSML", "text": "Hi"}}}, "needs a string ssml"),
        ({"version": "1.0", "response": {"reprompt": {"outputSpeech": {"type": "Text"}}}}, "type of outputSpeech"),
        (
            {"version": "1.0", "response": {"outputSpeech": {"type": "PlainText", "text": "x" * 8001}}},
            "may have 8000 characters, and has 8001",
        ),
    ],
)
def test_alexa_refuses_a_malformed_response(sync_invoke, returned, reason):
    """The skill's session ends with INVALID_RESPONSE; nothing is said."""
    answer = sync_invoke.from_alexa(handler=returns(returned))
    assert answer.error.code == "INVALID_RESPONSE"
    assert reason in answer.reason
    assert answer.speech is None


@pytest.mark.rule("SYNC-42")
@pytest.mark.parametrize(
    "handler, given, code",
    [
        (sleeps(9), {"timeout": 20}, "ENDPOINT_TIMEOUT"),
        (sleeps(9), {"timeout": 3}, "INVALID_RESPONSE"),
        (fails, {}, "INVALID_RESPONSE"),
        (fails, {"faults": {1: faults.Throttle()}}, "INVALID_RESPONSE"),
    ],
)
def test_alexa_does_not_try_again(sync_invoke, lambda_clock, handler, given, code):
    """One try of 8 seconds."""
    answer = sync_invoke.from_alexa(handler=handler, **given)
    assert answer.error.code == code
    assert answer.error.message == "An exception occurred while dispatching the request to the skill."
    assert len(answer.tries) == 1
    assert lambda_clock.elapsed.total_seconds() <= 8


@pytest.mark.rule("SYNC-42")
def test_alexa_does_not_listen_to_the_answer_to_a_session_ended_request(sync_invoke):
    """Whatever it is."""
    answer = sync_invoke.from_alexa("SessionEndedRequest", reason="ERROR", handler=returns("bye"))
    assert not answer.failed
    assert answer.speech is None


@pytest.mark.parametrize(
    "request_type, given, text",
    [
        ("LaunchRequest", {"intent": "Order"}, "intent is nothing that a LaunchRequest has"),
        ("IntentRequest", {"intent": "Order", "reason": "ERROR"}, "It takes: intent, slots"),
        ("IntentRequest", {}, "intent is"),
        ("SessionEndedRequest", {"reason": "BORED"}, "reason is"),
        ("Launch", {}, 'must be "LaunchRequest" or'),
    ],
)
def test_a_request_that_alexa_has_not(sync_invoke, request_type, given, text):
    """It is refused before the skill is called."""
    with pytest.raises(ConfigError, match=text):
        sync_invoke.from_alexa(request_type, handler=fails, **given)


# Connect


@pytest.mark.rule("SYNC-42")
def test_connect_reads_a_flat_object_of_strings(sync_invoke):
    """It is what the flow finds in $.External."""
    answer = sync_invoke.from_connect(
        parameters={"id": "7"}, handler=lambda event, context: event["Details"]["Parameters"]
    )
    assert (answer.branch, answer.external) == ("Success", {"id": "7"})


@pytest.mark.rule("SYNC-42")
@pytest.mark.parametrize(
    "returned, response_type, reason",
    [
        (None, "STRING_MAP", "must return an object"),
        (["a"], "JSON", "must return an object"),
        ({"n": 1}, "STRING_MAP", "n is int"),
        ({"n": {"m": "x"}}, "STRING_MAP", "n is dict"),
        ({"n": {"m": 1}}, "JSON", None),
        ({"text": "x" * 32_756}, "STRING_MAP", None),
        ({"text": "x" * 32_757}, "STRING_MAP", "32769 bytes, and may have 32768"),
    ],
)
def test_connect_validates_a_response(sync_invoke, returned, response_type, reason):
    """By the block's setting, and up to 32 KB."""
    answer = sync_invoke.from_connect(response_type=response_type, handler=returns(returned))
    assert answer.branch == ("Success" if reason is None else "Error")
    assert answer.external == (returned if reason is None else {})
    assert reason is None or reason in answer.reason


@pytest.mark.rule("SYNC-42")
def test_connect_tries_again_after_throttles_and_service_errors(sync_invoke):
    """Three times, and no more."""
    given = {1: faults.Throttle(), 2: faults.ServiceError(), 3: faults.Throttle()}
    answer = sync_invoke.from_connect(handler=returns({}), faults=given)
    assert answer.branch == "Success"
    assert [each.outcome for each in answer.tries] == ["throttled", "service_error", "throttled", "success"]
    answer = sync_invoke.from_connect(handler=returns({}), faults={**given, 4: faults.Throttle()})
    assert (answer.branch, len(answer.tries)) == ("Error", 4)


@pytest.mark.rule("SYNC-42")
@pytest.mark.parametrize("limit, given, waited", [(8, {}, 8), (2, {}, 2), (8, {1: faults.Throttle()}, 8)])
def test_connect_waits_eight_seconds_altogether(sync_invoke, lambda_clock, limit, given, waited):
    """A function that is too slow is not tried again, and an exception neither."""
    answer = sync_invoke.from_connect(handler=sleeps(9), timeout=20, invocation_time_limit_seconds=limit, faults=given)
    assert answer.gave_up
    assert lambda_clock.elapsed.total_seconds() == waited
    assert len(sync_invoke.from_connect(handler=fails).tries) == 1


@pytest.mark.parametrize(
    "given, text",
    [
        ({"invocation_time_limit_seconds": 9}, "from 1 to 8"),
        ({"invocation_time_limit_seconds": 0.5}, "from 1 to 8"),
        ({"response_type": "XML"}, '"STRING_MAP" or "JSON"'),
        ({"channel": "FAX"}, "channel"),
        ({"faults": {5: faults.Throttle()}}, "faults has try 5, and the service makes 4 tries at most"),
    ],
)
def test_a_block_that_connect_has_not(sync_invoke, given, text):
    """It is refused before the function is called."""
    with pytest.raises(ConfigError, match=text):
        sync_invoke.from_connect(handler=fails, **given)
