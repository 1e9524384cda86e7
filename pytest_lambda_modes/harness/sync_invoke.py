"""The fixture `sync_invoke`: RequestResponse and DryRun."""

from __future__ import annotations

from typing import Any

from pytest_lambda_modes.harness.arguments import read_call
from pytest_lambda_modes.harness.http_callers import HttpCallers
from pytest_lambda_modes.harness.object_callers import ObjectCallers
from pytest_lambda_modes.harness.service_callers import ServiceCallers
from pytest_lambda_modes.harness.sync_settings import SETTINGS, check_settings
from pytest_lambda_modes.harness.websocket_callers import WebSocketCallers
from pytest_lambda_modes.model import setting_names
from pytest_lambda_modes.modes.synchronous import invoke
from pytest_lambda_modes.modes.synchronous.invoke_response import InvokeResponse
from pytest_lambda_modes.runtime.payload import encode_event


class SyncInvoke(HttpCallers, WebSocketCallers, ObjectCallers, ServiceCallers):
    """Invokes a function and waits for its answer. (SYNC-1)

    `sync_invoke(event)` invokes the function under test, `sync_invoke(handler, event, timeout=10)` another.

    >>> def test_order(sync_invoke):
    ...     response = sync_invoke(place_order, {"id": 7}, timeout=3)
    ...     assert response.payload == {"order": 7}
    """

    def __call__(self, *arguments: Any, **given: Any) -> InvokeResponse:
        """Settings: `invocation_type` (`"RequestResponse"`, `"DryRun"`), `log_type` (`"None"`, `"Tail"`),
        `client_context` (a mapping), `qualifier` (a version or alias), `faults` (see `pytest_lambda_modes.faults`; a
        synchronous call is one delivery), and with a handler those of the marker `lambda_function`.

        Raises EventError for an event that JSON cannot carry, ConfigError for a call that makes no sense, and what
        the Invoke API raises: TooManyRequestsException, ResourceNotFoundException, RequestTooLargeException, ...
        """
        where = "sync_invoke(...)"
        function, event, own = read_call(
            where, self._functions, arguments, given, SETTINGS, setting_names.INVOKE_NOT_MODELLED
        )
        effective = self._marked if not own else {**self._marked, **check_settings(where, own)}
        payload = encode_event(event)
        if not effective:
            return invoke.invoke(function, payload)
        qualifier = effective.get("qualifier")
        if effective.get("invocation_type") == "DryRun":
            return invoke.dry_run(function, payload, qualifier=qualifier)
        return invoke.invoke(
            function,
            payload,
            qualifier=qualifier,
            client_context=effective.get("client_context"),
            log_type=effective.get("log_type", "None"),
            fault=effective.get("faults"),
        )
