"""The process's time zone: UTC while time is virtual, so that every machine agrees."""

from __future__ import annotations

import os
import sys
import time
from functools import partial

from pytest_lambda_modes.clock.undoing import Undo

_UTC = ("UTC", "UTC")
# A test may put another mapping in its place, of which C knows nothing.
_environ = os.environ


def go_to_utc(undo: Undo) -> None:
    """`time.localtime(t)`, `time.mktime`, `time.tzname` and naive datetimes' `timestamp` follow the TZ variable.

    Costs nothing on a machine that is on UTC. Windows cannot change its zone at run time.
    """
    if sys.platform == "win32" or time.tzname == _UTC:
        return
    undo.add(partial(_set_zone, _environ.get("TZ")))
    _set_zone("UTC")


def _set_zone(zone: str | None) -> None:
    if zone is None:
        _environ.pop("TZ", None)
    else:
        _environ["TZ"] = zone
    time.tzset()
