"""A table: which writes change it, and what its stream says of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ConfigError, ValidationException
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services.dynamodb_stream import VIEW_TYPES, ChangeRecord
from pytest_lambda_modes.services.dynamodb_table import DynamoDbTable
from pytest_lambda_modes.units import DAY, SECOND

STREAMS = botocore.session.get_session().get_service_model("dynamodbstreams")

MakeTable = Callable[..., DynamoDbTable]


@pytest.fixture
def make_table(scheduler: Scheduler, identifiers: Identifiers) -> MakeTable:
    return lambda name="orders", **settings: DynamoDbTable(name, scheduler, identifiers, **settings)


@pytest.fixture
def table(make_table: MakeTable) -> DynamoDbTable:
    return make_table()


def record_of(change: ChangeRecord | None) -> ChangeRecord:
    assert change is not None
    return change


def refusal(call: Callable[..., object], *args: object, **kwargs: object) -> str:
    with pytest.raises(ValidationException) as caught:
        call(*args, **kwargs)
    return caught.value.message


def images(record: ChangeRecord) -> tuple[str, Any, Any]:
    return record.event_name, record.old_image, record.new_image


@pytest.mark.rule("DDB-1")
def test_writes_become_records(table: DynamoDbTable) -> None:
    """A new item, a changed one and a deleted one, each with what was there before and after."""
    records = [
        record_of(change)
        for change in (
            table.put_item({"id": "1", "total": 5}),
            table.put_item({"id": "1", "total": 6}),
            table.delete_item({"id": "1"}),
        )
    ]
    five = {"id": {"S": "1"}, "total": {"N": "5"}}
    six = {"id": {"S": "1"}, "total": {"N": "6"}}
    assert [images(record) for record in records] == [
        ("INSERT", None, five),
        ("MODIFY", five, six),
        ("REMOVE", six, None),
    ]
    assert all(record.keys == {"id": {"S": "1"}} for record in records)
    assert table.stream.records == records


@pytest.mark.rule("DDB-2")
def test_a_write_that_changes_nothing_has_no_record(table: DynamoDbTable) -> None:
    """The same item again, equal numbers and sets in other words, an update to the same, a delete of nothing."""
    table.put_item({"id": "1", "total": 5, "tags": {"a", "b"}})
    assert table.put_item({"id": "1", "total": 5, "tags": {"b", "a"}}) is None
    assert table.put_item({"id": "1", "total": Decimal("5.00"), "tags": {"a", "b"}}) is None
    assert table.update_item({"id": "1"}, {"total": 5}) is None
    assert table.update_item({"id": "1"}, remove=["not there"]) is None
    assert table.delete_item({"id": "2"}) is None
    assert len(table.stream.records) == 1


def test_an_item_is_read_as_boto3_reads_it(table: DynamoDbTable) -> None:
    """Numbers come back as Decimals, and a change of what was read changes nothing in the table."""
    table.put_item({"id": "1", "total": 5, "lines": [1]})
    item = table.get_item({"id": "1"})
    assert item == {"id": "1", "total": Decimal(5), "lines": [Decimal(1)]}
    item["lines"].append(2)
    assert table.items == [{"id": "1", "total": 5, "lines": [1]}]
    assert table.get_item({"id": "2"}) is None


def test_a_later_change_of_what_was_put_is_none_of_the_item(table: DynamoDbTable) -> None:
    """A write copies."""
    lines = [1]
    record = record_of(table.put_item({"id": "1", "lines": lines}))
    lines.append(2)
    assert record.new_image == {"id": {"S": "1"}, "lines": {"L": [{"N": "1"}]}}


def test_an_update_sets_and_removes(table: DynamoDbTable) -> None:
    """Attributes that it does not name stay, and None is a value."""
    table.put_item({"id": "1", "a": 1, "b": 2})
    record = record_of(table.update_item({"id": "1"}, {"b": None, "c": 3}, remove=["a"]))
    assert images(record) == (
        "MODIFY",
        {"id": {"S": "1"}, "a": {"N": "1"}, "b": {"N": "2"}},
        {"id": {"S": "1"}, "b": {"NULL": True}, "c": {"N": "3"}},
    )


def test_an_update_makes_the_item(table: DynamoDbTable) -> None:
    """Even without a change it does, and then there is only the key."""
    assert images(record_of(table.update_item({"id": "1"}))) == ("INSERT", None, {"id": {"S": "1"}})
    assert table.update_item({"id": "1"}) is None


def test_an_update_leaves_the_key_alone(table: DynamoDbTable) -> None:
    """Neither set nor removed."""
    text = "One or more parameter values were invalid: Cannot update attribute id. This attribute is part of the key"
    assert refusal(table.update_item, {"id": "1"}, {"id": "1"}) == text
    assert refusal(table.update_item, {"id": "1"}, remove=["id"]) == text


def test_names_to_remove_are_a_list(table: DynamoDbTable) -> None:
    """A string would be taken for the names of its letters."""
    with pytest.raises(ConfigError, match=r'remove=\["note"\]'):
        table.update_item({"id": "1"}, remove="note")


def test_an_item_without_its_key_is_refused(make_table: MakeTable) -> None:
    """DynamoDB names the missing one."""
    table = make_table(key_schema=["id", "day"])
    assert refusal(table.put_item, {"day": 1}) == (
        "One or more parameter values were invalid: Missing the key id in the item"
    )
    assert refusal(table.put_item, {"id": 1}) == (
        "One or more parameter values were invalid: Missing the key day in the item"
    )
    assert table.items == []


def test_items_differ_by_the_whole_key(make_table: MakeTable) -> None:
    """Partition key and sort key, in the order of the schema."""
    table = make_table(key_schema=["id", "day"])
    table.put_item({"day": 1, "id": "a", "n": 1})
    record = record_of(table.put_item({"day": 2, "id": "a", "n": 2}))
    assert (record.event_name, list(record.keys.items())) == ("INSERT", [("id", {"S": "a"}), ("day", {"N": "2"})])
    assert record.partition_key == "a"
    assert len(table.items) == 2


def test_a_key_keeps_its_type(table: DynamoDbTable) -> None:
    """That of the first item, since a table here does not declare it."""
    table.put_item({"id": "1"})
    assert refusal(table.put_item, {"id": 1}) == (
        "One or more parameter values were invalid: Type mismatch for key id expected: S actual: N"
    )
    assert refusal(table.get_item, {"id": 1}) == "The provided key element does not match the schema"


def test_a_read_decides_no_type(table: DynamoDbTable) -> None:
    """Looking for what is not there leaves the table as it was."""
    assert table.get_item({"id": 1}) is None
    assert table.delete_item({"id": 1}) is None
    assert table.put_item({"id": "1"}) is not None


@pytest.mark.parametrize("value", [True, None, ["a"], {"a": 1}, {"a"}])
def test_a_key_is_text_a_number_or_binary(table: DynamoDbTable, value: object) -> None:
    """Other types have no order."""
    assert "Type mismatch for key id expected: S actual: " in refusal(table.put_item, {"id": value})
    assert refusal(table.delete_item, {"id": value}) == "The provided key element does not match the schema"


@pytest.mark.parametrize("value, kind", [("", "string"), (b"", "binary")])
def test_a_key_is_not_empty(table: DynamoDbTable, value: object, kind: str) -> None:
    """Attributes that are no key may be."""
    text = (
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
        f"{kind} value. Key: id"
    )
    assert refusal(table.put_item, {"id": value}) == text
    assert refusal(table.get_item, {"id": value}) == text
    assert table.put_item({"id": 0, "note": value}) is not None


@pytest.mark.parametrize("key", [{}, {"id": "1", "note": "x"}, {"other": "1"}])
def test_a_key_has_all_its_attributes_and_no_more(table: DynamoDbTable, key: dict[str, object]) -> None:
    """In every call that takes a key alone."""
    for call in (table.get_item, table.delete_item, table.update_item):
        assert refusal(call, key) == "The provided key element does not match the schema"


def test_an_item_has_400_kilobytes(table: DynamoDbTable) -> None:
    """Names included, the limit itself allowed."""
    room = 400 * 1024 - len("id") - len("1") - len("x")
    table.put_item({"id": "1", "x": "x" * room})
    assert refusal(table.put_item, {"id": "1", "x": "x" * (room + 1)}) == (
        "Item size has exceeded the maximum allowed size"
    )
    assert refusal(table.update_item, {"id": "1"}, {"y": 1}) == (
        "Item size to update has exceeded the maximum allowed size"
    )


@pytest.mark.rule("DDB-1")
@pytest.mark.parametrize(
    "view_type, old, new",
    [
        ("KEYS_ONLY", False, False),
        ("NEW_IMAGE", False, True),
        ("OLD_IMAGE", True, False),
        ("NEW_AND_OLD_IMAGES", True, True),
    ],
)
def test_a_view_type_chooses_the_images(make_table: MakeTable, view_type: str, old: bool, new: bool) -> None:
    """The keys are always there."""
    table = make_table(stream_view_type=view_type)
    table.put_item({"id": "1", "n": 1})
    record = record_of(table.put_item({"id": "1", "n": 2}))
    assert record.keys == {"id": {"S": "1"}}
    assert record.old_image == ({"id": {"S": "1"}, "n": {"N": "1"}} if old else None)
    assert record.new_image == ({"id": {"S": "1"}, "n": {"N": "2"}} if new else None)


def test_the_view_types_are_the_apis() -> None:
    """In the service model there are no others."""
    assert set(VIEW_TYPES) == set(STREAMS.shape_for("StreamViewType").enum)


@pytest.mark.rule("DDB-1")
def test_the_size_of_a_record_is_what_the_documentation_shows(table: DynamoDbTable, make_table: MakeTable) -> None:
    """AWS's sample event has 26, 59 and 38 bytes; and twice the recorded key of ten bytes is 20."""
    messages = make_table("messages", key_schema=["Id"])
    records = [
        messages.put_item({"Id": 101, "Message": "New item!"}),
        messages.put_item({"Id": 101, "Message": "This item has changed"}),
        messages.delete_item({"Id": 101}),
    ]
    assert [record_of(record).size_bytes for record in records] == [26, 59, 38]
    assert record_of(table.put_item({"id": "id_value"})).size_bytes == 20


@pytest.mark.rule("DDB-1")
def test_the_size_counts_only_what_the_record_has(make_table: MakeTable) -> None:
    """Without images it is that of the keys."""
    table = make_table(stream_view_type="KEYS_ONLY")
    assert record_of(table.put_item({"id": "id_value", "note": "x" * 100})).size_bytes == 10


@pytest.mark.rule("DDB-1")
def test_items_expire_when_their_time_to_live_has_passed(make_table: MakeTable, scheduler: Scheduler) -> None:
    """`expire` deletes what is due, and the records say who did it. Until then the items are there."""
    table = make_table(time_to_live="expires_at")
    now = scheduler.start // SECOND
    table.put_item({"id": "soon", "expires_at": now + 60})
    table.put_item({"id": "later", "expires_at": now + 61})
    table.put_item({"id": "never"})
    scheduler.now = 60 * SECOND
    assert table.get_item({"id": "soon"}) is not None
    [record] = table.expire()
    assert (record.event_name, record.keys, record.expired) == ("REMOVE", {"id": {"S": "soon"}}, True)
    assert [item["id"] for item in table.items] == ["later", "never"]
    assert table.expire() == []
    assert not record_of(table.delete_item({"id": "later"})).expired


@pytest.mark.parametrize("value", ["0", "1767225600", None, 1_767_225_600 - 5 * 365 * 24 * 3600])
def test_only_recent_numbers_are_a_time_to_live(make_table: MakeTable, value: object) -> None:
    """Text is none, and what lies five years back is taken for a mistake."""
    table = make_table(time_to_live="expires_at")
    table.put_item({"id": "1", "expires_at": value})
    assert table.expire() == []
    table.put_item({"id": "2", "expires_at": 1_767_225_600})
    assert len(table.expire()) == 1


def test_expiry_needs_a_time_to_live(table: DynamoDbTable) -> None:
    """The error names the setting."""
    with pytest.raises(ConfigError, match='time_to_live="expires_at"'):
        table.expire()


def test_a_table_and_its_stream_have_arns(table: DynamoDbTable) -> None:
    """The stream's label is the time at which it was made."""
    assert table.arn == "arn:aws:dynamodb:us-east-1:123456789012:table/orders"
    assert table.stream.label == "2026-01-01T00:00:00.000"
    assert table.stream.arn == f"{table.arn}/stream/2026-01-01T00:00:00.000"
    assert (table.stream.kind, table.stream.name) == ("dynamodb", "orders")


@pytest.mark.rule("KIN-2")
def test_a_stream_keeps_records_for_a_day(table: DynamoDbTable, scheduler: Scheduler) -> None:
    """The item stays in the table."""
    record = record_of(table.put_item({"id": "1"}))
    scheduler.now = DAY - 1
    assert table.stream.records == [record]
    scheduler.now = DAY
    assert table.stream.records == []
    assert len(table.items) == 1


def test_ids_have_the_forms_of_the_api(make_table: MakeTable) -> None:
    """Lengths are the service model's, and an event id is 32 hex digits."""
    table = make_table(shard_count=2)
    records = [record_of(table.put_item({"id": n})) for n in range(20)]
    sequence, shard = STREAMS.shape_for("SequenceNumber").metadata, STREAMS.shape_for("ShardId").metadata
    for record in records:
        assert sequence["min"] <= len(record.sequence_number) <= sequence["max"]
        assert record.sequence_number.isdecimal()
        assert shard["min"] <= len(record.shard_id) <= shard["max"]
        assert len(record.event_id) == 32
        assert record.event_id == record.event_id
        int(record.event_id, 16)
    assert len({record.event_id for record in records}) == 20
    assert len({record.shard_id for record in records}) == 2


def test_there_is_one_shard_by_default(table: DynamoDbTable) -> None:
    """So that a small test has one order."""
    assert len(table.stream.shards) == 1


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2), st.integers(0, 10**9)), max_size=30))
def test_the_stream_retells_the_table(writes: list[tuple[str, int, int]]) -> None:
    """Each record begins where the one before of its item ended, and the last ones are what is in the table."""
    scheduler = Scheduler()
    table = DynamoDbTable("orders", scheduler, Identifiers("s"))
    retold: dict[str, Any] = {}
    numbers: list[int] = []
    for key, value, passed in writes:
        scheduler.now += passed
        record = table.put_item({"id": key, "n": value}) if value else table.delete_item({"id": key})
        if record is not None:
            assert record.old_image == retold.get(key)
            assert record.old_image != record.new_image
            retold[key] = record.new_image
            numbers.append(int(record.sequence_number))
    assert numbers == sorted(set(numbers))
    there = {key: int(image["n"]["N"]) for key, image in retold.items() if image}
    assert {item["id"]: item["n"] for item in table.items} == there


@pytest.mark.parametrize(
    "wrong, must",
    [
        ({"key_schema": []}, "partition key"),
        ({"key_schema": "id"}, "partition key"),
        ({"key_schema": ["a", "a"]}, "partition key"),
        ({"key_schema": ["a", "b", "c"]}, "partition key"),
        ({"stream_view_type": "new_image"}, "NEW_IMAGE"),
        ({"shard_count": 0}, "from 1 to"),
    ],
)
def test_impossible_settings_are_refused(make_table: MakeTable, wrong: dict[str, object], must: str) -> None:
    """The error says what a setting must be."""
    with pytest.raises(ConfigError, match=must):
        make_table(**wrong)


def test_a_table_name_is_checked(make_table: MakeTable) -> None:
    """By DynamoDB's pattern."""
    assert refusal(make_table, "no spaces").startswith("1 validation error detected: Value 'no spaces' at 'tableName'")


def test_tables_and_records_show_themselves(table: DynamoDbTable) -> None:
    """The reprs name what is there."""
    record = table.put_item({"id": "1"})
    assert repr(table) == "<DynamoDbTable orders: 1 item, 1 stream record>"
    shard_id = table.stream.shards[0].shard_id
    assert repr(record) == f'<ChangeRecord INSERT {{"id": {{"S": "1"}}}} in orders, {shard_id}: pending>'


def test_an_arrival_is_the_time_of_the_write(table: DynamoDbTable, scheduler: Scheduler) -> None:
    """On the virtual clock."""
    scheduler.now = 1_500_000
    record = record_of(table.put_item({"id": "1"}))
    assert record.arrived_at == dt.datetime(2026, 1, 1, 0, 0, 1, 500_000, tzinfo=dt.timezone.utc)
