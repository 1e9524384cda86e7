"""A call that one of AWS's services makes for a client of its own: the service waits for as long as it is willing to.

The function may go on after that: nobody tells it that its caller has gone.
"""

from __future__ import annotations

from pytest_lambda_modes.clock.signals import Signal
from pytest_lambda_modes.errors import ApiError
from pytest_lambda_modes.model import faults
from pytest_lambda_modes.model.outcome import Outcome
from pytest_lambda_modes.modes.synchronous import invoke
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.invocation import Invocation


class ServiceCall:
    """What became of one call, as the service sees it.

    `refused` is what the Invoke API answered instead of running the function, for one TooManyRequestsException.
    `gave_up` says that the service's own deadline came first. Otherwise there is an `outcome`.
    """

    __slots__ = ("ended_at", "function", "gave_up", "invocation", "refused", "started_at")

    def __init__(self, function: Function, started_at: int) -> None:
        self.function = function
        self.started_at = self.ended_at = started_at
        self.invocation: Invocation | None = None
        self.refused: ApiError | None = None
        self.gave_up = False

    @property
    def outcome(self) -> Outcome | None:
        """How the function ended, if the service saw it end."""
        return None if self.invocation is None or self.gave_up else self.invocation.outcome

    @property
    def payload(self) -> bytes | None:
        """What the function returned, as JSON. None if the service has no answer, or a function error."""
        outcome = self.outcome
        return outcome.payload if outcome is not None and outcome.function_error is None else None


def call_function(
    function: Function,
    payload: bytes,
    *,
    within: int,
    qualifier: str | None = None,
    fault: faults.Fault | None = None,
    attempt: int = 1,
) -> ServiceCall:
    """Invoke a function and wait for its answer for at most `within` microseconds, at the service's own `attempt`.

    Runs on the caller's own stack where the function's timeout is the shorter one. Raises nothing that the function
    or Lambda does wrong: the service decides what its client sees of that.
    """
    hub = function.platform.hub
    call = ServiceCall(function, hub.scheduler.now)
    try:
        invocation = invoke.begin(function, payload, qualifier=qualifier, fault=fault, attempt=attempt)
        call.invocation = invocation
    except ApiError as error:
        call.refused = error
        return call
    gives_up_at = call.started_at + within
    if invocation.ends_by <= gives_up_at:
        invoke.run(invocation)
    else:
        done = Signal()

        def work() -> None:
            invocation.execute()
            done.fire()

        hub.scheduler.at(call.started_at, lambda: hub.spawn(work), f"call of {function.function_name}")
        ended = hub.wait_for(done, gives_up_at)
        # An answer at that very instant is too late, as it is at a function's own deadline. (RT-19)
        call.gave_up = not ended or (hub.scheduler.now >= gives_up_at and invocation.outcome.kind != "timeout")
    call.ended_at = hub.scheduler.now
    return call
