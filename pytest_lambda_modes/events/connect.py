"""What Amazon Connect sends to a function that a contact flow invokes. (EVT-9)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    arn,
    choice,
    epoch,
    finished,
    identifiers,
    resource_uuid,
    strings,
)
from pytest_lambda_modes.model.identifiers import Identifiers

CHANNELS = ("VOICE", "CHAT", "TASK", "EMAIL")
INITIATION_METHODS = (
    "INBOUND",
    "OUTBOUND",
    "TRANSFER",
    "QUEUE_TRANSFER",
    "CALLBACK",
    "API",
    "DISCONNECT",
    "MONITOR",
    "EXTERNAL_OUTBOUND",
    "WEBRTC_API",
    "AGENT_REPLY",
    "FLOW",
)


def connect_contact_flow(
    *,
    parameters: Mapping[str, str] | None = None,
    attributes: Mapping[str, str] | None = None,
    channel: str = "VOICE",
    initiation_method: str = "INBOUND",
    customer_number: str = "+15550100",
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A contact that has come to a block `Invoke AWS Lambda function`. (EVT-9)

    `parameters` are those of the block, `attributes` those that the contact has by now. Only a call has phone numbers.
    The event tells no time. Raises ConfigError for a channel or an initiation that Connect has not.
    """
    where, ids = "connect_contact_flow", identifiers(ids)
    epoch(at)
    contact_id = ids.uuid("contact")
    voice = choice(where, "channel", channel, CHANNELS) == "VOICE"
    contact = {
        "Attributes": strings(where, "attributes", attributes),
        "Channel": channel,
        "ContactId": contact_id,
        "CustomerEndpoint": _number(customer_number) if voice else None,
        "InitialContactId": contact_id,
        "InitiationMethod": choice(where, "initiation_method", initiation_method, INITIATION_METHODS),
        "InstanceARN": arn("connect", f"instance/{resource_uuid('connect instance')}"),
        "MediaStreams": {"Customer": {"Audio": None}},
        "PreviousContactId": contact_id,
        "Queue": None,
        "SystemEndpoint": _number("+15550199") if voice else None,
    }
    details = {"ContactData": contact, "Parameters": strings(where, "parameters", parameters)}
    return finished({"Name": "ContactFlowEvent", "Details": details}, overrides)


def _number(address: str) -> dict[str, str]:
    return {"Address": address, "Type": "TELEPHONE_NUMBER"}
