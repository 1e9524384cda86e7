"""What Lambda delivers from a change stream of DocumentDB. (DOCDB-1)"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    Event,
    Overrides,
    arn,
    choice,
    epoch,
    finished,
    identifiers,
    json_text,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import SECOND

OPERATION_TYPES = ("insert", "update", "replace", "delete")

_encode = json.JSONEncoder(separators=(",", ":")).encode


def cluster_arn(name: str) -> str:
    """The ARN of a cluster, which is one of RDS. What is an ARN already stays."""
    return arn("rds", name if name.startswith("arn:") else f"cluster:{name}")


def resume_token(epoch_seconds: int, ordinal: int) -> str:
    """The resume token of the change of that number within a second, as hex digits that grow with each change."""
    return f"01{epoch_seconds:08x}{ordinal:08x}{ordinal:08x}000041e1"


def change_text(
    *,
    epoch_seconds: int,
    ordinal: int,
    database: str,
    collection: str,
    operation_type: str,
    document_key: Mapping[str, Any],
    full_document: Mapping[str, Any] | None = None,
    update_description: Mapping[str, Any] | None = None,
    looked_up: bool = False,
) -> str:
    """One change, its values in extended JSON. What is None is left out. `ordinal` counts within the second.

    With `looked_up` a document that is None was looked up and not found any more, which is null.
    """
    change: dict[str, Any] = {
        "_id": {"_data": resume_token(epoch_seconds, ordinal)},
        "clusterTime": {"$timestamp": {"t": epoch_seconds, "i": ordinal}},
        "documentKey": document_key,
    }
    if full_document is not None or looked_up:
        change["fullDocument"] = full_document
    change["ns"] = {"db": database, "coll": collection}
    change["operationType"] = operation_type
    if update_description is not None:
        change["updateDescription"] = update_description
    return _encode({"event": change})


def payload(event_source_arn: str, changes: Iterable[str]) -> bytes:
    """The event for changes in their order."""
    source = f'"eventSourceArn":"{event_source_arn}"'
    return f'{{{source},"events":[{",".join(changes)}],"eventSource":"aws:docdb"}}'.encode()


def documentdb_changes(
    documents: Sequence[Mapping[str, Any]],
    *,
    operation_type: str = "insert",
    database: str = "database",
    collection: str = "collection",
    cluster: str = "cluster",
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """A change of each document at `at`: `"insert"`, `"update"`, `"replace"` or `"delete"`. (DOCDB-1)

    Documents are in extended JSON, as the event has them. One without an `_id` gets an ObjectId. A change by `"update"`
    has the whole document, as with UpdateLookup, and sets all its fields; one by `"delete"` has the key alone. Raises
    ConfigError for documents that are none.
    """
    where, ids, now = "documentdb_changes", identifiers(ids), epoch(at) // SECOND
    choice(where, "operation_type", operation_type, OPERATION_TYPES)
    if isinstance(documents, Mapping) or not documents or not all(isinstance(each, Mapping) for each in documents):
        raise ConfigError(f"{where}: documents is {shown(documents)}, and must be a list of one mapping or more.")
    texts = []
    for ordinal, document in enumerate(documents, 1):
        json_text(where, "a document", document)
        full = {"_id": {"$oid": ids.hex("object id", 24)}, **document}
        fields = {name: value for name, value in full.items() if name != "_id"}
        updated = {"updatedFields": fields, "removedFields": [], "truncatedArrays": []}
        texts.append(
            change_text(
                epoch_seconds=now,
                ordinal=ordinal,
                database=text(where, "database", database),
                collection=text(where, "collection", collection),
                operation_type=operation_type,
                document_key={"_id": full["_id"]},
                full_document=None if operation_type == "delete" else full,
                update_description=updated if operation_type == "update" else None,
            )
        )
    return finished(json.loads(payload(cluster_arn(text(where, "cluster", cluster)), texts)), overrides)
