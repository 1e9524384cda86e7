"""An event source mapping of a stream: what the parts of its poller share, and how they tell what happens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pytest_lambda_modes import units
from pytest_lambda_modes.filtering.matching import FilterCriteria
from pytest_lambda_modes.model import facts
from pytest_lambda_modes.model.faults import DuplicateDelivery, Fault, ServiceError, Throttle
from pytest_lambda_modes.model.stream_mapping_config import StreamMappingConfig
from pytest_lambda_modes.modes.polling import stream_hazards
from pytest_lambda_modes.modes.polling.event_source_mapping import EventSourceMapping
from pytest_lambda_modes.modes.polling.hazard_teller import HazardTeller
from pytest_lambda_modes.modes.polling.stream_batch import PendingBatch
from pytest_lambda_modes.modes.polling.stream_retry import Bisect, Discard, Lifetime, Retry, RetrySchedule
from pytest_lambda_modes.modes.polling.stream_verdict import Verdict
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.stream import Stream

# What some faults are where a stream is polled.
_RULES: dict[type[Fault], str] = {Throttle: "KIN-9", ServiceError: "KIN-9", DuplicateDelivery: "ESM-1"}


class StreamMapping(EventSourceMapping):
    """Reads `stream` under `config`.

    `filters`, `lifetime` (how long a record may be tried) and `schedule` (the waits before retries) are those of the
    configuration. `envelope_bytes` is what an event has beside its records and the state of a window, at most.
    """

    envelope_bytes = 1024

    config: StreamMappingConfig
    filters: FilterCriteria
    lifetime: Lifetime
    schedule: RetrySchedule

    def __init__(
        self,
        platform: Platform,
        function: Function,
        qualifier: str | None,
        stream: Stream[Any],
        config: StreamMappingConfig,
    ) -> None:
        super().__init__(platform, function, qualifier, stream.arn)
        self.stream = stream
        self.hazards = HazardTeller(platform, stream.name)
        self._scheduler = platform.hub.scheduler
        self._emit = platform.emit
        self.configure(config)

    def configure(self, config: StreamMappingConfig) -> None:
        """Use other settings from the next batch on. Raises as `FilterCriteria.parse`, and has changed nothing then."""
        self.filters = self._filters_of(config)
        self.config = config
        self.lifetime = Lifetime(config.maximum_record_age_in_seconds, self.stream.retention)
        self.schedule = RetrySchedule(
            units.from_seconds(config.retry_delay_in_seconds), units.from_seconds(config.maximum_retry_delay_in_seconds)
        )
        self.hazards.say_all(self._hazards_of_setup())

    def _filters_of(self, config: StreamMappingConfig) -> FilterCriteria:
        return FilterCriteria.parse(config.filter_criteria, config.kind)

    def _hazards_of_setup(self) -> Iterable[tuple[str, str]]:
        return stream_hazards.of_setup(self.config, self.filters)

    def fault_of(self, attempt: int) -> Fault | None:
        """What the test wants to go wrong with an attempt, by its number in the mapping."""
        return self.config.faults.get(attempt) if self.config.faults else None

    def say_polled(self, count: int, filtered: int) -> None:
        rule = "KIN-24" if filtered else ""
        self._emit(facts.MessagesPolled, self._scheduler.now, self._who, self.stream.name, count, filtered, rule)

    def say_injected(self, fault: Fault) -> None:
        self._emit(facts.Injected, self._scheduler.now, self._who, str(fault), _RULES.get(type(fault), fault.rule))

    def say_delivered(self, batch: PendingBatch) -> None:
        """Nothing of a window's last invocation, which delivers no record. (MET-12)"""
        if batch.reads:
            self._emit(facts.RecordsDelivered, *self._about(batch), len(batch.reads), self._iterator_age(batch))

    def say_settled(self, batch: PendingBatch, verdict: Verdict) -> None:
        size, processed = len(batch.reads), verdict.processed
        self._emit(facts.StreamBatchSettled, *self._about(batch), size, processed, verdict.outcome, verdict.rule)

    def say_retried(self, batch: PendingBatch, retry: Retry) -> None:
        attempt = batch.invocations + 1
        now, who = self._scheduler.now, self._who
        self._emit(facts.RetryScheduled, now, who, batch.request_id, attempt, retry.at, retry.rule)

    def say_bisected(self, batch: PendingBatch, bisect: Bisect) -> None:
        right = len(batch.reads) - bisect.left
        self._emit(facts.BatchBisected, *self._about(batch), bisect.left, right, bisect.rule)

    def say_discarded(self, batch: PendingBatch, count: int, decision: Discard, *, delivered: bool) -> None:
        condition, rule = decision.condition, decision.rule
        self._emit(facts.RecordsDiscarded, *self._about(batch), count, condition, rule, delivered)

    def say_destination_reached(self, batch: PendingBatch, target: str, condition: str) -> None:
        now, who = self._scheduler.now, self._who
        self._emit(facts.DestinationReached, now, who, batch.request_id, target, condition, "KIN-18")

    def say_delivery_failed(self, target: str, reason: str) -> None:
        self._emit(facts.DeliveryFailed, self._scheduler.now, self._who, target, reason, "KIN-20")

    def _iterator_age(self, batch: PendingBatch) -> int | None:
        """That of the last record, in microseconds; None where AWS does not measure it. (MET-12)"""
        return self._scheduler.now - batch.reads[-1].record.arrival

    @property
    def _who(self) -> str:
        return self.function.function_name

    def _about(self, batch: PendingBatch) -> tuple[int, str, str, str, str]:
        """When, for whom, and which batch: so begins what is said of one."""
        return self._scheduler.now, self._who, self.stream.name, batch.shard_id, batch.request_id
