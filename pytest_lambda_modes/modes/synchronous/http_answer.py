"""What an HTTP client gets, and the contract by which a service makes it of a call. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from pytest_lambda_modes.errors import ApiError
from pytest_lambda_modes.modes.results import Malformed, error_details
from pytest_lambda_modes.modes.synchronous.proxy_fields import Pairs
from pytest_lambda_modes.modes.synchronous.service_call import ServiceCall
from pytest_lambda_modes.units import to_seconds


class Answer(NamedTuple):
    """The parts of an HTTP response. `reason` is None where it is the function's own, else why not, and the rule."""

    status_code: int
    headers: Pairs = ()
    body: bytes = b""
    reason: str | None = None
    status_description: str | None = None


def json_error(status_code: int, body: str) -> Answer:
    """An answer of the service's own, in JSON."""
    return Answer(status_code, (("Content-Type", "application/json"),), body.encode())


@dataclass(frozen=True)
class HttpContract:
    """How a service answers: from what the function returned, and when there is nothing of the kind.

    `read` makes an answer of the bytes that a function returned, and raises Malformed. `failed` is for a function error
    or what `read` refuses, `gave_up` for a function that took too long, `too_large` for a request that is, `refused`
    for what the Invoke API answers instead of running the function.
    """

    service: str
    rule: str
    read: Callable[[bytes], Answer]
    failed: Answer
    gave_up: Answer
    too_large: Answer
    refused: Callable[[ApiError], Answer]

    def answer(self, call: ServiceCall) -> Answer:
        """What the client gets of a call that is over, as far as the service is concerned."""
        why = why_failed(call)
        if call.refused is not None:
            return self._because(why, self.refused(call.refused))
        if why is not None:
            return self._because(why, self.gave_up if call.gave_up else self.failed)
        payload = call.payload
        assert payload is not None
        try:
            return self.read(payload)
        except Malformed as malformed:
            return self._because(f"the response is malformed: {malformed}", self.failed)

    def refuse_size(self, size: int, most: int) -> Answer:
        """What the client gets for a body of more bytes than the service takes. The function is not called."""
        return self._because(f"the body has {size:,} bytes, and may have {most:,}", self.too_large)

    def _because(self, why: str | None, answer: Answer) -> Answer:
        return answer._replace(reason=f"{why} ({self.rule})")


def why_failed(call: ServiceCall) -> str | None:
    """Why a call gave no response: Lambda refused it, the service gave up, or the function failed. None if it did."""
    if call.refused is not None:
        return f"Lambda answered {call.refused.code}: {call.refused.message}"
    if call.gave_up:
        return f"the function had not answered after {to_seconds(call.ended_at - call.started_at):g} s, and goes on"
    outcome = call.outcome
    if outcome is None or outcome.function_error is None:
        return None
    return f"the function failed: {outcome.error_text or error_details(outcome)}"
