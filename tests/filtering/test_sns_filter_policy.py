"""Which messages a subscription's filter policy admits, and which policies SNS refuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from pytest_lambda_modes.errors import InvalidParameterException
from pytest_lambda_modes.filtering.sns_filter_policy import Attribute, SnsFilterPolicy


def policy_of(policy: Mapping[str, object] | str, scope: str = "MessageAttributes") -> SnsFilterPolicy:
    parsed = SnsFilterPolicy.parse(policy, scope)
    assert parsed is not None
    return parsed


ATTRIBUTES = {
    "kind": Attribute("String", "order"),
    "total": Attribute("Number", "250"),
    "tags": Attribute("String.Array", '["new", 7, true, null]'),
    "ip": Attribute("String", "10.1.2.3"),
    "raw": Attribute("Binary", "AA=="),
    "number_as_text": Attribute("String", "250"),
}


@pytest.mark.rule("ASYNC-40")
@pytest.mark.parametrize(
    "policy, admitted",
    [
        ({"kind": ["order"]}, True),
        ({"kind": ["refund", "order"]}, True),
        ({"kind": ["Order"]}, False),
        ({"kind": [{"equals-ignore-case": "ORDER"}]}, True),
        ({"kind": [{"prefix": "or"}]}, True),
        ({"kind": [{"suffix": "fund"}]}, False),
        ({"kind": [{"wildcard": "o*r"}]}, True),
        ({"kind": [{"anything-but": ["refund"]}]}, True),
        ({"kind": [{"anything-but": {"prefix": "or"}}]}, False),
        ({"total": [250]}, True),
        ({"total": [{"numeric": [">", 0, "<=", 250]}]}, True),
        ({"total": ["250"]}, False),
        ({"number_as_text": [250]}, False),
        ({"number_as_text": ["250"]}, True),
        ({"tags": ["new"]}, True),
        ({"tags": [7]}, True),
        ({"tags": [None]}, True),
        ({"tags": ["old"]}, False),
        ({"ip": [{"cidr": "10.0.0.0/8"}]}, True),
        ({"missing": [{"exists": False}]}, True),
        ({"missing": [{"exists": True}]}, False),
        ({"kind": [{"exists": True}], "total": [{"exists": True}]}, True),
        ({"kind": ["order"], "total": [1]}, False),
        ({"$or": [{"kind": ["refund"]}, {"total": [250]}]}, True),
        ({"$or": [{"kind": ["refund"]}, {"total": [1]}]}, False),
        ({"raw": [{"exists": True}]}, False),
    ],
)
def test_attributes(policy: dict[str, Any], admitted: bool) -> None:
    """Keys are all needed, values are alternatives. A number is no text, an array is its items, bytes are nothing."""
    assert policy_of(policy).admits("hello", ATTRIBUTES) is admitted
    assert policy_of(json.dumps(policy)).admits("hello", ATTRIBUTES) is admitted


def test_a_string_array_that_is_none_is_text() -> None:
    """SNS does not look into it."""
    policy = policy_of({"tags": [{"prefix": "no"}]})
    assert policy.admits("hello", {"tags": Attribute("String.Array", "no array")})


@pytest.mark.rule("ASYNC-40")
@pytest.mark.parametrize(
    "message, admitted",
    [
        ('{"order": {"total": 250, "items": [{"sku": "a"}]}}', True),
        ('{"order": {"total": 99, "items": [{"sku": "a"}]}}', False),
        ('{"order": {"total": 250}}', False),
        ('"order"', False),
        ("[]", False),
        ("plain text", False),
        ("{", False),
    ],
)
def test_the_body(message: str, admitted: bool) -> None:
    """A body that is no JSON object is never delivered; nested keys lead into it."""
    policy = {"order": {"total": [{"numeric": [">=", 100]}], "items": {"sku": ["a"]}}}
    assert policy_of(policy, "MessageBody").admits(message, {}) is admitted


@pytest.mark.parametrize("none", [None, {}, ""])
def test_no_policy_is_none(none: Any) -> None:
    """Nor is one that asks for nothing; its scope is looked at all the same."""
    assert SnsFilterPolicy.parse(none) is None
    with pytest.raises(InvalidParameterException, match="FilterPolicyScope"):
        SnsFilterPolicy.parse(none, "Body")


@pytest.mark.parametrize(
    "policy, scope, words",
    [
        ({"a": ["x"]}, "Body", r"FilterPolicyScope: Invalid value \[Body\]\. Please use either MessageBody or"),
        ({"a": {"b": ["x"]}}, "MessageAttributes", "scope MessageAttributes does not support nested filter policy"),
        ({"a": "x"}, "MessageAttributes", 'FilterPolicy: "a" must be an object or an array'),
        ({"a": []}, "MessageAttributes", "FilterPolicy: Empty arrays are not allowed"),
        ({"a": [{"starts": "x"}]}, "MessageAttributes", "FilterPolicy: Unrecognized match type starts"),
        ("{", "MessageAttributes", "FilterPolicy: Filter is not valid JSON"),
        ({name: ["x"] for name in "abcdef"}, "MessageAttributes", "Filter policy can not have more than 5 keys"),
        ({"a": list("abcdefghij"), "b": list("abcdefghijklmnop")}, "MessageAttributes", "Filter policy is too complex"),
        ({"a": {"b": {"c": list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")}}}, "MessageBody", "complex"),
    ],
)
def test_policies_that_are_refused(policy: Any, scope: str, words: str) -> None:
    """In SNS's words, with what is wrong."""
    with pytest.raises(InvalidParameterException, match=f"Invalid parameter: .*{words}"):
        SnsFilterPolicy.parse(policy, scope)


@how(deadline=None, derandomize=True)
@given(values=st.lists(st.text(), min_size=1, max_size=5), value=st.text())
def test_exact_values_admit_just_themselves(values: list[str], value: str) -> None:
    """Over attributes and over the body alike."""
    admitted = value in values
    assert policy_of({"a": values}).admits("", {"a": Attribute("String", value)}) is admitted
    assert policy_of({"a": values}, "MessageBody").admits(json.dumps({"a": value}), {}) is admitted
