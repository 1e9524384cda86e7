"""What Alexa makes of a skill's function. Pure. (SYNC-42)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any

from pytest_lambda_modes.modes.synchronous.service_answer import AnswerError, ServiceAnswer, Try
from pytest_lambda_modes.modes.synchronous.service_tries import CallPolicy
from pytest_lambda_modes.units import SECOND

POLICY = CallPolicy("Alexa", "SYNC-42", within=8 * SECOND)

SPEECH_CHARACTERS = 8_000
_SPEECH = {"PlainText": "text", "SSML": "ssml"}
_NO_RESPONSE = "An exception occurred while dispatching the request to the skill."


class AlexaAnswer(ServiceAnswer):
    """What the user of a skill hears. After a failure `error.code` is the error type of the SessionEndedRequest."""

    service = "Alexa"
    rule = "SYNC-42"
    __slots__ = ("_heard",)

    def __init__(self, tries: Sequence[Try], error: AnswerError | None = None, heard: Any = None) -> None:
        super().__init__(tries, error)
        self._heard: dict[str, Any] = heard or {}

    @property
    def speech(self) -> str | None:
        """What Alexa says: the plain text, or the SSML. None for silence, and after a failure."""
        speech = self._response.get("outputSpeech") or {}
        return speech[_SPEECH[speech["type"]]] if speech else None

    @property
    def should_end_session(self) -> bool | None:
        """As the skill answered it; None where it left that open."""
        ends: bool | None = self._response.get("shouldEndSession")
        return ends

    @property
    def session_attributes(self) -> dict[str, Any]:
        """What the next request of the session brings along."""
        return dict(self._heard.get("sessionAttributes") or {})

    @property
    def _response(self) -> dict[str, Any]:
        response: dict[str, Any] = self._heard.get("response") or {}
        return response


def answer(event: Mapping[str, Any], tries: Sequence[Try]) -> AlexaAnswer:
    """What comes of a request's try. Alexa does not listen to the answer to a SessionEndedRequest."""
    last = tries[-1]
    if last.outcome == "gave_up":
        return AlexaAnswer(tries, AnswerError("ENDPOINT_TIMEOUT", _NO_RESPONSE, f"{last.reason} (SYNC-42)"))
    if last.outcome != "success":
        return AlexaAnswer(tries, AnswerError("INVALID_RESPONSE", _NO_RESPONSE, f"{last.reason} (SYNC-42)"))
    if event["request"]["type"] == "SessionEndedRequest":
        return AlexaAnswer(tries)
    reason = _wrong(last.response)
    if reason is None:
        return AlexaAnswer(tries, heard=last.response)
    return AlexaAnswer(tries, AnswerError("INVALID_RESPONSE", reason, f"{reason} (SYNC-42)"))


def _wrong(returned: Any) -> str | None:
    """What is wrong with what the function returned, if anything."""
    if not isinstance(returned, dict):
        return "the function must return an object"
    if not isinstance(returned.get("version"), str):
        return 'the response needs a version, "1.0"'
    response = returned.get("response")
    if not isinstance(response, dict):
        return "the response needs an object response"
    if not isinstance(returned.get("sessionAttributes"), (dict, NoneType)):
        return "sessionAttributes must be an object"
    if not isinstance(response.get("shouldEndSession"), (bool, NoneType)):
        return "shouldEndSession must be true, false or null"
    if not isinstance(response.get("directives"), (list, NoneType)):
        return "directives must be a list"
    reprompt = response.get("reprompt")
    if not isinstance(reprompt, (dict, NoneType)):
        return "reprompt must be an object"
    return _wrong_speech(response.get("outputSpeech")) or _wrong_speech((reprompt or {}).get("outputSpeech"))


def _wrong_speech(speech: Any) -> str | None:
    if speech is None:
        return None
    if not isinstance(speech, dict) or speech.get("type") not in tuple(_SPEECH):
        return f"the type of outputSpeech must be one of: {', '.join(_SPEECH)}"
    text = speech.get(_SPEECH[speech["type"]])
    if not isinstance(text, str):
        return f"outputSpeech of the type {speech['type']} needs a string {_SPEECH[speech['type']]}"
    if len(text) > SPEECH_CHARACTERS:
        return f"outputSpeech may have {SPEECH_CHARACTERS} characters, and has {len(text)}"
    return None
