"""The tumbling windows of one shard: which one is open, and the state that goes from invocation to invocation. (KIN-22)"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_lambda_modes.modes.polling.tumbling_window import FIRST_STATE, State, Window, window_of
from pytest_lambda_modes.services.stream_record import Record


class LaneWindows:
    """`current` is the open window, None before the first record and after the last one's window has closed."""

    def __init__(self, seconds: int) -> None:
        self.current: Window | None = None
        self.state = FIRST_STATE
        self.must_end_early = False
        self._seconds = seconds

    def final(self, waiting: Sequence[Record], now: int, *, closed: bool) -> bool:
        """Whether the open window's last invocation is due: no record of it waits, and none can come. `now` is an epoch.

        `closed` says that the shard gets no more records. A window without one opens when a record waits.
        """
        if self.current is None:
            if waiting:
                self.current = window_of(waiting[0].epoch, self._seconds)
            return False
        if waiting and waiting[0].epoch < self.current.end:
            return False
        return bool(waiting) or closed or self.current.is_over(now)

    def share(self, waiting: Sequence[Record], size: int) -> int:
        """How many of the first `size` records that wait belong to the open window."""
        assert self.current is not None
        return self.current.count([record.epoch for _, record in zip(range(size), waiting, strict=False)])

    def took(self, state: State, *, is_final: bool) -> None:
        """The function has answered with a state."""
        self.state = state.json
        self.must_end_early = state.too_large and not is_final

    def close(self) -> None:
        """The last invocation is over."""
        self.current = None
        self.state = FIRST_STATE
        self.must_end_early = False
