"""How an event source mapping of SQS is configured: AWS's ranges, defaults and refusals. (ESM-2, ESM-3, ESM-5)"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pytest_lambda_modes.errors import InvalidParameterValueException
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.faults import OF_BATCHES, Fault, check_faults
from pytest_lambda_modes.model.limits import Range

BATCH_SIZE = Range(1, 10_000, default=10, rule="ESM-2")
FIFO_BATCH_SIZE = Range(1, 10, default=10, rule="ESM-2")
BATCHING_WINDOW = Range(0, 300, default=0, rule="ESM-2")
MAXIMUM_CONCURRENCY = Range(2, 1_000, default=0, rule="SQS-25")
MINIMUM_POLLERS = Range(2, 200, default=2, rule="SQS-26")
MAXIMUM_POLLERS = Range(2, 10_000, default=200, rule="SQS-26")
REPORT_BATCH_ITEM_FAILURES = "ReportBatchItemFailures"

SETTINGS = (
    "batch_size",
    "maximum_batching_window_in_seconds",
    "filter_criteria",
    "function_response_types",
    "maximum_concurrency",
    "minimum_pollers",
    "maximum_pollers",
    "enabled",
    "faults",
)

# Stream settings, and what AWS has for SQS that would be without effect here.
NOT_MODELLED = {
    "metrics_config": "all metrics are there, lambda_modes.metrics",
    "kms_key_arn": "nothing here is encrypted",
    "tags": "nothing reads them",
    "scaling_config": "its leaf is a setting: maximum_concurrency",
    "provisioned_poller_config": "its leaves are settings: minimum_pollers, maximum_pollers",
}


@dataclass(frozen=True)
class SqsMappingConfig:
    """Settings of a mapping from a queue. The window is in seconds; `filter_criteria` is kept as given.

    `maximum_concurrency` None leaves the scaling to AWS's rates (SQS-24). With `minimum_pollers` or `maximum_pollers`
    the mapping is in provisioned mode (SQS-26). `faults` are keyed by the number of the batch they meet.
    """

    fifo: bool = False
    batch_size: int = BATCH_SIZE.default
    maximum_batching_window_in_seconds: int = 0
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
        return cls(fifo)._changed(where, given)

    def replace(self, where: str, /, **given: object) -> SqsMappingConfig:
        """The same mapping with other settings, checked as in `build`."""
        return self._changed(where, given)

    def _changed(self, where: str, given: Mapping[str, object]) -> SqsMappingConfig:
        settings.check_names(where, given, SETTINGS, NOT_MODELLED)
        checked: dict[str, Any] = {name: _CHECKS[name](where, name, value) for name, value in given.items()}
        config = replace(self, **checked)
        _refuse_contradictions(config)
        return config

    @property
    def reports_batch_item_failures(self) -> bool:
        return REPORT_BATCH_ITEM_FAILURES in self.function_response_types


def _refuse_contradictions(config: SqsMappingConfig) -> None:
    window = config.maximum_batching_window_in_seconds
    if config.fifo and window:
        raise InvalidParameterValueException("Batching window is not supported for FIFO queues.")
    if config.fifo and config.batch_size > FIFO_BATCH_SIZE.most:
        raise InvalidParameterValueException(
            f"Batch size must be less than or equal to {FIFO_BATCH_SIZE.most} for FIFO queues."
        )
    if config.batch_size > 10 and window == 0:
        raise InvalidParameterValueException(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )
    provisioned = config.minimum_pollers is not None or config.maximum_pollers is not None
    if provisioned and config.maximum_concurrency is not None:
        raise InvalidParameterValueException(
            "Maximum concurrency and provisioned mode cannot be used together for an event source mapping."
        )
    if provisioned and pollers(config)[0] > pollers(config)[1]:
        raise InvalidParameterValueException("MinimumPollers must be less than or equal to MaximumPollers.")


def pollers(config: SqsMappingConfig) -> tuple[int, int]:
    """The least and the most dedicated pollers of a mapping in provisioned mode. (SQS-26)"""
    return (
        MINIMUM_POLLERS.default if config.minimum_pollers is None else config.minimum_pollers,
        MAXIMUM_POLLERS.default if config.maximum_pollers is None else config.maximum_pollers,
    )


def _number(limits: Range, unit: str, why: str) -> Callable[[str, str, object], int]:
    def check(where: str, name: str, value: object) -> int:
        number = settings.whole_number(where, name, value, limits, unit, why)
        if limits.least <= number <= limits.most:
            return number
        bound, how = (limits.least, "greater") if number < limits.least else (limits.most, "less")
        raise InvalidParameterValueException(
            f"1 validation error detected: Value '{number}' at '{_camel(name)}' failed to satisfy constraint: "
            f"Member must have value {how} than or equal to {bound}"
        )

    return check


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _response_types(where: str, name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, (list, tuple)) and all(each == REPORT_BATCH_ITEM_FAILURES for each in value):
        return tuple(value)
    why = "With it the function's answer says which records failed. (SQS-11)"
    raise settings.wrong_value(where, name, value, f'[] or ["{REPORT_BATCH_ITEM_FAILURES}"]', why)


_CHECKS: Mapping[str, Callable[[str, str, object], object]] = {
    "batch_size": _number(BATCH_SIZE, "", "It is the most messages in one invocation."),
    "maximum_batching_window_in_seconds": _number(
        BATCHING_WINDOW, "seconds", "It is how long a batch is waited for, from its first message on."
    ),
    "filter_criteria": lambda where, name, value: value,
    "function_response_types": _response_types,
    "maximum_concurrency": lambda where, name, value: (
        None if value is None else _number(MAXIMUM_CONCURRENCY, "", "It bounds the batches in flight.")(where, name, value)
    ),
    "minimum_pollers": _number(MINIMUM_POLLERS, "", "They are dedicated to this mapping."),
    "maximum_pollers": _number(MAXIMUM_POLLERS, "", "They are dedicated to this mapping."),
    "enabled": lambda where, name, value: settings.flag(where, name, value, "A disabled mapping reads nothing."),
    "faults": lambda where, name, value: check_faults(where, value, OF_BATCHES),
}
