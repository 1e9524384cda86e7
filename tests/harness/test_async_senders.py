"""The services in front of async_invoke: the event each sends, its own filter, its own retries and dead letters."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from pytest_lambda_modes import (
    ConfigError,
    EventError,
    InvalidEventPatternException,
    InvalidParameterException,
    InvalidParameterValueException,
    KeyTooLongError,
    faults,
)

THROTTLE = faults.Throttle()
ALWAYS = dict.fromkeys(range(1, 200), THROTTLE)

events = []


def keep(event, context):
    events.append(event)


@pytest.fixture(autouse=True)
def forget():
    events.clear()


pytestmark = pytest.mark.lambda_function(handler=keep, function_name="keep")


def attributes_of(letter):
    return {name: each["StringValue"] for name, each in letter.message_attributes.items()}


# What arrives


@pytest.mark.rule("EVT-1", "ASYNC-40")
def test_sns(async_invoke, lambda_clock):
    """The record of Lambda's form, with all that was given, at the virtual instant."""
    lambda_clock.advance(seconds=7)
    attributes = {"kind": "test", "total": 3}
    async_invoke.from_sns("hello", topic="alerts", subject="Greeting", message_attributes=attributes).wait()
    [event] = events
    sns = event["Records"][0]["Sns"]
    assert (sns["Message"], sns["Subject"]) == ("hello", "Greeting")
    assert sns["TopicArn"] == "arn:aws:sns:us-east-1:123456789012:alerts"
    assert sns["Timestamp"] == "2026-01-01T00:00:07.000Z"
    assert sns["MessageAttributes"]["total"] == {"Type": "Number", "Value": "3"}


@pytest.mark.rule("EVT-2", "ASYNC-43")
def test_s3(async_invoke):
    """The key is URL-encoded; the sequencers of one key are in order."""
    for _ in range(2):
        async_invoke.from_s3("s3:ObjectCreated:Put", bucket="in", key="a b/ü.csv", size=3, e_tag="tag", version_id="v1")
    delivery = async_invoke.from_s3("ObjectRemoved:Delete", bucket="in", key="a b/ü.csv").wait()
    first, second, removed = (event["Records"][0] for event in events)
    assert first["s3"]["object"] == {
        "key": "a+b/%C3%BC.csv", "size": 3, "eTag": "tag", "versionId": "v1",
        "sequencer": first["s3"]["object"]["sequencer"],
    }  # fmt: skip
    assert first["eventName"] == "ObjectCreated:Put"
    assert removed["eventName"] == "ObjectRemoved:Delete"
    sequencers = [record["s3"]["object"]["sequencer"] for record in (first, second, removed)]
    assert sequencers == sorted(set(sequencers))
    assert delivery.service == "S3"


@pytest.mark.rule("EVT-3", "ASYNC-41")
def test_eventbridge(async_invoke):
    """The envelope of a rule without an input transformer."""
    async_invoke.from_eventbridge(
        source="shop", detail_type="Order Placed", detail={"id": 7}, resources=["arn:aws:s3:::in"]
    ).wait()
    [event] = events
    assert (event["source"], event["detail-type"], event["detail"]) == ("shop", "Order Placed", {"id": 7})
    assert (event["resources"], event["time"]) == (["arn:aws:s3:::in"], "2026-01-01T00:00:00Z")


@pytest.mark.rule("EVT-3", "ASYNC-41")
def test_a_schedule_of_eventbridge(async_invoke):
    """A Scheduled Event of aws.events, or the constant that the target is given."""
    async_invoke.from_schedule("nightly").wait()
    async_invoke.from_schedule("nightly", input={"job": "report"}).wait()
    scheduled, constant = events
    assert (scheduled["source"], scheduled["detail-type"], scheduled["detail"]) == (
        "aws.events", "Scheduled Event", {},
    )  # fmt: skip
    assert scheduled["resources"] == ["arn:aws:events:us-east-1:123456789012:rule/nightly"]
    assert constant == {"job": "report"}


@pytest.mark.rule("EVT-7", "ASYNC-42")
def test_the_scheduler(async_invoke):
    """The input, {} when there is none, with Scheduler's keywords replaced."""
    async_invoke.from_scheduler().wait()
    async_invoke.from_scheduler({"at": "<aws.scheduler.scheduled-time>"}).wait()
    assert events == [{}, {"at": "2026-01-01T00:00:00Z"}]


def test_overrides_reach_into_the_event(async_invoke):
    """Merged deeply, into lists by index."""
    async_invoke.from_s3("ObjectCreated:Put", overrides={"Records": {0: {"awsRegion": "eu-west-1"}}}).wait()
    async_invoke.from_eventbridge(source="a", detail_type="b", overrides={"account": "999999999999"}).wait()
    async_invoke.from_schedule(overrides={"account": "1"}).wait()
    async_invoke.from_scheduler({"a": 1}, overrides={"b": 2}).wait()
    async_invoke.from_sns("hello", overrides={"Records": {0: {"Sns": {"Message": "other"}}}}).wait()
    assert events[0]["Records"][0]["awsRegion"] == "eu-west-1"
    assert [events[1]["account"], events[2]["account"], events[3]] == ["999999999999", "1", {"a": 1, "b": 2}]
    assert events[4]["Records"][0]["Sns"]["Message"] == "other"


def test_ids_repeat_from_run_to_run(async_invoke):
    """They come from the test's seed, and differ within a test."""
    first, second = async_invoke.from_sns("hello"), async_invoke.from_sns("hello")
    ids = [json.loads(each.payload)["Records"][0]["Sns"]["MessageId"] for each in (first, second)]
    assert len(set(ids)) == 2
    second.wait()


# Who gets it


def test_another_handler_with_its_settings(async_invoke):
    """As in a plain call: a handler and function settings, a function, or an ARN with a qualifier."""
    seen = []

    def other(event, context):
        seen.append((context.function_name, context.memory_limit_in_mb))

    delivery = async_invoke.from_sns("hello", handler=other, function_name="other", memory_size=256).wait()
    function = delivery.function
    async_invoke.from_scheduler(handler=function).wait()
    function.create_alias("live", function.publish_version())
    aliased = async_invoke.from_scheduler(handler=f"{function.arn}:live").wait()
    assert seen == [("other", "256")] * 3
    assert events == []
    assert aliased.attempts[0].outcome == "success"


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda invoke: invoke.from_sns("a", memory_size=256), "memory_size cannot be set for a call that names no"),
        (lambda invoke: invoke.from_sns("a", retries=1), r"from_sns\(\.\.\.\): there is no setting retries"),
        (lambda invoke: invoke.from_sns({"a": 1}), "message is .*must be a string"),
        (lambda invoke: invoke.from_sns("a", topic="a.fifo"), "a FIFO topic cannot invoke a function"),
        (lambda invoke: invoke.from_sns("a", dead_letter_queue="sns:a"), "dead_letter_queue is"),
        (lambda invoke: invoke.from_sns("a", dead_letter_queue="sqs:a.fifo"), "a FIFO queue, and must be a standard"),
        (lambda invoke: invoke.from_sns("a", invoke_faults={1: faults.Kill()}), r"invoke_faults is \{1: Kill"),
        (lambda invoke: invoke.from_sns("a", invoke_faults=3), "Here there are Throttle, ServiceError"),
        (lambda invoke: invoke({}, invoke_faults={1: THROTTLE}), "invoke_faults is a setting of async_invoke.from_sns"),
        (lambda invoke: invoke.from_s3("ObjectCreated:*"), "stands for a group of events"),
        (lambda invoke: invoke.from_s3("ObjectMade"), "must be one of: ReducedRedundancyLostObject, ObjectCreated"),
        (lambda invoke: invoke.from_s3("ObjectCreated:Put", size=-1), "size is -1"),
        (lambda invoke: invoke.from_eventbridge(source="", detail_type="a"), "source is"),
        (lambda invoke: invoke.from_eventbridge(source="a", detail_type="b", detail=[1]), r"detail is \[1\]"),
        (lambda invoke: invoke.from_scheduler(retry_policy={"MaximumRetryAttempts": 186}), "from 0 to 185"),
        (lambda invoke: invoke.from_schedule(retry_policy={"maximum_event_age_in_seconds": 59}), "from 60 to 86400"),
        (lambda invoke: invoke.from_schedule(retry_policy={"Retries": 1}), "retry_policy: there is no setting retries"),
        (lambda invoke: invoke.from_schedule(retry_policy=3), "a mapping such as"),
    ],
)
def test_calls_that_make_no_sense(async_invoke, call, words):
    """Refused at once, and nothing is sent."""
    with pytest.raises(ConfigError, match=words) as refused:
        call(async_invoke)
    assert str(refused.value).startswith(("async_invoke(...)", "async_invoke.from_"))
    assert events == []


def test_what_aws_would_refuse(async_invoke):
    """Under AWS's name: a message over 256 KB, a subject, a pattern, a key that is too long, Lambda's settings.

    What JSON cannot carry is refused as everywhere.
    """
    with pytest.raises(InvalidParameterException, match="Message too long"):
        async_invoke.from_sns("x" * 262_145)
    with pytest.raises(InvalidParameterException, match="Subject"):
        async_invoke.from_sns("x", subject="x" * 101)
    with pytest.raises(InvalidParameterException, match="FilterPolicyScope"):
        async_invoke.from_sns("x", filter_policy_scope="Body")
    with pytest.raises(InvalidParameterException, match="FilterPolicy: "):
        async_invoke.from_sns("x", filter_policy={"kind": "order"})
    with pytest.raises(InvalidEventPatternException, match="Event pattern is not valid. Reason: .*source"):
        async_invoke.from_eventbridge(source="a", detail_type="b", event_pattern={"source": "a"})
    with pytest.raises(EventError):
        async_invoke.from_schedule(input={1}, dead_letter_queue="sqs:dead")
    with pytest.raises(KeyTooLongError):
        async_invoke.from_s3("ObjectCreated:Put", key="x" * 1025)
    with pytest.raises(InvalidParameterValueException):
        async_invoke.from_sns("x", maximum_retry_attempts=3)


@pytest.mark.async_invoke(maximum_retry_attempts=0)
def test_the_marker_holds_for_senders_too(async_invoke):
    """Its event invoke settings are the function's."""

    def fail(event, context):
        raise ValueError("no stock")

    assert len(async_invoke.from_sns("hello", handler=fail).wait().attempts) == 1


# Filters


@pytest.mark.rule("ASYNC-40")
@pytest.mark.parametrize(
    "given, state",
    [
        ({"filter_policy": {"kind": ["order"]}}, "delivered"),
        ({"filter_policy": {"kind": ["refund"]}}, "filtered"),
        ({"filter_policy": {"id": [7]}, "filter_policy_scope": "MessageBody"}, "delivered"),
        ({"filter_policy": {"id": [8]}, "filter_policy_scope": "MessageBody"}, "filtered"),
        ({"filter_policy": {}}, "delivered"),
    ],
)
def test_a_filter_policy(async_invoke, lambda_clock, given, state):
    """What it does not match never reaches the function, and nothing waits for it."""
    delivery = async_invoke.from_sns('{"id": 7}', message_attributes={"kind": "order"}, **given).wait()
    lambda_clock.run_until_idle()
    assert (delivery.state, len(events)) == (state, int(state == "delivered"))
    assert delivery.settled
    assert (delivery.invocation is None) == (state == "filtered")


@pytest.mark.rule("ASYNC-41")
@pytest.mark.parametrize("pattern, state", [({"source": ["shop"]}, "delivered"), ({"source": ["a"]}, "filtered")])
def test_an_event_pattern(async_invoke, pattern, state):
    """A rule's pattern sees the whole envelope."""
    delivery = async_invoke.from_eventbridge(source="shop", detail_type="Order", event_pattern=pattern).wait()
    assert (delivery.state, len(events)) == (state, int(state == "delivered"))
    assert repr(delivery).startswith(f"<ServiceDelivery by EventBridge to keep: {state}")


# When Lambda refuses


@pytest.mark.rule("ASYNC-41", "ASYNC-42")
@pytest.mark.parametrize(
    "send, told",
    [
        (
            lambda invoke, **given: invoke.from_eventbridge(source="a", detail_type="b", rule="orders", **given),
            {"RULE_ARN": "arn:aws:events:us-east-1:123456789012:rule/orders"},
        ),
        (
            lambda invoke, **given: invoke.from_schedule("nightly", **given),
            {"RULE_ARN": "arn:aws:events:us-east-1:123456789012:rule/nightly"},
        ),
        (
            lambda invoke, **given: invoke.from_scheduler({"a": 1}, schedule="hourly", **given),
            {
                "SCHEDULE_ARN": "arn:aws:scheduler:us-east-1:123456789012:schedule/default/hourly",
                "SCHEDULED_TIME": "2026-01-01T00:00:00Z",
            },
        ),
    ],
)
@pytest.mark.parametrize(
    "policy, retries, exhausted",
    [
        (None, 185, "MaximumRetryAttempts"),
        ({"MaximumRetryAttempts": 2}, 2, "MaximumRetryAttempts"),
        ({"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 185}, 5, "MaximumEventAgeInSeconds"),
        ({"maximum_retry_attempts": 0}, 0, "MaximumRetryAttempts"),
    ],
)
def test_eventbridge_and_scheduler_give_up(async_invoke, lambda_modes, send, told, policy, retries, exhausted):
    """By their own numbers, into their own dead-letter queue, which is told why; Lambda's are not touched."""
    delivery = send(async_invoke, retry_policy=policy, dead_letter_queue="sqs:dead", invoke_faults=ALWAYS).wait()
    assert (delivery.state, len(delivery.tries) - 1) == ("dead_lettered", retries)
    [letter] = lambda_modes.queue("dead").messages
    assert letter.json() == json.loads(delivery.payload)
    assert attributes_of(letter) == {
        **told,
        "TARGET_ARN": "arn:aws:lambda:us-east-1:123456789012:function:keep",
        "ERROR_CODE": "THROTTLING",
        "ERROR_MESSAGE": "Rate Exceeded.",
        "EXHAUSTED_RETRY_CONDITION": exhausted,
        "RETRY_ATTEMPTS": str(retries),
    }
    assert events == []


@pytest.mark.rule("ASYNC-43")
def test_s3_gives_up_after_a_day(async_invoke, lambda_clock):
    """And has nowhere to put it."""
    delivery = async_invoke.from_s3("ObjectCreated:Put", invoke_faults=dict.fromkeys(range(1, 1000), THROTTLE)).wait()
    assert delivery.state == "dropped"
    assert dt.timedelta(hours=23) < lambda_clock.elapsed < dt.timedelta(days=1)


def test_a_handler_may_send(async_invoke, lambda_clock):
    """What it sends runs beside it, and belongs to its chain of invocations."""

    def outer(event, context):
        async_invoke.from_sns("from a handler")

    async_invoke.from_scheduler(handler=outer).wait()
    lambda_clock.run_until_idle()
    [event] = events
    assert event["Records"][0]["Sns"]["Message"] == "from a handler"


@pytest.mark.rule("ASYNC-36")
def test_a_loop_through_a_service_is_stopped(async_invoke, lambda_clock, lambda_modes):
    """A function that has itself called by SNS runs 16 times, a refused Invoke in between or not."""

    def again(event, context):
        events.append(event)
        async_invoke.from_sns("again", handler=function, invoke_faults={1: THROTTLE})

    function = lambda_modes.function(again)
    async_invoke.from_sns("again", handler=function)
    lambda_clock.run_until_idle()
    assert len(events) == 16
