"""Reads a queue for a mapping: takes what is visible, as soon as a batch may be in flight. (ESM-7)"""

from __future__ import annotations

from collections.abc import Callable

from pytest_lambda_modes import units
from pytest_lambda_modes.clock.scheduler import Timer
from pytest_lambda_modes.model import faults
from pytest_lambda_modes.modes.polling import batching
from pytest_lambda_modes.modes.polling.sqs_batch import Batch
from pytest_lambda_modes.modes.polling.sqs_collector import SqsCollector
from pytest_lambda_modes.modes.polling.sqs_invoker import SqsInvoker
from pytest_lambda_modes.modes.polling.sqs_mapping import SqsMapping
from pytest_lambda_modes.modes.polling.sqs_scaling import SqsScaling


class SqsPoller:
    """Has one timer: for now while there is something to take, else for the moment at which a message becomes visible
    or a batching window ends.

    The functions in `on_rest` are called once, when it is next at rest.
    """

    def __init__(self, mapping: SqsMapping) -> None:
        self.mapping = mapping
        self.on_rest: list[Callable[[], object]] = []
        self._queue = mapping.queue
        self._scheduler = mapping.platform.hub.scheduler
        self._scaling = SqsScaling()
        self._collector = SqsCollector(mapping)
        self._invoker = SqsInvoker(mapping, self._scaling, self._batch_settled)
        self._timer: Timer | None = None
        self._delayed_batch = 0
        self._not_before = 0
        self._queue.on_arrival.append(self._message_arrived)
        self._queue.store.on_empty.append(self._queue_emptied)
        self._arm_for_more()

    @property
    def batches(self) -> list[Batch]:
        return self._invoker.batches

    def resume(self) -> None:
        """Read on; the mapping is enabled, or configured anew."""
        self._arm_for_more()

    def pause(self) -> None:
        """Read no more. A batch that was forming is given up; its messages come back. What runs goes on. (ESM-9)"""
        self._collector.give_up()
        self._disarm()
        self._tell_of_rest()

    def leave(self) -> None:
        """Have nothing to do with the queue any more."""
        self.pause()
        self._queue.on_arrival.remove(self._message_arrived)
        self._queue.store.on_empty.remove(self._queue_emptied)

    @property
    def at_rest(self) -> bool:
        """Whether no message is in the queue, no batch is forming, and none is in flight."""
        return not self._scaling.in_flight and not self._collector and self._queue.is_empty

    @property
    def is_busy(self) -> bool:
        """Whether anything is still to come: a batch in flight, or messages that will be read."""
        return self._scaling.in_flight > 0 or (self.mapping.state == "Enabled" and not self.at_rest)

    # When to read

    def _message_arrived(self) -> None:
        if self._timer is None or self._timer.due > self._scheduler.now:
            self._arm_for_more()

    def _batch_settled(self) -> None:
        self._arm_for_more()
        self._tell_of_rest()

    def _queue_emptied(self) -> None:
        self.mapping.records.forget_all()
        self._tell_of_rest()

    def _arm(self, due: int) -> None:
        timer = self._timer
        if timer is not None:
            if timer.due <= due:
                return
            timer.cancel()
        self._timer = self._scheduler.at(due, self._poll, f"poll of {self._queue.name}")

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm_for_more(self) -> None:
        if self.mapping.state != "Enabled":
            return
        due = self._queue.next_visible_at()
        if due is not None:
            self._arm(due)
        if due != self._scheduler.now:
            self._scaling.no_backlog()

    # Reading

    def _poll(self) -> None:
        self._timer = None
        if self._must_wait():
            return
        now, config, collector = self._scheduler.now, self.mapping.config, self._collector
        size = self._size_of_next_batch()
        count = collector.collect(size)
        if not count:
            self._arm_for_more()
            self._tell_of_rest()
            return
        due = batching.complete_at(
            now,
            count=count,
            batch_size=size,
            is_full=collector.is_full,
            since=collector.since,
            window=config.maximum_batching_window_in_seconds * units.SECOND,
        )
        if due > now:
            self._arm_for_more()
            self._arm(due)
            return
        messages, payload = collector.hand_over()
        # The batch may run on this very stack, so first see to what comes after it.
        self._scaling.started()
        self._arm_for_more()
        self._invoker.deliver(messages, payload)

    def _must_wait(self) -> bool:
        """Whether this is not the moment for another batch. If the end of one will not poll again, a timer does."""
        now, config = self._scheduler.now, self.mapping.config
        if not self._scaling.has_room(config, now):
            grows_at = self._scaling.grows_at(config, now)
            if grows_at is not None:
                self._arm(grows_at)
            return True
        number = len(self.batches) + 1
        fault = self.mapping.fault_of(number)
        if isinstance(fault, faults.DelayedPoll) and self._delayed_batch != number:
            self._delayed_batch = number
            self._not_before = now + units.from_timedelta(fault.by)
            self.mapping.say_injected(fault)
        if now < self._not_before:
            self._arm(self._not_before)
            return True
        return False

    def _size_of_next_batch(self) -> int:
        size, fault = self.mapping.config.batch_size, self.mapping.fault_of(len(self.batches) + 1)
        return min(size, fault.size) if isinstance(fault, faults.ShortBatch) else size

    def _tell_of_rest(self) -> None:
        if self.on_rest and not self.is_busy:
            listeners, self.on_rest = self.on_rest, []
            for listener in listeners:
                listener()
