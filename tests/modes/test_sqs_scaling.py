"""How many batches of a mapping run at once, and how that grows and shrinks."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.model.event_source_mapping_config import SqsMappingConfig
from pytest_lambda_modes.modes.polling.sqs_scaling import SqsScaling, concurrency_limit
from pytest_lambda_modes.units import MINUTE, SECOND


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def config(*, fifo: bool = False, **given: object) -> SqsMappingConfig:
    return SqsMappingConfig.build("test", fifo=fifo, **given)


class Worker:
    """A handler that stays for so many seconds, and knows how many of it ran at once at each moment."""

    def __init__(self, clock, stays: float) -> None:
        self.clock = clock
        self.stays = stays
        self.running = 0
        self.most_by_minute = {}

    def __call__(self, event, context):
        self.running += 1
        minute = int(self.clock.elapsed.total_seconds() // 60)
        self.most_by_minute[minute] = max(self.running, self.most_by_minute.get(minute, 0))
        time.sleep(self.stays)
        self.running -= 1


# The limit


@pytest.mark.rule("SQS-24")
@pytest.mark.parametrize(
    "backlog, limit",
    [(0, 5), (59, 5), (60, 305), (119, 305), (120, 605), (180, 905), (240, 1205), (300, 1250), (3600, 1250)],
)
def test_on_demand_it_grows_by_300_a_minute(backlog, limit):
    """From 5 to 1,250, in whole minutes of backlog."""
    assert concurrency_limit(config(), backlog * SECOND, 0) == limit


@pytest.mark.rule("SQS-25")
@pytest.mark.parametrize("most, at_first, later", [(2, 2, 2), (4, 4, 4), (100, 5, 100), (1000, 5, 305)])
def test_maximum_concurrency_bounds_it(most, at_first, later):
    """It is no start: growth is as without it."""
    limited = config(maximum_concurrency=most)
    assert [concurrency_limit(limited, backlog, 0) for backlog in (0, MINUTE)] == [at_first, later]


@pytest.mark.rule("SQS-27")
@pytest.mark.parametrize("lowered_by, limit", [(0, 5), (1, 4), (3, 2), (4, 2), (1000, 2)])
def test_errors_lower_it_to_two(lowered_by, limit):
    """And no further."""
    assert concurrency_limit(config(), 0, lowered_by) == limit


@pytest.mark.rule("SQS-16", "SQS-25")
def test_a_fifo_queue_has_its_groups_for_a_limit():
    """Or its maximum concurrency, if that is less; errors do not lower it."""
    assert concurrency_limit(config(fifo=True), 0, 3) == 1250
    assert concurrency_limit(config(fifo=True, maximum_concurrency=7), 0, 3) == 7


@pytest.mark.rule("SQS-26")
@pytest.mark.parametrize(
    "pollers, limits",
    [
        ({"minimum_pollers": 2}, [20, 1020, 2000]),
        ({"minimum_pollers": 200}, [2000, 2000, 2000]),
        ({"minimum_pollers": 3, "maximum_pollers": 5}, [30, 50, 50]),
        ({"maximum_pollers": 10_000}, [20, 1020, 10_020]),
    ],
)
def test_in_provisioned_mode_each_poller_has_ten_invocations(pollers, limits):
    """From the least number on, by 1,000 a minute, to the most."""
    assert [concurrency_limit(config(**pollers), minutes * MINUTE, 0) for minutes in (0, 1, 10)] == limits


configs = st.one_of(
    st.builds(config, maximum_concurrency=st.none() | st.integers(2, 1000), fifo=st.booleans()),
    st.builds(config, minimum_pollers=st.integers(2, 200), maximum_pollers=st.integers(200, 10_000)),
)


@settings(deadline=None, derandomize=True)
@given(configs, st.integers(0, 120 * MINUTE), st.integers(0, 2000))
def test_there_is_always_room_for_two_and_more_backlog_never_means_less(config, backlog, lowered_by):
    """Whatever the settings, a poller can go on."""
    limit = concurrency_limit(config, backlog, lowered_by)
    assert 2 <= limit <= concurrency_limit(config, backlog + MINUTE, lowered_by)


@settings(deadline=None, derandomize=True)
@given(configs, st.integers(0, 10 * MINUTE), st.lists(st.booleans(), max_size=50))
def test_the_growth_that_is_announced_is_the_next_there_is(config, now, failures):
    """Before that instant the limit is the same; when none is announced it never changes."""
    scaling = SqsScaling()
    scaling.backlog(0)
    for failed in failures:
        if failed:
            scaling.failed(config, now)
        else:
            scaling.succeeded()
    scaling.in_flight = concurrency_limit(config, now, scaling._lowered_by)
    assert not scaling.has_room(config, now)
    grows_at = scaling.grows_at(config, now)
    if grows_at is None:
        assert not scaling.has_room(config, now + 10_000 * MINUTE)
    else:
        assert now < grows_at <= now + MINUTE
        assert not scaling.has_room(config, grows_at - 1)


# Through the queue


@pytest.mark.rule("SQS-24")
def test_a_backlog_makes_a_mapping_grow_minute_by_minute(event_source, lambda_clock):
    """5, then 305, then 605 at once, while messages wait."""
    worker = Worker(lambda_clock, stays=30)
    orders = event_source.sqs(worker, batch_size=1, timeout=40, visibility_timeout=240)
    for number in range(1500):
        orders.send(number)
    orders.drain()
    assert worker.most_by_minute == {0: 5, 1: 305, 2: 605}
    assert {message.state for message in orders.sent} == {"deleted"}


@pytest.mark.rule("SQS-24")
def test_growth_begins_anew_when_the_backlog_is_gone(event_source, lambda_clock):
    """A backlog lasts from the moment at which a message waits for room to that at which none does."""
    started = Counter()

    def handler(event, context):
        started[int(lambda_clock.elapsed.total_seconds())] += 1
        time.sleep(30)

    orders = event_source.sqs(handler, batch_size=1, timeout=40, visibility_timeout=240)
    for _ in range(2):
        for number in range(20):
            orders.send(number)
        orders.drain()
    assert started == {0: 5, 30: 5, 60: 10, 90: 5, 120: 5, 150: 10}


@pytest.mark.rule("SQS-24", "ESM-9")
def test_growth_begins_anew_after_a_pause(event_source, lambda_clock):
    """What waited while nobody read was no backlog of the poller's."""
    worker = Worker(lambda_clock, stays=2)
    orders = event_source.sqs(worker, batch_size=1)
    for number in range(70):
        orders.send(number)
    lambda_clock.advance(seconds=1)
    orders.disable()
    lambda_clock.advance(seconds=240)
    orders.enable()
    orders.drain()
    assert worker.most_by_minute == {0: 5, 4: 5}


@pytest.mark.rule("SQS-25")
def test_as_recorded_thirty_messages_make_two_batches(event_source):
    """Batch size 20, a window of a second, at most two at once."""
    sizes = []
    orders = event_source.sqs(
        lambda event, context: sizes.append(len(event["Records"])),
        batch_size=20,
        maximum_batching_window_in_seconds=1,
        maximum_concurrency=2,
    )
    for number in range(30):
        orders.send(number)
    orders.drain()
    assert sizes == [20, 10]


@pytest.mark.rule("SQS-25")
def test_maximum_concurrency_is_never_exceeded(event_source, lambda_clock):
    """However large the backlog."""
    worker = Worker(lambda_clock, stays=10)
    orders = event_source.sqs(worker, batch_size=1, timeout=20, visibility_timeout=120, maximum_concurrency=3)
    for number in range(60):
        orders.send(number)
    orders.drain()
    assert set(worker.most_by_minute.values()) == {3}
    assert lambda_clock.elapsed == seconds(200)


@pytest.mark.rule("SQS-26")
def test_a_provisioned_mapping_begins_with_twenty(event_source, lambda_clock):
    """Two pollers with ten invocations each."""
    worker = Worker(lambda_clock, stays=10)
    orders = event_source.sqs(worker, batch_size=1, timeout=20, minimum_pollers=2)
    for number in range(60):
        orders.send(number)
    orders.drain()
    assert (worker.most_by_minute, lambda_clock.elapsed) == ({0: 20}, seconds(30))


@pytest.mark.rule("SQS-27")
def test_each_success_gives_back_what_an_error_took(event_source, lambda_clock):
    """Five errors leave two at once. Each success makes it one more, up to five again."""
    failing = [True]
    running, most = [], []

    def handler(event, context):
        if failing[0]:
            raise RuntimeError("no")
        running.append(1)
        most.append(len(running))
        time.sleep(10)
        running.pop()

    orders = event_source.sqs(handler, batch_size=1, timeout=10 + 1, visibility_timeout=30)
    for number in range(5):
        orders.send(number)
    lambda_clock.advance(seconds=0)
    failing[0] = False
    for number in range(12):
        orders.send(number)
    lambda_clock.advance(seconds=9)
    assert max(most) == 2
    lambda_clock.advance(seconds=10)
    assert max(most) == 4
    orders.drain()
    assert max(most) == 5


def test_the_in_flight_limit_of_a_queue_is_a_limit_too(event_source, monkeypatch):
    """At 120,000 messages in flight the poller gets nothing, and goes on when a batch ends. (The limit is lowered.)"""
    for module in ("message_store", "queue_attributes"):
        monkeypatch.setattr(f"pytest_lambda_modes.services.{module}.MOST_IN_FLIGHT", 25)
    orders = event_source.sqs(lambda event, context: time.sleep(1))
    for number in range(60):
        orders.send(number)
    orders.drain()
    assert [len(batch.records) for batch in orders.batches] == [10, 10, 5, 10, 10, 5, 10]
    assert {message.receive_count for message in orders.sent} == {1}
