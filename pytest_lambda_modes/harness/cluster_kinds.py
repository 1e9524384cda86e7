"""The kinds of sources that are polled from clusters and brokers, as methods of the fixture `event_source`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.harness.cluster_making import ClusterSource
from pytest_lambda_modes.harness.cluster_settings import ClusterKind
from pytest_lambda_modes.harness.cluster_sources import DocumentDbSource, KafkaSource
from pytest_lambda_modes.harness.mq_sources import ActiveMqSource, RabbitMqSource


class ClusterKinds:
    """`event_source("msk", ...)` is the same as `event_source.msk(...)`, and so on."""

    def msk(self, *handler: Any, **config: Any) -> KafkaSource:
        """A topic of a cluster of Amazon MSK, and its mapping. (KAFKA-1 to KAFKA-8)

        The topic: `topics` (a list of one), `num_partitions`, `retention_ms`, `message_timestamp_type`, and its
        `cluster_name`. The mapping: `starting_position` (needed), `starting_position_timestamp`, `batch_size`,
        `maximum_batching_window_in_seconds` (half a second if left out), `filter_criteria`, `on_failure`, `enabled`,
        `qualifier`, `faults`, `retry_delay_in_seconds`, `maximum_retry_delay_in_seconds`. In provisioned mode, with
        `minimum_pollers` or `maximum_pollers`, there are `maximum_retry_attempts`, `maximum_record_age_in_seconds`,
        `bisect_batch_on_function_error`, `function_response_types`, and `on_failure="kafka://topic"` too. (KAFKA-4)

        Raises ConfigError for what makes no sense, InvalidParameterValueException and ResourceConflictException as
        CreateEventSourceMapping does (ESM-5).
        """
        source = self._cluster("msk", handler, config)
        assert isinstance(source, KafkaSource)
        return source

    def self_managed_kafka(self, *handler: Any, **config: Any) -> KafkaSource:
        """As `msk`, for a cluster of one's own: it has `bootstrap_servers` (`["host:port"]`), no name and no ARN."""
        source = self._cluster("self_managed_kafka", handler, config)
        assert isinstance(source, KafkaSource)
        return source

    def activemq(self, *handler: Any, **config: Any) -> ActiveMqSource:
        """A queue of ActiveMQ, and its mapping. (MQ-1, MQ-2)

        The queue: `queues` (a list of one), `broker_name`. The mapping: `batch_size`,
        `maximum_batching_window_in_seconds` (half a second if left out), `filter_criteria`, `enabled`, `qualifier`,
        `faults`, `retry_delay_in_seconds`, `maximum_retry_delay_in_seconds`. Raises as `msk`.
        """
        source = self._cluster("activemq", handler, config)
        assert isinstance(source, ActiveMqSource)
        return source

    def rabbitmq(self, *handler: Any, **config: Any) -> RabbitMqSource:
        """A queue of RabbitMQ, and its mapping: as `activemq`, and the queue's `virtual_host`, which is `/` else."""
        source = self._cluster("rabbitmq", handler, config)
        assert isinstance(source, RabbitMqSource)
        return source

    def documentdb(self, *handler: Any, **config: Any) -> DocumentDbSource:
        """A collection of DocumentDB with its change stream, and its mapping. (DOCDB-1)

        The collection: `database_name`, `collection_name`, `cluster_name`, `change_stream_log_retention_duration`
        (seconds). The mapping: `starting_position` (needed), `starting_position_timestamp`, `full_document`
        (`"Default"` or `"UpdateLookup"`), `batch_size`, `maximum_batching_window_in_seconds` (half a second if left
        out), `enabled`, `qualifier`, `faults`, `retry_delay_in_seconds`, `maximum_retry_delay_in_seconds`. Raises as
        `msk`.
        """
        source = self._cluster("documentdb", handler, config)
        assert isinstance(source, DocumentDbSource)
        return source

    def _cluster(self, kind: ClusterKind, handler: tuple[Any, ...], config: Mapping[str, Any]) -> ClusterSource:
        """A source of that kind, from the settings of a call and those of the marker."""
        raise NotImplementedError
