"""The timeline as plain data."""

from __future__ import annotations

import json

from pytest_lambda_modes.model.facts import ConfigurationUpdated, FunctionEnded, Hazard
from pytest_lambda_modes.rules import all_rules
from pytest_lambda_modes.timeline.json_report import build
from pytest_lambda_modes.units import SECOND

START = 1_767_225_600 * SECOND
FACTS = [
    FunctionEnded(3 * SECOND, "orders", "6f1c", 1, "timeout", 3 * SECOND, None, "RT-19"),
    FunctionEnded(6 * SECOND, "orders", "7a2d", 1, "timeout", 3 * SECOND, None, "RT-19"),
    ConfigurationUpdated(9 * SECOND, "orders", ("timeout",), "RT-22"),
    Hazard(9 * SECOND, "orders", "XYZ-1", "no such rule"),
]


def test_a_fact_has_its_time_twice_and_its_fields() -> None:
    """A fact tells its moment in microseconds and as ISO time, its kind, its words and its fields."""
    first, _, third, _ = build(FACTS, START)["facts"]
    assert list(first.items()) == [
        ("at", 3_000_000),
        ("time", "2026-01-01T00:00:03.000Z"),
        ("who", "orders"),
        ("fact", "FunctionEnded"),
        ("text", "attempt 1 timed out: 3.00 s, request 6f1c"),
        ("request_id", "6f1c"),
        ("attempt", 1),
        ("outcome", "timeout"),
        ("duration", 3_000_000),
        ("error", None),
        ("rule", "RT-19"),
    ]
    assert third["changed"] == ["timeout"]


def test_each_rule_is_told_once() -> None:
    """The sentence of each rule that a fact names stands beside the facts; an id without a rule has none."""
    rules = build(FACTS, START)["rules"]
    assert rules == {name: all_rules()[name].sentence for name in ("RT-19", "RT-22")}


def test_the_report_is_json() -> None:
    """The report survives being written and read, keys in the same order."""
    report = build(FACTS, START)
    assert list(report) == ["start", "facts", "rules"]
    assert report["start"] == "2026-01-01T00:00:00.000Z"
    assert json.dumps(json.loads(json.dumps(report))) == json.dumps(report)
