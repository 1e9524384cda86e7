"""What S3 Batch Operations sends for an object of a job. (SYNC-39)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from urllib.parse import quote_plus

from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    base64_text,
    choice,
    epoch,
    finished,
    identifiers,
    strings,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers


def s3_batch_task(
    bucket: str,
    key: str,
    *,
    version_id: str | None = None,
    schema_version: str = "1.0",
    user_arguments: Mapping[str, str] | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """One task of a job: an invocation never has more. (SYNC-39)

    The key is URL-encoded in the event. Schema 1.0 names the bucket by its ARN; 2.0 by its name, and brings the job's
    `user_arguments`. The event tells no time. Raises ConfigError for another schema version.
    """
    where, ids = "s3_batch_task", identifiers(ids)
    epoch(at)
    choice(where, "schema_version", schema_version, ("1.0", "2.0"))
    name = text(where, "bucket", bucket)
    job: Event = {"id": ids.uuid("s3 batch job")}
    if schema_version == "2.0":
        job["userArguments"] = strings(where, "user_arguments", user_arguments)
    task = {
        "taskId": base64_text(ids.hex("s3 batch task", 24)),
        "s3Key": quote_plus(text(where, "key", key), safe="/"),
        "s3VersionId": version_id,
        **({"s3BucketArn": f"arn:aws:s3:::{name}"} if schema_version == "1.0" else {"s3Bucket": name}),
    }
    event = {
        "invocationSchemaVersion": schema_version,
        "invocationId": base64_text(ids.hex("s3 batch invocation", 48)),
        "job": job,
        "tasks": [task],
    }
    return finished(event, overrides)
