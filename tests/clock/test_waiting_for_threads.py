"""Who waits for what only a thread could bring: in virtual time if nobody can come, in real time if somebody may."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from pytest_lambda_modes.clock import real_waits, sleeping, worker
from pytest_lambda_modes.errors import NotSettledError

orders: queue.Queue[object] = queue.Queue()


@pytest.fixture
def older_thread() -> Iterator[threading.Thread]:
    """A thread from before our fixtures, which does what it is told."""

    def work() -> None:
        while callable(order := orders.get()):
            order()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield thread
    orders.put(None)
    thread.join()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_LONGEST_STRETCH", 0.1)
    monkeypatch.setattr(worker, "_PATIENCE", 0.05)


# Nobody can come


def test_an_event_that_nobody_sets_takes_virtual_time(sync_invoke):
    """`Event().wait(4)`, a sleep in disguise, takes 4 s of the handler's time and none of the test's."""

    def handler(event, context):
        return threading.Event().wait(4)

    response = sync_invoke(handler, {}, timeout=10)
    assert (response.unwrap(), response.duration) == (False, timedelta(seconds=4))


def test_a_handler_that_waits_for_nobody_times_out(sync_invoke):
    """`Event().wait()` with nobody to set it lasts until the function's timeout."""
    response = sync_invoke(lambda event, context: threading.Event().wait(), {}, timeout=10)
    assert (response.timed_out, response.duration) == (True, timedelta(seconds=10))


def test_a_test_that_waits_for_nobody_is_told(lambda_clock):
    """In a test, which has no timeout, it is an error."""
    lambda_clock.advance(seconds=5)
    with pytest.raises(NotSettledError, match="no timer is left, at 0:00:05"):
        threading.Event().wait()


def test_overlapping_handlers_can_tell_each_other(async_invoke, lambda_clock):
    """An event that one handler sets wakes the other at that instant."""
    done = threading.Event()
    told = []

    def handler(event, context):
        if event == "waits":
            told.append((done.wait(60), lambda_clock.elapsed.total_seconds()))
        else:
            time.sleep(7)
            done.set()

    for event in ("waits", "tells"):
        async_invoke(handler, event, timeout=100)
    lambda_clock.run_until_idle()
    assert told == [(True, 7)]


def test_a_thread_that_waits_for_the_test_settles_nothing(lambda_modes):
    """A consumer that waits for its next item for ever does not keep an error from being raised."""
    items: queue.Queue[None] = queue.Queue()
    consumer = threading.Thread(target=items.get)
    consumer.start()
    with pytest.raises(NotSettledError, match="no timer is left"):
        lambda_modes._hub.run_while(lambda: True)
    with pytest.raises(NotSettledError, match="no timer is left"):
        consumer.join()
    items.put(None)
    consumer.join()


def test_a_thread_that_is_blocked_for_ever_is_given_up(lambda_modes, impatient):
    """Neither does a thread that C has, such as a server's, hold the end of the world up for ever."""
    lock = threading.Lock()
    thread = threading.Thread(target=lock.acquire)
    with lock:
        thread.start()
        with pytest.raises(NotSettledError, match="no timer is left"):
            lambda_modes._hub.run_while(lambda: True)
    thread.join()


# Somebody may come


def test_an_older_thread_is_waited_for_in_real_time(older_thread, lambda_clock):
    """The test waits for an event that only a thread from before the fixtures can set."""
    done = threading.Event()
    orders.put(lambda: sleeping.real_sleep(0.05) or done.set())
    assert done.wait(60)
    assert lambda_clock.elapsed == timedelta(0)


@pytest.mark.asyncio
async def test_an_older_thread_can_wake_the_loop(older_thread, lambda_clock):
    """Its `call_soon_threadsafe` is waited for."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    orders.put(lambda: sleeping.real_sleep(0.05) or loop.call_soon_threadsafe(future.set_result, 7))
    assert await future == 7
    assert lambda_clock.elapsed == timedelta(0)


@pytest.mark.asyncio
async def test_an_older_thread_is_not_waited_for_for_ever(older_thread, impatient, lambda_clock):
    """A thread that somebody has left behind does not turn the error into a test that hangs."""
    lambda_clock.advance(seconds=5)
    with pytest.raises(NotSettledError, match="no timer is left, at 0:00:05"):
        await asyncio.get_running_loop().create_future()


@pytest.mark.asyncio
async def test_work_in_a_thread_is_waited_for_to_its_end(impatient, lambda_clock):
    """However long C takes, what the loop has handed over comes back."""
    assert await asyncio.to_thread(lambda: sleeping.real_sleep(0.3) or 7) == 7
    assert lambda_clock.elapsed == timedelta(0)


def test_cancelled_work_is_forgotten(lambda_modes):
    """Work that a pool dropped from its queue does not leave the clock asking for it."""
    begin = threading.Event()
    pool = ThreadPoolExecutor(max_workers=1)
    pool.submit(begin.wait)
    dropped = pool.submit(time.sleep, 5)
    pool.shutdown(wait=False, cancel_futures=True)
    begin.set()
    lambda_modes.clock.advance(seconds=1)
    pool.shutdown()
    lambda_modes.clock.advance(seconds=1)
    assert dropped.cancelled()
    assert lambda_modes._hub.hold is None


@pytest.mark.parametrize(("module", "elapsed"), [("somewhere", 5), ("bdb", 0)])
def test_time_stands_still_while_somebody_debugs_the_test(lambda_clock, impatient, module, elapsed):
    """A test that is blocked in C lets workers go on alone; one that stands at a debugger's prompt does not."""
    namespace: dict[str, Any] = {"__name__": module}
    exec("def stand(lock): lock.acquire(timeout=0.3)", namespace)
    thread = threading.Thread(target=time.sleep, args=(5,))
    thread.start()
    lock = threading.Lock()
    with lock:
        namespace["stand"](lock)
    assert lambda_clock.elapsed == timedelta(seconds=elapsed)
    thread.join()
    assert lambda_clock.elapsed == timedelta(seconds=5)


def test_a_loop_of_a_worker_is_woken_while_the_test_is_blocked(lambda_clock, impatient):
    """Another worker hands it something, and the test waits for that in C."""
    lock, loops = threading.Lock(), queue.Queue[Any]()
    lock.acquire()

    async def main() -> None:
        loops.put(asyncio.get_running_loop())
        await asyncio.Event().wait()

    def release() -> None:
        lock.release()
        raise SystemExit

    def run() -> None:
        with contextlib.suppress(SystemExit):
            asyncio.run(main())

    thread = threading.Thread(target=run)
    thread.start()
    loop = loops.get()
    other = threading.Thread(target=lambda: sleeping.real_sleep(0.05) or loop.call_soon_threadsafe(release))
    other.start()
    assert lock.acquire(timeout=30)
    for each in (other, thread):
        each.join()


# Whose threads


@pytest.mark.parametrize("module", ["pytest_timeout", "execnet.gateway_base", "debugpy.server", "xdist.remote"])
@pytest.mark.parametrize("kind", [threading.Thread, threading.Timer])
def test_threads_of_the_test_run_do_nothing_for_the_code_under_test(module, kind):
    """They are no reason to wait, and none of them ever waits in virtual time."""

    def work() -> None:
        end.wait()

    end = threading.Event()
    work.__module__ = module
    thread = kind(0, work) if kind is threading.Timer else kind(target=work)
    thread.start()
    try:
        assert real_waits.is_the_hosts(thread)
        known = set(threading.enumerate()) - {thread}
        assert not real_waits.others_run(known.__contains__)
    finally:
        end.set()
        thread.join()


def test_threads_that_serve_processes_are_waited_for():
    """Those of `multiprocessing` live in real time, and bring what the code under test waits for."""

    def work() -> None:
        end.wait()

    end = threading.Event()
    work.__module__ = "multiprocessing.pool"
    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert real_waits.is_the_hosts(thread)
        known = set(threading.enumerate()) - {thread}
        assert real_waits.others_run(known.__contains__)
    finally:
        end.set()
        thread.join()
