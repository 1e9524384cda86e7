"""What settings are called: here, in the tools people come from, and in AWS where the simulation has no such thing."""

from __future__ import annotations

from collections.abc import Mapping

# Who takes a setting, as a message names it. (DESIGN 1.2; ESM-2)
OWNERS: Mapping[str, tuple[str, ...]] = {
    "lambda_function": (
        "handler", "function_name", "timeout", "memory_size", "environment", "reserved_concurrent_executions",
        "runtime", "log_format", "application_log_level", "system_log_level", "log_group", "dead_letter_target",
        "recursive_loop",
    ),
    "sync_invoke": ("invocation_type", "log_type", "client_context"),
    "async_invoke": (
        "maximum_retry_attempts", "maximum_event_age_in_seconds", "on_success", "on_failure", "dead_letter_target",
    ),
    "sync_invoke, async_invoke and event_source": ("qualifier", "faults"),
    "async_invoke.from_sns, from_s3, ...": ("invoke_faults",),
    "event_source": (
        "batch_size", "maximum_batching_window_in_seconds", "filter_criteria", "function_response_types", "enabled",
    ),
    "event_source (sqs)": (
        "queue", "queue_name", "fifo", "visibility_timeout", "message_retention_period", "delay_seconds",
        "maximum_message_size", "receive_message_wait_time_seconds", "dead_letter_queue", "max_receive_count",
        "content_based_deduplication", "deduplication_scope", "maximum_concurrency",
    ),
    "event_source (sqs, msk, self_managed_kafka)": ("minimum_pollers", "maximum_pollers"),
    "event_source (kinesis, dynamodb, msk, self_managed_kafka)": (
        "maximum_retry_attempts", "maximum_record_age_in_seconds", "bisect_batch_on_function_error", "on_failure",
    ),
    "event_source (kinesis, dynamodb, msk, self_managed_kafka, documentdb)": (
        "starting_position", "starting_position_timestamp",
    ),
    "event_source (kinesis, dynamodb, msk, self_managed_kafka, activemq, rabbitmq, documentdb)": (
        "retry_delay_in_seconds", "maximum_retry_delay_in_seconds",
    ),
    "event_source (kinesis, dynamodb)": ("parallelization_factor", "tumbling_window_in_seconds", "shard_count"),
    "event_source (msk, self_managed_kafka)": ("topics", "num_partitions", "retention_ms", "message_timestamp_type"),
    "event_source (self_managed_kafka)": ("bootstrap_servers",),
    "event_source (msk, documentdb)": ("cluster_name",),
    "event_source (activemq, rabbitmq)": ("queues", "broker_name"),
    "event_source (rabbitmq)": ("virtual_host",),
    "event_source (documentdb)": (
        "database_name", "collection_name", "full_document", "change_stream_log_retention_duration",
    ),
    "event_source (kinesis)": ("stream", "stream_name", "retention_period_hours"),
    "event_source (dynamodb)": ("table", "table_name", "key_schema", "stream_view_type", "time_to_live"),
    "lambda_modes": (
        "start", "seed", "real_time_limit", "leftovers", "handler_assertions", "timeout_format",
        "concurrent_executions",
    ),
}  # fmt: skip

# What other tools write for a setting of ours, in snake case.
_FOREIGN: Mapping[str, Mapping[str, str]] = {
    "CDK": {
        "retry_attempts": "maximum_retry_attempts",
        "max_event_age": "maximum_event_age_in_seconds",
        "dead_letter_topic": "dead_letter_target",
        "logging_format": "log_format",
        "application_log_level_v2": "application_log_level",
        "system_log_level_v2": "system_log_level",
        "max_batching_window": "maximum_batching_window_in_seconds",
        "bisect_batch_on_error": "bisect_batch_on_function_error",
        "max_record_age": "maximum_record_age_in_seconds",
        "max_concurrency": "maximum_concurrency",
        "tumbling_window": "tumbling_window_in_seconds",
        "filters": "filter_criteria",
        "report_batch_item_failures": "function_response_types",
        "retention_period": "message_retention_period",
        "delivery_delay": "delay_seconds",
        "receive_message_wait_time": "receive_message_wait_time_seconds",
        "max_message_size_bytes": "maximum_message_size",
    },
    "CDK and SAM": {"dead_letter_queue": "dead_letter_target"},
    "Serverless Framework": {
        "name": "function_name",
        "reserved_concurrency": "reserved_concurrent_executions",
        "maximum_event_age": "maximum_event_age_in_seconds",
        "maximum_batching_window": "maximum_batching_window_in_seconds",
        "on_error": "dead_letter_target",
        "filter_patterns": "filter_criteria",
        "function_response_type": "function_response_types",
    },
    "console": {
        "memory": "memory_size",
        "environment_variables": "environment",
        "maximum_age_of_event": "maximum_event_age_in_seconds",
        "batch_window": "maximum_batching_window_in_seconds",
        "concurrent_batches_per_shard": "parallelization_factor",
        "split_batch_on_error": "bisect_batch_on_function_error",
        "maximum_age_of_record": "maximum_record_age_in_seconds",
        "maximum_receives": "max_receive_count",
    },
}
FOREIGN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    theirs: (tool, (ours,)) for tool, names in _FOREIGN.items() for theirs, ours in names.items()
}

# The API's nested objects, which are flattened to their leaves. (DESIGN 1.3)
FLATTENED: Mapping[str, tuple[str, ...]] = {
    "destinations": ("on_success", "on_failure"),
    "destination_config": ("on_success", "on_failure"),
    "dead_letter_config": ("dead_letter_target",),
    "logging_config": ("log_format", "application_log_level", "system_log_level", "log_group"),
    "scaling_config": ("maximum_concurrency",),
    "provisioned_poller_config": ("minimum_pollers", "maximum_pollers"),
    "self_managed_event_source": ("bootstrap_servers",),
    "document_db_event_source_config": ("database_name", "collection_name", "full_document"),
    "redrive_policy": ("dead_letter_queue", "max_receive_count"),
}

# Settings of AWS that would be silently without effect here. Each maps to the reason. (VAR)
FUNCTION_NOT_MODELLED: Mapping[str, str] = {
    "accelerator_config": "there is no hardware here",
    "architectures": "handlers run on the processor of the test",
    "capacity_provider_config": "Managed Instances run several invocations in one environment (VAR-1)",
    "code": "the code is the handler itself",
    "code_signing_config_arn": "handlers are not deployed",
    "description": "nothing reads it",
    "durable_config": "durable functions replay their handler after each wait (VAR-3)",
    "ephemeral_storage": "/tmp is the one of this machine",
    "file_system_configs": "handlers see the file system of the test",
    "image_config": "handlers run in the test process, not in a container",
    "kms_key_arn": "nothing here is encrypted",
    "layers": "handlers run with the packages installed beside the test",
    "package_type": "the code is the handler itself",
    "provisioned_concurrent_executions": "every environment is started on demand (VAR-5)",
    "publish": "handlers are not deployed",
    "publish_to": "handlers are not deployed",
    "revision_id": "nobody else changes the function",
    "role": "permissions are not checked",
    "runtime_config": "Managed Instances run several invocations in one environment (VAR-1)",
    "snap_start": "every environment runs its own init (VAR-4)",
    "tags": "nothing reads them",
    "tenancy_config": "environments are shared by all callers (RT-34)",
    "tracing_config": "no traces are sent",
    "vpc_config": "handlers use the network of the test",
}
INVOKE_NOT_MODELLED: Mapping[str, str] = {
    "durable_execution_name": FUNCTION_NOT_MODELLED["durable_config"],
    "tenant_id": FUNCTION_NOT_MODELLED["tenancy_config"],
}


def owners_of(name: str) -> tuple[str, ...]:
    """Everything that takes a setting of this name, as a message names it; empty for a name nobody knows."""
    return tuple(owner for owner, names in OWNERS.items() if name in names)
