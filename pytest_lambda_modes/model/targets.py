"""Where dead letters and invocation records go: an ARN, a short form or anything with an ARN, made one thing."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model import limits, settings

# What a setting may point to. FIFO queues and topics pass: AWS notices at delivery. (ASYNC-28)
ON_SUCCESS = ("sqs", "sns", "lambda", "events")
ON_FAILURE = ("sqs", "sns", "lambda", "events", "s3")
DEAD_LETTER = ("sqs", "sns")  # ASYNC-8

_HERE = f"{limits.REGION}:{limits.ACCOUNT_ID}"
_ARN_STARTS = {
    "sqs": f"arn:aws:sqs:{_HERE}:",
    "sns": f"arn:aws:sns:{_HERE}:",
    "events": f"arn:aws:events:{_HERE}:event-bus/",
    "s3": "arn:aws:s3:::",
    "lambda": f"arn:aws:lambda:{_HERE}:function:",
}
_NAMES = {
    "sqs": r"[a-zA-Z0-9_-]{1,80}|[a-zA-Z0-9_-]{1,75}\.fifo",
    "sns": r"[a-zA-Z0-9_-]{1,256}|[a-zA-Z0-9_-]{1,251}\.fifo",
    "events": r"[a-zA-Z0-9._/-]{1,256}",
    "s3": r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    "lambda": r"[a-zA-Z0-9-_]{1,64}",
}
_EXAMPLES = {"sqs": "dlq", "sns": "alerts", "events": "default", "s3": "failures", "lambda": "other"}
_ARN = re.compile(r"arn:aws[a-zA-Z-]*:([a-z0-9-]+):[a-z0-9-]*:(?:\d{12})?:(.+)")


@runtime_checkable
class HasArn(Protocol):
    """Anything that knows its own ARN: a queue of `lambda_modes`, a function, a boto3 topic."""

    @property
    def arn(self) -> str: ...


@dataclass(frozen=True)
class Target:
    """A resource that can take a message or a record: its service, its name within it, and its ARN."""

    service: str
    name: str
    arn: str

    @property
    def fifo(self) -> bool:
        return self.service in ("sqs", "sns") and self.name.endswith(".fifo")

    def __str__(self) -> str:
        return f"{self.service}:{self.name}"


def parse(where: str, setting: str, given: object, allowed: Collection[str]) -> Target:
    """The target that `"sqs:dlq"`, an ARN, or an object with an ARN names.

    An ARN may be of any service, which `check_allowed` judges; `allowed` only chooses the examples in an error. Raises
    ConfigError for what names nothing, or nothing in this account and region.
    """
    text = given.arn if isinstance(given, HasArn) else given
    if not isinstance(text, str):
        raise _no_target(where, setting, given, allowed)
    if text.startswith("arn:"):
        return _from_arn(where, setting, text, allowed)
    service, _, name = text.partition(":")
    if service in _NAMES and re.fullmatch(_NAMES[service], name):
        return Target(service, name, _ARN_STARTS[service] + name)
    raise _no_target(where, setting, text, allowed)


def check_allowed(where: str, setting: str, target: Target, allowed: Collection[str]) -> None:
    """Refuse a target of a service that the setting cannot point to. Raises ConfigError."""
    if target.service not in allowed:
        raise _no_target(where, setting, target.arn, allowed)


def parse_allowed(where: str, setting: str, given: object, allowed: Collection[str]) -> Target:
    """`parse` and `check_allowed` in one."""
    target = parse(where, setting, given, allowed)
    check_allowed(where, setting, target, allowed)
    return target


def dead_letter_target(where: str, setting: str, given: object) -> Target | None:
    """A queue or topic for dead letters, or None for none. Raises ConfigError. (ASYNC-8)"""
    return None if given is None else parse_allowed(where, setting, given, DEAD_LETTER)


def _from_arn(where: str, setting: str, arn: str, allowed: Collection[str]) -> Target:
    match = _ARN.fullmatch(arn)
    if match is None:
        raise _no_target(where, setting, arn, allowed)
    service, resource = match.groups()
    if service not in _ARN_STARTS:
        return Target(service, resource, arn)
    name = _bare_name(service, resource)
    if arn.startswith(_ARN_STARTS[service] + name) and re.fullmatch(_NAMES[service], name):
        return Target(service, name, arn)
    must = f"an ARN that starts with {_ARN_STARTS[service]}"
    why = f'There is one account and one region here. The short form names them for you: "{service}:{name}"'
    raise settings.wrong_value(where, setting, arn, must, why)


def _bare_name(service: str, resource: str) -> str:
    """The name alone: a function's without its qualifier, a bucket's without a prefix, a bus's without its kind."""
    if service == "lambda":
        return resource.removeprefix("function:").partition(":")[0]
    if service == "s3":
        return resource.partition("/")[0]
    return resource.removeprefix("event-bus/") if service == "events" else resource


def _no_target(where: str, setting: str, given: object, allowed: Collection[str]) -> ConfigError:
    must = f"a target such as {_short_forms(allowed)}"
    why = "An ARN of such a resource is a target too, and so is an object from lambda_modes. (ASYNC-8, ASYNC-28)"
    return settings.wrong_value(where, setting, given, must, why)


def _short_forms(services: Collection[str]) -> str:
    return " or ".join(f'"{service}:{_EXAMPLES[service]}"' for service in services)
