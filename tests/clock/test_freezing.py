from __future__ import annotations

import calendar
import copy
import copyreg
import datetime
import gc
import importlib
import logging
import os
import pickle
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import ModuleType
from typing import Any

import pytest
from freezegun import api, freeze_time

from pytest_lambda_modes.clock.freezing import Freezer
from pytest_lambda_modes.errors import ClockError

SECOND = 1_000_000
UTC = datetime.timezone.utc
START = datetime.datetime(2026, 1, 1, tzinfo=UTC)
START_SECONDS = calendar.timegm((2026, 1, 1, 0, 0, 0))


class Clock:
    """What a virtual clock is to a Freezer."""

    def __init__(self) -> None:
        self.now = 0
        self.reads = 0

    def read(self) -> int:
        self.reads += 1
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def freeze(clock: Clock) -> Iterator[Callable[..., Freezer]]:
    """Starts a Freezer, and has it stopped at the end of the test if it was not by then."""
    with ExitStack() as started:

        def start(*arguments: Any, **options: Any) -> Freezer:
            freezer = Freezer(clock.read, *arguments, **options)
            freezer.start()
            started.callback(freezer.stop)
            return freezer

        yield start


@pytest.fixture
def frozen(freeze: Callable[..., Freezer]) -> Freezer:
    return freeze()


@pytest.fixture
def make_module(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Makes a module from source and puts it into sys.modules for the length of the test."""

    def make(name: str, source: str) -> ModuleType:
        module = ModuleType(name)
        exec(source, module.__dict__)
        monkeypatch.setitem(sys.modules, name, module)
        return module

    return make


@pytest.fixture
def write_module(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Writes a module that can be imported for the length of the test, from the project or from `site-packages`."""
    before = set(sys.modules)

    def write(name: str, source: str, folder: str = "src") -> None:
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{name}.py").write_text(source)
        if str(tmp_path / folder) not in sys.path:
            monkeypatch.syspath_prepend(tmp_path / folder)
        importlib.invalidate_caches()

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


def freezegun(instant: str, **options: Any) -> Any:
    """A freeze of freezegun's own. Its start trips over Powertools' parser, which another test may have imported."""
    return freeze_time(instant, ignore=["aws_lambda_powertools"], **options)


def process_state() -> dict[Any, Any]:
    """All that a freeze could leave behind, by identity."""
    state: dict[Any, Any] = {
        (name, key): value
        for name, module in list(sys.modules.items())
        if not name.startswith(("pytest_lambda_modes.clock", "_pytest.", __name__))
        for key, value in list(object.__getattribute__(module, "__dict__").items())
    }
    state |= {("copyreg", kind): reduce for kind, reduce in copyreg.dispatch_table.items()}
    state |= {("environ", key): value for key, value in os.environ.items()}
    state |= {("meta_path", place): finder for place, finder in enumerate(sys.meta_path)}
    state |= {("freezegun", place): each for place, each in enumerate(api.freeze_factories)}
    state["others"] = (len(api.tz_offsets), len(api.ignore_lists), len(api.tick_flags))
    state["pydantic"] = hasattr(api.FakeDate, "__get_pydantic_core_schema__")
    return state


def changes(before: dict[Any, Any], after: dict[Any, Any]) -> list[Any]:
    return [
        key
        for key in before.keys() | after.keys()
        if before.get(key) is not after.get(key) and before.get(key) != after.get(key)
    ]


# Reading


def test_readers_move_only_with_the_clock(clock: Clock, frozen: Freezer) -> None:
    """Every reader shows the virtual instant, and stands still until the clock moves."""
    assert time.time() == time.time() == START_SECONDS
    clock.now = 90 * SECOND + 250_000
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
def test_monotonic_readers_count_virtual_time(kind: str, clock: Clock, frozen: Freezer) -> None:
    """Monotonic clocks advance with virtual time, exactly in nanoseconds, and are never near zero."""
    seconds, nanoseconds = getattr(time, kind), getattr(time, f"{kind}_ns")
    began, began_ns = seconds(), nanoseconds()
    clock.now = 100_001
    assert seconds() - began == pytest.approx(0.100001, abs=1e-10)
    assert nanoseconds() - began_ns == 100_001_000
    assert began > 3600


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no clock_gettime")
def test_clock_gettime_is_frozen_too(clock: Clock, frozen: Freezer) -> None:
    """The wall and the monotonic clock of clock_gettime are virtual, the CPU's is real."""
    clock.now = 1_500_000
    assert time.clock_gettime(time.CLOCK_REALTIME) == time.time() == START_SECONDS + 1.5
    assert time.clock_gettime_ns(time.CLOCK_REALTIME) == time.time_ns()
    assert time.clock_gettime(time.CLOCK_MONOTONIC) == time.monotonic()
    assert time.clock_gettime_ns(time.CLOCK_MONOTONIC) == time.monotonic_ns()
    assert time.clock_gettime_ns(time.CLOCK_PROCESS_CPUTIME_ID) == pytest.approx(time.process_time_ns(), rel=0.1)


@pytest.mark.parametrize("microsecond", [1, 43_000, 123_456, 999_999])
def test_nanoseconds_are_exact(microsecond: int, clock: Clock, frozen: Freezer) -> None:
    """time_ns does not lose digits to a float, as freezegun's own does."""
    clock.now = microsecond
    assert time.time_ns() == (START_SECONDS * SECOND + microsecond) * 1000


def test_each_read_asks_the_clock_once(clock: Clock, frozen: Freezer) -> None:
    """A reader asks the clock exactly once, so that whoever counts reads counts right."""
    every_reader: list[Callable[[], object]] = [
        *(time.time, time.time_ns, time.monotonic, time.monotonic_ns, time.perf_counter, time.perf_counter_ns),
        *(time.localtime, time.gmtime, time.ctime, time.asctime, lambda: time.strftime("%S")),
        *(datetime.datetime.now, datetime.datetime.today, datetime.date.today, lambda: datetime.datetime.now(UTC)),
    ]
    for number, read in enumerate(every_reader, start=1):
        read()
        assert clock.reads == number, read


def test_threads_agree(clock: Clock, frozen: Freezer) -> None:
    """A thread sees the same frozen time, although it runs below `threading`."""
    clock.now = 5 * SECOND
    seen: list[object] = []
    readers: list[Callable[[], object]] = [time.time, time.monotonic, datetime.datetime.now]
    thread = threading.Thread(target=lambda: seen.extend(read() for read in readers))
    thread.start()
    thread.join()
    assert seen == [read() for read in readers]


def test_logging_sees_frozen_time(clock: Clock, frozen: Freezer) -> None:
    """Log records are stamped with virtual time, to the millisecond, and formatted in UTC."""
    clock.now = 43_000
    record = logging.LogRecord("orders", logging.INFO, __file__, 1, "text", None, None)
    assert (record.created, record.msecs) == (START_SECONDS + 0.043, pytest.approx(43))
    assert logging.Formatter("%(asctime)s").format(record) == "2026-01-01 00:00:00,043"


def test_uuid1_and_pickles_follow_the_freeze(frozen: Freezer) -> None:
    """Time-based ids are made of virtual time, and a frozen datetime survives copying and pickling."""
    assert (uuid.uuid1().time - 0x01B21DD213814000) // 10**7 == START_SECONDS
    moment = datetime.datetime.now()
    assert copy.deepcopy(moment) == pickle.loads(pickle.dumps(moment)) == moment


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone cannot be changed here")
def test_local_time_is_utc_on_any_machine(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Local time is UTC during the freeze, wherever the machine is, and the machine's own again afterwards."""
    request.addfinalizer(time.tzset)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        freezer = freeze()
        try:
            assert time.localtime()[:5] == time.localtime(START_SECONDS)[:5] == (2026, 1, 1, 0, 0)
            assert time.mktime((2026, 1, 1, 0, 0, 0, 0, 1, 0)) == START_SECONDS
            assert datetime.datetime.now().astimezone().utcoffset() == datetime.timedelta(0)
        finally:
            freezer.stop()
        assert time.localtime(START_SECONDS)[:5] == (2026, 1, 1, 1, 0)
        assert os.environ["TZ"] == "Europe/Berlin"


def test_start_may_be_chosen(clock: Clock) -> None:
    """The virtual start is any aware datetime; `epoch` is the same instant in microseconds."""
    berlin = datetime.timezone(datetime.timedelta(hours=1))
    freezer = freeze(datetime.datetime(2031, 5, 5, 13, tzinfo=berlin))
    try:
        assert datetime.datetime.now(UTC) == datetime.datetime(2031, 5, 5, 12, tzinfo=UTC)
        assert freezer.epoch == freezer.wall() == time.time() * SECOND
    finally:
        freezer.stop()


# Modules


def test_names_imported_from_time_are_frozen(clock: Clock, make_module: Callable[..., Any]) -> None:
    """A module that did `from time import ...` or `from datetime import ...` reads virtual time under those names."""
    module = make_module(
        "early",
        "from time import time, monotonic as tick\nfrom datetime import datetime as dt, date\nimport time as t",
    )
    before = dict(module.__dict__)
    freezer = freeze()
    assert (module.time(), module.t.time(), module.tick()) == (START_SECONDS, START_SECONDS, time.monotonic())
    assert (module.dt.now(), module.date.today()) == (datetime.datetime(2026, 1, 1), datetime.date(2026, 1, 1))
    freezer.stop()
    assert module.__dict__ == before


def test_replacements_reach_every_module(clock: Clock, make_module: Callable[..., Any]) -> None:
    """Further objects, such as time.sleep, are replaced in `time` itself and under every name they were imported to."""
    module = make_module("sleepy", "from time import sleep as pause\nimport time")
    real, naps = time.sleep, []
    for _ in range(2):
        freezer = freeze(replacements={real: lambda seconds: naps.append(seconds)})
        module.pause(30)
        module.time.sleep(40)
        freezer.stop()
        assert module.pause is module.time.sleep is real
    assert naps == [30, 40, 30, 40]


def test_modules_imported_during_the_freeze_are_given_the_real_things_back(
    clock: Clock, write_module: Callable[..., None]
) -> None:
    """What a module imported during the freeze took from `time` and `datetime` is real afterwards, and frozen again
    in the next freeze."""
    write_module("late", "from time import time, sleep\nfrom datetime import datetime\nIMPORTED = datetime.now(), time()")
    freezer = freeze(replacements={time.sleep: lambda seconds: None})
    late: Any = importlib.import_module("late")
    assert (late.datetime.now(), late.time()) == late.IMPORTED == (datetime.datetime(2026, 1, 1), START_SECONDS)
    freezer.stop()
    assert (late.time, late.sleep, late.datetime) == (time.time, time.sleep, datetime.datetime)
    assert late.datetime is api.real_datetime
    again = freeze()
    assert late.datetime.now() == datetime.datetime(2026, 1, 1)
    again.stop()


def test_a_module_that_left_during_the_freeze_is_restored(
    clock: Clock, make_module: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module that was taken out of sys.modules meanwhile, but lives on, gets the real things back as well."""
    module = make_module("leaving", "from time import time")
    freezer = freeze()
    monkeypatch.delitem(sys.modules, "leaving")
    assert module.time() == START_SECONDS
    freezer.stop()
    assert module.time is api.real_time


def test_a_name_bound_during_the_freeze_is_restored(clock: Clock, make_module: Callable[..., Any]) -> None:
    """A global that an old module got during the freeze is real afterwards."""
    module = make_module("growing", "def grow():\n    global now\n    from time import time as now")
    freezer = freeze()
    module.grow()
    assert module.now() == START_SECONDS
    freezer.stop()
    assert module.now is api.real_time


def test_a_reloaded_module_is_patched_again(clock: Clock, write_module: Callable[..., None]) -> None:
    """Reloading a module, which keeps its globals' number, leaves neither real readers in a freeze nor fakes after."""
    write_module("reloaded", "from time import time")
    module: Any = importlib.import_module("reloaded")
    for _ in range(2):
        freezer = freeze()
        importlib.reload(module)
        assert module.time() == START_SECONDS
        freezer.stop()
        assert module.time is api.real_time
        importlib.reload(module)


def test_what_the_user_replaced_meanwhile_stays(clock: Clock, make_module: Callable[..., Any]) -> None:
    """A site that holds something else than our stand-in at the end, or than the real thing at the start, is left."""
    module = make_module("patched", "from time import time, monotonic")
    mine, also_mine = (lambda: 1.0), (lambda: 2.0)
    module.monotonic = also_mine
    freezer = freeze()
    assert module.monotonic is also_mine
    module.time = mine
    freezer.stop()
    assert (module.time, module.monotonic) == (mine, also_mine)


def test_no_module_is_woken(clock: Clock, make_module: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Lazy modules are not asked for attributes, and objects that are hardly modules do no harm."""
    woken: list[str] = []
    lazy = make_module("lazy", "__all__ = ['Later']\nfrom time import time")
    lazy.__getattr__ = woken.append
    lazy.__dir__ = lambda: woken.append("dir")

    class Hostile(ModuleType):
        def __getattribute__(self, name: str) -> object:
            raise RuntimeError(name)

        def __eq__(self, other: object) -> bool:
            raise RuntimeError("eq")

        __hash__ = None

    for number, odd in enumerate((Hostile("odd"), None, object(), 5, int)):
        monkeypatch.setitem(sys.modules, f"odd{number}", odd)
    for _ in range(2):
        freezer = freeze()
        assert lazy.time() == START_SECONDS
        freezer.stop()
        monkeypatch.setitem(sys.modules, "odd0", Hostile("odd"))
    assert woken == []


def test_powertools_parser_does_not_trip_the_start() -> None:
    """With Powertools' lazy parser imported the freeze starts, and the parser's models can be loaded during it.

    In a process of its own, since freezegun's own freezes fail in one where that parser is imported.
    """
    pytest.importorskip("aws_lambda_powertools")
    script = """if True:
        from aws_lambda_powertools.utilities import parser
        from pytest_lambda_modes.clock.freezing import Freezer
        freezer = Freezer(lambda: 0)
        freezer.start()
        print(parser.envelopes.SqsEnvelope.__name__)
        freezer.stop()
    """
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ran.stdout.strip(), ran.stderr) == ("SqsEnvelope", "")


def test_pydantic_models_may_be_defined_during_the_freeze(clock: Clock) -> None:
    """A model whose fields have the frozen classes as types is the same as one with the real ones."""
    pydantic: Any = pytest.importorskip("pydantic")
    freezer = freeze()
    try:
        order = pydantic.create_model("Order", placed=(datetime.datetime, ...), due=(datetime.date, ...))
        parsed = order(placed="2026-01-01T10:00:00Z", due="2026-01-02")
    finally:
        freezer.stop()
    assert (parsed.placed, parsed.due) == (
        datetime.datetime(2026, 1, 1, 10, tzinfo=UTC),
        datetime.date(2026, 1, 2),
    )
    assert order(placed=START, due="2026-01-02").placed == START


# Starting and stopping


def test_the_process_is_as_before_after_stop(clock: Clock) -> None:
    """After stop, every global of every module, the picklers, the id counters and freezegun's stacks are as before."""
    Freezer(clock.read)
    before = process_state()
    freezer = freeze(replacements={time.sleep: lambda seconds: None})
    uuid.uuid1()
    during = process_state()
    freezer.stop()
    assert changes(before, process_state()) == []
    assert {("time", "time"), ("time", "sleep"), ("datetime", "datetime")} <= set(changes(before, during))


def test_stop_twice_does_nothing(clock: Clock) -> None:
    """A second stop leaves alone what somebody else has started since."""
    freezer = freeze()
    freezer.stop()
    with freezegun("2020-01-01"):
        freezer.stop()
        assert datetime.datetime.now() == datetime.datetime(2020, 1, 1)


@pytest.mark.parametrize("step", ["on_stack", "frozen_ids_and_pickles", "in_utc"])
def test_a_failed_start_leaves_nothing_patched(step: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever step of the start fails, all is as it was."""

    def fail(*_: object) -> None:
        raise RuntimeError(step)

    monkeypatch.setattr(f"pytest_lambda_modes.clock.freezing.{step}", fail)
    before = process_state()
    with pytest.raises(RuntimeError, match=step):
        Freezer(clock.read).start()
    assert changes(before, process_state()) == []


def test_an_interrupted_patching_is_undone(clock: Clock, make_module: Callable[..., Any]) -> None:
    """An error in the middle of patching, such as Ctrl-C, leaves nothing patched either."""

    class Interrupting(dict[int, object]):
        def get(self, key: int, default: object = None) -> object:
            raise KeyboardInterrupt

    make_module("interrupted", "from time import time")
    before = process_state()
    freezer = Freezer(clock.read)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("pytest_lambda_modes.clock.patching.by_id", Interrupting)
        freezer.start()
    assert changes(before, process_state()) == []


def test_readers_kept_beyond_the_freeze_are_real(clock: Clock) -> None:
    """A stand-in that outlives the freeze, as a default argument does, reads real time."""
    freezer = freeze()
    kept = [time.time, time.time_ns, time.monotonic, time.perf_counter, time.monotonic_ns, time.perf_counter_ns]
    freezer.stop()
    for stand_in in kept:
        assert stand_in() == pytest.approx(getattr(time, stand_in.__name__.removeprefix("fake_"))(), abs=10**9, rel=1e-6)


def test_repeated_starts_scan_nothing(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the modules are known, a start looks through none of them."""
    scanned: list[object] = []
    for _ in range(2):
        freezer = freeze()
        freezer.stop()
        scanned.clear()
        monkeypatch.setattr(
            "pytest_lambda_modes.clock.patch_sites.sites_in", lambda namespace, wanted: scanned.append(namespace) or []
        )
    assert scanned == []


# Other freezes


def test_time_machine_is_refused(clock: Clock) -> None:
    """While time-machine travels nothing is frozen; the error names the instant to start at instead."""
    time_machine: Any = pytest.importorskip("time_machine")
    freezer = Freezer(clock.read)
    with time_machine.travel("2024-02-29T12:00:00Z", tick=False):
        before = process_state()
        with pytest.raises(ClockError, match=r'lambda_modes\(start="2024-02-29T12:00:00Z"\)'):
            freezer.start()
        assert changes(before, process_state()) == []
    freezer.start()
    freezer.stop()


def test_a_second_virtual_clock_is_refused(clock: Clock, frozen: Freezer) -> None:
    """Time has one owner: a second Freezer does not start."""
    with pytest.raises(ClockError, match=r"on already \(it started at 2026-01-01T00:00:00Z\)"):
        Freezer(clock.read).start()
    assert time.time() == START_SECONDS


def test_under_a_freeze_of_freezegun_time_begins_at_its_instant(clock: Clock) -> None:
    """Already frozen by freezegun, virtual time begins there, drives that freeze's readers, and leaves it on."""
    real = time.sleep
    with freezegun("2020-02-02 02:00:00"):
        before = process_state()
        freezer = freeze(replacements={real: lambda seconds: None})
        clock.now = 60 * SECOND
        assert datetime.datetime.now() == datetime.datetime(2020, 2, 2, 2, 1)
        assert time.localtime()[:5] == (2020, 2, 2, 2, 1)
        assert freezer.foreign() is None
        assert freezer.wall() == freezer.epoch + 60 * SECOND == time.time_ns() // 1000
        assert time.sleep is not real
        freezer.stop()
        assert datetime.datetime.now() == datetime.datetime(2020, 2, 2, 2, 0)
        assert changes(before, process_state()) == []
    assert (datetime.datetime, time.time, time.sleep) == (api.real_datetime, api.real_time, real)


def test_start_wins_over_the_instant_of_a_freeze(clock: Clock) -> None:
    """A start that was asked for is where virtual time begins, frozen already or not."""
    with freezegun("2020-02-02"):
        freezer = freeze(START)
        assert datetime.datetime.now(UTC) == START
        freezer.stop()


def test_a_freeze_on_top_moves_along(clock: Clock, frozen: Freezer) -> None:
    """A freeze that begins later, as `@freeze_time` on a test does, shows its own instant and moves with the clock."""
    with freezegun("2020-02-02") as factory:
        assert frozen.foreign() is factory
        clock.now = 3 * SECOND
        frozen.moved(3 * SECOND)
        assert datetime.datetime.now() == datetime.datetime(2020, 2, 2, 0, 0, 3)
        assert frozen.wall() == time.time_ns() // 1000
    assert frozen.foreign() is None
    assert time.time() == START_SECONDS + 3
    frozen.moved(3 * SECOND)
    assert time.time() == START_SECONDS + 3


def test_a_ticking_freeze_on_top_keeps_the_real_time_it_has_counted(frozen: Freezer) -> None:
    """Moving a ticking freeze along does not set it back."""
    with freezegun("2020-02-02", tick=True):
        before = datetime.datetime.now()
        frozen.moved(SECOND)
        assert datetime.datetime.now() - before >= datetime.timedelta(seconds=1)


def test_readers_in_threads_are_frozen_under_a_freeze_on_top(frozen: Freezer) -> None:
    """freezegun's inspection of the call stack is off as long as virtual time is on."""
    seen: list[float] = []
    with freezegun("2020-02-02"):
        thread = threading.Thread(target=lambda: seen.append(time.time()))
        thread.start()
        thread.join()
        assert seen == [time.time()]


def test_stopped_below_a_freeze_that_stays(clock: Clock, make_module: Callable[..., Any]) -> None:
    """Stopped out of order, we take only our own entries: the other freeze stays on, and ends cleanly."""
    module = make_module("beneath", "from datetime import datetime")
    before = process_state()
    freezer, other = Freezer(clock.read), freezegun("2020-02-02")
    freezer.start()
    factory = other.start()
    freezer.stop()
    assert api.freeze_factories == [factory]
    assert datetime.datetime.now() == datetime.datetime(2020, 2, 2)
    assert time.time() == calendar.timegm((2020, 2, 2, 0, 0, 0))
    other.stop()
    assert module.datetime is api.real_datetime
    # freezegun leaves a time.clock behind, and forgets the last id's time.
    assert set(changes(before, process_state())) <= {("time", "clock"), ("uuid", "_last_timestamp")}


def test_our_entry_was_taken_by_the_stop_of_another_freeze(clock: Clock, make_module: Callable[..., Any]) -> None:
    """A freeze below that stops first takes our entry off the stack; our stop then clears up for both."""
    module = make_module("popped", "from datetime import datetime\nfrom time import time")
    before = process_state()
    other, freezer = freezegun("2020-02-02"), Freezer(clock.read)
    other.start()
    freezer.start()
    other.stop()
    freezer.stop()
    assert (module.datetime, module.time) == (api.real_datetime, api.real_time)
    assert set(changes(before, process_state())) <= {("time", "clock"), ("uuid", "_last_timestamp")}
    with freezegun("2021-01-01"):
        assert module.datetime.now() == datetime.datetime(2021, 1, 1)


def test_everything_was_stopped_before_us(clock: Clock) -> None:
    """With freezegun's stacks empty by the time of our stop, it restores all the same."""
    before = process_state()
    freezer, other = Freezer(clock.read), freezegun("2020-02-02")
    freezer.start()
    other.start()
    other.stop()
    other.stop()
    freezer.stop()
    assert set(changes(before, process_state())) <= {("time", "clock"), ("uuid", "_last_timestamp")}


def test_a_freezer_can_be_collected(clock: Clock) -> None:
    """The registry that outlives a freeze keeps neither the freeze nor its clock alive."""
    freezer = freeze(replacements={time.sleep: clock.read})
    freezer.stop()
    del freezer
    gc.collect()
    assert not [each for each in gc.get_referrers(clock) if isinstance(each, Freezer)]
