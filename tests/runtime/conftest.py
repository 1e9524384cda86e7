"""The oracle: AWS's own runtime client, run in memory, beside the same steps done with our parts."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from unittest import mock

import pytest

import pytest_lambda_modes

REQUEST_ID = "6f1c0000-0000-4000-8000-000000000001"
FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:orders"


class Answer(NamedTuple):
    """What the runtime posts: `kind` is `"result"`, `"error"`, or `"crash"` when it posts nothing and dies."""

    kind: str
    payload: bytes


class _Client:
    """Stands for LambdaRuntimeClient: the same conversion to bytes, and no network."""

    def __init__(self, marshaller: Any) -> None:
        self.marshaller = marshaller
        self.answers: list[Answer] = []

    def post_invocation_result(
        self, invoke_id: str, result: str | bytes, content_type: str, invocation_id: Any
    ) -> None:
        self.answers.append(Answer("result", result if isinstance(result, bytes) else result.encode()))

    def post_invocation_error(self, invoke_id: str, error: str, xray_fault: str, invocation_id: Any) -> None:
        self.answers.append(Answer("error", error.encode()))


class _LogSink:
    """Joins lines as FramedTelemetryLogSink does, which is the sink of real Lambda."""

    def __init__(self) -> None:
        self.text = ""

    def log_error(self, lines: list[str]) -> None:
        self.text += "\n".join(lines)


class Oracle:
    """awslambdaric, for one Python version of Lambda and one log format."""

    def __init__(self, runtime: str, log_format: str = "Text") -> None:
        self.runtime = runtime
        self._environment = {
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
            "AWS_LAMBDA_LOG_FORMAT": log_format,
            "AWS_LAMBDA_FUNCTION_NAME": "orders",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/orders",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]0123",
        }
        with self.environment():
            self.bootstrap = _load_bootstrap()
            from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

            self.marshaller = LambdaMarshaller()

    def environment(self) -> Any:
        return mock.patch.dict(os.environ, self._environment)

    def invoke(self, handler: Callable[..., Any], event: bytes = b"{}", client_context: str | None = None) -> Answer:
        return self.invoke_and_log(handler, event, client_context)[0]

    def invoke_and_log(
        self, handler: Callable[..., Any], event: bytes = b"{}", client_context: str | None = None
    ) -> tuple[Answer, str]:
        client, sink = _Client(self.marshaller), _LogSink()
        with self.environment():
            try:
                self.bootstrap.handle_event_request(
                    client, handler, REQUEST_ID, event, "application/json", client_context, None,
                    FUNCTION_ARN, 1_767_225_603_000, None, sink,
                )  # fmt: skip
            except Exception as error:
                return Answer("crash", type(error).__name__.encode()), sink.text
        return client.answers[0], sink.text

    def import_error(self, handler: str) -> tuple[bytes, str]:
        """The payload and the log of an init error, by the steps of `bootstrap.run`."""
        sink = _LogSink()
        with self.environment():
            try:
                self.bootstrap._get_handler(handler)
            except self.bootstrap.FaultException as fault:
                error = self.bootstrap.make_error(fault.msg, fault.exception_type, fault.trace)
            except Exception:
                kind, failure, traceback = sys.exc_info()
                # Without the frame of this file, which stands where `run` would.
                error = self.bootstrap.build_fault_result((kind, failure, traceback and traceback.tb_next), None)
            self.bootstrap.log_error(error, sink)
            return self.bootstrap.to_json(error).encode(), sink.text


def _load_bootstrap() -> ModuleType:
    """A copy of awslambdaric.bootstrap of its own, since it reads the log format when it is imported."""
    converter = logging.Formatter.converter
    spec = importlib.util.find_spec("awslambdaric.bootstrap")
    assert spec is not None and spec.origin is not None
    copy = importlib.util.spec_from_file_location("awslambdaric.bootstrap_copy", spec.origin)
    assert copy is not None and copy.loader is not None
    module = importlib.util.module_from_spec(copy)
    copy.loader.exec_module(module)
    assert logging.Formatter.converter is converter
    return module


@pytest.fixture(scope="session", params=["python3.11", "python3.13"])
def oracle(request: pytest.FixtureRequest) -> Oracle:
    """AWS's runtime, of a version that escapes text beyond ASCII and of one that does not."""
    return Oracle(request.param)


_STAND_IN = """
from pytest_lambda_modes.runtime import error_payload, faults, payload

def call(handler, event, context, runtime, request_id):
    try:
        try:
            response = handler(payload.decode_event(event), context)
            return "result", payload.encode_response(response, runtime)
        except Exception as error:
            failure = error_payload.ReportedError("function_error", "RT-14", error, request_id, runtime)
            return "error", failure.payload
    except faults.RuntimeCrash as crash:
        return "crash", type(crash.__cause__).__name__.encode()
"""


@pytest.fixture(scope="session")
def simulated() -> Callable[..., Answer]:
    """The steps of an invocation with our parts, from a file of our package: its frames are the simulation's."""
    path = Path(pytest_lambda_modes.__file__).parent / "runtime" / "stand_in.py"
    namespace: dict[str, Any] = {}
    exec(compile(_STAND_IN, str(path), "exec"), namespace)

    def simulate(handler: Callable[..., Any], runtime: str, event: bytes = b"{}", context: object = None) -> Answer:
        return Answer(*namespace["call"](handler, event, context, runtime, REQUEST_ID))

    return simulate
