"""How many batches of one mapping may be in flight. (SQS-24, SQS-25, SQS-26)"""

from __future__ import annotations

from pytest_lambda_modes.model.event_source_mapping_config import SqsMappingConfig
from pytest_lambda_modes.units import MINUTE

AT_FIRST = 5
A_MINUTE = 300
AT_MOST = 1_250
LEAST = 2
INVOKES_OF_A_POLLER = 10
PROVISIONED_A_MINUTE = 1_000
_FOR_EVER = 1_000 * MINUTE


def concurrency_limit(config: SqsMappingConfig, backlog_for: int, lowered_by: int) -> int:
    """The limit after a backlog has lasted for so many microseconds. Pure.

    On demand it starts at 5 and grows by 300 with each whole minute of backlog, to 1,250 (SQS-24); failed batches have
    lowered it, to no less than 2 (SQS-27). A FIFO queue's groups are their own limit. In provisioned mode it begins
    with 10 invocations for each of the least pollers, and grows by 1,000 a minute to 10 for each of the most (SQS-26).
    """
    minutes = backlog_for // MINUTE
    if config.pollers is not None:
        least, most = config.pollers
        return min(least * INVOKES_OF_A_POLLER + minutes * PROVISIONED_A_MINUTE, most * INVOKES_OF_A_POLLER)
    most = AT_MOST if config.maximum_concurrency is None else config.maximum_concurrency
    if config.fifo:
        return most
    return max(min(AT_FIRST + minutes * A_MINUTE, most) - lowered_by, LEAST)


class SqsScaling:
    """The batches of one mapping that are `in_flight`, and how many may be.

    `backlog_since` is when the first message came for which there is no room; None if none waits for room.

    Each failed batch lowers the limit by one, and each that succeeds raises it again; AWS documents that errors lower
    it, not by how much (SQS-27).
    """

    def __init__(self) -> None:
        self.in_flight = 0
        self.backlog_since: int | None = None
        self._lowered_by = 0

    def has_room(self, config: SqsMappingConfig, now: int) -> bool:
        """Whether one more batch may be in flight."""
        return self.in_flight < LEAST or self.in_flight < self._limit(config, self._backlog_for(now))

    def backlog(self, now: int) -> None:
        """A message waits for room."""
        if self.backlog_since is None:
            self.backlog_since = now

    def grows_at(self, config: SqsMappingConfig, now: int) -> int | None:
        """When the limit may next be raised, if the backlog lasts; None if it is as high as it gets."""
        backlog_for = self._backlog_for(now)
        if self._limit(config, backlog_for) == self._limit(config, _FOR_EVER):
            return None
        return now + MINUTE - backlog_for % MINUTE

    def failed(self, config: SqsMappingConfig, now: int) -> None:
        """A function error. A mapping that reports batch item failures takes no notice. (SQS-15)"""
        if not config.reports_batch_item_failures and self._limit(config, self._backlog_for(now)) > LEAST:
            self._lowered_by += 1

    def succeeded(self) -> None:
        if self._lowered_by:
            self._lowered_by -= 1

    def _limit(self, config: SqsMappingConfig, backlog_for: int) -> int:
        return concurrency_limit(config, backlog_for, self._lowered_by)

    def _backlog_for(self, now: int) -> int:
        return 0 if self.backlog_since is None else now - self.backlog_since
