"""What an invocation makes of its batch of stream records: every way in which a function can answer. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pytest_lambda_modes.model.outcome import Outcome
from pytest_lambda_modes.model.stream_mapping_config import StreamMappingConfig
from pytest_lambda_modes.modes.polling import stream_retry
from pytest_lambda_modes.modes.polling.stream_batch_response import Answer, Checkpoint, Failed
from pytest_lambda_modes.modes.polling.stream_retry import Advance, Decision, RetrySchedule
from pytest_lambda_modes.modes.polling.tumbling_window import NoState, State, read_state


class Repeat(NamedTuple):
    """The checkpoint was lost: the whole batch comes again as a new one, at `at`, though it was processed. (ESM-1)"""

    at: int
    rule: str = "ESM-1"


class Verdict(NamedTuple):
    """What to do now, the batch's outcome, and the rule behind that.

    `state` is what the function returned for its window; it counts only together with an Advance. `complaint` says in
    words what is wrong with a report that is none.
    """

    decision: Decision | Repeat
    outcome: str
    rule: str
    state: State | None = None
    complaint: str = ""

    @property
    def processed(self) -> int:
        """How many records are done."""
        return self.decision.processed if isinstance(self.decision, Advance) else 0


class Tried(NamedTuple):
    """What the verdict depends on besides the answer.

    `sequence_numbers` are those of the batch, in order. `invocations` counts this one too. `ends_at` is when the batch
    must not be tried any more. Instants are microseconds.
    """

    now: int
    sequence_numbers: Sequence[str]
    invocations: int
    ends_at: int
    in_window: bool


def verdict_on(
    outcome: Outcome,
    tried: Tried,
    config: StreamMappingConfig,
    schedule: RetrySchedule,
    read: Callable[[bytes], Answer],
) -> Verdict:
    """Judge an invocation. `read` reads a response as a report. (KIN-6, KIN-14 to KIN-17, KIN-22, KIN-26)"""
    if outcome.kind != "success":
        return Verdict(_after_failure(tried, config, schedule), outcome.kind, "KIN-6")
    state = read_state(outcome.payload) if tried.in_window else None
    if isinstance(state, NoState):
        return Verdict(_after_failure(tried, config, schedule), "no_state", "KIN-22")
    size, rule = len(tried.sequence_numbers), "KIN-3"
    if config.reports_batch_item_failures and size:
        answer = read(outcome.payload)
        if isinstance(answer, Failed):
            return Verdict(
                _after_failure(tried, config, schedule), "malformed_report", answer.rule, complaint=answer.why
            )
        if isinstance(answer, Checkpoint):
            decision = _after_report(answer.position, tried, config, schedule)
            return Verdict(decision, "partial_failure", answer.rule, state)
        rule = answer.rule
    return Verdict(Advance(size, rule), "success", rule, state)


def _after_failure(tried: Tried, config: StreamMappingConfig, schedule: RetrySchedule) -> Decision:
    return stream_retry.after_function_error(
        now=tried.now,
        size=len(tried.sequence_numbers),
        invocations=tried.invocations,
        maximum_retry_attempts=config.most_retries,
        bisect_batch_on_function_error=config.bisect_batch_on_function_error,
        ends_at=tried.ends_at,
        schedule=schedule,
    )


def _after_report(position: int, tried: Tried, config: StreamMappingConfig, schedule: RetrySchedule) -> Decision:
    return stream_retry.after_partial_response(
        position,
        now=tried.now,
        size=len(tried.sequence_numbers),
        invocations=tried.invocations,
        maximum_retry_attempts=config.most_retries,
        ends_at=tried.ends_at,
        schedule=schedule,
    )
