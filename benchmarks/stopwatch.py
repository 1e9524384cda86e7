"""A pytest plugin for runs in processes of their own: measures what a test costs, and what loading a plugin costs.

`$STOPWATCH` is the file it writes, `$STOPWATCH_PLUGIN` the plugin to load, if any. With `$STOPWATCH_CALLS` it counts
the calls that a test makes, in pytest and below, which is exact and slow, instead of taking the time.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator
from pathlib import Path
from time import process_time
from types import FrameType

import pytest

# The first tests pay for imports.
WARM_UP = 20

_COUNTS = "STOPWATCH_CALLS" in os.environ

_costs: list[float] = []
_loading: dict[str, object] = {}
_calls = 0


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Load the plugin at the time at which pytest loads those of `-p`."""
    name = os.environ.get("STOPWATCH_PLUGIN")
    if name:
        before = set(sys.modules)
        start = process_time()
        pluginmanager.import_plugin(name)
        _loading["seconds"] = process_time() - start
        _loading["modules"] = sorted(set(sys.modules) - before)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    read, profile = (_read_calls, _count) if _COUNTS else (process_time, None)
    start = read()
    sys.setprofile(profile)
    result = yield
    sys.setprofile(None)
    _costs.append(read() - start)
    return result


def _read_calls() -> float:
    return _calls


def _count(frame: FrameType, event: str, argument: object) -> None:
    global _calls
    _calls += event in ("call", "c_call")


def pytest_sessionfinish() -> None:
    tests = _costs[WARM_UP:]
    cost = sum(tests) / len(tests) if tests else None
    Path(os.environ["STOPWATCH"]).write_text(json.dumps({"cost_of_a_test": cost, "loading": _loading}))
