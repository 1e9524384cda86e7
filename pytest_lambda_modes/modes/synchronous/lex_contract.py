"""What Lex V2 makes of the function of a bot's code hooks. Pure. (SYNC-42)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any

from pytest_lambda_modes.events.lex import INTENT_STATES
from pytest_lambda_modes.modes.synchronous.service_answer import AnswerError, ServiceAnswer, Try
from pytest_lambda_modes.modes.synchronous.service_tries import CallPolicy
from pytest_lambda_modes.units import SECOND

POLICY = CallPolicy("Lex", "SYNC-42", within=30 * SECOND)

DIALOG_ACTIONS = ("Close", "ConfirmIntent", "Delegate", "ElicitIntent", "ElicitSlot")
CONTENT_TYPES = ("CustomPayload", "ImageResponseCard", "PlainText", "SSML")


class LexAnswer(ServiceAnswer):
    """What the client of RecognizeText sees. `error.code` is the name of Lex's exception."""

    service = "Lex"
    rule = "SYNC-42"
    __slots__ = ()

    @property
    def session_state(self) -> dict[str, Any]:
        """The session state that the function returned; empty after a failure."""
        return {} if self.failed else dict(self.response["sessionState"])

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages for the user; empty after a failure."""
        return [] if self.failed else list(self.response.get("messages") or [])


def answer(event: Mapping[str, Any], tries: Sequence[Try]) -> LexAnswer:
    """What comes of a code hook's try."""
    last = tries[-1]
    if last.outcome == "success":
        return LexAnswer(tries, _invalid(event, last.response))
    if last.outcome == "service_error":
        return LexAnswer(tries, AnswerError("BadGatewayException", last.reason, f"{last.reason} (SYNC-42)"))
    seen = "Invalid Lambda Response: Received error response from Lambda: Unhandled" if last.error else last.reason
    return LexAnswer(tries, AnswerError("DependencyFailedException", seen, f"{last.reason} (SYNC-42)"))


def _invalid(event: Mapping[str, Any], returned: Any) -> AnswerError | None:
    reason = _wrong(event, returned)
    if reason is None:
        return None
    return AnswerError("DependencyFailedException", f"Invalid Lambda Response: {reason}", f"{reason} (SYNC-42)")


def _wrong(event: Mapping[str, Any], returned: Any) -> str | None:
    """What is wrong with what the function returned, if anything."""
    state = returned.get("sessionState") if isinstance(returned, dict) else None
    if not isinstance(state, dict):
        return "the function must return an object with an object sessionState"
    action, intent = state.get("dialogAction"), state.get("intent")
    return _wrong_action(action) or _wrong_intent(intent) or _wrong_messages(returned, action) or _idle(event, state)


def _wrong_action(action: Any) -> str | None:
    if action is None:
        return None
    if not isinstance(action, dict) or action.get("type") not in DIALOG_ACTIONS:
        return f"sessionState.dialogAction.type must be one of: {', '.join(DIALOG_ACTIONS)}"
    if action["type"] == "ElicitSlot" and not isinstance(action.get("slotToElicit"), str):
        return "ElicitSlot needs a slotToElicit"
    return None


def _wrong_intent(intent: Any) -> str | None:
    if intent is None:
        return None
    if not isinstance(intent, dict) or not isinstance(intent.get("name"), str):
        return "sessionState.intent must be an object with a name"
    if not isinstance(intent.get("slots"), (dict, NoneType)):
        return "sessionState.intent.slots must be an object"
    if intent.get("state") is not None and intent["state"] not in INTENT_STATES:
        return f"sessionState.intent.state must be one of: {', '.join(INTENT_STATES)}"
    return None


def _wrong_messages(returned: Mapping[str, Any], action: Any) -> str | None:
    messages = returned.get("messages")
    if messages is None:
        if action is not None and action["type"] == "ElicitIntent":
            return "ElicitIntent needs messages"
        return None
    if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
        return "messages must be a list of objects"
    if any(each.get("contentType") not in CONTENT_TYPES for each in messages):
        return f"the contentType of a message must be one of: {', '.join(CONTENT_TYPES)}"
    return None


def _idle(event: Mapping[str, Any], state: Mapping[str, Any]) -> str | None:
    """A fulfillment that delegates must have removed a slot's value, or the bot would come back to it for ever."""
    action = state.get("dialogAction") or {}
    if event["invocationSource"] != "FulfillmentCodeHook" or action.get("type") != "Delegate":
        return None
    before = _filled(event["sessionState"])
    if before <= _filled(state):
        return "a FulfillmentCodeHook that returns Delegate must remove a slot's value"
    return None


def _filled(state: Mapping[str, Any]) -> set[str]:
    slots = (state.get("intent") or {}).get("slots") or {}
    return {name for name, slot in slots.items() if slot is not None}
