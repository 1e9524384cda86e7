"""What a Task state of Step Functions sends to its function: the state's payload. (SYNC-38)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    base64_text,
    epoch,
    finished,
    identifiers,
    json_text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.settings import shown

MAXIMUM_PAYLOAD_BYTES = 262_144  # SYNC-38


def step_functions_task(
    payload: Mapping[str, Any] | None = None,
    *,
    task_token_member: str | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """What the state passes on: its input, or the `Payload` of its parameters, and nothing around it. (SYNC-38)

    `task_token_member` is where a state that waits for a callback puts `$$.Task.Token`. The event tells no time.
    Raises ConfigError for a payload that is no JSON object, and for more than 256 KiB.
    """
    epoch(at)
    payload = {} if payload is None else payload
    if not isinstance(payload, Mapping):
        raise ConfigError(f"step_functions_task: payload is {shown(payload)}, and must be a mapping.")
    event = dict(payload)
    if task_token_member is not None:
        event[task_token_member] = base64_text(identifiers(ids).hex("task token", 128))
    if len(json_text("step_functions_task", "payload", event).encode()) > MAXIMUM_PAYLOAD_BYTES:
        raise ConfigError(
            f"step_functions_task: payload has more than {MAXIMUM_PAYLOAD_BYTES} bytes.\n\n"
            "The execution would fail with States.DataLimitExceeded. (SYNC-38)"
        )
    return finished(event, overrides)
