"""Powertools' parser models and data classes, all of them: each reads an event of ours, or says here why there is none."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest
from aws_lambda_powertools.utilities import data_classes
from aws_lambda_powertools.utilities.data_classes.common import DictWrapper
from aws_lambda_powertools.utilities.parser import models
from pydantic import BaseModel, ValidationError

from pytest_lambda_modes import events

Event = dict[str, Any]
Build = Callable[[], Event]


def of_cognito(trigger_source: str) -> Build:
    return lambda: events.cognito_trigger(trigger_source)


def of_cloudformation(request_type: str) -> Build:
    return lambda: events.cloudformation_custom_resource(request_type)


MODELS: dict[str, Build] = {
    "APIGatewayProxyEventModel": lambda: events.rest_api_request("GET", "/orders"),
    "APIGatewayProxyEventV2Model": lambda: events.http_api_request("GET", "/orders"),
    "APIGatewayWebSocketConnectEventModel": events.websocket_connect,
    "APIGatewayWebSocketDisconnectEventModel": events.websocket_disconnect,
    "APIGatewayWebSocketMessageEventModel": lambda: events.websocket_message("hello"),
    "AlbModel": lambda: events.alb_request("GET", "/orders"),
    "AppSyncResolverEventModel": lambda: events.appsync_resolver("order"),
    "CloudFormationCustomResourceCreateModel": of_cloudformation("Create"),
    "CloudFormationCustomResourceDeleteModel": of_cloudformation("Delete"),
    "CloudFormationCustomResourceUpdateModel": of_cloudformation("Update"),
    "CloudWatchLogsModel": lambda: events.cloudwatch_log_events(["a line"]),
    "CognitoCreateAuthChallengeTriggerModel": of_cognito("CreateAuthChallenge_Authentication"),
    "CognitoCustomEmailSenderTriggerModel": of_cognito("CustomEmailSender_SignUp"),
    "CognitoCustomMessageTriggerModel": of_cognito("CustomMessage_SignUp"),
    "CognitoCustomSMSSenderTriggerModel": of_cognito("CustomSMSSender_SignUp"),
    "CognitoDefineAuthChallengeTriggerModel": of_cognito("DefineAuthChallenge_Authentication"),
    "CognitoMigrateUserTriggerModel": of_cognito("UserMigration_Authentication"),
    "CognitoPostAuthenticationTriggerModel": of_cognito("PostAuthentication_Authentication"),
    "CognitoPostConfirmationTriggerModel": of_cognito("PostConfirmation_ConfirmSignUp"),
    "CognitoPreAuthenticationTriggerModel": of_cognito("PreAuthentication_Authentication"),
    "CognitoPreSignupTriggerModel": of_cognito("PreSignUp_SignUp"),
    "CognitoPreTokenGenerationTriggerModelV1": of_cognito("TokenGeneration_HostedAuth"),
    "CognitoVerifyAuthChallengeTriggerModel": of_cognito("VerifyAuthChallengeResponse_Authentication"),
    "EventBridgeModel": lambda: events.eventbridge_event(source="shop", detail_type="Order Placed"),
    "KafkaMskEventModel": lambda: events.kafka_records(["value"]),
    "KafkaSelfManagedEventModel": lambda: events.kafka_records(["value"], self_managed=True),
    "KinesisFirehoseModel": lambda: events.firehose_transformation(["record"]),
    "LambdaFunctionUrlModel": lambda: events.function_url_request("GET"),
    "S3BatchOperationModel": lambda: events.s3_batch_task("bucket", "key"),
    "S3Model": lambda: events.s3_notification("ObjectCreated:Put", "bucket", "key"),
    "S3ObjectLambdaEvent": lambda: events.s3_object_lambda_get("key"),
    "SesModel": events.ses_email_received,
    "SnsModel": lambda: events.sns_notification("hello"),
}
# Those that only a whole world sends are read where it is built.
IN_A_WORLD = {
    "DynamoDBStreamLambdaOnFailureDestinationModel": "tests/modes/test_stream_failure_record.py",
    "DynamoDBStreamModel": "tests/modes/test_stream_powertools.py",
    "KinesisDataStreamModel": "tests/modes/test_stream_powertools.py",
    "S3EventNotificationEventBridgeModel": "tests/harness/test_fan_out.py",
    "S3SqsEventNotificationModel": "tests/harness/test_fan_out.py",
    "SnsNotificationModel": "tests/harness/test_fan_out.py",
    "SqsModel": "tests/modes/test_sqs_powertools.py",
}
NO_EVENT = {
    "ApiGatewayAuthorizerRequest": "authorizers do not run (SYNC-30)",
    "ApiGatewayAuthorizerRequestV2": "authorizers do not run (SYNC-30)",
    "ApiGatewayAuthorizerToken": "authorizers do not run (SYNC-30)",
    "AppSyncEventsModel": "of AppSync there are resolvers alone (SYNC-42)",
    "BedrockAgentEventModel": "Bedrock agents are not simulated",
    "BedrockAgentFunctionEventModel": "Bedrock agents are not simulated",
    "CognitoPreTokenGenerationTriggerModelV2AndV3": "it wants scopes as an object; Cognito sends a list",
    "KinesisFirehoseSqsModel": "its data is what another function has put, not what Firehose makes",
    "TransferFamilyAuthorizer": "Transfer Family is not simulated",
    "VpcLatticeModel": "VPC Lattice is not simulated (SYNC-42)",
    "VpcLatticeV2Model": "VPC Lattice is not simulated (SYNC-42)",
}
# Powertools' data classes of whole events, as they are named in `data_classes` or its modules.
DATA_CLASSES: dict[str, Build] = {
    "ALBEvent": MODELS["AlbModel"],
    "APIGatewayProxyEvent": MODELS["APIGatewayProxyEventModel"],
    "APIGatewayProxyEventV2": MODELS["APIGatewayProxyEventV2Model"],
    "APIGatewayWebSocketEvent": MODELS["APIGatewayWebSocketMessageEventModel"],
    "AWSConfigRuleEvent": lambda: events.config_rule_change("AWS::EC2::Instance", "i-0123"),
    "ActiveMQEvent": lambda: events.activemq_messages(["message"]),
    "AppSyncResolverEvent": MODELS["AppSyncResolverEventModel"],
    "CloudFormationCustomResourceEvent": of_cloudformation("Create"),
    "CloudWatchLogsEvent": MODELS["CloudWatchLogsModel"],
    "CodePipelineJobEvent": lambda: events.codepipeline_job(input_artifacts=["source"]),
    "ConnectContactFlowEvent": events.connect_contact_flow,
    "CreateAuthChallengeTriggerEvent": of_cognito("CreateAuthChallenge_Authentication"),
    "CustomEmailSenderTriggerEvent": of_cognito("CustomEmailSender_SignUp"),
    "CustomMessageTriggerEvent": of_cognito("CustomMessage_SignUp"),
    "CustomSMSSenderTriggerEvent": of_cognito("CustomSMSSender_SignUp"),
    "DefineAuthChallengeTriggerEvent": of_cognito("DefineAuthChallenge_Authentication"),
    "EventBridgeEvent": MODELS["EventBridgeModel"],
    "KafkaEvent": MODELS["KafkaMskEventModel"],
    "KinesisFirehoseEvent": MODELS["KinesisFirehoseModel"],
    "LambdaFunctionUrlEvent": MODELS["LambdaFunctionUrlModel"],
    "PostAuthenticationTriggerEvent": of_cognito("PostAuthentication_Authentication"),
    "PostConfirmationTriggerEvent": of_cognito("PostConfirmation_ConfirmSignUp"),
    "PreAuthenticationTriggerEvent": of_cognito("PreAuthentication_Authentication"),
    "PreSignUpTriggerEvent": of_cognito("PreSignUp_SignUp"),
    "PreTokenGenerationTriggerEvent": of_cognito("TokenGeneration_HostedAuth"),
    "PreTokenGenerationV2TriggerEvent": lambda: events.cognito_trigger("TokenGeneration_HostedAuth", version="2"),
    "RabbitMQEvent": lambda: events.rabbitmq_messages(["message"]),
    "S3BatchOperationEvent": MODELS["S3BatchOperationModel"],
    "S3Event": MODELS["S3Model"],
    "S3ObjectLambdaEvent": MODELS["S3ObjectLambdaEvent"],
    "SESEvent": MODELS["SesModel"],
    "SNSEvent": MODELS["SnsModel"],
    "SecretsManagerEvent": events.secrets_manager_rotation,
    "UserMigrationTriggerEvent": of_cognito("UserMigration_Authentication"),
    "VerifyAuthChallengeResponseTriggerEvent": of_cognito("VerifyAuthChallengeResponse_Authentication"),
}
DATA_CLASSES_IN_A_WORLD = {
    "DynamoDBStreamEvent": "tests/modes/test_stream_powertools.py",
    "KinesisStreamEvent": "tests/modes/test_stream_powertools.py",
    "S3EventBridgeNotificationEvent": "tests/harness/test_fan_out.py",
    "SQSEvent": "tests/modes/test_sqs_powertools.py",
}
NO_DATA_CLASS_EVENT = {
    "APIGatewayAuthorizerEventV2", "APIGatewayAuthorizerRequestEvent", "APIGatewayAuthorizerTokenEvent",
    "AppSyncAuthorizerEvent", "AppSyncResolverEventsEvent", "BedrockAgentEvent", "BedrockAgentFunctionEvent",
    "CloudWatchAlarmEvent", "CloudWatchDashboardCustomWidgetEvent", "CodeDeployLifecycleHookEvent",
    "IoTCoreAddOrDeleteFromThingGroupEvent", "IoTCoreAddOrRemoveFromThingGroupEvent", "IoTCoreThingEvent",
    "IoTCoreThingGroupEvent", "IoTCoreThingTypeAssociationEvent", "IoTCoreThingTypeEvent", "TransferFamilyAuthorizer",
    "VPCLatticeEvent", "VPCLatticeEventV2",
}  # fmt: skip


def parts_of(annotation: object) -> Iterator[type[BaseModel]]:
    """The models that a field may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from parts_of(argument)


def models_of_whole_events() -> set[str]:
    """The models of Powertools that are neither part nor base of another one."""
    offered: dict[str, Any] = {name: getattr(models, name) for name in models.__all__}
    classes = [each for each in offered.values() if isinstance(each, type)]
    inner = {part for each in classes for field in each.model_fields.values() for part in parts_of(field.annotation)}
    inner |= {base for each in classes for base in each.__mro__[1:]}
    return {name for name, each in offered.items() if each not in inner}


def data_classes_of_whole_events() -> dict[str, Any]:
    """By their names, which end in Event."""
    found: dict[str, Any] = {}
    for module_info in pkgutil.iter_modules(data_classes.__path__):
        module = importlib.import_module(f"{data_classes.__name__}.{module_info.name}")
        for name, each in inspect.getmembers(module, inspect.isclass):
            is_whole = name.endswith(("Event", "EventV2", "TransferFamilyAuthorizer")) and not name.startswith("Base")
            if is_whole and issubclass(each, DictWrapper) and each.__module__ == module.__name__:
                found[name] = each
    del found["CloudWatchLogsLogEvent"]  # a line of one
    return found


def test_every_model_is_accounted_for() -> None:
    """A model that a later Powertools adds is added here, with its event or with why there is none."""
    assert models_of_whole_events() <= MODELS.keys() | IN_A_WORLD.keys() | NO_EVENT.keys()


def test_every_data_class_is_accounted_for() -> None:
    """As with models."""
    known = DATA_CLASSES.keys() | DATA_CLASSES_IN_A_WORLD.keys() | NO_DATA_CLASS_EVENT
    assert data_classes_of_whole_events().keys() == known


@pytest.mark.parametrize("where", sorted({*IN_A_WORLD.items(), *DATA_CLASSES_IN_A_WORLD.items()}))
def test_a_file_reads_what_only_a_world_sends(where: tuple[str, str], pytestconfig: pytest.Config) -> None:
    """It names the model or the data class."""
    name, path = where
    assert name in (pytestconfig.rootpath / path).read_text(encoding="utf-8")


@pytest.mark.rule("EVT-9")
@pytest.mark.parametrize("name", MODELS)
def test_a_model_reads_the_event(name: str) -> None:
    """As it is built, and as it comes out of JSON."""
    model: Any = getattr(models, name)
    event = MODELS[name]()
    assert model.model_validate(event) == model.model_validate_json(json.dumps(event))


@pytest.mark.rule("EVT-9")
@pytest.mark.parametrize("name", DATA_CLASSES)
def test_every_property_of_a_data_class_can_be_read(name: str) -> None:
    """None fails for a member that is not there, down to the last one."""
    seen = list(read(data_classes_of_whole_events()[name](DATA_CLASSES[name]())))
    assert seen


# Properties of what such an event has only now and then, or never.
ABSENT = {
    "APIGatewayProxyEvent": ("version",),  # of HTTP APIs with the payload format 1.0
    "ActiveMQMessage": ("connection_id",),  # AWS documents correlationId in its place (MQ-1)
    "ConnectContactFlowMediaStreamCustomer": ("audio",),  # null without a media stream
    "S3ObjectUserIdentity": ("user_name",),  # of users, while this caller has assumed a role
}


def read(wrapper: DictWrapper) -> Iterator[object]:
    """The values of all properties, of those that are wrappers too, and of lists of them."""
    for name, member in inspect.getmembers(type(wrapper), lambda each: isinstance(each, property)):
        if name.startswith("_") or name in ABSENT.get(type(wrapper).__name__, ()):
            continue
        value = member.__get__(wrapper)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, DictWrapper):
                yield from read(each)
        yield value


def test_the_scopes_of_token_generation_are_a_list() -> None:
    """Powertools' model of versions 2 and 3 takes none; the day it does, its reason above goes."""
    event = events.cognito_trigger("TokenGeneration_HostedAuth", version="2")
    with pytest.raises(ValidationError, match="request.scopes"):
        models.CognitoPreTokenGenerationTriggerModelV2AndV3.model_validate(event)
