"""Filter criteria: whether a message reaches the function."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks.race import Contestant, Race, Work, contestants
from pytest_lambda_modes.filtering.matching import FilterCriteria

PATTERN = {
    "body": {
        "kind": ["order"],
        "customer": {"tier": [{"prefix": "go"}]},
        "total": [{"numeric": [">", 100]}],
    }
}
BODY = json.dumps({"kind": "order", "customer": {"id": "c-4711", "tier": "gold"}, "total": 120.5, "lines": [1, 2, 3]})


@contextmanager
def our_filter() -> Iterator[Work]:
    criteria = FilterCriteria.parse([PATTERN], "sqs")
    record = {"messageId": "m-1", "body": BODY, "messageAttributes": {}}
    assert criteria.admits(record)
    yield lambda: criteria.admits(record)


@contextmanager
def moto_event_pattern() -> Iterator[Work]:
    """moto matches EventBridge's patterns, which are nearly the same language."""
    EventPattern = pytest.importorskip("moto.events.models").EventPattern
    pattern = EventPattern.load(json.dumps(PATTERN))
    assert pattern.matches_event({"body": json.loads(BODY)})
    yield lambda: pattern.matches_event({"body": json.loads(BODY)})


@contextmanager
def json_and_ifs() -> Iterator[Work]:
    """The same by hand."""

    def work() -> bool:
        body = json.loads(BODY)
        return bool(body["kind"] == "order" and body["customer"]["tier"].startswith("go") and body["total"] > 100)

    yield work


@contestants(our_filter, moto_event_pattern, json_and_ifs)
def test_filter(race: Race, contestant: Contestant) -> None:
    race.run(contestant)
