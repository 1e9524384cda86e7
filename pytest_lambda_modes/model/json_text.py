"""JSON text as `json.dumps` writes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from json.encoder import encode_basestring_ascii


def _writer() -> Callable[[object], str]:
    """`json.dumps` makes an encoder for every text, which takes longer than to write a short one. This one is kept.

    It knows of circular references only by the depth of its recursion.
    """
    encoder = json.JSONEncoder()
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return encoder.encode
    pieces = make(None, encoder.default, encode_basestring_ascii, None, ": ", ", ", False, False, True)
    return lambda value: "".join(pieces(value, 0))


# Raises TypeError, ValueError and RecursionError for what JSON cannot carry.
write = _writer()
