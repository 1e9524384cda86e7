"""The tumbling windows of one shard: which is open, and the state that goes from invocation to invocation. (KIN-22)"""

from __future__ import annotations

from pytest_lambda_modes.events import stream as event
from pytest_lambda_modes.modes.polling.stream_batch import PendingBatch, ReadRecord
from pytest_lambda_modes.modes.polling.tumbling_window import FIRST_STATE, Window, window_of


class ShardWindows:
    """`current` is the open window: from the first attempt at a record of it until its last invocation is over.

    `seconds` is the size of windows, 0 for none.
    """

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.current: Window | None = None
        self.state = FIRST_STATE
        self._ends_now = False

    def resize(self, seconds: int) -> None:
        """Make the next windows of another size. The open one ends, as when the shard does."""
        if seconds != self.seconds:
            self.seconds = seconds
            self._ends_now = self.current is not None

    def is_due(self, first: ReadRecord | None, epoch: int, *, closed: bool) -> bool:
        """Whether the open window's last invocation is next: none of its records waits, and none can come.

        `first` is the first record that waits. `closed` says that the shard gets no more. `epoch` is now.
        """
        window = self.current
        if window is None:
            return False
        if self._ends_now:
            return True
        if first is not None:
            return first.record.epoch >= window.end
        return closed or window.is_over(epoch)

    def of_next(self, first: ReadRecord | None) -> Window | None:
        """The window of the first record that waits; the open one if there is one."""
        if self.current is not None or not self.seconds or first is None:
            return self.current
        return window_of(first.record.epoch, self.seconds)

    def open(self, window: Window | None) -> None:
        """A batch of this window is about to be tried."""
        if self.current is None:
            self.current = window

    def close(self) -> None:
        """The last invocation is over."""
        self.current = None
        self.state = FIRST_STATE
        self._ends_now = False

    def members(self, batch: PendingBatch, event_source_arn: str) -> str:
        """What the event of a batch has beside its records."""
        if batch.window is None:
            return ""
        return event.window_members(
            start=batch.window.start,
            end=batch.window.end,
            state=self.state,
            shard_id=batch.shard_id,
            event_source_arn=event_source_arn,
            is_final_invoke_for_window=batch.is_final,
            is_window_terminated_early=batch.early,
        )
