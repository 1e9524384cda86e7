"""What a Task state of Step Functions makes of its function. Pure. (SYNC-38)"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from pytest_lambda_modes.events.step_functions import MAXIMUM_PAYLOAD_BYTES
from pytest_lambda_modes.model.limits import Range
from pytest_lambda_modes.modes.synchronous.service_answer import AnswerError, ServiceAnswer, Try
from pytest_lambda_modes.modes.synchronous.service_tries import UNTIL_THE_FUNCTION_ENDS, CallPolicy
from pytest_lambda_modes.modes.synchronous.step_functions_retry import Retrier, delay_after
from pytest_lambda_modes.units import SECOND

# The default outlasts any function.
TIMEOUT_SECONDS = Range(1, 99_999_999, default=99_999_999, rule="SYNC-38")

_RESOURCE = "arn:aws:states:::lambda:invoke"


class StepFunctionsAnswer(ServiceAnswer):
    """How the Task state ends: with `output`, or with an error, whose name is `error.code`, and a `cause`."""

    service = "Step Functions"
    rule = "SYNC-38"
    __slots__ = ()

    @property
    def output(self) -> Any:
        """What the function returned: the `Payload` of the result of `lambda:invoke`. None after an error."""
        return None if self.failed else self.response

    @property
    def cause(self) -> str | None:
        """The cause of the error: for a function error the JSON text of its payload. None if there is no error."""
        return None if self.error is None else self.error.message

    def _result(self) -> str:
        return f"output {json.dumps(self.output)}"


def policy(timeout_seconds: int | None, retriers: Sequence[Retrier], fraction: Callable[[], float]) -> CallPolicy:
    """A Task state with these settings, to be run once. `fraction` is a dice roll in [0, 1)."""
    codes: list[str] = []

    def retry(tries: Sequence[Try]) -> int | None:
        error = error_of(tries[-1])
        if error is None:
            return None
        codes.append(error.code)
        return delay_after(retriers, codes, fraction)

    within = UNTIL_THE_FUNCTION_ENDS if timeout_seconds is None else timeout_seconds * SECOND
    return CallPolicy("Step Functions", "SYNC-38", within, retry)


def answer(tries: Sequence[Try]) -> StepFunctionsAnswer:
    """What comes of a state's tries."""
    return StepFunctionsAnswer(tries, error_of(tries[-1]))


def error_of(this: Try) -> AnswerError | None:
    """The error that a try gives the state, under the name that Retry and Catch know."""
    if this.outcome == "success":
        return _of_output(this)
    if this.outcome == "gave_up":
        return _error("States.Timeout", "", f"{this.reason}: TimeoutSeconds came first")
    if this.refused is not None:
        refused = this.refused
        details = f"Service: AWSLambda; Status Code: {refused.status_code}; Error Code: {refused.code}"
        return _error(f"Lambda.{refused.code}", f"{refused.message} ({details})", this.reason)
    text = this.payload.decode()
    if this.error is None or this.error.type is None:
        cause = "The cause could not be determined because Lambda did not return an error type. Returned payload: "
        return _error("Lambda.Unknown", cause + text, this.reason)
    return _error(this.error.type, text, this.reason)


def _of_output(this: Try) -> AnswerError | None:
    size = len(this.payload)
    if size > MAXIMUM_PAYLOAD_BYTES:
        cause = (
            f"The state/task '{_RESOURCE}' returned a result with a size exceeding the maximum number of bytes service "
            "limit."
        )
        reason = f"the function returned {size} bytes, and a state passes on {MAXIMUM_PAYLOAD_BYTES}"
        return _error("States.DataLimitExceeded", cause, reason)
    if isinstance(this.response, bytes):
        text = "the function returned bytes that are no JSON"
        return _error("States.Runtime", text, text)
    return None


def _error(code: str, message: str, reason: str) -> AnswerError:
    return AnswerError(code, message, f"{reason} (SYNC-38)")
