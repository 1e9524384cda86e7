"""The hub against a model of it that has no stacks at all."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from heapq import heappop, heappush
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from pytest_lambda_modes.clock.activity import Activity, Unwind
from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.clock.scheduler import NEVER, Scheduler, Timer
from pytest_lambda_modes.clock.signals import Signal

Log = list[tuple[int, str]]

# What a handler does, step by step: sleep so long, wait for a signal up to so long, fire one, call another handler.
STEPS = st.one_of(
    st.tuples(st.just("sleep"), st.integers(0, 7)),
    st.tuples(st.just("wait"), st.tuples(st.integers(0, 2), st.integers(1, 9))),
    st.tuples(st.just("fire"), st.integers(0, 2)),
    st.tuples(st.just("call"), st.tuples(st.lists(st.integers(0, 4), max_size=3), st.integers(1, 9))),
)
PROGRAMS = st.lists(STEPS, max_size=5)
TIMEOUTS = st.integers(1, 25)
SIGNALS = 3


class Real:
    """The hub itself: handlers are functions that wait."""

    def __init__(self) -> None:
        self.hub = Hub(Scheduler())
        self.log: Log = []
        self.signals = [Signal() for _ in range(SIGNALS)]
        self._timers: dict[int, Timer] = {}

    @property
    def now(self) -> int:
        return self.hub.scheduler.now

    def note(self, what: str) -> None:
        self.log.append((self.now, what))

    def schedule(self, number: int, due: int) -> None:
        self._timers[number] = self.hub.scheduler.at(due, partial(self.note, f"timer {number}"))

    def cancel(self, number: int) -> None:
        self._timers[number].cancel()

    def advance(self, duration: int) -> None:
        self.hub.wait_until(self.now + duration)

    def settle(self) -> None:
        self.hub.run_until_idle()

    def renew(self, number: int) -> None:
        self.signals[number] = Signal()

    def begin(self, due: int, name: str, program: list[Any], timeout: int) -> None:
        def deliver() -> None:
            deadline = self.now + timeout
            self.hub.start(partial(self._run, name, deadline, partial(self._steps, name, program)), deadline)

        self.hub.scheduler.at(due, deliver, name)

    def invoke(self, name: str, program: list[Any], timeout: int) -> None:
        self._run(name, self.now + timeout, partial(self._steps, name, program))

    def _run(self, name: str, deadline: int, job: Callable[[], None]) -> None:
        def guarded() -> None:
            self.note(f"{name} begins")
            try:
                job()
                self.note(f"{name} ends")
            except Unwind as unwind:
                self.note(f"{name}: {unwind.reason}")

        self.hub.run(Activity(name, deadline), guarded)

    def _steps(self, name: str, program: list[Any]) -> None:
        for number, (step, argument) in enumerate(program):
            if step == "sleep":
                self.hub.wait_until(self.now + argument)
            elif step == "wait":
                signal, patience = argument
                told = self.hub.wait_for(self.signals[signal], until=self.now + patience)
                self.note(f"{name} {'told' if told else 'not told'}")
            elif step == "fire":
                self.signals[argument].fire()
            else:
                durations, timeout = argument
                inner, deadline = f"{name}.{number}", self.now + timeout
                sleeps = partial(self._steps, inner, [("sleep", duration) for duration in durations])
                self.hub.call(partial(self._run, inner, deadline, sleeps), deadline)
            self.note(f"{name} {number}")


Listeners = list[Callable[[], None]]
Handler = Generator[tuple[int, "Listeners | None"], bool, None]


class Due:
    """What will be done, unless it is called off."""

    def __init__(self, action: Callable[[], None]) -> None:
        self.action: Callable[[], None] | None = action

    def call_off(self) -> None:
        self.action = None


class Waiter:
    """A handler of the model that is suspended, until it is resumed by its alarm or woken."""

    def __init__(self, model: Model, handler: Handler, deadline: int) -> None:
        self.model = model
        self.handler = handler
        self.deadline = deadline
        self.alarm: Due | None = None

    def begin(self) -> None:
        self._suspend(lambda: next(self.handler))

    def _go_on(self, told: bool) -> None:
        if self.model.now >= self.deadline:
            self._suspend(lambda: self.handler.throw(Unwind("deadline")))
        else:
            self._suspend(lambda: self.handler.send(told))

    def _suspend(self, run: Callable[[], tuple[int, Listeners | None]]) -> None:
        self.alarm = None
        try:
            until, listeners = run()
        except StopIteration:
            return
        self.alarm = self.model.at(min(until, self.deadline), partial(self._go_on, False))
        if listeners is not None:
            listeners.append(partial(self._wake, self.alarm))

    def _wake(self, alarm: Due) -> None:
        if self.alarm is alarm:
            alarm.call_off()
            self.alarm = self.model.at(self.model.now, partial(self._go_on, True))


class Model:
    """The same without a hub: handlers are generators, and one list of what is due says all."""

    def __init__(self) -> None:
        self.now = 0
        self.log: Log = []
        self._heap: list[tuple[int, int, Due]] = []
        self._arrivals = 0
        self._timers: dict[int, Due] = {}
        self._fired = [False] * SIGNALS
        self._listeners: list[Listeners] = [[] for _ in range(SIGNALS)]

    def at(self, due: int, action: Callable[[], None]) -> Due:
        self._arrivals += 1
        entry = Due(action)
        heappush(self._heap, (max(due, self.now), self._arrivals, entry))
        return entry

    def note(self, what: str) -> None:
        self.log.append((self.now, what))

    def schedule(self, number: int, due: int) -> None:
        self._timers[number] = self.at(due, partial(self.note, f"timer {number}"))

    def cancel(self, number: int) -> None:
        self._timers[number].call_off()

    def advance(self, duration: int) -> None:
        end = self.now + duration
        self._run_to(end)
        self.now = end

    def _run_to(self, end: int) -> None:
        while self._heap and self._heap[0][0] <= end:
            due, _, entry = heappop(self._heap)
            if entry.action is not None:
                self.now = due
                action, entry.action = entry.action, None
                action()

    def settle(self) -> None:
        self._run_to(NEVER)

    def renew(self, number: int) -> None:
        self._fired[number], self._listeners[number] = False, []

    def begin(self, due: int, name: str, program: list[Any], timeout: int) -> None:
        self.at(due, lambda: self._start(name, self._steps(name, program, timeout), timeout))

    def _start(self, name: str, steps: Handler, timeout: int) -> None:
        Waiter(self, self._guarded(name, steps), self.now + timeout).begin()

    def _guarded(self, name: str, steps: Handler) -> Handler:
        self.note(f"{name} begins")
        try:
            yield from steps
            self.note(f"{name} ends")
        except Unwind as unwind:
            self.note(f"{name}: {unwind.reason}")

    def _steps(self, name: str, program: list[Any], timeout: int) -> Handler:
        deadline = self.now + timeout
        for number, (step, argument) in enumerate(program):
            if step == "sleep":
                yield self.now + argument, None
            elif step == "wait":
                signal, patience = argument
                told = self._fired[signal]
                if not told:
                    told = yield self.now + patience, self._listeners[signal]
                self.note(f"{name} {'told' if told or self._fired[signal] else 'not told'}")
            elif step == "fire":
                self._fire(argument)
            else:
                durations, inner_timeout = argument
                yield from self._call(f"{name}.{number}", durations, inner_timeout, deadline)
            self.note(f"{name} {number}")

    def _fire(self, signal: int) -> None:
        if not self._fired[signal]:
            self._fired[signal] = True
            listeners, self._listeners[signal] = self._listeners[signal], []
            for wake in listeners:
                wake()

    def _call(self, name: str, durations: list[int], timeout: int, deadline: int) -> Handler:
        sleeps: list[Any] = [("sleep", duration) for duration in durations]
        if self.now + timeout < deadline:
            yield from self._inline(name, sleeps, timeout)
            return
        done: Listeners = []
        ended = [False]

        def steps() -> Handler:
            yield from self._guarded(name, self._steps(name, sleeps, timeout))
            ended[0] = True
            for wake in done:
                wake()

        self.at(self.now, lambda: Waiter(self, steps(), self.now + timeout).begin())
        yield NEVER, done

    def _inline(self, name: str, sleeps: list[Any], timeout: int) -> Handler:
        """A callee that ends before its caller's deadline: its own deadline is looked after here."""
        deadline = self.now + timeout
        self.note(f"{name} begins")
        for number, (_, duration) in enumerate(sleeps):
            until = min(self.now + duration, deadline)
            yield until, None
            if self.now >= deadline:
                self.note(f"{name}: deadline")
                return
            self.note(f"{name} {number}")
        self.note(f"{name} ends")


class ClockMachine(RuleBasedStateMachine):
    """Does the same to both and compares all that happened."""

    timers = Bundle("timers")

    def __init__(self) -> None:
        super().__init__()
        self.real, self.model = Real(), Model()
        self._number = 0
        self._before = 0

    def both(self, method: str, *arguments: Any) -> None:
        for world in (self.real, self.model):
            getattr(world, method)(*arguments)

    def _name(self) -> str:
        self._number += 1
        return f"{self._number}"

    @rule(target=timers, after=st.integers(0, 20))
    def schedule(self, after: int) -> int:
        self._number += 1
        self.both("schedule", self._number, self.real.now + after)
        return self._number

    @rule(timer=consumes(timers))
    def cancel(self, timer: int) -> None:
        self.both("cancel", timer)

    @rule(after=st.integers(0, 10), program=PROGRAMS, timeout=TIMEOUTS)
    def begin(self, after: int, program: list[Any], timeout: int) -> None:
        self.both("begin", self.real.now + after, self._name(), program, timeout)

    @rule(signal=st.integers(0, SIGNALS - 1))
    def renew(self, signal: int) -> None:
        self.both("renew", signal)

    @rule(duration=st.integers(0, 15))
    def advance(self, duration: int) -> None:
        self.both("advance", duration)

    @rule()
    def settle(self) -> None:
        self.both("settle")
        assert self.real.hub.scheduler.idle()
        assert not self.real.hub.suspended

    @invariant()
    def the_same_has_happened_at_the_same_instants_in_the_same_order(self) -> None:
        assert self.real.log == self.model.log
        assert self.real.now == self.model.now

    @invariant()
    def time_has_not_gone_back(self) -> None:
        assert self.real.now >= self._before
        instants = [instant for instant, _ in self.real.log]
        assert instants == sorted(instants)
        self._before = self.real.now

    @invariant()
    def nobody_runs_while_the_test_does(self) -> None:
        hub = self.real.hub
        assert hub.activity is None
        assert hub.strand is None

    def teardown(self) -> None:
        self.real.hub.abandon()
        assert not self.real.hub.suspended


def test_the_hub_does_what_its_model_does():
    """Time never goes back, equal times run in order of arrival, and each sleeper wakes exactly at its own instant."""
    run_state_machine_as_test(
        ClockMachine, settings=settings(deadline=None, derandomize=True, max_examples=150, stateful_step_count=25)
    )


@settings(deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 10), PROGRAMS, TIMEOUTS), min_size=1, max_size=8),
    st.integers(1, 60),
)
def test_who_is_on_which_stack_makes_no_difference(handlers, slice_):
    """The same handlers do the same whether the test waits in one go, so that some run inline, or in many steps."""

    def trace(step: int) -> Log:
        real = Real()
        for number, (due, program, timeout) in enumerate(handlers):
            real.begin(due, f"{number}", program, timeout)
        for _ in range(0, 120, step):
            real.advance(step)
        real.settle()
        return real.log

    assert trace(120) == trace(slice_) == trace(120)


@pytest.mark.parametrize("seed", range(3))
def test_the_same_program_gives_the_same_trace(seed):
    """A program with handlers that overlap, call and wake each other repeats exactly."""
    programs = [
        [("sleep", seed + number % 4), ("wait", (number % 3, 5)), ("fire", (number + 1) % 3), ("call", ([1, 2], 4))]
        for number in range(30)
    ]

    def trace() -> Log:
        real = Real()
        for number, program in enumerate(programs):
            real.begin(number % 7, f"{number}", program, 40)
        real.settle()
        return real.log

    first = trace()
    assert len(first) > 150
    assert first == trace()
