"""SQS events as JSON text. (SQS-1, SQS-2)"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring_ascii
from typing import Any

from pytest_lambda_modes.model import json_text

_BEFORE, _BETWEEN, _AFTER = '{"Records": [', ", ", "]}"

# The size of an event but for its records, in bytes.
ENVELOPE = len(_BEFORE) + len(_AFTER) - len(_BETWEEN)


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
    receipt_handle: str,
    body: str,
    attributes: Mapping[str, str],
    message_attributes: Mapping[str, Mapping[str, Any]],
    md5_of_message_attributes: str | None,
    md5_of_body: str,
    source: str,
    always_with_md5_of_message_attributes: bool = False,
) -> str:
    """One record.

    `attributes` are the system attributes in their order, `message_attributes` those of the sender in the API's form.
    `source` is what `source_members` gives. `always_with_md5_of_message_attributes` is for mappings with a batching
    window. (SQS-2)
    """
    md5 = ""
    if md5_of_message_attributes is not None:
        md5 = f', "md5OfMessageAttributes": "{md5_of_message_attributes}"'
    elif always_with_md5_of_message_attributes:
        md5 = ', "md5OfMessageAttributes": null'
    own = "{}"
    if message_attributes:
        own = json_text.write({name: _event_form(each) for name, each in message_attributes.items()})
    return (
        f'{{"messageId": "{message_id}", "receiptHandle": "{receipt_handle}", '
        f'"body": {encode_basestring_ascii(body)}, "attributes": {json_text.write(attributes)}, '
        f'"messageAttributes": {own}{md5}, "md5OfBody": "{md5_of_body}", {source}}}'
    )


def _event_form(attribute: Mapping[str, Any]) -> dict[str, Any]:
    """A message attribute as an event has it: camel case, and binary in base64."""
    form: dict[str, Any] = {}
    if "BinaryValue" in attribute:
        form["binaryValue"] = base64.b64encode(attribute["BinaryValue"]).decode()
    else:
        form["stringValue"] = attribute["StringValue"]
    return {**form, "stringListValues": [], "binaryListValues": [], "dataType": attribute["DataType"]}
