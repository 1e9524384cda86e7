"""What the fixtures of the three modes have in common: each knows which of them has the method for a service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar, NoReturn

_HOW = {
    "sync_invoke": "the service waits for the function's answer",
    "async_invoke": "the service hands its event to Lambda, and waits for no answer",
    "event_source": "Lambda polls the source",
}
# What else services are called.
_ALSO: Mapping[str, str] = {
    "apigateway": "api_gateway",
    "rest_api": "api_gateway",
    "api_gateway_v2": "http_api",
    "websocket": "websocket_api",
    "url": "function_url",
    "lambda_url": "function_url",
    "load_balancer": "alb",
    "elb": "alb",
    "lambda_edge": "cloudfront",
    "lambda_at_edge": "cloudfront",
    "kinesis_firehose": "firehose",
    "s3_batch_operations": "s3_batch",
    "object_lambda": "s3_object_lambda",
    "stepfunctions": "step_functions",
    "secretsmanager": "secrets_manager",
    "event_bridge": "eventbridge",
    "events": "eventbridge",
    "cloudwatch_events": "eventbridge",
    "logs": "cloudwatch_logs",
    "custom_resource": "cloudformation",
    "kinesis_stream": "kinesis",
    "dynamodb_streams": "dynamodb",
    "dynamodb_stream": "dynamodb",
    "kafka": "msk",
    "mq": "activemq",
    "amazon_mq": "activemq",
    "docdb": "documentdb",
}
_NOT_SIMULATED: Mapping[str, str] = {
    "vpc_lattice": "sync_invoke(event)  # SYNC-42",
    "bedrock_agent": "sync_invoke(event)  # SYNC-42",
    "lambda_authorizer": "sync_invoke(event)  # SYNC-30",
    "pipes": "async_invoke(event), or sync_invoke(event)  # SYNC-43",
    "cloudwatch_alarm": "async_invoke(event)  # ASYNC-49",
}


class Fixture:
    """`fixture` is the name that tests know it by."""

    fixture: ClassVar[str]

    if not TYPE_CHECKING:  # or no misspelt name would be an error to a type checker

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("from_") or (self.fixture == "event_source" and not name.startswith("_")):
                raise AttributeError(_missing(self.fixture, name))
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def _missing(fixture: str, name: str) -> str:
    """What to say of a method that a fixture does not have: who has it."""
    text, service = f"{fixture} has no {name}", name.removeprefix("from_")
    if service in _NOT_SIMULATED:
        return f"{text}: the service is not simulated. Give its event yourself:\n\n  {_NOT_SIMULATED[service]}"
    methods = dict(_methods())
    method = methods.get(_ALSO.get(service, service))
    if method is not None:
        other = method.partition(".")[0]
        why = "it has another name here" if other == fixture else _HOW[other]
        return f"{text}: {why}.\n\n  {method}(...)"
    near = get_close_matches(service, methods, 1)
    return f"{text}. Did you mean {methods[near[0]]}(...)?" if near else f"{text}.\n\npytest --lambda-events lists all."


def _methods() -> Iterator[tuple[str, str]]:
    """Each service with its method."""
    from pytest_lambda_modes.harness.async_invoke import AsyncInvoke
    from pytest_lambda_modes.harness.event_source_settings import SETTINGS
    from pytest_lambda_modes.harness.sync_invoke import SyncInvoke

    for owner in (SyncInvoke, AsyncInvoke):
        for name in dir(owner):
            if name.startswith("from_"):
                yield name.removeprefix("from_"), f"{owner.fixture}.{name}"
    for kind in SETTINGS:
        yield kind, f"event_source.{kind}"
