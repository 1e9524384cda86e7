"""What the methods share that call a function for a service which may try more than once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pytest_lambda_modes import units
from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.harness.caller import Caller, Target
from pytest_lambda_modes.model import faults
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.model.facts import ServiceAnswered
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.modes.synchronous import service_tries
from pytest_lambda_modes.modes.synchronous.service_answer import ServiceAnswer, Try
from pytest_lambda_modes.modes.synchronous.service_tries import CallPolicy
from pytest_lambda_modes.runtime.payload import encode_event

if TYPE_CHECKING:
    from pytest_lambda_modes.events.building import Event

_FAULTS = (faults.Throttle, faults.ServiceError, faults.RecycledEnvironment, faults.Kill)

_LONGEST_TOLD = 200

Answer = TypeVar("Answer", bound=ServiceAnswer)


class Trial(NamedTuple):
    """Whom a service calls, and what befalls each of its tries. `where` is the method that the test called."""

    where: str
    target: Target
    faults: Mapping[int, faults.Fault]

    @property
    def ids(self) -> Identifiers:
        return self.target.function.platform.identifiers

    def event(self, builder: Callable[..., Event], *arguments: Any, **members: Any) -> Event:
        """The event of this instant."""
        return self.target.event(self.where, builder, *arguments, **members)


class ServiceCaller(Caller):
    """`faults` are by the number of the try."""

    def _trial(
        self,
        where: str,
        handler: object,
        qualifier: object,
        given_faults: object,
        given: Mapping[str, Any],
        most_tries: int = 1,
    ) -> Trial:
        """The function under test, or that of `handler` with its settings. Raises ConfigError."""
        target = self._target(where, handler, qualifier, None, given)
        if given_faults is None:
            return Trial(where, target, {} if target.fault is None else {1: target.fault})
        checked = faults.check_faults(where, given_faults, _FAULTS)
        for number in checked:
            if number > most_tries:
                tries = counted(most_tries, "try", "tries")
                raise ConfigError(
                    f"{where}: faults has try {number}, and the service makes {tries} at most.\n\n"
                    "The keys count the service's tries to call the function, from 1: faults={1: ...}."
                )
        return Trial(where, target, checked)

    def _tries(self, trial: Trial, event: Event, policy: CallPolicy, number: int = 1) -> list[Try]:
        """The tries of a service to have an event handled, the first with this number."""
        function, qualifier, _ = trial.target
        timeout = function.config.timeout
        if timeout * units.SECOND > policy.within:
            waits = units.to_seconds(policy.within)
            text = (
                f"{policy.service} waits {waits:g} s, and the function's timeout is {timeout} s: it may go on unheard"
            )
            self._tell_hazard(function, "HAZ-12", text)
        payload = encode_event(event)
        return service_tries.call(function, payload, policy, qualifier=qualifier, faults=trial.faults, number=number)

    def _answered(self, trial: Trial, answer: Answer) -> Answer:
        """The answer, after the timeline has been told."""
        platform, name = trial.target.function.platform, trial.target.function.function_name
        told = answer.told()[:_LONGEST_TOLD]
        platform.emit(ServiceAnswered, platform.hub.scheduler.now, name, answer.service, told, answer.rule)
        return answer


def only_given(**arguments: object) -> dict[str, Any]:
    """The arguments that are not None."""
    return {name: value for name, value in arguments.items() if value is not None}


def refuse_others(where: str, given: Mapping[str, object], takes: tuple[str, ...], kind: str) -> None:
    """Refuse an argument that another kind of event has. Raises ConfigError."""
    for name in given:
        if name not in takes:
            has = ", ".join(takes) or "none of these"
            raise ConfigError(f"{where}: {name} is nothing that a {kind} has.\n\nIt takes: {has}.")
