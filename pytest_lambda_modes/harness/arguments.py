"""What a call of `sync_invoke` or `async_invoke` means: its arguments are counted, not guessed. (DESIGN 1.2)"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pytest_lambda_modes.errors import ConfigError, InvalidParameterValueException
from pytest_lambda_modes.harness.functions import FUNCTION_SETTINGS, Functions
from pytest_lambda_modes.model import setting_names, settings
from pytest_lambda_modes.runtime.function import Function


def read_call(
    where: str,
    functions: Functions,
    arguments: tuple[Any, ...],
    given: Mapping[str, Any],
    mode_settings: Collection[str],
    not_modelled: Mapping[str, str],
) -> tuple[Function, Any, dict[str, Any]]:
    """Who is to be invoked, with which event, under which settings of the mode.

    No argument is the event `{}`, one is the event, two are handler and event. Raises ConfigError for all else.

    In place of the handler there may be a function of the test, or the ARN of one, also with a qualifier. For that it
    raises ResourceNotFoundException and InvalidParameterValueException, as AWS does (SYNC-8).
    """
    functions.refuse_the_dying()
    count = len(arguments)
    if count > 2:
        raise ConfigError(f"{where} was given {count} arguments, and takes an event, or a handler and an event.")
    for_mode, for_function = _sorted_out(where, given, mode_settings, not_modelled) if given else ({}, {})
    if count == 2:
        handler, event = arguments
        if isinstance(handler, str) and handler.startswith("arn:"):
            handler = _by_arn(where, functions, handler, for_mode)
        return functions.of(where, handler, for_function), event, for_mode
    event = arguments[0] if arguments else {}
    if isinstance(event, Function) or callable(event):
        raise _no_event(where)
    if for_function:
        raise _no_handler(where, for_function, f"{where.partition('(')[0]}(handler, event, ...)")
    return functions.under_test(), event, for_mode


def read_service_call(
    where: str,
    functions: Functions,
    handler: Any,
    given: Mapping[str, Any],
    mode_settings: Collection[str],
    not_modelled: Mapping[str, str],
) -> tuple[Function, dict[str, Any]]:
    """Whom a service invokes, and under which settings of the mode: the function under test, or that of `handler`.

    `given` are settings of the mode and, with a handler, those of the marker `lambda_function`. Raises ConfigError.
    """
    functions.refuse_the_dying()
    for_mode, for_function = _sorted_out(where, given, mode_settings, not_modelled) if given else ({}, {})
    if handler is not None:
        if isinstance(handler, str) and handler.startswith("arn:"):
            handler = _by_arn(where, functions, handler, for_mode)
        return functions.of(where, handler, for_function), for_mode
    if for_function:
        raise _no_handler(where, for_function, "handler=..., beside these settings")
    return functions.under_test(), for_mode


def check_qualifier(where: str, qualifier: object) -> None:
    """Raise ConfigError for what could be no version's number and no alias. None is neither, and fine. (RT-32)"""
    if qualifier is not None:
        why = "It is a version's number or an alias. (RT-32)"
        settings.text(where, "qualifier", qualifier, r"[a-zA-Z0-9$_-]{1,128}", "a string", why)


def _sorted_out(
    where: str, given: Mapping[str, Any], mode_settings: Collection[str], not_modelled: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of the mode, and those of the function."""
    known = (*mode_settings, *(name for name in FUNCTION_SETTINGS if name not in mode_settings))
    settings.check_names(where, given, known, {**setting_names.FUNCTION_NOT_MODELLED, **not_modelled})
    for_mode = {name: value for name, value in given.items() if name in mode_settings}
    return for_mode, {name: value for name, value in given.items() if name not in mode_settings}


def _by_arn(where: str, functions: Functions, arn: str, for_mode: dict[str, Any]) -> Function:
    """The function of an ARN. Its qualifier, if it has one, is that of the call."""
    function, qualifier = functions.by_arn(where, arn)
    if qualifier is not None and for_mode.setdefault("qualifier", qualifier) != qualifier:
        raise InvalidParameterValueException(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return function


def _no_event(where: str) -> ConfigError:
    mode = where.partition("(")[0]
    return ConfigError(
        f"{where} was given a function and no event: one argument is the event.\n\n"
        f"Give both:                       {mode}(my_handler, {{}})\n"
        "or mark the function under test: @pytest.mark.lambda_function(handler=my_handler)"
    )


def _no_handler(where: str, for_function: Mapping[str, Any], another: str) -> ConfigError:
    return ConfigError(
        f"{where}: {', '.join(for_function)} cannot be set for a call that names no handler.\n\n"
        "Change the function: function.update_configuration(...)\n"
        "or mark it:          @pytest.mark.lambda_function(handler=..., ...)\n"
        f"or make another:     {another}"
    )
