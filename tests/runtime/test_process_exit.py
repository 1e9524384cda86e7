"""Handlers that end their process: by `sys.exit`, `os._exit`, `os.abort`, a signal, or an exception nobody catches."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"

unix = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


def leave_by(action):
    """A handler that does it, and returns if it is still there."""

    def handler(event, context):
        action()
        return "still here"

    return handler


class Stop(BaseException):
    pass


def raiser(error):
    def action():
        raise error

    return action


def exit_of(request_id, reason):
    return {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request_id} Error: {reason}"}


@pytest.mark.rule("RT-20", "SYNC-5")
@pytest.mark.parametrize(
    "action, reason",
    [
        (lambda: sys.exit(), "Runtime exited without providing a reason"),
        (lambda: sys.exit(0), "Runtime exited without providing a reason"),
        (lambda: sys.exit(3), "Runtime exited with error: exit status 3"),
        (lambda: sys.exit(-1), "Runtime exited with error: exit status 255"),
        (lambda: sys.exit("disk full"), "Runtime exited with error: exit status 1"),
        (raiser(GeneratorExit()), "Runtime exited with error: exit status 1"),
        (raiser(Stop()), "Runtime exited with error: exit status 1"),
        (lambda: os._exit(0), "Runtime exited without providing a reason"),
        (lambda: os._exit(5), "Runtime exited with error: exit status 5"),
        (lambda: os._exit(256 + 5), "Runtime exited with error: exit status 5"),
        (lambda: os.abort(), "Runtime exited with error: signal: aborted"),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), "Runtime exited with error: signal: terminated"),
        pytest.param(
            lambda: os.kill(os.getpid(), signal.SIGKILL), "Runtime exited with error: signal: killed", marks=unix
        ),
        pytest.param(
            lambda: os.kill(os.getpid(), signal.SIGSEGV),
            "Runtime exited with error: signal: segmentation fault",
            marks=unix,
        ),
    ],
)
def test_a_handler_that_ends_its_process(sync_invoke, lambda_modes, action, reason):
    """The caller sees an exit, the next invocation is a cold start, and the test goes on."""
    function = lambda_modes.function(leave_by(action))
    response = sync_invoke(function, {})
    assert (response.status_code, response.function_error) == (200, "Unhandled")
    assert response.payload == exit_of(response.request_id, reason)
    assert sync_invoke(function, {}).cold_start


@pytest.mark.rule("RT-20")
def test_nothing_catches_the_end_of_a_process(sync_invoke):
    """A handler that swallows it and goes on to wait is off its stack there, and its response is lost."""
    steps = []

    def handler(event, context):
        try:
            os._exit(4)
        except BaseException:
            steps.append("caught")
        time.sleep(0)
        steps.append("never")

    response = sync_invoke(handler, {})
    assert response.payload == exit_of(response.request_id, "Runtime exited with error: exit status 4")
    assert steps == ["caught"]


@pytest.mark.rule("RT-20")
def test_the_first_end_counts(sync_invoke, lambda_clock):
    """A second one on the way out changes nothing, nor does an exit after the deadline."""

    def handler(event, context):
        try:
            time.sleep(event)
            os._exit(1)
        finally:
            os._exit(2)

    response = sync_invoke(handler, 1)
    assert response.payload == exit_of(response.request_id, "Runtime exited with error: exit status 1")
    assert sync_invoke(handler, 5).timed_out


@unix
@pytest.mark.parametrize("number", [0, signal.SIGINT, signal.SIGTERM])
def test_signals_that_end_nothing_are_sent(sync_invoke, number):
    """A probe, and a signal for which the process has a handler of its own, reach the process."""
    received = []
    previous = signal.signal(number, lambda number, frame: received.append(number)) if number else None
    try:
        response = sync_invoke(leave_by(lambda: os.kill(os.getpid(), number)), {})
    finally:
        if number:
            signal.signal(number, previous)
    assert response.payload == "still here"
    assert received == ([number] if number else [])


def test_another_process_can_be_ended(sync_invoke):
    """Only the handler's own process is the handler's environment."""

    def handler(event, context):
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
            os.kill(child.pid, signal.SIGTERM)
        return child.returncode

    assert sync_invoke(handler, {}).payload == (1 if sys.platform == "win32" else -signal.SIGTERM)


@unix
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_ends_as_ever(sync_invoke):
    """It has the handler's stack, and is a process of its own: `os._exit` ends it there and then."""

    def handler(event, context):
        child = os.fork()
        if child == 0:
            os._exit(7)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert sync_invoke(handler, {}).payload == 7


def test_the_test_itself_can_call_them_in_vain(pytester):
    """Outside of handlers they end the process that runs the tests, as they always do."""
    pytester.makeini(INI)
    pytester.makepyfile("import os\ndef test_it(sync_invoke):\n    os._exit(6)\n")
    assert pytester.runpytest_subprocess("-p", "no:cacheprovider").ret == 6


def test_they_are_put_back(pytester):
    """After the test the three functions are those of the os module again."""
    pytester.makeini(INI)
    pytester.makepyfile(
        """
        import os

        before = (os._exit, os.abort, os.kill)

        def test_during(sync_invoke):
            assert os._exit is not before[0]

        def test_after():
            assert (os._exit, os.abort, os.kill) == before
        """
    )
    pytester.runpytest("-p", "no:randomly").assert_outcomes(passed=2)


@pytest.mark.rule("RT-20")
def test_ctrl_c_is_the_tests_own(pytester):
    """A KeyboardInterrupt in a handler stops the run, whatever Lambda would make of it."""
    pytester.makeini(INI)
    pytester.makepyfile(
        """
        def handler(event, context):
            raise KeyboardInterrupt

        def test_it(sync_invoke):
            sync_invoke(handler, {})

        def test_never_runs():
            pass
        """
    )
    result = pytester.inline_run("-p", "no:randomly", no_reraise_ctrlc=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert result.countoutcomes() == [0, 0, 0]
