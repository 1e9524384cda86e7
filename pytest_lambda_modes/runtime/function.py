"""The front door: a function with its versions, aliases and concurrency, which every mode asks to run a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import NamedTuple

from pytest_lambda_modes.errors import (
    ConfigError,
    InvalidParameterValueException,
    ResourceNotFoundException,
    TooManyRequestsException,
)
from pytest_lambda_modes.model import limits
from pytest_lambda_modes.model.event_invoke_config import EventInvokeConfig
from pytest_lambda_modes.model.facts import ConfigurationUpdated, Throttled
from pytest_lambda_modes.model.function_config import FunctionConfig
from pytest_lambda_modes.runtime.concurrency import FunctionConcurrency
from pytest_lambda_modes.runtime.execution_environment import ExecutionEnvironment, Handler
from pytest_lambda_modes.runtime.invocation import Invocation, Request
from pytest_lambda_modes.runtime.platform import Platform

LATEST = "$LATEST"
_AWS_DEFAULTS = EventInvokeConfig()


class Version:
    """A configuration and a handler under a number, with the environments that are idle. (RT-32)"""

    __slots__ = ("config", "handler", "idle", "number")

    def __init__(self, number: str, config: FunctionConfig, handler: Handler | str) -> None:
        self.number = number
        self.config = config
        self.handler = handler
        self.idle: list[ExecutionEnvironment] = []


class Alias(NamedTuple):
    """A name for a version; `additional_version_weights` sends a share of its invocations to one other. (SYNC-19)"""

    name: str
    function_version: str
    additional_version_weights: dict[str, float]


class Function:
    """A Lambda function of the test. Made by `lambda_modes.function(...)`; invoked through the modes."""

    def __init__(self, platform: Platform, config: FunctionConfig, handler: Handler | str) -> None:
        self.platform = platform
        self.latest = Version(LATEST, config, handler)
        self.versions: dict[str, Version] = {LATEST: self.latest}
        self.aliases: dict[str, Alias] = {}
        self.event_invoke_configs: dict[str, EventInvokeConfig] = {}
        self.deleted = False
        self.concurrency = FunctionConcurrency(platform.account, config.reserved_concurrent_executions)

    @property
    def config(self) -> FunctionConfig:
        """The settings of `$LATEST`."""
        return self.latest.config

    @property
    def function_name(self) -> str:
        return self.latest.config.function_name

    @property
    def arn(self) -> str:
        return self.latest.config.arn

    @property
    def handler(self) -> Handler | str:
        return self.latest.handler

    def __repr__(self) -> str:
        return f"<Function {self.function_name}, timeout {self.config.timeout} s>"

    # Configuration

    def update_configuration(self, **settings: object) -> None:
        """Change settings of `$LATEST`, under the names of the marker `lambda_function`.

        What runs goes on as it was; idle environments are discarded, so the next invocation is a cold start. (SYNC-18,
        RT-22) Raises ConfigError for an unknown setting or an impossible value.
        """
        config = self.config.replace(f"{self.function_name}.update_configuration(...)", **settings)
        self._put(config, self.handler, tuple(settings))
        if "reserved_concurrent_executions" in settings:
            self.concurrency.reserve(config.reserved_concurrent_executions)

    def update_code(self, handler: Handler | str) -> None:
        """Give `$LATEST` another handler. Events already queued for it run the new code. (ASYNC-5)"""
        if not callable(handler) and not isinstance(handler, str):
            raise ConfigError(f"update_code() was given {handler!r}, and needs a callable or a handler string.")
        self._put(self.config, handler, ("code",))

    def _put(self, config: FunctionConfig, handler: Handler | str, changed: tuple[str, ...]) -> None:
        self._discard(self.latest)
        self.latest.config = config
        self.latest.handler = handler
        now = self.platform.hub.scheduler.now
        self.platform.emit(ConfigurationUpdated(now, self.function_name, changed, "SYNC-18"))

    def publish_version(self) -> str:
        """Keep `$LATEST` as it is now under the next number, and return that. (RT-32)"""
        number = str(len(self.versions))
        self.versions[number] = Version(number, self.config, self.handler)
        return number

    def create_alias(
        self, name: str, function_version: str, additional_version_weights: Mapping[str, float] | None = None
    ) -> Alias:
        """Name a version. `additional_version_weights` is at most one other version with its share, 0 to 1. (SYNC-19)

        Calling it again for the same name points the alias elsewhere. Raises ResourceNotFoundException for a version
        that does not exist, InvalidParameterValueException for weights AWS refuses.
        """
        weights = dict(additional_version_weights or {})
        for number in (function_version, *weights):
            if number not in self.versions:
                raise ResourceNotFoundException(f"Function not found: {self.arn}:{number}")
        if weights and LATEST in (function_version, *weights):
            raise InvalidParameterValueException("$LATEST is not supported for an alias pointing to more than 1 version")
        if len(weights) > 1 or any(not 0 <= weight <= 1 for weight in weights.values()):
            raise InvalidParameterValueException(
                f"Invalid routing configuration {weights}: at most one additional version, with a weight from 0 to 1"
            )
        alias = self.aliases[name] = Alias(name, function_version, weights)
        return alias

    def event_invoke_config(self, qualifier: str | None) -> EventInvokeConfig:
        """What applies to events for a qualifier: its own settings, else those of `$LATEST`, else AWS's. (ASYNC-7)"""
        configs = self.event_invoke_configs
        return configs.get(qualifier or LATEST) or configs.get(LATEST) or _AWS_DEFAULTS

    def put_function_event_invoke_config(self, *, qualifier: str = LATEST, **settings: object) -> None:
        """Give a qualifier exactly these event invoke settings; what is left out returns to its default. (ASYNC-7)

        Raises ResourceNotFoundException, InvalidParameterValueException or ConfigError, as the settings deserve.
        """
        where = f"{self.function_name}.put_function_event_invoke_config(...)"
        if self.deleted:
            raise ResourceNotFoundException("The function doesn't exist.")
        self.check(qualifier)
        if not settings:
            raise InvalidParameterValueException(
                "You must specify at least one of error handling or destination setting."
            )
        self.event_invoke_configs[qualifier] = EventInvokeConfig.build(where, self.arn, **settings)

    def update_function_event_invoke_config(self, *, qualifier: str = LATEST, **settings: object) -> None:
        """Change these event invoke settings of a qualifier and leave the others. (ASYNC-7)

        Raises ResourceNotFoundException where there are none yet, else as `put_function_event_invoke_config`.
        """
        current = self.event_invoke_configs.get(qualifier)
        if current is None:
            raise ResourceNotFoundException(f"The function {self.arn}:{qualifier} doesn't have an EventInvokeConfig")
        kept = {field.name: getattr(current, field.name) for field in fields(current)}
        self.put_function_event_invoke_config(qualifier=qualifier, **{**kept, **settings})

    def delete(self) -> None:
        """Remove the function. What runs goes on; who invokes it next is told that it does not exist. (SYNC-7)"""
        self.deleted = True
        self.concurrency.reserve(None)
        self.platform.functions.pop(self.function_name, None)
        for version in self.versions.values():
            self._discard(version)

    def recycle(self) -> None:
        """Discard the idle environments, as the platform does now and then. (RT-22)"""
        for version in self.versions.values():
            self._discard(version)

    def _discard(self, version: Version) -> None:
        for environment in version.idle:
            environment.close()
        version.idle.clear()

    # Invocation

    def check(self, qualifier: str | None) -> None:
        """Raise ResourceNotFoundException if the function, or what the qualifier names, does not exist. (SYNC-7)"""
        if self.deleted or not (
            qualifier is None or qualifier in self.versions or qualifier in self.aliases
        ):
            raise ResourceNotFoundException(f"Function not found: {self.arn}:{qualifier or LATEST}")

    def is_stopped_as_recursive(self, lineage: dict[str, int] | None) -> bool:
        """Whether a chain of invocations has come back here too often. (ASYNC-36)"""
        return (
            lineage is not None
            and lineage.get(self.function_name, 0) >= limits.RECURSION_LIMIT
            and self.config.recursive_loop == "Terminate"
        )

    def begin(self, request: Request) -> Invocation:
        """Take an environment for a request; the invocation is then to be executed.

        Raises ResourceNotFoundException (SYNC-7) and TooManyRequestsException (SYNC-15).
        """
        qualifier = request.qualifier
        arn = self.arn
        if qualifier is None and not self.deleted:
            version = self.latest
        else:
            self.check(qualifier)
            version = self._version_of(qualifier or LATEST)
            arn = f"{arn}:{qualifier}"
        platform = self.platform
        reason = self.concurrency.acquire(platform.hub.scheduler.now, new_environment=not version.idle)
        if reason is not None:
            raise self.throttle(request.request_id, reason)
        if version.idle:
            environment = version.idle.pop()
        else:
            environment = ExecutionEnvironment(platform, version.config, version.number, version.handler)
        return Invocation(environment, request, arn, self._release)

    def throttle(self, request_id: str, reason: str) -> TooManyRequestsException:
        """Say that a request was turned away, and make the error for it."""
        now = self.platform.hub.scheduler.now
        self.platform.emit(Throttled(now, self.function_name, request_id, reason, "SYNC-15"))
        return TooManyRequestsException("Rate Exceeded.", reason=reason)

    def _version_of(self, qualifier: str) -> Version:
        alias = self.aliases.get(qualifier)
        if alias is None:
            return self.versions[qualifier]
        for number, weight in alias.additional_version_weights.items():
            if self.platform.identifiers.fraction(f"alias {alias.name}") < weight:
                return self.versions[number]
        return self.versions[alias.function_version]

    def _release(self, invocation: Invocation) -> None:
        environment = invocation.environment
        self.concurrency.release()
        environment.ended(invocation.outcome if invocation.ended_at >= 0 else None)
        version = self.versions[environment.version]
        if environment.config is version.config and environment.setting is version.handler and not self.deleted:
            version.idle.append(environment)
        else:
            environment.close()
