"""Events of custom resources. Powertools' parser models and data class are the oracle."""

from __future__ import annotations

import pytest
from aws_lambda_powertools.utilities.data_classes import CloudFormationCustomResourceEvent
from aws_lambda_powertools.utilities.parser.models import (
    CloudFormationCustomResourceCreateModel,
    CloudFormationCustomResourceDeleteModel,
    CloudFormationCustomResourceUpdateModel,
)

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import cloudformation_custom_resource


def test_a_request_to_create_parses() -> None:
    """There is no physical id yet, and the properties have the service token."""
    event = cloudformation_custom_resource("Create", resource_properties={"Name": "a"}, resource_type="Custom::Thing")
    model = CloudFormationCustomResourceCreateModel.model_validate(event)
    assert (model.request_type, model.resource_type) == ("Create", "Custom::Thing")
    assert event["ResourceProperties"] == {"ServiceToken": model.service_token, "Name": "a"}
    assert model.service_token == "arn:aws:lambda:us-east-1:123456789012:function:function"
    assert not {"PhysicalResourceId", "OldResourceProperties"} & set(event)


def test_a_request_to_update_parses() -> None:
    """It has the properties before and after."""
    event = cloudformation_custom_resource(
        "Update",
        resource_properties={"Size": "2"},
        old_resource_properties={"Size": "1"},
        physical_resource_id="thing-1",
    )
    model = CloudFormationCustomResourceUpdateModel.model_validate(event)
    data = CloudFormationCustomResourceEvent(event)
    assert (model.physical_resource_id, data.resource_properties["Size"]) == ("thing-1", "2")
    assert data.old_resource_properties["Size"] == "1"


def test_a_request_to_delete_parses() -> None:
    """It has a physical id and no old properties."""
    event = cloudformation_custom_resource("Delete", stack_name="shop", logical_resource_id="Thing")
    assert CloudFormationCustomResourceDeleteModel.model_validate(event).physical_resource_id == "shop-Thing"
    assert event["StackId"].startswith("arn:aws:cloudformation:us-east-1:123456789012:stack/shop/")
    assert "OldResourceProperties" not in event


def test_numbers_and_booleans_arrive_as_strings() -> None:
    """CloudFormation makes strings of all scalars in properties, at every depth."""
    properties = {"Count": 3, "Enabled": True, "Nested": {"List": [1, False, "a"]}}
    event = cloudformation_custom_resource("Create", resource_properties=properties)
    assert event["ResourceProperties"]["Count"] == "3"
    assert event["ResourceProperties"]["Enabled"] == "true"
    assert event["ResourceProperties"]["Nested"] == {"List": ["1", "false", "a"]}


@pytest.mark.parametrize(
    "request_type, wrong",
    [
        ("Replace", {}),
        ("Create", {"physical_resource_id": "a"}),
        ("Create", {"old_resource_properties": {}}),
        ("Delete", {"old_resource_properties": {}}),
        ("Create", {"resource_type": "AWS::S3::Bucket"}),
        ("Create", {"resource_type": "Custom::" + "a" * 61}),
        ("Create", {"stack_name": ""}),
    ],
)
def test_what_cannot_be_is_refused(request_type: str, wrong: dict[str, object]) -> None:
    """A request has the members of its type, and a custom resource a type of its own."""
    with pytest.raises(ConfigError, match=next(iter(wrong), "request_type")):
        cloudformation_custom_resource(request_type, **wrong)  # type: ignore[arg-type]
