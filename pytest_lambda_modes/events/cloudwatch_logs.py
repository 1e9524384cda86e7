"""What a subscription filter of CloudWatch Logs sends: log events, compressed and in base64. (EVT-6)"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Sequence

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
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import MILLISECOND

_GZIP = 16 + zlib.MAX_WBITS


def cloudwatch_log_events(
    messages: Sequence[str],
    *,
    log_group: str = "/aws/lambda/function",
    log_stream: str = "stream",
    subscription_filter: str = "filter",
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """Log events that match a subscription filter, all of them logged at `at`: `{"awslogs": {"data": ...}}`. (EVT-6)

    `data` is base64 of gzip of JSON. The overrides go into that JSON, since around it is nothing. Raises ConfigError
    for no message at all, and for one that is no string.
    """
    if isinstance(messages, str) or not messages or not all(isinstance(message, str) for message in messages):
        raise ConfigError(
            f"cloudwatch_log_events: messages is {shown(messages)}, and must be a list of one string or more.\n\n"
            "For structured logs: [json.dumps(...)]"
        )
    where, ids, timestamp = "cloudwatch_log_events", identifiers(ids), epoch(at) // MILLISECOND
    batch = {
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT_ID,
        "logGroup": text(where, "log_group", log_group),
        "logStream": text(where, "log_stream", log_stream),
        "subscriptionFilters": [text(where, "subscription_filter", subscription_filter)],
        "logEvents": [
            {"id": _event_id(timestamp, index, ids), "timestamp": timestamp, "message": message}
            for index, message in enumerate(messages)
        ],
    }
    return {"awslogs": {"data": base64_text(_gzip(json_text(where, "overrides", finished(batch, overrides))))}}


def _event_id(timestamp: int, index: int, ids: Identifiers) -> str:
    """56 digits that order log events by time and then as they were written."""
    return f"{timestamp:020d}{index:06d}{int(ids.hex('log event', 24), 16):030d}"


def _gzip(content: str) -> bytes:
    """Compressed without a time, which `gzip.compress` would put in the header."""
    compressor = zlib.compressobj(wbits=_GZIP)
    return compressor.compress(content.encode()) + compressor.flush()
