"""Timeouts that the standard library counts down by itself: of queues, semaphores, conditions, barriers and futures."""

from __future__ import annotations

import concurrent.futures
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from datetime import timedelta
from typing import Any

import pytest
from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.clock import running, sleeping
from pytest_lambda_modes.clock.host_modules import REAL_TIME

Wait = Callable[[float], str]


def get(seconds: float) -> str:
    with pytest.raises(queue.Empty):
        queue.PriorityQueue[int]().get(timeout=seconds)
    return "empty"


def put(seconds: float) -> str:
    full: queue.Queue[int] = queue.Queue(maxsize=1)
    full.put(1)
    with pytest.raises(queue.Full):
        full.put(2, timeout=seconds)
    return "full"


def acquire(seconds: float) -> str:
    return str(threading.BoundedSemaphore(1).acquire() and threading.Semaphore(0).acquire(timeout=seconds))


def wait_for(seconds: float) -> str:
    condition = threading.Condition()
    with condition:
        return str(condition.wait_for(lambda: False, seconds))


def barrier(seconds: float) -> str:
    with pytest.raises(threading.BrokenBarrierError):
        threading.Barrier(2).wait(seconds)
    return "broken"


def completed(seconds: float) -> str:
    with pytest.raises(concurrent.futures.TimeoutError):
        list(as_completed([Future[None]()], timeout=seconds))
    return "timed out"


def mapped(seconds: float) -> str:
    class Never(Executor):
        def submit(self, work: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            return Future()

    with pytest.raises(concurrent.futures.TimeoutError):
        list(Never().map(str, "ab", timeout=seconds))
    return "timed out"


ANSWERS = {
    get: "empty",
    put: "full",
    acquire: "False",
    wait_for: "False",
    barrier: "broken",
    completed: "timed out",
    mapped: "timed out",
}

every_wait = pytest.mark.parametrize("wait", ANSWERS, ids=lambda wait: wait.__name__)


@pytest.fixture
def older_thread() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Has a thread from before our fixtures do something, and does not wait for it."""
    orders: queue.Queue[Callable[[], object] | None] = queue.Queue()

    def work() -> None:
        while (order := orders.get()) is not None:
            order()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield orders.put
    orders.put(None)
    thread.join()


# Whose timeouts


@every_wait
def test_in_the_test(wait, lambda_clock):
    """A wait of the test's for what nobody brings takes its timeout, exactly, in virtual time."""
    assert wait(5) == ANSWERS[wait]
    assert lambda_clock.elapsed == timedelta(seconds=5)


@every_wait
def test_in_a_handler(wait, sync_invoke):
    """So does a handler's, which goes on then."""
    response = sync_invoke(lambda event, context: wait(5), {}, timeout=10)
    assert (response.unwrap(), response.duration) == (ANSWERS[wait], timedelta(seconds=5))


@every_wait
@pytest.mark.parametrize("timeout", [3, 5])
def test_the_functions_timeout_may_come_first(wait, timeout, sync_invoke):
    """A handler that waits until its deadline, or for longer, is timed out there."""
    response = sync_invoke(lambda event, context: wait(5), {}, timeout=timeout)
    assert (response.timed_out, response.duration) == (True, timedelta(seconds=timeout))


@every_wait
def test_in_a_worker(wait, lambda_clock):
    """Workers wait side by side, each to its own instant."""
    ends = []

    def work(seconds: float) -> None:
        ends.append((wait(seconds), lambda_clock.elapsed.total_seconds()))

    threads = [threading.Thread(target=work, args=(seconds,)) for seconds in (5, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == [(ANSWERS[wait], 3), (ANSWERS[wait], 5)]


@every_wait
def test_overlapping_handlers(wait, async_invoke, lambda_clock):
    """A handler that waits keeps no other from running, and wakes at its own instant."""
    journal = []

    def handler(event, context):
        time.sleep(event)
        wait(4)
        journal.append((event, lambda_clock.elapsed.total_seconds()))

    for seconds in (3, 1, 2):
        async_invoke(handler, seconds, timeout=60)
    lambda_clock.run_until_idle()
    assert journal == [(1, 5), (2, 6), (3, 7)]


# How long


@given(
    st.lists(st.tuples(st.sampled_from([*ANSWERS]), st.integers(1, 10**9), st.integers(0, 10**13)), min_size=1),
)
@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_timeout_is_exact_to_the_microsecond(lambda_modes, waits):
    """Whatever the clock shows, however long the timeout, no rounding of seconds ends it early or late."""
    for wait, microseconds, at in waits:
        lambda_modes.clock.advance(timedelta(microseconds=at))
        before = lambda_modes.clock.elapsed
        wait(microseconds / 1_000_000)
        assert lambda_modes.clock.elapsed - before == timedelta(microseconds=microseconds)


@pytest.mark.parametrize("wait", [get, put, acquire, wait_for, completed], ids=lambda wait: wait.__name__)
def test_no_time_takes_none(wait, lambda_clock):
    """With a timeout of 0 there is an answer at once."""
    assert wait(0) == ANSWERS[wait]
    assert lambda_clock.elapsed == timedelta(0)


@pytest.mark.parametrize("seconds", [0.1, 0.3, 1.1, 7.7])
def test_a_loop_that_counts_down_by_itself_ends(seconds, lambda_clock):
    """What a rounding of the wall clock's leaves over of a timeout (as in SQLAlchemy's queue) is waited for, and gone."""
    condition = threading.Condition()
    turns = 0
    for _ in range(20):
        end = time.time() + seconds
        with condition:
            while (left := end - time.time()) > 0:
                condition.wait(left)
                turns += 1
                assert turns < 100
    assert lambda_clock.elapsed.total_seconds() == pytest.approx(20 * seconds, abs=1e-4)


def test_a_worker_that_waits_on_and_on_is_not_spinning(lambda_clock, monkeypatch):
    """A consumer that looks every second beats on the second, however often it has read the clock."""
    monkeypatch.setattr(running, "SPIN_READS", 20)

    def consume() -> None:
        for _ in range(50):
            get(1)

    thread = threading.Thread(target=consume)
    thread.start()
    thread.join()
    assert lambda_clock.elapsed == timedelta(seconds=50)


def test_a_worker_that_does_not_wait_is_spinning(lambda_clock, monkeypatch):
    """A consumer whose timeouts are too short to be any moves the clock at last."""
    monkeypatch.setattr(running, "SPIN_READS", 100)

    def consume() -> None:
        for _ in range(550):
            get(1e-9)

    thread = threading.Thread(target=consume)
    thread.start()
    thread.join()
    # Two looks for each get. The first hundred of them are ordinary, and each further one takes a millisecond.
    assert lambda_clock.elapsed == timedelta(seconds=1)


# Who is woken


def test_what_comes_in_time_is_there_at_once(lambda_clock):
    """An item that a worker puts after 3 s is there after 3 s, and one after 500 s is too late."""
    items: queue.Queue[str] = queue.Queue()
    thread = threading.Thread(target=lambda: [time.sleep(3), items.put("soon"), time.sleep(500), items.put("late")])
    thread.start()
    assert items.get(timeout=60) == "soon"
    assert lambda_clock.elapsed == timedelta(seconds=3)
    with pytest.raises(queue.Empty):
        items.get(timeout=60)
    assert lambda_clock.elapsed == timedelta(seconds=63)
    thread.join()
    assert items.get(timeout=60) == "late"


def test_handlers_hand_over_in_virtual_time(async_invoke, lambda_clock):
    """One handler takes from a queue what the other puts, before its own timeout."""
    items: queue.Queue[int] = queue.Queue(maxsize=1)
    journal = []

    def handler(event, context):
        if event == "puts":
            for number in range(3):
                items.put(number, timeout=10)
            return
        for _ in range(3):
            time.sleep(2)
            journal.append((items.get(timeout=10), lambda_clock.elapsed.total_seconds()))

    for event in ("takes", "puts"):
        async_invoke(handler, event, timeout=100)
    lambda_clock.run_until_idle()
    assert journal == [(0, 2), (1, 4), (2, 6)]


@pytest.mark.parametrize("in_a_worker", [False, True])
def test_who_is_woken_too_early_waits_for_the_rest(in_a_worker, lambda_clock):
    """A notification without an item does not begin the timeout anew."""
    items: queue.Queue[None] = queue.Queue()
    ends = []

    def wake() -> None:
        for _ in range(3):
            time.sleep(1.1)
            with items.not_empty:
                items.not_empty.notify()

    def take() -> None:
        with pytest.raises(queue.Empty):
            items.get(timeout=5.3)
        ends.append(lambda_clock.elapsed)

    threads = [threading.Thread(target=work) for work in ([wake, take] if in_a_worker else [wake])]
    for thread in threads:
        thread.start()
    if not in_a_worker:
        take()
    for thread in threads:
        thread.join()
    assert ends == [timedelta(seconds=5.3)]


def test_work_that_is_completed_in_time(lambda_clock):
    """`as_completed` and `map` give what is done within their timeout, and end with it."""
    done = []
    with ThreadPoolExecutor() as pool:
        works = [pool.submit(lambda seconds=seconds: time.sleep(seconds) or seconds) for seconds in (4, 1, 9)]
        with pytest.raises(concurrent.futures.TimeoutError, match="1 .of 3. futures unfinished"):
            done.extend((work.result(), lambda_clock.elapsed.total_seconds()) for work in as_completed(works, 6))
        done.extend((work.result(), lambda_clock.elapsed.total_seconds()) for work in as_completed(works[2:], 6))
        results = pool.map(lambda seconds: time.sleep(seconds) or seconds, [4, 9], timeout=6)
        done.append((next(results), lambda_clock.elapsed.total_seconds()))
        with pytest.raises(concurrent.futures.TimeoutError):
            next(results)
        assert lambda_clock.elapsed == timedelta(seconds=9 + 6)
    assert done[:4] == [(1, 1), (4, 4), (9, 9), (4, 13)]


# Who has real time

ENOUGH = 20


def wait_until_told_in_vain(condition: threading.Condition, calls: list[float], seconds: float) -> None:
    """Note each look at what is waited for; ends in any case."""

    def look() -> bool:
        calls.append(REAL_TIME.monotonic())
        return len(calls) == ENOUGH

    with condition:
        condition.wait_for(look, seconds)


def test_a_thread_of_no_ones_keeps_real_time(older_thread, lambda_clock):
    """An older thread's timeout is not over when an hour of virtual time is, nor does it last until then."""
    condition, done = threading.Condition(), threading.Event()
    calls: list[float] = []
    older_thread(lambda: [wait_until_told_in_vain(condition, calls, 0.2), done.set()])
    while not calls:
        sleeping.real_sleep(0.001)
    lambda_clock.advance(hours=1)
    with condition:
        condition.notify()
    assert done.wait(30)
    assert len(calls) < ENOUGH
    assert calls[-1] - calls[0] >= 0.2
    assert lambda_clock.elapsed == timedelta(hours=1)


@pytest.mark.parametrize("module", ["pytest_timeout", "execnet.gateway_base"])
def test_a_thread_of_the_test_run_keeps_real_time(module, lambda_clock):
    """Neither does that of a thread that watches the test, even one that the test has started."""
    calls: list[float] = []

    def work() -> None:
        wait_until_told_in_vain(condition, calls, 0.2)

    work.__module__ = module
    condition = threading.Condition()
    thread = threading.Thread(target=work)
    thread.start()
    while not calls:
        sleeping.real_sleep(0.001)
    lambda_clock.advance(hours=1)
    with condition:
        condition.notify()
    thread.join()
    assert len(calls) < ENOUGH
    assert calls[-1] - calls[0] >= 0.2


def test_the_test_waits_in_real_time_for_a_thread_of_no_ones(older_thread, lambda_clock):
    """With an older thread there, which may bring it, a timeout of the test's is real, and ends."""
    condition = threading.Condition()
    calls: list[float] = []

    def wake() -> None:
        while not calls:
            sleeping.real_sleep(0.001)
        with condition:
            condition.notify()

    older_thread(wake)
    wait_until_told_in_vain(condition, calls, 0.2)
    assert len(calls) < ENOUGH
    assert calls[-1] - calls[0] >= 0.2
    assert lambda_clock.elapsed == timedelta(0)


def test_what_others_wait_in_real_time_is_not_counted(older_thread, lambda_clock):
    """While the test waits in virtual time, the real waits of an older thread shorten its timeout by nothing."""
    condition, over = threading.Condition(), threading.Lock()
    calls: list[float] = []
    over.acquire()

    def wake() -> None:
        older_thread(lambda: [threading.Event().wait(0.1), over.release()])
        over.acquire()
        time.sleep(1)
        with condition:
            condition.notify()

    thread = threading.Thread(target=wake)
    thread.start()
    wait_until_told_in_vain(condition, calls, 5)
    thread.join()
    assert lambda_clock.elapsed == timedelta(seconds=5)


def test_what_blocks_in_c_takes_real_time(lambda_clock):
    """A lock, and a queue that is one, take no virtual time."""
    lock = threading.Lock()
    assert lock.acquire()
    assert not lock.acquire(timeout=0.01)
    with pytest.raises(queue.Empty):
        queue.SimpleQueue[None]().get(timeout=0.01)
    assert lambda_clock.elapsed == timedelta(0)


def test_a_thread_that_lives_on_finds_its_timeout_over(lambda_modes):
    """Who waits for years of virtual time when the test ends does not wait for years."""
    ended = []
    thread = threading.Thread(target=lambda: ended.append(get(1e8)), daemon=True)
    thread.start()
    time.sleep(1)
    lambda_modes.stop()
    thread.join(timeout=30)
    assert ended == ["empty"]


# Beside others


@pytest.mark.parametrize("tick", [False, True])
def test_beside_freezegun(tick, lambda_clock):
    """A freeze on top of ours neither stops a timeout nor brings it."""
    with freeze_time("2020-02-02", tick=tick):
        get(5)
    with freeze_time("2020-02-02") as frozen:
        thread = threading.Thread(target=lambda: time.sleep(1) or frozen.tick(3600))
        thread.start()
        acquire(5)
        thread.join()
    assert lambda_clock.elapsed == timedelta(seconds=10)


def test_below_freezegun(pytester):
    """In a test that is frozen before our fixtures begin, and after one that fails, the clock is that of each."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(
        """
        import queue, threading, time
        import concurrent.futures._base as futures
        from datetime import timedelta
        import pytest
        from freezegun import freeze_time

        BEFORE = (queue.time, threading._time, futures.time)

        @pytest.fixture
        def frozen():
            with freeze_time("2020-02-02"):
                yield

        def take():
            with pytest.raises(queue.Empty):
                queue.Queue().get(timeout=5)

        def test_frozen(frozen, lambda_clock):
            take()
            assert lambda_clock.elapsed == timedelta(seconds=5)

        def test_failing(lambda_clock):
            threading.Thread(target=take, daemon=True).start()
            take()
            assert not lambda_clock.elapsed

        def test_given_back():
            assert (queue.time, threading._time, futures.time) == BEFORE
            assert (queue.time, futures.time) == (time.monotonic, time)
        """
    )
    pytester.runpytest("-p", "no:randomly").assert_outcomes(passed=2, failed=1)
