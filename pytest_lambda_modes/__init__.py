"""Test AWS Lambda handlers under Lambda's own delivery rules, in virtual time."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pytest_lambda_modes import errors

if TYPE_CHECKING:
    from pytest_lambda_modes.clock.virtual_clock import VirtualClock as VirtualClock
    from pytest_lambda_modes.errors import *  # noqa: F403
    from pytest_lambda_modes.harness.lambda_modes import LambdaModes as LambdaModes
    from pytest_lambda_modes.model import facts as facts
    from pytest_lambda_modes.model import faults as faults
    from pytest_lambda_modes.modes.asynchronous.custom_resource import CustomResource as CustomResource
    from pytest_lambda_modes.modes.asynchronous.event import AsyncInvocation as AsyncInvocation
    from pytest_lambda_modes.modes.asynchronous.event import Attempt as Attempt
    from pytest_lambda_modes.modes.asynchronous.pipeline_job import PipelineJob as PipelineJob
    from pytest_lambda_modes.modes.asynchronous.service_delivery import ServiceDelivery as ServiceDelivery
    from pytest_lambda_modes.modes.synchronous.http_response import HttpResponse as HttpResponse
    from pytest_lambda_modes.modes.synchronous.invoke_response import InvokeResponse as InvokeResponse
    from pytest_lambda_modes.modes.synchronous.load_balancer_health import HealthCheckResponse as HealthCheckResponse
    from pytest_lambda_modes.modes.synchronous.service_answer import ServiceAnswer as ServiceAnswer
    from pytest_lambda_modes.modes.synchronous.websocket_response import WebSocketResponse as WebSocketResponse
    from pytest_lambda_modes.runtime.function import Function as Function

# Loaded when they are first asked for: loading the plugin costs nothing.
_LAZY = {
    "AsyncInvocation": "pytest_lambda_modes.modes.asynchronous.event",
    "Attempt": "pytest_lambda_modes.modes.asynchronous.event",
    "CustomResource": "pytest_lambda_modes.modes.asynchronous.custom_resource",
    "Function": "pytest_lambda_modes.runtime.function",
    "HealthCheckResponse": "pytest_lambda_modes.modes.synchronous.load_balancer_health",
    "HttpResponse": "pytest_lambda_modes.modes.synchronous.http_response",
    "InvokeResponse": "pytest_lambda_modes.modes.synchronous.invoke_response",
    "LambdaModes": "pytest_lambda_modes.harness.lambda_modes",
    "ServiceAnswer": "pytest_lambda_modes.modes.synchronous.service_answer",
    "PipelineJob": "pytest_lambda_modes.modes.asynchronous.pipeline_job",
    "ServiceDelivery": "pytest_lambda_modes.modes.asynchronous.service_delivery",
    "VirtualClock": "pytest_lambda_modes.clock.virtual_clock",
    "WebSocketResponse": "pytest_lambda_modes.modes.synchronous.websocket_response",
    "facts": "pytest_lambda_modes.model.facts",
    "faults": "pytest_lambda_modes.model.faults",
}


def __dir__() -> list[str]:
    return sorted({*globals(), *errors.names(), *_LAZY})


if not TYPE_CHECKING:  # or no misspelt name would be an error to a type checker

    def __getattr__(name: str) -> Any:
        if name == "__all__":
            return [*errors.names(), *_LAZY]
        if name in _LAZY:
            module = import_module(_LAZY[name])
            return module if _LAZY[name].endswith(f".{name}") else getattr(module, name)
        error = None if name.startswith("_") else getattr(errors, name, None)
        if not isinstance(error, type):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return error
