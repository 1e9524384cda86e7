"""`os._exit` and its like in a handler end the handler's process, not the one that runs the tests. (RT-20)"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from threading import get_ident
from typing import ClassVar, NoReturn

from pytest_lambda_modes.clock.activity import Unwind
from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.clock.stand_ins import Place, StandIns

# The signals that end a process, under the names that the platform reports.
_SIGNAL_NAMES = {
    getattr(signal, name): text
    for name, text in {
        "SIGKILL": "killed",
        "SIGTERM": "terminated",
        "SIGABRT": "aborted",
        "SIGSEGV": "segmentation fault",
    }.items()
    if hasattr(signal, name)
}


class ProcessExit:
    """Stands in for the calls that end a process, while a handler runs. Elsewhere they do what they always do."""

    installed: ClassVar[ProcessExit | None] = None

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._process = os.getpid()

    def install(self) -> None:
        ProcessExit.installed = self
        _CALLS.install()

    def uninstall(self) -> None:
        _CALLS.uninstall()
        ProcessExit.installed = None

    def sweep(self) -> None:
        _CALLS.sweep()

    def end(self, status: int | str) -> None:
        """Take the handler that runs, if one does, off its stack."""
        activity = self._hub.activity
        # A process that the handler forked has the same thread and the same activity, and ends as any other.
        if activity is None or get_ident() != self._hub.thread or os.getpid() != self._process:
            return
        if activity.unwind is None:
            activity.unwind = "killed"
            activity.exit_status = status
        raise Unwind(activity.unwind)


def _end(status: int | str) -> None:
    if ProcessExit.installed is not None:
        ProcessExit.installed.end(status)


def _exit(real: Callable[[int], NoReturn]) -> Callable[[int], NoReturn]:
    def _exit(status: int) -> NoReturn:
        _end(status & 0xFF)
        real(status)

    return _exit


def _abort(real: Callable[[], NoReturn]) -> Callable[[], NoReturn]:
    def abort() -> NoReturn:
        _end("aborted")
        real()

    return abort


def _kill(real: Callable[[int, int], None]) -> Callable[[int, int], None]:
    def kill(pid: int, signal_number: int, /) -> None:
        name = _SIGNAL_NAMES.get(signal_number)
        if pid == os.getpid() and name is not None and signal.getsignal(signal_number) == signal.SIG_DFL:
            _end(name)
        real(pid, signal_number)

    return kill


_CALLS = StandIns(Place(os, "_exit", _exit), Place(os, "abort", _abort), Place(os, "kill", _kill))
