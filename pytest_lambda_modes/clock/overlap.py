"""Who runs, and who waits: user code that overlaps in virtual time, exactly, in one thread.

With nobody else running, user code runs on its caller's own stack; a wait there runs the world until its moment comes.
Code that would hold up somebody below it on that stack runs in a greenlet of its own instead (a strand), and its waits
go back to whoever resumed it. Either way each wakes at its own instant.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context, copy_context
from functools import partial
from heapq import heappop
from threading import current_thread, get_ident
from types import FrameType
from typing import Literal, NoReturn, Protocol

from pytest_lambda_modes import units
from pytest_lambda_modes.clock import not_settled
from pytest_lambda_modes.clock.eviction import Eviction, boundary_above
from pytest_lambda_modes.clock.host_state import HostState, Recorder
from pytest_lambda_modes.clock.scheduler import Scheduler, Timer
from pytest_lambda_modes.clock.strand import Strand
from pytest_lambda_modes.errors import ClockError, NotSettledError

NEVER = 1 << 62

# So many reads of the clock at one instant are ordinary; whoever reads on is spinning, and each read moves the clock.
SPIN_READS = 100_000
SPIN_STEP = units.MILLISECOND

# A world that fires so many timers in one wait, and so many for each that was set before it, does not settle. One that
# is endless has to be found out in seconds, and a backlog of 100,000 messages has to come through.
TIMER_LIMIT = 500_000
TIMERS_FOR_EACH = 10

# An event loop that lets time pass so often in one run does not end.
JUMP_LIMIT = 250_000

# Whoever has swallowed so many exceptions that were to take it off its stack will swallow all.
STUBBORN = 1_000

Reason = Literal["deadline", "killed", "abandoned", "interrupted"]


class Unwind(BaseException):
    """Takes user code off its stack. Raised at its next wait, and at every further one, so nothing survives it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Activity:
    """A piece of user code that runs on the clock until `deadline` (microseconds) at the latest.

    `unwind` says why it is being taken off its stack, `refusals` how often it has been told, `exit_status` how it was
    killed, where it was.
    """

    __slots__ = ("deadline", "exit_status", "name", "outer", "refusals", "unwind")

    def __init__(self, name: str, deadline: int = NEVER) -> None:
        self.name = name
        self.deadline = deadline
        self.unwind: Reason | None = None
        self.refusals = 0
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


class Turn:
    """The place in the queue of somebody inline who has been woken: behind all that is due already, as for a strand."""

    __slots__ = ("_scheduler", "_timer", "came")

    def __init__(self, scheduler: Scheduler) -> None:
        self.came = False
        self._scheduler = scheduler
        self._timer: Timer | None = None

    def ask(self) -> None:
        if self._timer is None:
            self._timer = self._scheduler.at(self._scheduler.now, self._come, "wakes")

    def _come(self) -> None:
        self.came = True

    def give_up(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class Sleeper(Protocol):
    """An event loop with nothing to do."""

    def is_ready(self) -> bool:
        """Whether it has something to do by now."""
        raise NotImplementedError

    def can_be_held_up(self) -> bool:
        """Whether nothing but its own next timer can give it something to do."""
        raise NotImplementedError

    def on_ready(self, wake: Callable[[], object] | None) -> None:
        """Have somebody told as soon as it has something to do; None calls that off."""


class Hub:
    """Runs timers while somebody waits, and knows who runs. Belongs to the thread that made it."""

    def __init__(self, scheduler: Scheduler, recorder: Recorder | None = None) -> None:
        self.scheduler = scheduler
        self.recorder = recorder
        self.thread = get_ident()
        self.activity: Activity | None = None
        self.strand: Strand | None = None
        self.timer_limit = TIMER_LIMIT
        self.jump_limit = JUMP_LIMIT
        self.overlapped: Callable[[], object] = _nothing
        self.follow: Callable[[int], object] = _ignore
        # Asked before the clock moves: whether it had to wait for other threads, after which all may be different. Told
        # True if nothing else is left.
        self.hold: Callable[[bool], bool] | None = None
        self.stretch = 0
        self.suspended: dict[Strand, None] = {}
        # Whether somebody waited for what does not come about.
        self.unsettled = False
        self._idle: list[Strand] = []
        self._outside: Context = copy_context()
        self._inline: Activity | None = None
        self._horizon = -1
        self._owner: object = None
        self._fault: BaseException | None = None
        self._eviction: Eviction | None = None
        self._depth = 0
        self._allowed = 0
        self._last_timer = 0
        self._reads = 0
        self._spun = 0
        self._followed = 0

    # Reading the clock

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

    def _move_to(self, instant: int) -> None:
        if instant > self.scheduler.now:
            self.scheduler.now = instant

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

    # Waiting

    def wait_until(self, due: int) -> None:
        """Suspend the caller until `due`. Its deadline comes first if it is not later, and raises `Unwind` there."""
        activity, scheduler = self.activity, self.scheduler
        at_deadline = False
        if activity is not None:
            if activity.unwind is not None:
                self._refuse(activity)
            if due >= activity.deadline:
                due, at_deadline = activity.deadline, True
        if due <= scheduler.now:
            self._take_turns()
        elif self.strand is not None:
            self._set_alarm(self.strand, due, "sleeps")
            self._suspend(self.strand)
        elif self.hold is not None or (scheduler.heap and scheduler.heap[0][0] <= due):
            self._run_while(None, due, horizon=due if activity is None else -1, idle_is_an_end=True)
        else:
            scheduler.now = due
            self.fresh_stretch()
        if activity is not None:
            if at_deadline and activity.unwind is None:
                activity.unwind = "deadline"
            if activity.unwind is not None:
                self._refuse(activity)

    def _take_turns(self) -> None:
        """A wait of no length: whoever is due now has a turn. Many of them at one instant are a spin, as reads are."""
        due = self.read()
        reads, spun = self._reads, self._spun
        heap = self.scheduler.heap
        if self.strand is not None:
            self._set_alarm(self.strand, due, "takes turns")
            self._suspend(self.strand)
        elif self.hold is not None or (heap and heap[0][0] <= due):
            self._run_while(None, due, idle_is_an_end=True)
        if self.scheduler.now == due:
            self._reads, self._spun = reads, spun

    def wait_for(self, signal: Signal, until: int = NEVER, owner: object = None) -> bool:
        """Suspend the caller until the signal fires (True) or `until` comes (False).

        `owner`: the one whose end fires the signal; it may then run on the caller's own stack.
        """
        self.proceed()
        activity, strand = self.activity, self.strand
        limit = until if activity is None else min(until, activity.deadline)
        if signal.fired:
            return True
        if strand is not None:
            alarm = self._set_alarm(strand, limit, "waits")
            signal.listeners.append(lambda: self._wake(strand, alarm))
            self._suspend(strand)
        elif activity is None:
            self._run_while(lambda: not signal.fired, limit, owner=owner)
        else:
            turn = Turn(self.scheduler)
            signal.listeners.append(turn.ask)
            self._run_for(turn, limit)
        self._check_deadline(activity)
        return signal.fired

    def run_until_idle(self) -> None:
        """Run until no timer is left. Raises NotSettledError when that does not come about."""
        self._only_the_test("run_until_idle()")
        self._run_while(None, NEVER, horizon=NEVER, idle_is_an_end=True)

    def run_while(self, condition: Callable[[], bool], owner: object = None) -> None:
        """Run timers while the condition holds. Raises NotSettledError when nothing is left that could change it."""
        self._only_the_test("Waiting for others to settle")
        self._run_while(condition, NEVER, owner=owner)

    def jump(self, limit: int, loop: Sleeper) -> bool:
        """For an event loop with nothing to do: run timers until it has something, or an instant has come.

        False, at once, if there is nothing to wait for.
        """
        activity, strand, scheduler = self.activity, self.strand, self.scheduler
        if activity is not None:
            if activity.unwind is not None:
                self._refuse(activity)
            if activity.deadline < limit:
                limit = activity.deadline
        if strand is not None:
            alarm = self._set_alarm(strand, limit, "waits")
            loop.on_ready(lambda: self._wake(strand, alarm))
            self._suspend(strand)
            loop.on_ready(None)
        elif self.hold is not None or (scheduler.heap and scheduler.heap[0][0] <= limit):
            if limit == NEVER and scheduler.idle():
                return False
            if activity is None:
                horizon = limit if loop.can_be_held_up() else -1
                self._run_while(lambda: not loop.is_ready(), limit, horizon=horizon, idle_is_an_end=True)
            else:
                turn = Turn(scheduler)
                loop.on_ready(turn.ask)
                try:
                    self._run_for(turn, limit)
                finally:
                    loop.on_ready(None)
        elif limit == NEVER:
            return False
        else:
            if limit > scheduler.now:
                scheduler.now = limit
            self.fresh_stretch()
            if activity is None or limit < activity.deadline:
                return True
        self._check_deadline(activity)
        return True

    def _run_for(self, turn: Turn, limit: int) -> None:
        try:
            self._run_while(lambda: not turn.came, limit)
        finally:
            turn.give_up()

    def _run_while(
        self,
        condition: Callable[[], bool] | None,
        limit: int,
        *,
        horizon: int = -1,
        owner: object = None,
        idle_is_an_end: bool = False,
    ) -> None:
        """Fire timers due by `limit`, on behalf of the test or of user code that waits on this stack."""
        activity, inline = self.activity, self._inline
        saved = self._horizon, self._owner
        self.activity, self._inline, self._horizon, self._owner = None, activity, horizon, owner
        if self._depth == 0:
            self._allowed = self.timer_limit + TIMERS_FOR_EACH * len(self.scheduler.heap)
            self._last_timer = self.scheduler.fired + self._allowed
        self._depth += 1
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
            self._depth -= 1
            self.activity, self._inline = activity, inline
            self._horizon, self._owner = saved
            self.fresh_stretch()

    def _fire(self, condition: Callable[[], bool] | None, limit: int, arrivals: int, idle_is_an_end: bool) -> None:
        """The loop. Of the timers due at the very limit it fires those that came before so many arrivals: user code
        that waits takes its turn as a timer would, and the test goes last."""
        scheduler = self.scheduler
        heap = scheduler.heap
        while condition is None or condition():
            if not heap:
                if self.hold is not None and self.hold(limit == NEVER and not idle_is_an_end):
                    continue
                if limit < NEVER:
                    self._move_to(limit)
                elif not idle_is_an_end:
                    raise self.not_settled(not_settled.nothing_will_come(scheduler.now))
                break
            due, arrival, timer = heap[0]
            action = timer.action
            if action is None:
                heappop(heap)
                continue
            if self.hold is not None and due > scheduler.now and self.hold(False):
                continue
            if due >= limit and (due > limit or arrival > arrivals):
                self._move_to(limit)
                break
            if scheduler.fired >= self._last_timer:
                raise self.not_settled(not_settled.never_ends(self._allowed, scheduler))
            heappop(heap)
            timer.action = None
            if due > scheduler.now:
                scheduler.now = due
            scheduler.fired += 1
            action()

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
            boundary = boundary_above(Hub.run.__code__)
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

    # Running

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

    def call(self, job: Callable[[], object], ends_by: int) -> None:
        """Run a job for whoever is running now, who waits for its end, but not beyond the own deadline."""
        self.proceed()
        activity = self.activity
        if activity is None or ends_by < activity.deadline:
            job()
            return
        done = Signal()

        def work() -> None:
            job()
            done.fire()

        self.scheduler.at(self.scheduler.now, lambda: self.spawn(work), "call")
        self.wait_for(done)

    # Strands

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

    # The end

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

    # Saying what is so

    def not_settled(self, text: str) -> NotSettledError:
        self.unsettled = True
        return NotSettledError(text)

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

    def _only_the_test(self, what: str) -> None:
        self.proceed()
        if self.activity is not None:
            raise ClockError(
                f"{what} was asked for by {self.activity.name}, which is running.\n\n"
                "The world cannot come to rest while it runs. Ask from the test, or sleep."
            )


def _nothing() -> None:
    return None


def _ignore(by: int) -> None:
    return None
