"""The fixture `async_invoke`: Event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.harness.arguments import check_qualifier, read_call
from pytest_lambda_modes.harness.async_senders import AsyncSenders
from pytest_lambda_modes.harness.async_sending import CONFIG, NOT_MODELLED
from pytest_lambda_modes.harness.awaiting_senders import AwaitingSenders
from pytest_lambda_modes.harness.functions import Functions
from pytest_lambda_modes.harness.notifying_senders import NotifyingSenders
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.event_invoke_config import EventInvokeConfig
from pytest_lambda_modes.model.faults import check_faults
from pytest_lambda_modes.modes.asynchronous.event import AsyncInvocation
from pytest_lambda_modes.modes.asynchronous.event_queue import EventQueue
from pytest_lambda_modes.modes.asynchronous.service_sender import ServiceSender
from pytest_lambda_modes.runtime.payload import encode_event
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.resources import Resources

SETTINGS = (*CONFIG, "qualifier", "faults")


class AsyncInvoke(AsyncSenders, NotifyingSenders, AwaitingSenders):
    """Hands an event to Lambda, which answers 202 and runs it when time passes. (ASYNC-1)

    >>> def test_receipt(async_invoke):
    ...     invocation = async_invoke({"id": 7}).wait()
    ...     assert invocation.condition == "Success"
    """

    def __init__(
        self,
        platform: Platform,
        functions: Functions,
        queue: EventQueue,
        sender: ServiceSender,
        resources: Resources,
        marked: Mapping[str, Any],
    ) -> None:
        super().__init__(platform, functions, sender, resources, marked)
        self._queue = queue
        self._check("marker async_invoke", self._marked)

    def __call__(self, *arguments: Any, **given: Any) -> AsyncInvocation:
        """Settings: those of the marker `async_invoke` for this event alone, `qualifier` (a version or alias), `faults`
        (see `pytest_lambda_modes.faults`), and with a handler those of the marker `lambda_function`.

        Raises EventError for an event that JSON cannot carry, ConfigError for a call that makes no sense,
        RequestTooLargeException for one over 1 MB (ASYNC-2), ResourceNotFoundException (SYNC-7).
        """
        where = "async_invoke(...)"
        function, event, own = read_call(where, self._functions, arguments, given, SETTINGS, NOT_MODELLED)
        if not self._marked and not own:
            return self._queue.accept(function, encode_event(event))
        effective = {**self._marked, **own}
        self._check(where, effective)
        payload = encode_event(event)
        config = {name: value for name, value in effective.items() if name in CONFIG}
        built = EventInvokeConfig.build(where, function.arn, **config)
        return self._queue.accept(
            function,
            payload,
            qualifier=effective.get("qualifier"),
            settings={name: getattr(built, name) for name in config},
            faults=check_faults(where, effective.get("faults")),
        )

    def _check(self, where: str, given: Mapping[str, Any]) -> None:
        check_qualifier(where, given.get("qualifier"))
        if "faults" in given:
            check_faults(where, given["faults"])


def check_marker(marked: Mapping[str, Any]) -> dict[str, Any]:
    """The event invoke settings of the marker `async_invoke`. Raises ConfigError, InvalidParameterValueException."""
    where = "marker async_invoke"
    settings.check_names(where, marked, SETTINGS, NOT_MODELLED)
    config = {name: value for name, value in marked.items() if name in CONFIG}
    EventInvokeConfig.build(where, "", **config)
    return config
