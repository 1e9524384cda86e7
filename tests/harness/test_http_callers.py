"""The HTTP services in front of Lambda, from the client's request to what the client sees."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import subprocess
import sys
import time

import pytest

from pytest_lambda_modes import HttpResponse, facts, faults
from pytest_lambda_modes.errors import ConfigError, EventError

METHODS = ("from_api_gateway", "from_http_api", "from_function_url", "from_alb")
API_GATEWAY = ("from_api_gateway", "from_http_api")

each_service = pytest.mark.parametrize("service", METHODS)

INTERNAL = '{"message": "Internal server error"}'
BAD_GATEWAY = "502 Bad Gateway"

# What each service answers: (status code, what is in the body).
FAILURES = {
    "from_api_gateway": {"failed": (502, INTERNAL), "throttled": (500, INTERNAL), "broken": (500, INTERNAL)},
    "from_http_api": dict.fromkeys(("failed", "throttled", "broken"), (500, '{"message":"Internal Server Error"}')),
    "from_function_url": {
        "failed": (502, "Internal Server Error"),
        "throttled": (429, '"message":"Rate Exceeded."'),
        "broken": (500, '"Type":"Service"'),
    },
    "from_alb": dict.fromkeys(("failed", "throttled", "broken"), (502, BAD_GATEWAY)),
}


def hello(event, context):
    return {"statusCode": 200, "headers": {"X-Id": "7"}, "body": "hello"}


def send(sync_invoke, service, *arguments, **more):
    return getattr(sync_invoke, service)(*(arguments or ("GET", "/")), **more)


@each_service
def test_a_client_sees_what_the_function_answers(sync_invoke, service):
    """Status, headers in any case, body as text and as bytes; and what the function did for it."""
    answer = send(sync_invoke, service, handler=hello)
    assert isinstance(answer, HttpResponse)
    assert (answer.status_code, answer.headers["x-ID"], answer.body) == (200, "7", "hello")
    assert answer.body_bytes == b"hello"
    assert answer.headers["content-length"] == "5"
    assert (answer.reason, answer.refused, answer.gave_up) == (None, None, False)
    assert answer.invocation.function_error is None
    assert answer.invocation.logs.startswith("START RequestId: ")
    assert answer.duration == dt.timedelta(0)
    assert answer.started_at == dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)


def raises(event, context):
    raise KeyError("k")


def times_out(event, context):
    time.sleep(60)


def exits(event, context):
    sys.exit(1)


def returns_too_much(event, context):
    return "x" * 6_300_000


@pytest.mark.rule("SYNC-30", "SYNC-31", "SYNC-33", "SYNC-34")
@each_service
@pytest.mark.parametrize(
    "handler, reason",
    [
        (raises, "the function failed: KeyError: 'k' (SYNC-3"),
        (times_out, "Task timed out after 3.00 seconds (SYNC-3"),
        (exits, "the function failed: SystemExit: 1 (SYNC-3"),
        (returns_too_much, "the function failed: Function.ResponseSizeTooLarge: Response payload size exceeded"),
        (lambda event, context: {1}, "the function failed: Runtime.MarshalError: Unable to marshal response: "),
    ],
)
def test_a_function_error_is_the_services_own_error(sync_invoke, service, handler, reason):
    """The client learns nothing of it, and the test everything."""
    answer = send(sync_invoke, service, handler=handler)
    status_code, body = FAILURES[service]["failed"]
    assert answer.status_code == status_code
    assert body in answer.body
    assert reason in answer.reason
    assert answer.invocation.function_error == "Unhandled"
    assert not answer.gave_up


@each_service
def test_the_handlers_own_exception_can_be_raised(sync_invoke, service):
    """Through the invocation, with its own traceback."""
    with pytest.raises(KeyError, match="k"):
        send(sync_invoke, service, handler=raises).invocation.unwrap()


@pytest.mark.rule("SYNC-30", "SYNC-31", "SYNC-33", "SYNC-34")
@each_service
@pytest.mark.parametrize(
    "kind, fault, code",
    [
        ("throttled", faults.Throttle(), "TooManyRequestsException"),
        ("broken", faults.ServiceError(), "ServiceException"),
    ],
)
def test_a_call_that_lambda_refuses_is_answered_by_the_service(sync_invoke, service, kind, fault, code):
    """Each has its own status for it; nothing is tried again, and nothing is raised."""
    ran = []
    answer = send(sync_invoke, service, handler=lambda event, context: ran.append(1), faults={1: fault})
    status_code, body = FAILURES[service][kind]
    assert answer.status_code == status_code
    assert body in answer.body
    assert answer.refused.code == code
    assert f"Lambda answered {code}" in answer.reason
    assert (answer.invocation, ran) == (None, [])


@each_service
def test_a_function_without_concurrency_is_throttled(sync_invoke, service):
    """As by Lambda's own rules, without a fault."""
    answer = send(sync_invoke, service, handler=hello, reserved_concurrent_executions=0)
    assert answer.status_code == FAILURES[service]["throttled"][0]
    assert answer.refused.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"


@pytest.mark.rule("SYNC-30", "SYNC-31", "SYNC-33", "SYNC-34")
@pytest.mark.parametrize(
    "service, most",
    [
        ("from_api_gateway", 10_485_760),
        ("from_http_api", 10_485_760),
        ("from_function_url", 6_291_456),
        ("from_alb", 1_048_576),
    ],
)
def test_a_body_that_is_too_large_never_reaches_the_function(sync_invoke, service, most, lambda_timeline):
    """The service answers 413 by itself; the timeline says so."""
    ran = []
    answer = send(sync_invoke, service, "POST", "/", body="x" * (most + 1), handler=lambda e, c: ran.append(1))
    assert answer.status_code == 413
    assert f"the body has {most + 1:,} bytes, and may have {most:,}" in answer.reason
    assert (answer.invocation, answer.refused, ran) == (None, None, [])
    assert [type(fact) for fact in lambda_timeline] == [facts.ServiceAnswered]


@pytest.mark.rule("SYNC-30", "SYNC-31", "SYNC-33")
@pytest.mark.parametrize("service", ["from_api_gateway", "from_http_api", "from_function_url"])
def test_lambdas_own_limit_comes_first(sync_invoke, service):
    """What the service would take, but Lambda does not, is a 413 as well."""
    answer = send(sync_invoke, service, "POST", "/", body="\n" * 4_000_000, handler=hello)
    assert answer.status_code == 413
    assert answer.refused.code == "RequestTooLargeException"


@pytest.mark.rule("SYNC-34")
def test_a_load_balancer_takes_a_megabyte(sync_invoke):
    """To the byte."""
    assert sync_invoke.from_alb("POST", "/", body="x" * 1_048_576, handler=hello).status_code == 200


# Deadlines


@pytest.mark.parametrize(
    "service, seconds, status_code, body",
    [
        pytest.param("from_api_gateway", 29, 504, "Endpoint request timed out", marks=pytest.mark.rule("SYNC-30")),
        pytest.param("from_http_api", 30, 503, "Service Unavailable", marks=pytest.mark.rule("SYNC-31")),
    ],
)
def test_api_gateway_gives_up_and_the_function_goes_on(
    sync_invoke, lambda_clock, lambda_timeline, service, seconds, status_code, body
):
    """The client has its answer at the deadline; what the function did shows when it has ended."""
    done = []

    def slow(event, context):
        time.sleep(40)
        done.append(lambda_clock.elapsed)
        return hello(event, context)

    answer = send(sync_invoke, service, handler=slow, timeout=60)
    assert (answer.status_code, answer.json()) == (status_code, {"message": body})
    assert answer.gave_up
    assert f"the function had not answered after {seconds} s, and goes on" in answer.reason
    assert answer.duration == lambda_clock.elapsed == dt.timedelta(seconds=seconds)
    assert (answer.invocation, done) == (None, [])
    [gave_up] = [fact for fact in lambda_timeline if isinstance(fact, facts.CallerGaveUp)]
    assert (gave_up.caller, gave_up.waited) == ("API Gateway", seconds * 1_000_000)

    lambda_clock.run_until_idle()
    assert done == [dt.timedelta(seconds=40)]
    assert answer.invocation.function_error is None
    assert answer.status_code == status_code


@pytest.mark.rule("SYNC-30")
@pytest.mark.parametrize(
    "seconds, timeout, status_code", [(28.999_999, 60, 200), (29, 60, 504), (28.999_999, 29, 200), (29, 29, 502)]
)
def test_an_answer_at_the_very_deadline_is_too_late(sync_invoke, seconds, timeout, status_code):
    """As at a function's own deadline, which comes first when both are due; cold or warm makes no difference."""

    def slow(event, context):
        time.sleep(seconds)
        return hello(event, context)

    answers = [sync_invoke.from_api_gateway("GET", "/", handler=slow, timeout=timeout) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status_code, status_code]


@pytest.mark.rule("SYNC-30", "SYNC-31")
@pytest.mark.parametrize("service", API_GATEWAY)
def test_an_integration_may_give_up_earlier(sync_invoke, service):
    """From 50 ms on."""
    answer = send(sync_invoke, service, handler=lambda e, c: time.sleep(1), timeout_in_millis=50)
    assert answer.gave_up
    assert answer.duration == dt.timedelta(milliseconds=50)


@pytest.mark.rule("SYNC-30")
def test_a_regional_rest_api_may_have_more_time(sync_invoke):
    """AWS raises the limit on request."""

    def slow(event, context):
        time.sleep(45)
        return hello(event, context)

    answer = sync_invoke.from_api_gateway("GET", "/", handler=slow, timeout=60, timeout_in_millis=60_000)
    assert (answer.status_code, answer.duration) == (200, dt.timedelta(seconds=45))


@pytest.mark.parametrize(
    "service, value",
    [("from_api_gateway", 49), ("from_http_api", 30_001), ("from_http_api", 1.5), ("from_http_api", "1")],
)
def test_an_integration_timeout_that_cannot_be_is_refused(sync_invoke, service, value):
    """With the range that the API has."""
    with pytest.raises(ConfigError, match=rf"{service}\(...\): timeout_in_millis is .*a whole number of milliseconds"):
        send(sync_invoke, service, handler=hello, timeout_in_millis=value)


@pytest.mark.rule("SYNC-33", "SYNC-34")
@pytest.mark.parametrize("service", ["from_function_url", "from_alb"])
def test_the_others_wait_until_the_function_ends(sync_invoke, service):
    """Until its timeout, however long that is."""

    def slow(event, context):
        time.sleep(float(event["queryStringParameters"]["seconds"]))
        return hello(event, context)

    answer = send(sync_invoke, service, "GET", "/", query={"seconds": "890"}, handler=slow, timeout=900)
    assert (answer.status_code, answer.duration) == (200, dt.timedelta(seconds=890))
    answer = send(sync_invoke, service, "GET", "/", query={"seconds": "901"}, handler=slow, timeout=900)
    assert (answer.status_code, answer.duration) == (502, dt.timedelta(seconds=900))
    assert answer.invocation.timed_out


def test_a_timeout_beyond_the_gateways_is_a_hazard(sync_invoke, lambda_timeline):
    """Told once for each function, and not where the timeouts fit."""
    for _ in range(2):
        sync_invoke.from_api_gateway("GET", "/", handler=hello, timeout=60)
        sync_invoke.from_api_gateway("GET", "/", handler=hello, timeout=29)
        sync_invoke.from_function_url("GET", "/", handler=hello, timeout=61)
    [hazard] = [fact for fact in lambda_timeline if isinstance(fact, facts.Hazard)]
    assert (hazard.id, hazard.who) == ("HAZ-12", "hello")
    assert hazard.text == "timeout is 60 s: API Gateway gives up after 29 s, and the function goes on"


@pytest.mark.rule("SYNC-30")
def test_a_client_that_tries_again_has_two_at_work(sync_invoke, lambda_clock):
    """The function still runs for the first request when the second arrives, in an environment of its own."""
    spans = []

    def slow(event, context):
        began = lambda_clock.elapsed.total_seconds()
        time.sleep(40)
        spans.append((began, lambda_clock.elapsed.total_seconds()))
        return hello(event, context)

    answers = [sync_invoke.from_api_gateway("POST", "/", handler=slow, timeout=60) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [504, 504]
    lambda_clock.run_until_idle()
    assert spans == [(0.0, 40.0), (29.0, 69.0)]
    assert [answer.invocation.cold_start for answer in answers] == [True, True]


@pytest.mark.rule("SYNC-30")
def test_a_client_that_tries_again_may_find_no_concurrency(sync_invoke):
    """The first request still has the only environment."""

    def slow(event, context):
        time.sleep(40)

    more = {"handler": slow, "timeout": 60, "reserved_concurrent_executions": 1}
    answers = [sync_invoke.from_api_gateway("POST", "/", **more) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [504, 500]
    assert answers[1].refused.code == "TooManyRequestsException"


# Where calls come from


@each_service
def test_a_handler_may_be_the_client(sync_invoke, service):
    """It waits for the answer in virtual time."""

    def inner(event, context):
        time.sleep(2)
        return hello(event, context)

    def outer(event, context):
        answer = send(sync_invoke, service, handler=inner)
        return {"seen": answer.body, "waited": answer.duration.total_seconds()}

    assert sync_invoke(outer, {}, timeout=10).payload == {"seen": "hello", "waited": 2.0}


@pytest.mark.rule("SYNC-30")
def test_a_handler_sees_the_gateway_give_up(sync_invoke, lambda_clock):
    """Its own deadline is later, so it goes on with a 504."""

    def inner(event, context):
        time.sleep(40)

    def outer(event, context):
        return sync_invoke.from_api_gateway("GET", "/", handler=inner, timeout=60).status_code

    response = sync_invoke(outer, {}, timeout=50)
    assert (response.payload, response.duration) == (504, dt.timedelta(seconds=29))


@pytest.mark.asyncio
@each_service
async def test_an_async_test_may_be_the_client(sync_invoke, service):
    """A handler may run a loop of its own meanwhile."""

    def handler(event, context):
        asyncio.run(asyncio.sleep(1))
        return hello(event, context)

    answer = send(sync_invoke, service, handler=handler)
    assert (answer.status_code, answer.duration) == (200, dt.timedelta(seconds=1))


@pytest.mark.asyncio
@pytest.mark.rule("SYNC-30")
async def test_an_async_test_sees_the_function_go_on(sync_invoke, lambda_clock):
    """After the 504 it ends while the test sleeps."""
    done = []

    def slow(event, context):
        time.sleep(40)
        done.append(lambda_clock.elapsed)

    assert sync_invoke.from_api_gateway("GET", "/", handler=slow, timeout=60).status_code == 504
    await asyncio.sleep(20)
    assert done == [dt.timedelta(seconds=40)]


# Events


def echo(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}


@each_service
@pytest.mark.lambda_function(handler=echo)
@pytest.mark.lambda_modes(start="2026-05-04T03:02:01Z")
def test_an_event_is_of_its_moment_and_its_test(sync_invoke, lambda_clock, service):
    """It has the virtual time, ids of its own, and the members that the test puts there."""
    lambda_clock.advance(hours=1)
    first, second = (send(sync_invoke, service, overrides={"mine": {"a": 1}}).json() for _ in range(2))
    assert first["mine"] == {"a": 1}
    trace = first["headers"]["x-amzn-trace-id"]
    at = int(dt.datetime(2026, 5, 4, 4, 2, 1, tzinfo=dt.timezone.utc).timestamp())
    assert trace.startswith(f"Root=1-{at:08x}-")
    assert trace != second["headers"]["x-amzn-trace-id"]


@pytest.mark.rule("SYNC-31")
@pytest.mark.lambda_function(handler=echo)
def test_both_payload_formats_have_their_event(sync_invoke):
    """2.0 by default."""
    assert sync_invoke.from_http_api("GET", "/").json()["rawPath"] == "/"
    assert sync_invoke.from_http_api("GET", "/", payload_format_version="1.0").json()["path"] == "/"
    with pytest.raises(ConfigError, match=r"from_http_api\(...\): payload_format_version"):
        sync_invoke.from_http_api("GET", "/", payload_format_version="3.0")


@pytest.mark.rule("SYNC-34")
@pytest.mark.parametrize("several", [True, False])
def test_a_target_group_has_one_kind_of_headers(sync_invoke, several):
    """In the event and in the response alike."""

    def handler(event, context):
        name = "multiValueHeaders" if "multiValueHeaders" in event else "headers"
        return {"statusCode": 200, name: {"X": ["a", "b"] if name == "multiValueHeaders" else "a"}}

    answer = sync_invoke.from_alb("GET", "/", multi_value_headers=several, handler=handler)
    assert answer.headers.get_all("x") == (["a", "b"] if several else ["a"])


# Bodies of bytes


PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    "service, more, in_base64",
    [
        ("from_api_gateway", {}, True),
        ("from_api_gateway", {"binary_media_types": ["image/png"]}, True),
        ("from_api_gateway", {"binary_media_types": ["image/*"]}, True),
        ("from_api_gateway", {"binary_media_types": ["text/plain"]}, False),
        ("from_api_gateway", {"binary_media_types": []}, False),
        ("from_http_api", {}, True),
        ("from_function_url", {}, True),
        ("from_alb", {}, True),
    ],
)
def test_bytes_arrive_in_base64(sync_invoke, service, more, in_base64):
    """Unless the REST API does not take the type for binary: then they are mangled into text."""
    seen = []

    def handler(event, context):
        seen.append((event["isBase64Encoded"], event["body"]))
        return {"statusCode": 200}

    send(sync_invoke, service, "POST", "/", body=PNG, headers={"Content-Type": "image/png"}, handler=handler, **more)
    assert seen == [(True, "iVBORw0KGgo=") if in_base64 else (False, "\ufffdPNG\r\n\x1a\n")]


@pytest.mark.rule("SYNC-30")
@pytest.mark.parametrize(
    "more, decoded",
    [
        ({}, False),
        ({"binary_media_types": ["*/*"]}, True),
        ({"binary_media_types": ["image/png"]}, False),
        ({"binary_media_types": ["image/png"], "headers": {"Accept": "image/png"}}, True),
        ({"binary_media_types": ["image/png"], "headers": {"Accept": "text/html, image/png"}}, False),
    ],
)
def test_a_rest_api_decodes_for_clients_that_accept_binary_media(sync_invoke, more, decoded):
    """By the first type that the request accepts."""

    def handler(event, context):
        return {"statusCode": 200, "body": "iVBORw0KGgo=", "isBase64Encoded": True}

    answer = sync_invoke.from_api_gateway("GET", "/a.png", handler=handler, **more)
    assert answer.body_bytes == (PNG if decoded else b"iVBORw0KGgo=")


@pytest.mark.parametrize("given", ["image/png", [1], 5, {"image/png"}])
def test_binary_media_types_that_cannot_be_are_refused(sync_invoke, given):
    """They are a list of strings."""
    with pytest.raises(ConfigError, match="binary_media_types is .*must be a list of strings"):
        sync_invoke.from_api_gateway("GET", "/", binary_media_types=given, handler=hello)


# What HTTP does to a response


@each_service
@pytest.mark.parametrize("method, status_code", [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_some_responses_have_no_body(sync_invoke, service, method, status_code):
    """One to HEAD, one without content, one that nothing has changed."""

    def handler(event, context):
        return {"statusCode": status_code, "body": "lost"}

    answer = send(sync_invoke, service, method, "/", handler=handler)
    assert (answer.status_code, answer.body) == (status_code, "")
    assert "content-length" not in answer.headers


def test_cookies_have_names(sync_invoke):
    """Their attributes stay in the header."""

    def handler(event, context):
        return {"statusCode": 200, "cookies": ["session=abc=; HttpOnly; Path=/", "theme=dark"]}

    answer = sync_invoke.from_http_api("GET", "/", handler=handler)
    assert answer.cookies == {"session": "abc=", "theme": "dark"}
    assert answer.headers.get_all("set-cookie")[0].endswith("HttpOnly; Path=/")


# Health checks


@pytest.mark.rule("SYNC-34")
@pytest.mark.parametrize(
    "status_code, http_code, healthy", [(200, "200", True), (503, "200", False), (204, "200-299", True)]
)
def test_a_health_check_invokes_the_function(sync_invoke, status_code, http_code, healthy):
    """The matcher says which answers are healthy."""
    agents = []

    def handler(event, context):
        agents.append(event["headers"]["user-agent"])
        return {"statusCode": status_code}

    check = sync_invoke.from_alb_health_check("/up", http_code=http_code, handler=handler)
    assert (check.status_code, check.healthy) == (status_code, healthy)
    assert agents == ["ELB-HealthChecker/2.0"]
    assert repr(check).startswith(f"<HealthCheckResponse {'healthy' if healthy else 'unhealthy'}, {status_code} from")


@pytest.mark.rule("SYNC-34")
def test_a_health_check_has_a_deadline(sync_invoke, lambda_clock, lambda_timeline):
    """A function that fails, or takes longer, is unhealthy."""
    check = sync_invoke.from_alb_health_check(handler=raises)
    assert (check.healthy, check.status_code) == (False, 502)
    check = sync_invoke.from_alb_health_check(handler=times_out, timeout=90)
    assert (check.healthy, check.gave_up) == (False, True)
    assert check.duration == dt.timedelta(seconds=30)
    check = sync_invoke.from_alb_health_check(handler=times_out, timeout=90, health_check_timeout_seconds=2)
    assert check.duration == dt.timedelta(seconds=2)
    answers = [fact.answer for fact in lambda_timeline if isinstance(fact, facts.ServiceAnswered)]
    assert [answer.split(",")[0] for answer in answers] == ["unhealthy"] * 3
    with pytest.raises(ConfigError, match="health_check_timeout_seconds is 1, .*from 2 to 120"):
        sync_invoke.from_alb_health_check(handler=hello, health_check_timeout_seconds=1)


# Settings


@each_service
@pytest.mark.lambda_function(handler=hello)
@pytest.mark.sync_invoke(faults={1: faults.Throttle()})
def test_the_marker_applies(sync_invoke, service):
    """A service's call is a synchronous one, with the faults of the marker."""
    assert send(sync_invoke, service).refused.code == "TooManyRequestsException"


@pytest.mark.lambda_function(handler=hello)
@pytest.mark.sync_invoke(qualifier="1")
def test_the_markers_qualifier_applies(sync_invoke, lambda_modes):
    """And one in the call wins."""
    function = lambda_modes.function_under_test
    function.publish_version()
    assert sync_invoke.from_function_url("GET").invocation.executed_version == "1"
    assert sync_invoke.from_function_url("GET", qualifier="$LATEST").invocation.executed_version == "$LATEST"
    assert sync_invoke.from_function_url("GET", qualifier="9").status_code == 404


@each_service
@pytest.mark.lambda_function(handler=hello)
@pytest.mark.sync_invoke(client_context={"custom": {}})
def test_a_marker_that_only_the_invoke_api_knows_is_refused(sync_invoke, service):
    """It would have no effect; the error says how to lift it."""
    with pytest.raises(ConfigError, match=r"sets client_context, which no service does.*\n\n.*client_context=None"):
        send(sync_invoke, service)


@pytest.mark.lambda_function(handler=hello)
@pytest.mark.sync_invoke(invocation_type="RequestResponse", log_type="None")
def test_a_marker_that_says_what_services_do_is_fine(sync_invoke):
    """It changes nothing."""
    assert sync_invoke.from_function_url("GET").status_code == 200


@pytest.mark.lambda_function(handler=hello)
@pytest.mark.sync_invoke(client_context={"custom": {}})
class TestLifted:
    @pytest.mark.sync_invoke(client_context=None)
    def test_a_marker_can_be_lifted(self, sync_invoke):
        """By the closest one, as the error says."""
        assert sync_invoke.from_function_url("GET").status_code == 200


@each_service
@pytest.mark.parametrize(
    "more, message",
    [
        ({"invocation_type": "DryRun"}, "invocation_type is not simulated: the service waits for the answer"),
        ({"log_type": "Tail"}, r"the answer has it as invocation\.logs"),
        ({"tiemout": 3}, "Did you mean timeout"),
        ({"timeout": 901}, "timeout is 901"),
        ({"qualifier": ""}, "qualifier"),
        ({"faults": {2: faults.Throttle()}}, "a synchronous call is one delivery"),
        ({"faults": "throttle"}, "faults is"),
        ({"body": {"a": {1}}}, "body is .*which is no JSON"),
        ({"headers": {"X": 1}}, r"headers\['X'\] is 1"),
        ({"query": {"q": 1}}, r"query\['q'\] is 1"),
        ({"overrides": {"headers": {"x": object()}}}, "event"),
    ],
)
def test_what_cannot_be_never_calls_the_function(sync_invoke, service, more, message):
    """The error is told in the words of the method that the test called."""
    ran = []
    with pytest.raises((ConfigError, EventError), match=message) as raised:
        send(sync_invoke, service, handler=lambda e, c: ran.append(1), **more)
    assert ran == []
    if isinstance(raised.value, ConfigError):
        assert str(raised.value).startswith(f"sync_invoke.{service}(...): ")


@each_service
@pytest.mark.parametrize("arguments", [("get", "/"), ("GET", "orders"), ("GET", "/?a=b")])
def test_a_request_that_no_client_can_send_is_refused(sync_invoke, service, arguments):
    """Before anything runs."""
    with pytest.raises(ConfigError, match=rf"sync_invoke.{service}\(...\): (method|path) is"):
        send(sync_invoke, service, *arguments, handler=hello)


def test_a_path_that_its_resource_does_not_match_is_refused(sync_invoke):
    """In the words of the method, too."""
    with pytest.raises(ConfigError, match=r"^sync_invoke.from_api_gateway\(...\): the path"):
        sync_invoke.from_api_gateway("GET", "/a", resource="/b/{id}", handler=hello)


@each_service
def test_a_call_without_a_handler_needs_a_marked_function(sync_invoke, service):
    """And takes no settings of a function."""
    with pytest.raises(ConfigError, match="no function under test"):
        send(sync_invoke, service)
    with pytest.raises(ConfigError, match="timeout cannot be set for a call that names no handler"):
        send(sync_invoke, service, timeout=3)


# Texts


@pytest.mark.lambda_function(handler=hello)
def test_an_answer_explains_itself(sync_invoke):
    """In a failing assert, and as a snapshot."""
    answer = sync_invoke.from_api_gateway("GET", "/")
    assert repr(answer) == "<HttpResponse 200 from API Gateway, 0 s, body 'hello'>"
    assert str(answer) == (
        "200 from API Gateway\ntook 0.000 s\nContent-Type: application/json\nX-Id: 7\nContent-Length: 5\n\nhello"
    )
    failed = sync_invoke.from_alb("GET", "/", handler=lambda event, context: {"statusCode": "200"})
    why = 'the response is malformed: statusCode is "200", and must be an integer (SYNC-34)'
    assert repr(failed).endswith(f": {why}>")
    assert str(failed).startswith(f"502 from load balancer: {why}\ntook 0.000 s\nServer: awselb/2.0\n")
    long = sync_invoke.from_function_url("GET", "/", handler=lambda event, context: "x" * 500)
    assert f"'{'x' * 197}...'" in repr(long)
    assert str(long).endswith("x" * 500)


@pytest.mark.lambda_function(handler=hello)
def test_the_timeline_tells_what_the_service_answered(sync_invoke, lambda_timeline):
    """With the rule behind it."""
    sync_invoke.from_api_gateway("GET", "/")
    sync_invoke.from_http_api("GET", "/", handler=raises)
    lines = [" ".join(line.split()) for line in str(lambda_timeline).splitlines()]
    assert lines[2] == "00:00:00.000 hello API Gateway answered 200 SYNC-30"
    assert (
        lines[5] == "00:00:00.000 raises API Gateway answered 500, the function failed: KeyError: 'k' (SYNC-31) SYNC-31"
    )


def test_an_answer_that_is_no_json_says_so(sync_invoke):
    """As any JSON parser does."""
    with pytest.raises(ValueError, match="Expecting value"):
        sync_invoke.from_function_url("GET", handler=hello).json()


def test_the_services_load_with_their_first_call():
    """The fixture is no slower for those who do not use them."""
    ours = "('pytest_lambda_modes.events', 'pytest_lambda_modes.modes.synchronous')"
    code = f"import sys, pytest_lambda_modes.harness.lambda_modes; print(*(m for m in sys.modules if m.startswith({ours})))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "pytest_lambda_modes.modes.synchronous.invoke" in loaded
    assert not [module for module in loaded if "http" in module or "contract" in module or "api_gateway" in module]
