"""What a trigger of a CodeCommit repository sends. (EVT-9)"""

from __future__ import annotations

import datetime as dt

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    arn,
    choice,
    epoch,
    finished,
    identifiers,
    resource_uuid,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID, REGION
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import iso_milliseconds


def codecommit_reference_change(
    *,
    repository: str = "repository",
    ref: str = "refs/heads/main",
    change: str = "updated",
    commit: str | None = None,
    trigger: str = "trigger",
    custom_data: str | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A branch or a tag that was `created`, `updated` or `deleted`. (EVT-9)

    `ref` is its full name. `custom_data` is what the trigger configures. Raises ConfigError for another change, and for
    a name without `refs/heads/` or `refs/tags/`.
    """
    where, ids = "codecommit_reference_change", identifiers(ids)
    if not text(where, "ref", ref).startswith(("refs/heads/", "refs/tags/")):
        raise ConfigError(f'{where}: ref is {shown(ref)}, and must be a full name, such as "refs/heads/main".')
    choice(where, "change", change, ("created", "updated", "deleted"))
    reference: Event = {"commit": commit or ids.hex("commit", 40), "ref": ref}
    if change != "updated":
        reference[change] = True
    record = {
        "awsRegion": REGION,
        "codecommit": {"references": [reference]},
        "customData": custom_data,
        "eventId": ids.uuid("codecommit event"),
        "eventName": "ReferenceChanges",
        "eventPartNumber": 1,
        "eventSource": "aws:codecommit",
        "eventSourceARN": arn("codecommit", text(where, "repository", repository)),
        "eventTime": iso_milliseconds(epoch(at)).replace("Z", "+0000"),
        "eventTotalParts": 1,
        "eventTriggerConfigId": resource_uuid(f"codecommit trigger {trigger}"),
        "eventTriggerName": trigger,
        "eventVersion": "1.0",
        "userIdentityARN": f"arn:aws:iam::{ACCOUNT_ID}:user/developer",
    }
    return finished({"Records": [record]}, overrides)
