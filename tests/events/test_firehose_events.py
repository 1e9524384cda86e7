"""Events of Data Firehose. Powertools' parser model and data class are the oracle."""

from __future__ import annotations

import datetime as dt

import pytest
from aws_lambda_powertools.utilities.data_classes import KinesisFirehoseEvent
from aws_lambda_powertools.utilities.parser.models import KinesisFirehoseModel

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import firehose_transformation


@pytest.mark.rule("EVT-8")
def test_a_batch_parses() -> None:
    """Powertools decodes text, bytes and JSON, and reads when they arrived."""
    at = dt.datetime(2026, 5, 4, 3, 2, 1, 987654, tzinfo=dt.timezone.utc)
    event = firehose_transformation(["é", b"\xff", {"a": 1}], delivery_stream="clicks", at=at)
    model = KinesisFirehoseModel.model_validate(event)
    assert [record.data for record in model.records] == ["é".encode(), b"\xff", b'{"a":1}']
    assert {record.approximateArrivalTimestamp for record in model.records} == {1_777_863_721_987}
    assert model.deliveryStreamArn == "arn:aws:firehose:us-east-1:123456789012:deliverystream/clicks"
    assert (model.region, model.sourceKinesisStreamArn) == ("us-east-1", None)


def test_the_data_class_reads_records() -> None:
    """Each record has an id of its own, and nothing of a stream when it was put directly."""
    event = KinesisFirehoseEvent(firehose_transformation([{"a": 1}, {"a": 2}]))
    first, second = event.records
    assert (first.data_as_json, second.data_as_json) == ({"a": 1}, {"a": 2})
    assert first.record_id != second.record_id
    assert "kinesisRecordMetadata" not in first.raw_event


def test_records_of_a_stream_tell_where_they_come_from() -> None:
    """With a Kinesis stream as source there is the stream, and metadata in each record."""
    event = firehose_transformation(["a"], kinesis_stream="source")
    model = KinesisFirehoseModel.model_validate(event)
    assert model.sourceKinesisStreamArn == "arn:aws:kinesis:us-east-1:123456789012:stream/source"
    [record] = KinesisFirehoseEvent(event).records
    assert record.metadata is not None
    assert (record.metadata.shard_id, record.metadata.subsequence_number) == ("shardId-000000000000", 0)
    assert record.record_id.startswith(record.metadata.sequence_number)


@pytest.mark.parametrize("records", [[], "a", b"a", {"a": 1}, [1], [None], [["a"]], [{"a": object()}]])
def test_records_are_a_list_of_data(records: object) -> None:
    """A record is text, bytes or a mapping, and there is one at least."""
    with pytest.raises(ConfigError, match="record"):
        firehose_transformation(records)  # type: ignore[arg-type]


def test_records_have_limits() -> None:
    """1,000 KiB for one, 6 MB for the event with base64."""
    assert firehose_transformation([b"a" * 1_024_000])
    with pytest.raises(ConfigError, match="more than 1024000 bytes"):
        firehose_transformation([b"a" * 1_024_001])
    with pytest.raises(ConfigError, match="the event has more than 6291456 bytes"):
        firehose_transformation([b"a" * 1_024_000] * 5)
