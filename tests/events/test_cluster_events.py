"""Events of Kafka, Amazon MQ and DocumentDB. Powertools' parser models and data classes are the oracle."""

from __future__ import annotations

import datetime as dt

import pytest
from aws_lambda_powertools.utilities.data_classes import KafkaEvent
from aws_lambda_powertools.utilities.data_classes.active_mq_event import ActiveMQEvent
from aws_lambda_powertools.utilities.data_classes.rabbit_mq_event import RabbitMQEvent
from aws_lambda_powertools.utilities.parser.models import KafkaMskEventModel, KafkaSelfManagedEventModel

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import activemq_messages, documentdb_changes, kafka_records, rabbitmq_messages

AT = dt.datetime(2026, 5, 4, 15, 2, 1, 987654, tzinfo=dt.timezone.utc)


@pytest.mark.rule("KAFKA-1")
def test_records_of_msk_parse() -> None:
    """Text, bytes and JSON, with their key and headers."""
    event = kafka_records(["é", {"a": 1}], topic="orders", partition=2, first_offset=15, key="k", at=AT)
    [(partition, records)] = KafkaMskEventModel.model_validate(event).records.items()
    assert partition == "orders-2"
    assert [(each.topic, each.partition, each.offset) for each in records] == [("orders", 2, 15), ("orders", 2, 16)]
    assert [(each.key, each.value) for each in records] == [(b"k", "é"), (b"k", '{"a":1}')]
    assert records[0].timestamp == AT.replace(microsecond=987_000)
    data = KafkaEvent(kafka_records(["é", b"\xff", {"a": 1}], key="k", headers={"t": b"\x07\xff"}, at=AT))
    read = list(data.records)
    assert [each.decoded_value for each in read] == ["é".encode(), b"\xff", b'{"a":1}']
    assert read[2].json_value == {"a": 1}
    assert {(each.decoded_key, each.timestamp, each.timestamp_type) for each in read} == {
        (b"k", 1_777_906_921_987, "CREATE_TIME")
    }
    assert read[0].decoded_headers["T"] == b"\x07\xff"
    assert read[0].headers == [{"t": [7, -1]}]


@pytest.mark.rule("KAFKA-1")
def test_a_self_managed_cluster_has_no_arn() -> None:
    """And another name as a source."""
    event = kafka_records(["a"], self_managed=True, bootstrap_servers=["one.example.com:9092", "two.example.com:9092"])
    model = KafkaSelfManagedEventModel.model_validate(event)
    assert model.bootstrapServers == ["one.example.com:9092", "two.example.com:9092"]
    assert "eventSourceArn" not in event
    [record] = KafkaEvent(event).records
    assert (record.key, record.decoded_key, record.headers) == (None, None, [])


def test_a_cluster_keeps_its_arn_and_its_brokers() -> None:
    """Whatever the event; the ARN may be given."""
    first, second = (KafkaEvent(kafka_records(["a"], cluster="shop")) for _ in range(2))
    assert first.event_source_arn == second.event_source_arn
    assert first.event_source_arn.startswith("arn:aws:kafka:us-east-1:123456789012:cluster/shop/")
    assert first.decoded_bootstrap_servers[0].startswith("b-1.shop.")
    arn = "arn:aws:kafka:us-east-1:123456789012:cluster/shop/abc-1"
    assert kafka_records(["a"], cluster=arn, bootstrap_servers=["b:1"])["eventSourceArn"] == arn


@pytest.mark.rule("MQ-1")
def test_messages_of_activemq_parse() -> None:
    """Text messages and bytes messages, with what JMS has beside them."""
    event = ActiveMQEvent(
        activemq_messages(
            ["é", {"a": 1}, b"\x00"], queue="orders", broker="shop", properties={"k": "v"}, correlation_id="c", at=AT
        )
    )
    first, second, third = event.messages
    assert event.event_source == "aws:mq"
    assert event.event_source_arn.startswith("arn:aws:mq:us-east-1:123456789012:broker:shop:b-")
    assert (first.decoded_data, second.json_data, third.data) == ("é", {"a": 1}, "AA==")
    assert [each.message_type for each in (first, second, third)] == [
        "jms/text-message",
        "jms/text-message",
        "jms/bytes-message",
    ]
    assert first.message_id != second.message_id
    assert (first.destination_physicalname, first.properties, first.redelivered) == ("orders", {"k": "v"}, False)
    assert first.timestamp == first.broker_in_time == first.broker_out_time == 1_777_906_921_987
    assert (first.priority, first.delivery_mode, first.raw_event["correlationId"]) == (4, 2, "c")


@pytest.mark.rule("MQ-1")
def test_messages_of_rabbitmq_parse() -> None:
    """By queue and virtual host, with AMQP's properties and the time as Java writes it."""
    properties = {"content_type": "text/plain", "headers": {"trace": "7", "n": 3}, "correlation_id": "c"}
    event = RabbitMQEvent(
        rabbitmq_messages(["é", {"a": 1}], queue="orders", virtual_host="/shop", properties=properties, at=AT)
    )
    [first, second] = event.rmq_messages_by_queue["orders::/shop"]
    assert (event.event_source, first.decoded_data, second.json_data) == ("aws:rmq", "é", {"a": 1})
    basic = first.basic_properties
    assert (basic.content_type, basic.correlation_id, basic.reply_to) == ("text/plain", "c", None)
    assert basic.headers == {"trace": {"bytes": [55]}, "n": 3}
    assert (basic.timestamp, basic.body_size, first.redelivered) == ("May 4, 2026, 3:02:01 PM", 2, False)


@pytest.mark.parametrize("seconds, written", [(2021, "Jan 1, 1970, 12:33:41 AM"), (43_200, "Jan 1, 1970, 12:00:00 PM")])
def test_midnight_and_noon_are_twelve(seconds: int, written: str) -> None:
    """The first is AWS's own sample."""
    event = RabbitMQEvent(rabbitmq_messages(["a"], properties={"timestamp": seconds}))
    assert event.rmq_messages_by_queue["queue::/"][0].basic_properties.timestamp == written


@pytest.mark.rule("DOCDB-1")
def test_changes_of_documentdb_have_their_members() -> None:
    """In AWS's order, with a resume token that grows."""
    event = documentdb_changes([{"_id": 7, "total": 1}, {"total": 2}], database="shop", collection="orders", at=AT)
    assert list(event) == ["eventSourceArn", "events", "eventSource"]
    assert (event["eventSource"], event["eventSourceArn"]) == (
        "aws:docdb",
        "arn:aws:rds:us-east-1:123456789012:cluster:cluster",
    )
    first, second = (each["event"] for each in event["events"])
    assert first == {
        "_id": {"_data": first["_id"]["_data"]},
        "clusterTime": {"$timestamp": {"t": 1_777_906_921, "i": 1}},
        "documentKey": {"_id": 7},
        "fullDocument": {"_id": 7, "total": 1},
        "ns": {"db": "shop", "coll": "orders"},
        "operationType": "insert",
    }
    assert first["_id"]["_data"] < second["_id"]["_data"]
    assert len(second["documentKey"]["_id"]["$oid"]) == 24


@pytest.mark.parametrize("operation_type, has_document", [("replace", True), ("update", True), ("delete", False)])
def test_only_a_deletion_has_no_document(operation_type: str, has_document: bool) -> None:
    """An update tells the fields too."""
    [change] = documentdb_changes([{"_id": 7, "total": 1}], operation_type=operation_type)["events"]
    assert ("fullDocument" in change["event"]) == has_document
    described = change["event"].get("updateDescription")
    expected = {"updatedFields": {"total": 1}, "removedFields": [], "truncatedArrays": []}
    assert described == (expected if operation_type == "update" else None)


@pytest.mark.parametrize("build", [kafka_records, activemq_messages, rabbitmq_messages, documentdb_changes])
@pytest.mark.parametrize("items", [[], "a", b"a", {"a": 1}, [1], [None], [{"a": object()}]])
def test_items_are_a_list_of_data(build, items: object) -> None:
    """One at the least; a mapping is one item, so it is no list."""
    with pytest.raises(ConfigError, match="must be|no JSON"):
        build(items)


def test_what_is_unknown_is_refused() -> None:
    """A property that AMQP has not, an operation that no change has."""
    with pytest.raises(ConfigError, match='AMQP has no property "colour"'):
        rabbitmq_messages(["a"], properties={"colour": "red"})
    with pytest.raises(ConfigError, match="must be one of: insert, update, replace, delete"):
        documentdb_changes([{}], operation_type="drop")
