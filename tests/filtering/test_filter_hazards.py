"""Filters that are valid and cannot do what they seem to."""

from __future__ import annotations

import pytest

from pytest_lambda_modes.filtering.hazards import hazards
from pytest_lambda_modes.filtering.matching import FilterCriteria


def found(source, *patterns):
    return [(hazard.rule, hazard.path) for hazard in hazards(FilterCriteria.parse(patterns, source))]


@pytest.mark.parametrize(
    ("image", "path"),
    [
        ({"total": [{"exists": True}]}, "total"),
        ({"kind": ["order"]}, "kind"),
        ({"address": {"M": {"city": ["Oslo"]}}}, "address.M.city"),
        ({"total": {"N": [{"numeric": [">", 100]}]}}, "total.N"),
        ({"total": {"N": [42]}}, "total.N"),
        ({"total.N": [42]}, "total.N"),
    ],
)
def test_a_filter_that_never_matches_a_dynamodb_image_is_a_hazard(image, path):
    """A value of DynamoDB sits under its type and its numbers are strings. (HAZ-23, FILT-7.15)"""
    [hazard] = hazards(FilterCriteria.parse([{"dynamodb": {"NewImage": image}}], "dynamodb"))
    assert (hazard.rule, hazard.path) == ("HAZ-23", f"dynamodb.NewImage.{path}")
    assert "never matches" in hazard.sentence


def test_a_filter_that_always_matches_a_dynamodb_image_is_a_hazard():
    """`exists: false` on an attribute itself holds whether or not the attribute is there. (HAZ-23, FILT-7.6)"""
    [hazard] = hazards(FilterCriteria.parse([{"dynamodb": {"Keys": {"id": [{"exists": False}]}}}], "dynamodb"))
    assert "always matches" in hazard.sentence


@pytest.mark.parametrize(
    "pattern",
    [
        {"dynamodb": {"NewImage": {"kind": {"S": ["order"]}, "paid": {"BOOL": [True]}}}},
        {"dynamodb": {"OldImage": {"total": {"N": ["42", {"anything-but": "43"}]}}}},
        {"dynamodb": {"NewImage": {"lines": {"L": {"M": {"sku": {"S": [{"exists": True}]}}}}}}},
        {"dynamodb": {"ApproximateCreationDateTime": [{"numeric": [">", 1]}]}},
        {"eventName": ["INSERT"]},
    ],
)
def test_a_sound_dynamodb_filter_is_no_hazard(pattern):
    """Types in place, numbers as strings, metadata as it stands."""
    assert found("dynamodb", pattern) == []


def test_hazards_are_found_below_or_and_in_every_filter():
    """Each filter is looked at, and each alternative of `$or`."""
    unwrapped = {"dynamodb": {"NewImage": {"$or": [{"a": ["x"]}, {"b": {"S": ["x"]}}]}}}
    assert found("dynamodb", unwrapped, {"dynamodb": {"OldImage": {"c": {"N": [1]}}}}) == [
        ("HAZ-23", "dynamodb.NewImage.a"),
        ("HAZ-23", "dynamodb.OldImage.c.N"),
    ]


def test_a_number_with_a_fraction_is_a_hazard():
    """Lambda's docs have numbers compared as text, so 300.0 may not find 300. (FILT-7.3)"""
    assert found("sqs", {"body": {"total": [300.0], "count": [300, {"numeric": [">", 0.5]}]}}) == [
        ("FILT-7", "body.total")
    ]
