"""What a function's answer says about its batch, when it reports batch item failures. Pure. (SQS-11, SQS-12)"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, NamedTuple, NoReturn


class Report(NamedTuple):
    """The reported identifiers, or None when the whole batch failed, and then `why`."""

    failed: tuple[str, ...] | None
    why: str = ""


def read_report(payload: bytes, identifiers: Collection[str]) -> Report:
    """Read a response against the identifiers of its batch, row by row of SQS-12.

    Nothing reported is a success. A report that names anything else than items of this batch fails the whole batch.
    """
    if not payload:
        return Report(())
    try:
        answer = json.loads(payload, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        return Report(None, f"the response is not JSON: {error}")
    if not isinstance(answer, dict):
        return Report(())
    failures = answer.get("batchItemFailures")
    if failures is None:
        return Report(())
    if not isinstance(failures, list):
        return Report(None, "batchItemFailures is not a list")
    failed: dict[str, None] = {}
    for entry in failures:
        identifier = _identifier(entry)
        if not isinstance(identifier, str) or identifier not in identifiers:
            return Report(None, _complaint(entry, identifier))
        failed[identifier] = None
    return Report(tuple(failed))


def _identifier(entry: Any) -> object:
    return entry.get("itemIdentifier") if isinstance(entry, dict) else None


def _complaint(entry: object, identifier: object) -> str:
    if not isinstance(entry, dict) or "itemIdentifier" not in entry:
        return f"an entry has no itemIdentifier: {entry!r:.80}"
    if not identifier:
        return f"an itemIdentifier is {identifier!r}"
    return f"itemIdentifier {identifier!r:.80} is not in the batch"


def _refuse(literal: str) -> NoReturn:
    raise ValueError(f"{literal} is not JSON")
