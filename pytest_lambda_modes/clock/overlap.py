"""Who runs, and who waits: user code that overlaps in virtual time, exactly, in one thread.

With nobody else running, user code runs on its caller's own stack; a wait there runs the world until its moment comes.
Code that would hold up somebody below it on that stack runs in a greenlet of its own instead (a strand), and its waits
go back to whoever resumed it. Either way each wakes at its own instant.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from heapq import heappop
from threading import get_ident
from types import FrameType
from typing import Literal

from greenlet import getcurrent, greenlet

from pytest_lambda_modes import units
from pytest_lambda_modes.clock.host_state import HostState, Recorder
from pytest_lambda_modes.clock.scheduler import Scheduler, Timer
from pytest_lambda_modes.errors import ClockError, NotSettledError

NEVER = 1 << 62

# So many reads of the clock at one instant are ordinary; whoever reads on is spinning, and each read moves the clock.
SPIN_READS = 100_000
SPIN_STEP = units.MILLISECOND

# A world that fires so many timers in one wait does not settle.
TIMER_LIMIT = 1_000_000

Reason = Literal["deadline", "killed", "abandoned", "interrupted"]


class Unwind(BaseException):
    """Takes user code off its stack. Raised at its next wait, and at every further one, so nothing survives it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Activity:
    """A piece of user code that runs on the clock until `deadline` (microseconds) at the latest.

    `unwind` says why it is being taken off its stack, `exit_status` how it was killed, where it was.
    """

    __slots__ = ("deadline", "exit_status", "name", "outer", "unwind")

    def __init__(self, name: str, deadline: int = NEVER) -> None:
        self.name = name
        self.deadline = deadline
        self.unwind: Reason | None = None
        self.exit_status: int | str = 0
        self.outer: Activity | None = None


class Signal:
    """Something that happens once; who waits for it is told in the order of asking."""

    __slots__ = ("fired", "listeners")

    def __init__(self) -> None:
        self.fired = False
        self.listeners: list[Callable[[], object]] = []

    def fire(self) -> None:
        if self.fired:
            return
        self.fired = True
        listeners, self.listeners = self.listeners, []
        for listener in listeners:
            listener()


class Strand:
    """A stack of its own for user code that overlaps. Kept for the next one when its job is done."""

    __slots__ = ("activity", "back", "error", "host", "job", "stack", "target", "timer")

    def __init__(self, hub: Hub) -> None:
        self.host = HostState(hub.recorder)
        self.job: Callable[[], object] | None = None
        self.activity: Activity | None = None
        self.error: BaseException | None = None
        self.timer: Timer | None = None
        self.stack = greenlet(lambda: hub._work(self))
        self.target: greenlet = self.stack
        self.back: greenlet = getcurrent()


class Hub:
    """Runs timers while somebody waits, and knows who runs. Belongs to the thread that made it."""

    def __init__(self, scheduler: Scheduler, recorder: Recorder | None = None) -> None:
        self.scheduler = scheduler
        self.recorder = recorder
        self.thread = get_ident()
        self.activity: Activity | None = None
        self.strand: Strand | None = None
        self.timer_limit = TIMER_LIMIT
        self.overlapped: Callable[[], object] = _nothing
        self.follow: Callable[[int], object] = _ignore
        self.stretch = 0
        self.suspended: dict[Strand, None] = {}
        # Whether somebody waited for what does not come about.
        self.unsettled = False
        self._idle: list[Strand] = []
        self._horizon = -1
        self._owner: object = None
        self._fault: BaseException | None = None
        self._depth = 0
        self._last_timer = 0
        self._reads = 0
        self._read_at = 0
        self._spun = 0
        self._followed = 0

    # Reading the clock

    def read(self) -> int:
        """The instant, for user code. Many reads at one instant are a spin, which moves the clock so that it ends."""
        now = self.scheduler.now
        if now != self._read_at:
            self._read_at = now
            self._reads = 0
        self._reads = reads = self._reads + 1
        if reads > SPIN_READS:
            return self._spin()
        return now

    def _spin(self) -> int:
        self._spun += 1
        activity = self.activity
        if activity is None:
            if self._spun > self.timer_limit:
                self._spun = 0
                raise NotSettledError(
                    f"The test has read the clock {SPIN_READS + self.timer_limit:,} times without waiting, "
                    f"at {_instant(self.scheduler.now)}.\n\nTime moves when something waits: time.sleep, "
                    "await asyncio.sleep, lambda_clock.advance(...). A loop that only looks at the clock never ends."
                )
        elif activity.unwind is not None:
            raise Unwind(activity.unwind)
        elif self.scheduler.now + SPIN_STEP >= activity.deadline:
            self._move_to(activity.deadline)
            self._tell()
            activity.unwind = "deadline"
            raise Unwind("deadline")
        self._read_at = self.scheduler.now = self.scheduler.now + SPIN_STEP
        self._tell()
        return self._read_at

    def _move_to(self, instant: int) -> None:
        if instant > self.scheduler.now:
            self.scheduler.now = instant

    def _tell(self) -> None:
        now = self.scheduler.now
        by, self._followed = now - self._followed, now
        self.follow(by)

    def fresh_stretch(self) -> None:
        """User code begins, ends or waits: its reads are counted anew, and so is its real time."""
        self._reads = 0
        self._spun = 0
        self.stretch += 1
        if self.scheduler.now != self._followed:
            self._tell()

    # Waiting

    def wait_until(self, due: int) -> None:
        """Suspend the caller until `due`. Its deadline comes first if it is not later, and raises `Unwind` there."""
        activity = self.activity
        if activity is None:
            self._run_until(due, horizon=due)
            return
        if activity.unwind is not None:
            raise Unwind(activity.unwind)
        at_deadline = due >= activity.deadline
        self._pause(activity.deadline if at_deadline else due)
        if at_deadline and activity.unwind is None:
            activity.unwind = "deadline"
        if activity.unwind is not None:
            raise Unwind(activity.unwind)

    def wait_for(self, signal: Signal, until: int = NEVER, owner: object = None) -> bool:
        """Suspend the caller until the signal fires (True) or `until` comes (False).

        `owner`: the one whose end fires the signal; it may then run on the caller's own stack.
        """
        activity = self.activity
        if activity is not None and activity.unwind is not None:
            raise Unwind(activity.unwind)
        if signal.fired:
            return True
        limit = until if activity is None else min(until, activity.deadline)
        if self.strand is None:
            self._run_while(lambda: not signal.fired, limit, owner=owner if activity is None else None)
        else:
            strand = self.strand
            timer = self.scheduler.at(limit, lambda: self._resume(strand), "wait") if limit < NEVER else None
            signal.listeners.append(lambda: self._wake(strand, timer))
            self._suspend(strand)
        if activity is not None:
            if activity.unwind is None and self.scheduler.now >= activity.deadline:
                activity.unwind = "deadline"
            if activity.unwind is not None:
                raise Unwind(activity.unwind)
        return signal.fired

    def run_until_idle(self) -> None:
        """Run until no timer is left. Raises NotSettledError when that does not come about."""
        self._only_the_test("run_until_idle()")
        self._run_while(None, NEVER, idle_is_an_end=True)

    def run_while(self, condition: Callable[[], bool], owner: object = None) -> None:
        """Run timers while the condition holds. Raises NotSettledError when nothing is left that could change it."""
        self._only_the_test("Waiting for others to settle")
        self._run_while(condition, NEVER, owner=owner)

    def _only_the_test(self, what: str) -> None:
        if self.activity is not None:
            raise ClockError(
                f"{what} was asked for by {self.activity.name}, which is running.\n\n"
                "The world cannot come to rest while it runs. Ask from the test, or sleep."
            )

    def jump(self, due: int | None, ready: Callable[[], object], *, hold_up: bool) -> bool:
        """For an event loop with nothing to do: run timers until it is ready or `due` comes.

        `hold_up` says that others may run on the loop's own stack up to `due`. False if there was nothing to wait for.
        """
        activity = self.activity
        limit = NEVER if due is None else due
        if activity is not None:
            if activity.unwind is not None:
                raise Unwind(activity.unwind)
            limit = min(limit, activity.deadline)
        if limit == NEVER and self.scheduler.idle():
            return False
        heap = self.scheduler.heap
        if self.strand is not None:
            self._pause(limit)
        elif not heap or heap[0][0] > limit:
            self._move_to(limit)
            self.fresh_stretch()
        else:
            horizon = limit if activity is None and hold_up else -1
            self._run_while(lambda: not ready(), limit, horizon=horizon, idle_is_an_end=True)
        if activity is not None:
            if activity.unwind is None and not ready() and self.scheduler.now >= activity.deadline:
                activity.unwind = "deadline"
            if activity.unwind is not None:
                raise Unwind(activity.unwind)
        return True

    def _pause(self, due: int) -> None:
        strand = self.strand
        if strand is None:
            self._run_until(due, horizon=-1)
        else:
            strand.timer = self.scheduler.at(due, lambda: self._resume(strand), "sleep")
            self._suspend(strand)

    def _run_until(self, due: int, horizon: int) -> None:
        scheduler = self.scheduler
        heap = scheduler.heap
        if heap and heap[0][0] <= due:
            self._run_while(None, due, horizon=horizon, idle_is_an_end=True)
        else:
            self._move_to(due)
            self.fresh_stretch()

    def _run_while(
        self,
        condition: Callable[[], bool] | None,
        limit: int,
        *,
        horizon: int | None = None,
        owner: object = None,
        idle_is_an_end: bool = False,
    ) -> None:
        """The loop: fire timers due by `limit`, on behalf of the test or of user code that waits on this stack."""
        scheduler = self.scheduler
        activity, saved_horizon, saved_owner = self.activity, self._horizon, self._owner
        if horizon is None:
            horizon = NEVER if idle_is_an_end and activity is None else -1
        self.activity, self._horizon, self._owner = None, horizon, owner
        if self._depth == 0:
            self._last_timer = scheduler.fired + self.timer_limit
        self._depth += 1
        self.fresh_stretch()
        heap = scheduler.heap
        try:
            while condition is None or condition():
                if not heap:
                    if limit < NEVER:
                        self._move_to(limit)
                    elif not idle_is_an_end:
                        raise NotSettledError(self._nothing_will_come())
                    break
                due, _, timer = heap[0]
                action = timer.action
                if action is None:
                    heappop(heap)
                    continue
                if due > limit:
                    self._move_to(limit)
                    break
                if scheduler.fired >= self._last_timer:
                    raise NotSettledError(self._never_ends())
                heappop(heap)
                timer.action = None
                if due > scheduler.now:
                    scheduler.now = due
                scheduler.fired += 1
                action()
        except BaseException as fault:
            self.unsettled = self.unsettled or isinstance(fault, NotSettledError)
            if activity is None:
                raise
            self._blame_nobody(activity, fault)
        finally:
            self._depth -= 1
            self.activity, self._horizon, self._owner = activity, saved_horizon, saved_owner
            self.fresh_stretch()

    def _blame_nobody(self, activity: Activity, fault: BaseException) -> None:
        """Work done during somebody's wait failed: keep the error, take the innocent off the stack, raise it outside."""
        if self._fault is None:
            self._fault = fault
        innocent: Activity | None = activity
        while innocent is not None:
            innocent.unwind = "interrupted"
            innocent = innocent.outer
        raise Unwind("interrupted")

    # Running

    def run(self, activity: Activity, job: Callable[[], object]) -> None:
        """Run a job on this stack as the given activity."""
        outer = self.activity
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
            if outer is None and self._fault is not None and self.strand is None:
                fault, self._fault = self._fault, None
                raise fault

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
        strand = self._idle.pop() if self._idle else Strand(self)
        strand.job = job
        strand.target = strand.stack
        strand.activity = None
        strand.stack.gr_context = copy_context()
        strand.host = HostState(self.recorder)
        self.overlapped()
        self._switch_into(strand)

    def call(self, job: Callable[[], object], ends_by: int) -> None:
        """Run a job for whoever is running now, who waits for its end, but not beyond the own deadline."""
        activity = self.activity
        if activity is None or ends_by < activity.deadline:
            job()
            return
        if activity.unwind is not None:
            raise Unwind(activity.unwind)
        done = Signal()
        failure: list[Exception] = []

        def work() -> None:
            try:
                job()
            except Exception as error:
                failure.append(error)
            done.fire()

        self.scheduler.at(self.scheduler.now, lambda: self.spawn(work), "call")
        self.wait_for(done)
        if failure:
            raise failure[0]

    def _work(self, strand: Strand) -> None:
        while True:
            job = strand.job
            assert job is not None
            try:
                job()
            except BaseException as error:
                strand.error = error
            strand.job = None
            self._idle.append(strand)
            strand.back.switch()

    def _suspend(self, strand: Strand) -> None:
        """Leave a strand for whoever resumed it. Comes back when it is resumed."""
        strand.target = getcurrent()
        strand.activity = self.activity
        self.suspended[strand] = None
        strand.back.switch()
        strand.timer = None

    def _wake(self, strand: Strand, timer: Timer | None) -> None:
        if timer is not None:
            timer.cancel()
        self.scheduler.at(self.scheduler.now, lambda: self._resume(strand), "wake")

    def _resume(self, strand: Strand) -> None:
        if strand in self.suspended:
            del self.suspended[strand]
            self._switch_into(strand)

    def _switch_into(self, strand: Strand) -> None:
        strand.back = getcurrent()
        strand.host.exchange()
        self.strand, self.activity = strand, strand.activity
        self.fresh_stretch()
        try:
            strand.target.switch()
        finally:
            self.strand, self.activity = None, None
            self.fresh_stretch()
            strand.host.exchange()
        error, strand.error = strand.error, None
        if error is not None:
            raise error

    # The end

    def abandon(self) -> list[str]:
        """Take every suspended strand off its stack; the names of those that would not go."""
        stubborn = []
        for strand in list(self.suspended):
            activity = strand.activity
            if activity is None:
                continue
            innermost: Activity | None = activity
            while innermost is not None:
                innermost.unwind = "abandoned"
                innermost = innermost.outer
            if strand.timer is not None:
                strand.timer.cancel()
            try:
                self._resume(strand)
            except Unwind:
                pass
            if strand.job is not None:
                stubborn.append(activity.name)
        self._idle.clear()
        return stubborn

    def suspended_stacks(self) -> dict[str, FrameType | None]:
        """The stacks of those that wait in strands, by name: for reports."""
        stacks = {
            strand.activity.name: strand.target.gr_frame for strand in self.suspended if strand.activity is not None
        }
        if self.strand is not None:
            stacks["whoever waits on the test's own stack"] = self.strand.back.gr_frame
        return stacks

    def _pending(self) -> str:
        names = [f"  {_instant(timer.due)}  {timer.name or 'timer'}" for timer in self.scheduler.pending()[:10]]
        return "\n".join(names) or "  nothing"

    def _never_ends(self) -> str:
        return (
            f"{self.timer_limit:,} timers have fired and the world has not settled, at {_instant(self.scheduler.now)}."
            f"\n\nStill pending:\n{self._pending()}\n\nFunctions that feed each other for ever, or a loop that waits "
            "for something that never comes, look like this. Use lambda_clock.advance(...) to run a bounded time."
        )

    def _nothing_will_come(self) -> str:
        return (
            f"Waiting for something that will not happen: no timer is left, at {_instant(self.scheduler.now)}.\n\n"
            "Nothing that is accepted, sent or asleep could still settle it."
        )


def _nothing() -> None:
    return None


def _ignore(by: int) -> None:
    return None


def _instant(microseconds: int) -> str:
    return f"{units.to_timedelta(microseconds)} after the start"
