"""Message attributes: their form, their limits, their size and their digests."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.sqs.models import Message as MotoMessage

from pytest_lambda_modes.errors import ConfigError, InvalidParameterValue
from pytest_lambda_modes.services.message_attributes import (
    checked_attributes,
    md5_of_body,
    md5_of_message_attributes,
    size_in_bytes,
)
from pytest_lambda_modes.services.sqs_queue import SqsQueue


@pytest.mark.rule("EVT-10")
def test_plain_attributes_take_api_form(queue: SqsQueue) -> None:
    """Text, numbers and bytes get their type; what is in API form stays as it is."""
    message = queue.send(
        "1",
        message_attributes={
            "text": "t",
            "whole": 200,
            "part": 1.5,
            "raw": b"\x00\x01",
            "ErrorCode": {"DataType": "Number", "StringValue": "200"},
            "custom": {"DataType": "Binary.gif", "BinaryValue": b"gif"},
        },
    )
    assert message.message_attributes == {
        "text": {"DataType": "String", "StringValue": "t"},
        "whole": {"DataType": "Number", "StringValue": "200"},
        "part": {"DataType": "Number", "StringValue": "1.5"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "custom": {"DataType": "Binary.gif", "BinaryValue": b"gif"},
    }


@pytest.mark.parametrize(
    "attributes, words",
    [
        ({"sp ace": "x"}, "The message attribute name 'sp ace' is invalid"),
        ({"AWS.x": "x"}, "beginning with 'AWS.' or 'Amazon.'"),
        ({"empty": ""}, "'empty' must contain non-empty message attribute value for message attribute type 'String'"),
        ({"n": {"DataType": "Number", "StringValue": "ten"}}, "Can't cast the value of message (user) attribute 'n'"),
        ({"n": float("nan")}, "Can't cast the value of message (user) attribute 'n' to a number."),
        ({"d": {"DataType": "Date", "StringValue": "x"}}, "the set of supported type prefixes is Binary, Number, and"),
        ({"b": {"DataType": "Binary", "StringValue": "x"}}, "must contain non-empty message attribute value"),
        ({f"a{n}": "x" for n in range(11)}, "Number of message attributes [11] exceeds the allowed maximum [10]."),
    ],
)
def test_attributes_that_sqs_refuses(queue: SqsQueue, attributes: dict[str, object], words: str) -> None:
    """Each in SQS's own words."""
    with pytest.raises(InvalidParameterValue) as caught:
        queue.send("1", message_attributes=attributes)
    assert words in caught.value.message


@pytest.mark.parametrize(
    "value",
    [True, None, [1], {"StringValue": "x"}, {"DataType": "String"}, {"DataType": "String", "StringValue": 1}],
)
def test_attributes_that_have_no_form(queue: SqsQueue, value: object) -> None:
    """What is neither plain nor in API form is our own refusal."""
    with pytest.raises(ConfigError, match="message attribute flag is"):
        queue.send("1", message_attributes={"flag": value})


names = st.text("abcXYZ019_-", min_size=1, max_size=8)
values = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20),
    st.binary(min_size=1, max_size=20),
    st.integers(),
)


@settings(deadline=None, derandomize=True)
@given(st.text(st.characters(exclude_categories=["Cs"])), st.dictionaries(names, values, min_size=1, max_size=10))
def test_digests_are_those_of_moto(body: str, plain: dict[str, object]) -> None:
    """MD5OfBody and MD5OfMessageAttributes, for any body and any attributes."""
    attributes = checked_attributes(plain)
    assert attributes is not None
    moto = MotoMessage("id", body)
    moto.message_attributes = attributes
    assert md5_of_body(body) == moto.body_md5
    assert md5_of_message_attributes(attributes) == moto.attribute_md5


def test_digests_are_computed_when_asked(queue: SqsQueue) -> None:
    """A message without attributes has no digest of them."""
    message = queue.send("hello", message_attributes={"n": 1})
    assert message.md5_of_body == "5d41402abc4b2a76b9719d911017c592"
    assert message.md5_of_message_attributes == md5_of_message_attributes(message.message_attributes)
    assert queue.send("hello").md5_of_message_attributes is None


@settings(deadline=None, derandomize=True)
@given(st.dictionaries(names, values, max_size=10))
def test_size_counts_names_types_and_values(plain: dict[str, object]) -> None:
    """In bytes of UTF-8."""
    attributes = checked_attributes(plain) or {}
    texts = [(name, attribute["DataType"], attribute.get("StringValue", "")) for name, attribute in attributes.items()]
    raw = sum(len(attribute.get("BinaryValue", b"")) for attribute in attributes.values())
    assert size_in_bytes(attributes) == sum(len("".join(parts).encode()) for parts in texts) + raw
