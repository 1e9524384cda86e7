"""How one contestant of a race is measured."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import repeat
from time import process_time
from typing import Any, TypeVar

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from pytest_lambda_modes.harness.lambda_modes import LambdaModes
from pytest_lambda_modes.harness.settings import HarnessSettings

Work = Callable[[], object]
Contestant = Callable[..., AbstractContextManager[Work]]
Runner = TypeVar("Runner", bound=Callable[..., Any])

ROUNDS = 5
SECONDS_A_ROUND = 0.03


def contestants(*runners: Callable[..., Any]) -> pytest.MarkDecorator:
    """All runners of one race, one after the other in each lap."""
    return pytest.mark.parametrize("contestant", runners, ids=[runner.__name__ for runner in runners])


def each(operations: int) -> Callable[[Runner], Runner]:
    """Says of a contestant that one call of its work does so many operations."""

    def mark(runner: Runner) -> Runner:
        vars(runner)["operations"] = operations
        return runner

    return mark


@contextmanager
def world() -> Iterator[LambdaModes]:
    """A Lambda of its own, as one test has it."""
    modes = LambdaModes(HarnessSettings())
    modes.start()
    try:
        yield modes
    finally:
        modes.stop()


class Race:
    """Measures one contestant in one lap.

    A machine is faster now than then, so what is compared is run in turns, lap by lap. The table takes a ratio within
    each lap, and the median of those.
    """

    def __init__(self, benchmark: BenchmarkFixture, name: str, lap: int) -> None:
        self._benchmark: Any = benchmark
        benchmark.extra_info.update(race=name, lap=lap)

    def run(self, contestant: Contestant, *arguments: object, fresh: bool = False) -> None:
        """Time rounds of as many calls of the contestant's work as fit in a moment; if `fresh`, of the first call only.

        For every round the contestant is made anew. Making it is not timed, nor is a first call that warms it up (of
        one that is not `fresh`), nor the garbage of the round before.
        """
        calls = 1
        if not fresh:
            with contestant(*arguments) as work:
                calls = calls_a_round(work)
        stack = ExitStack()

        def prepare() -> tuple[tuple[Work], dict[str, Any]]:
            work = stack.enter_context(contestant(*arguments))
            if not fresh:
                work()
            gc.collect()
            return (work,), {}

        def go(work: Work) -> None:
            for _ in repeat(None, calls):
                work()

        self._enter(contestant, calls * int(vars(contestant).get("operations", 1)))
        with stack:
            self._benchmark.pedantic(go, setup=prepare, teardown=lambda _: stack.close(), rounds=ROUNDS)

    def report(self, contestant: Callable[..., Any], cost: float, **extra: object) -> None:
        """Enter what another process has measured of itself. The benchmark must be marked `measured_elsewhere`."""
        self._enter(contestant, 1, **extra)
        self._benchmark.pedantic(METER.advance, args=(cost,))

    def _enter(self, contestant: Callable[..., Any], operations: int, **extra: object) -> None:
        self._benchmark.extra_info.update(contestant=contestant.__name__, operations=operations, **extra)


def calls_a_round(work: Work) -> int:
    """How many fit, found by trying for a tenth of the time: the first calls are slower than those that follow."""
    work()
    start, calls, passed = process_time(), 0, 0.0
    while passed < SECONDS_A_ROUND / 10:
        work()
        calls += 1
        passed = process_time() - start
    return max(1, round(calls * SECONDS_A_ROUND / passed))


class Meter:
    """A timer for pytest-benchmark that goes on by what it is told."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def __call__(self) -> float:
        return self._seconds

    def advance(self, seconds: float) -> None:
        self._seconds += seconds


METER = Meter()
measured_elsewhere = pytest.mark.benchmark(timer=METER)
