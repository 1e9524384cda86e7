"""The events that are sent: what EventBridge delivers for an order, once and a hundred times."""

from __future__ import annotations

import json
from typing import Any


def order(number: int) -> dict[str, Any]:
    """About 1 KB of JSON."""
    return {
        "version": "0",
        "id": f"6a7e8feb-b491-4cf7-a9f1-{number:012x}",
        "detail-type": "Order Placed",
        "source": "com.example.shop",
        "account": "123456789012",
        "time": "2026-01-01T00:00:00Z",
        "region": "eu-central-1",
        "resources": [f"arn:aws:dynamodb:eu-central-1:123456789012:table/orders/{number}"],
        "detail": {
            "order_id": number,
            "placed_at": "2025-12-31T23:59:58.123456Z",
            "customer": {"id": "c-4711", "email": "ann@example.com", "name": "Ann Müller", "vip": True},
            "ship_to": {
                "street": "Rue de l'Université 17",
                "city": "Strasbourg",
                "postal_code": "67000",
                "country": "FR",
            },
            "lines": [
                {"sku": "ESP-1000-DR", "name": "Espresso beans, dark roast, 1 kg", "quantity": 2, "price": 24.5},
                {"sku": "CUP-0006-WH", "name": "Espresso cups, white, set of six", "quantity": 1, "price": 39.0},
            ],
            "total": 88.0,
            "note": "Please ring twice and leave the parcel with the neighbour on the second floor.",
        },
    }


SMALL = order(1)
LARGE = {"orders": [order(number) for number in range(100)]}

SMALL_BYTES = len(json.dumps(SMALL))
LARGE_BYTES = len(json.dumps(LARGE))
