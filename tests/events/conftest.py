"""An ASGI app behind Mangum: what it is asked tells how an event reads as an HTTP request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from mangum import Mangum


async def _echo(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    asked = {
        "method": scope["method"],
        "path": scope["path"],
        "query": scope["query_string"].decode(),
        "headers": {name.decode(): value.decode() for name, value in scope["headers"]},
        "client": scope["client"][0],
        "scheme": scope["scheme"],
        "body": (await receive())["body"].decode(),
    }
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(asked).encode()})


@pytest.fixture
def ask_mangum() -> Iterator[Callable[[dict[str, Any]], Any]]:
    """Hands an event to the app, and gives what the app was asked. Mangum uses the current loop and closes none."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    mangum: Any = Mangum(_echo, lifespan="off")  # type: ignore[arg-type]
    yield lambda event: json.loads(mangum(event, None)["body"])
    asyncio.set_event_loop(None)
    loop.close()
