"""Stream records that go to the function together: the batch until it is done with, and each attempt at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.modes.polling.polled_batch import PolledBatch
from pytest_lambda_modes.modes.polling.tumbling_window import Window
from pytest_lambda_modes.services.stream_record import Progress, Record


class ReadRecord(NamedTuple):
    """A record that a mapping has read: its text in the event, and what the mapping does with it."""

    record: Record
    text: str
    progress: Progress


class StreamBatch(PolledBatch[Record]):
    """One attempt at a batch of stream records. `attempt` counts from 1; attempts at the same batch share `request_id`.

    `outcome` is None while it is in flight, then the invocation's (`"success"`, `"function_error"`, `"timeout"`, ...),
    `"partial_failure"` if the report has a checkpoint (KIN-14), or `"malformed_report"` or `"no_state"` if the answer
    was none (KIN-16, KIN-22). A window's last invocation has no records.
    """

    __slots__ = ("_payload", "attempt", "executed_version", "shard_id")

    def __init__(self, batch: PendingBatch, payload: bytes, qualifier: str | None) -> None:
        super().__init__([read.record for read in batch.reads], batch.request_id, qualifier)
        self._payload = payload
        self.attempt = batch.invocations + 1
        self.shard_id = batch.shard_id
        self.executed_version = ""  # known when it has begun

    @property
    def payload(self) -> bytes:
        return self._payload

    @property
    def function_error(self) -> str | None:
        """`"Unhandled"` after a function error. A report that is none counts as a failure without one. (KIN-16)"""
        return None if self._invocation is None else self._invocation.outcome.function_error

    def __str__(self) -> str:
        """A stable text of one line, fit to be kept as a snapshot."""
        size = counted(len(self.records), "record")
        return f"{self.shard_id} attempt {self.attempt}: {size}, {self.outcome or 'in flight'}"

    def __repr__(self) -> str:
        return f"<StreamBatch {self}>"


class PendingBatch:
    """A batch until it is done with: its records, and how often they were tried. What is split off is a new batch.

    Attempts at it share a request id (KIN-11, VT-8), and none comes before `due`; `last` is the latest. `window` is the
    tumbling window it belongs to. One that `is_final` is the window's last invocation and has no records; it is `early`
    if the state has become too large. (KIN-22) `repeat_at` is when it comes again although it was processed, if the
    test wants that.
    """

    __slots__ = (
        "due",
        "early",
        "invocations",
        "is_final",
        "last",
        "reads",
        "repeat_at",
        "request_id",
        "shard_id",
        "throttles",
        "window",
    )

    def __init__(
        self,
        reads: Sequence[ReadRecord],
        shard_id: str,
        request_id: str,
        window: Window | None,
        *,
        is_final: bool = False,
        early: bool = False,
    ) -> None:
        self.reads = reads
        self.shard_id = shard_id
        self.request_id = request_id
        self.window = window
        self.is_final = is_final
        self.early = early
        self.due = 0
        self.invocations = 0
        self.throttles = 0
        self.repeat_at: int | None = None
        self.last: StreamBatch | None = None
