"""Events of SNS. Powertools' parser model and data class are the oracle."""

from __future__ import annotations

import base64
import datetime as dt
import re

import pytest
from aws_lambda_powertools.utilities.data_classes import SNSEvent
from aws_lambda_powertools.utilities.parser.models import SnsModel

from pytest_lambda_modes.errors import ConfigError, InvalidParameterException
from pytest_lambda_modes.events import sns_notification

KIBIBYTES_256 = 262_144


def test_a_notification_parses() -> None:
    """Powertools reads the message, its topic, its subject and when it was published."""
    at = dt.datetime(2026, 5, 4, 3, 2, 1, 987654, tzinfo=dt.timezone.utc)
    event = sns_notification("hello", topic="alerts", subject="Greeting", at=at)
    sns = SnsModel.model_validate(event).Records[0].Sns
    assert (sns.Message, sns.Subject, sns.Type) == ("hello", "Greeting", "Notification")
    assert sns.TopicArn == "arn:aws:sns:us-east-1:123456789012:alerts"
    assert sns.Timestamp == at.replace(microsecond=987000)
    assert event["Records"][0]["Sns"]["Timestamp"] == "2026-05-04T03:02:01.987Z"


def test_the_data_class_reads_a_notification() -> None:
    """There is one record, and it names the subscription, which belongs to the topic."""
    event = SNSEvent(sns_notification("hello", message_attributes={"kind": "test"}))
    [record] = event.records
    assert (event.sns_message, record.event_version, record.event_source) == ("hello", "1.0", "aws:sns")
    assert re.fullmatch(r"arn:aws:sns:us-east-1:123456789012:topic:[0-9a-f-]{36}", record.event_subscription_arn)
    assert record.event_subscription_arn in record.sns.unsubscribe_url
    assert record.sns.message_attributes["kind"].value == "test"


@pytest.mark.rule("EVT-1")
def test_members_are_spelled_as_lambda_gets_them() -> None:
    """Subject is there and null when unset, and URLs end in Url, not in URL as a queue gets them."""
    [record] = sns_notification("hello")["Records"]
    assert set(record) == {"EventSource", "EventVersion", "EventSubscriptionArn", "Sns"}
    assert set(record["Sns"]) == {
        "Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature",
        "SigningCertUrl", "UnsubscribeUrl", "MessageAttributes",
    }  # fmt: skip
    assert record["Sns"]["Subject"] is None
    assert record["Sns"]["MessageAttributes"] == {}


@pytest.mark.parametrize(
    "value, expected",
    [
        ("a", {"Type": "String", "Value": "a"}),
        (7, {"Type": "Number", "Value": "7"}),
        (0.5, {"Type": "Number", "Value": "0.5"}),
        (b"\xff", {"Type": "Binary", "Value": base64.b64encode(b"\xff").decode()}),
        (["a", 1], {"Type": "String.Array", "Value": '["a", 1]'}),
        ({"DataType": "Number.int", "StringValue": "7"}, {"Type": "Number.int", "Value": "7"}),
        ({"DataType": "Binary.png", "BinaryValue": b"a"}, {"Type": "Binary.png", "Value": "YQ=="}),
    ],
)
def test_attributes_have_their_type(value: object, expected: object) -> None:
    """An attribute is a plain value, or in API form."""
    [record] = sns_notification("hello", message_attributes={"name": value})["Records"]  # type: ignore[dict-item]
    assert record["Sns"]["MessageAttributes"] == {"name": expected}


@pytest.mark.parametrize("value", [None, True, {"StringValue": "a"}, {"DataType": "String"}, object()])
def test_another_attribute_is_refused(value: object) -> None:
    """What SNS has no type for is no attribute."""
    with pytest.raises(ConfigError, match="the attribute name is"):
        sns_notification("hello", message_attributes={"name": value})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "message, attributes, error",
    [
        ("", {}, "Invalid parameter: Empty message"),
        ("a" * (KIBIBYTES_256 + 1), {}, "Invalid parameter: Message too long"),
        ("é" * (KIBIBYTES_256 // 2) + "a", {}, "Invalid parameter: Message too long"),
        ("a" * (KIBIBYTES_256 - 8), {"ab": "a"}, "Invalid parameter: Message too long"),
    ],
    ids=["empty", "long", "long in UTF-8", "long with attributes"],
)
def test_publish_refuses_a_message(message: str, attributes: dict[str, str], error: str) -> None:
    """A message has something in it, and 256 KB with its attributes at most."""
    with pytest.raises(InvalidParameterException) as raised:
        sns_notification(message, message_attributes=attributes)
    assert raised.value.message == error


def test_a_message_may_be_as_long_as_the_limit() -> None:
    """256 KB exactly, counted in bytes with the attribute's name, type and value."""
    text = "a" * (KIBIBYTES_256 - 9)
    [record] = sns_notification(text, message_attributes={"ab": "a"})["Records"]
    assert record["Sns"]["Message"] == text


@pytest.mark.parametrize("subject", ["", "a" * 101, "two\nlines", "é"])
def test_publish_refuses_a_subject(subject: str) -> None:
    """A subject is up to 100 printable ASCII characters."""
    with pytest.raises(InvalidParameterException, match="Invalid parameter: Subject"):
        sns_notification("hello", subject=subject)


def test_a_fifo_topic_cannot_invoke_a_function() -> None:
    """The error names the way that works."""
    with pytest.raises(ConfigError, match="Subscribe a queue"):
        sns_notification("hello", topic="orders.fifo")


def test_a_message_is_a_string() -> None:
    """A dict is refused with what to do instead."""
    with pytest.raises(ConfigError, match=r"json\.dumps"):
        sns_notification({"a": 1})  # type: ignore[arg-type]
