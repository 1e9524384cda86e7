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

    __slots__ = ("_after", "_before")

    def __init__(self, *, event_source_arn: str, stream_view_type: str) -> None:
        region = event_source_arn.split(":")[3]
        self._before = (
            f'","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"{region}",'
            '"dynamodb":{"ApproximateCreationDateTime":'
        )
        self._after = f',"StreamViewType":"{stream_view_type}"}},"eventSourceARN":"{event_source_arn}"'

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
        new = "" if new_image is None else f',"NewImage":{_encode(new_image)}'
        old = "" if old_image is None else f',"OldImage":{_encode(old_image)}'
        return (
            f'{{"eventID":"{event_id}","eventName":"{event_name}{self._before}{arrival // SECOND}.0,'
            f'"Keys":{_encode(keys)}{new}{old},"SequenceNumber":"{sequence_number}","SizeBytes":{size_bytes}'
            f"{self._after}{_EXPIRED if expired else ''}}}"
        )
