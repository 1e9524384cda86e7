"""Error objects and their log text, held against AWS's own runtime client and against real processes."""

from __future__ import annotations

import json
import linecache
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes import units
from pytest_lambda_modes.runtime import error_payload, stack_frames
from pytest_lambda_modes.runtime.error_payload import ReportedError, encode_error, exit_status
from pytest_lambda_modes.runtime.faults import HandlerFault, MarshalError, RuntimeCrash
from pytest_lambda_modes.runtime.payload import encode_event
from pytest_lambda_modes.runtime.stack_frames import stack_trace

if sys.version_info < (3, 11):
    from exceptiongroup import ExceptionGroup

REQUEST_ID = "6f1c0000-0000-4000-8000-000000000001"


class Outer:
    class InnerError(Exception):
        pass


class Mute(Exception):
    def __str__(self) -> str:
        raise LookupError("no words")


def reported(error: Exception, request_id: str) -> bytes:
    return ReportedError("function_error", "RT-14", error, request_id, "python3.13").payload


def fails(kind: type[Exception], *arguments: Any) -> Callable[[Any, Any], object]:
    def handler(event: object, context: object) -> object:
        raise kind(*arguments)

    return handler


def recursion(depth: int) -> Callable[[Any, Any], object]:
    def down(left: int) -> object:
        if left == 0:
            raise RuntimeError("bottom")
        return down(left - 1)

    return lambda event, context: down(depth)


def chained(event: object, context: object) -> object:
    try:
        return {}["k"]
    except KeyError as error:
        raise ValueError("no k") from error


def over_several_lines(event: object, context: object) -> object:
    return sum(
        [
            1,
            int("x"),
        ]
    )


def without_source(event: object, context: object) -> object:
    return eval("1 / 0")


def from_a_library(event: object, context: object) -> object:
    return json.loads("{")


def from_the_simulation(event: object, context: object) -> object:
    return encode_event({"a": {1}})


def re_raised(event: object, context: object) -> object:
    try:
        return 1 / 0
    except ZeroDivisionError as error:
        error.args = ("again",)
        raise


async def returns_a_coroutine(event: object, context: object) -> None:
    pass


HANDLERS: dict[str, Callable[[Any, Any], object]] = {
    "KeyError quotes its key": fails(KeyError, "k"),
    "two arguments": fails(Exception, "a", "b"),
    "no message": fails(Exception),
    "lines and text beyond ASCII": fails(ValueError, "one\n  two\r\n\u2028caf\u00e9"),
    "nested class": fails(Outer.InnerError, "inner"),
    "group": fails(ExceptionGroup, "several", [ValueError(1), TypeError(2)]),
    "OSError": fails(FileNotFoundError, 2, "No such file", "/tmp/x"),
    "MemoryError": fails(MemoryError),
    "chained": chained,
    "several lines": over_several_lines,
    "without source": without_source,
    "from a library": from_a_library,
    "last frame in the simulation": from_the_simulation,
    "re-raised": re_raised,
    "three repeats": recursion(3),
    "one repeat more": recursion(4),
    "many repeats": recursion(40),
    "lambda": lambda event, context: event["missing"],
    "str that raises": fails(Mute),
    "lone surrogate": fails(ValueError, "\ud800"),
    "marshal error": lambda event, context: {1},
}


@pytest.mark.rule("RT-11", "RT-14", "RT-17")
@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
def test_an_exception_becomes_the_error_object_of_awss_runtime(
    oracle: Any, simulated: Any, handler: Callable[[Any, Any], object]
) -> None:
    """Message, type, request id and frames are byte for byte those that AWS's runtime posts."""
    assert simulated(handler, oracle.runtime) == oracle.invoke(handler)


@pytest.mark.rule("RT-14")
def test_the_keys_are_in_the_runtimes_order_and_frames_have_no_carets(simulated: Any) -> None:
    """The object has four keys in AWS's order, and each frame is a place and a source line."""
    error = json.loads(simulated(HANDLERS["from a library"], "python3.13").payload)
    assert list(error) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert error["requestId"] == REQUEST_ID
    assert "in from_a_library\n    return json.loads(" in error["stackTrace"][0]
    assert all("^" not in frame for frame in error["stackTrace"])


@pytest.mark.rule("RT-14")
@pytest.mark.parametrize("handler", [lambda: None, 7])
def test_a_call_that_never_reaches_the_handler_keeps_one_frame(oracle: Any, simulated: Any, handler: Any) -> None:
    """With the wrong arity, or nothing to call, the stack trace is the one frame of the caller, as in Lambda."""
    expected = json.loads(oracle.invoke(handler).payload)
    actual = json.loads(simulated(handler, oracle.runtime).payload)
    assert "bootstrap.py" in expected["stackTrace"][0]
    assert "stand_in.py" in actual["stackTrace"][0]
    assert len(actual.pop("stackTrace")) == len(expected.pop("stackTrace")) == 1
    assert actual == expected


@pytest.mark.rule("RT-14")
@given(
    name=st.text(st.characters(codec="utf-8"), max_size=8),
    arguments=st.lists(st.text() | st.integers()),
    depth=st.integers(0, 9),
)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_any_exception_becomes_the_error_object_of_awss_runtime(
    oracle: Any, simulated: Any, name: str, arguments: list[Any], depth: int
) -> None:
    """Whatever its class is called, whatever it carries and however deep it was raised."""
    kind = type(name.replace("\0", ""), (Exception,), {})

    def handler(event: Any, context: object) -> object:
        if event == depth:
            raise kind(*arguments)
        return handler(event + 1, context)

    assert simulated(handler, oracle.runtime, event=b"0") == oracle.invoke(handler, event=b"0")


@pytest.mark.rule("RT-17")
def test_an_exception_without_words_ends_the_process() -> None:
    """The payload of an exception whose text cannot be taken is no payload: the process dies with status 1."""
    with pytest.raises(RuntimeCrash) as caught:
        reported(Mute(), REQUEST_ID)
    assert exit_status(caught.value) == 1


def test_a_frame_is_formatted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second error from a line costs no look at its file."""

    def trace() -> list[str]:
        try:
            raise ValueError
        except ValueError as error:
            return stack_trace(error.__traceback__)

    first = trace()
    looks: list[Any] = []
    monkeypatch.setattr(linecache, "checkcache", lambda *names: looks.append(names))
    assert trace() == first
    assert looks == []


def test_forgetting_formatted_frames_changes_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory of frames is bounded, and a frame that was forgotten is formatted anew."""
    monkeypatch.setattr(stack_frames, "_FORMATTED_LIMIT", 1)
    texts = set()
    for _ in range(3):
        try:
            recursion(2)(None, None)
        except RuntimeError as error:
            texts.add(tuple(stack_trace(error.__traceback__)))
    assert len(texts) == 1
    assert len(stack_frames._formatted) == 1


def test_two_files_with_the_same_code_are_told_apart() -> None:
    """Equal functions of different files appear under their own file's name."""
    for name in ("one.py", "two.py"):
        namespace: dict[str, Any] = {}
        exec(compile("def handler(): raise ValueError", name, "exec"), namespace)
        with pytest.raises(ValueError) as caught:
            namespace["handler"]()
        assert stack_trace(caught.tb)[-1] == f'  File "{name}", line 1, in handler\n'


# Faults of the runtime, and what the platform reports


@pytest.mark.rule("RT-11")
def test_a_fault_of_the_runtime_has_its_own_type_and_no_frames() -> None:
    """A marshal error carries the request id and an empty stack trace."""
    assert json.loads(reported(MarshalError("Unable to marshal response: x"), REQUEST_ID)) == {
        "errorMessage": "Unable to marshal response: x",
        "errorType": "Runtime.MarshalError",
        "requestId": REQUEST_ID,
        "stackTrace": [],
    }


@pytest.mark.rule("RT-3")
def test_an_init_error_has_an_empty_request_id() -> None:
    """Before there is a request, its id is the empty string."""
    assert reported(HandlerFault("Runtime.HandlerNotFound", "Handler 'h' missing on module 'm'"), "") == (
        b'{"errorMessage": "Handler \'h\' missing on module \'m\'", "errorType": "Runtime.HandlerNotFound", '
        b'"requestId": "", "stackTrace": []}'
    )


@pytest.mark.rule("RT-19")
def test_a_timeout_names_the_request_and_the_seconds() -> None:
    """AWS's text of today: the type first, two decimals, and neither request id nor stack trace as keys."""
    assert encode_error(error_payload.timed_out("1-2", 1 * units.SECOND)) == (
        b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 1-2 Error: Task timed out after 1.00 seconds"}'
    )


@pytest.mark.rule("RT-19")
def test_a_timeout_before_2025_was_a_line_of_the_log() -> None:
    """The previous form has the time of death and no type."""
    epoch = 1_767_225_603_250_000
    assert encode_error(error_payload.timed_out_before_2025("1-2", 3 * units.SECOND, epoch)) == (
        b'{"errorMessage":"2026-01-01T00:00:03.250Z 1-2 Task timed out after 3.00 seconds"}'
    )


@pytest.mark.rule("RT-20")
@pytest.mark.parametrize(
    "status, reason",
    [
        (0, "Runtime exited without providing a reason"),
        (127, "Runtime exited with error: exit status 127"),
        ("killed", "Runtime exited with error: signal: killed"),
    ],
)
def test_an_exit_is_told_by_its_status_or_signal(status: int | str, reason: str) -> None:
    """Status 0 has no reason; every other status, and a signal, is named."""
    assert error_payload.exited("1-2", status) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: 1-2 Error: {reason}",
    }


@pytest.mark.rule("RT-20")
@pytest.mark.parametrize(
    "error",
    [
        "SystemExit()",
        "SystemExit(0)",
        "SystemExit(3)",
        "SystemExit(256)",
        "SystemExit(-1)",
        "SystemExit(True)",
        "SystemExit('text')",
        "SystemExit((1, 2))",
        "GeneratorExit()",
        "BaseException()",
        "KeyboardInterrupt()",
    ],
)
def test_what_ends_a_process_has_the_status_of_a_real_process(error: str) -> None:
    """A real Python that nothing stops ends with the status, or by the signal, that we say."""
    ended = subprocess.run([sys.executable, "-c", f"raise {error}"], stderr=subprocess.DEVNULL, check=False).returncode
    signals = {-2: "interrupt"}
    assert exit_status(eval(error)) == signals.get(ended, ended)


@pytest.mark.rule("RT-21")
def test_out_of_memory_has_a_type_of_its_own() -> None:
    """A process killed for its memory is Runtime.OutOfMemory."""
    assert error_payload.out_of_memory("1-2") == {
        "errorType": "Runtime.OutOfMemory",
        "errorMessage": "RequestId: 1-2 Error: Runtime exited with error: signal: killed",
    }


@pytest.mark.rule("SYNC-12")
def test_a_response_over_the_limit_names_the_limit() -> None:
    """The recorded payload, key for key."""
    assert encode_error(error_payload.response_too_large()) == (
        b'{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).",'
        b'"errorType":"Function.ResponseSizeTooLarge"}'
    )


# The log


def logged(oracle: Any, handler: Callable[[Any, Any], object]) -> tuple[dict[str, Any], str]:
    answer, text = oracle.invoke_and_log(handler)
    return json.loads(answer.payload), text


@pytest.mark.rule("RT-18")
@pytest.mark.parametrize("name", [name for name in HANDLERS if name not in ("str that raises", "lone surrogate")])
def test_an_error_is_logged_as_awss_runtime_logs_it(oracle: Any, name: str) -> None:
    """One log event, in which each leading space of the traceback is a no-break space."""
    error, text = logged(oracle, HANDLERS[name])
    assert error_payload.log_text(error) == text  # type: ignore[arg-type]


@pytest.fixture
def greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The instant at which the oracle logs, in microseconds, in the zone that Lambda's logging has."""
    monkeypatch.setattr(logging.Formatter, "converter", time.gmtime)
    epoch = 1_767_225_603_250_000
    monkeypatch.setattr(time, "time", lambda: epoch / units.SECOND)
    return epoch


@pytest.mark.rule("RT-18")
@pytest.mark.parametrize("name", ["chained", "lines and text beyond ASCII", "marshal error"])
def test_an_error_in_json_format_has_a_time_and_a_level(oracle: Any, greenwich: int, name: str) -> None:
    """The JSON record begins with timestamp and level, and goes on with the error object."""
    json_oracle = type(oracle)(oracle.runtime, "JSON")
    error, text = logged(json_oracle, HANDLERS[name])
    assert text.startswith('{"timestamp": "2026-01-01T00:00:03Z", "level": "ERROR", "errorMessage": ')
    assert error_payload.log_json(error, greenwich, oracle.runtime) == text  # type: ignore[arg-type]
