"""How a mapping of a stream may be configured."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from pytest_lambda_modes.errors import ConfigError, InvalidParameterValueException
from pytest_lambda_modes.model import stream_mapping_config
from pytest_lambda_modes.model.faults import Throttle
from pytest_lambda_modes.model.limits import Range
from pytest_lambda_modes.model.stream_mapping_config import SETTINGS, StreamMappingConfig

LAMBDA = botocore.session.get_session().get_service_model("lambda")
ARNS = {
    "kinesis": "arn:aws:kinesis:us-east-1:123456789012:stream/clicks",
    "dynamodb": "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000",
}
WHERE = "event_source(...)"


def build(kind: Any = "kinesis", **given: object) -> StreamMappingConfig:
    given = {"starting_position": "TRIM_HORIZON", **given}
    return StreamMappingConfig.build(WHERE, kind, event_source_arn=ARNS[kind], **given)


def refusal(kind: str = "kinesis", **given: object) -> str:
    with pytest.raises(InvalidParameterValueException) as caught:
        build(kind, **given)
    return caught.value.message


@pytest.mark.rule("ESM-2")
def test_defaults_are_awss() -> None:
    """A hundred records, no window, no limits, nobody told."""
    config = build()
    assert dataclasses.asdict(config) == {
        "kind": "kinesis",
        "event_source_arn": ARNS["kinesis"],
        "starting_position": "TRIM_HORIZON",
        "starting_position_timestamp": None,
        "batch_size": 100,
        "maximum_batching_window_in_seconds": 0,
        "parallelization_factor": 1,
        "maximum_record_age_in_seconds": -1,
        "maximum_retry_attempts": -1,
        "bisect_batch_on_function_error": False,
        "tumbling_window_in_seconds": 0,
        "function_response_types": (),
        "on_failure": None,
        "filter_criteria": None,
        "enabled": True,
        "retry_delay_in_seconds": 1,
        "maximum_retry_delay_in_seconds": 60,
        "faults": None,
    }


def test_settings_are_the_apis() -> None:
    """Each is a parameter of CreateEventSourceMapping in snake case, but for the leaf of one and what is ours."""
    theirs = {xform_name(name) for name in LAMBDA.shape_for("CreateEventSourceMappingRequest").members}
    ours = {"faults", "retry_delay_in_seconds", "maximum_retry_delay_in_seconds"}
    assert set(SETTINGS) - theirs == {"on_failure", *ours}


@pytest.mark.rule("ESM-2")
@pytest.mark.parametrize(
    "name, allowed, shape",
    [
        ("batch_size", stream_mapping_config.BATCH_SIZE, "BatchSize"),
        ("maximum_batching_window_in_seconds", stream_mapping_config.BATCHING_WINDOW, "MaximumBatchingWindowInSeconds"),
        ("parallelization_factor", stream_mapping_config.PARALLELIZATION_FACTOR, "ParallelizationFactor"),
        ("maximum_record_age_in_seconds", stream_mapping_config.MAXIMUM_RECORD_AGE, "MaximumRecordAgeInSeconds"),
        (
            "maximum_retry_attempts",
            stream_mapping_config.MAXIMUM_RETRY_ATTEMPTS,
            "MaximumRetryAttemptsEventSourceMapping",
        ),
        ("tumbling_window_in_seconds", stream_mapping_config.TUMBLING_WINDOW, "TumblingWindowInSeconds"),
    ],
)
def test_ranges_are_the_service_models(name: str, allowed: Range, shape: str) -> None:
    """Their ends can be set, and what lies beyond is answered as AWS does."""
    limits = LAMBDA.shape_for(shape).metadata
    assert (allowed.least, allowed.most) == (limits["min"], limits["max"])
    for end in allowed.least, allowed.most:
        assert getattr(build(**{name: end}), name) == end
    first, *others = name.split("_")
    member = first + "".join(word.capitalize() for word in others)
    for number, must in (
        (allowed.least - 1, f"greater than or equal to {allowed.least}"),
        (allowed.most + 1, f"less than or equal to {allowed.most}"),
    ):
        assert refusal(**{name: number}) == (
            f"1 validation error detected: Value '{number}' at '{member}' failed to satisfy constraint: "
            f"Member must have value {must}"
        )


@pytest.mark.parametrize("value", [True, "1", 1.0, None])
def test_what_is_no_number_is_our_error(value: object) -> None:
    """A value that no client could send."""
    with pytest.raises(ConfigError, match=r"batch_size is .* a whole number from 1 to 10000"):
        build(batch_size=value)


@pytest.mark.rule("ESM-2")
@pytest.mark.parametrize("age", [0, 1, 59])
def test_a_record_age_is_a_minute_or_more(age: int) -> None:
    """Although the model's range has smaller ones."""
    assert refusal(maximum_record_age_in_seconds=age) == "MaximumRecordAgeInSeconds must be -1 or from 60 to 604800."
    assert build(maximum_record_age_in_seconds=60).maximum_record_age_in_seconds == 60


@pytest.mark.rule("ESM-3")
def test_large_batches_need_no_window() -> None:
    """Only queues do."""
    assert build(batch_size=10_000).maximum_batching_window_in_seconds == 0


@pytest.mark.rule("ESM-5")
@pytest.mark.parametrize("given", [{}, {"starting_position": None}])
def test_a_starting_position_is_required(given: dict[str, object]) -> None:
    """AWS's text."""
    with pytest.raises(InvalidParameterValueException) as caught:
        StreamMappingConfig.build(WHERE, "kinesis", event_source_arn=ARNS["kinesis"], **given)
    assert caught.value.message == (
        "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
        "Member must not be null."
    )


@pytest.mark.rule("KIN-4")
def test_the_starting_positions_are_the_apis() -> None:
    """In AWS's spelling."""
    theirs = LAMBDA.shape_for("EventSourcePosition").enum
    assert list(stream_mapping_config.STARTING_POSITIONS) == list(theirs)
    with pytest.raises(ConfigError, match='starting_position is "latest", and must be "TRIM_HORIZON" or "LATEST"'):
        build(starting_position="latest")


@pytest.mark.rule("KIN-4")
@pytest.mark.parametrize(
    "timestamp",
    [dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc), 1_767_225_600, 1_767_225_600.0],
)
def test_a_timestamp_is_a_moment(timestamp: object) -> None:
    """An aware datetime or seconds since 1970, kept in microseconds."""
    config = build(starting_position="AT_TIMESTAMP", starting_position_timestamp=timestamp)
    assert config.starting_position_timestamp == 1_767_225_600_000_000


@pytest.mark.parametrize("timestamp", [dt.datetime(2026, 1, 1), "2026-01-01", True])
def test_a_timestamp_without_a_zone_is_none(timestamp: object) -> None:
    """It would mean another moment on another machine."""
    with pytest.raises(ConfigError, match="a datetime with a time zone, or seconds since 1970"):
        build(starting_position="AT_TIMESTAMP", starting_position_timestamp=timestamp)


@pytest.mark.rule("ESM-5", "KIN-4")
def test_dynamodb_has_no_timestamps() -> None:
    """AWS's text, with the ARN of the stream."""
    assert refusal("dynamodb", starting_position="AT_TIMESTAMP", starting_position_timestamp=0) == (
        f"Unsupported starting position for arn type: {ARNS['dynamodb']}"
    )


def test_position_and_timestamp_go_together() -> None:
    """Neither without the other."""
    assert "StartingPositionTimestamp" in refusal(starting_position="AT_TIMESTAMP")
    with pytest.raises(ConfigError, match='needs starting_position="AT_TIMESTAMP", and it is "LATEST"'):
        build(starting_position="LATEST", starting_position_timestamp=0)


@pytest.mark.rule("KIN-22")
def test_windows_exclude_parallel_batches_and_filters() -> None:
    """Each of them alone is fine, and so is a list without filters."""
    window, pattern = {"tumbling_window_in_seconds": 60}, {"data": {"a": [1]}}
    assert "parallelization factor" in refusal(**window, parallelization_factor=2)
    for criteria in ([pattern], {"Filters": [{"Pattern": "{}"}]}):
        assert "filter criteria" in refusal(**window, filter_criteria=criteria)
        assert build(filter_criteria=criteria, parallelization_factor=2).filter_criteria == criteria
    for criteria in (None, [], {"Filters": []}):
        assert build(**window, filter_criteria=criteria).tumbling_window_in_seconds == 60


@pytest.mark.parametrize("value, kept", [([], ()), (["ReportBatchItemFailures"], ("ReportBatchItemFailures",))])
def test_reports_are_asked_for_by_name(value: list[str], kept: tuple[str, ...]) -> None:
    """There is one response type."""
    config = build(function_response_types=value)
    assert config.function_response_types == kept
    assert config.reports_batch_item_failures is bool(kept)
    with pytest.raises(ConfigError, match="ReportBatchItemFailures"):
        build(function_response_types=["reportBatchItemFailures"])


@pytest.mark.rule("ESM-2")
@pytest.mark.parametrize("target", ["sqs:lost", "sns:alerts", "s3:failures"])
def test_a_destination_is_a_queue_a_topic_or_a_bucket(target: str) -> None:
    """None is none."""
    assert str(build(on_failure=target).on_failure) == target
    assert build(on_failure=None).on_failure is None


@pytest.mark.parametrize("target", ["lambda:other", "events:default", "lost", 7])
def test_other_destinations_are_refused(target: object) -> None:
    """Streams have fewer of them than asynchronous invocation."""
    with pytest.raises(ConfigError, match='"sqs:dlq" or "sns:alerts" or "s3:failures"'):
        build(on_failure=target)


@pytest.mark.rule("KIN-20")
@pytest.mark.parametrize("target", ["sqs:lost.fifo", "sns:alerts.fifo"])
def test_fifo_destinations_are_refused(target: str) -> None:
    """When the mapping is made, not when something is lost."""
    assert "DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=arn:aws:" in refusal(on_failure=target)


@pytest.mark.parametrize("name", ["enabled", "bisect_batch_on_function_error"])
def test_a_flag_is_true_or_false(name: str) -> None:
    """Nothing that merely counts as it."""
    assert getattr(build(**{name: True}), name) is True
    with pytest.raises(ConfigError, match=f"{name} is 1, and must be True or False"):
        build(**{name: 1})


@pytest.mark.parametrize(
    "name, answer",
    [
        ("BatchSize", "names are in snake case here: batch_size"),
        ("retry_attempts", "that is its CDK name; here, as in the API: maximum_retry_attempts"),
        ("bisect_batch_on_error", "bisect_batch_on_function_error"),
        ("destination_config", "its leaves are settings here: on_success, of async_invoke, on_failure"),
        ("on_success", "on_success is a setting of async_invoke"),
        ("maximum_concurrency", "is a setting of event_source"),
        ("metrics_config", "is not simulated"),
        ("batchsize", "Did you mean batch_size"),
    ],
)
def test_an_unknown_setting_is_told_the_right_name(name: str, answer: str) -> None:
    """It is never ignored."""
    with pytest.raises(ConfigError) as caught:
        build(**{name: 1})
    assert answer.split(",")[0] in str(caught.value)


@pytest.mark.rule("KIN-8")
@pytest.mark.parametrize("name", ["retry_delay_in_seconds", "maximum_retry_delay_in_seconds"])
def test_the_waits_between_retries_are_a_choice(name: str) -> None:
    """Seconds, fractions included, and never none, or a poison record would spin."""
    assert getattr(build(**{"retry_delay_in_seconds": 0.5, name: 0.5}), name) == 0.5
    for value in (0, -1, 3601, True, "1", None):
        with pytest.raises(ConfigError, match=f"{name} is .* a number of seconds above 0, up to 3600"):
            build(**{name: value})


@pytest.mark.rule("KIN-8")
@pytest.mark.parametrize("given", [{"retry_delay_in_seconds": 61}, {"maximum_retry_delay_in_seconds": 0.5}])
def test_the_first_wait_is_not_longer_than_the_longest(given: dict[str, float]) -> None:
    """The other one has its default, so it is named too."""
    with pytest.raises(ConfigError) as caught:
        build(**given)
    assert "retry_delay_in_seconds is" in str(caught.value)
    assert "maximum_retry_delay_in_seconds is" in str(caught.value)


def test_settings_can_be_replaced() -> None:
    """What is not named stays, and the whole is checked again."""
    config = build(batch_size=7, tumbling_window_in_seconds=60).replace(WHERE, maximum_retry_attempts=3)
    assert (config.batch_size, config.maximum_retry_attempts) == (7, 3)
    with pytest.raises(InvalidParameterValueException, match="parallelization factor"):
        config.replace(WHERE, parallelization_factor=2)
    with pytest.raises(ConfigError, match="there is no setting"):
        config.replace(WHERE, nonsense=1)


@pytest.mark.parametrize("name", ["starting_position", "starting_position_timestamp"])
def test_the_start_cannot_be_replaced(name: str) -> None:
    """UpdateEventSourceMapping has no such parameter."""
    assert name not in {xform_name(each) for each in LAMBDA.shape_for("UpdateEventSourceMappingRequest").members}
    with pytest.raises(ConfigError, match=f"{name} cannot be changed"):
        build().replace(WHERE, **{name: "LATEST"})


def test_faults_are_keyed_by_batch() -> None:
    """As in the other modes."""
    assert build(faults={1: Throttle()}).faults == {1: Throttle()}
    with pytest.raises(ConfigError, match="faults"):
        build(faults={0: Throttle()})
