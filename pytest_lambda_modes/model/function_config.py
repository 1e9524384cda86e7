"""How a function is configured, under the API's names, checked when it is built and never changed after."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model import limits, setting_names, settings, targets
from pytest_lambda_modes.model.environment import checked_environment
from pytest_lambda_modes.model.targets import Target

_NAME = "[a-zA-Z0-9-_]{1,64}"
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class FunctionConfig:
    """A function's settings. `timeout` is in seconds, `memory_size` in MB; None means that AWS's default applies.

    `log_group` None is `/aws/lambda/<function_name>`; `reserved_concurrent_executions` None is a share of the account's
    (SYNC-16), and 0 lets nothing run (SYNC-15, ASYNC-13).
    """

    function_name: str
    timeout: int = limits.TIMEOUT.default
    memory_size: int = limits.MEMORY_SIZE.default
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    reserved_concurrent_executions: int | None = None
    runtime: str = f"python3.{sys.version_info.minor}"
    log_format: str = "Text"
    application_log_level: str | None = None
    system_log_level: str | None = None
    log_group: str | None = None
    dead_letter_target: Target | None = None
    recursive_loop: str = "Terminate"
    region: str = limits.REGION
    account_id: str = limits.ACCOUNT_ID

    @classmethod
    def build(cls, where: str, /, *, function_name: object, **given: object) -> FunctionConfig:
        """Check settings and keep them. `where` opens the text of an error (`marker lambda_function`).

        Raises ConfigError for an unknown setting or an impossible value, InvalidParameterValueException for an
        environment that AWS refuses (RT-37).
        """
        config = cls(**_checked(where, {"function_name": function_name, **given}))
        _refuse_contradiction(where, config)
        return config

    def replace(self, where: str, /, **given: object) -> FunctionConfig:
        """The same function with other settings, checked as in `build`. Its name stays: to AWS it is the function."""
        if given.get("function_name", self.function_name) != self.function_name:
            raise ConfigError(
                f"{where}: function_name cannot be changed: the function is {self.function_name}.\n\n"
                "A function of another name is another function."
            )
        config = dataclasses.replace(self, **_checked(where, given))
        _refuse_contradiction(where, config)
        return config

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{self.region}:{self.account_id}:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        return self.log_group or f"/aws/lambda/{self.function_name}"


def unique_name(base: str, taken: Collection[str]) -> str:
    """A function name made from a handler's own: fit for AWS, and none of `taken` (`slow`, then `slow-2`)."""
    fit = re.sub("[^a-zA-Z0-9-_]+", "-", base).strip("-")[:_LONGEST_NAME]
    if base == "<lambda>" or not fit:
        fit = "handler"
    name, count = fit, 1
    while name in taken:
        count += 1
        suffix = f"-{count}"
        name = fit[: _LONGEST_NAME - len(suffix)] + suffix
    return name


def _checked(where: str, given: Mapping[str, object]) -> dict[str, Any]:
    settings.check_names(where, given, SETTINGS, setting_names.FUNCTION_NOT_MODELLED)
    return {name: _CHECKS[name](where, name, value) for name, value in given.items()}


def _refuse_contradiction(where: str, config: FunctionConfig) -> None:
    for name in ("application_log_level", "system_log_level"):
        level = getattr(config, name)
        if level is not None and config.log_format != "JSON":
            raise ConfigError(
                f'{where}: {name} is {settings.shown(level)}, and needs log_format="JSON".\n\n'
                "Lambda filters logs by level only where it can read the level, which is in JSON."
            )


_Check = Callable[[str, str, object], object]


def _optional(check: _Check) -> _Check:
    return lambda where, name, value: None if value is None else check(where, name, value)


def _choice(choices: Collection[str], why: str) -> _Check:
    return lambda where, name, value: settings.one_of(where, name, value, choices, why)


def _words(pattern: str, must: str, why: str) -> _Check:
    return lambda where, name, value: settings.text(where, name, value, pattern, must, why)


def _number(limits_: limits.Range, unit: str, why: str) -> _Check:
    return lambda where, name, value: settings.number_in(where, name, value, limits_, unit, why)


def _reserved_concurrency(where: str, name: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    why = "It is the number of invocations that may run at once; 0 throttles all, None leaves it open. (SYNC-15)"
    raise settings.wrong_value(where, name, value, "a whole number from 0, or None", why)


_CHECKS: Mapping[str, _Check] = {
    "function_name": _words(_NAME, "1 to 64 letters, digits, hyphens and underscores", "AWS takes no other names."),
    "timeout": _number(limits.TIMEOUT, "seconds", "Lambda kills an invocation that runs longer."),
    "memory_size": _number(limits.MEMORY_SIZE, "MB", "A handler reads it as context.memory_limit_in_mb."),
    "environment": checked_environment,
    "reserved_concurrent_executions": _optional(_reserved_concurrency),
    "runtime": _words(
        r"python3\.\d+",
        'a Python runtime, such as "python3.13"',
        "Handlers run in the interpreter of the test; the runtime decides how a response is encoded. (RT-10)",
    ),
    "log_format": _choice(("Text", "JSON"), "They are AWS's two formats. (RT-18, RT-39)"),
    "application_log_level": _optional(
        _choice(("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"), "They are AWS's levels, in AWS's spelling.")
    ),
    "system_log_level": _optional(_choice(("DEBUG", "INFO", "WARN"), "They are AWS's levels, in AWS's spelling.")),
    "log_group": _optional(
        _words(r"[.\-_/#A-Za-z0-9]{1,512}", "the name of a log group", "Default: /aws/lambda/<function_name>.")
    ),
    "dead_letter_target": targets.dead_letter_target,
    "recursive_loop": _choice(("Terminate", "Allow"), "Terminate stops a chain of 16 invocations. (ASYNC-36)"),
}
SETTINGS = tuple(_CHECKS)
