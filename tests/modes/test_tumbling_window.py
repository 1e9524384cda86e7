"""Tumbling windows: their boundaries, their end, and the state that goes along."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.modes.polling import tumbling_window
from pytest_lambda_modes.modes.polling.tumbling_window import NoState, State, Window, read_state, window_of
from pytest_lambda_modes.units import SECOND

NEW_YEAR = 1_767_225_600 * SECOND
properties = settings(deadline=None, derandomize=True)
MINUTE_WINDOW = Window(NEW_YEAR, NEW_YEAR + 60 * SECOND)


def answer(**members: object) -> bytes:
    return json.dumps(members).encode()


@pytest.mark.rule("KIN-22")
@pytest.mark.parametrize("second, start", [(0, 0), (59.999999, 0), (60, 60), (70, 60)])
def test_a_window_lies_on_the_multiples_of_its_size(second: float, start: int) -> None:
    """A record at a boundary belongs to the window that begins there."""
    window = window_of(NEW_YEAR + round(second * SECOND), 60)
    assert window == (NEW_YEAR + start * SECOND, NEW_YEAR + (start + 60) * SECOND)


@pytest.mark.rule("KIN-22")
@properties
@given(st.integers(0, 2 * NEW_YEAR), st.integers(1, 900))
def test_every_arrival_has_one_window(arrival: int, seconds: int) -> None:
    """It is as long as the setting says, contains the arrival, and is that of all arrivals in it."""
    window = window_of(arrival, seconds)
    assert window.end - window.start == seconds * SECOND
    assert window.start <= arrival < window.end
    assert window_of(window.start, seconds) == window == window_of(window.end - 1, seconds)
    assert window_of(window.end, seconds).start == window.end


@pytest.mark.rule("KIN-22")
@properties
@given(st.lists(st.integers(0, 300 * SECOND), min_size=1, max_size=20).map(sorted), st.integers(1, 100))
def test_records_are_shared_out_in_order(arrivals: list[int], seconds: int) -> None:
    """Taking each window's records from the front uses up all of them, and none goes into a wrong window."""
    left = arrivals
    while left:
        window = window_of(left[0], seconds)
        count = window.count(left)
        assert count >= 1
        assert {window_of(arrival, seconds) for arrival in left[:count]} == {window}
        assert all(window_of(arrival, seconds) != window for arrival in left[count:])
        left = left[count:]


@pytest.mark.rule("KIN-22")
def test_a_window_is_over_at_its_end() -> None:
    """At that instant no record can come into it any more."""
    assert not MINUTE_WINDOW.is_over(MINUTE_WINDOW.end - 1)
    assert MINUTE_WINDOW.is_over(MINUTE_WINDOW.end)


@pytest.mark.rule("KIN-22")
def test_the_first_state_is_empty() -> None:
    """An object without members."""
    assert json.loads(tumbling_window.FIRST_STATE) == {}


@pytest.mark.rule("KIN-22")
@pytest.mark.parametrize("state", [{}, {"n": 1}, {"nested": {"é": [None, True, 1.5, "\U0001f600"]}}, {"\ud800": 1}])
def test_a_state_is_passed_on(state: dict[str, Any]) -> None:
    """What was returned, beside whatever else was."""
    read = read_state(answer(state=state, batchItemFailures=[]))
    assert isinstance(read, State)
    assert json.loads(read.json) == state
    assert read.json.isascii()
    assert not read.too_large


@pytest.mark.rule("KIN-22")
@pytest.mark.parametrize(
    "payload, why",
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b'{"state": {"n": NaN}}', "not JSON"),
        (b"null", "no state"),
        (b"[]", "no state"),
        (answer(batchItemFailures=[]), "no state"),
        (answer(state=None), "no object"),
        (answer(state=[1]), "no object"),
        (answer(state="s"), "no object"),
    ],
)
def test_an_answer_without_a_state_is_a_failure(payload: bytes, why: str) -> None:
    """The reason is told."""
    read = read_state(payload)
    assert isinstance(read, NoState)
    assert why in read.why


@pytest.mark.rule("KIN-22")
@pytest.mark.parametrize("character, bytes_each", [("x", 1), ("é", 2), ("\U0001f600", 4)])
def test_a_state_has_one_megabyte(character: str, bytes_each: int) -> None:
    """Counted in bytes of UTF-8, the limit itself allowed."""
    room = tumbling_window.STATE_BYTES - len('{"s":""}')
    fits = character * (room // bytes_each)
    for text, too_large in ((fits, False), (fits + character, True)):
        read = read_state(answer(state={"s": text}))
        assert isinstance(read, State)
        assert read.too_large is too_large
