"""Application Load Balancers in front of Lambda, as methods of `sync_invoke`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_lambda_modes.harness.caller import Caller
from pytest_lambda_modes.model import http_limits

if TYPE_CHECKING:
    from pytest_lambda_modes.events.building import Overrides
    from pytest_lambda_modes.events.http_request import Body, Values
    from pytest_lambda_modes.model.faults import Fault
    from pytest_lambda_modes.modes.synchronous.http_response import HttpResponse
    from pytest_lambda_modes.modes.synchronous.load_balancer_health import HealthCheckResponse
    from pytest_lambda_modes.runtime.execution_environment import Handler
    from pytest_lambda_modes.runtime.function import Function


class LoadBalancerCallers(Caller):
    """A request, and a health check: their settings are those of a target group, beside those of all HTTP services."""

    def from_alb(
        self,
        method: str,
        path: str,
        *,
        query: Values | None = None,
        headers: Values | None = None,
        body: Body = None,
        multi_value_headers: bool = False,
        target_group: str = "function",
        overrides: Overrides | None = None,
        handler: Handler | str | Function | None = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **given: Any,
    ) -> HttpResponse:
        """A request that an Application Load Balancer forwards, and waits until the function ends. (SYNC-34)

        `multi_value_headers` is the target group's `lambda.multi_value_headers.enabled`: with it, headers and query
        are lists under other names, in the event and in the response. Those under the wrong name are not read.
        """
        from pytest_lambda_modes.events.alb import alb_request
        from pytest_lambda_modes.events.http_request import checked
        from pytest_lambda_modes.harness.http_exchange import exchange
        from pytest_lambda_modes.modes.synchronous.load_balancer_contract import contract

        where = "sync_invoke.from_alb(...)"
        target = self._target(where, handler, qualifier, faults, given)
        request = checked(where, method, path, query, headers, body, most_bytes=None)
        build = partial(
            alb_request,
            method,
            path,
            query=query,
            headers=headers,
            body=body,
            multi_value_headers=multi_value_headers,
            target_group=target_group,
            overrides=overrides,
        )
        most_bytes = http_limits.LOAD_BALANCER_BODY_BYTES
        balancer = contract(multi_value_headers=multi_value_headers)
        within = http_limits.NO_DEADLINE
        return exchange(where, target, balancer, request, build, most_bytes=most_bytes, within=within)

    def from_alb_health_check(
        self,
        path: str = "/",
        *,
        http_code: str = "200",
        health_check_timeout_seconds: int = http_limits.HEALTH_CHECK_TIMEOUT_SECONDS.default,
        multi_value_headers: bool = False,
        target_group: str = "function",
        overrides: Overrides | None = None,
        handler: Handler | str | Function | None = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **given: Any,
    ) -> HealthCheckResponse:
        """A health check of a load balancer, which invokes the function as a request does. (SYNC-34)

        `http_code` is the target group's matcher: the status codes of a healthy target (`"200"`, `"200,202"`,
        `"200-299"`). The load balancer waits for `health_check_timeout_seconds`, 2 to 120.
        """
        from pytest_lambda_modes.events.alb import alb_health_check
        from pytest_lambda_modes.modes.synchronous.load_balancer_health import (
            check_health,
            health_check_timeout,
            healthy_codes,
        )
        from pytest_lambda_modes.runtime.payload import encode_event

        where = "sync_invoke.from_alb_health_check(...)"
        target = self._target(where, handler, qualifier, faults, given)
        healthy = healthy_codes(where, http_code)
        event = target.event(
            where,
            alb_health_check,
            path,
            multi_value_headers=multi_value_headers,
            target_group=target_group,
            overrides=overrides,
        )
        return check_health(
            target.function,
            encode_event(event),
            healthy,
            multi_value_headers=multi_value_headers,
            within=health_check_timeout(where, health_check_timeout_seconds),
            qualifier=target.qualifier,
            fault=target.fault,
        )
