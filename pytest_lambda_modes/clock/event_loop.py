"""asyncio in virtual time: a loop with nothing ready lets the world run to its next timer instead of waiting for it."""

from __future__ import annotations

import asyncio
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable
from threading import get_ident
from typing import Any, ClassVar
from weakref import WeakSet

from pytest_lambda_modes.clock import not_settled
from pytest_lambda_modes.clock.activity import Unwind
from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.clock.stand_ins import Place, StandIns
from pytest_lambda_modes.clock.virtual_loop import VirtualLoop, give_back_time
from pytest_lambda_modes.clock.worker_threads import ThreadTime
from pytest_lambda_modes.errors import ClockError, NotSettledError

_SECOND = 1_000_000

# Of the driver that is installed: there is one at a time, and most tests have no loop.
_adopted: WeakSet[VirtualLoop] = WeakSet()
_born_here: WeakSet[Any] = WeakSet()


class LoopDriver:
    """Adopts every asyncio loop that is made or runs while it is installed, and gives them back at the end."""

    installed: ClassVar[LoopDriver | None] = None

    def __init__(self, hub: Hub, threads: ThreadTime) -> None:
        self.hub = hub
        self.threads = threads
        self._awaited: set[asyncio.Future[None]] = set()

    def install(self) -> None:
        """Start to adopt. A loop that runs already is adopted at once; one that is set is looked at."""
        running = asyncio._get_running_loop()
        if running is not None:
            self.adopt(running).begin()
        elif (loop := _loop_that_is_set()) is not None:
            refuse_unless_drivable(loop)
        LoopDriver.installed = self
        _LOOP_METHODS.install()

    def uninstall(self) -> None:
        _LOOP_METHODS.uninstall()
        LoopDriver.installed = None
        for future in list(self._awaited):
            if not future.get_loop().is_closed():
                future.cancel()
        # To walk through an empty WeakSet takes longer than all the rest here.
        if _adopted:
            for adopted in list(_adopted):
                adopted.release()
            _adopted.clear()
        if _born_here:
            for loop in list(_born_here):
                give_back_time(loop, self.hub.scheduler.now / _SECOND)
            _born_here.clear()

    def sweep(self) -> None:
        _LOOP_METHODS.sweep()

    def adopt(self, loop: Any) -> VirtualLoop:
        """Have virtual time drive a loop. Raises ClockError for one that cannot be driven."""
        selector = getattr(loop, "_selector", None)
        if isinstance(selector, VirtualLoop):
            return selector
        refuse_unless_drivable(loop)
        # A loop that is older has a time of its own, and keeps it.
        offset = 0.0 if loop in _born_here else loop.time() - self.hub.scheduler.now / _SECOND
        adopted = VirtualLoop(loop, self, offset)
        _adopted.add(adopted)
        _born_here.discard(loop)
        return adopted

    def note_new(self, loop: Any) -> None:
        """It was made here, and its time is virtual from the beginning."""
        _born_here.add(loop)
        loop.time = self.clock(0.0)

    def clock(self, offset: float) -> Callable[[], float]:
        """A `time` for loops of the calling thread."""
        read = self.hub.read if get_ident() == self.hub.thread else self.threads.read
        return lambda: read() / _SECOND + offset

    def future_of(self, listen: Callable[[Callable[[], object]], object]) -> asyncio.Future[None]:
        """A future of the running loop that is done when something of the world happens.

        `listen` is given the callback to call then. It raises NotSettledError when nothing is left that could make that
        happen, and is cancelled at the end of the test.
        """
        loop = asyncio.get_running_loop()
        refuse_unless_drivable(loop)
        future: asyncio.Future[None] = loop.create_future()
        self._awaited.add(future)
        future.add_done_callback(self._awaited.discard)

        def happened() -> None:
            if not future.done() and not loop.is_closed():
                future.set_result(None)

        listen(happened)
        return future

    def nothing_will_come(self, loop: Any) -> bool:
        """Tell those who wait in a loop that nothing is left that could settle what they await. Is there anybody?"""
        waiting = [future for future in self._awaited if future.get_loop() is loop and not future.done()]
        for future in waiting:
            future.set_exception(self.hub.not_settled(not_settled.nothing_will_come(self.hub.scheduler.now)))
        return bool(waiting)


def refuse_unless_drivable(loop: Any) -> None:
    """Raise ClockError for a loop whose waiting cannot be taken over (uvloop; another virtual loop)."""
    kind = f"{type(loop).__module__}.{type(loop).__qualname__}"
    if not isinstance(loop, BaseEventLoop) or not hasattr(loop, "_selector"):
        raise ClockError(
            f"The event loop is {kind}, which cannot be driven by virtual time.\n\n"
            "It waits in native code. Run these tests on asyncio's own loop: drop the uvloop policy or fixture, e.g.\n"
            "  asyncio.set_event_loop_policy(None)"
        )
    if type(loop).time is not BaseEventLoop.time:
        raise ClockError(
            f"The event loop is {kind}, which keeps a clock of its own.\n\n"
            "Two virtual clocks in one test would drift apart. Use asyncio's own loop here."
        )


def _init(original: Any) -> Any:
    def __init__(loop: Any, *args: Any, **kwargs: Any) -> None:
        original(loop, *args, **kwargs)
        if LoopDriver.installed is not None:
            LoopDriver.installed.note_new(loop)

    return __init__


def _run_forever(original: Any) -> Any:
    def virtual_run_forever(loop: Any) -> None:
        if LoopDriver.installed is None:
            original(loop)
            return
        adopted = LoopDriver.installed.adopt(loop)
        adopted.begin()
        try:
            original(loop)
        except NotSettledError:
            adopted.cancel_what_it_runs_for()
            raise
        except Unwind:
            _leave_tasks_behind(loop)
            raise

    return virtual_run_forever


_LOOP_METHODS = StandIns(Place(BaseEventLoop, "__init__", _init), Place(BaseEventLoop, "run_forever", _run_forever))


def _leave_tasks_behind(loop: Any) -> None:
    """Who ran the loop is taken off its stack, as a process that is killed: nobody is told of tasks left pending."""
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined]


def _loop_that_is_set() -> Any:
    """The loop that the policy would give, without having it make one."""
    policy = asyncio.events._event_loop_policy  # type: ignore[attr-defined]
    return getattr(getattr(policy, "_local", None), "_loop", None)
