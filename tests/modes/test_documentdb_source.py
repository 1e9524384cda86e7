"""Change streams of DocumentDB and their mapping, through the fixture. (DOCDB-1)"""

from __future__ import annotations

import datetime as dt
import time

import pytest

from pytest_lambda_modes import facts


def changes(event):
    return [each["event"] for each in event["events"]]


class Reader:
    """A handler that keeps what it got, works so many seconds, and fails so many times."""

    def __init__(self, failures: float = 0, takes: float = 0) -> None:
        self.failures = failures
        self.takes = takes
        self.events = []

    def __call__(self, event, context):
        self.events.append(event)
        time.sleep(self.takes)
        self.failures -= 1
        if self.failures >= 0:
            raise ValueError("not yet")


def make(event_source, handler, **settings):
    names = {"database_name": "shop", "collection_name": "orders", "starting_position": "TRIM_HORIZON"}
    return event_source.documentdb(handler, **{**names, **settings})


@pytest.mark.rule("DOCDB-1")
def test_an_event_is_as_aws_writes_it(event_source, lambda_clock):
    """Each kind of change with its own members, in order."""
    reader = Reader()
    orders = make(event_source, reader, cluster_name="shop")
    lambda_clock.advance(seconds=7)
    handles = [
        orders.insert_one({"_id": 7, "status": "new"}),
        orders.update_one({"_id": 7}, {"$set": {"status": "paid"}}),
        orders.replace_one({"_id": 7}, {"status": "sent"}),
        orders.delete_one({"_id": 7}),
    ]
    orders.drain()
    [event] = reader.events
    assert list(event) == ["eventSourceArn", "events", "eventSource"]
    assert event["eventSource"] == "aws:docdb"
    assert (
        event["eventSourceArn"] == "arn:aws:rds:us-east-1:123456789012:cluster:shop" == orders.mapping.event_source_arn
    )
    common = [
        {"documentKey": {"_id": 7}, "ns": {"db": "shop", "coll": "orders"}, "clusterTime": {"$timestamp": stamp}}
        for stamp in ({"t": 1_767_225_607, "i": number} for number in (1, 2, 3, 4))
    ]
    tokens = [change.pop("_id")["_data"] for change in changes(event)]
    found = changes(event)
    described = {"updatedFields": {"status": "paid"}, "removedFields": [], "truncatedArrays": []}
    for change in found:
        change.pop("_id", None)
    assert found == [
        {**common[0], "operationType": "insert", "fullDocument": {"_id": 7, "status": "new"}},
        {**common[1], "operationType": "update", "updateDescription": described},
        {**common[2], "operationType": "replace", "fullDocument": {"_id": 7, "status": "sent"}},
        {**common[3], "operationType": "delete"},
    ]
    assert tokens == sorted(set(tokens))
    assert [handle.state for handle in handles] == ["processed"] * 4


@pytest.mark.rule("DOCDB-1")
def test_an_update_may_look_its_document_up(event_source):
    """As it is when the change is read: maybe a later one, or none any more."""
    reader = Reader()
    orders = make(event_source, reader, full_document="UpdateLookup", batch_size=1, enabled=False)
    orders.insert_one({"_id": 1, "n": 0})
    orders.insert_one({"_id": 2, "n": 0})
    for n in (1, 2):
        orders.update_one({"_id": 1}, {"$set": {"n": n}})
    orders.update_one({"_id": 2}, {"$set": {"n": 1}})
    orders.delete_one({"_id": 2})
    orders.enable()
    orders.drain()
    updates = [change for event in reader.events for change in changes(event) if change["operationType"] == "update"]
    assert [change["fullDocument"] for change in updates] == [{"_id": 1, "n": 2}, {"_id": 1, "n": 2}, None]


@pytest.mark.rule("DOCDB-1", "ESM-7")
def test_changes_are_collected_for_half_a_second_or_until_there_are_a_hundred(event_source, lambda_clock):
    """One batch at a time."""
    reader = Reader(takes=1)
    orders = make(event_source, reader, timeout=5)
    for _ in range(120):
        orders.insert_one({})
    orders.drain()
    assert [len(batch.records) for batch in orders.batches] == [100, 20]
    assert [batch.started_at.second for batch in orders.batches] == [0, 1]


@pytest.mark.rule("DOCDB-1")
def test_a_batch_is_retried_until_it_succeeds(event_source):
    """And holds up what is behind it."""
    orders = make(event_source, Reader(failures=2), batch_size=1)
    first, second = orders.insert_one({}), orders.insert_one({})
    orders.drain()
    assert [(each.state, each.attempts) for each in (first, second)] == [("processed", 3), ("processed", 1)]


@pytest.mark.rule("DOCDB-1")
def test_a_change_is_retried_until_the_log_expires(event_source, lambda_clock):
    """After three hours, or as long as the log is kept."""
    orders = make(event_source, Reader(failures=float("inf")), change_stream_log_retention_duration=3_600)
    change = orders.insert_one({})
    orders.drain()
    assert (change.state, lambda_clock.elapsed) == ("expired", dt.timedelta(hours=1))


@pytest.mark.rule("DOCDB-1")
def test_a_change_that_is_too_large_is_dropped(event_source, lambda_modes):
    """And counted; the stream goes on behind it."""
    reader = Reader()
    orders = make(event_source, reader)
    large, fine = orders.insert_one({"text": "x" * 6_291_456}), orders.insert_one({"_id": 1})
    orders.drain()
    assert (large.state, large.discard_reason, large.attempts) == ("discarded", "Oversized", 0)
    assert (fine.state, len(reader.events)) == ("processed", 1)
    assert lambda_modes.metrics["OversizedRecordCount"].of("orders").sum == 1
    [fact] = [fact for fact in lambda_modes.timeline.facts if isinstance(fact, facts.RecordOversized)]
    assert (fact.rule, fact.size > 6_291_456) == ("DOCDB-1", True)


@pytest.mark.rule("DOCDB-1")
@pytest.mark.parametrize(
    "position, seen",
    [
        ({"starting_position": "TRIM_HORIZON"}, [1, 2, 3]),
        ({"starting_position": "LATEST"}, [3]),
        ({"starting_position": "AT_TIMESTAMP", "starting_position_timestamp": 1_767_225_605}, [2, 3]),
    ],
)
def test_a_mapping_starts_where_it_is_told(event_source, lambda_clock, position, seen):
    """A second mapping of the collection reads what is there already, if it is told so."""
    first = make(event_source, lambda event, context: None)
    first.insert_one({"_id": 1})
    lambda_clock.advance(seconds=10)
    first.insert_one({"_id": 2})
    reader = Reader()
    second = make(event_source, reader, **position)
    first.insert_one({"_id": 3})
    first.drain()
    second.drain()
    assert [change["documentKey"]["_id"] for event in reader.events for change in changes(event)] == seen


@pytest.mark.rule("MET-12")
def test_the_iterator_age_is_measured(event_source, lambda_modes):
    """Of the last change of a batch."""
    orders = make(event_source, Reader())
    orders.insert_one({})
    orders.drain()
    assert lambda_modes.metrics["IteratorAge"].maximum == 500


def test_the_timeline_names_the_rule_of_documentdb(event_source, lambda_modes):
    """Not those of streams, which stand behind the same machinery."""
    orders = make(event_source, Reader(failures=1))
    orders.insert_one({})
    orders.drain()
    rules = {getattr(fact, "rule", "") for fact in lambda_modes.timeline.facts}
    assert "DOCDB-1" in rules
    assert not any(rule.startswith("KIN") for rule in rules)


def test_documents_can_be_looked_at(event_source):
    """Through the source as through the collection."""
    orders = make(event_source, Reader())
    orders.insert_one({"_id": 1, "a": 2})
    assert orders.find_one({"_id": 1}) == {"_id": 1, "a": 2} == orders.collection.documents[0]
    assert orders.find_one({"_id": 2}) is None
    orders.drain()
