"""What Lambda's pollers do with a queue that clients cannot: receive as far as there is room, delete by what they know."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.services import queue_attributes
from pytest_lambda_modes.services.sqs_message import Message
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.units import SECOND

MakeQueue = Callable[..., SqsQueue]

both_kinds = pytest.mark.parametrize("name", ["orders", "orders.fifo"])


def send(queue: SqsQueue, *bodies: str) -> list[Message]:
    """In a FIFO queue `a1` is of group `a`."""
    return [
        queue.send(body, message_group_id=body[0], message_deduplication_id=body) if queue.fifo else queue.send(body)
        for body in bodies
    ]


def room_for(*bodies: str) -> Callable[[Message], bool]:
    return lambda message: message.body in bodies


def polled(queue: SqsQueue, limit: int, *bodies: str) -> list[str]:
    return [message.body for message in queue.poll(limit, choose=queue.chooser(room_for(*bodies)))]


@both_kinds
def test_a_poll_ends_at_the_first_message_that_has_no_room(make_queue: MakeQueue, name: str) -> None:
    """That one stays as it was, in its place, and so do all after it."""
    queue = make_queue(name)
    messages = send(queue, "a1", "a2", "a3", "a4")
    assert polled(queue, 10, "a1", "a2", "a4") == ["a1", "a2"]
    assert [message.receive_count for message in messages] == [1, 1, 0, 0]
    queue.delete_received([(message, 1) for message in messages[:2]])
    assert polled(queue, 10, "a3", "a4") == ["a3", "a4"]


@both_kinds
def test_a_poll_with_no_room_at_all_gives_nothing(make_queue: MakeQueue, name: str) -> None:
    """The queue still has something receivable."""
    queue = make_queue(name)
    send(queue, "a1")
    assert polled(queue, 10) == []
    assert queue.next_visible_at() == 0
    assert polled(queue, 10, "a1") == ["a1"]


def test_a_group_that_has_no_room_stays_the_next_one(make_queue: MakeQueue) -> None:
    """The group before it is in flight then, and it is not."""
    queue = make_queue("orders.fifo")
    send(queue, "a1", "b1", "c1")
    assert polled(queue, 10, "a1") == ["a1"]
    assert polled(queue, 10, "b1", "c1") == ["b1", "c1"]


def test_a_group_of_which_a_part_has_room_waits_for_that_part(make_queue: MakeQueue) -> None:
    """Other groups go on."""
    queue = make_queue("orders.fifo")
    [first, *_] = send(queue, "a1", "a2", "b1")
    assert polled(queue, 10, "a1") == ["a1"]
    assert polled(queue, 10, "a2", "b1") == ["b1"]
    queue.delete_received([(first, 1)])
    assert polled(queue, 10, "a2") == ["a2"]


@both_kinds
def test_nobody_is_asked_about_a_message_that_is_dead_lettered(make_queue: MakeQueue, name: str) -> None:
    """It moves, and the next one is asked about."""
    letters = make_queue("dead.fifo" if name.endswith("fifo") else "dead")
    queue = make_queue(name, dead_letter_queue=letters, max_receive_count=1)
    poison, _ = send(queue, "a1", "b1")
    queue.receive(visibility_timeout=0)
    assert sorted(polled(queue, 10, "b1")) == ["b1"]
    assert poison.state == "dead_lettered"


def test_a_batch_is_deleted_by_the_numbers_of_its_receives(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """In a FIFO queue those that have expired do not delete; what is gone already counts as deleted."""
    queue = make_queue("orders.fifo")
    a1, b1, c1 = send(queue, "a1", "b1", "c1")
    queue.poll(3)
    queue.delete_received([(a1, 1)])
    scheduler.now = 30 * SECOND
    assert queue.poll(1) == [b1]
    assert queue.delete_received([(a1, 1), (b1, 1), (c1, 1)]) == 1
    assert queue.delete_received([(b1, 2)]) == 1
    assert [message.state for message in (a1, b1, c1)] == ["deleted", "deleted", "available"]
    assert queue.number_of_messages_deleted == 2


def test_a_deleted_queue_deletes_nothing(make_queue: MakeQueue) -> None:
    """And raises nothing: its messages are gone."""
    queue = make_queue()
    [message] = send(queue, "a1")
    queue.poll(1)
    queue.delete()
    assert queue.delete_received([(message, 1)]) == 0


def test_a_second_delivery_counts_whatever_has_become_of_the_message(
    make_queue: MakeQueue, scheduler: Scheduler
) -> None:
    """It hides the message no longer than before, and revives nothing."""
    queue = make_queue()
    hidden, gone = send(queue, "hidden", "gone")
    queue.poll(2)
    queue.delete_received([(gone, 1)])
    scheduler.now = 10 * SECOND
    queue.receive_again([hidden, gone])
    assert [message.receive_count for message in (hidden, gone)] == [2, 2]
    assert [(message.state, len(message.receives)) for message in (hidden, gone)] == [("in_flight", 2), ("deleted", 2)]
    assert (queue.next_visible_at(), queue.number_of_messages_received) == (30 * SECOND, 4)


def test_whoever_waits_for_emptiness_is_told(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """However the last message leaves."""
    letters = make_queue("dead")
    queue = make_queue(dead_letter_queue=letters, max_receive_count=1, message_retention_period=60)
    told: list[str] = []
    queue.store.on_empty.append(lambda: told.append("empty"))
    first, second = send(queue, "1", "2")
    queue.poll(2)
    queue.delete_received([(first, 1)])
    assert told == []
    queue.delete_received([(second, 1)])
    assert len(told) == 1
    send(queue, "3")
    queue.purge()
    assert len(told) == 2
    send(queue, "4")
    queue.receive(visibility_timeout=0)
    queue.receive()
    assert (len(told), len(letters.messages)) == (3, 1)
    send(queue, "5")
    scheduler.now = 60 * SECOND
    assert (queue.messages, len(told)) == ([], 4)


def test_a_delete_at_the_in_flight_limit_is_an_arrival(make_queue: MakeQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    """It makes room for whoever was refused. (The limit is lowered here.)"""
    monkeypatch.setattr("pytest_lambda_modes.services.message_store.MOST_IN_FLIGHT", 2)
    monkeypatch.setattr(queue_attributes, "MOST_IN_FLIGHT", 2)
    queue = make_queue()
    first, second, _ = send(queue, "1", "2", "3")
    queue.poll(10)
    told: list[int | None] = []
    queue.on_arrival.append(lambda: told.append(queue.next_visible_at()))
    queue.delete_received([(first, 1)])
    assert told == [0]
    queue.delete_received([(second, 1)])
    assert told == [0]


def test_who_waits_for_a_message_is_told_when_its_queue_is_in_order_again(make_queue: MakeQueue) -> None:
    """The next message of the group is receivable by then."""
    queue = make_queue("orders.fifo")
    first, _ = send(queue, "a1", "a2")
    queue.poll(1)
    told: list[int | None] = []
    first._listen(lambda: told.append(queue.next_visible_at()))
    queue.delete_received([(first, 1)])
    assert told == [0]
