"""What EventBridge Scheduler sends to its target: the input that the schedule configures. (EVT-7)"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.building import NEW_YEAR, Overrides, arn, epoch, finished, identifiers, json_text
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import iso_seconds


def scheduler_invocation(
    input: Mapping[str, object] | Sequence[object] | str | float | bool | None = None,
    *,
    schedule: str = "schedule",
    attempt_number: int = 1,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Any:
    """The input of a schedule, `{}` when there is none. (EVT-7)

    Scheduler's own keywords in it are replaced by their values: `<aws.scheduler.schedule-arn>`, `.scheduled-time`,
    `.execution-id`, `.attempt-number`. `input` is the JSON value itself. Only an object takes overrides. Raises
    ConfigError for an input that JSON has not.
    """
    values = {
        "schedule-arn": arn("scheduler", schedule if schedule.startswith("arn:") else f"schedule/default/{schedule}"),
        "scheduled-time": iso_seconds(epoch(at)),
        "execution-id": identifiers(ids).uuid("scheduler execution"),
        "attempt-number": str(attempt_number),
    }
    payload = json_text("scheduler_invocation", "input", {} if input is None else input)
    for keyword, value in values.items():
        payload = payload.replace(f"<aws.scheduler.{keyword}>", value)
    event = json.loads(payload)
    if overrides is not None and not isinstance(event, dict):
        raise ConfigError(f"scheduler_invocation: input is {shown(event)}, and only an object can take overrides.")
    return event if overrides is None else finished(event, overrides)
