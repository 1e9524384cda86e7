"""A DynamoDB table as far as its stream goes: items by key, and a record for each write that changes one."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ConfigError, ValidationException
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID, REGION
from pytest_lambda_modes.services.dynamodb_stream import VIEW_TYPES, ChangeRecord, DynamoDbStream, Item, StreamViewType
from pytest_lambda_modes.services.dynamodb_types import (
    Attributes,
    deserialize_attributes,
    serialize_attributes,
    size_of_attributes,
)
from pytest_lambda_modes.services.stream import SHARD_COUNT
from pytest_lambda_modes.services.stream_errors import constraint_failed
from pytest_lambda_modes.units import SECOND

ITEM_BYTES = 409_600
KEY_TYPES = ("S", "N", "B")
# A time to live further back than this is taken for a mistake.
OLDEST_TIME_TO_LIVE = 5 * 365 * 24 * 3600

_is_table_name = re.compile(r"[a-zA-Z0-9_.-]{3,255}").fullmatch
_INVALID = "One or more parameter values were invalid:"


class _Key(NamedTuple):
    """The key of an item: its attributes, and their values, by which the item is found."""

    attributes: Attributes
    values: tuple[object, ...]


class DynamoDbTable:
    """A table with a `stream`. `key_schema` names the partition key and, if there is one, the sort key.

    Values are Python's, converted as boto3's resources do: int and Decimal but no float, bytes, sets, None, lists and
    mappings. The type of a key is that of the first one written. `time_to_live` names the attribute that holds the
    second, counted from 1970, from which on `expire` deletes an item.

    A write returns the record of the change, or None if it changed nothing (DDB-2). Raises ValidationException as
    DynamoDB does, and ConfigError for settings that cannot be.
    """

    def __init__(
        self,
        name: str,
        scheduler: Scheduler,
        identifiers: Identifiers,
        *,
        key_schema: Sequence[str] = ("id",),
        stream_view_type: StreamViewType = "NEW_AND_OLD_IMAGES",
        time_to_live: str | None = None,
        shard_count: int = SHARD_COUNT.default,
    ) -> None:
        where = f"table {name}"
        if not _is_table_name(name):
            raise constraint_failed(name, "tableName", "satisfy regular expression pattern: [a-zA-Z0-9_.-]{3,255}")
        settings.one_of(where, "stream_view_type", stream_view_type, VIEW_TYPES, "It says which images a record has.")
        why = "Each shard has records of its own, in order."
        settings.number_in(where, "shard_count", shard_count, SHARD_COUNT, "", why)
        self.name = name
        self.arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{name}"
        self.key_schema = _checked_key_schema(where, key_schema)
        self.time_to_live = time_to_live
        self.stream = DynamoDbStream(name, scheduler, identifiers, stream_view_type, shard_count)
        self._scheduler = scheduler
        self._key_types: dict[str, str] = {}
        self._items: dict[tuple[object, ...], Item] = {}

    @property
    def items(self) -> list[dict[str, Any]]:
        """What is in the table, as `get_item` gives it, in the order of the first writes."""
        return [deserialize_attributes(item.attributes) for item in self._items.values()]

    def get_item(self, key: Mapping[str, object]) -> dict[str, Any] | None:
        """The item as Python values, numbers as Decimals; None if there is none. Expired ones count until deleted."""
        item = self._items.get(self._given_key(key).values)
        return None if item is None else deserialize_attributes(item.attributes)

    def put_item(self, item: Mapping[str, object]) -> ChangeRecord | None:
        """PutItem: a whole item, in place of any that has its key."""
        attributes = serialize_attributes(item)
        key = self._key_of(attributes)
        size = size_of_attributes(attributes)
        if size > ITEM_BYTES:
            raise ValidationException("Item size has exceeded the maximum allowed size")
        return self._write(key, Item(attributes, size))

    def update_item(
        self, key: Mapping[str, object], changes: Mapping[str, object] | None = None, *, remove: Collection[str] = ()
    ) -> ChangeRecord | None:
        """UpdateItem: set the attributes in `changes`, take away those named in `remove`, leave the others.

        Makes the item if there is none. A value of None is stored, as NULL.
        """
        if isinstance(remove, str):
            must, why = "a list of attribute names", f'For this one: remove=["{remove}"]'
            raise settings.wrong_value(f"table {self.name}", "remove", remove, must, why)
        found = self._given_key(key)
        for name in (*(changes or ()), *remove):
            if name in self.key_schema:
                reason = f"Cannot update attribute {name}. This attribute is part of the key"
                raise ValidationException(f"{_INVALID} {reason}")
        before = self._items.get(found.values)
        attributes = dict(found.attributes if before is None else before.attributes)
        attributes.update(serialize_attributes(changes or {}))
        for name in remove:
            attributes.pop(name, None)
        size = size_of_attributes(attributes)
        if size > ITEM_BYTES:
            raise ValidationException("Item size to update has exceeded the maximum allowed size")
        return self._write(found, Item(attributes, size))

    def delete_item(self, key: Mapping[str, object]) -> ChangeRecord | None:
        """DeleteItem: no error if there is no such item."""
        return self._write(self._given_key(key), None)

    def expire(self) -> list[ChangeRecord]:
        """Delete what has outlived its time to live, as DynamoDB does within days, and give the records. (DDB-1)

        Only attributes that are numbers count, and none that lies more than five years back.
        """
        if self.time_to_live is None:
            raise ConfigError(
                f"table {self.name}: it has no time to live.\n\n"
                'Name the attribute that holds it: event_source("dynamodb", time_to_live="expires_at")'
            )
        now = self._scheduler.epoch() // SECOND
        items = [item.attributes for item in self._items.values()]
        due = [item for item in items if _is_due(item.get(self.time_to_live, {}), now)]
        records = [self._write(self._key_of(item), None, expired=True) for item in due]
        return [record for record in records if record is not None]

    def __repr__(self) -> str:
        items, records = counted(len(self._items), "item"), counted(len(self.stream.records), "stream record")
        return f"<DynamoDbTable {self.name}: {items}, {records}>"

    def _write(self, key: _Key, item: Item | None, *, expired: bool = False) -> ChangeRecord | None:
        before = self._items.get(key.values)
        if item == before:
            return None
        if item is None:
            del self._items[key.values]
        else:
            self._items[key.values] = item
            self._key_types = {name: next(iter(attribute)) for name, attribute in key.attributes.items()}
        return self.stream.add(str(key.values[0]), key.attributes, item, before, expired=expired)

    def _key_of(self, item: Attributes) -> _Key:
        """The key of a whole item."""
        for name in self.key_schema:
            if name not in item:
                raise ValidationException(f"{_INVALID} Missing the key {name} in the item")
            [kind] = item[name]
            expected = self._key_types.get(name, kind if kind in KEY_TYPES else "S")
            if kind != expected:
                raise ValidationException(
                    f"{_INVALID} Type mismatch for key {name} expected: {expected} actual: {kind}"
                )
        return self._checked({name: item[name] for name in self.key_schema})

    def _given_key(self, key: Mapping[str, object]) -> _Key:
        """A key that stands alone."""
        attributes = serialize_attributes(key)
        kinds = {name: next(iter(attribute)) for name, attribute in attributes.items()}
        known = {name: self._key_types.get(name, kinds.get(name)) for name in self.key_schema}
        if kinds != known or not set(kinds.values()) <= set(KEY_TYPES):
            raise ValidationException("The provided key element does not match the schema")
        return self._checked({name: attributes[name] for name in self.key_schema})

    def _checked(self, attributes: Attributes) -> _Key:
        for name, attribute in attributes.items():
            [(kind, value)] = attribute.items()
            if not value:
                raise ValidationException(
                    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
                    f"an empty {'string' if kind == 'S' else 'binary'} value. Key: {name}"
                )
        return _Key(attributes, tuple(value for attribute in attributes.values() for value in attribute.values()))


def _checked_key_schema(where: str, names: Sequence[str]) -> tuple[str, ...]:
    listed = isinstance(names, (list, tuple)) and all(isinstance(name, str) and name for name in names)
    if listed and len(names) in (1, 2) and len(set(names)) == len(names):
        return tuple(names)
    why = "It names the attributes that make up the key of an item."
    raise settings.wrong_value(where, "key_schema", names, '["partition key"] or ["partition key", "sort key"]', why)


def _is_due(attribute: Mapping[str, Any], now: int) -> bool:
    return "N" in attribute and now - OLDEST_TIME_TO_LIVE < Decimal(attribute["N"]) <= now
