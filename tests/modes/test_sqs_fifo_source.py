"""A FIFO queue and the function that reads it: order within a group, and groups side by side."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter

import pytest

from pytest_lambda_modes import ConfigError, InvalidParameterValue, MissingParameter, faults


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


class Worker:
    """A handler that keeps when it had which bodies, stays for so many seconds, and fails for some bodies."""

    def __init__(self, stays: float = 0, fails=lambda body, count: False) -> None:
        self.stays = stays
        self.fails = fails
        self.seen = []
        self.running = Counter()
        self.most_running = Counter()

    def __call__(self, event, context):
        records = event["Records"]
        groups = {record["attributes"]["MessageGroupId"] for record in records}
        self.seen.append([record["body"] for record in records])
        self.running.update([*groups, "all"])
        self.most_running |= self.running
        time.sleep(self.stays)
        self.running.subtract([*groups, "all"])
        for record in records:
            if self.fails(record["body"], int(record["attributes"]["ApproximateReceiveCount"])):
                raise RuntimeError(record["body"])


def send(orders, *bodies, size=0):
    """Bodies begin with the name of their group, and are filled up to their size."""
    return [orders.send(body.ljust(size), message_group_id=body[0], message_deduplication_id=body) for body in bodies]


def of_group(worker, group):
    return [body for bodies in worker.seen for body in bodies if body[0] == group]


@pytest.mark.rule("SQS-16")
def test_a_group_has_one_batch_in_flight(event_source, lambda_clock):
    """As recorded: five messages of one group, one a batch, five seconds each, in one environment."""
    worker = Worker(stays=5)
    orders = event_source.sqs(worker, fifo=True, batch_size=1, timeout=10)
    send(orders, "a1", "a2", "a3", "a4", "a5")
    orders.drain()
    assert worker.seen == [["a1"], ["a2"], ["a3"], ["a4"], ["a5"]]
    assert worker.most_running["a"] == 1
    assert lambda_clock.elapsed == seconds(25)


@pytest.mark.rule("SQS-16")
def test_groups_run_side_by_side(event_source, lambda_clock):
    """As many as there are, without a start at five."""
    worker = Worker(stays=5)
    orders = event_source.sqs(worker, fifo=True, batch_size=1, timeout=10)
    send(orders, *(f"{group}{number}" for group in "abcdefghij" for number in (1, 2)))
    orders.drain()
    assert lambda_clock.elapsed == seconds(10)
    assert worker.most_running["all"] == 10
    assert all(of_group(worker, group) == [f"{group}1", f"{group}2"] for group in "abcdefghij")


@pytest.mark.rule("SQS-16", "SQS-25")
def test_maximum_concurrency_bounds_the_groups_at_once(event_source, lambda_clock):
    """Ten groups, two at a time."""
    worker = Worker(stays=5)
    orders = event_source.sqs(worker, fifo=True, batch_size=1, timeout=10, maximum_concurrency=2)
    send(orders, *(f"{group}1" for group in "abcdefghij"))
    orders.drain()
    assert worker.most_running["all"] == 2
    assert lambda_clock.elapsed == seconds(25)


@pytest.mark.rule("SQS-16", "SQS-18")
def test_a_batch_takes_one_group_before_the_next(event_source):
    """A batch may hold several groups, each in order, and one of them as far as it goes."""
    worker = Worker()
    orders = event_source.sqs(worker, fifo=True, batch_size=5)
    send(orders, "a1", "b1", "a2", "c1", "a3", "b2")
    orders.drain()
    assert worker.seen == [["a1", "a2", "a3", "b1", "b2"], ["c1"]]


@pytest.mark.rule("SQS-17")
def test_all_retries_come_before_the_next_message_of_the_group(event_source, lambda_clock):
    """The poison message blocks its group, and no other."""
    worker = Worker(fails=lambda body, count: body == "a1" and count < 4)
    orders = event_source.sqs(worker, fifo=True, batch_size=1)
    send(orders, "a1", "a2", "b1")
    orders.drain()
    assert of_group(worker, "a") == ["a1", "a1", "a1", "a1", "a2"]
    assert worker.seen.index(["b1"]) < 3
    assert lambda_clock.elapsed == seconds(90)


@pytest.mark.rule("SQS-17", "SQS-20")
def test_a_group_goes_on_when_its_poison_message_is_dead_lettered(event_source):
    """The dead-letter queue of a FIFO queue is one itself, and the order is broken by design."""
    worker = Worker(fails=lambda body, count: body == "a1")
    orders = event_source.sqs(worker, fifo=True, batch_size=1, max_receive_count=2)
    first, second = send(orders, "a1", "a2")
    orders.drain()
    assert worker.seen == [["a1"], ["a1"], ["a2"]]
    assert (first.state, second.state) == ("dead_lettered", "deleted")
    assert orders.dead_letter_queue.fifo


@pytest.mark.rule("SQS-17")
def test_a_group_goes_on_when_its_poison_message_expires(event_source, lambda_clock):
    """Retention ends what nothing else does."""
    worker = Worker(fails=lambda body, count: body == "a1")
    orders = event_source.sqs(worker, fifo=True, batch_size=1, message_retention_period=60)
    [poison] = send(orders, "a1")
    lambda_clock.advance(seconds=10)
    [second] = send(orders, "a2")
    orders.drain()
    assert worker.seen == [["a1"], ["a1"], ["a2"]]
    assert (poison.state, second.state, lambda_clock.elapsed) == ("expired", "deleted", seconds(60))


@pytest.mark.rule("SQS-18")
def test_a_message_that_arrives_during_a_batch_waits_for_its_group(event_source, lambda_clock):
    """The batch's end unblocks the group at once."""
    worker = Worker(stays=5)
    orders = event_source.sqs(worker, fifo=True, timeout=10)
    send(orders, "a1")
    lambda_clock.advance(seconds=1)
    send(orders, "a2", "b1")
    orders.drain()
    assert worker.seen == [["a1"], ["b1"], ["a2"]]
    assert lambda_clock.elapsed == seconds(10)


@pytest.mark.rule("SQS-19")
def test_a_batch_that_outlives_its_visibility_cannot_delete_and_is_delivered_again(
    event_source, lambda_modes, lambda_clock
):
    """Its handles have expired, so although it succeeded the message comes again, and order has a second batch wait."""
    worker = Worker(stays=45)
    function = lambda_modes.function(worker, timeout=30)
    orders = event_source.sqs(function, fifo=True, visibility_timeout=30, max_receive_count=2)
    function.update_configuration(timeout=60)
    [message] = send(orders, "a1")
    orders.drain()
    assert [batch.outcome for batch in orders.batches] == ["success", "success"]
    assert (message.state, message.receive_count) == ("dead_lettered", 2)


@pytest.mark.rule("SQS-19")
def test_a_duplicate_is_dropped_for_five_minutes(event_source, lambda_clock):
    """Even after the message was processed; the send gives the first message again."""
    worker = Worker()
    orders = event_source.sqs(worker, fifo=True, content_based_deduplication=True)
    first = orders.send("a", message_group_id="a")
    orders.drain()
    lambda_clock.advance(seconds=299)
    assert orders.send("a", message_group_id="a") is first
    lambda_clock.advance(seconds=1)
    assert orders.send("a", message_group_id="a") is not first
    orders.drain()
    assert worker.seen == [["a"], ["a"]]


def test_what_a_fifo_queue_refuses_is_not_enqueued(event_source):
    """In SQS's own words."""
    orders = event_source.sqs(Worker(), fifo=True)
    with pytest.raises(MissingParameter, match="MessageGroupId"):
        orders.send("a")
    with pytest.raises(InvalidParameterValue, match="ContentBasedDeduplication"):
        orders.send("a", message_group_id="a")
    with pytest.raises(InvalidParameterValue, match="Value 5 for parameter DelaySeconds is invalid"):
        orders.send("a", message_group_id="a", message_deduplication_id="a", delay_seconds=5)
    assert (orders.queue.messages, orders.sent) == ([], [])


@pytest.mark.rule("SQS-28")
def test_a_filtered_message_leaves_its_group_at_once(event_source):
    """It is deleted without an invocation. What was received with it goes on, and those behind wait for that."""
    worker = Worker()
    orders = event_source.sqs(worker, fifo=True, batch_size=2, filter_criteria=[{"body": [{"suffix": "x"}]}])
    messages = send(orders, "a1", "a2x", "a3", "a4x", "a5x")
    orders.drain()
    assert worker.seen == [["a2x"], ["a4x"], ["a5x"]]
    assert [message.state for message in messages] == ["filtered", "deleted", "filtered", "deleted", "deleted"]


@pytest.mark.rule("SQS-29", "SQS-16")
def test_a_group_that_does_not_fit_into_six_megabytes_stays_in_order(event_source, lambda_clock):
    """What has no room is not received, so it waits for the batch before it, and is not harmed if that fails."""
    worker = Worker(stays=1, fails=lambda body, count: body[1] == "0" and count == 1)
    orders = event_source.sqs(worker, fifo=True)
    messages = send(orders, *(f"a{number}" for number in range(8)), size=1_000_000)
    orders.drain()
    assert [[body[1] for body in bodies] for bodies in worker.seen] == [list("012345"), list("012345"), list("67")]
    assert [message.receive_count for message in messages] == [2] * 6 + [1] * 2
    assert worker.most_running["a"] == 1
    assert lambda_clock.elapsed == seconds(32)


def test_a_duplicate_delivery_is_nothing_that_a_fifo_queue_does(event_source):
    """It would put two batches of a group in flight."""
    with pytest.raises(ConfigError, match="faults has a DuplicateDelivery, and the queue is a FIFO queue"):
        event_source.sqs(Worker(), fifo=True, faults={1: faults.DuplicateDelivery()})


def test_a_name_in_fifo_makes_a_fifo_queue(event_source, lambda_modes):
    """By `fifo`, by the name of the queue, or by the queue that is given."""
    worker = lambda_modes.function(Worker(), function_name="worker")
    assert event_source.sqs(worker, fifo=True).queue.name == "worker-queue.fifo"
    assert event_source.sqs(worker, queue_name="orders.fifo").queue.fifo
    assert event_source.sqs(worker, queue=lambda_modes.queue("refunds.fifo")).mapping.config.fifo
    with pytest.raises(InvalidParameterValue, match="must end with .fifo suffix"):
        event_source.sqs(worker, queue_name="orders", fifo=True)
    with pytest.raises(
        InvalidParameterValue, match="Can only include alphanumeric characters, hyphens, or underscores"
    ):
        event_source.sqs(worker, queue_name="orders.fifo", fifo=False)
