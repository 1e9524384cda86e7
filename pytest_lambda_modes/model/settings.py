"""Keyword settings: unknown names and impossible values are refused at once, and told how to be right."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model import setting_names
from pytest_lambda_modes.model.limits import Range

_LONGEST_SHOWN = 80


def snake_case(name: str) -> str:
    """An API, CDK or template name as botocore writes it: `MaximumRetryAttempts` is `maximum_retry_attempts`."""
    spaced = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name.replace("-", "_"))
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", spaced).lower().replace("__", "_")


def check_names(where: str, given: Mapping[str, object], known: Iterable[str], not_modelled: Mapping[str, str]) -> None:
    """Refuse every setting that is not `known`, with a line for each that names the right one.

    `where` opens the line (`marker lambda_function`, `sync_invoke(...)`). `not_modelled` holds settings that AWS has
    and the simulation has not, each with the reason. Raises ConfigError.
    """
    known = tuple(known)
    unknown = [name for name in given if name not in known]
    if unknown:
        answers = "\n".join(f"{where}: {_answer(name, known, not_modelled)}" for name in unknown)
        raise ConfigError(f"{answers}\n\nIts settings: {', '.join(known)}.")


def _answer(name: str, known: Collection[str], not_modelled: Mapping[str, str]) -> str:
    snake = snake_case(name)
    if snake in known:
        return f"there is no setting {name}; names are in snake case here: {snake}."
    if snake in not_modelled:
        return f"{name} is not simulated: {not_modelled[snake]}."
    if snake in setting_names.FLATTENED:
        leaves = _owned(setting_names.FLATTENED[snake], known)
        return f"there is no setting {name}; its leaves are settings here: {leaves}."
    if snake in setting_names.FOREIGN:
        tool, ours = setting_names.FOREIGN[snake]
        return f"there is no setting {name}; that is its {tool} name; here, as in the API: {_owned(ours, known)}."
    if setting_names.owners_of(snake):
        return f"{name} is a setting of {_owners(snake)}, not of this."
    near = _nearest(snake, known)
    return f"there is no setting {name}." + (f" Did you mean {_owned((near,), known)}?" if near else "")


def _owned(names: Collection[str], known: Collection[str]) -> str:
    """The names, and who takes them when that is somebody else."""
    owners = {_owners(name) for name in names if name not in known}
    return ", ".join(names) + (f", of {' and '.join(sorted(owners))}" if owners else "")


def _owners(name: str) -> str:
    return " and ".join(setting_names.owners_of(name))


def _nearest(name: str, known: Collection[str]) -> str | None:
    """The name that was probably meant: of this place if at all like, of another one only if very like."""
    everywhere = [ours for names in setting_names.OWNERS.values() for ours in names]
    near = get_close_matches(name, list(known), 1, 0.7) or get_close_matches(name, everywhere, 1, 0.85)
    return near[0] if near else None


def wrong_value(where: str, name: str, value: object, must: str, why: str) -> ConfigError:
    """The error for a value that cannot be: what it is, what it must be, then why and what to do. (DESIGN 5)"""
    return ConfigError(f"{where}: {name} is {shown(value)}, and must be {must}.\n\n{why}")


def shown(value: object) -> str:
    """A value as a message quotes it: on one line, and cut where it gets long."""
    quoted = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else " ".join(repr(value).split())
    return quoted if len(quoted) <= _LONGEST_SHOWN else quoted[: _LONGEST_SHOWN - 3] + "..."


def whole_number(where: str, name: str, value: object, limits: Range, unit: str, why: str) -> int:
    """An int, whatever its size. True is none, nor is 3.0 or a timedelta. Raises ConfigError."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _out_of(where, name, value, limits, unit, why)


def number_in(where: str, name: str, value: object, limits: Range, unit: str, why: str) -> int:
    """An int inside `limits`. `unit` is a plural (`seconds`) or empty. Raises ConfigError."""
    number = whole_number(where, name, value, limits, unit, why)
    if limits.least <= number <= limits.most:
        return number
    raise _out_of(where, name, value, limits, unit, why)


def _out_of(where: str, name: str, value: object, limits: Range, unit: str, why: str) -> ConfigError:
    must = f"a whole number {f'of {unit} ' if unit else ''}from {limits.least} to {limits.most}"
    why = f"{why} Default: {limits.default}. ({limits.rule})"
    if isinstance(value, dt.timedelta):
        why += f"\n\nSettings are numbers, as in the API: {name}={round(value.total_seconds())}"
    return wrong_value(where, name, value, must, why)


def flag(where: str, name: str, value: object, why: str) -> bool:
    """True or False, and nothing that merely counts as it. Raises ConfigError."""
    if isinstance(value, bool):
        return value
    raise wrong_value(where, name, value, "True or False", why)


def text(where: str, name: str, value: object, pattern: str, must: str, why: str) -> str:
    """A string that matches the whole `pattern`, which `must` puts in words. Raises ConfigError."""
    if isinstance(value, str) and re.fullmatch(pattern, value):
        return value
    raise wrong_value(where, name, value, must, why)


def one_of(where: str, name: str, value: object, choices: Collection[str], why: str) -> str:
    """One of the strings AWS has for a setting, in AWS's own spelling. Raises ConfigError."""
    if isinstance(value, str) and value in choices:
        return value
    raise wrong_value(where, name, value, " or ".join(map(shown, choices)), why)


def mapping(where: str, name: str, value: object, must: str, why: str) -> Mapping[object, object]:
    """A mapping, whatever is in it. Raises ConfigError."""
    if isinstance(value, Mapping):
        return value
    raise wrong_value(where, name, value, must, why)
