"""What an invocation's end makes of it: one outcome for each way, with its rule and its payload."""

from __future__ import annotations

from pytest_lambda_modes.model.outcome import Outcome, OutcomeKind
from pytest_lambda_modes.runtime import error_payload
from pytest_lambda_modes.runtime.error_payload import ReportedError
from pytest_lambda_modes.runtime.faults import MarshalError, RuntimeCrash, UnmarshalError

_OF_THE_HANDLER: tuple[OutcomeKind, str] = ("function_error", "RT-14")
_FAULTS: dict[type[Exception], tuple[OutcomeKind, str]] = {
    MarshalError: ("marshal_error", "RT-11"),
    UnmarshalError: ("unmarshal_error", "RT-7"),
}


def success(payload: bytes) -> Outcome:
    return Outcome("success", payload, "SYNC-2")


def function_error(error: Exception, request_id: str, runtime: str) -> Outcome:
    """An exception that left the handler, or a fault of the runtime's own. (RT-7, RT-11, RT-14)"""
    kind, rule = _FAULTS.get(type(error), _OF_THE_HANDLER)
    try:
        return ReportedError(kind, rule, error, request_id, runtime)
    except RuntimeCrash:
        return _wordless(error, request_id)


def init_error(error: Exception, runtime: str) -> Outcome:
    """The handler's module could not be imported, or names no handler. It has no request id. (RT-2, RT-3)"""
    try:
        return ReportedError("init_error", "RT-3", error, "", runtime)
    except RuntimeCrash:
        return _wordless(error, "")


def _wordless(error: Exception, request_id: str) -> Outcome:
    """An exception that cannot say its message ends the process. (RT-17)"""
    return exited(request_id, 1, error, "RT-17")


def timed_out(request_id: str, timeout: int, legacy_at: int | None) -> Outcome:
    """The function reached its timeout. `legacy_at` asks for the form of before 2025, written at that epoch. (RT-19)"""
    if legacy_at is not None:
        text = error_payload.timed_out_before_2025(request_id, timeout, legacy_at)
    else:
        text = error_payload.timed_out(request_id, timeout)
    return Outcome("timeout", error_payload.encode_error(text), "RT-19", text.get("errorType"))


def exited(request_id: str, status: int | str, error: BaseException | None = None, rule: str = "RT-20") -> Outcome:
    """The process ended, with an exit status or by the signal of that name. (RT-20)"""
    text = error_payload.exited(request_id, status)
    return Outcome("exit", error_payload.encode_error(text), rule, text["errorType"], error)


def out_of_memory(request_id: str) -> Outcome:
    text = error_payload.out_of_memory(request_id)
    return Outcome("out_of_memory", error_payload.encode_error(text), "RT-21", text["errorType"])


def response_too_large() -> Outcome:
    text = error_payload.response_too_large()
    return Outcome("response_too_large", error_payload.encode_error(text), "SYNC-12", text["errorType"])


def from_base_exception(error: BaseException, request_id: str) -> Outcome:
    """An exception that no handler is meant to let go: the process ends with it. (RT-20)"""
    if isinstance(error, RuntimeCrash):
        return exited(request_id, 1, error)
    return exited(request_id, error_payload.exit_status(error), error)
