"""How AWS sees the shape of an event: dots in keys are steps, arrays are flat. (FILT-7.5, FILT-7.13)"""

from __future__ import annotations

Members = dict[str, object]


def flat(items: list[object]) -> list[object]:
    """Arrays within an array as one array."""
    if not any(isinstance(item, list) for item in items):
        return items
    return [leaf for item in items for leaf in (flat(item) if isinstance(item, list) else [item])]


def nested(members: Members) -> Members:
    """`{"a.b": 1}` as `{"a": {"b": 1}}`: a dot in a key is a step down. (FILT-7.13)"""
    result: Members = {}
    for key, value in members.items():
        head, below = step(key, value)
        result[head] = _merged(result[head], below) if head in result else below
    return result


def step(key: str, value: object) -> tuple[str, object]:
    """The first key of a path, and what lies below it."""
    head, dot, rest = key.partition(".")
    return (head, {rest: value}) if dot else (key, value)


def _merged(first: object, second: object) -> object:
    """Two values at one path: objects become one object, anything else an array of both."""
    if not isinstance(first, dict) or not isinstance(second, dict):
        return [first, second]
    both = {**first, **second}
    for key in first.keys() & second.keys():
        both[key] = _merged(first[key], second[key])
    return both
