from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.race import Race


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--laps", type=int, default=5, help="how often each race is run (default: 5)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Laps outermost: all contestants run once, then all again."""
    if "lap" in metafunc.fixturenames:
        metafunc.parametrize("lap", range(metafunc.config.option.laps))


@pytest.fixture
def race(request: pytest.FixtureRequest, benchmark: BenchmarkFixture, lap: int) -> Race:
    return Race(benchmark, request.node.originalname.removeprefix("test_"), lap)
