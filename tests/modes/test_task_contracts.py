"""S3 Batch Operations, Secrets Manager and AppSync."""

from __future__ import annotations

import time

import pytest

from pytest_lambda_modes import ConfigError, faults

ran = []


@pytest.fixture(autouse=True)
def nothing_ran():
    ran.clear()


def returns(value):
    return lambda event, context: value


def fail(event, context):
    ran.append(event)
    raise ValueError("no stock")


# S3 Batch Operations


def job(*codes, **members):
    """A handler that gives its tasks these result codes, one a call, with other members of the answer."""

    def handler(event, context):
        ran.append(event)
        code = codes[len(ran) - 1]
        results = [{"taskId": event["tasks"][0]["taskId"], "resultCode": code, "resultString": f"call {len(ran)}"}]
        return {
            "invocationSchemaVersion": event["invocationSchemaVersion"],
            "invocationId": event["invocationId"],
            "results": results,
            **members,
        }

    return handler


@pytest.mark.rule("SYNC-39")
@pytest.mark.parametrize("schema_version", ["1.0", "2.0"])
def test_a_task_that_succeeds(sync_invoke, schema_version):
    """Its result code and string are those of the function."""
    answer = sync_invoke.from_s3_batch("in", "a b.csv", schema_version=schema_version, handler=job("Succeeded"))
    assert (answer.failed, answer.result_code, answer.result_string) == (False, "Succeeded", "call 1")
    assert ran[0]["tasks"][0]["s3Key"] == "a+b.csv"


@pytest.mark.rule("SYNC-39")
@pytest.mark.parametrize(
    "codes, calls, result_code",
    [
        (["PermanentFailure"], 1, "PermanentFailure"),
        (["TemporaryFailure", "Succeeded"], 2, "Succeeded"),
        (["TemporaryFailure", "PermanentFailure"], 2, "PermanentFailure"),
        (["TemporaryFailure"] * 4, 4, "TemporaryFailure"),
    ],
)
def test_a_temporary_failure_is_tried_again(sync_invoke, codes, calls, result_code):
    """And a permanent one is not."""
    answer = sync_invoke.from_s3_batch("in", "key", handler=job(*codes))
    assert (len(answer.tries), answer.result_code) == (calls, result_code)
    assert answer.result_string == f"call {calls}"
    assert answer.failed is (result_code != "Succeeded")


@pytest.mark.rule("SYNC-39")
@pytest.mark.parametrize(
    "treat, calls, result_code",
    [
        ({"treatMissingKeysAs": "Succeeded"}, 1, "Succeeded"),
        ({"treatMissingKeysAs": "PermanentFailure"}, 1, "PermanentFailure"),
        ({"treatMissingKeysAs": "TemporaryFailure"}, 4, "TemporaryFailure"),
        ({}, 1, "PermanentFailure"),
    ],
)
def test_a_task_that_is_missing_in_the_results(sync_invoke, treat, calls, result_code):
    """It is treated as the function says."""
    answer = sync_invoke.from_s3_batch("in", "key", handler=job(*["Succeeded"] * 4, results=[], **treat))
    assert (len(answer.tries), answer.result_code) == (calls, result_code)


@pytest.mark.rule("SYNC-39")
@pytest.mark.parametrize(
    "handler, text",
    [
        (returns(None), "must return an object"),
        (job("Succeeded", invocationId="other"), "invocationId must be the event's"),
        (job("Succeeded", invocationSchemaVersion="3.0"), "invocationSchemaVersion must be the event's"),
        (job("Succeeded", treatMissingKeysAs="Failed"), "treatMissingKeysAs must be one of"),
        (job("Succeeded", results={}), "results must be a list"),
        (job("Succeeded", results=[{}]), "an object with a taskId"),
        (job("Done"), "resultCode must be one of"),
        (job("Succeeded", results=[{"taskId": "t", "resultCode": "Succeeded", "resultString": 1}]), "resultString"),
        (fail, "ValueError: no stock"),
    ],
)
def test_a_malformed_answer_or_an_exception_fails_the_task(sync_invoke, handler, text):
    """For good."""
    answer = sync_invoke.from_s3_batch("in", "key", handler=handler)
    assert (answer.error.code, len(answer.tries)) == ("PermanentFailure", 1)
    assert text in answer.reason
    assert answer.result_string in answer.reason


@pytest.mark.rule("SYNC-39")
def test_a_throttle_is_tried_again(sync_invoke):
    """As a temporary failure is."""
    given = {1: faults.Throttle(), 2: faults.ServiceError()}
    answer = sync_invoke.from_s3_batch("in", "key", handler=job("Succeeded"), faults=given)
    assert (answer.result_code, len(answer.tries), len(ran)) == ("Succeeded", 3, 1)


# Secrets Manager


def rotate(event, context):
    ran.append(event)


@pytest.mark.rule("SYNC-41")
def test_a_rotation_has_four_steps(sync_invoke):
    """One after the other, with the same token; what the function returns counts for nothing."""
    answer = sync_invoke.from_secrets_manager("db", handler=rotate)
    steps = ["createSecret", "setSecret", "testSecret", "finishSecret"]
    assert not answer.failed
    assert [event["Step"] for event in ran] == list(answer.steps) == steps
    assert {event["ClientRequestToken"] for event in ran} == {answer.client_request_token}
    assert len({event["SecretId"] for event in ran}) == 1
    assert [each.number for each in answer.tries] == [1, 2, 3, 4]
    assert answer.failed_step is None


@pytest.mark.rule("SYNC-41")
def test_a_step_that_fails_ends_the_rotation(sync_invoke):
    """The next rotation has the same token, and all steps again."""

    def handler(event, context):
        ran.append(event)
        if len(ran) == 2:
            raise ValueError("no access")

    answer = sync_invoke.from_secrets_manager("db", handler=handler)
    assert (answer.failed_step, answer.steps) == ("setSecret", ("createSecret", "setSecret"))
    assert (answer.error.code, answer.error.message) == (
        "RotationFailed",
        "setSecret: the function failed: ValueError: no access",
    )
    again = sync_invoke.from_secrets_manager("db", client_request_token=answer.client_request_token, handler=handler)
    assert (again.failed, len(ran)) == (False, 6)
    assert {event["ClientRequestToken"] for event in ran} == {answer.client_request_token}


@pytest.mark.rule("SYNC-41")
@pytest.mark.parametrize("step, name", [(1, "createSecret"), (3, "testSecret")])
def test_a_throttle_fails_its_step(sync_invoke, step, name):
    """Nothing within a rotation is tried again."""
    answer = sync_invoke.from_secrets_manager("db", handler=rotate, faults={step: faults.Throttle()})
    assert (answer.failed_step, len(ran)) == (name, step - 1)


def test_two_rotations_are_of_two_versions(sync_invoke):
    """Unless the token is given."""
    first, second = (sync_invoke.from_secrets_manager("db", handler=rotate) for _ in range(2))
    assert first.client_request_token != second.client_request_token
    assert sync_invoke.from_secrets_manager("db", rotation_token="r", handler=rotate).failed is False
    assert ran[-1]["RotationToken"] == "r"


# AppSync


@pytest.mark.rule("SYNC-42")
@pytest.mark.parametrize("value", [{"id": 7}, [1, 2], "text", None])
def test_a_field_resolves_to_what_the_function_returns(sync_invoke, value):
    """Whatever JSON that is."""
    answer = sync_invoke.from_appsync("order", arguments={"id": 7}, handler=returns(value))
    assert (answer.failed, answer.data) == (False, value)


@pytest.mark.rule("SYNC-42")
@pytest.mark.parametrize(
    "handler, given, code, message",
    [
        (fail, {}, "Lambda:Unhandled", "no stock"),
        (fail, {"faults": {1: faults.Throttle()}}, "Lambda:TooManyRequestsException", "Rate Exceeded."),
        (
            lambda event, context: time.sleep(40),
            {"timeout": 60},
            "Lambda:ExecutionTimeoutException",
            "Execution timed out.",
        ),
        (returns(b"no json"), {}, "Lambda:InvalidResponse", "the response is no JSON"),
        (
            returns("x" * 5 * 1024 * 1024),
            {},
            "Lambda:InvalidResponse",
            "the response has 5242882 bytes, and may have 5242880",
        ),
    ],
)
def test_a_field_that_fails(sync_invoke, lambda_clock, handler, given, code, message):
    """It is a GraphQL error, after one try of 30 seconds at most."""
    answer = sync_invoke.from_appsync("order", handler=handler, **given)
    assert (answer.error.code, answer.error.message, answer.data) == (code, message, None)
    assert len(answer.tries) == 1
    assert lambda_clock.elapsed.total_seconds() in (0, 30)


@pytest.mark.parametrize(
    "method, arguments, given",
    [
        ("from_s3_batch", ("", "key"), {}),
        ("from_s3_batch", ("in", "key"), {"schema_version": "3.0"}),
        ("from_s3_batch", ("in", "key"), {"faults": {5: faults.Throttle()}}),
        ("from_secrets_manager", ("",), {}),
        ("from_secrets_manager", (), {"faults": {5: faults.Throttle()}}),
        ("from_appsync", ("",), {}),
        ("from_appsync", ("order",), {"headers": {"a": 1}}),
        ("from_appsync", ("order",), {"faults": {2: faults.Throttle()}}),
    ],
)
def test_what_a_service_does_not_send(sync_invoke, method, arguments, given):
    """It is refused before the function is called."""
    with pytest.raises(ConfigError):
        getattr(sync_invoke, method)(*arguments, handler=rotate, **given)
    assert not ran
