"""Topics, event buses and buckets: they keep what they are given, and refuse what AWS refuses."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable

import botocore.session
import pytest

from pytest_lambda_modes import errors
from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import (
    ConfigError,
    InvalidParameterException,
    InvalidParameterValue,
    KeyTooLongError,
    NoSuchBucket,
    NoSuchKey,
    NotFoundException,
    ResourceNotFoundException,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services.event_bus import EventBus
from pytest_lambda_modes.services.s3_bucket import S3Bucket
from pytest_lambda_modes.services.sns_topic import SnsTopic
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.units import SECOND

LATER = dt.datetime(2026, 1, 1, 0, 0, 7, 500_000, tzinfo=dt.timezone.utc)


@pytest.fixture
def topic(scheduler: Scheduler, identifiers: Identifiers) -> SnsTopic:
    return SnsTopic("alerts", scheduler, identifiers)


@pytest.fixture
def bus(scheduler: Scheduler, identifiers: Identifiers) -> EventBus:
    return EventBus("default", scheduler, identifiers)


@pytest.fixture
def bucket(scheduler: Scheduler, identifiers: Identifiers) -> S3Bucket:
    return S3Bucket("failures", scheduler, identifiers)


def test_arns_and_kinds(topic: SnsTopic, bus: EventBus, bucket: S3Bucket) -> None:
    """As AWS writes them, and as the short form of a target does."""
    assert (topic.kind, topic.arn) == ("sns", "arn:aws:sns:us-east-1:123456789012:alerts")
    assert (bus.kind, bus.arn) == ("events", "arn:aws:events:us-east-1:123456789012:event-bus/default")
    assert (bucket.kind, bucket.arn) == ("s3", "arn:aws:s3:::failures")
    assert (topic.fifo, bus.fifo, bucket.fifo) == (False, False, False)


def test_a_topic_keeps_what_is_published(topic: SnsTopic, scheduler: Scheduler) -> None:
    """Message, subject, attributes in API form, an id, and when."""
    scheduler.now = 7_500_000
    topic.publish("plain")
    topic.publish('{"id": 1}', subject="Order", message_attributes={"kind": "test"})
    plain, order = topic.messages
    assert (plain.message, plain.subject, plain.message_attributes) == ("plain", None, {})
    assert (order.subject, order.json(), order.published_at) == ("Order", {"id": 1}, LATER)
    assert order.message_attributes == {"kind": {"DataType": "String", "StringValue": "test"}}
    assert plain.message_id != order.message_id
    assert repr(topic) == "<SnsTopic alerts: 2 messages>"


@pytest.mark.rule("ASYNC-29")
def test_a_topic_takes_256_kilobytes(topic: SnsTopic) -> None:
    """In bytes, with the attributes."""
    topic.publish("é" * 131_072)
    topic.publish("x" * (262_144 - 15), message_attributes={"name": "value"})
    for too_long in ("é" * 131_072 + "x", "x" * 262_145):
        with pytest.raises(InvalidParameterException, match="Invalid parameter: Message too long"):
            topic.publish(too_long)
    with pytest.raises(InvalidParameterException, match="Message too long"):
        topic.publish("x" * (262_144 - 14), message_attributes={"name": "value"})
    assert len(topic.messages) == 2


def test_a_topic_refuses_nothing_and_nonsense(topic: SnsTopic) -> None:
    """An empty message, and attributes that no service takes."""
    with pytest.raises(InvalidParameterException, match="Invalid parameter: Empty message"):
        topic.publish("")
    with pytest.raises(InvalidParameterValue):
        topic.publish("1", message_attributes={"sp ace": "x"})
    assert topic.messages == []


def test_a_fifo_topic_needs_a_group_and_a_deduplication_id(scheduler: Scheduler, identifiers: Identifiers) -> None:
    """Its name tells it from a standard topic. It has no deduplication by content."""
    topic = SnsTopic("alerts.fifo", scheduler, identifiers)
    assert topic.fifo
    with pytest.raises(InvalidParameterException, match="MessageGroupId parameter is required for FIFO topics"):
        topic.publish("1")
    with pytest.raises(InvalidParameterException, match="or MessageDeduplicationId provided explicitly"):
        topic.publish("1", message_group_id="a")
    assert topic.publish("1", message_group_id="a", message_deduplication_id="1").message_group_id == "a"


@pytest.mark.rule("ASYNC-40")
def test_what_only_fifo_topics_or_only_others_have_is_refused(
    topic: SnsTopic, queue: SqsQueue, scheduler: Scheduler, identifiers: Identifiers
) -> None:
    """A deduplication id, by SNS; a dead-letter queue of a FIFO topic, since it would have to be FIFO too."""
    with pytest.raises(InvalidParameterException, match="MessageDeduplicationId parameter that is not valid"):
        topic.publish("1", message_deduplication_id="1")
    fifo = SnsTopic("alerts.fifo", scheduler, identifiers)
    with pytest.raises(ConfigError, match="dead_letter_queue is not simulated for FIFO topics"):
        fifo.subscribe(queue, dead_letter_queue=queue)
    assert (topic.messages, fifo.subscriptions) == ([], [])


def test_a_deleted_topic_is_not_found(topic: SnsTopic, queue: SqsQueue) -> None:
    """With SNS's code and status."""
    topic.delete()
    for call in (lambda: topic.publish("1"), lambda: topic.subscribe(queue)):
        with pytest.raises(NotFoundException) as caught:
            call()
        assert (caught.value.code, caught.value.status_code) == ("NotFound", 404)
    assert repr(topic) == "<SnsTopic alerts: deleted>"


@pytest.mark.rule("EVT-4")
def test_a_subscribed_queue_gets_the_notification(topic: SnsTopic, queue: SqsQueue, scheduler: Scheduler) -> None:
    """As JSON, with the subject only if there is one and the attributes only if there are some."""
    arn = topic.subscribe(queue).arn
    assert arn.startswith(f"{topic.arn}:")
    scheduler.now = 7_500_000
    topic.publish("plain")
    published = topic.publish("full", subject="Order", message_attributes={"kind": "test", "raw": b"\x00"})
    plain, full = queue.messages
    assert list(plain.json()) == [
        "Type", "MessageId", "TopicArn", "Message", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL",
        "UnsubscribeURL",
    ]  # fmt: skip
    assert list(full.json())[3:5] == ["Subject", "Message"]
    notification = full.json()
    assert notification["MessageAttributes"] == {
        "kind": {"Type": "String", "Value": "test"},
        "raw": {"Type": "Binary", "Value": "AA=="},
    }
    assert notification["Type"] == "Notification"
    assert (notification["MessageId"], notification["TopicArn"]) == (published.message_id, topic.arn)
    assert (notification["Message"], notification["Subject"]) == ("full", "Order")
    assert notification["Timestamp"] == "2026-01-01T00:00:07.500Z"
    assert notification["UnsubscribeURL"].endswith(arn)
    assert base64.b64decode(notification["Signature"], validate=True)
    assert full.message_attributes == {}


@pytest.mark.rule("EVT-4")
def test_raw_delivery_is_the_message_itself(topic: SnsTopic, queue: SqsQueue) -> None:
    """Its text is the body, and its attributes are the queue's message attributes."""
    topic.subscribe(queue, raw_message_delivery=True)
    topic.publish("hello", subject="ignored", message_attributes={"kind": "test"})
    [message] = queue.messages
    assert message.body == "hello"
    assert message.message_attributes == {"kind": {"DataType": "String", "StringValue": "test"}}


def test_a_fifo_topic_hands_on_its_ids(
    make_queue: Callable[..., SqsQueue], scheduler: Scheduler, identifiers: Identifiers
) -> None:
    """Group and deduplication id to a FIFO queue, the group alone to a standard one; a deleted queue is skipped."""
    topic = SnsTopic("alerts.fifo", scheduler, identifiers)
    fifo, standard, gone = make_queue("a.fifo"), make_queue("b"), make_queue("c")
    for queue in (gone, fifo, standard):
        topic.subscribe(queue, raw_message_delivery=True)
    gone.delete()
    topic.publish("1", message_group_id="g", message_deduplication_id="d")
    [in_fifo], [in_standard] = fifo.messages, standard.messages
    assert (in_fifo.message_group_id, in_fifo.message_deduplication_id) == ("g", "d")
    assert (in_standard.message_group_id, in_standard.message_deduplication_id) == ("g", None)


@pytest.mark.rule("EVT-3")
def test_a_bus_keeps_envelopes(bus: EventBus, scheduler: Scheduler) -> None:
    """As a rule's target gets them; Detail is JSON text or a dict."""
    scheduler.now = 7_500_000
    entries = [
        {"Source": "shop", "DetailType": "Order Placed", "Detail": '{"id": 7}', "Resources": ["arn:one"]},
        {"Source": "shop", "DetailType": "Order Placed", "Detail": {"id": 8}},
    ]
    first, second = bus.put_events(entries)
    assert bus.events == [first, second]
    assert first.pop("id") != second.pop("id")
    assert list(first.items()) == [
        ("version", "0"),
        ("detail-type", "Order Placed"),
        ("source", "shop"),
        ("account", "123456789012"),
        ("time", "2026-01-01T00:00:07Z"),
        ("region", "us-east-1"),
        ("resources", ["arn:one"]),
        ("detail", {"id": 7}),
    ]
    assert (second["resources"], second["detail"]) == ([], {"id": 8})
    assert repr(bus) == "<EventBus default: 2 events>"


@pytest.mark.parametrize(
    "entry, words",
    [
        ({"Source": "shop", "Detail": "{}"}, "must have Source, DetailType and Detail"),
        ({"Source": "shop", "DetailType": "x", "Detail": "{}", "detail": "{}"}, "may have Resources"),
        ({"Source": "shop", "DetailType": "x", "Detail": "{"}, "which is no JSON"),
        ({"Source": "shop", "DetailType": "x", "Detail": {1, 2}}, "which is no JSON"),
        ({"Source": "shop", "DetailType": "x", "Detail": "[]"}, "must be a JSON object"),
    ],
)
def test_entries_that_are_none(bus: EventBus, entry: dict[str, object], words: str) -> None:
    """One wrong entry, and none is put."""
    good = {"Source": "shop", "DetailType": "x", "Detail": "{}"}
    with pytest.raises(ConfigError, match=words):
        bus.put_events([good, entry])
    assert bus.events == []


def test_a_deleted_bus_does_not_exist(bus: EventBus) -> None:
    """With EventBridge's words."""
    bus.delete()
    with pytest.raises(ResourceNotFoundException, match="Event bus default does not exist"):
        bus.put_events([])
    assert repr(bus) == "<EventBus default: deleted>"


def test_a_bucket_keeps_objects(bucket: S3Bucket, scheduler: Scheduler) -> None:
    """Under their keys, in the order of their first writing; the last write wins."""
    scheduler.now = 7 * SECOND
    bucket.put_object("b.json", '{"name": "Zoë"}', "application/json")
    bucket.put_object("a", b"\x00\x01")
    bucket.put_object("b.json", json.dumps({"id": 1}), "application/json")
    assert list(bucket.objects) == ["b.json", "a"]
    stored = bucket.get_object("b.json")
    assert (stored.key, stored.json(), stored.content_type) == ("b.json", {"id": 1}, "application/json")
    assert stored.last_modified == LATER.replace(microsecond=0)
    binary = bucket.get_object("a")
    assert (binary.body, binary.content_type) == (b"\x00\x01", "binary/octet-stream")
    assert binary.e_tag == '"441077cc9e57554dd476bdfb8b8b8102"'
    assert repr(bucket) == "<S3Bucket failures: 2 objects>"


def test_a_key_has_1024_bytes(bucket: S3Bucket) -> None:
    """In UTF-8."""
    bucket.put_object("é" * 512, b"")
    with pytest.raises(KeyTooLongError):
        bucket.put_object("é" * 512 + "x", b"")


def test_an_object_is_deleted(bucket: S3Bucket) -> None:
    """A key that is not there is no error."""
    bucket.put_object("a", b"")
    bucket.delete_object("a")
    bucket.delete_object("a")
    assert bucket.objects == {}


def test_what_stands_alone_reaches_queues_only(
    topic: SnsTopic, bus: EventBus, bucket: S3Bucket, queue: SqsQueue
) -> None:
    """Functions, patterns and short forms are what lambda_modes brings."""
    for call in (
        lambda: topic.subscribe("sqs:orders"),
        lambda: topic.subscribe(queue, filter_policy={"a": ["b"]}),
        lambda: topic.subscribe(queue, dead_letter_queue="sqs:dead"),
        lambda: bus.put_rule("all", {"source": ["shop"]}, targets=[queue]),
        lambda: bucket.notify(queue, events=["ObjectCreated:*"]),
    ):
        with pytest.raises(ConfigError, match="this belongs to no lambda_modes"):
            call()


def test_what_is_not_in_a_bucket_is_an_error(bucket: S3Bucket) -> None:
    """A missing key, and a deleted bucket, with S3's codes."""
    with pytest.raises(NoSuchKey, match="The specified key does not exist") as missing:
        bucket.get_object("a")
    bucket.delete()
    for call in (lambda: bucket.get_object("a"), lambda: bucket.put_object("a", "b")):
        with pytest.raises(NoSuchBucket, match="The specified bucket does not exist") as caught:
            call()
        assert (caught.value.code, caught.value.status_code) == ("NoSuchBucket", 404)
    assert (missing.value.code, repr(bucket)) == ("NoSuchKey", "<S3Bucket failures: deleted>")


@pytest.mark.parametrize(
    "service, name",
    [("sns", "InvalidParameterException"), ("sns", "NotFoundException"), ("s3", "NoSuchBucket"), ("s3", "NoSuchKey")],
)
def test_errors_are_those_of_the_service_model(service: str, name: str) -> None:
    """Class name, code on the wire and status, as botocore's model has them."""
    modelled = botocore.session.get_session().get_service_model(service).shape_for(name).metadata["error"]
    error = getattr(errors, name)()
    assert error.code == modelled.get("code", name)
    assert error.status_code == modelled["httpStatusCode"]
