"""When what a poller has collected is a batch. Pure. (ESM-7)"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.modes.polling.batching import complete_at, fits
from pytest_lambda_modes.units import SECOND

NOW = 100 * SECOND


def when(*, count=1, batch_size=10, is_full=False, since=NOW, window=0):
    return complete_at(NOW, count=count, batch_size=batch_size, is_full=is_full, since=since, window=window)


@pytest.mark.rule("ESM-7")
def test_a_batch_of_full_size_is_complete():
    """However much of its window is left."""
    assert when(count=10, window=20 * SECOND) == NOW
    assert when(count=9, window=20 * SECOND) == NOW + 20 * SECOND


@pytest.mark.rule("ESM-7", "SQS-29")
def test_a_batch_with_no_room_for_the_next_record_is_complete():
    """Six megabytes count as full."""
    assert when(is_full=True, window=20 * SECOND) == NOW


@pytest.mark.rule("ESM-7")
def test_otherwise_it_waits_for_the_end_of_its_window():
    """Which counts from its first record. Without a window that is at once."""
    assert when(since=NOW - 15 * SECOND, window=20 * SECOND) == NOW + 5 * SECOND
    assert when(window=0) == NOW


@settings(deadline=None, derandomize=True)
@given(
    count=st.integers(1, 100),
    batch_size=st.integers(1, 100),
    is_full=st.booleans(),
    since=st.integers(0, NOW),
    window=st.integers(0, 300 * SECOND),
)
def test_it_never_waits_longer_than_its_window(count, batch_size, is_full, since, window):
    """And never goes back in time."""
    due = when(count=count, batch_size=batch_size, is_full=is_full, since=since, window=window)
    assert NOW <= due <= max(NOW, since + window)


@pytest.mark.rule("ESM-7", "SQS-29")
@pytest.mark.parametrize("record, room", [(1_456, True), (1_457, False)])
def test_an_event_has_room_for_six_megabytes(record, room):
    """6,291,456 bytes, to the byte."""
    assert fits(6_290_000, record) == room
