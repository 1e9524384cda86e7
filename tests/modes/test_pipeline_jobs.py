"""CodePipeline gives a function a job, and waits for what it reports of it."""

from __future__ import annotations

import time
from datetime import timedelta

import boto3
import moto
import pytest
from botocore.exceptions import ClientError

from pytest_lambda_modes import ConfigError, facts, faults


def job_id(event):
    return event["CodePipeline.job"]["id"]


def succeed(event, context):
    boto3.client("codepipeline").put_job_success_result(jobId=job_id(event), outputVariables={"version": "7"})


def fail(event, context):
    details = {"type": "JobFailed", "message": "no such version"}
    boto3.client("codepipeline").put_job_failure_result(jobId=job_id(event), failureDetails=details)


def silent(event, context):
    return "done"


@pytest.mark.rule("ASYNC-48")
def test_a_job_succeeds_when_the_function_says_so(async_invoke, lambda_timeline):
    """With boto3 as it is: nothing is mocked, and no network is used."""
    job = async_invoke.from_codepipeline(handler=succeed, user_parameters={"stage": "test"})
    assert (job.status, job.settled) == (None, False)
    assert job.wait() is job
    assert (job.status, job.message, job.timed_out) == ("Succeeded", None, False)
    assert job.output_variables == {"version": "7"}
    assert job.result["jobId"] == job.id
    configuration = job.event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"]
    assert configuration == {"FunctionName": "succeed", "UserParameters": '{"stage":"test"}'}
    [answered] = [fact for fact in lambda_timeline if isinstance(fact, facts.ServiceAnswered)]
    assert (answered.service, answered.answer, answered.rule) == ("CodePipeline", "Succeeded", "ASYNC-48")


@pytest.mark.rule("ASYNC-48")
def test_a_job_fails_when_the_function_says_so(async_invoke):
    """With the message of its failure details."""
    job = async_invoke.from_codepipeline(handler=fail).wait()
    assert (job.status, job.message) == ("Failed", "no such version")


@pytest.mark.rule("ASYNC-48")
def test_a_job_that_nobody_reports_times_out_after_20_minutes(async_invoke, lambda_clock):
    """That the handler returned something tells CodePipeline nothing."""
    job = async_invoke.from_codepipeline(handler=silent).wait()
    assert (job.status, job.timed_out, job.result) == ("TimedOut", True, None)
    assert lambda_clock.elapsed == timedelta(minutes=20)


@pytest.mark.rule("ASYNC-48")
def test_a_late_report_is_refused(async_invoke, lambda_clock):
    """As is a second one: the job is in its last state already."""
    codes = []

    def handler(event, context):
        client = boto3.client("codepipeline")
        for pause in (0, 0, 800):
            time.sleep(pause)
            try:
                client.put_job_success_result(jobId=job_id(event))
            except ClientError as error:
                codes.append(error.response["Error"]["Code"])

    job = async_invoke.from_codepipeline(handler=handler, timeout=900).wait()
    lambda_clock.run_until_idle()
    assert job.status == "Succeeded"
    assert codes == ["InvalidJobStateException", "InvalidJobStateException"]


@pytest.mark.rule("ASYNC-48")
def test_a_function_can_ask_to_be_called_again(async_invoke):
    """It gives a token, and the test sends the next event with it."""

    def handler(event, context):
        token = event["CodePipeline.job"]["data"].get("continuationToken")
        report = {} if token else {"continuationToken": "part 2"}
        boto3.client("codepipeline").put_job_success_result(jobId=job_id(event), **report)

    first = async_invoke.from_codepipeline(handler=handler).wait()
    assert (first.status, first.continuation_token) == ("InProgress", "part 2")
    second = async_invoke.from_codepipeline(handler=handler, continuation_token=first.continuation_token).wait()
    assert (second.status, second.continuation_token) == ("Succeeded", None)


def test_the_api_says_what_it_has_not(async_invoke):
    """A job that does not exist, and an operation that is not simulated."""
    errors = []

    def handler(event, context):
        client = boto3.client("codepipeline")
        for call in (
            lambda: client.put_job_success_result(jobId="11111111-1111-1111-1111-111111111111"),
            lambda: client.get_job_details(jobId=job_id(event)),
        ):
            try:
                call()
            except ClientError as error:
                errors.append((error.response["Error"]["Code"], error.response["Error"]["Message"]))

    async_invoke.from_codepipeline(handler=handler).wait()
    assert [code for code, _ in errors] == ["JobNotFoundException", "UnknownOperationException"]
    assert errors[1][1] == "Here CodePipeline has PutJobSuccessResult and PutJobFailureResult, and not GetJobDetails."


def test_moto_lets_reports_pass(async_invoke):
    """It has no such operations, and still answers for the others, of CodePipeline too."""
    pipelines = []

    def handler(event, context):
        pipelines.append(boto3.client("codepipeline").list_pipelines()["pipelines"])
        succeed(event, context)

    with moto.mock_aws():
        assert async_invoke.from_codepipeline(handler=handler, timeout=30).wait().status == "Succeeded"
    assert pipelines == [[]]


@pytest.mark.rule("ASYNC-48")
def test_a_job_that_lambda_never_takes_has_failed(async_invoke):
    """With what Lambda answered."""
    lasting = {number: faults.ServiceError() for number in range(1, 30)}
    job = async_invoke.from_codepipeline(handler=succeed, invoke_faults=lasting).wait()
    assert (job.status, job.attempts, job.delivery.state) == ("Failed", [], "dropped")
    assert "error occurred" in job.message


@pytest.mark.lambda_function(handler=succeed)
def test_texts_of_a_job_are_stable(async_invoke):
    """One for a snapshot, one for a failing assert."""
    job = async_invoke.from_codepipeline()
    assert repr(job).startswith("<PipelineJob pending; <ServiceDelivery by CodePipeline to succeed")
    assert str(job.wait()).splitlines()[:2] == [f"job {job.id}: Succeeded", "CodePipeline to succeed delivered"]


@pytest.mark.lambda_function(handler=silent)
def test_a_job_that_cannot_be_is_refused(async_invoke, lambda_timeline):
    """Before anything is sent."""
    with pytest.raises(ConfigError, match="user_parameters"):
        async_invoke.from_codepipeline(user_parameters={"when": timedelta(1)})
    with pytest.raises(ConfigError, match="there is no setting job_id"):
        async_invoke.from_codepipeline(job_id=7)
    assert not list(lambda_timeline)
