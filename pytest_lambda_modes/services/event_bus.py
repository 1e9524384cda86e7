"""An EventBridge event bus: it keeps the events that are put on it, and its rules hand them on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ConfigError, ResourceNotFoundException
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID, REGION
from pytest_lambda_modes.model.settings import check_names, shown, text
from pytest_lambda_modes.services.event_rule import NOT_MODELLED, EventRule, RuleTarget, TargetInput
from pytest_lambda_modes.services.notification import NOTHING_OUTSIDE, Outside, Route
from pytest_lambda_modes.units import iso_seconds

_SETTINGS = (
    "name",
    "event_pattern",
    "targets",
    "retry_policy",
    "dead_letter_queue",
    "input",
    "input_path",
    "message_group_id",
)


class EventBus:
    """A bus. `events` are envelopes as a rule's target gets them. (EVT-3)"""

    kind: ClassVar[str] = "events"
    fifo: ClassVar[bool] = False

    def __init__(self, name: str, scheduler: Scheduler, identifiers: Identifiers) -> None:
        self.name = name
        self.arn = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:event-bus/{name}"
        self.deleted = False
        self.events: list[dict[str, Any]] = []
        self.rules: dict[str, EventRule] = {}
        self.outside: Outside = NOTHING_OUTSIDE
        self._scheduler = scheduler
        self._identifiers = identifiers

    def put_events(self, entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Put events, have the rules hand them on, and give their envelopes.

        An entry is in API form: `Source`, `DetailType`, `Detail` (JSON text of an object, or a dict) and optional
        `Resources` (ARNs). Raises ConfigError for any other, ResourceNotFoundException for a deleted bus.
        """
        if self.deleted:
            raise ResourceNotFoundException(f"Event bus {self.name} does not exist.")
        envelopes = [self._envelope(entry) for entry in entries]
        self.events += envelopes
        # Lambda does not see loops through EventBridge (ASYNC-36).
        with self.outside.end_of_chain():
            for envelope in envelopes:
                for rule in list(self.rules.values()):
                    rule.offer(envelope)
        return envelopes

    def put_rule(
        self,
        name: str,
        event_pattern: Mapping[str, object] | str,
        *,
        targets: Iterable[object],
        retry_policy: Mapping[str, int] | None = None,
        dead_letter_queue: object = None,
        input: object = None,
        input_path: str | None = None,
        message_group_id: str | None = None,
        **others: object,
    ) -> EventRule:
        """PutRule and PutTargets: whoever gets the events that a pattern matches, from now on. (ASYNC-41)

        A target is a queue, a topic or a function of `lambda_modes`, an ARN, or short: `"sqs:orders"`. The settings are
        those of all targets: `retry_policy` as in `async_invoke.from_eventbridge`, `dead_letter_queue`, `input` (a
        constant, any JSON value) or `input_path` (`"$.detail"`) in place of the event, and for FIFO queues
        `message_group_id`. A rule of that name is replaced. Raises ConfigError, InvalidEventPatternException,
        ResourceNotFoundException for a deleted bus.
        """
        if self.deleted:
            raise ResourceNotFoundException(f"Event bus {self.name} does not exist.")
        where = f"event bus {self.name}: put_rule(...)"
        check_names(where, others, _SETTINGS, NOT_MODELLED)
        must = "a name of up to 64 letters, digits and . - _"
        text(where, "name", name, r"[.\-_A-Za-z0-9]{1,64}", must, "A rule of that name is replaced.")
        if input is not None and input_path is not None:
            raise ConfigError(f"{where}: input and input_path are both given, and a target takes one.")
        path = name if self.name == "default" else f"{self.name}/{name}"
        arn = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/{path}"
        rule = EventRule(name, arn, self.outside.event_pattern(event_pattern))
        settings = (
            TargetInput(where, input, input_path),
            self.outside.retry_policy(where, retry_policy),
            self.outside.dead_letter_queue(where, dead_letter_queue),
            message_group_id,
        )
        routes = [self._route_to(where, target, message_group_id) for target in targets]
        rule.targets += [RuleTarget(arn, route, *settings) for route in routes]
        if not rule.targets:
            raise ConfigError(f"{where}: targets is empty, and a rule without a target has no effect.")
        self.rules[name] = rule
        return rule

    def _route_to(self, where: str, target: object, message_group_id: str | None) -> Route:
        endpoint = self.outside.endpoint(where, target, ("sqs", "sns", "lambda"))
        if endpoint.fifo and endpoint.kind == "sns":
            raise ConfigError(f"{where}: {endpoint.name} is a FIFO topic, which EventBridge does not support.")
        if endpoint.fifo and message_group_id is None:
            raise ConfigError(
                f'{where}: {endpoint.name} is FIFO, and needs a message group.\n\nName it: message_group_id="orders"'
            )
        return Route(endpoint, self.outside, self._scheduler)

    def delete(self) -> None:
        """DeleteEventBus. From now on putting events raises ResourceNotFoundException."""
        self.deleted = True

    def __repr__(self) -> str:
        return f"<EventBus {self.name}: {'deleted' if self.deleted else counted(len(self.events), 'event')}>"

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
