"""Where in an event the value is that JSON cannot carry, and what to send instead."""

from __future__ import annotations

import dataclasses
import json
import math
import reprlib
from collections.abc import Iterator

from pytest_lambda_modes.runtime.frozen_names import with_real_names

_WHY = "An event reaches the handler as JSON text, as in Lambda (RT-6)."

# By the name of a class or of one of its bases, so that no library has to be imported for its sake.
_ADVICE = {
    "Decimal": "float(value), or str(value) to keep every digit",
    "datetime": "value.isoformat()",
    "date": "value.isoformat()",
    "time": "value.isoformat()",
    "timedelta": "value.total_seconds()",
    "set": "sorted(value)",
    "frozenset": "sorted(value)",
    "bytes": "value.decode(), or base64.b64encode(value).decode()",
    "bytearray": "value.decode(), or base64.b64encode(value).decode()",
    "UUID": "str(value)",
    "PurePath": "str(value)",
    "Enum": "value.value",
    "BaseModel": 'value.model_dump(mode="json")',
}


def describe_unserializable(event: object, error: Exception) -> str:
    """The message for an event that `json.dumps` refused with `error`: path, value, reason, advice."""
    try:
        found = next(_refusals(event, "event", {}), None)
    except RecursionError:
        found = None
    return found or f"The event cannot be written as JSON: {error}.\n\n{_WHY}"


def _refusals(value: object, path: str, ancestors: dict[int, str]) -> Iterator[str]:
    """A message for each value that JSON refuses, in the order in which json.dumps would meet them."""
    if value is None or isinstance(value, (str, int)):
        return
    if isinstance(value, float):
        if not math.isfinite(value):
            yield f"{path} is {value}, and JSON has no such number.\n\n{_WHY} The Invoke API refuses it (SYNC-10)."
    elif not isinstance(value, (dict, list, tuple)):
        told = with_real_names(f"{reprlib.repr(value)}, and JSON has no {type(value).__name__}")
        yield f"{path} is {told}.\n\n{_WHY} {_advice(value)}"
    elif id(value) in ancestors:
        yield f"{path} is {ancestors[id(value)]} again, and JSON cannot carry a circle.\n\n{_WHY}"
    else:
        within = {**ancestors, id(value): path}
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if not _is_key(key):
                yield f"{path} has the key {with_real_names(reprlib.repr(key))}, and JSON's keys are strings.\n\n{_WHY}"
            yield from _refusals(item, f"{path}[{_subscript(key)}]", within)


def _is_key(key: object) -> bool:
    if isinstance(key, float):
        return math.isfinite(key)
    return key is None or isinstance(key, (str, int))


def _subscript(key: object) -> str:
    return json.dumps(key, ensure_ascii=False) if isinstance(key, str) else repr(key)


def _advice(value: object) -> str:
    for base in type(value).__mro__:
        if base.__name__ in _ADVICE:
            return f"Send {_ADVICE[base.__name__]}."
    if dataclasses.is_dataclass(value):
        return "Send dataclasses.asdict(value)."
    return "Send what JSON has: dict, list, str, int, float, bool or None."
