"""Tumbling windows: which records belong together, when a window ends, and the state that goes along. Pure. (KIN-22)

Times are microseconds since 1970. Windows lie on the multiples of their size, as those of AWS do in its examples.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from pytest_lambda_modes.filtering.patterns import parse_json
from pytest_lambda_modes.units import SECOND

STATE_BYTES = 1_048_576
FIRST_STATE = "{}"

_encode = json.JSONEncoder(separators=(",", ":")).encode
_encode_utf8 = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class Window(NamedTuple):
    """From `start` on, and before `end`."""

    start: int
    end: int

    def is_over(self, now: int) -> bool:
        """Whether no record can come into it any more, so that it closes when those that did are processed."""
        return now >= self.end

    def count(self, arrivals: Sequence[int]) -> int:
        """How many at the front of records in order belong to it: no batch goes across the end of a window."""
        return bisect_left(arrivals, self.end)


class State(NamedTuple):
    """The state for the window's next invocation, as JSON.

    If it is `too_large`, that invocation is the last one of the window: it has no records, is final, and terminated
    early. The records behind it start over with the first state.
    """

    json: str
    too_large: bool


class NoState(NamedTuple):
    """The answer has no state, so the invocation failed. `why` is for people."""

    why: str


WindowAnswer: TypeAlias = "State | NoState"


def window_of(arrival: int, tumbling_window_in_seconds: int) -> Window:
    """The window that a record belongs to by its arrival."""
    size = tumbling_window_in_seconds * SECOND
    start = arrival - arrival % size
    return Window(start, start + size)


def read_state(payload: bytes) -> WindowAnswer:
    """The state in a function's answer, `{"state": {...}}`. Everything else is a failed invocation."""
    try:
        answer = parse_json(payload.decode())
    except (ValueError, RecursionError) as error:
        return NoState(f"the response is not JSON: {error}")
    if not isinstance(answer, dict) or "state" not in answer:
        return NoState("the response has no state")
    state = answer["state"]
    if not isinstance(state, dict):
        return NoState(f"the state is no object: {state!r:.80}")
    text = _encode(state)
    return State(text, len(text) > STATE_BYTES and _size(state) > STATE_BYTES)


def _size(state: object) -> int:
    """In bytes of UTF-8. The text that goes along has other characters escaped, and is never shorter."""
    return len(_encode_utf8(state).encode(errors="surrogatepass"))
