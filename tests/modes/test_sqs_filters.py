"""Filters of a mapping from a queue: what reaches the function, and what becomes of the rest."""

from __future__ import annotations

import pytest

from pytest_lambda_modes import InvalidParameterValueException, facts


class Worker:
    def __init__(self) -> None:
        self.bodies = []

    def __call__(self, event, context):
        self.bodies.append([record["body"] for record in event["Records"]])


def of_kind(timeline, kind):
    return [fact for fact in timeline if isinstance(fact, kind)]


@pytest.mark.rule("FILT-6", "SQS-28")
def test_what_no_filter_matches_is_deleted_without_an_invocation(event_source, lambda_timeline):
    """Its handle says `filtered`, and the queue counts a delete."""
    worker = Worker()
    orders = event_source.sqs(worker, filter_criteria=[{"body": {"kind": ["order"]}}])
    order, refund = orders.send({"kind": "order"}), orders.send({"kind": "refund"})
    orders.drain()
    assert worker.bodies == [['{"kind": "order"}']]
    assert (order.state, refund.state, refund.receive_count) == ("deleted", "filtered", 1)
    assert orders.queue.number_of_messages_deleted == 2
    [polled] = of_kind(lambda_timeline, facts.MessagesPolled)
    assert (polled.size, polled.filtered, polled.rule) == (2, 1, "FILT-6")


@pytest.mark.rule("FILT-6")
def test_when_nothing_matches_there_is_no_invocation(event_source):
    """And no batch."""
    worker = Worker()
    orders = event_source.sqs(worker, filter_criteria=[{"body": {"kind": ["order"]}}])
    messages = [orders.send({"kind": "refund"}) for _ in range(25)]
    orders.drain()
    assert (worker.bodies, orders.batches) == ([], [])
    assert {message.state for message in messages} == {"filtered"}


@pytest.mark.rule("FILT-6", "ESM-7")
def test_a_batch_is_filled_with_what_matches(event_source):
    """The poller goes on receiving while what it gets is filtered out."""
    worker = Worker()
    orders = event_source.sqs(worker, batch_size=10, filter_criteria=[{"body": {"n": [{"numeric": [">=", 15]}]}}])
    for number in range(30):
        orders.send({"n": number})
    orders.drain()
    assert [len(bodies) for bodies in worker.bodies] == [10, 5]


@pytest.mark.rule("FILT-6", "ESM-7")
def test_a_window_begins_with_the_first_message_that_matches(event_source, lambda_clock):
    """What is filtered out begins none."""
    worker = Worker()
    orders = event_source.sqs(
        worker, maximum_batching_window_in_seconds=20, filter_criteria=[{"body": {"kind": ["order"]}}]
    )
    orders.send({"kind": "refund"})
    lambda_clock.advance(seconds=15)
    orders.send({"kind": "order"})
    orders.drain()
    assert lambda_clock.elapsed.total_seconds() == 35
    assert worker.bodies == [['{"kind": "order"}']]


@pytest.mark.rule("FILT-5")
@pytest.mark.parametrize(
    "body, rules, state",
    [
        ("text", ["text", {"prefix": "x"}], "deleted"),
        ("other", ["text", {"prefix": "x"}], "filtered"),
        ("text", {"kind": ["order"]}, "filtered"),
        ({"kind": "order"}, ["text"], "filtered"),
        ({"kind": "order"}, {"kind": ["order"]}, "deleted"),
        ({"kind": "refund"}, {"kind": ["order"]}, "filtered"),
    ],
)
def test_rules_and_body_have_to_be_of_one_format(event_source, body, rules, state):
    """Plain text rules are for plain text, JSON rules for JSON; anything else is deleted."""
    orders = event_source.sqs(Worker(), filter_criteria=[{"body": rules}])
    message = orders.send(body)
    orders.drain()
    assert message.state == state


@pytest.mark.rule("FILT-5", "FILT-6")
@pytest.mark.parametrize("body", ["text", {"kind": "order"}])
def test_without_rules_for_the_body_only_metadata_counts(event_source, body):
    """Here: the message attributes, as they stand in the record."""
    pattern = {"messageAttributes": {"kind": {"stringValue": ["order"]}}}
    orders = event_source.sqs(Worker(), filter_criteria=[pattern])
    wanted = orders.send(body, message_attributes={"kind": "order"})
    others = [orders.send(body, message_attributes={"kind": "refund"}), orders.send(body)]
    orders.drain()
    assert (wanted.state, [message.state for message in others]) == ("deleted", ["filtered", "filtered"])


def test_metadata_of_the_receive_can_be_matched(event_source):
    """The pattern sees the record as the function would: counts are strings there."""
    pattern = {"attributes": {"ApproximateReceiveCount": ["1"]}}

    def fail(event, context):
        raise RuntimeError("no")

    orders = event_source.sqs(fail, filter_criteria=[pattern])
    message = orders.send("a")
    orders.drain()
    assert (message.state, message.receive_count, len(orders.batches)) == ("filtered", 2, 1)


def test_filters_can_be_changed(event_source):
    """From the next receive on; a filter that cannot be changes nothing."""
    orders = event_source.sqs(Worker(), filter_criteria=[{"body": {"kind": ["order"]}}])
    with pytest.raises(InvalidParameterValueException, match="Invalid filter pattern definition"):
        orders.update(filter_criteria=[{"body": "order"}], batch_size=5)
    assert orders.mapping.config.batch_size == 10
    first = orders.send({"kind": "refund"})
    orders.drain()
    orders.update(filter_criteria=[])
    second = orders.send({"kind": "refund"})
    orders.drain()
    assert (first.state, second.state) == ("filtered", "deleted")


@pytest.mark.parametrize(
    "rules, body, text",
    [
        ({"kind": ["order"]}, "plain", "the filters are for a body of JSON"),
        (["plain"], {"kind": "order"}, "the filters are for a body of plain text"),
    ],
)
def test_a_message_that_is_deleted_for_its_format_is_a_hazard(event_source, lambda_timeline, rules, body, text):
    """It is told once, when it first happens. (HAZ-24)"""
    orders = event_source.sqs(Worker(), filter_criteria=[{"body": rules}])
    orders.send(body), orders.send(body)
    orders.drain()
    [hazard] = [fact for fact in of_kind(lambda_timeline, facts.Hazard) if fact.id == "HAZ-24"]
    assert hazard.text.startswith(text)


def test_a_message_that_is_deleted_for_its_content_is_none(event_source, lambda_timeline):
    """That is what filters are for."""
    orders = event_source.sqs(Worker(), filter_criteria=[{"body": {"kind": ["order"]}}])
    orders.send({"kind": "refund"})
    orders.drain()
    assert "HAZ-24" not in {fact.id for fact in of_kind(lambda_timeline, facts.Hazard)}


def test_a_filter_with_a_fraction_is_a_hazard_from_the_start(event_source, lambda_timeline):
    """AWS's pages disagree on whether 300 and 300.0 are equal, so nobody should rely on it. (FILT-7)"""
    event_source.sqs(Worker(), filter_criteria=[{"body": {"total": [300.5]}}])
    [hazard] = [fact for fact in of_kind(lambda_timeline, facts.Hazard) if fact.id == "FILT-7"]
    assert hazard.text.startswith("filter body.total: a number with a fraction")
