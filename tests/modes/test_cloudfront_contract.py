"""Lambda@Edge: what goes on through CloudFront after each of its four events."""

from __future__ import annotations

import json
import time

import pytest

from pytest_lambda_modes import ConfigError, InvalidLambdaFunctionAssociation, facts, faults

ran = []


@pytest.fixture(autouse=True)
def nothing_ran():
    ran.clear()


def record_of(event):
    return event["Records"][0]["cf"]


def passes_on(event, context):
    ran.append((event, context.invoked_function_arn))
    cf = record_of(event)
    return cf.get("response", cf["request"])


def changes(**members):
    """A handler that goes on with other members."""
    return lambda event, context: {**passes_on(event, context), **members}


def sets(name, value, key=None):
    """A handler that sets a header."""

    def handler(event, context):
        went = passes_on(event, context)
        entry = {"value": value} if key is None else {"key": key, "value": value}
        return {**went, "headers": {**went["headers"], name: [entry]}}

    return handler


def returns(value):
    return lambda event, context: value


# What goes on


@pytest.mark.rule("SYNC-36")
@pytest.mark.parametrize("event_type", ["viewer-request", "origin-request"])
def test_a_request_goes_on(sync_invoke, event_type):
    """As the function returned it."""
    answer = sync_invoke.from_cloudfront(
        event_type, "POST", "/a", query={"b": "c"}, body="x", include_body=True, handler=changes(uri="/b")
    )
    assert not answer.failed
    assert (answer.edge_request["uri"], answer.edge_request["querystring"]) == ("/b", "b=c")
    assert (answer.edge_response, answer.status_code) == (None, None)
    assert record_of(ran[0][0])["config"]["eventType"] == event_type


@pytest.mark.rule("SYNC-36")
@pytest.mark.parametrize("event_type", ["viewer-request", "origin-request"])
def test_a_request_event_may_be_answered(sync_invoke, event_type):
    """The response that the function generated turns round there."""
    generated = {
        "status": "302",
        "statusDescription": "Found",
        "headers": {"location": [{"key": "Location", "value": "/new"}]},
    }
    answer = sync_invoke.from_cloudfront(event_type, handler=returns(generated))
    assert (answer.failed, answer.status_code) == (False, 302)
    assert (answer.edge_request, answer.edge_response) == (None, generated)


@pytest.mark.rule("SYNC-36")
@pytest.mark.parametrize("event_type", ["origin-response", "viewer-response"])
def test_a_response_goes_on(sync_invoke, event_type):
    """With another header, say."""
    answer = sync_invoke.from_cloudfront(
        event_type,
        status_code=201,
        response_headers={"Server": "mine"},
        handler=sets("x-frame-options", "DENY", "X-Frame-Options"),
    )
    assert answer.status_code == 201
    assert answer.edge_response["headers"]["server"] == [{"key": "Server", "value": "mine"}]
    assert answer.edge_response["headers"]["x-frame-options"] == [{"key": "X-Frame-Options", "value": "DENY"}]


@pytest.mark.rule("SYNC-36")
@pytest.mark.parametrize("event_type, calls", [("viewer-response", 0), ("origin-response", 1)])
def test_an_error_of_the_origin_passes_by_the_viewer_response(sync_invoke, event_type, calls):
    """CloudFront calls no viewer-response function for a status of 400 or more."""
    answer = sync_invoke.from_cloudfront(event_type, status_code=404, handler=passes_on)
    assert (answer.failed, answer.status_code) == (False, 404)
    assert len(answer.tries) == len(ran) == calls


# Validation


@pytest.mark.rule("SYNC-36")
@pytest.mark.parametrize(
    "event_type, handler, reason",
    [
        ("viewer-request", returns(None), "must return a request or a response"),
        ("viewer-response", returns("text"), "must return a response"),
        ("viewer-request", returns({}), "the uri of a request must be a string"),
        ("viewer-request", changes(uri="no-slash"), "must begin with a slash"),
        ("viewer-request", changes(querystring=None), "the querystring of a request must be a string"),
        ("viewer-request", changes(method="POST"), "method is read-only"),
        ("viewer-request", changes(clientIp="192.0.2.1"), "clientIp is read-only"),
        ("viewer-request", changes(headers=[]), "headers must be an object"),
        ("viewer-request", changes(headers={"a": "b"}), "the header a must be a list of objects"),
        ("viewer-request", changes(headers={"a": []}), "the header a must be a list of objects"),
        ("viewer-request", changes(headers={"a": [{"value": 1}]}), "each with a string value"),
        ("viewer-request", sets("a", "b", "c"), "the key of the header a must be its name"),
        ("viewer-request", sets("connection", "close"), "the header connection is not allowed"),
        ("viewer-request", sets("X-Edge-Location", "here"), "the header x-edge-location is not allowed"),
        ("viewer-request", sets("X-Amzn-RequestId", "mine"), "the header x-amzn-requestid is not allowed"),
        ("viewer-request", sets("host", "other"), "the header host is read-only in a viewer-request"),
        ("viewer-request", changes(headers={}), "is read-only in a viewer-request"),
        ("origin-request", sets("accept-encoding", "br"), "the header accept-encoding is read-only"),
        ("origin-response", sets("via", "me"), "the header via is read-only"),
        ("viewer-response", sets("warning", "199"), "the header warning is read-only"),
        ("origin-response", returns({"headers": {}}), "the status of a response"),
        ("origin-response", changes(status="6000"), "the status of a response"),
        ("origin-response", changes(statusDescription=7), "statusDescription must be"),
        ("origin-response", changes(body={"a": 1}), "the body of a response must be a string"),
        ("origin-response", changes(body="x", bodyEncoding="gzip"), "bodyEncoding must be"),
        ("origin-response", changes(body="?", bodyEncoding="base64"), "not in base64"),
        ("viewer-request", changes(body={"action": "drop"}), "the action of a body"),
        ("viewer-request", changes(body={"action": "replace"}), "needs a string data"),
        ("viewer-request", changes(body={"action": "replace", "data": "?"}), "not in base64"),
        (
            "viewer-request",
            changes(body={"action": "replace", "encoding": "text", "data": "x" * 40_961}),
            "may have 40960 bytes, and has 40961",
        ),
        ("viewer-request", returns({"status": "200", "body": "x" * 40_960}), "may have 40960 bytes"),
        ("origin-request", returns({"status": "200", "body": "x" * 1_048_576}), "may have 1048576 bytes"),
    ],
)
def test_what_fails_validation_is_a_502(sync_invoke, event_type, handler, reason):
    """Nothing goes on, and the reason says what is wrong."""
    answer = sync_invoke.from_cloudfront(event_type, handler=handler)
    assert (answer.failed, answer.status_code) == (True, 502)
    assert answer.error.code == "LambdaValidationError"
    assert reason in answer.reason
    assert (answer.edge_request, answer.edge_response) == (None, None)


@pytest.mark.rule("SYNC-36")
@pytest.mark.parametrize(
    "event_type, handler",
    [
        ("origin-request", sets("host", "other")),
        ("viewer-request", sets("accept-encoding", "br")),
        ("viewer-request", changes(body={"action": "read-only", "data": "x" * 50_000})),
        ("viewer-request", changes(body={"action": "replace", "encoding": "text", "data": "x" * 40_960})),
        ("viewer-request", returns({"status": 200, "body": "x" * 40_000})),
        ("origin-response", changes(body="eA==", bodyEncoding="base64")),
    ],
)
def test_what_passes_validation(sync_invoke, event_type, handler):
    """What is read-only for one event is not for another, and a size may be reached."""
    assert not sync_invoke.from_cloudfront(event_type, handler=handler).failed


# Failures


@pytest.mark.rule("SYNC-36")
@pytest.mark.parametrize(
    "given, status_code, code",
    [
        ({}, 502, "LambdaExecutionError"),
        ({"faults": {1: faults.ServiceError()}}, 502, "LambdaExecutionError"),
        ({"faults": {1: faults.Throttle()}}, 503, "LambdaLimitExceeded"),
    ],
)
def test_cloudfront_does_not_try_again(sync_invoke, given, status_code, code):
    """A failure is a 502, a limit that was exceeded a 503."""

    def fail(event, context):
        time.sleep(60)

    answer = sync_invoke.from_cloudfront("viewer-request", handler=fail, timeout=30, **given)
    assert (answer.status_code, answer.error.code) == (status_code, code)
    assert len(answer.tries) == 1


# Associations


@pytest.mark.rule("SYNC-36")
def test_a_version_is_called(sync_invoke, lambda_modes):
    """Without a qualifier one is published; what has not changed stays the same version, and warm."""
    function = lambda_modes.function(passes_on, function_name="edge")
    for _ in range(2):
        sync_invoke.from_cloudfront("viewer-request", handler=function)
    function.update_configuration(memory_size=256)
    sync_invoke.from_cloudfront("viewer-request", handler=function)
    sync_invoke.from_cloudfront("viewer-request", handler=function, qualifier="1")
    assert [arn.rpartition(":")[2] for _, arn in ran] == ["1", "1", "2", "1"]


@pytest.mark.rule("SYNC-36")
@pytest.mark.parametrize(
    "given, text",
    [
        ({"qualifier": "$LATEST"}, "must reference a specific function version"),
        ({"qualifier": "live"}, "must reference a specific function version"),
        ({"environment": {"STAGE": "prod"}}, "The function cannot have environment variables"),
        ({"timeout": 31}, "31 Max allowed: 30"),
    ],
)
def test_what_cloudfront_does_not_associate(sync_invoke, given, text):
    """It is the error of CloudFront's own API, and nothing runs."""
    with pytest.raises(InvalidLambdaFunctionAssociation, match=text.replace("$", r"\$")) as refused:
        sync_invoke.from_cloudfront("viewer-request", handler=passes_on, **given)
    assert refused.value.status_code == 400
    assert not ran


@pytest.mark.parametrize(
    "event_type, given, text",
    [
        ("viewer-requests", {}, 'must be "viewer-request" or'),
        ("viewer-request", {"status_code": 200}, "status_code is nothing that a viewer-request event has"),
        ("viewer-request", {"origin": "example.com"}, "origin is nothing"),
        ("viewer-response", {"body": "x"}, "body is nothing"),
        ("viewer-response", {"status_code": 999}, "status of HTTP"),
        ("origin-request", {"path": "no-slash"}, "path is"),
    ],
)
def test_an_event_that_cloudfront_has_not(sync_invoke, event_type, given, text):
    """It is refused before the function is called."""
    with pytest.raises(ConfigError, match=text):
        sync_invoke.from_cloudfront(event_type, handler=passes_on, **given)
    assert not ran


def test_the_timeline_and_the_texts_of_an_answer(sync_invoke, lambda_timeline):
    """What goes on is told."""
    request = sync_invoke.from_cloudfront("viewer-request", handler=passes_on)
    response = sync_invoke.from_cloudfront("viewer-request", handler=returns({"status": "200"}))
    assert str(request).startswith('CloudFront succeeded\nthe request goes on: {"clientIp"')
    assert 'the response goes on: {"status": "200"}' in repr(response)
    told = [fact for fact in lambda_timeline.facts if isinstance(fact, facts.ServiceAnswered)]
    assert [fact.rule for fact in told] == ["SYNC-36", "SYNC-36"]
    assert json.loads(told[1].answer.partition(": ")[2]) == {"status": "200"}
