"""User code that overlaps in virtual time, exactly, in one thread.

With nobody else running, user code runs on its caller's own stack; a wait there runs the world until its moment comes.
Code that would hold up somebody below it on that stack runs in a greenlet of its own instead (a strand), and its waits
go back to whoever resumed it. Either way each wakes at its own instant.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import FrameType

from pytest_lambda_modes.clock.activity import Activity, Unwind
from pytest_lambda_modes.clock.host_state import HostState, Recorder
from pytest_lambda_modes.clock.running import Running, nobody
from pytest_lambda_modes.clock.scheduler import NEVER, Scheduler, Timer
from pytest_lambda_modes.clock.strand import Strand


class Overlap(Running):
    """Knows who waits, and on which stack: `suspended` are the strands that do, in the order in which they began to.

    `overlapped` is called whenever user code gets a stack of its own.
    """

    def __init__(self, scheduler: Scheduler, recorder: Recorder | None = None) -> None:
        super().__init__(scheduler)
        self.recorder = recorder
        self.overlapped: Callable[[], object] = nobody
        self.suspended: dict[Strand, None] = {}
        self._idle: list[Strand] = []
        # The innermost wait on this stack: whose it is, and which jobs hold nobody up there (see `start`).
        self._inline: Activity | None = None
        self._horizon = -1
        self._owner: object = None

    def tell_nobody(self) -> None:
        """Let go of who listens: a circle would leave a whole test to the garbage collector."""
        self.follow = self.overlapped = nobody

    def start(self, job: Callable[[], object], ends_by: int, owner: object = None) -> None:
        """Run a job that ends by a given instant; called by a timer.

        It runs here if that holds up nobody below: whoever waits there wakes no earlier, or waits for just this owner.
        """
        if ends_by <= self._horizon or (owner is not None and owner is self._owner):
            job()
        else:
            self.spawn(job)

    def spawn(self, job: Callable[[], object]) -> None:
        """Run a job on a stack of its own. Only on the hub's own stack: from a timer, never from another strand."""
        self.overlapped()
        strand = self._idle.pop() if self._idle else Strand()
        strand.begin(job, HostState(self.recorder))
        self._go_on(strand)

    def suspended_stacks(self) -> dict[str, FrameType | None]:
        """The stacks of all that wait, by name: for reports."""
        stacks: dict[str, FrameType | None] = {}
        waiting = [(strand.activity, strand.frame) for strand in list(self.suspended)]
        if self.strand is not None:
            waiting.append((self._inline, self.strand.frame_below))
        for activity, frame in waiting:
            name = "the test" if activity is None else activity.name
            same = sum(other.partition(" (")[0] == name for other in stacks)
            stacks[f"{name} ({same + 1})" if same else name] = frame
        return stacks

    def abandon(self) -> None:
        """Take every suspended strand off its stack. Raises the first error that comes of it, at the end."""
        first: BaseException | None = None
        while self.suspended:
            strand = next(iter(self.suspended))
            strand.abandoned = True
            activity = strand.activity
            while activity is not None:
                activity.unwind = activity.unwind or "abandoned"
                activity = activity.outer
            if strand.alarm is not None:
                strand.alarm.cancel()
            try:
                self._go_on(strand)
            except Unwind:
                pass
            except BaseException as error:
                first = first or error
        for strand in self._idle:
            strand.end()
        self._idle.clear()
        if first is not None:
            raise first

    # A wait on the caller's stack

    def _run_while(
        self,
        condition: Callable[[], bool] | None,
        limit: int,
        *,
        horizon: int = -1,
        owner: object = None,
        idle_is_an_end: bool = False,
    ) -> None:
        """Fire timers due by `limit`, on behalf of the test or of user code that waits on this stack.

        A job that ends by `horizon`, or that is the `owner`'s, may run on top of it.
        """
        activity, inline = self.activity, self._inline
        saved = self._horizon, self._owner
        self.activity, self._inline, self._horizon, self._owner = None, activity, horizon, owner
        self.fresh_stretch()
        try:
            if activity is None:
                self._fire(condition, limit, NEVER, idle_is_an_end)
            else:
                # What others do is none of its context's business.
                fire = self._outside.copy().run
                fire(self._fire, condition, limit, self.scheduler.arrivals, idle_is_an_end)
        except BaseException as fault:
            if activity is None:
                raise
            self._blame_nobody(activity, fault)
        finally:
            self.activity, self._inline = activity, inline
            self._horizon, self._owner = saved
            self.fresh_stretch()

    # A wait on a strand

    def _set_alarm(self, strand: Strand, due: int, does: str) -> Timer:
        """Have a strand that is about to be suspended resumed at `due`; NEVER leaves that to `_wake`."""
        name = does if self.activity is None else f"{self.activity.name} {does}"
        resume = partial(self._go_on, strand)
        strand.alarm = alarm = self.scheduler.at(due, resume, name) if due < NEVER else Timer(due, resume, name)
        return alarm

    def _wake(self, strand: Strand, alarm: Timer) -> None:
        """Resume a strand now, in its turn, if it still waits for that alarm."""
        if strand.alarm is alarm and strand in self.suspended:
            alarm.cancel()
            strand.alarm = self.scheduler.at(self.scheduler.now, partial(self._go_on, strand), alarm.name)

    def _suspend(self, strand: Strand) -> None:
        """Leave a strand for whoever resumed it. Comes back when it is resumed."""
        strand.activity = self.activity
        self.suspended[strand] = None
        strand.give_way()
        if strand.abandoned and self.activity is None:
            raise Unwind("abandoned")

    def _go_on(self, strand: Strand) -> None:
        self.suspended.pop(strand, None)
        strand.alarm = None
        self.strand, self.activity = strand, strand.activity
        self.fresh_stretch()
        try:
            strand.go_on()
        finally:
            self.strand, self.activity = None, None
            self.fresh_stretch()
            if strand.done:
                strand.activity = None
                self._idle.append(strand)
