"""`--lambda-events`: the events that there are, and `--lambda-events=NAME`: one of them, as JSON."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import pytest

from pytest_lambda_modes import events

# Who sends each event. What is not here is sent by hand.
SENDERS = {
    "activemq_messages": "event_source.activemq",
    "alb_health_check": "sync_invoke.from_alb_health_check",
    "alb_request": "sync_invoke.from_alb",
    "alexa_intent": "sync_invoke.from_alexa",
    "alexa_launch": "sync_invoke.from_alexa",
    "alexa_session_ended": "sync_invoke.from_alexa",
    "appsync_resolver": "sync_invoke.from_appsync",
    "cloudformation_custom_resource": "async_invoke.from_cloudformation",
    "cloudwatch_log_events": "async_invoke.from_cloudwatch_logs",
    "codecommit_reference_change": "async_invoke.from_codecommit",
    "codepipeline_job": "async_invoke.from_codepipeline",
    "cognito_trigger": "sync_invoke.from_cognito",
    "config_rule_change": "async_invoke.from_config",
    "config_rule_schedule": "async_invoke.from_config_schedule",
    "connect_contact_flow": "sync_invoke.from_connect",
    "documentdb_changes": "event_source.documentdb",
    "edge_origin_request": "sync_invoke.from_cloudfront",
    "edge_origin_response": "sync_invoke.from_cloudfront",
    "edge_viewer_request": "sync_invoke.from_cloudfront",
    "edge_viewer_response": "sync_invoke.from_cloudfront",
    "eventbridge_event": "async_invoke.from_eventbridge",
    "eventbridge_schedule": "async_invoke.from_schedule",
    "firehose_transformation": "sync_invoke.from_firehose",
    "function_url_request": "sync_invoke.from_function_url",
    "http_api_request": "sync_invoke.from_http_api",
    "iot_message": "async_invoke.from_iot",
    "kafka_records": "event_source.msk",
    "lex_code_hook": "sync_invoke.from_lex",
    "rabbitmq_messages": "event_source.rabbitmq",
    "rest_api_request": "sync_invoke.from_api_gateway",
    "s3_batch_task": "sync_invoke.from_s3_batch",
    "s3_notification": "async_invoke.from_s3",
    "s3_object_created": "async_invoke.from_s3",
    "s3_object_lambda_get": "sync_invoke.from_s3_object_lambda",
    "s3_object_removed": "async_invoke.from_s3",
    "scheduler_invocation": "async_invoke.from_scheduler",
    "secrets_manager_rotation": "sync_invoke.from_secrets_manager",
    "ses_email_received": "async_invoke.from_ses",
    "sns_notification": "async_invoke.from_sns",
    "step_functions_task": "sync_invoke.from_step_functions",
    "websocket_connect": "sync_invoke.from_websocket_api",
    "websocket_disconnect": "sync_invoke.from_websocket_api",
    "websocket_message": "sync_invoke.from_websocket_api",
}

# What every builder takes, which the listing says once.
_COMMON = ("at", "ids", "overrides")

# What stands in an example for the arguments that a builder must be given.
_EXAMPLES: dict[str, Any] = {
    "body": '{"action": "order"}',
    "bucket": "bucket",
    "detail_type": "Order Placed",
    "documents": [{"_id": 7}],
    "event_type": "ObjectCreated:Put",
    "field": "getOrder",
    "intent": "OrderPizza",
    "key": "a b.csv",
    "message": "hello",
    "messages": ["line one", "line two"],
    "method": "GET",
    "path": "/orders/7",
    "records": ["hello"],
    "resource_id": "bucket",
    "resource_type": "AWS::S3::Bucket",
    "source": "shop",
    "trigger_source": "PreSignUp_SignUp",
    "values": ["hello"],
}
_SPECIAL_EXAMPLES: dict[str, dict[str, Any]] = {"iot_message": {"message": {"temperature": 21}}}


def print_events(name: str) -> None:
    """Print the listing if the name is empty, else an example of that event. Raises UsageError."""
    print(_example(name) if name else _listing())


def _listing() -> str:
    head = (
        "Builders of pytest_lambda_modes.events, and who sends what they build.\n"
        "All take at=, ids= and overrides= too. One event as JSON: pytest --lambda-events=NAME"
    )
    return "\n\n".join([head, *(_entry(name, builder) for name, builder in builders().items())])


def _entry(name: str, builder: Callable[..., Any]) -> str:
    sender = f"{SENDERS[name]}(...)" if name in SENDERS else "sync_invoke(event) or async_invoke(event)"
    says = inspect.getdoc(builder) or ""
    return f"{name}{_signature(builder)}\n    {sender}\n    {says.splitlines()[0]}"


def builders() -> dict[str, Callable[..., Any]]:
    """Every builder by its name."""
    named = {name: getattr(events, name) for name in dir(events) if not name.startswith("_")}
    return {name: value for name, value in named.items() if value is not import_module and inspect.isfunction(value)}


def _signature(builder: Callable[..., Any]) -> str:
    signature = inspect.signature(builder)
    kept = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
        if parameter.name not in _COMMON
    ]
    return str(signature.replace(parameters=kept, return_annotation=inspect.Signature.empty))


def _example(name: str) -> str:
    known = builders()
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f" Did you mean {near[0]}?" if near else " pytest --lambda-events lists them."
        raise pytest.UsageError(f"--lambda-events: there is no event {name}.{hint}")
    parameters = inspect.signature(known[name]).parameters.values()
    examples = {**_EXAMPLES, **_SPECIAL_EXAMPLES.get(name, {})}
    event = known[name](**{each.name: examples[each.name] for each in parameters if each.default is each.empty})
    return json.dumps(event, indent=2, ensure_ascii=False)
