"""Books the sales of the orders table in the ledger, from the changes that its stream tells of."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app.upstream import UpstreamError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)

Image = dict[str, dict[str, Any]]


@dataclass
class Ledger:
    """Keeps what was sold. An entry is booked once, however often it comes. The first `outages` calls fail."""

    outages: int = 0
    entries: dict[str, Decimal] = field(default_factory=dict)

    def book(self, entry_id: str, amount: Decimal) -> None:
        """Raises UpstreamError."""
        time.sleep(0.1)
        if self.outages > 0:
            self.outages -= 1
            raise UpstreamError("504 from the ledger")
        self.entries[entry_id] = amount

    @property
    def total(self) -> Decimal:
        return sum(self.entries.values(), Decimal(0))


ledger = Ledger()


def book_sales(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Book the orders that were paid. The answer says from which change on to try again."""
    for change in event["Records"]:
        try:
            for order_id, total in newly_paid(change):
                ledger.book(order_id, total)
                logger.info("order %s: booked %s", order_id, total)
        except UpstreamError as error:
            logger.warning("%s, again from change %s on", error, change["dynamodb"]["SequenceNumber"])
            return {"batchItemFailures": [{"itemIdentifier": change["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def newly_paid(change: dict[str, Any]) -> Iterator[tuple[str, Decimal]]:
    """The order and its total, if this change has paid it."""
    before, after = status(change["dynamodb"].get("OldImage")), status(change["dynamodb"].get("NewImage"))
    if after == "paid" != before:
        order = change["dynamodb"]["NewImage"]
        yield order["id"]["S"], Decimal(order["total"]["N"])


def status(image: Image | None) -> str | None:
    return image["status"]["S"] if image else None
