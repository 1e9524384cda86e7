"""The pytest plugin. Loading it loads no more than this, the hooks, the fixtures' names and the errors."""

from __future__ import annotations

import pytest

from pytest_lambda_modes.plugin import hookspecs
from pytest_lambda_modes.plugin.fixtures import (
    async_invoke,
    event_source,
    lambda_clock,
    lambda_modes,
    lambda_timeline,
    sync_invoke,
)

__all__ = ["async_invoke", "event_source", "lambda_clock", "lambda_modes", "lambda_timeline", "sync_invoke"]


def pytest_addoption(parser: pytest.Parser) -> None:
    from pytest_lambda_modes.plugin.options import add_options

    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    from pytest_lambda_modes.plugin.options import configure

    configure(config)
