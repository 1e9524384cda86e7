"""JSON encoders that are prepared once. Both libraries prepare anew for each value: a third of a small event's time.

What prepares is inside the libraries and not documented. So what it gives is tried out first, and where it is no use
the encoder itself is used.
"""

from __future__ import annotations

import decimal
import json.encoder
from collections.abc import Callable, Iterable
from typing import Any

import simplejson.encoder

Encode = Callable[[object], str]

# An encoder that is set up otherwise would show in one of these.
_TRIAL: dict[str, object] = {"text": 'é"\u2028', "numbers": [1, -2.5, 1e30, 10**20, True, None], "é": ({}, [])}


def prepare(encoder: json.JSONEncoder) -> Encode:
    """`encoder.encode` of the standard library."""
    library: Any = json.encoder
    text = library.encode_basestring_ascii if encoder.ensure_ascii else library.encode_basestring
    circles: dict[int, object] | None = {} if encoder.check_circular else None
    # fmt: off
    arguments = (
        circles, encoder.default, text, encoder.indent, encoder.key_separator, encoder.item_separator,
        encoder.sort_keys, encoder.skipkeys, encoder.allow_nan,
    )
    # fmt: on
    return _tried_out(encoder.encode, library, arguments, circles, {})


def prepare_simplejson(encoder: simplejson.JSONEncoder) -> Encode:
    """`encoder.encode` of simplejson."""
    library: Any = simplejson.encoder
    own: Any = encoder
    text = library.encode_basestring_ascii if own.ensure_ascii else library.encode_basestring
    circles: dict[int, object] = {}
    keys: dict[object, object] = {}
    # fmt: off
    arguments = (
        circles, own.default, text, own.indent, own.key_separator, own.item_separator, own.sort_keys, own.skipkeys,
        own.allow_nan, keys, own.use_decimal, own.namedtuple_as_object, own.tuple_as_array,
        own.int_as_string_bitcount, own.item_sort_key, own.encoding, own.for_json, own.ignore_nan, decimal.Decimal,
        own.iterable_as_array,
    )
    # fmt: on
    return _tried_out(own.encode, library, arguments, circles, keys)


def _tried_out(
    encode: Encode,
    library: Any,
    arguments: tuple[Any, ...],
    circles: dict[int, object] | None,
    keys: dict[object, object],
) -> Encode:
    try:
        prepared = _prepared(library.c_make_encoder(*arguments), circles, keys)
        return prepared if prepared(_TRIAL) == encode(_TRIAL) else encode
    except (AttributeError, TypeError, ValueError):
        return encode


def _prepared(
    pieces: Callable[[object, int], Iterable[str]], circles: dict[int, object] | None, keys: dict[object, object]
) -> Encode:
    """`circles` is where the encoder notes what it is in the middle of, if it looks for them; `keys` where it remembers
    texts of keys."""

    def encode(value: object) -> str:
        try:
            return "".join(pieces(value, 0))
        except BaseException:
            if circles is not None:
                circles.clear()
            raise
        finally:
            keys.clear()

    return encode
