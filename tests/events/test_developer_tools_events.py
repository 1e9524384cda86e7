"""Events of CodePipeline, CodeCommit and Config. Powertools' data classes and botocore's models are the oracle."""

from __future__ import annotations

import datetime as dt
import json

import botocore.session
import pytest
from aws_lambda_powertools.utilities.data_classes import AWSConfigRuleEvent, CodePipelineJobEvent

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import (
    codecommit_reference_change,
    codepipeline_job,
    config_rule_change,
    config_rule_schedule,
)
from pytest_lambda_modes.events.config_rule import STATUSES

AT = dt.datetime(2026, 5, 4, 3, 2, 1, 987654, tzinfo=dt.timezone.utc)


def test_the_data_class_reads_a_job() -> None:
    """It finds the user parameters and the artifacts by their names."""
    event = CodePipelineJobEvent(
        codepipeline_job(user_parameters={"env": "dev"}, input_artifacts=["source"], output_artifacts=["built"])
    )
    assert event.decoded_user_parameters == {"env": "dev"}
    source, built = event.find_input_artifact("source"), event.find_output_artifact("built")
    assert source is not None
    assert built is not None
    assert (source.name, event.input_bucket_name, built.revision) == ("source", "artifacts", None)
    assert source.location.get_type == "S3"
    assert event.data.continuation_token is None


def test_a_job_has_members_that_codepipeline_knows() -> None:
    """The data of a job is that of the API's JobData."""
    job = codepipeline_job(continuation_token="again")["CodePipeline.job"]
    known = botocore.session.Session().get_service_model("codepipeline").shape_for("JobData").members
    assert set(job["data"]) <= set(known)
    assert set(job["data"]["artifactCredentials"]) <= set(known["artifactCredentials"].members)
    assert (set(job), job["accountId"]) == ({"id", "accountId", "data"}, "123456789012")
    assert "UserParameters" not in job["data"]["actionConfiguration"]["configuration"]


def test_a_job_is_continued() -> None:
    """The token is what the function gave, and parameters may be plain text."""
    event = CodePipelineJobEvent(codepipeline_job(user_parameters="plain", continuation_token="again"))
    assert (event.data.continuation_token, event.user_parameters) == ("again", "plain")


@pytest.mark.parametrize(
    "change, flag", [("updated", {}), ("created", {"created": True}), ("deleted", {"deleted": True})]
)
def test_a_reference_says_how_it_changed(change: str, flag: dict[str, bool]) -> None:
    """A reference that is new or gone says so; one that moved says nothing."""
    event = codecommit_reference_change(
        repository="shop", ref="refs/tags/v1", commit="ab", change=change, custom_data="mine", at=AT
    )
    [record] = event["Records"]
    assert record["codecommit"]["references"] == [{"commit": "ab", "ref": "refs/tags/v1", **flag}]
    assert record["eventSourceARN"] == "arn:aws:codecommit:us-east-1:123456789012:shop"
    assert (record["eventTime"], record["customData"]) == ("2026-05-04T03:02:01.987+0000", "mine")


def test_another_change_is_refused() -> None:
    """There are three, of a branch or a tag by its full name."""
    with pytest.raises(ConfigError, match="change is"):
        codecommit_reference_change(change="renamed")
    with pytest.raises(ConfigError, match='ref is "main", and must be a full name'):
        codecommit_reference_change(ref="main")


def test_the_data_class_reads_a_changed_resource() -> None:
    """The invoking event is JSON text, and holds the resource with its configuration."""
    event = AWSConfigRuleEvent(
        config_rule_change(
            "AWS::EC2::Instance",
            "i-0123",
            configuration={"size": 3},
            tags={"a": "b"},
            rule_parameters={"max": "2"},
            at=AT,
        )
    )
    item = event.invoking_event.configuration_item
    assert event.invoking_event.message_type == "ConfigurationItemChangeNotification"
    assert (item.resource_type, item.resource_id, item.resource_arn) == (
        "AWS::EC2::Instance", "i-0123", "arn:aws:ec2:us-east-1:123456789012:i-0123"
    )  # fmt: skip
    assert (item.configuration, item.tags, event.rule_parameters) == ({"size": 3}, {"a": "b"}, {"max": "2"})
    assert item.configuration_item_capture_time == "2026-05-04T03:02:01.987Z"
    assert isinstance(event.raw_event["invokingEvent"], str)


def test_the_data_class_reads_a_scheduled_rule() -> None:
    """It tells when, and of no resource."""
    event = AWSConfigRuleEvent(config_rule_schedule(rule="nightly", at=AT))
    assert event.invoking_event.message_type == "ScheduledNotification"
    assert event.invoking_event.notification_creation_time == "2026-05-04T03:02:01.987Z"
    assert (event.config_rule_name, event.accountid) == ("nightly", "123456789012")
    assert "configurationItem" not in json.loads(event.raw_event["invokingEvent"])


def test_the_statuses_are_those_of_config() -> None:
    """A status is one of the API's, and no other is taken."""
    model = botocore.session.Session().get_service_model("config").shape_for("ConfigurationItemStatus")
    assert set(STATUSES) == set(model.enum)
    with pytest.raises(ConfigError, match="status is"):
        config_rule_change("AWS::EC2::Instance", "i-0123", status="Gone")
    with pytest.raises(ConfigError, match='resource_type is "S3"'):
        config_rule_change("S3", "bucket")


def test_a_configuration_is_json() -> None:
    """What JSON has not is no configuration."""
    with pytest.raises(ConfigError, match="configuration is"):
        config_rule_change("AWS::EC2::Instance", "i-0123", configuration={"a": object()})
