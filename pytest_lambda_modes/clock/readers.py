"""The stand-ins for everything that reads time, and the tables of what stands in for what.

freezegun's own functions convert through `struct_time` and cost forty times the real ones. These do the arithmetic
directly, are exact in the last digit of nanoseconds, and give `struct_time`s that know their zone. The classes are
freezegun's. All of them ask the top of freezegun's stack, so they also obey a freeze somebody else put there.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from typing import Any

from freezegun import api

_factories = api.freeze_factories
_EPOCH = api.real_datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)

# Monotonic clocks count from a day before the virtual start. Small numbers keep differences exact to well below a
# microsecond, and code that starts with `last = 0.0` finds itself long overdue, as it does on a real machine.
UPTIME_AT_START = timedelta(days=1)
_boot = _EPOCH

_real_ctime = time.ctime
_real_asctime = time.asctime
# Without tzset (Windows) the process cannot be given UTC as its zone, so its local time is replaced outright.
_local = api.real_localtime if hasattr(time, "tzset") else api.real_gmtime


def start_monotonic_clocks(start: api.real_datetime) -> None:
    """Have the monotonic clocks read `UPTIME_AT_START` at `start` (naive, UTC)."""
    global _boot
    _boot = start - UPTIME_AT_START


# A stand-in can outlive its freeze, as a default argument of a module imported meanwhile. It reads real time then.


def fake_time() -> float:
    return (_factories[-1]() - _EPOCH).total_seconds() if _factories else api.real_time()


def fake_time_ns() -> int:
    return (_factories[-1]() - _EPOCH) // _MICROSECOND * 1000 if _factories else api.real_time_ns()


def fake_monotonic() -> float:
    return (_factories[-1]() - _boot).total_seconds() if _factories else api.real_monotonic()


def fake_monotonic_ns() -> int:
    return (_factories[-1]() - _boot) // _MICROSECOND * 1000 if _factories else api.real_monotonic_ns()


def fake_perf_counter() -> float:
    return fake_monotonic() if _factories else api.real_perf_counter()


def fake_perf_counter_ns() -> int:
    return fake_monotonic_ns() if _factories else api.real_perf_counter_ns()


def fake_localtime(seconds: float | None = None, /) -> time.struct_time:
    return _local(fake_time() if seconds is None else seconds)


def fake_gmtime(seconds: float | None = None, /) -> time.struct_time:
    return api.real_gmtime(fake_time() if seconds is None else seconds)


_TimeTuple = tuple[int, int, int, int, int, int, int, int, int]


def fake_strftime(format: str, time_tuple: time.struct_time | _TimeTuple | None = None, /) -> str:
    return api.real_strftime(format, fake_localtime() if time_tuple is None else time_tuple)


def fake_asctime(time_tuple: time.struct_time | _TimeTuple | None = None, /) -> str:
    return _real_asctime(fake_localtime() if time_tuple is None else time_tuple)


def fake_ctime(seconds: float | None = None, /) -> str:
    return _real_asctime(fake_localtime(seconds))


CLASSES: dict[Any, Any] = {api.real_datetime: api.FakeDatetime, api.real_date: api.FakeDate}

FUNCTIONS: dict[Any, Any] = {
    api.real_time: fake_time,
    api.real_time_ns: fake_time_ns,
    api.real_monotonic: fake_monotonic,
    api.real_monotonic_ns: fake_monotonic_ns,
    api.real_perf_counter: fake_perf_counter,
    api.real_perf_counter_ns: fake_perf_counter_ns,
    api.real_localtime: fake_localtime,
    api.real_gmtime: fake_gmtime,
    api.real_strftime: fake_strftime,
}

# What a freeze of freezegun's own replaces all of the above with.
FREEZEGUN_FUNCTIONS: dict[Any, Any] = {
    api.real_time: api.fake_time,
    api.real_time_ns: api.fake_time_ns,
    api.real_monotonic: api.fake_monotonic,
    api.real_monotonic_ns: api.fake_monotonic_ns,
    api.real_perf_counter: api.fake_perf_counter,
    api.real_perf_counter_ns: api.fake_perf_counter_ns,
    api.real_localtime: api.fake_localtime,
    api.real_gmtime: api.fake_gmtime,
    api.real_strftime: api.fake_strftime,
}

# What freezegun leaves real. Still real here: `os.times`, `time.process_time` and `time.thread_time`, which count CPU
# time, and CPU time costs no virtual time.
EXTRAS: dict[Any, Any] = {_real_ctime: fake_ctime, _real_asctime: fake_asctime}

if sys.platform != "win32":
    _real_clock_gettime = time.clock_gettime
    _real_clock_gettime_ns = time.clock_gettime_ns
    _MONOTONIC = {
        getattr(time, name)
        for name in ("CLOCK_MONOTONIC", "CLOCK_MONOTONIC_RAW", "CLOCK_BOOTTIME", "CLOCK_UPTIME", "CLOCK_UPTIME_RAW")
        if hasattr(time, name)
    }

    def fake_clock_gettime(clock: int, /) -> float:
        if clock == time.CLOCK_REALTIME:
            return fake_time()
        return fake_monotonic() if clock in _MONOTONIC else _real_clock_gettime(clock)

    def fake_clock_gettime_ns(clock: int, /) -> int:
        if clock == time.CLOCK_REALTIME:
            return fake_time_ns()
        return fake_monotonic_ns() if clock in _MONOTONIC else _real_clock_gettime_ns(clock)

    EXTRAS |= {_real_clock_gettime: fake_clock_gettime, _real_clock_gettime_ns: fake_clock_gettime_ns}

_TABLES = (CLASSES, FUNCTIONS, EXTRAS, FREEZEGUN_FUNCTIONS)
STAND_INS = [stand_in for table in _TABLES for stand_in in table.values()]
# From whatever stands in, by id, back to what is real.
REAL_BY_ID: dict[int, Any] = {id(stand_in): real for table in _TABLES for real, stand_in in table.items()}
