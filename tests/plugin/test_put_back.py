"""However a test ends, the process is afterwards as it was before. `suite.run` proves it of every test that it runs."""

from __future__ import annotations

import time
from typing import Any

import pytest

HANDLERS = """
import asyncio
import logging
import os
import sys
import threading
import time


def busy(event, context):
    os.environ["FROM_HANDLER"] = "1"
    os.environ.pop("HOME", None)
    print("printed")
    logging.getLogger().setLevel("DEBUG")
    logging.warning("logged")
    thread = threading.Thread(target=time.sleep, args=(1,))
    thread.start()
    thread.join()
    asyncio.run(asyncio.sleep(1))
    return event


def sleepy(event, context):
    try:
        time.sleep(600)
    finally:
        sys.stdout = sys.__stdout__
        os.environ["AT_THE_END"] = "1"


def old_style(event, context):
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(asyncio.sleep(1, "slept"))


def dies(event, context):
    os._exit(3)
"""

# The body of a test, and how it ends.
ENDS = {
    "passes": ("assert sync_invoke(busy, 1).payload == 1", {"passed": 1}),
    "fails": ("sync_invoke(busy, 1); assert False", {"failed": 1}),
    "raises in the handler": ("sync_invoke(lambda event, context: 1 / 0, 1).unwrap()", {"failed": 1}),
    "skips": ("sync_invoke(busy, 1); pytest.skip('enough')", {"skipped": 1}),
    "skips in a handler": ("sync_invoke(lambda event, context: pytest.skip('enough'), 1)", {"skipped": 1}),
    "times out": ("assert sync_invoke(sleepy, 1).timed_out", {"passed": 1}),
    "ends the handler's process": ("sync_invoke(dies, 1)", {"passed": 1}),
    "leaves a loop in the policy": ("assert sync_invoke(old_style, 1).payload == 'slept'", {"passed": 1}),
    "leaves an event": ("async_invoke(busy, 1)", {"passed": 1, "errors": 1}),
    "leaves a handler hanging": ("async_invoke(sleepy, 1, timeout=900); time.sleep(1)", {"passed": 1}),
    "leaves overlapping handlers hanging": (
        "[async_invoke(sleepy, number, timeout=900) for number in range(3)]; time.sleep(1); assert False",
        {"failed": 1},
    ),
    "leaves the log level changed by a handler of a JSON function": (
        "async_invoke(sleepy, 1, timeout=900, log_format='JSON', application_log_level='DEBUG'); time.sleep(1)",
        {"passed": 1},
    ),
    "serves an HTTP endpoint": (
        "assert async_invoke.from_cloudformation(handler=busy).wait().timed_out",
        {"passed": 1},
    ),
    "waits for what does not come": ("lambda_modes.queue('orders').send(1).wait()", {"failed": 1}),
}


@pytest.mark.parametrize("body, outcome", ENDS.values(), ids=ENDS.keys())
def test_a_test_gives_the_process_back(suite: Any, body: str, outcome: dict[str, int]) -> None:
    """Whether a test passes, fails, skips or leaves handlers in the middle of a wait."""
    suite.write(handlers=HANDLERS)
    source = f"""
        import asyncio, time
        import pytest
        from handlers import *

        def test_it(lambda_modes, sync_invoke, async_invoke):
            {body}
        """
    suite.run(source).assert_outcomes(**outcome)


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_an_async_test_gives_the_process_back(suite: Any, mode: str) -> None:
    """So does one whose loop was there before, and stays, with handlers that have loops of their own."""
    suite.write(handlers=HANDLERS)
    source = """
        import asyncio
        import pytest
        from handlers import *

        pytestmark = pytest.mark.asyncio(loop_scope="module")

        async def test_before():
            assert asyncio.get_running_loop().time() > 1

        async def test_it(sync_invoke, async_invoke):
            sync_invoke(busy, 1)
            await asyncio.sleep(3)
            async_invoke(sleepy, 1, timeout=900)
            await asyncio.sleep(1)

        async def test_after():
            await asyncio.wait_for(asyncio.sleep(0.001), 5)
        """
    suite.run(source, f"--asyncio-mode={mode}").assert_outcomes(passed=3)


def test_a_module_named_by_a_string_is_gone_after_the_test(suite: Any) -> None:
    """It was imported for the function. The test's own import of it, before or after, is another."""
    suite.write(
        app="import helper\ncount = 0\ndef handler(event, context):\n    return helper.name", helper="name = 'h'"
    )
    source = """
        import sys
        import pytest

        @pytest.mark.lambda_function(handler="app.handler")
        def test_it(sync_invoke):
            assert sync_invoke({}).payload == "h"
            assert not {"app", "helper"} & sys.modules.keys()
        """
    suite.run(source).assert_outcomes(passed=1)


def test_ctrl_c_gives_the_process_back(suite: Any) -> None:
    """In the test or in a handler, with others hanging; nothing is said of work that is left."""
    suite.write(handlers=HANDLERS)
    source = """
        import time
        from handlers import *

        def interrupted(event, context):
            raise KeyboardInterrupt

        def test_it(async_invoke):
            async_invoke(sleepy, 1, timeout=900)
            async_invoke(interrupted, 1)
            async_invoke(busy, 1)
            time.sleep(30)
        """
    result = suite.run(source)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*KeyboardInterrupt*"])
    result.stdout.no_fnmatch_line("*LeftoverError*")


SETUPS = {
    "an unknown setting": "@pytest.mark.lambda_function(handler=print, time_out=3)",
    "an impossible setting": "@pytest.mark.lambda_modes(start='soon')",
    "a handler that is not there": "@pytest.mark.lambda_function(handler='nowhere.at_all')",
}


@pytest.mark.parametrize("marker", SETUPS.values(), ids=SETUPS.keys())
def test_a_refused_marker_leaves_nothing_changed(suite: Any, marker: str) -> None:
    """It is refused before anything is frozen."""
    source = f"""
        import time
        import pytest

        real = time.time

        {marker}
        def test_it(sync_invoke):
            raise AssertionError("not reached")

        def test_after():
            assert time.time is real
        """
    result = suite.run(source)
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(["*ConfigError: marker lambda_*"])


def test_a_start_that_fails_leaves_nothing_changed(suite: Any) -> None:
    """Under time-machine virtual time cannot start; whatever it had taken over is given back."""
    source = """
        import pytest
        import time_machine

        @pytest.fixture
        def travel():
            with time_machine.travel("2026-07-01", tick=False):
                yield

        def test_it(travel, sync_invoke):
            raise AssertionError("not reached")
        """
    result = suite.run(source)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ClockError: time-machine is travelling*"])


def test_a_hook_that_fails_leaves_nothing_changed(suite: Any) -> None:
    """An error in pytest_lambda_modes_configure is the test's, in its set-up."""
    suite.write(conftest="def pytest_lambda_modes_configure(lambda_modes):\n    raise RuntimeError('no queue')")
    result = suite.run("def test_it(sync_invoke):\n    raise AssertionError('not reached')")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*RuntimeError: no queue"])


def test_errors_of_other_fixtures_leave_nothing_changed(suite: Any) -> None:
    """Fixtures that were set up after ours, and fail in their set-up or their tear-down, in virtual time."""
    source = """
        import pytest

        @pytest.fixture
        def fails_at_once(sync_invoke):
            raise RuntimeError("at once")

        @pytest.fixture
        def fails_at_the_end(sync_invoke):
            yield
            raise RuntimeError("at the end")

        def test_at_once(fails_at_once): pass
        def test_at_the_end(fails_at_the_end): pass
        """
    suite.run(source).assert_outcomes(errors=2, passed=1)


def test_a_patch_that_is_undone_after_us_is_undone_for_good(suite: Any) -> None:
    """A monkeypatch older than our fixture puts back what it found: stand-ins of ours, where the real things were."""
    source = """
        import datetime, time

        def handler(event, context):
            time.sleep(10)

        class Patched(datetime.datetime):
            pass

        def test_patched(monkeypatch, sync_invoke):
            monkeypatch.setattr(time, "sleep", lambda seconds: None)
            monkeypatch.setattr(time, "time", lambda: 0.0)
            monkeypatch.setattr(datetime, "datetime", Patched)
            assert not sync_invoke(handler, {}).timed_out

        def test_virtual(sync_invoke):
            assert sync_invoke(handler, {}).timed_out
        """
    suite.run(source).assert_outcomes(passed=2)


PATCHED = [
    "threading.Thread.start",
    "threading.Condition.wait",
    "concurrent.futures.ThreadPoolExecutor.submit",
    "queue.time",
    "asyncio.BaseEventLoop.run_forever",
    "os._exit",
    "os.kill",
    "subprocess.Popen.__init__",
    "logging.StreamHandler.emit",
]


@pytest.mark.parametrize("patched", PATCHED)
def test_a_patch_of_what_handlers_call_is_undone_for_good(suite: Any, patched: str) -> None:
    """Else threads of the tests to come would be known twice, and their clock stand still for it."""
    suite.write(handlers=HANDLERS)
    source = f"""
        import asyncio, concurrent.futures, logging, os, pkgutil, queue, subprocess, threading
        import pytest
        from handlers import busy

        owner, _, name = {patched!r}.rpartition(".")
        owner = pkgutil.resolve_name(owner)
        real = vars(owner)[name]

        @pytest.mark.parametrize("number", range(3))
        def test_patched(monkeypatch, sync_invoke, number):
            sync_invoke(busy, 1)
            monkeypatch.setattr(owner, name, lambda *arguments, **options: None)

        def test_after():
            assert vars(owner)[name] is real
        """
    suite.run(source).assert_outcomes(passed=4)


def test_what_the_test_itself_changes_is_its_own(suite: Any) -> None:
    """A variable set by the test stays until monkeypatch undoes it; a handler sees it, and leaves none of its own."""
    source = """
        import os

        def handler(event, context):
            os.environ["OF_THE_HANDLER"] = "1"
            return os.environ["OF_THE_TEST"]

        def test_it(sync_invoke, monkeypatch):
            monkeypatch.setenv("OF_THE_TEST", "seen")
            assert sync_invoke(handler, {}).payload == "seen"
            assert "OF_THE_HANDLER" not in os.environ

        def test_after():
            assert not {"OF_THE_TEST", "OF_THE_HANDLER"} & os.environ.keys()
        """
    suite.run(source).assert_outcomes(passed=2)


LEFT = {
    "os.environ": "os.environ['LEFT'] = '1'",
    "time.sleep": "time.sleep = len",
    "module late": "import late",
}


@pytest.mark.parametrize("what, change", LEFT.items(), ids=LEFT.keys())
def test_what_is_left_changed_is_found(suite: Any, what: str, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof above can fail."""
    monkeypatch.setenv("LEFT", "")
    monkeypatch.setattr(time, "sleep", time.sleep)
    suite.write(late="")
    with pytest.raises(AssertionError, match=f"'{what}'"):
        suite.run(f"import os, time\ndef test_it(lambda_modes):\n    {change}\n")
