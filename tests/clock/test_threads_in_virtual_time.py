"""Worker threads, each of which has a virtual time of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from pytest_lambda_modes.clock import running, sleeping, worker
from pytest_lambda_modes.clock.sleeping import ThreadTime

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def in_threads(*works: Callable[[], object]) -> None:
    """Start a thread for each, and join them all."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# Threads


def test_parallel_sleeps_overlap_and_join_at_the_later_of_them(lambda_clock):
    """Two threads that sleep 5 and 3 seconds are joined after 5, not 8."""
    in_threads(lambda: time.sleep(5), lambda: time.sleep(3))
    assert lambda_clock.elapsed == timedelta(seconds=5)


def test_who_joins_later_than_the_thread_has_ended_is_not_set_back(lambda_clock):
    """A thread that slept 5 s ends at 5; who joins it at 8 goes on at 8."""
    thread = threading.Thread(target=lambda: time.sleep(5))
    thread.start()
    time.sleep(8)
    thread.join()
    assert lambda_clock.elapsed == timedelta(seconds=8)


def test_a_thread_begins_where_it_is_started(lambda_clock):
    """Its time is that of its starter, and then its own."""
    seen = []

    def work() -> None:
        seen.append(datetime.now(timezone.utc))
        time.sleep(5)
        seen.append(datetime.now(timezone.utc))

    time.sleep(10)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [START + timedelta(seconds=10), START + timedelta(seconds=15)]
    assert lambda_clock.elapsed == timedelta(seconds=15)


def test_threads_of_threads(lambda_clock):
    """What a worker starts begins at the worker's time, and the worker is joined at the latest of all."""

    def outer() -> None:
        time.sleep(2)
        in_threads(lambda: time.sleep(4), lambda: time.sleep(1))
        time.sleep(1)

    in_threads(outer, lambda: time.sleep(3))
    assert lambda_clock.elapsed == timedelta(seconds=7)


def test_a_join_with_a_timeout_takes_no_longer(lambda_clock):
    """A thread that sleeps 10 s is waited for 4 s, and no real second."""
    thread = threading.Thread(target=lambda: time.sleep(10))
    thread.start()
    thread.join(timeout=4)
    assert lambda_clock.elapsed == timedelta(seconds=4)
    thread.join(timeout=60)
    assert lambda_clock.elapsed == timedelta(seconds=10)


def test_a_thread_that_spins_on_the_clock_ends(lambda_clock, monkeypatch):
    """Reading on and on moves a worker's time, as it does the test's."""
    monkeypatch.setattr(running, "SPIN_READS", 100)

    def spin() -> None:
        end = time.time() + 2
        while time.time() < end:
            pass

    in_threads(spin)
    assert lambda_clock.elapsed == timedelta(seconds=2)


def test_a_worker_cannot_outrun_a_handler_that_will_stop_it(sync_invoke):
    """A heartbeat that is stopped at 10 s has beaten at 3, 6 and 9, whatever the machine is busy with."""

    def handler(event, context):
        beats, stopped = [], []

        def heart() -> None:
            while not stopped:
                time.sleep(3)
                beats.append(int(time.time() - begin))

        begin = time.time()
        thread = threading.Thread(target=heart)
        thread.start()
        time.sleep(10)
        stopped.append(True)
        thread.join()
        return [beats, time.time() - begin]

    assert sync_invoke(handler, {}, timeout=60).unwrap() == [[3, 6, 9, 12], 12]


def test_a_worker_cannot_outrun_another_that_is_waited_for(lambda_clock):
    """While the test waits for one thread, others that run on and on come along, and no further."""
    beats, stopped = [], []

    def heart() -> None:
        while not stopped:
            time.sleep(2)
            beats.append(lambda_clock.elapsed.total_seconds())

    threads = [threading.Thread(target=heart), threading.Thread(target=time.sleep, args=(7,))]
    for thread in threads:
        thread.start()
    threads[1].join()
    stopped.append(True)
    assert beats == [2, 4, 6]
    threads[0].join()
    assert beats == [2, 4, 6, 8]
    assert lambda_clock.elapsed == timedelta(seconds=8)


def test_the_clock_waits_for_a_worker_that_takes_real_time(lambda_clock):
    """What a thread does at an instant is done before a sleep of the test's passes that instant."""
    done = []

    def work() -> None:
        sleeping.real_sleep(0.05)
        done.append(lambda_clock.elapsed.total_seconds())
        time.sleep(1)
        sleeping.real_sleep(0.05)
        done.append(lambda_clock.elapsed.total_seconds())

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.5)
    assert done == [0]
    time.sleep(1)
    assert done == [0, 1]
    thread.join()


def test_a_worker_that_joins_another_with_a_timeout(lambda_clock):
    """It waits so long in virtual time, or until the other has ended."""
    seen = []

    def outer() -> None:
        inner = threading.Thread(target=time.sleep, args=(5,))
        inner.start()
        for timeout in (2, 60):
            inner.join(timeout)
            seen.append((lambda_clock.elapsed.total_seconds(), inner.is_alive()))

    in_threads(outer)
    assert seen == [(2, True), (5, False)]


def test_a_thread_that_is_blocked_in_c_does_not_hold_the_clock_for_ever(lambda_clock):
    """A lock that the test holds while it sleeps: the worker has it when the test lets it go."""
    lock = threading.Lock()
    seen = []

    def work() -> None:
        with lock:
            seen.append(lambda_clock.elapsed.total_seconds())

    thread = threading.Thread(target=work)
    with lock:
        thread.start()
        time.sleep(5)
    thread.join()
    assert seen == [5]


def test_a_test_that_is_blocked_in_c_does_not_hold_the_clock_for_ever(lambda_clock):
    """A lock that a sleeping worker holds: it wakes although nobody else moves the clock."""
    lock = threading.Lock()
    lock.acquire()

    def work() -> None:
        time.sleep(5)
        lock.release()

    thread = threading.Thread(target=work)
    thread.start()
    lock.acquire()
    assert lambda_clock.elapsed == timedelta(seconds=5)
    thread.join()


# Events, queues


@pytest.mark.parametrize("stopped_at, beats", [(3.5, [1, 2, 3]), (0.5, [])])
def test_an_event_with_a_timeout_waits_in_virtual_time(lambda_clock, stopped_at, beats):
    """The usual heartbeat, `while not stop.wait(1)`, beats at its instants, and ends when it is told."""
    stop = threading.Event()
    seen = []

    def heart() -> None:
        while not stop.wait(1):
            seen.append(lambda_clock.elapsed.total_seconds())
        seen.append(("ended", lambda_clock.elapsed.total_seconds()))

    thread = threading.Thread(target=heart)
    thread.start()
    time.sleep(stopped_at)
    stop.set()
    thread.join()
    assert seen == [*beats, ("ended", stopped_at)]


def test_the_test_waits_for_an_event_of_a_worker(lambda_clock):
    """With and without a timeout; a timeout takes no real time."""
    ready = threading.Event()

    def work() -> None:
        time.sleep(5)
        ready.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert not ready.wait(2)
    assert lambda_clock.elapsed == timedelta(seconds=2)
    assert ready.wait(60)
    assert lambda_clock.elapsed == timedelta(seconds=5)
    thread.join()


def test_a_worker_that_spins_is_given_up(lambda_clock, monkeypatch):
    """A thread that turns round and round until the test goes on does not hold the clock for ever."""
    monkeypatch.setattr(worker, "_LONGEST_STRETCH", 0.1)
    stopped: list[bool] = []

    def spin() -> None:
        while not stopped:
            pass

    thread = threading.Thread(target=spin)
    thread.start()
    time.sleep(5)
    stopped.append(True)
    thread.join()
    assert lambda_clock.elapsed == timedelta(seconds=5)


def test_work_behind_that_of_an_earlier_test_is_given_up(lambda_clock, monkeypatch):
    """A pool whose only thread is blocked since long does not hold the clock for ever."""
    monkeypatch.setattr(worker, "_PATIENCE", 0.1)
    end = threading.Event()
    orders.put(lambda: pool.submit(end.wait))
    orders.join()
    work = pool.submit(time.sleep, 3)
    time.sleep(5)
    end.set()
    work.result()
    assert lambda_clock.elapsed == timedelta(seconds=8)


pool = ThreadPoolExecutor(max_workers=1)


def test_items_of_a_queue_arrive_when_they_are_put(lambda_clock):
    """A producer and a consumer in threads, and the test that takes what comes out."""
    numbers: queue.Queue[Any] = queue.Queue(maxsize=2)
    results: queue.Queue[Any] = queue.Queue()

    def produce() -> None:
        for number in range(4):
            time.sleep(1)
            numbers.put(number)
        numbers.put(None)

    def consume() -> None:
        while (number := numbers.get()) is not None:
            time.sleep(2)
            results.put(number)

    threads = [threading.Thread(target=work) for work in (produce, consume)]
    for thread in threads:
        thread.start()
    assert [(results.get(), lambda_clock.elapsed.total_seconds()) for _ in range(4)] == [(0, 3), (1, 5), (2, 7), (3, 9)]
    for thread in threads:
        thread.join()


def test_a_thread_of_no_ones_follows_the_worlds_time(lambda_clock):
    """A thread that is older than the fixture reads the test's time, and its sleeps hurry nobody."""
    seen: list[Any] = []
    lambda_clock.advance(seconds=7)
    orders.put(lambda: seen.extend([time.time() % 60, time.sleep(3600), time.time() % 60]))
    orders.join()
    assert seen == [7, None, 7]
    assert lambda_clock.elapsed == timedelta(seconds=7)


orders: queue.Queue[Callable[[], object]] = queue.Queue()


@pytest.fixture(scope="module", autouse=True)
def old_thread():
    """A thread from before the first fixture of ours."""

    def work() -> None:
        while (order := orders.get()) is not None:
            order()
            orders.task_done()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    orders.put(None)
    thread.join()


# Futures


def test_a_result_is_there_when_its_work_has_ended(lambda_clock):
    """Who takes the result goes on at the later of the two times."""
    with ThreadPoolExecutor() as pool:
        slow, quick = pool.submit(time.sleep, 5), pool.submit(time.sleep, 2)
        quick.result()
        assert lambda_clock.elapsed == timedelta(seconds=2)
        slow.result()
        assert lambda_clock.elapsed == timedelta(seconds=5)


def test_the_end_of_a_pool_waits_for_its_work(lambda_clock):
    """`shutdown`, and a `with` block, end with the last of the work."""
    with ThreadPoolExecutor(max_workers=3) as pool:
        list(map(pool.submit, [time.sleep] * 3, [1, 6, 2]))
    assert lambda_clock.elapsed == timedelta(seconds=6)


def test_map_overlaps(lambda_clock):
    """`Executor.map` with enough workers takes as long as the longest of its calls."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        assert list(pool.map(lambda seconds: time.sleep(seconds) or seconds, [4, 1, 3])) == [4, 1, 3]
    assert lambda_clock.elapsed == timedelta(seconds=4)


def test_work_is_completed_in_the_order_of_virtual_time(lambda_clock):
    """`as_completed` and `wait` see each piece of work at its end."""
    with ThreadPoolExecutor() as pool:
        works = [pool.submit(lambda seconds=seconds: time.sleep(seconds) or seconds) for seconds in (4, 1, 3)]
        done, _ = concurrent.futures.wait(works, return_when=concurrent.futures.FIRST_COMPLETED)
        assert [work.result() for work in done] == [1]
        assert lambda_clock.elapsed == timedelta(seconds=1)
        _, pending = concurrent.futures.wait(works, timeout=0.5)
        assert (len(pending), lambda_clock.elapsed) == (2, timedelta(seconds=1.5))
        ends = [
            (work.result(), lambda_clock.elapsed.total_seconds()) for work in concurrent.futures.as_completed(works)
        ]
    assert ends == [(1, 1.5), (3, 3), (4, 4)]


@pytest.mark.parametrize("workers, ends", [(1, [2, 5, 6]), (2, [2, 3, 3]), (3, [2, 3, 1])])
def test_a_pool_has_so_many_workers(lambda_clock, workers, ends):
    """Work begins when a worker is free."""

    def work(seconds: int) -> float:
        time.sleep(seconds)
        return lambda_clock.elapsed.total_seconds()

    with ThreadPoolExecutor(max_workers=workers) as pool:
        assert list(pool.map(work, [2, 3, 1])) == ends


def test_a_pool_that_is_older_than_the_test(lambda_clock):
    """Its threads work in this test's time as well."""
    assert list(OLD_POOL.map(lambda seconds: time.sleep(seconds) or seconds, [3, 1])) == [3, 1]
    assert lambda_clock.elapsed == timedelta(seconds=3)


OLD_POOL = ThreadPoolExecutor(max_workers=2)


@pytest.fixture(scope="module", autouse=True)
def old_pool():
    """A pool whose threads have begun in real time."""
    list(OLD_POOL.map(sleeping.real_sleep, [0.01, 0.01]))
    yield
    OLD_POOL.shutdown()
    pool.shutdown()


def test_a_pool_of_one_does_one_thing_after_the_other(lambda_clock):
    """With a single worker the sleeps add up."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        first, second = pool.submit(time.sleep, 5), pool.submit(time.sleep, 5)
        second.result()
        assert lambda_clock.elapsed == timedelta(seconds=10)
        assert first.done()
        time.sleep(10)
        pool.submit(time.sleep, 1).result()
        assert lambda_clock.elapsed == timedelta(seconds=21)


def test_work_begins_where_it_is_submitted(lambda_clock):
    """A worker that is used again begins its next work at the submitter's time."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        pool.submit(time.sleep, 5).result()
        time.sleep(5)
        assert pool.submit(time.time).result() % 60 == 10


def test_a_result_that_comes_too_late(lambda_clock):
    """`result(timeout=)` gives up in virtual time, and takes no real time for it."""
    with ThreadPoolExecutor() as pool:
        future = pool.submit(time.sleep, 10)
        with pytest.raises(concurrent.futures.TimeoutError):
            future.result(timeout=4)
        assert lambda_clock.elapsed == timedelta(seconds=4)
        with pytest.raises(concurrent.futures.TimeoutError):
            future.exception(timeout=1)
        assert lambda_clock.elapsed == timedelta(seconds=5)
        assert future.result(timeout=5) is None
        assert lambda_clock.elapsed == timedelta(seconds=10)


def test_an_exception_keeps_its_time(lambda_clock):
    """Work that fails after 3 s has failed after 3 s, and with its own exception."""

    def fail() -> None:
        time.sleep(3)
        raise KeyError("late")

    with ThreadPoolExecutor() as pool:
        future = pool.submit(fail)
        with pytest.raises(KeyError, match="late"):
            future.result()
        assert lambda_clock.elapsed == timedelta(seconds=3)
        assert isinstance(future.exception(), KeyError)


def test_work_that_is_cancelled_costs_nothing(lambda_clock):
    """A future that never ran is not waited for."""
    begin = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as pool:
        first = pool.submit(begin.wait)
        second = pool.submit(time.sleep, 50)
        assert second.cancel()
        begin.set()
        first.result()
        with pytest.raises(concurrent.futures.CancelledError):
            second.result()
    assert lambda_clock.elapsed == timedelta(0)


# Handlers


def test_a_handlers_deadline_holds_while_it_waits_for_threads(sync_invoke):
    """Joining a thread that sleeps past the deadline is a timeout, and so is waiting for its result."""

    def joins(event, context):
        in_threads(lambda: time.sleep(10))

    def takes(event, context):
        with ThreadPoolExecutor() as pool:
            return pool.submit(time.sleep, 10).result()

    for handler in (joins, takes):
        response = sync_invoke(handler, {}, timeout=3)
        assert (response.timed_out, response.duration) == (True, timedelta(seconds=3))


def test_overlapping_handlers_with_threads(async_invoke, lambda_clock):
    """A handler in a strand waits for its threads as well, and keeps nobody from running meanwhile."""
    journal = []

    def with_threads(event, context):
        in_threads(lambda: time.sleep(8), lambda: time.sleep(6))
        journal.append(("threads", lambda_clock.elapsed.total_seconds()))

    def plain(event, context):
        time.sleep(1)
        journal.append(("plain", lambda_clock.elapsed.total_seconds()))
        time.sleep(10)
        journal.append(("plain", lambda_clock.elapsed.total_seconds()))

    async_invoke(plain, {}, timeout=60)
    async_invoke(with_threads, {}, timeout=60)
    lambda_clock.run_until_idle()
    assert journal == [("plain", 1), ("threads", 8), ("plain", 11)]


def test_a_handler_that_waits_for_a_thread_without_end_times_out(sync_invoke):
    """The thread goes on beating, and the handler's time runs out as in Lambda."""
    beats, stop = [], threading.Event()

    def heart() -> None:
        while not stop.wait(2):
            beats.append(None)

    def handler(event, context):
        in_threads(heart)

    response = sync_invoke(handler, {}, timeout=9)
    assert (response.timed_out, response.duration, len(beats)) == (True, timedelta(seconds=9), 4)
    stop.set()


def test_threads_of_overlapping_handlers_share_one_clock(async_invoke, lambda_clock):
    """Each handler's threads sleep to their own instants, whoever waits meanwhile."""
    journal = []

    def handler(event, context):
        def work() -> None:
            time.sleep(event)
            journal.append((event, lambda_clock.elapsed.total_seconds()))

        in_threads(work, work)
        time.sleep(1)
        journal.append(("end", lambda_clock.elapsed.total_seconds()))

    for seconds in (4, 2, 3):
        async_invoke(handler, seconds, timeout=60)
    lambda_clock.run_until_idle()
    assert journal == [(2, 2), (2, 2), (3, 3), (3, 3), ("end", 3), (4, 4), (4, 4), ("end", 4), ("end", 5)]


def test_a_handler_cannot_be_invoked_from_a_worker(lambda_modes):
    """Virtual time has one thread; the error says how to have invocations overlap."""
    with ThreadPoolExecutor() as pool:
        future = pool.submit(lambda_modes.sync_invoke, lambda event, context: None, {})
        error = future.exception()
    assert "belongs to the test's own" in str(error)
    assert "async_invoke(event); async_invoke(event)" in str(error)


# asyncio


def test_sleeps_in_an_executor_count(sync_invoke):
    """`to_thread(time.sleep, 5)` takes 5 s, and several of them together no longer."""

    async def main() -> float:
        begin = time.time()
        await asyncio.gather(*(asyncio.to_thread(time.sleep, seconds) for seconds in (5, 3, 4)))
        return time.time() - begin

    response = sync_invoke(lambda event, context: asyncio.run(main()), {}, timeout=60)
    assert (response.payload, response.duration) == (5, timedelta(seconds=5))


def test_an_executor_of_ones_own(sync_invoke):
    """`run_in_executor` keeps results, exceptions and times."""

    def work(seconds: int) -> int:
        time.sleep(seconds)
        return seconds // (seconds - 3)

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor() as pool:
            works = [loop.run_in_executor(pool, work, seconds) for seconds in (4, 3)]
            done = await asyncio.gather(*works, return_exceptions=True)
        return [done[0], type(done[1]).__name__, time.time() % 60]

    assert sync_invoke(lambda event, context: asyncio.run(main()), {}, timeout=60).unwrap() == [
        4,
        "ZeroDivisionError",
        4,
    ]


def test_a_process_pool_works_as_ever(sync_invoke):
    """Work for another process is handed over as it is; it takes no virtual time, and the clock is held meanwhile."""

    async def main() -> int:
        with concurrent.futures.ProcessPoolExecutor(max_workers=1) as pool:
            work = asyncio.get_running_loop().run_in_executor(pool, abs, -7)
            return await asyncio.wait_for(work, timeout=1)

    response = sync_invoke(lambda event, context: asyncio.run(main()), {}, timeout=60)
    assert (response.unwrap(), response.duration) == (7, timedelta(0))


@pytest.mark.parametrize(("timeout", "outcome"), [(6, "done"), (4, "TimeoutError")])
def test_a_timeout_around_work_in_a_thread(sync_invoke, timeout, outcome):
    """`wait_for` measures the work's own virtual time, and `asyncio.run` waits for the thread, as it does in earnest."""

    async def main() -> list[Any]:
        try:
            await asyncio.wait_for(asyncio.to_thread(time.sleep, 5), timeout)
        except asyncio.TimeoutError:
            return ["TimeoutError", time.time() % 60]
        return ["done", time.time() % 60]

    response = sync_invoke(lambda event, context: asyncio.run(main()), {}, timeout=60)
    assert response.unwrap() == [outcome, min(5, timeout)]
    assert response.duration == timedelta(seconds=5)


def test_the_clock_is_held_while_a_thread_is_at_work(sync_invoke):
    """Work that takes real time and no virtual time is over before any timer of the loop is due."""

    async def main() -> str:
        return await asyncio.wait_for(asyncio.to_thread(lambda: sleeping.real_sleep(0.05) or "done"), timeout=0.001)

    response = sync_invoke(lambda event, context: asyncio.run(main()), {})
    assert (response.unwrap(), response.duration) == ("done", timedelta(0))


@pytest.mark.parametrize("kind", ["event", "sleep"])
def test_a_worker_cannot_outrun_a_loop_that_will_stop_it(sync_invoke, kind):
    """Work in an executor that goes on until the loop says so does not hold the clock."""

    async def main() -> list[Any]:
        beats, stop = [], threading.Event()

        def heart() -> None:
            while not (stop.wait(2) if kind == "event" else time.sleep(2) or stop.is_set()):
                beats.append(time.time() % 60)

        work = asyncio.ensure_future(asyncio.to_thread(heart))
        await asyncio.sleep(5)
        stop.set()
        await work
        return [*beats, time.time() % 60]

    ends = {"event": [2, 4, 5], "sleep": [2, 4, 6]}
    assert sync_invoke(lambda event, context: asyncio.run(main()), {}, timeout=60).unwrap() == ends[kind]


@pytest.mark.parametrize("beside_another", [False, True])
def test_work_that_needs_the_loop_gets_it(async_invoke, beside_another):
    """A thread that waits for a coroutine of the loop does not hold the clock which that coroutine waits for."""

    def work(loop: asyncio.AbstractEventLoop) -> float:
        asyncio.run_coroutine_threadsafe(asyncio.sleep(5), loop).result()
        time.sleep(1)
        return time.time() % 60

    async def main() -> float:
        return await asyncio.to_thread(work, asyncio.get_running_loop())

    if beside_another:
        async_invoke(lambda event, context: time.sleep(3), {}, timeout=60)
    attempt = async_invoke(lambda event, context: asyncio.run(main()), {}, timeout=60).wait().attempts[0]
    assert (attempt.response, attempt.duration) == (6, timedelta(seconds=6))


def test_a_pool_that_is_not_of_concurrent_futures(sync_invoke):
    """anyio's workers (below FastAPI's plain functions) take work from queues; what they sleep counts, too."""

    class WorkerThread(threading.Thread):
        """What anyio does in a few lines."""

        __module__ = "anyio._backends._asyncio"

        def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
            super().__init__(daemon=True)
            self.loop = loop
            self.works: queue.Queue[Any] = queue.Queue()

        def run(self) -> None:
            while (item := self.works.get()) is not None:
                work, future = item
                result = work()
                self.loop.call_soon_threadsafe(future.set_result, result)

    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        worker = WorkerThread(loop)
        worker.start()
        ends = []
        for work in (lambda: time.sleep(5), lambda: sleeping.real_sleep(0.02), lambda: time.sleep(1)):
            future = loop.create_future()
            worker.works.put((work, future))
            await asyncio.wait_for(future, timeout=10)
            ends.append(time.time() % 60)
        await asyncio.sleep(4)
        worker.works.put(None)
        worker.join()
        return [*ends, time.time() % 60]

    response = sync_invoke(lambda event, context: asyncio.run(main()), {}, timeout=60)
    assert response.unwrap() == [5, 5, 6, 10]


def test_the_default_executor_is_shut_down(sync_invoke):
    """`asyncio.run` ends its default executor, which takes real time and no virtual time."""
    ended = []

    def handler(event, context):
        asyncio.run(asyncio.to_thread(ended.append, threading.current_thread))
        return [thread.name for thread in threading.enumerate() if thread.name.startswith("asyncio_")]

    response = sync_invoke(handler, {}, timeout=3)
    assert (response.unwrap(), response.duration, len(ended)) == ([], timedelta(0), 1)


def test_a_loop_in_a_worker_thread(lambda_clock):
    """A loop that runs in a thread jumps in that thread's time."""

    async def main() -> float:
        begin = asyncio.get_running_loop().time()
        await asyncio.gather(asyncio.sleep(4), asyncio.sleep(7))
        return asyncio.get_running_loop().time() - begin

    with ThreadPoolExecutor() as pool:
        assert pool.submit(asyncio.run, main()).result() == 7
    assert lambda_clock.elapsed == timedelta(seconds=7)


# What is replaced, and given back


NAMES = [
    (threading.Thread, "start"),
    (threading.Thread, "join"),
    (threading.Thread, "_bootstrap_inner"),
    (threading.Condition, "wait"),
    (ThreadPoolExecutor, "submit"),
    (concurrent.futures.thread._WorkItem, "run"),
    (threading, "_time"),
    (queue, "time"),
    (concurrent.futures._base, "time"),
]


def test_everything_is_given_back(lambda_modes):
    """While the fixture is there the methods and the clock of threads and futures are others, then the same again."""
    during = [owner.__dict__[name] for owner, name in NAMES]
    lambda_modes.stop()
    after = [owner.__dict__[name] for owner, name in NAMES]
    assert after == ORIGINALS
    assert all(replaced is not original for replaced, original in zip(during, ORIGINALS, strict=True))
    assert ThreadTime.installed is None


def test_threads_that_live_on_sleep_in_real_time(lambda_modes):
    """A thread that outlives the test does not go on in a time that is over."""
    begun, ended = threading.Event(), threading.Event()

    def work() -> None:
        time.sleep(5)
        begun.set()
        ended.wait()
        before = time.perf_counter()
        sleeping.virtual_sleep(0.01)
        results.append(time.perf_counter() - before)

    results: list[float] = []
    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()
    lambda_modes.stop()
    ended.set()
    thread.join()
    assert results[0] >= 0.009


ORIGINALS = [owner.__dict__[name] for owner, name in NAMES]
