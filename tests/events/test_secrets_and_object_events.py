"""Events of Secrets Manager, S3 Batch Operations and S3 Object Lambda. Powertools is the oracle."""

from __future__ import annotations

import datetime as dt

import pytest
from aws_lambda_powertools.utilities.data_classes import S3BatchOperationEvent, SecretsManagerEvent
from aws_lambda_powertools.utilities.data_classes.s3_object_event import S3ObjectLambdaEvent as S3ObjectLambdaData
from aws_lambda_powertools.utilities.parser.models import S3BatchOperationModel, S3ObjectLambdaEvent

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import s3_batch_task, s3_object_lambda_get, secrets_manager_rotation
from pytest_lambda_modes.events.secrets_manager import ROTATION_STEPS
from pytest_lambda_modes.model.identifiers import Identifiers


def test_the_data_class_reads_a_step() -> None:
    """It gives the secret, the step and the version's token."""
    event = SecretsManagerEvent(secrets_manager_rotation("testSecret", secret="db", client_request_token="t1"))
    assert (event.step, event.client_request_token) == ("testSecret", "t1")
    assert event.secret_id.startswith("arn:aws:secretsmanager:us-east-1:123456789012:secret:db-")


def test_a_rotation_has_four_steps() -> None:
    """All four with one token, and no rotation token unless there is one."""
    steps = [secrets_manager_rotation(step, client_request_token="t1") for step in ROTATION_STEPS]
    assert [event["Step"] for event in steps] == ["createSecret", "setSecret", "testSecret", "finishSecret"]
    assert {event["ClientRequestToken"] for event in steps} == {"t1"}
    assert "RotationToken" not in steps[0]
    assert secrets_manager_rotation(rotation_token="r1")["RotationToken"] == "r1"


def test_another_step_is_refused() -> None:
    """The error lists the four."""
    with pytest.raises(ConfigError, match="createSecret, setSecret, testSecret, finishSecret"):
        secrets_manager_rotation("rotate")


def test_a_task_of_schema_1_parses() -> None:
    """The bucket is an ARN, the key is encoded, and the data class decodes it."""
    event = s3_batch_task("in", "a b/ü.csv", version_id="v1")
    model = S3BatchOperationModel.model_validate(event)
    [task] = model.tasks
    assert (task.s3BucketArn, task.s3Key, task.s3VersionId) == ("arn:aws:s3:::in", "a+b/%C3%BC.csv", "v1")
    assert S3BatchOperationEvent(event).task.s3_key == "a b/ü.csv"
    assert model.job.userArguments is None


def test_a_task_of_schema_2_parses() -> None:
    """The bucket is a name, and the job brings its arguments."""
    event = S3BatchOperationEvent(s3_batch_task("in", "key", schema_version="2.0", user_arguments={"a": "b"}))
    assert (event.task.s3_bucket, event.job.user_arguments) == ("in", {"a": "b"})
    assert (event.invocation_schema_version, event.task.s3_bucket_arn) == ("2.0", None)


def test_another_schema_is_refused() -> None:
    """There are two."""
    with pytest.raises(ConfigError, match=r"1\.0, 2\.0"):
        s3_batch_task("in", "key", schema_version="3.0")


def test_a_get_of_object_lambda_parses() -> None:
    """Powertools reads where the object is, where the answer goes and who asked."""
    event = s3_object_lambda_get("a b.csv", access_point="mine", payload="p", headers={"Range": "bytes=0-9"})
    model = S3ObjectLambdaEvent.model_validate(event)
    assert model.userRequest.url.startswith(
        "https://mine-123456789012.s3-object-lambda.us-east-1.amazonaws.com/a%20b.csv"
    )
    assert (model.userRequest.headers["Range"], model.configuration.payload) == ("bytes=0-9", "p")
    assert model.configuration.accessPointArn == "arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/mine"
    assert model.userIdentity.type == "AssumedRole"


def test_the_data_class_reads_object_lambda() -> None:
    """The URL is presigned at the time of the event, and the tokens of two requests differ."""
    at, ids = dt.datetime(2026, 5, 4, 3, 2, 1, tzinfo=dt.timezone.utc), Identifiers("seed")
    first, second = (S3ObjectLambdaData(s3_object_lambda_get("key", at=at, ids=ids)) for _ in range(2))
    assert "X-Amz-Date=20260504T030201Z" in first.input_s3_url
    assert first.request_token != second.request_token
    assert first.user_identity.session_context is not None
    assert first.user_identity.session_context.attributes.creation_date == "2026-05-04T03:02:01Z"
