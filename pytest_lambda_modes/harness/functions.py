"""The functions of one test: the one its marker names, and those that a call or `lambda_modes.function` brings."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Hashable, Mapping
from functools import partial
from typing import Any

from pytest_lambda_modes.clock.activity import Unwind
from pytest_lambda_modes.errors import ConfigError, ResourceConflictException, ResourceNotFoundException
from pytest_lambda_modes.model import function_config, limits, setting_names, settings, targets
from pytest_lambda_modes.model.event_invoke_config import EventInvokeConfig
from pytest_lambda_modes.model.function_config import FunctionConfig, unique_name
from pytest_lambda_modes.runtime.function import Function, check_handler
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.runtime.versions import LATEST

FUNCTION_SETTINGS = function_config.SETTINGS

_MARKER = "marker lambda_function"

# What a handler given in a call does not inherit from the marker: there it belongs to the other function.
_NOT_INHERITED = ("handler", "function_name", "reserved_concurrent_executions")

_ARN = re.compile(r"arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):function:([a-zA-Z0-9-_]+)(?::([a-zA-Z0-9$_-]+))?")


class Functions:
    """Finds or makes the function for a handler. `marked` are the settings of the marker `lambda_function`."""

    def __init__(self, platform: Platform, marked: Mapping[str, Any], async_settings: Mapping[str, Any]) -> None:
        self.platform = platform
        self._marked = marked
        self._async_settings = async_settings
        self._inherited = {name: value for name, value in marked.items() if name not in _NOT_INHERITED}
        self._made: dict[object, list[tuple[Any, dict[str, Any], Function]]] = {}
        self._default: Function | None = None

    def under_test(self) -> Function:
        """The function of the marker. Raises ConfigError when there is none."""
        if self._default is None:
            if "handler" not in self._marked:
                raise ConfigError(
                    "There is no function under test: the marker lambda_function names no handler.\n\n"
                    "Name it:          @pytest.mark.lambda_function(handler=my_handler, timeout=3)\n"
                    "or in the call:   sync_invoke(my_handler, event)\n"
                    "or to a service:  async_invoke.from_s3(..., handler=my_handler)"
                )
            given = {name: value for name, value in self._marked.items() if name != "handler"}
            self._default = self._make(_MARKER, self._marked["handler"], given)
        return self._default

    def of(self, where: str, handler: Any, given: Mapping[str, Any]) -> Function:
        """The function for a handler with these settings: the same one as before, if both are the same."""
        if isinstance(handler, Function):
            if given:
                raise ConfigError(
                    f"{where}: {', '.join(given)} cannot be set for a call: {handler.function_name} exists already.\n\n"
                    f"Change the function: function.update_configuration({_pasted(given)})"
                )
            return handler
        wanted = {**self._inherited, **given}
        # Equal handlers are one: a bound method is a new object at each look.
        key = handler if isinstance(handler, Hashable) else id(handler)
        for _, with_settings, function in self._made.get(key, ()):
            if with_settings == wanted and function.handler == handler and not function.deleted:
                return function
        function = self._make(where, handler, wanted)
        self._made.setdefault(key, []).append((handler, wanted, function))
        return function

    def by_arn(self, where: str, arn: str) -> tuple[Function, str | None]:
        """The function of an ARN, and the qualifier at its end. Raises ResourceNotFoundException. (SYNC-7, SYNC-8)"""
        match = _ARN.fullmatch(arn)
        if match is None:
            why = "Such as arn:aws:lambda:us-east-1:123456789012:function:orders, with :live after it for an alias."
            raise settings.wrong_value(where, "the ARN", arn, "the ARN of a function", why)
        region, account_id, name, qualifier = match.groups()
        if region != limits.REGION:
            raise ResourceNotFoundException(
                f"Functions from '{region}' are not reachable in this region ('{limits.REGION}')"
            )
        if "handler" in self._marked:
            self.under_test()
        function = self.platform.functions.get(name)
        if function is None or account_id != limits.ACCOUNT_ID:
            raise ResourceNotFoundException(f"Function not found: {arn}{'' if qualifier else f':{LATEST}'}")
        return function, qualifier

    def refuse_the_dying(self) -> None:
        """A handler that is being taken off its stack, at its deadline for one, invokes nobody any more."""
        activity = self.platform.hub.activity
        if activity is not None and activity.unwind is not None:
            raise Unwind(activity.unwind)

    def _make(self, where: str, handler: Any, given: Mapping[str, Any]) -> Function:
        check_handler(where, handler)
        functions = self.platform.functions
        name = given.get("function_name")
        if name is None:
            name = unique_name(_own_name(handler), functions)
        elif name in functions:
            raise ResourceConflictException(f"Function already exist: {name}")
        config = FunctionConfig.build(where, **{**given, "function_name": name})
        function = Function(self.platform, config, handler)
        if self._async_settings:
            given = self._async_settings
            if where != _MARKER:
                given = {name: value for name, value in given.items() if not _is_destination(function, name, value)}
            function.event_invoke_default = EventInvokeConfig.build("marker async_invoke", function.arn, **given)
        functions[name] = function
        return function


def _is_destination(function: Function, setting: str, value: object) -> bool:
    """Whether a setting of the marker sends records to this function, which cannot be its own destination. (ASYNC-7)"""
    if setting not in ("on_success", "on_failure") or value is None:
        return False
    target = targets.parse("marker async_invoke", setting, value, targets.ON_FAILURE)
    return target.service == "lambda" and target.name == function.function_name


def check_marker(marked: Mapping[str, Any]) -> None:
    """Refuse what the marker `lambda_function` cannot mean, before the test runs. Raises ConfigError."""
    where = _MARKER
    known = ("handler", *FUNCTION_SETTINGS)
    settings.check_names(where, marked, known, setting_names.FUNCTION_NOT_MODELLED)
    given = {name: value for name, value in marked.items() if name != "handler"}
    FunctionConfig.build(where, **{"function_name": "unnamed", **given})
    if "handler" in marked:
        check_handler(where, marked["handler"])
        if isinstance(marked["handler"], str):
            _check_importable(where, marked["handler"])


def _check_importable(where: str, handler: str) -> None:
    top = handler.replace("/", ".").partition(".")[0]
    if "." not in handler or not top:
        raise ConfigError(
            f"{where}: the handler is {settings.shown(handler)}, and must name a module and a function in it.\n\n"
            'As in Lambda: "module.function" or "package.module.function" (RT-1).'
        )
    if top not in sys.modules and importlib.util.find_spec(top) is None:
        raise ConfigError(
            f"{where}: the handler is {settings.shown(handler)}, and there is no module {top} on sys.path.\n\n"
            "The string is imported in the test's process. Add its folder to pytest's `pythonpath` setting.\n"
            "To see how Lambda fails on it (RT-2), give it in the call: sync_invoke(handler, event)."
        )


def _own_name(handler: Any) -> str:
    if isinstance(handler, str):
        return handler.rpartition(".")[2]
    while isinstance(handler, partial):
        handler = handler.func
    return str(getattr(handler, "__name__", type(handler).__name__))


def _pasted(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={settings.shown(value)}" for name, value in given.items())
