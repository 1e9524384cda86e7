"""Shipping as the queue drives it: at least once, again after a while, and to the dead letters when nothing helps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app import shipping
from app.shipping import Warehouse
from pytest_lambda_modes import faults

pytestmark = [
    pytest.mark.lambda_function(handler=shipping.ship_orders, timeout=20),
    pytest.mark.event_source(
        "sqs",
        queue_name="paid-orders",
        visibility_timeout=120,
        max_receive_count=5,
        function_response_types=["ReportBatchItemFailures"],
        filter_criteria=[{"body": {"status": ["paid"]}}],
    ),
]


@pytest.fixture
def warehouse(monkeypatch):
    warehouse = Warehouse()
    monkeypatch.setattr(shipping, "warehouse", warehouse)
    return warehouse


@pytest.fixture
def orders(event_source, warehouse):
    return event_source()


def order(order_id, *skus, status="paid"):
    return {"id": order_id, "status": status, "skus": list(skus)}


def test_paid_orders_are_shipped_in_one_batch(orders, warehouse):
    orders.send(order("A17", "mug", "tea"))
    orders.send(order("A18", "tea"))
    orders.drain()
    assert warehouse.parcels == {"A17": ["mug", "tea"], "A18": ["tea"]}
    assert len(orders.batches) == 1


def test_an_order_that_is_not_paid_never_reaches_the_function(orders, warehouse):
    message = orders.send(order("A17", "mug", status="declined"))
    orders.drain()
    assert (message.state, warehouse.parcels) == ("filtered", {})


def test_an_outage_delays_an_order_by_its_visibility_timeout(orders, warehouse):
    warehouse.outages = 2
    messages = [orders.send(order(order_id, "mug")) for order_id in ("A17", "A18", "A19")]
    orders.drain()
    assert list(warehouse.parcels) == ["A19", "A17", "A18"]
    assert [message.delays for message in messages] == [[timedelta(minutes=2)], [timedelta(minutes=2)], []]


def test_an_unknown_article_goes_to_the_dead_letters_alone(orders, warehouse, lambda_clock):
    unicorn, mug = orders.send(order("A17", "unicorn")), orders.send(order("A18", "mug"))
    orders.drain()
    assert (unicorn.state, unicorn.receive_count) == ("dead_lettered", 5)
    assert (mug.state, mug.receive_count) == ("deleted", 1)
    assert lambda_clock.elapsed == timedelta(minutes=10)


def test_dead_letters_are_shipped_once_the_article_is_there(orders, warehouse):
    orders.send(order("A17", "unicorn"))
    orders.drain()
    warehouse.articles.add("unicorn")
    orders.dead_letter_queue.redrive()
    orders.drain()
    assert warehouse.parcels == {"A17": ["unicorn"]}
    assert orders.dead_letter_queue.messages == []


@pytest.mark.event_source(faults={1: faults.FailedDelete()})
def test_an_order_that_comes_twice_is_one_parcel(orders, warehouse):
    message = orders.send(order("A17", "mug"))
    orders.drain()
    assert message.receive_count == 2
    assert warehouse.parcels == {"A17": ["mug"]}


@pytest.mark.event_source(maximum_concurrency=2)
def test_the_orders_of_a_weekend_are_shipped_within_five_minutes(orders, warehouse, lambda_clock):
    orders.disable()
    for number in range(2_000):
        orders.send(order(f"A{number}", "mug"))
    lambda_clock.advance(days=2)
    orders.enable()
    orders.drain()
    assert len(warehouse.parcels) == 2_000
    assert lambda_clock.elapsed - timedelta(days=2) < timedelta(minutes=5)
