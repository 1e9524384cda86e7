"""The context object that a handler receives: attribute for attribute what AWS's runtime builds. (RT-28)

Only the source of the values differs: AWS reads the environment and the wall clock, here they are given.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from pytest_lambda_modes.runtime.faults import ContextFault
from pytest_lambda_modes.units import MILLISECOND

# What `w3c()` lets through; other keys, and values that are not strings, are dropped.
_NO_FIELDS: Mapping[str, str] = {}
_W3C_FIELDS = ("traceparent", "tracestate", "baggage")


def remaining_in_millis(deadline: int, now: int) -> int:
    """Milliseconds from `now` to `deadline` (both microseconds since 1970), each cut to a whole millisecond; below 0
    when it has passed. (RT-29)"""
    return deadline // MILLISECOND - now // MILLISECOND


class LambdaContext:
    """The second argument of a handler. Its attributes may be set, as in AWS.

    `remaining` says how many milliseconds are left, and is asked at each `get_remaining_time_in_millis`.
    `client_context` is the JSON text that came with the invocation, or what it decodes to; `identity` has the keys
    `cognitoIdentityId` and `cognitoIdentityPoolId`. (RT-28 to RT-31)

    Raises ContextFault for a client context that is not JSON (RT-26).
    """

    def __init__(
        self,
        aws_request_id: str,
        remaining: Callable[[], int],
        log_group_name: str,
        log_stream_name: str,
        function_name: str,
        memory_limit_in_mb: str,
        function_version: str,
        invoked_function_arn: str,
        client_context: str | Mapping[str, Any] | None = None,
        identity: Mapping[str, Any] | None = None,
        tenant_id: str | None = None,
    ) -> None:
        self.aws_request_id = aws_request_id
        self.log_group_name = log_group_name
        self.log_stream_name = log_stream_name
        self.function_name = function_name
        self.memory_limit_in_mb = memory_limit_in_mb
        self.function_version = function_version
        self.invoked_function_arn = invoked_function_arn
        self.tenant_id = tenant_id
        decoded = None if client_context is None else _decode_client_context(client_context)
        self._w3c_fields = _NO_FIELDS if decoded is None else _w3c_fields(decoded)
        self.client_context = None if decoded is None else ClientContext(decoded)
        self.identity = CognitoIdentity(identity)
        self._remaining = remaining

    def get_remaining_time_in_millis(self) -> int:
        left = self._remaining()
        return left if left > 0 else 0

    def w3c(self) -> dict[str, str]:
        """The W3C trace context of the invocation: `traceparent`, `tracestate`, `baggage`, as far as given."""
        return dict(self._w3c_fields)

    def log(self, msg: object) -> None:
        """Write `str(msg)` to the function's log, without a line end."""
        sys.stdout.write(str(msg))

    def __repr__(self) -> str:
        return _represent(
            self,
            "aws_request_id",
            "log_group_name",
            "log_stream_name",
            "function_name",
            "memory_limit_in_mb",
            "function_version",
            "invoked_function_arn",
            "client_context",
            "identity",
            "tenant_id",
        )


class CognitoIdentity:
    """Who called. Both ids are None when no Cognito identity was passed. (RT-31)"""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self, identity: Mapping[str, Any] | None = None) -> None:
        if identity is None:
            self.cognito_identity_id = self.cognito_identity_pool_id = None
        else:
            self.cognito_identity_id = identity.get("cognitoIdentityId")
            self.cognito_identity_pool_id = identity.get("cognitoIdentityPoolId")

    def __repr__(self) -> str:
        return _represent(self, *self.__slots__)


class Client:
    """The mobile application that called. (RT-30)"""

    __slots__ = ("app_package_name", "app_title", "app_version_code", "app_version_name", "installation_id")

    def __init__(self, client: Mapping[str, Any]) -> None:
        self.installation_id = client.get("installation_id")
        self.app_title = client.get("app_title")
        self.app_version_name = client.get("app_version_name")
        self.app_version_code = client.get("app_version_code")
        self.app_package_name = client.get("app_package_name")

    def __repr__(self) -> str:
        return _represent(
            self, "installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"
        )


class ClientContext:
    """What a synchronous caller passed along. Keys that AWS does not know are ignored. (RT-30)"""

    __slots__ = ("client", "custom", "env")

    def __init__(self, client_context: Mapping[str, Any]) -> None:
        self.custom = client_context.get("custom")
        self.env = client_context.get("env")
        client = client_context.get("client")
        self.client = None if client is None else Client(client)

    def __repr__(self) -> str:
        return _represent(self, "custom", "env", "client")


def _represent(thing: object, *names: str) -> str:
    return f"{type(thing).__name__}([{','.join(f'{name}={getattr(thing, name)}' for name in names)}])"


def _decode_client_context(client_context: str | Mapping[str, Any]) -> Any:
    if not isinstance(client_context, str):
        return client_context
    try:
        return json.loads(client_context) if client_context else None
    except Exception as error:
        raise ContextFault(f"Unable to parse Client Context JSON: {error}") from error


def _w3c_fields(client_context: Any) -> Mapping[str, str]:
    if not isinstance(client_context, dict):
        return {}
    w3c = client_context.get("w3c")
    if not isinstance(w3c, dict):
        return {}
    return {name: w3c[name] for name in _W3C_FIELDS if isinstance(w3c.get(name), str)}
