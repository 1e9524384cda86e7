"""CloudFormation asks a function for a custom resource, and waits for what it puts to the ResponseURL."""

from __future__ import annotations

import json
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import moto
import pytest
import requests
import urllib3

from pytest_lambda_modes import ConfigError, events, facts, faults
from pytest_lambda_modes.model.identifiers import Identifiers

pool = urllib3.PoolManager()


def response_to(event, status="SUCCESS", **members):
    repeated = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    return json.dumps({"Status": status, "PhysicalResourceId": "made-1", **repeated, **members}).encode()


def put(event, status="SUCCESS", **members):
    body = response_to(event, status, **members)
    return pool.request("PUT", event["ResponseURL"], body=body, headers={"content-type": ""}).status


def answer(event, context):
    put(event, Data={"Endpoint": "https://made-1"})


def silent(event, context):
    pass


def answers(timeline):
    return [fact for fact in timeline if isinstance(fact, facts.ServiceAnswered)]


@pytest.mark.rule("ASYNC-47")
@pytest.mark.lambda_function(handler=answer)
def test_a_resource_is_made_by_the_response_of_the_function(async_invoke, lambda_clock, lambda_timeline):
    """Not by what the handler returns, and as soon as it is put."""
    resource = async_invoke.from_cloudformation("Create", resource_properties={"Size": 3, "Public": True})
    assert (resource.status, resource.settled, resource.physical_resource_id) == (None, False, None)
    assert resource.wait() is resource
    assert (resource.status, resource.reason, resource.timed_out) == ("SUCCESS", None, False)
    assert resource.physical_resource_id == "made-1"
    assert (resource.data, resource.no_echo) == ({"Endpoint": "https://made-1"}, False)
    assert lambda_clock.elapsed == timedelta(0)
    assert resource.event["ResourceProperties"]["Size"] == "3"
    assert [attempt.outcome for attempt in resource.attempts] == ["success"]
    assert [(fact.answer, fact.rule) for fact in answers(lambda_timeline)] == [("Create SUCCESS", "ASYNC-47")]


@pytest.mark.lambda_function(handler=answer)
def test_the_handler_runs_on_the_stack_of_the_test(async_invoke, lambda_modes):
    """For plain tracebacks and plain coverage, where CloudFormation waits longer than Lambda retries."""
    async_invoke.from_cloudformation().wait()
    assert not lambda_modes.overlapped
    async_invoke.from_cloudformation(service_timeout=60).wait()
    assert lambda_modes.overlapped


@pytest.mark.rule("ASYNC-47")
def test_a_failure_has_the_reason_of_the_function(async_invoke):
    """A handler that fails to make the resource still succeeds in Lambda's eyes."""

    def handler(event, context):
        put(event, "FAILED", Reason="no room")

    resource = async_invoke.from_cloudformation(handler=handler).wait()
    assert (resource.status, resource.reason) == ("FAILED", "no room")
    assert str(resource).startswith("Create Resource: FAILED\nreason no room\n")
    assert resource.delivery.wait().condition == "Success"


@pytest.mark.rule("ASYNC-47")
def test_without_a_response_it_fails_after_an_hour(async_invoke, lambda_clock, lambda_timeline):
    """The handler has returned and Lambda is content; the stack hangs."""
    resource = async_invoke.from_cloudformation(handler=silent).wait()
    assert (resource.status, resource.timed_out, resource.response) == ("FAILED", True, None)
    assert f"requestId [{resource.event['RequestId']}]" in resource.reason
    assert lambda_clock.elapsed == timedelta(hours=1)
    [gave_up] = [fact for fact in lambda_timeline if isinstance(fact, facts.CallerGaveUp)]
    assert (gave_up.caller, gave_up.waited, gave_up.rule) == ("CloudFormation", 3_600_000_000, "ASYNC-47")


@pytest.mark.rule("ASYNC-47")
def test_the_time_to_wait_is_a_property_of_the_resource(async_invoke, lambda_clock):
    """From 1 second to an hour; the function sees it as CloudFormation passes properties, as a string."""
    resource = async_invoke.from_cloudformation(handler=silent, service_timeout=30).wait()
    assert resource.timed_out
    assert lambda_clock.elapsed == timedelta(seconds=30)
    assert resource.event["ResourceProperties"]["ServiceTimeout"] == "30"
    assert "ServiceTimeout" not in async_invoke.from_cloudformation(handler=answer).wait().event["ResourceProperties"]


@pytest.mark.rule("ASYNC-47", "ASYNC-9")
def test_the_retry_of_a_handler_that_failed_can_still_respond(async_invoke, lambda_clock):
    """Lambda retries while CloudFormation waits."""
    tries = []

    def handler(event, context):
        tries.append(context.aws_request_id)
        if len(tries) < 3:
            raise RuntimeError("not yet")
        put(event)

    resource = async_invoke.from_cloudformation(handler=handler).wait()
    assert resource.status == "SUCCESS"
    assert len(resource.attempts) == 3
    assert len(set(tries)) == 1
    assert lambda_clock.elapsed == timedelta(seconds=180)


@pytest.mark.rule("ASYNC-47")
def test_only_the_first_response_counts(async_invoke, lambda_clock):
    """A handler that fails after it has responded is retried, and makes the resource again for nobody."""
    made = []

    def handler(event, context):
        made.append(f"made-{len(made)}")
        assert put(event, PhysicalResourceId=made[-1]) == 200
        raise RuntimeError("too late to matter")

    resource = async_invoke.from_cloudformation(handler=handler).wait()
    lambda_clock.run_until_idle()
    assert made == ["made-0", "made-1", "made-2"]
    assert (resource.status, resource.physical_resource_id) == ("SUCCESS", "made-0")
    assert resource.delivery.condition == "RetriesExhausted"


@pytest.mark.rule("ASYNC-47")
def test_a_response_after_the_timeout_changes_nothing(async_invoke, lambda_clock):
    """S3 takes it, and nobody looks."""
    statuses = []

    def handler(event, context):
        time.sleep(20)
        statuses.append(put(event))

    resource = async_invoke.from_cloudformation(handler=handler, timeout=60, service_timeout=10).wait()
    assert lambda_clock.elapsed == timedelta(seconds=10)
    assert (resource.status, resource.timed_out, resource.attempts) == ("FAILED", True, [])
    lambda_clock.run_until_idle()
    assert statuses == [200]
    assert (resource.status, resource.timed_out, resource.response) == ("FAILED", True, None)


@pytest.mark.rule("ASYNC-47")
def test_a_function_that_the_handler_invokes_can_respond(async_invoke, sync_invoke, lambda_modes):
    """The URL is a place, whoever puts to it."""
    worker = lambda_modes.function(answer)

    def handler(event, context):
        time.sleep(1)
        sync_invoke(worker, event)

    assert async_invoke.from_cloudformation(handler=handler).wait().status == "SUCCESS"


@pytest.mark.rule("ASYNC-47", "RT-19")
def test_a_handler_at_its_deadline_responds_no_more(async_invoke):
    """In AWS the process is gone, and so is the response in its `finally`."""

    def handler(event, context):
        try:
            time.sleep(60)
        finally:
            put(event, "FAILED", Reason="ran out of time")

    resource = async_invoke.from_cloudformation(handler=handler, timeout=5, maximum_retry_attempts=0).wait()
    assert [attempt.outcome for attempt in resource.attempts] == ["timeout"]
    assert (resource.timed_out, resource.response) == (True, None)


def test_a_thread_of_the_handler_can_respond(async_invoke):
    """It has no Lambda clock of its own, and needs none for this."""

    def handler(event, context):
        with ThreadPoolExecutor() as executor:
            assert executor.submit(put, event).result() == 200

    assert async_invoke.from_cloudformation(handler=handler).wait().status == "SUCCESS"


def test_a_response_that_cannot_be_is_kept(async_invoke):
    """The resource fails at once, with what is wrong, and the test sees what was sent."""

    def handler(event, context):
        assert put(event, RequestId="another") == 200

    resource = async_invoke.from_cloudformation(handler=handler).wait()
    assert (resource.status, resource.timed_out) == ("FAILED", False)
    assert resource.reason == 'Invalid response object: RequestId is "another", and not that of the request.'
    assert json.loads(resource.response)["RequestId"] == "another"


@pytest.mark.rule("ASYNC-47")
@pytest.mark.lambda_function(handler=answer, function_name="maker")
def test_an_update_that_gives_another_id_replaces_the_resource(async_invoke):
    """CloudFormation would then delete the old one."""
    properties = {"resource_properties": {"Size": 2}, "old_resource_properties": {"Size": 1}}
    same = async_invoke.from_cloudformation("Update", physical_resource_id="made-1", **properties).wait()
    other = async_invoke.from_cloudformation("Update", physical_resource_id="made-0", **properties).wait()
    assert (same.replaced, other.replaced) == (False, True)

    def failing(event, context):
        put(event, "FAILED", Reason="no room")

    assert (
        not async_invoke.from_cloudformation("Update", handler=failing, physical_resource_id="made-0").wait().replaced
    )
    assert other.event["OldResourceProperties"]["Size"] == "1"
    deleted = async_invoke.from_cloudformation("Delete", physical_resource_id="made-0").wait()
    assert (deleted.status, deleted.replaced, deleted.request_type) == ("SUCCESS", False, "Delete")


@pytest.mark.lambda_function(handler=answer, function_name="maker")
def test_requests_are_told_apart(async_invoke, lambda_clock):
    """Each has a URL and an id of its own, though their handlers run at the same instant."""
    names = ("One", "Two", "Three")
    resources = [async_invoke.from_cloudformation(logical_resource_id=name) for name in names]
    lambda_clock.run_until_idle()
    assert [json.loads(resource.response)["LogicalResourceId"] for resource in resources] == list(names)
    assert lambda_clock.elapsed == timedelta(0)


@pytest.mark.lambda_modes(seed="seed")
@pytest.mark.lambda_function(handler=answer)
def test_the_event_repeats_in_every_run(async_invoke, lambda_modes):
    """Byte for byte: there is no port of this machine in its URL."""
    arn = lambda_modes.function_under_test.arn
    ids = Identifiers("/seed")
    for _ in range(2):
        built = events.cloudformation_custom_resource(function_name=arn, ids=ids)
        assert async_invoke.from_cloudformation().wait().event == built


@pytest.mark.parametrize("beside_moto", [False, True])
@pytest.mark.parametrize("client", ["requests", "urllib"])
def test_the_client_does_not_matter(async_invoke, client, beside_moto):
    """As in `tests/runtime`, here with the clock frozen."""

    def handler(event, context):
        url, body = event["ResponseURL"], response_to(event)
        if client == "requests":
            assert requests.put(url, data=body, timeout=5).status_code == 200
        else:
            with urllib.request.urlopen(urllib.request.Request(url, body, method="PUT"), timeout=5) as response:
                assert response.status == 200

    if beside_moto:
        with moto.mock_aws():
            assert async_invoke.from_cloudformation(handler=handler).wait().status == "SUCCESS"
    else:
        assert async_invoke.from_cloudformation(handler=handler).wait().status == "SUCCESS"


@pytest.mark.lambda_function(handler=silent)
def test_s3_refuses_what_the_url_is_not_signed_for(async_invoke):
    """Another method, another place; and S3 takes no chunks."""
    resource = async_invoke.from_cloudformation()
    url = resource.event["ResponseURL"]
    refused = [
        pool.request("GET", url),
        pool.request("PUT", url.partition("?")[0], body=b""),
        pool.request("PUT", url, body=iter([b"{}"])),
    ]
    assert [each.status for each in refused] == [403, 403, 501]
    assert b"<Code>SignatureDoesNotMatch</Code>" in refused[0].data
    assert resource.wait().timed_out


@pytest.mark.rule("ASYNC-47")
def test_a_throttled_invoke_is_tried_again_while_there_is_time(async_invoke, lambda_clock):
    """And a function that Lambda never runs fails its resource with what Lambda answered."""
    fault = {1: faults.Throttle()}
    assert async_invoke.from_cloudformation(handler=answer, invoke_faults=fault).wait().status == "SUCCESS"
    assert lambda_clock.elapsed == timedelta(seconds=1)
    late = async_invoke.from_cloudformation(handler=answer, invoke_faults=fault, service_timeout=1).wait()
    assert (late.status, late.timed_out, late.attempts) == ("FAILED", False, [])
    assert late.delivery.state == "dropped"


@pytest.mark.lambda_function(handler=answer, function_name="maker")
def test_its_texts_are_stable(async_invoke):
    """One for a snapshot, one for a failing assert."""
    resource = async_invoke.from_cloudformation("Delete", physical_resource_id="made-0")
    assert repr(resource).startswith("<CustomResource Delete Resource, pending; <ServiceDelivery by CloudFormation")
    assert str(resource.wait()).splitlines()[:4] == [
        "Delete Resource: SUCCESS",
        "physical id made-1",
        "data {'Endpoint': 'https://made-1'}",
        "CloudFormation to maker delivered",
    ]
    assert "SUCCESS" in repr(resource)


@pytest.mark.asyncio
@pytest.mark.lambda_function(handler=answer)
async def test_it_can_be_awaited(async_invoke):
    """In an async test it gives itself, before and after its end."""
    resource = async_invoke.from_cloudformation()
    assert await resource is resource
    assert (await resource).status == "SUCCESS"


@pytest.mark.lambda_function(handler=answer, function_name="maker")
def test_an_alias_is_in_the_service_token(async_invoke, lambda_modes):
    """As the template would name it."""
    function = lambda_modes.function_under_test
    function.publish_version()
    resource = async_invoke.from_cloudformation(qualifier="1").wait()
    assert resource.event["ServiceToken"] == f"{function.arn}:1"


@pytest.mark.lambda_function(handler=answer)
@pytest.mark.parametrize(
    "given, message",
    [
        ({"request_type": "Make"}, 'request_type is "Make", and must be one of: Create, Update, Delete'),
        ({"service_timeout": 0}, "service_timeout is 0, and must be a whole number of seconds from 1 to 3600"),
        ({"service_timeout": 3601}, "service_timeout is 3601"),
        ({"service_timeout": timedelta(minutes=1)}, "service_timeout=60"),
        ({"resource_properties": {"ServiceTimeout": 9}}, "Give it as a setting: service_timeout=9"),
        ({"physical_resource_id": "made"}, "what is to be created has none yet"),
        ({"old_resource_properties": {}}, "only an Update has them"),
        ({"overrides": {"ResponseURL": None}}, "ResponseURL is None, and must be an https URL"),
        ({"properties": {}}, "there is no setting properties"),
        ({"timeout": 3}, "timeout cannot be set for a call that names no handler"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(async_invoke, lambda_timeline, given, message):
    """With the value, and what would do."""
    with pytest.raises(ConfigError) as refused:
        async_invoke.from_cloudformation(**given)
    assert message in str(refused.value)
    assert not list(lambda_timeline)
