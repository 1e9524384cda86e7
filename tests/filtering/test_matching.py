"""What patterns match, as recorded from AWS's rule engine, and with moto's matcher as a second opinion."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.events.models import EventPattern

from pytest_lambda_modes.filtering.invalid_pattern import InvalidPattern
from pytest_lambda_modes.filtering.patterns import compile_pattern
from pytest_lambda_modes.filtering.wildcard import wildcard

property_test = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

IMAGE = {"dynamodb": {"NewImage": {"total": {"N": "42"}}, "ApproximateCreationDateTime": 1767225600.0}}

# A row is the number in FILT-7, a pattern, the events that match and the events that do not.
ROWS: list[tuple[str, dict[str, Any], list[Any], list[Any]]] = [
    ("7.1 keys are exact", {"kind": ["order"]}, [{"kind": "order"}], [{"Kind": "order"}, {"KIND": "order"}]),
    (
        "7.2 strings are exact",
        {"k": ["\u00e9"]},
        [{"k": "\u00e9"}],
        [{"k": "e\u0301"}, {"k": "\u00c9"}, {"k": "\u00e9 "}],
    ),
    ("7.2 booleans are themselves", {"k": [True]}, [{"k": True}], [{"k": 1}, {"k": "true"}, {"k": False}]),
    ("7.2 numbers are no booleans", {"k": [1, 0]}, [{"k": 1}, {"k": 0.0}], [{"k": True}, {"k": False}, {"k": "1"}]),
    ("7.2 null is itself", {"k": [None]}, [{"k": None}], [{"k": "null"}, {"k": ""}, {}, {"k": 0}, {"k": False}]),
    ("7.2 empty is itself", {"k": [""]}, [{"k": ""}], [{"k": None}, {}, {"k": " "}]),
    ("7.3 numbers by value", {"k": [300]}, [{"k": 300}, {"k": 300.0}, {"k": 3.0e2}], [{"k": "300"}, {"k": 300.5}]),
    ("7.3 and the other way", {"k": [300.0]}, [{"k": 300}], [{"k": 301}]),
    ("7.4 numeric =", {"k": [{"numeric": ["=", 5]}]}, [{"k": 5}, {"k": 5.0}], [{"k": 5.1}, {"k": "5"}, {"k": None}]),
    ("7.4 numeric >", {"k": [{"numeric": [">", 5]}]}, [{"k": 5.1}], [{"k": 5}, {"k": "6"}, {"k": True}, {}]),
    ("7.4 numeric >=", {"k": [{"numeric": [">=", -5]}]}, [{"k": -5}, {"k": 0}], [{"k": -6}]),
    ("7.4 numeric <", {"k": [{"numeric": ["<", 5]}]}, [{"k": 4}], [{"k": 5}, {"k": False}]),
    ("7.4 numeric <=", {"k": [{"numeric": ["<=", 5]}]}, [{"k": 5}], [{"k": 5.5}]),
    ("7.4 numeric range", {"k": [{"numeric": [">", 0, "<=", 5]}]}, [{"k": 1}, {"k": 5}], [{"k": 0}, {"k": 6}]),
    (
        "7.5 any element",
        {"k": ["a"]},
        [{"k": ["b", "a"]}, {"k": [["a"]]}],
        [{"k": ["b"]}, {"k": []}, {"k": [{"x": "a"}]}],
    ),
    (
        "7.5 any element is something else",
        {"k": [{"anything-but": "a"}]},
        [{"k": ["a", "b"]}],
        [{"k": ["a"]}, {"k": []}],
    ),
    (
        "7.5 objects in arrays",
        {"automations": {"id": [{"prefix": "x"}]}},
        [
            {"automations": [{"id": "a"}, {"id": "x1"}]},
            {"automations": [[{"id": "x1"}]]},
            {"automations": ["s", {"id": "x"}]},
        ],
        [{"automations": [{"id": "a"}]}, {"automations": ["x"]}, {"automations": []}],
    ),
    (
        "7.5 one element for all fields",
        {"lines": {"sku": ["a"], "count": [{"numeric": [">", 1]}]}},
        [{"lines": [{"sku": "b", "count": 9}, {"sku": "a", "count": 2}]}],
        [{"lines": [{"sku": "b", "count": 9}, {"sku": "a", "count": 1}]}],
    ),
    (
        "7.6 exists needs a leaf",
        {"k": [{"exists": True}]},
        [{"k": None}, {"k": ""}, {"k": 0}, {"k": ["a"]}, {"k": [{}, 1]}],
        [{}, {"k": {"S": "a"}}, {"k": {}}, {"k": []}, {"k": [{}]}, {"j": 1}],
    ),
    (
        "7.6 absent is without a leaf",
        {"k": [{"exists": False}]},
        [{}, {"k": {"S": "a"}}, {"k": {}}, {"k": []}, {"k": [{}]}],
        [{"k": None}, {"k": ""}, {"k": ["a"]}, {"k": [{}, 1]}],
    ),
    (
        "7.6 exists below a missing key",
        {"a": {"b": [{"exists": False}]}},
        [{}, {"a": 5}, {"a": {}}, {"a": []}, {"a": [{"c": 1}]}],
        [{"a": {"b": 1}}, {"a": [{"c": 1}, {"b": 1}]}],
    ),
    (
        "7.6 absent on an attribute of DynamoDB",
        {"dynamodb": {"NewImage": {"total": [{"exists": False}]}}},
        [IMAGE],
        [],
    ),
    ("7.6 the type makes it a leaf", {"dynamodb": {"NewImage": {"total": {"N": [{"exists": True}]}}}}, [IMAGE], [{}]),
    ("7.6 absent or a value", {"k": ["a", {"exists": False}]}, [{}, {"k": "a"}], [{"k": "b"}]),
    (
        "7.7 anything-but",
        {"k": [{"anything-but": "a"}]},
        [{"k": "b"}, {"k": None}, {"k": 1}],
        [{"k": "a"}, {}, {"k": {}}],
    ),
    (
        "7.7 anything-but number",
        {"k": [{"anything-but": 1}]},
        [{"k": 2}, {"k": "1"}, {"k": True}],
        [{"k": 1}, {"k": 1.0}],
    ),
    ("7.7 anything-but list", {"k": [{"anything-but": ["a", "b"]}]}, [{"k": "c"}], [{"k": "a"}, {"k": "b"}, {}]),
    ("7.7 anything-but prefix", {"k": [{"anything-but": {"prefix": "a"}}]}, [{"k": "ba"}, {"k": 1}], [{"k": "ab"}, {}]),
    (
        "7.7 anything-but suffixes",
        {"k": [{"anything-but": {"suffix": ["a", "b"]}}]},
        [{"k": "ac"}],
        [{"k": "ca"}, {"k": "b"}],
    ),
    ("7.7 anything-but wildcard", {"k": [{"anything-but": {"wildcard": "a*c"}}]}, [{"k": "ab"}], [{"k": "abc"}]),
    (
        "7.7 anything-but ignoring case",
        {"k": [{"anything-but": {"equals-ignore-case": ["a", "B"]}}]},
        [{"k": "c"}, {"k": None}],
        [{"k": "A"}, {"k": "b"}],
    ),
    (
        "7.8 prefix",
        {"k": [{"prefix": "ab"}]},
        [{"k": "abc"}, {"k": "ab"}],
        [{"k": "ABC"}, {"k": "a"}, {"k": None}, {"k": 1}],
    ),
    ("7.8 empty prefix", {"k": [{"prefix": ""}]}, [{"k": ""}, {"k": "a"}], [{"k": None}, {"k": 1}, {}]),
    (
        "7.8 prefix ignoring case",
        {"k": [{"prefix": {"equals-ignore-case": "aB"}}]},
        [{"k": "AbC"}],
        [{"k": "cab"}, {"k": 1}],
    ),
    ("7.8 suffix", {"k": [{"suffix": "bc"}]}, [{"k": "abc"}], [{"k": "aBC"}, {"k": "bca"}, {"k": ["x"]}]),
    ("7.8 suffix ignoring case", {"k": [{"suffix": {"equals-ignore-case": "aB"}}]}, [{"k": "cAb"}], [{"k": "abc"}]),
    (
        "7.9 equals ignoring case",
        {"k": [{"equals-ignore-case": "aB"}]},
        [{"k": "Ab"}, {"k": ["x", "AB"]}],
        [{"k": "abc"}, {"k": 1}],
    ),
    (
        "7.10 wildcard",
        {"k": [{"wildcard": "a*c"}]},
        [{"k": "ac"}, {"k": "abc"}, {"k": "a\nc"}],
        [{"k": "abcd"}, {"k": 1}],
    ),
    (
        "7.10 wildcards",
        {"k": [{"wildcard": "a*b*c"}]},
        [{"k": "abc"}, {"k": "a.b.b.c"}],
        [{"k": "a.c"}, {"k": "a.bc."}],
    ),
    ("7.10 no character twice", {"k": [{"wildcard": "ab*bc*c"}]}, [{"k": "abbcc"}], [{"k": "abc"}, {"k": "abbc"}]),
    ("7.10 no overlap", {"k": [{"wildcard": "ab*ba"}]}, [{"k": "abba"}], [{"k": "aba"}]),
    ("7.10 no overlap with the end", {"k": [{"wildcard": "a*b*bc"}]}, [{"k": "abbc"}], [{"k": "abc"}]),
    ("7.10 escapes", {"k": [{"wildcard": "\\**\\\\"}]}, [{"k": "*\\"}, {"k": "*a\\"}], [{"k": "a\\"}, {"k": "**"}]),
    ("7.10 empty wildcard", {"k": [{"wildcard": ""}]}, [{"k": ""}], [{"k": "a"}, {"k": None}]),
    (
        "7.11 cidr",
        {"k": [{"cidr": "10.0.0.0/24"}]},
        [{"k": "10.0.0.255"}],
        [{"k": "10.0.1.0"}, {"k": "x"}, {"k": 167772161}, {"k": "::1"}],
    ),
    ("7.11 cidr of a host", {"k": [{"cidr": "10.0.0.7/24"}]}, [{"k": "10.0.0.1"}], [{"k": "10.0.1.7"}]),
    (
        "7.11 cidr version 6",
        {"k": [{"cidr": "2001:db8::/32"}]},
        [{"k": "2001:db8::1"}],
        [{"k": "2001:db9::1"}, {"k": "10.0.0.1"}],
    ),
    (
        "7.12 or, and its siblings",
        {"$or": [{"a": [1]}, {"b": {"c": [2]}}], "d": [3]},
        [{"a": 1, "d": 3}, {"b": {"c": 2}, "d": 3}],
        [{"a": 1}, {"d": 3}, {"a": 2, "b": {"c": 1}, "d": 3}],
    ),
    (
        "7.12 or below a key",
        {"x": {"$or": [{"a": [1]}, {"b": [{"exists": False}]}]}},
        [{"x": {"a": 1, "b": 2}}, {"x": {}}, {}],
        [{"x": {"a": 2, "b": 2}}],
    ),
    (
        "7.13 dots in the pattern",
        {"a.b.c": [1]},
        [{"a": {"b": {"c": 1}}}, {"a.b": {"c": 1}}, {"a": {"b.c": 1}}, {"a.b.c": 1}],
        [{"a": {"b": {"c": 2}}}, {"a.b.c": 2}, {"c": 1}],
    ),
    (
        "7.13 dots in the event",
        {"a": {"b": [1], "c": [2]}},
        [{"a.b": 1, "a.c": 2}, {"a": {"b": 1}, "a.c": 2}, {"a.b": 1, "a": {"c": 2}}],
        [{"a.b": 1}, {"a.b.c": 1, "a.c": 2}],
    ),
    (
        "7.13 both spellings in one event",
        {"a": {"b": [1]}},
        [{"a": {"b": 1}, "a.b": 2}, {"a": {"b": 2}, "a.b": 1}],
        [{"a": 1}],
    ),
    (
        "7.13 a leaf and what is below it",
        {"a": [1], "a.b": [2]},
        [{"a": 1, "a.b": 2}, {"a": [1, {"b": 2}]}],
        [{"a": {"b": 2}}],
    ),
    ("7.13 dots in an array", {"a": {"b": {"c": [1]}}}, [{"a": [{"d": 2}, {"b.c": 1}]}], [{"a": [{"b.c": 2}]}]),
    ("7.13 a dot does not hide a leaf", {"a": {"b": [{"exists": False}]}}, [{"a.c": 1}], [{"a.b": 1}]),
    (
        "7.14 a leaf of several kinds",
        {"k": ["a", 1, None, {"prefix": "x"}]},
        [{"k": "a"}, {"k": 1}, {"k": None}, {"k": "xy"}],
        [{"k": "b"}],
    ),
    (
        "7.15 numbers of DynamoDB are strings",
        {"dynamodb": {"NewImage": {"total": {"N": [{"numeric": [">", 10]}, 42]}}}},
        [],
        [IMAGE],
    ),
    (
        "7.15 as recorded",
        {"dynamodb": {"NewImage": {"total": {"N": [{"numeric": [">", 100]}, {"anything-but": "101"}]}}}},
        [IMAGE],
        [{"dynamodb": {"NewImage": {"total": {"N": "101"}}}}],
    ),
    (
        "7.15 the creation date is a number",
        {"dynamodb": {"ApproximateCreationDateTime": [{"numeric": [">", 1767225599, "<", 1767225601]}]}},
        [IMAGE],
        [{"dynamodb": {"ApproximateCreationDateTime": 1767225601.0}}],
    ),
]


@pytest.mark.rule("FILT-4", "FILT-7")
@pytest.mark.parametrize(
    ("pattern", "event"), [pytest.param(row[1], event, id=row[0]) for row in ROWS for event in row[2]]
)
def test_an_event_matches(pattern, event):
    """The rows of FILT-7: what matches."""
    assert compile_pattern(pattern).matches(event)


@pytest.mark.rule("FILT-4", "FILT-7")
@pytest.mark.parametrize(
    ("pattern", "event"), [pytest.param(row[1], event, id=row[0]) for row in ROWS for event in row[3]]
)
def test_an_event_does_not_match(pattern, event):
    """The rows of FILT-7: what does not match."""
    assert not compile_pattern(pattern).matches(event)


keys = st.sampled_from(["a", "b", "c"])
texts = st.text("aAb*", max_size=4)
numbers = st.integers(-3, 3) | st.sampled_from([-1.5, 0.0, 0.5, 2.0])
scalars = texts | numbers | st.none()


def trees(leaves, *, arrays_of_objects=False):
    """JSON objects with few keys, so that patterns and events meet."""

    def extend(children):
        elements = children if arrays_of_objects else leaves
        return st.dictionaries(keys, children | st.lists(elements, min_size=1, max_size=3), min_size=1, max_size=3)

    return extend(st.recursive(leaves, extend, max_leaves=6))


def numeric_ranges(bottom, width):
    return {"numeric": [">", bottom, "<=", bottom + width]}


conditions = st.one_of(
    scalars,
    texts.map(lambda text: {"prefix": text}),
    texts.map(lambda text: {"suffix": text}),
    texts.map(lambda text: {"prefix": {"equals-ignore-case": text}}),
    texts.map(lambda text: {"equals-ignore-case": text}),
    texts.map(lambda text: {"anything-but": text}),
    st.lists(texts, min_size=1, max_size=2).map(lambda texts: {"anything-but": texts}),
    st.lists(numbers, min_size=1, max_size=2).map(lambda numbers: {"anything-but": numbers}),
    texts.filter(bool).map(lambda text: {"anything-but": {"prefix": text}}),
    texts.filter(lambda text: "**" not in text).map(lambda text: {"wildcard": text}),
    st.builds(lambda name, bound: {"numeric": [name, bound]}, st.sampled_from(["=", "<", "<=", ">", ">="]), numbers),
    st.builds(numeric_ranges, numbers, st.integers(1, 3)),
    st.booleans().map(lambda present: {"exists": present}),
)
leaves = st.lists(conditions, min_size=1, max_size=3)


def extend_pattern(children):
    objects = st.dictionaries(keys | st.just("a.b"), children, min_size=1, max_size=2)
    return objects | st.lists(objects, min_size=2, max_size=2).map(lambda alternatives: {"$or": alternatives})


patterns = extend_pattern(st.recursive(leaves, extend_pattern, max_leaves=4))


@pytest.mark.rule("FILT-7")
@settings(property_test, max_examples=500)
@given(pattern=patterns, event=trees(scalars))
def test_moto_has_the_same_opinion(pattern, event):
    """moto's matcher agrees wherever it follows FILT-7.

    It does not in these, which are left out here: it takes booleans for numbers, counts `{}` and `[]` as existing, does
    not look for objects in arrays, keeps one of two spellings of a path, and ends a wildcard at a newline.
    """
    assert compile_pattern(pattern).matches(event) == EventPattern.load(json.dumps(pattern)).matches_event(event)


@pytest.mark.rule("FILT-7")
@property_test
@given(event=trees(scalars | st.booleans()))
def test_an_event_matches_itself(event):
    """An event, each of its values made a list, is a pattern that it matches."""

    def pattern_of(value):
        if isinstance(value, dict):
            return {key: pattern_of(member) for key, member in value.items()}
        return value if isinstance(value, list) else [value]

    assert compile_pattern(pattern_of(event)).matches(event)


@pytest.mark.rule("FILT-7")
@property_test
@given(pattern=patterns, event=trees(scalars, arrays_of_objects=True))
def test_dots_and_objects_are_the_same_path(pattern, event):
    """An event means the same with its objects flattened to dotted keys. (FILT-7.13)"""

    def flattened(members, prefix=""):
        for key, value in members.items():
            if isinstance(value, dict) and value:
                yield from flattened(value, f"{prefix}{key}.")
            else:
                yield prefix + key, value

    compiled = compile_pattern(pattern)
    assert compiled.matches(dict(flattened(event))) == compiled.matches(event)


@pytest.mark.rule("FILT-7")
@property_test
@given(first=patterns, second=patterns, event=trees(scalars, arrays_of_objects=True))
def test_or_is_either(first, second, event):
    """`$or` matches when one of its patterns would match alone. (FILT-7.12)"""
    either = compile_pattern({"$or": [first, second]}).matches(event)
    assert either == (compile_pattern(first).matches(event) or compile_pattern(second).matches(event))


pieces = st.lists(st.sampled_from(["a", "b", "*", "*", "\\*", "\\\\", "\n", "\\"]), max_size=7)


@pytest.mark.rule("FILT-7")
@settings(property_test, max_examples=1000)
@given(pieces, st.text("ab*\\\n", max_size=7))
def test_a_wildcard_is_any_run_of_characters(pieces, text):
    """A wildcard pattern is what the regular expression with `.*` for each `*` is. (FILT-7.10)"""
    pattern = "".join(pieces)
    units = re.findall(r"\\?.", pattern, re.DOTALL)
    try:
        found = wildcard(pattern)(text)
    except InvalidPattern:
        stray_escape = any(unit[0] == "\\" and unit not in ("\\*", "\\\\") for unit in units)
        assert stray_escape or ("*", "*") in pairwise(units) or units.count("*") > 5
    else:
        expression = "".join(".*" if unit == "*" else re.escape(unit[-1]) for unit in units)
        assert found == bool(re.fullmatch(expression, text, re.DOTALL))
