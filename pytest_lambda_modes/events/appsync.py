"""What AppSync sends to a function that is a direct Lambda resolver. (EVT-9)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_lambda_modes.events.building import (
    NEW_YEAR,
    SOURCE_IP,
    Event,
    Overrides,
    epoch,
    finished,
    identifiers,
    resource_hex,
    strings,
    text,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import REGION


def appsync_resolver(
    field: str,
    *,
    type_name: str = "Query",
    arguments: Mapping[str, Any] | None = None,
    source: Mapping[str, Any] | None = None,
    selection_set: Sequence[str] = ("id",),
    identity: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    variables: Mapping[str, Any] | None = None,
    stash: Mapping[str, Any] | None = None,
    at: dt.datetime = NEW_YEAR,
    ids: Identifiers | None = None,
    overrides: Overrides | None = None,
) -> Event:
    """The context of a field that is to be resolved. (EVT-9)

    `source` is the parent object, None for a field of Query or Mutation. `selection_set` are the fields asked for,
    nested ones with slashes (`author/name`). `identity` depends on how the API authorizes; None for an API key. The
    event tells no time. Raises ConfigError for no field, and for a header that is no string.
    """
    where, ids = "appsync_resolver", identifiers(ids)
    epoch(at)
    host = f"{resource_hex('appsync api', 26)}.appsync-api.{REGION}.amazonaws.com"
    event = {
        "arguments": dict(arguments or {}),
        "identity": None if identity is None else dict(identity),
        "source": None if source is None else dict(source),
        "request": {
            "headers": {
                "host": host,
                "content-type": "application/json",
                "x-forwarded-for": SOURCE_IP,
                "x-forwarded-port": "443",
                "x-forwarded-proto": "https",
                "x-amzn-requestid": ids.uuid("appsync request"),
                **{name.lower(): value for name, value in strings(where, "headers", headers).items()},
            },
            "domainName": None,
        },
        "prev": None,
        "info": {
            "selectionSetList": list(selection_set),
            "selectionSetGraphQL": _graphql(_tree(selection_set)),
            "parentTypeName": text(where, "type_name", type_name),
            "fieldName": text(where, "field", field),
            "variables": dict(variables or {}),
        },
        "stash": dict(stash or {}),
    }
    return finished(event, overrides)


def _tree(selection_set: Sequence[str]) -> Event:
    """The fields by their names, each with those inside it."""
    tree: Event = {}
    for path in selection_set:
        fields = tree
        for name in path.split("/"):
            fields = fields.setdefault(name, {})
    return tree


def _graphql(fields: Event, depth: int = 1) -> str:
    """The fields as AppSync writes a selection set."""
    indent = "  " * depth
    lines = (f"{indent}{name}{' ' + _graphql(inner, depth + 1) if inner else ''}\n" for name, inner in fields.items())
    return f"{{\n{''.join(lines)}{'  ' * (depth - 1)}}}"
