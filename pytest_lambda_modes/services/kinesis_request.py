"""What Kinesis accepts in a request. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pytest_lambda_modes.errors import ConfigError, InvalidArgumentException
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.limits import Range
from pytest_lambda_modes.services.blobs import blob
from pytest_lambda_modes.services.stream import HASH_KEYS, SHARD_COUNT
from pytest_lambda_modes.services.stream_errors import constraint_failed

RETENTION_PERIOD_HOURS = Range(24, 8_760, default=24, rule="KIN-2")
DATA_BYTES = 1_048_576
PARTITION_KEY_CHARACTERS = 256
PUT_RECORDS_LIMIT = 500
PUT_RECORDS_MEBIBYTES = 10

_is_stream_name = re.compile(r"[a-zA-Z0-9_.-]{1,128}").fullmatch
_is_hash_key = re.compile(r"0|[1-9]\d{0,38}").fullmatch


def stream_name(name: str) -> str:
    """Raises ValidationException."""
    if _is_stream_name(name):
        return name
    raise constraint_failed(name, "streamName", "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")


def shard_count(where: str, value: object) -> int:
    """Raises ConfigError for no whole number, ValidationException below 1."""
    why = "Each shard has records of its own, in order."
    count = settings.whole_number(where, "shard_count", value, SHARD_COUNT, "", why)
    if count >= SHARD_COUNT.least:
        return count
    raise constraint_failed(count, "shardCount", f"have value greater than or equal to {SHARD_COUNT.least}")


def retention_period_hours(where: str, value: object) -> int:
    """Raises ConfigError for no whole number, InvalidArgumentException outside the range. (KIN-2)"""
    least, most = RETENTION_PERIOD_HOURS.least, RETENTION_PERIOD_HOURS.most
    why = "It is how long the stream keeps a record."
    hours = settings.whole_number(where, "retention_period_hours", value, RETENTION_PERIOD_HOURS, "hours", why)
    if least <= hours <= most:
        return hours
    allowed, wrong = (f"Minimum allowed retention period is {least}", "short")
    if hours > most:
        allowed, wrong = (f"Maximum allowed retention period is {most}", "long")
    raise InvalidArgumentException(f"{allowed} hours. Requested retention period ({hours} hours) is too {wrong}.")


def check_record(data: bytes, partition_key: object, path: str = "") -> None:
    """Raises ValidationException, and ConfigError for a key that is no text. `path` leads to the record."""
    if not isinstance(partition_key, str):
        why = "Records with the same key go to the same shard, in order. (KIN-3)"
        raise settings.wrong_value("put", "partition_key", partition_key, "1 to 256 characters of text", why)
    if len(data) > DATA_BYTES:
        raise constraint_failed(None, f"{path}data", f"have length less than or equal to {DATA_BYTES}")
    if not partition_key:
        raise constraint_failed(partition_key, f"{path}partitionKey", "have length greater than or equal to 1")
    if len(partition_key) > PARTITION_KEY_CHARACTERS:
        must = f"have length less than or equal to {PARTITION_KEY_CHARACTERS}"
        raise constraint_failed(partition_key, f"{path}partitionKey", must)


def put_records_entry(entry: object) -> tuple[bytes, str, str | None]:
    """Data, partition key and explicit hash key of an entry in the API's form. Raises ConfigError, EventError."""
    members = entry if isinstance(entry, Mapping) else {}
    unknown = [name for name in members if name not in ("Data", "PartitionKey", "ExplicitHashKey")]
    partition_key, explicit = members.get("PartitionKey"), members.get("ExplicitHashKey")
    if unknown or "Data" not in members or not isinstance(partition_key, str):
        raise ConfigError(
            f"put_records: an entry is {settings.shown(entry)}, and must have Data and PartitionKey, and may have "
            'ExplicitHashKey.\n\nAs in the API: {"Data": b"...", "PartitionKey": "customer-7"}'
        )
    return blob("data of a record", members["Data"]), partition_key, None if explicit is None else str(explicit)


def check_total(records: Iterable[tuple[bytes, str]]) -> None:
    """Data and partition keys of one request have so much room together. Raises InvalidArgumentException."""
    if sum(len(data) + len(partition_key.encode()) for data, partition_key in records) > PUT_RECORDS_MEBIBYTES << 20:
        raise InvalidArgumentException(f"Records size exceeds {PUT_RECORDS_MEBIBYTES} MB limit")


def hash_key(value: int | str, member: str) -> int:
    """A hash key, as decimal digits or a number. Raises ValidationException, InvalidArgumentException."""
    text = str(value)
    if not _is_hash_key(text):
        raise constraint_failed(text, member, r"satisfy regular expression pattern: 0|([1-9]\d{0,38})")
    if int(text) >= HASH_KEYS:
        name = member[0].upper() + member[1:]
        raise InvalidArgumentException(
            f"Invalid {name}. {name} must be in the range: [0, 2^128-1]. Specified value was {text}"
        )
    return int(text)
