"""The events that functions receive, as Python dicts: one function for each event that a test may want.

All take `at` (an aware datetime; 2026-01-01T00:00:00Z), `ids` (where ids come from; the same ones each time) and
`overrides` (merged deeply into the event, into a list by index). Each loads its module when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_lambda_modes.events.activemq import activemq_messages as activemq_messages
    from pytest_lambda_modes.events.alb import alb_health_check as alb_health_check
    from pytest_lambda_modes.events.alb import alb_request as alb_request
    from pytest_lambda_modes.events.alexa import alexa_intent as alexa_intent
    from pytest_lambda_modes.events.alexa import alexa_launch as alexa_launch
    from pytest_lambda_modes.events.alexa import alexa_session_ended as alexa_session_ended
    from pytest_lambda_modes.events.api_gateway_http import http_api_request as http_api_request
    from pytest_lambda_modes.events.api_gateway_rest import rest_api_request as rest_api_request
    from pytest_lambda_modes.events.api_gateway_websocket import websocket_connect as websocket_connect
    from pytest_lambda_modes.events.api_gateway_websocket import websocket_disconnect as websocket_disconnect
    from pytest_lambda_modes.events.api_gateway_websocket import websocket_message as websocket_message
    from pytest_lambda_modes.events.appsync import appsync_resolver as appsync_resolver
    from pytest_lambda_modes.events.cloudformation import (
        cloudformation_custom_resource as cloudformation_custom_resource,
    )
    from pytest_lambda_modes.events.cloudwatch_logs import cloudwatch_log_events as cloudwatch_log_events
    from pytest_lambda_modes.events.codecommit import codecommit_reference_change as codecommit_reference_change
    from pytest_lambda_modes.events.codepipeline import codepipeline_job as codepipeline_job
    from pytest_lambda_modes.events.cognito import cognito_trigger as cognito_trigger
    from pytest_lambda_modes.events.config_rule import config_rule_change as config_rule_change
    from pytest_lambda_modes.events.config_rule import config_rule_schedule as config_rule_schedule
    from pytest_lambda_modes.events.connect import connect_contact_flow as connect_contact_flow
    from pytest_lambda_modes.events.documentdb import documentdb_changes as documentdb_changes
    from pytest_lambda_modes.events.eventbridge import eventbridge_event as eventbridge_event
    from pytest_lambda_modes.events.eventbridge import eventbridge_schedule as eventbridge_schedule
    from pytest_lambda_modes.events.firehose import firehose_transformation as firehose_transformation
    from pytest_lambda_modes.events.function_url import function_url_request as function_url_request
    from pytest_lambda_modes.events.iot import iot_message as iot_message
    from pytest_lambda_modes.events.kafka import kafka_records as kafka_records
    from pytest_lambda_modes.events.lambda_at_edge import edge_origin_request as edge_origin_request
    from pytest_lambda_modes.events.lambda_at_edge import edge_origin_response as edge_origin_response
    from pytest_lambda_modes.events.lambda_at_edge import edge_viewer_request as edge_viewer_request
    from pytest_lambda_modes.events.lambda_at_edge import edge_viewer_response as edge_viewer_response
    from pytest_lambda_modes.events.lex import lex_code_hook as lex_code_hook
    from pytest_lambda_modes.events.rabbitmq import rabbitmq_messages as rabbitmq_messages
    from pytest_lambda_modes.events.s3 import s3_notification as s3_notification
    from pytest_lambda_modes.events.s3 import s3_object_created as s3_object_created
    from pytest_lambda_modes.events.s3 import s3_object_removed as s3_object_removed
    from pytest_lambda_modes.events.s3 import s3_test_event as s3_test_event
    from pytest_lambda_modes.events.s3_batch import s3_batch_task as s3_batch_task
    from pytest_lambda_modes.events.s3_object_lambda import s3_object_lambda_get as s3_object_lambda_get
    from pytest_lambda_modes.events.scheduler import scheduler_invocation as scheduler_invocation
    from pytest_lambda_modes.events.secrets_manager import secrets_manager_rotation as secrets_manager_rotation
    from pytest_lambda_modes.events.ses import ses_email_received as ses_email_received
    from pytest_lambda_modes.events.sns import sns_notification as sns_notification
    from pytest_lambda_modes.events.step_functions import step_functions_task as step_functions_task

_BUILDERS = {
    "activemq": ("activemq_messages",),
    "alb": ("alb_health_check", "alb_request"),
    "alexa": ("alexa_intent", "alexa_launch", "alexa_session_ended"),
    "api_gateway_http": ("http_api_request",),
    "api_gateway_rest": ("rest_api_request",),
    "api_gateway_websocket": ("websocket_connect", "websocket_disconnect", "websocket_message"),
    "appsync": ("appsync_resolver",),
    "cloudformation": ("cloudformation_custom_resource",),
    "cloudwatch_logs": ("cloudwatch_log_events",),
    "codecommit": ("codecommit_reference_change",),
    "codepipeline": ("codepipeline_job",),
    "cognito": ("cognito_trigger",),
    "config_rule": ("config_rule_change", "config_rule_schedule"),
    "connect": ("connect_contact_flow",),
    "documentdb": ("documentdb_changes",),
    "eventbridge": ("eventbridge_event", "eventbridge_schedule"),
    "firehose": ("firehose_transformation",),
    "function_url": ("function_url_request",),
    "iot": ("iot_message",),
    "kafka": ("kafka_records",),
    "lambda_at_edge": ("edge_origin_request", "edge_origin_response", "edge_viewer_request", "edge_viewer_response"),
    "lex": ("lex_code_hook",),
    "rabbitmq": ("rabbitmq_messages",),
    "s3": ("s3_notification", "s3_object_created", "s3_object_removed", "s3_test_event"),
    "s3_batch": ("s3_batch_task",),
    "s3_object_lambda": ("s3_object_lambda_get",),
    "scheduler": ("scheduler_invocation",),
    "secrets_manager": ("secrets_manager_rotation",),
    "ses": ("ses_email_received",),
    "sns": ("sns_notification",),
    "step_functions": ("step_functions_task",),
}
_MODULES = {builder: module for module, builders in _BUILDERS.items() for builder in builders}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
