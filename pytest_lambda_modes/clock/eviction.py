"""Takes user code off its stack that swallows every exception: another one is raised at each further line of it.

Nothing less gets out of `while True: try: ... except BaseException: pass`. One exception that lands in the `except`
does, and one for each line gets out of any number of such loops.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from opcode import opmap
from threading import get_ident
from types import CodeType, FrameType

_PACKAGE = __name__.partition(".")[0]

# An `except` begins with it. What is raised there finds no exception that is being handled, and ends another one, which
# somebody below handles.
_BEGINS_TO_HANDLE = opmap.get("PUSH_EXC_INFO")

# What is left half-way in the standard library is never put in order: an event loop is not closed.
_STANDARD_LIBRARY = os.path.dirname(os.__file__)


class Eviction:
    """From `begin` to `end`, lines of user code in the calling thread raise what `error` makes.

    User code is what the boundary's frame has called, this package and the standard library left out. Needs Python
    3.12; before that it does nothing, and such code is left to the guard over real time.
    """

    def __init__(self, error: Callable[[], BaseException]) -> None:
        self._error = error
        self._thread = get_ident()
        self._boundary: FrameType | None = None
        self._tool: int | None = None

    def begin(self, boundary: FrameType) -> None:
        self._boundary = boundary
        if sys.version_info >= (3, 12):
            monitoring = sys.monitoring
            self._tool = next((tool for tool in range(6) if monitoring.get_tool(tool) is None), None)
            if self._tool is not None:
                monitoring.use_tool_id(self._tool, _PACKAGE)
                monitoring.register_callback(self._tool, monitoring.events.LINE, self._line)
                monitoring.set_events(self._tool, monitoring.events.LINE)

    def end(self) -> None:
        self._boundary = None
        if sys.version_info >= (3, 12) and self._tool is not None:
            sys.monitoring.set_events(self._tool, sys.monitoring.events.NO_EVENTS)
            sys.monitoring.free_tool_id(self._tool)
            self._tool = None

    def _line(self, code: CodeType, line: int) -> None:
        frame = sys._getframe(1)
        if get_ident() != self._thread or _is_of_the_standard_library(code) or _is_ours(frame):
            return
        if code.co_code[frame.f_lasti] == _BEGINS_TO_HANDLE:
            return
        caller: FrameType | None = frame
        while caller is not None:
            if caller is self._boundary:
                raise self._error()
            caller = caller.f_back


def boundary_above(outermost: CodeType) -> FrameType | None:
    """The frame of this package that called the user code running now. `outermost` is where all of it comes from."""
    frame: FrameType | None = sys._getframe(1)
    ours: FrameType | None = None
    while frame is not None:
        if not _is_ours(frame):
            ours = None
        elif ours is None:
            ours = frame
        if frame.f_code is outermost:
            break
        frame = frame.f_back
    return ours


def _is_ours(frame: FrameType | None) -> bool:
    return frame is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] == _PACKAGE


def _is_of_the_standard_library(code: CodeType) -> bool:
    file = code.co_filename
    return file.startswith("<frozen ") or (file.startswith(_STANDARD_LIBRARY) and "site-packages" not in file)
