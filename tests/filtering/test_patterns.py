"""Which patterns AWS takes, and what it says about the others."""

from __future__ import annotations

from collections import OrderedDict
from decimal import Decimal
from types import MappingProxyType

import pytest

from pytest_lambda_modes.filtering.invalid_pattern import InvalidPattern
from pytest_lambda_modes.filtering.patterns import Test as LeafTest
from pytest_lambda_modes.filtering.patterns import compile_pattern

NOT_A_PATTERN = {
    "null": ("null", "Filter is not an object"),
    "a string": ('"simple string"', "Filter is not an object"),
    "a number": ("1", "Filter is not an object"),
    "a list": ('[{"eventSource": ["aws:sqs"]}]', "Filter is not an object"),
    "malformed JSON": ('{"eventSource": ["aws:sqs"]', "Filter is not valid JSON"),
    "no JSON at all": ("simple string", "Filter is not valid JSON"),
    "an empty text": ("", "Filter is not valid JSON"),
    "NaN": ('{"total": [NaN]}', "NaN is no JSON number"),
    "a value JSON does not have": ({"total": [Decimal(1)]}, "Decimal('1') has no JSON form"),
    "a scalar leaf": ({"eventSource": "aws:sqs"}, '"eventSource" must be an object or an array'),
    "a null leaf": ({"eventSource": None}, '"eventSource" must be an object or an array'),
    "an empty leaf": ({"eventSource": []}, "Empty arrays are not allowed"),
    "an empty pattern": ({}, "Empty objects are not allowed"),
    "an empty object": ({"body": {}}, "Empty objects are not allowed"),
}

INVALID_CONDITIONS = {
    "upper-case operator": ({"PREFIX": "a"}, "Unrecognized match type PREFIX; operators are lower case: prefix"),
    "unknown operator": ({"contains": "a"}, "Unrecognized match type contains"),
    "two operators at once": ({"prefix": "a", "suffix": "b"}, "Only one key allowed in match expression"),
    "no operator": ({}, "Only one key allowed in match expression"),
    "list within a leaf": (["a"], "Match value must be String, number, true, false, or null"),
    "exists without a boolean": ({"exists": "true"}, "exists match pattern must be either true or false."),
    "exists with a number": ({"exists": 1}, "exists match pattern must be either true or false."),
    "prefix number": ({"prefix": 1}, "prefix match pattern must be a string"),
    "prefix list": ({"prefix": ["a", "b"]}, "prefix match pattern must be a string"),
    "prefix with another operator": ({"prefix": {"suffix": "a"}}, "Unsupported prefix pattern: suffix"),
    "prefix ignoring the case of a number": ({"prefix": {"equals-ignore-case": 1}}, "prefix match pattern must be"),
    "suffix number": ({"suffix": 1}, "suffix match pattern must be a string"),
    "suffix list": ({"suffix": ["a"]}, "suffix match pattern must be a string"),
    "equals-ignore-case list": ({"equals-ignore-case": ["a"]}, "equals-ignore-case match pattern must be a string"),
    "equals-ignore-case null": ({"equals-ignore-case": None}, "equals-ignore-case match pattern must be a string"),
    "wildcard list": ({"wildcard": ["a"]}, "wildcard match pattern must be a string"),
    "wildcard twice in a row": ({"wildcard": "a**b"}, "Consecutive wildcard characters at pos 2"),
    "wildcard with a stray escape": ({"wildcard": "a\\b"}, "Invalid escape character at pos 1"),
    "wildcard ending in an escape": ({"wildcard": "a\\"}, "Invalid escape character at pos 1"),
    "wildcard too complex": ({"wildcard": "*:*:*:*:*:event-bus/*"}, "Rule is too complex"),
    "cidr number": ({"cidr": 10}, "cidr match pattern must be a string"),
    "cidr without a mask": ({"cidr": "10.0.0.0"}, "Malformed CIDR, one '/' required"),
    "cidr with two masks": ({"cidr": "10.0.0.0/8/8"}, "Malformed CIDR, one '/' required"),
    "cidr with a bad mask": ({"cidr": "10.0.0.0/xx"}, "Malformed CIDR, mask bits must be an integer"),
    "cidr with a bad address": ({"cidr": "xx.11.xx.8/8"}, "Nonstandard IP address: xx.11.xx.8"),
    "cidr with a mask out of range": ({"cidr": "10.0.0.0/33"}, "Nonstandard IP address: 10.0.0.0"),
    "numeric number": ({"numeric": 1}, "Value of numeric must be an array."),
    "numeric empty": ({"numeric": []}, "Invalid member in numeric match: ]"),
    "numeric without operator": ({"numeric": [1, ">"]}, "Invalid member in numeric match: 1"),
    "numeric with an unknown operator": ({"numeric": ["!=", 1]}, "Unrecognized numeric range operator: !="),
    "numeric without a number": ({"numeric": ["="]}, "Value of equals must be numeric"),
    "numeric with a string": ({"numeric": [">", "1"]}, "Value of > must be numeric"),
    "numeric with a boolean": ({"numeric": ["<", True]}, "Value of < must be numeric"),
    "numeric with two lower bounds": ({"numeric": [">", 0, ">", 0]}, "Bad numeric range operator: >"),
    "numeric with the upper bound first": ({"numeric": ["<", 9, ">", 0]}, "Too many elements in numeric expression"),
    "numeric equals and more": ({"numeric": ["=", 1, "<", 2]}, "Too many elements in numeric expression"),
    "numeric with a third bound": ({"numeric": [">", 0, "<", 9, "<", 8]}, "Too many terms in numeric range"),
    "numeric with half a third bound": ({"numeric": [">", 0, "<", 9, "<"]}, "Too many terms in numeric range"),
    "numeric with half a bound": ({"numeric": [">", 0, "<"]}, "Value of < must be numeric"),
    "numeric with an empty range": ({"numeric": [">", 9, "<", 9]}, "Bottom must be less than top"),
    "anything-but null": ({"anything-but": None}, "Value of anything-but must be an array or single string/number"),
    "anything-but boolean": ({"anything-but": True}, "Value of anything-but must be an array or single string/number"),
    "anything-but list with null": ({"anything-but": ["a", None]}, "start|null|boolean is not supported"),
    "anything-but list with a boolean": ({"anything-but": [1, False]}, "start|null|boolean is not supported"),
    "anything-but mixed list": ({"anything-but": ["a", 1]}, "mixed type is not supported"),
    "anything-but empty list": ({"anything-but": []}, "Empty arrays are not allowed"),
    "anything-but unknown operator": ({"anything-but": {"numeric": [">", 1]}}, "Unsupported anything-but pattern"),
    "anything-but two operators": ({"anything-but": {"prefix": "a", "suffix": "b"}}, "Only one key allowed"),
    "anything-but empty prefix": ({"anything-but": {"prefix": ""}}, "Null prefix/suffix not allowed"),
    "anything-but empty suffix": ({"anything-but": {"suffix": ["a", ""]}}, "Null prefix/suffix not allowed"),
    "anything-but prefix number": ({"anything-but": {"prefix": 1}}, "prefix match pattern must be a string"),
    "anything-but no prefixes": ({"anything-but": {"prefix": []}}, "Empty arrays are not allowed"),
    "anything-but nested too deep": (
        {"anything-but": {"prefix": {"equals-ignore-case": "a"}}},
        "prefix match pattern must be a string",
    ),
}

INVALID_OR = {
    "an object": {"a": ["x"]},
    "a single pattern": [{"a": ["x"]}],
    "an empty list": [],
    "values": ["x", "y"],
    "an empty pattern in it": [{"a": ["x"]}, {}],
}


@pytest.mark.rule("FILT-3", "FILT-7")
@pytest.mark.parametrize(("pattern", "reason"), NOT_A_PATTERN.values(), ids=NOT_A_PATTERN)
def test_what_is_no_pattern_is_refused(pattern, reason):
    """A pattern is a JSON object whose leaves are lists with something in them. (FILT-3, FILT-7.14)"""
    with pytest.raises(InvalidPattern) as refused:
        compile_pattern(pattern)
    assert reason in refused.value.reason


@pytest.mark.rule("FILT-7")
@pytest.mark.parametrize(("condition", "reason"), INVALID_CONDITIONS.values(), ids=INVALID_CONDITIONS)
def test_an_impossible_condition_is_refused_with_the_words_of_aws(condition, reason):
    """A condition that AWS refuses is refused, though the one beside it is good. (FILT-7.1, 7.4, 7.7 to 7.11, 7.14)"""
    with pytest.raises(InvalidPattern) as refused:
        compile_pattern({"detail": {"kind": ["good", condition]}})
    assert refused.value.reason.startswith(reason) or reason in refused.value.reason
    assert refused.value.path == ("detail", "kind")


@pytest.mark.rule("FILT-7")
@pytest.mark.parametrize("alternatives", INVALID_OR.values(), ids=INVALID_OR)
def test_or_takes_two_patterns_or_more(alternatives):
    """`$or` is a list of at least two patterns. (FILT-7.12)"""
    with pytest.raises(InvalidPattern):
        compile_pattern({"detail": {"$or": alternatives}})


def test_the_fault_is_found_below_or():
    """The path of a fault leads through the keys, and `$or` is none."""
    with pytest.raises(InvalidPattern, match=r'"kind" must be an object or an array \(at detail\.kind\)'):
        compile_pattern({"detail": {"$or": [{"kind": "order"}, {"total": [1]}]}})


@pytest.mark.rule("FILT-7")
def test_of_a_key_that_comes_twice_the_last_counts():
    """Ordinary JSON parsers keep the last of two equal keys, so that of AWS's documented AND example. (FILT-7.16)"""
    pattern = compile_pattern('{"kind": ["order"], "kind": ["refund"]}')
    assert pattern.matches({"kind": "refund"})
    assert not pattern.matches({"kind": "order"})


@pytest.mark.parametrize(
    "pattern",
    [
        '{"body":{"kind":["order"]}}',
        {"body": {"kind": ["order"]}},
        {"body": {"kind": ("order",)}},
        MappingProxyType({"body": OrderedDict(kind=["order"])}),
    ],
    ids=["text", "dict", "tuple", "other mappings"],
)
def test_a_mapping_and_its_text_are_the_same_pattern(pattern):
    """A pattern is its JSON text, however it was written in Python."""
    compiled = compile_pattern(pattern)
    assert compiled == compile_pattern('{"body":{"kind":["order"]}}')
    assert repr(compiled) == """Pattern(text='{"body":{"kind":["order"]}}')"""


def test_a_pattern_does_not_change_with_the_mapping_it_came_from():
    """A pattern is compiled once; the mapping stays the caller's."""
    mapping = {"kind": ["order"]}
    pattern = compile_pattern(mapping)
    mapping["kind"].append("refund")
    assert not pattern.matches({"kind": "refund"})


def test_a_service_may_treat_a_key_of_the_root_in_its_own_way():
    """`adapt` sees each key at the root, also below `$or` and with dots, and may replace its test."""
    seen = []

    def adapt(key: str, rules: object, test: LeafTest) -> LeafTest:
        seen.append((key, rules))
        return (lambda value: True) if key == "body" else test

    pattern = compile_pattern(
        {"body.kind": ["order"], "$or": [{"body": ["x"]}, {"source": {"body": ["y"]}}]}, adapt=adapt
    )
    assert seen == [("body", {"kind": ["order"]}), ("body", ["x"]), ("source", {"body": ["y"]})]
    assert pattern.matches({"body": "whatever"})
