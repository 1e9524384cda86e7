"""A redrive: dead letters go back as new messages, at once or at a rate."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop

import pytest

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import InvalidParameterValue, ResourceNotFoundException
from pytest_lambda_modes.services.sqs_message import Message
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.units import SECOND

MakeQueue = Callable[..., SqsQueue]


@pytest.fixture
def dead_letters(make_queue: MakeQueue) -> SqsQueue:
    return make_queue("dead")


@pytest.fixture
def orders(make_queue: MakeQueue, dead_letters: SqsQueue) -> SqsQueue:
    return make_queue("orders", dead_letter_queue=dead_letters, max_receive_count=1)


def dead_letter(queue: SqsQueue, *bodies: str) -> list[Message]:
    """Sends messages and receives them as often as it takes. The last receive moves them."""
    messages = [queue.send(body, message_attributes={"kind": "test"}, aws_trace_header="Root=1") for body in bodies]
    queue.poll(len(bodies))
    queue.scheduler.now += 30 * SECOND
    assert queue.poll(len(bodies)) == []
    return messages


def run_until(scheduler: Scheduler, instant: int) -> int:
    """Fires what is due by an instant, and counts it."""
    fired = 0
    while scheduler.heap and scheduler.heap[0][0] <= instant:
        due, _, timer = heappop(scheduler.heap)
        if timer.action is not None:
            scheduler.now = due
            timer.action()
            fired += 1
    scheduler.now = instant
    return fired


@pytest.mark.rule("SQS-23")
def test_letters_go_back_to_where_they_came_from(
    make_queue: MakeQueue, orders: SqsQueue, dead_letters: SqsQueue
) -> None:
    """Each to its own source queue, at once, in order, without a timer."""
    returns = make_queue("returns", dead_letter_queue=dead_letters, max_receive_count=1)
    dead_letter(orders, "1", "2")
    dead_letter(returns, "3")
    task = dead_letters.redrive()
    assert task.status == "COMPLETED"
    assert (task.approximate_number_of_messages_moved, task.approximate_number_of_messages_to_move) == (3, 3)
    assert [message.body for message in orders.messages] == ["1", "2"]
    assert [message.body for message in returns.messages] == ["3"]
    assert dead_letters.messages == []
    assert orders.scheduler.pending() == []
    assert dead_letters.move_tasks == [task]


@pytest.mark.rule("SQS-23")
def test_a_redriven_message_is_a_new_one(orders: SqsQueue, dead_letters: SqsQueue, scheduler: Scheduler) -> None:
    """New id, new send time, receive count from one, no trace of the dead-letter queue; content as before."""
    [message] = dead_letter(orders, "1")
    [letter] = dead_letters.messages
    scheduler.now = 100 * SECOND
    dead_letters.redrive()
    [again] = orders.receive()
    assert (message.state, letter.state) == ("dead_lettered", "deleted")
    assert again is not message
    assert again.message_id != message.message_id
    assert again.attributes == {
        "ApproximateReceiveCount": "1",
        "AWSTraceHeader": "Root=1",
        "SentTimestamp": "1767225700000",
        "SenderId": "AIDAIENQZJOLO23YVJ4VO",
        "ApproximateFirstReceiveTimestamp": "1767225700000",
    }
    assert (again.body, again.message_attributes) == (message.body, message.message_attributes)
    assert again.delays == []


@pytest.mark.rule("SQS-23")
def test_a_destination_gets_them_all(make_queue: MakeQueue, orders: SqsQueue, dead_letters: SqsQueue) -> None:
    """Letters of any origin, messages sent straight to the dead-letter queue too."""
    repairs = make_queue("repairs")
    dead_letter(orders, "1")
    dead_letters.send("2")
    task = dead_letters.redrive(repairs)
    assert (task.status, task.destination_arn, task.source_arn) == ("COMPLETED", repairs.arn, dead_letters.arn)
    assert [message.body for message in repairs.messages] == ["1", "2"]
    assert orders.messages == []


@pytest.mark.rule("SQS-23")
def test_a_rate_takes_virtual_time(orders: SqsQueue, dead_letters: SqsQueue, scheduler: Scheduler) -> None:
    """So many at once and in each second that follows: one timer a second, and the last second has none."""
    dead_letter(orders, *"12345")
    start = scheduler.now
    task = dead_letters.redrive(max_number_of_messages_per_second=2)
    assert (task.status, len(orders.messages)) == ("RUNNING", 2)
    assert run_until(scheduler, start + SECOND) == 1
    assert (task.status, len(orders.messages)) == ("RUNNING", 4)
    assert run_until(scheduler, start + 60 * SECOND) == 1
    assert (task.status, task.approximate_number_of_messages_moved) == ("COMPLETED", 5)
    assert [message.body for message in orders.messages] == list("12345")


@pytest.mark.rule("SQS-23")
def test_a_cancelled_task_moves_no_more(orders: SqsQueue, dead_letters: SqsQueue, scheduler: Scheduler) -> None:
    """What was moved stays moved; cancelling twice, or after the end, changes nothing."""
    dead_letter(orders, *"123")
    task = dead_letters.redrive(max_number_of_messages_per_second=1)
    task.cancel()
    task.cancel()
    run_until(scheduler, scheduler.now + 60 * SECOND)
    assert (task.status, len(orders.messages), len(dead_letters.messages)) == ("CANCELLED", 1, 2)
    done = dead_letters.redrive()
    done.cancel()
    assert done.status == "COMPLETED"


@pytest.mark.rule("SQS-23")
def test_only_one_task_runs_at_a_time(orders: SqsQueue, dead_letters: SqsQueue) -> None:
    """For a source queue."""
    dead_letter(orders, *"123")
    task = dead_letters.redrive(max_number_of_messages_per_second=1)
    with pytest.raises(InvalidParameterValue) as caught:
        dead_letters.redrive()
    assert caught.value.message == (
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
    )
    task.cancel()
    assert dead_letters.redrive().status == "COMPLETED"


@pytest.mark.rule("SQS-23")
def test_the_source_must_be_a_dead_letter_queue(orders: SqsQueue) -> None:
    """Of some queue, at the time of the call."""
    with pytest.raises(InvalidParameterValue, match="Source queue must be configured as a Dead Letter Queue"):
        orders.redrive()


@pytest.mark.rule("SQS-23")
@pytest.mark.parametrize("rate", [0, 501])
def test_the_rate_is_1_to_500(orders: SqsQueue, dead_letters: SqsQueue, rate: int) -> None:
    """And nothing moves when it is not."""
    dead_letter(orders, "1")
    with pytest.raises(InvalidParameterValue, match="for parameter MaxNumberOfMessagesPerSecond is invalid"):
        dead_letters.redrive(max_number_of_messages_per_second=rate)
    assert (len(dead_letters.messages), dead_letters.move_tasks) == (1, [])


@pytest.mark.rule("SQS-23")
def test_a_source_that_is_gone_fails_the_task(make_queue: MakeQueue, orders: SqsQueue, dead_letters: SqsQueue) -> None:
    """The letter stays where it is, and the reason is SQS's code."""
    dead_letter(orders, "1")
    orders.delete()
    task = dead_letters.redrive()
    assert (task.status, task.failure_reason) == ("FAILED", "AWS.SimpleQueueService.NonExistentQueue")
    assert [letter.state for letter in dead_letters.messages] == ["available"]
    assert repr(task) == "<MessageMoveTask of dead: FAILED, AWS.SimpleQueueService.NonExistentQueue, 0 of 1 moved>"


@pytest.mark.rule("SQS-23")
def test_a_message_without_a_source_fails_the_task(orders: SqsQueue, dead_letters: SqsQueue) -> None:
    """One that was sent to the dead-letter queue itself came from nowhere; those before it are moved."""
    dead_letter(orders, "1")
    direct = dead_letters.send("2")
    task = dead_letters.redrive()
    assert (task.status, task.failure_reason) == ("FAILED", "CouldNotDetermineMessageSource")
    assert task.approximate_number_of_messages_moved == 1
    assert dead_letters.receive() == [direct]


def test_impossible_destinations_are_refused(make_queue: MakeQueue, orders: SqsQueue, dead_letters: SqsQueue) -> None:
    """A deleted one, one of the other type, and the dead-letter queue itself."""
    dead_letter(orders, "1")
    deleted = make_queue("deleted")
    deleted.delete()
    with pytest.raises(ResourceNotFoundException, match="DestinationArn parameter doesn't exist"):
        dead_letters.redrive(deleted)
    with pytest.raises(InvalidParameterValue, match="same type"):
        dead_letters.redrive(make_queue("other.fifo"))
    with pytest.raises(InvalidParameterValue, match="must be different"):
        dead_letters.redrive(dead_letters)
    assert len(dead_letters.messages) == 1


def test_what_is_in_flight_stays(orders: SqsQueue, dead_letters: SqsQueue) -> None:
    """Only visible letters are moved."""
    dead_letter(orders, "1", "2")
    [held] = dead_letters.receive()
    task = dead_letters.redrive()
    assert (task.status, dead_letters.messages) == ("COMPLETED", [held])
    assert repr(task) == "<MessageMoveTask of dead: COMPLETED, 1 of 1 moved>"


def test_a_redriven_message_waits_for_the_delay_of_its_queue(
    make_queue: MakeQueue, dead_letters: SqsQueue, scheduler: Scheduler
) -> None:
    """It is sent anew, so the queue's delay applies, and whoever listens is told."""
    slow = make_queue("slow", dead_letter_queue=dead_letters, max_receive_count=1)
    dead_letter(slow, "1")
    slow.set_attributes(delay_seconds=10)
    told: list[int | None] = []
    slow.on_arrival.append(lambda: told.append(slow.next_visible_at()))
    dead_letters.redrive()
    assert told == [scheduler.now + 10 * SECOND]
    assert [message.state for message in slow.messages] == ["delayed"]


@pytest.mark.rule("SQS-23", "SQS-19")
def test_fifo_letters_go_back_in_order_and_are_no_duplicates(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """Within five minutes of their first send too, each in its group, with new sequence numbers."""
    dead_letters = make_queue("dead.fifo")
    fifo = make_queue("orders.fifo", dead_letter_queue=dead_letters, max_receive_count=1)
    messages = [
        fifo.send(body, message_group_id=body[0], message_deduplication_id=body) for body in ("a1", "a2", "b1", "b2")
    ]
    for _ in range(2):
        fifo.receive(10)
        scheduler.now += 30 * SECOND
    assert len(dead_letters.messages) == 4
    dead_letters.redrive()
    again = fifo.receive(10)
    assert [message.body for message in again] == ["a1", "a2", "b1", "b2"]
    assert [message.message_group_id for message in again] == ["a", "a", "b", "b"]
    highest = max(message.sequence_number or "" for message in messages)
    assert all((message.sequence_number or "") > highest for message in again)
