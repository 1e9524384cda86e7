"""The resources of one test: a name is one thing, and what it is given is never ignored."""

from __future__ import annotations

from typing import cast

import pytest

from pytest_lambda_modes import ConfigError, facts
from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.timeline.journal import Journal
from pytest_lambda_modes.units import SECOND


@pytest.fixture
def told() -> Journal:
    return Journal()


@pytest.fixture
def resources(scheduler: Scheduler, identifiers: Identifiers, told: Journal) -> Resources:
    return Resources(scheduler, identifiers, emit=cast(facts.Emit, told.tell))


def test_a_name_is_always_the_same_queue(resources: Resources) -> None:
    """Made when it is first named, with the attributes given then."""
    queue = resources.queue("orders", visibility_timeout=60)
    assert resources.queue("orders") is queue
    assert resources.queue("orders", visibility_timeout=60) is queue
    assert resources.queues == [queue]
    assert (resources.has_queue("orders"), resources.has_queue("refunds")) == (True, False)


def test_a_name_in_fifo_is_a_fifo_queue(resources: Resources) -> None:
    """With the attributes of one."""
    assert resources.queue("orders.fifo", content_based_deduplication=True).fifo
    assert not resources.queue("orders").fifo


@pytest.mark.parametrize(
    "attributes, text",
    [
        (
            {"visibility_timout": 60},
            "queue orders: there is no setting visibility_timout. Did you mean visibility_timeout",
        ),
        ({"VisibilityTimeout": 60}, "names are in snake case here: visibility_timeout"),
        ({"retention_period": 60}, "that is its CDK name; here, as in the API: message_retention_period"),
        ({"redrive_policy": {}}, "its leaves are settings here: dead_letter_queue, max_receive_count"),
        ({"kms_master_key_id": "k"}, "kms_master_key_id is not simulated: nothing here is encrypted"),
        ({"batch_size": 5}, "batch_size is a setting of event_source"),
        ({"visibility_timeout": "60"}, 'visibility_timeout is "60", and must be a whole number of seconds'),
        ({"content_based_deduplication": True}, "content_based_deduplication is a setting of FIFO queues"),
        ({"max_receive_count": 3}, "max_receive_count is 3, and there is no dead_letter_queue"),
        ({"dead_letter_queue": 7}, 'dead_letter_queue is 7, and must be a target such as "sqs:dlq"'),
        ({"dead_letter_queue": "sns:alerts"}, 'must be a target such as "sqs:dlq"'),
        ({"dead_letter_queue": "sqs:orders"}, "it cannot be its own dead_letter_queue"),
    ],
)
def test_an_attribute_that_cannot_be_is_refused(resources: Resources, attributes: dict[str, object], text: str) -> None:
    """Nothing is ignored, and the right one is named."""
    with pytest.raises(ConfigError) as caught:
        resources.queue("orders", **attributes)
    assert text in str(caught.value)


@pytest.mark.parametrize("wrong", [1, "yes", None])
def test_content_based_deduplication_is_true_or_false(resources: Resources, wrong: object) -> None:
    """Nothing that merely counts as it."""
    with pytest.raises(ConfigError, match="content_based_deduplication is .*, and must be True or False"):
        resources.queue("orders.fifo", content_based_deduplication=wrong)


def test_other_attributes_than_those_it_has_are_refused(resources: Resources) -> None:
    """The error says what it has, and how each is changed."""
    resources.queue("orders", visibility_timeout=60)
    with pytest.raises(ConfigError) as caught:
        resources.queue("orders", visibility_timeout=30, dead_letter_queue="sqs:dead", max_receive_count=3)
    assert str(caught.value) == (
        "queue orders exists already, with other attributes: visibility_timeout is 60, dead_letter_queue is None, "
        "max_receive_count is None.\n\nGive them where the queue is first named, or change them:\n"
        "  queue.set_attributes(visibility_timeout=30)\n"
        "  queue.set_redrive_policy(dead_letter_queue, max_receive_count)"
    )
    resources.queue("orders.fifo")
    with pytest.raises(ConfigError, match=r"Give them where the queue is first named\.$"):
        resources.queue("orders.fifo", deduplication_scope="messageGroup")


@pytest.mark.parametrize("how", ["object", "sqs:dead", "arn:aws:sqs:us-east-1:123456789012:dead"])
def test_a_dead_letter_queue_is_named_like_any_target(resources: Resources, how: str) -> None:
    """The queue itself, its ARN, or short. It is made when it is first named."""
    given = resources.queue("dead") if how == "object" else how
    queue = resources.queue("orders", dead_letter_queue=given)
    assert queue.dead_letter_queue is resources.queue("dead")
    assert queue.max_receive_count == 10


def test_a_dead_letter_is_told_once_whoever_received(resources: Resources, scheduler: Scheduler, told: Journal) -> None:
    """By the queue, so that it does not matter how many mappings read it, or none."""
    queue = resources.queue("orders", dead_letter_queue="sqs:dead", max_receive_count=1)
    message = queue.send("a")
    queue.receive()
    scheduler.now = 30 * SECOND
    queue.receive()
    assert told.facts == [facts.MessageDeadLettered(30 * SECOND, "orders", message.message_id, "sqs:dead", 1, "SQS-8")]
