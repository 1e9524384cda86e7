"""`time.sleep` in virtual time, in the test's thread and in worker threads."""

from __future__ import annotations

import concurrent.futures
import sys
import threading
import time
from _thread import LockType, allocate_lock
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from operator import index
from threading import Thread, current_thread, get_ident
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from pytest_lambda_modes import units
from pytest_lambda_modes.clock import overlap
from pytest_lambda_modes.clock.overlap import Hub

real_sleep = time.sleep

# The longest that the real one takes, in seconds: its nanoseconds fit into 64 bits.
_LONGEST = (1 << 63) // 1_000_000_000


# A thread that would run ahead of all others gives them so many real milliseconds to come along, unless it is awaited.
_PATIENCE = 50

# Their workers take their tasks from queues of their own, and report by `call_soon_threadsafe`. So does the thread in
# which a loop shuts its executor down.
_LIBRARIES_WITH_POOLS = frozenset({"anyio"})
_SHUTS_DOWN_AN_EXECUTOR = "_do_shutdown"


def virtual_sleep(seconds: float, /) -> None:
    """Stands in for `time.sleep` and moves virtual time. Takes and refuses what the real one does.

    There is one in the process, and it sleeps in real time when virtual time is off: a patch that is undone only after
    the test, as that of a `monkeypatch` older than our fixture, puts it back to where it was found.
    """
    threads = ThreadTime.installed
    if threads is None:
        real_sleep(seconds)
        return
    if type(seconds) is not int and type(seconds) is not float:
        seconds = float(seconds) if isinstance(seconds, float) else index(seconds)
    if not 0 <= seconds <= _LONGEST:
        _refuse(seconds)
    microseconds = round(seconds * 1_000_000) or int(seconds > 0)
    hub = threads.hub
    if get_ident() == hub.thread:
        hub.wait_until(hub.scheduler.now + microseconds)
    else:
        threads.sleep(microseconds)


def _refuse(seconds: float) -> None:
    if seconds != seconds:
        raise ValueError("Invalid value NaN (not a number)")
    if -_LONGEST <= seconds < 0:
        raise ValueError("sleep length must be non-negative")
    raise OverflowError("timestamp too large to convert to C PyTime_t")


class _Course:
    """One thread's way through virtual time: where it stands, and how often it has looked at the clock there."""

    __slots__ = ("looks", "now", "thread")

    def __init__(self, now: int) -> None:
        self.now = now
        self.looks = 0
        self.thread: int | None = None

    def move_to(self, instant: int) -> None:
        if instant > self.now:
            self.now = instant
            self.looks = 0


class ThreadTime:
    """Virtual time in worker threads.

    They are real threads, so they cannot take turns with the clock. Each has a time of its own that begins when it is
    started (or its task submitted), and whoever joins it, or takes its result, goes on at the later of the two.
    """

    installed: ClassVar[ThreadTime | None] = None

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        # Workers that are to be waited for although no future tells of their work.
        self.helpers: list[Thread] = []
        self._courses: WeakKeyDictionary[Thread | Future[Any], _Course] = WeakKeyDictionary()
        self._awaited = 0
        self._ahead: list[LockType] = []
        self._undo: list[tuple[Any, str, Any]] = []

    # The calling thread's time

    def now(self) -> int:
        """Where the calling thread stands, in microseconds since the start."""
        course = None if get_ident() == self.hub.thread else self._courses.get(current_thread())
        return self.hub.scheduler.now if course is None else course.now

    def read(self) -> int:
        """The clock as user code of any thread reads it. Reading on and on moves it, in threads too."""
        if get_ident() == self.hub.thread:
            return self.hub.read()
        course = self._courses.get(current_thread())
        if course is None:
            return self.hub.scheduler.now
        course.looks += 1
        if course.looks > overlap.SPIN_READS:
            course.now += overlap.SPIN_STEP
        return course.now

    def sleep(self, microseconds: int) -> None:
        """Let so much time pass for the calling thread, which is not the test's."""
        course = self._courses.get(current_thread())
        until = self.now() + microseconds
        if course is not None:
            course.move_to(until)
        bell = allocate_lock()
        bell.acquire()
        self._ahead.append(bell)
        for _ in range(_PATIENCE):
            if self._awaited or until <= self.hub.scheduler.now or ThreadTime.installed is not self:
                break
            bell.acquire(True, 0.001)
        self._ahead.remove(bell)

    def catch_up(self, instant: int | None) -> None:
        """The caller goes on at this instant, if it is not further already."""
        if instant is None:
            return
        if get_ident() == self.hub.thread:
            if instant > self.hub.scheduler.now:
                self.hub.wait_until(instant)
        else:
            course = self._courses.get(current_thread())
            if course is not None:
                course.move_to(instant)

    # Waiting for threads

    @contextmanager
    def awaiting(self) -> Iterator[None]:
        """While the test's thread can only wait for others, none of them has to wait for it."""
        if get_ident() != self.hub.thread:
            yield
            return
        self._awaited += 1
        for bell in list(self._ahead):
            if bell.locked():
                bell.release()
        try:
            yield
        finally:
            self._awaited -= 1

    def ended_at(self, work: Thread | Future[Any]) -> int | None:
        """Where somebody stood who has ended, or None if virtual time knows nothing of it."""
        course = self._courses.get(work)
        return None if course is None else course.now

    def is_at_work(self, task: Future[Any]) -> bool:
        """Whether a submitted task may still report by itself: it does not wait for another thread in its turn."""
        course = self._courses.get(task)
        return course is None or course.thread is None or not _is_blocked(course.thread)

    def helpers_are_at_work(self) -> bool:
        self.helpers = [helper for helper in self.helpers if helper.is_alive()]
        return any(helper.ident is None or not _is_blocked(helper.ident) for helper in self.helpers)

    # The process's threads and futures

    def install(self) -> None:
        ThreadTime.installed = self
        self._replace(Thread, "start", self._start)
        self._replace(Thread, "join", self._join)
        self._replace(ThreadPoolExecutor, "submit", self._submit)
        for name in ("set_result", "set_exception"):
            self._replace(Future, name, self._stamp)
        for name in ("result", "exception"):
            self._replace(Future, name, self._take)

    def uninstall(self) -> None:
        ThreadTime.installed = None
        for owner, name, original in reversed(self._undo):
            setattr(owner, name, original)
        self._undo.clear()

    def _replace(self, owner: Any, name: str, wrapped: Callable[[Any], Any]) -> None:
        original = owner.__dict__[name]
        self._undo.append((owner, name, original))
        setattr(owner, name, wrapped(original))

    def _start(self, original: Any) -> Any:
        def start(thread: Thread) -> None:
            self._courses[thread] = _Course(self.now())
            if _reports_by_itself(thread):
                self.helpers.append(thread)
            original(thread)

        return start

    def _join(self, original: Any) -> Any:
        def join(thread: Thread, timeout: float | None = None) -> None:
            until = self._until(timeout)
            with self.awaiting():
                original(thread, timeout)
            if not thread.is_alive():
                self.catch_up(_earlier(self.ended_at(thread), until))

        return join

    def _submit(self, original: Any) -> Any:
        def submit(executor: Any, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            course = _Course(self.now())
            alone = executor._max_workers == 1

            def carried(*args: Any, **kwargs: Any) -> Any:
                course.thread = get_ident()
                own = self._courses.get(current_thread())
                if own is None:
                    self._courses[current_thread()] = own = _Course(course.now)
                # The only worker begins when it has done what came before; of several, one is always taken to be free.
                if alone:
                    own.move_to(course.now)
                else:
                    own.now, own.looks = course.now, 0
                return work(*args, **kwargs)

            future = original(executor, carried, *args, **kwargs)
            self._courses.setdefault(future, course)
            return future

        return submit

    def _stamp(self, original: Any) -> Any:
        def settle(future: Future[Any], outcome: Any) -> None:
            course = self._courses.setdefault(future, _Course(0))
            course.now = self.now()
            original(future, outcome)

        return settle

    def _take(self, original: Any) -> Any:
        def take(future: Future[Any], timeout: float | None = None) -> Any:
            until = self._until(timeout)
            try:
                with self.awaiting():
                    return original(future, timeout)
            finally:
                ended = self.ended_at(future) if future.done() else until
                self.catch_up(_earlier(ended, until))
                if until is not None and ended is not None and ended > until:
                    raise concurrent.futures.TimeoutError

        return take

    def _until(self, timeout: float | None) -> int | None:
        return None if timeout is None else self.now() + max(0, units.from_seconds(timeout))


def _earlier(instant: int | None, limit: int | None) -> int | None:
    return instant if instant is None or limit is None else min(instant, limit)


def _reports_by_itself(thread: Any) -> bool:
    module, target = type(thread).__module__, getattr(thread, "_target", None)
    return module.partition(".")[0] in _LIBRARIES_WITH_POOLS or (
        getattr(target, "__name__", "") == _SHUTS_DOWN_AN_EXECUTOR
    )


def _is_blocked(ident: int) -> bool:
    """Whether a thread is in `Condition.wait` (of an event, a queue, a future) and nobody has notified it."""
    frame = sys._current_frames().get(ident)
    if frame is None or frame.f_code is not _WAIT:
        return False
    variables = frame.f_locals
    return variables.get("waiter") in variables["self"]._waiters


_WAIT = threading.Condition.wait.__code__
