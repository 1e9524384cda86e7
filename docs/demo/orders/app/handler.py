"""The handlers. `place_order` and `enrich_order` are called by the shop, the others by events that Lambda queues."""

from __future__ import annotations

import asyncio
import logging
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app.upstream import CardDeclined, Directory, Mailer, PaymentGateway, UpstreamError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)

payments = PaymentGateway()
directory = Directory()
mailer = Mailer()

STOCK_TIMEOUT = 2.0
FIRST_BACK_OFF = 0.2
# What must be left for one more charge and the answer, in milliseconds.
RESERVE = 1_000


class InvalidOrder(ValueError):
    """The order cannot be placed as it is."""


def place_order(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Price an order and charge its card."""
    total = price(event)
    try:
        payment = charge(event, total, context)
    except CardDeclined:
        logger.warning("order %s: card declined", event["id"])
        return {"order": event["id"], "status": "declined", "total": total}
    if payment is None:
        logger.error("order %s: out of time, payment left pending", event["id"])
        return {"order": event["id"], "status": "pending", "total": total}
    logger.info("order %s: paid %s", event["id"], total)
    return {"order": event["id"], "status": "paid", "total": total, "payment": payment}


def price(order: dict[str, Any]) -> Decimal:
    """The sum of the order's lines, to the cent."""
    if not order.get("lines"):
        raise InvalidOrder(f"order {order.get('id')} has no lines")
    total = sum((Decimal(line["price"]) * line["quantity"] for line in order["lines"]), Decimal(0))
    return total.quantize(Decimal("0.01"))


def charge(order: dict[str, Any], amount: Decimal, context: LambdaContext) -> str | None:
    """Charge the card, again and again with growing pauses while the gateway is down. None when time is running out."""
    pause = FIRST_BACK_OFF
    while True:
        try:
            return payments.charge(order["id"], order["card"], amount)
        except UpstreamError as error:
            if context.get_remaining_time_in_millis() - pause * 1000 < RESERVE:
                return None
            logger.warning("order %s: %s, again in %.1f s", order["id"], error, pause)
            time.sleep(pause)
            pause *= 2


def enrich_order(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Add the customer and the stock level, looked up side by side."""
    customer, stock = asyncio.run(look_up(event))
    return {**event, "customer": customer, "stock": stock}


async def look_up(order: dict[str, Any]) -> tuple[dict[str, str], int | None]:
    return await asyncio.gather(directory.customer(order["customer"]), stock_level(order["sku"]))


async def stock_level(sku: str) -> int | None:
    """How many are left; None when the stock service takes too long to say."""
    try:
        return await asyncio.wait_for(directory.stock(sku), STOCK_TIMEOUT)
    except asyncio.TimeoutError:
        logger.warning("no stock level for %s within %.0f s", sku, STOCK_TIMEOUT)
        return None


def receipt_of_paid_order(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Mail the receipt of an order that EventBridge tells of: `Order Paid`, from the shop."""
    return send_receipt(event["detail"], context)


def send_receipt(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Mail the receipt. An error is Lambda's to retry."""
    mailer.send(event["email"], f"Thank you! Order {event['order']}: {event['total']} EUR.")
    logger.info("order %s: receipt sent", event["order"])
    return {"order": event["order"], "sent": True}
