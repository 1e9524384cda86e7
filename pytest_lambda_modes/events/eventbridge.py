"""What an EventBridge rule sends to its target: the envelope of an event, without `Records`. (EVT-3)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    arn,
    epoch,
    finished,
    identifiers,
    json_text,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID, REGION
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import iso_seconds


def eventbridge_event(
    *,
    source: str,
    detail_type: str,
    detail: Mapping[str, Any] | None = None,
    resources: Sequence[str] = (),
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """An event on a bus, as a rule without an input transformer hands it on. (EVT-3)

    `detail` is a JSON object; `resources` are ARNs. Raises ConfigError for a detail that is none, and for an empty
    source or detail type, which PutEvents would refuse.
    """
    where, ids = "eventbridge_event", identifiers(ids)
    detail = {} if detail is None else detail
    if not isinstance(detail, Mapping):
        raise ConfigError(
            f"{where}: detail is {shown(detail)}, and must be a mapping.\n\n"
            "PutEvents takes JSON text, but of an object; here it is the object itself."
        )
    json_text(where, "detail", detail)
    if isinstance(resources, str) or not all(isinstance(resource, str) for resource in resources):
        raise ConfigError(f"{where}: resources is {shown(resources)}, and must be a list of ARNs.")
    envelope = {
        "version": "0",
        "id": ids.uuid("eventbridge event"),
        "detail-type": text(where, "detail_type", detail_type),
        "source": text(where, "source", source),
        "account": ACCOUNT_ID,
        "time": iso_seconds(epoch(at)),
        "region": REGION,
        "resources": list(resources),
        "detail": dict(detail),
    }
    return finished(envelope, overrides)


def eventbridge_schedule(
    rule: str = "schedule",
    *,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """What a rule with a schedule expression sends: a `Scheduled Event` of `aws.events`. `rule` is a name or an ARN."""
    return eventbridge_event(
        source="aws.events",
        detail_type="Scheduled Event",
        resources=[arn("events", rule if rule.startswith("arn:") else f"rule/{rule}")],
        at=at,
        ids=ids,
        overrides=overrides,
    )
