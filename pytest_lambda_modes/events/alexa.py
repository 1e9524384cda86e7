"""What an Alexa skill sends to its function. (EVT-9)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    choice,
    epoch,
    finished,
    identifiers,
    resource_hex,
    resource_uuid,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.units import iso_seconds

_REASONS = ("USER_INITIATED", "ERROR", "EXCEEDED_MAX_REPROMPTS")


def alexa_launch(
    *,
    locale: str = "en-US",
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A user who opens the skill without an intent: `LaunchRequest`, in a new session. (EVT-9)"""
    return finished(_request("LaunchRequest", {}, {}, True, locale, at, identifiers(ids)), overrides)


def alexa_intent(
    intent: str,
    *,
    slots: Mapping[str, str | None] | None = None,
    session_attributes: Mapping[str, Any] | None = None,
    new_session: bool = True,
    locale: str = "en-US",
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """Something a user said: `IntentRequest`. (EVT-9)

    `slots` are by the values that were spoken, None for those that were not. Raises ConfigError for no intent.
    """
    members = {
        "intent": {
            "name": text("alexa_intent", "intent", intent),
            "confirmationStatus": "NONE",
            "slots": {name: _slot(name, value) for name, value in (slots or {}).items()},
        },
        "dialogState": "STARTED",
    }
    attributes, ids = dict(session_attributes or {}), identifiers(ids)
    return finished(_request("IntentRequest", members, attributes, new_session, locale, at, ids), overrides)


def alexa_session_ended(
    reason: str = "USER_INITIATED",
    *,
    session_attributes: Mapping[str, Any] | None = None,
    locale: str = "en-US",
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A session that ends other than by the skill's own answer: `SessionEndedRequest`. (EVT-9)

    Raises ConfigError for a reason that Alexa has not.
    """
    members = {"reason": choice("alexa_session_ended", "reason", reason, _REASONS)}
    attributes, ids = dict(session_attributes or {}), identifiers(ids)
    return finished(_request("SessionEndedRequest", members, attributes, False, locale, at, ids), overrides)


def _request(
    kind: str, members: Event, attributes: Event, new: bool, locale: str, at: dt.datetime, ids: Identifiers
) -> Event:
    application = {"applicationId": f"amzn1.ask.skill.{resource_uuid('alexa skill')}"}
    user = {"userId": f"amzn1.ask.account.{resource_hex('alexa user', 64).upper()}"}
    system = {
        "application": application,
        "user": user,
        "device": {
            "deviceId": f"amzn1.ask.device.{resource_hex('alexa device', 64).upper()}",
            "supportedInterfaces": {},
        },
        "apiEndpoint": "https://api.amazonalexa.com",
        "apiAccessToken": "EXAMPLE",
    }
    return {
        "version": "1.0",
        "session": {
            "new": new,
            "sessionId": f"amzn1.echo-api.session.{ids.uuid('alexa session')}",
            "application": application,
            "attributes": attributes,
            "user": user,
        },
        "context": {"System": system},
        "request": {
            "type": kind,
            "requestId": f"amzn1.echo-api.request.{ids.uuid('alexa request')}",
            "timestamp": iso_seconds(epoch(at)),
            "locale": locale,
            **members,
        },
    }


def _slot(name: str, value: str | None) -> Event:
    slot = {"name": name, "confirmationStatus": "NONE"}
    return slot if value is None else {**slot, "value": value, "source": "USER"}
