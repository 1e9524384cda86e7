"""`os._exit` and its like in a handler end the handler's process, not the one that runs the tests. (RT-20)"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from threading import get_ident
from typing import Any, NoReturn

from pytest_lambda_modes.clock.activity import Unwind
from pytest_lambda_modes.clock.hub import Hub

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

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._process = os.getpid()
        self._real: dict[str, Callable[..., Any]] = {}

    def install(self) -> None:
        real_exit, real_abort, real_kill = os._exit, os.abort, os.kill
        self._real = {"_exit": real_exit, "abort": real_abort, "kill": real_kill}

        def _exit(status: int) -> NoReturn:
            self._end(status & 0xFF)
            real_exit(status)

        def abort() -> NoReturn:
            self._end("aborted")
            real_abort()

        def kill(pid: int, signal_number: int, /) -> None:
            name = _SIGNAL_NAMES.get(signal_number)
            if pid == os.getpid() and name is not None and signal.getsignal(signal_number) == signal.SIG_DFL:
                self._end(name)
            real_kill(pid, signal_number)

        for function in (_exit, abort, kill):
            setattr(os, function.__name__, function)

    def uninstall(self) -> None:
        for name, function in self._real.items():
            setattr(os, name, function)
        self._real = {}

    def _end(self, status: int | str) -> None:
        activity = self._hub.activity
        # A process that the handler forked has the same thread and the same activity, and ends as any other.
        if activity is None or get_ident() != self._hub.thread or os.getpid() != self._process:
            return
        if activity.unwind is None:
            activity.unwind = "killed"
            activity.exit_status = status
        raise Unwind(activity.unwind)
