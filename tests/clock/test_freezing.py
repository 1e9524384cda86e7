from __future__ import annotations

import calendar
import copy
import datetime
import gc
import logging
import os
import pickle
import sys
import threading
import time
import uuid
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from freezegun import api, freeze_time

from pytest_lambda_modes.clock.freezing import Freezer
from pytest_lambda_modes.clock.host_modules import is_host, is_own
from pytest_lambda_modes.errors import ClockError

SECOND = 1_000_000
UTC = datetime.timezone.utc
START = datetime.datetime(2026, 1, 1, tzinfo=UTC)
START_SECONDS = calendar.timegm((2026, 1, 1, 0, 0, 0))

# What freezegun's own stop leaves behind.
LEFT_BY_FREEZEGUN = {("time", "clock"), ("uuid", "_last_timestamp")}

Start = Callable[..., Freezer]
Watch = Callable[[], Callable[[], set[Any]]]


def test_readers_move_only_with_the_clock(dial: Any, freeze: Start) -> None:
    """Every reader shows the virtual instant, and stands still until the clock moves."""
    freeze()
    assert time.time() == time.time() == START_SECONDS
    dial.now = 90 * SECOND + 250_000
    assert time.time() == START_SECONDS + 90.25
    assert time.time_ns() == START_SECONDS * 10**9 + 90_250_000_000
    assert datetime.datetime.now(UTC) == START + datetime.timedelta(seconds=90.25)
    assert datetime.datetime.now() == datetime.datetime(2026, 1, 1, 0, 1, 30, 250_000)
    assert datetime.datetime.now().timestamp() == time.time()
    assert datetime.date.today() == datetime.date(2026, 1, 1)
    assert time.gmtime()[:6] == time.localtime()[:6] == (2026, 1, 1, 0, 1, 30)
    assert time.strftime("%H:%M:%S %Z") == "00:01:30 UTC"
    assert time.ctime() == time.asctime() == "Thu Jan  1 00:01:30 2026"


@pytest.mark.parametrize("kind", ["monotonic", "perf_counter"])
def test_monotonic_readers_count_virtual_time(kind: str, dial: Any, freeze: Start) -> None:
    """Monotonic clocks advance with virtual time, exactly in nanoseconds, and do not begin near zero."""
    freeze()
    seconds, nanoseconds = getattr(time, kind), getattr(time, f"{kind}_ns")
    began, began_ns = seconds(), nanoseconds()
    dial.now = 100_001
    assert seconds() - began == pytest.approx(0.100001, abs=1e-10)
    assert nanoseconds() - began_ns == 100_001_000
    assert began > 3600


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no clock_gettime")
def test_clock_gettime_is_frozen_too(dial: Any, freeze: Start) -> None:
    """The wall clock and the monotonic clock of clock_gettime are virtual, that of the CPU is real."""
    freeze()
    dial.now = 1_500_000
    assert time.clock_gettime(time.CLOCK_REALTIME) == time.time() == START_SECONDS + 1.5
    assert time.clock_gettime_ns(time.CLOCK_REALTIME) == time.time_ns()
    assert time.clock_gettime(time.CLOCK_MONOTONIC) == time.monotonic()
    assert time.clock_gettime_ns(time.CLOCK_MONOTONIC) == time.monotonic_ns()
    assert time.clock_gettime_ns(time.CLOCK_PROCESS_CPUTIME_ID) < time.clock_gettime_ns(time.CLOCK_PROCESS_CPUTIME_ID)


@pytest.mark.parametrize("microsecond", [1, 43_000, 123_456, 999_999])
def test_nanoseconds_are_exact(microsecond: int, dial: Any, freeze: Start) -> None:
    """time_ns loses no digits to a float, as freezegun's own does."""
    freeze()
    dial.now = microsecond
    assert time.time_ns() == (START_SECONDS * SECOND + microsecond) * 1000


def test_each_read_asks_the_clock_once(dial: Any, freeze: Start) -> None:
    """A reader asks the clock exactly once, so that whoever counts reads counts right."""
    freeze()
    readers: list[Callable[[], object]] = [
        *(time.time, time.time_ns, time.monotonic, time.monotonic_ns, time.perf_counter, time.perf_counter_ns),
        *(time.localtime, time.gmtime, time.ctime, time.asctime, lambda: time.strftime("%S")),
        *(datetime.datetime.now, datetime.datetime.today, datetime.date.today, lambda: datetime.datetime.now(UTC)),
    ]
    for number, read in enumerate(readers, start=1):
        read()
        assert dial.reads == number, read


def test_threads_agree(dial: Any, freeze: Start) -> None:
    """A thread sees the same frozen time, although it runs below `threading`, even with another freeze on top."""
    freeze()
    dial.now = 5 * SECOND
    readers: list[Callable[[], object]] = [time.time, time.monotonic, datetime.datetime.now]

    def read_in_a_thread() -> list[object]:
        seen: list[object] = []
        thread = threading.Thread(target=lambda: seen.extend(read() for read in readers))
        thread.start()
        thread.join()
        return seen

    assert read_in_a_thread() == [read() for read in readers]
    with freeze_time("2020-02-02"):
        assert read_in_a_thread() == [read() for read in readers]


def test_logging_sees_frozen_time(dial: Any, freeze: Start) -> None:
    """Log records are stamped with virtual time, and formatted in UTC."""
    freeze()
    dial.now = 250_000
    record = logging.LogRecord("orders", logging.INFO, __file__, 1, "text", None, None)
    assert (record.created, record.msecs) == (pytest.approx(START_SECONDS + 0.25, abs=1e-6), 250)
    assert logging.Formatter("%(asctime)s").format(record) == "2026-01-01 00:00:00,250"


def test_ids_and_pickles_follow_the_freeze(freeze: Start) -> None:
    """Time-based UUIDs are made of virtual time, and a frozen datetime survives copying and pickling."""
    freeze()
    assert (uuid.uuid1().time - 0x01B21DD213814000) // 10**7 == START_SECONDS
    moment = datetime.datetime.now()
    assert copy.deepcopy(moment) == pickle.loads(pickle.dumps(moment)) == moment


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone cannot be changed here")
@pytest.mark.parametrize("replaced", ["never", "before", "during"])
def test_local_time_is_utc_on_any_machine(
    freeze: Start, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, replaced: str
) -> None:
    """Local time is UTC during the freeze, wherever the machine is, and the machine's own again afterwards.

    Also where the test gives os.environ another mapping.
    """
    environ, zone = os.environ, os.environ.get("TZ")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        if replaced == "before":
            monkeypatch.setattr(os, "environ", {})
        freezer = freeze()
        if replaced == "during":
            monkeypatch.setattr(os, "environ", {})
        assert time.localtime()[:5] == time.localtime(START_SECONDS)[:5] == (2026, 1, 1, 0, 0)
        assert time.mktime((2026, 1, 1, 0, 0, 0, 0, 1, 0)) == START_SECONDS
        assert datetime.datetime.now().astimezone().utcoffset() == datetime.timedelta(0)
        freezer.stop()
        assert environ["TZ"] == "Europe/Berlin"
        time.tzset()
        assert time.localtime(START_SECONDS)[:5] == (2026, 1, 1, 1, 0)
    finally:
        environ.pop("TZ") if zone is None else environ.update(TZ=zone)
        time.tzset()


def test_start_may_be_chosen(freeze: Start) -> None:
    """The virtual start is any aware datetime; `epoch` is the same instant in microseconds."""
    berlin = datetime.timezone(datetime.timedelta(hours=1))
    freezer = freeze(datetime.datetime(2031, 5, 5, 13, tzinfo=berlin))
    assert datetime.datetime.now(UTC) == datetime.datetime(2031, 5, 5, 12, tzinfo=UTC)
    assert freezer.epoch == freezer.wall() == time.time() * SECOND


def test_the_process_is_as_before_after_stop(freeze: Start, watch_process: Watch) -> None:
    """After stop, every global of every module, the picklers, the id counters and freezegun's stacks are as before."""
    uuid.getnode()
    changes = watch_process()
    freezer = freeze(replacements={time.sleep: lambda seconds: None})
    uuid.uuid1()
    assert {("time", "time"), ("time", "sleep"), ("datetime", "datetime"), ("uuid", "_last_timestamp")} <= changes()
    freezer.stop()
    assert changes() == set()


def test_stopping_twice_does_nothing(freeze: Start) -> None:
    """A second stop leaves alone what somebody else has started since."""
    freezer = freeze()
    freezer.stop()
    with freeze_time("2020-01-01"):
        freezer.stop()
        assert datetime.datetime.now() == datetime.datetime(2020, 1, 1)


@pytest.mark.parametrize("step", ["go_on_stack", "freeze_ids_and_pickles", "go_to_utc", "FrozenImports.install"])
def test_a_failed_start_leaves_nothing_patched(
    step: str, freeze: Start, monkeypatch: pytest.MonkeyPatch, watch_process: Watch
) -> None:
    """Whatever step of the start fails, all is as it was."""

    def fail(*_: object) -> None:
        raise KeyboardInterrupt(step)

    monkeypatch.setattr(f"pytest_lambda_modes.clock.freezing.{step}", fail)
    changes = watch_process()
    with pytest.raises(KeyboardInterrupt, match=step):
        freeze()
    assert changes() == set()


def test_a_start_that_fails_while_patching_leaves_nothing_patched(
    freeze: Start, make_module: Callable[[str, str], Any], watch_process: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error in the middle of the modules, such as Ctrl-C, leaves nothing patched either."""
    from pytest_lambda_modes.clock import patching

    make_module("interrupted", "from time import time")
    changes = watch_process()
    exchange, calls = patching.Exchange, iter([None, KeyboardInterrupt("half-way")])

    class Interrupted(exchange):
        def __call__(self) -> None:
            error = next(calls, None)
            if error:
                self._sites = self._sites[: len(self._sites) // 2]
            super().__call__()
            if error:
                raise error

    monkeypatch.setattr(patching, "Exchange", Interrupted)
    patching.patches_of.cache_clear()
    with pytest.raises(KeyboardInterrupt, match="half-way"):
        freeze()
    patching.patches_of.cache_clear()
    assert changes() == {("pytest_lambda_modes.clock.patching", "Exchange")} & changes()
    assert time.time is api.real_time


def test_readers_kept_beyond_the_freeze_are_real(freeze: Start) -> None:
    """A stand-in that outlives the freeze, as a default argument does, reads real time."""
    freezer = freeze()
    kept: list[Callable[[], float]] = [time.time, time.monotonic, time.perf_counter]
    kept_ns: list[Callable[[], int]] = [time.time_ns, time.monotonic_ns, time.perf_counter_ns]
    freezer.stop()
    assert [read() for read in kept] == pytest.approx([time.time(), time.monotonic(), time.perf_counter()], abs=1)
    assert [read() / 1e9 for read in kept_ns] == pytest.approx([read() for read in kept], abs=1)


def test_a_stopped_freezer_is_not_kept(freeze: Start, dial: Any) -> None:
    """What is remembered between freezes keeps no Freezer alive."""
    freezer = Freezer(dial.read, replacements={time.sleep: lambda seconds: None})
    kept = weakref.ref(freezer)
    freezer.start()
    freezer.stop()
    del freezer
    gc.collect()
    assert kept() is None


# Other freezes


def test_time_machine_is_refused(freeze: Start, watch_process: Watch) -> None:
    """While time-machine travels nothing is frozen; the error names the instant to start at instead."""
    time_machine: Any = pytest.importorskip("time_machine")
    with time_machine.travel("2024-02-29T12:00:00Z", tick=False):
        changes = watch_process()
        with pytest.raises(ClockError, match=r'lambda_modes\(start="2024-02-29T12:00:00Z"\)'):
            freeze()
        assert changes() == set()
    freeze()
    assert time.time() == START_SECONDS


def test_a_second_virtual_clock_is_refused(freeze: Start) -> None:
    """Time has one owner: a second Freezer does not start."""
    freeze()
    with pytest.raises(ClockError, match=r"on already \(it started at 2026-01-01T00:00:00Z\)"):
        freeze(datetime.datetime(2030, 1, 1, tzinfo=UTC))
    assert time.time() == START_SECONDS


def test_under_a_freeze_of_freezegun_time_begins_at_its_instant(dial: Any, freeze: Start, watch_process: Watch) -> None:
    """Already frozen by freezegun, virtual time begins there, drives that freeze's readers, and leaves it on."""
    real = time.sleep
    with freeze_time("2020-02-02 02:00:00"):
        changes = watch_process()
        freezer = freeze(replacements={real: lambda seconds: None})
        dial.now = 60 * SECOND
        assert datetime.datetime.now() == datetime.datetime(2020, 2, 2, 2, 1)
        assert time.localtime()[:5] == (2020, 2, 2, 2, 1)
        assert freezer.foreign() is None
        assert freezer.wall() == freezer.epoch + 60 * SECOND == time.time_ns() // 1000
        assert time.sleep is not real
        freezer.stop()
        assert datetime.datetime.now() == datetime.datetime(2020, 2, 2, 2, 0)
        # Modules that keep real time have it, where freezegun had taken it.
        assert [name for name, _ in changes() if not is_host(name) and not is_own(name)] == []
    assert (datetime.datetime, time.time, time.sleep) == (api.real_datetime, api.real_time, real)


def test_start_wins_over_the_instant_of_a_freeze(freeze: Start) -> None:
    """A start that was asked for is where virtual time begins, frozen already or not."""
    with freeze_time("2020-02-02"):
        freezer = freeze(START)
        assert datetime.datetime.now(UTC) == START
        freezer.stop()


def test_a_freeze_on_top_moves_along(dial: Any, freeze: Start) -> None:
    """A freeze that begins later, as `@freeze_time` on a test does, shows its own instant and moves with the clock."""
    freezer = freeze()
    with freeze_time("2020-02-02") as factory:
        assert freezer.foreign() is factory
        dial.now = 3 * SECOND
        freezer.moved(3 * SECOND)
        assert datetime.datetime.now() == datetime.datetime(2020, 2, 2, 0, 0, 3)
        assert freezer.wall() == time.time_ns() // 1000
    assert freezer.foreign() is None
    assert time.time() == START_SECONDS + 3


def test_without_a_freeze_on_top_nothing_is_moved(dial: Any, freeze: Start) -> None:
    """Our own readers ask the clock; telling them that it moved does not move them twice."""
    freezer = freeze()
    dial.now = SECOND
    freezer.moved(SECOND)
    assert time.time() == START_SECONDS + 1


def test_a_ticking_freeze_on_top_keeps_the_real_time_it_has_counted(freeze: Start) -> None:
    """Moving a ticking freeze along does not set it back."""
    freezer = freeze()
    with freeze_time("2020-02-02", tick=True):
        before = datetime.datetime.now()
        freezer.moved(SECOND)
        assert datetime.datetime.now() - before >= datetime.timedelta(seconds=1)


def test_stopped_below_a_freeze_that_stays(
    freeze: Start, make_module: Callable[[str, str], Any], watch_process: Watch
) -> None:
    """Stopped out of order, we take only our own entries: the other freeze stays on, and ends cleanly."""
    module = make_module("beneath", "from datetime import datetime")
    changes = watch_process()
    freezer, other = freeze(), freeze_time("2020-02-02")
    factory = other.start()
    freezer.stop()
    assert api.freeze_factories == [factory]
    assert datetime.datetime.now() == module.datetime.now() == datetime.datetime(2020, 2, 2)
    assert time.time() == calendar.timegm((2020, 2, 2, 0, 0, 0))
    other.stop()
    assert module.datetime is api.real_datetime
    assert changes() <= LEFT_BY_FREEZEGUN
    with freeze_time("2021-01-01"):
        assert module.datetime.now() == datetime.datetime(2021, 1, 1)
    assert module.datetime is api.real_datetime


def test_our_entry_was_taken_by_the_stop_of_another_freeze(
    freeze: Start, make_module: Callable[[str, str], Any], watch_process: Watch
) -> None:
    """A freeze below that stops first takes our entry off the stack; our stop then clears up for both."""
    module = make_module("popped", "from datetime import datetime\nfrom time import time")
    with freeze_time("2020-02-02"):
        pass  # It wakes lazy modules, which is not what is watched here.
    changes = watch_process()
    other = freeze_time("2020-02-02")
    other.start()
    freezer = freeze()
    other.stop()
    freezer.stop()
    assert (module.datetime, module.time) == (api.real_datetime, api.real_time)
    assert changes() <= LEFT_BY_FREEZEGUN
    with freeze_time("2021-01-01"):
        assert module.datetime.now() == datetime.datetime(2021, 1, 1)
