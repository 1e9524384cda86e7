"""Queues and streams: poison messages, batches, long queues and blocked shards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import simplejson

from benchmarks import events
from benchmarks.race import Contestant, Race, Work, contestants, each, world

ORDER = {"id": "A17", "kind": "order", "customer": {"name": "Ann", "tier": "gold"}, "total": "12.30"}


def refuse(event: object, context: object) -> object:
    raise ConnectionError("the warehouse is down")


def succeed(event: object, context: object) -> None:
    return None


@contextmanager
def json_of_the_event() -> Iterator[Work]:
    """That of what the function is given: a batch with the message."""
    with world() as modes:
        source = modes.event_source.sqs(succeed, batch_size=1)
        source.send(events.SMALL)
        source.drain()
        yield partial(events.json_round_trip, source.batches[0].event)


@contextmanager
def json_of_the_body() -> Iterator[Work]:
    yield partial(events.json_round_trip, events.SMALL)


# Three receives and a dead letter


@contextmanager
def three_receives() -> Iterator[Work]:
    with world() as modes:
        source = modes.event_source.sqs(refuse, batch_size=1, max_receive_count=3)

        def work() -> None:
            source.send(events.SMALL)
            source.drain()

        yield work


@contestants(three_receives, json_of_the_event, json_of_the_body)
def test_redrive(race: Race, contestant: Contestant) -> None:
    race.run(contestant)


# Messages in batches of ten


@contextmanager
def messages(count: int) -> Iterator[Work]:
    with world() as modes:
        source = modes.event_source.sqs(succeed, batch_size=10)

        def work() -> None:
            for _ in range(count):
                source.send(ORDER)
            source.drain()

        yield work


@each(100_000)
@contextmanager
def a_hundred_thousand_messages() -> Iterator[Work]:
    with messages(100_000) as work:
        yield work


@each(1_000)
@contextmanager
def a_thousand_messages() -> Iterator[Work]:
    with messages(1_000) as work:
        yield work


def boundary(event: Any) -> Work:
    """What must be done at the least for the event of a batch: written once, parsed once, answered."""

    def work() -> None:
        simplejson.loads(json.dumps(event).encode())
        simplejson.dumps(None)

    return work


@each(10)
@contextmanager
def boundary_of_ten_messages() -> Iterator[Work]:
    with world() as modes:
        source = modes.event_source.sqs(succeed, batch_size=10)
        for _ in range(10):
            source.send(ORDER)
        source.drain()
        yield boundary(source.batches[0].event)


@contestants(a_hundred_thousand_messages, a_thousand_messages, boundary_of_ten_messages)
def test_messages(race: Race, contestant: Contestant) -> None:
    race.run(contestant, fresh=contestant is not boundary_of_ten_messages)


# A poison message without a redrive policy, received every 30 seconds for four days


@contextmanager
def four_days_of_poison() -> Iterator[Work]:
    with world() as modes:
        source = modes.event_source.sqs(refuse, visibility_timeout=30)

        def work() -> None:
            source.send({"poison": True})
            source.drain()

        yield work


@contestants(four_days_of_poison)
def test_poison(race: Race, contestant: Contestant) -> None:
    race.run(contestant, fresh=True)


# Records in batches of a hundred


@contextmanager
def records(count: int) -> Iterator[Work]:
    with world() as modes:
        source = modes.event_source.kinesis(succeed, batch_size=100, starting_position="TRIM_HORIZON")

        def work() -> None:
            for _ in range(count):
                source.put(ORDER)
            source.drain()

        yield work


@each(100_000)
@contextmanager
def a_hundred_thousand_records() -> Iterator[Work]:
    with records(100_000) as work:
        yield work


@each(1_000)
@contextmanager
def a_thousand_records() -> Iterator[Work]:
    with records(1_000) as work:
        yield work


@each(100)
@contextmanager
def boundary_of_a_hundred_records() -> Iterator[Work]:
    with world() as modes:
        source = modes.event_source.kinesis(succeed, batch_size=100, starting_position="TRIM_HORIZON")
        for _ in range(100):
            source.put(ORDER)
        source.drain()
        yield boundary(source.batches[0].event)


@contestants(a_hundred_thousand_records, a_thousand_records, boundary_of_a_hundred_records)
def test_records(race: Race, contestant: Contestant) -> None:
    race.run(contestant, fresh=contestant is not boundary_of_a_hundred_records)


# A poison record that blocks its shard for a day


@contextmanager
def a_day_of_a_blocked_shard() -> Iterator[Work]:
    with world() as modes:
        source = modes.event_source.kinesis(refuse, batch_size=1, starting_position="TRIM_HORIZON")

        def work() -> None:
            source.put({"poison": True})
            source.drain()

        yield work


@contestants(a_day_of_a_blocked_shard)
def test_blocked_shard(race: Race, contestant: Contestant) -> None:
    race.run(contestant, fresh=True)
