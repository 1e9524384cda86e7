"""One synchronous invocation: an event in, its answer out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from benchmarks import events
from benchmarks.events import echo
from benchmarks.race import Contestant, Race, Work, contestants, world


def refuse(event: Any, context: object) -> object:
    return check(event["id"])


def check(number: int) -> object:
    return look_up(number)


def look_up(number: int) -> object:
    raise LookupError(f"there is no order {number}")


@contextmanager
def ours(event: object, handler: Any = echo) -> Iterator[Work]:
    with world() as modes:
        function = modes.function(handler)
        yield lambda: modes.sync_invoke(function, event).payload


@contextmanager
def awslambdaric(event: object, handler: Any = echo) -> Iterator[Work]:
    """AWS's own runtime client, with its connection to the service cut off."""
    bootstrap = pytest.importorskip("awslambdaric.bootstrap")
    marshaller = pytest.importorskip("awslambdaric.lambda_runtime_marshaller").LambdaMarshaller()

    class Connection:
        def __init__(self) -> None:
            self.marshaller = marshaller
            self.answer = ""

        def post_invocation_result(self, request_id: str, result: str, *rest: object) -> None:
            self.answer = result

        def post_invocation_error(self, request_id: str, error: str, *rest: object) -> None:
            self.answer = error

    class Log:
        def log_error(self, lines: list[str]) -> None:
            self.lines = lines

    connection, log = Connection(), Log()
    arn = "arn:aws:lambda:us-east-1:123456789012:function:echo"

    def work() -> object:
        body = events.to_wire(event)
        bootstrap.handle_event_request(
            connection, handler, "request-1", body, "application/json", None, None, arn, 0, None, log
        )
        return events.from_wire(connection.answer)

    yield work


@contextmanager
def chalice(event: object) -> Iterator[Work]:
    """Chalice's test client, which hands the event over as it is."""
    from chalice.app import Chalice
    from chalice.test import Client

    app = Chalice("orders")
    app.lambda_function(name="echo")(echo)
    client = Client(app)
    yield lambda: client.lambda_.invoke("echo", event).payload


@contextmanager
def json_round_trip(event: object) -> Iterator[Work]:
    yield partial(events.json_round_trip, event)


@contestants(ours, awslambdaric, chalice, json_round_trip)
def test_small_event(race: Race, contestant: Contestant) -> None:
    race.run(contestant, events.SMALL)


@contestants(ours, awslambdaric, json_round_trip)
def test_large_event(race: Race, contestant: Contestant) -> None:
    race.run(contestant, events.LARGE)


@contestants(ours, awslambdaric)
def test_raising_handler(race: Race, contestant: Contestant) -> None:
    race.run(contestant, events.SMALL, refuse)
