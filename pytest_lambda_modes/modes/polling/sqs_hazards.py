"""What will hurt in production, in the set-up of a queue and its mapping and in what a function answers. Pure. (HAZ)"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from pytest_lambda_modes.model.event_source_mapping_config import SqsMappingConfig
from pytest_lambda_modes.modes.polling import sqs_scaling
from pytest_lambda_modes.modes.polling.batch_response import reports_in_vain

ADVISED_TIMEOUTS = 6
ADVISED_RECEIVES = 5


class SqsSetup(NamedTuple):
    """What matters: seconds, counts, or None where there is no such setting.

    `targets` are those of the function's asynchronous events, by setting, and `source` is the queue, in short form.
    """

    config: SqsMappingConfig
    function_timeout: int
    reserved_concurrent_executions: int | None
    visibility_timeout: int
    retention: int
    max_receive_count: int | None
    dead_letter_retention: int | None
    source: str
    targets: Mapping[str, str]


def of_setup(setup: SqsSetup) -> Iterator[tuple[str, str]]:
    """The id of each hazard of a configuration, and what it is here."""
    config, timeout, visibility = setup.config, setup.function_timeout, setup.visibility_timeout
    window = config.maximum_batching_window_in_seconds
    advised = ADVISED_TIMEOUTS * timeout + window
    if visibility < timeout:
        below = f"visibility timeout {visibility} s is below the function's {timeout} s"
        yield "HAZ-2", f"{below}: a message may be processed twice at once"
    elif visibility < advised:
        and_window = f" + the window of {window} s" if window else ""
        yield (
            "HAZ-1",
            f"visibility timeout {visibility} s is below {ADVISED_TIMEOUTS} x the function's {timeout} s{and_window}: "
            f"{advised} s",
        )
    if setup.max_receive_count is None:
        yield "HAZ-4", "no redrive policy: a poison message comes back until it expires"
    elif setup.max_receive_count < ADVISED_RECEIVES:
        yield "HAZ-3", f"maxReceiveCount {setup.max_receive_count} is below {ADVISED_RECEIVES}: throttles use it up"
    if config.batch_size > 1 and not config.reports_batch_item_failures:
        yield "HAZ-6", f"batches of {config.batch_size} without ReportBatchItemFailures: one failure repeats them all"
    reserved = setup.reserved_concurrent_executions
    if reserved is not None and reserved < (config.maximum_concurrency or sqs_scaling.AT_FIRST):
        yield "HAZ-19", f"reserved concurrency {reserved} is below what the mapping uses: throttles cost receives"
    letters = setup.dead_letter_retention
    if letters is not None and letters <= setup.retention and not config.fifo:
        yield "HAZ-20", "the dead-letter queue keeps messages no longer than the queue: they expire soon after the move"
    yield from _of_targets(setup)


def _of_targets(setup: SqsSetup) -> Iterator[tuple[str, str]]:
    """Where events go that nobody polls. (ESM-1)"""
    for name, target in setup.targets.items():
        if target == setup.source:
            yield "HAZ-17", f"the function's {name} is {target}, which it reads itself: a loop"
        elif name != "on_success" and setup.max_receive_count is None:
            yield (
                "HAZ-5",
                f"the function's {name}, {target}, is for asynchronous events: no message of a queue goes there",
            )


def of_unread_answer(payload: bytes) -> Iterator[tuple[str, str]]:
    """The hazard of an answer that nobody reads, since the mapping does not report batch item failures."""
    if reports_in_vain(payload):
        yield "HAZ-8", "the function returns batchItemFailures, but function_response_types is []: all is deleted"


def of_report(failed: Collection[str], records: Sequence[tuple[str, str | None]]) -> Iterator[tuple[str, str]]:
    """The hazard of a report, given the id and the group of each message of the batch, in order."""
    groups: set[str | None] = set()
    for identifier, group in records:
        if identifier in failed:
            groups.add(group)
        elif group in groups:
            yield "HAZ-11", f"a message of group {group} failed, and a later one did not: the group is out of order"
            return
