"""A rule of an event bus: which events it matches, and who gets them, in which form. (ASYNC-41)"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from pytest_lambda_modes.errors import ApiError, ConfigError
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.services import service_dead_letters
from pytest_lambda_modes.services.notification import Notification, Route
from pytest_lambda_modes.services.service_dead_letters import Attributes
from pytest_lambda_modes.services.sqs_queue import SqsQueue

# What AWS has for rules and targets, and this has not.
NOT_MODELLED = {
    "schedule_expression": "let a schedule come with async_invoke.from_schedule(...)",
    "input_transformer": "give the constant that it makes as input=, or a part of the event as input_path=",
    "state": "a rule is enabled until it is deleted",
    "role_arn": "permissions are not checked",
    "tags": "nothing reads them",
    "description": "nothing reads it",
    "event_bus_name": "the rule is put on the bus that is asked: lambda_modes.event_bus(name).put_rule(...)",
}

_PATH = re.compile(r"\$((?:\.[A-Za-z0-9_-]+)*)")


class TargetInput:
    """What a target gets: a constant, a part of the event, or the event."""

    def __init__(self, where: str, input: object, input_path: str | None) -> None:
        if input_path is not None:
            must = 'a path such as "$.detail" or "$.detail.id"'
            why = "It is the part of the event that the target gets. Filters and indexes in it are not simulated."
            settings.text(where, "input_path", input_path, _PATH.pattern, must, why)
        try:
            json.dumps(input)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{where}: input is {settings.shown(input)}, which is no JSON: {error}.") from None
        self._input = input
        self._path = None if input_path is None else input_path.split(".")[1:]

    def of(self, event: Mapping[str, Any]) -> Any:
        """Null for a path that leads nowhere."""
        if self._input is not None:
            return self._input
        found: Any = event
        for name in self._path or ():
            found = found.get(name) if isinstance(found, Mapping) else None
        return found


class RuleTarget:
    """One target of a rule. `deliveries` are what each event has become there: messages, or a function's deliveries."""

    def __init__(
        self,
        rule_arn: str,
        route: Route,
        input: TargetInput,
        retry_policy: Mapping[str, int],
        dead_letter_queue: SqsQueue | None,
        message_group_id: str | None,
    ) -> None:
        self._rule_arn = rule_arn
        self._route = route
        self._input = input
        self._retry_policy = retry_policy
        self._dead_letter_queue = dead_letter_queue
        self._message_group_id = message_group_id

    @property
    def deliveries(self) -> list[Any]:
        return self._route.deliveries

    def offer(self, envelope: Mapping[str, Any]) -> None:
        event = self._input.of(envelope)
        notification = Notification(
            "EventBridge",
            "ASYNC-41",
            body=json.dumps(event, separators=(",", ":")),
            event=event,
            told=self._told,
            dead_letter_queue=self._dead_letter_queue,
            retry_policy=self._retry_policy,
            message_group_id=self._message_group_id,
        )
        self._route.hand_over(notification)

    def _told(self, error: ApiError, tries: int, exhausted: str | None) -> Attributes:
        target_arn = self._route.endpoint.arn
        return service_dead_letters.of_rule(
            error, tries=tries, exhausted=exhausted, rule_arn=self._rule_arn, target_arn=target_arn
        )

    def __repr__(self) -> str:
        return f"<RuleTarget {self._route.endpoint.kind}:{self._route.endpoint.name}>"


class EventRule:
    """A rule. `targets` get the events that its pattern matches."""

    def __init__(self, name: str, arn: str, matches: Callable[[object], bool]) -> None:
        self.name = name
        self.arn = arn
        self.targets: list[RuleTarget] = []
        self.deleted = False
        self._matches = matches

    def delete(self) -> None:
        """DeleteRule, and its targets with it. Events that come from now on go nowhere."""
        self.deleted = True
        self.targets.clear()

    def offer(self, envelope: Mapping[str, Any]) -> None:
        if self._matches(envelope):
            for target in self.targets:
                target.offer(envelope)

    def __repr__(self) -> str:
        return f"<EventRule {self.name}: {'deleted' if self.deleted else counted(len(self.targets), 'target')}>"
