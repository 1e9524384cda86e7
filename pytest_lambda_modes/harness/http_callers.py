"""The HTTP services in front of Lambda, as methods of `sync_invoke`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_lambda_modes.harness.load_balancer_callers import LoadBalancerCallers
from pytest_lambda_modes.model import http_limits

if TYPE_CHECKING:
    from pytest_lambda_modes.events.building import Overrides
    from pytest_lambda_modes.events.http_request import Body, Values
    from pytest_lambda_modes.model.faults import Fault
    from pytest_lambda_modes.modes.synchronous.http_response import HttpResponse
    from pytest_lambda_modes.runtime.execution_environment import Handler
    from pytest_lambda_modes.runtime.function import Function


class HttpCallers(LoadBalancerCallers):
    """Each method sends a request of an HTTP client, and gives back what the client sees.

    All take `handler` (a callable, a string, a function or an ARN; without it, the function under test), `qualifier`,
    `faults` and `overrides` (merged into the event), and with a handler the settings of the marker `lambda_function`.
    A header or a query value is a string or a list of them; a body is text, bytes, or a value to send as JSON. None
    of them raises what the function or Lambda does wrong: the client sees that. ConfigError is raised for a request
    that no client can send, and then the function is not called.
    """

    def from_api_gateway(
        self,
        method: str,
        path: str,
        *,
        resource: str | None = None,
        query: Values | None = None,
        headers: Values | None = None,
        body: Body = None,
        stage: str = "prod",
        stage_variables: Mapping[str, str] | None = None,
        authorizer: Mapping[str, Any] | None = None,
        binary_media_types: Sequence[str] | None = None,
        timeout_in_millis: int = http_limits.REST_API_TIMEOUT_IN_MILLIS.default,
        overrides: Overrides | None = None,
        handler: Handler | str | Function | None = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **given: Any,
    ) -> HttpResponse:
        """A request to a REST API of API Gateway with Lambda proxy integration. (SYNC-30)

        `resource` is the template that the path matches (`/orders/{id}`). `timeout_in_millis` is the integration's, 50
        to 29,000; a Regional or private API may have more. `binary_media_types` are the API's; without them, `*/*` for
        a body of bytes and none for others. `authorizer` is what the authorizer put into the request context.
        """
        from pytest_lambda_modes.events.api_gateway_rest import rest_api_request
        from pytest_lambda_modes.events.http_request import checked
        from pytest_lambda_modes.harness.http_exchange import BinaryMediaTypes, exchange
        from pytest_lambda_modes.modes.synchronous.rest_api_contract import contract

        where = "sync_invoke.from_api_gateway(...)"
        target = self._target(where, handler, qualifier, faults, given)
        limits = http_limits.REST_API_TIMEOUT_IN_MILLIS
        within = self._integration_timeout(where, target.function, timeout_in_millis, limits)
        request = checked(where, method, path, query, headers, body, most_bytes=None)
        binary = BinaryMediaTypes(where, binary_media_types, sends_bytes=isinstance(body, bytes))
        build = partial(
            rest_api_request,
            method,
            path,
            resource=resource,
            query=query,
            headers=headers,
            body=body,
            stage=stage,
            stage_variables=stage_variables,
            authorizer=authorizer,
            overrides={**binary.body_members(request), **(overrides or {})},
        )
        most_bytes = http_limits.API_GATEWAY_BODY_BYTES
        rest_api = contract(decodes=binary.decodes(request))
        return exchange(where, target, rest_api, request, build, most_bytes=most_bytes, within=within)

    def from_http_api(
        self,
        method: str,
        path: str,
        *,
        route: str = "$default",
        payload_format_version: str = "2.0",
        query: Values | None = None,
        headers: Values | None = None,
        body: Body = None,
        stage: str = "$default",
        stage_variables: Mapping[str, str] | None = None,
        authorizer: Mapping[str, Any] | None = None,
        timeout_in_millis: int = http_limits.HTTP_API_TIMEOUT_IN_MILLIS.default,
        overrides: Overrides | None = None,
        handler: Handler | str | Function | None = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **given: Any,
    ) -> HttpResponse:
        """A request to an HTTP API of API Gateway. (SYNC-31)

        `route` is the route's key: `$default`, or a method or ANY and a template (`GET /orders/{id}`).
        `payload_format_version` is that of the integration, "2.0" or "1.0". `timeout_in_millis` is 50 to 30,000.
        `authorizer` is `{"jwt": ...}`, `{"iam": ...}` or `{"lambda": ...}`.
        """
        from pytest_lambda_modes.events.api_gateway_http import http_api_request
        from pytest_lambda_modes.events.http_request import checked
        from pytest_lambda_modes.harness.http_exchange import exchange
        from pytest_lambda_modes.modes.synchronous.http_api_contract import contract

        where = "sync_invoke.from_http_api(...)"
        target = self._target(where, handler, qualifier, faults, given)
        limits = http_limits.HTTP_API_TIMEOUT_IN_MILLIS
        within = self._integration_timeout(where, target.function, timeout_in_millis, limits)
        request = checked(where, method, path, query, headers, body, most_bytes=None)
        build = partial(
            http_api_request,
            method,
            path,
            route=route,
            payload_format_version=payload_format_version,
            query=query,
            headers=headers,
            body=body,
            stage=stage,
            stage_variables=stage_variables,
            authorizer=authorizer,
            overrides=overrides,
        )
        most_bytes = http_limits.API_GATEWAY_BODY_BYTES
        http_api = contract(payload_format_version)
        return exchange(where, target, http_api, request, build, most_bytes=most_bytes, within=within)

    def from_function_url(
        self,
        method: str,
        path: str = "/",
        *,
        query: Values | None = None,
        headers: Values | None = None,
        body: Body = None,
        iam: Mapping[str, Any] | None = None,
        overrides: Overrides | None = None,
        handler: Handler | str | Function | None = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **given: Any,
    ) -> HttpResponse:
        """A request to a function URL in the invoke mode BUFFERED, which waits until the function ends. (SYNC-33)

        `iam` is the caller of a URL with the auth type AWS_IAM (`accountId`, `userArn`, ...); without it nobody signs.
        """
        from pytest_lambda_modes.events.function_url import function_url_request
        from pytest_lambda_modes.events.http_request import checked
        from pytest_lambda_modes.harness.http_exchange import exchange
        from pytest_lambda_modes.modes.synchronous.function_url_contract import CONTRACT

        where = "sync_invoke.from_function_url(...)"
        target = self._target(where, handler, qualifier, faults, given)
        request = checked(where, method, path, query, headers, body, most_bytes=None)
        build = partial(
            function_url_request,
            method,
            path,
            query=query,
            headers=headers,
            body=body,
            iam=iam,
            overrides=overrides,
        )
        most_bytes = http_limits.FUNCTION_URL_BODY_BYTES
        within = http_limits.NO_DEADLINE
        return exchange(where, target, CONTRACT, request, build, most_bytes=most_bytes, within=within)
