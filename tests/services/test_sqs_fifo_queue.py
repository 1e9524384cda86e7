"""The FIFO queue: groups in order, blocked behind what is in flight, and no message twice within five minutes."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import InvalidAttributeValue, InvalidParameterValue, MissingParameter
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services import queue_attributes
from pytest_lambda_modes.services.sqs_fifo_queue import SqsFifoQueue
from pytest_lambda_modes.services.sqs_message import Message
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.units import MINUTE, SECOND

MakeQueue = Callable[..., SqsFifoQueue]


@pytest.fixture
def make_fifo(make_queue: Callable[..., SqsQueue]) -> MakeQueue:
    def make(name: str = "orders.fifo", **attributes: object) -> SqsFifoQueue:
        queue = make_queue(name, **attributes)
        assert isinstance(queue, SqsFifoQueue)
        return queue

    return make


@pytest.fixture
def fifo(make_fifo: MakeQueue) -> SqsFifoQueue:
    return make_fifo()


def send(queue: SqsFifoQueue, *bodies: str) -> list[Message]:
    """Sends `a1` to group `a`, and so on."""
    return [queue.send(body, message_group_id=body[0], message_deduplication_id=body) for body in bodies]


def bodies(messages: list[Message]) -> list[str]:
    return [message.body for message in messages]


def delete(queue: SqsFifoQueue, *messages: Message) -> None:
    for message in messages:
        queue.delete_message(handle(message))


def handle(message: Message) -> str:
    assert message.receipt_handle is not None
    return message.receipt_handle


@pytest.mark.rule("SQS-16", "SQS-18")
def test_a_receive_takes_all_it_can_from_one_group_first(fifo: SqsFifoQueue) -> None:
    """Then from the next, each in order, whatever the order of sending across groups."""
    send(fifo, "a1", "b1", "a2", "c1", "b2", "a3")
    assert bodies(fifo.receive(5)) == ["a1", "a2", "a3", "b1", "b2"]
    assert bodies(fifo.receive(5)) == ["c1"]


@pytest.mark.rule("SQS-16", "SQS-18")
def test_a_group_is_blocked_while_a_message_of_it_is_in_flight(fifo: SqsFifoQueue) -> None:
    """Other groups are not."""
    send(fifo, "a1", "a2", "b1")
    assert bodies(fifo.receive(1)) == ["a1"]
    assert bodies(fifo.receive(10)) == ["b1"]
    assert fifo.receive(10) == []


@pytest.mark.rule("SQS-18")
def test_deleting_all_in_flight_unblocks_a_group_at_once(fifo: SqsFifoQueue) -> None:
    """Deleting only some of them does not, whichever they are."""
    send(fifo, "a1", "a2", "a3", "a4")
    a1, a2, a3 = fifo.receive(3)
    delete(fifo, a2, a1)
    assert fifo.receive(10) == []
    delete(fifo, a3)
    assert bodies(fifo.receive(10)) == ["a4"]


@pytest.mark.rule("SQS-18")
def test_a_new_send_does_not_unblock_a_group(fifo: SqsFifoQueue) -> None:
    """It queues up behind what is in flight."""
    send(fifo, "a1")
    fifo.receive()
    [a2] = send(fifo, "a2")
    assert (fifo.receive(), a2.state, fifo.next_visible_at()) == ([], "available", 30 * SECOND)


@pytest.mark.rule("SQS-18")
def test_visible_messages_before_the_first_hidden_one_are_given(fifo: SqsFifoQueue, scheduler: Scheduler) -> None:
    """What comes back first is given alone while a later message of the group is still hidden."""
    send(fifo, "a1", "a2", "a3", "a4")
    a1, a2, a3 = fifo.receive(3)
    fifo.change_message_visibility(handle(a3), 100)
    scheduler.now = 30 * SECOND
    assert fifo.receive(10) == [a1, a2]
    scheduler.now = 60 * SECOND
    assert fifo.receive(10) == [a1, a2]


@pytest.mark.rule("SQS-18")
def test_a_message_behind_a_hidden_one_is_not_given(fifo: SqsFifoQueue, scheduler: Scheduler) -> None:
    """Though it is visible itself: the group's first hidden message blocks all that follow."""
    send(fifo, "a1", "a2", "a3")
    a1, a2 = fifo.receive(2)
    fifo.change_message_visibility(handle(a1), 100)
    scheduler.now = 30 * SECOND
    assert a2.state == "available"
    assert fifo.receive(10) == []
    scheduler.now = 100 * SECOND
    assert bodies(fifo.receive(10)) == ["a1", "a2", "a3"]


@pytest.mark.rule("SQS-18")
def test_a_visibility_of_zero_gives_back_just_that_message(fifo: SqsFifoQueue) -> None:
    """The first of a group's messages in flight becomes receivable, the others do not."""
    send(fifo, "a1", "a2", "a3")
    a1, _ = fifo.receive(2)
    fifo.change_message_visibility(handle(a1), 0)
    assert fifo.receive(10) == [a1]
    assert fifo.receive(10) == []


@pytest.mark.rule("SQS-13", "SQS-17")
def test_failed_messages_come_back_in_order_and_before_the_next(fifo: SqsFifoQueue, scheduler: Scheduler) -> None:
    """Four are received and the first deleted: after the timeout the other three return, then what follows."""
    send(fifo, "a1", "a2", "a3", "a4", "a5")
    messages = fifo.receive(4)
    delete(fifo, messages[0])
    assert fifo.receive(10) == []
    scheduler.now = 30 * SECOND
    again = fifo.receive(10)
    assert bodies(again) == ["a2", "a3", "a4", "a5"]
    assert [message.receive_count for message in again] == [2, 2, 2, 1]


@pytest.mark.rule("SQS-17")
def test_a_poison_message_blocks_its_group_until_it_expires(make_fifo: MakeQueue, scheduler: Scheduler) -> None:
    """Its retention ends the blocking, at that instant and in flight too."""
    fifo = make_fifo(message_retention_period=60)
    [a1] = send(fifo, "a1")
    scheduler.now = 50 * SECOND
    [a2] = send(fifo, "a2")
    assert fifo.receive(1) == [a1]
    assert fifo.next_visible_at() == 60 * SECOND
    scheduler.now = 60 * SECOND
    assert fifo.receive(1) == [a2]
    assert a1.state == "expired"


@pytest.mark.rule("SQS-20", "SQS-17")
def test_a_group_goes_on_after_a_message_is_dead_lettered(make_fifo: MakeQueue, scheduler: Scheduler) -> None:
    """The receive that moves a message gives what follows it."""
    dead_letters = make_fifo("dead.fifo")
    fifo = make_fifo(dead_letter_queue=dead_letters, max_receive_count=1)
    [a1, _, _] = send(fifo, "a1", "a2", "b1")
    assert fifo.receive(1) == [a1]
    scheduler.now = 30 * SECOND
    assert bodies(fifo.receive(10)) == ["b1", "a2"]
    [letter] = dead_letters.messages
    assert (letter.source_message, letter.message_id) == (a1, a1.message_id)
    assert letter.attributes["MessageGroupId"] == "a"
    assert letter.attributes["MessageDeduplicationId"] == "a1"
    assert letter.sequence_number == a1.sequence_number


@pytest.mark.rule("SQS-20")
def test_a_fifo_dead_letter_queue_must_be_fifo(make_fifo: MakeQueue, queue: SqsQueue) -> None:
    """And a standard queue's must be standard."""
    same_type = "Reason: Dead-letter queue must be same type of queue as the source."
    with pytest.raises(InvalidParameterValue, match=same_type):
        make_fifo(dead_letter_queue=queue)
    with pytest.raises(InvalidParameterValue, match=same_type):
        queue.set_redrive_policy(make_fifo())


@pytest.mark.rule("SQS-22")
def test_a_fifo_letter_is_kept_anew(make_fifo: MakeQueue, scheduler: Scheduler) -> None:
    """In a FIFO dead-letter queue retention counts from the move; the time of sending stays."""
    dead_letters = make_fifo("dead.fifo", message_retention_period=60)
    fifo = make_fifo(dead_letter_queue=dead_letters, max_receive_count=1)
    [a1] = send(fifo, "a1")
    fifo.receive()
    scheduler.now = 100 * SECOND
    assert fifo.receive() == []
    [letter] = dead_letters.messages
    assert letter.sent_at == a1.sent_at
    scheduler.now = 160 * SECOND - 1
    assert letter.state == "available"
    scheduler.now = 160 * SECOND
    assert (letter.state, dead_letters.receive()) == ("expired", [])


@pytest.mark.rule("SQS-19")
def test_an_expired_handle_does_not_delete(fifo: SqsFifoQueue, scheduler: Scheduler) -> None:
    """Neither after the timeout nor after the next receive; the current handle does."""
    [message] = send(fifo, "a1")
    fifo.receive()
    first = handle(message)
    scheduler.now = 30 * SECOND
    text = f"Value {first} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
    for _ in range(2):
        with pytest.raises(InvalidParameterValue) as caught:
            fifo.delete_message(first)
        assert caught.value.message == text
        with pytest.raises(InvalidParameterValue, match="has expired"):
            fifo.change_message_visibility(first, 10)
        fifo.receive()
    assert message.state == "in_flight"
    fifo.delete_message(handle(message))
    fifo.delete_message(first)
    assert message.state == "deleted"


@pytest.mark.rule("SQS-19")
def test_a_delay_is_the_queues_alone(make_fifo: MakeQueue, scheduler: Scheduler) -> None:
    """A message's own delay is refused; zero is allowed and changes nothing."""
    fifo = make_fifo(delay_seconds=20)
    with pytest.raises(InvalidParameterValue) as caught:
        fifo.send("1", message_group_id="a", message_deduplication_id="1", delay_seconds=5)
    assert caught.value.message == (
        "Value 5 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for "
        "this queue type."
    )
    message = fifo.send("1", message_group_id="a", message_deduplication_id="1", delay_seconds=0)
    assert (message.state, fifo.next_visible_at()) == ("delayed", 20 * SECOND)
    scheduler.now = 20 * SECOND
    assert fifo.receive() == [message]


@pytest.mark.rule("SQS-19")
def test_a_duplicate_is_the_first_message(fifo: SqsFifoQueue, scheduler: Scheduler) -> None:
    """Within five minutes a second send is accepted and changes nothing, even after the first was deleted."""
    first = fifo.send("one", message_group_id="a", message_deduplication_id="x")
    assert fifo.send("two", message_group_id="b", message_deduplication_id="x") is first
    assert (fifo.messages, fifo.number_of_messages_sent) == ([first], 1)
    delete(fifo, *fifo.receive())
    scheduler.now = 5 * MINUTE - 1
    assert fifo.send("three", message_group_id="a", message_deduplication_id="x") is first
    assert fifo.messages == []
    scheduler.now = 5 * MINUTE
    again = fifo.send("four", message_group_id="a", message_deduplication_id="x")
    assert (again.body, fifo.messages) == ("four", [again])
    assert fifo.send("five", message_group_id="a", message_deduplication_id="x") is again


@pytest.mark.rule("SQS-19")
def test_deduplication_can_be_per_group(make_fifo: MakeQueue) -> None:
    """The same id in another group is another message."""
    fifo = make_fifo(deduplication_scope="messageGroup")
    first = fifo.send("1", message_group_id="a", message_deduplication_id="x")
    other = fifo.send("1", message_group_id="b", message_deduplication_id="x")
    assert fifo.send("1", message_group_id="b", message_deduplication_id="x") is other
    assert fifo.messages == [first, other]


@pytest.mark.rule("SQS-19")
def test_the_content_can_be_the_deduplication_id(make_fifo: MakeQueue) -> None:
    """The SHA-256 of the body, unless the send names an id of its own."""
    fifo = make_fifo(content_based_deduplication=True)
    first = fifo.send("same", message_group_id="a", message_attributes={"n": 1})
    assert first.message_deduplication_id == sha256(b"same").hexdigest()
    assert fifo.send("same", message_group_id="a", message_attributes={"n": 2}) is first
    assert fifo.send("same", message_group_id="a", message_deduplication_id="own") is not first


@pytest.mark.rule("SQS-19")
def test_both_ids_are_required(fifo: SqsFifoQueue) -> None:
    """A group always, a deduplication id where the content is not one."""
    with pytest.raises(MissingParameter, match="The request must contain the parameter MessageGroupId"):
        fifo.send("1", message_deduplication_id="1")
    with pytest.raises(InvalidParameterValue) as caught:
        fifo.send("1", message_group_id="a")
    assert caught.value.message == (
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
    )


@pytest.mark.parametrize("parameter", ["message_group_id", "message_deduplication_id"])
def test_ids_are_128_characters_at_most(fifo: SqsFifoQueue, parameter: str) -> None:
    """Alphanumeric and punctuation."""
    ids = {"message_group_id": "a", "message_deduplication_id": "1"}
    fifo.send("1", **{**ids, parameter: "x" * 128})
    for wrong in ("x" * 129, "two words"):
        with pytest.raises(InvalidParameterValue, match="alphanumeric and punctuation characters"):
            fifo.send("1", **{**ids, parameter: wrong})


@pytest.mark.rule("SQS-1")
def test_sequence_numbers_have_twenty_digits_and_grow(fifo: SqsFifoQueue) -> None:
    """They and both ids are system attributes, in the order in which Lambda hands them over."""
    messages = send(fifo, "a1", "b1", "a2")
    numbers = [message.sequence_number or "" for message in messages]
    assert numbers == sorted(set(numbers))
    assert {len(number) for number in numbers} == {20}
    [message] = fifo.receive(1)
    assert list(message.attributes) == [
        "ApproximateReceiveCount", "SentTimestamp", "SequenceNumber", "MessageGroupId", "SenderId",
        "MessageDeduplicationId", "ApproximateFirstReceiveTimestamp",
    ]  # fmt: skip


@pytest.mark.rule("SQS-21")
def test_too_much_in_flight_gives_nothing(fifo: SqsFifoQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    """A FIFO queue at 120,000 in flight answers without an error. (The limit is lowered here.)"""
    assert queue_attributes.MOST_IN_FLIGHT == 120_000
    monkeypatch.setattr("pytest_lambda_modes.services.message_store.MOST_IN_FLIGHT", 2)
    monkeypatch.setattr(queue_attributes, "MOST_IN_FLIGHT", 2)
    send(fifo, "a1", "b1", "c1")
    assert bodies(fifo.receive(10)) == ["a1", "b1"]
    assert (fifo.receive(10), fifo.next_visible_at()) == ([], 30 * SECOND)


@pytest.mark.parametrize("name", ["orders", ".fifo", "x" * 76 + ".fifo", "with space.fifo"])
def test_the_name_ends_in_fifo(scheduler: Scheduler, identifiers: Identifiers, name: str) -> None:
    """80 characters at most, the suffix among them."""
    assert SqsFifoQueue("x" * 75 + ".fifo", scheduler, identifiers).fifo
    with pytest.raises(InvalidParameterValue, match=r"must end with \.fifo suffix and be 1 to 80 in length"):
        SqsFifoQueue(name, scheduler, identifiers)


def test_the_scope_is_one_of_two(make_fifo: MakeQueue) -> None:
    """In the API's spelling."""
    with pytest.raises(InvalidAttributeValue, match="Invalid value for the parameter DeduplicationScope"):
        make_fifo(deduplication_scope="message_group")


def test_an_unblocked_group_is_told(fifo: SqsFifoQueue) -> None:
    """Deleting the last message in flight means work for a poller; deleting one of several does not."""
    send(fifo, "a1", "a2", "a3")
    a1, a2 = fifo.receive(2)
    told: list[int | None] = []
    fifo.on_arrival.append(lambda: told.append(fifo.next_visible_at()))
    delete(fifo, a1)
    assert told == []
    delete(fifo, a2)
    assert told == [0]


def test_purging_forgets_the_groups_and_not_the_duplicates(fifo: SqsFifoQueue) -> None:
    """What was purged is still a duplicate for five minutes."""
    [a1, _] = send(fifo, "a1", "b1")
    fifo.receive()
    fifo.purge()
    assert send(fifo, "a1") == [a1]
    assert (fifo.receive(), fifo.next_visible_at()) == ([], None)
    send(fifo, "a2")
    assert bodies(fifo.receive()) == ["a2"]


def test_a_long_blocked_group_costs_nothing(fifo: SqsFifoQueue, scheduler: Scheduler) -> None:
    """One message fails for ever while those behind it succeed: no receive looks again at what is gone."""
    send(fifo, *(f"a{number}" for number in range(1_000)))
    looks = 0

    def counted(_: Message) -> bool:
        nonlocal looks
        looks += 1
        return True

    choose, receives = fifo.chooser(counted), 0
    while len(messages := fifo.poll(10, choose=choose)) > 1:
        receives += 1
        delete(fifo, *messages[1:])
        scheduler.now += 30 * SECOND
    assert receives == 111
    assert looks <= 2 * 1_000 + 10 * receives


def test_a_group_without_messages_is_forgotten(make_fifo: MakeQueue, scheduler: Scheduler) -> None:
    """Groups come and go with their messages, so ever new group ids do not add up."""
    fifo = make_fifo(message_retention_period=60)
    send(fifo, "a1", "b1", "c1", "d1")
    delete(fifo, *fifo.receive(2))
    assert list(fifo.store._order._groups) == ["c", "d"]  # type: ignore[attr-defined]
    scheduler.now = 60 * SECOND
    assert (fifo.messages, fifo.receive()) == ([], [])
    assert list(fifo.store._order._groups) == []  # type: ignore[attr-defined]
