"""The process's time zone: UTC while time is virtual, so that every machine agrees."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_UTC = ("UTC", "UTC")


@contextmanager
def in_utc() -> Iterator[None]:
    """`time.localtime(t)`, `time.mktime`, `time.tzname` and naive datetimes' `timestamp` follow the TZ variable.

    Costs nothing on a machine that is on UTC. Windows cannot change its zone at run time.
    """
    if sys.platform == "win32" or time.tzname == _UTC:
        yield
        return
    zone = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        yield
    finally:
        if zone is None:
            os.environ.pop("TZ", None)
        else:
            os.environ["TZ"] = zone
        time.tzset()
