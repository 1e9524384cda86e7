"""Python values as DynamoDB keeps them, and back, as boto3's TypeSerializer and TypeDeserializer do it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from decimal import Clamped, Context, Decimal, Inexact, Overflow, Rounded, Underflow
from typing import Any, TypeAlias

from pytest_lambda_modes.errors import ValidationException
from pytest_lambda_modes.model import settings

# One type descriptor and its value: {"S": "text"}, {"N": "42"}, {"L": [...]}.
AttributeValue: TypeAlias = dict[str, Any]
Attributes: TypeAlias = dict[str, AttributeValue]

# The grammar and the second space are AWS's.
_EMPTY_SET = "One or more parameter values were invalid: An number set  may not be empty"
_CONTEXT = Context(Emin=-128, Emax=126, prec=38, traps=[Clamped, Overflow, Inexact, Rounded, Underflow])
_DIGITS = _CONTEXT.prec
_CERTAINLY_EXACT = 10**_DIGITS


def serialize(value: object) -> AttributeValue:
    """The attribute value for a Python value.

    None, bool, int, Decimal, str, bytes, and sets, lists, tuples and mappings of these. Numbers lose trailing zeros and
    exponents and sets are sorted, since DynamoDB keeps neither.

    Raises what boto3 raises: TypeError for floats and other types, a decimal exception for a number that does not fit
    into 38 digits. Raises ValidationException for an empty set.
    """
    if isinstance(value, str):
        return {"S": value}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, (int, Decimal, float)):
        return {"N": _number(value)}
    if _is_binary(value):
        return {"B": bytes(value)}  # type: ignore[call-overload]
    if isinstance(value, Mapping):
        return {"M": serialize_attributes(value)}
    if isinstance(value, (list, tuple)):
        return {"L": [serialize(element) for element in value]}
    if isinstance(value, AbstractSet):
        return _serialized_set(value)
    raise _unsupported(value)


def serialize_attributes(item: Mapping[str, object]) -> Attributes:
    """The attributes of an item or key, by name. Raises as `serialize` does, ConfigError if there are no names."""
    if not isinstance(item, Mapping) or not all(isinstance(name, str) for name in item):
        why = 'A value is Python\'s, as for boto3\'s resources: {"id": "7", "total": Decimal("9.95")}'
        raise settings.wrong_value("DynamoDB", "an item, key or map", item, "a mapping of names to values", why)
    return {name: serialize(value) for name, value in item.items()}


def deserialize(attribute: AttributeValue) -> Any:
    """The Python value of an attribute value: numbers are Decimals, binary is bytes, sets are sets."""
    [(kind, value)] = attribute.items()
    return _DESERIALIZERS[kind](value)


def deserialize_attributes(attributes: Attributes) -> dict[str, Any]:
    return {name: deserialize(attribute) for name, attribute in attributes.items()}


def size_of_attributes(attributes: Attributes) -> int:
    """In bytes, the names included. (DDB-1)"""
    return sum(len(name.encode()) + size_of(attribute) for name, attribute in attributes.items())


def size_of(attribute: AttributeValue) -> int:
    """In bytes, by DynamoDB's rules for items: a byte for two digits and one more, three for a list or map. (DDB-1)"""
    [(kind, value)] = attribute.items()
    if kind in ("SS", "NS", "BS"):
        return sum(size_of({kind[0]: element}) for element in value)
    if kind == "S":
        return len(value.encode())
    if kind == "N":
        return (len(value.replace("-", "").replace(".", "").strip("0")) + 1) // 2 + 1
    if kind == "B":
        return len(value)
    if kind == "M":
        return 3 + len(value) + size_of_attributes(value)
    if kind == "L":
        return 3 + len(value) + sum(map(size_of, value))
    return 1


def _number(value: object) -> str:
    if type(value) is int and -_CERTAINLY_EXACT < value < _CERTAINLY_EXACT:
        return str(value)
    if isinstance(value, float):
        raise TypeError("Float types are not supported. Use Decimal types instead.")
    assert isinstance(value, (int, Decimal))
    number = _CONTEXT.create_decimal(value)
    if not number.is_finite():
        raise TypeError("Infinity and NaN not supported")
    return f"{number.normalize(_CONTEXT):f}" if number else "0"


def _decimal(text: str) -> Decimal:
    """The number, of at most 38 digits: zeros beyond them only say where the others stand."""
    number = Decimal(text)
    return number if len(text) <= _DIGITS else number.normalize(Context(prec=_DIGITS))


def _serialized_set(values: AbstractSet[Any]) -> AttributeValue:
    if not values:
        raise ValidationException(_EMPTY_SET)
    if all(isinstance(value, (int, Decimal, float)) for value in values):
        return {"NS": sorted(map(_number, values), key=Decimal)}
    if all(isinstance(value, str) for value in values):
        return {"SS": sorted(values)}
    if all(map(_is_binary, values)):
        return {"BS": sorted(map(bytes, values))}
    raise _unsupported(values)


def _is_binary(value: object) -> bool:
    """Whether it is bytes, or boto3's wrapper of bytes, which is known by name since boto3 need not be installed."""
    return isinstance(value, (bytes, bytearray)) or (
        type(value).__name__ == "Binary" and type(value).__module__ == "boto3.dynamodb.types"
    )


def _unsupported(value: object) -> TypeError:
    return TypeError(f'Unsupported type "{type(value)}" for value "{value}"')


_DESERIALIZERS: Mapping[str, Callable[[Any], Any]] = {
    "NULL": lambda value: None,
    "BOOL": lambda value: value,
    "N": _decimal,
    "S": lambda value: value,
    "B": lambda value: value,
    "NS": lambda value: set(map(_decimal, value)),
    "SS": set,
    "BS": set,
    "L": lambda value: [deserialize(element) for element in value],
    "M": deserialize_attributes,
}
