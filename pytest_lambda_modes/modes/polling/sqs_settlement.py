"""What an invocation means for the messages of its batch. Pure. (SQS-4, SQS-5, SQS-11, SQS-12)"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, get_args

from pytest_lambda_modes.model.outcome import Outcome, OutcomeKind
from pytest_lambda_modes.modes.polling.batch_response import read_report


class Settlement(NamedTuple):
    """What the batch is called from now on, and which of its messages come back: None is all of them.

    The others are deleted. `complaint` says what is wrong with the function's report, if something is.
    """

    outcome: str
    failed: Collection[str] | None
    rule: str
    complaint: str = ""


SUCCESS = Settlement("success", (), "SQS-4")
THROTTLED = Settlement("throttled", None, "SQS-27")
NOT_FOUND = Settlement("not_found", None, "ESM-1")
RECURSIVE = Settlement("recursive_invocation", None, "ESM-10")
_FAILED = {kind: Settlement(kind, None, "SQS-5") for kind in get_args(OutcomeKind)}


def settle(outcome: Outcome, identifiers: Collection[str], *, reports_batch_item_failures: bool) -> Settlement:
    """The settlement of a batch, given how its invocation ended and the ids of its messages."""
    if outcome.kind != "success":
        return _FAILED[outcome.kind]
    if not reports_batch_item_failures:
        return SUCCESS
    report = read_report(outcome.payload, identifiers)
    if report.failed is None:
        return Settlement("malformed_report", None, "SQS-12", report.why)
    return Settlement("partial_failure", frozenset(report.failed), "SQS-11") if report.failed else SUCCESS
