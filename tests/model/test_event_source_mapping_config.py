"""How a mapping of a queue may be configured: each limit at its boundary, in AWS's words."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from pytest_lambda_modes.errors import ConfigError, InvalidParameterValueException
from pytest_lambda_modes.model import event_source_mapping_config as config
from pytest_lambda_modes.model.event_source_mapping_config import SETTINGS, SqsMappingConfig
from pytest_lambda_modes.model.faults import DelayedPoll, DuplicateDelivery, FailedDelete, Throttle
from pytest_lambda_modes.model.limits import Range

LAMBDA = botocore.session.get_session().get_service_model("lambda")
WHERE = "event_source.sqs(...)"


def build(*, fifo: bool = False, **given: object) -> SqsMappingConfig:
    return SqsMappingConfig.build(WHERE, fifo=fifo, **given)


def refusal(*, fifo: bool = False, **given: object) -> str:
    with pytest.raises(InvalidParameterValueException) as caught:
        build(fifo=fifo, **given)
    assert caught.value.status_code == 400
    return caught.value.message


@pytest.mark.rule("ESM-2")
def test_defaults_are_awss() -> None:
    """Ten messages, no window, no filters, no reports, scaling on demand."""
    assert dataclasses.asdict(build()) == {
        "fifo": False,
        "batch_size": 10,
        "maximum_batching_window_in_seconds": 0,
        "filter_criteria": None,
        "function_response_types": (),
        "maximum_concurrency": None,
        "minimum_pollers": None,
        "maximum_pollers": None,
        "enabled": True,
        "faults": None,
    }


@pytest.mark.rule("ESM-2")
def test_settings_are_the_apis() -> None:
    """Each is a parameter of CreateEventSourceMapping in snake case, or the leaf of one; but for faults, which are ours."""
    theirs = {xform_name(name) for name in LAMBDA.shape_for("CreateEventSourceMappingRequest").members}
    leaves = {
        xform_name(name)
        for shape in ("ScalingConfig", "ProvisionedPollerConfig")
        for name in LAMBDA.shape_for(shape).members
    }
    assert set(SETTINGS) - theirs == {"maximum_concurrency", "minimum_pollers", "maximum_pollers", "faults"}
    assert {"maximum_concurrency", "minimum_pollers", "maximum_pollers"} <= leaves


@pytest.mark.rule("ESM-2", "SQS-25", "SQS-26")
@pytest.mark.parametrize(
    "name, limits, shape",
    [
        ("batch_size", config.BATCH_SIZE, "BatchSize"),
        ("maximum_batching_window_in_seconds", config.BATCHING_WINDOW, "MaximumBatchingWindowInSeconds"),
        ("maximum_concurrency", config.MAXIMUM_CONCURRENCY, "MaximumConcurrency"),
        ("minimum_pollers", config.MINIMUM_POLLERS, "MinimumNumberOfPollers"),
        ("maximum_pollers", config.MAXIMUM_POLLERS, "MaximumNumberOfPollers"),
    ],
)
def test_each_number_has_its_range(name: str, limits: Range, shape: str) -> None:
    """Both ends are allowed, and one beyond either is answered in AWS's words. None is wider than the API's own."""
    beside: dict[str, Any] = {"maximum_batching_window_in_seconds": 1} if name == "batch_size" else {}
    beside |= {"maximum_pollers": 10_000} if name == "minimum_pollers" else {}
    for allowed in (limits.least, limits.most):
        assert getattr(build(**{**beside, name: allowed}), name) == allowed
    first, *others = name.split("_")
    member = first + "".join(word.capitalize() for word in others)
    for number, how, bound in ((limits.least - 1, "greater", limits.least), (limits.most + 1, "less", limits.most)):
        assert refusal(**{name: number}) == (
            f"1 validation error detected: Value '{number}' at '{member}' failed to satisfy constraint: "
            f"Member must have value {how} than or equal to {bound}"
        )
    model = LAMBDA.shape_for(shape).metadata if shape in LAMBDA.shape_names else {}
    assert model.get("min", 0) <= limits.least
    assert limits.most <= model.get("max", limits.most)


@pytest.mark.rule("ESM-3")
@pytest.mark.parametrize(
    "batch_size, window, refused", [(10, 0, False), (11, 0, True), (11, 1, False), (10_000, 0, True)]
)
def test_more_than_ten_messages_need_a_window(batch_size: int, window: int, refused: bool) -> None:
    """Of a second at least."""
    given = {"batch_size": batch_size, "maximum_batching_window_in_seconds": window}
    if not refused:
        assert build(**given).batch_size == batch_size
        return
    assert refusal(**given) == (
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
    )


@pytest.mark.rule("ESM-2")
def test_a_fifo_queue_has_ten_messages_and_no_window() -> None:
    """The limits of FIFO queues come before all others."""
    assert build(fifo=True, batch_size=10).fifo
    assert refusal(fifo=True, batch_size=11) == "Batch size must be less than or equal to 10 for FIFO queues."
    assert refusal(fifo=True, maximum_batching_window_in_seconds=1) == (
        "Batching window is not supported for FIFO queues."
    )


@pytest.mark.rule("SQS-26")
def test_provisioned_mode_excludes_maximum_concurrency() -> None:
    """One poller setting is enough to be in that mode; the other has its default."""
    assert build().pollers is None
    assert build(minimum_pollers=5).pollers == (5, 200)
    assert build(maximum_pollers=50).pollers == (2, 50)
    assert build(minimum_pollers=5, maximum_pollers=5).pollers == (5, 5)
    for pollers in ({"minimum_pollers": 5}, {"maximum_pollers": 5}):
        assert refusal(maximum_concurrency=5, **pollers) == (
            "Maximum concurrency and provisioned mode cannot be used together for an event source mapping."
        )
    assert refusal(minimum_pollers=6, maximum_pollers=5) == (
        "MinimumPollers must be less than or equal to MaximumPollers."
    )


@pytest.mark.rule("SQS-25", "SQS-26")
def test_concurrency_and_pollers_can_be_taken_back() -> None:
    """None is AWS's scaling, as without the setting."""
    limited = build(maximum_concurrency=5)
    assert limited.replace(WHERE, maximum_concurrency=None).maximum_concurrency is None
    provisioned = build(minimum_pollers=5)
    assert provisioned.replace(WHERE, minimum_pollers=None, maximum_concurrency=5).pollers is None


@pytest.mark.rule("ESM-2")
def test_response_types_are_one_or_none() -> None:
    """Of a list, in AWS's spelling."""
    assert not build(function_response_types=[]).reports_batch_item_failures
    assert build(function_response_types=["ReportBatchItemFailures"]).reports_batch_item_failures
    for wrong in ("ReportBatchItemFailures", ["report_batch_item_failures"], [None], True):
        with pytest.raises(ConfigError, match=r'function_response_types is .*, and must be \[\] or \["ReportBatchItem'):
            build(function_response_types=wrong)


@pytest.mark.rule("ESM-5")
@pytest.mark.parametrize("name", ["on_failure", "destination_config"])
def test_a_destination_is_not_for_queues(name: str) -> None:
    """In AWS's words, however it is written."""
    expected = "Unsupported DestinationConfig parameter for given event source mapping type."
    assert refusal(**{name: "sqs:failed"}) == expected
    with pytest.raises(InvalidParameterValueException, match=expected):
        build().replace(WHERE, **{name: None})


@pytest.mark.parametrize(
    "given, text",
    [
        ({"batch_size": "10"}, 'batch_size is "10", and must be a whole number from 1 to 10000'),
        ({"batch_size": True}, "batch_size is True"),
        ({"maximum_batching_window_in_seconds": dt.timedelta(seconds=5)}, "maximum_batching_window_in_seconds=5"),
        ({"maximum_concurrency": "all"}, 'maximum_concurrency is "all", and must be None or a whole number from 2 to'),
        ({"minimum_pollers": 2.0}, "minimum_pollers is 2.0, and must be None or a whole number from 2 to 200"),
        ({"enabled": "yes"}, 'enabled is "yes", and must be True or False'),
        ({"faults": {1: "throttle"}}, "must map the number of a delivery"),
        ({"batchsize": 5}, "there is no setting batchsize. Did you mean batch_size?"),
        ({"BatchSize": 5}, "names are in snake case here: batch_size"),
        ({"max_batching_window": 5}, "that is its CDK name; here, as in the API: maximum_batching_window_in_seconds"),
        ({"scaling_config": {}}, "its leaves are settings here: maximum_concurrency"),
        ({"provisioned_poller_config": {}}, "its leaves are settings here: minimum_pollers, maximum_pollers"),
        ({"metrics_config": {}}, "metrics_config is not simulated: all metrics are there, lambda_modes.metrics"),
        ({"parallelization_factor": 2}, "is a setting of event_source (kinesis, dynamodb), not of this"),
        ({"tumbling_window_in_seconds": 2}, "is a setting of event_source (kinesis, dynamodb), not of this"),
        ({"starting_position": "LATEST"}, "is a setting of event_source (kinesis, dynamodb, msk, "),
        ({"bisect_batch_on_function_error": True}, "is a setting of event_source (kinesis, dynamodb, msk, "),
        ({"maximum_event_age_in_seconds": 60}, "is a setting of async_invoke, not of this"),
        ({"timeout": 60}, "is a setting of lambda_function, not of this"),
        ({"handler_assertions": "error"}, "is a setting of lambda_modes, not of this"),
    ],
)
def test_what_cannot_be_is_refused_and_told_how_to_be_right(given: dict[str, object], text: str) -> None:
    """Nothing is ignored."""
    with pytest.raises(ConfigError) as caught:
        build(**given)
    assert text in str(caught.value)


def test_faults_are_those_of_a_poller() -> None:
    """Of invocations, and of what only a poller does. A FIFO queue delivers nothing twice."""
    script = {1: Throttle(), 2: FailedDelete(), 3: DelayedPoll(by=dt.timedelta(seconds=5)), 4: DuplicateDelivery()}
    assert build(faults=script).faults == script
    with pytest.raises(ConfigError, match="faults has a DuplicateDelivery, and the queue is a FIFO queue"):
        build(fifo=True, faults=script)


def test_a_replacement_keeps_the_rest() -> None:
    """And is checked as a whole."""
    first = build(batch_size=5, maximum_concurrency=7)
    second = first.replace(WHERE, batch_size=6)
    assert (second.batch_size, second.maximum_concurrency, first.batch_size) == (6, 7, 5)
    with pytest.raises(InvalidParameterValueException, match="cannot be used together"):
        first.replace(WHERE, minimum_pollers=5)


def test_values_can_be_checked_one_by_one() -> None:
    """As those of a marker, which a call may complete."""
    assert config.checked(WHERE, {"batch_size": 100}) == {"batch_size": 100}
    with pytest.raises(InvalidParameterValueException, match="batchSize"):
        config.checked(WHERE, {"batch_size": 0})
