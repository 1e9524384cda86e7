"""Events of Cognito user pools. Powertools' parser models and data classes are the oracle."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import cognito_user_pool_event as data_classes
from aws_lambda_powertools.utilities.parser.models import cognito as models

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import cognito_trigger
from pytest_lambda_modes.events.cognito import TRIGGER_SOURCES

MODELS = {
    "PreSignUp_SignUp": models.CognitoPreSignupTriggerModel,
    "PostConfirmation_ConfirmSignUp": models.CognitoPostConfirmationTriggerModel,
    "PreAuthentication_Authentication": models.CognitoPreAuthenticationTriggerModel,
    "PostAuthentication_Authentication": models.CognitoPostAuthenticationTriggerModel,
    "TokenGeneration_HostedAuth": models.CognitoPreTokenGenerationTriggerModelV1,
    "UserMigration_Authentication": models.CognitoMigrateUserTriggerModel,
    "CustomMessage_SignUp": models.CognitoCustomMessageTriggerModel,
    "CustomMessage_AdminCreateUser": models.CognitoCustomMessageTriggerModel,
    "CustomEmailSender_SignUp": models.CognitoCustomEmailSenderTriggerModel,
    "CustomSMSSender_SignUp": models.CognitoCustomSMSSenderTriggerModel,
    "DefineAuthChallenge_Authentication": models.CognitoDefineAuthChallengeTriggerModel,
    "CreateAuthChallenge_Authentication": models.CognitoCreateAuthChallengeTriggerModel,
    "VerifyAuthChallengeResponse_Authentication": models.CognitoVerifyAuthChallengeTriggerModel,
}


@pytest.mark.parametrize("trigger_source", MODELS)
def test_a_trigger_parses(trigger_source: str) -> None:
    """Powertools reads the event of each trigger, with the user and the client metadata."""
    event = cognito_trigger(trigger_source, user_name="ann", client_metadata={"from": "app"})
    model: Any = MODELS[trigger_source].model_validate(event)
    assert (model.userName, model.region, model.version) == ("ann", "us-east-1", "1")
    assert event["triggerSource"] == trigger_source
    assert event["request"]["clientMetadata"] == {"from": "app"}


@pytest.mark.parametrize("trigger_source", TRIGGER_SOURCES)
def test_every_trigger_source_has_a_request_and_a_response(trigger_source: str) -> None:
    """What is common to all is there, and the client's metadata only when there is some."""
    version = "3" if trigger_source.endswith("ClientCredentials") else "1"
    event = cognito_trigger(trigger_source, user_name="ann", version=version)
    assert set(event) == {
        "version", "triggerSource", "region", "userPoolId", "userName", "callerContext", "request", "response"
    }  # fmt: skip
    assert "clientMetadata" not in event["request"]
    assert ("userAttributes" in event["request"]) is not trigger_source.startswith("UserMigration")


@pytest.mark.parametrize(
    "trigger_source, request_members, response_members",
    [
        (
            "PreSignUp_AdminCreateUser",
            "userAttributes validationData",
            "autoConfirmUser autoVerifyEmail autoVerifyPhone",
        ),
        ("PostConfirmation_ConfirmForgotPassword", "userAttributes", ""),
        ("PreAuthentication_Authentication", "userAttributes validationData userNotFound", ""),
        ("PostAuthentication_Authentication", "userAttributes newDeviceUsed", ""),
        (
            "DefineAuthChallenge_Authentication",
            "userAttributes session userNotFound",
            "challengeName issueTokens failAuthentication",
        ),
        (
            "CreateAuthChallenge_Authentication",
            "userAttributes challengeName session userNotFound",
            "publicChallengeParameters privateChallengeParameters challengeMetadata",
        ),
        (
            "VerifyAuthChallengeResponse_Authentication",
            "userAttributes privateChallengeParameters challengeAnswer userNotFound",
            "answerCorrect",
        ),
        ("TokenGeneration_RefreshTokens", "userAttributes groupConfiguration", "claimsOverrideDetails"),
        (
            "UserMigration_ForgotPassword",
            "validationData",
            "userAttributes finalUserStatus messageAction desiredDeliveryMediums forceAliasCreation enableSMSMFA",
        ),
        (
            "CustomMessage_ResendCode",
            "userAttributes codeParameter linkParameter usernameParameter",
            "smsMessage emailMessage emailSubject",
        ),
        ("CustomEmailSender_AccountTakeOverNotification", "userAttributes type code", ""),
        ("CustomSMSSender_ForgotPassword", "userAttributes type code", ""),
    ],
)
def test_a_trigger_has_its_own_members(trigger_source: str, request_members: str, response_members: str) -> None:
    """Request and response have the members that the developer guide gives for the trigger."""
    event = cognito_trigger(trigger_source)
    assert set(event["request"]) == set(request_members.split())
    assert set(event["response"]) == set(response_members.split())


def test_the_data_class_fills_a_response() -> None:
    """A handler written with Powertools confirms a user."""
    event = data_classes.PreSignUpTriggerEvent(cognito_trigger("PreSignUp_SignUp", user_attributes={"locale": "de"}))
    assert event.request.user_attributes == {"email": "user@example.com", "locale": "de"}
    event.response.auto_confirm_user = True
    assert event.raw_event["response"]["autoConfirmUser"] is True


def test_a_challenge_is_verified() -> None:
    """The answer and what it is compared with are set by overrides."""
    overrides = {"request": {"challengeAnswer": "42", "privateChallengeParameters": {"answer": "41"}}}
    event = data_classes.VerifyAuthChallengeResponseTriggerEvent(
        cognito_trigger("VerifyAuthChallengeResponse_Authentication", overrides=overrides)
    )
    assert (event.request.challenge_answer, event.request.private_challenge_parameters) == ("42", {"answer": "41"})


def test_a_message_has_placeholders() -> None:
    """The name's placeholder is only in the invitation of a user whom an administrator made."""
    invitation = data_classes.CustomMessageTriggerEvent(cognito_trigger("CustomMessage_AdminCreateUser"))
    assert (invitation.request.code_parameter, invitation.request.username_parameter) == ("{####}", "{username}")
    resent = data_classes.CustomMessageTriggerEvent(cognito_trigger("CustomMessage_ResendCode"))
    assert resent.request.username_parameter is None


@pytest.mark.parametrize("version", ["2", "3"])
def test_later_versions_of_token_generation_have_scopes(version: str) -> None:
    """Their response has another name. Powertools' data class reads scopes as a list, as Cognito sends them."""
    event = cognito_trigger("TokenGeneration_Authentication", version=version)
    assert event["version"] == version
    assert data_classes.PreTokenGenerationV2TriggerEvent(event).request.scopes == ["aws.cognito.signin.user.admin"]
    assert set(event["response"]) == {"claimsAndScopeOverrideDetails"}


@pytest.mark.parametrize(
    "trigger_source, version",
    [("PreSignUp_SignUp", "2"), ("TokenGeneration_ClientCredentials", "2"), ("TokenGeneration_HostedAuth", "4")],
)
def test_a_version_that_a_trigger_has_not_is_refused(trigger_source: str, version: str) -> None:
    """Only token generation has later versions."""
    with pytest.raises(ConfigError, match="version is"):
        cognito_trigger(trigger_source, version=version)


@pytest.mark.parametrize("trigger_source", ["PreSignUp", "PreSignup_SignUp", "PreTokenGeneration_HostedAuth", None])
def test_an_unknown_trigger_is_refused(trigger_source: object) -> None:
    """The error lists those that Cognito has."""
    with pytest.raises(ConfigError, match="PreSignUp_SignUp, PreSignUp_AdminCreateUser"):
        cognito_trigger(trigger_source)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"user_attributes": {"email_verified": True}}, {"client_metadata": {"n": 1}}])
def test_attributes_and_metadata_are_strings(wrong: dict[str, Any]) -> None:
    """Cognito has no other type."""
    with pytest.raises(ConfigError, match="must be a mapping of strings to strings"):
        cognito_trigger("PostConfirmation_ConfirmSignUp", **wrong)


def test_a_user_has_a_name() -> None:
    """An empty name is refused."""
    with pytest.raises(ConfigError, match="user_name"):
        cognito_trigger("PostConfirmation_ConfirmSignUp", user_name="")
