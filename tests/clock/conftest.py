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
from pytest_lambda_modes.clock.patch_sites import namespace_of


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


def _snapshot() -> dict[str, dict[Any, Any]]:
    namespaces = {
        name: dict(namespace)
        for name, module in list(sys.modules.items())
        # These have counters of their own that go on meanwhile.
        if not name.startswith(("pytest_lambda_modes.clock", "_pytest", "pluggy", "hypothesis"))
        and (namespace := namespace_of(module)) is not None
    }
    stacks: tuple[list[Any], ...] = (api.freeze_factories, api.tz_offsets, api.ignore_lists, api.tick_flags)
    return {
        **namespaces,
        "copyreg.dispatch_table": dict(copyreg.dispatch_table),
        "os.environ": dict(os.environ),
        "sys.meta_path": dict(enumerate(sys.meta_path)),
        "freezegun's stacks": {number: tuple(map(id, stack)) for number, stack in enumerate(stacks)},
        "pydantic's hook": {"there": hasattr(api.FakeDate, "__get_pydantic_core_schema__")},
        "zone": {"names": time.tzname},
    }


@pytest.fixture
def watch_process() -> Callable[[], Callable[[], set[Any]]]:
    """Called, begins to watch all that a freeze could leave behind; what it returns tells what differs since then."""

    def watch() -> Callable[[], set[Any]]:
        before = _snapshot()
        return lambda: _differences(before, _snapshot())

    return watch


def _differences(before: dict[str, dict[Any, Any]], after: dict[str, dict[Any, Any]]) -> set[Any]:
    """Where things that were there before differ. Modules imported meanwhile are no difference."""
    return {
        (place, name)
        for place in before.keys() & after.keys()
        for name in before[place].keys() | after[place].keys()
        if not _equal(before[place].get(name), after[place].get(name))
    }


def _equal(old: object, new: object) -> bool:
    if old is new or (old is None and isinstance(new, ModuleType)):
        return True
    plain = (str, int, float, tuple, list)
    return isinstance(old, plain) and isinstance(new, plain) and old == new
