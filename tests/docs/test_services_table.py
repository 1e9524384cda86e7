"""The page of services: a row for each, with all its cells."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from pytest_lambda_modes.harness.async_invoke import AsyncInvoke
from pytest_lambda_modes.harness.event_source_settings import SETTINGS
from pytest_lambda_modes.harness.sync_invoke import SyncInvoke

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "services.md"
TABLE = PAGE.read_text(encoding="utf-8").partition("\n\nTopics, buses")[0]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines() if line.startswith("|")]


def methods_of(row: list[str]) -> list[str]:
    return re.findall(r"(?:sync_invoke|async_invoke|event_source)\.\w+", row[1])


def test_every_method_has_its_row() -> None:
    """One each, and none for a method that does not exist."""
    exist = [f"{owner.fixture}.{name}" for owner in (SyncInvoke, AsyncInvoke) for name in dir(owner) if "from_" in name]
    listed = Counter(method for row in ROWS[2:] for method in methods_of(row))
    assert listed == Counter([*exist, *(f"event_source.{kind}" for kind in SETTINGS)])


def test_every_row_has_all_its_cells() -> None:
    """Of the same mode as its method."""
    modes = {"sync_invoke": "synchronous", "async_invoke": "asynchronous", "event_source": "polled"}
    for row in ROWS[2:]:
        assert [len(row), all(row)] == [len(ROWS[0]), True], row
        assert row[2] == modes[methods_of(row)[0].partition(".")[0]]
