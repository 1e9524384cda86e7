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
    """Has one timer at most: for when there is next something to do, as far as that is known by now.

    The functions in `on_rest` are called once, when nothing is to come any more.
    """

    def __init__(self, mapping: SqsMapping) -> None:
        self.mapping = mapping
        self.on_rest: list[Callable[[], object]] = []
        self._queue = mapping.queue
        self._does = f"poll of {mapping.queue.name}"
        self._scheduler = mapping.platform.hub.scheduler
        self._scaling = SqsScaling()
        self._collector = SqsCollector(mapping)
        self._invoker = SqsInvoker(mapping, self._scaling, self._batch_settled)
        self._timer: Timer | None = None
        self._delayed_batch = 0
        self._not_before = 0
        self._queue.on_arrival.append(self._message_arrived)
        self._queue.store.on_empty.append(self._queue_emptied)
        self.resume()

    @property
    def batches(self) -> list[Batch]:
        return self._invoker.batches

    def resume(self) -> None:
        """Go by the state and the configuration that the mapping has now."""
        self._rearm()

    def pause(self) -> None:
        """Read no more. A batch that was forming is given up; its messages come back. What runs goes on. (ESM-9)"""
        self._collector.give_up()
        self._scaling.backlog_since = None
        self._rearm()
        self._tell_of_rest()

    def leave(self) -> None:
        """Have nothing to do with the queue any more."""
        self.pause()
        self._queue.on_arrival.remove(self._message_arrived)
        self._queue.store.on_empty.remove(self._queue_emptied)

    @property
    def at_rest(self) -> bool:
        """Whether no message is in the queue, no batch is forming, and none is in flight or to come again."""
        return not (self._in_flight or self._collector.collected) and self._queue.is_empty

    def goes_on(self) -> bool:
        """Whether something more happens by itself: what is in flight, and while the queue is read, what is there."""
        return not self.at_rest if self.mapping.state == "Enabled" else bool(self._in_flight)

    @property
    def _in_flight(self) -> int:
        return self._scaling.in_flight + self._invoker.duplicates_to_come

    # When to read

    def _message_arrived(self) -> None:
        if self._timer is None or self._timer.due > self._scheduler.now:
            self._rearm()

    def _batch_settled(self, deleted: int) -> None:
        # One that comes back as it is makes way for another, and there may be none that waits for that.
        if deleted or self._timer is None or self._scaling.backlog_since is not None:
            self._rearm()
        if self.on_rest:
            self._tell_of_rest()

    def _queue_emptied(self) -> None:
        if not self._collector.collected:
            self._disarm()
        if self.on_rest:
            self._tell_of_rest()

    def _rearm(self) -> None:
        due, timer = self._next_poll(), self._timer
        if timer is not None:
            if timer.due == due:
                return
            self._disarm()
        if due is not None:
            self._timer = self._scheduler.at(due, self._poll, self._does)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _next_poll(self) -> int | None:
        """When there is next something to do; None if that is only after an arrival, or at the end of a batch."""
        mapping, scaling = self.mapping, self._scaling
        if mapping.state != "Enabled":
            return None
        now = self._scheduler.now
        due = self._queue.next_visible_at()
        if self._collector.collected:
            complete_at = self._complete_at(now, self._size_of_next_batch())
            due = complete_at if due is None or complete_at < due else due
        if due is None or due > now:
            scaling.backlog_since = None
        elif not scaling.has_room(mapping.config, now):
            scaling.backlog(now)
            return scaling.grows_at(mapping.config, now)
        return self._not_before if due is not None and due < self._not_before else due

    # Reading

    def _poll(self) -> None:
        self._timer = None
        now, config = self._scheduler.now, self.mapping.config
        if self._scaling.has_room(config, now) and not (config.faults and self._is_delayed(now)):
            size = self._size_of_next_batch() if config.faults else config.batch_size
            collected = self._collector.collect(size)
            if collected >= size or (collected and self._complete_at(now, size) <= now):
                self._deliver()
                return
        self._rearm()
        self._tell_of_rest()

    def _deliver(self) -> None:
        received = self._collector.hand_over()
        self._scaling.in_flight += 1
        # The batch may run on this very stack, so first see to what comes beside it.
        self._rearm()
        self._invoker.deliver(received)

    def _complete_at(self, now: int, size: int) -> int:
        return batching.complete_at(
            now,
            count=len(self._collector.collected),
            batch_size=size,
            is_full=self._collector.is_full,
            since=self._collector.since,
            window=self.mapping.config.maximum_batching_window_in_seconds * units.SECOND,
        )

    def _size_of_next_batch(self) -> int:
        size, fault = self.mapping.config.batch_size, self._fault_of_next_batch()
        return min(size, fault.size) if isinstance(fault, faults.ShortBatch) else size

    def _is_delayed(self, now: int) -> bool:
        """Whether the test wants the poller to look later than it could, now that there is something to see."""
        fault, number = self._fault_of_next_batch(), len(self.batches) + 1
        finds_something = self._queue.next_visible_at() == now
        if isinstance(fault, faults.DelayedPoll) and self._delayed_batch != number and finds_something:
            self._delayed_batch = number
            self._not_before = now + units.from_timedelta(fault.by)
            self.mapping.say_injected(fault)
        return now < self._not_before

    def _fault_of_next_batch(self) -> faults.Fault | None:
        return self.mapping.fault_of(len(self._invoker.batches) + 1)

    def _tell_of_rest(self) -> None:
        if self.on_rest and not self.goes_on():
            listeners, self.on_rest = self.on_rest, []
            for listener in listeners:
                listener()
