"""A stack of its own for user code that overlaps, in the thread of all the others."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from types import FrameType

from greenlet import getcurrent, greenlet

from pytest_lambda_modes.clock.activity import Activity
from pytest_lambda_modes.clock.host_state import HostState
from pytest_lambda_modes.clock.scheduler import Timer


class Strand:
    """Runs one job after another, each between `begin` and `done`; a new stack costs more than one that is used again.

    `activity` is who runs on it, `alarm` the timer that will resume it. Once it is `abandoned`, no wait on it lasts.
    """

    __slots__ = ("_back", "_error", "_host", "_job", "_stack", "_target", "abandoned", "activity", "alarm")

    def __init__(self) -> None:
        self.activity: Activity | None = None
        self.alarm: Timer | None = None
        self.abandoned = False
        self._job: Callable[[], object] | None = None
        self._error: BaseException | None = None
        self._stack = greenlet(self._work)
        self._target = self._back = self._stack

    @property
    def done(self) -> bool:
        return self._job is None

    @property
    def frame(self) -> FrameType | None:
        """Where it gave way."""
        return self._target.gr_frame

    @property
    def frame_below(self) -> FrameType | None:
        """Where the one is who resumed it, and waits."""
        return self._back.gr_frame

    def begin(self, job: Callable[[], object], host: HostState) -> None:
        """Take a job, to be run by `go_on`. It gets a copy of the context variables of now."""
        self.activity = None
        self._job = job
        self._host = host
        self._target = self._stack
        self._stack.gr_context = copy_context()

    def go_on(self) -> None:
        """Run the job until it gives way or is done. Raises what it raised."""
        self._back = getcurrent()
        self._host.exchange()
        try:
            self._target.switch()
        finally:
            self._host.exchange()
        if self._error is not None:
            try:
                raise self._error
            finally:
                self._error = None

    def give_way(self) -> None:
        """Go back to whoever called `go_on`. Returns when it is called again.

        The job may have greenlets of its own and wait in one of them, which is then the one to be resumed.
        """
        self._target = getcurrent()
        self._back.switch()

    def end(self) -> None:
        """Let go of a stack that has no job: a greenlet that hangs at a switch is never collected."""
        self._stack.parent = getcurrent()
        self._stack.switch()

    def _work(self) -> None:
        while self._job is not None:
            try:
                self._job()
            except BaseException as error:
                self._error = error
            self._job = None
            self._back.switch()
