"""An event source mapping of a queue: what the parts of its poller share, and how they tell what happens."""

from __future__ import annotations

from pytest_lambda_modes.filtering.matching import FilterCriteria
from pytest_lambda_modes.model.event_source_mapping_config import SqsMappingConfig
from pytest_lambda_modes.model.facts import BatchSettled, Injected, MessagesPolled, RecursionStopped
from pytest_lambda_modes.model.faults import DuplicateDelivery, Fault, ServiceError, Throttle
from pytest_lambda_modes.modes.polling.event_source_mapping import EventSourceMapping
from pytest_lambda_modes.modes.polling.sqs_batch import Batch
from pytest_lambda_modes.modes.polling.sqs_hazard_watch import HazardWatch
from pytest_lambda_modes.modes.polling.sqs_records import SqsRecords
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.sqs_queue import SqsQueue

# What a fault of an invocation is an instance of here; for events it is another rule.
_RULES: dict[type[Fault], str] = {Throttle: "SQS-27", ServiceError: "SQS-27", DuplicateDelivery: "ESM-1"}


class SqsMapping(EventSourceMapping):
    """Reads `queue` under `config`. `filters` are those of the configuration, `records` the messages as JSON."""

    config: SqsMappingConfig
    filters: FilterCriteria

    def __init__(
        self, platform: Platform, function: Function, qualifier: str | None, queue: SqsQueue, config: SqsMappingConfig
    ) -> None:
        super().__init__(platform, function, qualifier, queue.arn)
        self.queue = queue
        self._scheduler = platform.hub.scheduler
        self.hazards = HazardWatch(self)
        self.configure(config)

    def configure(self, config: SqsMappingConfig) -> None:
        """Use other settings from the next batch on. Raises as `FilterCriteria.parse`, and nothing has changed then."""
        self.filters = FilterCriteria.parse(config.filter_criteria, "sqs")
        self.config = config
        self.records = SqsRecords(self.queue, has_window=config.maximum_batching_window_in_seconds > 0)
        self.hazards.examine()

    def fault_of(self, batch: int) -> Fault | None:
        """What the test wants to go wrong with the batch of a number."""
        return self.config.faults.get(batch) if self.config.faults else None

    def say_polled(self, count: int, filtered: int) -> None:
        rule = "FILT-6" if filtered else ""
        self.platform.emit(
            MessagesPolled, self._scheduler.now, self.function.function_name, self.queue.name, count, filtered, rule
        )

    def say_settled(self, batch: Batch, deleted: int, rule: str) -> None:
        size, failed, outcome = len(batch.records), len(batch.failed), batch.outcome or ""
        now, name = self._scheduler.now, batch.function_name
        self.platform.emit(
            BatchSettled, now, name, self.queue.name, batch.request_id, size, deleted, failed, outcome, rule
        )

    def say_injected(self, fault: Fault) -> None:
        rule = _RULES.get(type(fault), fault.rule)
        self.platform.emit(Injected, self._scheduler.now, self.function.function_name, str(fault), rule)

    def say_recursion_stopped(self, request_id: str) -> None:
        self.platform.emit(RecursionStopped, self._scheduler.now, self.function.function_name, request_id, "ESM-10")
