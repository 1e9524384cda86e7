"""What in the configuration of a queue and its mapping will hurt in production. Pure. (HAZ)"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pytest_lambda_modes.model.event_source_mapping_config import SqsMappingConfig


class SqsSetup(NamedTuple):
    """The numbers that matter: seconds, counts, or None where there is no such setting."""

    config: SqsMappingConfig
    function_timeout: int
    reserved_concurrent_executions: int | None
    visibility_timeout: int
    retention: int
    max_receive_count: int | None
    dead_letter_retention: int | None


def sqs_hazards(setup: SqsSetup) -> Iterator[tuple[str, str]]:
    """The id of each hazard and what it is here."""
    config, timeout = setup.config, setup.function_timeout
    advised = 6 * timeout + config.maximum_batching_window_in_seconds
    if setup.visibility_timeout < advised:
        yield (
            "HAZ-1",
            f"visibility timeout {setup.visibility_timeout} s is below 6 x the function's {timeout} s + the window: "
            f"{advised} s",
        )
    if setup.max_receive_count is None:
        yield "HAZ-4", "no redrive policy: a poison message comes back until it expires"
    elif setup.max_receive_count < 5:
        yield "HAZ-3", f"maxReceiveCount {setup.max_receive_count} is below 5: throttles use it up"
    if config.batch_size > 1 and not config.reports_batch_item_failures:
        yield "HAZ-6", f"batches of {config.batch_size} without ReportBatchItemFailures: one failure repeats them all"
    reserved = setup.reserved_concurrent_executions
    if reserved is not None and reserved < (config.maximum_concurrency or 5):
        yield "HAZ-19", f"reserved concurrency {reserved} is below what the mapping uses: receives are lost to throttles"
    if setup.dead_letter_retention is not None and setup.dead_letter_retention <= setup.retention:
        yield "HAZ-20", "the dead-letter queue keeps messages no longer than the queue: they expire soon after the move"
