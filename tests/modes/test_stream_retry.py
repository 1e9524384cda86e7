"""What the retry policy of streams decides."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.modes.polling import stream_retry
from pytest_lambda_modes.modes.polling.stream_retry import (
    UNLIMITED,
    Advance,
    Bisect,
    Decision,
    Discard,
    Dropped,
    Lifetime,
    Retry,
    RetrySchedule,
)
from pytest_lambda_modes.units import DAY, MINUTE, SECOND

FOR_EVER = 10**18
properties = settings(deadline=None, derandomize=True)


def after_function_error(now: int = 0, **given: Any) -> Decision:
    usual: dict[str, Any] = {"size": 1, "invocations": 1, "maximum_retry_attempts": UNLIMITED, "ends_at": FOR_EVER}
    return stream_retry.after_function_error(now=now, **{**usual, "bisect_batch_on_function_error": False, **given})


def after_partial_response(position: int, **given: Any) -> Decision:
    usual: dict[str, Any] = {"now": 0, "size": 9, "invocations": 1, "maximum_retry_attempts": 3, "ends_at": FOR_EVER}
    return stream_retry.after_partial_response(position, **{**usual, **given})


class Delivery(NamedTuple):
    """One invocation of a played shard: when, and which records."""

    at: int
    records: list[int]


class Played(NamedTuple):
    """A shard's whole story: its invocations, and what became of each record."""

    deliveries: list[Delivery]
    processed: list[int]
    discarded: list[int]


def play(
    size: int,
    poison: set[int],
    *,
    retries: int = 2,
    bisect: bool = False,
    age: int = UNLIMITED,
    arrivals: list[int] | None = None,
) -> Played:
    """Deliver one batch of records 0, 1, ... as a poller would. A batch with a poison record in it fails."""
    arrived = arrivals or [0] * size
    lifetime = Lifetime(age, DAY)
    now, story = max(arrived), Played([], [], [])
    todo = [list(range(size))]
    invocations = 0
    while todo:
        batch = todo[0]
        expired, too_old = stream_retry.before_attempt([arrived[n] for n in batch], now=now, lifetime=lifetime)
        story.discarded.extend(batch[: expired + too_old])
        if expired + too_old:
            todo[:1] = [batch[expired + too_old :]] if expired + too_old < len(batch) else []
            invocations = 0
            continue
        story.deliveries.append(Delivery(now, batch))
        invocations += 1
        if poison.isdisjoint(batch):
            story.processed.extend(todo.pop(0))
            invocations = 0
            continue
        decision = after_function_error(
            now,
            size=len(batch),
            invocations=invocations,
            maximum_retry_attempts=retries,
            bisect_batch_on_function_error=bisect,
            ends_at=lifetime.ends_at(arrived[batch[0]]),
        )
        if isinstance(decision, Retry):
            now = decision.at
        elif isinstance(decision, Bisect):
            todo[:1] = [batch[: decision.left], batch[decision.left :]]
            invocations = 0
        else:
            story.discarded.extend(todo.pop(0))
            invocations = 0
    return story


stories = st.integers(1, 20).flatmap(
    lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1)), st.integers(0, 3), st.booleans())
)


@pytest.mark.rule("KIN-8")
def test_the_waits_double_from_a_second_to_a_minute() -> None:
    """The default schedule: 1, 2, 4, ... 32, then always 60 seconds."""
    waits = [stream_retry.DEFAULT_SCHEDULE.delay(failures) // SECOND for failures in (1, 2, 3, 4, 5, 6, 7, 8, 9_999)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@pytest.mark.rule("KIN-8")
def test_the_schedule_is_a_choice() -> None:
    """Half a second doubling, as AWS's recording suggests, leaves room for seven invocations within a minute."""
    schedule = RetrySchedule(first=SECOND // 2, most=900 * SECOND)
    starts = [0]
    while starts[-1] < MINUTE:
        decision = after_function_error(starts[-1], invocations=len(starts), schedule=schedule)
        assert isinstance(decision, Retry)
        starts.append(decision.at)
    assert len(starts[:-1]) == 7
    assert stream_retry.discard_too_old(7).approximate_invoke_count == 8


@pytest.mark.rule("KIN-6")
def test_a_failed_batch_is_retried_without_end() -> None:
    """With no limits there is always another retry."""
    assert after_function_error(5 * SECOND, size=10, invocations=4) == Retry(13 * SECOND, "KIN-6")
    assert after_function_error(0, invocations=100_000) == Retry(MINUTE, "KIN-6")


@pytest.mark.rule("KIN-7")
@pytest.mark.parametrize("retries", [0, 1, 2, 3, 10_000])
def test_n_retries_are_n_plus_one_invocations(retries: int) -> None:
    """Then the whole batch is discarded, and the count is that of the invocations."""
    if retries:
        assert isinstance(after_function_error(maximum_retry_attempts=retries, invocations=retries), Retry)
    last = after_function_error(maximum_retry_attempts=retries, invocations=retries + 1, size=7)
    assert last == Discard("RetryAttemptsExhausted", retries + 1, "KIN-7")


@pytest.mark.rule("KIN-11")
@pytest.mark.parametrize("size, left", [(2, 1), (3, 1), (4, 2), (5, 2), (10_000, 5_000)])
def test_a_batch_is_split_in_the_middle(size: int, left: int) -> None:
    """The left part is the smaller one, and no retry is used up, not even the last."""
    for retries in (0, 5, UNLIMITED):
        decision = after_function_error(
            size=size, bisect_batch_on_function_error=True, maximum_retry_attempts=retries, invocations=1
        )
        assert decision == Bisect(left, "KIN-11")


@pytest.mark.rule("KIN-11")
def test_a_single_record_cannot_be_split() -> None:
    """It is retried, and discarded in the end."""
    assert after_function_error(bisect_batch_on_function_error=True) == Retry(SECOND, "KIN-6")
    assert after_function_error(bisect_batch_on_function_error=True, maximum_retry_attempts=0) == Discard(
        "RetryAttemptsExhausted", 1, "KIN-7"
    )


@pytest.mark.rule("KIN-11")
def test_bisecting_isolates_a_poison_record() -> None:
    """Five invocations for four records, the left half first."""
    story = play(4, {2}, retries=0, bisect=True)
    assert [delivery.records for delivery in story.deliveries] == [[0, 1, 2, 3], [0, 1], [2, 3], [2], [3]]
    assert story.discarded == [2]


@pytest.mark.rule("KIN-10")
@pytest.mark.parametrize("invocations", [1, 4])
def test_progress_makes_a_new_batch(invocations: int) -> None:
    """Even when the retries of the old one are used up."""
    assert after_partial_response(3, invocations=invocations) == Advance(3, "KIN-10")


@pytest.mark.rule("KIN-17")
def test_a_report_of_the_first_record_is_no_progress() -> None:
    """The batch is retried as it is, unsplit, and uses up a retry."""
    assert after_partial_response(0, invocations=2) == Retry(2 * SECOND, "KIN-17")
    assert after_partial_response(0, invocations=4) == Discard("RetryAttemptsExhausted", 4, "KIN-7")


@pytest.mark.rule("KIN-9")
def test_a_throttle_uses_up_no_retry() -> None:
    """Whatever the limit, there is another try, on the same schedule."""
    assert stream_retry.after_throttle(now=0, throttles=1, ends_at=FOR_EVER) == Retry(SECOND, "KIN-9")
    assert stream_retry.after_throttle(now=0, throttles=7, ends_at=FOR_EVER) == Retry(MINUTE, "KIN-9")


@pytest.mark.rule("KIN-9", "KIN-12")
def test_a_throttled_batch_waits_no_longer_than_its_lifetime() -> None:
    """The next try is due when the first record becomes too old, or at once if it is."""
    assert stream_retry.after_throttle(now=0, throttles=7, ends_at=50) == Retry(50, "KIN-9")
    assert stream_retry.after_throttle(now=70, throttles=7, ends_at=50) == Retry(70, "KIN-9")


@pytest.mark.rule("KIN-12", "KIN-13")
@pytest.mark.parametrize(
    "age, end",
    [(UNLIMITED, DAY), (60, MINUTE), (86_400, DAY), (604_800, DAY)],
)
def test_a_lifetime_ends_with_age_or_retention(age: int, end: int) -> None:
    """Whichever comes first."""
    assert Lifetime(age, DAY).ends_at(7) == 7 + end


@pytest.mark.rule("KIN-12")
def test_a_record_at_the_maximum_age_is_too_old() -> None:
    """A microsecond before it is not."""
    lifetime = Lifetime(60, DAY)
    assert stream_retry.before_attempt([0], now=MINUTE - 1, lifetime=lifetime) == Dropped(0, 0)
    assert stream_retry.before_attempt([0], now=MINUTE, lifetime=lifetime) == Dropped(0, 1)


@pytest.mark.rule("KIN-12")
def test_fresh_records_are_not_dropped_with_old_ones() -> None:
    """The recorded mix: one that is too old, five that are not."""
    dropped = stream_retry.before_attempt([0, *[70 * SECOND] * 5], now=75 * SECOND, lifetime=Lifetime(60, DAY))
    assert dropped == Dropped(expired=0, too_old=1)


@pytest.mark.rule("KIN-13")
def test_a_record_that_has_left_the_stream_is_not_discarded() -> None:
    """It is skipped, also if it would be too old as well."""
    arrivals = [0, DAY - MINUTE, DAY]
    assert stream_retry.before_attempt(arrivals, now=DAY, lifetime=Lifetime(UNLIMITED, DAY)) == Dropped(1, 0)
    assert stream_retry.before_attempt(arrivals, now=DAY, lifetime=Lifetime(60, DAY)) == Dropped(1, 1)
    assert stream_retry.before_attempt(arrivals, now=DAY, lifetime=Lifetime(604_800, DAY)) == Dropped(1, 0)


@pytest.mark.rule("KIN-12")
@pytest.mark.parametrize("invocations, count", [(0, 1), (7, 8)])
def test_the_count_of_an_old_record_is_one_more_than_its_invocations(invocations: int, count: int) -> None:
    """AWS's two recordings: never invoked is 1."""
    assert stream_retry.discard_too_old(invocations) == Discard("RecordAgeExceeded", count, "KIN-12")


@pytest.mark.rule("KIN-12")
def test_an_age_limit_ends_unlimited_retries() -> None:
    """Invocations at 0, 1, 3, 7, 15 and 31 s, and the batch is discarded when it is a minute old."""
    story = play(1, {0}, retries=UNLIMITED, age=60)
    assert [delivery.at // SECOND for delivery in story.deliveries] == [0, 1, 3, 7, 15, 31]
    assert story.discarded == [0]


@pytest.mark.rule("KIN-12")
def test_exhausted_retries_are_named_before_an_exceeded_age() -> None:
    """A last invocation that ends after the age has passed ran out of retries."""
    assert after_function_error(900 * SECOND, maximum_retry_attempts=0, ends_at=MINUTE) == Discard(
        "RetryAttemptsExhausted", 1, "KIN-7"
    )


@pytest.mark.rule("KIN-6", "KIN-11")
@properties
@given(stories)
def test_every_record_ends_once_and_in_order(story: tuple[int, set[int], int, bool]) -> None:
    """Whatever is poison, however it is retried or split: each record is processed or discarded, none twice."""
    size, poison, retries, bisect = story
    played = play(size, poison, retries=retries, bisect=bisect)
    assert sorted(played.processed + played.discarded) == list(range(size))
    assert played.processed == sorted(played.processed)
    assert played.discarded == sorted(played.discarded)


@pytest.mark.rule("KIN-11")
@properties
@given(stories)
def test_bisecting_discards_exactly_the_poison(story: tuple[int, set[int], int, bool]) -> None:
    """All good records are processed, and each poison one has all its invocations alone."""
    size, poison, retries, _ = story
    played = play(size, poison, retries=retries, bisect=True)
    assert set(played.discarded) == poison
    for record in poison:
        alone = [delivery for delivery in played.deliveries if delivery.records == [record]]
        assert len(alone) == retries + 1


@pytest.mark.rule("KIN-7")
@properties
@given(stories)
def test_the_same_batch_is_never_invoked_too_often(story: tuple[int, set[int], int, bool]) -> None:
    """At most the retries and one, however it came about."""
    size, poison, retries, bisect = story
    batches = [tuple(delivery.records) for delivery in play(size, poison, retries=retries, bisect=bisect).deliveries]
    assert max(batches.count(batch) for batch in batches) <= retries + 1


@pytest.mark.rule("KIN-6")
@properties
@given(stories)
def test_the_shard_never_goes_back(story: tuple[int, set[int], int, bool]) -> None:
    """The first record of each delivery is the same or a later one, and so is the time."""
    size, poison, retries, bisect = story
    deliveries = play(size, poison, retries=retries, bisect=bisect).deliveries
    assert [delivery.records[0] for delivery in deliveries] == sorted(delivery.records[0] for delivery in deliveries)
    assert [delivery.at for delivery in deliveries] == sorted(delivery.at for delivery in deliveries)


@pytest.mark.rule("KIN-12", "KIN-13")
@properties
@given(
    st.lists(st.integers(0, 2 * DAY), min_size=1, max_size=20),
    st.integers(0, 3 * DAY),
    st.one_of(st.just(UNLIMITED), st.integers(60, 604_800)),
    st.integers(1, 20),
)
def test_a_retry_cut_short_always_drops_a_record(arrivals: list[int], waited: int, age: int, invocations: int) -> None:
    """A retry comes at its time, or at an instant at which something is dropped: so the shard always gets on."""
    arrivals.sort()
    now, lifetime = arrivals[-1] + waited, Lifetime(age, DAY)
    decision = after_function_error(now, invocations=invocations, ends_at=lifetime.ends_at(arrivals[0]))
    assert isinstance(decision, Retry)
    assert now <= decision.at <= now + stream_retry.DEFAULT_SCHEDULE.delay(invocations)
    if decision.at != now + stream_retry.DEFAULT_SCHEDULE.delay(invocations):
        assert sum(stream_retry.before_attempt(arrivals, now=decision.at, lifetime=lifetime)) >= 1


@pytest.mark.rule("KIN-12", "KIN-13")
@properties
@given(
    st.lists(st.integers(0, 2 * DAY), max_size=20),
    st.integers(0, 3 * DAY),
    st.one_of(st.just(UNLIMITED), st.integers(60, 604_800)),
)
def test_what_is_dropped_is_what_has_outlived_its_time(arrivals: list[int], now: int, age: int) -> None:
    """Record by record."""
    arrivals.sort()
    dropped = stream_retry.before_attempt(arrivals, now=now, lifetime=Lifetime(age, DAY))
    gone = [arrival for arrival in arrivals if now - arrival >= DAY]
    old = [arrival for arrival in arrivals if age != UNLIMITED and DAY > now - arrival >= age * SECOND]
    assert dropped == Dropped(len(gone), len(old))
