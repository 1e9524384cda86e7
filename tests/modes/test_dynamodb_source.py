"""A table whose stream is mapped to a function, through the fixture: events, images, deletions, filters."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal

import pytest

from pytest_lambda_modes import InvalidParameterValueException


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


class Reader:
    """A handler that keeps the records it got, works so many seconds, and fails for an item that is `poison`."""

    def __init__(self, takes: float = 0) -> None:
        self.takes = takes
        self.batches = []

    def __call__(self, event, context):
        self.batches.append(event["Records"])
        time.sleep(self.takes)
        for record in event["Records"]:
            if "poison" in record["dynamodb"].get("NewImage", {}):
                raise ValueError("poison")

    @property
    def records(self):
        return [record for batch in self.batches for record in batch]

    @property
    def changes(self):
        return [(record["eventName"], record["dynamodb"]["Keys"]["id"]["S"]) for record in self.records]


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def orders(event_source, reader):
    return event_source.dynamodb(reader, starting_position="TRIM_HORIZON", key_schema=["id"])


@pytest.mark.rule("DDB-1")
def test_a_record_reaches_the_handler_as_aws_writes_it(event_source, reader, lambda_clock):
    """All members, in their order, with typed values and the second of its arrival."""
    orders = event_source.dynamodb(reader, table_name="orders", starting_position="TRIM_HORIZON")
    lambda_clock.advance(milliseconds=1234)
    record = orders.put_item({"id": "7", "total": 42, "photo": b"\x00\xff", "tags": {"new"}, "note": None})
    orders.drain()
    [seen] = reader.records
    assert seen == {
        "eventID": record.event_id,
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1767225601.0,
            "Keys": {"id": {"S": "7"}},
            "NewImage": {
                "id": {"S": "7"},
                "total": {"N": "42"},
                "photo": {"B": "AP8="},
                "tags": {"SS": ["new"]},
                "note": {"NULL": True},
            },
            "SequenceNumber": record.sequence_number,
            "SizeBytes": record.size_bytes,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000",
    }
    assert list(seen) == [
        *("eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb", "eventSourceARN")
    ]
    assert isinstance(seen["dynamodb"]["ApproximateCreationDateTime"], float)


@pytest.mark.rule("DDB-1")
@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("KEYS_ONLY", [(), (), ()]),
        ("NEW_IMAGE", [("NewImage",), ("NewImage",), ()]),
        ("OLD_IMAGE", [(), ("OldImage",), ("OldImage",)]),
        ("NEW_AND_OLD_IMAGES", [("NewImage",), ("NewImage", "OldImage"), ("OldImage",)]),
    ],
)
def test_the_view_decides_which_images_a_record_has(event_source, reader, view, images):
    """Of an insert, a change and a removal; the size counts what is there."""
    orders = event_source.dynamodb(reader, starting_position="TRIM_HORIZON", stream_view_type=view)
    orders.put_item({"id": "7", "total": 42})
    orders.update_item({"id": "7"}, {"total": 43})
    orders.delete_item({"id": "7"})
    orders.drain()
    assert [record["eventName"] for record in reader.records] == ["INSERT", "MODIFY", "REMOVE"]
    changes = [record["dynamodb"] for record in reader.records]
    assert [tuple(name for name in change if name.endswith("Image")) for change in changes] == images
    # Names and values count: "id" and "7" are 3 bytes, "total" and the number 7.
    assert [change["SizeBytes"] for change in changes] == [3 + 10 * len(each) for each in images]
    assert {change["StreamViewType"] for change in changes} == {view}


@pytest.mark.rule("DDB-1")
def test_a_deletion_for_its_time_to_live_names_dynamodb_as_user(event_source, reader, lambda_clock):
    """A deletion by hand names nobody."""
    orders = event_source.dynamodb(reader, starting_position="TRIM_HORIZON", time_to_live="expires_at")
    soon = int(lambda_clock.now.timestamp()) + 60
    for key in "ab":
        orders.put_item({"id": key, "expires_at": soon})
    lambda_clock.advance(minutes=1)
    orders.delete_item({"id": "a"})
    [expired] = orders.expire()
    orders.drain()
    by_hand, by_dynamodb = reader.records[-2:]
    assert by_hand["eventName"] == by_dynamodb["eventName"] == "REMOVE"
    assert "userIdentity" not in by_hand
    assert by_dynamodb["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert expired.state == "processed"
    assert orders.get_item({"id": "b"}) is None


@pytest.mark.rule("DDB-2")
def test_a_write_that_changes_nothing_reaches_nobody(orders, reader):
    """Neither a put, nor an update, nor a deletion of what is not there."""
    first = orders.put_item({"id": "7", "status": "paid"})
    again = orders.put_item({"id": "7", "status": "paid"})
    updated = orders.update_item({"id": "7"}, {"status": "paid"})
    deleted = orders.delete_item({"id": "8"})
    orders.drain()
    assert first.state == "processed"
    assert (again, updated, deleted) == (None, None, None)
    assert reader.changes == [("INSERT", "7")]


@pytest.mark.rule("DDB-2", "KIN-24")
def test_two_equal_puts_invoke_a_mapping_for_inserts_once(event_source, reader):
    """As it was recorded."""
    orders = event_source.dynamodb(
        reader, starting_position="TRIM_HORIZON", filter_criteria=[{"eventName": ["INSERT"]}]
    )
    for _ in range(2):
        orders.put_item({"id": "7"})
    orders.drain()
    assert reader.changes == [("INSERT", "7")]
    assert len(orders.batches) == 1


@pytest.mark.rule("KIN-24")
def test_filters_see_typed_values(event_source, reader):
    """Images are filtered as they are in the event."""
    orders = event_source.dynamodb(
        reader,
        starting_position="TRIM_HORIZON",
        filter_criteria=[{"dynamodb": {"NewImage": {"status": {"S": ["paid"]}}}}],
    )
    records = [orders.put_item({"id": status, "status": status}) for status in ("new", "paid", "sent")]
    orders.drain()
    assert [record.state for record in records] == ["filtered", "processed", "filtered"]
    assert reader.changes == [("INSERT", "paid")]


@pytest.mark.rule("KIN-3")
def test_the_changes_of_an_item_stay_in_order(event_source):
    """Also with parallelization, where another item's may go past them."""
    reader = Reader(takes=1)
    orders = event_source.dynamodb(
        reader, starting_position="TRIM_HORIZON", key_schema=["id", "line"], batch_size=2, parallelization_factor=4
    )
    for number in range(40):
        orders.put_item({"id": f"order-{number % 8}", "line": 1, "number": number})
    orders.drain()
    for key in range(8):
        numbers = [
            int(record["dynamodb"]["NewImage"]["number"]["N"])
            for record in reader.records
            if record["dynamodb"]["Keys"]["id"]["S"] == f"order-{key}"
        ]
        assert numbers == list(range(key, 40, 8))


@pytest.mark.rule("KIN-2", "KIN-6", "KIN-13")
def test_a_poison_change_blocks_its_shard_for_a_day(orders, reader, lambda_clock):
    """A table's stream keeps its records for 24 hours, and no longer."""
    poison = orders.put_item({"id": "7", "poison": True})
    lambda_clock.advance(hours=1)
    behind = orders.put_item({"id": "8"})
    lambda_clock.advance(hours=22)
    assert (poison.state, behind.state) == ("pending", "pending")
    orders.drain()
    assert (poison.state, behind.state) == ("expired", "processed")
    assert lambda_clock.elapsed == dt.timedelta(days=1)


@pytest.mark.rule("KIN-4")
def test_latest_delivers_only_changes_after_the_mapping(event_source, lambda_modes, reader):
    """And there is no starting at a timestamp here."""
    table = lambda_modes.table("orders")
    table.put_item({"id": "before"})
    orders = event_source.dynamodb(reader, table=table, starting_position="LATEST")
    orders.put_item({"id": "after"})
    orders.drain()
    assert reader.changes == [("INSERT", "after")]
    with pytest.raises(InvalidParameterValueException, match="Unsupported starting position for arn type: arn:"):
        event_source.dynamodb(
            lambda event, context: None, starting_position="AT_TIMESTAMP", starting_position_timestamp=0
        )


@pytest.mark.rule("KIN-25")
def test_each_mapping_of_a_table_gets_every_change(event_source, lambda_modes):
    """A projection and an announcer, each in its own time."""
    table = lambda_modes.table("orders")
    fast, slow = Reader(), Reader(takes=2)
    first = event_source.dynamodb(fast, table=table, starting_position="TRIM_HORIZON")
    second = event_source.dynamodb(slow, table=table, starting_position="TRIM_HORIZON")
    record = table.put_item({"id": "7"})
    first.drain()
    assert (record.state_for(first.mapping), record.state_for(second.mapping)) == ("processed", "pending")
    second.drain()
    assert fast.changes == slow.changes == [("INSERT", "7")]


def test_a_source_writes_and_reads_as_its_table_does(orders):
    """Items are plain Python values; numbers come back as decimals."""
    orders.put_item({"id": "7", "total": 42})
    orders.update_item({"id": "7"}, {"status": "paid"}, remove=["total"])
    orders.put_item({"id": "8", "total": 1})
    assert orders.get_item({"id": "7"}) == {"id": "7", "status": "paid"}
    assert orders.table.items[1] == {"id": "8", "total": Decimal(1)}
    orders.drain()
    assert repr(orders) == (
        "<DynamoDbSource <DynamoDbStream Reader-table: 3 records, 1 shard>, 1 batch, mapping enabled>"
    )
