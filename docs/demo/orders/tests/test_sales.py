"""The ledger as the stream of the orders table fills it: at least once, in order, and held up by what fails."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from app import sales
from app.sales import Ledger
from pytest_lambda_modes import faults

pytestmark = [
    pytest.mark.lambda_function(handler=sales.book_sales, timeout=10),
    pytest.mark.event_source(
        "dynamodb",
        table_name="orders",
        starting_position="TRIM_HORIZON",
        maximum_retry_attempts=3,
        bisect_batch_on_function_error=True,
        function_response_types=["ReportBatchItemFailures"],
        on_failure="sqs:unbooked-orders",
    ),
]


@pytest.fixture
def ledger(monkeypatch):
    ledger = Ledger()
    monkeypatch.setattr(sales, "ledger", ledger)
    return ledger


@pytest.fixture
def orders(event_source, ledger):
    return event_source()


def pay(orders, order_id, total):
    orders.put_item({"id": order_id, "status": "new", "total": Decimal(total)})
    return orders.update_item({"id": order_id}, {"status": "paid"})


def test_a_paid_order_is_booked(orders, ledger):
    pay(orders, "A17", "24.40")
    orders.put_item({"id": "A18", "status": "new", "total": Decimal("9.95")})
    orders.drain()
    assert ledger.entries == {"A17": Decimal("24.40")}


def test_what_happens_to_a_paid_order_later_is_not_booked_again(orders, ledger):
    pay(orders, "A17", "24.40")
    orders.update_item({"id": "A17"}, {"note": "leave at the door"})
    orders.delete_item({"id": "A17"})
    orders.drain()
    assert ledger.total == Decimal("24.40")


def test_an_outage_of_the_ledger_holds_up_what_comes_after(orders, ledger):
    ledger.outages = 2
    paid = [pay(orders, order_id, "10") for order_id in ("A17", "A18")]
    orders.drain()
    assert ledger.total == 20
    assert [batch.outcome for batch in orders.batches] == ["partial_failure", "partial_failure", "success"]
    assert [record.attempts for record in paid] == [3, 3]


def test_a_long_outage_leaves_a_note_of_what_was_not_booked(orders, ledger, lambda_modes):
    ledger.outages = 10
    paid = pay(orders, "A17", "10")
    orders.drain()
    assert (paid.state, paid.discard_reason) == ("discarded", "RetryAttemptsExhausted")
    [note] = lambda_modes.queue("unbooked-orders").messages
    assert note.json()["DDBStreamBatchInfo"]["startSequenceNumber"] == paid.sequence_number


def test_an_order_without_a_total_is_lost_alone(orders, ledger):
    pay(orders, "A17", "10")
    broken = orders.put_item({"id": "A18", "status": "paid"})
    pay(orders, "A19", "10")
    orders.drain()
    assert ledger.total == 20
    assert broken.state == "discarded"


@pytest.mark.event_source(faults={1: faults.DuplicateDelivery()})
def test_a_batch_that_comes_twice_is_booked_once(orders, ledger):
    pay(orders, "A17", "10")
    orders.drain()
    assert len(orders.batches) == 2
    assert ledger.total == 10


def test_what_was_paid_while_the_mapping_was_off_is_booked_late(orders, ledger, lambda_clock):
    orders.disable()
    pay(orders, "A17", "10")
    lambda_clock.advance(hours=1)
    orders.enable()
    orders.drain()
    assert ledger.total == 10
    assert orders.batches[0].started_at - orders.batches[0].records[0].arrived_at == timedelta(hours=1)
