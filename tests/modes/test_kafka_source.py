"""Topics of Kafka and their mapping, through the fixture: events, batches, order, offsets, pollers, filters."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import time

import pytest
from aws_lambda_powertools.utilities.data_classes import KafkaEvent
from aws_lambda_powertools.utilities.parser.models import KafkaMskEventModel, KafkaSelfManagedEventModel

from pytest_lambda_modes import NotSettledError, facts, faults


def values(event):
    return {
        partition: [base64.b64decode(record["value"]).decode() for record in records]
        for partition, records in event["records"].items()
    }


class Reader:
    """A handler that keeps what it got and when, works so many seconds, and fails for `poison`."""

    def __init__(self, takes: float = 0) -> None:
        self.takes = takes
        self.batches = []
        self.starts = []

    def __call__(self, event, context):
        batch = values(event)
        self.batches.append(batch)
        self.starts.append(time.monotonic())
        time.sleep(self.takes)
        if any("poison" in each for each in batch.values()):
            raise ValueError("poison")


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def orders(event_source, reader):
    return event_source.msk(reader, topics=["orders"], num_partitions=2, starting_position="TRIM_HORIZON")


# The event


@pytest.mark.rule("KAFKA-1")
def test_an_event_of_msk_is_as_aws_writes_it(event_source, lambda_clock):
    """All members, in their order: the records by topic and partition."""
    events = []
    orders = event_source.msk(
        lambda event, context: events.append(event),
        topics=["orders"],
        cluster_name="shop",
        starting_position="TRIM_HORIZON",
    )
    lambda_clock.advance(milliseconds=1234)
    orders.send("é", key=b"\xff", headers={"t": b"\x07\x80"})
    orders.send(None)
    orders.drain()
    [event] = events
    arn = event["eventSourceArn"]
    assert arn.startswith("arn:aws:kafka:us-east-1:123456789012:cluster/shop/")
    assert arn == orders.mapping.event_source_arn
    first, second = event["bootstrapServers"].split(",")
    assert (first[:9], second[:9]) == ("b-1.shop.", "b-2.shop.")
    stamp = {"timestamp": 1767225601234, "timestampType": "CREATE_TIME"}
    assert event == {
        "eventSource": "aws:kafka",
        "eventSourceArn": arn,
        "bootstrapServers": event["bootstrapServers"],
        "records": {
            "orders-0": [
                {
                    "topic": "orders",
                    "partition": 0,
                    "offset": 0,
                    **stamp,
                    "key": "/w==",
                    "value": "w6k=",
                    "headers": [{"t": [7, -128]}],
                },
                {"topic": "orders", "partition": 0, "offset": 1, **stamp, "headers": []},
            ]
        },
    }
    assert list(event) == ["eventSource", "eventSourceArn", "bootstrapServers", "records"]


@pytest.mark.rule("KAFKA-1")
@pytest.mark.parametrize(
    "kind, model", [("msk", KafkaMskEventModel), ("self_managed_kafka", KafkaSelfManagedEventModel)]
)
def test_powertools_parses_the_event(event_source, kind, model):
    """Of either kind of cluster."""
    read = []

    def handler(event, context):
        read.extend(KafkaEvent(event).records)
        model.model_validate(event)

    orders = event_source(kind, handler, starting_position="TRIM_HORIZON")
    orders.send({"a": 1}, key="k", headers={"h": "v"})
    orders.drain()
    [record] = read
    assert (record.json_value, record.decoded_key, record.decoded_headers["h"]) == ({"a": 1}, b"k", b"v")


@pytest.mark.rule("KAFKA-1")
def test_a_self_managed_cluster_has_brokers_and_no_arn(event_source):
    """The brokers are those of the setting."""
    servers = ["one.example.com:9092", "two.example.com:9092"]
    orders = event_source.self_managed_kafka(
        lambda event, context: None, bootstrap_servers=servers, starting_position="TRIM_HORIZON"
    )
    orders.send("a")
    orders.drain()
    event = orders.batches[0].event
    assert list(event) == ["eventSource", "bootstrapServers", "records"]
    assert (event["eventSource"], event["bootstrapServers"].split(",")) == ("SelfManagedKafka", servers)


# Batches


@pytest.mark.rule("KAFKA-2")
def test_a_batch_has_records_of_several_partitions(orders, reader):
    """In the order of their offsets within each."""
    for number in range(4):
        orders.send(str(number), partition=number % 2)
    orders.drain()
    assert reader.batches == [{"orders-0": ["0", "2"], "orders-1": ["1", "3"]}]


@pytest.mark.rule("KAFKA-2", "ESM-7")
def test_records_are_collected_for_half_a_second_or_until_there_are_a_hundred(orders, reader, lambda_clock):
    """These are the defaults of this kind of source."""
    orders.send("a")
    lambda_clock.advance(milliseconds=400)
    orders.send("b")
    assert reader.batches == []
    orders.drain()
    assert lambda_clock.elapsed == dt.timedelta(milliseconds=500)
    for _ in range(150):
        orders.send("c", partition=0)
    lambda_clock.advance(milliseconds=1)
    assert [len(batch.records) for batch in orders.batches] == [2, 100]
    orders.drain()
    assert [len(batch.records) for batch in orders.batches] == [2, 100, 50]


@pytest.mark.rule("KAFKA-2", "ESM-2")
def test_batch_size_and_window_are_settings(event_source, reader, lambda_clock):
    """A window of 0 sends what is there at once."""
    orders = event_source.msk(
        reader, starting_position="TRIM_HORIZON", batch_size=2, maximum_batching_window_in_seconds=0
    )
    for _ in range(3):
        orders.send("a")
    orders.drain()
    assert [len(batch.records) for batch in orders.batches] == [2, 1]
    assert lambda_clock.elapsed == dt.timedelta(0)


@pytest.mark.rule("KAFKA-2")
def test_a_batch_is_not_over_six_megabytes(event_source):
    """Base64 and all."""
    orders = event_source.msk(lambda event, context: None, starting_position="TRIM_HORIZON", num_partitions=2)
    for number in range(7):
        orders.send(b"x" * 1_000_000, partition=number % 2)
    orders.drain()
    assert [len(batch.records) for batch in orders.batches] == [4, 3]
    assert all(len(batch.payload) <= 6_291_456 for batch in orders.batches)


@pytest.mark.rule("KAFKA-2")
def test_one_batch_of_a_partition_is_in_flight(event_source, lambda_clock):
    """The next one starts when it is over."""
    reader = Reader(takes=5)
    orders = event_source.msk(reader, starting_position="TRIM_HORIZON", batch_size=1, timeout=10)
    first, second = orders.send("a"), orders.send("b")
    orders.drain()
    assert [second - first for first, second in zip(reader.starts, reader.starts[1:], strict=False)] == [5]
    assert first.state == second.state == "processed"


# Failures, offsets


@pytest.mark.rule("KAFKA-3")
def test_a_poison_record_holds_its_partitions_up_until_it_leaves_the_topic(event_source, reader, lambda_clock):
    """With one poller that is all partitions of the batch; the offsets stay where they are."""
    orders = event_source.msk(
        reader, num_partitions=2, retention_ms=86_400_000, starting_position="TRIM_HORIZON", batch_size=2
    )
    poison, fine = orders.send("poison", partition=0), orders.send("fine", partition=1)
    lambda_clock.advance(hours=1)
    behind = orders.send("behind", partition=0)
    lambda_clock.advance(hours=1)
    assert (poison.state, fine.state, behind.state) == ("pending", "pending", "pending")
    assert (orders.committed_offsets, orders.offset_lag) == ({0: 0, 1: 0}, 3)
    orders.drain()
    assert (poison.state, fine.state, behind.state) == ("expired", "expired", "processed")
    assert poison.attempts > 1_000
    assert (orders.committed_offsets, orders.offset_lag) == ({0: 2, 1: 1}, 0)


@pytest.mark.rule("KAFKA-3")
def test_the_same_batch_is_retried_with_its_request_id(event_source):
    """Until the function can take it."""
    divisors = iter([0, 0, 1])
    orders = event_source.msk(lambda event, context: 1 / next(divisors), starting_position="TRIM_HORIZON")
    record = orders.send("a")
    orders.drain()
    assert (record.state, record.attempts, [each.total_seconds() for each in record.delays]) == ("processed", 3, [1, 2])
    assert len({batch.request_id for batch in orders.batches}) == 1
    assert [batch.outcome for batch in orders.batches] == ["function_error", "function_error", "success"]


@pytest.mark.rule("KAFKA-3", "FILT-6")
def test_offsets_are_committed_for_what_was_filtered_out_too(event_source, reader):
    """The filters look at the value; nothing matches, and there is no invocation."""
    orders = event_source.msk(
        reader, starting_position="TRIM_HORIZON", filter_criteria=[{"value": {"kind": ["order"]}}]
    )
    unwanted = orders.send({"kind": "note"})
    orders.drain()
    assert (unwanted.state, reader.batches, orders.committed_offsets) == ("filtered", [], {0: 1})
    wanted, other = orders.send({"kind": "order"}), orders.send("plain text")
    orders.drain()
    # Rules for JSON do not judge other data of Kafka. (FILT-5)
    assert (wanted.state, other.state, orders.committed_offsets) == ("processed", "processed", {0: 3})


@pytest.mark.rule("FILT-5")
def test_metadata_filters_judge_records_whatever_their_data(event_source, reader):
    """The partition, the topic, the offset."""
    orders = event_source.msk(
        reader, num_partitions=2, starting_position="TRIM_HORIZON", filter_criteria=[{"partition": [1]}]
    )
    records = [orders.send("a", partition=number) for number in (0, 1)]
    assert orders.drain() is orders
    assert [record.state for record in records] == ["filtered", "processed"]


# Where it starts


@pytest.mark.rule("ESM-2")
@pytest.mark.parametrize(
    "position, seen",
    [
        ({"starting_position": "TRIM_HORIZON"}, ["early", "late", "new"]),
        ({"starting_position": "LATEST"}, ["new"]),
        ({"starting_position": "AT_TIMESTAMP", "starting_position_timestamp": 1767225605}, ["late", "new"]),
    ],
)
def test_a_mapping_starts_where_it_is_told(event_source, lambda_modes, lambda_clock, position, seen):
    """At what is there, behind it, or at a timestamp of the records."""
    reader = Reader()
    topic = lambda_modes.kafka_topic("orders")
    topic.send("early")
    lambda_clock.advance(seconds=10)
    topic.send("late")
    orders = event_source.msk(reader, topics=[topic], **position)
    orders.send("new")
    orders.drain()
    assert reader.batches == [{"orders-0": seen}]


def test_a_disabled_mapping_goes_on_from_its_committed_offsets(orders, reader):
    """Nothing is read meanwhile."""
    orders.send("a")
    orders.drain()
    orders.disable()
    record = orders.send("b")
    with pytest.raises(NotSettledError, match="its mapping is disabled"):
        orders.drain()
    assert record.state == "pending"
    orders.enable()
    orders.drain()
    assert [list(batch.values()) for batch in reader.batches] == [[["a"]], [["b"]]]


@pytest.mark.rule("KIN-25")
def test_each_mapping_has_offsets_of_its_own(event_source):
    """Two functions on one topic both get every record."""

    def one(event, context): ...

    def two(event, context): ...

    first, second = (event_source.msk(each, topics=["orders"], starting_position="TRIM_HORIZON") for each in (one, two))
    record = first.send("a")
    first.drain()
    second.drain()
    assert (record.state_for(first.mapping), record.state_for(second.mapping)) == ("processed", "processed")
    assert first.committed_offsets == second.committed_offsets == {0: 1}


# Pollers


@pytest.mark.rule("KAFKA-2")
def test_pollers_grow_while_the_lag_does_not_shrink(event_source, lambda_clock):
    """Looked at each minute, to one for each partition; and one again when all is done."""
    reader = Reader(takes=100)
    orders = event_source.msk(reader, num_partitions=3, starting_position="TRIM_HORIZON", batch_size=1, timeout=200)
    for partition in (0, 1, 2, 0, 1, 2):
        orders.send("a", partition=partition)
    lambda_clock.advance(seconds=59)
    assert orders.pollers == 1
    lambda_clock.advance(seconds=2)
    assert orders.pollers == 2
    lambda_clock.advance(seconds=60)
    assert orders.pollers == 2  # the first batch was over at 100 s, so the lag had shrunk
    orders.drain()
    assert lambda_clock.elapsed < dt.timedelta(seconds=600)
    assert orders.pollers == 1
    assert orders.offset_lag == 0


@pytest.mark.rule("KAFKA-2", "KAFKA-3")
def test_another_poller_takes_over_what_a_poison_record_does_not_hold(event_source, lambda_clock):
    """A partition moves when nothing of it is with the poller that is stuck."""
    orders = event_source.msk(Reader(), num_partitions=2, starting_position="TRIM_HORIZON")
    orders.send("poison", partition=0)
    lambda_clock.advance(seconds=1)
    other = orders.send("fine", partition=1)
    lambda_clock.advance(seconds=58)
    assert (other.state, orders.pollers) == ("pending", 1)
    lambda_clock.advance(seconds=3)
    assert (other.state, orders.pollers) == ("processed", 2)


# Faults, metrics, facts


@pytest.mark.rule("KAFKA-3")
def test_a_throttle_uses_up_nothing(event_source, reader):
    """The batch is tried again, and was not delivered."""
    orders = event_source.msk(
        reader, starting_position="TRIM_HORIZON", faults={1: faults.Throttle(), 2: faults.ServiceError()}
    )
    record = orders.send("a")
    orders.drain()
    assert (record.attempts, record.state, len(orders.batches)) == (1, "processed", 1)


@pytest.mark.rule("ESM-1")
def test_a_duplicate_comes_again_as_a_new_batch(event_source, reader):
    """Its offsets are committed when that is done."""
    duplicate = faults.DuplicateDelivery(after=dt.timedelta(seconds=5))
    orders = event_source.msk(reader, starting_position="TRIM_HORIZON", faults={1: duplicate})
    record = orders.send("a")
    orders.drain()
    assert (record.attempts, record.state, orders.committed_offsets) == (2, "processed", {0: 1})
    assert len({batch.request_id for batch in orders.batches}) == 2


@pytest.mark.rule("MET-13", "MET-14")
def test_the_lag_and_the_commits_are_measured(orders, reader, lambda_modes, lambda_clock):
    """For the topic, and for the partition with the most."""
    for value, partition in (("poison", 0), ("a", 0), ("b", 1)):
        orders.send(value, partition=partition)
    lambda_clock.advance(milliseconds=500)
    metrics = lambda_modes.metrics
    assert (metrics["OffsetLag"].sum, metrics["SumOffsetLag"].sum, metrics["MaxOffsetLag"].sum) == (3, 3, 2)
    assert metrics["CommittedEventCount"].sum == 0
    orders.drain()
    metrics = lambda_modes.metrics
    assert metrics["OffsetLag"].datapoints[-1][1] == 0
    assert metrics["CommittedEventCount"].of("orders").sum == 3
    assert metrics["PolledEventCount"].sum == 3
    assert metrics["IteratorAge"].sample_count == 0


def test_the_timeline_names_the_rules_of_kafka(orders, lambda_modes):
    """Not those of streams, which stand behind the same machinery."""
    orders.send("poison")
    lambda_modes.clock.advance(seconds=3)
    rules = {getattr(fact, "rule", "") for fact in lambda_modes.timeline.facts}
    assert "KAFKA-3" in rules
    assert not any(rule.startswith("KIN") for rule in rules)


def test_latest_is_a_hazard(event_source, reader, lambda_modes):
    """In AWS records are missed while the mapping is made."""
    event_source.msk(reader, starting_position="LATEST")
    assert "HAZ-22" in [fact.id for fact in lambda_modes.timeline.facts if isinstance(fact, facts.Hazard)]


def test_a_scenario_uses_no_needless_timer(orders, lambda_modes):
    """One for the batch; a topic without records has none."""
    scheduler = orders.mapping.platform.hub.scheduler
    assert not scheduler.pending()
    orders.send("a")
    orders.drain()
    assert not scheduler.pending()


@pytest.mark.asyncio
async def test_a_topic_is_drained_in_an_async_test(orders):
    """The loop's clock is the same."""
    record = orders.send("a")
    await asyncio.sleep(0.4)
    assert record.state == "pending"
    await orders.drained()
    assert record.state == "processed"
