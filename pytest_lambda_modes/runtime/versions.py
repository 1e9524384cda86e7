"""`$LATEST`, published versions and aliases: what a qualifier of a function leads to. (RT-32, SYNC-19)"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from pytest_lambda_modes.errors import InvalidParameterValueException, ResourceNotFoundException
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.function_config import FunctionConfig

if TYPE_CHECKING:
    from pytest_lambda_modes.runtime.execution_environment import ExecutionEnvironment, Handler

LATEST = "$LATEST"


class Version:
    """A configuration and a handler under a number, with the environments that are idle."""

    __slots__ = ("config", "handler", "idle", "number", "variables")

    def __init__(self, number: str, config: FunctionConfig, handler: Handler | str) -> None:
        self.number = number
        self.config = config
        self.handler = handler
        self.idle: list[ExecutionEnvironment] = []
        self.variables: dict[bytes, bytes] | None = None  # of its environments, made with the first of them

    def discard_idle(self) -> None:
        for environment in self.idle:
            environment.close()
        self.idle.clear()


class Alias(NamedTuple):
    """A name for a version; `additional_version_weights` sends a share of its invocations to one other. (SYNC-19)"""

    name: str
    function_version: str
    additional_version_weights: dict[str, float]


class Versions:
    """The versions and aliases of one function."""

    __slots__ = ("_published_from", "aliases", "arn", "by_number", "latest")

    def __init__(self, arn: str, config: FunctionConfig, handler: Handler | str) -> None:
        self.arn = arn
        self.latest = Version(LATEST, config, handler)
        self.by_number: dict[str, Version] = {LATEST: self.latest}
        self.aliases: dict[str, Alias] = {}
        self._published_from: Version | None = None

    def update_latest(self, config: FunctionConfig, handler: Handler | str) -> None:
        """Another `$LATEST`: the environments of the one before take no more invocations. (SYNC-18, RT-22)"""
        self.latest.discard_idle()
        self.latest = self.by_number[LATEST] = Version(LATEST, config, handler)

    def publish(self) -> str:
        """Keep `$LATEST` under the next number; under the last one if nothing was updated since, as AWS does."""
        last = len(self.by_number) - 1
        if self._published_from is self.latest:
            return str(last)
        number = str(last + 1)
        self.by_number[number] = Version(number, self.latest.config, self.latest.handler)
        self._published_from = self.latest
        return number

    def put_alias(self, name: str, function_version: str, weights: Mapping[str, float]) -> Alias:
        """Make a name point to a version. Raises what `Function.create_alias` tells."""
        pattern, must = r"(?![0-9]+$)[a-zA-Z0-9-_]{1,128}", "1 to 128 letters, digits, hyphens and underscores"
        settings.text("create_alias(...)", "name", name, pattern, must, "Digits alone are a version. (RT-32)")
        for number in (function_version, *weights):
            if number not in self.by_number:
                raise ResourceNotFoundException(f"Function not found: {self.arn}:{number}")
        _check_weights(function_version, weights)
        alias = self.aliases[name] = Alias(name, function_version, dict(weights))
        return alias

    def knows(self, qualifier: str | None) -> bool:
        return qualifier is None or qualifier in self.by_number or qualifier in self.aliases

    def resolve(self, qualifier: str, dice: Callable[[str], float]) -> Version:
        """The version that a known qualifier means now. `dice` gives a number in [0, 1) for an alias with weights."""
        alias = self.aliases.get(qualifier)
        if alias is None:
            return self.by_number[qualifier]
        for number, weight in alias.additional_version_weights.items():
            if dice(alias.name) < weight:
                return self.by_number[number]
        return self.by_number[alias.function_version]


def _check_weights(function_version: str, weights: Mapping[str, float]) -> None:
    """Raise InvalidParameterValueException, as AWS does, for weights that cannot be. (SYNC-19)"""
    if len(weights) > 1:
        raise InvalidParameterValueException("Number of items in AdditionalVersionWeights cannot be greater than 1")
    for number, weight in weights.items():
        if LATEST in (function_version, number):
            text = "$LATEST is not supported for an alias pointing to more than 1 version"
            raise InvalidParameterValueException(text)
        if number == function_version:
            raise InvalidParameterValueException(
                f"Invalid function version {number}. Function version {number} is already included in routing "
                "configuration."
            )
        if not 0 <= weight <= 1:
            raise InvalidParameterValueException(
                f"1 validation error detected: Value '{{{number}={weight}}}' at "
                "'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy "
                "constraint: [Member must have value less than or equal to 1.0, Member must have value greater than "
                "or equal to 0.0]"
            )
