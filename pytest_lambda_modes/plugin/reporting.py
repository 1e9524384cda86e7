"""Tests that fail show the user's own line and their timeline; what the session tells of the others is attached."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from pytest_lambda_modes.plugin.tracebacks import end_in_the_users_line
from pytest_lambda_modes.plugin.verdict import verdict

if TYPE_CHECKING:
    from pytest_lambda_modes.harness.lambda_modes import LambdaModes

SECTION = "Lambda timeline"


class TestReporter:
    """Adds the timeline to the reports of tests that fail, and has the verdict on those that have not.

    The first test with a Lambda has it registered, the first report of a test without one takes it out again. So tests
    without one never pay for it, and tests with one do not each pay for registering, which is a third of a small test.
    """

    __test__ = False

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._tells = bool(config.getoption("lambda_timeline") or config.getoption("lambda_report"))
        self._registered = False
        self._item: pytest.Item | None = None
        self._modes: LambdaModes | None = None
        self._told = 0
        self._ended = False
        self._failed = False

    def follow(self, item: pytest.Item, modes: LambdaModes) -> None:
        """The reports to come are of this test."""
        self._item, self._modes = item, modes
        self._told = 0
        self._ended = self._failed = False
        if not self._registered:
            self._config.pluginmanager.register(self, "lambda-modes-reporter")
            self._registered = True

    @property
    def _passed(self) -> bool:
        """Whether the test has run to its end: no failure, no skip, no Ctrl-C."""
        return self._ended and not self._failed

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        modes = self._modes
        if item is not self._item or modes is None:
            self._retire()
            return (yield)
        if call.excinfo is None and (call.when == "call" or self._passed):
            call.excinfo = verdict(modes, over=call.when == "teardown")
        if call.excinfo is not None and not item.config.getoption("fulltrace"):
            end_in_the_users_line(call.excinfo.value)
        report = yield
        self._ended = self._ended or report.when == "call"
        self._failed = self._failed or not report.passed
        if report.failed and len(modes.timeline) > self._told:
            self._told = len(modes.timeline)
            _explain(report, str(modes.timeline))
        if report.when == "teardown":
            # Fixtures older than ours have ended by now: a monkeypatch, say.
            modes.sweep()
            if self._tells:
                self._attach(report, item, modes)
            self._modes = None
        return report

    def _retire(self) -> None:
        self._config.pluginmanager.unregister(self)
        self._registered = False
        self._item = self._modes = None

    def _attach(self, report: pytest.TestReport, item: pytest.Item, modes: LambdaModes) -> None:
        """What `SessionReport` tells at the end. Attributes of a report travel with it from xdist's workers."""
        if self._config.getoption("lambda_timeline") and len(modes.timeline) > self._told:
            report.lambda_timeline = str(modes.timeline)  # type: ignore[attr-defined]
        if self._config.getoption("lambda_report"):
            from pytest_lambda_modes.timeline import json_report

            told = json_report.build(modes.timeline, modes.start_epoch)
            report.lambda_report = (node_id(item), json.dumps(told, default=str))  # type: ignore[attr-defined]


def node_id(item: pytest.Item) -> str:
    """The test's node id, without the group that xdist appends when it distributes by groups."""
    return item.nodeid if item.parent is None else f"{item.parent.nodeid}::{item.name}"


def _explain(report: pytest.TestReport, text: str) -> None:
    """Beside the traceback, which is also what IDEs and JUnit files show; not every kind of failure has one."""
    add_section = getattr(report.longrepr, "addsection", None)
    if add_section is not None:
        add_section(SECTION, text)
    else:
        report.sections.append((SECTION, text))
