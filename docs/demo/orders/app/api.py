"""The orders API: places orders over HTTP, behind API Gateway."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.handler import InvalidOrder, place_order

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

STATUS_CODES = {"paid": 201, "pending": 202, "declined": 402}


def orders_api(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """POST /orders. An order that is paid is at its Location."""
    try:
        placed = place_order(json.loads(event["body"] or ""), context)
    except json.JSONDecodeError as error:
        return answer(400, {"message": f"no JSON: {error}"})
    except InvalidOrder as error:
        return answer(422, {"message": str(error)})
    return answer(STATUS_CODES[placed["status"]], placed, {"Location": f"/orders/{placed['order']}"})


def answer(status_code: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
    """A proxy response. Money is text in it, so that no client rounds it."""
    return {"statusCode": status_code, "headers": headers or {}, "body": json.dumps(body, default=str)}
