"""Health checks of an Application Load Balancer: a request of its own, and which answers are healthy. (SYNC-34)"""

from __future__ import annotations

from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.faults import Fault
from pytest_lambda_modes.model.http_limits import HEALTH_CHECK_TIMEOUT_SECONDS
from pytest_lambda_modes.modes.synchronous.http_answer import Answer, HttpContract
from pytest_lambda_modes.modes.synchronous.http_response import HttpResponse
from pytest_lambda_modes.modes.synchronous.load_balancer_contract import contract
from pytest_lambda_modes.modes.synchronous.service_call import ServiceCall, call_function
from pytest_lambda_modes.modes.synchronous.service_response import tell
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.units import SECOND

_MATCHER = r"[2-4]\d\d(-[2-4]\d\d)?(,[2-4]\d\d(-[2-4]\d\d)?)*"


class HealthCheckResponse(HttpResponse):
    """What the load balancer gets for a health check. `healthy` says whether it counts as a success."""

    __slots__ = ("healthy",)

    def __init__(self, call: ServiceCall, contract: HttpContract, answer: Answer, *, healthy: bool) -> None:
        super().__init__(call, contract.service, answer, "GET")
        self.healthy = healthy

    def _status(self) -> str:
        return f"{'healthy' if self.healthy else 'unhealthy'}, {self.status_code}"


def healthy_codes(where: str, http_code: object) -> frozenset[int]:
    """The status codes of a matcher such as `200`, `200,202` or `200-299`. Raises ConfigError."""
    must, why = (
        'codes from 200 to 499, as "200", "200,202" or "200-299"',
        "They are those of a healthy target. (SYNC-34)",
    )
    matcher = settings.text(where, "http_code", http_code, _MATCHER, must, why)
    ranges = (part.partition("-") for part in matcher.split(","))
    return frozenset(code for first, _, last in ranges for code in range(int(first), int(last or first) + 1))


def health_check_timeout(where: str, seconds: object) -> int:
    """How long a health check waits, in microseconds. Raises ConfigError."""
    why = "It is how long the load balancer waits for the function."
    limits = HEALTH_CHECK_TIMEOUT_SECONDS
    return settings.number_in(where, "health_check_timeout_seconds", seconds, limits, "seconds", why) * SECOND


def check_health(
    function: Function,
    payload: bytes,
    healthy: frozenset[int],
    *,
    multi_value_headers: bool,
    within: int,
    qualifier: str | None = None,
    fault: Fault | None = None,
) -> HealthCheckResponse:
    """Invoke a function to see whether it answers with a healthy status, within so many microseconds."""
    balancer = contract(multi_value_headers=multi_value_headers)
    call = call_function(function, payload, within=within, qualifier=qualifier, fault=fault)
    answer = balancer.answer(call)
    response = HealthCheckResponse(call, balancer, answer, healthy=not call.gave_up and answer.status_code in healthy)
    tell(call, balancer.service, balancer.rule, response.told())
    return response
