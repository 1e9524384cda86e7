"""What a call of `sync_invoke` or `async_invoke` means: its arguments are counted, not guessed. (DESIGN 1.2)"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.harness.functions import FUNCTION_SETTINGS, Functions
from pytest_lambda_modes.model import setting_names, settings
from pytest_lambda_modes.runtime.function import Function


class Call(NamedTuple):
    """Who is to be invoked, with which event, under which settings of the mode."""

    function: Function
    event: Any
    settings: dict[str, Any]


def read_call(
    where: str,
    functions: Functions,
    arguments: tuple[Any, ...],
    given: Mapping[str, Any],
    mode_settings: Collection[str],
    not_modelled: Mapping[str, str],
) -> Call:
    """None is the event `{}`, one is the event, two are handler and event. Raises ConfigError for all else."""
    count = len(arguments)
    if count > 2:
        raise ConfigError(f"{where} was given {count} arguments, and takes an event, or a handler and an event.")
    if given:
        known = (*mode_settings, *(name for name in FUNCTION_SETTINGS if name not in mode_settings))
        settings.check_names(where, given, known, {**setting_names.FUNCTION_NOT_MODELLED, **not_modelled})
    for_mode = {name: value for name, value in given.items() if name in mode_settings}
    for_function = {name: value for name, value in given.items() if name not in mode_settings}
    if count == 2:
        handler, event = arguments
        return Call(functions.of(where, handler, for_function), event, for_mode)
    event = arguments[0] if arguments else {}
    if isinstance(event, Function) or callable(event):
        raise ConfigError(
            f"{where} was given a function and no event: one argument is the event.\n\n"
            "Give both:                       sync_invoke(handler, {})\n"
            "or mark the function under test: @pytest.mark.lambda_function(handler=my_handler)"
        )
    if for_function:
        raise ConfigError(
            f"{where}: {', '.join(for_function)} cannot be set for a call that names no handler.\n\n"
            "Change the function: function.update_configuration(...)\n"
            "or mark it:          @pytest.mark.lambda_function(handler=..., ...)\n"
            "or make another:     sync_invoke(handler, event, ...)"
        )
    return Call(functions.under_test(), event, for_mode)
