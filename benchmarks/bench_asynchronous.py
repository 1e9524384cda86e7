"""Asynchronous events: retries, many of them, and many at once."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import freezegun
import simpy

from benchmarks import events
from benchmarks.race import Contestant, Race, Work, contestants, world


def refuse(event: object, context: object) -> object:
    raise ConnectionError("the mail server is down")


def receipt(event: object, context: object) -> object:
    return {"sent": True}


def sleeper(event: object, context: object) -> None:
    """Sleeps three times for a second."""
    for _ in range(3):
        time.sleep(1)


# Three attempts and a dead letter


@contextmanager
def ours() -> Iterator[Work]:
    with world() as modes:
        function = modes.function(refuse)
        dead_letters = modes.queue("dead-letters")
        settings = {"dead_letter_target": dead_letters}
        function.put_function_event_invoke_config(**settings)
        yield lambda: modes.async_invoke(function, events.SMALL).wait()


@contextmanager
def freezegun_by_hand() -> Iterator[Work]:
    """The retries as a test would write them out without us."""

    def work() -> None:
        body = events.to_wire(events.SMALL)
        with freezegun.freeze_time("2026-01-01") as frozen:
            for seconds in (60, 120, 0):
                try:
                    refuse(events.from_wire(body), None)
                except ConnectionError:
                    frozen.tick(seconds)

    yield work


@contextmanager
def json_round_trip() -> Iterator[Work]:
    yield partial(events.json_round_trip, events.SMALL)


@contestants(ours, json_round_trip)
def test_retries_and_dead_letter(race: Race, contestant: Contestant) -> None:
    race.run(contestant, calls=100)


@contestants(freezegun_by_hand)
def test_retries_by_hand(race: Race, contestant: Contestant) -> None:
    race.run(contestant, calls=3)


# Cost grows linearly with the work


@contextmanager
def accept_and_settle(count: int) -> Iterator[Work]:
    with world() as modes:
        function = modes.function(receipt)

        def work() -> None:
            for number in range(count):
                modes.async_invoke(function, {"id": number})
            modes.clock.run_until_idle()

        yield work


def thousand() -> Any:
    return accept_and_settle(1_000)


def ten_thousand() -> Any:
    return accept_and_settle(10_000)
