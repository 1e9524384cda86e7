"""What S3 Object Lambda sends for an object that is being read through it. (SYNC-40)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from urllib.parse import quote

from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    arn,
    epoch,
    finished,
    identifiers,
    resource_hex,
    strings,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID, REGION
from pytest_lambda_modes.units import iso_seconds, utc_datetime


def s3_object_lambda_get(
    key: str,
    *,
    access_point: str = "object-lambda",
    supporting_access_point: str = "access-point",
    payload: str = "",
    headers: Mapping[str, str] | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A GetObject request that the function must answer with WriteGetObjectResponse. (SYNC-40)

    The access points are names. `payload` is the text that the access point configures, `headers` are the caller's.
    """
    where, ids, now = "s3_object_lambda_get", identifiers(ids), epoch(at)
    path = quote(text(where, "key", key))
    route = f"io-{ids.hex('output route', 8)}"
    host = f"{access_point}-{ACCOUNT_ID}.s3-object-lambda.{REGION}.amazonaws.com"
    source = f"https://{supporting_access_point}-{ACCOUNT_ID}.s3-accesspoint.{REGION}.amazonaws.com/{path}"
    signature = f"X-Amz-Date={utc_datetime(now):%Y%m%dT%H%M%SZ}&X-Amz-Expires=61&X-Amz-SignedHeaders=host"
    event = {
        "xAmzRequestId": ids.uuid("s3 object lambda request"),
        "getObjectContext": {
            "inputS3Url": f"{source}?{signature}&X-Amz-Signature={ids.hex('signature', 64)}",
            "outputRoute": route,
            "outputToken": ids.hex("output token", 64),
        },
        "configuration": {
            "accessPointArn": arn("s3-object-lambda", f"accesspoint/{access_point}"),
            "supportingAccessPointArn": arn("s3", f"accesspoint/{supporting_access_point}"),
            "payload": payload,
        },
        "userRequest": {
            "url": f"https://{host}/{path}",
            "headers": {"Host": host, "Accept-Encoding": "identity", **strings(where, "headers", headers)},
        },
        "userIdentity": _caller(now),
        "protocolVersion": "1.00",
    }
    return finished(event, overrides)


def _caller(now: int) -> Event:
    role_id = f"AROA{resource_hex('role reader', 16).upper()}"
    issuer = {
        "type": "Role",
        "principalId": role_id,
        "arn": f"arn:aws:iam::{ACCOUNT_ID}:role/reader",
        "accountId": ACCOUNT_ID,
        "userName": "reader",
    }
    return {
        "type": "AssumedRole",
        "principalId": f"{role_id}:session",
        "arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/reader/session",
        "accountId": ACCOUNT_ID,
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {
            "attributes": {"mfaAuthenticated": "false", "creationDate": iso_seconds(now)},
            "sessionIssuer": issuer,
        },
    }
