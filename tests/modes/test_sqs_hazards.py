"""What in a set-up will hurt in production, told as facts when it first shows. (HAZ)"""

from __future__ import annotations

import pytest

from pytest_lambda_modes import facts
from pytest_lambda_modes.model.event_source_mapping_config import SqsMappingConfig
from pytest_lambda_modes.modes.polling.sqs_hazards import SqsSetup, of_report, of_setup, of_unread_answer

REPORTS = ["ReportBatchItemFailures"]


def do_nothing(event, context):
    return None


def hazards(*, fifo: bool = False, **changed):
    """By id, of a set-up that has none but for what is changed."""
    config = {"function_response_types": REPORTS}
    config.update({name: changed.pop(name) for name in list(changed) if name in SqsMappingConfig.__dataclass_fields__})
    setup = {
        "function_timeout": 30,
        "reserved_concurrent_executions": None,
        "visibility_timeout": 180,
        "retention": 345_600,
        "max_receive_count": 5,
        "dead_letter_retention": 1_209_600,
        "source": "sqs:orders",
        "targets": {},
        **changed,
    }
    return dict(of_setup(SqsSetup(SqsMappingConfig.build("test", fifo=fifo, **config), **setup)))


def told(timeline):
    return {fact.id: fact.text for fact in timeline if isinstance(fact, facts.Hazard)}


@pytest.mark.parametrize(
    "changed, found",
    [
        ({}, set()),
        ({"visibility_timeout": 179}, {"HAZ-1"}),
        ({"visibility_timeout": 180, "maximum_batching_window_in_seconds": 1}, {"HAZ-1"}),
        ({"visibility_timeout": 181, "maximum_batching_window_in_seconds": 1}, set()),
        ({"visibility_timeout": 30}, {"HAZ-1"}),
        ({"visibility_timeout": 29}, {"HAZ-2"}),
        ({"max_receive_count": 4}, {"HAZ-3"}),
        ({"max_receive_count": None, "dead_letter_retention": None}, {"HAZ-4"}),
        ({"function_response_types": []}, {"HAZ-6"}),
        ({"function_response_types": [], "batch_size": 1}, set()),
        ({"reserved_concurrent_executions": 4}, {"HAZ-19"}),
        ({"reserved_concurrent_executions": 5}, set()),
        ({"reserved_concurrent_executions": 2, "maximum_concurrency": 2}, set()),
        ({"reserved_concurrent_executions": 9, "maximum_concurrency": 10}, {"HAZ-19"}),
        ({"dead_letter_retention": 345_600}, {"HAZ-20"}),
        ({"dead_letter_retention": 345_601}, set()),
        ({"dead_letter_retention": 60, "fifo": True}, set()),
        ({"targets": {"on_failure": "sqs:failed"}}, set()),
        ({"targets": {"on_failure": "sqs:failed"}, "max_receive_count": None}, {"HAZ-4", "HAZ-5"}),
        ({"targets": {"dead_letter_target": "sns:alerts"}, "max_receive_count": None}, {"HAZ-4", "HAZ-5"}),
        ({"targets": {"on_success": "sqs:done"}, "max_receive_count": None}, {"HAZ-4"}),
        ({"targets": {"on_success": "sqs:orders"}}, {"HAZ-17"}),
        ({"targets": {"on_failure": "sqs:orders"}}, {"HAZ-17"}),
    ],
)
def test_a_hazard_begins_and_ends_at_its_number(changed, found):
    """The advice of AWS's pages, number by number. A FIFO dead-letter queue counts retention anew."""
    assert set(hazards(**changed)) == found


def test_a_hazard_says_what_it_is_here():
    """With the numbers of the set-up."""
    found = hazards(visibility_timeout=60, maximum_batching_window_in_seconds=10, reserved_concurrent_executions=1)
    assert found["HAZ-1"] == "visibility timeout 60 s is below 6 x the function's 30 s + the window of 10 s: 190 s"
    assert found["HAZ-19"] == "reserved concurrency 1 is below what the mapping uses: throttles cost receives"


@pytest.mark.parametrize(
    "payload, found",
    [
        (b'{"batchItemFailures": []}', ["HAZ-8"]),
        (b'{"batchItemFailures": [{"itemIdentifier": "m"}]}', ["HAZ-8"]),
        (b"null", []),
        (b'"batchItemFailures"', []),
        (b'{"x": {"batchItemFailures": []}}', []),
        (b"batchItemFailures", []),
    ],
)
def test_a_report_that_nobody_reads_is_one(payload, found):
    """Whether or not there are failures in it: the function means to report."""
    assert [hazard for hazard, _ in of_unread_answer(payload)] == found


@pytest.mark.parametrize(
    "failed, found",
    [("", []), ("2", ["HAZ-11"]), ("23", []), ("3", []), ("1", ["HAZ-11"]), ("123", []), ("1234", []), ("4", [])],
)
def test_a_report_that_leaves_a_gap_in_a_group_is_one(failed, found):
    """1, 2 and 3 are of one group, 4 is of another."""
    records = [("1", "a"), ("2", "a"), ("4", "b"), ("3", "a")]
    assert [hazard for hazard, _ in of_report(set(failed), records)] == found


def test_the_hazards_of_a_set_up_are_told_when_it_is_made(event_source, lambda_timeline):
    """At the queue, each with its id as the rule, and nothing happens but that."""
    orders = event_source.sqs(do_nothing, batch_size=1, timeout=6)
    first, second = lambda_timeline
    assert (first.id, first.rule, first.who) == ("HAZ-1", "HAZ-1", orders.queue.name)
    assert (second.id, second.text) == ("HAZ-4", "no redrive policy: a poison message comes back until it expires")


@pytest.mark.async_invoke(on_failure="sqs:failed", on_success="sqs:orders")
@pytest.mark.lambda_function(handler=do_nothing, dead_letter_target="sns:alerts")
def test_targets_of_asynchronous_events_are_seen(event_source, lambda_timeline):
    """Those of the function and of its events. One hazard is told once."""
    event_source.sqs(queue_name="orders")
    hazards = told(lambda_timeline)
    assert hazards["HAZ-5"].startswith("the function's on_failure, sqs:failed, is for asynchronous events")
    assert hazards["HAZ-17"] == "the function's on_success is sqs:orders, which it reads itself: a loop"


def test_a_set_up_as_aws_advises_has_none(event_source, lambda_modes, lambda_timeline):
    """Six timeouts of visibility, five receives, reports, and letters that are kept longer."""
    letters = lambda_modes.queue("letters", message_retention_period=1_209_600)
    event_source.sqs(
        do_nothing,
        timeout=30,
        visibility_timeout=180,
        max_receive_count=5,
        dead_letter_queue=letters,
        function_response_types=REPORTS,
    )
    assert told(lambda_timeline) == {}


def test_a_change_tells_what_it_makes_new(event_source, lambda_modes, lambda_timeline):
    """An update of the mapping at once, one of the function with the next batch; nothing is told twice."""
    function = lambda_modes.function(do_nothing, timeout=5)
    orders = event_source.sqs(function, batch_size=1, visibility_timeout=30)
    assert set(told(lambda_timeline)) == {"HAZ-4"}
    orders.update(batch_size=10)
    assert "HAZ-6" in told(lambda_timeline)
    function.update_configuration(timeout=60)
    assert "HAZ-2" not in told(lambda_timeline)
    orders.send("a")
    orders.drain()
    assert "HAZ-2" in told(lambda_timeline)
    orders.update(batch_size=5)
    everything = [fact.id for fact in lambda_timeline if isinstance(fact, facts.Hazard)]
    assert len(everything) == len(set(everything))


def test_hazards_are_in_the_timeline_as_text(event_source, lambda_timeline):
    """Suites run with warnings as errors, so they are never warnings."""
    event_source.sqs(do_nothing, queue_name="orders", batch_size=1, timeout=5)
    [line] = [line for line in str(lambda_timeline).splitlines() if "HAZ-4" in line]
    assert line.split() == ["00:00:00.000", "orders", "hazard", *["no", "redrive", "policy:", "a", "poison", "message", "comes", "back", "until", "it", "expires"], "HAZ-4"]  # fmt: skip
