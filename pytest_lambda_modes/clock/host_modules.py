"""The modules that keep real time while the rest is frozen, because what they wait for is real."""

from __future__ import annotations

import time
from collections.abc import Collection
from types import ModuleType

from pytest_lambda_modes.clock import readers

# Packages whose waits end in C, or that time or debug the test run itself. On a frozen clock their timeouts would never
# come, `--durations` would report half a century, and a debugger's polling would move virtual time.
HOST_MODULES = frozenset(
    {
        *("threading", "queue", "concurrent", "subprocess", "selectors", "multiprocessing", "socket", "socketserver"),
        *("ssl", "asyncio", "faulthandler", "trio"),
        *("_pytest", "pluggy", "xdist", "execnet", "pytest_timeout", "pytest_cov", "coverage", "pytest_benchmark"),
        *("hypothesis", "time_machine"),
        *("debugpy", "pydevd", "_pydevd_bundle", "_pydev_bundle", "_pydevd_frame_eval", "_pydevd_sys_monitoring"),
    }
)

_OWN = frozenset({"freezegun", __name__.partition(".")[0]})


def is_host(name: str, more: Collection[str] = ()) -> bool:
    """Whether a module keeps real time. `more` names further modules or packages, dotted or not."""
    return name.partition(".")[0] in HOST_MODULES or any(name == each or name.startswith(f"{each}.") for each in more)


def is_own(name: str) -> bool:
    """Whether a module is of those that freeze: they hold real readers on purpose, and stand-ins under their names."""
    return name.partition(".")[0] in _OWN


def is_library(file: object) -> bool:
    """Whether a module's file is that of an installed library, rather than of the project under test."""
    return isinstance(file, str) and ("site-packages" in file or "dist-packages" in file)


def _real_time_module() -> ModuleType:
    stand_in = ModuleType("time", time.__doc__)
    stand_in.__dict__.update(time.__dict__)
    # A freeze of freezegun's own may be on already.
    stand_in.__dict__.update((real.__name__, real) for real in readers.FUNCTIONS)
    return stand_in


# What host modules have for `time` during a freeze.
REAL_TIME = _real_time_module()
