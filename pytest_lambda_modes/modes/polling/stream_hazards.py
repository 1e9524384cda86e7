"""What will hurt in production, in the mapping of a stream and in what a function answers. Pure. (HAZ)"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_lambda_modes.filtering import hazards as filter_hazards
from pytest_lambda_modes.filtering.matching import FilterCriteria
from pytest_lambda_modes.model.stream_mapping_config import StreamMappingConfig
from pytest_lambda_modes.modes.polling.batch_response import read_report, reports_in_vain
from pytest_lambda_modes.modes.polling.stream_retry import UNLIMITED


def of_setup(config: StreamMappingConfig, filters: FilterCriteria) -> Iterator[tuple[str, str]]:
    """The id of each hazard of a configuration, and what it is here."""
    if config.batch_size > 1 and not config.reports_batch_item_failures:
        yield "HAZ-6", f"batches of {config.batch_size} without ReportBatchItemFailures: one failure repeats them all"
    unlimited = config.maximum_retry_attempts == config.maximum_record_age_in_seconds == UNLIMITED
    if unlimited and not config.bisect_batch_on_function_error and config.on_failure is None:
        yield "HAZ-9", "no limit of retries or age: a poison record blocks its shard until it has left the stream"
    if config.starting_position == "LATEST":
        yield "HAZ-22", "LATEST: records that arrive while the mapping is made or changed may be missed"
    for hazard in filter_hazards.hazards(filters):
        yield hazard.rule, f"filter {hazard.path}: {hazard.sentence}"


def of_unread_answer(payload: bytes) -> Iterator[tuple[str, str]]:
    """The hazard of an answer that nobody reads, since the mapping does not report batch item failures."""
    if reports_in_vain(payload):
        yield "HAZ-8", "the function returns batchItemFailures, but function_response_types is []: they are ignored"


def of_report(payload: bytes, sequence_numbers: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The hazard of a report with a checkpoint, given the sequence numbers of the batch in order."""
    failed = read_report(payload, sequence_numbers).failed or ()
    behind = sequence_numbers[min(map(sequence_numbers.index, failed), default=0) :]
    fine = sum(number not in failed for number in behind)
    if failed and fine:
        yield "HAZ-10", f"the lowest reported record brings back all behind it: {fine} not reported come again"
