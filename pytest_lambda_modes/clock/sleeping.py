"""`time.sleep` in virtual time, in the test's thread and in worker threads."""

from __future__ import annotations

import sys
import time
from operator import index
from threading import get_ident
from typing import SupportsIndex

from pytest_lambda_modes.clock.worker_threads import ThreadTime

__all__ = ["ThreadTime", "real_sleep", "virtual_sleep"]

real_sleep = time.sleep

# The longest that the real one takes, in seconds: its nanoseconds fit into 64 bits.
_LONGEST = (1 << 63) // 1_000_000_000


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
        seconds = float(seconds) if isinstance(seconds, float) else _whole(seconds)
    if not 0 <= seconds <= _LONGEST:
        _refuse(seconds)
    microseconds = round(seconds * 1_000_000) or int(seconds > 0)
    hub = threads.hub
    if get_ident() == hub.thread:
        hub.wait_until(hub.scheduler.now + microseconds)
    else:
        threads.sleep(microseconds)


def _whole(seconds: SupportsIndex) -> int:
    try:
        return index(seconds)
    except TypeError:
        if sys.version_info >= (3, 14):
            kind = type(seconds)
            name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
            raise TypeError(f"'{name}' object cannot be interpreted as an integer or float") from None
        raise


def _refuse(seconds: float) -> None:
    if seconds != seconds:
        raise ValueError("Invalid value NaN (not a number)")
    if -_LONGEST <= seconds < 0:
        raise ValueError("sleep length must be non-negative")
    raise OverflowError("timestamp too large to convert to C PyTime_t")
