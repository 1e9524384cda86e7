"""The orders API as its HTTP clients see it, through API Gateway."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app import api, handler
from app.upstream import PaymentGateway

ORDER = {"id": "A17", "card": "tok_visa", "lines": [{"sku": "mug", "price": "9.95", "quantity": 2}]}

# The API waits for 29 seconds.
pytestmark = pytest.mark.lambda_function(handler=api.orders_api, timeout=28)


@pytest.fixture
def post(sync_invoke):
    return lambda body: sync_invoke.from_api_gateway("POST", "/orders", resource="/orders", body=body)


def test_an_order_is_created(post):
    answer = post(ORDER)
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/orders/A17"
    assert answer.json() == {"order": "A17", "status": "paid", "total": "19.90", "payment": "pay-A17"}


@pytest.mark.parametrize(
    "body, status_code, message",
    [(None, 400, "no JSON"), ("{", 400, "no JSON"), ({**ORDER, "lines": []}, 422, "order A17 has no lines")],
    ids=["nothing", "no JSON", "no lines"],
)
def test_a_bad_order_is_the_clients_error(post, body, status_code, message):
    answer = post(body)
    assert answer.status_code == status_code
    assert message in answer.json()["message"]


def test_a_declined_card_asks_for_another(post):
    assert post({**ORDER, "card": "tok_declined"}).status_code == 402


def test_a_long_outage_is_told_before_the_gateway_gives_up(post, monkeypatch):
    monkeypatch.setattr(handler, "payments", PaymentGateway(outages=100))
    answer = post(ORDER)
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    assert answer.duration < timedelta(seconds=29)


@pytest.mark.lambda_function(timeout=60)
def test_with_a_longer_timeout_the_client_pays_for_what_it_never_saw(post, lambda_clock, monkeypatch):
    monkeypatch.setattr(handler, "payments", PaymentGateway(latency=40))
    answer = post(ORDER)
    assert answer.status_code == 504
    assert answer.invocation is None

    lambda_clock.run_until_idle()
    assert answer.invocation.payload["statusCode"] == 201
