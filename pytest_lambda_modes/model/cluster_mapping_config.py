"""How an event source mapping of Kafka, Amazon MQ or DocumentDB is configured. (ESM-2, KAFKA-4, MQ-2, DOCDB-1)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pytest_lambda_modes.errors import ConfigError, InvalidParameterValueException
from pytest_lambda_modes.model import settings, targets
from pytest_lambda_modes.model.api_numbers import constraint_failed
from pytest_lambda_modes.model.limits import Range
from pytest_lambda_modes.model.stream_mapping_config import (
    CHECKS,
    MAXIMUM_RECORD_AGE,
    MAXIMUM_RETRY_ATTEMPTS,
    NOT_MODELLED,
    Check,
    StreamMappingConfig,
    number,
)
from pytest_lambda_modes.model.targets import Target

Cluster = Literal["kafka", "mq", "documentdb"]

WINDOW_IN_SECONDS = 0.5  # ESM-2: the API takes whole seconds only, so nobody gets back to it
MINIMUM_POLLERS = Range(1, 200, default=1, rule="KAFKA-4")
MAXIMUM_POLLERS = Range(1, 2_000, default=200, rule="KAFKA-4")
MOST_RETRIES_WITH_DESTINATION = 10  # KAFKA-4
POLLERS = ("minimum_pollers", "maximum_pollers")

_OF_ALL = ("batch_size", "maximum_batching_window_in_seconds", "enabled", "faults")
_SPACING = ("retry_delay_in_seconds", "maximum_retry_delay_in_seconds")
_POSITIONS = ("starting_position", "starting_position_timestamp")
_PROVISIONED = (
    "maximum_retry_attempts",
    "maximum_record_age_in_seconds",
    "bisect_batch_on_function_error",
    "function_response_types",
)
SETTINGS: Mapping[Cluster, tuple[str, ...]] = {
    "kafka": (*_POSITIONS, *_OF_ALL, "filter_criteria", *POLLERS, *_PROVISIONED, "on_failure", *_SPACING),
    "mq": (*_OF_ALL, "filter_criteria", *_SPACING),
    "documentdb": (*_POSITIONS, *_OF_ALL, *_SPACING),
}

_STREAMS_ONLY = {
    "tumbling_window_in_seconds": "tumbling windows are for Kinesis and DynamoDB streams (ESM-2)",
    "parallelization_factor": "it divides the shards of Kinesis and DynamoDB streams (ESM-2)",
    "maximum_concurrency": "it is for SQS (SQS-25)",
}
_UNTIL_DONE_MQ = "a batch is delivered until it is processed or its messages expire (MQ-2)"
_UNTIL_DONE_DOCUMENTDB = "a batch is retried until it is processed or the change stream's log expires (DOCDB-1)"
_REFUSED: Mapping[Cluster, Mapping[str, str]] = {
    "kafka": {**_STREAMS_ONLY, "queues": "it is for Amazon MQ; Kafka has topics (ESM-2)"},
    "mq": {
        **_STREAMS_ONLY,
        **dict.fromkeys(_POSITIONS, "a queue is read from its front; there are no positions (MQ-2)"),
        **dict.fromkeys(_PROVISIONED[:3], _UNTIL_DONE_MQ),
        "function_response_types": "there are no partial batch responses: an error brings the whole batch back (MQ-2)",
        **dict.fromkeys(POLLERS, "there is no provisioned mode; that is for SQS and Kafka (ESM-2)"),
        "topics": "it is for Kafka; Amazon MQ has queues (ESM-2)",
    },
    "documentdb": {
        **_STREAMS_ONLY,
        **dict.fromkeys(_PROVISIONED[:3], _UNTIL_DONE_DOCUMENTDB),
        "function_response_types": "there are no partial batch responses; one batch at a time is retried (DOCDB-1)",
        **dict.fromkeys(POLLERS, "there is no provisioned mode; that is for SQS and Kafka (ESM-2)"),
        "filter_criteria": "change streams have no filters; every change reaches the function (FILT-1, DOCDB-1)",
    },
}
_NO_BROKER_SECRETS = "nothing here is authenticated; a virtual host is the setting virtual_host of rabbitmq"
CLUSTER_NOT_MODELLED: Mapping[str, str] = {
    **NOT_MODELLED,
    "source_access_configurations": _NO_BROKER_SECRETS,
    "consumption_mode": "share groups lose the order of partitions and count deliveries at the broker (KAFKA-7)",
    "consumer_group_id": "each mapping has a consumer group of its own, whose offsets are source.committed_offsets",
    "schema_registry_config": "records reach the function as they were sent",
    "poller_group_name": "pollers are not shared between mappings",
}


@dataclass(frozen=True)
class ClusterMappingConfig(StreamMappingConfig):
    """Settings of a mapping from a topic, a broker's queue or a change stream: those of streams that it knows.

    With `minimum_pollers` or `maximum_pollers` a mapping of Kafka is in provisioned mode. (KAFKA-4)
    """

    maximum_batching_window_in_seconds: float = WINDOW_IN_SECONDS
    minimum_pollers: int | None = None
    maximum_pollers: int | None = None

    @classmethod
    def new(
        cls, where: str, cluster: Cluster, event_source_arn: str, given: Mapping[str, object]
    ) -> ClusterMappingConfig:
        """Check the settings of a new mapping and keep them. Raises as `StreamMappingConfig.build`."""
        config = cls(cluster, event_source_arn, "TRIM_HORIZON")
        config.check_names(where, given)
        if "starting_position" in SETTINGS[cluster] and given.get("starting_position") is None:
            raise constraint_failed("starting_position", None, "not be null.")
        return config._changed_to(where, given)

    def replace(self, where: str, /, **given: object) -> ClusterMappingConfig:
        """The same mapping with other settings, checked as a new one's. Where it started cannot be changed."""
        self.check_names(where, given)
        self.refuse_positions(where, given)
        return self._changed_to(where, given)

    def check_names(self, where: str, given: Mapping[str, object]) -> None:
        cluster: Any = self.kind
        refuse(where, cluster, given)
        settings.check_names(where, given, SETTINGS[cluster], CLUSTER_NOT_MODELLED)

    @property
    def pollers(self) -> tuple[int, int] | None:
        """The least and the most event pollers in provisioned mode, else None. (KAFKA-4)"""
        if self.minimum_pollers is None and self.maximum_pollers is None:
            return None
        least = MINIMUM_POLLERS.default if self.minimum_pollers is None else self.minimum_pollers
        return least, MAXIMUM_POLLERS.default if self.maximum_pollers is None else self.maximum_pollers

    @property
    def retries_are_capped(self) -> bool:
        """Whether the retries are limited though nobody said so: there is a destination. (KAFKA-4, HAZ-26)"""
        return self.on_failure is not None and self.maximum_retry_attempts == MAXIMUM_RETRY_ATTEMPTS.default

    @property
    def most_retries(self) -> int:
        return MOST_RETRIES_WITH_DESTINATION if self.retries_are_capped else self.maximum_retry_attempts

    def _changed_to(self, where: str, given: Mapping[str, object]) -> ClusterMappingConfig:
        config = replace(self, **checked(where, given))
        config.refuse_contradictions(where)
        _refuse_without_pollers(where, config)
        return config


def checked(where: str, given: Mapping[str, object]) -> dict[str, Any]:
    """Settings whose values are each possible by themselves. Raises as `ClusterMappingConfig.new`."""
    return {name: _CHECKS[name](where, name, value) for name, value in given.items()}


def refuse(where: str, cluster: Cluster, given: Mapping[str, object]) -> None:
    """Refuse settings that other sources have and this one has not, and say why.

    Raises ConfigError, and InvalidParameterValueException for a destination. (ESM-2, ESM-5)
    """
    if cluster != "kafka" and ("on_failure" in given or "destination_config" in given):
        raise InvalidParameterValueException(
            "Unsupported DestinationConfig parameter for given event source mapping type."
        )
    refused = [f"{where}: there is no {name} here: {why}." for name, why in _REFUSED[cluster].items() if name in given]
    if refused:
        raise ConfigError("\n".join(refused) + f"\n\nIts settings: {', '.join(SETTINGS[cluster])}.")


def _refuse_without_pollers(where: str, config: ClusterMappingConfig) -> None:
    pollers = config.pollers
    if pollers is not None:
        if pollers[0] > pollers[1]:
            raise InvalidParameterValueException("MinimumPollers must be less than or equal to MaximumPollers.")
        return
    unlimited = MAXIMUM_RECORD_AGE.default
    used = {
        "maximum_retry_attempts": config.maximum_retry_attempts != MAXIMUM_RETRY_ATTEMPTS.default,
        "maximum_record_age_in_seconds": config.maximum_record_age_in_seconds != unlimited,
        "bisect_batch_on_function_error": config.bisect_batch_on_function_error,
        "function_response_types": bool(config.function_response_types),
        f"on_failure {config.on_failure}": config.on_failure is not None and config.on_failure.service == "kafka",
    }
    needing = [name for name, is_used in used.items() if is_used]
    if needing:
        raise ConfigError(
            f"{where}: {', '.join(needing)} can be set in provisioned mode only. (KAFKA-4)\n\n"
            "Provision event pollers:  minimum_pollers=1"
        )


def _number_or_none(allowed: Range, why: str) -> Check:
    check = number(allowed, "", f"{why} None is no provisioned mode.")
    return lambda where, name, value: None if value is None else check(where, name, value)


def _on_failure(where: str, name: str, value: object) -> Target | None:
    address = value.arn if isinstance(value, targets.HasArn) else value
    if isinstance(address, str) and address.startswith("kafka://"):
        topic = settings.text(
            where, name, address, r"kafka://[a-zA-Z0-9._-]{1,249}", "kafka:// and a topic", "It is a Kafka topic."
        )
        return Target("kafka", topic.removeprefix("kafka://"), topic)
    return CHECKS["on_failure"](where, name, value)  # type: ignore[return-value]


_CHECKS: Mapping[str, Check] = {
    **{name: CHECKS[name] for names in SETTINGS.values() for name in names if name in CHECKS},
    "minimum_pollers": _number_or_none(MINIMUM_POLLERS, "So many event pollers read the partitions at least."),
    "maximum_pollers": _number_or_none(MAXIMUM_POLLERS, "So many event pollers read the partitions at most."),
    "on_failure": _on_failure,
}
