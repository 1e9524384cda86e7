"""SQS events as JSON text. (SQS-1, SQS-2)

A record keeps most of its text from receive to receive, so the constant parts are built once.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_encode = json.JSONEncoder().encode
_quoted = json.encoder.encode_basestring_ascii

_BEFORE, _BETWEEN, _AFTER = '{"Records": [', ", ", "]}"

# The size of an event but for its records, in bytes.
ENVELOPE = len(_BEFORE) + len(_AFTER) - len(_BETWEEN)


class RecordText(NamedTuple):
    """A record but for what each receive makes new: the receipt handle and the receive count."""

    before_handle: str
    before_count: str
    after: str


def payload(records: Iterable[str]) -> bytes:
    """The event of some records, in order."""
    return f"{_BEFORE}{_BETWEEN.join(records)}{_AFTER}".encode()


def size_of(record: str) -> int:
    """What a record adds to an event, in bytes. The text is ASCII."""
    return len(record) + len(_BETWEEN)


def source_members(event_source_arn: str) -> str:
    """What all records of a queue end with."""
    region = event_source_arn.split(":")[3]
    return f'"eventSource": "aws:sqs", "eventSourceARN": "{event_source_arn}", "awsRegion": "{region}"'


def record_text(
    *,
    message_id: str,
    body: str,
    attributes: Mapping[str, str],
    message_attributes: Mapping[str, Mapping[str, Any]],
    md5_of_message_attributes: str | None,
    md5_of_body: str,
    source: str,
    always_with_md5_of_message_attributes: bool = False,
) -> RecordText:
    """The constant parts of a record.

    `attributes` are the system attributes in their order, the receive count apart. `message_attributes` are in the
    API's form. `source` is what `source_members` gives. `always_with_md5_of_message_attributes` is for mappings with a
    batching window. (SQS-2)
    """
    md5 = ""
    if md5_of_message_attributes is not None:
        md5 = f', "md5OfMessageAttributes": "{md5_of_message_attributes}"'
    elif always_with_md5_of_message_attributes:
        md5 = ', "md5OfMessageAttributes": null'
    system = ", ".join([f'"{name}": {_quoted(value)}' for name, value in attributes.items()])
    own = (
        _encode({name: _event_form(each) for name, each in message_attributes.items()}) if message_attributes else "{}"
    )
    return RecordText(
        f'{{"messageId": "{message_id}", "receiptHandle": "',
        f'", "body": {_quoted(body)}, "attributes": {{"ApproximateReceiveCount": "',
        f'", {system}}}, "messageAttributes": {own}{md5}, "md5OfBody": "{md5_of_body}", {source}}}',
    )


def _event_form(attribute: Mapping[str, Any]) -> dict[str, Any]:
    """A message attribute as an event has it: camel case, and binary in base64."""
    form: dict[str, Any] = {}
    if "BinaryValue" in attribute:
        form["binaryValue"] = base64.b64encode(attribute["BinaryValue"]).decode()
    else:
        form["stringValue"] = attribute["StringValue"]
    return {**form, "stringListValues": [], "binaryListValues": [], "dataType": attribute["DataType"]}
