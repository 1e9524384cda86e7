"""An execution environment from its cold start to its end: what is new, what is kept, and what an init may do."""

from __future__ import annotations

import contextvars
import datetime as dt
import os
import sys
import time

import pytest

from pytest_lambda_modes import facts


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a module of the function's own, to be named in a handler string."""
    monkeypatch.syspath_prepend(tmp_path)
    return lambda name, source: (tmp_path / f"{name}.py").write_text(source)


COUNTER = """
import sys, time

count = 0

def handler(event, context):
    global count
    count += 1
    time.sleep(event.get("sleep", 0))
    if "fail" in event:
        raise ValueError(event["fail"])
    if "exit" in event:
        sys.exit(event["exit"])
    return count
"""


@pytest.fixture
def counter(lambda_modes, write):
    """A function whose module counts its invocations."""
    write("counter", COUNTER)
    return lambda_modes.function("counter.handler")


# Cold and warm


@pytest.mark.rule("RT-4", "RT-23")
def test_a_module_is_imported_once_per_environment(sync_invoke, counter):
    """The first invocation is a cold start; the next ones find the module's globals as they left them."""
    responses = [sync_invoke(counter, {}) for _ in range(3)]
    assert [response.payload for response in responses] == [1, 2, 3]
    assert [response.cold_start for response in responses] == [True, False, False]


@pytest.mark.rule("RT-16", "RT-23")
def test_an_exception_keeps_the_environment(sync_invoke, counter):
    """After an exception from the handler the next invocation is warm."""
    assert sync_invoke(counter, {"fail": "once"}).error.message == "once"
    response = sync_invoke(counter, {})
    assert (response.payload, response.cold_start) == (2, False)


@pytest.mark.rule("RT-11", "RT-16")
def test_a_response_that_is_not_json_keeps_the_environment(sync_invoke, lambda_modes):
    """A failure to marshal is no end of the process."""
    function = lambda_modes.function(lambda event, context: event["warm"] or {1, 2})
    assert sync_invoke(function, {"warm": 0}).error.type == "Runtime.MarshalError"
    assert not sync_invoke(function, {"warm": 1}).cold_start


@pytest.mark.rule("RT-23")
def test_invocations_that_overlap_have_an_environment_each(lambda_modes, counter, lambda_clock):
    """An environment serves one invocation at a time; both are there for the next ones."""
    first, second = (lambda_modes.async_invoke(counter, {"sleep": 1}) for _ in range(2))
    lambda_clock.advance(seconds=2)
    assert [first.attempts[0].response, second.attempts[0].response] == [1, 1]
    third, fourth = (lambda_modes.async_invoke(counter, {"sleep": 1}) for _ in range(2))
    lambda_clock.advance(seconds=2)
    assert [third.attempts[0].response, fourth.attempts[0].response] == [2, 2]
    assert not third.attempts[0].cold_start


@pytest.mark.rule("RT-22")
@pytest.mark.parametrize(
    "event, kind",
    [({"sleep": 5}, "Sandbox.Timedout"), ({"exit": 0}, "Runtime.ExitError"), ({"exit": 7}, "Runtime.ExitError")],
)
def test_the_end_of_the_process_is_the_end_of_its_globals(sync_invoke, counter, event, kind):
    """After a timeout or an exit the module is imported anew, in the same environment."""
    before = sync_invoke(counter, {})
    assert sync_invoke(counter, event).error.type == kind
    response = sync_invoke(counter, {})
    assert (response.payload, response.cold_start) == (1, True)
    assert log_stream(response) == log_stream(before)


@pytest.mark.rule("RT-22")
def test_the_init_after_a_reset_is_part_of_the_invocation(sync_invoke, lambda_modes, write):
    """It counts in the duration and under the timeout, and REPORT tells no Init Duration."""
    write("slow_start", "import time\ntime.sleep(2)\ndef handler(event, context): time.sleep(event)\n")
    function = lambda_modes.function("slow_start.handler", timeout=3)
    cold = sync_invoke(function, 0)
    assert cold.duration == seconds(0)
    assert "Init Duration: 2000.00 ms" in cold.logs
    assert sync_invoke(function, 4).timed_out
    again = sync_invoke(function, 0.5)
    assert (again.duration, again.cold_start, again.function_error) == (seconds(2.5), True, None)
    assert "Init Duration" not in again.logs
    assert sync_invoke(function, 4).timed_out
    assert sync_invoke(function, 1).timed_out


@pytest.mark.rule("RT-22", "RT-40")
@pytest.mark.parametrize(
    "change",
    [
        lambda function: function.update_configuration(memory_size=256),
        lambda function: function.update_code("counter.handler"),
        lambda function: function.recycle(),
    ],
    ids=["configuration", "code", "recycled"],
)
def test_a_change_or_the_platform_discards_an_environment(sync_invoke, counter, change):
    """The next invocation is a cold start in another environment, with a log stream of its own."""
    before = sync_invoke(counter, {})
    change(counter)
    after = sync_invoke(counter, {})
    assert (after.payload, after.cold_start) == (1, True)
    assert log_stream(after) != log_stream(before)


def log_stream(response):
    return response._invocation.environment.log_stream


def test_a_callable_is_not_imported_anew(sync_invoke, lambda_modes):
    """A callable is run as it is: a reset is a cold start, and its module's state is the test's."""
    seen = []

    def handler(event, context):
        seen.append(event)
        time.sleep(event)

    function = lambda_modes.function(handler, timeout=1)
    responses = [sync_invoke(function, number) for number in (0, 1, 0)]
    assert [response.cold_start for response in responses] == [True, False, True]
    assert seen == [0, 1, 0]


def test_a_cold_start_of_a_callable_takes_no_time(sync_invoke, lambda_modes):
    """REPORT tells an init of 0 ms for the first invocation, and none after a reset."""
    function = lambda_modes.function(lambda event, context: time.sleep(event), timeout=1)
    assert "Init Duration: 0.00 ms" in sync_invoke(function, 0).logs
    assert "Init Duration" not in sync_invoke(function, 1).logs
    assert "Init Duration" not in sync_invoke(function, 0).logs


# Init errors

BROKEN = {
    "no_function": "x = 1\n",
    "needs_more": "import something_that_nobody_has\n",
    "raises_import_error": "raise ImportError('by hand')\n",
    "bad_syntax": "def handler(event, context)\n    return 1\n",
    "raises": "class Missing(Exception): pass\nraise Missing('TABLE')\n",
}


@pytest.mark.rule("RT-1", "RT-2", "RT-3", "SYNC-5")
@pytest.mark.parametrize(
    "handler, kind, message",
    [
        (
            "nodot",
            "Runtime.MalformedHandlerName",
            "Bad handler 'nodot': not enough values to unpack (expected 2, got 1)",
        ),
        ("sys.exit", "Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
        (
            "no_such_module.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'no_such_module': No module named 'no_such_module'",
        ),
        (
            "needs_more.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'needs_more': No module named 'something_that_nobody_has'",
        ),
        (
            "raises_import_error.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'raises_import_error': by hand",
        ),
        (
            "bad_syntax.handler",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'bad_syntax': expected ':' (bad_syntax.py, line 1)",
        ),
        ("no_function.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'no_function'"),
        ("raises.handler", "Missing", "TABLE"),
    ],
)
def test_a_handler_that_cannot_be_initialised(sync_invoke, lambda_timeline, write, handler, kind, message):
    """Every way to fail in the init is HTTP 200 with an error object that has no request id."""
    module = handler.partition(".")[0]
    if module in BROKEN:
        write(module, BROKEN[module])
    response = sync_invoke(handler, {})
    assert (response.status_code, response.function_error) == (200, "Unhandled")
    assert list(response.payload) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert response.payload["errorMessage"] == message
    assert response.payload["errorType"] == kind
    assert response.payload["requestId"] == ""
    (failed,) = [fact for fact in lambda_timeline if isinstance(fact, facts.InitFailed)]
    assert (failed.error, failed.rule) == (f"{kind}: {message}", "RT-3")


@pytest.mark.rule("RT-3")
def test_the_frames_of_an_init_error_begin_in_importlib(sync_invoke, write):
    """The stack trace goes through the import system and ends in the module's own body."""
    write("raises", BROKEN["raises"])
    trace = sync_invoke("raises.handler", {}).payload["stackTrace"]
    assert "importlib" in trace[0]
    assert "in import_module" in trace[0]
    assert trace[-1].endswith("in <module>\n    raise Missing('TABLE')\n")


@pytest.mark.rule("RT-4", "RT-22")
def test_each_invocation_after_an_init_error_tries_anew(sync_invoke, lambda_modes, write, tmp_path):
    """The process has ended with status 1, so the next invocation imports again, and succeeds if the cause is gone."""
    write(
        "flaky",
        "import pathlib\n"
        "with open(pathlib.Path(__file__).parent / 'tries', 'a') as tries:\n"
        "    tries.write('x')\n"
        "raise OSError('down')\n",
    )
    function = lambda_modes.function("flaky.handler")
    assert [sync_invoke(function, {}).payload["errorMessage"] for _ in range(2)] == ["down", "down"]
    assert (tmp_path / "tries").read_text() == "xx"
    write("flaky", "def handler(event, context): return 'up'\n")
    assert sync_invoke(function, {}).payload == "up"


@pytest.mark.rule("RT-20")
@pytest.mark.parametrize(
    "body, reason",
    [
        ("import sys; sys.exit(0)", "Runtime exited without providing a reason"),
        ("import sys; sys.exit(127)", "Runtime exited with error: exit status 127"),
        ("import os; os._exit(3)", "Runtime exited with error: exit status 3"),
        (
            "import os\ntry:\n    os.abort()\nexcept BaseException:\n    pass",
            "Runtime exited with error: signal: aborted",
        ),
        ("class Stop(BaseException): pass\nraise Stop", "Runtime exited with error: exit status 1"),
    ],
)
def test_an_exit_at_import_ends_the_invocation(sync_invoke, lambda_modes, lambda_timeline, write, body, reason):
    """The handler never runs, and the answer is that of a process that ended."""
    write("leaves", f"{body}\ndef handler(event, context): return 'never'\n")
    function = lambda_modes.function("leaves.handler")
    for _ in range(2):
        response = sync_invoke(function, {})
        assert response.payload == {
            "errorType": "Runtime.ExitError",
            "errorMessage": f"RequestId: {response.request_id} Error: {reason}",
        }
    assert [fact.rule for fact in lambda_timeline if isinstance(fact, facts.InitFailed)] == ["RT-20"]


# The limit of the init


@pytest.mark.rule("RT-24")
def test_an_init_over_10_seconds_starts_over_inside_the_invocation(sync_invoke, lambda_clock, lambda_timeline, write):
    """The first import is given up at 10 s; the second is bounded by the function's timeout, and may take longer."""
    write("heavy", "import time\ntime.sleep(12)\ndef handler(event, context): return 'ready'\n")
    response = sync_invoke("heavy.handler", {}, timeout=20)
    assert (response.payload, response.cold_start) == ("ready", True)
    assert response.duration == seconds(12)
    assert lambda_clock.elapsed == seconds(22)
    assert [fact.at for fact in lambda_timeline if isinstance(fact, facts.InitTimedOut)] == [10_000_000]
    assert "Init Duration" not in response.logs


@pytest.mark.rule("RT-24", "RT-19")
def test_an_init_that_never_ends_takes_10_seconds_and_the_timeout(sync_invoke, lambda_clock, write):
    """The caller waits for both tries, and the payload speaks of the timeout alone."""
    write("endless", "import time\nwhile True:\n    time.sleep(1)\n")
    response = sync_invoke("endless.handler", {}, timeout=30)
    assert response.payload["errorMessage"].endswith("Task timed out after 30.00 seconds")
    assert (response.duration, lambda_clock.elapsed) == (seconds(30), seconds(40))


@pytest.mark.rule("RT-24")
@pytest.mark.parametrize("sleep, elapsed", [(9.999, 9.999), (10, 20)])
def test_the_limit_of_the_init_is_10_seconds_exactly(sync_invoke, lambda_clock, write, sleep, elapsed):
    """An import that needs just 10 s is too slow, one that needs a millisecond less is not."""
    write("heavy", f"import time\ntime.sleep({sleep})\ndef handler(event, context): return 'ready'\n")
    assert sync_invoke("heavy.handler", {}, timeout=60).payload == "ready"
    assert lambda_clock.elapsed == seconds(elapsed)


@pytest.mark.rule("RT-24")
def test_a_module_cannot_outlive_the_limit_of_its_init(sync_invoke, write):
    """One that catches everything is imported again all the same."""
    write(
        "stubborn",
        "import time\n"
        "began = time.time()\n"
        "try:\n"
        "    time.sleep(11)\n"
        "except BaseException:\n"
        "    pass\n"
        "def handler(event, context): return time.time() - began\n",
    )
    assert sync_invoke("stubborn.handler", {}, timeout=30).payload == 11


@pytest.mark.rule("RT-24")
def test_after_a_timeout_the_import_has_no_10_seconds_of_its_own(sync_invoke, lambda_modes, lambda_clock, write):
    """A suppressed init is bounded by the timeout alone."""
    write("heavy", "import time\ntime.sleep(12)\ndef handler(event, context): time.sleep(event)\n")
    function = lambda_modes.function("heavy.handler", timeout=15)
    assert sync_invoke(function, 5).timed_out
    assert lambda_clock.elapsed == seconds(25)
    assert sync_invoke(function, 0).duration == seconds(12)
    assert lambda_clock.elapsed == seconds(37)


# What belongs to an environment


def test_context_variables_last_as_long_as_the_process(sync_invoke, lambda_modes, write):
    """What the module and the handler set is there for the next invocation, and never in the test."""
    write(
        "remembers",
        "import contextvars, time\n"
        "var = contextvars.ContextVar('var')\n"
        "var.set(['module'])\n"
        "def handler(event, context):\n"
        "    var.set([*var.get(), event])\n"
        "    time.sleep(5 if event == 'slow' else 0)\n"
        "    return var.get()\n",
    )
    function = lambda_modes.function("remembers.handler")
    before = contextvars.copy_context()
    assert sync_invoke(function, 1).payload == ["module", 1]
    assert sync_invoke(function, 2).payload == ["module", 1, 2]
    assert sync_invoke(function, "slow").timed_out
    assert sync_invoke(function, 3).payload == ["module", 3]
    assert dict(contextvars.copy_context()) == dict(before)


asked_for = contextvars.ContextVar("asked_for", default="nothing")


def test_a_handler_sees_the_context_variables_of_its_cold_start(sync_invoke, lambda_modes):
    """A new environment begins with a copy of the test's; later changes on either side stay there."""
    function = lambda_modes.function(lambda event, context: asked_for.get())
    asked_for.set("first")
    assert sync_invoke(function, {}).payload == "first"
    asked_for.set("second")
    assert sync_invoke(function, {}).payload == "first"
    asked_for.set("nothing")


@pytest.mark.rule("RT-35")
def test_environment_variables_are_the_functions_while_it_runs(sync_invoke, monkeypatch):
    """Lambda's and the function's are there for the handler, and the test's are back after it."""
    monkeypatch.setenv("STAGE", "test")
    before = dict(os.environ)

    def handler(event, context):
        return [os.environ.get(name) for name in ("STAGE", "AWS_LAMBDA_FUNCTION_NAME", "TZ")]

    response = sync_invoke(handler, {}, function_name="orders", environment={"STAGE": "prod"})
    assert response.payload == ["prod", "orders", ":UTC"]
    assert dict(os.environ) == before


@pytest.mark.rule("RT-22")
def test_changes_of_the_variables_last_while_the_environment_is_warm(sync_invoke, lambda_modes):
    """What a handler sets is there next time, but not in another environment and not after a reset."""

    def handler(event, context):
        before = os.environ.get("SEEN")
        os.environ["SEEN"] = "yes"
        time.sleep(event)
        return before

    function, other = lambda_modes.function(handler), lambda_modes.function(handler, memory_size=256)
    assert [sync_invoke(function, 0).payload for _ in range(2)] == [None, "yes"]
    assert sync_invoke(other, 0).payload is None
    assert "SEEN" not in os.environ
    assert sync_invoke(function, 5).timed_out
    assert sync_invoke(function, 0).payload is None


@pytest.mark.rule("RT-23", "RT-35")
def test_each_environment_has_a_log_stream_of_its_own(async_invoke, lambda_modes):
    """It is in the variables as it is in the context, also of handlers that overlap; all else they share."""
    seen = []

    def handler(event, context):
        time.sleep(1)
        seen.append((os.environ["AWS_LAMBDA_LOG_STREAM_NAME"], context.log_stream_name, os.environ["_HANDLER"]))

    function = lambda_modes.function(handler)
    for _ in range(2):
        async_invoke(function, {})
    lambda_modes.clock.run_until_idle()
    (one, of_one, name), (two, of_two, same_name) = seen
    assert (one, two, name) == (of_one, of_two, same_name)
    assert one != two


@pytest.mark.rule("RT-36")
def test_the_trace_id_is_new_for_each_invocation_and_absent_in_the_init(sync_invoke, lambda_modes, write):
    """A module-level read gives None; each invocation reads one of its own."""
    write(
        "traced",
        "import os\n"
        "at_import = os.environ.get('_X_AMZN_TRACE_ID')\n"
        "def handler(event, context): return [at_import, os.environ['_X_AMZN_TRACE_ID']]\n",
    )
    function = lambda_modes.function("traced.handler")
    (first, one), (second, two) = (sync_invoke(function, {}).payload for _ in range(2))
    assert first is second is None
    assert one != two
    assert one.startswith("Root=1-")
    assert "_X_AMZN_TRACE_ID" not in os.environ


@pytest.mark.rule("RT-27")
def test_a_thread_left_running_goes_on(sync_invoke):
    """Here it is not frozen: it is a real thread, and what it does next invocations see."""
    import threading

    go, done = threading.Event(), threading.Event()

    def handler(event, context):
        if event == "start":
            threading.Thread(target=lambda: (go.wait(), done.set())).start()
        return done.is_set()

    assert sync_invoke(handler, "start").payload is False
    go.set()
    done.wait()
    assert sync_invoke(handler, "look").payload is True


def test_a_module_of_the_same_name_in_the_test_is_left_alone(sync_invoke, write):
    """The environment's module is not in `sys.modules` for the test."""
    write("apart", "state = []\ndef handler(event, context):\n    state.append(event)\n    return len(state)\n")
    import apart

    assert sync_invoke("apart.handler", {}).payload == 1
    assert sys.modules["apart"] is apart
    assert apart.state == []
    del sys.modules["apart"]
