"""S3 Object Lambda waits for the function's WriteGetObjectResponse, and answers a GetObject with it."""

from __future__ import annotations

import io
import time
import urllib.error
import urllib.request
from datetime import timedelta

import boto3
import moto
import pytest
import requests
from botocore.exceptions import ClientError

from pytest_lambda_modes import facts, faults


def write(event, **response):
    context = event["getObjectContext"]
    token = {"RequestRoute": context["outputRoute"], "RequestToken": context["outputToken"]}
    return boto3.client("s3").write_get_object_response(**{**token, **response})


def upper(event, context):
    with urllib.request.urlopen(event["getObjectContext"]["inputS3Url"]) as original:
        write(event, Body=original.read().upper(), ContentType="text/plain", Metadata={"by": "upper"})


@pytest.mark.rule("SYNC-40")
def test_the_caller_gets_what_the_function_writes(sync_invoke, lambda_timeline):
    """Its body, its headers and its metadata: with boto3 and urllib as they are, and without a network."""
    response = sync_invoke.from_s3_object_lambda("notes/a b.txt", original="hello", handler=upper)
    assert (response.status_code, response.body, response.body_bytes) == (200, "HELLO", b"HELLO")
    assert (response.headers["Content-Type"], response.headers["Content-Length"]) == ("text/plain", "5")
    assert response.metadata == {"by": "upper"}
    assert (response.error, response.reason, response.refused, response.gave_up) == (None, None, None, False)
    assert response.invocation.payload is None
    [answered] = [fact for fact in lambda_timeline if isinstance(fact, facts.ServiceAnswered)]
    assert (answered.service, answered.answer, answered.rule) == ("S3 Object Lambda", "200", "SYNC-40")
    assert repr(response) == "<ObjectResponse 200 from S3 Object Lambda, 0 s, body 'HELLO'>"
    assert str(response).splitlines()[:2] == ["200 from S3 Object Lambda", "took 0.000 s"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(lambda: b"\x00\xff" * 40_000, id="bytes"),
        pytest.param(lambda: bytearray(b"\x00\xff" * 40_000), id="bytearray"),
        pytest.param(lambda: io.BytesIO(b"\x00\xff" * 40_000), id="file-like"),
    ],
)
def test_a_body_of_any_kind_arrives_whole(sync_invoke, body):
    """Sent at once, or behind an `Expect: 100-continue` and in parts, as botocore does with files."""
    response = sync_invoke.from_s3_object_lambda(
        "key", handler=lambda event, context: write(event, Body=body()) and None
    )
    assert response.body_bytes == b"\x00\xff" * 40_000


def test_a_file_is_written_as_it_is_read(sync_invoke, tmp_path):
    """An open file of the disk."""
    path = tmp_path / "object"
    path.write_bytes(b"from disk")

    def handler(event, context):
        with path.open("rb") as file:
            write(event, Body=file)

    assert sync_invoke.from_s3_object_lambda("key", handler=handler).body == "from disk"


def test_a_body_in_chunks_arrives_whole(sync_invoke):
    """From a client other than boto3, which signs nothing."""

    def handler(event, context):
        route, token = (event["getObjectContext"][name] for name in ("outputRoute", "outputToken"))
        url = f"https://{route}.s3-object-lambda.us-east-1.amazonaws.com/WriteGetObjectResponse"
        headers = {"x-amz-request-route": route, "x-amz-request-token": token}
        requests.post(url, data=iter([b"one ", b"two"]), headers=headers, timeout=5).raise_for_status()

    assert sync_invoke.from_s3_object_lambda("key", handler=handler).body == "one two"


@pytest.mark.rule("SYNC-40")
def test_the_function_may_answer_with_an_error(sync_invoke):
    """The caller gets S3's document of it, with the status code that the function chose."""

    def handler(event, context):
        write(event, StatusCode=403, ErrorCode="AccessDenied", ErrorMessage="not <yours>")

    response = sync_invoke.from_s3_object_lambda("key", handler=handler)
    assert (response.status_code, response.error.code, response.error.message) == (403, "AccessDenied", "not <yours>")
    assert "<Code>AccessDenied</Code><Message>not &lt;yours&gt;</Message>" in response.body
    assert response.headers["Content-Type"] == "application/xml"
    assert response.reason is None
    assert str(response).startswith("403 AccessDenied from S3 Object Lambda\n")


def test_a_status_code_needs_no_error_and_no_body(sync_invoke):
    """As for an object that has not changed since the caller saw it."""
    response = sync_invoke.from_s3_object_lambda(
        "key", handler=lambda event, context: write(event, StatusCode=304) and None
    )
    assert (response.status_code, response.body_bytes, response.error) == (304, b"", None)


def fails(event, context):
    raise ValueError("no such filter")


def forgets(event, context):
    return "done"


def sleeps(event, context):
    time.sleep(100)


@pytest.mark.rule("SYNC-40")
@pytest.mark.parametrize(
    "settings, status, code, seconds, reason",
    [
        ({"handler": fails}, 500, "LambdaRuntimeError", 0, "the function failed: ValueError: no such filter (SYNC-40)"),
        (
            {"handler": forgets},
            500,
            "LambdaResponseNotReceived",
            0,
            "the function ended and had not called WriteGetObjectResponse (SYNC-40)",
        ),
        ({"handler": sleeps, "timeout": 10}, 500, "LambdaTimeout", 10, None),
        (
            {"handler": sleeps, "timeout": 900},
            500,
            "LambdaTimeout",
            60,
            "the function had not answered after 60 s, and goes on (SYNC-40)",
        ),
        ({"handler": upper, "faults": {1: faults.Throttle()}}, 400, "LambdaInvocationFailed", 0, None),
    ],
)
def test_without_a_response_the_caller_gets_an_error(
    sync_invoke, lambda_clock, settings, status, code, seconds, reason
):
    """After one call of the function, and 60 seconds at most."""
    response = sync_invoke.from_s3_object_lambda("key", **settings)
    assert (response.status_code, response.error.code) == (status, code)
    assert response.reason.endswith("(SYNC-40)")
    assert reason in (None, response.reason)
    assert response.duration == lambda_clock.elapsed == timedelta(seconds=seconds)
    assert response.gave_up == (seconds == 60)


@pytest.mark.rule("SYNC-40")
def test_what_comes_after_the_response_is_not_the_callers_affair(sync_invoke, lambda_clock, lambda_timeline):
    """The function may go on for longer than the service waits, and may fail."""

    def handler(event, context):
        time.sleep(2)
        write(event, Body=b"early")
        time.sleep(98)
        raise RuntimeError("late")

    response = sync_invoke.from_s3_object_lambda("key", handler=handler, timeout=900)
    assert (response.status_code, response.body, response.gave_up) == (200, "early", False)
    assert response.duration == timedelta(seconds=2)
    assert not [fact for fact in lambda_timeline if isinstance(fact, facts.CallerGaveUp)]
    lambda_clock.run_until_idle()
    assert response.invocation.error.message == "late"


@pytest.mark.rule("SYNC-40")
def test_a_response_after_the_deadline_is_refused(sync_invoke, lambda_clock):
    """There is nobody left to give it to. The hazard was told beforehand."""
    codes = []

    def handler(event, context):
        time.sleep(61)
        with pytest.raises(ClientError) as refused:
            write(event, Body=b"late")
        codes.append(refused.value.response["Error"]["Code"])

    response = sync_invoke.from_s3_object_lambda("key", handler=handler, timeout=900)
    lambda_clock.run_until_idle()
    assert (response.error.code, codes) == ("LambdaTimeout", ["ValidationError"])


@pytest.mark.rule("SYNC-40")
def test_s3_refuses_a_response_that_cannot_be(sync_invoke):
    """A route or a token of nobody's, parameters that exclude each other, and a second response."""
    answers, told = set(), []

    def handler(event, context):
        for response in (
            {"RequestRoute": "io-other"},
            {"RequestToken": "other"},
            {"StatusCode": 299},
            {"ErrorCode": "NoSuchKey"},
            {"StatusCode": 404, "ErrorCode": "NoSuchKey", "Body": b"body"},
            {"StatusCode": 404, "ErrorCode": "no such key"},
            {"Body": b"good"},
            {"Body": b"second"},
        ):
            try:
                write(event, **response)
                told.append("taken")
            except ClientError as error:
                answers.add((error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]))
                told.append(error.response["Error"]["Message"])

    assert sync_invoke.from_s3_object_lambda("key", handler=handler).body == "good"
    assert answers == {(400, "ValidationError")}
    nobody = "The RequestRoute and the RequestToken belong to no request."
    assert told == [
        nobody,
        nobody,
        "StatusCode is 299, and may be 200, 206, 304, 400, 401, 403, 404, 405, 409, 411, 412, 416, 500, 503.",
        "ErrorCode and ErrorMessage cannot be used with the StatusCode 200.",
        "ErrorCode and ErrorMessage cannot be used beside a Body.",
        "ErrorCode is no such key, and must match ^[A-Z][a-zA-Z]+$.",
        "taken",
        "The RequestRoute and the RequestToken belong to a request that is over.",
    ]


def test_the_original_is_at_the_url_of_its_own_event(sync_invoke):
    """With its content type and its ETag; there is none unless the test gives one, and none at another URL."""
    found = []

    def handler(event, context):
        url = event["getObjectContext"]["inputS3Url"]
        for each in (url, url.replace("Signature=", "Signature=0")):
            answer = requests.get(each, timeout=5)
            found.append((answer.status_code, answer.headers["Content-Type"], answer.headers.get("ETag")))
        write(event, Body=b"")

    sync_invoke.from_s3_object_lambda("key", original=b"hello", handler=handler)
    sync_invoke.from_s3_object_lambda("key", handler=handler)
    assert found == [
        (200, "binary/octet-stream", '"5d41402abc4b2a76b9719d911017c592"'),
        (403, "application/xml", None),
        (404, "application/xml", None),
        (403, "application/xml", None),
    ]


def test_there_is_no_other_operation_at_the_endpoint(sync_invoke):
    """And it says so."""

    def handler(event, context):
        url = event["userRequest"]["url"]
        with pytest.raises(urllib.error.HTTPError, match="501"):
            urllib.request.urlopen(url)

    assert sync_invoke.from_s3_object_lambda("key", handler=handler).error.code == "LambdaResponseNotReceived"


def test_it_works_beside_moto(sync_invoke):
    """Which goes on to answer for the rest of S3, where the handler may look for the original too."""

    def handler(event, context):
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="files")
        s3.put_object(Bucket="files", Key="key", Body=io.BytesIO(b"of moto"))
        body = s3.get_object(Bucket="files", Key="key")["Body"].read()
        original = requests.get(event["getObjectContext"]["inputS3Url"], timeout=5).content
        write(event, Body=io.BytesIO(original + b" and " + body))

    with moto.mock_aws():
        assert sync_invoke.from_s3_object_lambda("key", original="ours", handler=handler).body == "ours and of moto"
