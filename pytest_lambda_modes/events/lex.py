"""What Lex V2 sends to the function of a bot's code hooks. (EVT-9)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    choice,
    epoch,
    finished,
    identifiers,
    resource_hex,
    strings,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers

_HOOKS = ("DialogCodeHook", "FulfillmentCodeHook")
_MODES = ("Text", "Speech", "DTMF")
INTENT_STATES = ("InProgress", "ReadyForFulfillment", "Waiting", "Fulfilled", "FulfillmentInProgress", "Failed")


def lex_code_hook(
    intent: str,
    *,
    input_transcript: str = "Hello",
    slots: Mapping[str, str | None] | None = None,
    invocation_source: str = "DialogCodeHook",
    state: str | None = None,
    session_attributes: Mapping[str, str] | None = None,
    request_attributes: Mapping[str, str] | None = None,
    input_mode: str = "Text",
    bot: str = "bot",
    locale_id: str = "en_US",
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """An utterance that Lex V2 took for an intent. (EVT-9)

    `slots` are by their interpreted values, None for those still to fill. `invocation_source` is `DialogCodeHook` or
    `FulfillmentCodeHook`, which also decides the intent's `state` unless that is given. In a dialog the event proposes
    to ask for the first slot to fill. It tells no time. Raises ConfigError for words that Lex has not.
    """
    where, ids = "lex_code_hook", identifiers(ids)
    epoch(at)
    choice(where, "invocation_source", invocation_source, _HOOKS)
    state = state or ("InProgress" if invocation_source == "DialogCodeHook" else "ReadyForFulfillment")
    filled = {name: _slot(value) for name, value in (slots or {}).items()}
    the_intent = {
        "name": text(where, "intent", intent),
        "slots": filled,
        "state": choice(where, "state", state, INTENT_STATES),
        "confirmationState": "None",
    }
    fallback = {"name": "FallbackIntent", "slots": {}, "state": "InProgress", "confirmationState": "None"}
    event: Event = {
        "messageVersion": "1.0",
        "invocationSource": invocation_source,
        "inputMode": choice(where, "input_mode", input_mode, _MODES),
        "responseContentType": "text/plain; charset=utf-8",
        "sessionId": ids.uuid("lex session"),
        "inputTranscript": input_transcript,
        "bot": {
            "id": resource_hex(f"lex bot {bot}", 10).upper(),
            "name": bot,
            "aliasId": "TSTALIASID",
            "aliasName": "TestBotAlias",
            "localeId": locale_id,
            "version": "DRAFT",
        },
        "interpretations": [
            {"intent": the_intent, "interpretationSource": "Lex", "nluConfidence": 1.0},
            {"intent": fallback, "interpretationSource": "Lex"},
        ],
        "requestAttributes": strings(where, "request_attributes", request_attributes),
        "sessionState": {
            "activeContexts": [],
            "sessionAttributes": strings(where, "session_attributes", session_attributes),
            "intent": the_intent,
            "originatingRequestId": ids.uuid("lex request"),
        },
        "transcriptions": [
            {
                "transcription": input_transcript,
                "transcriptionConfidence": 1.0,
                "resolvedContext": {"intent": intent},
                "resolvedSlots": {name: slot for name, slot in filled.items() if slot is not None},
            }
        ],
    }
    unfilled = [name for name, slot in filled.items() if slot is None]
    if invocation_source == "DialogCodeHook" and unfilled:
        event["proposedNextState"] = _elicitation(the_intent, unfilled[0])
    return finished(event, overrides)


def _elicitation(intent: Event, slot: str) -> Event:
    """What the bot would do next if the function left it to it: ask for the first slot that is missing."""
    action = {"type": "ElicitSlot", "slotToElicit": slot}
    return {"dialogAction": action, "intent": intent, "prompt": {"attempt": "Initial"}}


def _slot(value: str | None) -> Event | None:
    if value is None:
        return None
    values = {"originalValue": value, "interpretedValue": value, "resolvedValues": [value]}
    return {"shape": "Scalar", "value": values}
