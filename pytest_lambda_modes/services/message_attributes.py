"""Message attributes as SQS and SNS take, measure and hash them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import md5
from typing import TypedDict

from pytest_lambda_modes.errors import ConfigError, InvalidParameterValue
from pytest_lambda_modes.model.settings import shown


class _Typed(TypedDict):
    DataType: str


class MessageAttributeValue(_Typed, total=False):
    """One attribute in API form: its type, and either text or bytes."""

    StringValue: str
    BinaryValue: bytes


MessageAttributes = dict[str, MessageAttributeValue]

MOST_ATTRIBUTES = 10
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_STRING_MARK = b"\x01"
_BINARY_MARK = b"\x02"


def checked_attributes(given: Mapping[str, object] | None) -> MessageAttributes | None:
    """The attributes in API form, checked as SQS checks them; None for none.

    A value is in API form already, or a plain str, int, float or bytes. Raises ConfigError for any other value, and
    InvalidParameterValue where SQS would refuse.
    """
    if not given:
        return None
    # First what it mostly is: Mapping alone takes longer to look at.
    if not isinstance(given, (dict, Mapping)):
        raise ConfigError(
            f"message_attributes is {shown(given)}, and must be a mapping from names to values: "
            '{"customer": "A17", "priority": 1}.'
        )
    if len(given) > MOST_ATTRIBUTES:
        raise InvalidParameterValue(
            f"Number of message attributes [{len(given)}] exceeds the allowed maximum [{MOST_ATTRIBUTES}]."
        )
    checked: MessageAttributes = {}
    for name, value in given.items():
        _check_name(name)
        checked[name if type(name) is str else plain(name)] = _checked(name, value)
    return checked


def _checked(name: str, value: object) -> MessageAttributeValue:
    # Of these SQS refuses nothing but an empty text.
    if type(value) is str and value:
        return {"DataType": "String", "StringValue": value}
    if type(value) is int:
        return {"DataType": "Number", "StringValue": str(value)}
    attribute = _api_form(name, value)
    _check_value(name, attribute)
    return attribute


def plain(text: str) -> str:
    """The text of a str as it travels: of one of a subclass, such as a StrEnum's, its characters alone."""
    return text if type(text) is str else str.__str__(text)


def size_in_bytes(attributes: MessageAttributes) -> int:
    """What attributes add to the size of a message: their names, types and values. (SQS-21)"""
    size = 0
    for name, attribute in attributes.items():
        # Names are ASCII.
        text = attribute.get("StringValue")
        content = attribute.get("BinaryValue", b"") if text is None else text.encode()
        size += len(name) + len(attribute["DataType"].encode()) + len(content)
    return size


def md5_of_body(body: str) -> str:
    """The hex digest that SQS calls MD5OfBody."""
    return md5(body.encode(), usedforsecurity=False).hexdigest()


def md5_of_message_attributes(attributes: MessageAttributes) -> str:
    """The hex digest that SQS calls MD5OfMessageAttributes: over names in order, types, and marked values."""
    return md5(b"".join(_hashed_parts(attributes)), usedforsecurity=False).hexdigest()


def _hashed_parts(attributes: MessageAttributes) -> Iterator[bytes]:
    for name in sorted(attributes):
        mark, content = _content(attributes[name])
        yield from (_counted(name.encode()), _counted(attributes[name]["DataType"].encode()), mark, _counted(content))


def _counted(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def _content(attribute: MessageAttributeValue) -> tuple[bytes, bytes]:
    if "StringValue" in attribute:
        return _STRING_MARK, attribute["StringValue"].encode()
    return _BINARY_MARK, attribute.get("BinaryValue", b"")


def _api_form(name: str, value: object) -> MessageAttributeValue:
    if isinstance(value, str):
        return {"DataType": "String", "StringValue": plain(value)}
    if isinstance(value, (bytes, bytearray)):
        return {"DataType": "Binary", "BinaryValue": bytes(value)}
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {"DataType": "Number", "StringValue": str(value)}
    if isinstance(value, Mapping) and isinstance(value.get("DataType"), str):
        return _copied(name, value)
    raise ConfigError(
        f"message attribute {name} is {shown(value)}, and must be a str, int, float or bytes, or in API form: "
        '{"DataType": "String", "StringValue": "text"}.\n\nSQS has no other types: String, Number and Binary.'
    )


def _copied(name: str, value: Mapping[object, object]) -> MessageAttributeValue:
    data_type, text, content = plain(str(value["DataType"])), value.get("StringValue"), value.get("BinaryValue")
    if isinstance(content, (bytes, bytearray)) and text is None:
        return {"DataType": data_type, "BinaryValue": bytes(content)}
    if isinstance(text, str) and content is None:
        return {"DataType": data_type, "StringValue": plain(text)}
    raise ConfigError(
        f"message attribute {name} is {shown(value)}, and must have either a StringValue (str) or a BinaryValue "
        "(bytes)."
    )


# Messages have the same few names.
@lru_cache
def _check_name(name: object) -> None:
    if not isinstance(name, str):
        raise ConfigError(f"message attribute {shown(name)} must have a string for its name.")
    if not _NAME.fullmatch(name):
        raise InvalidParameterValue(
            f"The message attribute name '{name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore "
            "(_), hyphen (-), and period (.) characters."
        )
    if name.lower().startswith(("aws.", "amazon.")):
        raise InvalidParameterValue(
            "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for "
            "internal use."
        )


def _check_value(name: str, attribute: MessageAttributeValue) -> None:
    data_type = attribute["DataType"]
    kind = data_type.partition(".")[0]
    if kind not in ("Binary", "Number", "String"):
        raise InvalidParameterValue(
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes "
            "is Binary, Number, and String."
        )
    text = attribute.get("StringValue")
    if (kind == "Binary") != (text is None) or not _content(attribute)[1]:
        raise InvalidParameterValue(
            f"The message attribute '{name}' must contain non-empty message attribute value for message attribute type "
            f"'{data_type}'."
        )
    if kind == "Number" and text is not None and not _NUMBER.fullmatch(text):
        raise InvalidParameterValue(f"Can't cast the value of message (user) attribute '{name}' to a number.")
