"""What Amazon Data Firehose sends to the function that transforms its records. (EVT-8, SYNC-37)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    arn,
    base64_text,
    epoch,
    finished,
    identifiers,
    json_text,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import REGION, SYNC_REQUEST_BYTES
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import MILLISECOND

Data = str | bytes | Mapping[str, object]
MAXIMUM_RECORD_BYTES = 1_024_000


def firehose_transformation(
    records: Sequence[Data],
    *,
    delivery_stream: str = "stream",
    kinesis_stream: str | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A batch of records to transform. (EVT-8)

    A record is text, bytes, or a mapping, which becomes its JSON. With `kinesis_stream` as the source of the delivery
    stream each record tells where it comes from. All of them arrived at `at`. Raises ConfigError for no record, a
    record of more than 1,000 KiB, an event of more than 6 MB.
    """
    where, ids, now = "firehose_transformation", identifiers(ids), epoch(at)
    if isinstance(records, (str, bytes, Mapping)) or not records:
        raise ConfigError(f"{where}: records is {shown(records)}, and must be a list of one record or more.")
    event: Event = {
        "invocationId": ids.uuid("firehose invocation"),
        "deliveryStreamArn": arn("firehose", _named("deliverystream", text(where, "delivery_stream", delivery_stream))),
        "region": REGION,
        "records": [_record(where, record, now // MILLISECOND, kinesis_stream, ids) for record in records],
    }
    if kinesis_stream is not None:
        event["sourceKinesisStreamArn"] = arn("kinesis", _named("stream", kinesis_stream))
    if len(json_text(where, "records", event)) > SYNC_REQUEST_BYTES:
        raise ConfigError(f"{where}: the event has more than {SYNC_REQUEST_BYTES} bytes. (SYNC-37)")
    return finished(event, overrides)


def _record(where: str, record: Data, arrival: int, kinesis_stream: str | None, ids: Identifiers) -> Event:
    data = json_text(where, "record", record) if isinstance(record, Mapping) else record
    if not isinstance(data, (str, bytes)):
        raise ConfigError(f"{where}: a record is {shown(record)}, and must be str, bytes or a mapping.")
    if len(data.encode() if isinstance(data, str) else data) > MAXIMUM_RECORD_BYTES:
        raise ConfigError(f"{where}: a record has more than {MAXIMUM_RECORD_BYTES} bytes, which is Firehose's limit.")
    number = f"4954{int(ids.hex('firehose record', 36), 16) % 10**52:052d}"
    built: Event = {
        "recordId": f"{number}000000",
        "approximateArrivalTimestamp": arrival,
        "data": base64_text(data),
    }
    if kinesis_stream is not None:
        built["kinesisRecordMetadata"] = {
            "sequenceNumber": number,
            "subsequenceNumber": 0,
            "partitionKey": ids.uuid("partition key"),
            "shardId": "shardId-000000000000",
            "approximateArrivalTimestamp": arrival,
        }
    return built


def _named(kind: str, name: str) -> str:
    return name if name.startswith("arn:") else f"{kind}/{name}"
