"""`async_invoke.from_...` of services that send their event and ask for nothing: mail, logs, commits, rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.cloudwatch_logs import cloudwatch_log_events
from pytest_lambda_modes.events.codecommit import codecommit_reference_change
from pytest_lambda_modes.events.config_rule import config_rule_change, config_rule_schedule
from pytest_lambda_modes.events.iot import iot_message
from pytest_lambda_modes.events.ses import ses_email_received
from pytest_lambda_modes.harness.async_sending import AsyncSending, Recipient
from pytest_lambda_modes.model import targets
from pytest_lambda_modes.modes.asynchronous import service_retry_policy
from pytest_lambda_modes.modes.asynchronous.service_delivery import Refused, ServiceDelivery
from pytest_lambda_modes.services.iot_error_message import iot_error_message


class NotifyingSenders(AsyncSending):
    """Each hands the event of one service to a function, and tries as often as that service does.

    All take settings of `async_invoke`, `invoke_faults`, `overrides` of the event's members, and with a `handler` the
    settings of the marker `lambda_function`. All raise ConfigError for what cannot be, before anything is sent.
    """

    def from_ses(
        self,
        *,
        source: str = "sender@example.com",
        recipients: Sequence[str] = ("recipient@example.com",),
        subject: str = "Subject",
        failed_checks: Sequence[str] = (),
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        **given: Any,
    ) -> ServiceDelivery:
        """An e-mail that a receipt rule passes on with the invocation type Event. (ASYNC-46)

        `failed_checks` are those of `spam`, `virus`, `spf`, `dkim`, `dmarc` whose verdict is FAIL. SES does not wait:
        what the handler returns, `STOP_RULE_SET` for one, has no effect.
        """
        where = "async_invoke.from_ses(...)"
        recipient = self._recipient(where, handler, given)
        event = self._event(
            where,
            ses_email_received,
            source=source,
            recipients=recipients,
            subject=subject,
            failed_checks=failed_checks,
            function_name=_qualified_name(recipient),
            overrides=overrides,
        )
        return self._deliver(recipient, event, service_retry_policy.SES)

    def from_cloudwatch_logs(
        self,
        messages: Sequence[str],
        *,
        log_group: str = "/aws/lambda/function",
        log_stream: str = "stream",
        subscription_filter: str = "filter",
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        **given: Any,
    ) -> ServiceDelivery:
        """Lines of a log that match a subscription filter, all logged now. (ASYNC-44, EVT-6)

        `overrides` go into the JSON that the event has compressed.
        """
        where = "async_invoke.from_cloudwatch_logs(...)"
        if "filter_pattern" in given:
            raise ConfigError(
                f"{where}: filter_pattern is not simulated: its language is CloudWatch's own.\n\n"
                "Give the messages that match it."
            )
        recipient = self._recipient(where, handler, given)
        event = self._event(
            where,
            cloudwatch_log_events,
            messages,
            log_group=log_group,
            log_stream=log_stream,
            subscription_filter=subscription_filter,
            overrides=overrides,
        )
        return self._deliver(recipient, event, service_retry_policy.CLOUDWATCH_LOGS)

    def from_codecommit(
        self,
        ref: str = "refs/heads/main",
        *,
        repository: str = "repository",
        change: str = "updated",
        commit: str | None = None,
        trigger: str = "trigger",
        custom_data: str | None = None,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        **given: Any,
    ) -> ServiceDelivery:
        """A branch or tag, by its full name, that was `created`, `updated` or `deleted`. (ASYNC-49)"""
        where = "async_invoke.from_codecommit(...)"
        recipient = self._recipient(where, handler, given)
        event = self._event(
            where,
            codecommit_reference_change,
            repository=repository,
            ref=ref,
            change=change,
            commit=commit,
            trigger=trigger,
            custom_data=custom_data,
            overrides=overrides,
        )
        return self._deliver(recipient, event, service_retry_policy.CODECOMMIT)

    def from_config(
        self,
        resource_type: str,
        resource_id: str,
        *,
        configuration: Mapping[str, object] | None = None,
        tags: Mapping[str, str] | None = None,
        status: str = "OK",
        rule: str = "rule",
        rule_parameters: Mapping[str, str] | None = None,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        **given: Any,
    ) -> ServiceDelivery:
        """A resource that changed, for the function of a custom rule of AWS Config to evaluate. (ASYNC-49)

        `resource_type` is CloudFormation's name, such as `"AWS::S3::Bucket"`. What the function gives PutEvaluations is
        not observed.
        """
        where = "async_invoke.from_config(...)"
        recipient = self._recipient(where, handler, given)
        event = self._event(
            where,
            config_rule_change,
            resource_type,
            resource_id,
            configuration=configuration,
            tags=tags,
            status=status,
            rule=rule,
            rule_parameters=rule_parameters,
            overrides=overrides,
        )
        return self._deliver(recipient, event, service_retry_policy.CONFIG)

    def from_config_schedule(
        self,
        *,
        rule: str = "rule",
        rule_parameters: Mapping[str, str] | None = None,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        **given: Any,
    ) -> ServiceDelivery:
        """A custom rule of AWS Config whose time has come. (ASYNC-49)"""
        where = "async_invoke.from_config_schedule(...)"
        recipient = self._recipient(where, handler, given)
        event = self._event(
            where, config_rule_schedule, rule=rule, rule_parameters=rule_parameters, overrides=overrides
        )
        return self._deliver(recipient, event, service_retry_policy.CONFIG)

    def from_iot(
        self,
        message: Mapping[str, Any],
        *,
        topic: str = "topic",
        rule: str = "rule",
        client_id: str = "client",
        error_action: object = None,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        **given: Any,
    ) -> ServiceDelivery:
        """A message as the SQL of an IoT rule has selected it: it is the whole event. (ASYNC-45)

        IoT invokes once. If Lambda refuses, the rule's `error_action`, an SQS queue or SNS topic, is told of it, and of
        `topic`, `rule` and `client_id`; the delivery is then `"dead_lettered"`.
        """
        where = "async_invoke.from_iot(...)"
        recipient = self._recipient(where, handler, given)
        event = self._event(where, iot_message, message, overrides=overrides)
        tell = self._error_action(where, error_action)
        if tell is None:
            return self._deliver(recipient, event, service_retry_policy.IOT)

        def act(refused: Refused) -> object:
            return tell(
                iot_error_message(
                    refused.error,
                    rule=rule,
                    topic=topic,
                    payload=refused.payload,
                    function_arn=recipient.function.arn,
                    trace_id=self._ids.uuid("iot trace"),
                    client_id=client_id,
                )
            )

        return self._deliver(recipient, event, service_retry_policy.IOT, dead_letter=act)

    def _error_action(self, where: str, given: object) -> Callable[[str], object] | None:
        if given is None:
            return None
        target = targets.parse_allowed(where, "error_action", given, targets.DEAD_LETTER)
        if target.fifo:
            raise ConfigError(f"{where}: error_action is {target}, a FIFO one, which IoT does not write to.")
        if target.service == "sqs":
            return self._resources.queue(target.name).send
        return self._resources.topic(target.name).publish


def _qualified_name(recipient: Recipient) -> str:
    name = recipient.function.function_name
    return name if recipient.qualifier is None else f"{name}:{recipient.qualifier}"
