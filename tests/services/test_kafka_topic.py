"""A Kafka topic: partitions, offsets, keys, headers, timestamps, retention."""

from __future__ import annotations

import datetime as dt

import pytest

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ConfigError, EventError
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services.kafka_partitioner import murmur2, partition_of
from pytest_lambda_modes.services.kafka_topic import KafkaTopic
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.units import DAY, SECOND


def topic(scheduler: Scheduler, **settings) -> KafkaTopic:
    return KafkaTopic("orders", scheduler, Identifiers("seed"), **settings)


def test_offsets_grow_in_each_partition_by_itself(scheduler: Scheduler) -> None:
    """The first record of a partition has offset 0."""
    orders = topic(scheduler, num_partitions=2)
    records = [orders.send(value, partition=partition) for value, partition in (("a", 0), ("b", 1), ("c", 0))]
    assert [(each.topic, each.partition, each.offset) for each in records] == [
        ("orders", 0, 0),
        ("orders", 1, 0),
        ("orders", 0, 1),
    ]
    assert [[each.value for each in partition.records] for partition in orders.partitions] == [[b"a", b"c"], [b"b"]]


@pytest.mark.parametrize(
    "key, hashed",
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_keys_are_hashed_as_kafkas_own_tests_expect(key: bytes, hashed: int) -> None:
    """These are the cases of Kafka's UtilsTest, whose integers have a sign."""
    assert murmur2(key) == hashed & 0xFFFFFFFF
    assert partition_of(key, 7) == (hashed & 0x7FFFFFFF) % 7


def test_a_key_leads_to_one_partition_and_no_key_to_each_in_turn(scheduler: Scheduler) -> None:
    """A test sees the partitions that its keys have in production."""
    orders = topic(scheduler, num_partitions=3)
    assert {orders.send(number, key="customer-7").partition for number in range(5)} == {partition_of(b"customer-7", 3)}
    assert [orders.send("x").partition for _ in range(4)] == [0, 1, 2, 0]


def test_a_value_is_bytes_text_json_or_a_tombstone(scheduler: Scheduler) -> None:
    """None is a record without a value, as Kafka has it for a deletion."""
    orders = topic(scheduler)
    sent = [orders.send(value) for value in (b"\xff", "é", {"a": [1]}, None)]
    assert [each.value for each in sent] == [b"\xff", "é".encode(), b'{"a": [1]}', None]
    assert (sent[2].json(), sent[3].json()) == ({"a": [1]}, None)
    assert repr(sent[3]) == "<KafkaRecord tombstone in orders, orders-0: pending>"
    with pytest.raises(EventError, match="The value is .* cannot be sent"):
        orders.send({1, 2})


def test_headers_keep_their_order_and_may_repeat(scheduler: Scheduler) -> None:
    """As pairs a name may come twice; a mapping is shorter to write."""
    orders = topic(scheduler)
    assert orders.send("a", headers=[("t", "1"), ("t", b"2")]).headers == (("t", b"1"), ("t", b"2"))
    assert orders.send("a", headers={"t": "1"}).headers == (("t", b"1"),)
    for wrong in (["t"], [("t", 1)], {1: "t"}):
        with pytest.raises(ConfigError, match="header"):
            orders.send("a", headers=wrong)  # type: ignore[arg-type]


def test_a_record_has_its_producers_timestamp_unless_the_broker_stamps_it(scheduler: Scheduler) -> None:
    """Milliseconds since 1970; a datetime needs a time zone."""
    scheduler.now = 5 * SECOND
    orders = topic(scheduler)
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    stamps = [orders.send("a", timestamp=given).timestamp for given in (None, 5, moment)]
    assert stamps == [1_767_225_605_000, 5, 1_767_225_600_000]
    stamped = topic(scheduler, message_timestamp_type="LogAppendTime").send("a", timestamp=5)
    assert (stamped.timestamp, stamped.timestamp_type) == (1_767_225_605_000, "LOG_APPEND_TIME")
    for wrong in ("now", True, dt.datetime(2026, 1, 1)):
        with pytest.raises(ConfigError, match="timestamp"):
            orders.send("a", timestamp=wrong)  # type: ignore[arg-type]


def test_records_leave_after_a_week_or_the_topics_own_retention(scheduler: Scheduler) -> None:
    """Nobody has to look for it."""
    weekly, daily = topic(scheduler), topic(scheduler, retention_ms=86_400_000)
    first, second = weekly.send("a"), daily.send("a")
    scheduler.now = DAY
    assert (first.state, second.state) == ("pending", "expired")
    scheduler.now = 7 * DAY
    assert (first.state, weekly.records) == ("expired", [])
    assert weekly.send("b").offset == 1


def test_a_timestamp_finds_the_first_record_stamped_then_or_later(scheduler: Scheduler) -> None:
    """Kafka looks at the records' own timestamps, whatever the order they have; behind all if there is none."""
    orders = topic(scheduler)
    for stamp in (30, 10, 20):
        orders.send("a", timestamp=stamp)
    [partition] = orders.partitions
    positions = [orders.starting_position(partition, "AT_TIMESTAMP", stamp * 1_000) for stamp in (5, 20, 31)]
    assert positions == [0, 0, 3]
    assert orders.starting_position(partition, "LATEST") == 3
    assert orders.starting_position(partition, "TRIM_HORIZON") == 0


@pytest.mark.parametrize(
    "given, text",
    [
        ({"num_partitions": 0}, "num_partitions is 0, and must be a whole number from 1 to 10000"),
        ({"retention_ms": dt.timedelta(days=1)}, "retention_ms=86400"),
        ({"message_timestamp_type": "CREATE_TIME"}, 'must be "CreateTime" or "LogAppendTime"'),
    ],
)
def test_a_topic_that_cannot_be_is_refused(scheduler: Scheduler, given, text: str) -> None:
    """With what it must be."""
    with pytest.raises(ConfigError) as refused:
        topic(scheduler, **given)
    assert text in str(refused.value)


@pytest.mark.parametrize("name", ["", "a b", ".", "..", "a" * 250, 7])
def test_a_topics_name_is_kafkas(scheduler: Scheduler, name) -> None:
    """Letters, digits, dots, underscores and hyphens."""
    with pytest.raises(ConfigError, match="1 to 249 letters"):
        KafkaTopic(name, scheduler, Identifiers("seed"))


@pytest.mark.parametrize("partition", [2, -1, True, "0"])
def test_a_partition_that_is_not_there_is_refused(scheduler: Scheduler, partition) -> None:
    """With how to have more."""
    with pytest.raises(ConfigError, match="from 0 to 1(.|\n)*num_partitions=3"):
        topic(scheduler, num_partitions=2).send("a", partition=partition)


def test_a_topic_is_made_when_it_is_first_named(scheduler: Scheduler) -> None:
    """And then it is that one, so it cannot be given other settings."""
    resources = Resources(scheduler, Identifiers("seed"))
    orders = resources.kafka_topic("orders", num_partitions=2)
    assert resources.kafka_topic("orders") is orders
    assert repr(orders) == "<KafkaTopic orders: 0 records, 2 partitions>"
    with pytest.raises(ConfigError, match="orders exists already"):
        resources.kafka_topic("orders", num_partitions=3)
