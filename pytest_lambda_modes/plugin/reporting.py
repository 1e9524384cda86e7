"""Failing tests explain themselves; passing ones do when asked."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_lambda_modes.harness.lambda_modes import LambdaModes

SECTION = "Lambda timeline"
TIMELINE = pytest.StashKey["LambdaModes"]()
_WORKER_OUTPUT = "lambda_report"


class TestReporter:
    """Registered while one test has its Lambda: adds the timeline to the reports of its phases."""

    __test__ = False

    def __init__(self, node: pytest.Item, modes: LambdaModes) -> None:
        self._node = node
        self._modes = modes
        self.failed = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if item is self._node:
            if call.excinfo is not None:
                self.failed = True
            if report.failed and len(self._modes.timeline):
                report.sections.append((SECTION, str(self._modes.timeline)))
        return report


class Reporting:
    """`--lambda-timeline` and `--lambda-report`, registered only when one of them is given."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._prints = bool(config.getoption("--lambda-timeline"))
        self._path = config.getoption("--lambda-report")
        self._collected: dict[str, Any] = {}
        self._texts: list[tuple[str, str]] = []
        self._is_worker = hasattr(config, "workerinput")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        modes = item.stash.get(TIMELINE, None)
        if report.when == "teardown" and modes is not None:
            self._keep(item, report, modes)
        return report

    def _keep(self, item: pytest.Item, report: pytest.TestReport, modes: LambdaModes) -> None:
        from pytest_lambda_modes.timeline import json_report

        if self._path:
            self._collected[item.nodeid] = json_report.build(modes.timeline.facts, modes.start_epoch)
        if self._prints and report.passed and len(modes.timeline):
            report.sections.append((SECTION, str(modes.timeline)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self._prints and report.when == "teardown" and report.passed:
            self._texts += [(report.nodeid, text) for title, text in report.sections if title == SECTION]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._texts:
            terminalreporter.section(f"{SECTION}s")
        for nodeid, text in self._texts:
            terminalreporter.write_line(nodeid, bold=True)
            terminalreporter.write_line(text)
            terminalreporter.write_line("")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A worker of xdist has ended: take over what it collected."""
        self._collected.update(json.loads(getattr(node, "workeroutput", {}).get(_WORKER_OUTPUT, "{}")))

    def pytest_sessionfinish(self) -> None:
        if not self._path:
            return
        if self._is_worker:
            self._config.workeroutput[_WORKER_OUTPUT] = json.dumps(self._collected)  # type: ignore[attr-defined]
            return
        tests = {nodeid: self._collected[nodeid] for nodeid in sorted(self._collected)}
        Path(self._path).write_text(json.dumps({"version": 1, "tests": tests}, indent=2) + "\n", encoding="utf-8")
