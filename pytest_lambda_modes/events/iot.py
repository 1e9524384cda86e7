"""What a rule of IoT Core sends: the message itself, as the rule's SQL selects it. (ASYNC-45)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.building import NEW_YEAR, Event, Overrides, epoch, finished, identifiers, json_text
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.settings import shown

MAXIMUM_MESSAGE_BYTES = 131_072


def iot_message(
    message: Mapping[str, Any],
    *,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A message on a topic, as `SELECT *` passes it on: there is nothing around it, no topic and no time. (ASYNC-45)

    Raises ConfigError for a message that is no JSON object, and for more than 128 KB.
    """
    epoch(at)
    identifiers(ids)
    if not isinstance(message, Mapping):
        raise ConfigError(f"iot_message: message is {shown(message)}, and must be a mapping.")
    if len(json_text("iot_message", "message", message).encode()) > MAXIMUM_MESSAGE_BYTES:
        raise ConfigError(f"iot_message: message has more than {MAXIMUM_MESSAGE_BYTES} bytes, IoT's limit.")
    return finished(dict(message), overrides)
