"""Events of Lex, Alexa and Connect. botocore's models and Powertools' data class are the oracle where there is one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import botocore.session
import pytest
from aws_lambda_powertools.utilities.data_classes import ConnectContactFlowEvent
from aws_lambda_powertools.utilities.data_classes.connect_contact_flow_event import (
    ConnectContactFlowChannel,
    ConnectContactFlowInitiationMethod,
)

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import (
    alexa_intent,
    alexa_launch,
    alexa_session_ended,
    connect_contact_flow,
    lex_code_hook,
)
from pytest_lambda_modes.events.connect import CHANNELS, INITIATION_METHODS
from pytest_lambda_modes.events.lex import INTENT_STATES


def shape(service: str, name: str) -> Any:
    return botocore.session.Session().get_service_model(service).shape_for(name)


def test_a_code_hook_has_the_members_of_lexs_model() -> None:
    """Intents, slots and the session are spelled as in the runtime API."""
    event = lex_code_hook("Order", slots={"Size": "large", "Drink": None}, session_attributes={"a": "b"})
    state, intent = event["sessionState"], event["sessionState"]["intent"]
    assert set(state) <= set(shape("lexv2-runtime", "SessionState").members)
    assert set(intent) <= set(shape("lexv2-runtime", "Intent").members)
    assert set(intent["slots"]["Size"]) <= set(shape("lexv2-runtime", "Slot").members)
    assert set(intent["slots"]["Size"]["value"]) == set(shape("lexv2-runtime", "Value").members)
    assert set(event["interpretations"][0]) <= set(shape("lexv2-runtime", "Interpretation").members)
    assert set(INTENT_STATES) == set(shape("lexv2-runtime", "IntentState").enum)


def test_a_code_hook_tells_what_was_understood() -> None:
    """The best interpretation is the intent of the session; slots to fill are null and not among the resolved."""
    event = lex_code_hook("Order", input_transcript="A large one", slots={"Size": "large", "Drink": None})
    assert event["sessionState"]["intent"] == event["interpretations"][0]["intent"]
    assert event["sessionState"]["intent"]["slots"]["Drink"] is None
    assert event["sessionState"]["intent"]["slots"]["Size"]["value"]["interpretedValue"] == "large"
    assert set(event["transcriptions"][0]["resolvedSlots"]) == {"Size"}
    assert event["inputTranscript"] == event["transcriptions"][0]["transcription"] == "A large one"


@pytest.mark.parametrize(
    "source, state", [("DialogCodeHook", "InProgress"), ("FulfillmentCodeHook", "ReadyForFulfillment")]
)
def test_the_hook_decides_the_state_of_the_intent(source: str, state: str) -> None:
    """Fulfilment begins when the intent is ready for it."""
    event = lex_code_hook("Order", invocation_source=source)
    assert (event["invocationSource"], event["sessionState"]["intent"]["state"]) == (source, state)


def test_a_dialog_proposes_to_ask_for_what_is_missing() -> None:
    """The first slot to fill; nothing when all are filled, or when the dialog is over."""
    slots = {"Size": "large", "Drink": None, "Sauce": None}
    proposed = lex_code_hook("Order", slots=slots)["proposedNextState"]
    assert proposed["dialogAction"] == {"type": "ElicitSlot", "slotToElicit": "Drink"}
    assert proposed["intent"]["name"] == "Order"
    assert "proposedNextState" not in lex_code_hook("Order", slots={"Size": "large"})
    assert "proposedNextState" not in lex_code_hook("Order", slots=slots, invocation_source="FulfillmentCodeHook")


@pytest.mark.parametrize("wrong", [{"invocation_source": "Hook"}, {"state": "Done"}, {"input_mode": "Smoke"}])
def test_words_that_lex_has_not_are_refused(wrong: dict[str, str]) -> None:
    """The error lists those that it has."""
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        lex_code_hook("Order", **wrong)  # type: ignore[arg-type]


def test_an_intent_of_alexa() -> None:
    """A slot that was not spoken has no value; the time has whole seconds."""
    at = dt.datetime(2026, 5, 4, 3, 2, 1, 987654, tzinfo=dt.timezone.utc)
    event = alexa_intent("Order", slots={"Size": "large", "Drink": None}, session_attributes={"a": 1}, at=at)
    request = event["request"]
    assert (request["type"], request["intent"]["name"], request["timestamp"]) == (
        "IntentRequest", "Order", "2026-05-04T03:02:01Z"
    )  # fmt: skip
    assert request["intent"]["slots"]["Size"]["value"] == "large"
    assert "value" not in request["intent"]["slots"]["Drink"]
    assert event["session"]["attributes"] == {"a": 1}
    assert event["session"]["application"] == event["context"]["System"]["application"]


def test_a_session_of_alexa_begins_and_ends() -> None:
    """A launch is of a new session, an end is not, and has a reason."""
    launch, end = alexa_launch(locale="de-DE"), alexa_session_ended("ERROR")
    assert (launch["request"]["type"], launch["session"]["new"], launch["request"]["locale"]) == (
        "LaunchRequest", True, "de-DE"
    )  # fmt: skip
    assert (end["request"]["type"], end["session"]["new"], end["request"]["reason"]) == (
        "SessionEndedRequest", False, "ERROR"
    )  # fmt: skip


def test_a_reason_that_alexa_has_not_is_refused() -> None:
    """There are three."""
    with pytest.raises(ConfigError, match="EXCEEDED_MAX_REPROMPTS"):
        alexa_session_ended("BORED")


def test_the_data_class_reads_a_contact() -> None:
    """A call has phone numbers; attributes and parameters are as the flow gave them."""
    event = ConnectContactFlowEvent(connect_contact_flow(parameters={"a": "b"}, attributes={"c": "d"}))
    contact = event.contact_data
    assert (event.parameters, contact.attributes) == ({"a": "b"}, {"c": "d"})
    assert contact.channel is ConnectContactFlowChannel.VOICE
    assert contact.initiation_method is ConnectContactFlowInitiationMethod.INBOUND
    assert contact.customer_endpoint is not None
    assert contact.customer_endpoint.address == "+15550100"
    assert contact.queue is None


def test_only_a_call_has_phone_numbers() -> None:
    """A chat has no endpoints."""
    contact = ConnectContactFlowEvent(connect_contact_flow(channel="CHAT")).contact_data
    assert (contact.customer_endpoint, contact.system_endpoint) == (None, None)


def test_channels_and_initiations_are_connects() -> None:
    """They are those of the API, and no others are taken."""
    assert set(CHANNELS) == set(shape("connect", "Channel").enum)
    assert set(INITIATION_METHODS) == set(shape("connect", "ContactInitiationMethod").enum)
    with pytest.raises(ConfigError, match="channel is"):
        connect_contact_flow(channel="FAX")
    with pytest.raises(ConfigError, match="parameters is"):
        connect_contact_flow(parameters={"a": 1})  # type: ignore[dict-item]
