"""The services in front of `async_invoke`: SNS, S3, EventBridge and its schedules. (DESIGN 1.5)"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_lambda_modes.events.building import arn
from pytest_lambda_modes.events.eventbridge import eventbridge_event, eventbridge_schedule
from pytest_lambda_modes.events.s3 import s3_notification
from pytest_lambda_modes.events.scheduler import scheduler_invocation
from pytest_lambda_modes.events.sns import AttributeValue, sns_message_body, sns_notification
from pytest_lambda_modes.filtering.sns_filter_policy import Attribute, SnsFilterPolicy
from pytest_lambda_modes.harness import service_settings
from pytest_lambda_modes.harness.async_sending import AsyncSending
from pytest_lambda_modes.modes.asynchronous import service_retry_policy
from pytest_lambda_modes.modes.asynchronous.service_delivery import DeadLetter, Refused, ServiceDelivery
from pytest_lambda_modes.services import service_dead_letters
from pytest_lambda_modes.services.service_dead_letters import Attributes
from pytest_lambda_modes.units import iso_seconds


class AsyncSenders(AsyncSending):
    """Each hands the event of one service to a function, and tries as often as that service does.

    All take the settings of `async_invoke`; `invoke_faults`, which has Lambda refuse Invoke calls of the service by
    their number, `{1: faults.Throttle()}`; `overrides`, which is merged deeply into the event; and `handler` with the
    settings of the marker `lambda_function`. All raise ConfigError for a call that makes no sense.
    """

    def from_sns(
        self,
        message: str,
        *,
        topic: str = "topic",
        subject: str | None = None,
        message_attributes: Mapping[str, AttributeValue] | None = None,
        filter_policy: Mapping[str, object] | str | None = None,
        filter_policy_scope: str = "MessageAttributes",
        dead_letter_queue: object = None,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        **given: Any,
    ) -> ServiceDelivery:
        """A message of a topic that the function subscribes to. (EVT-1, ASYNC-40)

        `message_attributes` are in API form, or plain str, int, float, bytes or list. `filter_policy` (over
        `"MessageAttributes"` or the `"MessageBody"`) and `dead_letter_queue` are the subscription's. Raises
        InvalidParameterException where SNS refuses: a message over 256 KB, a subject or policy that cannot be.
        """
        where = "async_invoke.from_sns(...)"
        recipient = self._recipient(where, handler, given)
        policy = SnsFilterPolicy.parse(filter_policy, filter_policy_scope)
        event = self._event(
            where,
            sns_notification,
            message,
            topic=topic,
            subject=subject,
            message_attributes=message_attributes,
            overrides=overrides,
        )
        sns = event["Records"][0]["Sns"]
        attributes = {name: Attribute(a["Type"], a["Value"]) for name, a in sns["MessageAttributes"].items()}

        def told(refused: Refused) -> Attributes:
            return service_dead_letters.of_sns(refused.error, request_id=self._ids.uuid("refused request"))

        return self._deliver(
            recipient,
            event,
            service_retry_policy.SNS,
            admitted=policy is None or policy.admits(sns["Message"], attributes),
            dead_letter=self._keep(where, dead_letter_queue, told, sns_message_body(sns)),
        )

    def from_s3(
        self,
        event_type: str,
        *,
        bucket: str = "bucket",
        key: str = "key",
        size: int = 1024,
        e_tag: str | None = None,
        version_id: str | None = None,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        **given: Any,
    ) -> ServiceDelivery:
        """What happened to an object, e.g. `"ObjectCreated:Put"`, with or without `s3:` before it. (EVT-2, ASYNC-43)

        `key` is the key as the object has it; the event shows it URL-encoded. `size` is in bytes. Raises
        KeyTooLongError.
        """
        where = "async_invoke.from_s3(...)"
        recipient = self._recipient(where, handler, given)
        event = self._event(
            where,
            s3_notification,
            event_type,
            bucket,
            key,
            size=size,
            e_tag=e_tag,
            version_id=version_id,
            overrides=overrides,
        )
        return self._deliver(recipient, event, service_retry_policy.S3)

    def from_eventbridge(
        self,
        *,
        source: str,
        detail_type: str,
        detail: Mapping[str, Any] | None = None,
        resources: Sequence[str] = (),
        rule: str = "rule",
        event_pattern: Mapping[str, object] | str | None = None,
        retry_policy: Mapping[str, int] | None = None,
        dead_letter_queue: object = None,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        **given: Any,
    ) -> ServiceDelivery:
        """An event on the default bus, for a rule whose target is the function. (EVT-3, ASYNC-41)

        An event that the rule's `event_pattern` does not match goes nowhere. `retry_policy` is the target's, e.g.
        `{"MaximumRetryAttempts": 10, "MaximumEventAgeInSeconds": 3600}`. Raises InvalidEventPatternException.
        """
        where = "async_invoke.from_eventbridge(...)"
        recipient = self._recipient(where, handler, given)
        pattern = None if event_pattern is None else service_settings.event_pattern(event_pattern)
        event = self._event(
            where,
            eventbridge_event,
            source=source,
            detail_type=detail_type,
            detail=detail,
            resources=resources,
            overrides=overrides,
        )
        return self._deliver(
            recipient,
            event,
            service_retry_policy.eventbridge(**service_settings.retry_policy(where, retry_policy)),
            admitted=pattern is None or pattern.matches(event),
            dead_letter=self._keep(where, dead_letter_queue, self._told_by_rule(rule)),
        )

    def from_schedule(
        self,
        rule: str = "schedule",
        *,
        input: object = None,
        retry_policy: Mapping[str, int] | None = None,
        dead_letter_queue: object = None,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        **given: Any,
    ) -> ServiceDelivery:
        """A rule's schedule has come: EventBridge's own, formerly CloudWatch Events. (EVT-3, ASYNC-41)

        `input` is the constant that the target is given in place of the event, any JSON value.
        """
        where = "async_invoke.from_schedule(...)"
        recipient = self._recipient(where, handler, given)
        scheduled = self._event(where, eventbridge_schedule, rule, overrides=overrides)
        event = scheduled if input is None else input
        return self._deliver(
            recipient,
            event,
            service_retry_policy.eventbridge(**service_settings.retry_policy(where, retry_policy)),
            dead_letter=self._keep(where, dead_letter_queue, self._told_by_rule(rule)),
        )

    def from_scheduler(
        self,
        input: Any = None,
        *,
        schedule: str = "schedule",
        retry_policy: Mapping[str, int] | None = None,
        dead_letter_queue: object = None,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        **given: Any,
    ) -> ServiceDelivery:
        """A schedule of EventBridge Scheduler has come. `input` is the target's, `{}` by default. (EVT-7, ASYNC-42)

        Scheduler's keywords in it, such as `<aws.scheduler.scheduled-time>`, are replaced.
        """
        where = "async_invoke.from_scheduler(...)"
        recipient = self._recipient(where, handler, given)
        event = self._event(where, scheduler_invocation, input, schedule=schedule, overrides=overrides)
        scheduled_time = iso_seconds(self._platform.hub.scheduler.epoch())

        def told(refused: Refused) -> Attributes:
            return service_dead_letters.of_schedule(
                refused.error,
                tries=refused.tries,
                exhausted=refused.exhausted,
                schedule_arn=arn(
                    "scheduler", schedule if schedule.startswith("arn:") else f"schedule/default/{schedule}"
                ),
                target_arn=refused.function.arn,
                scheduled_time=scheduled_time,
            )

        return self._deliver(
            recipient,
            event,
            service_retry_policy.scheduler(**service_settings.retry_policy(where, retry_policy)),
            dead_letter=self._keep(where, dead_letter_queue, told),
        )

    def _told_by_rule(self, rule: str) -> Callable[[Refused], Attributes]:
        rule_arn = arn("events", rule if rule.startswith("arn:") else f"rule/{rule}")

        def told(refused: Refused) -> Attributes:
            return service_dead_letters.of_rule(
                refused.error,
                tries=refused.tries,
                exhausted=refused.exhausted,
                rule_arn=rule_arn,
                target_arn=refused.function.arn,
            )

        return told

    def _keep(
        self, where: str, given: object, told: Callable[[Refused], Attributes], body: str | None = None
    ) -> DeadLetter | None:
        """How the service keeps what it gives up: by default the event itself, and what it tells beside it."""
        queue = service_settings.dead_letter_queue(where, self._resources, given)
        if queue is None:
            return None
        return lambda refused: queue.send(body or refused.payload.decode(), message_attributes=told(refused))
