"""What a function's answer says about its batch of Kafka records. Pure. (KAFKA-5)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from pytest_lambda_modes.modes.polling.batch_response import read_report
from pytest_lambda_modes.modes.polling.stream_batch_response import Failed, Processed

RULE = "KAFKA-5"


class Place(NamedTuple):
    """Where a record is: `partition` is `<topic>-<number>`, as in the event."""

    partition: str
    offset: int


class Split(NamedTuple):
    """Positions in the batch: those that are done, and those that are to be tried again; both in order."""

    done: tuple[int, ...]
    rest: tuple[int, ...]


Answer: TypeAlias = "Processed | Split | Failed"


def read_answer(payload: bytes, places: Sequence[Place]) -> Answer:
    """Read the response of a mapping with `ReportBatchItemFailures`, given the places of its batch.

    In each partition the lowest reported offset counts: that record and all behind it in its partition come again.
    """
    names = {_name(place): place for place in places}
    report = read_report(payload, names, _name_of)
    if report.failed is None:
        return Failed(report.why, RULE)
    if not report.failed:
        return Processed(RULE)
    lowest: dict[str, int] = {}
    for name in report.failed:
        partition, offset = names[name]
        lowest[partition] = min(offset, lowest.get(partition, offset))
    comes_again = [place.partition in lowest and place.offset >= lowest[place.partition] for place in places]
    return Split(
        tuple(position for position, again in enumerate(comes_again) if not again),
        tuple(position for position, again in enumerate(comes_again) if again),
    )


def _name(place: Place) -> str:
    return f"{place.partition}:{place.offset}"


def _name_of(identifier: object) -> str | None:
    """An itemIdentifier is `{"partition": "<topic>-<number>", "offset": 7}`."""
    if not isinstance(identifier, dict):
        return None
    partition, offset = identifier.get("partition"), identifier.get("offset")
    is_place = isinstance(partition, str) and isinstance(offset, int) and not isinstance(offset, bool)
    return f"{partition}:{offset}" if is_place else None
