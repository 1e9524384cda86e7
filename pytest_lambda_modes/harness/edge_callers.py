"""CloudFront and AppSync, as methods of `sync_invoke`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_lambda_modes.errors import InvalidLambdaFunctionAssociation
from pytest_lambda_modes.harness.service_caller import ServiceCaller, Trial, only_given, refuse_others
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.faults import Fault

if TYPE_CHECKING:
    from pytest_lambda_modes.events.building import Event
    from pytest_lambda_modes.events.http_request import Body, Values
    from pytest_lambda_modes.modes.synchronous.appsync_contract import AppSyncAnswer
    from pytest_lambda_modes.modes.synchronous.cloudfront_contract import CloudFrontAnswer

_OF_REQUESTS = ("body", "include_body")
_OF_RESPONSES = ("status_code", "response_headers")


class EdgeCallers(ServiceCaller):
    """All take `overrides` (merged into the event), `handler` (instead of the function under test) with settings of
    the marker `lambda_function`, `qualifier` and `faults` (of try 1). They raise ConfigError, before the function is
    called.
    """

    def from_cloudfront(
        self,
        event_type: str,
        method: str = "GET",
        path: str = "/",
        *,
        query: Values | None = None,
        headers: Values | None = None,
        body: Body = None,
        include_body: bool | None = None,
        origin: str | None = None,
        status_code: int | None = None,
        response_headers: Values | None = None,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **function_settings: Any,
    ) -> CloudFrontAnswer:
        """Lambda@Edge: `"viewer-request"`, `"origin-request"`, `"origin-response"`, `"viewer-response"`. (SYNC-36)

        `body` and `include_body` are of request events, `status_code` and `response_headers` of response events,
        `origin` of origin events; they are those of `events.edge_viewer_request` etc. One try, 30 s. `qualifier` is a
        version's number; without it a version is published, as CloudFront takes no other. Raises
        InvalidLambdaFunctionAssociation for what CloudFront refuses to associate.
        """
        from pytest_lambda_modes.events import lambda_at_edge
        from pytest_lambda_modes.modes.synchronous import cloudfront_contract

        where = "sync_invoke.from_cloudfront(...)"
        builders: dict[str, tuple[Callable[..., Event], tuple[str, ...]]] = {
            "viewer-request": (lambda_at_edge.edge_viewer_request, _OF_REQUESTS),
            "origin-request": (lambda_at_edge.edge_origin_request, (*_OF_REQUESTS, "origin")),
            "origin-response": (lambda_at_edge.edge_origin_response, (*_OF_RESPONSES, "origin")),
            "viewer-response": (lambda_at_edge.edge_viewer_response, _OF_RESPONSES),
        }
        settings.one_of(where, "event_type", event_type, tuple(builders), "They are CloudFront's four. (SYNC-36)")
        builder, takes = builders[event_type]
        given = only_given(
            body=body,
            include_body=include_body,
            origin=origin,
            status_code=status_code,
            response_headers=response_headers,
        )
        refuse_others(where, given, takes, f"{event_type} event")
        trial = _associated(self._trial(where, handler, qualifier, faults, function_settings))
        event = trial.event(
            builder, method=method, path=path, query=query, headers=headers, **given, overrides=overrides
        )
        answer = cloudfront_contract.passes_by(event)
        if answer is None:
            answer = cloudfront_contract.answer(event, self._tries(trial, event, cloudfront_contract.POLICY))
        return self._answered(trial, answer)

    def from_appsync(
        self,
        field: str,
        *,
        type_name: str = "Query",
        arguments: Mapping[str, Any] | None = None,
        source: Mapping[str, Any] | None = None,
        selection_set: Sequence[str] = ("id",),
        identity: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        variables: Mapping[str, Any] | None = None,
        stash: Mapping[str, Any] | None = None,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **function_settings: Any,
    ) -> AppSyncAnswer:
        """A field with a direct Lambda resolver: one try of 30 s. (SYNC-42)

        The arguments are those of `events.appsync_resolver`.
        """
        from pytest_lambda_modes.events.appsync import appsync_resolver
        from pytest_lambda_modes.modes.synchronous import appsync_contract

        trial = self._trial("sync_invoke.from_appsync(...)", handler, qualifier, faults, function_settings)
        event = trial.event(
            appsync_resolver,
            field,
            type_name=type_name,
            arguments=arguments,
            source=source,
            selection_set=selection_set,
            identity=identity,
            headers=headers,
            variables=variables,
            stash=stash,
            overrides=overrides,
        )
        return self._answered(trial, appsync_contract.answer(self._tries(trial, event, appsync_contract.POLICY)))


def _associated(trial: Trial) -> Trial:
    """The same with the version that a distribution calls. Raises InvalidLambdaFunctionAssociation."""
    from pytest_lambda_modes.modes.synchronous.cloudfront_contract import wrong_association

    function, qualifier, _ = trial.target
    wrong = wrong_association(function.config, qualifier)
    if wrong is not None:
        raise InvalidLambdaFunctionAssociation(wrong)
    version = function.publish_version() if qualifier is None else qualifier
    return trial._replace(target=trial.target._replace(qualifier=version))
