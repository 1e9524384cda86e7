"""Threads and waits of the standard library that stay in real time."""

from __future__ import annotations

import queue
from concurrent.futures import as_completed
from threading import Condition, Semaphore, Thread
from types import CodeType, FrameType
from typing import Any

# They count a timeout down by themselves, on the real clock, and wait again when they are woken early.
_COUNTING = frozenset(
    function.__code__
    for function in (queue.Queue.get, queue.Queue.put, Condition.wait_for, Semaphore.acquire, as_completed)
)
_STARTING = frozenset({Thread.start.__code__})

_HOSTS = frozenset({"multiprocessing", "pytest_timeout", "xdist", "execnet", "debugpy", "pydevd", "_pydevd_bundle"})


def counts_real_time(caller: FrameType | None) -> bool:
    """Whether a wait belongs to one of those that measure its timeout on the real clock."""
    return _is_below(_COUNTING, caller)


def is_a_start(caller: FrameType | None) -> bool:
    """Whether a wait is for a thread that begins."""
    return _is_below(_STARTING, caller)


def _is_below(codes: frozenset[CodeType], caller: FrameType | None) -> bool:
    above = caller and caller.f_back
    return (caller is not None and caller.f_code in codes) or (above is not None and above.f_code in codes)


def is_the_hosts(thread: Any) -> bool:
    """Whether a thread serves other processes or the test run, and so waits for what virtual time knows nothing of."""
    modules = (type(thread).__module__, str(getattr(getattr(thread, "_target", None), "__module__", "")))
    return any(each == "concurrent.futures.process" or each.partition(".")[0] in _HOSTS for each in modules)
