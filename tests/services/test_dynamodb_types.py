"""Python values as DynamoDB keeps them. boto3's own converters are the oracle."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from aws_lambda_powertools.shared.dynamodb_deserializer import TypeDeserializer as PowertoolsDeserializer
from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.errors import ConfigError, ValidationException
from pytest_lambda_modes.services.dynamodb_types import (
    deserialize,
    deserialize_attributes,
    serialize,
    serialize_attributes,
    size_of,
    size_of_attributes,
)

theirs = TypeSerializer().serialize
back = TypeDeserializer().deserialize

properties = settings(deadline=None, derandomize=True)
integers = st.integers(-(10**38) + 1, 10**38 - 1)
decimals = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent),
    st.integers(-(10**20), 10**20),
    st.integers(-100, 17),
)
numbers = st.one_of(integers, decimals)
texts = st.text(st.characters(codec="utf-8"), max_size=8)
blobs = st.binary(max_size=8)
sets = st.one_of(*(st.sets(kind, min_size=1, max_size=4) for kind in (numbers, texts, blobs)))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts, blobs, sets),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(texts, inner, max_size=4),
    ),
    max_leaves=12,
)


@properties
@given(values)
def test_a_value_means_what_boto3_makes_of_it(value: object) -> None:
    """boto3 reads the same from our attribute value as from its own."""
    ours = serialize(value)
    assert ours.keys() == theirs(value).keys()
    assert back(ours) == back(theirs(value))


@properties
@given(values)
def test_a_value_is_read_back_as_boto3_reads_it(value: object) -> None:
    """Our own reading is boto3's; only its wrapper of bytes is plain bytes here."""
    assert back(serialize(value)) == deserialize(serialize(value))


@properties
@given(values)
def test_writing_what_was_read_changes_nothing(value: object) -> None:
    """What is stored has one form only, so equal values are equal attribute values."""
    stored = serialize(value)
    assert serialize(deserialize(stored)) == stored


@properties
@given(st.integers(-9, 9), st.integers(38, 125))
def test_a_number_above_38_digits_is_written_out(digit: int, exponent: int) -> None:
    """DynamoDB does so, and boto3 then fails to read it; Powertools and ours do not."""
    stored = serialize(Decimal(digit).scaleb(exponent))
    assert stored == {"N": f"{digit}{'0' * exponent if digit else ''}"}
    assert deserialize(stored) == digit * 10**exponent == PowertoolsDeserializer().deserialize(stored)
    assert serialize(deserialize(stored)) == stored


@pytest.mark.parametrize(
    "value, attribute",
    [
        (None, {"NULL": True}),
        (True, {"BOOL": True}),
        (42, {"N": "42"}),
        (10**30, {"N": "1" + "0" * 30}),
        (Decimal("1.50"), {"N": "1.5"}),
        (Decimal("1E+3"), {"N": "1000"}),
        (Decimal("-0.0"), {"N": "0"}),
        ("", {"S": ""}),
        (b"\x00", {"B": b"\x00"}),
        (bytearray(b"1"), {"B": b"1"}),
        (Binary(b"1"), {"B": b"1"}),
        ({3, 1, Decimal("2.0")}, {"NS": ["1", "2", "3"]}),
        ({"b", "a"}, {"SS": ["a", "b"]}),
        (frozenset({b"b", b"a"}), {"BS": [b"a", b"b"]}),
        ({Binary(b"1")}, {"BS": [b"1"]}),
        ([1, ["x"]], {"L": [{"N": "1"}, {"L": [{"S": "x"}]}]}),
        ((1,), {"L": [{"N": "1"}]}),
        ({"a": {"b": None}}, {"M": {"a": {"M": {"b": {"NULL": True}}}}}),
    ],
)
def test_each_type_has_its_descriptor(value: object, attribute: dict[str, Any]) -> None:
    """Numbers lose trailing zeros and exponents, and sets are sorted, so that a test repeats."""
    assert serialize(value) == attribute


@pytest.mark.parametrize("value", [1.5, float("nan"), [1.0], {"a": 2.0}, {3.0}, object(), {1, "a"}, 1j, range(3)])
def test_what_boto3_refuses_is_refused_alike(value: object) -> None:
    """The same kind of error with the same text."""
    with pytest.raises(TypeError) as expected:
        theirs(value)
    with pytest.raises(TypeError) as caught:
        serialize(value)
    assert str(caught.value) == str(expected.value)


@pytest.mark.parametrize("value", [10**38 + 1, Decimal("1." + "1" * 38), Decimal("1E+127"), Decimal("1E-200"), 10**127])
def test_a_number_of_too_many_digits_is_refused_alike(value: object) -> None:
    """DynamoDB has 38 digits, and no exponent above 125."""
    with pytest.raises(ArithmeticError) as expected:
        theirs(value)
    with pytest.raises(ArithmeticError) as caught:
        serialize(value)
    assert caught.type is expected.type


@pytest.mark.parametrize("value", [Decimal("Infinity"), Decimal("-Infinity"), Decimal("NaN")])
def test_a_number_is_finite(value: Decimal) -> None:
    """boto3 stops two of these itself; the third one the service would."""
    with pytest.raises(TypeError, match="Infinity and NaN not supported"):
        serialize(value)


def test_a_set_is_never_empty() -> None:
    """boto3 lets it pass, and DynamoDB refuses it."""
    assert theirs(set()) == {"NS": []}
    with pytest.raises(ValidationException, match="An number set  may not be empty"):
        serialize(set())


@pytest.mark.parametrize("item", ["x", ["id"], {5: 1}, {"id": {5: 1}}])
def test_attributes_have_names(item: Any) -> None:
    """Also those of a map in a map."""
    with pytest.raises(ConfigError, match="must be a mapping of names to values"):
        serialize_attributes(item)


def test_an_item_is_converted_by_attribute() -> None:
    """Both ways."""
    attributes = serialize_attributes({"id": 1, "tags": {"a"}})
    assert attributes == {"id": {"N": "1"}, "tags": {"SS": ["a"]}}
    assert deserialize_attributes(attributes) == {"id": Decimal(1), "tags": {"a"}}


@pytest.mark.rule("DDB-1")
@pytest.mark.parametrize(
    "value, size",
    [
        ("id_value", 8),
        ("é", 2),
        (42, 2),
        (101, 3),
        (-7, 2),
        (1000, 2),
        (Decimal("0.01"), 2),
        (0, 1),
        (b"abc", 3),
        (None, 1),
        (False, 1),
        ({"a", "bc"}, 3),
        ({1, 22}, 4),
        ({b"x"}, 1),
        ([], 3),
        (["a", "b"], 7),
        ({"k": "v"}, 6),
    ],
)
def test_the_size_of_a_value(value: object, size: int) -> None:
    """Text by the byte, numbers by two digits and one more, three for a list or map and one for each member."""
    assert size_of(serialize(value)) == size


@pytest.mark.rule("DDB-1")
def test_names_count_towards_the_size() -> None:
    """The recorded key of ten bytes."""
    assert size_of_attributes({"id": {"S": "id_value"}}) == 10
