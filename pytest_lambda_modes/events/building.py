"""What every builder of an event shares: the moment, the ids, names that stand for ARNs, and the test's own members."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID, REGION
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import epoch_microseconds, utc_datetime

Event = dict[str, Any]
Overrides = Mapping[str, Any]

NEW_YEAR = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
SOURCE_IP = "203.0.113.7"  # a block that is kept for examples

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def epoch(at: dt.datetime) -> int:
    """Microseconds from 1970 to `at`. Raises ConfigError for a datetime without a time zone."""
    if at.tzinfo is None:
        raise ConfigError(
            f"at is {at.isoformat()}, without a time zone, and must have one.\n\n"
            f"An event says when it happened in UTC: at=datetime({at.year}, {at.month}, {at.day}, tzinfo=timezone.utc)"
        )
    return epoch_microseconds(at)


def identifiers(given: Identifiers | None) -> Identifiers:
    """The given ids, or new ones that begin at the same place for each event."""
    return Identifiers("events") if given is None else given


def resource_hex(resource: str, length: int = 32) -> str:
    """The hex digits in the name of a resource, which stay the same from event to event, whatever its source of ids."""
    return Identifiers("resources").hex(resource, length)


def resource_uuid(resource: str) -> str:
    """The id of a resource, which stays the same from event to event, whatever its source of ids."""
    return Identifiers("resources").uuid(resource)


def finished(event: Event, overrides: Overrides | None) -> Event:
    """The event with the test's own members in it.

    A mapping is merged into an object. Into a list it is merged item by item, by index: `{"Records": {0: {...}}}`.
    Anything else takes the place of what was there. Raises ConfigError for an index that a list has not.
    """
    built: Event = _own(event)
    return built if overrides is None else _merged(built, overrides, "overrides")


def _own(value: Any) -> Any:
    """The value in objects and lists that nothing else holds, not even another member of the same event."""
    if isinstance(value, Mapping):
        return {key: _own(item) for key, item in value.items()}
    return [_own(item) for item in value] if isinstance(value, (list, tuple)) else value


def _merged(base: Any, overrides: Mapping[Any, Any], path: str) -> Any:
    for key, value in overrides.items():
        here = f"{path}[{key!r}]"
        if isinstance(base, list) and not (isinstance(key, int) and 0 <= key < len(base)):
            raise ConfigError(
                f"{here}: the event has a list of {len(base)} there.\n\n"
                "A mapping merges into a list by index, from 0. A list takes the place of the whole list."
            )
        old = base[key] if isinstance(base, list) else base.get(key)
        merges = isinstance(value, Mapping) and isinstance(old, (dict, list))
        base[key] = _merged(old, value, here) if merges else _own(value)
    return base


def text(where: str, name: str, value: object) -> str:
    """A string with something in it. Raises ConfigError."""
    if isinstance(value, str) and value:
        return value
    raise ConfigError(f"{where}: {name} is {shown(value)}, and must be a string that is not empty.")


def strings(where: str, name: str, value: Mapping[str, str] | None) -> dict[str, str]:
    """A mapping of strings to strings; None is an empty one. Raises ConfigError."""
    if value is None:
        return {}
    if isinstance(value, Mapping) and all(isinstance(part, str) for item in value.items() for part in item):
        return dict(value)
    raise ConfigError(f"{where}: {name} is {shown(value)}, and must be a mapping of strings to strings.")


def choice(where: str, name: str, value: object, choices: tuple[str, ...]) -> str:
    """One of AWS's own words, however many there are. Raises ConfigError."""
    if value in choices:
        return str(value)
    raise ConfigError(f"{where}: {name} is {shown(value)}, and must be one of: {', '.join(choices)}.")


def json_text(where: str, name: str, value: object) -> str:
    """A value as compact JSON. Raises ConfigError for what JSON has not."""
    try:
        return json.dumps(value, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{where}: {name} is {shown(value)}, which is no JSON: {error}.") from None


def content(where: str, name: str, data: object) -> bytes:
    """Text, bytes, or a mapping as its JSON, in bytes. Raises ConfigError for anything else."""
    if isinstance(data, Mapping):
        return json_text(where, name, data).encode()
    if isinstance(data, (str, bytes)):
        return data.encode() if isinstance(data, str) else data
    raise ConfigError(f"{where}: {name} is {shown(data)}, and must be str, bytes or a mapping.")


def arn(service: str, resource: str) -> str:
    """The ARN of a resource of the one account and region that exist here. What is an ARN already stays."""
    return resource if resource.startswith("arn:") else f"arn:aws:{service}:{REGION}:{ACCOUNT_ID}:{resource}"


def role_arn(name: str) -> str:
    """The ARN of an IAM role, which is of no region. What is an ARN already stays."""
    return name if name.startswith("arn:") else f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"


def base64_text(data: str | bytes) -> str:
    """Base64 of bytes, or of text as UTF-8."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def short_id(ids: Identifiers, kind: str) -> str:
    """An id as API Gateway makes them: 16 characters of base64, the last a `=`."""
    return base64.urlsafe_b64encode(bytes.fromhex(ids.hex(kind, 22))).decode()


def log_time(epoch: int) -> str:
    """`01/Jan/2026:00:00:00 +0000`, as access logs write it. `epoch` is in microseconds since 1970."""
    moment = utc_datetime(epoch)
    return f"{moment.day:02d}/{MONTHS[moment.month - 1]}/{moment.year}:{moment:%H:%M:%S} +0000"
