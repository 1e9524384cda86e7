"""What AWS may do to a delivery from a queue, and a test cannot otherwise cause: scripted by the number of the batch."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from pytest_lambda_modes import ConfigError, facts, faults


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


class Worker:
    def __init__(self, stays: float = 0) -> None:
        self.stays = stays
        self.events = []

    def __call__(self, event, context):
        self.events.append(event)
        time.sleep(self.stays)

    @property
    def sizes(self):
        return [len(event["Records"]) for event in self.events]


def injected(timeline):
    return [(fact.at // 1_000_000, fact.what, fact.rule) for fact in timeline if isinstance(fact, facts.Injected)]


@pytest.mark.rule("SQS-27")
@pytest.mark.parametrize("fault", [faults.Throttle(), faults.ServiceError()])
def test_a_batch_that_is_turned_away_once_is_tried_again_a_second_later(
    event_source, lambda_clock, lambda_timeline, fault
):
    """The receive is not lost, and the second batch meets nothing."""
    worker = Worker()
    orders = event_source.sqs(worker, faults={1: fault}, batch_size=1)
    messages = [orders.send("a"), orders.send("b")]
    orders.drain()
    assert [message.receive_count for message in messages] == [1, 1]
    assert [batch.outcome for batch in orders.batches] == ["success", "success"]
    assert lambda_clock.elapsed == seconds(1)
    assert injected(lambda_timeline) == [(0, str(fault), "SQS-27")]


@pytest.mark.rule("SQS-32")
def test_messages_whose_deletion_fails_are_delivered_again(event_source, lambda_timeline):
    """The function has succeeded, and does so again."""
    worker = Worker()
    orders = event_source.sqs(worker, faults={1: faults.FailedDelete()})
    messages = [orders.send("a"), orders.send("b")]
    orders.drain()
    assert worker.sizes == [2, 2]
    assert [batch.outcome for batch in orders.batches] == ["success", "success"]
    assert [(message.state, message.receive_count) for message in messages] == [("deleted", 2)] * 2
    first, second = (fact for fact in lambda_timeline if isinstance(fact, facts.BatchSettled))
    assert (first.deleted, first.failed, first.rule) == (0, 0, "SQS-32")
    assert (second.deleted, second.failed, second.rule) == (2, 0, "SQS-4")


@pytest.mark.rule("ESM-1")
def test_a_duplicate_delivery_brings_the_same_messages_once_more(event_source, lambda_timeline):
    """As one more receive and a batch of its own, even when they are processed and gone by then."""
    worker = Worker()
    orders = event_source.sqs(worker, faults={1: faults.DuplicateDelivery(after=seconds(5))})
    message = orders.send("a")
    assert message.wait().receive_count == 1
    orders.drain()
    assert [event["Records"][0]["body"] for event in worker.events] == ["a", "a"]
    counts = [event["Records"][0]["attributes"]["ApproximateReceiveCount"] for event in worker.events]
    assert counts == ["1", "2"]
    assert (message.state, message.receive_count, message.delays) == ("deleted", 2, [seconds(5)])
    assert [batch.outcome for batch in orders.batches] == ["success"] * 2
    assert injected(lambda_timeline) == [(0, "duplicate delivery 5 s later", "ESM-1")]


@pytest.mark.rule("ESM-1")
def test_no_fault_of_a_poll_is_told_of_a_duplicate(event_source, lambda_timeline):
    """It is a batch of its own, with a number, but nobody polled for it."""
    worker = Worker()
    script = {1: faults.DuplicateDelivery(), 2: faults.ShortBatch(size=1)}
    orders = event_source.sqs(worker, faults=script)
    for number in range(3):
        orders.send(number)
    orders.drain()
    assert worker.sizes == [3, 3]
    assert [fault for _, fault, _ in injected(lambda_timeline)] == ["duplicate delivery 0 s later"]


@pytest.mark.rule("ESM-1")
def test_a_duplicate_may_overlap_the_first_delivery(event_source, lambda_clock):
    """Both run, and each deletes."""
    worker = Worker(stays=3)
    orders = event_source.sqs(worker, timeout=5, faults={1: faults.DuplicateDelivery(after=seconds(1))})
    message = orders.send("a")
    orders.drain()
    assert (message.state, len(worker.events), lambda_clock.elapsed) == ("deleted", 2, seconds(4))


def test_a_killed_process_fails_the_batch(event_source, lambda_clock):
    """It is a crash like any other: all comes back."""
    worker = Worker(stays=3)
    orders = event_source.sqs(worker, timeout=5, faults={1: faults.Kill(after=seconds(2))})
    message = orders.send("a")
    orders.drain()
    assert [batch.outcome for batch in orders.batches] == ["exit", "success"]
    assert (message.receive_count, lambda_clock.elapsed) == (2, seconds(33))


def test_a_recycled_environment_is_a_cold_start(event_source, lambda_timeline):
    """The second batch would have found the first one's warm."""
    orders = event_source.sqs(Worker(), faults={2: faults.RecycledEnvironment()}, batch_size=1)
    for number in range(3):
        orders.send(number)
        orders.drain()
    started = [fact.cold_start for fact in lambda_timeline if isinstance(fact, facts.FunctionStarted)]
    assert started == [True, True, False]


@pytest.mark.rule("SQS-24")
def test_a_short_batch_leaves_messages_for_the_next(event_source):
    """Though they are waiting: a receive may give fewer than there are."""
    worker = Worker()
    orders = event_source.sqs(worker, faults={1: faults.ShortBatch(size=3)})
    for number in range(8):
        orders.send(number)
    orders.drain()
    assert worker.sizes == [3, 5]


@pytest.mark.rule("SQS-24")
def test_a_delayed_poll_looks_later_than_it_could(event_source, lambda_clock, lambda_timeline):
    """At low traffic Lambda may wait up to 20 seconds. What arrives meanwhile does not hurry it."""
    worker = Worker()
    orders = event_source.sqs(worker, faults={1: faults.DelayedPoll(by=seconds(15))})
    orders.send("a")
    lambda_clock.advance(seconds=5)
    orders.send("b")
    orders.drain()
    assert (worker.sizes, lambda_clock.elapsed) == ([2], seconds(15))
    assert injected(lambda_timeline) == [(0, "poll delayed by 15 s", "SQS-24")]
    orders.send("c")
    orders.drain()
    assert (worker.sizes, lambda_clock.elapsed) == ([2, 1], seconds(15))


def test_a_poll_that_finds_nothing_is_not_the_delayed_one(event_source, lambda_clock, lambda_timeline):
    """The poller also looks when a message expires. What is delayed is the receive of the batch."""
    worker = Worker()
    script = {1: faults.FailedDelete(), 2: faults.DelayedPoll(by=seconds(15))}
    orders = event_source.sqs(worker, visibility_timeout=70, message_retention_period=60, faults=script)
    expired = orders.send("a")
    lambda_clock.advance(seconds=50)
    orders.send("b", delay_seconds=30)
    orders.drain()
    assert (expired.state, worker.sizes, lambda_clock.elapsed) == ("expired", [1, 1], seconds(95))
    assert injected(lambda_timeline)[1:] == [(80, "poll delayed by 15 s", "SQS-24")]


def test_faults_are_keyed_by_the_number_of_the_batch(event_source):
    """Each meets its own, and a batch that is tried again meets it once."""
    worker = Worker()
    script = {2: faults.Throttle(), 3: faults.ShortBatch(size=1)}
    orders = event_source.sqs(worker, faults=script, batch_size=2)
    for number in range(6):
        orders.send(number)
    orders.drain()
    assert [len(batch.records) for batch in orders.batches] == [2, 2, 1, 1]
    assert worker.sizes == [2, 1, 1, 2]


@pytest.mark.parametrize(
    "wrong", [{0: faults.Throttle()}, {1: "throttle"}, [faults.Throttle()], {True: faults.Throttle()}]
)
def test_what_is_no_script_is_refused(event_source, wrong):
    """The message shows how to write one, and what there is."""
    with pytest.raises(
        ConfigError, match=r"(?s)must map the number of a delivery.*ShortBatch, DelayedPoll, FailedDelete"
    ):
        event_source.sqs(Worker(), faults=wrong)


@pytest.mark.parametrize(
    "make, text",
    [
        (lambda: faults.ShortBatch(size=0), "size is 0, and must be a whole number from 1"),
        (lambda: faults.ShortBatch(size=True), "size is True"),
        (lambda: faults.DelayedPoll(by=seconds(21)), "by is .*, and must be a timedelta above 0, up to 20 seconds"),
        (lambda: faults.DelayedPoll(by=seconds(0)), "DelayedPoll: by is"),
        (lambda: faults.DelayedPoll(by=5), "DelayedPoll: by is 5"),
        (lambda: faults.DuplicateDelivery(after=seconds(-1)), "DuplicateDelivery: after is"),
    ],
)
def test_an_impossible_fault_is_refused_where_it_is_made(make, text):
    """With the value and the range."""
    with pytest.raises(ConfigError, match=text):
        make()


@pytest.mark.parametrize("fault", [faults.ShortBatch(size=1), faults.DelayedPoll(by=seconds(1)), faults.FailedDelete()])
def test_what_a_poller_does_is_nothing_that_an_event_meets(async_invoke, fault):
    """Those faults are for event sources alone."""
    with pytest.raises(ConfigError, match="Here there are Throttle, ServiceError, DuplicateDelivery"):
        async_invoke(lambda event, context: None, {}, faults={1: fault})
