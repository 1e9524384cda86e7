"""One asyncio loop under virtual time: what it does when nothing is ready."""

from __future__ import annotations

import asyncio
from asyncio import base_events, futures
from asyncio.base_events import BaseEventLoop
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any, NoReturn

from pytest_lambda_modes.clock import not_settled
from pytest_lambda_modes.clock.activity import Unwind
from pytest_lambda_modes.clock.host_modules import REAL_TIME
from pytest_lambda_modes.clock.scheduler import NEVER
from pytest_lambda_modes.clock.worker_threads import ThreadTime
from pytest_lambda_modes.errors import NotSettledError

if TYPE_CHECKING:
    from pytest_lambda_modes.clock.event_loop import LoopDriver

_SECOND = 1_000_000

# Seconds between two looks at what is done elsewhere.
_LOOK = 0.001

# What a loop of ours has that others have from their class.
_OVERRIDDEN = ("time", "run_in_executor")


class _Bell(deque[Any]):
    """The queue of a loop that is suspended: it rings when something is put into it."""

    ring: Callable[[], object]

    def __init__(self, threads: ThreadTime) -> None:
        super().__init__()
        self._threads = threads

    def append(self, handle: Any) -> None:
        super().append(handle)
        # Timers are for the hub's thread alone.
        if get_ident() == self._threads.hub.thread:
            self.ring()
        else:
            self._threads.on_report(self._ring_late)

    def _ring_late(self) -> None:
        if self:
            self.ring()


class VirtualLoop:
    """A loop under virtual time; also stands in for its selector."""

    def __init__(self, loop: Any, driver: LoopDriver, offset: float) -> None:
        self.loop = loop
        self._driver = driver
        self._hub = driver.hub
        self._threads = driver.threads
        self._offset = offset
        self._jumps = 0
        self._is_here = True
        self._told = False
        self._elsewhere: set[asyncio.Future[Any]] = set()
        self._queue: deque[Any] = loop._ready
        self._bell = _Bell(driver.threads)
        self._selector = loop._selector
        self._resolution = loop._clock_resolution
        self._poll = self._selector.select
        self._has_events = _quick_look(self._selector)
        loop._clock_resolution = 1 / _SECOND
        loop._selector = self
        loop.run_in_executor = self._run_in_executor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._selector, name)

    def begin(self) -> None:
        """The loop starts to run, in this thread."""
        self._jumps = 0
        self._is_here = get_ident() == self._hub.thread
        self.loop.time = self._driver.clock(self._offset)

    def release(self) -> None:
        """Give the loop back its own time, and everything else."""
        loop = self.loop
        give_back_time(loop, self._hub.scheduler.now / _SECOND + self._offset)
        loop._clock_resolution = self._resolution
        if loop._selector is self:
            loop._selector = self._selector

    # Waiting

    def select(self, timeout: float | None = None) -> Any:
        """Poll real I/O; with none and nothing ready, let virtual time pass up to the loop's next timer."""
        if self._has_events():
            return self._poll(0)
        if timeout is not None and timeout <= 0:
            return ()
        if self._elsewhere:
            # Another process takes no virtual time: look again.
            return self._poll(_LOOK)
        if self._is_here and self._hub.hold is not None:
            self._hub.hold(False)
            if self.is_ready():
                return ()
        scheduled = self.loop._scheduled
        due = round((scheduled[0]._when - self._offset) * _SECOND) if scheduled else NEVER
        if not self._is_here:
            return () if self._threads.loop_waits(due, self._is_woken) else self._poll(timeout)
        self._jumps = jumps = self._jumps + 1
        try:
            if jumps > self._hub.jump_limit:
                self._give_up()
            if self._hub.jump(due, self) or self._driver.nothing_will_come(self.loop):
                return ()
            return self._wait_for_something_real()
        except (Unwind, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            self._tell_who_waits(error)
            return ()

    def _wait_for_something_real(self) -> Any:
        """Virtual time has nothing left. A socket, a signal or a thread may still give the loop something to do."""
        began = REAL_TIME.monotonic()
        with self._threads.standing(self._is_woken):
            if len(self._selector.get_map()) > 1 or self.loop._signal_handlers:
                return self._poll(None)
            while self._threads.might_come(began):
                events = self._poll(_LOOK)
                if events or self.is_ready() or (self._hub.hold is not None and self._hub.hold(False)):
                    return events
        raise self._hub.not_settled(not_settled.nothing_will_come(self._hub.scheduler.now))

    def _is_woken(self) -> bool:
        return self.is_ready() or bool(self._has_events())

    def _give_up(self) -> NoReturn:
        self._jumps = 0
        raise self._hub.not_settled(not_settled.loop_never_ends(self._hub.jump_limit, self._hub.scheduler))

    def is_ready(self) -> bool:
        return bool(self.loop._ready)

    def can_be_held_up(self) -> bool:
        """Whether all tasks are in `asyncio.sleep`: nobody else can wake them."""
        moments = {
            id(handle._args[0])
            for handle in self.loop._scheduled
            if handle._callback is futures._set_result_unless_cancelled  # type: ignore[attr-defined]
        }
        return all(id(_awaited_by(task)) in moments for task in asyncio.all_tasks(self.loop))

    def on_ready(self, wake: Callable[[], object] | None) -> None:
        if wake is not None:
            self._bell.ring = wake
            self.loop._ready = self._bell
        else:
            self.loop._ready = self._queue
            self._queue.extend(self._bell)
            self._bell.clear()

    def _tell_who_waits(self, error: BaseException) -> None:
        """Raise an error where the coroutine waits for which the loop runs, so that it ends in the user's line.

        Whoever has caught a NotSettledError and waits on is not told again: then the loop itself ends with it.
        """
        again, self._told = self._told, isinstance(error, NotSettledError)
        for task in self._runs_for():
            waiter: Any = _awaited_by(task)
            while isinstance(waiter, asyncio.Task):
                waiter = _awaited_by(waiter)
            if waiter is not None and not waiter.done() and not (again and self._told):
                waiter.set_exception(error)
                return
        raise error

    def cancel_what_it_runs_for(self) -> None:
        """So that a loop that is used again does not go on with a test that has failed."""
        for task in self._runs_for():
            task.cancel()

    def _runs_for(self) -> list[asyncio.Task[Any]]:
        """The task whose end `run_until_complete` waits for; none under a bare `run_forever`."""
        tasks: set[Any] = asyncio.all_tasks(self.loop)
        return [task for task in tasks if any(callback is _ENDS_THE_RUN for callback, _ in task._callbacks or ())]

    # Threads

    def _run_in_executor(self, executor: Any, work: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """As asyncio's; but the clock is held while another process works."""
        future = BaseEventLoop.run_in_executor(self.loop, executor, work, *args)
        if executor is not None and not isinstance(executor, ThreadPoolExecutor):
            self._elsewhere.add(future)
            future.add_done_callback(self._elsewhere.discard)
        return future


def give_back_time(loop: Any, virtual: float) -> None:
    """A loop that stood at `virtual` goes on in real time; timers still scheduled keep their distance."""
    for name in _OVERRIDDEN:
        loop.__dict__.pop(name, None)
    shift = loop.time() - virtual
    for handle in loop._scheduled:
        handle._when += shift


def _awaited_by(task: Any) -> Any:
    """The future that a task is suspended at, or None."""
    return task._fut_waiter


def _quick_look(selector: Any) -> Callable[[], object]:
    """Asks for real events. The kernel itself answers in a quarter of the time that the selector takes."""
    kernel: Any = getattr(selector, "_selector", None)
    kind = type(kernel).__name__
    if kind == "epoll":
        return partial(kernel.poll, 0, 1)
    if kind == "kqueue":
        return partial(kernel.control, None, 1, 0)
    return partial(selector.select, 0)


_ENDS_THE_RUN = base_events._run_until_complete_cb  # type: ignore[attr-defined]
