"""Hands paid orders to the warehouse. They come from a queue, which Lambda polls."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.upstream import UpstreamError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


class UnknownArticle(ValueError):
    """The warehouse has no such article, and never will."""


@dataclass
class Warehouse:
    """Packs each order once, however often it is asked. `latency` is in seconds; the first `outages` calls fail."""

    latency: float = 0.2
    outages: int = 0
    articles: set[str] = field(default_factory=lambda: {"mug", "tea"})
    parcels: dict[str, list[str]] = field(default_factory=dict)

    def pack(self, order_id: str, skus: list[str]) -> None:
        """Raises UnknownArticle, or UpstreamError."""
        time.sleep(self.latency)
        if self.outages > 0:
            self.outages -= 1
            raise UpstreamError("503 from the warehouse")
        if not self.articles.issuperset(skus):
            raise UnknownArticle(", ".join(sorted(set(skus) - self.articles)))
        self.parcels.setdefault(order_id, skus)


warehouse = Warehouse()


def ship_orders(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Ship each order by itself. The answer names the messages that are to come again."""
    failures = []
    for message in event["Records"]:
        order = json.loads(message["body"])
        try:
            warehouse.pack(order["id"], order["skus"])
            logger.info("order %s: packed", order["id"])
        except (UpstreamError, UnknownArticle) as error:
            logger.warning("order %s: %s", order["id"], error)
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}
