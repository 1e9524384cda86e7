"""How an event source mapping of SQS is configured: AWS's ranges, defaults and refusals. (ESM-2, ESM-3, ESM-5)"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pytest_lambda_modes.errors import ConfigError, InvalidParameterValueException
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.api_numbers import api_number
from pytest_lambda_modes.model.faults import OF_BATCHES, DuplicateDelivery, Fault, check_faults
from pytest_lambda_modes.model.limits import Range

BATCH_SIZE = Range(1, 10_000, default=10, rule="ESM-2")
FIFO_BATCH_SIZE = Range(1, 10, default=10, rule="ESM-2")
BATCH_SIZE_WITHOUT_WINDOW = 10  # ESM-3
BATCHING_WINDOW = Range(0, 300, default=0, rule="ESM-2")
MAXIMUM_CONCURRENCY = Range(2, 1_000, default=0, rule="SQS-25")  # 0 stands for None
MINIMUM_POLLERS = Range(2, 200, default=2, rule="SQS-26")
MAXIMUM_POLLERS = Range(2, 10_000, default=200, rule="SQS-26")
REPORT_BATCH_ITEM_FAILURES = "ReportBatchItemFailures"

# What AWS has for mappings of SQS and would be without effect here.
NOT_MODELLED = {
    "metrics_config": "all metrics are there, lambda_modes.metrics",
    "logging_config": "what a mapping does is in the timeline",
    "kms_key_arn": "nothing here is encrypted",
    "tags": "nothing reads them",
}


@dataclass(frozen=True)
class SqsMappingConfig:
    """Settings of a mapping from a queue. The window is in seconds; `filter_criteria` is kept as given.

    `maximum_concurrency` None leaves the scaling to AWS's rates (SQS-24). With `minimum_pollers` or `maximum_pollers`
    the mapping is in provisioned mode (SQS-26). `faults` are keyed by the number of the batch they meet.
    """

    fifo: bool = False
    batch_size: int = BATCH_SIZE.default
    maximum_batching_window_in_seconds: int = BATCHING_WINDOW.default
    filter_criteria: object = None
    function_response_types: tuple[str, ...] = ()
    maximum_concurrency: int | None = None
    minimum_pollers: int | None = None
    maximum_pollers: int | None = None
    enabled: bool = True
    faults: Mapping[int, Fault] | None = None

    @classmethod
    def build(cls, where: str, /, *, fifo: bool, **given: object) -> SqsMappingConfig:
        """Check settings and keep them.

        Raises ConfigError for an unknown setting or a value of the wrong kind, InvalidParameterValueException where
        AWS's API refuses.
        """
        return cls(fifo).replace(where, **given)

    def replace(self, where: str, /, **given: object) -> SqsMappingConfig:
        """The same mapping with other settings, checked as in `build`."""
        config = replace(self, **checked(where, given))
        _refuse_contradictions(where, config)
        return config

    @property
    def reports_batch_item_failures(self) -> bool:
        return REPORT_BATCH_ITEM_FAILURES in self.function_response_types

    @property
    def pollers(self) -> tuple[int, int] | None:
        """The least and the most dedicated pollers in provisioned mode, else None. (SQS-26)"""
        if self.minimum_pollers is None and self.maximum_pollers is None:
            return None
        return (
            MINIMUM_POLLERS.default if self.minimum_pollers is None else self.minimum_pollers,
            MAXIMUM_POLLERS.default if self.maximum_pollers is None else self.maximum_pollers,
        )


def checked(where: str, given: Mapping[str, object]) -> dict[str, Any]:
    """Settings whose values are each possible by themselves. Raises as `SqsMappingConfig.build`."""
    refuse_destination(given)
    settings.check_names(where, given, SETTINGS, NOT_MODELLED)
    return {name: _CHECKS[name](where, name, value) for name, value in given.items()}


def refuse_destination(given: Mapping[str, object]) -> None:
    """A queue has a redrive policy instead. Raises InvalidParameterValueException. (ESM-5)"""
    if "on_failure" in given or "destination_config" in given:
        raise InvalidParameterValueException(
            "Unsupported DestinationConfig parameter for given event source mapping type."
        )


def _refuse_contradictions(where: str, config: SqsMappingConfig) -> None:
    window = config.maximum_batching_window_in_seconds
    if config.fifo and window:
        raise InvalidParameterValueException("Batching window is not supported for FIFO queues.")
    if config.fifo and config.batch_size > FIFO_BATCH_SIZE.most:
        raise InvalidParameterValueException(
            f"Batch size must be less than or equal to {FIFO_BATCH_SIZE.most} for FIFO queues."
        )
    if config.batch_size > BATCH_SIZE_WITHOUT_WINDOW and window == 0:
        raise InvalidParameterValueException(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than "
            f"{BATCH_SIZE_WITHOUT_WINDOW}"
        )
    pollers = config.pollers
    if pollers is not None and config.maximum_concurrency is not None:
        raise InvalidParameterValueException(
            "Maximum concurrency and provisioned mode cannot be used together for an event source mapping."
        )
    if pollers is not None and pollers[0] > pollers[1]:
        raise InvalidParameterValueException("MinimumPollers must be less than or equal to MaximumPollers.")
    if config.fifo and any(isinstance(fault, DuplicateDelivery) for fault in (config.faults or {}).values()):
        raise ConfigError(
            f"{where}: faults has a DuplicateDelivery, and the queue is a FIFO queue.\n\n"
            "A group has at most one batch in flight (SQS-16). What does bring a message again is a visibility timeout "
            "that ends, or faults.FailedDelete()."
        )


_Check = Callable[[str, str, object], object]


def _number(allowed: Range, unit: str, why: str) -> _Check:
    return lambda where, name, value: api_number(where, name, value, allowed, unit, why)


def _number_or_none(allowed: Range, why: str) -> _Check:
    def check(where: str, name: str, value: object) -> int | None:
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return api_number(where, name, value, allowed, "", why)
        must = f"None or a whole number from {allowed.least} to {allowed.most}"
        raise settings.wrong_value(where, name, value, must, f"{why} Default: None. ({allowed.rule})")

    return check


def _response_types(where: str, name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, (list, tuple)) and all(each == REPORT_BATCH_ITEM_FAILURES for each in value):
        return tuple(value)
    why = "With it the function's answer says which messages failed. (SQS-11)"
    raise settings.wrong_value(where, name, value, f'[] or ["{REPORT_BATCH_ITEM_FAILURES}"]', why)


_CHECKS: Mapping[str, _Check] = {
    "batch_size": _number(BATCH_SIZE, "", "It is the most messages in one invocation."),
    "maximum_batching_window_in_seconds": _number(
        BATCHING_WINDOW, "seconds", "It is how long a batch is waited for, from its first message on."
    ),
    "filter_criteria": lambda where, name, value: value,
    "function_response_types": _response_types,
    "maximum_concurrency": _number_or_none(MAXIMUM_CONCURRENCY, "It bounds the batches in flight."),
    "minimum_pollers": _number_or_none(MINIMUM_POLLERS, "They are dedicated to this mapping."),
    "maximum_pollers": _number_or_none(MAXIMUM_POLLERS, "They are dedicated to this mapping."),
    "enabled": lambda where, name, value: settings.flag(where, name, value, "A disabled mapping reads nothing."),
    "faults": lambda where, name, value: check_faults(where, value, OF_BATCHES),
}
SETTINGS = tuple(_CHECKS)
