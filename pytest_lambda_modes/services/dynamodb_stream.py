"""The stream of a table's changes."""

from __future__ import annotations

import json
from typing import ClassVar, Literal, NamedTuple

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID, REGION
from pytest_lambda_modes.services.dynamodb_types import Attributes, size_of_attributes
from pytest_lambda_modes.services.stream import Shard, Stream
from pytest_lambda_modes.services.stream_record import Record
from pytest_lambda_modes.units import DAY, MILLISECOND, SECOND, iso_milliseconds

EventName = Literal["INSERT", "MODIFY", "REMOVE"]
StreamViewType = Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]

VIEW_TYPES: tuple[StreamViewType, ...] = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")
RETENTION = DAY  # KIN-2
DIGITS_OF_A_SEQUENCE_NUMBER = 21


def label_at(epoch: int) -> str:
    """The label of a stream that is made then. `epoch` is in microseconds since 1970."""
    return iso_milliseconds(epoch).removesuffix("Z")


def stream_arn(table_name: str, label: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{table_name}/stream/{label}"


class Item(NamedTuple):
    """What a table has under a key, and its size in bytes, which is counted once."""

    attributes: Attributes
    size: int


class ChangeRecord(Record):
    """What a write has changed. `keys` and the images are attribute values; an image that the view leaves out is None.

    `size_bytes` counts what the record has of them. `expired` says that the item was deleted because its time to live
    had passed. (DDB-1)
    """

    __slots__ = ("_event_id", "event_name", "expired", "keys", "new_image", "old_image", "size_bytes")

    def __init__(
        self,
        event_name: EventName,
        partition_key: str,
        keys: Attributes,
        new_image: Attributes | None,
        old_image: Attributes | None,
        size_bytes: int,
        expired: bool,
    ) -> None:
        super().__init__(partition_key)
        self.event_name: EventName = event_name
        self.keys = keys
        self.new_image = new_image
        self.old_image = old_image
        self.size_bytes = size_bytes
        self.expired = expired
        self._event_id: str | None = None

    @property
    def event_id(self) -> str:
        """32 hex digits, the same whenever they are asked for."""
        if self._event_id is None:
            stream = self.shard.stream
            self._event_id = stream.identifiers.hex(f"change {self.sequence_number} of {stream.name}")
        return self._event_id

    def _content(self) -> str:
        return f"{self.event_name} {json.dumps(self.keys, default=repr)}"


class DynamoDbStream(Stream[ChangeRecord]):
    """A table's stream, which keeps records for 24 hours. `label` is the time of its creation. (KIN-2)"""

    kind: ClassVar[str] = "dynamodb"

    def __init__(
        self,
        table_name: str,
        scheduler: Scheduler,
        identifiers: Identifiers,
        view_type: StreamViewType,
        shard_count: int,
    ) -> None:
        self.view_type: StreamViewType = view_type
        self.label = label_at(scheduler.epoch())
        arn = stream_arn(table_name, self.label)
        self._changes = 0
        super().__init__(table_name, arn, scheduler, identifiers, shard_count=shard_count, retention=RETENTION)

    def add(
        self,
        partition_key: str,
        keys: Attributes,
        after: Item | None,
        before: Item | None,
        *,
        expired: bool = False,
    ) -> ChangeRecord:
        """A record of a change from one item to another. None is no item, before an insert or after a removal."""
        event_name: EventName = "MODIFY"
        if before is None:
            event_name = "INSERT"
        elif after is None:
            event_name = "REMOVE"
        new = after if self.view_type in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES") else None
        old = before if self.view_type in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES") else None
        size = size_of_attributes(keys) + sum(image.size for image in (new, old) if image is not None)
        new_image = None if new is None else new.attributes
        old_image = None if old is None else old.attributes
        record = ChangeRecord(event_name, partition_key, keys, new_image, old_image, size, expired)
        return self._accept(record, self.shard_of(partition_key))

    def _shard_id(self, number: int) -> str:
        created = self.scheduler.epoch() // MILLISECOND
        return f"shardId-{created:020d}-{self.identifiers.hex('dynamodb shard', 8)}"

    def _sequence_number(self, shard: Shard[ChangeRecord], index: int) -> str:
        """Greater for each later change of the whole table."""
        self._changes += 1
        step = 10 ** (DIGITS_OF_A_SEQUENCE_NUMBER - 1)
        return str(self._changes * step + self.scheduler.epoch() // SECOND)
