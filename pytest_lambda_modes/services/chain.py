"""On whose behalf queues, topics and buckets are used: the chain of invocations that led there. (ASYNC-36)"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pytest_lambda_modes.clock.waiting import Waiting


class Chain:
    """A `Waiting` whose lineage is that of the handler that runs, unless somebody acts for another."""

    def __init__(self, waiting: Waiting) -> None:
        self.until = waiting.until
        self.for_signal = waiting.for_signal
        self.future_of = waiting.future_of
        self._of_whoever_runs = waiting.lineage
        self._acting_for: dict[str, int] | None = None

    def lineage(self) -> dict[str, int] | None:
        return self._of_whoever_runs() if self._acting_for is None else self._acting_for

    @contextmanager
    def acting_for(self, lineage: dict[str, int] | None) -> Iterator[None]:
        """Inside, `lineage` is this one. None leaves it to whoever runs."""
        outer, self._acting_for = self._acting_for, lineage
        try:
            yield
        finally:
            self._acting_for = outer
