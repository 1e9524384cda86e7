"""Random worlds of events, played by the simulation and by a second, plain model of the rules, which must agree.

The model is written from the rules alone: ASYNC-9 to ASYNC-14 and ASYNC-26. Instants are microseconds. No two events
ever meet at one instant: each has microseconds of its own, and whatever it waits for takes whole tenths of a second.
"""

from __future__ import annotations

import datetime as dt
import time
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes import facts, faults
from pytest_lambda_modes.harness.lambda_modes import LambdaModes
from pytest_lambda_modes.harness.settings import HarnessSettings

SECOND = 1_000_000
TENTH = 100_000


class Run(NamedTuple):
    """What the handler does in one run: works so many tenths of a second, then fails or not."""

    tenths: int
    fails: bool


class Sent(NamedTuple):
    """An event: tenths of a second after the one before, what its runs do, and what happens to its deliveries."""

    gap: int
    runs: tuple[Run, Run, Run]
    script: dict[int, faults.Fault]


class World(NamedTuple):
    """Seconds, as the API has them."""

    timeout: int
    retries: int
    age: int
    reserved: int | None
    events: list[Sent]


class Told(NamedTuple):
    """All that is known of an event at its end."""

    starts: list[int]
    outcomes: list[str]
    throttles: list[int]
    condition: str
    settled_at: int


def arrivals(world: World) -> list[int]:
    instants, at = [], 0
    for number, event in enumerate(world.events):
        at += event.gap * TENTH
        instants.append(at + number)
    return instants


# The second model


class Model:
    """Plays a world by the rules, in the simplest way."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.arrivals = arrivals(world)
        self.told = [Told([], [], [], "", -1) for _ in world.events]
        self.deliveries = [0] * len(world.events)
        self.throttled_in_a_row = [0] * len(world.events)
        self.busy = 0
        self.pending = []
        self.order = count()

    def play(self) -> list[Told]:
        for number, at in enumerate(self.arrivals):
            self.later(at, self.deliver, number)
        while self.pending:
            now, _, action, number, *rest = heappop(self.pending)
            action(now, number, *rest)
        return self.told

    def later(self, at, action, number, *rest) -> None:
        heappush(self.pending, (at, next(self.order), action, number, *rest))

    def expires(self, number) -> int:
        return self.arrivals[number] + self.world.age * SECOND

    def settle(self, now, number, condition) -> None:
        assert self.told[number].settled_at < 0
        self.told[number] = self.told[number]._replace(condition=condition, settled_at=now)

    def deliver(self, now, number) -> None:
        self.deliveries[number] += 1
        fault = self.world.events[number].script.get(self.deliveries[number])
        full = self.world.reserved is not None and self.busy >= self.world.reserved
        if self.world.reserved == 0:
            self.settle(now, number, "ZeroReservedConcurrency")
        elif full or isinstance(fault, (faults.Throttle, faults.ServiceError)):
            self.turned_away(now, number)
        else:
            self.run(now, number, fault)

    def turned_away(self, now, number) -> None:
        self.told[number].throttles.append(now)
        self.throttled_in_a_row[number] += 1
        due = now + min(2 ** (self.throttled_in_a_row[number] - 1), 300) * SECOND
        if due < self.expires(number):
            self.later(due, self.deliver, number)
        else:
            self.later(self.expires(number), self.settle, number, "EventAgeExceeded")

    def run(self, now, number, fault) -> None:
        self.busy += 1
        self.throttled_in_a_row[number] = 0
        told = self.told[number]
        run = self.world.events[number].runs[len(told.starts)]
        told.starts.append(now)
        ends = [(run.tenths * TENTH, 2, "function_error" if run.fails else "success")]
        ends.append((self.world.timeout * SECOND, 1, "timeout"))
        if isinstance(fault, faults.Kill) and fault.after < dt.timedelta(seconds=self.world.timeout):
            ends.append((fault.after // dt.timedelta(microseconds=1), 0, "exit"))
        lasts, _, outcome = min(ends)
        self.later(now + lasts, self.end, number, outcome)

    def end(self, now, number, outcome) -> None:
        self.busy -= 1
        told = self.told[number]
        told.outcomes.append(outcome)
        retries_used = len(told.outcomes) - 1
        if outcome == "success":
            self.settle(now, number, "Success")
        elif retries_used == self.world.retries:
            self.settle(now, number, "RetriesExhausted")
        else:
            due = now + (60, 120)[retries_used] * SECOND
            if due < self.expires(number):
                self.later(due, self.deliver, number)
            else:
                self.settle(now, number, "EventAgeExceeded")


# The simulation


class Played(NamedTuple):
    told: list[Told]
    timeline: str
    facts: list[facts.Fact]
    records: list[str]
    letters: list[str]


def play(world: World) -> Played:
    """The same world in the simulation, with a destination for both ends and a dead-letter queue."""
    modes = LambdaModes(
        HarnessSettings.build("test", seed="second model"),
        async_settings={
            "maximum_retry_attempts": world.retries,
            "maximum_event_age_in_seconds": world.age,
            "on_success": "sqs:records",
            "on_failure": "sqs:records",
        },
    )
    modes.start()
    try:
        runs_so_far = [0] * len(world.events)

        def handler(number, context):
            run = world.events[number].runs[runs_so_far[number]]
            runs_so_far[number] += 1
            time.sleep(run.tenths / 10)
            if run.fails:
                raise ValueError(f"run {runs_so_far[number]}")

        function = modes.function(
            handler,
            timeout=world.timeout,
            reserved_concurrent_executions=world.reserved,
            dead_letter_target="sqs:letters",
        )
        invocations = []
        for number, at in enumerate(arrivals(world)):
            modes.clock.advance(dt.timedelta(microseconds=at) - modes.clock.elapsed)
            invocations.append(modes.async_invoke(function, number, faults=world.events[number].script))
        modes.clock.run_until_idle()
        start = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
        settled_at = {fact.request_id: fact.at for fact in modes.timeline if isinstance(fact, facts.EventSettled)}

        def instant(moment):
            return (moment - start) // dt.timedelta(microseconds=1)

        told = [
            Told(
                [instant(attempt.started_at) for attempt in invocation.attempts],
                [attempt.outcome for attempt in invocation.attempts],
                [instant(moment) for moment in invocation.throttles],
                str(invocation.condition),
                settled_at[invocation.request_id],
            )
            for invocation in invocations
        ]
        queues = [[message.body for message in modes.queue(name).messages] for name in ("records", "letters")]
        return Played(told, str(modes.timeline), list(modes.timeline), *queues)
    finally:
        modes.stop()


runs = st.builds(Run, st.sampled_from([0, 1, 5, 10, 25, 50, 290, 600]), st.booleans())
kills = st.sampled_from([1, 3, 20, 100]).map(lambda tenths: faults.Kill(after=dt.timedelta(milliseconds=100 * tenths)))
scripts = st.dictionaries(
    st.integers(1, 8), st.one_of(st.just(faults.Throttle()), st.just(faults.ServiceError()), kills), max_size=4
)
events = st.builds(Sent, st.sampled_from([0, 0, 1, 10, 300, 700]), st.tuples(runs, runs, runs), scripts)
worlds = st.builds(
    World,
    timeout=st.sampled_from([1, 5, 30, 90]),
    retries=st.integers(0, 2),
    age=st.one_of(st.integers(60, 400), st.sampled_from([60, 61, 180, 181, 21_600])),
    reserved=st.sampled_from([None, 1, 1, 2, 3, 0]),
    events=st.lists(events, min_size=1, max_size=6),
)
random_worlds = given(worlds)
some = settings(deadline=None, derandomize=True, max_examples=150)


@pytest.mark.rule("ASYNC-9", "ASYNC-10", "ASYNC-11", "ASYNC-12", "ASYNC-13", "ASYNC-14", "ASYNC-16", "ASYNC-26")
@some
@random_worlds
def test_the_simulation_and_the_second_model_agree(world):
    """Each event starts, ends, is throttled and is settled at the same instants in both."""
    assert play(world).told == Model(world).play()


@pytest.mark.rule("ASYNC-9", "ASYNC-17")
@some
@random_worlds
def test_every_event_is_settled_once_and_nothing_is_tried_after_that(world):
    """One end for each event, one record, a dead letter for each failure, and at most its retries."""
    played = play(world)
    settled: dict[str, int] = {}
    for fact in played.facts:
        if isinstance(fact, facts.EventSettled):
            assert fact.request_id not in settled
            settled[fact.request_id] = fact.at
        elif isinstance(fact, (facts.FunctionStarted, facts.Throttled, facts.RetryScheduled)):
            assert fact.request_id not in settled
    assert len(settled) == len(played.records) == len(world.events)
    assert len(played.letters) == sum(told.condition != "Success" for told in played.told)
    assert all(len(told.starts) <= world.retries + 1 for told in played.told)


@settings(some, max_examples=40)
@random_worlds
def test_the_same_world_is_played_the_same_way_again(world):
    """Two runs with one seed have the same timeline, records and dead letters, to the letter."""
    once, again = play(world), play(world)
    assert (once.timeline, once.records, once.letters) == (again.timeline, again.records, again.letters)
