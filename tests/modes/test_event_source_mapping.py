"""A mapping from a queue as a thing of its own: made, changed, retargeted, disabled, removed."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from pytest_lambda_modes import (
    ConfigError,
    InvalidParameterValueException,
    NotSettledError,
    ResourceConflictException,
    ResourceNotFoundException,
    facts,
)


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


class Worker:
    """A handler that keeps the bodies it was given, and stays for so many seconds."""

    def __init__(self, stays: float = 0) -> None:
        self.stays = stays
        self.bodies = []

    def __call__(self, event, context):
        self.bodies += [record["body"] for record in event["Records"]]
        time.sleep(self.stays)


def changes(timeline):
    return [(fact.state, fact.rule) for fact in timeline if isinstance(fact, facts.MappingChanged)]


# What cannot be mapped


@pytest.mark.rule("ESM-5")
def test_the_same_function_on_the_same_queue_is_a_conflict(event_source, lambda_modes):
    """409, with the UUID of the mapping that is there. After its deletion there is none."""
    worker = lambda_modes.function(Worker(), function_name="worker")
    orders = event_source.sqs(worker, queue_name="orders")
    with pytest.raises(ResourceConflictException) as caught:
        event_source.sqs(worker, queue=orders.queue)
    assert caught.value.status_code == 409
    assert caught.value.message == (
        f'An event source mapping with SQS arn (" {orders.queue.arn} ") and function (" worker ") already exists. '
        f"Please update or delete the existing mapping with UUID {orders.mapping.uuid}"
    )
    orders.delete()
    assert event_source.sqs(worker, queue=orders.queue).state == "Enabled"


@pytest.mark.rule("ESM-5", "ESM-6")
def test_another_function_or_version_on_the_same_queue_is_none(event_source, lambda_modes):
    """A second function is fine, and so is an alias of the first."""
    worker = lambda_modes.function(Worker(), function_name="worker")
    worker.create_alias("live", worker.publish_version())
    queue = lambda_modes.queue("orders")
    event_source.sqs(worker, queue=queue)
    assert event_source.sqs(Worker(), queue=queue).state == "Enabled"
    assert event_source.sqs(worker, queue=queue, qualifier="live").mapping.function_arn == f"{worker.arn}:live"
    with pytest.raises(ResourceConflictException):
        event_source.sqs(worker, queue=queue, qualifier="live")


@pytest.mark.rule("ESM-5")
@pytest.mark.parametrize(
    "how", ["the queue", "arn:aws:sqs:us-east-1:123456789012:orders", "sqs:orders", "sqs:never-made"]
)
def test_a_queue_that_does_not_exist_cannot_be_mapped(event_source, lambda_modes, how):
    """One that was deleted, or never made."""
    queue = lambda_modes.queue("orders")
    queue.delete()
    with pytest.raises(InvalidParameterValueException) as caught:
        event_source.sqs(Worker(), queue=queue if how == "the queue" else how)
    assert caught.value.message == (
        "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
        "SQS Error Message: The specified queue does not exist."
    )


@pytest.mark.rule("ESM-5")
@pytest.mark.parametrize("name", ["on_failure", "destination_config"])
def test_a_queue_has_no_destination(event_source, name):
    """It has a redrive policy; the setting is for streams."""
    with pytest.raises(InvalidParameterValueException) as caught:
        event_source.sqs(Worker(), **{name: "sqs:failed"})
    assert caught.value.message == "Unsupported DestinationConfig parameter for given event source mapping type."


@pytest.mark.rule("ESM-5", "FILT-3")
@pytest.mark.parametrize("pattern", ["null", '"order"', {"eventSource": "aws:sqs"}, {"eventSource": []}, "{"])
def test_filters_that_are_none_cannot_be_mapped(event_source, pattern):
    """400, in AWS's words, and then in ours."""
    with pytest.raises(InvalidParameterValueException, match="^Invalid filter pattern definition"):
        event_source.sqs(Worker(), filter_criteria=[pattern])


def test_a_function_that_does_not_exist_cannot_be_mapped(event_source, lambda_modes):
    """Nor a version that was not published."""
    function = lambda_modes.function(Worker())
    with pytest.raises(ResourceNotFoundException, match="Function not found: .*:7"):
        event_source.sqs(function, qualifier="7")
    function.delete()
    with pytest.raises(ResourceNotFoundException, match="Function not found"):
        event_source.sqs(function)


@pytest.mark.rule("SQS-30")
@pytest.mark.parametrize("timeout, visibility, refused", [(30, 30, False), (31, 30, True), (900, 900, False)])
def test_the_functions_timeout_must_not_exceed_the_visibility_timeout(event_source, timeout, visibility, refused):
    """Equal is allowed."""
    if not refused:
        assert event_source.sqs(Worker(), timeout=timeout, visibility_timeout=visibility).state == "Enabled"
        return
    with pytest.raises(InvalidParameterValueException) as caught:
        event_source.sqs(Worker(), timeout=timeout, visibility_timeout=visibility)
    assert caught.value.message == (
        f"Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds"
    )


@pytest.mark.rule("SQS-30")
def test_the_timeouts_are_checked_again_only_when_an_update_names_the_function(event_source, lambda_modes):
    """Raising the function's timeout is not checked, nor is another setting of the mapping."""
    function = lambda_modes.function(Worker(), timeout=30)
    orders = event_source.sqs(function, visibility_timeout=30)
    function.update_configuration(timeout=31)
    orders.update(batch_size=5)
    with pytest.raises(InvalidParameterValueException, match="is less than Function timeout: 31 seconds"):
        orders.update(function=function)


@pytest.mark.rule("ESM-3")
def test_more_than_ten_messages_need_a_window_at_creation_and_at_an_update(event_source):
    """In AWS's words; nothing has changed then."""
    words = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
    with pytest.raises(InvalidParameterValueException, match=words):
        event_source.sqs(Worker(), batch_size=11)
    orders = event_source.sqs(Worker())
    with pytest.raises(InvalidParameterValueException, match=words):
        orders.update(batch_size=11)
    assert orders.mapping.config.batch_size == 10
    orders.update(batch_size=11, maximum_batching_window_in_seconds=1)
    with pytest.raises(InvalidParameterValueException, match=words):
        orders.update(maximum_batching_window_in_seconds=0)


# States


@pytest.mark.rule("ESM-4")
def test_a_mapping_is_enabled_disabled_and_deleted(event_source, lambda_timeline):
    """Each change is told once; asking for the state it has changes nothing."""
    orders = event_source.sqs(Worker())
    states = [orders.state]
    for change in (orders.enable, orders.disable, orders.disable, orders.enable, orders.delete):
        change()
        states.append(orders.state)
    assert states == ["Enabled", "Enabled", "Disabled", "Disabled", "Enabled", "Deleted"]
    assert changes(lambda_timeline) == [("Disabled", "ESM-4"), ("Enabled", "ESM-4"), ("Deleted", "ESM-4")]


@pytest.mark.rule("ESM-4")
def test_a_deleted_mapping_does_not_exist(event_source):
    """404 for whatever is asked of it."""
    orders = event_source.sqs(Worker())
    orders.delete()
    for ask in (orders.enable, orders.disable, orders.delete, lambda: orders.update(batch_size=5)):
        with pytest.raises(ResourceNotFoundException) as caught:
            ask()
        assert caught.value.message == "The resource you requested does not exist."
    assert orders.state == "Deleted"


@pytest.mark.rule("ESM-4")
def test_a_mapping_can_be_made_disabled(event_source, lambda_clock, lambda_timeline):
    """It reads nothing until it is enabled, by itself or by an update."""
    worker = Worker()
    orders = event_source.sqs(worker, enabled=False)
    assert (orders.state, changes(lambda_timeline)) == ("Disabled", [("Disabled", "ESM-4")])
    orders.send("a")
    lambda_clock.advance(hours=1)
    assert worker.bodies == []
    orders.update(enabled=True)
    assert orders.drain().state == "Enabled"
    assert worker.bodies == ["a"]


def test_a_disabled_source_cannot_be_drained_while_messages_wait(event_source, lambda_clock):
    """The error says what waits, and what to do."""
    orders = event_source.sqs(Worker(), enabled=False)
    assert orders.drain() is orders
    orders.send("a")
    with pytest.raises(NotSettledError, match=r"(?s)its mapping is disabled, with 1 message left.*source.enable\(\)"):
        orders.drain()
    assert lambda_clock.elapsed == seconds(0)


@pytest.mark.rule("ESM-9")
@pytest.mark.parametrize("stop", ["disable", "delete"])
def test_what_is_in_flight_goes_on_when_its_mapping_stops(event_source, lambda_clock, stop):
    """Its result is still applied: the message is deleted. The next one stays in the queue."""
    worker = Worker(stays=2)
    orders = event_source.sqs(worker, batch_size=1, timeout=5, maximum_concurrency=2)
    messages = [orders.send(number) for number in range(3)]
    lambda_clock.advance(seconds=1)
    getattr(orders, stop)()
    with pytest.raises(NotSettledError, match="with 1 message left"):
        orders.drain()
    assert [message.state for message in messages] == ["deleted", "deleted", "available"]
    assert lambda_clock.elapsed == seconds(2)


@pytest.mark.rule("ESM-9")
def test_draining_a_stopped_mapping_waits_for_what_is_in_flight(event_source, lambda_clock):
    """With nothing left behind it, that is all there is to wait for."""
    orders = event_source.sqs(Worker(stays=2))
    orders.send("a")
    lambda_clock.advance(seconds=1)
    orders.disable()
    orders.drain()
    assert (orders.batches[0].outcome, lambda_clock.elapsed) == ("success", seconds(2))


def test_a_batch_that_is_forming_is_given_up_when_its_mapping_stops(event_source, lambda_clock):
    """Its messages come back when their visibility ends, with the receive counted."""
    worker = Worker()
    orders = event_source.sqs(worker, maximum_batching_window_in_seconds=20)
    message = orders.send("a")
    lambda_clock.advance(seconds=5)
    orders.disable()
    lambda_clock.advance(seconds=30)
    assert (worker.bodies, message.state, message.receive_count) == ([], "available", 1)
    orders.enable()
    orders.drain()
    assert (worker.bodies, message.receive_count) == (["a"], 2)
    assert lambda_clock.elapsed == seconds(35 + 20)


def test_a_stopped_mapping_has_nothing_on_the_clock(event_source, lambda_clock):
    """A message that becomes visible for nobody is not waited for."""
    orders = event_source.sqs(Worker())
    orders.send("a", delay_seconds=900)
    orders.disable()
    lambda_clock.run_until_idle()
    assert lambda_clock.elapsed == seconds(0)


# Changes


@pytest.mark.rule("ESM-6")
def test_a_mapping_to_a_version_keeps_to_it(event_source, lambda_modes):
    """Whatever the latest code does."""
    first, second = Worker(), Worker()
    function = lambda_modes.function(first, function_name="worker")
    version = function.publish_version()
    function.update_code(second)
    orders = event_source.sqs(function, qualifier=version)
    orders.send("a")
    orders.drain()
    assert (first.bodies, second.bodies) == (["a"], [])
    assert orders.mapping.function_arn == f"{function.arn}:1"


@pytest.mark.rule("ESM-6")
def test_a_mapping_can_be_pointed_at_another_version_or_function(event_source, lambda_modes):
    """The next batches go there. Naming a function without a qualifier means its latest version."""
    first, second, third = Worker(), Worker(), Worker()
    function = lambda_modes.function(first, function_name="worker")
    version = function.publish_version()
    function.update_code(second)
    orders = event_source.sqs(function)
    arns = [orders.mapping.function_arn]
    for body, change in (
        ("a", {"qualifier": version}),
        ("b", {"function": function}),
        ("c", {"function": lambda_modes.function(third, function_name="other")}),
    ):
        orders.update(**change)
        arns.append(orders.mapping.function_arn.rpartition("function:")[2])
        orders.send(body)
        orders.drain()
    assert (first.bodies, second.bodies, third.bodies) == (["a"], ["b"], ["c"])
    assert arns[1:] == ["worker:1", "worker", "other"]
    assert orders.function.function_name == "other"
    assert [batch.function_name for batch in orders.batches] == ["worker", "worker", "other"]


@pytest.mark.rule("ESM-6")
def test_an_alias_that_moves_takes_the_mapping_along(event_source, lambda_modes):
    """As for every invocation of an alias."""
    first, second = Worker(), Worker()
    function = lambda_modes.function(first)
    function.create_alias("live", function.publish_version())
    orders = event_source.sqs(function, qualifier="live")
    orders.send("a")
    orders.drain()
    function.update_code(second)
    function.create_alias("live", function.publish_version())
    orders.send("b")
    orders.drain()
    assert (first.bodies, second.bodies) == (["a"], ["b"])


def test_an_update_that_is_refused_changes_nothing(event_source, lambda_modes):
    """Neither settings nor function, whichever of them is wrong."""
    orders = event_source.sqs(Worker(), batch_size=5)
    before = (orders.mapping.config, orders.function, orders.state)
    other = lambda_modes.function(Worker(), function_name="other")
    for wrong in (
        {"function": other, "batch_size": 0},
        {"function": other, "filter_criteria": [{"body": "order"}]},
        {"batch_size": 7, "qualifier": "no-such-alias"},
        {"enabled": False, "colour": "red"},
    ):
        with pytest.raises((ConfigError, InvalidParameterValueException, ResourceNotFoundException)):
            orders.update(**wrong)
        assert (orders.mapping.config, orders.function, orders.state) == before


def test_settings_of_the_queue_are_changed_on_the_queue(event_source):
    """The error says how."""
    orders = event_source.sqs(Worker())
    with pytest.raises(
        ConfigError, match=r"(?s)visibility_timeout is a setting of the queue.*set_attributes\(visibility"
    ):
        orders.update(visibility_timeout=60)
    with pytest.raises(ConfigError, match=r"(?s)max_receive_count is a setting of the queue.*set_redrive_policy"):
        orders.update(max_receive_count=3)


@pytest.mark.parametrize("name", ["queue", "queue_name", "fifo", "deduplication_scope"])
def test_a_mapping_keeps_its_queue(event_source, name):
    """The error says what to do instead."""
    orders = event_source.sqs(Worker())
    with pytest.raises(ConfigError, match=f"(?s){name} is for good: a mapping keeps its queue.*Make another"):
        orders.update(**{name: "orders"})


def test_a_mapping_is_pointed_at_functions_only(event_source):
    """A handler is not one yet."""
    orders = event_source.sqs(Worker())
    with pytest.raises(ConfigError, match="and must be a function of lambda_modes"):
        orders.update(function=Worker())


def test_an_update_counts_from_the_next_batch(event_source, lambda_clock):
    """A batch that runs is settled by the settings it began with."""

    def report(event, context):
        time.sleep(2)
        return {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}

    orders = event_source.sqs(report, max_receive_count=2)
    first = orders.send("a")
    lambda_clock.advance(seconds=1)
    orders.update(function_response_types=["ReportBatchItemFailures"])
    second = orders.send("b")
    orders.drain()
    assert (first.state, second.state) == ("deleted", "dead_lettered")


def test_a_batch_that_is_forming_obeys_an_update(event_source, lambda_clock):
    """A smaller batch is complete at once, a shorter window ends sooner."""
    worker = Worker()
    orders = event_source.sqs(worker, batch_size=10, maximum_batching_window_in_seconds=300, visibility_timeout=900)
    orders.send("a")
    lambda_clock.advance(seconds=10)
    orders.update(maximum_batching_window_in_seconds=20)
    orders.drain()
    assert lambda_clock.elapsed == seconds(20)
    orders.send("b")
    lambda_clock.advance(seconds=1)
    orders.update(batch_size=1)
    orders.drain()
    assert (worker.bodies, lambda_clock.elapsed) == (["a", "b"], seconds(21))
