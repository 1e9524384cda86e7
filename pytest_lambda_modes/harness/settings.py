"""The plugin's own settings, as a marker, the ini file and the command line give them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model import limits, settings

_datetime, _utc = dt.datetime, dt.timezone.utc

# As a number of seconds; the system's locks wait no longer than some.
_FOR_EVER = 1_000_000

NAMES = (
    "start",
    "seed",
    "real_time_limit",
    "leftovers",
    "handler_assertions",
    "timeout_format",
    "concurrent_executions",
)


@dataclass(frozen=True)
class HarnessSettings:
    """`start` None means an active freeze of freezegun's, or 2026-01-01T00:00:00Z. `real_time_limit` is in seconds.

    `concurrent_executions` is the account's concurrency (SYNC-16). `timeout_format` is `"current"`, or `"legacy"` for
    the payload of a timeout as it was before 2025 (RT-19).
    """

    start: dt.datetime | None = None
    seed: str = ""
    real_time_limit: float = 60.0
    leftovers: str = "error"
    handler_assertions: str = "fail"
    timeout_format: str = "current"
    concurrent_executions: int = limits.ACCOUNT_CONCURRENCY

    @classmethod
    def build(cls, where: str, /, **given: Any) -> HarnessSettings:
        """Check settings and keep them. Raises ConfigError."""
        settings.check_names(where, given, NAMES, {})
        checked: dict[str, Any] = dict(given)
        if given.get("start") is not None:
            checked["start"] = start_instant(where, given["start"])
        if "seed" in given:
            checked["seed"] = str(given["seed"])
        if "real_time_limit" in given:
            checked["real_time_limit"] = real_time_limit(where, given["real_time_limit"])
        for name, choices in CHOICES.items():
            if name in given:
                checked[name] = settings.one_of(where, name, given[name], tuple(choices), _told(choices))
        if "concurrent_executions" in given:
            value = given["concurrent_executions"]
            why = "It is how many invocations of all functions may run at once in the account."
            bounds = limits.Range(1, 1_000_000, limits.ACCOUNT_CONCURRENCY, "SYNC-16")
            settings.number_in(where, "concurrent_executions", value, bounds, "", why)
        return cls(**checked)


CHOICES: Mapping[str, Mapping[str, str]] = {
    "leftovers": {
        "error": "a test that ends with accepted work that never ran fails",
        "ignore": "it does not",
    },
    "handler_assertions": {
        "fail": "an assert that fails in a handler fails the test at its end",
        "error": "it is a function error and nothing else",
    },
    "timeout_format": {
        "current": "the payload of a timeout is AWS's of today (RT-19)",
        "legacy": "it is the one of before 2025",
    },
}


def _told(choices: Mapping[str, str]) -> str:
    return "\n".join(f'"{choice}": {meaning}.' for choice, meaning in choices.items())


def real_time_limit(where: str, value: object) -> float:
    """Seconds of real time that user code may run without waiting. Raises ConfigError."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
        return float(min(value, _FOR_EVER))
    why = "It bounds how long a handler may run without waiting before it counts as stuck. Default: 60."
    raise settings.wrong_value(where, "real_time_limit", value, "a number of seconds above 0", why)


def start_instant(where: str, value: object) -> dt.datetime:
    """The virtual start, in UTC, from a datetime or ISO 8601 text; without a zone it is UTC. Raises ConfigError."""
    moment = value
    if isinstance(value, str):
        try:
            moment = _datetime.fromisoformat(value[:-1] + "+00:00" if value.endswith(("Z", "z")) else value)
        except ValueError:
            moment = None
    if not isinstance(moment, _datetime):
        raise ConfigError(
            f"{where}: start is {settings.shown(value)}, and must be a datetime or its ISO 8601 text.\n\n"
            'It is the virtual instant at which the test begins, e.g. start="2026-03-29T00:59:00Z". '
            "Default: 2026-01-01T00:00:00Z."
        )
    return moment.replace(tzinfo=_utc) if moment.tzinfo is None else moment.astimezone(_utc)
