"""A subscription to an SNS topic: whom it reaches, with what, and what it lets through."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.errors import ApiError
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services import service_dead_letters
from pytest_lambda_modes.services.notification import Notification, Outside, Route
from pytest_lambda_modes.services.service_dead_letters import Attributes
from pytest_lambda_modes.services.sns_message import TopicMessage, notification_of
from pytest_lambda_modes.services.sqs_queue import SqsQueue


class Subscription:
    """One who gets what is published to a topic. `deliveries` are what each message has become there.

    Those of a queue are messages, those of a function deliveries, with `wait()`, `attempts` and so on.
    """

    def __init__(
        self,
        topic_arn: str,
        route: Route,
        outside: Outside,
        identifiers: Identifiers,
        *,
        raw_message_delivery: bool,
        filter_policy: Mapping[str, object] | str | None,
        filter_policy_scope: str,
        dead_letter_queue: SqsQueue | None,
    ) -> None:
        self.topic_arn = topic_arn
        self.arn = f"{topic_arn}:{identifiers.uuid('subscription')}"
        self.raw_message_delivery = raw_message_delivery
        self.filter_policy = filter_policy
        self.filter_policy_scope = filter_policy_scope
        self.active = True
        self._route = route
        self._outside = outside
        self._identifiers = identifiers
        self._admits = outside.filter_policy(filter_policy, filter_policy_scope)
        self._dead_letter_queue = dead_letter_queue

    @property
    def deliveries(self) -> list[Any]:
        return self._route.deliveries

    @property
    def endpoint_arn(self) -> str:
        return self._route.endpoint.arn

    def has_attributes_of(self, other: Subscription) -> bool:
        """Whether another one is set up as this is."""
        return all(
            getattr(self, name) == getattr(other, name)
            for name in ("raw_message_delivery", "filter_policy", "filter_policy_scope", "_dead_letter_queue")
        )

    def unsubscribe(self) -> None:
        """Unsubscribe. What is published from now on does not get here."""
        self.active = False

    def offer(self, message: TopicMessage) -> None:
        """Hand a message on, if the filter policy admits it. (ASYNC-40)"""
        if self._admits is not None and not self._admits(message.message, message.message_attributes):
            self._route.filter_out("SNS", "ASYNC-40")
        else:
            self._route.hand_over(self._notification(message))

    def _notification(self, message: TopicMessage) -> Notification:
        raw = self.raw_message_delivery
        notice = notification_of(message, self.topic_arn, self.arn, self._identifiers)
        return Notification(
            "SNS",
            "ASYNC-40",
            body=message.message if raw else json.dumps(notice),
            event=self._outside.sns_event(message, notice, self.arn) if self._route.endpoint.kind == "lambda" else None,
            told=self._told,
            dead_letter_queue=self._dead_letter_queue,
            message_attributes=message.message_attributes if raw else None,
            message_group_id=message.message_group_id,
            message_deduplication_id=message.message_deduplication_id,
        )

    def _told(self, error: ApiError, tries: int, exhausted: str | None) -> Attributes:
        return service_dead_letters.of_sns(error, request_id=self._identifiers.uuid("refused request"))

    def __repr__(self) -> str:
        return f"<Subscription of {self._route.endpoint.name} to {self.topic_arn.rpartition(':')[2]}>"
