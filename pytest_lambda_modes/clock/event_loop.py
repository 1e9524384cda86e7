"""asyncio in virtual time: a loop with nothing ready lets the world run to its next timer instead of waiting for it."""

from __future__ import annotations

import asyncio
import concurrent.futures
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable
from threading import get_ident
from typing import Any
from weakref import WeakSet

from pytest_lambda_modes.clock.overlap import Hub
from pytest_lambda_modes.clock.sleeping import ThreadTime
from pytest_lambda_modes.errors import ClockError, NotSettledError

_SECOND = 1_000_000


class LoopDriver:
    """Adopts every asyncio loop that is made or runs while it is installed, and gives them back at the end."""

    def __init__(self, hub: Hub, threads: ThreadTime) -> None:
        self.hub = hub
        self.threads = threads
        self.awaited = 0
        self._adopted: dict[int, VirtualLoop] = {}
        self._born_here: WeakSet[Any] = WeakSet()
        self._init = BaseEventLoop.__init__
        self._run_forever = BaseEventLoop.run_forever

    def install(self) -> None:
        """Start to adopt. A loop that runs already is adopted at once."""
        driver, init, run_forever = self, self._init, self._run_forever

        def __init__(loop: Any, *args: Any, **kwargs: Any) -> None:
            init(loop, *args, **kwargs)
            driver._born_here.add(loop)
            loop.time = driver._time(0.0)

        def virtual_run_forever(loop: Any) -> None:
            driver.adopt(loop).jumps = 0
            run_forever(loop)

        running = asyncio._get_running_loop()
        if running is not None:
            self.adopt(running)
        BaseEventLoop.__init__ = __init__  # type: ignore[assignment]
        BaseEventLoop.run_forever = virtual_run_forever  # type: ignore[method-assign]

    def uninstall(self) -> None:
        BaseEventLoop.__init__ = self._init  # type: ignore[method-assign]
        BaseEventLoop.run_forever = self._run_forever  # type: ignore[method-assign]
        for adopted in self._adopted.values():
            adopted.release()
        for loop in self._born_here:
            loop.__dict__.pop("time", None)
        self._adopted.clear()

    def adopt(self, loop: Any) -> VirtualLoop:
        adopted = self._adopted.get(id(loop))
        if adopted is None or adopted.loop is not loop:
            refuse_unless_drivable(loop)
            offset = 0.0
            if loop not in self._born_here and (loop.is_running() or loop._scheduled):
                offset = loop.time() - self.hub.scheduler.now / _SECOND
            adopted = VirtualLoop(loop, self, offset)
            self._adopted[id(loop)] = adopted
        return adopted

    def future_of(self, listen: Callable[[Callable[[], object]], object]) -> asyncio.Future[None]:
        """A future of the running loop that is done when something of the world happens.

        `listen` is given the callback to call then. While such a future is pending, nobody runs on the loop's stack.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self.awaited += 1

        def settle() -> None:
            if not future.done():
                future.set_result(None)

        def forget(_: object) -> None:
            self.awaited -= 1

        future.add_done_callback(forget)
        listen(settle)
        return future

    def _time(self, offset: float) -> Callable[[], float]:
        hub, elsewhere = self.hub, self.threads.now
        read, here = hub.read, hub.thread

        def loop_time() -> float:
            return (read() if get_ident() == here else elsewhere()) / _SECOND + offset

        return loop_time


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


class VirtualLoop:
    """A loop under virtual time; also stands in for its selector."""

    def __init__(self, loop: Any, driver: LoopDriver, offset: float) -> None:
        self.loop = loop
        self.jumps = 0
        self._driver = driver
        self._hub = driver.hub
        self._offset = offset
        self._busy = 0
        self._selector = loop._selector
        self._resolution = loop._clock_resolution
        self._poll = self._selector.select
        loop.time = driver._time(offset)
        loop._clock_resolution = 1 / _SECOND
        loop._selector = self
        loop.run_in_executor = self._run_in_executor
        loop.shutdown_default_executor = self._shutdown_default_executor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._selector, name)

    def release(self) -> None:
        """Give the loop back its own time; timers still scheduled keep their distance."""
        loop = self.loop
        virtual = self._hub.scheduler.now / _SECOND + self._offset
        for name in ("time", "run_in_executor", "shutdown_default_executor"):
            loop.__dict__.pop(name, None)
        loop._clock_resolution = self._resolution
        if loop.is_closed():
            return
        loop._selector = self._selector
        shift = loop.time() - virtual
        for handle in loop._scheduled:
            handle._when += shift

    def select(self, timeout: float | None = None) -> Any:
        """Poll real I/O; with none and nothing ready, let virtual time pass up to the loop's next timer."""
        events = self._poll(0)
        if events or (timeout is not None and timeout <= 0):
            return events
        if self._busy:
            # Work in a real thread takes no virtual time of its own: hold the clock until it reports.
            return self._poll(None)
        scheduled = self.loop._scheduled
        due = round((scheduled[0]._when - self._offset) * _SECOND) if scheduled else None
        if get_ident() != self._hub.thread:
            if due is None:
                return self._poll(None)
            self._driver.threads.catch_up(due)
            return events
        self.jumps += 1
        if self.jumps > self._hub.timer_limit:
            self.jumps = 0
            raise NotSettledError(
                f"The event loop has let time pass {self._hub.timer_limit:,} times and still runs.\n\n"
                "Something in it waits in a loop for what never comes."
            )
        ready = self.loop._ready
        if not self._hub.jump(due, ready.__len__, hold_up=not self._driver.awaited):
            return self._poll(None)
        return events

    def _run_in_executor(self, executor: Any, work: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """As asyncio's, but the clock is held while the work runs, and its virtual sleeps count for the waiter."""
        loop = self.loop
        loop._check_closed()
        if executor is None:
            loop._check_default_executor()
            executor = loop._default_executor
            if executor is None:
                executor = concurrent.futures.ThreadPoolExecutor(thread_name_prefix="asyncio")
                loop._default_executor = executor
        outer: asyncio.Future[Any] = loop.create_future()
        ends: list[int] = []
        threads = self._driver.threads

        def timed() -> Any:
            try:
                return work(*args)
            finally:
                ends.append(threads.now())

        self._busy += 1
        inner = executor.submit(timed)

        def settle() -> None:
            if outer.cancelled():
                return
            error = inner.exception()
            if error is None:
                outer.set_result(inner.result())
            else:
                outer.set_exception(error)

        def arrived() -> None:
            self._busy -= 1
            if ends and ends[0] > self._hub.scheduler.now and not inner.cancelled():
                loop.call_at(ends[0] / _SECOND + self._offset, settle)
            elif not inner.cancelled():
                settle()

        def done(_: object) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(arrived)

        outer.add_done_callback(lambda future: future.cancelled() and inner.cancel())
        inner.add_done_callback(done)
        return outer

    async def _shutdown_default_executor(self, *args: Any, **kwargs: Any) -> None:
        """As asyncio's, but the clock is held until the executor's threads have ended."""
        self._busy += 1
        try:
            await BaseEventLoop.shutdown_default_executor(self.loop, *args, **kwargs)
        finally:
            self._busy -= 1
