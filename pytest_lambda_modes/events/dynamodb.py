"""The records of a DynamoDB Streams event, as JSON text. (DDB-1)

A record has the same text at each attempt, so it is built once. `events.stream` joins texts to a payload.
"""

from __future__ import annotations

import json
from binascii import b2a_base64
from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.units import SECOND

_EXPIRED = ',"userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"}'


def _base64(value: object) -> str:
    """Binary is all that attribute values have and JSON has not."""
    assert isinstance(value, bytes)
    return b2a_base64(value, newline=False).decode()


_encode = json.JSONEncoder(separators=(",", ":"), default=_base64).encode


class RecordTexts:
    """Makes the texts of records of one stream: what is the same in all of them is built once.

    `stream_view_type` is `"KEYS_ONLY"`, `"NEW_IMAGE"`, `"OLD_IMAGE"` or `"NEW_AND_OLD_IMAGES"`.
    """

    __slots__ = ("_after", "_before", "_view_type")

    def __init__(self, *, event_source_arn: str, stream_view_type: str) -> None:
        region = event_source_arn.split(":")[3]
        self._view_type = stream_view_type
        self._before = f'","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"{region}","dynamodb":'
        self._after = f',"eventSourceARN":"{event_source_arn}"'

    def text(
        self,
        *,
        event_id: str,
        event_name: str,
        keys: Mapping[str, Mapping[str, Any]],
        new_image: Mapping[str, Mapping[str, Any]] | None,
        old_image: Mapping[str, Mapping[str, Any]] | None,
        sequence_number: str,
        size_bytes: int,
        arrival: int,
        expired: bool = False,
    ) -> str:
        """One record. Keys and images are attribute values, with binary as bytes; None leaves an image out.

        `arrival` is in microseconds since 1970; the event has whole seconds, as a float. `expired` says that the time
        to live is the reason.
        """
        change: dict[str, Any] = {"ApproximateCreationDateTime": float(arrival // SECOND), "Keys": keys}
        if new_image is not None:
            change["NewImage"] = new_image
        if old_image is not None:
            change["OldImage"] = old_image
        change["SequenceNumber"] = sequence_number
        change["SizeBytes"] = size_bytes
        change["StreamViewType"] = self._view_type
        user = _EXPIRED if expired else ""
        return f'{{"eventID":"{event_id}","eventName":"{event_name}{self._before}{_encode(change)}{self._after}{user}}}'
