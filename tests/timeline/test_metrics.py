"""The CloudWatch metrics of what happened, through the fixtures: each emission rule of functions and their events."""

from __future__ import annotations

import datetime as dt
import sys
import time

import pytest

from pytest_lambda_modes import ConfigError, TooManyRequestsException, faults


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def work(event, context):
    time.sleep(event.get("seconds", 0))
    if event.get("fails"):
        raise ValueError("no stock")
    if event.get("exits"):
        sys.exit(1)


@pytest.fixture
def values(lambda_modes):
    """The values of a metric in the order of their emission."""
    return lambda name: [value for _, value in lambda_modes.metrics[name].datapoints]


# Functions


@pytest.mark.rule("MET-1")
def test_invocations_count_each_run_however_it_ends(sync_invoke, async_invoke, values):
    """A success, a failure with two retries and a timeout are five runs."""
    sync_invoke(work, {})
    async_invoke(work, {"fails": True}).wait()
    sync_invoke(work, {"seconds": 100})
    assert values("Invocations") == [1] * 5


@pytest.mark.rule("MET-1", "MET-3")
def test_a_throttle_is_no_invocation_and_no_error(sync_invoke, lambda_modes, values):
    """It counts as a throttle and nowhere else."""
    function = lambda_modes.function(work, reserved_concurrent_executions=0)
    for _ in range(2):
        with pytest.raises(TooManyRequestsException):
            sync_invoke(function, {})
    assert values("Throttles") == [1, 1]
    assert values("Invocations") == values("Errors") == values("Duration") == []


@pytest.mark.rule("MET-3", "ASYNC-10")
def test_each_throttled_try_of_an_event_counts_as_a_throttle(async_invoke, lambda_modes):
    """Three tries find the environment busy, at 0, 1 and 3 s."""
    busy = async_invoke(work, {"seconds": 5}, timeout=60, reserved_concurrent_executions=1)
    event = async_invoke(busy.function, {}).wait()
    start = event.accepted_at
    assert lambda_modes.metrics["Throttles"].datapoints == [(start + seconds(at), 1) for at in (0, 1, 3)]


@pytest.mark.rule("MET-3")
def test_a_service_error_is_no_throttle(async_invoke, values):
    """Only want of concurrency is."""
    async_invoke(work, {}, faults={1: faults.ServiceError()}).wait()
    assert values("Throttles") == []


@pytest.mark.rule("MET-2")
@pytest.mark.parametrize("event", [{"fails": True}, {"exits": True}, {"seconds": 100}])
def test_errors_count_each_kind_of_function_error(sync_invoke, values, event):
    """Exceptions, exits and timeouts alike; a success is a 0."""
    sync_invoke(work, {})
    sync_invoke(work, event)
    assert values("Errors") == [0, 1]


@pytest.mark.rule("MET-2")
def test_an_error_is_dated_to_the_start_of_its_invocation(sync_invoke, lambda_modes, lambda_clock):
    """A function that fails after 2 s failed when it began."""
    lambda_clock.advance(seconds=7)
    began = lambda_clock.now
    sync_invoke(work, {"seconds": 2, "fails": True})
    assert lambda_modes.metrics["Errors"].datapoints == [(began, 1)]


@pytest.mark.rule("MET-4")
def test_duration_is_in_milliseconds_and_without_the_import(sync_invoke, values, tmp_path, monkeypatch):
    """What is billed is rounded up to whole milliseconds, and includes the import."""
    code = "import time\ntime.sleep(2)\ndef handler(event, context):\n    time.sleep(0.2505)\n"
    (tmp_path / "slow_to_import.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    cold, warm = sync_invoke("slow_to_import.handler", {}), sync_invoke("slow_to_import.handler", {})
    assert values("Duration") == [250.5, 250.5]
    assert "\tDuration: 250.50 ms\tBilled Duration: 2251 ms\t" in cold.logs
    assert "\tDuration: 250.50 ms\tBilled Duration: 251 ms\t" in warm.logs


@pytest.mark.rule("MET-4")
def test_the_duration_of_a_timeout_is_the_timeout(sync_invoke, values):
    """The function ran until it was killed."""
    sync_invoke(work, {"seconds": 100}, timeout=4)
    assert values("Duration") == [4000]


@pytest.mark.rule("MET-5")
def test_concurrent_executions_are_those_at_work(async_invoke, lambda_modes, values):
    """Counted at each start: three overlap, and a fourth comes when all are done."""
    function = lambda_modes.function(work, timeout=60)
    for number in (10, 20, 30):
        async_invoke(function, {"seconds": number})
    lambda_modes.clock.run_until_idle()
    async_invoke(function, {}).wait()
    assert values("ConcurrentExecutions") == [1, 2, 3, 1]
    assert lambda_modes.metrics["ConcurrentExecutions"].maximum == 3


# Events


@pytest.mark.rule("MET-6")
def test_each_event_that_is_queued_is_received_once(async_invoke, sync_invoke, lambda_modes, values):
    """Retries do not count again, synchronous calls not at all, and a destination's event does."""
    audit = lambda_modes.function(lambda event, context: None, function_name="audit")
    sync_invoke(work, {})
    async_invoke(work, {"fails": True}, on_failure=audit).wait()
    lambda_modes.clock.run_until_idle()
    assert values("AsyncEventsReceived") == [1, 1]
    assert lambda_modes.metrics["AsyncEventsReceived"].of("audit").sum == 1


@pytest.mark.rule("MET-7")
def test_the_age_of_an_event_is_measured_at_each_attempt(async_invoke, sync_invoke, values):
    """It grows with every retry; a synchronous call has none."""
    sync_invoke(work, {})
    async_invoke(work, {"seconds": 2, "fails": True}).wait()
    assert values("AsyncEventAge") == [0, 62_000, 184_000]


@pytest.mark.rule("MET-8")
def test_each_event_is_dropped_or_not(async_invoke, values, lambda_modes):
    """One value for each event at its end: 0 for a success, 1 for a failure, whatever took it."""
    async_invoke(work, {}).wait()
    async_invoke(work, {"fails": True}).wait()
    async_invoke(work, {"fails": True}, dead_letter_target="sqs:dlq", on_failure="sqs:failed").wait()
    async_invoke(work, {"fails": True}, maximum_event_age_in_seconds=60).wait()
    async_invoke(lambda_modes.function(work, reserved_concurrent_executions=0), {}).wait()
    assert values("AsyncEventsDropped") == [0, 1, 1, 1, 1]


@pytest.mark.rule("MET-8")
def test_an_event_that_is_pending_is_neither(async_invoke, values, lambda_clock):
    """There is no value before the end."""
    async_invoke(work, {"fails": True})
    lambda_clock.advance(seconds=100)
    assert values("AsyncEventsDropped") == []


@pytest.mark.rule("MET-9", "MET-10")
def test_what_cannot_be_delivered_counts_by_what_it_was(async_invoke, lambda_modes, values):
    """A record that is lost is a DestinationDeliveryFailure, a dead letter a DeadLetterError."""
    lambda_modes.queue("gone").delete()
    async_invoke(work, {"fails": True}, on_failure="sqs:gone").wait()
    assert (values("DestinationDeliveryFailures"), values("DeadLetterErrors")) == ([1], [])
    async_invoke(work, {"fails": True}, on_failure="sqs:failed", dead_letter_target="sqs:gone").wait()
    assert (values("DestinationDeliveryFailures"), values("DeadLetterErrors")) == ([1], [1])
    async_invoke(work, {}, on_success="sqs:records.fifo").wait()
    assert (values("DestinationDeliveryFailures"), values("DeadLetterErrors")) == ([1, 1], [1])


@pytest.mark.rule("MET-11")
@pytest.mark.lambda_modes(leftovers="ignore")
@pytest.mark.parametrize(("recursive_loop", "dropped"), [("Terminate", [1]), ("Allow", [])])
def test_a_recursion_that_is_stopped_is_counted(async_invoke, lambda_modes, values, recursive_loop, dropped):
    """One value for the invocation that did not take place, and none where loops are allowed."""

    def handler(event, context):
        time.sleep(1)
        async_invoke(function, {})

    function = lambda_modes.function(handler, recursive_loop=recursive_loop)
    async_invoke(function, {})
    lambda_modes.clock.advance(seconds=30)
    assert values("RecursiveInvocationsDropped") == dropped
    assert len(values("Invocations")) == (16 if dropped else 31)


# What a test asks


def test_a_metric_has_the_statistics_of_cloudwatch(async_invoke, lambda_modes):
    """Sum, sample count, least, greatest and mean, and a unit."""
    async_invoke(work, {"fails": True}).wait()
    age = lambda_modes.metrics["AsyncEventAge"]
    assert (age.sum, age.sample_count, age.minimum, age.maximum, age.average) == (240_000, 3, 0, 180_000, 80_000)
    assert age.unit == "Milliseconds"
    assert repr(age) == "<Metric AsyncEventAge: sum 240000 Milliseconds, 3 datapoints>"


def test_a_metric_without_a_datapoint_has_no_statistics(lambda_modes):
    """Nothing was emitted, so there is no least value and no mean; the sum of nothing is 0."""
    errors = lambda_modes.metrics["Errors"]
    assert (errors.sum, errors.sample_count, errors.minimum, errors.maximum, errors.average) == (0, 0, None, None, None)
    assert errors.datapoints == []


def test_a_metric_can_be_asked_for_one_function(sync_invoke, lambda_modes):
    """The dimension is the function's name."""
    sync_invoke(work, {"fails": True}, function_name="orders")
    sync_invoke(work, {}, function_name="audit")
    errors = lambda_modes.metrics["Errors"]
    assert (errors.sum, errors.of("orders").sum, errors.of("audit").sum) == (1, 1, 0)
    assert errors.of("nobody").sample_count == 0


def test_metrics_are_those_of_the_moment_at_which_they_were_asked_for(sync_invoke, lambda_modes):
    """What was read does not change under the reader's hands; asking anew gives the news."""
    sync_invoke(work, {})
    before = lambda_modes.metrics
    sync_invoke(work, {})
    assert before["Invocations"].sum == 1
    assert lambda_modes.metrics["Invocations"].sum == 2


def test_a_metric_that_does_not_exist_is_refused_by_name(lambda_modes):
    """The message lists those that do."""
    with pytest.raises(ConfigError, match=r"There is no metric 'Error' here\.\n\nThere are Invocations, Errors, "):
        lambda_modes.metrics["Error"]


def test_metrics_show_what_there_is(sync_invoke, lambda_modes):
    """Their repr has a line for each metric with a datapoint."""
    assert repr(lambda_modes.metrics) == "<no metrics yet>"
    sync_invoke(work, {"seconds": 1})
    assert repr(lambda_modes.metrics).splitlines() == [
        "<Metric Invocations: sum 1 Count, 1 datapoints>",
        "<Metric Errors: sum 0 Count, 1 datapoints>",
        "<Metric Duration: sum 1000 Milliseconds, 1 datapoints>",
        "<Metric ConcurrentExecutions: sum 1 Count, 1 datapoints>",
    ]
