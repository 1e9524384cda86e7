"""The JSON boundary: what a caller sends, what the handler receives, what its return value becomes.

The caller's side writes with the standard library, as users of boto3 do. The runtime's side reads and writes with
simplejson, as AWS's runtime does, since the same library gives the same bytes. (RT-6, RT-10)
"""

from __future__ import annotations

import inspect
import json
import marshal
import math
from decimal import Decimal
from types import CoroutineType
from typing import NoReturn

import simplejson

from pytest_lambda_modes.errors import EventError, InvalidRequestContentException
from pytest_lambda_modes.model.prepared_json import prepare, prepare_simplejson
from pytest_lambda_modes.runtime.event_path import describe_unserializable
from pytest_lambda_modes.runtime.faults import MarshalError, RuntimeCrash, UnmarshalError
from pytest_lambda_modes.runtime.frozen_names import with_real_names

# From Python 3.12 on the runtime sends text beyond ASCII as it is; before, escaped. (RT-10)
_UTF8_RUNTIMES = frozenset({"python3.12", "python3.13", "python3.14", "python3.15"})


def _encode_default(value: object) -> object:
    """A Decimal is sent as its own digits; nothing else is added to what JSON has."""
    if isinstance(value, Decimal):
        return math.nan if value.is_nan() else simplejson.RawJSON(str(value))
    raise TypeError(f"Object of type {value.__class__.__name__} is not JSON serializable")


_encode_event = prepare(json.JSONEncoder(allow_nan=False))
_decoder = simplejson.JSONDecoder()
_decoder_with_nan = simplejson.JSONDecoder(allow_nan=True)
_encode_utf8 = prepare_simplejson(
    simplejson.JSONEncoder(use_decimal=False, allow_nan=True, ensure_ascii=False, default=_encode_default)
)
_encode_ascii = prepare_simplejson(simplejson.JSONEncoder(use_decimal=False, allow_nan=True, default=_encode_default))


def encode_event(value: object) -> bytes:
    """The request payload for an event: any JSON value, written as `json.dumps` does.

    A `str` is a JSON string. `bytes` are the payload itself, and no bytes at all are no payload, so `{}` (RT-8).

    Raises EventError for what JSON cannot carry, naming the path to it, and InvalidRequestContentException for bytes
    that are not JSON (SYNC-10). Of that message AWS's part is the beginning; the parser's own words differ.
    """
    if isinstance(value, bytes):
        return _raw_payload(value)
    try:
        return _encode_event(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise EventError(describe_unserializable(value, error)) from None


def _raw_payload(payload: bytes) -> bytes:
    if not payload:
        return b"{}"
    try:
        _decode(_decoder, payload)
    except (ValueError, RecursionError) as error:
        raise InvalidRequestContentException(
            f"Could not parse request body into json: Could not parse payload into json: {error}"
        ) from None
    return payload


def decode_event(payload: bytes) -> object:
    """The event as the handler receives it, parsed anew each time. (RT-6, RT-9) Raises UnmarshalError (RT-7)."""
    try:
        return _decode(_decoder, payload)
    except Exception as error:
        raise UnmarshalError(f"Unable to unmarshal input: {error}") from error


def preserved(event: object) -> bytes | None:
    """An event as it is now, for `restored`, which is several times as fast as parsing; None if it is too deep."""
    try:
        return marshal.dumps(event)  # type: ignore[arg-type]
    except ValueError:
        return None


def restored(event: bytes) -> object:
    """An event that was preserved, made anew each time."""
    return marshal.loads(event)


def encode_response(value: object, runtime: str) -> bytes:
    """The response payload for a return value, byte for byte what the runtime `"python3.x"` sends. (RT-10, RT-13)

    Raises MarshalError for what the runtime refuses (RT-11), and RuntimeCrash for a lone surrogate from python3.12 on:
    that passes the encoder and then fails to become UTF-8, where nothing catches it.
    """
    if isinstance(value, bytes):
        return value
    try:
        text = _encode_utf8(value) if runtime in _UTF8_RUNTIMES else _encode_ascii(value)
    except Exception as error:
        _refuse(value, error)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise RuntimeCrash(str(error)) from error


def _refuse(value: object, error: Exception) -> NoReturn:
    # Python warns of a coroutine that nobody awaited, and suites run with warnings as errors. (RT-12)
    if isinstance(value, CoroutineType) and inspect.getcoroutinestate(value) == inspect.CORO_CREATED:
        value.close()
    raise MarshalError(f"Unable to marshal response: {with_real_names(str(error))}") from error


def decode_response(payload: bytes) -> object:
    """A response payload as a value, for assertions. Takes NaN and Infinity, and returns bytes that are not JSON."""
    try:
        return _decode(_decoder_with_nan, payload)
    except (ValueError, RecursionError):
        return payload


def _decode(decoder: simplejson.JSONDecoder, payload: bytes) -> object:
    """What `decoder.decode` gives. What was written here has no white space around it, whose search takes 1 us."""
    text = payload.decode()
    try:
        value, end = decoder.scan_once(text, 0)
    except simplejson.JSONDecodeError:
        return decoder.decode(text)
    return value if end == len(text) else decoder.decode(text)
