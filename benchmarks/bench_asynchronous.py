"""Asynchronous events: retries, many events, and many handlers at once."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial

import freezegun
import simpy

from benchmarks import events
from benchmarks.race import Contestant, Race, Work, contestants, each, world


def refuse(event: object, context: object) -> object:
    raise ConnectionError("the mail server is down")


def succeed(event: object, context: object) -> object:
    return {"sent": True}


def sleep(event: object, context: object) -> None:
    for _ in range(3):
        time.sleep(1)


# Three attempts and a dead letter


@contextmanager
def ours() -> Iterator[Work]:
    with world() as modes:
        function = modes.function(refuse, dead_letter_target="sqs:dead-letters")
        yield lambda: modes.async_invoke(function, events.SMALL).wait()


@contextmanager
def freezegun_by_hand() -> Iterator[Work]:
    """The retries as a test writes them out that has nothing but a frozen clock."""

    def work() -> list[bytes]:
        body, dead_letters = events.to_wire(events.SMALL), []
        with freezegun.freeze_time("2026-01-01") as frozen:
            for delay in (60, 120, None):
                try:
                    refuse(events.from_wire(body), None)
                except ConnectionError:
                    if delay is None:
                        dead_letters.append(body)
                    else:
                        frozen.tick(delay)
        return dead_letters

    yield work


@contextmanager
def json_round_trip() -> Iterator[Work]:
    yield partial(events.json_round_trip, events.SMALL)


@contestants(ours, freezegun_by_hand, json_round_trip)
def test_retries(race: Race, contestant: Contestant) -> None:
    race.run(contestant)


# Many events, one after the other


@contextmanager
def accept_and_settle(count: int) -> Iterator[Work]:
    with world() as modes:
        function = modes.function(succeed)

        def work() -> None:
            for number in range(count):
                modes.async_invoke(function, {"id": number})
            modes.clock.run_until_idle()

        yield work


@each(10_000)
@contextmanager
def ten_thousand_events() -> Iterator[Work]:
    with accept_and_settle(10_000) as work:
        yield work


@each(1_000)
@contextmanager
def a_thousand_events() -> Iterator[Work]:
    with accept_and_settle(1_000) as work:
        yield work


@contestants(ten_thousand_events, a_thousand_events)
def test_many_events(race: Race, contestant: Contestant) -> None:
    race.run(contestant, fresh=True)


# Many handlers at once: all are asleep at the same time


@contextmanager
def overlap(count: int) -> Iterator[Work]:
    with world() as modes:
        function = modes.function(sleep, timeout=60)

        def work() -> None:
            for _ in range(count):
                modes.async_invoke(function, {})
            modes.clock.run_until_idle()

        yield work


@each(1_000)
@contextmanager
def a_thousand_handlers() -> Iterator[Work]:
    with overlap(1_000) as work:
        yield work


@each(100)
@contextmanager
def a_hundred_handlers() -> Iterator[Work]:
    with overlap(100) as work:
        yield work


@each(1_000)
@contextmanager
def simpy_processes() -> Iterator[Work]:
    def process(environment: simpy.Environment) -> Generator[simpy.Event, None, None]:
        for _ in range(3):
            yield environment.timeout(1)

    def work() -> None:
        environment = simpy.Environment()
        for _ in range(1_000):
            environment.process(process(environment))
        environment.run()

    yield work


@contestants(a_thousand_handlers, a_hundred_handlers, simpy_processes)
def test_overlap(race: Race, contestant: Contestant) -> None:
    race.run(contestant, fresh=True)
