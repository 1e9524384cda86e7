"""Every way in which an invocation can end, as the caller sees it."""

from __future__ import annotations

import datetime as dt
import gc
import sys
import time
import weakref

import pytest

from pytest_lambda_modes import facts, faults

FOUR_KEYS = ["errorMessage", "errorType", "requestId", "stackTrace"]


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def ends(timeline):
    """How each invocation ended, and by which rule."""
    return [(fact.outcome, fact.rule) for fact in timeline if isinstance(fact, facts.FunctionEnded)]


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def unspeakable(event, context):
    raise Unspeakable


def fail(event, context):
    raise KeyError("k")


# What the runtime reports


@pytest.mark.rule("RT-14", "RT-15", "SYNC-5")
def test_an_exception(sync_invoke, lambda_timeline):
    """Four keys, in AWS's order, with the class name alone and the handler's frames alone."""
    response = sync_invoke(fail, {})
    assert (response.status_code, response.function_error, response.executed_version) == (200, "Unhandled", "$LATEST")
    assert list(response.payload) == FOUR_KEYS
    line = fail.__code__.co_firstlineno + 1
    assert response.payload == {
        "errorMessage": "'k'",
        "errorType": "KeyError",
        "requestId": response.request_id,
        "stackTrace": [f'  File "{__file__}", line {line}, in fail\n    raise KeyError("k")\n'],
    }
    assert ends(lambda_timeline) == [("function_error", "RT-14")]


@pytest.mark.rule("RT-14")
def test_what_a_payload_says_is_settled_when_the_handler_ends(sync_invoke):
    """Raising the exception again, or changing what it is about, changes nothing of the payload."""
    about = ["first"]

    def handler(event, context):
        raise ValueError(about)

    response = sync_invoke(handler, {})
    about.append("second")
    with pytest.raises(ValueError):
        response.unwrap()
    assert response.error.message == "['first']"
    assert [frame.split(", in ")[1].split("\n")[0] for frame in response.error.stack_trace] == ["handler"]


@pytest.mark.rule("RT-14")
def test_one_exception_raised_twice(sync_invoke):
    """An exception that a module keeps and raises anew has the frames of all times, as in Python and in Lambda."""
    kept = ValueError("kept")

    def handler(event, context):
        raise kept

    first, second = (sync_invoke(handler, {}) for _ in range(2))
    assert len(first.error.stack_trace) == 1
    assert len(second.error.stack_trace) > 1


@pytest.mark.rule("RT-11", "RT-12")
@pytest.mark.parametrize("value", [{1}, object(), {"at": dt.datetime(2026, 1, 1)}, (each for each in "ab")])
def test_a_response_that_is_not_json(sync_invoke, lambda_timeline, value):
    """The runtime's own error, with a request id and no frames."""
    response = sync_invoke(lambda event, context: value, {})
    assert list(response.payload) == FOUR_KEYS
    assert response.payload["errorType"] == "Runtime.MarshalError"
    assert response.payload["errorMessage"].startswith("Unable to marshal response: Object of type ")
    assert (response.payload["requestId"], response.payload["stackTrace"]) == (response.request_id, [])
    assert ends(lambda_timeline) == [("marshal_error", "RT-11")]


@pytest.mark.rule("RT-17", "RT-20")
def test_an_exception_that_cannot_say_its_message(sync_invoke, lambda_timeline):
    """The runtime fails while it reports, so the process ends with status 1."""
    response = sync_invoke(unspeakable, {})
    assert response.payload == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {response.request_id} Error: Runtime exited with error: exit status 1",
    }
    assert ends(lambda_timeline) == [("exit", "RT-17")]
    assert sync_invoke(unspeakable, {}).cold_start


@pytest.mark.rule("RT-10", "RT-20")
@pytest.mark.parametrize("runtime, kind", [("python3.11", "ValueError"), ("python3.13", "Runtime.ExitError")])
def test_a_message_that_is_no_utf8(sync_invoke, runtime, kind):
    """A lone surrogate is escaped by older runtimes, and ends the process of newer ones."""

    def handler(event, context):
        raise ValueError("\ud800")

    assert sync_invoke(handler, {}, runtime=runtime).error.type == kind


@pytest.mark.rule("RT-10", "RT-20")
@pytest.mark.parametrize("runtime, error", [("python3.11", None), ("python3.13", "Runtime.ExitError")])
def test_a_response_that_is_no_utf8(sync_invoke, runtime, error):
    """It is the same with a return value."""
    response = sync_invoke(lambda event, context: "\ud800", {}, runtime=runtime)
    assert (response.error and response.error.type) == error


# What the platform reports


@pytest.mark.rule("RT-19", "SYNC-5")
def test_a_timeout(sync_invoke, lambda_timeline):
    """Two keys and no more, with the configured seconds to two decimals."""
    response = sync_invoke(lambda event, context: time.sleep(60), {}, timeout=7)
    assert list(response.payload) == ["errorType", "errorMessage"]
    assert response.payload_bytes == (
        b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: %s Error: Task timed out after 7.00 seconds"}'
        % response.request_id.encode()
    )
    assert (response.timed_out, response.duration) == (True, seconds(7))
    assert ends(lambda_timeline) == [("timeout", "RT-19")]


@pytest.mark.rule("RT-19")
@pytest.mark.parametrize("sleep, timed_out", [(2.999999, False), (3, True)])
def test_the_deadline_itself_is_too_late(sync_invoke, sleep, timed_out):
    """A handler that sleeps until just before it returns; one that sleeps up to it does not."""
    response = sync_invoke(lambda event, context: time.sleep(sleep), {}, timeout=3)
    assert response.timed_out is timed_out


@pytest.mark.rule("RT-19")
@pytest.mark.lambda_modes(timeout_format="legacy")
def test_a_timeout_as_it_was_before_2025(sync_invoke):
    """On demand the payload is the former one: a time stamp, the request id, and no type."""
    response = sync_invoke(lambda event, context: time.sleep(60), {}, timeout=1)
    assert response.payload == {
        "errorMessage": f"2026-01-01T00:00:01.000Z {response.request_id} Task timed out after 1.00 seconds"
    }
    assert response.error == (None, response.payload["errorMessage"], [])


@pytest.mark.rule("RT-19")
def test_a_timeout_is_one_whatever_the_handler_does_with_it(sync_invoke, lambda_clock):
    """It cannot be caught for good, and its `finally` blocks get no further wait."""
    steps = []

    def handler(event, context):
        try:
            time.sleep(60)
        except BaseException:
            steps.append("caught")
        finally:
            try:
                time.sleep(1)
            finally:
                steps.append("finally")
        return "done"

    assert sync_invoke(handler, {}).timed_out
    assert steps == ["caught", "finally"]
    assert lambda_clock.elapsed == seconds(3)


@pytest.mark.rule("RT-21")
def test_out_of_memory(sync_invoke, lambda_timeline, lambda_modes):
    """The test says when the process is killed for its memory, and the next start is cold."""
    function = lambda_modes.function(lambda event, context: time.sleep(2))
    response = sync_invoke(function, {}, faults={1: faults.Kill(after=seconds(1), cause="out_of_memory")})
    assert response.payload == {
        "errorType": "Runtime.OutOfMemory",
        "errorMessage": f"RequestId: {response.request_id} Error: Runtime exited with error: signal: killed",
    }
    assert response.duration == seconds(1)
    assert ends(lambda_timeline) == [("out_of_memory", "RT-21")]
    assert sync_invoke(function, {}).cold_start


@pytest.mark.rule("RT-20", "RT-19")
@pytest.mark.parametrize(
    "after, sleep, kind, duration",
    [
        (0, 2, "exit", 0),
        (2, 2, "exit", 2),
        (2.001, 2, "success", 2),
        (2.999, 60, "exit", 2.999),
        (3, 60, "timeout", 3),
    ],
)
def test_a_kill(sync_invoke, lambda_timeline, after, sleep, kind, duration):
    """It comes at the first wait that reaches its instant; after the handler's end, or at its deadline, it does not."""
    kill = faults.Kill(after=seconds(after))
    response = sync_invoke(lambda event, context: time.sleep(sleep), {}, faults={1: kill})
    assert [outcome for outcome, _ in ends(lambda_timeline)] == [kind]
    assert response.duration == seconds(duration)
    if kind == "exit":
        assert response.error.message.endswith("Error: Runtime exited with error: signal: killed")


@pytest.mark.rule("RT-29")
def test_a_handler_does_not_see_its_kill_coming(sync_invoke):
    """The remaining time is that of the timeout."""
    handler = lambda event, context: print(context.get_remaining_time_in_millis()) or time.sleep(2)  # noqa: E731
    response = sync_invoke(handler, {}, faults={1: faults.Kill(after=seconds(1))})
    assert "\n3000\n" in response.logs


@pytest.mark.rule("SYNC-12")
def test_a_response_that_is_too_large(sync_invoke, lambda_timeline, lambda_modes):
    """Two keys, and the environment stays in use."""
    function = lambda_modes.function(lambda event, context: "x" * event)
    response = sync_invoke(function, 6_291_555)
    assert response.payload_bytes == (
        b'{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).",'
        b'"errorType":"Function.ResponseSizeTooLarge"}'
    )
    assert ends(lambda_timeline) == [("response_too_large", "SYNC-12")]
    assert not sync_invoke(function, 1).cold_start


# What is kept


class Held:
    """Something that a handler has in a local variable."""


@pytest.mark.parametrize("mode, kept", [("sync", True), ("async", False)])
def test_the_frames_of_a_failed_handler_are_kept_while_somebody_can_unwrap_it(lambda_modes, mode, kept):
    """A synchronous response has the exception with its locals; an attempt of an event has the text alone."""
    holder = []

    def handler(event, context):
        held = Held()
        holder.append(weakref.ref(held))
        raise ValueError("held")

    if mode == "sync":
        result = lambda_modes.sync_invoke(handler, {})
    else:
        result = lambda_modes.async_invoke(handler, {}, maximum_retry_attempts=0).wait().attempts[0]
    gc.collect()
    assert (holder[0]() is not None) is kept
    assert result.error.message == "held"
    assert result.error.stack_trace[0].endswith('raise ValueError("held")\n')


@pytest.mark.rule("RT-20")
def test_an_exit_is_told_by_what_left_the_handler(sync_invoke, lambda_timeline):
    """The timeline names the exception, where the payload has the exit alone."""
    sync_invoke(lambda event, context: sys.exit(3), {})
    sync_invoke(lambda event, context: {1}, {})
    assert [fact.error for fact in lambda_timeline if isinstance(fact, facts.FunctionEnded)] == [
        "SystemExit: 3",
        "Runtime.MarshalError: Unable to marshal response: Object of type set is not JSON serializable",
    ]
