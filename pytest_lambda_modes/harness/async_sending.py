"""What all senders of `async_invoke` share: whom they reach, under which settings, and through which service."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pytest_lambda_modes import units
from pytest_lambda_modes.events.building import Event
from pytest_lambda_modes.harness.arguments import check_qualifier, read_service_call
from pytest_lambda_modes.harness.event_building import built_event
from pytest_lambda_modes.harness.fixture import Fixture
from pytest_lambda_modes.harness.functions import Functions
from pytest_lambda_modes.model import event_invoke_config, setting_names
from pytest_lambda_modes.model.event_invoke_config import EventInvokeConfig
from pytest_lambda_modes.model.faults import Fault, check_faults
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.modes.asynchronous.service_delivery import DeadLetter, ServiceDelivery
from pytest_lambda_modes.modes.asynchronous.service_retry_policy import ServiceRetryPolicy
from pytest_lambda_modes.modes.asynchronous.service_sender import INVOKE_FAULTS, ServiceSender
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.payload import encode_event
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.resources import Resources

CONFIG = event_invoke_config.SETTINGS
SETTINGS = (*CONFIG, "qualifier", "faults", "invoke_faults")

NOT_MODELLED = {
    **setting_names.INVOKE_NOT_MODELLED,
    "client_context": "Lambda drops it for events (ASYNC-3)",
    "log_type": "it has no effect on events (ASYNC-3)",
}


class Recipient(NamedTuple):
    """The function that a service invokes, and what applies to this event there."""

    function: Function
    qualifier: str | None
    settings: dict[str, Any]
    faults: dict[int, Fault]
    invoke_faults: dict[int, Fault]


class AsyncSending(Fixture):
    """The base of all that sends events to a function for a service."""

    fixture = "async_invoke"

    def __init__(
        self,
        platform: Platform,
        functions: Functions,
        sender: ServiceSender,
        resources: Resources,
        marked: Mapping[str, Any],
    ) -> None:
        self._platform = platform
        self._functions = functions
        self._sender = sender
        self._resources = resources
        self._marked = {name: value for name, value in marked.items() if name not in CONFIG}

    @property
    def _now(self) -> dt.datetime:
        """The virtual instant, for the builders of events."""
        return units.utc_datetime(self._platform.hub.scheduler.epoch())

    @property
    def _ids(self) -> Identifiers:
        return self._platform.identifiers

    def _event(self, where: str, builder: Callable[..., Event], *arguments: Any, **members: Any) -> Event:
        """The event of this instant. An error of its builder is told as one of `where`."""
        return built_event(where, builder, *arguments, at=self._now, ids=self._ids, **members)

    def _recipient(self, where: str, handler: Any, given: Mapping[str, Any]) -> Recipient:
        """Whom a call of a sender reaches: the function under test, or that of `handler`.

        `given` are the settings of `async_invoke`, `invoke_faults`, and with a handler those of the marker
        `lambda_function`. Raises ConfigError, InvalidParameterValueException, ResourceNotFoundException.
        """
        function, own = read_service_call(where, self._functions, handler, given, SETTINGS, NOT_MODELLED)
        effective = {**self._marked, **own}
        check_qualifier(where, effective.get("qualifier"))
        config = {name: value for name, value in effective.items() if name in CONFIG}
        built = EventInvokeConfig.build(where, function.arn, **config)
        return Recipient(
            function,
            effective.get("qualifier"),
            {name: getattr(built, name) for name in config},
            check_faults(where, effective.get("faults")),
            check_faults(where, effective.get("invoke_faults"), INVOKE_FAULTS, "invoke_faults"),
        )

    def _deliver(
        self,
        recipient: Recipient,
        event: object,
        policy: ServiceRetryPolicy,
        *,
        admitted: bool = True,
        dead_letter: DeadLetter | None = None,
    ) -> ServiceDelivery:
        """Have a service hand an event to a function; one that is not `admitted` by its filter goes nowhere."""
        payload = encode_event(event)
        if not admitted:
            return self._sender.filtered(recipient.function, payload, policy)
        return self._sender.send(
            recipient.function,
            payload,
            policy,
            qualifier=recipient.qualifier,
            settings=recipient.settings,
            faults=recipient.faults,
            invoke_faults=recipient.invoke_faults,
            dead_letter=dead_letter,
        )
