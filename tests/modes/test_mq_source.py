"""Queues of ActiveMQ and RabbitMQ and their mapping, through the fixture. (MQ-1, MQ-2)"""

from __future__ import annotations

import datetime as dt
import time

import pytest
from aws_lambda_powertools.utilities.data_classes.active_mq_event import ActiveMQEvent
from aws_lambda_powertools.utilities.data_classes.rabbit_mq_event import RabbitMQEvent

from pytest_lambda_modes import NotSettledError, faults


def bodies(event):
    if event["eventSource"] == "aws:rmq":
        [messages] = RabbitMQEvent(event).rmq_messages_by_queue.values()
        return [message.decoded_data for message in messages]
    return [message.decoded_data for message in ActiveMQEvent(event).messages]


class Reader:
    """A handler that keeps what it got, and fails so many times."""

    def __init__(self, failures: float = 0) -> None:
        self.failures = failures
        self.events = []

    def __call__(self, event, context):
        self.events.append(event)
        self.failures -= 1
        if self.failures >= 0:
            raise ValueError("not yet")

    @property
    def batches(self):
        return [bodies(event) for event in self.events]


def send(source, body, **more):
    return (source.send if hasattr(source, "send") else source.publish)(body, **more)


each_broker = pytest.mark.parametrize("kind", ["activemq", "rabbitmq"])


@pytest.mark.rule("MQ-1")
def test_an_event_of_activemq_is_as_aws_writes_it(event_source, lambda_clock):
    """All members of a message; JMS's expiration is an instant, and none is 0."""
    reader = Reader()
    orders = event_source.activemq(reader, queues=["orders"], broker_name="shop")
    orders.send("é", correlation_id="c", reply_to="answers", jms_type="t", priority=9, persistent=False)
    orders.send(b"\x00", time_to_live=60_000, properties={"k": "v"})
    orders.drain()
    [event] = reader.events
    assert list(event) == ["eventSource", "eventSourceArn", "messages"]
    assert (event["eventSource"], event["eventSourceArn"]) == ("aws:mq", orders.mapping.event_source_arn)
    first, second = event["messages"]
    assert first == {
        "messageID": first["messageID"],
        "messageType": "jms/text-message",
        "deliveryMode": 1,
        "replyTo": "answers",
        "type": "t",
        "expiration": "0",
        "priority": 9,
        "correlationId": "c",
        "redelivered": False,
        "destination": {"physicalName": "orders"},
        "data": "w6k=",
        "timestamp": 1_767_225_600_000,
        "brokerInTime": 1_767_225_600_000,
        "brokerOutTime": 1_767_225_600_500,
        "properties": {},
    }
    assert first["messageID"] != second["messageID"]
    assert (second["messageType"], second["expiration"]) == ("jms/bytes-message", "1767225660000")
    assert second["properties"] == {"k": "v"}


@pytest.mark.rule("MQ-1")
def test_an_event_of_rabbitmq_is_as_aws_writes_it(event_source):
    """The queue with its virtual host, and all properties, set or not."""
    reader = Reader()
    orders = event_source.rabbitmq(reader, queues=["orders"], virtual_host="/shop")
    orders.publish({"a": 1}, content_type="application/json", headers={"trace": "7"}, expiration=60_000)
    orders.drain()
    [event] = reader.events
    assert event == {
        "eventSource": "aws:rmq",
        "eventSourceArn": orders.mapping.event_source_arn,
        "rmqMessagesByQueue": {
            "orders::/shop": [
                {
                    "basicProperties": {
                        "contentType": "application/json",
                        "contentEncoding": None,
                        "headers": {"trace": {"bytes": [55]}},
                        "deliveryMode": 1,
                        "priority": None,
                        "correlationId": None,
                        "replyTo": None,
                        "expiration": "60000",
                        "messageId": None,
                        "timestamp": None,
                        "type": None,
                        "userId": None,
                        "appId": None,
                        "clusterId": None,
                        "bodySize": 8,
                    },
                    "redelivered": False,
                    "data": "eyJhIjogMX0=",
                }
            ]
        },
    }


@pytest.mark.rule("MQ-2", "ESM-7")
@each_broker
def test_messages_are_collected_for_half_a_second_or_until_there_are_a_hundred(event_source, lambda_clock, kind):
    """In the order in which they were sent."""
    reader = Reader()
    orders = event_source(kind, reader)
    for number in range(120):
        send(orders, str(number))
    lambda_clock.advance(milliseconds=1)
    assert reader.batches == [[str(number) for number in range(100)]]
    orders.drain()
    assert reader.batches[1] == [str(number) for number in range(100, 120)]
    assert lambda_clock.elapsed == dt.timedelta(milliseconds=500)


@pytest.mark.rule("MQ-2")
@each_broker
def test_a_batch_that_fails_comes_back_whole_as_redelivered(event_source, kind):
    """And holds up what is behind it until it is acknowledged."""
    reader = Reader(failures=2)
    orders = event_source(kind, reader, batch_size=2)
    sent = [send(orders, body) for body in ("a", "b", "c")]
    orders.drain()
    assert reader.batches == [["a", "b"], ["a", "b"], ["a", "b"], ["c"]]
    assert [str(event).count("'redelivered': True") for event in reader.events] == [0, 2, 2, 0]
    assert [(each.state, each.attempts) for each in sent] == [("processed", 3), ("processed", 3), ("processed", 1)]
    assert orders.queue.messages == []


@pytest.mark.rule("MQ-2")
@each_broker
def test_a_message_is_tried_until_it_expires(event_source, lambda_clock, kind):
    """The others of its batch go on without it, as a new batch."""
    reader = Reader(failures=float("inf"))
    orders = event_source(kind, reader)
    setting = "time_to_live" if kind == "activemq" else "expiration"
    short, long = send(orders, "short", **{setting: 10_000}), send(orders, "long", **{setting: 60_000})
    orders.drain()
    assert (short.state, long.state) == ("expired", "expired")
    assert lambda_clock.elapsed == dt.timedelta(seconds=60)
    assert ["long"] in reader.batches
    assert all("short" not in bodies(batch.event) for batch in orders.batches if batch.started_at.second >= 10)


@pytest.mark.rule("MQ-2")
def test_a_message_that_expired_before_it_was_read_is_not_delivered(event_source, lambda_clock):
    """Others are."""
    reader = Reader()
    orders = event_source.activemq(reader, enabled=False)
    gone, stays = orders.send("gone", time_to_live=1_000), orders.send("stays")
    lambda_clock.advance(seconds=2)
    orders.enable()
    orders.drain()
    assert (gone.state, stays.state, reader.batches) == ("expired", "processed", [["stays"]])


@pytest.mark.rule("MQ-2", "FILT-6")
@each_broker
def test_what_is_filtered_out_is_acknowledged(event_source, kind):
    """Filters look at the data; those for JSON let other data through. (FILT-5)"""
    reader = Reader()
    orders = event_source(kind, reader, filter_criteria=[{"data": {"kind": ["order"]}}])
    sent = [send(orders, body) for body in ({"kind": "note"}, {"kind": "order"}, "plain")]
    orders.drain()
    assert [each.state for each in sent] == ["filtered", "processed", "processed"]
    assert orders.queue.messages == []


@pytest.mark.rule("MQ-2")
@each_broker
def test_a_poison_message_that_never_expires_is_told_in_the_end(event_source, lambda_clock, kind):
    """Nothing would ever end it, so after a week of it the test is told what to do."""
    orders = event_source(kind, Reader(failures=float("inf")))
    send(orders, "poison")
    with pytest.raises(NotSettledError, match="(?s)is not drained after seven days.*function_error.*time to"):
        orders.drain()
    assert lambda_clock.elapsed >= dt.timedelta(days=7)


@pytest.mark.rule("MQ-2")
def test_a_function_that_never_takes_a_batch_is_told_too(event_source):
    """No batch was tried, then."""
    orders = event_source.rabbitmq(Reader(), reserved_concurrent_executions=0)
    orders.publish("a")
    with pytest.raises(NotSettledError, match="Batches that were tried: 0"):
        orders.drain()


@pytest.mark.asyncio
async def test_a_queue_is_drained_in_an_async_test(event_source, lambda_clock):
    """As in any other; also with a poison message, which is told after a week."""
    reader = Reader(failures=2)
    orders = event_source.activemq(reader)
    message = orders.send("a")
    assert await orders.drained() is orders
    assert (message.state, lambda_clock.elapsed) == ("processed", dt.timedelta(seconds=3.5))
    assert await orders.drained() is orders
    assert not orders.mapping.platform.hub.scheduler.pending()
    reader.failures = float("inf")
    orders.send("poison")
    with pytest.raises(NotSettledError, match="is not drained after seven days"):
        await orders.drained()


@pytest.mark.rule("MQ-2")
def test_one_batch_of_a_queue_is_in_flight(event_source, lambda_clock):
    """The next one begins when it is over."""
    starts = []

    def handler(event, context):
        starts.append(time.monotonic())
        time.sleep(2)

    orders = event_source.rabbitmq(handler, batch_size=1)
    orders.publish("a")
    orders.publish("b")
    orders.drain()
    assert starts[1] - starts[0] == 2


def test_a_throttled_batch_is_not_redelivered(event_source):
    """It never reached the function."""
    reader = Reader()
    orders = event_source.rabbitmq(reader, faults={1: faults.Throttle()})
    message = orders.publish("a")
    orders.drain()
    assert (message.attempts, str(reader.events[0]).count("'redelivered': True")) == (1, 0)


@pytest.mark.rule("MET-14")
@each_broker
def test_the_timeline_and_the_metrics_tell_of_a_queue(event_source, lambda_modes, kind):
    """Under the rules of MQ, without an iterator age."""
    orders = event_source(kind, Reader(failures=1))
    send(orders, "a")
    orders.drain()
    rules = {getattr(fact, "rule", "") for fact in lambda_modes.timeline.facts}
    assert "MQ-2" in rules
    assert not any(rule.startswith("KIN") for rule in rules)
    metrics = lambda_modes.metrics
    assert (metrics["InvokedEventCount"].sum, metrics["FailedInvokeEventCount"].sum) == (2, 1)
    assert metrics["IteratorAge"].sample_count == 0


def test_a_deleted_mapping_leaves_its_messages(event_source):
    """They stay in the queue."""
    orders = event_source.activemq(Reader())
    orders.delete()
    message = orders.send("a")
    assert (message.state, orders.queue.messages, orders.state) == ("pending", [message], "Deleted")
