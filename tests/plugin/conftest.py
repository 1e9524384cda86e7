"""Runs of pytest inside the tests of the plugin, and what every one of them must leave as it was."""

from __future__ import annotations

import asyncio
import concurrent.futures
import copyreg
import http.client
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Generator
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType

import pytest
import pytest_asyncio.plugin
from freezegun import api

# Loaded here, so that runs inside this process share it, and do not each load it anew.

INI = """
[pytest]
asyncio_default_fixture_loop_scope = function
"""

OPTIONS = ("-p", "no:cacheprovider", "-p", "no:randomly")

_CLASSES = (
    asyncio.BaseEventLoop,
    concurrent.futures.Future,
    concurrent.futures.ThreadPoolExecutor,
    http.client.HTTPConnection,
    logging.StreamHandler,
    subprocess.Popen,
    threading.Thread,
    api.FakeDate,
    api._freeze_time,
)
_STAND_INS = ("freezegun", "pytest_lambda_modes.clock")


def _reads_time(value: object) -> bool:
    if isinstance(value, ModuleType):
        return vars(value).get("__name__") == "time"
    if not isinstance(value, (type, FunctionType, BuiltinFunctionType)):
        return False
    return str(getattr(value, "__module__", "")).startswith(("time", "datetime", *_STAND_INS))


def _readers() -> dict[str, object]:
    """Everything that reads or passes time, wherever a module holds it."""
    return {
        f"{name}.{key}": value
        for name, module in list(sys.modules.items())
        if not name.startswith(("freezegun", "pytest_lambda_modes"))
        and type(namespace := getattr(module, "__dict__", None)) is dict
        for key, value in list(namespace.items())
        if _reads_time(value)
    }


def _variables_of_c() -> list[bytes]:
    """What a child process inherits, which `os.environ` need not know."""
    inherited = sorted(subprocess.run(["env"], capture_output=True, check=True).stdout.splitlines())
    return [line for line in inherited if not line.startswith(b"PYTEST_CURRENT_TEST=")]


def process_state(folder: Path) -> dict[str, object]:
    """All that a test of ours touches in the process, by a name. `folder` has the modules of the project under test."""
    state: dict[str, object] = {
        "sys.stdout": sys.stdout,
        "sys.stderr": sys.stderr,
        "sys.meta_path": list(sys.meta_path),
        "sys.path": list(sys.path),
        "asyncgen hooks": tuple(sys.get_asyncgen_hooks()),
        "running loop": asyncio._get_running_loop(),
        "loop of the policy": getattr(getattr(asyncio.events._event_loop_policy, "_local", None), "_loop", None),
        "os.environ": {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        "what is behind os.environ": os.environ._data,  # type: ignore[attr-defined]
        "C's variables": _variables_of_c(),
        "root handlers": list(logging.root.handlers),
        "root level": logging.root.level,
        "zone": time.tzname,
        "pickling": dict(copyreg.dispatch_table),
        "freezes": [list(map(id, stack)) for stack in (api.freeze_factories, api.tz_offsets, api.tick_flags)],
        "stack inspection": api.call_stack_inspection_limit,
        "threads": threading.enumerate(),
        "trace": (sys.gettrace(), threading.gettrace()),
    }
    state |= {
        f"uuid.{key}": value for key, value in vars(uuid).items() if key in ("_generate_time_safe", "_UuidCreate")
    }
    state |= {f"os.{name}": getattr(os, name) for name in ("_exit", "abort", "kill")}
    state |= {f"signal {number}": signal.getsignal(number) for number in signal.valid_signals()}
    state |= {f"{each.__name__}.{key}": value for each in _CLASSES for key, value in vars(each).items()}
    for name, module in sys.modules.items():
        if str(getattr(module, "__file__", None)).startswith(f"{folder}{os.sep}"):
            state[f"module {name}"] = module
    return state


class ProcessWatch:
    """A plugin for a run inside this process: tells, by test with a fixture of ours, what is not as it was before."""

    def __init__(self, folder: Path) -> None:
        self.left: dict[str, list[str]] = {}
        self.reports: list[pytest.TestReport] = []
        self._folder = folder
        self._before: tuple[str, dict[str, object], dict[str, object]] | None = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        if "lambda_modes" in getattr(item, "fixturenames", ()):
            self._before = (item.nodeid, process_state(self._folder), _readers())
        result = yield
        self._compare()
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.reports.append(report)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, None, None]:
        """After Ctrl-C fixtures end here."""
        yield
        self._compare()

    def _compare(self) -> None:
        if self._before is None:
            return
        test, before, readers_before = self._before
        self._before = None
        now, readers = process_state(self._folder), _readers()
        left = [name for name in before.keys() | now.keys() if not _same(before.get(name), now.get(name))]
        left += [name for name, value in readers_before.items() if readers.get(name) is not value and _is_there(name)]
        left += [name for name in readers.keys() - readers_before.keys() if _is_stand_in(readers[name])]
        if left:
            self.left[test] = sorted(left)


def _same(before: object, after: object) -> bool:
    return before is after or (type(before) in (dict, list, tuple, str, bytes, int) and before == after)


def _is_there(reader: str) -> bool:
    """Whether its module still is."""
    return reader.rpartition(".")[0] in sys.modules


def _is_stand_in(value: object) -> bool:
    return str(getattr(value, "__module__", "")).startswith(_STAND_INS)


class Suite:
    """A project with tests. `run` runs them in this process, and proves that each leaves the process as it was.

    `reports` are those of the last run in this process.
    """

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.reports: list[pytest.TestReport] = []
        pytester.makefile(".ini", pytest=INI)
        pytester.syspathinsert()

    def write(self, **files: str) -> None:
        """Python files, by name without `.py`."""
        self.pytester.makepyfile(**files)

    def configure(self, *lines: str) -> None:
        """Add lines to the ini file."""
        (self.pytester.path / "pytest.ini").write_text(INI + "\n".join(lines))

    def run(self, source: str = "", *options: str) -> pytest.RunResult:
        """Run all tests, with those of `source` as `test_it.py`, beside pytest-asyncio and no other plugin."""
        if source:
            self.write(test_it=source)
        watch = ProcessWatch(self.pytester.path)
        with pytest.MonkeyPatch.context() as patch:
            # Other plugins are for runs in processes of their own: they are slow to load.
            patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
            self._hide_namesakes(patch)
            result = self.pytester.runpytest_inprocess(
                *("-p", "lambda_modes", *OPTIONS, *options),
                plugins=[pytest_asyncio.plugin, watch],
                no_reraise_ctrlc=True,
            )
        assert watch.left == {}
        self.reports = watch.reports
        return result

    def _hide_namesakes(self, patch: pytest.MonkeyPatch) -> None:
        """The tests of the demo have imported modules whose names suites have too."""
        names = {path.stem for path in self.pytester.path.iterdir()}
        for module in list(sys.modules):
            if module.partition(".")[0] in names:
                patch.delitem(sys.modules, module)

    def run_apart(self, source: str = "", *options: str, timeout: float = 60) -> pytest.RunResult:
        """Run them in a process of its own, beside all plugins that are installed."""
        if source:
            self.write(test_it=source)
        return self.pytester.runpytest_subprocess(*OPTIONS, *options, timeout=timeout)


@pytest.fixture
def suite(pytester: pytest.Pytester) -> Suite:
    return Suite(pytester)
