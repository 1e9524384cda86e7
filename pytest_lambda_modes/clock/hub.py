"""All of virtual time at once: timers fire, user code runs in it, overlaps, and waits.

The first three are below (`firing`, `running`, `overlap`), and each stands on the one before. Waiting is here: for an
instant, for something to happen, for the world to settle.
"""

from __future__ import annotations

from collections.abc import Callable

from pytest_lambda_modes.clock.host_state import Recorder
from pytest_lambda_modes.clock.overlap import Overlap
from pytest_lambda_modes.clock.scheduler import NEVER, Scheduler
from pytest_lambda_modes.clock.signals import Signal, Sleeper, Turn
from pytest_lambda_modes.errors import ClockError

# An event loop that lets time pass so often in one run does not end.
JUMP_LIMIT = 250_000


class Hub(Overlap):
    """What everybody who runs in one test waits at."""

    def __init__(self, scheduler: Scheduler, recorder: Recorder | None = None) -> None:
        super().__init__(scheduler, recorder)
        self.jump_limit = JUMP_LIMIT

    # For an instant

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

    # For something to happen

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

    # For the world to settle

    def run_until_idle(self) -> None:
        """Run until no timer is left. Raises NotSettledError when that does not come about."""
        self._only_the_test("run_until_idle()")
        self._run_while(None, NEVER, horizon=NEVER, idle_is_an_end=True)

    def run_while(self, condition: Callable[[], bool], owner: object = None) -> None:
        """Run timers while the condition holds. Raises NotSettledError when nothing is left that could change it."""
        self._only_the_test("Waiting for others to settle")
        self._run_while(condition, NEVER, owner=owner)

    def _only_the_test(self, what: str) -> None:
        self.proceed()
        if self.activity is not None:
            raise ClockError(
                f"{what} was asked for by {self.activity.name}, which is running.\n\n"
                "The world cannot come to rest while it runs. Ask from the test, or sleep."
            )
