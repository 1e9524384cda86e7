"""`sync_invoke.from_s3_object_lambda` takes what the other services take, and refuses what cannot be."""

from __future__ import annotations

import boto3
import pytest

from pytest_lambda_modes import ConfigError, events, facts, faults


def write(event, context):
    where = event["getObjectContext"]
    boto3.client("s3").write_get_object_response(
        RequestRoute=where["outputRoute"],
        RequestToken=where["outputToken"],
        Body=event["configuration"]["payload"].encode(),
        Metadata={"function": context.function_name, "version": context.function_version},
    )
    return event


def test_the_event_is_that_of_the_builder(sync_invoke):
    """With the arguments of the call, at the instant of the call."""
    given = {"access_point": "mine", "supporting_access_point": "files", "payload": "p", "headers": {"X-Id": "7"}}
    response = sync_invoke.from_s3_object_lambda("a b", handler=write, overrides={"mine": {"a": 1}}, **given)
    event, built = response.invocation.payload, events.s3_object_lambda_get("a b", **given)
    assert (event["mine"], response.body) == ({"a": 1}, "p")
    for member in ("configuration", "userRequest", "protocolVersion"):
        assert event[member] == built[member]


@pytest.mark.lambda_function(handler=print, timeout=7)
def test_the_function_is_that_of_the_marker_or_of_the_call(sync_invoke, lambda_modes):
    """Also one of its versions."""
    assert sync_invoke.from_s3_object_lambda("key").error.code == "LambdaResponseNotReceived"
    function = lambda_modes.function(write)
    function.publish_version()
    response = sync_invoke.from_s3_object_lambda("key", handler=function, qualifier="1")
    assert response.metadata == {"function": "write", "version": "1"}


@pytest.mark.sync_invoke(faults={1: faults.Throttle()})
def test_a_fault_of_the_marker_befalls_the_call(sync_invoke):
    """And is lifted by a call of its own."""
    response = sync_invoke.from_s3_object_lambda("key", handler=write)
    assert response.refused.code == "TooManyRequestsException"
    assert sync_invoke.from_s3_object_lambda("key", handler=write, faults={}).status_code == 200


def test_a_timeout_beyond_the_services_is_a_hazard(sync_invoke, lambda_timeline):
    """Told once for each function."""
    for _ in range(2):
        sync_invoke.from_s3_object_lambda("key", handler=write, timeout=61)
    [hazard] = [fact for fact in lambda_timeline if isinstance(fact, facts.Hazard)]
    assert (hazard.id, hazard.who) == ("HAZ-12", "write")
    assert "S3 Object Lambda waits 60 s" in hazard.text


@pytest.mark.parametrize(
    "given, text",
    [
        ({"original": 7}, "original is 7, and must be bytes or a string."),
        ({"overrides": {"getObjectContext": {"inputS3Url": "here"}}}, 'inputS3Url is "here", and must be a URL.'),
        ({"faults": {2: faults.Throttle()}}, "faults has delivery 2"),
        ({"body": b""}, "body"),
    ],
)
def test_what_cannot_be_is_refused(sync_invoke, given, text):
    """Before the function is called, in words that name the method."""
    with pytest.raises(ConfigError) as refused:
        sync_invoke.from_s3_object_lambda("key", handler=pytest.fail, **given)
    assert str(refused.value).startswith("sync_invoke.from_s3_object_lambda(...)")
    assert text in str(refused.value)


def test_a_url_that_the_test_gave_is_served_with_an_original_only(sync_invoke):
    """Otherwise it is where the test says, for moto or a mock to answer."""
    import moto
    import requests

    def handler(event, context):
        return requests.get(event["getObjectContext"]["inputS3Url"], timeout=5).text

    with moto.mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="files")
        s3.put_object(Bucket="files", Key="key", Body=b"of moto")
        url = s3.generate_presigned_url("get_object", {"Bucket": "files", "Key": "key"})
        overrides = {"getObjectContext": {"inputS3Url": url}}
        theirs = sync_invoke.from_s3_object_lambda("key", handler=handler, overrides=overrides)
        ours = sync_invoke.from_s3_object_lambda("key", handler=handler, overrides=overrides, original="ours")
    assert [theirs.invocation.payload, ours.invocation.payload] == ["of moto", "ours"]
