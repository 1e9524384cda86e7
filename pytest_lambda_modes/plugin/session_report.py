"""`--lambda-timeline` and `--lambda-report`: what is told of all tests, when the last has ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


class SessionReport:
    """Registered when one of the two options is given. Both tell the tests in the order of their ids."""

    def __init__(self, config: pytest.Config) -> None:
        self._prints = config.getoption("lambda_timeline")
        path = config.getoption("lambda_report")
        # xdist's workers have the options too, and nothing to write.
        self._path = None if path is None or hasattr(config, "workerinput") else Path(path).absolute()
        if self._path is not None and self._path.is_dir():
            raise pytest.UsageError(f"--lambda-report names a folder: {self._path}")
        self._timelines: dict[str, str] = {}
        self._reports: dict[str, object] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if hasattr(report, "lambda_timeline"):
            self._timelines[report.nodeid] = report.lambda_timeline
        if hasattr(report, "lambda_report"):
            test, text = report.lambda_report
            self._reports[test] = json.loads(text)

    def pytest_sessionfinish(self) -> None:
        if self._path is not None:
            told = {"version": 1, "tests": dict(sorted(self._reports.items()))}
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._prints and self._timelines:
            terminalreporter.section("Lambda timelines")
            for test, text in sorted(self._timelines.items()):
                terminalreporter.write_line(test, bold=True)
                terminalreporter.write_line(f"{text}\n")
        if self._path is not None:
            terminalreporter.write_sep("-", f"generated Lambda report: {self._path}")
