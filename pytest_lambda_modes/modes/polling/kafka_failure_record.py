"""What an on-failure destination is told about a batch of Kafka records. Builds text only. (KAFKA-6)"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from pytest_lambda_modes.modes.polling.stream_failure_record import StreamFailureRecord, members_of
from pytest_lambda_modes.units import MILLISECOND, iso_milliseconds

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class KafkaBatch(NamedTuple):
    """The records that were given up. `offset` and `timestamp` (milliseconds since 1970) are those of the first one.

    `event_source_arn` is None for a self-managed cluster. `payload_size` is that of their event, in bytes.
    """

    topic: str
    event_source_arn: str | None
    bootstrap_servers: str
    payload_size: int
    offset: int
    timestamp: int
    size: int

    @property
    def folder(self) -> str:
        return self.topic

    def members(self) -> dict[str, Any]:
        source = {} if self.event_source_arn is None else {"eventSourceArn": self.event_source_arn}
        return {
            "KafkaBatchInfo": {
                "batchSize": self.size,
                **source,
                "bootstrapServers": self.bootstrap_servers,
                "payloadSize": self.payload_size,
                "recordInfo": {
                    "offset": str(self.offset),
                    "timestamp": iso_milliseconds(self.timestamp * MILLISECOND),
                },
            }
        }


def with_payload(record: StreamFailureRecord, payload: bytes) -> str:
    """The record for a topic or a bucket: with the whole invocation event as an object."""
    return _encode({**members_of(record), "payload": json.loads(payload)})
