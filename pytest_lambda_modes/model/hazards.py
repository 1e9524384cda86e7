"""What AWS accepts in the settings of asynchronous invocation, and what will hurt in production. Pure. (HAZ)"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_lambda_modes.model import limits
from pytest_lambda_modes.model.event_invoke_config import EventInvokeConfig
from pytest_lambda_modes.model.function_config import FunctionConfig
from pytest_lambda_modes.units import SECOND


def event_invoke_hazards(config: EventInvokeConfig, function_config: FunctionConfig) -> tuple[tuple[str, str], ...]:
    """The id of each hazard of a function's events, and what it is here."""
    return (
        *_retries_that_never_come(config),
        *_fifo_targets(config, function_config),
        *_no_concurrency(function_config),
    )


def _retries_that_never_come(config: EventInvokeConfig) -> Iterator[tuple[str, str]]:
    """A retry has to be due before the event's age, even if no attempt takes any time. (ASYNC-11)"""
    age, due = config.maximum_event_age_in_seconds, 0
    for retry, delay in enumerate(limits.RETRY_DELAYS[: config.maximum_retry_attempts], start=1):
        due += delay // SECOND
        if due >= age:
            yield (
                "HAZ-14" if retry == 1 else "HAZ-15",
                f"maximum_event_age_in_seconds is {age}: retry {retry}, due after {due} s at the earliest, never comes",
            )
            return


def _fifo_targets(config: EventInvokeConfig, function_config: FunctionConfig) -> Iterator[tuple[str, str]]:
    """AWS notices at delivery that it cannot deliver to these. (ASYNC-28)"""
    targets = {
        "on_success": config.on_success,
        "on_failure": config.on_failure,
        "dead_letter_target": config.dead_letter_target or function_config.dead_letter_target,
    }
    fifo = [f"{name} {target}" for name, target in targets.items() if target is not None and target.fifo]
    if fifo:
        yield "HAZ-16", f"no event can be delivered to a FIFO queue or topic: {', '.join(fifo)}"


def _no_concurrency(function_config: FunctionConfig) -> Iterator[tuple[str, str]]:
    if function_config.reserved_concurrent_executions == 0:
        yield "HAZ-18", "reserved_concurrent_executions is 0: no event is ever attempted"
