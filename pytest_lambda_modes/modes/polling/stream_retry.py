"""What becomes of a batch of stream records that failed, aged or was not admitted. Decides, and does nothing else.

Times are microseconds on the virtual clock. Limits are reached at their very instant: a record as old as the maximum
age is too old, and one at its retention has left the stream.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from pytest_lambda_modes.units import SECOND

Condition = Literal["RetryAttemptsExhausted", "RetriesExhausted", "RecordAgeExceeded"]

UNLIMITED = -1


class RetrySchedule(NamedTuple):
    """The waits before the retries of a batch: `first`, then twice as long each time, up to `most`. (KIN-8)

    AWS documents none. The default is 1, 2, 4, ... 60, 60 seconds.
    """

    first: int = 1 * SECOND
    most: int = 60 * SECOND

    def delay(self, failures: int) -> int:
        """The wait after so many failures in a row, 1 or more."""
        # Beyond 32 doublings any schedule has long reached its most.
        return min(self.first << min(failures - 1, 32), self.most)


class Lifetime(NamedTuple):
    """How long records of a stream may be tried. `maximum_record_age_in_seconds` is -1 for any age. (KIN-12, KIN-13)

    `retention` is in microseconds.
    """

    maximum_record_age_in_seconds: int
    retention: int

    def ends_at(self, arrival: int) -> int:
        """When a record that arrived then must not be tried any more."""
        if self.maximum_record_age_in_seconds == UNLIMITED:
            return arrival + self.retention
        return arrival + min(self.maximum_record_age_in_seconds * SECOND, self.retention)


class Dropped(NamedTuple):
    """How many records at the front of a batch are not to be tried: gone from the stream, then too old.

    Those gone are skipped without a word (KIN-13); those too old are discarded together, as `RecordAgeExceeded`
    (KIN-12). What is left is a new batch unless nothing was dropped.
    """

    expired: int
    too_old: int


class Retry(NamedTuple):
    """Try the same batch again at `at`, with the same request id. `rule` is the id of the rule that says so."""

    at: int
    rule: str


class Bisect(NamedTuple):
    """Replace the batch by its first `left` records and the rest: new batches, at once, the left one first. (KIN-11)"""

    left: int
    rule: str


class Advance(NamedTuple):
    """The first `processed` records are done. The rest is a new batch with a fresh quota, at once. (KIN-10)"""

    processed: int
    rule: str


class Discard(NamedTuple):
    """Give the whole batch up, and go on behind it. The count is for the record about it. (KIN-7)"""

    condition: Condition
    approximate_invoke_count: int
    rule: str


Decision: TypeAlias = "Retry | Bisect | Advance | Discard"

DEFAULT_SCHEDULE = RetrySchedule()


def before_attempt(arrivals: Sequence[int], *, now: int, lifetime: Lifetime) -> Dropped:
    """What to leave out before an invocation at `now`. `arrivals` are those of the batch, in order."""
    expired = bisect_right(arrivals, now - lifetime.retention)
    too_old = expired
    if lifetime.maximum_record_age_in_seconds != UNLIMITED:
        latest_too_old = now - lifetime.maximum_record_age_in_seconds * SECOND
        too_old = max(expired, bisect_right(arrivals, latest_too_old))
    return Dropped(expired, too_old - expired)


def discard_too_old(invocations: int) -> Discard:
    """The decision about records that are too old, after so many invocations; 0 if there was none. (KIN-12)

    The count that AWS writes down is one more than that.
    """
    return Discard("RecordAgeExceeded", invocations + 1, "KIN-12")


def after_function_error(
    *,
    now: int,
    size: int,
    invocations: int,
    maximum_retry_attempts: int,
    bisect_batch_on_function_error: bool,
    ends_at: int,
    schedule: RetrySchedule = DEFAULT_SCHEDULE,
    rule: str = "KIN-6",
) -> Decision:
    """What follows an invocation that ended in a failure of the whole batch at `now`. (KIN-6, KIN-7, KIN-11)

    `size` counts the records of the batch, `invocations` how often it was invoked, this time included.
    `maximum_retry_attempts` is -1 for any number. `ends_at` is when the lifetime of its first record ends: a retry that
    would come later is due at that instant, when `before_attempt` drops the record.
    """
    if bisect_batch_on_function_error and size > 1:
        return Bisect(size // 2, "KIN-11")
    if maximum_retry_attempts != UNLIMITED and invocations > maximum_retry_attempts:
        return Discard("RetryAttemptsExhausted", invocations, "KIN-7")
    return _retry(now, invocations, ends_at, schedule, rule)


def after_partial_response(
    position: int,
    *,
    now: int,
    size: int,
    invocations: int,
    maximum_retry_attempts: int,
    ends_at: int,
    schedule: RetrySchedule = DEFAULT_SCHEDULE,
) -> Decision:
    """What follows a report whose lowest record is the one at `position` of the batch. (KIN-10, KIN-11, KIN-17)

    Never bisects: the report says where to split. At position 0 nothing was processed, and the batch is retried whole.
    """
    if position > 0:
        return Advance(position, "KIN-10")
    return after_function_error(
        now=now,
        size=size,
        invocations=invocations,
        maximum_retry_attempts=maximum_retry_attempts,
        bisect_batch_on_function_error=False,
        ends_at=ends_at,
        schedule=schedule,
        rule="KIN-17",
    )


def after_throttle(*, now: int, throttles: int, ends_at: int, schedule: RetrySchedule = DEFAULT_SCHEDULE) -> Retry:
    """What follows a try at `now` that never reached the function. No retry is used up. (KIN-9)

    `throttles` counts such tries in a row, this one included.
    """
    return _retry(now, throttles, ends_at, schedule, "KIN-9")


def _retry(now: int, failures: int, ends_at: int, schedule: RetrySchedule, rule: str) -> Retry:
    return Retry(max(now, min(now + schedule.delay(failures), ends_at)), rule)
