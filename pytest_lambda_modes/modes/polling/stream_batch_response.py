"""What a function's answer says about its batch of stream records. Pure. (KIN-14 to KIN-17, KIN-26)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from pytest_lambda_modes.modes.polling.batch_response import read_report


class Processed(NamedTuple):
    """The whole batch is done. (KIN-15)"""

    rule: str = "KIN-15"


class Checkpoint(NamedTuple):
    """The record at `position` of the batch and all behind it are to be tried again. (KIN-14)"""

    position: int
    rule: str = "KIN-14"


class Failed(NamedTuple):
    """The answer is no report, so the whole batch failed, with a `functionError` of null. `why` says it. (KIN-16)"""

    why: str
    rule: str = "KIN-16"


Answer: TypeAlias = "Processed | Checkpoint | Failed"


def read_answer(payload: bytes, sequence_numbers: Sequence[str]) -> Answer:
    """Read the response of a mapping with `ReportBatchItemFailures`, given the sequence numbers of the batch in order.

    Without that setting a response says nothing, and every one is a success.
    """
    positions = {number: position for position, number in enumerate(sequence_numbers)}
    report = read_report(payload, positions)
    if report.failed is None:
        return Failed(report.why)
    if not report.failed:
        return Processed()
    return Checkpoint(min(positions[number] for number in report.failed))
