"""What a function's answer says about its batch, when it reports batch item failures. Pure. (SQS-11, SQS-12)"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any, NamedTuple, NoReturn


class Report(NamedTuple):
    """The reported identifiers, or None when the whole batch failed, and then `why`."""

    failed: tuple[str, ...] | None
    why: str = ""


def read_report(
    payload: bytes, identifiers: Collection[str], name_of: Callable[[object], object] = lambda identifier: identifier
) -> Report:
    """Read a response against the identifiers of its batch, row by row of SQS-12.

    Nothing reported is a success. A report that names anything else than items of this batch fails the whole batch.
    `name_of` makes one of the identifiers of what a report has for it.
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
        name = name_of(identifier)
        if not isinstance(name, str) or name not in identifiers:
            return Report(None, _complaint(entry, identifier))
        failed[name] = None
    return Report(tuple(failed))


def reports_in_vain(payload: bytes) -> bool:
    """Whether the answer to a mapping that does not report batch item failures has some all the same. (HAZ-8)"""
    if b"batchItemFailures" not in payload:
        return False
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        return False
    return isinstance(answer, dict) and "batchItemFailures" in answer


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
