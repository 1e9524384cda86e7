"""Names, ranges and errors of the queue, compared with the API's own model."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import botocore.session
import pytest
from botocore import xform_name

from pytest_lambda_modes import errors
from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.services import queue_attributes
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.units import SECOND

SQS = botocore.session.get_session().get_service_model("sqs")

MakeQueue = Callable[..., SqsQueue]


def test_settings_are_queue_attributes() -> None:
    """Every setting is the API's attribute in snake case."""
    known = {xform_name(name) for name in SQS.shape_for("QueueAttributeName").enum}
    assert set(queue_attributes.NUMBERS) <= known


@pytest.mark.parametrize(
    "operation, method, left_out",
    [
        ("SendMessage", SqsQueue.send, {"message_body", "message_system_attributes"}),
        (
            "ReceiveMessage",
            SqsQueue.receive,
            {
                "attribute_names", "message_attribute_names", "message_system_attribute_names",
                "receive_request_attempt_id", "wait_time_seconds",
            },
        ),
        ("DeleteMessage", SqsQueue.delete_message, set()),
        ("ChangeMessageVisibility", SqsQueue.change_message_visibility, set()),
        ("StartMessageMoveTask", SqsQueue.redrive, {"source_arn", "destination_arn"}),
    ],
)  # fmt: skip
def test_parameters_are_the_apis(operation: str, method: Callable[..., object], left_out: set[str]) -> None:
    """Each parameter of the operation is one of the method, in snake case, unless left out here by name."""
    theirs = {xform_name(name) for name in SQS.operation_model(operation).input_shape.members} - {"queue_url"}
    assert left_out <= theirs
    assert theirs - left_out <= set(inspect.signature(method).parameters)


def test_system_attributes_are_the_apis(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """Every key that a message can show is one of the model's."""
    queue = make_queue(dead_letter_queue=make_queue("dead"), max_receive_count=1)
    queue.send("1", message_group_id="g", aws_trace_header="Root=1")
    [message] = queue.receive()
    scheduler.now = 30 * SECOND
    queue.receive()
    assert message.dead_letter is not None
    assert set(message.dead_letter.attributes) <= set(SQS.shape_for("MessageSystemAttributeName").enum)


@pytest.mark.parametrize(
    "name",
    [
        "InvalidAttributeValue", "InvalidMessageContents", "MessageNotInflight", "OverLimit",
        "PurgeQueueInProgress", "QueueDoesNotExist", "ReceiptHandleIsInvalid",
    ],
)  # fmt: skip
def test_errors_are_the_apis(name: str) -> None:
    """Each class is named after an exception of the model, and knows its code on the wire."""
    assert SQS.shape_for(name).metadata["exception"]
    error = getattr(errors, name)()
    assert error.code in (name, f"AWS.SimpleQueueService.{name}", "AWS.SimpleQueueService.NonExistentQueue")
    assert error.response["Error"]["Code"] == error.code
