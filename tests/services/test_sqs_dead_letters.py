"""When a message goes to the dead-letter queue, and what it is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ConfigError, InvalidParameterValue
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.units import SECOND

NEW_YEAR = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)

MakeQueue = Callable[..., SqsQueue]


def seconds(count: float) -> dt.timedelta:
    return dt.timedelta(seconds=count)


@pytest.mark.rule("SQS-7", "SQS-8", "SQS-10")
def test_a_message_moves_on_the_receive_after_its_last(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """Two receives are given; the third attempt gives nothing, and moves it."""
    dead_letters = make_queue("dead")
    queue = make_queue(dead_letter_queue=dead_letters, max_receive_count=2)
    message = queue.send({"id": 1}, message_attributes={"kind": "test"}, aws_trace_header="Root=1-2-3")
    for count in (1, 2):
        assert queue.receive() == [message]
        assert message.receive_count == count
        scheduler.now += 30 * SECOND
    assert (message.state, dead_letters.messages) == ("available", [])
    assert queue.receive() == []
    [letter] = dead_letters.messages
    assert (message.state, message.dead_letter, letter.source_message) == ("dead_lettered", letter, message)
    assert (letter.message_id, letter.body) == (message.message_id, message.body)
    assert letter.message_attributes == message.message_attributes
    assert letter.aws_trace_header == "Root=1-2-3"
    assert queue.messages == []


@pytest.mark.rule("SQS-9")
def test_a_letter_goes_on_counting(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """Its first receive is number N + 1, and it knows where it came from and when it was sent."""
    dead_letters = make_queue("dead", visibility_timeout=5)
    queue = make_queue(dead_letter_queue=dead_letters, max_receive_count=1)
    scheduler.now = 3 * SECOND
    message = queue.send("1")
    queue.receive()
    scheduler.now = 100 * SECOND
    queue.receive()
    [letter] = dead_letters.receive()
    assert letter.attributes == {
        "ApproximateReceiveCount": "2",
        "SentTimestamp": "1767225603000",
        "SenderId": "AIDAIENQZJOLO23YVJ4VO",
        "ApproximateFirstReceiveTimestamp": "1767225603000",
        "DeadLetterQueueSourceArn": queue.arn,
    }
    assert letter.sent_at == message.sent_at
    assert letter.receives == [NEW_YEAR + seconds(100)]
    assert message.receive_count == 1


def test_the_others_are_received_in_the_same_call(make_queue: MakeQueue) -> None:
    """A poison message that moves takes no place in the batch."""
    dead_letters = make_queue("dead")
    queue = make_queue(dead_letter_queue=dead_letters, max_receive_count=1)
    poison = queue.send("poison")
    queue.receive(visibility_timeout=0)
    good = [queue.send(str(number)) for number in range(10)]
    assert queue.receive(10) == good
    assert poison.state == "dead_lettered"


def test_whoever_asked_is_told_of_a_dead_letter(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """Of each move by the source queue, and of the arrival by the dead-letter queue."""
    told: list[object] = []
    dead_letters = make_queue("dead")
    queue = make_queue(dead_letter_queue=dead_letters, max_receive_count=1)
    queue.on_dead_letter.append(told.append)
    dead_letters.on_arrival.append(lambda: told.append("arrival"))
    message = queue.send("1")
    queue.receive()
    scheduler.now = 30 * SECOND
    queue.receive()
    assert told == ["arrival", message]


@pytest.mark.rule("SQS-22")
def test_a_letter_is_as_old_as_the_message_it_was(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """Retention of a standard queue's letter runs from the original send."""
    dead_letters = make_queue("dead", message_retention_period=100)
    queue = make_queue(dead_letter_queue=dead_letters, max_receive_count=1)
    queue.send("1")
    queue.receive()
    scheduler.now = 60 * SECOND
    queue.receive()
    [letter] = dead_letters.messages
    scheduler.now = 100 * SECOND - 1
    assert letter.state == "available"
    scheduler.now = 100 * SECOND
    assert letter.state == "expired"
    assert dead_letters.receive() == []


def test_without_its_dead_letter_queue_a_message_stays(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """A deleted dead-letter queue takes nothing, so the message is received once more."""
    dead_letters = make_queue("dead")
    queue = make_queue(dead_letter_queue=dead_letters, max_receive_count=1)
    message = queue.send("1")
    queue.receive()
    dead_letters.delete()
    scheduler.now = 30 * SECOND
    assert queue.receive() == [message]
    assert message.receive_count == 2


@pytest.mark.rule("SQS-21")
def test_a_message_gets_1_to_1000_receives_and_10_by_default(make_queue: MakeQueue) -> None:
    """SQS quotes the policy that it refuses."""
    dead_letters = make_queue("dead")
    assert make_queue("a", dead_letter_queue=dead_letters).max_receive_count == 10
    for count in (1, 1000):
        assert make_queue(f"a{count}", dead_letter_queue=dead_letters, max_receive_count=count)
    with pytest.raises(InvalidParameterValue) as caught:
        make_queue("b", dead_letter_queue=dead_letters, max_receive_count=1001)
    assert caught.value.message == (
        'Value {"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:dead","maxReceiveCount":1001} for '
        "parameter RedrivePolicy is invalid. Reason: Invalid value for maxReceiveCount: 1001, valid values are from "
        "1 to 1000 both inclusive."
    )


def test_a_redrive_policy_can_be_changed_and_removed(make_queue: MakeQueue) -> None:
    """The dead-letter queue knows whose it is."""
    one, two = make_queue("one"), make_queue("two")
    queue = make_queue(dead_letter_queue=one)
    queue.set_redrive_policy(two, 3)
    assert (one.dead_letter_source_queues, two.dead_letter_source_queues) == ([], [queue])
    assert (queue.dead_letter_queue, queue.max_receive_count) == (two, 3)
    queue.set_redrive_policy(None)
    assert (two.dead_letter_source_queues, queue.max_receive_count) == ([], None)


def test_impossible_redrive_policies_are_refused(queue: SqsQueue, make_queue: MakeQueue) -> None:
    """A count needs a queue, and that queue another one."""
    with pytest.raises(ConfigError, match="max_receive_count is 3, and there is no dead_letter_queue"):
        make_queue("a", max_receive_count=3)
    with pytest.raises(ConfigError, match="cannot be its own dead_letter_queue"):
        queue.set_redrive_policy(queue)


def test_an_old_letter_expires_before_a_young_message(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """Though it came into the dead-letter queue later."""
    dead_letters = make_queue("dead", message_retention_period=100)
    queue = make_queue(dead_letter_queue=dead_letters, max_receive_count=1)
    queue.send("1")
    queue.receive()
    scheduler.now = 50 * SECOND
    direct = dead_letters.send("2")
    queue.receive()
    assert dead_letters.approximate_number_of_messages_visible == 2
    scheduler.now = 100 * SECOND
    assert dead_letters.messages == [direct]
