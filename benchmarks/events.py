"""The events that are sent, and the JSON they cost.

They are nearly one long string, which is the cheapest JSON of its size: what is not JSON shows most.
"""

from __future__ import annotations

import json
from typing import Any

import simplejson

SMALL = {"id": 7, "data": "x" * 1_000}
LARGE = {"id": 7, "data": "x" * 100_000}

# Clients write with the standard library, the runtime reads and writes with simplejson.
_encode_event = json.JSONEncoder(allow_nan=False).encode
_encode_response = simplejson.JSONEncoder(use_decimal=False, ensure_ascii=False).encode
_decode = simplejson.JSONDecoder().decode


def to_wire(event: object) -> bytes:
    return _encode_event(event).encode()


def from_wire(payload: bytes | str) -> Any:
    return _decode(payload.decode() if isinstance(payload, bytes) else payload)


def echo(event: object, context: object) -> object:
    return event


def json_round_trip(event: object) -> Any:
    """JSON in, the call, JSON out: the floor nobody can pass."""
    return from_wire(_encode_response(echo(from_wire(to_wire(event)), None)).encode())
