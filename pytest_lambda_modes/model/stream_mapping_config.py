"""How an event source mapping of a stream is configured: AWS's ranges, defaults and refusals. (ESM-2, ESM-5, KIN-20)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pytest_lambda_modes.errors import ConfigError, InvalidParameterValueException
from pytest_lambda_modes.model import settings, targets
from pytest_lambda_modes.model.api_numbers import api_number, constraint_failed
from pytest_lambda_modes.model.faults import Fault, check_faults
from pytest_lambda_modes.model.limits import Range
from pytest_lambda_modes.model.targets import Target
from pytest_lambda_modes.units import epoch_microseconds, from_seconds

Kind = Literal["kinesis", "dynamodb"]
StartingPosition = Literal["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"]

BATCH_SIZE = Range(1, 10_000, default=100, rule="ESM-2")
BATCHING_WINDOW = Range(0, 300, default=0, rule="ESM-2")
PARALLELIZATION_FACTOR = Range(1, 10, default=1, rule="ESM-2")
MAXIMUM_RECORD_AGE = Range(-1, 604_800, default=-1, rule="ESM-2")
LEAST_RECORD_AGE = 60
MAXIMUM_RETRY_ATTEMPTS = Range(-1, 10_000, default=-1, rule="ESM-2")
TUMBLING_WINDOW = Range(0, 900, default=0, rule="ESM-2")
STARTING_POSITIONS: tuple[StartingPosition, ...] = ("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP")
ON_FAILURE = ("sqs", "sns", "s3")
REPORT_BATCH_ITEM_FAILURES = "ReportBatchItemFailures"

NOT_MODELLED = {
    "metrics_config": "all metrics are there, lambda_modes.metrics",
    "logging_config": "what a mapping does is in the timeline",
    "kms_key_arn": "nothing here is encrypted",
    "tags": "nothing reads them",
}

_datetime = dt.datetime


@dataclass(frozen=True)
class StreamMappingConfig:
    """Settings of a mapping from a stream.

    Ages and windows are in seconds; -1 is no limit, 0 no window. `starting_position_timestamp` is microseconds since
    1970. `filter_criteria` is kept as given. The retries of a batch wait `retry_delay_in_seconds`, then twice as long
    each time, up to `maximum_retry_delay_in_seconds`: AWS documents no spacing, so these two are ours (KIN-8).
    `faults` are keyed by the number of the attempt they meet.
    """

    kind: str
    event_source_arn: str
    starting_position: StartingPosition
    starting_position_timestamp: int | None = None
    batch_size: int = BATCH_SIZE.default
    maximum_batching_window_in_seconds: float = BATCHING_WINDOW.default
    parallelization_factor: int = PARALLELIZATION_FACTOR.default
    maximum_record_age_in_seconds: int = MAXIMUM_RECORD_AGE.default
    maximum_retry_attempts: int = MAXIMUM_RETRY_ATTEMPTS.default
    bisect_batch_on_function_error: bool = False
    tumbling_window_in_seconds: int = TUMBLING_WINDOW.default
    function_response_types: tuple[str, ...] = ()
    on_failure: Target | None = None
    filter_criteria: object = None
    enabled: bool = True
    retry_delay_in_seconds: float = 1
    maximum_retry_delay_in_seconds: float = 60
    faults: Mapping[int, Fault] | None = None

    @classmethod
    def build(cls, where: str, kind: Kind, /, *, event_source_arn: str, **given: object) -> StreamMappingConfig:
        """Check the settings of a new mapping and keep them.

        Raises ConfigError for an unknown setting or a value of the wrong kind, InvalidParameterValueException where
        AWS's API refuses.
        """
        settings.check_names(where, given, SETTINGS, NOT_MODELLED)
        if given.get("starting_position") is None:
            raise constraint_failed("starting_position", None, "not be null.")
        return cls(kind, event_source_arn, "TRIM_HORIZON")._changed(where, given)

    def replace(self, where: str, /, **given: object) -> StreamMappingConfig:
        """The same mapping with other settings, checked as in `build`. Where it started cannot be changed."""
        settings.check_names(where, given, SETTINGS, NOT_MODELLED)
        self.refuse_positions(where, given)
        return self._changed(where, given)

    def refuse_positions(self, where: str, given: Mapping[str, object]) -> None:
        for name in ("starting_position", "starting_position_timestamp"):
            if name in given:
                raise ConfigError(
                    f"{where}: {name} cannot be changed.\n\n"
                    "A mapping goes on from its checkpoint. To start elsewhere, make another one."
                )

    @property
    def reports_batch_item_failures(self) -> bool:
        return REPORT_BATCH_ITEM_FAILURES in self.function_response_types

    @property
    def most_retries(self) -> int:
        """After how many retries a batch is given up; -1 is never."""
        return self.maximum_retry_attempts

    def _changed(self, where: str, given: Mapping[str, object]) -> StreamMappingConfig:
        config = replace(self, **checked(where, given))
        config.refuse_contradictions(where)
        return config

    def refuse_contradictions(self, where: str) -> None:
        _refuse_contradictions(where, self)


def checked(where: str, given: Mapping[str, object]) -> dict[str, Any]:
    """Settings whose values are each possible by themselves. Raises as `StreamMappingConfig.build`."""
    return {name: CHECKS[name](where, name, value) for name, value in given.items()}


def _refuse_contradictions(where: str, config: StreamMappingConfig) -> None:
    at_timestamp = config.starting_position == "AT_TIMESTAMP"
    if at_timestamp and config.kind == "dynamodb":
        raise InvalidParameterValueException(f"Unsupported starting position for arn type: {config.event_source_arn}")
    if at_timestamp and config.starting_position_timestamp is None:
        raise InvalidParameterValueException("StartingPositionTimestamp is required for AT_TIMESTAMP.")
    if not at_timestamp and config.starting_position_timestamp is not None:
        raise ConfigError(
            f'{where}: starting_position_timestamp needs starting_position="AT_TIMESTAMP", and it is '
            f'"{config.starting_position}".\n\nA timestamp is without effect on any other position. (ESM-2)'
        )
    if config.retry_delay_in_seconds > config.maximum_retry_delay_in_seconds:
        raise ConfigError(
            f"{where}: retry_delay_in_seconds is {config.retry_delay_in_seconds:g}, and "
            f"maximum_retry_delay_in_seconds is {config.maximum_retry_delay_in_seconds:g}.\n\n"
            "The first wait before a retry cannot be longer than the longest. Set both. (KIN-8)"
        )
    if config.tumbling_window_in_seconds and config.parallelization_factor > 1:
        raise InvalidParameterValueException(
            "Tumbling windows are not supported with a parallelization factor greater than 1."
        )
    if config.tumbling_window_in_seconds and _has_filters(config.filter_criteria):
        raise InvalidParameterValueException("Tumbling windows are not supported with filter criteria.")


def _has_filters(criteria: object) -> bool:
    return bool(criteria.get("Filters", criteria) if isinstance(criteria, Mapping) else criteria)


Check = Callable[[str, str, object], object]


def number(allowed: Range, unit: str, why: str) -> Check:
    """A check for a number of the API."""
    return lambda where, name, value: api_number(where, name, value, allowed, unit, why)


def _flag(why: str) -> Check:
    return lambda where, name, value: settings.flag(where, name, value, why)


def _record_age(where: str, name: str, value: object) -> int:
    why = "A record that is older is discarded. -1 is any age."
    age = api_number(where, name, value, MAXIMUM_RECORD_AGE, "seconds", why)
    if 0 <= age < LEAST_RECORD_AGE:
        raise InvalidParameterValueException(
            f"MaximumRecordAgeInSeconds must be -1 or from {LEAST_RECORD_AGE} to {MAXIMUM_RECORD_AGE.most}."
        )
    return age


def _timestamp(where: str, name: str, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, _datetime) and value.tzinfo is not None:
        return epoch_microseconds(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return from_seconds(value)
    must = "a datetime with a time zone, or seconds since 1970"
    raise settings.wrong_value(where, name, value, must, "Records that arrived before are not read. (KIN-4)")


def _seconds(where: str, name: str, value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= 3600:
        return value
    why = "It is the wait before a failed batch is tried again. AWS documents none; ours doubles. (KIN-8)"
    raise settings.wrong_value(where, name, value, "a number of seconds above 0, up to 3600", why)


def _response_types(where: str, name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, (list, tuple)) and all(each == REPORT_BATCH_ITEM_FAILURES for each in value):
        return tuple(value)
    why = "With it the function's answer says from which record on to try again. (KIN-14)"
    raise settings.wrong_value(where, name, value, f'[] or ["{REPORT_BATCH_ITEM_FAILURES}"]', why)


def _on_failure(where: str, name: str, value: object) -> Target | None:
    if value is None:
        return None
    target = targets.parse_allowed(where, name, value, ON_FAILURE)
    if target.fifo:
        raise InvalidParameterValueException(
            f"The provided destination config DestinationConfig(onSuccess=null, "
            f"onFailure=OnFailure(destination={target.arn})) is invalid."
        )
    return target


CHECKS: Mapping[str, Check] = {
    "starting_position": lambda where, name, value: settings.one_of(
        where, name, value, STARTING_POSITIONS, "It says which records a new mapping reads first. (KIN-4)"
    ),
    "starting_position_timestamp": _timestamp,
    "batch_size": number(BATCH_SIZE, "", "It is the most records in one invocation."),
    "maximum_batching_window_in_seconds": number(
        BATCHING_WINDOW, "seconds", "It is how long a batch is waited for, from its first record on."
    ),
    "parallelization_factor": number(PARALLELIZATION_FACTOR, "", "So many batches of a shard may be in flight."),
    "maximum_record_age_in_seconds": _record_age,
    "maximum_retry_attempts": number(
        MAXIMUM_RETRY_ATTEMPTS, "", "A batch is invoked once more than that, then discarded. -1 is any number."
    ),
    "bisect_batch_on_function_error": _flag("With it a batch that fails is split in two."),
    "tumbling_window_in_seconds": number(TUMBLING_WINDOW, "seconds", "It is the size of a window. 0 is no windows."),
    "function_response_types": _response_types,
    "on_failure": _on_failure,
    "filter_criteria": lambda where, name, value: value,
    "enabled": _flag("A disabled mapping reads nothing."),
    "retry_delay_in_seconds": _seconds,
    "maximum_retry_delay_in_seconds": _seconds,
    "faults": lambda where, name, value: check_faults(where, value),
}
SETTINGS = tuple(CHECKS)
