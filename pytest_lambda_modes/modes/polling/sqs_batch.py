"""Messages that go to the function together, and what became of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pytest_lambda_modes.events import sqs
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.modes.polling.polled_batch import PolledBatch
from pytest_lambda_modes.modes.polling.sqs_records import SqsRecords
from pytest_lambda_modes.services.sqs_message import Message


class Batch(PolledBatch[Message]):
    """One batch of an event source mapping. `records` are the handles of its messages, `function_name` who gets it.

    `outcome` is None while it is in flight, then the invocation's (`"success"`, `"function_error"`, `"timeout"`, ...),
    `"partial_failure"` if only some messages were reported, or `"malformed_report"` if the report was not one (SQS-12).
    If the function never ran it is `"throttled"`: it could not be invoked while the messages were hidden (SQS-27);
    `"recursive_invocation"`: the chain of invocations was stopped here (ESM-10); or `"not_found"`: there is no such
    function.
    """

    __slots__ = ("_failed", "_form", "_lineage", "function_name", "number", "receives")

    def __init__(
        self,
        number: int,
        function_name: str,
        received: Mapping[Message, int],
        form: SqsRecords,
        request_id: str,
        qualifier: str | None,
    ) -> None:
        super().__init__(list(received), request_id, qualifier)
        self._lineage = _lineage(self.records)
        self._form = form
        self.number = number
        self.function_name = function_name
        self.receives = tuple(received.values())
        self._failed: Collection[str] | None = ()

    def _make_event(self) -> dict[str, object]:
        return self._form.event(self.records, self.receives)

    @property
    def payload(self) -> bytes:
        return sqs.payload(self._make_event())

    def settled_as(self, outcome: str, failed: Collection[str] | None) -> None:
        """The batch is over. `failed` are the ids of the messages that did, None for all."""
        self.outcome = outcome
        self._failed = failed

    @property
    def failed(self) -> list[Message]:
        """The records that failed, and come back."""
        if self._failed is None:
            return list(self.records)
        failed = self._failed
        return [message for message in self.records if message.message_id in failed] if failed else []

    def __str__(self) -> str:
        """A stable text of one line, fit to be kept as a snapshot."""
        failed = f", {len(self.failed)} failed" if self.failed else ""
        size = counted(len(self.records), "record")
        return f"batch {self.number}: {size}, {self.outcome or 'in flight'}{failed}"

    def __repr__(self) -> str:
        return f"<Batch {self.number}: {counted(len(self.records), 'record')}, {self.outcome or 'in flight'}>"


def _lineage(messages: Sequence[Message]) -> dict[str, int] | None:
    """The invocations that led to a batch: by function, the most of any of its messages. (ESM-10)"""
    merged: dict[str, int] | None = None
    for message in messages:
        if message.lineage is not None:
            merged = merged or {}
            for name, count in message.lineage.items():
                merged[name] = max(merged.get(name, 0), count)
    return merged
