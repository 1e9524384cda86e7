"""Threads that stay in real time, and the one wait that does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from threading import Thread
from types import FrameType

_START = Thread.start.__code__

# They watch the test run, or carry its reports. None of them does anything for the code under test.
_WATCHERS = frozenset({"pytest_timeout", "xdist", "execnet", "debugpy", "pydevd", "_pydevd_bundle"})
_PROCESSES = "multiprocessing"


def is_a_start(caller: FrameType) -> bool:
    """Whether a wait is for a thread that begins."""
    above = caller.f_back
    return caller.f_code is _START or (above is not None and above.f_code is _START)


def is_the_hosts(thread: Thread) -> bool:
    """Whether a thread serves other processes or the test run, and so waits for what virtual time knows nothing of."""
    return _watches(thread) or any(
        each == "concurrent.futures.process" or each.partition(".")[0] == _PROCESSES for each in _modules(thread)
    )


def others_run(is_known: Callable[[Thread], bool]) -> bool:
    """Whether another thread runs that may have to do with the code under test, and is not known."""
    me = threading.current_thread()
    return any(not (thread is me or is_known(thread) or _watches(thread)) for thread in threading.enumerate())


def _watches(thread: Thread) -> bool:
    return any(each.partition(".")[0] in _WATCHERS for each in _modules(thread))


def _modules(thread: Thread) -> list[str]:
    """Where a thread and its work come from. A `Timer` has its own name for the work."""
    works = (getattr(thread, name, None) for name in ("_target", "function"))
    return [type(thread).__module__, *(str(getattr(work, "__module__", "")) for work in works)]
