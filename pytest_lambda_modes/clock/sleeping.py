"""`time.sleep` in virtual time, in the test's thread and in worker threads."""

from __future__ import annotations

import concurrent.futures
import functools
import threading
from collections.abc import Callable
from operator import index
from threading import get_ident
from typing import Any

from pytest_lambda_modes.clock.overlap import Hub

_POSITION = "_virtual_microseconds"


def make_sleep(hub: Hub, threads: ThreadTime) -> Callable[[float], None]:
    """A stand-in for `time.sleep` that moves virtual time. Takes and refuses what the real one does."""

    def sleep(seconds: float, /) -> None:
        if type(seconds) is not int and type(seconds) is not float:
            seconds = float(seconds) if isinstance(seconds, float) else index(seconds)
        if not seconds >= 0:
            raise ValueError(
                "sleep length must be non-negative" if seconds < 0 else "Invalid value NaN (not a number)"
            )
        microseconds = round(seconds * 1_000_000) or int(seconds > 0)
        if get_ident() == hub.thread:
            hub.wait_until(hub.scheduler.now + microseconds)
        else:
            threads.sleep(microseconds)

    return sleep


class ThreadTime:
    """Virtual time in worker threads.

    They are real threads, so they cannot take turns with the clock. Each has a time of its own that begins when it is
    started (or its task submitted), and whoever joins it, or takes its result, goes on at the later of the two.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._undo: list[tuple[Any, str, Any]] = []

    def now(self) -> int:
        """Where the calling thread stands, in microseconds since the start."""
        now = self._hub.scheduler.now
        if get_ident() == self._hub.thread:
            return now
        return int(threading.current_thread().__dict__.setdefault(_POSITION, now))

    def read(self) -> int:
        """The clock as user code of any thread reads it."""
        return self._hub.read() if get_ident() == self._hub.thread else self.now()

    def sleep(self, microseconds: int) -> None:
        self._place(self.now() + microseconds)

    def _place(self, instant: int) -> None:
        threading.current_thread().__dict__[_POSITION] = instant

    def catch_up(self, instant: int | None) -> None:
        """The caller goes on at this instant, if it is not further already."""
        if instant is None:
            return
        if get_ident() == self._hub.thread:
            if instant > self._hub.scheduler.now:
                self._hub.wait_until(instant)
        elif instant > self.now():
            self._place(instant)

    def carry(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap work for another thread, so that it begins at this thread's time."""
        begins = self.now()

        @functools.wraps(work)
        def carried(*args: Any, **kwargs: Any) -> Any:
            if get_ident() != self._hub.thread:
                self._place(begins)
            return work(*args, **kwargs)

        return carried

    def install(self) -> None:
        start, join = threading.Thread.start, threading.Thread.join
        future = concurrent.futures.Future
        set_result, set_exception = future.set_result, future.set_exception
        result, exception = future.result, future.exception

        def started(thread: threading.Thread) -> None:
            thread.__dict__[_POSITION] = self.now()
            start(thread)

        def joined(thread: threading.Thread, timeout: float | None = None) -> None:
            join(thread, timeout)
            if not thread.is_alive():
                self.catch_up(thread.__dict__.get(_POSITION))

        def stamped_result(self_: Any, value: Any) -> None:
            self_.__dict__[_POSITION] = self.now()
            set_result(self_, value)

        def stamped_exception(self_: Any, error: Any) -> None:
            self_.__dict__[_POSITION] = self.now()
            set_exception(self_, error)

        def waited_result(self_: Any, timeout: float | None = None) -> Any:
            try:
                return result(self_, timeout)
            finally:
                self.catch_up(self_.__dict__.get(_POSITION))

        def waited_exception(self_: Any, timeout: float | None = None) -> Any:
            try:
                return exception(self_, timeout)
            finally:
                self.catch_up(self_.__dict__.get(_POSITION))

        for name, replacement in (("start", started), ("join", joined)):
            self._replace(threading.Thread, name, replacement)
        for name, stand_in in (
            ("set_result", stamped_result),
            ("set_exception", stamped_exception),
            ("result", waited_result),
            ("exception", waited_exception),
        ):
            self._replace(future, name, stand_in)
        self._replace_submit()

    def _replace_submit(self) -> None:
        executor = concurrent.futures.ThreadPoolExecutor
        submit = executor.submit

        def submitted(self_: Any, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            return submit(self_, self.carry(work), *args, **kwargs)

        self._replace(executor, "submit", submitted)

    def _replace(self, owner: Any, name: str, replacement: Any) -> None:
        self._undo.append((owner, name, owner.__dict__[name]))
        setattr(owner, name, replacement)

    def uninstall(self) -> None:
        for owner, name, original in reversed(self._undo):
            setattr(owner, name, original)
        self._undo.clear()
