"""Runs user code on its caller's own stack: what clock it reads, and how it is taken off."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context, copy_context
from functools import partial
from threading import current_thread, get_ident
from typing import NoReturn

from pytest_lambda_modes import units
from pytest_lambda_modes.clock import not_settled
from pytest_lambda_modes.clock.activity import Activity, Unwind
from pytest_lambda_modes.clock.eviction import Eviction, boundary_above
from pytest_lambda_modes.clock.firing import Firing
from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.clock.strand import Strand
from pytest_lambda_modes.errors import ClockError

# So many reads of the clock at one instant are ordinary; whoever reads on is spinning, and each read moves the clock.
SPIN_READS = 100_000
SPIN_STEP = units.MILLISECOND

# Whoever has swallowed so many exceptions that were to take it off its stack will swallow all.
STUBBORN = 1_000


class Running(Firing):
    """Knows who runs. Belongs to the thread that made it.

    `activity` is None while the test runs, `strand` unless it runs on a stack of its own. `stretch` is another number
    after every wait and every switch. `follow` is told by how much the clock has moved.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__(scheduler)
        self.thread = get_ident()
        self.activity: Activity | None = None
        self.strand: Strand | None = None
        self.stretch = 0
        self.follow: Callable[[int], object] = nobody
        self._reads = 0
        self._spun = 0
        self._followed = 0
        self._outside: Context = copy_context()
        self._fault: BaseException | None = None
        self._eviction: Eviction | None = None

    def run(self, activity: Activity, job: Callable[[], object]) -> None:
        """Run a job on this stack as the given activity."""
        if get_ident() != self.thread:
            self.proceed()
        outer = self.activity
        if outer is None and self.strand is None:
            self._outside = copy_context()
        activity.outer = outer
        self.activity = activity
        self.fresh_stretch()
        try:
            job()
        except BaseException as fault:
            if outer is not None and not isinstance(fault, Unwind):
                self._blame_nobody(outer, fault)
            raise
        finally:
            self.activity = outer
            self.fresh_stretch()
            if self._eviction is not None:
                self._eviction.end()
                self._eviction = None
            if outer is None and self._fault is not None:
                kept, self._fault = self._fault, None
                raise kept

    # The clock it reads

    def read(self) -> int:
        """The instant, for user code. Many reads without a wait are a spin, which moves the clock so that it ends."""
        self._reads = reads = self._reads + 1
        return self.scheduler.now if reads <= SPIN_READS else self._spin()

    def _spin(self) -> int:
        self._spun += 1
        activity = self.activity
        if activity is None:
            if self._spun > self.timer_limit:
                self._spun = 0
                raise self.not_settled(not_settled.only_looks(SPIN_READS + self.timer_limit, self.scheduler.now))
        elif activity.unwind is not None:
            self._refuse(activity)
        elif self.scheduler.now + SPIN_STEP >= activity.deadline:
            self._move_to(activity.deadline)
            self._tell()
            activity.unwind = "deadline"
            self._refuse(activity)
        self.scheduler.now += SPIN_STEP
        self._tell()
        return self.scheduler.now

    def _tell(self) -> None:
        by = self.scheduler.now - self._followed
        if by:
            self._followed += by
            self.follow(by)

    def fresh_stretch(self) -> None:
        """User code begins, ends or waits: its reads are counted anew, and so is its real time."""
        self._reads = self._spun = 0
        self.stretch += 1
        by = self.scheduler.now - self._followed
        if by:
            self._followed += by
            self.follow(by)

    # Being taken off the stack

    def proceed(self) -> None:
        """Raise Unwind if whoever runs is being taken off its stack: for what reaches out to others without a wait."""
        if get_ident() != self.thread:
            raise ClockError(
                f"Virtual time was used in thread {current_thread().name}, and belongs to the test's own.\n\n"
                "A worker thread may sleep and read the clock. To have invocations overlap, let them be asynchronous:\n"
                "  async_invoke(event); async_invoke(event); lambda_clock.run_until_idle()"
            )
        if self.activity is not None and self.activity.unwind is not None:
            self._refuse(self.activity)

    def _check_deadline(self, activity: Activity | None) -> None:
        """A wait is over: raise Unwind if it has come to the deadline, or somebody has decided so meanwhile."""
        if activity is not None:
            if activity.unwind is None and self.scheduler.now >= activity.deadline:
                activity.unwind = "deadline"
            if activity.unwind is not None:
                self._refuse(activity)

    def _refuse(self, activity: Activity) -> NoReturn:
        """Raise Unwind in user code that is to leave its stack, as often as it takes."""
        assert activity.unwind is not None
        activity.refusals += 1
        if activity.refusals > STUBBORN:
            boundary = boundary_above(Running.run.__code__)
            if self._eviction is None and boundary is not None:
                self._eviction = Eviction(partial(Unwind, activity.unwind))
                self._eviction.begin(boundary)
        raise Unwind(activity.unwind)

    def _blame_nobody(self, activity: Activity, fault: BaseException) -> NoReturn:
        """Work done during somebody's wait failed: keep the error for outside, and take the innocent off the stack."""
        if self._fault is None:
            self._fault = fault
        innocent: Activity | None = activity
        while innocent is not None:
            innocent.unwind = "interrupted"
            innocent = innocent.outer
        raise Unwind("interrupted")


def nobody(*_: object) -> None:
    """Who is told when nobody listens."""
