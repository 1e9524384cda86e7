"""`async_invoke.from_...` of services that wait for the function to report: CloudFormation, CodePipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.cloudformation import cloudformation_custom_resource
from pytest_lambda_modes.events.codepipeline import codepipeline_job
from pytest_lambda_modes.harness.async_sending import AsyncSending, Recipient
from pytest_lambda_modes.model import limits, settings
from pytest_lambda_modes.modes.asynchronous import service_retry_policy
from pytest_lambda_modes.modes.asynchronous.custom_resource import CustomResource, ResponseUrls
from pytest_lambda_modes.modes.asynchronous.pipeline_job import PipelineApi, PipelineJob
from pytest_lambda_modes.units import SECOND


class AwaitingSenders(AsyncSending):
    """Each gives what the service is told, beside the delivery of its event.

    Both take settings of `async_invoke`, `invoke_faults`, `overrides` of the event's members, and with a `handler` the
    settings of the marker `lambda_function`. Both raise ConfigError for what cannot be, before anything is sent.
    """

    def from_cloudformation(
        self,
        request_type: str = "Create",
        *,
        resource_properties: Mapping[str, Any] | None = None,
        old_resource_properties: Mapping[str, Any] | None = None,
        physical_resource_id: str | None = None,
        logical_resource_id: str = "Resource",
        resource_type: str = "AWS::CloudFormation::CustomResource",
        stack_name: str = "stack",
        service_timeout: int | None = None,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        **given: Any,
    ) -> CustomResource:
        """A request to `Create`, `Update` or `Delete` a custom resource. (ASYNC-47)

        The handler PUTs its response to the event's `ResponseURL` with `urllib.request`, urllib3, requests or whatever
        else is built on `http.client`. `service_timeout` is how long CloudFormation waits for it, from 1 to 3,600
        seconds, by default 3,600; if given, it is among the resource's properties, as in a template.
        """
        where = "async_invoke.from_cloudformation(...)"
        within = _service_timeout(where, service_timeout) * SECOND
        recipient = self._recipient(where, handler, given)
        properties = _properties(where, resource_properties, service_timeout)
        event = self._event(
            where,
            cloudformation_custom_resource,
            request_type,
            resource_properties=properties,
            old_resource_properties=old_resource_properties,
            physical_resource_id=physical_resource_id,
            logical_resource_id=logical_resource_id,
            resource_type=resource_type,
            stack_name=stack_name,
            function_name=_qualified_arn(recipient),
            overrides=overrides,
        )
        why = "The handler responds there: leave it as it is, or give another place of the kind."
        settings.text(where, "ResponseURL", event["ResponseURL"], r"https://[\w.-]+/.+", "an https URL", why)
        policy = replace(service_retry_policy.CLOUDFORMATION, maximum_event_age=within)
        resource = CustomResource(event, self._deliver(recipient, event, policy), within, self._platform)
        self._response_urls.expect(resource)
        return resource

    def from_codepipeline(
        self,
        *,
        user_parameters: str | Mapping[str, object] | None = None,
        input_artifacts: Sequence[str] = (),
        output_artifacts: Sequence[str] = (),
        continuation_token: str | None = None,
        bucket: str = "artifacts",
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        **given: Any,
    ) -> PipelineJob:
        """A job of an action that invokes the function. (ASYNC-48)

        The handler reports with `boto3.client("codepipeline")`, for at most 20 minutes. `user_parameters` is a string;
        a mapping becomes its JSON. Artifacts are given by their names and lie in `bucket`. A function that reports a
        continuation token is called again only by the test: `from_codepipeline(continuation_token=...)`.
        """
        where = "async_invoke.from_codepipeline(...)"
        recipient = self._recipient(where, handler, given)
        event = self._event(
            where,
            codepipeline_job,
            user_parameters=user_parameters,
            input_artifacts=input_artifacts,
            output_artifacts=output_artifacts,
            continuation_token=continuation_token,
            function_name=recipient.function.function_name,
            bucket=bucket,
            overrides=overrides,
        )
        policy = replace(service_retry_policy.CODEPIPELINE, maximum_event_age=limits.CODEPIPELINE_JOB_TIMEOUT)
        delivery = self._deliver(recipient, event, policy)
        job = PipelineJob(event, delivery, limits.CODEPIPELINE_JOB_TIMEOUT, self._platform)
        self._pipeline_api.expect(job)
        return job

    @cached_property
    def _response_urls(self) -> ResponseUrls:
        return ResponseUrls(self._platform.hub, self._platform.endpoints)

    @cached_property
    def _pipeline_api(self) -> PipelineApi:
        return PipelineApi(self._platform.hub, self._platform.endpoints)


def _service_timeout(where: str, given: object) -> int:
    limit = limits.SERVICE_TIMEOUT
    if given is None:
        return limit.default
    why = "CloudFormation waits so long for the response of a custom resource."
    return settings.number_in(where, "service_timeout", given, limit, "seconds", why)


def _properties(where: str, given: Mapping[str, Any] | None, service_timeout: int | None) -> dict[str, Any]:
    properties = dict(given or {})
    if "ServiceTimeout" in properties:
        value = settings.shown(properties["ServiceTimeout"])
        raise ConfigError(
            f"{where}: resource_properties has ServiceTimeout, which CloudFormation obeys.\n\n"
            f"Give it as a setting: service_timeout={value}"
        )
    return properties if service_timeout is None else {"ServiceTimeout": service_timeout, **properties}


def _qualified_arn(recipient: Recipient) -> str:
    arn = recipient.function.arn
    return arn if recipient.qualifier is None else f"{arn}:{recipient.qualifier}"
