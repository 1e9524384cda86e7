"""Which changes of objects a bucket's notification is for, and which two notifications S3 refuses side by side."""

from __future__ import annotations

import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model.s3_event_types import EVENT_TYPES, GROUPS, configured
from pytest_lambda_modes.services.bucket_notification import ChangeFilter, change_filter
from pytest_lambda_modes.services.notification import ObjectChange

CREATED = frozenset({"ObjectCreated:Put", "ObjectCreated:Copy"})


def change(key: str, event_type: str = "ObjectCreated:Put") -> ObjectChange:
    return ObjectChange(event_type, "bucket", key, 0, "tag")


@pytest.mark.rule("EVT-2")
def test_event_types_are_those_of_s3() -> None:
    """Groups and members alike, as botocore's model has them."""
    names = botocore.session.get_session().get_service_model("s3").shape_for("Event").enum  # type: ignore[attr-defined]
    assert {f"s3:{name}" for name in (*EVENT_TYPES, *GROUPS)} >= set(names)


def test_a_group_stands_for_its_members() -> None:
    """With or without s3: before it."""
    assert configured("here", "s3:ObjectRemoved:*") == {"ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated"}
    assert configured("here", "LifecycleTransition") == {"LifecycleTransition"}
    for wrong in ("*", "s3:*", "ObjectCreated", "objectcreated:put", None):
        with pytest.raises(ConfigError, match="here: events has .* which is no event type"):
            configured("here", wrong)


@pytest.mark.parametrize(
    "key, admitted",
    [("in/a.csv", True), ("in/.csv", True), ("out/a.csv", False), ("in/a.txt", False), ("IN/a.csv", False)],
)
def test_a_key_begins_and_ends_so(key: str, admitted: bool) -> None:
    """Case counts."""
    assert ChangeFilter(CREATED, "in/", ".csv").admits(change(key)) is admitted
    assert not ChangeFilter(CREATED, "in/", ".csv").admits(change(key, "ObjectRemoved:Delete"))


def test_one_name_may_stand_alone() -> None:
    """Without a list around it."""
    assert change_filter("here", "s3:ObjectCreated:Put", "", "") == ChangeFilter(
        frozenset({"ObjectCreated:Put"}), "", ""
    )


texts = st.text("ab", max_size=3)
filters = st.builds(ChangeFilter, st.frozensets(st.sampled_from(EVENT_TYPES[:3]), min_size=1), texts, texts)


@settings(deadline=None, derandomize=True)
@given(one=filters, other=filters, key=st.text("ab", max_size=8), event_type=st.sampled_from(EVENT_TYPES[:3]))
def test_what_two_admit_overlaps(one: ChangeFilter, other: ChangeFilter, key: str, event_type: str) -> None:
    """Filters that S3 takes side by side never tell of one change twice; overlapping is mutual."""
    both = one.admits(change(key, event_type)) and other.admits(change(key, event_type))
    assert one.overlaps(other) or not both
    assert one.overlaps(other) == other.overlaps(one)
    assert one.overlaps(one)
