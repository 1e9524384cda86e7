"""What the shop tells of orders, on its way: EventBridge has receipts mailed, a topic fills the warehouse's queue."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app import handler, shipping
from app.shipping import Warehouse
from app.upstream import Mailer
from pytest_lambda_modes import faults

RECEIPT = {"order": "A17", "email": "ann@example.com", "total": "24.40"}
ORDER_PAID = {"source": "shop", "detail_type": "Order Paid", "detail": RECEIPT}


@pytest.mark.lambda_function(handler=handler.receipt_of_paid_order, timeout=10)
class TestEventBridge:
    @pytest.fixture
    def mailer(self, monkeypatch):
        mailer = Mailer()
        monkeypatch.setattr(handler, "mailer", mailer)
        return mailer

    def test_a_paid_order_gets_its_receipt(self, async_invoke, mailer):
        async_invoke.from_eventbridge(**ORDER_PAID).wait()
        assert mailer.sent == [("ann@example.com", "Thank you! Order A17: 24.40 EUR.")]

    def test_an_order_that_is_not_paid_gets_none(self, async_invoke, mailer):
        declined = {**ORDER_PAID, "detail_type": "Order Declined"}
        delivery = async_invoke.from_eventbridge(**declined, event_pattern={"detail-type": ["Order Paid"]})
        assert delivery.state == "filtered"

    def test_eventbridge_tries_again_while_lambda_throttles(self, async_invoke, mailer):
        throttled = {1: faults.Throttle(), 2: faults.Throttle()}
        delivery = async_invoke.from_eventbridge(**ORDER_PAID, invoke_faults=throttled).wait()
        assert len(delivery.tries) == 3
        assert len(mailer.sent) == 1

    def test_lambda_tries_again_while_the_mail_server_is_down(self, async_invoke, mailer):
        mailer.outages = 1
        delivery = async_invoke.from_eventbridge(**ORDER_PAID).wait()
        assert len(delivery.tries) == 1
        assert delivery.delays == [timedelta(minutes=1)]


class TestTopicToQueue:
    @pytest.fixture
    def warehouse(self, monkeypatch):
        warehouse = Warehouse()
        monkeypatch.setattr(shipping, "warehouse", warehouse)
        return warehouse

    @pytest.fixture
    def queue(self, event_source, warehouse):
        reports = ["ReportBatchItemFailures"]
        return event_source.sqs(shipping.ship_orders, max_receive_count=5, function_response_types=reports)

    @pytest.fixture
    def publish(self, lambda_modes, queue):
        topic = lambda_modes.topic("orders")
        topic.subscribe(queue.queue, raw_message_delivery=True, filter_policy={"status": ["paid"]})
        return lambda order, status: topic.publish(order, message_attributes={"status": status})

    def test_the_queue_gets_what_is_paid(self, publish, queue, warehouse):
        publish('{"id": "A17", "skus": ["mug"]}', "paid")
        publish('{"id": "A18", "skus": ["tea"]}', "declined")
        queue.drain()
        assert warehouse.parcels == {"A17": ["mug"]}

    def test_an_outage_is_waited_for_in_the_queue(self, publish, queue, warehouse):
        warehouse.outages = 1
        publish('{"id": "A17", "skus": ["mug"]}', "paid")
        queue.drain()
        assert warehouse.parcels == {"A17": ["mug"]}
        assert [batch.outcome for batch in queue.batches] == ["partial_failure", "success"]
