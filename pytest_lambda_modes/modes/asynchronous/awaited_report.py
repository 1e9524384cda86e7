"""A notification whose sender waits for the function's own word, given by a call of an API or of a URL, not by return.

What Lambda does with the event goes on beside it: a retry may give the word that an attempt left out, and an attempt
that has given it may still fail and be retried.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

from pytest_lambda_modes import units
from pytest_lambda_modes.clock.signals import Signal
from pytest_lambda_modes.model import limits
from pytest_lambda_modes.model.facts import CallerGaveUp, ServiceAnswered
from pytest_lambda_modes.modes.asynchronous.event import Attempt
from pytest_lambda_modes.modes.asynchronous.service_delivery import ServiceDelivery
from pytest_lambda_modes.runtime.platform import Platform

# By then all attempts of an event are over, whatever the timeout, unless they are throttled.
_ALL_ATTEMPTS = 3 * limits.TIMEOUT.most * units.SECOND + sum(limits.RETRY_DELAYS)

_Self = TypeVar("_Self", bound="AwaitedReport")


class AwaitedReport:
    """What a service has asked of a function, until the function reports or the service has waited long enough.

    `event` is what was sent, `delivery` its way to the function, `attempts` the runs of the handler so far. `timed_out`
    says that no report came in time. In an async test it can be awaited.
    """

    rule = ""

    def __init__(self, event: dict[str, Any], delivery: ServiceDelivery, within: int, platform: Platform) -> None:
        self.event = event
        self.delivery = delivery
        self.timed_out = False
        self._platform = platform
        self._hub = platform.hub
        self._within = within
        self._done = Signal()
        scheduler = self._hub.scheduler
        name = f"{delivery.service} waits for {delivery.function.function_name}"
        self._patience = scheduler.at(scheduler.now + within, self._give_up, name)
        if delivery._handed_over.fired:
            self._see_whether_it_runs()
        else:
            delivery._handed_over.listeners.append(self._see_whether_it_runs)

    @property
    def attempts(self) -> list[Attempt]:
        return self.delivery.attempts

    @property
    def settled(self) -> bool:
        """Whether the service waits no longer."""
        return self._done.fired

    def wait(self: _Self) -> _Self:
        """Let virtual time pass until the service waits no longer; gives itself. Lambda may still have retries to make.

        Where the service has time for all attempts, the one that reports is run to its own end. Otherwise this ends at
        the very instant of the report, or of the time-out.
        """
        self._hub.wait_for(self._done, owner=self.delivery.invocation if self._within > _ALL_ATTEMPTS else None)
        return self

    def __await__(self: _Self) -> Generator[Any, None, _Self]:
        if not self._done.fired:
            yield from self.delivery._loops.future_of(self._done.listeners.append).__await__()
        return self

    def _settle(self, answer: str) -> None:
        """The service has what it waited for."""
        delivery = self.delivery
        now, who = self._hub.scheduler.now, delivery.function.function_name
        self._platform.emit(ServiceAnswered, now, who, delivery.service, answer, self.rule)
        self._patience.cancel()
        self._done.fire()

    def _see_whether_it_runs(self) -> None:
        if self.delivery.invocation is None:
            self._never_runs(str(self.delivery.error))

    def _give_up(self) -> None:
        delivery = self.delivery
        now, who = self._hub.scheduler.now, delivery.function.function_name
        self.timed_out = True
        request_id = delivery.request_id or ""
        self._platform.emit(CallerGaveUp, now, who, request_id, delivery.service, self._within, self.rule)
        self._time_out()
        self._done.fire()

    def _never_runs(self, error: str) -> None:
        """Lambda does not take the event: there will be no report."""
        raise NotImplementedError

    def _time_out(self) -> None:
        """No report has come."""
        raise NotImplementedError
