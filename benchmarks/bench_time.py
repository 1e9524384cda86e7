"""Virtual time by itself: timers, sleeps, and reading the clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import freezegun
import looptime
import simpy
import trio
import trio.testing

from benchmarks.race import Contestant, Race, Work, contestants, each, world
from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.clock.scheduler import Scheduler

COUNT = 1_000


def nothing(*_: object) -> None:
    return None


# Timers: set all, fire all


@each(COUNT)
@contextmanager
def our_timer() -> Iterator[Work]:
    hub = Hub(Scheduler())

    def work() -> None:
        at, now = hub.scheduler.at, hub.scheduler.now
        for microseconds in range(COUNT):
            at(now + microseconds, nothing)
        hub.run_until_idle()

    yield work


@each(COUNT)
@contextmanager
def simpy_timeout() -> Iterator[Work]:
    def work() -> None:
        environment = simpy.Environment()
        for delay in range(COUNT):
            environment.timeout(delay).callbacks.append(nothing)
        environment.run()

    yield work


@contestants(our_timer, simpy_timeout)
def test_timer(race: Race, contestant: Contestant) -> None:
    race.run(contestant)


# Sleeps in a handler


@each(COUNT)
@contextmanager
def our_time_sleep() -> Iterator[Work]:
    def handler(event: object, context: object) -> None:
        for _ in range(COUNT):
            time.sleep(0.01)

    with world() as modes:
        function = modes.function(handler, timeout=900)
        yield lambda: modes.sync_invoke(function, {}).unwrap()


@each(COUNT)
@contextmanager
def our_asyncio_sleep() -> Iterator[Work]:
    with world() as modes:
        function = modes.function(lambda event, context: asyncio.run(sleeps(0.01)), timeout=900)
        yield lambda: modes.sync_invoke(function, {}).unwrap()


async def sleeps(seconds: float) -> None:
    for _ in range(COUNT):
        await asyncio.sleep(seconds)


@each(COUNT)
@contextmanager
def asyncio_sleep_0() -> Iterator[Work]:
    yield lambda: asyncio.run(sleeps(0))


@each(COUNT)
@contextmanager
def simpy_process() -> Iterator[Work]:
    def process(environment: simpy.Environment) -> Generator[simpy.Event, None, None]:
        for _ in range(COUNT):
            yield environment.timeout(0.01)

    def work() -> None:
        environment = simpy.Environment()
        environment.process(process(environment))
        environment.run()

    yield work


@each(COUNT)
@contextmanager
def trio_autojump() -> Iterator[Work]:
    async def sleeper() -> None:
        for _ in range(COUNT):
            await trio.sleep(0.01)

    yield lambda: trio.run(sleeper, clock=trio.testing.MockClock(autojump_threshold=0))


@each(COUNT)
@contextmanager
def looptime_loop() -> Iterator[Work]:
    def work() -> None:
        loop = looptime.new_event_loop()
        try:
            loop.run_until_complete(sleeps(0.01))
        finally:
            loop.close()

    yield work


@contestants(our_time_sleep, simpy_process, trio_autojump, looptime_loop)
def test_time_sleep(race: Race, contestant: Contestant) -> None:
    race.run(contestant)


@contestants(our_asyncio_sleep, asyncio_sleep_0, trio_autojump, looptime_loop)
def test_asyncio_sleep(race: Race, contestant: Contestant) -> None:
    race.run(contestant)


# Reading the clock


def read() -> None:
    for _ in range(COUNT):
        time.time()


@each(COUNT)
@contextmanager
def our_frozen_time() -> Iterator[Work]:
    with world():
        yield read


@each(COUNT)
@contextmanager
def freezegun_alone() -> Iterator[Work]:
    with freezegun.freeze_time("2026-01-01"):
        yield read


@each(COUNT)
@contextmanager
def real_time() -> Iterator[Work]:
    yield read


@contestants(our_frozen_time, freezegun_alone, real_time)
def test_reading(race: Race, contestant: Contestant) -> None:
    race.run(contestant)
