from __future__ import annotations

import copyreg
import importlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from freezegun import api

from pytest_lambda_modes.clock.freezing import Freezer


class Dial:
    """What the virtual clock is to a Freezer: something that is set by hand, and counts who looks."""

    def __init__(self) -> None:
        self.now = 0
        self.reads = 0

    def read(self) -> int:
        self.reads += 1
        return self.now


@pytest.fixture
def dial() -> Dial:
    return Dial()


@pytest.fixture
def freeze(dial: Dial) -> Iterator[Callable[..., Freezer]]:
    """Starts a Freezer on the dial, and stops it at the end of the test if it still runs."""
    with ExitStack() as started:

        def start(*arguments: Any, **options: Any) -> Freezer:
            freezer = Freezer(dial.read, *arguments, **options)
            freezer.start()
            started.callback(freezer.stop)
            return freezer

        yield start


@pytest.fixture
def make_module(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Any]:
    """Makes a module from source, in sys.modules for the length of the test."""

    def make(name: str, source: str) -> ModuleType:
        module = ModuleType(name)
        exec(source, module.__dict__)
        monkeypatch.setitem(sys.modules, name, module)
        return module

    return make


@pytest.fixture
def write_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Writes a module to import from: of the project, or of a folder such as `site-packages`."""
    before = set(sys.modules)

    def write(name: str, source: str, folder: str = "src") -> None:
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{name}.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path / folder)
        importlib.invalidate_caches()

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


def _snapshot() -> dict[Any, Any]:
    state: dict[Any, Any] = {
        (name, key): value
        for name, module in list(sys.modules.items())
        if not name.startswith(("pytest_lambda_modes.clock", "_pytest", "pluggy"))
        and type(namespace := object.__getattribute__(module, "__dict__")) is dict
        for key, value in list(namespace.items())
    }
    state |= {("copyreg", kind): reduce for kind, reduce in copyreg.dispatch_table.items()}
    state |= {("environ", key): value for key, value in os.environ.items()}
    state |= {("meta_path", place): finder for place, finder in enumerate(sys.meta_path)}
    stacks: tuple[list[Any], ...] = (api.freeze_factories, api.tz_offsets, api.ignore_lists, api.tick_flags)
    state["freezegun"] = [list(map(id, stack)) for stack in stacks]
    state["pydantic"] = hasattr(api.FakeDate, "__get_pydantic_core_schema__")
    state["zone"] = time.tzname
    return state


@pytest.fixture
def watch_process() -> Callable[[], Callable[[], set[Any]]]:
    """Called, begins to watch all that a freeze could leave behind; what it returns tells what differs since then."""

    def watch() -> Callable[[], set[Any]]:
        before = _snapshot()
        return lambda: _differences(before, _snapshot())

    return watch


def _differences(before: dict[Any, Any], after: dict[Any, Any]) -> set[Any]:
    absent = object()
    pairs = {key: (before.get(key, absent), after.get(key, absent)) for key in before.keys() | after.keys()}
    plain = (str, int, float, tuple, list)
    return {
        key
        for key, (old, new) in pairs.items()
        if old is not new and not (isinstance(old, plain) and isinstance(new, plain) and old == new)
    }
