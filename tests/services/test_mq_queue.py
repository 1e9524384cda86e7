"""Queues of ActiveMQ and RabbitMQ, before anybody reads them."""

from __future__ import annotations

import pytest

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ConfigError, EventError
from pytest_lambda_modes.events.rabbitmq import PROPERTIES
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services.mq_queue import AMQP_PROPERTIES, ActiveMqQueue, RabbitMqQueue
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.units import DAY, MILLISECOND


@pytest.fixture
def active(scheduler: Scheduler, identifiers: Identifiers) -> ActiveMqQueue:
    return ActiveMqQueue("orders", "orders", scheduler, identifiers)


@pytest.fixture
def rabbit(scheduler: Scheduler, identifiers: Identifiers) -> RabbitMqQueue:
    return RabbitMqQueue("orders", "/", scheduler, identifiers)


def test_text_and_json_are_text_messages_and_bytes_are_not(active: ActiveMqQueue) -> None:
    """As a JMS client would send them."""
    sent = [active.send(body) for body in ("é", {"a": 1}, b"\xff")]
    assert [(each.data, each.is_text) for each in sent] == [("é".encode(), True), (b'{"a": 1}', True), (b"\xff", False)]
    assert sent[1].json() == {"a": 1}
    with pytest.raises(EventError, match="The body"):
        active.send({1})


def test_a_message_without_a_time_to_live_stays(active: ActiveMqQueue, scheduler: Scheduler) -> None:
    """A broker keeps it until somebody acknowledges it."""
    message = active.send("a")
    scheduler.now = 365 * DAY
    assert (message.state, active.messages) == ("pending", [message])


def test_a_message_expires_at_the_very_instant(
    active: ActiveMqQueue, rabbit: RabbitMqQueue, scheduler: Scheduler
) -> None:
    """Milliseconds after it was sent, by either broker's own setting."""
    messages = [
        active.send("a", time_to_live=50),
        rabbit.publish("a", expiration="50"),
        rabbit.publish("a", expiration=50),
    ]
    scheduler.now = 50 * MILLISECOND - 1
    assert [message.state for message in messages] == ["pending"] * 3
    scheduler.now = 50 * MILLISECOND
    assert [message.state for message in messages] == ["expired"] * 3
    assert active.messages == rabbit.messages == []


def test_messages_that_expire_do_not_take_the_others_along(active: ActiveMqQueue, scheduler: Scheduler) -> None:
    """Each has its own time to live."""
    sent = [active.send("a", time_to_live=milliseconds) for milliseconds in (0, 5, 10)]
    scheduler.now = 7 * MILLISECOND
    assert active.messages == [sent[0], sent[2]]
    assert repr(active) == "<ActiveMqQueue orders: 2 messages>"


@pytest.mark.parametrize(
    "given, text",
    [
        ({"priority": 10}, "priority is 10, and must be a whole number from 0 to 9"),
        ({"persistent": 1}, "persistent is 1, and must be True or False"),
        ({"time_to_live": -1}, "time_to_live is -1"),
    ],
)
def test_what_jms_has_not_is_refused(active: ActiveMqQueue, given, text: str) -> None:
    """With the range."""
    with pytest.raises(ConfigError) as refused:
        active.send("a", **given)
    assert text in str(refused.value)


@pytest.mark.parametrize(
    "given, text",
    [
        ({"content": "text/plain"}, "there is no setting content"),
        ({"contentType": "text/plain"}, "names are in snake case here: content_type"),
        ({"expiration": "soon"}, 'expiration is "soon"'),
        ({"expiration": 0}, "expiration is 0"),
    ],
)
def test_what_amqp_has_not_is_refused(rabbit: RabbitMqQueue, given, text: str) -> None:
    """With what it has."""
    with pytest.raises(ConfigError) as refused:
        rabbit.publish("a", **given)
    assert text in str(refused.value)


def test_queue_and_event_know_the_same_properties() -> None:
    """What can be published has its place in the event."""
    assert tuple(PROPERTIES) == AMQP_PROPERTIES


def test_a_queue_has_one_mapping(scheduler: Scheduler, identifiers: Identifiers) -> None:
    """A second one would compete for its messages. Other brokers and virtual hosts have queues of their own."""
    resources = Resources(scheduler, identifiers)
    resources.rabbitmq_queue("broker", "orders", "/")
    resources.rabbitmq_queue("broker", "orders", "/shop")
    resources.rabbitmq_queue("other", "orders", "/")
    with pytest.raises(ConfigError, match="queue orders is mapped already"):
        resources.rabbitmq_queue("broker", "orders", "/")
