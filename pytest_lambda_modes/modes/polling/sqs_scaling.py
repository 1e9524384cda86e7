"""How many batches of one mapping may be in flight. Pure. (SQS-24, SQS-25, SQS-26)"""

from __future__ import annotations

from pytest_lambda_modes.model.event_source_mapping_config import SqsMappingConfig, pollers
from pytest_lambda_modes.units import MINUTE

AT_FIRST = 5
A_MINUTE = 300
AT_MOST = 1_250
LEAST = 2
INVOKES_OF_A_POLLER = 10
PROVISIONED_A_MINUTE = 1_000


def concurrency_limit(config: SqsMappingConfig, backlog_for: int, lowered_by: int) -> int:
    """The limit after a backlog has lasted for so many microseconds.

    On demand it starts at 5 and grows by 300 with each whole minute of backlog, to 1,250 (SQS-24); each batch that
    failed has lowered it by one, down to 2 (SQS-27; AWS documents that it is lowered, not by how much). A FIFO queue's
    groups are a limit of their own. A mapping with pollers of its own begins with 10 invocations for each of the least
    number and grows by 1,000 a minute to 10 for each of the most (SQS-26).
    """
    minutes = backlog_for // MINUTE
    if config.minimum_pollers is not None or config.maximum_pollers is not None:
        least, most = pollers(config)
        return min(least * INVOKES_OF_A_POLLER + minutes * PROVISIONED_A_MINUTE, most * INVOKES_OF_A_POLLER)
    most = AT_MOST if config.maximum_concurrency is None else config.maximum_concurrency
    if config.fifo:
        return most
    return min(max(AT_FIRST + minutes * A_MINUTE - lowered_by, LEAST), most)


def next_growth(backlog_for: int) -> int:
    """How long, in microseconds, until the limit is next raised."""
    return MINUTE - backlog_for % MINUTE
