"""What a Cognito user pool sends to the functions that are its triggers. (EVT-9, SYNC-35)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    base64_text,
    choice,
    epoch,
    finished,
    identifiers,
    resource_hex,
    resource_uuid,
    strings,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import REGION

_CODE_SOURCES = (
    "SignUp AdminCreateUser ResendCode ForgotPassword UpdateUserAttribute VerifyUserAttribute Authentication"
)
_TOKEN_SOURCES = "HostedAuth Authentication NewPasswordChallenge AuthenticateDevice RefreshTokens"

# The triggers, and what each is called for: with a `_` between, the trigger sources that events name.
_SOURCES = {
    "PreSignUp": "SignUp AdminCreateUser ExternalProvider",
    "PostConfirmation": "ConfirmSignUp ConfirmForgotPassword",
    "PreAuthentication": "Authentication",
    "PostAuthentication": "Authentication",
    "DefineAuthChallenge": "Authentication",
    "CreateAuthChallenge": "Authentication",
    "VerifyAuthChallengeResponse": "Authentication",
    "TokenGeneration": f"{_TOKEN_SOURCES} ClientCredentials",
    "UserMigration": "Authentication ForgotPassword",
    "CustomMessage": _CODE_SOURCES,
    "CustomEmailSender": f"{_CODE_SOURCES} AccountTakeOverNotification",
    "CustomSMSSender": _CODE_SOURCES,
}
TRIGGER_SOURCES = tuple(f"{trigger}_{occasion}" for trigger, for_ in _SOURCES.items() for occasion in for_.split())

# The members of `request` beside the user's attributes, and those of `response`, which the function fills.
_REQUESTS: dict[str, Event] = {
    "PreSignUp": {"validationData": None},
    "PreAuthentication": {"validationData": None, "userNotFound": False},
    "PostAuthentication": {"newDeviceUsed": False},
    "DefineAuthChallenge": {"session": [], "userNotFound": False},
    "CreateAuthChallenge": {"challengeName": "CUSTOM_CHALLENGE", "session": [], "userNotFound": False},
    "VerifyAuthChallengeResponse": {
        "privateChallengeParameters": {"answer": "answer"},
        "challengeAnswer": "answer",
        "userNotFound": False,
    },
    "TokenGeneration": {
        "groupConfiguration": {"groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": None},
    },
    "UserMigration": {"validationData": None},
    "CustomMessage": {"codeParameter": "{####}", "linkParameter": "{##Click Here##}", "usernameParameter": None},
    "CustomEmailSender": {"type": "customEmailSenderRequestV1"},
    "CustomSMSSender": {"type": "customSMSSenderRequestV1"},
}
_RESPONSES: dict[str, Event] = {
    "PreSignUp": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    "DefineAuthChallenge": dict.fromkeys(("challengeName", "issueTokens", "failAuthentication")),
    "CreateAuthChallenge": dict.fromkeys(
        ("publicChallengeParameters", "privateChallengeParameters", "challengeMetadata")
    ),
    "VerifyAuthChallengeResponse": {"answerCorrect": False},
    "UserMigration": dict.fromkeys(
        (
            "userAttributes",
            "finalUserStatus",
            "messageAction",
            "desiredDeliveryMediums",
            "forceAliasCreation",
            "enableSMSMFA",
        )
    ),
    "CustomMessage": dict.fromkeys(("smsMessage", "emailMessage", "emailSubject")),
}


def cognito_trigger(
    trigger_source: str,
    *,
    user_name: str = "user",
    user_attributes: Mapping[str, str] | None = None,
    client_metadata: Mapping[str, str] | None = None,
    version: str = "1",
    user_pool_id: str | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """What a user pool asks of a trigger, with the `response` that the function is to fill. (EVT-9)

    `trigger_source` is one of `TRIGGER_SOURCES`. `user_attributes` are added to the user's own. `version` 2 and 3 are
    of the trigger before token generation, which then gets `scopes`; client credentials need 3. The rest of `request`
    is set by overrides: `{"request": {"challengeAnswer": "42"}}`. The event tells no time. Raises ConfigError for a
    trigger source that Cognito has not, a version that the trigger has not, an attribute that is no string.
    """
    where, ids = "cognito_trigger", identifiers(ids)
    epoch(at)
    trigger = choice(where, "trigger_source", trigger_source, TRIGGER_SOURCES).split("_")[0]
    _check_version(trigger_source, version)
    request: Event = {}
    if trigger != "UserMigration":
        request["userAttributes"] = _attributes(trigger, text(where, "user_name", user_name))
        request["userAttributes"] |= strings(where, "user_attributes", user_attributes)
    request |= _REQUESTS.get(trigger, {}) | _of_the_source(trigger_source, version, ids)
    if client_metadata is not None:
        request["clientMetadata"] = strings(where, "client_metadata", client_metadata)
    event = {
        "version": version,
        "triggerSource": trigger_source,
        "region": REGION,
        "userPoolId": user_pool_id or f"{REGION}_{resource_hex('user pool', 9)}",
        "userName": user_name,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": resource_hex("user pool client", 26)},
        "request": request,
        "response": _response(trigger, version),
    }
    return finished(event, overrides)


def _attributes(trigger: str, user_name: str) -> dict[str, str]:
    """A user has an id and a status once signed up."""
    email = {"email": f"{user_name}@example.com"}
    if trigger == "PreSignUp":
        return email
    return {
        "sub": resource_uuid(f"user {user_name}"),
        "cognito:user_status": "CONFIRMED",
        "email_verified": "true",
        **email,
    }


def _of_the_source(trigger_source: str, version: str, ids: Identifiers) -> Event:
    """Members of a request that not every source of the trigger has."""
    if trigger_source == "UserMigration_Authentication":
        return {"password": "password"}
    if trigger_source == "CustomMessage_AdminCreateUser":
        return {"usernameParameter": "{username}"}
    if trigger_source.startswith(("CustomEmailSender", "CustomSMSSender")):
        return {"code": base64_text(ids.hex("encrypted code", 96))}
    if trigger_source.startswith("TokenGeneration") and version != "1":
        return {"scopes": ["aws.cognito.signin.user.admin"]}
    return {}


def _response(trigger: str, version: str) -> Event:
    if trigger == "TokenGeneration":
        return {"claimsOverrideDetails" if version == "1" else "claimsAndScopeOverrideDetails": None}
    return _RESPONSES.get(trigger, {})


def _check_version(trigger_source: str, version: str) -> None:
    if trigger_source == "TokenGeneration_ClientCredentials":
        versions: tuple[str, ...] = ("3",)
    else:
        versions = ("1", "2", "3") if trigger_source.startswith("TokenGeneration") else ("1",)
    if version not in versions:
        raise ConfigError(
            f"cognito_trigger: version is {version!r}, and must be one of: {', '.join(versions)}.\n\n"
            "Only the trigger before token generation has versions above 1, and client credentials came with version 3."
        )
