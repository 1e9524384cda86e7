"""API Gateway's WebSocket APIs in front of Lambda, as a method of `sync_invoke`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_lambda_modes.harness.caller import Caller
from pytest_lambda_modes.model import http_limits

if TYPE_CHECKING:
    from pytest_lambda_modes.events.building import Overrides
    from pytest_lambda_modes.events.http_request import Body, Values
    from pytest_lambda_modes.model.faults import Fault
    from pytest_lambda_modes.modes.synchronous.websocket_response import WebSocketResponse
    from pytest_lambda_modes.runtime.execution_environment import Handler
    from pytest_lambda_modes.runtime.function import Function


class WebSocketCallers(Caller):
    """A connection is opened by the route `$connect`, and closed by `$disconnect`. Any other route is a message's."""

    def from_websocket_api(
        self,
        route: str = "$default",
        body: Body = None,
        *,
        query: Values | None = None,
        headers: Values | None = None,
        status_code: int | None = None,
        reason: str | None = None,
        route_response: bool | None = None,
        connection_id: str | None = None,
        stage: str = "prod",
        authorizer: Mapping[str, Any] | None = None,
        timeout_in_millis: int = http_limits.WEBSOCKET_TIMEOUT_IN_MILLIS.default,
        overrides: Overrides | None = None,
        handler: Handler | str | Function | None = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **given: Any,
    ) -> WebSocketResponse:
        """One event of a WebSocket connection, by its route, and what the client sees of the answer. (SYNC-32)

        `$connect` takes the `query` and `headers` of the handshake, `$disconnect` the closing `status_code` and
        `reason`. A message's route takes its `body` (text, bytes, or a value to send as JSON); with
        `route_response=True` it sends back the body that its function returns. `connection_id` is that of an earlier
        response; without one it is a new connection. `timeout_in_millis` is 50 to 29,000. All else is as in the
        other methods.
        """
        from pytest_lambda_modes.harness.websocket_exchange import exchange

        where = "sync_invoke.from_websocket_api(...)"
        target = self._target(where, handler, qualifier, faults, given)
        limits = http_limits.WEBSOCKET_TIMEOUT_IN_MILLIS
        within = self._integration_timeout(where, target.function, timeout_in_millis, limits)
        sent = {
            "body": body,
            "query": query,
            "headers": headers,
            "status_code": status_code,
            "reason": reason,
            "route_response": route_response,
        }
        sent = {name: value for name, value in sent.items() if value is not None}
        connection = {"connection_id": connection_id, "stage": stage, "authorizer": authorizer, "overrides": overrides}
        return exchange(where, target, route, sent, connection, within=within)
