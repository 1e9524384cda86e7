"""asyncio in virtual time: a loop with nothing ready lets the world run to its next timer instead of waiting for it."""

from __future__ import annotations

import asyncio
import threading
from asyncio import base_events, futures
from asyncio.base_events import BaseEventLoop
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import get_ident
from typing import Any, NoReturn
from weakref import WeakSet

from pytest_lambda_modes.clock import not_settled
from pytest_lambda_modes.clock.overlap import NEVER, Hub, Unwind
from pytest_lambda_modes.clock.sleeping import ThreadTime
from pytest_lambda_modes.errors import ClockError, NotSettledError

_SECOND = 1_000_000

# What a loop of ours has that others have from their class.
_OVERRIDDEN = ("time", "call_soon_threadsafe", "run_in_executor")


class LoopDriver:
    """Adopts every asyncio loop that is made or runs while it is installed, and gives them back at the end."""

    def __init__(self, hub: Hub, threads: ThreadTime) -> None:
        self.hub = hub
        self.threads = threads
        self._adopted: WeakSet[VirtualLoop] = WeakSet()
        self._born_here: WeakSet[Any] = WeakSet()
        self._awaited: set[asyncio.Future[None]] = set()
        self._init = BaseEventLoop.__init__
        self._run_forever = BaseEventLoop.run_forever

    def install(self) -> None:
        """Start to adopt. A loop that runs already is adopted at once; one that is set is looked at."""
        driver, init, run_forever = self, self._init, self._run_forever

        def __init__(loop: Any, *args: Any, **kwargs: Any) -> None:
            init(loop, *args, **kwargs)
            driver._born_here.add(loop)
            loop.time = driver.clock(0.0)

        def virtual_run_forever(loop: Any) -> None:
            adopted = driver.adopt(loop)
            adopted.begin()
            try:
                run_forever(loop)
            except NotSettledError:
                adopted.cancel_what_it_runs_for()
                raise

        running = asyncio._get_running_loop()
        if running is not None:
            self.adopt(running).begin()
        elif (loop := _loop_that_is_set()) is not None:
            refuse_unless_drivable(loop)
        BaseEventLoop.__init__ = __init__  # type: ignore[assignment]
        BaseEventLoop.run_forever = virtual_run_forever  # type: ignore[assignment,method-assign]

    def uninstall(self) -> None:
        BaseEventLoop.__init__ = self._init  # type: ignore[method-assign]
        BaseEventLoop.run_forever = self._run_forever  # type: ignore[method-assign]
        for future in list(self._awaited):
            if not future.get_loop().is_closed():
                future.cancel()
        for adopted in list(self._adopted):
            adopted.release()
        for loop in list(self._born_here):
            _give_back_time(loop, self.hub.scheduler.now / _SECOND)

    def adopt(self, loop: Any) -> VirtualLoop:
        """Have virtual time drive a loop. Raises ClockError for one that cannot be driven."""
        selector = getattr(loop, "_selector", None)
        if isinstance(selector, VirtualLoop):
            return selector
        refuse_unless_drivable(loop)
        # A loop that is older has a time of its own, and keeps it.
        offset = 0.0 if loop in self._born_here else loop.time() - self.hub.scheduler.now / _SECOND
        adopted = VirtualLoop(loop, self, offset)
        self._adopted.add(adopted)
        self._born_here.discard(loop)
        return adopted

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


def _loop_that_is_set() -> Any:
    """The loop that the policy would give, without having it make one."""
    policy = asyncio.events._event_loop_policy  # type: ignore[attr-defined]
    return getattr(getattr(policy, "_local", None), "_loop", None)


def _give_back_time(loop: Any, virtual: float) -> None:
    """A loop that stood at `virtual` goes on in real time; timers still scheduled keep their distance."""
    for name in _OVERRIDDEN:
        loop.__dict__.pop(name, None)
    shift = loop.time() - virtual
    for handle in loop._scheduled:
        handle._when += shift


class _Bell(deque[Any]):
    """The queue of a loop that is suspended: it rings when something is put into it."""

    ring: Callable[[], object]

    def __init__(self, thread: int) -> None:
        super().__init__()
        self._thread = thread

    def append(self, handle: Any) -> None:
        super().append(handle)
        # Timers are for the hub's thread alone. What another thread has put here is found at the loop's own alarm.
        if get_ident() == self._thread:
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
        self._tasks: set[Future[Any]] = set()
        self._queue: deque[Any] = loop._ready
        self._bell = _Bell(driver.hub.thread)
        self._selector = loop._selector
        self._resolution = loop._clock_resolution
        self._poll = self._selector.select
        self._has_events = _quick_look(self._selector)
        loop._clock_resolution = 1 / _SECOND
        loop._selector = self
        loop.call_soon_threadsafe = self._call_soon_threadsafe
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
        _give_back_time(loop, self._hub.scheduler.now / _SECOND + self._offset)
        loop._clock_resolution = self._resolution
        if loop._selector is self:
            loop._selector = self._selector

    # Waiting

    def select(self, timeout: float | None = None) -> Any:
        """Poll real I/O; with none and nothing ready, let virtual time pass up to the loop's next timer."""
        # Asked first, since a thread reports before it is done.
        hold = (self._tasks or self._threads.helpers) and self._threads_are_at_work()
        if self._has_events():
            return self._poll(0)
        if timeout is not None and timeout <= 0:
            return ()
        if hold:
            # What runs in a real thread takes no virtual time of its own: look again.
            with self._threads.awaiting():
                return self._poll(0.001)
        scheduled = self.loop._scheduled
        due = round((scheduled[0]._when - self._offset) * _SECOND) if scheduled else NEVER
        if not self._is_here:
            if due == NEVER:
                return self._poll(None)
            self._threads.catch_up(due)
            return ()
        self._jumps = jumps = self._jumps + 1
        try:
            if jumps > self._hub.timer_limit:
                self._give_up()
            if self._hub.jump(due, self) or self._nothing_will_come():
                return ()
        except (Unwind, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            self._tell_who_waits(error)
            return ()
        return self._poll(None)

    def _give_up(self) -> NoReturn:
        self._jumps = 0
        raise self._hub.not_settled(not_settled.loop_never_ends(self._hub.timer_limit, self._hub.scheduler))

    def _nothing_will_come(self) -> bool:
        """Whether those who wait in the loop have been told that in vain. If not, something real may come."""
        if self._driver.nothing_will_come(self.loop):
            return True
        # Neither another thread, nor a socket or pipe, nor a signal could give the loop something to do.
        if threading.active_count() == 1 and len(self._selector.get_map()) <= 1 and not self.loop._signal_handlers:
            raise self._hub.not_settled(not_settled.nothing_will_come(self._hub.scheduler.now))
        return False

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

    def _threads_are_at_work(self) -> bool:
        return any(map(self._threads.is_at_work, self._tasks)) or self._threads.helpers_are_at_work()

    def _call_soon_threadsafe(self, callback: Callable[..., object], *args: Any, context: Any = None) -> Any:
        """As asyncio's; but a thread that is further in virtual time than the loop is heard when the loop is there."""
        call = partial(BaseEventLoop.call_soon_threadsafe, self.loop)
        now = self._threads.now()
        if get_ident() == self._hub.thread or now <= self._hub.scheduler.now:
            return call(callback, *args, context=context)
        return call(self.loop.call_at, now / _SECOND + self._offset, partial(callback, *args), context=context)

    def _run_in_executor(self, executor: Any, work: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """As asyncio's, but the clock is held while the work runs, and its virtual sleeps count for the waiter."""
        loop = self.loop
        loop._check_closed()
        if executor is None:
            loop._check_default_executor()
            executor = loop._default_executor
            if executor is None:
                executor = ThreadPoolExecutor(thread_name_prefix="asyncio")
                loop._default_executor = executor
        outer: asyncio.Future[Any] = loop.create_future()
        task: Future[Any] = executor.submit(work, *args)
        self._tasks.add(task)

        def settle() -> None:
            if outer.cancelled():
                return
            error = task.exception()
            if error is None:
                outer.set_result(task.result())
            else:
                outer.set_exception(error)

        def arrived() -> None:
            self._tasks.discard(task)
            ended = self._threads.ended_at(task)
            if task.cancelled():
                outer.cancel()
            elif ended is not None and ended > self._hub.scheduler.now:
                loop.call_at(ended / _SECOND + self._offset, settle)
            else:
                settle()

        def done(_: object) -> None:
            if not loop.is_closed():
                BaseEventLoop.call_soon_threadsafe(loop, arrived)

        outer.add_done_callback(lambda future: future.cancelled() and task.cancel())
        task.add_done_callback(done)
        return outer


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
