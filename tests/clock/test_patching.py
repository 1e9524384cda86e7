from __future__ import annotations

import datetime
import importlib
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from freezegun import api

from pytest_lambda_modes.clock import patch_sites
from pytest_lambda_modes.clock.freezing import Freezer

START_SECONDS = 1_767_225_600
START = datetime.datetime(2026, 1, 1)

Start = Callable[..., Freezer]
Make = Callable[[str, str], Any]


def test_names_imported_from_time_are_frozen(freeze: Start, make_module: Make) -> None:
    """A module that did `from time import ...` or `from datetime import ...` reads virtual time under those names."""
    module = make_module(
        "early",
        "from time import time, monotonic as tick\nfrom datetime import datetime as dt, date\nimport time as t",
    )
    before = dict(module.__dict__)
    freezer = freeze()
    assert (module.time(), module.t.time(), module.tick()) == (START_SECONDS, START_SECONDS, time.monotonic())
    assert (module.dt.now(), module.date.today()) == (START, START.date())
    freezer.stop()
    assert module.__dict__ == before


def test_replacements_reach_every_module(freeze: Start, make_module: Make) -> None:
    """Further objects, such as time.sleep, are replaced in `time` itself and under every name they were imported to."""
    module = make_module("sleepy", "from time import sleep as pause\nimport time")
    real = time.sleep
    naps: list[float] = []
    for _ in range(2):
        freezer = freeze(replacements={real: lambda seconds: naps.append(seconds)})
        module.pause(30)
        module.time.sleep(40)
        freezer.stop()
        assert module.pause is module.time.sleep is real
    assert naps == [30, 40, 30, 40]


def test_modules_imported_during_the_freeze_get_the_real_things_back(
    freeze: Start, write_module: Callable[..., None]
) -> None:
    """What a module imported during the freeze took from `time` and `datetime` is virtual already in its body, real
    after the freeze, and virtual again in the next."""
    write_module(
        "late", "from time import time, sleep\nfrom datetime import datetime\nIMPORTED = datetime.now(), time()"
    )
    freezer = freeze(replacements={time.sleep: lambda seconds: None})
    late: Any = importlib.import_module("late")
    assert (late.datetime.now(), late.time()) == late.IMPORTED == (START, START_SECONDS)
    freezer.stop()
    assert (late.time, late.sleep, late.datetime) == (api.real_time, time.sleep, api.real_datetime)
    freeze()
    assert (late.datetime.now(), late.time()) == (START, START_SECONDS)


def test_a_module_that_left_during_the_freeze_is_restored(
    freeze: Start, make_module: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module that was taken out of sys.modules meanwhile, but lives on, gets the real things back as well."""
    module = make_module("leaving", "from time import time")
    freezer = freeze()
    monkeypatch.delitem(sys.modules, "leaving")
    assert module.time() == START_SECONDS
    freezer.stop()
    assert module.time is api.real_time


def test_a_module_that_replaces_another_is_patched(
    freeze: Start, make_module: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another module under a name that is known, as after a purge by pytester, is looked at anew."""
    for _ in range(2):
        module = make_module("purged", "from time import time")
        freezer = freeze()
        assert module.time() == START_SECONDS
        freezer.stop()


def test_a_name_bound_during_the_freeze_is_restored(freeze: Start, make_module: Make) -> None:
    """A global that an old module got during the freeze is real afterwards."""
    module = make_module("growing", "def grow():\n    global now\n    from time import time as now")
    freezer = freeze()
    module.grow()
    assert module.now() == START_SECONDS
    freezer.stop()
    assert module.now is api.real_time


def test_a_name_bound_between_freezes_is_frozen(freeze: Start, make_module: Make) -> None:
    """A global that an old module got since the last freeze is found, though no module is new."""
    module = make_module("grown", "")
    freeze().stop()
    module.now = time.time
    freeze()
    assert module.now() == START_SECONDS


@pytest.mark.parametrize("file", ["/home/me/replaced.py", "/lib/site-packages/replaced.py"])
def test_a_module_in_the_place_of_another_is_patched(
    freeze: Start, make_module: Make, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    """One that takes over the entry in sys.modules, so that their number and their order stay."""
    freeze().stop()
    for _ in range(2):
        make_module("replaced", "from time import time").__file__ = file
        make_module("last", "")
        freeze().stop()
        another: Any = ModuleType("replaced")
        exec("from time import time", another.__dict__)
        monkeypatch.setitem(sys.modules, "replaced", another)
        freezer = freeze()
        assert another.time() == START_SECONDS
        freezer.stop()
        assert another.time is api.real_time


def test_a_module_that_is_new_while_another_leaves_is_patched(
    freeze: Start, make_module: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their number stays, also if the one that leaves is a library's."""
    make_module("library", "")
    library: Any = sys.modules["library"]
    library.__file__ = "/lib/site-packages/library.py"
    freeze().stop()
    monkeypatch.delitem(sys.modules, "library")
    module = make_module("arrived", "from time import time")
    freezer = freeze()
    assert module.time() == START_SECONDS
    freezer.stop()
    assert module.time is api.real_time


def test_new_names_in_a_library_are_found_with_the_next_module(freeze: Start, make_module: Make) -> None:
    """Installed libraries are not looked at each time: there are a thousand of them, and they bind no such names."""
    library = make_module("library", "from time import time")
    library.__file__ = "/lib/site-packages/library.py"
    freezer = freeze()
    assert library.time() == START_SECONDS
    freezer.stop()
    library.now = library.time
    make_module("another", "")
    freezer = freeze()
    assert library.now() == START_SECONDS
    freezer.stop()
    assert library.now is library.time is api.real_time


def test_a_reloaded_module_is_patched_again(freeze: Start, write_module: Callable[..., None]) -> None:
    """Reloading a module, which leaves the number of its globals, ends neither in a freeze with real readers nor in
    stand-ins after it."""
    write_module("reloaded", "from time import time")
    module: Any = importlib.import_module("reloaded")
    for _ in range(2):
        freezer = freeze()
        importlib.reload(module)
        assert module.time() == START_SECONDS
        freezer.stop()
        assert module.time is api.real_time
        importlib.reload(module)


def test_what_the_user_replaced_stays(freeze: Start, make_module: Make) -> None:
    """A name that holds something else than our stand-in at the end, or than the real thing at the start, is left."""
    module = make_module("patched", "from time import time, monotonic")
    mine: Callable[[], float] = lambda: 1.0  # noqa: E731
    also_mine: Callable[[], float] = lambda: 2.0  # noqa: E731
    module.monotonic = also_mine
    freezer = freeze()
    assert module.monotonic is also_mine
    module.time = mine
    freezer.stop()
    assert (module.time, module.monotonic) == (mine, also_mine)


def test_stand_ins_imported_on_purpose_stay(freeze: Start, make_module: Make) -> None:
    """A module that imported freezegun's classes under their own names keeps them."""
    module = make_module("purposeful", "from freezegun.api import FakeDatetime, fake_time")
    freeze().stop()
    assert (module.FakeDatetime, module.fake_time) == (api.FakeDatetime, api.fake_time)


def test_no_module_is_woken(freeze: Start, make_module: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lazy modules are not asked for attributes, and objects that are hardly modules do no harm."""
    woken: list[str] = []
    lazy = make_module("lazy", "__all__ = ['Later']\nfrom time import time")
    lazy.__getattr__ = woken.append
    lazy.__dir__ = lambda: woken.append("dir")

    class Hostile(ModuleType):
        def __getattribute__(self, name: str) -> object:
            raise RuntimeError(name)

        def __eq__(self, other: object) -> bool:
            raise RuntimeError("equal?")

        __hash__ = None  # type: ignore[assignment]

    for _ in range(2):
        for number, odd in enumerate((Hostile("odd"), None, object(), 5, int)):
            monkeypatch.setitem(sys.modules, f"odd{number}", odd)  # type: ignore[arg-type]
        freezer = freeze()
        assert lazy.time() == START_SECONDS
        freezer.stop()
    assert woken == []


def test_once_the_modules_are_known_none_is_searched(freeze: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A freeze looks through the globals of modules that are new or changed, and of no others."""
    searched: list[object] = []
    search = patch_sites.sites_in

    def recorded(namespace: dict[str, Any], wanted: set[int]) -> list[Any]:
        searched.append(namespace.get("__name__"))
        return search(namespace, wanted)

    freeze().stop()
    monkeypatch.setattr(patch_sites, "sites_in", recorded)
    freeze().stop()
    monkeypatch.setitem(sys.modules, "novel", ModuleType("novel"))
    freeze().stop()
    assert searched == ["novel"]
