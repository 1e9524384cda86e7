"""What becomes of user code that runs for too long in real time."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from _thread import allocate_lock
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any

import pytest
from greenlet import greenlet

from pytest_lambda_modes.clock import stuck_report, watchdog
from pytest_lambda_modes.clock.watchdog import HandlerInterrupted, Watchdog
from pytest_lambda_modes.errors import StuckHandlerError

LIMIT = 0.1
LOCK = threading.Lock()

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot interrupt a lock")


class Hub:
    """As much of a hub as a watchdog looks at."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.stretch = 0
        self.activity: object | None = None
        self.suspended: dict[str, FrameType | None] = {}

    def suspended_stacks(self) -> Mapping[str, FrameType | None]:
        return self.suspended


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def guarded(hub: Hub) -> Iterator[Callable[..., Watchdog]]:
    """Guard the hub, with a limit."""
    dogs: list[Watchdog] = []

    def guarded(limit: float = LIMIT, describe: Callable[[], str] = lambda: "orders, attempt 1,") -> Watchdog:
        dogs.append(Watchdog(hub, limit, describe))
        dogs[-1].start()
        return dogs[-1]

    yield guarded
    for dog in dogs:
        dog.stop()


def run(hub: Hub, handler: Callable[[], Any]) -> BaseException | None:
    """What the runtime does around a handler: what it raised, if anything."""
    hub.stretch += 1
    hub.activity = handler
    try:
        handler()
    except BaseException as error:
        return error
    finally:
        hub.activity = None
        hub.stretch += 1
    return None


def let_pass(seconds: float) -> None:
    """Real time, without a sleep that a virtual clock might own."""
    lock = allocate_lock()
    lock.acquire()
    lock.acquire(True, seconds)


def spin() -> None:
    for _ in iter(int, 1):
        pass


# Interrupting


def test_a_spinning_handler_is_interrupted(hub, guarded):
    """Code that runs on and on ends with an error that `except Exception` does not catch, and a report says where."""

    def handler() -> None:
        try:
            spin()
        except Exception:
            pytest.fail("the handler has seen it")

    dog = guarded()
    assert isinstance(run(hub, handler), HandlerInterrupted)
    assert dog.fired
    error = dog.error()
    assert isinstance(error, StuckHandlerError)
    assert str(error).startswith("orders, attempt 1, has run 0.1 s of real time without waiting")
    assert "in handler\n    spin()\n" in str(error)
    assert "in spin\n" in str(error)
    assert "real_time_limit=0.5" in str(error)


def test_a_handler_that_waits_is_left_alone(hub, guarded):
    """The limit is for one stretch: code that waits now and then may run for ever."""

    def handler() -> None:
        for _ in range(5):
            let_pass(LIMIT / 2)
            hub.stretch += 1

    dog = guarded()
    assert run(hub, handler) is None
    assert not dog.fired


def test_a_test_may_take_its_time(hub, guarded):
    """While no user code runs, nothing is guarded, not even before or after some."""
    dog = guarded()
    run(hub, lambda: None)
    let_pass(2 * LIMIT)
    assert run(hub, lambda: None) is None
    assert not dog.fired


def test_after_an_error_the_next_handler_is_guarded_too(hub, guarded):
    """Each stuck handler is interrupted, and told apart from a Ctrl-C that comes in between."""
    dog = guarded()
    assert isinstance(run(hub, spin), HandlerInterrupted)
    dog.error()
    assert not dog.fired
    assert isinstance(run(hub, lambda: signal.raise_signal(signal.SIGINT)), KeyboardInterrupt)
    assert not dog.fired
    assert isinstance(run(hub, spin), HandlerInterrupted)
    assert dog.fired


@posix_only
def test_a_handler_that_swallows_everything_gives_way_in_the_end(hub, guarded):
    """The interruption is repeated, in both its forms, until the stretch ends."""
    swallowed: list[type[BaseException]] = []

    def handler() -> None:
        while len(swallowed) < 3:
            try:
                spin()
            except BaseException as error:
                swallowed.append(type(error))

    dog = guarded()
    assert run(hub, handler) is None
    assert swallowed == [HandlerInterrupted, KeyboardInterrupt, HandlerInterrupted]
    assert dog.fired


@posix_only
def test_a_lock_under_asyncio_gives_way(hub, guarded):
    """asyncio.run takes the first Ctrl-C for itself and only cancels; the second one gets through."""

    async def main() -> None:
        LOCK.acquire()

    dog = guarded()
    with LOCK:
        assert isinstance(run(hub, lambda: asyncio.run(main())), KeyboardInterrupt)
    assert dog.fired
    assert "It waits for LOCK" in dog.report


@posix_only
@pytest.mark.parametrize("answer", [signal.SIG_IGN, signal.SIG_DFL])
def test_a_process_that_ignores_ctrl_c_is_guarded_too(hub, guarded, answer):
    """Background jobs of a shell ignore Ctrl-C. A handler that is blocked gives way there as well, and all is put back."""
    before = signal.signal(signal.SIGINT, answer)
    try:
        dog = guarded()
        with LOCK:
            assert isinstance(run(hub, LOCK.acquire), KeyboardInterrupt)
        dog.stop()
        assert signal.getsignal(signal.SIGINT) is answer
    finally:
        signal.signal(signal.SIGINT, before)


@posix_only
def test_a_thread_of_its_own_may_be_guarded(guarded):
    """A hub outside of the main thread is guarded there, and the main thread's signal stays out of it."""
    hubs: list[Hub] = []
    caught: list[BaseException | None] = []
    dogs: list[Watchdog] = []

    def work() -> None:
        hubs.append(Hub())
        dogs.append(Watchdog(hubs[0], LIMIT, lambda: "worker"))
        dogs[0].start()
        caught.append(run(hubs[0], spin))
        dogs[0].stop()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert isinstance(caught[0], HandlerInterrupted)


def test_a_debugged_handler_is_left_alone(hub, guarded):
    """Who sits at a debugger's prompt has all the time in the world."""
    namespace: dict[str, Any] = {"__name__": "bdb", "let_pass": let_pass, "LIMIT": LIMIT}
    exec("def prompt():\n    let_pass(4 * LIMIT)", namespace)
    dog = guarded()
    assert run(hub, namespace["prompt"]) is None
    assert not dog.fired


def test_a_report_that_fails_says_so(hub, guarded):
    """An error in the description does not keep the handler from being interrupted."""

    def describe() -> str:
        raise LookupError("nobody knows")

    dog = guarded(describe=describe)
    assert isinstance(run(hub, spin), HandlerInterrupted)
    assert "LookupError('nobody knows')" in str(dog.error())


def test_no_interruption_for_code_that_moved_on(hub):
    """Code that begins to wait while its report is written is not interrupted after all."""

    def describe() -> str:
        hub.stretch += 1
        return "orders"

    dog = Watchdog(hub, LIMIT, describe)
    hub.activity = object()
    dog.look(0.0)
    dog.look(LIMIT)
    assert dog.report.startswith("orders has run")
    assert not dog.fired


# Locks


@posix_only
def test_a_deadlock_between_overlapping_handlers_is_named(hub, guarded):
    """Waiting for the lock of a suspended handler is interrupted, and the report names the lock and the other."""

    def first() -> None:
        with LOCK:
            greenlet.getcurrent().parent.switch()

    def second() -> None:
        with LOCK:
            pytest.fail("it was free")

    strand = greenlet(first)
    strand.switch()
    hub.suspended = {"orders, request 1": strand.gr_frame, "bystander": None}
    dog = guarded()
    assert isinstance(run(hub, second), KeyboardInterrupt)
    assert dog.fired
    strand.switch()
    report = str(dog.error())
    assert "It waits for LOCK, a threading.Lock that is taken." in report
    assert "orders, request 1 refers to the same lock" in report
    assert "in first\n    greenlet.getcurrent().parent.switch()" in report
    assert "bystander" not in report
    assert 'handler="module.function"' in report


class Store:
    def __init__(self, lock: Any) -> None:
        self.lock = lock

    def taken_with(self) -> None:
        with self.lock:
            pass

    def acquired(self) -> None:
        if self.lock.acquire():
            pass

    def held(self) -> None:
        with self.lock:
            greenlet.getcurrent().parent.switch()


@posix_only
@pytest.mark.parametrize("make", [threading.Lock, threading.Semaphore, lambda: threading.Condition(threading.Lock())])
@pytest.mark.parametrize("method", [Store.taken_with, Store.acquired])
def test_locks_that_are_attributes_are_named(hub, guarded, make, method):
    """Whatever kind of lock, however it is taken and wherever it is kept: the report has the user's words for it."""
    store = Store(make())
    strand = greenlet(store.held)
    strand.switch()
    hub.suspended = {"the other": strand.gr_frame}
    dog = guarded()
    assert isinstance(run(hub, lambda: method(store)), KeyboardInterrupt)
    strand.switch()
    assert "It waits for self.lock, a threading." in dog.report
    assert "the other refers to the same lock" in dog.report


def frame_at(source: str, **local: object) -> FrameType:
    """A frame that stands on the last line of some source."""
    frames: list[FrameType] = []
    filename = f"<{len(source)} {source!r}>"
    stuck_report.linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace = {"stop": lambda: frames.append(sys._getframe(1)), "__name__": "app", **local}
    exec(compile(source, filename, "exec"), namespace)
    return frames[0]


class Awaitable:
    """A lock that tells when it is waited for, and what would be a bad idea to look at."""

    def __init__(self, frames: Callable[[], object], held: bool = True) -> None:
        self.frames, self.held = frames, held

    def acquire(self) -> None:
        self.frames()

    def release(self) -> None: ...
    def locked(self) -> bool:
        return self.held


@pytest.mark.parametrize(
    "source, name",
    [
        ("stop(), a.b.acquire()", "a.b"),
        ("x = stop() or a.b.acquire()", "a.b"),
        ("with stop() or nullcontext(), a: pass", "a"),
        ("stop(), free.acquire()", None),
        ("stop(), missing", None),
        ("stop(), locks[0].acquire()", None),
        ("stop(), a.eager.acquire()", None),
        ("if (stop() or\n    1): pass", None),
    ],
)
def test_what_a_line_waits_for(source, name):
    """Names and attributes are followed, without running code for it; only a lock that is held is waited for."""

    class Owner(Awaitable):
        b = Awaitable(lambda: None)

        @property
        def eager(self) -> Awaitable:
            pytest.fail("a property was called") if looking else None
            return self.b

        def __enter__(self) -> None: ...
        def __exit__(self, *error: object) -> None: ...

    from contextlib import nullcontext

    looking = False
    owner = Owner(lambda: None)
    free = Awaitable(lambda: None, held=False)
    frame = frame_at(source, a=owner, free=free, locks=[owner], missing=None, nullcontext=nullcontext)
    looking = True
    awaited = stuck_report.awaited_lock(frame)
    assert (awaited and awaited.name) == name


def test_the_stack_begins_where_this_package_took_over():
    """A report leaves out the test runner's frames, and the package's own."""
    ours: dict[str, Any] = {"__name__": "pytest_lambda_modes.runtime.invocation"}
    exec("def call(handler):\n    return handler()", ours)

    def outer() -> str:
        return ours["call"](lambda: ours["call"](inner))

    def inner() -> str:
        return stuck_report.formatted_stack(sys._getframe())

    stack = outer()
    assert "in outer" not in stack
    assert "in call" not in stack
    assert stack.count("  File ") == 2
    assert stack.index("<lambda>") < stack.index("in inner")


# The thread that looks


def test_no_thread_that_others_can_see(hub, guarded):
    """Handlers that join all threads do not wait for the guard's."""
    before = threading.enumerate()
    guarded()
    let_pass(LIMIT)
    assert threading.enumerate() == before


def test_the_guard_starts_one_thread_for_many_watchdogs(hub, monkeypatch):
    """However many start and stop while one is left, it takes one thread, which ends by itself when none is."""
    started: list[int] = []
    ended = allocate_lock()
    ended.acquire()

    def start(look_around: Callable[[], None], arguments: tuple[()]) -> None:
        started.append(1)
        begin(lambda: (look_around(), ended.release()), arguments)

    begin = watchdog.start_new_thread
    monkeypatch.setattr(watchdog, "start_new_thread", start)
    guard = watchdog._Guard()
    monkeypatch.setattr(watchdog, "_guard", guard)
    first = Watchdog(hub, LIMIT, str)
    first.start()
    for _ in range(50):
        dog = Watchdog(hub, LIMIT, str)
        dog.start()
        dog.stop()
        dog.stop()
    first.stop()
    assert started == [1]
    assert ended.acquire(True, 10)
    dog.start()
    assert started == [1, 1]
    dog.stop()
    assert ended.acquire(True, 10)


def test_a_short_limit_wakes_a_guard_with_a_long_one(hub, guarded):
    """A guard that would look in six seconds is woken for a watchdog with less patience."""
    patient = guarded(limit=60)
    let_pass(0.01)
    dog = guarded(limit=LIMIT)
    assert isinstance(run(hub, spin), HandlerInterrupted)
    assert (dog.fired, patient.fired) == (True, False)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_has_a_guard_of_its_own(hub, guarded):
    """After a fork the guard's thread is gone, and a new one starts with the next watchdog."""
    guarded()
    child = os.fork()
    if not child:
        Watchdog(hub, LIMIT, str).start()
        os._exit(7 if isinstance(run(hub, spin), HandlerInterrupted) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_frozen_time_does_not_stop_the_guard(hub, guarded, freeze):
    """A frozen clock is no refuge."""
    freeze()
    dog = guarded()
    assert isinstance(run(hub, spin), HandlerInterrupted)
    assert dog.fired


# Beside others


@posix_only
@pytest.mark.parametrize("method", ["signal", "thread"])
def test_pytest_timeout_works_beside_it(pytester, method):
    """pytest-timeout ends a test in its own way while a watchdog with more patience guards it."""
    pytester.makepyfile(
        """
        import threading
        from pytest_lambda_modes.clock.watchdog import Watchdog

        class Hub:
            thread = threading.get_ident()
            stretch = 0
            activity = object()
            suspended_stacks = dict

        def test_hangs():
            watchdog = Watchdog(Hub(), 60, str)
            watchdog.start()
            threading.Lock().acquire() and threading.Event().wait()
        """
    )
    result = pytester.runpytest_subprocess("--timeout=0.5", f"--timeout-method={method}", "-p", "no:randomly")
    assert result.ret != 0
    output = result.stdout.str() + result.stderr.str()
    assert "Timeout" in output
    assert "threading.Event().wait()" in output


@posix_only
def test_the_alarm_of_others_is_not_touched(hub, guarded):
    """The alarm signal, its timer and the handler of Ctrl-C belong to others."""
    alarm = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 60)
    interrupt = signal.getsignal(signal.SIGINT)
    dog = guarded()
    run(hub, spin)
    dog.stop()
    assert signal.getitimer(signal.ITIMER_REAL)[0] > 50
    assert signal.getsignal(signal.SIGINT) is interrupt
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, alarm)
