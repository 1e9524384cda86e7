from __future__ import annotations

import datetime
import importlib
import importlib.util
import inspect
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from freezegun import api

from pytest_lambda_modes.clock.freezing import Freezer

START = datetime.datetime(2026, 1, 1)

Start = Callable[..., Freezer]
Write = Callable[..., None]


def test_a_library_is_loaded_with_the_real_classes(freeze: Start, write_module: Write) -> None:
    """What a library keeps of `datetime` and `time` while it loads is real, its globals are virtual all the same."""
    write_module(
        "installed",
        "import time\nfrom datetime import datetime\nfrom time import sleep\n"
        "TYPES = {datetime: 'timestamp'}\ndef nap(sleep=sleep): return sleep",
        folder="site-packages",
    )
    real, nap = time.sleep, lambda seconds: None
    freezer = freeze(replacements={real: nap})
    library: Any = importlib.import_module("installed")
    assert list(library.TYPES) == [api.real_datetime]
    assert library.nap() is real
    assert (library.datetime.now(), library.sleep) == (START, nap)
    freezer.stop()
    assert (library.datetime, library.sleep) == (api.real_datetime, real)


def test_a_library_takes_real_things_from_another(freeze: Start, write_module: Write) -> None:
    """What a library imports while it loads, even a module of the project, offers it the real things."""
    write_module("compat", "from datetime import datetime")
    write_module("based", "from compat import datetime\nTYPES = {datetime}", folder="site-packages")
    freeze()
    library: Any = importlib.import_module("based")
    assert list(library.TYPES) == [api.real_datetime]
    assert library.datetime.now() == sys.modules["compat"].datetime.now() == START


def test_virtual_time_is_back_after_a_library_that_fails(freeze: Start, write_module: Write) -> None:
    """An import that raises leaves `time` and `datetime` virtual."""
    write_module("broken", "raise RuntimeError('no')", folder="site-packages")
    freeze()
    frozen = (datetime.datetime, time.time)
    with pytest.raises(RuntimeError, match="no"):
        importlib.import_module("broken")
    assert (datetime.datetime, time.time) == frozen
    assert datetime.datetime.now() == START


def test_modules_look_as_always(freeze: Start, write_module: Write) -> None:
    """A module that was loaded during a freeze has its own loader, and its source can be found."""
    write_module("plain", "def source(): ...\n", folder="site-packages")
    freeze()
    spec = importlib.util.find_spec("plain")
    module: Any = importlib.import_module("plain")
    assert type(module.__loader__) is type(module.__spec__.loader) is importlib.machinery.SourceFileLoader
    assert inspect.getsource(module.source) == "def source(): ...\n"
    assert spec is not None
    assert spec.origin == module.__file__


def test_powertools_parser_loads_during_the_freeze() -> None:
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


def test_pydantic_models_may_be_defined_during_the_freeze(freeze: Start) -> None:
    """A model whose fields have the frozen classes as types is the same as one with the real ones."""
    pydantic: Any = pytest.importorskip("pydantic")
    freezer = freeze()
    order = pydantic.create_model("Order", placed=(datetime.datetime, ...), due=(datetime.date, ...))
    during = order(placed=datetime.datetime.now(), due="2026-01-02")
    freezer.stop()
    assert (during.placed, during.due) == (START, datetime.date(2026, 1, 2))
    assert order(placed="2026-01-01T00:00:00", due="2026-01-02") == during
