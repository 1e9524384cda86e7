"""Events of CloudWatch Logs. Powertools' parser model and data class are the oracle."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import json

import pytest
from aws_lambda_powertools.utilities.data_classes import CloudWatchLogsEvent
from aws_lambda_powertools.utilities.parser.models import CloudWatchLogsModel

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import cloudwatch_log_events


def test_log_events_parse() -> None:
    """Powertools reads the group, the stream, the filter and each message with its time."""
    at = dt.datetime(2026, 5, 4, 3, 2, 1, 987654, tzinfo=dt.timezone.utc)
    event = cloudwatch_log_events(["one", "zwö"], log_group="/g", log_stream="s", subscription_filter="f", at=at)
    data = CloudWatchLogsModel.model_validate(event).awslogs.decoded_data
    assert (data.logGroup, data.logStream, data.subscriptionFilters) == ("/g", "s", ["f"])
    assert [entry.message for entry in data.logEvents] == ["one", "zwö"]
    assert {entry.timestamp for entry in data.logEvents} == {at.replace(microsecond=987000)}


@pytest.mark.rule("EVT-6")
def test_the_data_class_reads_log_events() -> None:
    """The owner is the account, and it is data, not a control message."""
    data = CloudWatchLogsEvent(cloudwatch_log_events(["one"])).parse_logs_data()
    assert (data.owner, data.message_type, data.log_events[0].message) == ("123456789012", "DATA_MESSAGE", "one")


def test_compression_tells_no_time() -> None:
    """The header of gzip has no modification time, so the same log events give the same text."""
    packed = base64.b64decode(cloudwatch_log_events(["one"])["awslogs"]["data"])
    assert packed[4:8] == bytes(4)
    assert cloudwatch_log_events(["one"]) == cloudwatch_log_events(["one"])


def test_ids_of_log_events_are_in_order() -> None:
    """Each id has 56 digits and is greater than the one before."""
    packed = base64.b64decode(cloudwatch_log_events(["line"] * 12)["awslogs"]["data"])
    found = [entry["id"] for entry in json.loads(gzip.decompress(packed))["logEvents"]]
    assert found == sorted(set(found))
    assert all(len(event_id) == 56 and event_id.isdigit() for event_id in found)


def test_overrides_go_into_the_compressed_data() -> None:
    """A test can change what only shows once decompressed."""
    event = cloudwatch_log_events(["one", "two"], overrides={"owner": "210987654321", "logEvents": {1: {"id": "1"}}})
    data = CloudWatchLogsEvent(event).parse_logs_data()
    assert (data.owner, data.log_events[1].get_id, data.log_events[1].message) == ("210987654321", "1", "two")


@pytest.mark.parametrize("messages", [[], "line", [{"a": 1}], None])
def test_messages_are_a_list_of_strings(messages: object) -> None:
    """A batch has one log event or more, and each is text."""
    with pytest.raises(ConfigError, match=r"json\.dumps"):
        cloudwatch_log_events(messages)  # type: ignore[arg-type]
