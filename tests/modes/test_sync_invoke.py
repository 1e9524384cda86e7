"""The Invoke API, as a caller who waits for the answer sees it."""

from __future__ import annotations

import base64
import datetime as dt
import json
import time

import pytest
from botocore.session import get_session

from pytest_lambda_modes import (
    ApiError,
    ConfigError,
    EventError,
    FunctionError,
    InvalidParameterValueException,
    InvalidRequestContentException,
    RecursiveInvocationException,
    RequestTooLargeException,
    ResourceNotFoundException,
    ServiceException,
    TooManyRequestsException,
    errors,
    facts,
    faults,
)

ARN = "arn:aws:lambda:us-east-1:123456789012:function:orders"
LIMIT = 6 * 1024 * 1024

ran = []


def orders(event, context):
    ran.append(event)
    return {"order": event}


def stay(event, context):
    time.sleep(event)
    return event


def fail(event, context):
    raise ValueError("no stock")


@pytest.fixture(autouse=True)
def nothing_ran():
    ran.clear()


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


# Answers


@pytest.mark.rule("SYNC-1", "SYNC-2")
def test_a_success(sync_invoke):
    """200, the executed version and the encoded return value, and no function error."""
    response = sync_invoke(orders, {"id": 7})
    assert (response.status_code, response.executed_version) == (200, "$LATEST")
    assert (response.payload, response.payload_bytes) == ({"order": {"id": 7}}, b'{"order": {"id": 7}}')
    assert (response.function_error, response.error, response.log_result) == (None, None, None)
    assert response.unwrap() == response.payload


@pytest.mark.rule("SYNC-1")
def test_a_request_response_is_what_is_invoked_by_default(sync_invoke):
    """Saying so changes nothing."""
    response = sync_invoke(orders, 1, invocation_type="RequestResponse")
    assert (response.status_code, response.payload, ran) == (200, {"order": 1}, [1])


@pytest.mark.rule("SYNC-2")
def test_a_handler_that_returns_nothing(sync_invoke):
    """The payload is the four bytes of null."""
    response = sync_invoke(lambda event, context: None, {})
    assert (response.payload_bytes, response.payload) == (b"null", None)


@pytest.mark.rule("RT-13", "SYNC-2")
@pytest.mark.parametrize(
    "value, payload_bytes, payload",
    [
        (b"\x00\xff", b"\x00\xff", b"\x00\xff"),
        (b'{"a": 1}', b'{"a": 1}', {"a": 1}),
        (float("inf"), b"Infinity", float("inf")),
    ],
)
def test_a_payload_that_is_not_json(sync_invoke, value, payload_bytes, payload):
    """The caller gets it byte for byte, as a success."""
    response = sync_invoke(lambda event, context: value, {})
    assert (response.payload_bytes, response.payload, response.function_error) == (payload_bytes, payload, None)


@pytest.mark.rule("SYNC-3")
def test_an_event_has_neither_payload_nor_version_nor_log(async_invoke):
    """An Event is another call here; its answer is the 202 and the request id."""
    invocation = async_invoke(orders, {})
    assert invocation.status_code == 202
    assert not any(hasattr(invocation, name) for name in ("executed_version", "log_result", "function_error"))
    with pytest.raises(ConfigError, match="log_type is not simulated: it has no effect on events"):
        async_invoke(orders, {}, log_type="Tail")
    invocation.wait()


@pytest.mark.rule("SYNC-3")
def test_an_event_is_not_what_sync_invoke_is_for(sync_invoke):
    """The refusal names the call that does it."""
    with pytest.raises(ConfigError, match="async_invoke"):
        sync_invoke(orders, {}, invocation_type="Event")
    assert ran == []


@pytest.mark.rule("SYNC-4")
def test_a_dry_run_runs_nothing(sync_invoke, lambda_timeline):
    """204, an empty payload, and nothing happens."""
    response = sync_invoke(orders, {"id": 1}, invocation_type="DryRun")
    assert (response.status_code, response.payload_bytes, response.payload) == (204, b"", None)
    assert (response.executed_version, response.function_error, response.error) == (None, None, None)
    assert (response.started_at, response.duration, response.cold_start) == (None, seconds(0), False)
    assert (response.logs, response.log_result, response.timed_out) == ("", None, False)
    assert (ran, list(lambda_timeline)) == ([], [])
    assert sync_invoke(orders, {}).cold_start


@pytest.mark.rule("SYNC-4", "SYNC-7", "SYNC-10", "SYNC-11")
def test_a_dry_run_checks_the_call(sync_invoke, lambda_modes):
    """A function or qualifier that does not exist, and a payload that is none or too large, are told all the same."""
    function = lambda_modes.function(orders, function_name="orders")
    with pytest.raises(InvalidRequestContentException):
        sync_invoke(function, b"{", invocation_type="DryRun")
    with pytest.raises(RequestTooLargeException):
        sync_invoke(function, "x" * LIMIT, invocation_type="DryRun")
    with pytest.raises(ResourceNotFoundException):
        sync_invoke(function, {}, invocation_type="DryRun", qualifier="live")
    function.delete()
    with pytest.raises(ResourceNotFoundException):
        sync_invoke(function, {}, invocation_type="DryRun")


@pytest.mark.rule("SYNC-4")
def test_a_dry_run_needs_no_concurrency(sync_invoke):
    """Nothing is run, so nothing is throttled."""
    response = sync_invoke(orders, {}, invocation_type="DryRun", reserved_concurrent_executions=0)
    assert response.status_code == 204


@pytest.mark.rule("SYNC-5")
@pytest.mark.parametrize(
    "handler",
    [
        fail,
        lambda event, context: {1},
        lambda event, context: time.sleep(5),
        lambda event, context: exit(1),
        lambda event, context: "x" * (LIMIT + 200),
        "no_such_module.handler",
    ],
)
def test_a_function_error_is_200_and_is_not_retried(sync_invoke, lambda_timeline, lambda_clock, handler):
    """Whatever goes wrong in the function, the call succeeds, with Unhandled, and it is over."""
    response = sync_invoke(handler, {})
    assert (response.status_code, response.function_error, response.executed_version) == (200, "Unhandled", "$LATEST")
    assert response.error.type == response.payload["errorType"]
    lambda_clock.run_until_idle()
    assert sum(isinstance(fact, facts.FunctionStarted) for fact in lambda_timeline) == 1


# What the API raises


@pytest.mark.rule("SYNC-6")
def test_the_api_s_exceptions_are_those_of_the_service_model():
    """Each exception of Invoke is here, under its name and with its HTTP status."""
    operation = get_session().get_service_model("lambda").operation_model("Invoke")
    for shape in operation.error_shapes:
        known = getattr(errors, shape.name)
        assert issubclass(known, ApiError)
        assert known.status_code == shape.metadata["error"]["httpStatusCode"], shape.name


@pytest.mark.rule("SYNC-6", "SYNC-9")
def test_a_failure_of_the_service_is_500(sync_invoke, lambda_timeline):
    """The test can have the service fail; the handler does not run."""
    with pytest.raises(ServiceException) as caught:
        sync_invoke(orders, {}, faults={1: faults.ServiceError()})
    assert (caught.value.status_code, caught.value.type, ran) == (500, "Service", [])
    (fact,) = lambda_timeline
    assert isinstance(fact, facts.Injected)


@pytest.mark.rule("SYNC-9")
def test_an_error_of_the_api_reads_like_botocore_s(sync_invoke):
    """It has code, message and type, and a reason only where the API gives one."""
    with pytest.raises(ResourceNotFoundException) as caught:
        sync_invoke(orders, {}, qualifier="7", function_name="orders")
    assert caught.value.response == {
        "Error": {"Code": "ResourceNotFoundException", "Message": f"Function not found: {ARN}:7"},
        "ResponseMetadata": {"HTTPStatusCode": 404},
        "Type": "User",
    }
    assert str(caught.value) == f"Function not found: {ARN}:7 (HTTP 404)"


@pytest.mark.rule("SYNC-10")
@pytest.mark.parametrize("payload", [b"{", b"{'a': 1}", b"NaN", b"\xff", b"1 2", b"undefined"])
def test_a_payload_that_is_no_json_is_refused(sync_invoke, payload):
    """The function never runs, and the message begins as AWS's does."""
    with pytest.raises(InvalidRequestContentException) as caught:
        sync_invoke(orders, payload)
    assert caught.value.status_code == 400
    prefix = "Could not parse request body into json: Could not parse payload into json: "
    assert caught.value.message.startswith(prefix)
    assert ran == []


@pytest.mark.rule("RT-6", "RT-8")
@pytest.mark.parametrize("payload, event", [(b"", {}), (b" [1]\n", [1]), (b'"text"', "text"), ("text", "text")])
def test_bytes_are_the_payload_and_text_is_json_text(sync_invoke, payload, event):
    """No bytes at all are no payload, which is an empty object."""
    sync_invoke(orders, payload)
    assert ran == [event]


@pytest.mark.rule("SYNC-11")
def test_a_request_of_6_mb_is_the_largest(sync_invoke):
    """One byte more is refused, and the function does not run."""
    assert sync_invoke(lambda event, context: len(event), b'"%s"' % (b"x" * (LIMIT - 2))).payload == LIMIT - 2
    with pytest.raises(RequestTooLargeException) as caught:
        sync_invoke(orders, "x" * (LIMIT - 1))
    assert caught.value.status_code == 413
    assert caught.value.message == "Request must be smaller than 6291456 bytes for the InvokeFunction operation"
    assert ran == []


@pytest.mark.rule("SYNC-11")
def test_the_size_of_a_request_is_that_of_its_bytes(sync_invoke):
    """Text beyond ASCII counts as what json.dumps makes of it."""
    with pytest.raises(RequestTooLargeException):
        sync_invoke(orders, "é" * (LIMIT // 6))
    assert sync_invoke(orders, "é" * (LIMIT // 6 - 1)).function_error is None


@pytest.mark.rule("SYNC-12")
@pytest.mark.parametrize(
    "runtime, character, size", [("python3.13", "é", 2), ("python3.11", "é", 6), ("python3.13", "x", 1)]
)
def test_a_response_of_6291556_bytes_is_the_largest(sync_invoke, runtime, character, size):
    """It is counted in bytes, as the runtime encodes them; the quotes count too."""
    fits = (6_291_556 - 2) // size
    largest = sync_invoke(lambda event, context: character * event, fits, runtime=runtime)
    assert (largest.function_error, len(largest.payload_bytes)) == (None, 2 + fits * size)
    assert 0 <= 6_291_556 - len(largest.payload_bytes) < size
    too_large = sync_invoke(lambda event, context: character * event, fits + 1, runtime=runtime)
    assert too_large.error.type == "Function.ResponseSizeTooLarge"


@pytest.mark.rule("SYNC-13")
def test_5_mb_come_back(sync_invoke):
    """A large payload goes through unchanged."""
    event = {"data": "0123456789" * 500_000}
    assert sync_invoke(lambda event, context: event, event).payload == event


# The log


@pytest.mark.rule("SYNC-14")
def test_the_tail_of_the_log_is_there_when_asked_for(sync_invoke):
    """It is base64 of the whole log, from START to REPORT, while that is short."""
    response = sync_invoke(lambda event, context: print("hello"), {}, log_type="Tail")
    log = base64.b64decode(response.log_result).decode()
    assert log == response.logs
    assert log.startswith(f"START RequestId: {response.request_id} Version: $LATEST\nhello\nEND RequestId: ")
    assert log.endswith("\t\n")
    assert sync_invoke(orders, {}, log_type="None").log_result is None


@pytest.mark.rule("SYNC-14")
def test_the_tail_is_4096_bytes_wherever_that_cuts(sync_invoke):
    """It ends with REPORT, and may begin in the middle of a character."""
    response = sync_invoke(lambda event, context: print("é" * 5_000), {}, log_type="Tail")
    tail = base64.b64decode(response.log_result)
    assert len(tail) == 4_096
    assert response.logs.encode().endswith(tail)


# Throttles, more of which is in test_concurrency


@pytest.mark.rule("SYNC-15", "SYNC-5")
def test_a_throttle_is_the_callers_to_retry(sync_invoke, lambda_modes, lambda_clock):
    """Lambda does not wait for concurrency on behalf of a synchronous caller."""
    function = lambda_modes.function(stay, timeout=10, reserved_concurrent_executions=1)
    lambda_modes.async_invoke(function, 5)
    lambda_clock.advance(seconds=1)
    with pytest.raises(TooManyRequestsException):
        sync_invoke(function, 0)
    assert lambda_clock.elapsed == seconds(1)
    lambda_clock.advance(seconds=4)
    assert sync_invoke(function, 0).payload == 0


@pytest.mark.rule("SYNC-15")
def test_a_throttle_can_be_had_on_demand(sync_invoke, lambda_timeline):
    """Whatever the concurrency, the test says that this call is throttled."""
    with pytest.raises(TooManyRequestsException) as caught:
        sync_invoke(orders, {}, faults={1: faults.Throttle()})
    assert caught.value.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert ran == []
    assert [type(fact) for fact in lambda_timeline] == [facts.Injected, facts.Throttled]


@pytest.mark.rule("RT-22")
def test_a_recycled_environment_can_be_had_on_demand(sync_invoke, lambda_modes):
    """This call is a cold start, and the next one is warm again."""
    function = lambda_modes.function(orders)
    recycled = {1: faults.RecycledEnvironment()}
    cold = [sync_invoke(function, {}, faults=each).cold_start for each in (None, None, recycled, None)]
    assert cold == [True, False, True, False]


@pytest.mark.parametrize(
    "given, message",
    [
        ({2: faults.Throttle()}, "a synchronous call is one delivery"),
        ({1: faults.DuplicateDelivery()}, "Here there are Throttle, ServiceError, RecycledEnvironment, Kill"),
        ({1: "throttle"}, "must map the number of a delivery"),
        ([faults.Throttle()], "must map the number of a delivery"),
    ],
)
def test_faults_that_a_synchronous_call_cannot_have_are_refused(sync_invoke, given, message):
    """None is ignored."""
    with pytest.raises(ConfigError, match=message):
        sync_invoke(orders, {}, faults=given)
    assert ran == []


# Names and ARNs


@pytest.mark.rule("SYNC-7")
@pytest.mark.parametrize("qualifier", ["1", "live", "$LATES"])
def test_a_qualifier_that_does_not_exist_is_404(sync_invoke, qualifier):
    """The message has the ARN with the qualifier."""
    with pytest.raises(ResourceNotFoundException) as caught:
        sync_invoke(orders, {}, function_name="orders", qualifier=qualifier)
    assert caught.value.message == f"Function not found: {ARN}:{qualifier}"


@pytest.mark.rule("SYNC-8", "RT-32")
@pytest.mark.lambda_function(handler=lambda event, context: context.invoked_function_arn, function_name="orders")
def test_an_arn_stands_for_its_function(sync_invoke, lambda_modes):
    """With or without a qualifier, which is then that of the call; saying the same twice is no contradiction."""
    assert sync_invoke(ARN, {}).payload == ARN
    lambda_modes.function_under_test.publish_version()
    assert sync_invoke(f"{ARN}:1", {}).payload == f"{ARN}:1"
    assert sync_invoke(f"{ARN}:$LATEST", {}).payload == f"{ARN}:$LATEST"
    assert sync_invoke(f"{ARN}:1", {}, qualifier="1").payload == f"{ARN}:1"
    assert sync_invoke(ARN, {}, qualifier="1").payload == f"{ARN}:1"


@pytest.mark.rule("SYNC-8")
@pytest.mark.lambda_function(handler=orders, function_name="orders")
def test_two_qualifiers_are_one_too_many(sync_invoke):
    """The one in the ARN must be the one of the call."""
    with pytest.raises(InvalidParameterValueException) as caught:
        sync_invoke(f"{ARN}:1", {}, qualifier="2")
    message = "The derived qualifier from the function name does not match the specified qualifier."
    assert (caught.value.message, caught.value.status_code) == (message, 400)


@pytest.mark.rule("SYNC-7", "SYNC-8")
@pytest.mark.lambda_function(handler=orders, function_name="orders")
@pytest.mark.parametrize(
    "arn, message",
    [
        (
            "arn:aws:lambda:eu-central-1:123456789012:function:orders",
            "Functions from 'eu-central-1' are not reachable in this region ('us-east-1')",
        ),
        (
            "arn:aws:lambda:us-east-1:123456789012:function:stock",
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:stock:$LATEST",
        ),
        (
            "arn:aws:lambda:us-east-1:123456789012:function:stock:live",
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:stock:live",
        ),
        (
            "arn:aws:lambda:us-east-1:999999999999:function:orders",
            "Function not found: arn:aws:lambda:us-east-1:999999999999:function:orders:$LATEST",
        ),
        (
            "arn:aws:lambda:us-east-1:123456789012:function:orders:live",
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:orders:live",
        ),
    ],
)
def test_an_arn_of_no_function_is_404(sync_invoke, arn, message):
    """Of another region, another account, another name, or with a qualifier that does not exist."""
    with pytest.raises(ResourceNotFoundException) as caught:
        sync_invoke(arn, {})
    assert caught.value.message == message


@pytest.mark.parametrize("arn", ["arn:aws:sqs:us-east-1:123456789012:orders", "arn:orders", f"{ARN}:a:b"])
def test_what_is_no_arn_of_a_function_is_refused(sync_invoke, arn):
    """A string that begins like an ARN is never a module."""
    with pytest.raises(ConfigError, match=r"sync_invoke\(\.\.\.\): the ARN is .*, and must be the ARN of a function"):
        sync_invoke(arn, {})


def test_a_function_that_exists_takes_no_settings_in_a_call(sync_invoke, lambda_modes):
    """Neither by its ARN nor as itself; the message names what changes it."""
    function = lambda_modes.function(orders, function_name="orders")
    for handler in (function, ARN):
        with pytest.raises(ConfigError, match=r"function\.update_configuration\(timeout=5\)"):
            sync_invoke(handler, {}, timeout=5)


# The client context


@pytest.mark.rule("RT-30")
def test_a_client_context_reaches_the_handler(sync_invoke):
    """As the object that AWS's runtime makes of it."""

    def handler(event, context):
        return [context.client_context.custom, context.client_context.client.app_title]

    client_context = {"custom": {"a": [1]}, "client": {"app_title": "Shop"}}
    assert sync_invoke(handler, {}, client_context=client_context).payload == [{"a": [1]}, "Shop"]
    assert sync_invoke(lambda event, context: context.client_context, {}).payload is None


@pytest.mark.rule("RT-30")
def test_a_client_context_has_at_most_3583_bytes(sync_invoke):
    """They are counted in base64 text."""
    empty = len(json.dumps({"custom": ""}))
    fits = 3_583 // 4 * 3 - empty
    assert sync_invoke(orders, {}, client_context={"custom": "x" * fits}).status_code == 200
    with pytest.raises(InvalidParameterValueException, match="3583"):
        sync_invoke(orders, {}, client_context={"custom": "x" * (fits + 1)})


# Functions that invoke functions


def test_a_handler_waits_for_the_function_that_it_invokes(sync_invoke, lambda_modes):
    """The inner one's time is the outer one's, too."""
    inner = lambda_modes.function(stay, function_name="inner")

    def handler(event, context):
        answer = sync_invoke(inner, 2).payload
        return [answer, context.get_remaining_time_in_millis()]

    response = sync_invoke(handler, {}, timeout=10)
    assert (response.payload, response.duration) == ([2, 8_000], seconds(2))


def test_an_error_of_the_inner_function_is_an_answer_to_the_outer_one(sync_invoke):
    """It is the outer handler's to raise."""

    def handler(event, context):
        return sync_invoke(fail, {}).unwrap() if event else sync_invoke(fail, {}).function_error

    assert sync_invoke(handler, 0).payload == "Unhandled"
    assert sync_invoke(handler, 1).error[:2] == ("ValueError", "no stock")


def test_the_inner_function_goes_on_when_the_outer_one_ends(sync_invoke, lambda_modes, lambda_clock, lambda_timeline):
    """The outer one's deadline is not the inner one's."""
    inner = lambda_modes.function(stay, function_name="inner", timeout=60)
    response = sync_invoke(lambda event, context: sync_invoke(inner, 30), {}, function_name="outer", timeout=5)
    assert response.timed_out
    assert lambda_clock.elapsed == seconds(5)
    lambda_clock.run_until_idle()
    ends = [
        (fact.who, fact.at // 1_000_000, fact.outcome)
        for fact in lambda_timeline
        if isinstance(fact, facts.FunctionEnded)
    ]
    assert ends == [("outer", 5, "timeout"), ("inner", 30, "success")]


@pytest.mark.parametrize("mode", ["sync_invoke", "async_invoke"])
def test_a_handler_at_its_deadline_invokes_nobody(sync_invoke, lambda_modes, lambda_clock, mode):
    """On its way out it gets no further than the call, which takes no execution of the other function."""
    other = lambda_modes.function(orders, reserved_concurrent_executions=1)

    def handler(event, context):
        try:
            time.sleep(60)
        finally:
            getattr(lambda_modes, mode)(other, {})

    assert sync_invoke(handler, {}).timed_out
    lambda_clock.run_until_idle()
    assert ran == []
    assert sync_invoke(other, {}).status_code == 200


@pytest.mark.rule("SYNC-20")
def test_a_loop_of_functions_is_stopped_at_the_17th_invocation(sync_invoke, lambda_modes, lambda_timeline):
    """The 17th of the same function in one chain is refused with 400."""
    depths = []

    def handler(event, context):
        depths.append(event)
        return sync_invoke(function, event + 1).unwrap()

    function = lambda_modes.function(handler, function_name="orders", timeout=60)
    response = sync_invoke(function, 1)
    assert depths == list(range(1, 17))
    assert response.error.type == "RecursiveInvocationException"
    with pytest.raises(RecursiveInvocationException) as caught:
        response.unwrap()
    assert caught.value.status_code == 400
    (stopped,) = [fact for fact in lambda_timeline if isinstance(fact, facts.RecursionStopped)]
    assert (stopped.who, stopped.rule) == ("orders", "SYNC-20")


@pytest.mark.rule("SYNC-20")
def test_a_loop_of_two_functions_is_one_too(sync_invoke, lambda_modes):
    """Each function has 16 invocations of its own in the chain."""
    calls = []

    def handler(event, context):
        calls.append(context.function_name)
        return sync_invoke(functions[(len(calls)) % 2], {}).unwrap()

    functions = [lambda_modes.function(handler, function_name=name, timeout=60) for name in ("one", "two")]
    assert sync_invoke(functions[0], {}).error.type == "RecursiveInvocationException"
    assert (calls.count("one"), calls.count("two")) == (16, 16)


@pytest.mark.rule("SYNC-20")
def test_a_loop_can_be_allowed(sync_invoke, lambda_modes):
    """With recursive_loop="Allow" the chain goes on as long as the handlers want."""

    def handler(event, context):
        return event if event == 20 else sync_invoke(function, event + 1).unwrap()

    function = lambda_modes.function(handler, timeout=60, recursive_loop="Allow")
    assert sync_invoke(function, 1).payload == 20


@pytest.mark.rule("SYNC-20")
def test_invocations_one_after_the_other_are_no_loop(sync_invoke, lambda_modes):
    """What counts is the chain that leads to an invocation."""
    inner = lambda_modes.function(lambda event, context: event)
    response = sync_invoke(lambda event, context: [sync_invoke(inner, each).payload for each in range(20)], {})
    assert response.payload == list(range(20))


# Time


def test_a_response_tells_its_time(sync_invoke, lambda_clock):
    """Its start is an aware datetime, its duration that of the handler."""
    lambda_clock.advance(minutes=1)
    response = sync_invoke(stay, 1.5)
    assert response.started_at == dt.datetime(2026, 1, 1, 0, 1, tzinfo=dt.timezone.utc)
    assert response.duration == seconds(1.5)


# unwrap


def test_unwrap_raises_the_handlers_own_exception(sync_invoke):
    """It is the very object, with the handler's frames behind the test's, however often it is raised."""
    response = sync_invoke(fail, {})
    for _ in range(3):
        with pytest.raises(ValueError, match="no stock") as caught:
            response.unwrap()
        frames = [entry.frame.code.name for entry in caught.traceback]
        assert frames == ["test_unwrap_raises_the_handlers_own_exception", "unwrap", "fail"]
    assert caught.value is response._outcome.exception


@pytest.mark.parametrize(
    "handler, message",
    [
        (lambda event, context: time.sleep(5), "Sandbox.Timedout: RequestId: .* Task timed out after 3.00 seconds"),
        (lambda event, context: exit(3), "Runtime.ExitError: RequestId: .* exit status 3"),
        (lambda event, context: {1}, "Runtime.MarshalError: Unable to marshal response: "),
        (lambda event, context: "x" * (LIMIT + 200), "Function.ResponseSizeTooLarge: "),
        ("no_such_module.handler", "Runtime.ImportModuleError: Unable to import module"),
    ],
)
def test_unwrap_tells_what_no_exception_of_the_handler_was(sync_invoke, handler, message):
    """A timeout, an exit and the like are a FunctionError."""
    with pytest.raises(FunctionError, match=message):
        sync_invoke(handler, {}).unwrap()


def test_unwrap_of_a_module_that_raises(sync_invoke, tmp_path, monkeypatch):
    """An exception of the module's own body is raised again, too."""
    (tmp_path / "raises_at_import.py").write_text("raise LookupError('TABLE')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(LookupError, match="TABLE"):
        sync_invoke("raises_at_import.handler", {}).unwrap()


def test_an_event_that_json_cannot_carry_is_told_with_its_path(sync_invoke):
    """The handler does not run."""
    with pytest.raises(EventError, match=r'event\["lines"\]\[1\]\["at"\] is datetime\.datetime\(2026, 1, 1'):
        sync_invoke(orders, {"lines": [1, {"at": dt.datetime(2026, 1, 1)}]})
    assert ran == []
