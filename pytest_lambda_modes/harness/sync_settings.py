"""The settings of a synchronous call, as the marker `sync_invoke` and the calls give them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.errors import ConfigError, InvalidParameterValueException
from pytest_lambda_modes.harness.arguments import check_qualifier
from pytest_lambda_modes.model import faults, limits, setting_names, settings

SETTINGS = ("invocation_type", "log_type", "client_context", "qualifier", "faults")

_FAULTS = (faults.Throttle, faults.ServiceError, faults.RecycledEnvironment, faults.Kill)


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
