"""What Secrets Manager sends to the function that rotates a secret, step by step. (SYNC-41)"""

from __future__ import annotations

import datetime as dt

from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    arn,
    choice,
    epoch,
    finished,
    identifiers,
    resource_hex,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers

ROTATION_STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


def secrets_manager_rotation(
    step: str = "createSecret",
    *,
    secret: str = "secret",
    client_request_token: str | None = None,
    rotation_token: str | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """One of the four `ROTATION_STEPS`, which come in this order and share a token. (SYNC-41)

    `secret` is a name or an ARN. `client_request_token` is the id of the new version. `rotation_token` is there when a
    secret is rotated from another account. The event tells no time. Raises ConfigError for another step.
    """
    where, ids = "secrets_manager_rotation", identifiers(ids)
    epoch(at)
    name = text(where, "secret", secret)
    resource = name if ":" in name else f"secret:{name}-{resource_hex(f'secret {name}', 6)}"
    event = {
        "Step": choice(where, "step", step, ROTATION_STEPS),
        "SecretId": arn("secretsmanager", resource),
        "ClientRequestToken": client_request_token or ids.uuid("secret version"),
    }
    if rotation_token is not None:
        event["RotationToken"] = rotation_token
    return finished(event, overrides)
