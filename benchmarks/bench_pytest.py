"""What pytest itself pays for us: to load the plugin, to run a test with a fixture of ours, to run one without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.race import Race, contestants, measured_elsewhere
from benchmarks.stopwatch import WARM_UP

pytestmark = measured_elsewhere

PROJECT = Path(__file__).parents[1]
PLUGIN = "pytest_lambda_modes.plugin"
TESTS = 300

AWS = """
import boto3, moto, moto.dynamodb.models, moto.s3.models, moto.sqs.models
for service in ("dynamodb", "s3", "sqs"):
    boto3.client(service, region_name="us-east-1")
"""
FIXTURES = """
import pytest

@pytest.fixture
def empty():
    yield

@pytest.fixture
def frozen():
    import freezegun
    with freezegun.freeze_time("2026-01-01") as factory:
        yield factory
"""


@dataclass
class Suite:
    """A suite of tests that do nothing with a fixture. Runs in a process of its own, with no plugin but `plugin`."""

    folder: Path
    fixture: str = ""
    plugin: str = ""
    conftest: str = ""
    tests: int = TESTS

    def run(self, **environment: str) -> dict[str, Any]:
        """What the stopwatch measured."""
        self.folder.joinpath("pytest.ini").write_text("[pytest]\n")
        self.folder.joinpath("conftest.py").write_text(self.conftest)
        tests = [f"def test_{number}({self.fixture}): pass\n" for number in range(WARM_UP + self.tests)]
        self.folder.joinpath("test_suite.py").write_text("".join(tests))
        output = self.folder / "stopwatch.json"
        environment = {
            **os.environ,
            "PYTEST_ADDOPTS": "",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": str(PROJECT),
            "STOPWATCH": str(output),
            "STOPWATCH_PLUGIN": self.plugin,
            **environment,
        }
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "benchmarks.stopwatch"]
        finished = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        measured: dict[str, Any] = json.loads(output.read_text())
        return measured


# A test with our fixture


def no_fixture(folder: Path, aws: str) -> Suite:
    return Suite(folder, conftest=aws)


def lambda_modes(folder: Path, aws: str) -> Suite:
    return Suite(folder, "lambda_modes", PLUGIN, aws)


def sync_invoke(folder: Path, aws: str) -> Suite:
    """A second fixture, which only hands out an attribute of the first."""
    return Suite(folder, "sync_invoke", PLUGIN, aws)


def empty_fixture(folder: Path, aws: str) -> Suite:
    return Suite(folder, "empty", conftest=aws + FIXTURES)


def capsys(folder: Path, aws: str) -> Suite:
    return Suite(folder, "capsys", conftest=aws)


def freezegun_fixture(folder: Path, aws: str) -> Suite:
    return Suite(folder, "frozen", conftest=aws + FIXTURES)


FIXTURE_RACE = contestants(no_fixture, lambda_modes, sync_invoke, empty_fixture, capsys, freezegun_fixture)


@FIXTURE_RACE
def test_fixture(race: Race, contestant: Any, tmp_path: Path) -> None:
    race.report(contestant, contestant(tmp_path, "").run()["cost_of_a_test"])


@FIXTURE_RACE
def test_fixture_beside_aws(race: Race, contestant: Any, tmp_path: Path) -> None:
    race.report(contestant, contestant(tmp_path, AWS).run()["cost_of_a_test"])


# A test without: the calls it makes are counted, since a hundredth is less than time can tell


def with_us(folder: Path) -> Suite:
    return Suite(folder, plugin=PLUGIN)


def without_us(folder: Path) -> Suite:
    return Suite(folder)


@contestants(with_us, without_us)
def test_bystander(race: Race, contestant: Any, tmp_path: Path) -> None:
    race.report(contestant, contestant(tmp_path).run(STOPWATCH_CALLS="1")["cost_of_a_test"])


# Loading

HEAVY = {"asyncio", "boto3", "botocore", "freezegun", "greenlet", "simplejson"}


def our_plugin() -> str:
    return PLUGIN


def pytest_asyncio() -> str:
    return "pytest_asyncio.plugin"


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which modules are compiled once, as in an installation."""
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("bytecode"))}


@contestants(our_plugin, pytest_asyncio)
def test_loading(race: Race, contestant: Any, tmp_path: Path, bytecode: dict[str, str]) -> None:
    suite = Suite(tmp_path, plugin=contestant(), tests=0)
    suite.run(**bytecode)
    loading = suite.run(**bytecode)["loading"]
    tops = [module.partition(".")[0] for module in loading["modules"]]
    own = tops.count(contestant().partition(".")[0])
    race.report(contestant, loading["seconds"], own_modules=own, heavy_modules=len(HEAVY.intersection(tops)))
