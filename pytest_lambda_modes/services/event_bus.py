"""An EventBridge event bus: it keeps the events that are put on it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ConfigError, ResourceNotFoundException
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID, REGION
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import iso_seconds


class EventBus:
    """A bus. `events` are envelopes as a rule's target gets them. (EVT-3)"""

    kind: ClassVar[str] = "events"
    fifo: ClassVar[bool] = False

    def __init__(self, name: str, scheduler: Scheduler, identifiers: Identifiers) -> None:
        self.name = name
        self.arn = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:event-bus/{name}"
        self.deleted = False
        self.events: list[dict[str, Any]] = []
        self._scheduler = scheduler
        self._identifiers = identifiers

    def put_events(self, entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Put events, and give their envelopes.

        An entry is in API form: `Source`, `DetailType`, `Detail` (JSON text of an object, or a dict) and optional
        `Resources` (ARNs). Raises ConfigError for any other, ResourceNotFoundException for a deleted bus.
        """
        if self.deleted:
            raise ResourceNotFoundException(f"Event bus {self.name} does not exist.")
        envelopes = [self._envelope(entry) for entry in entries]
        self.events += envelopes
        return envelopes

    def delete(self) -> None:
        """DeleteEventBus. From now on putting events raises ResourceNotFoundException."""
        self.deleted = True

    def __repr__(self) -> str:
        return f"<EventBus {self.name}: {'deleted' if self.deleted else f'{len(self.events)} events'}>"

    def _envelope(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        if not {"Source", "DetailType", "Detail"} <= entry.keys() <= {"Source", "DetailType", "Detail", "Resources"}:
            raise ConfigError(
                f"An entry of put_events is {shown(entry)}, and must have Source, DetailType and Detail, and may have "
                "Resources."
            )
        return {
            "version": "0",
            "id": self._identifiers.uuid("event bus event"),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": ACCOUNT_ID,
            "time": iso_seconds(self._scheduler.epoch()),
            "region": REGION,
            "resources": list(entry.get("Resources", ())),
            "detail": _detail(entry["Detail"]),
        }


def _detail(given: object) -> dict[str, Any]:
    try:
        detail = json.loads(given if isinstance(given, str) else json.dumps(given))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"The Detail of an event is {shown(given)}, which is no JSON: {error}.") from None
    if not isinstance(detail, dict):
        raise ConfigError(f"The Detail of an event is {shown(given)}, and must be a JSON object.")
    return detail
