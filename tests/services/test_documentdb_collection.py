"""A collection of DocumentDB: what is written, and the change that comes of it."""

from __future__ import annotations

import datetime as dt

import pytest

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ConfigError, EventError
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services.documentdb_collection import DocumentDbCollection
from pytest_lambda_modes.units import HOUR, SECOND


def make(scheduler: Scheduler, **settings) -> DocumentDbCollection:
    return DocumentDbCollection("orders", scheduler, Identifiers("s"), database_name="shop", **settings)


@pytest.fixture
def orders(scheduler: Scheduler) -> DocumentDbCollection:
    return make(scheduler)


def test_each_write_is_a_change(orders: DocumentDbCollection) -> None:
    """With the key always, and the document after it but for a delete."""
    changes = [
        orders.insert_one({"_id": 7, "status": "new", "note": "x"}),
        orders.update_one({"_id": 7}, {"$set": {"status": "paid"}, "$unset": {"note": ""}}),
        orders.replace_one({"_id": 7}, {"status": "sent"}),
        orders.delete_one({"_id": 7}),
    ]
    assert changes == orders.records
    assert [(each.operation_type, each.full_document) for each in orders.records] == [
        ("insert", {"_id": 7, "status": "new", "note": "x"}),
        ("update", {"_id": 7, "status": "paid"}),
        ("replace", {"_id": 7, "status": "sent"}),
        ("delete", None),
    ]
    assert {each.document_key["_id"] for each in orders.records} == {7}
    assert orders.records[1].update_description == {
        "updatedFields": {"status": "paid"},
        "removedFields": ["note"],
        "truncatedArrays": [],
    }
    assert orders.documents == []


def test_what_changes_nothing_is_no_change(orders: DocumentDbCollection) -> None:
    """Neither the same values again, nor a document that is not there."""
    orders.insert_one({"_id": 7, "status": "new"})
    assert orders.update_one({"_id": 7}, {"$set": {"status": "new"}, "$unset": {"note": ""}}) is None
    assert orders.replace_one({"_id": 7}, {"status": "new"}) is None
    for write in (orders.delete_one, lambda found: orders.update_one(found, {"$set": {"a": 1}})):
        assert write({"_id": 8}) is None
    assert orders.replace_one({"_id": 8}, {}) is None
    assert len(orders.records) == 1


def test_a_document_without_an_id_gets_an_object_id(orders: DocumentDbCollection) -> None:
    """24 hex digits, another one each time."""
    first, second = (orders.insert_one({"a": 1}).document_key["_id"]["$oid"] for _ in range(2))
    assert len(first) == 24
    assert first != second
    assert orders.find_one({"_id": {"$oid": first}}) == {"_id": {"$oid": first}, "a": 1}


def test_values_are_in_extended_json(orders: DocumentDbCollection) -> None:
    """As the change event has them."""
    moment = dt.datetime(2026, 5, 4, 3, 2, 1, 500_000, tzinfo=dt.timezone.utc)
    orders.insert_one({"_id": 1, "at": moment, "raw": b"\xff", "items": (1, 2.5, None, True, {"a": "b"})})
    assert orders.find_one({"_id": 1}) == {
        "_id": 1,
        "at": {"$date": "2026-05-04T03:02:01.500Z"},
        "raw": {"$binary": {"base64": "/w==", "subType": "00"}},
        "items": [1, 2.5, None, True, {"a": "b"}],
    }
    for wrong in (object(), {1, 2}, {"a": {1: "b"}}, dt.datetime(2026, 1, 1)):
        with pytest.raises(EventError, match="no form in extended JSON"):
            orders.insert_one({"_id": 2, "wrong": wrong})


def test_nothing_outside_can_change_what_is_stored(orders: DocumentDbCollection) -> None:
    """Neither the document that was given, nor the one that was found."""
    document = {"_id": 1, "items": [1]}
    orders.insert_one(document)
    document["items"].append(2)
    orders.find_one({"_id": 1})["items"].append(3)
    orders.documents[0]["items"].append(4)
    assert orders.find_one({"_id": 1}) == {"_id": 1, "items": [1]}


def test_changes_are_counted_within_their_second(orders: DocumentDbCollection, scheduler: Scheduler) -> None:
    """As the cluster time counts them."""
    ordinals = [orders.insert_one({}).ordinal, orders.insert_one({}).ordinal]
    scheduler.now = SECOND
    assert [*ordinals, orders.insert_one({}).ordinal] == [1, 2, 1]


def test_the_log_keeps_changes_for_three_hours_or_as_long_as_it_is_told(
    orders: DocumentDbCollection, scheduler: Scheduler
) -> None:
    """From an hour to a week."""
    daily = make(scheduler, change_stream_log_retention_duration=86_400)
    first, second = orders.insert_one({}), daily.insert_one({})
    scheduler.now = 3 * HOUR
    assert (first.state, second.state) == ("expired", "pending")
    with pytest.raises(ConfigError, match="from 3600 to 604800"):
        make(scheduler, change_stream_log_retention_duration=60)


@pytest.mark.parametrize(
    "write, text",
    [
        (lambda orders: orders.insert_one({"_id": 7}), "there is a document with _id 7 already"),
        (lambda orders: orders.insert_one([1]), "must be a mapping"),
        (lambda orders: orders.find_one({"status": "new"}), "documents are found by their _id only"),
        (lambda orders: orders.update_one({"_id": 7}, {"status": "paid"}), "must have $set or $unset"),
        (lambda orders: orders.update_one({"_id": 7}, {"$inc": {"n": 1}}), "must have $set or $unset"),
        (lambda orders: orders.update_one({"_id": 7}, {}), "must have $set or $unset"),
        (lambda orders: orders.update_one({"_id": 7}, {"$set": {"a.b": 1}}), "a.b cannot be updated"),
        (lambda orders: orders.update_one({"_id": 7}, {"$unset": {"_id": 1}}), "_id cannot be updated"),
    ],
)
def test_what_cannot_be_written_is_refused(orders: DocumentDbCollection, write, text: str) -> None:
    """And nothing changes."""
    orders.insert_one({"_id": 7})
    with pytest.raises(ConfigError) as refused:
        write(orders)
    assert text in str(refused.value)
    assert (orders.documents, len(orders.records)) == ([{"_id": 7}], 1)
