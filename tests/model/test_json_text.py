"""JSON text, as the standard library writes it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.model import json_text
from pytest_lambda_modes.model.prepared_json import prepare

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner),
    max_leaves=20,
)


@settings(deadline=None, derandomize=True)
@given(values)
def test_text_is_what_json_dumps_gives(value: object) -> None:
    """Whatever the value, NaN included."""
    assert json_text.write(value) == json.dumps(value)


@settings(deadline=None, derandomize=True)
@given(values)
def test_it_needs_no_c_extension(value: object) -> None:
    """An interpreter without one writes the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("json.encoder.c_make_encoder", None)
        write = prepare(json.JSONEncoder(check_circular=False))
        assert write(value) == json_text.write(value)


def test_what_json_cannot_carry_raises_and_leaves_no_trace() -> None:
    """A value is written again after a failure within it."""
    inner: list[object] = [object()]
    circle: list[object] = []
    circle.append(circle)
    for wrong, error in ((inner, TypeError), ({(1, 2): 3}, TypeError), (circle, RecursionError)):
        with pytest.raises(error):
            json_text.write(wrong)
    inner[0] = circle[0] = 1
    assert json_text.write([inner, circle]) == "[[1], [1]]"
