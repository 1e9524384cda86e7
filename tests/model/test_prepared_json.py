"""Encoders that are prepared once write what the libraries' own write."""

from __future__ import annotations

import json.encoder
from types import SimpleNamespace
from typing import Any

import pytest
import simplejson
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.model import prepared_json
from pytest_lambda_modes.model.prepared_json import prepare, prepare_simplejson

properties = settings(deadline=None, derandomize=True)

ENCODERS = [
    pytest.param(prepare, json.JSONEncoder(allow_nan=False), id="standard"),
    pytest.param(prepare_simplejson, simplejson.JSONEncoder(use_decimal=False), id="simplejson"),
    pytest.param(prepare_simplejson, simplejson.JSONEncoder(ensure_ascii=False, allow_nan=True), id="utf-8"),
]

keys = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
values = st.recursive(
    keys | st.decimals(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(keys, inner),
    max_leaves=10,
)


def written(encode: Any, value: object) -> str:
    """The text, or the error in its place."""
    try:
        return str(encode(value))
    except (TypeError, ValueError, UnicodeError) as error:
        return repr(error)


@pytest.mark.parametrize(("prepares", "encoder"), ENCODERS)
def test_a_prepared_encoder_is_used(prepares, encoder):
    """With the libraries as they are, preparing makes another encoder than the library's."""
    assert prepares(encoder) != encoder.encode


@pytest.mark.parametrize(("prepares", "encoder"), ENCODERS)
@properties
@given(value=values)
def test_it_writes_what_the_library_writes(prepares, encoder, value):
    """Whatever the value, text and error are the library's, also after an error."""
    prepared = prepares(encoder)
    assert written(prepared, [value, type]) == written(encoder.encode, [value, type])
    assert written(prepared, value) == written(encoder.encode, value)


@pytest.mark.parametrize(("prepares", "encoder"), ENCODERS)
def test_a_circle_is_found_and_forgotten(prepares, encoder):
    """A circle is refused as the library does; once it is opened, the same objects can be written."""
    circle: dict[str, object] = {"price": 1}
    circle["self"] = circle
    prepared = prepares(encoder)
    with pytest.raises(ValueError, match="Circular reference"):
        prepared(circle)
    del circle["self"]
    assert prepared(circle) == '{"price": 1}'


@pytest.mark.parametrize("maker", [None, lambda *given: lambda value, level: ["null"], lambda: None])
def test_an_unknown_library_is_left_alone(monkeypatch, maker):
    """Without a maker, with one that makes other text or takes other arguments, the encoder is used as it is."""
    encoder = json.JSONEncoder()
    names = {**vars(json.encoder), "c_make_encoder": maker}
    monkeypatch.setattr(prepared_json, "json", SimpleNamespace(encoder=SimpleNamespace(**names)))
    assert prepare(encoder) == encoder.encode
