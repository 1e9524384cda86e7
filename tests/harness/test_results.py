"""Results as a test looks at them: their members for every outcome, and texts that can be kept as snapshots."""

from __future__ import annotations

import datetime as dt
import sys
import time

import pytest

from pytest_lambda_modes import InvokeResponse, faults


def orders(event, context):
    if event.get("sleep"):
        time.sleep(event["sleep"])
    if "fail" in event:
        raise KeyError(event["fail"])
    if "exit" in event:
        sys.exit(event["exit"])
    return event.get("answer")


pytestmark = [
    pytest.mark.lambda_function(handler=orders, function_name="orders"),
    pytest.mark.lambda_modes(seed="snapshots"),
]

OUTCOMES = {
    "success": {"answer": {"total": 42, "name": "Ann"}},
    "function_error": {"fail": "k"},
    "marshal_error": {},
    "timeout": {"sleep": 5},
    "exit": {"exit": 3},
    "out_of_memory": {"sleep": 2},
    "init_error": {},
    "response_too_large": {},
    "dry_run": {},
}


@pytest.fixture
def respond(sync_invoke):
    """The response of each outcome."""

    def respond(outcome: str) -> InvokeResponse:
        if outcome == "marshal_error":
            return sync_invoke(lambda event, context: {1}, {})
        if outcome == "init_error":
            return sync_invoke("no_such_module.handler", {})
        if outcome == "response_too_large":
            return sync_invoke(lambda event, context: "x" * 6_300_000, {})
        if outcome == "out_of_memory":
            kill = faults.Kill(after=dt.timedelta(seconds=1.5), cause="out_of_memory")
            return sync_invoke(OUTCOMES[outcome], faults={1: kill})
        if outcome == "dry_run":
            return sync_invoke(OUTCOMES[outcome], invocation_type="DryRun")
        return sync_invoke(OUTCOMES[outcome])

    return respond


REPRS = {
    "success": '200, 0 s, payload {"total": 42, "name": "Ann"}',
    "marshal_error": (
        '200, marshal_error, 0 s, payload {"errorMessage": "Unable to marshal response: Object of type set is not JSON '
        'serializable", "errorType": "Runtime.MarshalError", "requestId": "ID", "stackTrace": []}'
    ),
    "timeout": (
        '200, timeout, 3 s, payload {"errorType":"Sandbox.Timedout","errorMessage":"RequestId: ID Error: Task timed '
        'out after 3.00 seconds"}'
    ),
    "exit": (
        '200, exit, 0 s, payload {"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited '
        'with error: exit status 3"}'
    ),
    "out_of_memory": (
        '200, out_of_memory, 1.5 s, payload {"errorType":"Runtime.OutOfMemory","errorMessage":"RequestId: ID Error: '
        'Runtime exited with error: signal: killed"}'
    ),
    "init_error": (
        """200, init_error, 0 s, payload {"errorMessage": "Unable to import module 'no_such_module': No module named """
        """'no_such_module'", "errorType": "Runtime.ImportModuleError", "requestId": "", "stackTrace": []}"""
    ),
    "response_too_large": (
        '200, response_too_large, 0 s, payload {"errorMessage":"Response payload size exceeded maximum allowed payload '
        'size (6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}'
    ),
    "dry_run": "204, dry run",
}


@pytest.mark.parametrize("outcome", REPRS)
def test_a_response_explains_itself_in_a_failing_assert(respond, outcome):
    """Status, what went wrong, how long it took, and the payload."""
    response = respond(outcome)
    assert repr(response).replace(response.request_id, "ID") == f"<InvokeResponse {REPRS[outcome]}>"


def test_a_long_payload_is_cut_in_the_repr(sync_invoke):
    """The text of a snapshot has it in full."""
    response = sync_invoke({"answer": "x" * 500})
    assert repr(response) == f'<InvokeResponse 200, 0 s, payload "{"x" * 196}...>'
    assert str(response).endswith(f'payload "{"x" * 500}"')


SNAPSHOTS = [
    """\
200 success
request 992216b4-6777-4121-a9eb-8ac16dbbdc04
version $LATEST, cold start
started 2026-01-01T00:00:00.000Z, took 0.000 s
payload {"total": 42, "name": "Ann"}""",
    """\
200 function_error
request bdcb0b2b-25ed-4b70-a992-b756c8049c2c
version $LATEST, warm start
started 2026-01-01T00:01:00.000Z, took 0.000 s
error KeyError: 'k'""",
    """\
200 timeout
request 28e8e3ad-ceb2-49e1-a74e-4b5fcff4912e
version $LATEST, warm start
started 2026-01-01T00:01:00.000Z, took 3.000 s
error Sandbox.Timedout: RequestId: 28e8e3ad-ceb2-49e1-a74e-4b5fcff4912e Error: Task timed out after 3.00 seconds""",
    """\
204 dry run
request 548ae486-7ab6-40e3-a5cb-91c6b2164478""",
]


def test_the_text_of_a_response_is_a_snapshot(respond, lambda_clock):
    """Every line of it is the same in every run of the test."""
    success = respond("success")
    lambda_clock.advance(minutes=1)
    assert [str(each) for each in (success, *map(respond, ("function_error", "timeout", "dry_run")))] == SNAPSHOTS


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_members_of_a_response(respond, outcome):
    """What is told in two ways is told alike, for every outcome."""
    response = respond(outcome)
    failed = outcome not in ("success", "dry_run")
    assert response.status_code == (204 if outcome == "dry_run" else 200)
    assert (response.function_error == "Unhandled") is (response.error is not None) is failed
    assert response.timed_out is (outcome == "timeout")
    assert response.cold_start is (outcome != "dry_run")
    assert (response.executed_version is None) is (response.started_at is None) is (outcome == "dry_run")
    if failed:
        assert response.error.type == response.payload["errorType"]
        assert response.error.message == response.payload["errorMessage"]
        assert response.error.stack_trace == response.payload.get("stackTrace", [])
        assert f"REPORT RequestId: {response.request_id}" in response.logs


def test_a_payload_is_decoded_at_each_look(sync_invoke):
    """Changing what one look gave changes nothing for the next."""
    response = sync_invoke({"answer": {"items": [1]}})
    response.payload["items"].append(2)
    assert response.payload == response.unwrap() == {"items": [1]}


def test_an_error_is_a_named_tuple(sync_invoke):
    """Type, message and stack trace can be taken apart."""
    kind, message, stack_trace = sync_invoke({"fail": "k"}).error
    assert (kind, message, len(stack_trace)) == ("KeyError", "'k'", 1)
