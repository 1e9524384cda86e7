"""The fixture `sync_invoke`: RequestResponse and DryRun."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.errors import ConfigError, InvalidParameterValueException
from pytest_lambda_modes.harness.arguments import check_qualifier, read_call
from pytest_lambda_modes.harness.functions import Functions
from pytest_lambda_modes.model import faults, limits, setting_names, settings
from pytest_lambda_modes.modes.synchronous import invoke
from pytest_lambda_modes.modes.synchronous.invoke_response import InvokeResponse
from pytest_lambda_modes.runtime.payload import encode_event

SETTINGS = ("invocation_type", "log_type", "client_context", "qualifier", "faults")

_FAULTS = (faults.Throttle, faults.ServiceError, faults.RecycledEnvironment, faults.Kill)


class SyncInvoke:
    """Invokes a function and waits for its answer. (SYNC-1)

    `sync_invoke(event)` invokes the function under test, `sync_invoke(handler, event, timeout=10)` another.

    >>> def test_order(sync_invoke):
    ...     response = sync_invoke(place_order, {"id": 7}, timeout=3)
    ...     assert response.payload == {"order": 7}
    """

    def __init__(self, functions: Functions, marked: Mapping[str, Any]) -> None:
        self._functions = functions
        self._marked = check_settings("marker sync_invoke", marked)

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


def check_settings(where: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of the mode, checked. Raises ConfigError, InvalidParameterValueException."""
    settings.check_names(where, given, SETTINGS, setting_names.INVOKE_NOT_MODELLED)
    checked = {name: value for name, value in given.items() if value is not None}
    if checked.get("invocation_type") == "Event":
        raise ConfigError(
            f'{where}: invocation_type is "Event", which is what async_invoke does.\n\n  async_invoke(event).wait()'
        )
    if "invocation_type" in checked:
        choices, why = ("RequestResponse", "DryRun"), "DryRun checks the call and runs nothing. (SYNC-4)"
        settings.one_of(where, "invocation_type", checked["invocation_type"], choices, why)
    if "log_type" in checked:
        why = "Tail gives the end of the log as log_result. (SYNC-14)"
        settings.one_of(where, "log_type", checked["log_type"], ("None", "Tail"), why)
    check_qualifier(where, checked.get("qualifier"))
    if "client_context" in checked:
        checked["client_context"] = _client_context(where, checked["client_context"])
    if "faults" in checked:
        checked["faults"] = _only_fault(where, checked["faults"])
    return checked


def _only_fault(where: str, given: object) -> faults.Fault | None:
    """The fault of the one delivery that a synchronous call is. Raises ConfigError."""
    checked = faults.check_faults(where, given, _FAULTS)
    for number in checked:
        if number != 1:
            raise ConfigError(
                f"{where}: faults has delivery {number}, and a synchronous call is one delivery: faults={{1: ...}}.\n\n"
                "Lambda does not retry it (SYNC-5); the caller decides, and calls again."
            )
    return checked.get(1)


def _client_context(where: str, value: object) -> str:
    """The client context as the JSON text that travels, at most 3,583 bytes in base64. (RT-30)"""
    text = json.dumps(settings.mapping(where, "client_context", value, "a mapping", "It has custom, env and client."))
    size = len(base64.b64encode(text.encode()))
    if size > limits.CLIENT_CONTEXT_BYTES:
        raise InvalidParameterValueException(
            f"Client context must be smaller than {limits.CLIENT_CONTEXT_BYTES} bytes, and has {size}"
        )
    return text
