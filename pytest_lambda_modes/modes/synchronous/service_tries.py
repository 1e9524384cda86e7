"""The tries of a service to have a function run: how long it waits for each, and which it makes again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, get_args

from pytest_lambda_modes import units
from pytest_lambda_modes.model.facts import CallerGaveUp, InvokeRefused, RetryScheduled
from pytest_lambda_modes.model.faults import Fault
from pytest_lambda_modes.model.outcome import OutcomeKind
from pytest_lambda_modes.modes.synchronous.service_answer import Try
from pytest_lambda_modes.modes.synchronous.service_call import ServiceCall, call_function
from pytest_lambda_modes.runtime.function import Function

# Microseconds until the next try, given all tries so far; None for no further one. Pure.
RetryRule = Callable[[Sequence[Try]], int | None]

# What kept the function from answering, and another time may not.
TRANSIENT = frozenset({"gave_up", "throttled", "service_error"})

# What the function itself did wrong. Lambda answers 200 to it. (SYNC-5)
FUNCTION_ERRORS = frozenset(get_args(OutcomeKind)) - {"success"}

# For a service that waits as long as a function can run.
UNTIL_THE_FUNCTION_ENDS = units.HOUR


def never(tries: Sequence[Try]) -> None:
    """The rule of a service that does not try again."""


def at_once(retries: int, outcomes: frozenset[str]) -> RetryRule:
    """The rule of a service that tries again at once, at most `retries` times, after these outcomes."""
    return lambda tries: 0 if len(tries) <= retries and tries[-1].outcome in outcomes else None


class CallPolicy(NamedTuple):
    """A service as it calls functions. It waits `within` microseconds for each try."""

    service: str
    rule: str
    within: int
    retry: RetryRule = never


def call(
    function: Function,
    payload: bytes,
    policy: CallPolicy,
    *,
    qualifier: str | None = None,
    faults: Mapping[int, Fault],
    number: int = 1,
) -> list[Try]:
    """Try until the service is content with the answer, or gives up. The first try has this number."""
    hub = function.platform.hub
    tries: list[Try] = []
    while True:
        made = call_function(
            function,
            payload,
            within=policy.within,
            qualifier=qualifier,
            fault=faults.get(number),
            attempt=len(tries) + 1,
        )
        tries.append(_as_seen(made, number))
        delay = policy.retry(tries)
        _tell(made, policy, len(tries), None if delay is None else made.ended_at + delay)
        if delay is None:
            return tries
        number += 1
        if delay:
            hub.wait_until(made.ended_at + delay)


def _as_seen(call: ServiceCall, number: int) -> Try:
    started_at = units.utc_datetime(call.function.platform.hub.scheduler.start + call.started_at)
    duration = units.to_timedelta(call.ended_at - call.started_at)
    if call.refused is not None:
        return Try(number, _kind(call.refused.status_code), started_at, duration, refused=call.refused, call=call)
    outcome = call.outcome
    if outcome is None:
        return Try(number, "gave_up", started_at, duration, call=call)
    return Try(number, outcome.kind, started_at, duration, outcome.payload, call=call)


def _kind(status_code: int) -> str:
    if status_code == 429:
        return "throttled"
    return "service_error" if status_code >= 500 else "refused"


def _tell(call: ServiceCall, policy: CallPolicy, attempt: int, due: int | None) -> None:
    """Say what the service decides."""
    name, emit, now = call.function.function_name, call.function.platform.emit, call.ended_at
    if call.refused is not None:
        emit(InvokeRefused, now, name, policy.service, call.refused.code, due, policy.rule)
        return
    assert call.invocation is not None
    request_id = call.invocation.request.request_id
    if call.gave_up:
        emit(CallerGaveUp, now, name, request_id, policy.service, now - call.started_at, policy.rule)
    if due is not None:
        emit(RetryScheduled, now, name, request_id, attempt + 1, due, policy.rule)
