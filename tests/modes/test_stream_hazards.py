"""What will hurt in production: the timeline says it of a stream's mapping, and of what a function answers."""

from __future__ import annotations

import pytest

from pytest_lambda_modes import facts

REPORTS = ["ReportBatchItemFailures"]


def report(event, *places):
    numbers = [record["kinesis"]["sequenceNumber"] for record in event["Records"]]
    return {"batchItemFailures": [{"itemIdentifier": numbers[place]} for place in places]}


@pytest.fixture
def hazards(lambda_timeline):
    """The hazards so far, by id."""
    return lambda: {fact.id: fact.text for fact in lambda_timeline if isinstance(fact, facts.Hazard)}


@pytest.fixture
def make(event_source):
    """A stream without any hazard, unless a setting brings one."""
    usual = {
        "starting_position": "TRIM_HORIZON",
        "function_response_types": REPORTS,
        "maximum_retry_attempts": 3,
    }
    return lambda handler=lambda event, context: None, **config: event_source.kinesis(handler, **{**usual, **config})


def test_a_careful_set_up_has_none(make, hazards):
    """Reports, a limit of retries, and a starting position that misses nothing."""
    make()
    assert hazards() == {}


@pytest.mark.parametrize(
    ("config", "hazard", "text"),
    [
        ({"function_response_types": []}, "HAZ-6", "batches of 100 without ReportBatchItemFailures"),
        ({"maximum_retry_attempts": -1}, "HAZ-9", "a poison record blocks its shard until it has left the stream"),
        ({"starting_position": "LATEST"}, "HAZ-22", "may be missed"),
    ],
)
def test_a_careless_set_up_is_told_at_once(make, hazards, config, hazard, text):
    """When the mapping is made, each once."""
    make(**config)
    assert list(hazards()) == [hazard]
    assert text in hazards()[hazard]


@pytest.mark.parametrize(
    "config",
    [
        {"batch_size": 1, "function_response_types": []},
        {"maximum_retry_attempts": -1, "maximum_record_age_in_seconds": 3600},
        {"maximum_retry_attempts": -1, "bisect_batch_on_function_error": True},
        {"maximum_retry_attempts": -1, "on_failure": "sqs:lost"},
    ],
)
def test_what_prevents_a_hazard_is_seen(make, hazards, config):
    """Single records; an age; bisecting; a destination."""
    make(**config)
    assert hazards() == {}


def test_an_update_can_bring_a_hazard(make, hazards):
    """And does not repeat one."""
    clicks = make()
    for _ in range(2):
        clicks.update(maximum_retry_attempts=-1)
    assert list(hazards()) == ["HAZ-9"]


def test_a_report_that_is_none_is_told(make, hazards):
    """With what is wrong about it."""
    clicks = make(lambda event, context: {"batchItemFailures": [{"id": 1}]})
    clicks.put("a")
    clicks.drain()
    assert hazards() == {"HAZ-7": "an entry has no itemIdentifier: {'id': 1}"}


def test_a_report_that_nobody_reads_is_told(make, hazards):
    """The mapping does not ask for it, so what failed counts as processed."""
    clicks = make(lambda event, context: report(event, 0), batch_size=1, function_response_types=[])
    clicks.put("a")
    clicks.drain()
    assert list(hazards()) == ["HAZ-8"]


@pytest.mark.parametrize(("places", "again"), [((1,), 2), ((1, 3), 1), ((2, 3), 0), ((3,), 0)])
def test_records_that_come_again_unreported_are_told(make, hazards, places, again):
    """All behind the lowest one does; what was reported was expected to."""
    tries = []

    def handler(event, context):
        tries.append(event)
        return report(event, *places) if len(tries) == 1 else None

    clicks = make(handler)
    for body in "abcd":
        clicks.put(body)
    clicks.drain()
    assert list(hazards()) == (["HAZ-10"] if again else [])
    assert not again or f"{again} not reported come again" in hazards()["HAZ-10"]


def test_filters_that_cannot_match_are_told(event_source, hazards):
    """A number of DynamoDB is a string under its type."""
    event_source.dynamodb(
        lambda event, context: None,
        starting_position="TRIM_HORIZON",
        batch_size=1,
        maximum_retry_attempts=0,
        filter_criteria=[{"dynamodb": {"NewImage": {"total": [42]}}}],
    )
    assert list(hazards()) == ["HAZ-23"]


def test_data_that_the_filters_are_not_for_is_told(make, hazards):
    """It is skipped unseen."""
    clicks = make(filter_criteria=[{"data": {"kind": ["order"]}}])
    clicks.put({"kind": "view"})
    clicks.drain()
    assert hazards() == {}
    clicks.put("no JSON")
    clicks.drain()
    assert list(hazards()) == ["HAZ-24"]
