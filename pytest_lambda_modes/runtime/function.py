"""The front door: a function with its versions, aliases and concurrency, which every mode asks to run a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from pytest_lambda_modes.errors import (
    ConfigError,
    InvalidParameterValueException,
    ResourceNotFoundException,
    TooManyRequestsException,
)
from pytest_lambda_modes.model import limits, settings
from pytest_lambda_modes.model.event_invoke_config import EventInvokeConfig
from pytest_lambda_modes.model.facts import ConfigurationUpdated, Throttled
from pytest_lambda_modes.model.faults import Kill
from pytest_lambda_modes.model.function_config import FunctionConfig
from pytest_lambda_modes.runtime.concurrency import FunctionConcurrency
from pytest_lambda_modes.runtime.execution_environment import ExecutionEnvironment, Handler
from pytest_lambda_modes.runtime.invocation import Invocation
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.runtime.request import Request
from pytest_lambda_modes.runtime.versions import LATEST, Alias, Versions

_AWS_DEFAULTS = EventInvokeConfig()


class Function:
    """A Lambda function of the test. Made by `lambda_modes.function(...)`; invoked through the modes."""

    def __init__(self, platform: Platform, config: FunctionConfig, handler: Handler | str) -> None:
        self.platform = platform
        self.function_name = config.function_name
        self.arn = config.arn
        self.deleted = False
        self.concurrency = FunctionConcurrency(platform.account, config.reserved_concurrent_executions)
        self.event_invoke_configs: dict[str, EventInvokeConfig] = {}
        self.event_invoke_default: EventInvokeConfig | None = None  # of the marker `async_invoke`
        self._versions = Versions(config.arn, config, handler)

    @property
    def config(self) -> FunctionConfig:
        """The settings of `$LATEST`."""
        return self._versions.latest.config

    @property
    def handler(self) -> Handler | str:
        return self._versions.latest.handler

    def __repr__(self) -> str:
        return f"<Function {self.function_name}, timeout {self.config.timeout} s>"

    # Configuration

    def update_configuration(self, **given: object) -> None:
        """Change settings of `$LATEST`, under the names of the marker `lambda_function`.

        What runs goes on as it was; the next invocation is a cold start (SYNC-18, RT-22), but not after a change of
        `reserved_concurrent_executions` alone, which AWS keeps apart. Raises ConfigError for an unknown setting or an
        impossible value.
        """
        config = self.config.replace(f"{self.function_name}.update_configuration(...)", **given)
        if given.keys() == {"reserved_concurrent_executions"}:
            self._versions.latest.config = config
        else:
            self._versions.update_latest(config, self.handler)
        if "reserved_concurrent_executions" in given:
            self.concurrency.reserve(config.reserved_concurrent_executions)
        self._say_updated(*given)

    def update_code(self, handler: Handler | str) -> None:
        """Give `$LATEST` another handler. Events already queued for it run the new code. (ASYNC-5)

        Raises ConfigError for what is no handler.
        """
        check_handler(f"{self.function_name}.update_code(...)", handler)
        self._versions.update_latest(self.config, handler)
        self._say_updated("code")

    def _say_updated(self, *changed: str) -> None:
        now = self.platform.hub.scheduler.now
        self.platform.emit(ConfigurationUpdated, now, self.function_name, changed, "SYNC-18")

    def publish_version(self) -> str:
        """Keep `$LATEST` as it is now under the next number, and return that. (RT-32)

        As in AWS, it is the last number again if nothing was updated since.
        """
        return self._versions.publish()

    def create_alias(
        self, name: str, function_version: str, additional_version_weights: Mapping[str, float] | None = None
    ) -> Alias:
        """Name a version. `additional_version_weights` is at most one other version with its share, 0 to 1. (SYNC-19)

        Calling it again for the same name points the alias elsewhere. Raises ConfigError for a name AWS does not take,
        ResourceNotFoundException for a version that does not exist, InvalidParameterValueException for weights.
        """
        return self._versions.put_alias(name, function_version, additional_version_weights or {})

    def event_invoke_config(self, qualifier: str | None) -> EventInvokeConfig:
        """What applies to events for a qualifier. Those of `$LATEST` apply to no other. (ASYNC-7)"""
        configs = self.event_invoke_configs
        put = configs.get(qualifier or LATEST) if configs else None
        return put or self.event_invoke_default or _AWS_DEFAULTS

    def get_function_event_invoke_config(self, *, qualifier: str = LATEST) -> EventInvokeConfig:
        """The event invoke settings of a qualifier. Raises ResourceNotFoundException where there are none. (ASYNC-7)"""
        config = self.event_invoke_configs.get(qualifier) or self.event_invoke_default
        if config is None:
            raise ResourceNotFoundException(f"The function {self.arn}:{qualifier} doesn't have an EventInvokeConfig")
        return config

    def put_function_event_invoke_config(self, *, qualifier: str = LATEST, **given: object) -> None:
        """Give a qualifier exactly these event invoke settings; what is left out returns to its default. (ASYNC-7)

        Raises ResourceNotFoundException, InvalidParameterValueException or ConfigError, as the settings deserve.
        """
        self._put_event_invoke_config("put", qualifier, {}, given)

    def update_function_event_invoke_config(self, *, qualifier: str = LATEST, **given: object) -> None:
        """Change these event invoke settings of a qualifier and leave the others. (ASYNC-7)

        Raises ResourceNotFoundException where there are none yet, else as `put_function_event_invoke_config`.
        """
        current = self.get_function_event_invoke_config(qualifier=qualifier)
        kept = {field.name: getattr(current, field.name) for field in fields(current)}
        self._put_event_invoke_config("update", qualifier, kept, given)

    def _put_event_invoke_config(
        self, verb: str, qualifier: str, kept: Mapping[str, object], given: Mapping[str, object]
    ) -> None:
        if not given:
            raise InvalidParameterValueException(
                "You must specify at least one of error handling or destination setting."
            )
        if self.deleted or not self._versions.knows(qualifier):
            raise ResourceNotFoundException("The function doesn't exist.")
        where = f"{self.function_name}.{verb}_function_event_invoke_config(...)"
        self.event_invoke_configs[qualifier] = EventInvokeConfig.build(where, self.arn, **{**kept, **given})

    def delete(self) -> None:
        """Remove the function. What runs goes on; who invokes it next is told that it does not exist. (SYNC-7)"""
        self.deleted = True
        self.concurrency.reserve(None)
        self.platform.functions.pop(self.function_name, None)
        self.recycle()

    def recycle(self) -> None:
        """Discard the idle environments, as the platform does now and then. (RT-22)"""
        for version in self._versions.by_number.values():
            version.discard_idle()

    # Invocation

    def check(self, qualifier: str | None) -> None:
        """Raise ResourceNotFoundException if the function, or what the qualifier names, does not exist. (SYNC-7)"""
        if self.deleted or not (qualifier is None or self._versions.knows(qualifier)):
            raise ResourceNotFoundException(f"Function not found: {self.arn}:{qualifier or LATEST}")

    def is_stopped_as_recursive(self, lineage: dict[str, int]) -> bool:
        """Whether a chain of invocations has come back here too often. (ASYNC-36)"""
        return (
            lineage.get(self.function_name, 0) >= limits.RECURSION_LIMIT and self.config.recursive_loop == "Terminate"
        )

    def begin(self, request: Request, attempt: int = 1, kill: Kill | None = None) -> Invocation:
        """Take an environment for an attempt at a request; the invocation is then to be executed.

        Raises ResourceNotFoundException (SYNC-7) and TooManyRequestsException (SYNC-15).
        """
        platform, qualifier = self.platform, request._qualifier
        arn, version = self.arn, self._versions.latest
        if qualifier is not None or self.deleted:
            self.check(qualifier)
            version = self._versions.resolve(qualifier or LATEST, self._throw_dice)
            arn = f"{arn}:{qualifier}"
        idle = version.idle
        reason = self.concurrency.acquire(platform.hub.scheduler.now, new_environment=not idle)
        if reason is not None:
            raise self.throttle(request.request_id, reason)
        environment = idle.pop() if idle else ExecutionEnvironment(platform, version)
        return Invocation(self, environment, request, arn, attempt, kill)

    def throttle(self, request_id: str, reason: str) -> TooManyRequestsException:
        """Say that a request was turned away, and make the error for it."""
        now = self.platform.hub.scheduler.now
        self.platform.emit(Throttled, now, self.function_name, request_id, reason, "SYNC-15")
        return TooManyRequestsException("Rate Exceeded.", reason=reason)

    def _throw_dice(self, alias: str) -> float:
        return self.platform.identifiers.fraction(f"alias {alias} of {self.function_name}")

    def release(self, invocation: Invocation) -> None:
        """The invocation is over: its environment waits for the next one, unless there will be none."""
        environment = invocation.environment
        self.concurrency.release()
        if invocation.killed_its_process:
            environment.reset()
        version = environment.belongs_to
        if self.deleted or self._versions.by_number[version.number] is not version:
            environment.close()
        else:
            version.idle.append(environment)


def check_handler(where: str, handler: object) -> None:
    """Raise ConfigError for a handler that is no callable and no string that could name one."""
    if isinstance(handler, str) and handler.startswith("arn:"):
        raise ConfigError(
            f"{where}: the handler is {settings.shown(handler)}, which is an ARN.\n\n"
            "An ARN names a function that exists already, to be invoked: sync_invoke(arn, event). A function is made "
            'of a handler: my_handler, or "package.module.my_handler".'
        )
    if not callable(handler) and not isinstance(handler, str):
        raise ConfigError(
            f"{where}: the handler is {settings.shown(handler)}, and must be a callable or a string such as "
            '"package.module.function".\n\nA callable is run as it is; a string is imported anew for every cold start, '
            "as in Lambda (RT-1)."
        )
