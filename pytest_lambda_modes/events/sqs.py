"""The records of an SQS event, as JSON text. (SQS-1, SQS-2)

A record keeps most of its text from receive to receive, so the constant parts are built once.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

_encode = json.JSONEncoder().encode


class RecordText(NamedTuple):
    """A record but for what each receive makes new: the receipt handle and the receive count."""

    before_handle: str
    before_count: str
    after_count: str


def record_text(
    *,
    message_id: str,
    body: str,
    attributes: Mapping[str, str],
    message_attributes: Mapping[str, Mapping[str, Any]],
    md5_of_message_attributes: str | None,
    md5_of_body: str,
    event_source_arn: str,
    always_with_md5_of_message_attributes: bool = False,
) -> RecordText:
    """The constant parts of a record.

    `attributes` are the system attributes in their order, the receive count apart. `message_attributes` are in the
    API's form. `always_with_md5_of_message_attributes` is for mappings with a batching window. (SQS-2)
    """
    converted = {name: _event_form(attribute) for name, attribute in message_attributes.items()}
    md5 = ""
    if md5_of_message_attributes is not None or always_with_md5_of_message_attributes:
        md5 = f', "md5OfMessageAttributes": {_encode(md5_of_message_attributes)}'
    region = event_source_arn.split(":")[3]
    return RecordText(
        f'{{"messageId": "{message_id}", "receiptHandle": "',
        f'", "body": {_encode(body)}, "attributes": {{"ApproximateReceiveCount": "',
        f'", {_encode(attributes)[1:]}, "messageAttributes": {_encode(converted) if converted else "{}"}{md5}, '
        f'"md5OfBody": "{md5_of_body}", "eventSource": "aws:sqs", "eventSourceARN": "{event_source_arn}", '
        f'"awsRegion": "{region}"}}',
    )


def _event_form(attribute: Mapping[str, Any]) -> dict[str, Any]:
    """A message attribute as an event has it: camel case, and binary in base64."""
    form: dict[str, Any] = {}
    if "BinaryValue" in attribute:
        form["binaryValue"] = base64.b64encode(attribute["BinaryValue"]).decode()
    else:
        form["stringValue"] = attribute["StringValue"]
    return {**form, "stringListValues": [], "binaryListValues": [], "dataType": attribute["DataType"]}
