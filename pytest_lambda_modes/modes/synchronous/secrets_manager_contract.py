"""What Secrets Manager makes of the function that rotates a secret, step by step. Pure. (SYNC-41)"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_lambda_modes.events.secrets_manager import ROTATION_STEPS
from pytest_lambda_modes.modes.synchronous.service_answer import AnswerError, ServiceAnswer, Try
from pytest_lambda_modes.modes.synchronous.service_tries import UNTIL_THE_FUNCTION_ENDS, CallPolicy

POLICY = CallPolicy("Secrets Manager", "SYNC-41", within=UNTIL_THE_FUNCTION_ENDS)


class RotationAnswer(ServiceAnswer):
    """How the rotation ends. `steps` are those that ran, with one try each: the first that fails is the last.

    What the function returns counts for nothing. Secrets Manager rotates again after a failure, all steps with the same
    `client_request_token`: call again with it.
    """

    service = "Secrets Manager"
    rule = "SYNC-41"
    __slots__ = ("client_request_token",)

    def __init__(self, tries: Sequence[Try], client_request_token: str) -> None:
        super().__init__(tries, _error(tries))
        self.client_request_token = client_request_token

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that were begun, in order."""
        return ROTATION_STEPS[: len(self.tries)]

    @property
    def failed_step(self) -> str | None:
        """The step at which the rotation failed."""
        return self.steps[-1] if self.failed else None

    def _result(self) -> str:
        return f"rotated: {', '.join(self.steps)}"


def _error(tries: Sequence[Try]) -> AnswerError | None:
    last = tries[-1]
    if last.outcome == "success":
        return None
    message = f"{ROTATION_STEPS[len(tries) - 1]}: {last.reason}"
    return AnswerError("RotationFailed", message, f"{message} (SYNC-41)")
