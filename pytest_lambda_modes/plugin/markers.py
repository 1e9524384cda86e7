"""What the markers of a test say: those of the test, its class and its module, merged setting by setting."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_lambda_modes.errors import ConfigError

# What each of our markers takes without its name.
_POSITIONAL = {
    "lambda_function": ("handler",),
    "sync_invoke": (),
    "async_invoke": (),
    "event_source": ("kind",),
    "lambda_modes": (),
}


def settings_by_marker(node: pytest.Item) -> dict[str, dict[str, Any]]:
    """The settings of each of our markers, the closest to the test winning. Raises ConfigError."""
    settings: dict[str, dict[str, Any]] = {name: {} for name in _POSITIONAL}
    # To pytest the marks of a parameter are behind those of its test; they are closer.
    of_parameters = getattr(getattr(node, "callspec", None), "marks", ())
    for mark in (*of_parameters, *node.iter_markers()):
        if mark.name in _POSITIONAL:
            for name, value in _named(mark).items():
                settings[mark.name].setdefault(name, value)
    return settings


def _named(mark: pytest.Mark) -> dict[str, Any]:
    names = _POSITIONAL[mark.name]
    named = dict(zip(names, mark.args, strict=False))
    twice = [name for name in named if name in mark.kwargs]
    if len(mark.args) > len(names) or twice:
        takes = f"only {names[0]} can come without its name" if names else "all its settings have names"
        given = ", ".join(map(repr, mark.args))
        raise ConfigError(f"marker {mark.name}: it was given {given}, and {takes}.")
    return {**named, **mark.kwargs}
