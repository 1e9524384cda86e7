"""Event patterns: checked and compiled once, then asked of any number of events. (FILT-1, FILT-3, FILT-7)

A pattern is a tree: objects lead along the keys of the event, and each leaf is a list of what may be found there. It
compiles to closures of one shape, from a JSON value to a bool. A key that is not there counts as an empty object, since
neither holds a leaf; so an absent key, `{}` and `[]` are all the same to `exists`. (FILT-7.6)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from pytest_lambda_modes.filtering.invalid_pattern import InvalidPattern
from pytest_lambda_modes.filtering.operators import Predicate, any_of, equals_any, is_scalar, predicate
from pytest_lambda_modes.filtering.paths import Members, flat, nested, step

Test = Callable[[object], bool]
Adapt = Callable[[str, object, Test], Test]

_NOTHING: Members = {}


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern. `text` is its JSON."""

    text: str
    _test: Test = field(repr=False, compare=False)

    def matches(self, event: object) -> bool:
        """Whether an event, as `json.loads` gives it, has all that the pattern asks for. (FILT-7)"""
        return self._test(event)


def compile_pattern(pattern: Mapping[str, object] | str, *, adapt: Adapt | None = None) -> Pattern:
    """A pattern from a mapping or from JSON text. Raises InvalidPattern. (FILT-3)

    `adapt` may replace the test of each key at the root: it gets the key, the rules for it and their test. A service
    that treats one of the keys specially does so with it.
    """
    try:
        text = pattern if isinstance(pattern, str) else _json_text(pattern)
        definition = parse_json(text)
    except (TypeError, ValueError) as error:
        raise InvalidPattern(f"Filter is not valid JSON: {error}") from None
    return Pattern(text, _compile_object(definition, (), adapt or _unchanged))


def _unchanged(key: str, rules: object, test: Test) -> Test:
    return test


def _json_text(pattern: object) -> str:
    return json.dumps(pattern, default=_plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} has no JSON form")


def parse_json(text: str) -> object:
    """JSON as AWS reads it: of a key that comes twice the last counts, NaN and Infinity are none. (FILT-7.16)

    Raises ValueError.
    """
    return _DECODER.decode(text)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


# Made once: json.loads makes a decoder per call when it is given an option.
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _compile_object(definition: object, path: tuple[str, ...], adapt: Adapt = _unchanged) -> Test:
    if not isinstance(definition, dict):
        raise InvalidPattern("Filter is not an object", path)
    if not definition:
        raise InvalidPattern("Empty objects are not allowed", path)
    fields: list[tuple[str, Test]] = []
    choices: list[Test] = []
    for key, rules in definition.items():
        if key == "$or":
            choices.append(_compile_or(rules, path, adapt))
        else:
            head, below = step(key, rules)
            fields.append((head, adapt(head, below, _compile_rules(below, (*path, head)))))
    return _object_test(tuple(fields), tuple(choices))


def _compile_or(alternatives: object, path: tuple[str, ...], adapt: Adapt) -> Test:
    """`$or`: two or more patterns, one of which must match along with the keys beside it. (FILT-7.12)"""
    if not isinstance(alternatives, list) or len(alternatives) < 2:
        raise InvalidPattern('"$or" must be an array of at least two objects', path)
    return any_of([_compile_object(alternative, path, adapt) for alternative in alternatives])


def _compile_rules(rules: object, path: tuple[str, ...]) -> Test:
    if isinstance(rules, dict):
        return _compile_object(rules, path)
    if isinstance(rules, list):
        return _compile_leaf(rules, path)
    raise InvalidPattern(f'"{path[-1]}" must be an object or an array', path)


def _compile_leaf(conditions: list[object], path: tuple[str, ...]) -> Test:
    """The conditions of a leaf are alternatives: literals and match expressions. (FILT-1, FILT-7.14)"""
    if not conditions:
        raise InvalidPattern("Empty arrays are not allowed", path)
    literals = [condition for condition in conditions if is_scalar(condition)]
    expressions = [condition for condition in conditions if not is_scalar(condition)]
    try:
        predicates = [predicate(expression) for expression in expressions]
    except InvalidPattern as invalid:
        raise InvalidPattern(invalid.reason, path) from None
    if literals:
        predicates.insert(0, equals_any(literals))
    return _leaf_test(any_of(predicates), may_be_absent={"exists": False} in expressions)


def _leaf_test(holds: Predicate, may_be_absent: bool) -> Test:
    """Any scalar at the path may satisfy the leaf; an object there is no leaf. (FILT-7.5, FILT-7.6)"""

    def test(value: object) -> bool:
        if isinstance(value, dict):
            return may_be_absent
        if isinstance(value, list):
            scalars = [item for item in flat(value) if not isinstance(item, dict)]
            return any(map(holds, scalars)) if scalars else may_be_absent
        return holds(value)

    return test


def _object_test(fields: tuple[tuple[str, Test], ...], choices: tuple[Test, ...]) -> Test:
    """All fields and choices must hold of one object; in an array, of one and the same element. (FILT-7.5)"""

    def holds(members: Members) -> bool:
        if "." in "".join(members):
            members = nested(members)
        for key, test in fields:
            if not test(members.get(key, _NOTHING)):
                return False
        return all(choice(members) for choice in choices)

    def test(value: object) -> bool:
        if isinstance(value, dict):
            return holds(value)
        elements = [item for item in flat(value) if isinstance(item, dict)] if isinstance(value, list) else []
        if not elements:
            return holds(_NOTHING)
        if len(fields) == 1 and not choices:
            # One path through the array: what exists in any element exists, so `exists: false` needs them all.
            [(key, only)] = fields
            return only([members[key] for members in map(nested, elements) if key in members])
        return any(map(holds, elements))

    return test
