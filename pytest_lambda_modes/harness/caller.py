"""What the `from_...` methods of `sync_invoke` have in common: whom a service invokes, when, and what is told of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_lambda_modes import units
from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.harness.arguments import read_service_call
from pytest_lambda_modes.harness.event_building import built_event
from pytest_lambda_modes.harness.fixture import Fixture
from pytest_lambda_modes.harness.functions import Functions
from pytest_lambda_modes.harness.sync_settings import check_settings
from pytest_lambda_modes.model import setting_names, settings
from pytest_lambda_modes.model.facts import Hazard
from pytest_lambda_modes.model.faults import Fault
from pytest_lambda_modes.model.limits import Range
from pytest_lambda_modes.runtime.function import Function

if TYPE_CHECKING:
    from pytest_lambda_modes.events.building import Event

# What a test may set for a call that a service makes. The rest of the Invoke API is the service's own affair.
SETTINGS = ("qualifier", "faults")
_NOT_OURS = {
    "invocation_type": "the service waits for the answer (SYNC-5)",
    "log_type": "the service asks for no log; the answer has it as invocation.logs",
    "client_context": "only callers of the Invoke API have one (RT-30)",
}
_AS_SERVICES_DO = {"invocation_type": "RequestResponse", "log_type": "None"}


class Target(NamedTuple):
    """Whom a service invokes, and what befalls its one delivery."""

    function: Function
    qualifier: str | None
    fault: Fault | None

    @property
    def at(self) -> dt.datetime:
        """The virtual instant, as events tell it."""
        return units.utc_datetime(self.function.platform.hub.scheduler.epoch())

    def event(self, where: str, builder: Callable[..., Event], *arguments: Any, **members: Any) -> Event:
        """The event of this instant. An error of its builder is told as one of `where`."""
        ids = self.function.platform.identifiers
        return built_event(where, builder, *arguments, at=self.at, ids=ids, **members)


class Caller(Fixture):
    """`marked` are the settings of the marker `sync_invoke`. Raises ConfigError for one that cannot be."""

    fixture = "sync_invoke"

    def __init__(self, functions: Functions, marked: Mapping[str, Any]) -> None:
        self._functions = functions
        self._marked = check_settings("marker sync_invoke", marked)
        self._hazards_told: set[tuple[str, str]] = set()

    def _target(
        self, where: str, handler: object, qualifier: object, faults: object, given: Mapping[str, Any]
    ) -> Target:
        """The function under test, or that of `handler` with its settings. Raises ConfigError."""
        for_mode = {"qualifier": qualifier, "faults": faults}
        given = {**given, **{name: value for name, value in for_mode.items() if value is not None}}
        not_modelled = {**setting_names.INVOKE_NOT_MODELLED, **_NOT_OURS}
        function, own = read_service_call(where, self._functions, handler, given, SETTINGS, not_modelled)
        effective = {**self._marked, **check_settings(where, own)}
        for name, value in effective.items():
            if name not in SETTINGS and value != _AS_SERVICES_DO.get(name):
                raise ConfigError(
                    f"{where}: the marker sync_invoke sets {name}, which no service does: {_NOT_OURS[name]}.\n\n"
                    f"Lift it for this test: @pytest.mark.sync_invoke({name}=None)"
                )
        return Target(function, effective.get("qualifier"), effective.get("faults"))

    def _integration_timeout(self, where: str, function: Function, value: int, limits: Range) -> int:
        """How long API Gateway waits, in microseconds. Raises ConfigError. (SYNC-30, SYNC-31, SYNC-32)"""
        why = "It is how long API Gateway waits for the function."
        settings.number_in(where, "timeout_in_millis", value, limits, "milliseconds", why)
        within, timeout = value * units.MILLISECOND, function.config.timeout * units.SECOND
        if timeout > within:
            waits = f"API Gateway gives up after {units.to_seconds(within):g} s, and the function goes on"
            self._tell_hazard(function, "HAZ-12", f"timeout is {function.config.timeout} s: {waits}")
        return within

    def _tell_hazard(self, function: Function, hazard: str, text: str) -> None:
        """A hazard's id, and what it is here: once for each function. (HAZ)"""
        if (function.function_name, hazard) not in self._hazards_told:
            self._hazards_told.add((function.function_name, hazard))
            function.platform.emit(Hazard, function.platform.hub.scheduler.now, function.function_name, hazard, text)
