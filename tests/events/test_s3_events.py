"""Events of S3. Powertools' parser model and data class, and botocore's list of event types, are the oracle."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path
from urllib.parse import unquote_plus

import botocore
import pytest
from aws_lambda_powertools.utilities.data_classes import S3Event
from aws_lambda_powertools.utilities.parser.models import S3Model
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.errors import ConfigError, KeyTooLongError
from pytest_lambda_modes.events import s3_notification, s3_object_created, s3_object_removed, s3_test_event
from pytest_lambda_modes.model.s3_event_types import EVENT_TYPES

SERVICE = Path(botocore.__file__).parent / "data" / "s3" / "2006-03-01" / "service-2.json.gz"


def test_the_event_types_are_s3s_own() -> None:
    """The list is that of S3's service model, without the groups."""
    names = json.loads(gzip.decompress(SERVICE.read_bytes()))["shapes"]["Event"]["enum"]
    assert set(EVENT_TYPES) == {name.removeprefix("s3:") for name in names if not name.endswith("*")}


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_event_type_parses(event_type: str) -> None:
    """Powertools reads each, under the name without s3: before it."""
    event = s3_notification(f"s3:{event_type}", "in", "a b.csv")
    [record] = S3Model.model_validate(event).Records
    s3_object = record.s3.object or record.s3.get_object
    assert s3_object is not None
    assert (record.eventName, record.s3.bucket.name, s3_object.key) == (event_type, "in", "a+b.csv")


@pytest.mark.rule("EVT-2")
def test_the_data_class_reads_an_object_that_was_put() -> None:
    """It gives the key decoded, and the size, the tag and the time as they were given."""
    at = dt.datetime(2026, 5, 4, 3, 2, 1, tzinfo=dt.timezone.utc)
    event = S3Event(s3_object_created("in", "a b/ü+.csv", size=3, e_tag="ab", version_id="v1", at=at))
    s3_object = event.record.s3.get_object
    assert (event.bucket_name, event.object_key) == ("in", "a b/ü+.csv")
    assert (s3_object.size, s3_object.etag, s3_object.version_id) == (3, "ab", "v1")
    assert event.record.event_time == "2026-05-04T03:02:01.000Z"
    assert event.record.s3.bucket.arn == "arn:aws:s3:::in"


@pytest.mark.parametrize(
    "event_type, members",
    [
        ("ObjectCreated:Put", {"key", "size", "eTag", "sequencer"}),
        ("ObjectRemoved:Delete", {"key", "sequencer"}),
        ("ObjectRemoved:DeleteMarkerCreated", {"key", "eTag", "versionId", "sequencer"}),
        ("LifecycleExpiration:Delete", {"key", "sequencer"}),
        ("ObjectTagging:Delete", {"key", "size", "eTag", "sequencer"}),
    ],
)
def test_an_object_that_is_gone_has_no_size(event_type: str, members: set[str]) -> None:
    """What tells of an object depends on whether there still is one."""
    [record] = s3_notification(event_type, "in", "key")["Records"]
    assert set(record["s3"]["object"]) == members


@pytest.mark.parametrize(
    "event_type, version, member",
    [
        ("ObjectCreated:Copy", "2.1", None),
        ("ObjectRestore:Completed", "2.1", "glacierEventData"),
        ("ObjectRestore:Delete", "2.3", None),
        ("Replication:OperationFailedReplication", "2.2", "replicationEventData"),
        ("LifecycleTransition", "2.3", "lifecycleEventData"),
        ("IntelligentTiering", "2.3", "intelligentTieringEventData"),
    ],
)
def test_some_families_have_more_to_tell(event_type: str, version: str, member: str | None) -> None:
    """The version of a record goes with its family, and so does the data beside the object."""
    [record] = s3_notification(event_type, "in", "key")["Records"]
    common = set(s3_object_created("in", "key")["Records"][0])
    assert record["eventVersion"] == version
    assert set(record) - common == ({member} if member else set())


@settings(deadline=None, derandomize=True)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_a_key_is_encoded_as_a_form_is(key: str) -> None:
    """A handler gets any key back with unquote_plus; slashes stay as they are."""
    encoded = s3_object_created("in", key)["Records"][0]["s3"]["object"]["key"]
    assert unquote_plus(encoded) == key
    assert encoded.isascii()
    assert encoded.count("/") == key.count("/")


@settings(deadline=None, derandomize=True)
@given(
    st.datetimes(min_value=dt.datetime(2000, 1, 1)), st.timedeltas(dt.timedelta(microseconds=1), dt.timedelta(days=9))
)
def test_sequencers_are_in_the_order_of_time(moment: dt.datetime, later: dt.timedelta) -> None:
    """Of two events of a key the later has the greater sequencer, compared as text."""
    at = min(moment, dt.datetime(2100, 1, 1)).replace(tzinfo=dt.timezone.utc)
    first, second = (s3_object_created("in", "key", at=time)["Records"][0]["s3"]["object"] for time in (at, at + later))
    assert first["sequencer"] < second["sequencer"]
    assert len(first["sequencer"]) == len(second["sequencer"]) == 18


def test_an_object_that_was_removed() -> None:
    """The short form has the event name of a deletion."""
    [record] = s3_object_removed("in", "key")["Records"]
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("ObjectRemoved:Delete", "key")


@pytest.mark.rule("EVT-5")
def test_the_test_event_has_no_records() -> None:
    """What S3 sends when a notification is configured names the bucket and nothing that happened."""
    event = s3_test_event("in")
    assert (event["Service"], event["Event"], event["Bucket"]) == ("Amazon S3", "s3:TestEvent", "in")
    assert event["Time"] == "2026-01-01T00:00:00.000Z"
    assert "Records" not in event


@pytest.mark.parametrize("event_type", ["ObjectCreated", "Put", "ObjectCreated:put", "s3:Unknown", None, 3])
def test_an_unknown_event_type_is_refused(event_type: object) -> None:
    """The error lists those that S3 has."""
    with pytest.raises(ConfigError, match="ObjectCreated:CompleteMultipartUpload"):
        s3_notification(event_type, "in", "key")  # type: ignore[arg-type]


def test_a_group_of_event_types_is_no_event() -> None:
    """A group can be configured and never arrives."""
    with pytest.raises(ConfigError, match="stands for a group"):
        s3_notification("s3:ObjectCreated:*", "in", "key")


def test_a_key_has_a_limit() -> None:
    """1024 bytes of UTF-8, not of the encoded form."""
    assert s3_object_created("in", "é" * 512)["Records"]
    with pytest.raises(KeyTooLongError, match="Your key is too long"):
        s3_object_created("in", "é" * 512 + "a")


@pytest.mark.parametrize("size", [-1, 1.5, "3", True])
def test_a_size_is_a_number_of_bytes(size: object) -> None:
    """An object has whole bytes."""
    with pytest.raises(ConfigError, match="whole number of bytes"):
        s3_object_created("in", "key", size=size)  # type: ignore[arg-type]
