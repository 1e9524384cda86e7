"""Everything in the process that belongs to whoever is running: output, variables, event loop, modules.

One place owns the exchange, for handlers on the caller's stack and for overlapping ones alike. It touches only what
differs, since it happens at every switch.
"""

from __future__ import annotations

import os
import sys
from typing import Any, ClassVar, Protocol

# A test may put another mapping in its place: `mock.patch("os.environ", {...})`.
_environ: Any = os.environ
_environb: Any = os.environb if os.supports_bytes_environ else None


class Modules(Protocol):
    """Modules of somebody's own, in `sys.modules` only while that one runs."""

    def install(self) -> object: ...

    def remove(self) -> object: ...


class Recorder(Protocol):
    """Who keeps what is written. `current` is where to, for whoever runs; `switch` changes it."""

    current: Any

    def switch(self, log: Any, /) -> object: ...


class HostState:
    """What one line of execution sees of the process. `exchange` swaps it with what is in place now.

    Exchanged twice, everything is as it was: while the owner runs, this object holds what it displaced.
    `variables` is the encoded dict behind `os.environ`, `log` what the recorder writes to.
    """

    __slots__ = ("hooks", "log", "loop", "modules", "policy_local", "recorder", "stderr", "stdout", "task", "variables")

    # Whose modules are in sys.modules now.
    modules_in_place: ClassVar[Modules | None] = None

    def __init__(self, recorder: Recorder | None = None) -> None:
        """Starts as what is in place now, but for asyncio: no loop runs, and none is set in the policy."""
        self.stdout = sys.stdout
        self.stderr = sys.stderr
        self.recorder = recorder
        self.log: Any = None if recorder is None else recorder.current
        self.variables: dict[Any, Any] = _environ._data
        self.modules = HostState.modules_in_place
        self.loop: Any = None
        self.task: Any = None
        self.hooks: tuple[Any, Any] = (None, None)
        self.policy_local: Any = None

    def exchange(self) -> None:
        stdout, stderr = sys.stdout, sys.stderr
        if stdout is not self.stdout:
            sys.stdout, self.stdout = self.stdout, stdout
        if stderr is not self.stderr:
            sys.stderr, self.stderr = self.stderr, stderr
        variables = _environ._data
        if variables is not self.variables:
            # As `put_variables`, without the call: this happens twice for every handler.
            _environ._data = self.variables
            if _environb is not None:
                _environb._data = self.variables
            self.variables = variables
        recorder = self.recorder
        if recorder is not None:
            log = recorder.current
            if log is not self.log:
                recorder.switch(self.log)
                self.log = log
        modules = HostState.modules_in_place
        if modules is not self.modules:
            self._exchange_modules(modules)
        events = sys.modules.get("asyncio.events")
        if events is not None:
            loop = events._get_running_loop()
            if loop is not self.loop:
                self._exchange_loops(events, loop)
            policy = events._event_loop_policy
            if policy is not None:
                self._exchange_loops_of_policy(policy)

    def _exchange_modules(self, in_place: Modules | None) -> None:
        if in_place is not None:
            in_place.remove()
        if self.modules is not None:
            self.modules.install()
        HostState.modules_in_place, self.modules = self.modules, in_place

    def _exchange_loops_of_policy(self, policy: Any) -> None:
        local = getattr(policy, "_local", None)
        if local is not None and local is not self.policy_local:
            policy._local = self.policy_local or type(local)()
            self.policy_local = local

    def _exchange_loops(self, events: Any, in_place: Any) -> None:
        # Since 3.14 the current task belongs to the thread, so it has to step aside with its loop.
        swap_task = getattr(sys.modules.get("asyncio.tasks"), "_swap_current_task", None)
        task = swap_task(in_place, None) if swap_task is not None and in_place is not None else None
        events._set_running_loop(self.loop)
        if swap_task is not None and self.loop is not None and self.task is not None:
            swap_task(self.loop, self.task)
        self.loop, self.task = in_place, task
        # A loop has set these for the time in which it runs.
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(*self.hooks)
        self.hooks = (hooks.firstiter, hooks.finalizer)


def put_variables(variables: dict[Any, Any]) -> None:
    """Make a dict of encoded variables the one behind `os.environ` (and `os.environb`)."""
    _environ._data = variables
    if _environb is not None:
        _environb._data = variables
