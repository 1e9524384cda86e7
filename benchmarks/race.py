"""How one contestant of a race is measured."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import repeat
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from pytest_lambda_modes.harness.lambda_modes import LambdaModes
from pytest_lambda_modes.harness.settings import HarnessSettings

Work = Callable[[], object]
Contestant = Callable[..., AbstractContextManager[Work]]


def contestants(*runners: Callable[..., Any]) -> pytest.MarkDecorator:
    """All runners of one race, one after the other in each lap."""
    return pytest.mark.parametrize("contestant", runners, ids=[runner.__name__ for runner in runners])


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
    """Measures one contestant in one lap, for the table.

    A machine is faster now than then, so what is compared is run in turns, lap by lap. The table takes a ratio within
    each lap, and the median of those.
    """

    def __init__(self, benchmark: BenchmarkFixture, name: str, contestant: str, lap: int) -> None:
        self._benchmark = benchmark
        benchmark.extra_info.update(race=name, contestant=contestant, lap=lap)

    def run(
        self, contestant: Contestant, *arguments: object, calls: int = 1, each: int = 1, rounds: int = 7
    ) -> None:
        """Time rounds of so many calls. One call of the contestant's work does `each` operations.

        Every round has a contestant made anew; making it, and a first call that warms it up, is not timed.
        """
        self._benchmark.extra_info["operations"] = calls * each
        stack = ExitStack()

        def setup() -> tuple[tuple[Work], dict[str, Any]]:
            work = stack.enter_context(contestant(*arguments))
            if calls > 1:
                work()
            return (work,), {}

        def target(work: Work) -> None:
            for _ in repeat(None, calls):
                work()

        gc.collect()
        with stack:
            self._benchmark.pedantic(target, setup=setup, teardown=lambda _: stack.close(), rounds=rounds)

    def report(self, measure: Callable[[], float], **extra: object) -> None:
        """Record seconds that another process measured of itself; `extra` goes to the table too.

        The benchmark must be marked `measured_elsewhere`.
        """
        self._benchmark.extra_info.update(operations=1, **extra)
        self._benchmark.pedantic(lambda: METER.advance(measure()))


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
