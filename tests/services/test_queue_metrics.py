"""What CloudWatch shows of a queue, minute by minute. (MET-17)"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services.queue_metrics import samples
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.units import MINUTE, SECOND

MakeQueue = Callable[..., SqsQueue]


def values(metric: str, *queues: SqsQueue) -> list[float]:
    return [sample.value for sample in samples(metric, queues)]


def worker(event: object, context: object) -> None:
    return None


@pytest.mark.rule("MET-17")
def test_what_happens_is_counted_in_its_minute(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """Sends, receives and deletes, each in the minute in which it happened."""
    queue = make_queue()
    scheduler.now = 59 * SECOND
    queue.send("a")
    scheduler.now = 60 * SECOND
    queue.send("b")
    queue.poll(2)
    scheduler.now = 130 * SECOND
    messages = queue.poll(2)
    queue.delete_received([(message, 2) for message in messages])
    assert values("NumberOfMessagesSent", queue) == [1, 1, 0, 0]
    assert values("NumberOfMessagesReceived", queue) == [0, 2, 2, 0]
    assert values("NumberOfMessagesDeleted", queue) == [0, 0, 2, 0]


@pytest.mark.rule("MET-17")
def test_what_is_there_is_measured_at_whole_minutes(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """Visible, in flight, delayed: a message is in one of the three while it is in the queue."""
    queue = make_queue(visibility_timeout=90)
    queue.send("a", delay_seconds=100)
    scheduler.now = 130 * SECOND
    [message] = queue.receive()
    scheduler.now = 300 * SECOND
    queue.receive()
    scheduler.now = 301 * SECOND
    queue.delete_received([(message, 2)])
    assert values("ApproximateNumberOfMessagesDelayed", queue) == [1, 1, 0, 0, 0, 0, 0]
    assert values("ApproximateNumberOfMessagesVisible", queue) == [0, 0, 1, 0, 1, 0, 0]
    assert values("ApproximateNumberOfMessagesNotVisible", queue) == [0, 0, 0, 1, 0, 1, 0]


@pytest.mark.rule("MET-17")
def test_the_age_is_that_of_the_oldest_message(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """In seconds; when it is gone, of the next one. A dead letter is as old as its time in that queue."""
    letters = make_queue("dead")
    queue = make_queue(dead_letter_queue=letters, max_receive_count=1)
    queue.send("a")
    scheduler.now = 50 * SECOND
    queue.send("b", delay_seconds=900)
    queue.receive()
    scheduler.now = 130 * SECOND
    queue.receive()
    scheduler.now = 240 * SECOND
    assert values("ApproximateAgeOfOldestMessage", queue) == [0, 60, 120, 130, 190]
    assert values("ApproximateAgeOfOldestMessage", letters) == [0, 50, 110]


@pytest.mark.rule("MET-17")
def test_a_move_to_a_dead_letter_queue_is_no_send(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """Nor a delete; a redrive is both."""
    letters = make_queue("dead")
    queue = make_queue(dead_letter_queue=letters, max_receive_count=1)
    queue.send("a")
    queue.receive(visibility_timeout=0)
    queue.receive()
    assert sum(values("NumberOfMessagesSent", letters)) == 0
    assert sum(values("NumberOfMessagesDeleted", queue)) == 0
    letters.redrive()
    assert sum(values("NumberOfMessagesSent", queue)) == 2
    assert sum(values("NumberOfMessagesDeleted", letters)) == 1


@pytest.mark.rule("MET-17")
def test_a_new_retention_or_visibility_makes_no_message_hidden_twice(
    make_queue: MakeQueue, scheduler: Scheduler
) -> None:
    """Each receive hides it once, from then until when it is visible, however often that is changed."""
    queue = make_queue(visibility_timeout=150)
    message = queue.send("a")
    queue.receive()
    scheduler.now = 30 * SECOND
    queue.set_attributes(message_retention_period=600)
    assert message.receipt_handle is not None
    queue.change_message_visibility(message.receipt_handle, 60)
    scheduler.now = 200 * SECOND
    assert values("ApproximateNumberOfMessagesNotVisible", queue) == [1, 1, 0, 0, 0]
    assert values("ApproximateNumberOfMessagesVisible", queue) == [0, 0, 1, 1, 0]


@pytest.mark.rule("MET-17")
def test_an_expired_message_is_not_counted_beyond_its_retention(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """Though nobody was there to see it go, and it was not deleted."""
    queue = make_queue(message_retention_period=120)
    queue.send("a")
    scheduler.now = 10 * MINUTE
    assert values("ApproximateNumberOfMessagesVisible", queue) == [1, 1, 0]
    assert values("NumberOfMessagesDeleted", queue) == [0, 0, 0]


def test_a_queue_without_messages_and_another_metric_have_no_values(make_queue: MakeQueue) -> None:
    """As in CloudWatch, where an idle queue is not measured."""
    assert values("NumberOfMessagesSent", make_queue()) == []
    queue = make_queue("other")
    queue.send("a")
    assert values("Invocations", queue) == []


moves = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 200)),
        st.tuples(st.just("send"), st.sampled_from([0, 0, 30, 200])),
        st.tuples(st.just("receive"), st.sampled_from([0, 20, 90])),
        st.tuples(st.just("delete"), st.integers(0, 9)),
        st.tuples(st.just("change"), st.sampled_from([0, 45, 300])),
        st.tuples(st.just("again"), st.integers(0, 9)),
        st.tuples(st.just("retention"), st.sampled_from([60, 300, 345_600])),
    ),
    max_size=30,
)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(moves)
def test_at_each_whole_minute_the_measures_are_those_of_that_moment(moves: list[tuple[str, int]]) -> None:
    """A second account is kept by looking at the queue at every whole minute."""
    scheduler = Scheduler()
    queue = SqsQueue("orders", scheduler, Identifiers("metrics"))
    seen: list[tuple[int, int, int]] = []

    def look() -> None:
        seen.append(
            (
                queue.approximate_number_of_messages_visible,
                queue.approximate_number_of_messages_not_visible,
                queue.approximate_number_of_messages_delayed,
            )
        )

    for what, number in moves:
        if what == "wait":
            until = scheduler.now + number * SECOND
            # What happens at a whole minute comes before the look at it.
            while scheduler.now < until:
                if scheduler.now % MINUTE == 0:
                    look()
                scheduler.now += SECOND
        elif what == "send":
            queue.send("a", delay_seconds=number)
        elif what == "receive":
            queue.receive(visibility_timeout=number)
        elif what == "retention":
            queue.set_attributes(message_retention_period=number)
        else:
            received = [message for message in queue.messages if message.receives]
            if received:
                message = received[number % len(received)]
                if what == "delete":
                    queue.delete_received([(message, message.receive_count)])
                elif what == "again":
                    queue.receive_again([message])
                elif message.state == "in_flight":
                    queue.change_message_visibility(message.receipt_handle or "", number)
    first = queue.store.all[0]._arrived_at // MINUTE if queue.store.all else 0
    names = ("Visible", "NotVisible", "Delayed")
    measured = list(zip(*(values(f"ApproximateNumberOfMessages{name}", queue) for name in names), strict=True))
    whole_minutes = seen[first:]
    assert measured[: len(whole_minutes)] == whole_minutes[: len(measured)]


@pytest.mark.rule("MET-17")
def test_the_metrics_of_a_test_have_those_of_its_queues(event_source, lambda_modes, lambda_clock):  # type: ignore[no-untyped-def]
    """Beside Lambda's own, by name and by queue."""
    orders = event_source.sqs(worker, queue_name="orders")
    for number in range(3):
        orders.send(number)
    lambda_clock.advance(minutes=2)
    orders.drain()
    assert lambda_modes.metrics["NumberOfMessagesSent"].of("orders").sum == 3
    assert lambda_modes.metrics["NumberOfMessagesDeleted"].of("orders").sum == 3
    assert lambda_modes.metrics["ApproximateAgeOfOldestMessage"].unit == "Seconds"
    assert lambda_modes.metrics["NumberOfMessagesSent"].of("refunds").sample_count == 0
