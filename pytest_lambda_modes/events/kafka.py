"""What Lambda delivers from Kafka: records by topic and partition. (KAFKA-1)

A record has the same text at each attempt, so it is built once; `payload` joins texts to an event.
"""

from __future__ import annotations

import datetime as dt
import json
from binascii import b2a_base64
from collections.abc import Iterable, Mapping, Sequence

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    arn,
    content,
    epoch,
    finished,
    identifiers,
    resource_hex,
    resource_uuid,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import REGION
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import MILLISECOND

Data = str | bytes | Mapping[str, object]

SELF_MANAGED_SERVERS = ("kafka-1.example.com:9092", "kafka-2.example.com:9092")

_encode = json.JSONEncoder().encode


def cluster_arn(name: str) -> str:
    """The ARN of an MSK cluster. What is an ARN already stays."""
    return name if name.startswith("arn:") else arn("kafka", f"cluster/{name}/{resource_uuid(f'cluster {name}')}-1")


def msk_servers(name: str) -> tuple[str, str]:
    """The addresses of a cluster's two brokers."""
    domain = f"{name}.{resource_hex(f'cluster {name}', 6)}.c1.kafka.{REGION}.amazonaws.com:9092"
    return f"b-1.{domain}", f"b-2.{domain}"


def source_members(*, event_source_arn: str | None, bootstrap_servers: Iterable[str]) -> str:
    """What an event says about its source; without an ARN it is a self-managed cluster."""
    servers = _encode(",".join(bootstrap_servers))
    if event_source_arn is None:
        return f'"eventSource":"SelfManagedKafka","bootstrapServers":{servers}'
    return f'"eventSource":"aws:kafka","eventSourceArn":"{event_source_arn}","bootstrapServers":{servers}'


def record_text(
    *,
    topic: str,
    partition: int,
    offset: int,
    timestamp: int,
    timestamp_type: str,
    key: bytes | None,
    value: bytes | None,
    headers: Iterable[tuple[str, bytes]],
) -> str:
    """One record. `timestamp` is in milliseconds. What has no key or no value has no such member."""
    own_key = "" if key is None else f',"key":"{_base64(key)}"'
    own_value = "" if value is None else f',"value":"{_base64(value)}"'
    listed = ",".join(f"{{{_encode(name)}:{_signed(content)}}}" for name, content in headers)
    return (
        f'{{"topic":"{topic}","partition":{partition},"offset":{offset},"timestamp":{timestamp},'
        f'"timestampType":"{timestamp_type}"{own_key}{own_value},"headers":[{listed}]}}'
    )


def payload(source: str, records: Mapping[str, Sequence[str]]) -> bytes:
    """The event for records by `<topic>-<partition>`. `source` is what `source_members` gives."""
    partitions = ",".join(f'"{partition}":[{",".join(texts)}]' for partition, texts in records.items())
    return f'{{{source},"records":{{{partitions}}}}}'.encode()


def kafka_records(
    values: Sequence[Data],
    *,
    topic: str = "topic",
    partition: int = 0,
    first_offset: int = 0,
    key: str | bytes | None = None,
    headers: Mapping[str, str | bytes] | None = None,
    cluster: str = "cluster",
    self_managed: bool = False,
    bootstrap_servers: Sequence[str] | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """Records of one partition, from `first_offset` on, produced at `at`, all with the same key and headers. (KAFKA-1)

    A value is text, bytes, or a mapping, which becomes its JSON. `cluster` is the name or ARN of the MSK cluster; a
    `self_managed` one has no ARN. Raises ConfigError for values that are none.
    """
    where, _, now = "kafka_records", identifiers(ids), epoch(at) // MILLISECOND
    if isinstance(values, (str, bytes, Mapping)) or not values:
        raise ConfigError(f"{where}: values is {shown(values)}, and must be a list of one value or more.")
    text(where, "topic", topic)
    source_arn = None if self_managed else cluster_arn(text(where, "cluster", cluster))
    servers = bootstrap_servers or (SELF_MANAGED_SERVERS if self_managed else msk_servers(cluster))
    texts = [
        record_text(
            topic=topic,
            partition=partition,
            offset=first_offset + number,
            timestamp=now,
            timestamp_type="CREATE_TIME",
            key=None if key is None else content(where, "key", key),
            value=content(where, "a value", value),
            headers=[(name, content(where, f"header {name}", each)) for name, each in (headers or {}).items()],
        )
        for number, value in enumerate(values)
    ]
    source = source_members(event_source_arn=source_arn, bootstrap_servers=servers)
    return finished(json.loads(payload(source, {f"{topic}-{partition}": texts})), overrides)


def _base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode()


def _signed(data: bytes) -> str:
    """Bytes as Java has them: from -128 to 127."""
    return f"[{','.join(str(byte - 256 if byte > 127 else byte) for byte in data)}]"
