"""The deadlines of the HTTP services, against botocore's service models."""

from __future__ import annotations

import re

import pytest
from botocore.session import get_session

from pytest_lambda_modes.model import http_limits
from pytest_lambda_modes.model.limits import Range

session = get_session()


def milliseconds(service: str, shape: str, member: str) -> list[int]:
    """The numbers of milliseconds in what the model says of a member."""
    text = session.get_service_model(service).shape_for(shape).members[member].documentation
    return [int(number.replace(",", "")) for number in re.findall(r"\b\d+(?:,\d{3})*(?= (?:and|milliseconds))", text)]


@pytest.mark.rule("SYNC-30")
def test_the_integration_timeout_of_a_rest_api_is_the_models() -> None:
    """50 ms to 29 s, which is the default; it may be raised for Regional and private APIs, as far as a function runs."""
    ours = http_limits.REST_API_TIMEOUT_IN_MILLIS
    model = session.get_service_model("apigateway").shape_for("PutIntegrationRequest").members["timeoutInMillis"]
    assert milliseconds("apigateway", "PutIntegrationRequest", "timeoutInMillis") == [ours.least, 29_000, ours.default]
    assert "longer than 29 seconds for Regional or private APIs only" in model.documentation
    assert ours.most == 900_000


@pytest.mark.rule("SYNC-31", "SYNC-32")
def test_the_integration_timeouts_of_the_other_apis_are_the_models() -> None:
    """50 ms to 29 s for WebSocket APIs, to 30 s for HTTP APIs; the default is the longest."""
    websocket, http = http_limits.WEBSOCKET_TIMEOUT_IN_MILLIS, http_limits.HTTP_API_TIMEOUT_IN_MILLIS
    assert milliseconds("apigatewayv2", "CreateIntegrationRequest", "TimeoutInMillis") == [
        websocket.least,
        websocket.most,
        http.least,
        http.most,
    ]
    assert (websocket.default, http.default) == (websocket.most, http.most)


@pytest.mark.rule("SYNC-34")
def test_the_timeout_of_a_health_check_is_the_models() -> None:
    """2 to 120 s, and 30 s for a target that is a function."""
    ours, elbv2 = http_limits.HEALTH_CHECK_TIMEOUT_SECONDS, session.get_service_model("elbv2")
    model = elbv2.shape_for("HealthCheckTimeoutSeconds").metadata
    assert (ours.least, ours.most) == (model["min"], model["max"])
    text = elbv2.shape_for("CreateTargetGroupInput").members["HealthCheckTimeoutSeconds"].documentation
    assert f"<code>lambda</code>, the default is {ours.default} seconds" in text


@pytest.mark.parametrize("ours", [value for value in vars(http_limits).values() if isinstance(value, Range)])
def test_a_default_can_be_set(ours: Range) -> None:
    """Every default is in its range."""
    assert ours.least <= ours.default <= ours.most
