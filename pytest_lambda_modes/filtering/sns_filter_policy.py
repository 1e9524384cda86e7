"""Filter policies of SNS subscriptions: EventBridge's pattern language over attributes or the body. (ASYNC-40)"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from pytest_lambda_modes.errors import InvalidParameterException
from pytest_lambda_modes.filtering.invalid_pattern import InvalidPattern
from pytest_lambda_modes.filtering.patterns import Pattern, compile_pattern, parse_json

SCOPES = ("MessageAttributes", "MessageBody")
MOST_KEYS = 5
MOST_COMBINATIONS = 150


class Attribute(NamedTuple):
    """A message attribute as a policy sees it: its SNS type, and its value as text."""

    type: str
    value: str


@dataclass(frozen=True)
class SnsFilterPolicy:
    """Which messages of a topic a subscription gets."""

    scope: str
    pattern: Pattern

    @classmethod
    def parse(
        cls, policy: Mapping[str, object] | str | None, scope: str = "MessageAttributes"
    ) -> SnsFilterPolicy | None:
        """A policy from a mapping or JSON text; None for none, and for one that asks for nothing.

        Raises InvalidParameterException where SNS refuses it.
        """
        if scope not in SCOPES:
            raise _refusal(
                f"FilterPolicyScope: Invalid value [{scope}]. Please use either MessageBody or MessageAttributes"
            )
        if not policy:
            return None
        try:
            pattern = compile_pattern(policy)
        except InvalidPattern as invalid:
            raise _refusal(f"FilterPolicy: {invalid}") from None
        _check_size(json.loads(pattern.text), scope)
        return cls(scope, pattern)

    def admits(self, message: str, attributes: Mapping[str, Attribute]) -> bool:
        """Whether a message gets through. With the scope MessageBody, one that is no JSON object does not."""
        if self.scope == "MessageAttributes":
            values = {name: _value(attribute) for name, attribute in attributes.items() if attribute.type != "Binary"}
            return self.pattern.matches(values)
        try:
            body = parse_json(message)
        except (ValueError, RecursionError):
            return False
        return isinstance(body, dict) and self.pattern.matches(body)


def _value(attribute: Attribute) -> object:
    """What a policy compares: a number, the items of a String.Array, or the text."""
    kind = attribute.type
    if kind == "Number" or kind.startswith("Number."):
        return float(attribute.value)
    if kind == "String.Array":
        try:
            return parse_json(attribute.value)
        except ValueError:
            return attribute.value
    return attribute.value


class _Leaf(NamedTuple):
    """A list of conditions, with the keys that lead to it."""

    path: tuple[str, ...]
    size: int


def _check_size(policy: Mapping[str, object], scope: str) -> None:
    leaves = list(_leaves(policy, ()))
    if scope == "MessageAttributes" and any(len(leaf.path) > 1 for leaf in leaves):
        raise _refusal("Filter policy scope MessageAttributes does not support nested filter policy")
    if len({leaf.path for leaf in leaves}) > MOST_KEYS:
        raise _refusal(f"FilterPolicy: Filter policy can not have more than {MOST_KEYS} keys")
    if prod(leaf.size * len(leaf.path) for leaf in leaves) > MOST_COMBINATIONS:
        raise _refusal("FilterPolicy: Filter policy is too complex")


def _leaves(rules: object, path: tuple[str, ...]) -> Iterator[_Leaf]:
    if isinstance(rules, list):
        yield _Leaf(path, len(rules))
    elif isinstance(rules, dict):
        for key, below in rules.items():
            if key == "$or":
                for alternative in below:
                    yield from _leaves(alternative, path)
            else:
                yield from _leaves(below, (*path, key))


def _refusal(reason: str) -> InvalidParameterException:
    return InvalidParameterException(f"Invalid parameter: {reason}")
