"""What a pattern may ask of one value: the operators of AWS's pattern language, each made into a predicate.

Nothing here knows about Lambda, events or paths. (FILT-4, FILT-7)
"""

from __future__ import annotations

import ipaddress
import operator
from collections.abc import Callable, Collection, Iterable
from typing import TypeGuard

from pytest_lambda_modes.filtering.invalid_pattern import InvalidPattern
from pytest_lambda_modes.filtering.wildcard import wildcard

Predicate = Callable[[object], bool]


def is_number(value: object) -> TypeGuard[int | float]:
    """A JSON number. Python counts booleans among the integers, JSON does not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_scalar(value: object) -> bool:
    """A JSON string, number, boolean or null."""
    return value is None or isinstance(value, (str, int, float))


def equals_any(literals: Collection[object]) -> Predicate:
    """One of these, exactly: 300 is 300.0 but not "300", true is not 1, null is only null. (FILT-7.2, FILT-7.3)"""
    booleans = frozenset(literal for literal in literals if isinstance(literal, bool))
    others = frozenset(literal for literal in literals if not isinstance(literal, bool))
    return lambda value: value in (booleans if isinstance(value, bool) else others)


def any_of(predicates: Iterable[Predicate]) -> Predicate:
    """At least one of these holds."""
    tests = tuple(predicates)
    if len(tests) == 1:
        return tests[0]
    return lambda value: any(test(value) for test in tests)


def predicate(expression: object) -> Predicate:
    """What one match expression, `{operator: operand}`, asks of a value. Raises InvalidPattern."""
    if not isinstance(expression, dict):
        raise InvalidPattern("Match value must be String, number, true, false, or null")
    if len(expression) != 1:
        raise InvalidPattern("Only one key allowed in match expression")
    [(name, operand)] = expression.items()
    if name not in _OPERATORS:
        hint = f"; operators are lower case: {name.lower()}" if name.lower() in _OPERATORS else ""
        raise InvalidPattern(f"Unrecognized match type {name}{hint}")
    return _OPERATORS[name](operand)


def _text(name: str, operand: object) -> str:
    if not isinstance(operand, str):
        raise InvalidPattern(f"{name} match pattern must be a string")
    return operand


def _equals_ignore_case(operand: object) -> Predicate:
    folded = _text("equals-ignore-case", operand).lower()
    return lambda value: isinstance(value, str) and value.lower() == folded


def _affix(name: str, found: Callable[[str, str], bool]) -> Callable[[object], Predicate]:
    """`prefix` or `suffix`: a string, or `{"equals-ignore-case": string}`. Empty matches any string. (FILT-7.8)"""

    def parse(operand: object) -> Predicate:
        if isinstance(operand, dict):
            if list(operand) != ["equals-ignore-case"]:
                raise InvalidPattern(f"Unsupported {name} pattern: {', '.join(operand)}")
            folded = _text(name, operand["equals-ignore-case"]).lower()
            return lambda value: isinstance(value, str) and found(value.lower(), folded)
        text = _text(name, operand)
        return lambda value: isinstance(value, str) and found(value, text)

    return parse


def _exists(operand: object) -> Predicate:
    """Any value exists. That none does is for a pattern to see, which knows the path. (FILT-7.6)"""
    if not isinstance(operand, bool):
        raise InvalidPattern("exists match pattern must be either true or false.")
    return lambda value: operand


_LOWER_BOUNDS = {">": operator.gt, ">=": operator.ge}
_UPPER_BOUNDS = {"<": operator.lt, "<=": operator.le}
_COMPARISONS = {"=": operator.eq, **_LOWER_BOUNDS, **_UPPER_BOUNDS}


def _numeric(operand: object) -> Predicate:
    """`[operator, number]`, or a lower and an upper bound in one list. Strings and null never match. (FILT-7.4)"""
    if not isinstance(operand, list):
        raise InvalidPattern("Value of numeric must be an array.")
    first, second = operand[:2], operand[2:]
    compare, bound = _comparison(first)
    if not second:
        return lambda value: is_number(value) and compare(value, bound)
    if first[0] not in _LOWER_BOUNDS:
        raise InvalidPattern("Too many elements in numeric expression")
    if len(second) > 2:
        raise InvalidPattern("Too many terms in numeric range expression")
    below, top = _comparison(second)
    if second[0] not in _UPPER_BOUNDS:
        raise InvalidPattern(f"Bad numeric range operator: {second[0]}")
    if top <= bound:
        raise InvalidPattern("Bottom must be less than top")
    return lambda value: is_number(value) and compare(value, bound) and below(value, top)


def _comparison(term: list[object]) -> tuple[Callable[[float, float], bool], float]:
    name = term[0] if term else "]"
    if not isinstance(name, str) or not term:
        raise InvalidPattern(f"Invalid member in numeric match: {name}")
    if name not in _COMPARISONS:
        raise InvalidPattern(f"Unrecognized numeric range operator: {name}")
    bound = term[1] if len(term) > 1 else None
    if not is_number(bound):
        raise InvalidPattern(f"Value of {'equals' if name == '=' else name} must be numeric")
    return _COMPARISONS[name], bound


def _anything_but(operand: object) -> Predicate:
    """All but these strings or numbers, or all but what an inner operator matches. Null is neither. (FILT-7.7)"""
    excluded = _excluded_by(operand) if isinstance(operand, dict) else _excluded(operand)
    return lambda value: not excluded(value)


def _excluded(operand: object) -> Predicate:
    values: list[object] = operand if isinstance(operand, list) else [operand]
    if not values:
        raise InvalidPattern("Empty arrays are not allowed")
    if all(isinstance(value, str) for value in values) or all(is_number(value) for value in values):
        return equals_any(values)
    if not isinstance(operand, list):
        raise InvalidPattern("Value of anything-but must be an array or single string/number value.")
    if all(isinstance(value, str) or is_number(value) for value in values):
        raise InvalidPattern(
            "Inside anything but list, either all values are number or string, mixed type is not supported"
        )
    raise InvalidPattern("Inside anything but list, start|null|boolean is not supported.")


def _excluded_by(operand: dict[str, object]) -> Predicate:
    if len(operand) != 1:
        raise InvalidPattern("Only one key allowed in match expression")
    [(name, inner)] = operand.items()
    if name not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
        raise InvalidPattern(f"Unsupported anything-but pattern: {name}")
    texts = [_text(name, text) for text in (inner if isinstance(inner, list) else [inner])]
    if not texts:
        raise InvalidPattern("Empty arrays are not allowed")
    if name in ("prefix", "suffix") and "" in texts:
        raise InvalidPattern("Null prefix/suffix not allowed")
    return any_of(_OPERATORS[name](text) for text in texts)


def _wildcard(operand: object) -> Predicate:
    """`*` stands for any run of characters, none included. (FILT-7.10)"""
    found = wildcard(_text("wildcard", operand))
    return lambda value: isinstance(value, str) and found(value)


def _cidr(operand: object) -> Predicate:
    """An IPv4 or IPv6 address, written as a string, inside a range. (FILT-7.11)"""
    text = _text("cidr", operand)
    address, slash, mask = text.partition("/")
    if not slash or "/" in mask:
        raise InvalidPattern("Malformed CIDR, one '/' required")
    if not (mask.isascii() and mask.isdigit()):
        raise InvalidPattern("Malformed CIDR, mask bits must be an integer")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise InvalidPattern(f"Nonstandard IP address: {address}") from None

    def test(value: object) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return test


_OPERATORS: dict[str, Callable[[object], Predicate]] = {
    "prefix": _affix("prefix", str.startswith),
    "suffix": _affix("suffix", str.endswith),
    "equals-ignore-case": _equals_ignore_case,
    "exists": _exists,
    "numeric": _numeric,
    "anything-but": _anything_but,
    "wildcard": _wildcard,
    "cidr": _cidr,
}
