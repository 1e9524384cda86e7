"""The orders service as its callers see it: what it answers, how long it takes, and what Lambda does when it fails."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app import handler
from app.upstream import Directory, Mailer, PaymentGateway

ORDER = {
    "id": "A17",
    "card": "tok_visa",
    "lines": [{"sku": "mug", "price": "9.95", "quantity": 2}, {"sku": "tea", "price": "4.50", "quantity": 1}],
}
RECEIPT = {"order": "A17", "email": "ann@example.com", "total": "24.40"}


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@pytest.mark.lambda_function(handler=handler.place_order, timeout=6, memory_size=256)
class TestPlaceOrder:
    def test_an_order_is_priced_and_paid(self, sync_invoke):
        response = sync_invoke(ORDER)
        assert response.unwrap() == {"order": "A17", "status": "paid", "total": 24.4, "payment": "pay-A17"}

    def test_money_keeps_its_cents_on_the_wire(self, sync_invoke):
        assert b'"total": 24.40' in sync_invoke(ORDER).payload_bytes

    def test_an_order_takes_less_than_half_a_second(self, sync_invoke):
        assert sync_invoke(ORDER).duration < seconds(0.5)

    def test_two_outages_of_the_gateway_stay_within_the_budget(self, sync_invoke, monkeypatch):
        monkeypatch.setattr(handler, "payments", PaymentGateway(outages=2))
        response = sync_invoke(ORDER)
        assert response.payload["status"] == "paid"
        assert response.duration == seconds(0.4 + 0.2 + 0.4 + 0.4 + 0.4)

    def test_a_long_outage_is_given_up_while_there_is_time_to_say_so(self, sync_invoke, monkeypatch):
        monkeypatch.setattr(handler, "payments", PaymentGateway(outages=100))
        response = sync_invoke(ORDER)
        assert response.payload["status"] == "pending"
        assert not response.timed_out
        assert "[ERROR]" in response.logs

    def test_a_gateway_that_hangs_runs_into_the_timeout(self, sync_invoke, monkeypatch):
        monkeypatch.setattr(handler, "payments", PaymentGateway(latency=30))
        response = sync_invoke(ORDER)
        assert response.timed_out
        assert response.duration == seconds(6)

    def test_a_declined_card_is_an_answer_and_not_an_error(self, sync_invoke):
        response = sync_invoke({**ORDER, "card": "tok_declined"})
        assert response.function_error is None
        assert response.payload["status"] == "declined"

    def test_an_order_without_lines_is_refused(self, sync_invoke):
        response = sync_invoke({**ORDER, "lines": []})
        assert response.error.type == "InvalidOrder"
        with pytest.raises(handler.InvalidOrder, match="A17 has no lines"):
            response.unwrap()

    def test_the_payment_is_logged(self, sync_invoke):
        assert "order A17: paid 24.40" in sync_invoke(ORDER).logs


@pytest.mark.lambda_function(handler=handler.enrich_order, timeout=10)
class TestEnrichOrder:
    def test_both_look_ups_run_side_by_side(self, sync_invoke):
        response = sync_invoke({"id": "A17", "customer": "ann", "sku": "mug"})
        assert response.payload["customer"]["email"] == "ann@example.com"
        assert response.payload["stock"] == 12
        assert response.duration == seconds(1.2)

    def test_a_slow_stock_service_is_not_waited_for(self, sync_invoke, monkeypatch):
        monkeypatch.setattr(handler, "directory", Directory(stock_latency=60))
        response = sync_invoke({"id": "A17", "customer": "ann", "sku": "mug"})
        assert response.payload["stock"] is None
        assert response.duration == seconds(2)


@pytest.mark.lambda_function(handler=handler.send_receipt, timeout=10)
class TestSendReceipt:
    def test_accepting_an_event_runs_nothing_yet(self, async_invoke, lambda_clock):
        invocation = async_invoke(RECEIPT)
        assert invocation.status_code == 202
        assert invocation.attempts == []
        lambda_clock.run_until_idle()
        assert invocation.condition == "Success"

    def test_a_receipt_is_sent_at_the_third_attempt(self, async_invoke, lambda_clock, monkeypatch):
        mailer = Mailer(outages=2)
        monkeypatch.setattr(handler, "mailer", mailer)
        invocation = async_invoke(RECEIPT).wait()
        assert [attempt.outcome for attempt in invocation.attempts] == ["function_error", "function_error", "success"]
        assert invocation.delays == [minutes(1), minutes(2)]
        assert lambda_clock.elapsed == minutes(3) + 3 * seconds(0.25)
        assert mailer.sent == [("ann@example.com", "Thank you! Order A17: 24.40 EUR.")]

    def test_the_customer_waits_three_minutes_at_most(self, async_invoke, monkeypatch):
        monkeypatch.setattr(handler, "mailer", Mailer(outages=2))
        last = async_invoke(RECEIPT).wait().attempts[-1]
        assert last.dwell_time == minutes(3) + 2 * seconds(0.25)

    @pytest.mark.async_invoke(dead_letter_target="sqs:lost-receipts")
    def test_a_receipt_that_cannot_be_sent_is_kept(self, async_invoke, lambda_modes, monkeypatch):
        monkeypatch.setattr(handler, "mailer", Mailer(outages=3))
        invocation = async_invoke(RECEIPT).wait()
        assert invocation.condition == "RetriesExhausted"
        [letter] = lambda_modes.queue("lost-receipts").messages
        assert letter.json() == RECEIPT
        assert letter.message_attributes["ErrorMessage"]["StringValue"] == "421 from the mail server"

    @pytest.mark.async_invoke(maximum_retry_attempts=1, on_success="sqs:sent", on_failure="sqs:failed")
    def test_the_outcome_goes_to_its_destination(self, async_invoke, lambda_modes, monkeypatch):
        monkeypatch.setattr(handler, "mailer", Mailer(outages=2))
        async_invoke(RECEIPT).wait()
        [message] = lambda_modes.queue("failed").messages
        record = message.json()
        assert record["requestContext"]["condition"] == "RetriesExhausted"
        assert record["requestContext"]["approximateInvokeCount"] == 2
        assert record["requestPayload"] == RECEIPT
        assert record["responsePayload"]["errorType"] == "UpstreamError"
        assert lambda_modes.queue("sent").messages == []
