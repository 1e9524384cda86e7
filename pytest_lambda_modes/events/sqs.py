"""SQS events: what the JSON of a batch decodes to. (SQS-1, SQS-2)"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.model import json_text

_EMPTY = '{"Records": []}'
_BETWEEN = ", "

# The size of an event but for its records, in bytes.
ENVELOPE = len(_EMPTY) - len(_BETWEEN)

# What JSON makes of one character at most, and of all that a record has beside its texts.
_MOST_BYTES_OF_A_CHARACTER = len("\\ud83d\\ude00")
_MOST_BYTES_OF_AN_ATTRIBUTE = 150
_MOST_BYTES_BESIDES = 1_500


def payload(event: object) -> bytes:
    """An event as JSON."""
    return json_text.write(event).encode()


def size_of(record: object) -> int:
    """What a record adds to an event, in bytes."""
    return len(json_text.write(record)) + len(_BETWEEN)


def most_bytes_of(characters: int, attributes: int) -> int:
    """What a record adds at most, given the characters of its texts and the number of its message attributes."""
    return _MOST_BYTES_BESIDES + characters * _MOST_BYTES_OF_A_CHARACTER + attributes * _MOST_BYTES_OF_AN_ATTRIBUTE


def record(
    message_id: str,
    receipt_handle: str,
    body: str,
    attributes: dict[str, str],
    message_attributes: Mapping[str, Mapping[str, Any]],
    md5_of_message_attributes: str | None,
    md5_of_body: str,
    event_source_arn: str,
    region: str,
    always_with_md5_of_message_attributes: bool = False,
) -> dict[str, object]:
    """One record, in AWS's order.

    `attributes` are the system attributes in their order, `message_attributes` those of the sender in the API's form.
    `always_with_md5_of_message_attributes` is for mappings with a batching window. (SQS-2)
    """
    forms = {name: _event_form(each) for name, each in message_attributes.items()} if message_attributes else {}
    made: dict[str, object] = {
        "messageId": message_id,
        "receiptHandle": receipt_handle,
        "body": body,
        "attributes": attributes,
        "messageAttributes": forms,
    }
    if md5_of_message_attributes is not None or always_with_md5_of_message_attributes:
        made["md5OfMessageAttributes"] = md5_of_message_attributes
    made["md5OfBody"] = md5_of_body
    made["eventSource"] = "aws:sqs"
    made["eventSourceARN"] = event_source_arn
    made["awsRegion"] = region
    return made


def _event_form(attribute: Mapping[str, Any]) -> dict[str, Any]:
    """A message attribute as an event has it: camel case, and binary in base64."""
    form: dict[str, Any] = {}
    if "BinaryValue" in attribute:
        form["binaryValue"] = base64.b64encode(attribute["BinaryValue"]).decode()
    else:
        form["stringValue"] = attribute["StringValue"]
    return {**form, "stringListValues": [], "binaryListValues": [], "dataType": attribute["DataType"]}
