"""What a Cognito user pool makes of its triggers. Pure. (SYNC-35)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_lambda_modes.modes.synchronous.service_answer import AnswerError, ServiceAnswer, Try
from pytest_lambda_modes.modes.synchronous.service_tries import TRANSIENT, CallPolicy, at_once
from pytest_lambda_modes.units import SECOND

POLICY = CallPolicy("Cognito", "SYNC-35", within=5 * SECOND, retry=at_once(2, TRANSIENT))

# The members of `response` that a user pool reads, by trigger. Each may be null.
_RESPONSES: Mapping[str, Mapping[str, type]] = {
    "PreSignUp": dict.fromkeys(("autoConfirmUser", "autoVerifyEmail", "autoVerifyPhone"), bool),
    "DefineAuthChallenge": {"challengeName": str, "issueTokens": bool, "failAuthentication": bool},
    "CreateAuthChallenge": {
        "publicChallengeParameters": dict,
        "privateChallengeParameters": dict,
        "challengeMetadata": str,
    },
    "VerifyAuthChallengeResponse": {"answerCorrect": bool},
    "TokenGeneration": {"claimsOverrideDetails": dict, "claimsAndScopeOverrideDetails": dict},
    "UserMigration": {
        "userAttributes": dict,
        "finalUserStatus": str,
        "messageAction": str,
        "desiredDeliveryMediums": list,
        "forceAliasCreation": bool,
        "enableSMSMFA": bool,
    },
    "CustomMessage": dict.fromkeys(("smsMessage", "emailMessage", "emailSubject"), str),
}
_WORDS = {bool: "true or false", str: "a string", dict: "an object", list: "a list"}


class CognitoAnswer(ServiceAnswer):
    """What the client of a user pool sees. `error.code` is the name of Cognito's exception.

    `response` is the event that the function returned, whose own `response` the user pool acts on.
    """

    service = "Cognito"
    rule = "SYNC-35"
    __slots__ = ()


def answer(event: Mapping[str, Any], tries: Sequence[Try]) -> CognitoAnswer:
    """What comes of these tries to run a trigger for an event."""
    last, trigger = tries[-1], event["triggerSource"].split("_")[0]
    name = "PreTokenGeneration" if trigger == "TokenGeneration" else trigger
    if last.outcome == "success":
        return CognitoAnswer(tries, _invalid(event, trigger, last.response))
    if last.error is not None:
        message = f"{name} failed with error {last.error.message}."
        return CognitoAnswer(tries, _error("UserLambdaValidationException", message, last.reason))
    cause = "Socket timeout while invoking Lambda function" if last.refused is None else last.refused.code
    message = f"{name} invocation failed due to error {cause}."
    return CognitoAnswer(tries, _error("UnexpectedLambdaException", message, last.reason))


def _invalid(event: Mapping[str, Any], trigger: str, returned: Any) -> AnswerError | None:
    """What is wrong with what a trigger returned, if anything."""
    if not isinstance(returned, dict):
        return _unrecognizable("the function must return the event, and returned no object")
    for member in ("version", "triggerSource"):
        if returned.get(member) != event[member]:
            return _unrecognizable(f"the function must return the event, and its {member} is not the event's")
    response = returned.get("response")
    if not isinstance(response, dict):
        return _unrecognizable("the event that the function returned has no object response")
    for member, kind in _RESPONSES.get(trigger, {}).items():
        value = response.get(member)
        if value is not None and not isinstance(value, kind):
            reason = f"response.{member} must be {_WORDS[kind]}"
            return _error("InvalidLambdaResponseException", "Invalid lambda function output : Invalid JSON", reason)
    return None


def _unrecognizable(reason: str) -> AnswerError:
    return _error("InvalidLambdaResponseException", "Unrecognizable lambda output", reason)


def _error(code: str, message: str, reason: str) -> AnswerError:
    return AnswerError(code, message, f"{reason} (SYNC-35)")
