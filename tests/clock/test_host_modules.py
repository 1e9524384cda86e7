from __future__ import annotations

import asyncio
import concurrent.futures
import importlib
import queue
import re
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree
from collections.abc import Callable
from typing import Any

import _pytest.timing
import pytest
from freezegun import api, freeze_time

from pytest_lambda_modes.clock.freezing import Freezer
from pytest_lambda_modes.clock.host_modules import REAL_TIME, is_host

Start = Callable[..., Freezer]

# Of real time, which the waits of these tests take.
SOON = 0.05


@pytest.fixture
def frozen(freeze: Start) -> Freezer:
    """A freeze in which sleeping does not take any time."""
    return freeze(replacements={time.sleep: lambda seconds: None})


@pytest.mark.parametrize("name", ["threading", "concurrent.futures._base", "_pytest.timing", "multiprocessing.queues"])
def test_modules_with_real_waits_are_hosts(name: str) -> None:
    """A host is known by its package."""
    assert is_host(name)


@pytest.mark.parametrize("name", ["logging", "threadingly", "botocore.auth", "orders"])
def test_other_modules_are_not_hosts(name: str) -> None:
    """What merely begins like a host is none; logging is none, as it stamps what handlers say."""
    assert not is_host(name)


def test_hosts_can_be_added() -> None:
    """A module or package named by the user is a host, with all that is in it."""
    assert is_host("team.worker", ["team.worker"])
    assert is_host("team.worker.poll", ["team.worker"])
    assert not is_host("team.workers", ["team.worker"])


@pytest.mark.usefixtures("frozen")
def test_the_timeout_of_a_subprocess_expires() -> None:
    """subprocess.run(timeout=) ends in real time, although time and sleep are frozen."""
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=SOON, check=False)


@pytest.mark.usefixtures("frozen")
def test_the_timeout_of_as_completed_expires() -> None:
    """as_completed(timeout=) and wait(timeout=) end in real time."""
    never: concurrent.futures.Future[None] = concurrent.futures.Future()
    with pytest.raises(concurrent.futures.TimeoutError):
        list(concurrent.futures.as_completed([never], timeout=SOON))
    assert concurrent.futures.wait([never], timeout=SOON).not_done == {never}


@pytest.mark.usefixtures("frozen")
def test_the_timeouts_of_threads_and_queues_expire() -> None:
    """Waiting for a queue, an event or a barrier that does not come ends in real time."""
    with pytest.raises(queue.Empty):
        queue.Queue[None]().get(timeout=SOON)
    assert not threading.Event().wait(SOON)
    with pytest.raises(threading.BrokenBarrierError):
        threading.Barrier(2).wait(SOON)


@pytest.mark.usefixtures("frozen")
def test_an_event_loop_that_nobody_drives_runs_in_real_time() -> None:
    """A loop in a thread, say of a server that the tests keep running, sleeps and times out in real time."""

    async def wait() -> str:
        await asyncio.sleep(SOON / 2)
        try:
            await asyncio.wait_for(asyncio.Event().wait(), SOON / 2)
        except asyncio.TimeoutError:
            return "timed out"
        return "waited"

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        assert pool.submit(asyncio.run, wait()).result(timeout=10) == "timed out"


@pytest.mark.usefixtures("frozen")
def test_names_in_hosts_are_never_replaced() -> None:
    """What hosts took from `time` by name stays, and so does what pytest measures with."""
    assert (threading._time, queue.time) == (api.real_monotonic, api.real_monotonic)  # type: ignore[attr-defined]
    assert _pytest.timing.perf_counter is api.real_perf_counter
    assert _pytest.timing.sleep is REAL_TIME.sleep


def test_hosts_have_a_module_of_real_time(freeze: Start, make_module: Callable[[str, str], Any]) -> None:
    """A host that holds the module `time`, under whatever name, has one that is real, sleep included, until the end."""
    module = make_module("team.worker", "import time as clock\nfrom time import monotonic")
    real = time.sleep
    freezer = freeze(replacements={real: lambda seconds: None}, host_modules=["team"])
    assert module.clock is REAL_TIME
    assert (module.clock.sleep, module.clock.time, module.monotonic) == (real, api.real_time, api.real_monotonic)
    freezer.stop()
    assert module.clock is time
    freeze()
    assert (module.clock.time(), module.monotonic()) == (time.time(), time.monotonic())


def test_hosts_imported_during_the_freeze_see_real_time(freeze: Start, write_module: Callable[..., None]) -> None:
    """A host that is first imported during the freeze has real time at once, and the module `time` itself after it."""
    write_module("latecomer", "import time\nfrom time import monotonic, sleep")
    real = time.sleep
    freezer = freeze(replacements={real: lambda seconds: None}, host_modules=["latecomer"])
    module: Any = importlib.import_module("latecomer")
    assert (module.time, module.monotonic, module.sleep) == (REAL_TIME, api.real_monotonic, real)
    freezer.stop()
    assert (module.time, module.monotonic, module.sleep) == (time, api.real_monotonic, real)


def test_hosts_see_real_time_under_a_freeze_of_freezegun(freeze: Start) -> None:
    """What freezegun, started before, has replaced in hosts is real while virtual time is on."""
    with freeze_time("2020-02-02", ignore=["aws_lambda_powertools"]):
        freezer = freeze()
        assert _pytest.timing.perf_counter is api.real_perf_counter
        assert subprocess._time is api.real_monotonic  # type: ignore[attr-defined]
        freezer.stop()
    assert _pytest.timing.perf_counter is api.real_perf_counter


def test_durations_and_reports_stay_real(pytester: pytest.Pytester) -> None:
    """--durations and JUnit's times are those of the test run, though virtual time starts and moves half-way."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    pytester.makeconftest(
        """
        import pytest
        from pytest_lambda_modes.clock.freezing import Freezer

        @pytest.fixture
        def clock():
            class clock: now = 0
            freezer = Freezer(lambda: clock.now)
            freezer.start()
            yield clock
            freezer.stop()
        """
    )
    pytester.makepyfile(
        """
        import time

        def test_a_year(clock):
            began = time.time()
            clock.now = 365 * 86400 * 10**6
            assert time.time() - began == 365 * 86400
        """
    )
    result = pytester.runpytest("--durations=0", "-vv", "--junitxml=report.xml", "-p", "no:randomly")
    result.assert_outcomes(passed=1)
    durations = re.findall(r"(\S+)s (setup|call|teardown)", result.stdout.str())
    assert sorted(phase for _, phase in durations) == ["call", "setup", "teardown"]
    assert all(0 <= float(seconds) < 60 for seconds, _ in durations)
    suite = xml.etree.ElementTree.parse(pytester.path / "report.xml").getroot()[0]
    assert 0 <= float(suite.attrib["time"]) < 60
    assert abs(time.time() - api.real_datetime.fromisoformat(suite.attrib["timestamp"]).timestamp()) < 3600
