"""Powertools answers as services want it: what its classes make of an event passes their contracts."""

from __future__ import annotations

import json

import pytest
from aws_lambda_powertools.event_handler import AppSyncResolver
from aws_lambda_powertools.utilities.data_classes import (
    KinesisFirehoseDataTransformationResponse,
    KinesisFirehoseEvent,
    S3BatchOperationEvent,
    S3BatchOperationResponse,
)
from aws_lambda_powertools.utilities.data_classes.cognito_user_pool_event import PreSignUpTriggerEvent
from aws_lambda_powertools.utilities.serialization import base64_from_json


@pytest.mark.rule("SYNC-37")
def test_a_firehose_response_of_powertools(sync_invoke):
    """Its records bring the ids along."""

    def handler(event, context):
        response = KinesisFirehoseDataTransformationResponse()
        for record in KinesisFirehoseEvent(event).records:
            data = base64_from_json({"was": record.data_as_text})
            response.add_record(record.build_data_transformation_response(result="Ok", data=data))
        return response.asdict()

    answer = sync_invoke.from_firehose(["a", "b"], handler=handler)
    assert [json.loads(data) for data in answer.delivered] == [{"was": "a"}, {"was": "b"}]


@pytest.mark.rule("SYNC-39")
@pytest.mark.parametrize("result_code, calls", [("Succeeded", 1), ("TemporaryFailure", 4)])
def test_an_s3_batch_response_of_powertools(sync_invoke, result_code, calls):
    """Its class brings the ids along."""

    def handler(event, context):
        task = S3BatchOperationEvent(event).task
        response = S3BatchOperationResponse(event["invocationSchemaVersion"], event["invocationId"], "PermanentFailure")
        response.add_result(task.build_task_batch_response(result_code, task.s3_key))
        return response.asdict()

    answer = sync_invoke.from_s3_batch("in", "a b.csv", schema_version="2.0", handler=handler)
    assert (answer.result_code, answer.result_string, len(answer.tries)) == (result_code, "a b.csv", calls)


@pytest.mark.rule("SYNC-35")
def test_a_cognito_event_of_powertools(sync_invoke):
    """Its class writes into the event that the function returns."""

    def handler(event, context):
        PreSignUpTriggerEvent(event).response.auto_confirm_user = True
        return event

    answer = sync_invoke.from_cognito("PreSignUp_SignUp", handler=handler)
    assert (answer.failed, answer.response["response"]["autoConfirmUser"]) == (False, True)


@pytest.mark.rule("SYNC-42")
def test_an_appsync_resolver_of_powertools(sync_invoke):
    """It finds the field and its arguments in the event."""
    app = AppSyncResolver()

    @app.resolver(type_name="Query", field_name="order")
    def order(id: int) -> dict[str, int]:
        return {"id": id}

    assert sync_invoke.from_appsync("order", arguments={"id": 7}, handler=app.resolve).data == {"id": 7}
