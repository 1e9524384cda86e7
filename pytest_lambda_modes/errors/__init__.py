"""Every exception a user can meet. Loaded with the plugin, so that there is only ever one copy of each class.

Most are answers of AWS's APIs. They are written in `errors.api`, belong here, and come when the first is asked for: to
make so many classes takes longer than all else that loading the plugin does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_lambda_modes.errors.api import *  # noqa: F403


class LambdaModesError(Exception):
    """Base of everything this package raises on its own account."""


class ConfigError(LambdaModesError):
    """A setting, marker, option or call that cannot be. Raised before anything runs."""


class EventError(LambdaModesError):
    """An event that JSON cannot carry. Raised before the handler runs; the message names the path to the value."""


class NotSettledError(LambdaModesError):
    """Virtual time was asked to run until something settled, and that will not happen. Says what is pending."""


class StuckHandlerError(LambdaModesError):
    """Handler code ran longer in real time than `real_time_limit` without waiting. Shows where it is."""


class FunctionError(LambdaModesError):
    """A function error that is no exception of the handler's: a timeout, an exit, a response that is too large."""


class LeftoverError(LambdaModesError):
    """A test ended with accepted work that was never attempted."""


class ClockError(LambdaModesError):
    """Something the virtual clock cannot do: go back, or drive a clock or an event loop that is not its own."""


def names() -> list[str]:
    """Those of all errors."""
    _load_those_of_apis()
    return [name for name, each in globals().items() if isinstance(each, type) and issubclass(each, Exception)]


def _load_those_of_apis() -> None:
    """They are kept here: pytester forgets what a run inside a test has imported, and would load another copy."""
    if "ApiError" in globals():
        return
    found = vars(import_module(f"{__name__}.api")).items()
    errors = {name: each for name, each in found if isinstance(each, type) and issubclass(each, LambdaModesError)}
    for each in errors.values():
        each.__module__ = __name__
    globals().update(errors)


if not TYPE_CHECKING:  # or no misspelt name would be an error to a type checker

    def __dir__() -> list[str]:
        return sorted({*globals(), *names()})

    def __getattr__(name: str) -> object:
        if name == "__all__":
            return names()
        if not name.startswith("_"):
            _load_those_of_apis()
        if name not in globals():
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals()[name]
