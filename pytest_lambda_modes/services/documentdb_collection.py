"""A collection of DocumentDB, and the change stream of what is written to it. (DOCDB-1)"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import Range
from pytest_lambda_modes.services.extended_json import extended
from pytest_lambda_modes.services.stream import Shard, Stream
from pytest_lambda_modes.services.stream_record import Record
from pytest_lambda_modes.units import SECOND

OperationType = Literal["insert", "update", "replace", "delete"]
Document = dict[str, Any]

# change_stream_log_retention_duration: an hour to a week, three hours by default.
LOG_RETENTION_SECONDS = Range(3_600, 604_800, default=10_800, rule="DOCDB-1")
OPERATORS = ("$set", "$unset")


class DocumentChange(Record):
    """A change of one document. `full_document` is the document after it, None after a delete. `ordinal` counts the
    changes of its second from 1. (DOCDB-1)
    """

    __slots__ = ("document_key", "full_document", "operation_type", "ordinal", "update_description")

    def __init__(
        self,
        operation_type: OperationType,
        document_key: Document,
        full_document: Document | None,
        update_description: Document | None,
    ) -> None:
        super().__init__("")
        self.operation_type: OperationType = operation_type
        self.document_key = document_key
        self.full_document = full_document
        self.update_description = update_description
        self.ordinal = 0

    def _content(self) -> str:
        return f"{self.operation_type} {json.dumps(self.document_key)}"


class DocumentDbCollection(Stream[DocumentChange]):
    """A collection with its change stream, whose log keeps changes for `change_stream_log_retention_duration` seconds.

    Values are Python's, and change events have them in extended JSON. The methods are those of MongoDB's clients.
    """

    kind: ClassVar[str] = "documentdb"

    def __init__(
        self,
        name: str,
        scheduler: Scheduler,
        identifiers: Identifiers,
        *,
        database_name: str,
        change_stream_log_retention_duration: int = LOG_RETENTION_SECONDS.default,
    ) -> None:
        where = f"collection {name}"
        why = "It is how long the log of the change stream keeps a change."
        setting = "change_stream_log_retention_duration"
        self.change_stream_log_retention_duration = settings.number_in(
            where, setting, change_stream_log_retention_duration, LOG_RETENTION_SECONDS, "seconds", why
        )
        self.database_name = database_name
        self._documents: dict[str, Document] = {}
        self._second = self._ordinal = 0
        retention = self.change_stream_log_retention_duration * SECOND
        address = f"{database_name}.{name}"
        super().__init__(name, address, scheduler, identifiers, shard_count=1, retention=retention)

    @property
    def documents(self) -> list[Document]:
        """All documents, in the order in which they were inserted, in extended JSON."""
        return copy.deepcopy(list(self._documents.values()))

    def insert_one(self, document: Mapping[str, Any]) -> DocumentChange:
        """Insert a document; without an `_id` it gets an ObjectId. Raises ConfigError for an `_id` that is taken."""
        own = self._document("insert_one", document)
        own = {"_id": own.pop("_id", None) or {"$oid": self.identifiers.hex("object id", 24)}, **own}
        key = _key(own["_id"])
        if key in self._documents:
            raise ConfigError(
                f"collection {self.name}: there is a document with _id {key} already.\n\n"
                "MongoDB raises DuplicateKeyError, E11000. To overwrite it: replace_one({'_id': ...}, document)"
            )
        self._documents[key] = own
        return self._changed("insert", own, own)

    def replace_one(self, filter: Mapping[str, Any], document: Mapping[str, Any]) -> DocumentChange | None:
        """Put another document in the place of the one with the filter's `_id`; None if there is none, or no change."""
        key, old = self._found("replace_one", filter)
        if old is None:
            return None
        new = {**self._document("replace_one", document), "_id": old["_id"]}
        new = {"_id": new.pop("_id"), **new}
        if new == old:
            return None
        self._documents[key] = new
        return self._changed("replace", new, new)

    def update_one(self, filter: Mapping[str, Any], update: Mapping[str, Any]) -> DocumentChange | None:
        """Change fields of the document with the filter's `_id`: `{"$set": {...}, "$unset": {...}}`, by whole fields.

        None if there is none, or nothing changed. Raises ConfigError for other operators and for paths with dots.
        """
        key, old = self._found("update_one", filter)
        fields, removed = _parts_of(self.name, update)
        if old is None:
            return None
        updated = {name: value for name, value in fields.items() if name not in old or old[name] != value}
        gone = [name for name in removed if name in old]
        if not updated and not gone:
            return None
        new = {name: value for name, value in {**old, **updated}.items() if name not in gone}
        self._documents[key] = new
        return self._changed(
            "update", new, new, {"updatedFields": updated, "removedFields": gone, "truncatedArrays": []}
        )

    def delete_one(self, filter: Mapping[str, Any]) -> DocumentChange | None:
        """Delete the document with the filter's `_id`; None if there is none."""
        key, old = self._found("delete_one", filter)
        if old is None:
            return None
        del self._documents[key]
        return self._changed("delete", old, None)

    def find_one(self, filter: Mapping[str, Any]) -> Document | None:
        """The document with the filter's `_id` in extended JSON; None if there is none."""
        return copy.deepcopy(self._found("find_one", filter)[1])

    def __repr__(self) -> str:
        documents, changes = counted(len(self._documents), "document"), counted(len(self.records), "change")
        return f"<DocumentDbCollection {self.arn}: {documents}, {changes}>"

    def _changed(
        self,
        operation_type: OperationType,
        document: Document,
        full_document: Document | None,
        update_description: Document | None = None,
    ) -> DocumentChange:
        change = DocumentChange(operation_type, {"_id": document["_id"]}, full_document, update_description)
        second = self.scheduler.epoch() // SECOND
        self._ordinal = self._ordinal + 1 if second == self._second else 1
        self._second = second
        change.ordinal = self._ordinal
        return self._accept(change, self.shards[0])

    def _document(self, method: str, document: object) -> Document:
        own = extended(document)
        if isinstance(document, Mapping) and isinstance(own, dict):
            return own
        raise ConfigError(f"{method}: the document is {settings.shown(document)}, and must be a mapping.")

    def _found(self, method: str, filter: Mapping[str, Any]) -> tuple[str, Document | None]:
        if not isinstance(filter, Mapping) or list(filter) != ["_id"]:
            raise ConfigError(
                f"{method}: the filter is {settings.shown(filter)}, and documents are found by their _id only.\n\n"
                f"  {method}({{'_id': 7}}, ...)"
            )
        key = _key(extended(filter["_id"]))
        return key, self._documents.get(key)

    def _shard_id(self, number: int) -> str:
        return self.name

    def _sequence_number(self, shard: Shard[DocumentChange], index: int) -> str:
        return str(index + 1)


def _key(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _parts_of(name: str, update: Mapping[str, Any]) -> tuple[Document, list[str]]:
    """The fields that are set, and the names of those that are taken away."""
    known = isinstance(update, Mapping) and update and set(update) <= set(OPERATORS)
    if not known or not all(isinstance(fields, Mapping) for fields in update.values()):
        raise ConfigError(
            f"collection {name}: the update is {settings.shown(update)}, and must have $set or $unset with fields.\n\n"
            'update_one({"_id": 7}, {"$set": {"status": "paid"}, "$unset": {"note": ""}})'
        )
    fields: Any = extended(update.get("$set", {}))
    removed = list(update.get("$unset", {}))
    wrong = [field for field in (*fields, *removed) if "." in field or field == "_id"]
    if wrong:
        raise ConfigError(
            f"collection {name}: {', '.join(wrong)} cannot be updated: only whole fields are, and never the _id.\n\n"
            "Set the whole field, or use replace_one(...)."
        )
    return fields, removed
