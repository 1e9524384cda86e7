"""Overlapping handlers run in greenlets, and coverage must be told."""

from __future__ import annotations

import sys

import pytest

_TOLD = pytest.StashKey[bool]()


def hint_at_greenlets(node: pytest.Item) -> None:
    """Warn, once in a session, if coverage is measuring and may lose lines of handlers that overlapped in this test."""
    if not node.config.stash.get(_TOLD, False) and _coverage_loses_lines():
        node.config.stash[_TOLD] = True
        node.warn(
            pytest.PytestWarning(
                "Handlers overlap here, in greenlets, and coverage is not told so: it may miss lines of theirs.\n"
                'Add to its configuration: concurrency = ["greenlet", "thread"]'
            )
        )


def _coverage_loses_lines() -> bool:
    coverage = sys.modules.get("coverage")
    current = None if coverage is None else coverage.Coverage.current()
    if current is None or "greenlet" in current.config.concurrency:
        return False
    # On sys.monitoring it keeps no stack of its own, so greenlets are nothing to it.
    return dict(current.sys_info()).get("core") != "SysMonitor"
