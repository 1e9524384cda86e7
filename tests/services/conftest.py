"""Services on a clock that the test moves by hand: `scheduler.now` is microseconds since new year 2026."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services.sqs_fifo_queue import SqsFifoQueue
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.units import epoch_microseconds


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler(epoch_microseconds(dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)))


@pytest.fixture
def identifiers() -> Identifiers:
    return Identifiers("services")


@pytest.fixture
def make_queue(scheduler: Scheduler, identifiers: Identifiers) -> Callable[..., SqsQueue]:
    """Makes a queue of a name, by default `orders`, and of any attributes. A name in `.fifo` makes a FIFO queue."""

    def make(name: str = "orders", **attributes: object) -> SqsQueue:
        kind = SqsFifoQueue if name.endswith(".fifo") else SqsQueue
        return kind(name, scheduler, identifiers, **attributes)  # type: ignore[arg-type]

    return make


@pytest.fixture
def queue(make_queue: Callable[..., SqsQueue]) -> SqsQueue:
    return make_queue()
