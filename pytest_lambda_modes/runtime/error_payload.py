"""The payload of a function error, one function for each way in which an invocation can fail.

What the runtime reports (an exception, a fault of its own) has four keys and is encoded by the runtime. What the
platform reports (a timeout, an exit) has two, and is compact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TypeAlias, TypedDict

from pytest_lambda_modes import units
from pytest_lambda_modes.model import limits
from pytest_lambda_modes.model.outcome import Outcome, OutcomeKind
from pytest_lambda_modes.runtime.faults import RuntimeCrash, RuntimeFault
from pytest_lambda_modes.runtime.payload import encode_response
from pytest_lambda_modes.runtime.stack_frames import stack_trace

_Frames: TypeAlias = "Sequence[str] | TracebackType | None"


class ErrorObject(TypedDict):
    """What the runtime reports, in the order of its keys."""

    errorMessage: str
    errorType: str
    requestId: str
    stackTrace: list[str]


class ReportedError(Outcome):
    """An exception that left the handler, or a fault of the runtime: what it says is settled now. (RT-11, RT-14)

    An init error has no request: its `request_id` is `""` (RT-3). Causes, contexts and the exceptions of a group are
    not told. The payload is made when somebody reads it. A traceback grows at its head when the exception is raised
    again, so the one of now stays as it is. Raises RuntimeCrash when the exception cannot say its own message, or that
    cannot be written (RT-17).
    """

    __slots__ = ("_frames", "_message", "_request_id", "_runtime")

    _frames: _Frames

    def __init__(self, kind: OutcomeKind, rule: str, error: Exception, request_id: str, runtime: str) -> None:
        # What `Outcome` sets, without the call: an event that fails is tried three times, and each attempt makes one.
        self.kind, self.rule = kind, rule
        self.exception, self._payload = error, None
        self._frames = self.traceback = error.__traceback__
        self.error_type = type(error).__name__
        if isinstance(error, RuntimeFault):
            self._frames, self.error_type = error.stack_trace, error.error_type
        try:
            self._message = message = str(error)
        except Exception as failure:
            raise RuntimeCrash(f"str() of a {self.error_type} failed") from failure
        if not message.isascii():
            encode_response(message, runtime)
        self._request_id = request_id
        self._runtime = runtime

    @property
    def error_message(self) -> str:
        return self._message

    @property
    def error_text(self) -> str:
        return f"{self.error_type}: {self._message}"

    def _make_payload(self) -> bytes:
        assert self.error_type is not None
        frames = self._frames
        error: ErrorObject = {
            "errorMessage": self._message,
            "errorType": self.error_type,
            "requestId": self._request_id,
            "stackTrace": list(frames if isinstance(frames, Sequence) else stack_trace(frames)),
        }
        return encode_response(error, self._runtime)

    def let_go(self) -> None:
        """Keep the text of the frames, and not the frames."""
        if isinstance(self._frames, TracebackType):
            # A tuple of texts costs the garbage collector nothing.
            self._frames = stack_trace(self._frames)
        self.exception = self.traceback = None


def timed_out(request_id: str, timeout: int) -> dict[str, str]:
    """A function that reached its timeout (microseconds). (RT-19)"""
    return _platform_error("Sandbox.Timedout", request_id, _timeout_text(timeout))


def timed_out_before_2025(request_id: str, timeout: int, epoch: int) -> dict[str, str]:
    """The same as AWS wrote it until 2025, without a type. `epoch` is the time of death. (RT-19)"""
    return {"errorMessage": f"{units.iso_milliseconds(epoch)} {request_id} {_timeout_text(timeout)}"}


def _timeout_text(timeout: int) -> str:
    return f"Task timed out after {units.to_seconds(timeout):.2f} seconds"


def exited(request_id: str, status: int | str) -> dict[str, str]:
    """A process that ended: `status` is its exit status, or the name of the signal that killed it. (RT-20)"""
    if status == 0:
        reason = "Runtime exited without providing a reason"
    elif isinstance(status, str):
        reason = f"Runtime exited with error: signal: {status}"
    else:
        reason = f"Runtime exited with error: exit status {status}"
    return _platform_error("Runtime.ExitError", request_id, reason)


def exit_status(error: BaseException) -> int | str:
    """What becomes of a Python process that nothing stops from ending with `error`. (RT-20)"""
    if isinstance(error, KeyboardInterrupt):
        return "interrupt"
    if not isinstance(error, SystemExit):
        return 1
    if error.code is None:
        return 0
    return error.code & 0xFF if isinstance(error.code, int) else 1


def out_of_memory(request_id: str) -> dict[str, str]:
    """A process that was killed for its memory. (RT-21)"""
    return _platform_error("Runtime.OutOfMemory", request_id, "Runtime exited with error: signal: killed")


def response_too_large() -> dict[str, str]:
    """A response over `limits.SYNC_RESPONSE_BYTES`. (SYNC-12)"""
    size = limits.SYNC_RESPONSE_BYTES
    return {
        "errorMessage": f"Response payload size exceeded maximum allowed payload size ({size} bytes).",
        "errorType": "Function.ResponseSizeTooLarge",
    }


def _platform_error(error_type: str, request_id: str, reason: str) -> dict[str, str]:
    return {"errorType": error_type, "errorMessage": f"RequestId: {request_id} Error: {reason}"}


def encode_error(error: Mapping[str, object]) -> bytes:
    """The bytes of what the platform reports."""
    return json.dumps(error, separators=(",", ":")).encode()


def log_text(error: ErrorObject) -> str:
    """The log event of an error in text format: one event, whose leading spaces are U+00A0. (RT-18)"""
    headline = ": ".join(part for part in (error["errorType"], error["errorMessage"]) if part)
    lines = [f"[ERROR] {headline}", "Traceback (most recent call last):"]
    for frame in error["stackTrace"]:
        lines += [_unbreakable(line) for line in frame.splitlines()] or [""]
    return "\n".join(lines)


def _unbreakable(line: str) -> str:
    text = line.lstrip(" ")
    return "\u00a0" * (len(line) - len(text)) + text


def log_json(error: ErrorObject, epoch: int, runtime: str) -> str:
    """The same in JSON format. `epoch` is when it was written, in microseconds since 1970. (RT-18)"""
    return encode_response({"timestamp": units.iso_seconds(epoch), "level": "ERROR", **error}, runtime).decode()
