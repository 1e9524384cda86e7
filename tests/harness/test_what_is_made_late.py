"""A test that asks for the fixture and uses little of it pays for little."""

from __future__ import annotations

import logging
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from pytest_lambda_modes.clock import watchdog
from pytest_lambda_modes.clock.sleeping import real_sleep
from pytest_lambda_modes.harness import lambda_modes
from pytest_lambda_modes.harness.lambda_modes import LambdaModes
from pytest_lambda_modes.harness.settings import HarnessSettings


@contextmanager
def world(**marked: Any) -> Iterator[LambdaModes]:
    modes = LambdaModes(HarnessSettings(), **marked)
    modes.start()
    try:
        yield modes
    finally:
        modes.stop()


@pytest.fixture
def modes() -> Iterator[LambdaModes]:
    with world() as modes:
        yield modes


def taken_over() -> list[object]:
    """What is changed for handlers alone, and who guards them."""
    guards = watchdog._guard._watchdogs
    return [os.environ._data, logging.StreamHandler.emit, *guards]  # type: ignore[attr-defined]


def ids(things: list[object]) -> list[int]:
    return list(map(id, things))


def test_without_a_function_nothing_is_taken_over_for_handlers() -> None:
    """Time passes and variables are set; neither needs more than a clock."""
    before = taken_over()
    with world() as modes:
        time.sleep(30)
        os.environ["LEFT"] = "by the test"
        assert repr(modes) == "<LambdaModes no function yet; 0:00:30 after the start>"
        assert modes.failed_assertion() is None
        assert modes.never_ran() == []
        assert ids(taken_over()) == ids(before)
        assert "_platform" not in vars(modes)
    assert os.environ.pop("LEFT") == "by the test"


USES: dict[str, Callable[[LambdaModes], object]] = {
    "a function": lambda modes: modes.function(print),
    "sync_invoke": lambda modes: modes.sync_invoke,
    "async_invoke": lambda modes: modes.async_invoke,
    "event_source": lambda modes: modes.event_source,
    "a queue": lambda modes: modes.queue("orders"),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
def test_whoever_uses_more_of_it_gets_all(use: Callable[[LambdaModes], object]) -> None:
    """A handler then has its own variables, its log and its guard, and the process gets all back."""

    def handler(event: Any, context: Any) -> list[str]:
        os.environ["LEFT"] = "by the handler"
        print("printed")
        return [os.environ["LEFT"], os.environ["AWS_LAMBDA_FUNCTION_NAME"]]

    before = taken_over()
    with world() as modes:
        use(modes)
        response = modes.sync_invoke(handler, {})
        assert response.payload == ["by the handler", "handler"]
        assert "printed" in str(response.logs)
        now = taken_over()
        assert len(now) == len(before) + 1
        assert set(ids(now)).isdisjoint(ids(before[:2]))
    assert ids(taken_over()) == ids(before)
    assert "LEFT" not in os.environ


def test_what_a_marker_needs_is_taken_over_at_the_start() -> None:
    """The settings of a mode are checked before anything starts, and make it, but change nothing until then."""
    before = taken_over()
    marked = {"sync_settings": {"log_type": "Tail"}}
    assert "_platform" in vars(LambdaModes(HarnessSettings(), **marked))
    assert ids(taken_over()) == ids(before)
    with world(**marked) as modes:
        assert len(taken_over()) == len(before) + 1
        assert modes.sync_invoke(lambda event, context: print("x"), {}).log_result is not None
    assert ids(taken_over()) == ids(before)


def test_a_mock_of_popen_is_no_obstacle(modes: LambdaModes, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in the place of the class when the first function is made."""
    calls: list[object] = []
    monkeypatch.setattr(subprocess, "Popen", lambda *arguments: calls.append(arguments))
    modes.sync_invoke(lambda event, context: subprocess.Popen(["ls"]), {})
    assert calls == [(["ls"],)]


def test_what_a_test_puts_over_the_calls_that_end_a_process_is_on_top(
    modes: LambdaModes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler meets the test's own `os.kill`, for that of the simulation was there before it."""
    killed: list[object] = []
    monkeypatch.setattr(os, "kill", lambda *arguments: killed.append(arguments))
    response = modes.sync_invoke(lambda event, context: os.kill(os.getpid(), 9), {})
    assert response.payload is None
    assert len(killed) == 1


def test_workers_are_known_from_the_first_on(modes: LambdaModes) -> None:
    """Nothing is kept of threads until there is one."""
    assert "workers" not in vars(modes._threads)
    thread = threading.Thread(target=time.sleep, args=(60,))
    thread.start()
    assert "workers" in vars(modes._threads)
    thread.join()
    with ThreadPoolExecutor() as pool:
        pool.submit(time.sleep, 30)
    assert modes.clock.elapsed.seconds == 90


def test_threads_that_ask_at_the_same_time_get_the_same(modes: LambdaModes, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one account in a test, whoever is the first to use it."""
    made: list[object] = []

    def slowly_made(*arguments: Any) -> Any:
        made.append(arguments)
        real_sleep(0.02)
        return platform(*arguments)

    platform = lambda_modes.Platform
    monkeypatch.setattr(lambda_modes, "Platform", slowly_made)
    with ThreadPoolExecutor(4) as pool:
        platforms = list(pool.map(lambda number: modes.function(print, timeout=number + 1).platform, range(4)))
    assert len(made) == 1
    assert len(set(map(id, platforms))) == 1
