"""A pytest plugin for the runs that are measured from outside: writes what a test costs, and what loading us costs.

A plugin named by `--measured-plugin` is loaded by this one, so that the time and the modules it takes can be told.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from pathlib import Path
from time import process_time

import pytest

# The first tests pay for imports.
WARM_UP = 20

_took: list[float] = []
_loading: dict[str, object] = {}


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    parser.addoption("--measurements", type=Path)


def load(pluginmanager: pytest.PytestPluginManager, name: str) -> None:
    """Load a plugin as `-p` does, and note what that takes."""
    before = set(sys.modules)
    start = process_time()
    pluginmanager.import_plugin(name)
    _loading["seconds"] = process_time() - start
    _loading["modules"] = sorted(set(sys.modules) - before)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    start = process_time()
    try:
        return (yield)
    finally:
        _took.append(process_time() - start)


def pytest_sessionfinish(session: pytest.Session) -> None:
    tests = _took[WARM_UP:]
    result = {
        "failed": session.testsfailed,
        "seconds_a_test": sum(tests) / len(tests) if tests else None,
        "loading": _loading,
    }
    session.config.getoption("--measurements").write_text(json.dumps(result))
