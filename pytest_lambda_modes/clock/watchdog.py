"""The guard over real time: user code that runs too long without waiting is taken off its stack, with a report.

It counts looks, so it reads no clock, and no frozen one can fool it. It interrupts a thread as Ctrl-C does, also where
Ctrl-C is ignored (a shell's background job), and never touches the alarm signal or faulthandler's timer: pytest-timeout
works beside it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from _thread import allocate_lock, interrupt_main, start_new_thread
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Protocol

from pytest_lambda_modes.clock.stuck_report import is_in_a_debugger, stuck_report
from pytest_lambda_modes.errors import StuckHandlerError

# Looks within one limit. A stretch is noticed up to one look late.
_LOOKS = 10

# Seconds after an interruption that did not help, until the next one.
_GRACE = 0.2


class Watched(Protocol):
    """Whose thread is guarded: the hub.

    `activity` is None while no user code runs. `stretch` is another number after every wait and every switch.
    """

    @property
    def thread(self) -> int: ...
    @property
    def stretch(self) -> int: ...
    @property
    def activity(self) -> object | None: ...
    def suspended_stacks(self) -> Mapping[str, FrameType | None]: ...


class HandlerInterrupted(BaseException):
    """Raised in user code that counts as stuck. Whoever called it asks `Watchdog.fired`, and raises `error()`."""


class Watchdog:
    """Guards one hub, from `start` to `stop`. `describe` says who is running, for the report.

    When one stretch of user code has run for `limit` seconds, `fired` becomes true and the code is interrupted: by a
    HandlerInterrupted, and if that does not get through (it is blocked in C, or catches everything) by a
    KeyboardInterrupt, in turn until it gives way. Windows cannot interrupt a lock.
    """

    def __init__(self, watched: Watched, limit: float, describe: Callable[[], str]) -> None:
        self.limit = limit
        self.fired = False
        self.report = ""
        self._watched = watched
        self._describe = describe
        self._stretch = -1
        self._age = 0.0
        self._interruptions = 0
        self._ignored: signal.Handlers | None = None

    @property
    def patience(self) -> float:
        """Seconds until the next look."""
        return _GRACE if self._interruptions else self.limit / _LOOKS

    def start(self) -> None:
        if threading.get_ident() == self._watched.thread == threading.main_thread().ident:
            self._ignored = _listen_to_ctrl_c()
        _guard.add(self)

    def stop(self) -> None:
        _guard.remove(self)
        if self._ignored is not None and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._ignored)
        self._ignored = None

    def error(self) -> StuckHandlerError:
        """What to raise in place of the interruption. It is then over: a later Ctrl-C is one again."""
        self.fired = False
        return StuckHandlerError(self.report)

    def look(self, passed: float) -> None:
        """Called by the guard, `passed` seconds after the look before."""
        watched = self._watched
        if watched.activity is None or watched.stretch != self._stretch:
            self._begin_anew()
            return
        self._age += passed
        if self._age < self.limit - self.limit / _LOOKS / 2:
            return
        frame = sys._current_frames().get(watched.thread)
        if frame is None or is_in_a_debugger(frame):
            self._begin_anew()
        else:
            self._interrupt(frame)

    def _begin_anew(self) -> None:
        self._stretch = self._watched.stretch
        self._age = 0.0
        self._interruptions = 0

    def _interrupt(self, frame: FrameType) -> None:
        if not self._interruptions:
            self.report = self._written_report(frame)
        if self._watched.stretch != self._stretch:
            # It moved on while the report was written.
            return
        self.fired = True
        self._interruptions += 1
        if self._interruptions % 2:
            _raise_in_thread(self._watched.thread, HandlerInterrupted)
        elif self._watched.thread == threading.main_thread().ident and callable(signal.getsignal(signal.SIGINT)):
            # Only one of the two may be on its way.
            _raise_in_thread(self._watched.thread, None)
            _interrupt_like_ctrl_c(self._watched.thread)

    def _written_report(self, frame: FrameType) -> str:
        try:
            return stuck_report(self._describe(), self.limit, frame, self._watched.suspended_stacks())
        except Exception as failure:
            # This thread has nobody to tell.
            return f"User code ran {self.limit:g} s of real time without waiting. Its report failed: {failure!r}"


def _raise_in_thread(thread: int, error: type[BaseException] | None) -> None:
    """Have the interpreter raise it between two of the thread's bytecodes; None takes back what is not raised yet."""
    import ctypes  # 5 ms that only a stuck handler costs

    target = ctypes.c_ulong(thread)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(target, None if error is None else ctypes.py_object(error))


def _listen_to_ctrl_c() -> signal.Handlers | None:
    """Have Ctrl-C raise KeyboardInterrupt if it is ignored, which is what is returned then.

    A shell starts its background jobs so. Nothing else gets through to code that is blocked in C.
    """
    answer = signal.getsignal(signal.SIGINT)
    if not isinstance(answer, signal.Handlers):
        return None
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return answer


def _interrupt_like_ctrl_c(thread: int) -> None:
    if sys.platform == "win32":
        interrupt_main()
    else:
        signal.pthread_kill(thread, signal.SIGINT)


class _Guard:
    """The thread that looks, one for all watchdogs of the process.

    It ends when it finds none, so a suite of quick tests starts one every few seconds and not one for each test. It is
    no `threading.Thread`: handlers that join every thread they can see would wait for it.
    """

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._bell = allocate_lock()
        self._bell.acquire()
        self._watchdogs: list[Watchdog] = []
        self._alive = False
        self._patience = 0.0

    def add(self, watchdog: Watchdog) -> None:
        with self._lock:
            self._watchdogs.append(watchdog)
            if not self._alive:
                self._alive = True
                start_new_thread(self._look_around, ())
            elif watchdog.patience < self._patience and self._bell.locked():
                self._bell.release()

    def remove(self, watchdog: Watchdog) -> None:
        with self._lock:
            if watchdog in self._watchdogs:
                self._watchdogs.remove(watchdog)

    def _look_around(self) -> None:
        while True:
            with self._lock:
                watchdogs = list(self._watchdogs)
                if not watchdogs:
                    self._alive = False
                    return
                self._patience = min(watchdog.patience for watchdog in watchdogs)
            rung = self._bell.acquire(True, self._patience)
            for watchdog in watchdogs:
                watchdog.look(0.0 if rung else self._patience)


def _begin_without_a_thread() -> None:
    """A forked process has the memory of the guard, and not its thread."""
    global _guard
    _guard = _Guard()


_guard = _Guard()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_without_a_thread)
