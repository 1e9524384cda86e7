"""What S3 sends for a notification of a bucket. (EVT-2, EVT-5)"""

from __future__ import annotations

import datetime as dt
from urllib.parse import quote_plus, unquote_plus

from pytest_lambda_modes.errors import ConfigError, KeyTooLongError
from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    SOURCE_IP,
    Event,
    Overrides,
    base64_text,
    choice,
    epoch,
    finished,
    identifiers,
    resource_hex,
    resource_uuid,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID, REGION, S3_KEY_BYTES
from pytest_lambda_modes.model.s3_event_types import EVENT_TYPES
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import DAY, MINUTE, SECOND, iso_milliseconds

_LATER_VERSIONS = {
    "Replication": "2.2",
    **dict.fromkeys(("LifecycleTransition", "LifecycleExpiration", "IntelligentTiering"), "2.3"),
    **dict.fromkeys(("ObjectAcl", "ObjectTagging", "ObjectRestore:Delete"), "2.3"),
}


def s3_notification(
    event_type: str,
    bucket: str,
    key: str,
    *,
    size: int = 1024,
    e_tag: str | None = None,
    version_id: str | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """Something that happened to an object: one record. (EVT-2)

    `event_type` is one of `EVENT_TYPES`, with or without `s3:` before it; `key` is the key as the object has it, which
    the event shows URL-encoded; `size` is in bytes. `version_id` is for a bucket with versions. Raises KeyTooLongError
    for a key of more than 1024 bytes, ConfigError for an event type that S3 has not, a group of them, a size below 0.
    """
    event_name = _event_name(event_type)
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ConfigError(f"s3_notification: size is {shown(size)}, and must be a whole number of bytes, 0 or more.")
    if len(text("s3_notification", "key", key).encode()) > S3_KEY_BYTES:
        raise KeyTooLongError
    ids, now = identifiers(ids), epoch(at)
    s3_object: Event = {"key": quote_plus(key, safe="/")}
    if event_name.endswith(":DeleteMarkerCreated"):
        s3_object |= {"eTag": e_tag or "d41d8cd98f00b204e9800998ecf8427e"}
        version_id = version_id or ids.hex("s3 version")
    elif not event_name.endswith(("ObjectRemoved:Delete", "LifecycleExpiration:Delete")):
        s3_object |= {"size": size, "eTag": e_tag or ids.hex("s3 e-tag")}
    if version_id is not None:
        s3_object["versionId"] = version_id
    s3_object["sequencer"] = _sequencer(now, ids)
    record = _record(event_name, text("s3_notification", "bucket", bucket), s3_object, now, ids)
    return finished({"Records": [record]}, overrides)


def s3_object_created(
    bucket: str,
    key: str,
    *,
    size: int = 1024,
    e_tag: str | None = None,
    version_id: str | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """An object that was put: `ObjectCreated:Put`. As `s3_notification`. (EVT-2)"""
    created = "ObjectCreated:Put"
    return s3_notification(
        created, bucket, key, size=size, e_tag=e_tag, version_id=version_id, at=at, ids=ids, overrides=overrides
    )


def s3_object_removed(
    bucket: str,
    key: str,
    *,
    version_id: str | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """An object that is gone: `ObjectRemoved:Delete`, which tells no size and no entity tag. (EVT-2)"""
    removed = "ObjectRemoved:Delete"
    return s3_notification(removed, bucket, key, version_id=version_id, at=at, ids=ids, overrides=overrides)


_IN_EVENTBRIDGE = {
    "ObjectCreated:Put": ("Object Created", "PutObject"),
    "ObjectRemoved:Delete": ("Object Deleted", "DeleteObject"),
}


def s3_eventbridge_entry(notification: Event) -> Event:
    """What S3 puts on the default bus for the change that a notification tells, as an entry of PutEvents.

    Of an object that was put or deleted. There the key is as the object has it.
    """
    [record] = notification["Records"]
    detail_type, reason = _IN_EVENTBRIDGE[record["eventName"]]
    told, s3_object = record["s3"], record["s3"]["object"]
    names = {"key": "key", "size": "size", "eTag": "etag", "sequencer": "sequencer"}
    detail: Event = {
        "version": "0",
        "bucket": {"name": told["bucket"]["name"]},
        "object": {theirs: s3_object[ours] for ours, theirs in names.items() if ours in s3_object},
        "request-id": record["responseElements"]["x-amz-request-id"],
        "requester": ACCOUNT_ID,
        "source-ip-address": record["requestParameters"]["sourceIPAddress"],
        "reason": reason,
    }
    detail["object"]["key"] = unquote_plus(s3_object["key"])
    if reason == "DeleteObject":
        detail["deletion-type"] = "Permanently Deleted"
    resources = [told["bucket"]["arn"]]
    return {"Source": "aws.s3", "DetailType": detail_type, "Detail": detail, "Resources": resources}


def s3_test_event(
    bucket: str,
    *,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """What S3 sends to a queue or a topic when a notification is configured. It has no `Records`. (EVT-5)"""
    ids = identifiers(ids)
    event = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": iso_milliseconds(epoch(at)),
        "Bucket": text("s3_test_event", "bucket", bucket),
        "RequestId": ids.hex("s3 request", 16).upper(),
        "HostId": _host_id(ids),
    }
    return finished(event, overrides)


def _event_name(event_type: str) -> str:
    name = event_type.removeprefix("s3:") if isinstance(event_type, str) else event_type
    if isinstance(name, str) and name.endswith(":*"):
        raise ConfigError(
            f"s3_notification: event_type is {shown(event_type)}, which stands for a group of events.\n\n"
            "A notification can be configured for a group; what arrives is always one of its members."
        )
    return choice("s3_notification", "event_type", name, EVENT_TYPES)


def _record(event_name: str, bucket: str, s3_object: Event, now: int, ids: Identifiers) -> Event:
    family = event_name.split(":")[0]
    owner = resource_hex("s3 owner", 14).upper()
    # By Powertools' captured events, this family alone has another name for the object.
    object_member = "get_object" if event_name == "IntelligentTiering" else "object"
    by_s3_itself = family in ("LifecycleTransition", "LifecycleExpiration", "IntelligentTiering")
    return {
        "eventVersion": _LATER_VERSIONS.get(event_name, _LATER_VERSIONS.get(family, "2.1")),
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": iso_milliseconds(now),
        "eventName": event_name,
        "userIdentity": {"principalId": "s3.amazonaws.com" if by_s3_itself else f"AWS:AIDA{owner}"},
        "requestParameters": {"sourceIPAddress": "s3.amazonaws.com" if by_s3_itself else SOURCE_IP},
        "responseElements": {
            "x-amz-request-id": ids.hex("s3 request", 16).upper(),
            "x-amz-id-2": _host_id(ids),
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": resource_uuid(f"s3 configuration {bucket}"),
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": f"A{owner[1:]}"},
                "arn": f"arn:aws:s3:::{bucket}",
            },
            object_member: s3_object,
        },
        **_more_members(event_name, bucket, now),
    }


def _more_members(event_name: str, bucket: str, now: int) -> Event:
    """What some families tell beside the object."""
    if event_name == "ObjectRestore:Completed":
        expiry = {
            "lifecycleRestorationExpiryTime": iso_milliseconds(now + DAY),
            "lifecycleRestoreStorageClass": "GLACIER",
        }
        return {"glacierEventData": {"restoreEventData": expiry}}
    if event_name == "LifecycleTransition":
        return {"lifecycleEventData": {"transitionEventData": {"destinationStorageClass": "GLACIER"}}}
    if event_name == "IntelligentTiering":
        return {"intelligentTieringEventData": {"destinationAccessTier": "ARCHIVE_ACCESS"}}
    if event_name.startswith("Replication:"):
        return {"replicationEventData": _replication(event_name, bucket, now)}
    return {}


def _replication(event_name: str, bucket: str, now: int) -> Event:
    data = {
        "replicationRule": "replication-rule",
        "destinationBucket": f"arn:aws:s3:::{bucket}-replica",
        "s3Operation": "OBJECT_PUT",
        "requestTime": iso_milliseconds(now - 15 * MINUTE),
    }
    failed = event_name == "Replication:OperationFailedReplication"
    return {**data, "failureReason": "AssumeRoleNotPermitted"} if failed else data


def _sequencer(now: int, ids: Identifiers) -> str:
    """Hex digits that order the events of one key: the time first, then a count for those of one instant."""
    seconds, fraction = divmod(now, SECOND)
    return f"{seconds:010X}{fraction:05X}{ids.count('s3 sequencer') % 4096:03X}"


def _host_id(ids: Identifiers) -> str:
    return base64_text(bytes.fromhex(ids.hex("s3 host", 112)))
