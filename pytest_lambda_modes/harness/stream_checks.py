"""What CreateEventSourceMapping looks at before it maps a stream. (ESM-5)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.errors import InvalidParameterValueException, ResourceNotFoundException
from pytest_lambda_modes.filtering.matching import FilterCriteria
from pytest_lambda_modes.model.stream_mapping_config import Kind, StreamMappingConfig
from pytest_lambda_modes.runtime.function import Function


def check_target(function: Function, qualifier: str | None) -> None:
    """Raise InvalidParameterValueException for a function, version or alias that does not exist. (ESM-5)"""
    try:
        function.check(qualifier)
    except ResourceNotFoundException:
        raise InvalidParameterValueException("Function does not exist") from None


def checked_config(
    where: str, kind: Kind, event_source_arn: str, now: int, given: Mapping[str, Any]
) -> StreamMappingConfig:
    """The settings of a new mapping, its filters looked at too. `now` is in microseconds since 1970.

    Raises ConfigError, and InvalidParameterValueException as CreateEventSourceMapping does. (ESM-5, FILT-3)
    """
    config = StreamMappingConfig.build(where, kind, event_source_arn=event_source_arn, **given)
    FilterCriteria.parse(config.filter_criteria, kind)
    refuse_future(config.starting_position_timestamp, now)
    return config


def refuse_future(timestamp: int | None, now: int) -> None:
    """Raise InvalidParameterValueException for a starting position that is still to come."""
    if timestamp is not None and timestamp > now:
        raise InvalidParameterValueException("StartingPositionTimestamp cannot be in the future.")
