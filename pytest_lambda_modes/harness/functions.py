"""The functions of one test: the one its marker names, and those that a call or `lambda_modes.function` brings."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.errors import ConfigError, ResourceConflictException
from pytest_lambda_modes.model import function_config, setting_names, settings
from pytest_lambda_modes.model.function_config import FunctionConfig, unique_name
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.platform import Platform

FUNCTION_SETTINGS = function_config.SETTINGS

# What a handler given in a call does not inherit from the marker: there it belongs to the other function.
_NOT_INHERITED = ("handler", "function_name", "reserved_concurrent_executions")


class Functions:
    """Finds or makes the function for a handler. `marked` are the settings of the marker `lambda_function`."""

    def __init__(self, platform: Platform, marked: Mapping[str, Any], async_settings: Mapping[str, Any]) -> None:
        self._platform = platform
        self._marked = marked
        self._async_settings = async_settings
        self._inherited = {name: value for name, value in marked.items() if name not in _NOT_INHERITED}
        self._made: dict[int, list[tuple[Any, dict[str, Any], Function]]] = {}
        self._default: Function | None = None

    def under_test(self) -> Function:
        """The function of the marker. Raises ConfigError when there is none."""
        if self._default is None:
            if "handler" not in self._marked:
                raise ConfigError(
                    "There is no function under test: the marker lambda_function names no handler.\n\n"
                    "Name it:            @pytest.mark.lambda_function(handler=my_handler, timeout=3)\n"
                    "or give it along:   sync_invoke(my_handler, event)"
                )
            given = {name: value for name, value in self._marked.items() if name != "handler"}
            self._default = self._make("marker lambda_function", self._marked["handler"], given)
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
        for known, with_settings, function in self._made.get(id(handler), ()):
            if known is handler and with_settings == wanted and not function.deleted:
                return function
        function = self._make(where, handler, wanted)
        self._made.setdefault(id(handler), []).append((handler, wanted, function))
        return function

    def _make(self, where: str, handler: Any, given: dict[str, Any]) -> Function:
        check_handler(where, handler)
        functions = self._platform.functions
        name = given.pop("function_name", None) if "function_name" in given else None
        if name is None:
            name = unique_name(_own_name(handler), functions)
        elif name in functions:
            raise ResourceConflictException(f"Function already exist: {name}")
        config = FunctionConfig.build(where, function_name=name, **given)
        function = functions[name] = Function(self._platform, config, handler)
        if self._async_settings:
            function.put_function_event_invoke_config(**self._async_settings)
        return function


def check_handler(where: str, handler: object) -> None:
    """Raise ConfigError for a handler that is no callable and no string."""
    if not callable(handler) and not isinstance(handler, str):
        raise ConfigError(
            f"{where}: the handler is {settings.shown(handler)}, and must be a callable or a string such as "
            '"package.module.function".\n\nA callable is run as it is; a string is imported anew for every cold start, '
            "as in Lambda (RT-1)."
        )


def check_marker(marked: Mapping[str, Any]) -> None:
    """Refuse what the marker `lambda_function` cannot mean, before the test runs. Raises ConfigError."""
    where = "marker lambda_function"
    known = ("handler", *FUNCTION_SETTINGS)
    settings.check_names(where, marked, known, setting_names.FUNCTION_NOT_MODELLED)
    if "handler" not in marked:
        return
    handler = marked["handler"]
    check_handler(where, handler)
    given = {name: value for name, value in marked.items() if name not in ("handler", "function_name")}
    FunctionConfig.build(where, function_name=marked.get("function_name", "unnamed"), **given)
    if isinstance(handler, str):
        _check_importable(where, handler)


def _check_importable(where: str, handler: str) -> None:
    top = handler.replace("/", ".").partition(".")[0]
    if "." not in handler or not top:
        raise ConfigError(
            f"{where}: the handler is {settings.shown(handler)}, and must name a module and a function in it.\n\n"
            'As in Lambda: "module.function" or "package.module.function" (RT-1).'
        )
    if importlib.util.find_spec(top) is None:
        raise ConfigError(
            f"{where}: the handler is {settings.shown(handler)}, and there is no module {top} on sys.path.\n\n"
            "The string is imported in the test's process. Add its folder to pytest's `pythonpath` setting.\n"
            "To see how Lambda fails on it (RT-2), give it in the call: sync_invoke(handler, event)."
        )


def _own_name(handler: Any) -> str:
    if isinstance(handler, str):
        return handler.rpartition(".")[2]
    while hasattr(handler, "func"):
        handler = handler.func
    return str(getattr(handler, "__name__", type(handler).__name__))


def _pasted(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={settings.shown(value)}" for name, value in given.items())
