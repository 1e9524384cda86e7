"""Filters that AWS accepts and that cannot do what they seem to. (HAZ-23, FILT-7)"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pytest_lambda_modes.filtering.matching import FilterCriteria
from pytest_lambda_modes.filtering.operators import is_number
from pytest_lambda_modes.filtering.paths import nested
from pytest_lambda_modes.filtering.patterns import parse_json

_IMAGES = {"Keys", "NewImage", "OldImage"}
_TYPES = {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"}


class Hazard(NamedTuple):
    """`rule` is the id it goes by, `path` the keys down to the leaf, joined by dots."""

    rule: str
    path: str
    sentence: str


def hazards(criteria: FilterCriteria) -> tuple[Hazard, ...]:
    """What is suspicious about the filters of a mapping, in their order."""
    return tuple(
        Hazard(rule, ".".join(path), sentence)
        for pattern in criteria.patterns
        for path, conditions in _leaves(parse_json(pattern.text))
        for rule, sentence in _about(criteria.source, path, conditions)
    )


def _leaves(definition: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    members: dict[str, Any] = nested(definition)
    for key, rules in members.items():
        if key == "$or":
            for alternative in rules:
                yield from _leaves(alternative, path)
        elif isinstance(rules, dict):
            yield from _leaves(rules, (*path, key))
        else:
            yield (*path, key), rules


def _about(source: str, path: tuple[str, ...], conditions: list[Any]) -> Iterator[tuple[str, str]]:
    if any(isinstance(condition, float) for condition in conditions):
        yield "FILT-7", "a number with a fraction or exponent; Lambda's docs say that it is compared as text"
    if source == "dynamodb" and path[0] == "dynamodb" and _IMAGES.intersection(path[1:2]):
        yield from (("HAZ-23", sentence) for sentence in _about_attribute(path[2:], conditions))


def _about_attribute(path: tuple[str, ...], conditions: list[Any]) -> Iterator[str]:
    """DynamoDB values sit under their type, and numbers are strings there. (FILT-7.6, FILT-7.15)"""
    if len(path) < 2 or path[-1] not in _TYPES:
        always = {"exists": False} in conditions
        yield f"{'always' if always else 'never'} matches: a value sits under its type, as in {{'S': [...]}}"
    elif any(is_number(condition) or _is_numeric(condition) for condition in conditions):
        yield "a number never matches: DynamoDB writes numbers as strings, as in {'N': '42'}"


def _is_numeric(condition: object) -> bool:
    return isinstance(condition, dict) and "numeric" in condition
