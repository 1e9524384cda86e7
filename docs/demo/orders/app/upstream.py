"""The services this one calls. Each stands in for an HTTP client, and takes as long as the real one does."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from decimal import Decimal


class UpstreamError(Exception):
    """The service could not be reached, or was too busy to answer. Worth another try."""


class CardDeclined(Exception):
    """The payment provider answered, and the answer is no."""


@dataclass
class PaymentGateway:
    """Charges cards. `latency` is in seconds; the first `outages` calls fail."""

    latency: float = 0.4
    outages: int = 0

    def charge(self, order_id: str, card: str, amount: Decimal) -> str:
        """The payment's id. Raises CardDeclined, or UpstreamError."""
        time.sleep(self.latency)
        if self.outages > 0:
            self.outages -= 1
            raise UpstreamError("503 from the payment gateway")
        if card == "tok_declined":
            raise CardDeclined(card)
        return f"pay-{order_id}"


@dataclass
class Directory:
    """Looks up customers and stock. Both latencies are in seconds."""

    customer_latency: float = 1.2
    stock_latency: float = 0.8

    async def customer(self, customer_id: str) -> dict[str, str]:
        await asyncio.sleep(self.customer_latency)
        return {"id": customer_id, "email": f"{customer_id}@example.com"}

    async def stock(self, sku: str) -> int:
        await asyncio.sleep(self.stock_latency)
        return 12


@dataclass
class Mailer:
    """Sends mail. The first `outages` calls fail."""

    outages: int = 0
    sent: list[tuple[str, str]] = field(default_factory=list)

    def send(self, address: str, text: str) -> None:
        """Raises UpstreamError."""
        time.sleep(0.25)
        if self.outages > 0:
            self.outages -= 1
            raise UpstreamError("421 from the mail server")
        self.sent.append((address, text))
