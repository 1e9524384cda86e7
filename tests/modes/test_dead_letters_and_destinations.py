"""Where an event goes at its end: destinations of every kind, dead letters, and what cannot be delivered."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import time

import pytest

from pytest_lambda_modes import ConfigError, InvalidParameterValueException, facts, faults

ACCOUNT = "us-east-1:123456789012"
ARN = f"arn:aws:lambda:{ACCOUNT}:function:orders"


def succeed(event, context):
    return {"ok": True}


def fail(event, context):
    raise ValueError(event.get("text", "no stock"))


def stay(event, context):
    time.sleep(300)


@pytest.fixture
def orders(lambda_modes):
    """A function of that name around a handler."""
    return lambda handler, **settings: lambda_modes.function(handler, function_name="orders", **settings)


def records(queue):
    return [message.json() for message in queue.messages]


def failures(timeline):
    """What could not be delivered: where to, by which rule, and whether it was a dead letter."""
    return [(fact.target, fact.rule, fact.dead_letter) for fact in timeline if isinstance(fact, facts.DeliveryFailed)]


# Records


@pytest.mark.rule("ASYNC-17", "ASYNC-21", "ASYNC-22", "ASYNC-24")
def test_a_success_sends_a_record_to_its_destination(async_invoke, orders, lambda_modes):
    """The record has AWS's keys in AWS's order, and says when the event ended."""
    invocation = async_invoke(orders(succeed), {"id": 7}, on_success="sqs:done", on_failure="sqs:failed").wait()
    [message] = lambda_modes.queue("done").messages
    assert message.body == (
        '{"version":"1.0","timestamp":"2026-01-01T00:00:00.000Z",'
        f'"requestContext":{{"requestId":"{invocation.request_id}","functionArn":"{ARN}:$LATEST",'
        '"condition":"Success","approximateInvokeCount":1},'
        '"requestPayload":{"id": 7},'
        '"responseContext":{"statusCode":200,"executedVersion":"$LATEST"},'
        '"responsePayload":{"ok": true}}'
    )
    assert lambda_modes.queue("failed").messages == []


@pytest.mark.rule("ASYNC-17", "ASYNC-21", "ASYNC-22", "ASYNC-23", "ASYNC-30")
def test_a_failure_sends_a_record_when_its_last_attempt_has_ended(async_invoke, orders, lambda_modes):
    """Three attempts later the record counts them, and carries what a synchronous caller would have seen."""
    invocation = async_invoke(orders(fail), {"id": 7}, on_success="sqs:done", on_failure="sqs:failed").wait()
    [record] = records(lambda_modes.queue("failed"))
    assert record["timestamp"] == "2026-01-01T00:03:00.000Z"
    assert record["requestContext"] == {
        "requestId": invocation.request_id,
        "functionArn": f"{ARN}:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    }
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    assert record["responsePayload"] == invocation.attempts[-1].response
    assert record["responsePayload"]["requestId"] == invocation.request_id
    assert lambda_modes.queue("done").messages == []


@pytest.mark.rule("ASYNC-23")
def test_a_success_after_retries_counts_one_invocation(async_invoke, orders, lambda_modes):
    """AWS counts attempts in the records of failures only."""
    outcomes = iter([1, 1, 0])

    def flaky(event, context):
        return 1 // (1 - next(outcomes))

    invocation = async_invoke(orders(flaky), {}, on_success="sqs:done").wait()
    assert len(invocation.attempts) == 3
    [record] = records(lambda_modes.queue("done"))
    assert record["requestContext"]["approximateInvokeCount"] == 1


@pytest.mark.rule("ASYNC-21")
def test_a_record_names_the_qualifier_that_was_invoked_and_the_version_that_ran(async_invoke, orders, lambda_modes):
    """An alias stays an alias in the function's ARN; executedVersion says what it led to."""
    function = orders(succeed)
    function.create_alias("live", function.publish_version())
    async_invoke(function, {}, qualifier="live", on_success="sqs:done").wait()
    [record] = records(lambda_modes.queue("done"))
    assert record["requestContext"]["functionArn"] == f"{ARN}:live"
    assert record["responseContext"]["executedVersion"] == "1"


@pytest.mark.rule("ASYNC-33")
def test_the_record_of_a_timeout_carries_the_timeout(async_invoke, orders, lambda_modes):
    """It is a function error like any other, and its object has no requestId."""
    invocation = async_invoke(orders(stay), {}, maximum_retry_attempts=0, on_failure="sqs:failed").wait()
    [record] = records(lambda_modes.queue("failed"))
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"] == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {invocation.request_id} Error: Task timed out after 3.00 seconds",
    }


@pytest.mark.rule("ASYNC-11", "ASYNC-22")
def test_an_event_that_grew_too_old_keeps_its_last_response(async_invoke, orders, lambda_modes):
    """The condition is the age's, the response that of the attempt that failed."""
    async_invoke(orders(fail), {}, maximum_event_age_in_seconds=60, on_failure="sqs:failed").wait()
    [record] = records(lambda_modes.queue("failed"))
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["responsePayload"]["errorMessage"] == "no stock"


@pytest.mark.rule("ASYNC-26", "ASYNC-20")
def test_an_event_that_was_throttled_to_its_end_says_so(async_invoke, orders, lambda_modes):
    """Record and dead letter have the status of the throttle, and nothing of a run."""
    busy = async_invoke(orders(stay, timeout=600, reserved_concurrent_executions=1), {})
    invocation = async_invoke(
        busy.function, {"id": 2}, maximum_event_age_in_seconds=60, on_failure="sqs:failed", dead_letter_target="sqs:dlq"
    ).wait()
    [record] = records(lambda_modes.queue("failed"))
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert record["responseContext"] == {"statusCode": 429}
    assert "responsePayload" not in record
    [letter] = lambda_modes.queue("dlq").messages
    assert letter.message_attributes == {
        "RequestID": {"DataType": "String", "StringValue": invocation.request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": "429"},
        "ErrorMessage": {"DataType": "String", "StringValue": "Rate Exceeded."},
    }


@pytest.mark.rule("ASYNC-13", "ASYNC-20")
def test_an_event_of_zero_concurrency_has_no_response_to_show(async_invoke, orders, lambda_modes):
    """The record ends with the request, and the dead letter has no code."""
    function = orders(succeed, reserved_concurrent_executions=0)
    async_invoke(function, {"id": 1}, on_failure="sqs:failed", dead_letter_target="sqs:dlq").wait()
    [record] = records(lambda_modes.queue("failed"))
    assert list(record) == ["version", "timestamp", "requestContext", "requestPayload"]
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    [letter] = lambda_modes.queue("dlq").messages
    assert letter.json() == {"id": 1}
    assert list(letter.message_attributes) == ["RequestID", "ErrorMessage"]
    assert letter.message_attributes["ErrorMessage"]["StringValue"] == (
        "Function not invoked. Function isconfigured with zero reserved concurrent executions"
    )


@pytest.mark.rule("ASYNC-13")
def test_concurrency_that_is_taken_away_leaves_no_response_either(async_invoke, orders, lambda_modes, lambda_clock):
    """The record counts the attempt that was made before, and shows nothing of it."""
    invocation = async_invoke(orders(fail), {}, on_failure="sqs:failed")
    lambda_clock.advance(seconds=1)
    invocation.function.update_configuration(reserved_concurrent_executions=0)
    invocation.wait()
    [record] = records(lambda_modes.queue("failed"))
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert "responseContext" not in record


@pytest.mark.rule("ASYNC-15")
def test_an_event_of_a_deleted_function_says_404(async_invoke, orders, lambda_modes):
    """Record and dead letter are sent as the function was configured, and name it with its qualifier."""
    invocation = async_invoke(orders(succeed), {}, on_failure="sqs:failed", dead_letter_target="sqs:dlq")
    invocation.function.delete()
    invocation.wait()
    [record] = records(lambda_modes.queue("failed"))
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["responseContext"] == {"statusCode": 404}
    assert "responsePayload" not in record
    [letter] = lambda_modes.queue("dlq").messages
    assert letter.message_attributes["ErrorCode"]["StringValue"] == "404"
    assert letter.message_attributes["ErrorMessage"]["StringValue"] == f"Function not found: {ARN}:$LATEST"


@pytest.mark.rule("ASYNC-31")
def test_a_response_that_is_not_json_is_a_delivery_error_in_the_record(async_invoke, orders, lambda_modes):
    """The attempt succeeded, NaN and all; the record says that it cannot carry the response."""
    invocation = async_invoke(orders(lambda event, context: float("nan")), {}, on_success="sqs:done").wait()
    assert invocation.condition == "Success"
    [record] = records(lambda_modes.queue("done"))
    assert list(record)[-1] == "deliveryError"
    assert "responsePayload" not in record
    assert record["deliveryError"]["statusCode"] == 400
    assert record["deliveryError"]["errorCode"] == "InvalidRequestContentException"


# Every kind of destination


@pytest.mark.rule("ASYNC-24")
def test_a_record_in_a_queue_carries_the_trace_of_the_invocation(async_invoke, orders, lambda_modes):
    """AWSTraceHeader continues the trace that the handler saw at each of its attempts."""
    seen = []

    def handler(event, context):
        seen.append(os.environ["_X_AMZN_TRACE_ID"])
        raise ValueError

    async_invoke(orders(handler), {}, on_failure="sqs:failed").wait()
    [message] = lambda_modes.queue("failed").receive()
    assert seen == [message.attributes["AWSTraceHeader"]] * 3
    root = re.fullmatch(r"Root=1-([0-9a-f]{8})-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0", seen[0])
    assert int(root[1], 16) == dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc).timestamp()


@pytest.mark.rule("ASYNC-24", "ASYNC-28")
@pytest.mark.parametrize(("handler", "setting"), [(succeed, "on_success"), (fail, "on_failure")])
def test_a_topic_receives_the_record_as_its_message(async_invoke, orders, lambda_modes, handler, setting):
    """The message is the record's text, without attributes."""
    invocation = async_invoke(orders(handler), {"id": 7}, maximum_retry_attempts=0, **{setting: "sns:records"}).wait()
    [message] = lambda_modes.topic("records").messages
    assert message.json()["requestContext"]["requestId"] == invocation.request_id
    assert message.message_attributes == {}


@pytest.mark.rule("ASYNC-25", "ASYNC-28")
@pytest.mark.parametrize(
    ("handler", "setting", "result"), [(succeed, "on_success", "Success"), (fail, "on_failure", "Failure")]
)
def test_an_event_bus_receives_the_record_in_an_envelope(async_invoke, orders, lambda_modes, handler, setting, result):
    """The envelope is EventBridge's, in its order; the record is its detail."""
    settings = {setting: "events:default", "maximum_retry_attempts": 0}
    invocation = async_invoke(orders(handler), {"id": 7}, **settings).wait()
    [event] = lambda_modes.event_bus().events
    assert list(event) == [
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    ]  # fmt: skip
    assert event["detail-type"] == f"Lambda Function Invocation Result - {result}"
    assert (event["version"], event["source"], event["time"]) == ("0", "lambda", "2026-01-01T00:00:00Z")
    assert event["resources"] == [f"arn:aws:events:{ACCOUNT}:event-bus/default", f"{ARN}:$LATEST"]
    assert event["detail"]["requestContext"]["requestId"] == invocation.request_id
    assert event["detail"]["requestPayload"] == {"id": 7}


@pytest.mark.rule("ASYNC-27", "ASYNC-28")
def test_a_bucket_receives_the_record_of_a_failure_as_an_object(async_invoke, orders, lambda_modes):
    """The key has the function's name and the moment in UTC; the content is the record."""
    async_invoke(orders(fail), {"id": 7}, maximum_retry_attempts=0, on_failure="s3:failures").wait()
    [(key, stored)] = lambda_modes.bucket("failures").objects.items()
    assert re.fullmatch(r"aws/lambda/async/orders/2026/01/01/2026-01-01T00\.00\.00-[0-9a-f-]{36}", key)
    assert stored.content_type == "application/octet-stream"
    assert stored.json()["requestPayload"] == {"id": 7}


@pytest.mark.rule("ASYNC-24", "ASYNC-4", "ASYNC-28")
@pytest.mark.parametrize(("handler", "setting"), [(succeed, "on_success"), (fail, "on_failure")])
def test_a_function_receives_the_record_as_an_event_of_its_own(async_invoke, orders, lambda_modes, handler, setting):
    """It is invoked with the record, under a new request id."""
    seen = []
    audit = lambda_modes.function(lambda event, context: seen.append((event, context.aws_request_id)))
    invocation = async_invoke(orders(handler), {"id": 7}, maximum_retry_attempts=0, **{setting: audit}).wait()
    lambda_modes.clock.run_until_idle()
    [(record, request_id)] = seen
    assert record["requestContext"]["requestId"] == invocation.request_id
    assert request_id != invocation.request_id


@pytest.mark.rule("ASYNC-24")
def test_a_function_as_destination_may_be_named_with_a_qualifier(async_invoke, orders, lambda_modes):
    """An ARN with an alias invokes what the alias stands for."""
    seen = []
    audit = lambda_modes.function(lambda event, context: seen.append(context.function_version), function_name="audit")
    audit.create_alias("live", audit.publish_version())
    async_invoke(orders(succeed), {}, on_success=f"{audit.arn}:live").wait()
    lambda_modes.clock.run_until_idle()
    assert seen == ["1"]


@pytest.mark.rule("ASYNC-17")
@pytest.mark.parametrize("form", ["short", "arn", "object"])
def test_a_target_can_be_written_in_three_ways(async_invoke, orders, lambda_modes, form):
    """The short form, the ARN and the object of `lambda_modes` mean the same queue."""
    queue = lambda_modes.queue("done")
    async_invoke(orders(succeed), {}, on_success={"short": "sqs:done", "arn": queue.arn, "object": queue}[form]).wait()
    assert len(queue.messages) == 1


# Dead letters


@pytest.mark.rule("ASYNC-18")
@pytest.mark.lambda_function(dead_letter_target="sqs:dlq")
def test_a_dead_letter_in_a_queue_is_the_event_as_it_was_sent(async_invoke, orders, lambda_modes):
    """The body is the event's JSON to the letter; the attributes say which request and which error."""
    invocation = async_invoke(orders(fail), b'{ "price": 1.10, "text": "no stock" }').wait()
    [letter] = lambda_modes.queue("dlq").messages
    assert letter.body == '{ "price": 1.10, "text": "no stock" }'
    assert letter.message_attributes == {
        "RequestID": {"DataType": "String", "StringValue": invocation.request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": "no stock"},
    }


@pytest.mark.rule("ASYNC-19")
@pytest.mark.lambda_function(dead_letter_target="sns:alerts")
def test_a_dead_letter_in_a_topic_has_the_same_attributes(async_invoke, orders, lambda_modes):
    """The message is the event, and the three attributes are those of a queue's."""
    invocation = async_invoke(orders(fail), {"id": 7}).wait()
    [letter] = lambda_modes.topic("alerts").messages
    assert letter.message == '{"id": 7}'
    assert {name: value["StringValue"] for name, value in letter.message_attributes.items()} == {
        "RequestID": invocation.request_id,
        "ErrorCode": "200",
        "ErrorMessage": "no stock",
    }


@pytest.mark.rule("ASYNC-18")
def test_the_error_message_of_a_dead_letter_is_cut_after_1024_bytes(async_invoke, orders, lambda_modes):
    """The cut counts bytes, and a character that it splits is replaced."""
    async_invoke(orders(fail), {"text": "x" * 1023 + "é" * 9}, dead_letter_target="sqs:dlq").wait()
    [letter] = lambda_modes.queue("dlq").messages
    assert letter.message_attributes["ErrorMessage"]["StringValue"] == "x" * 1023 + "\ufffd"


@pytest.mark.rule("ASYNC-17")
def test_a_failure_goes_to_its_destination_and_to_the_dead_letter_queue(async_invoke, orders, lambda_modes):
    """Both are told, the one with a record and the other with the event."""
    async_invoke(orders(fail, dead_letter_target="sqs:dlq"), {"id": 7}, on_failure="sqs:failed").wait()
    assert [message.json() for message in lambda_modes.queue("dlq").messages] == [{"id": 7}]
    assert [record["requestPayload"] for record in records(lambda_modes.queue("failed"))] == [{"id": 7}]


@pytest.mark.rule("ASYNC-17")
def test_a_success_leaves_no_dead_letter(async_invoke, orders, lambda_modes):
    """A dead-letter queue is for failures, also for those that a retry made good."""
    outcomes = iter([1, 0])
    function = orders(lambda event, context: 1 // (1 - next(outcomes)), dead_letter_target="sqs:dlq")
    assert async_invoke(function, {}).wait().condition == "Success"
    assert lambda_modes.queue("dlq").messages == []


@pytest.mark.rule("ASYNC-17")
def test_a_failure_without_a_target_is_dropped_silently(async_invoke, orders, lambda_timeline):
    """The event is settled, and that is all."""
    async_invoke(orders(fail), {}, maximum_retry_attempts=0).wait()
    assert isinstance(list(lambda_timeline)[-1], facts.EventSettled)


@pytest.mark.rule("ASYNC-8")
@pytest.mark.parametrize("target", ["lambda:audit", "events:default", "s3:failures"])
def test_only_a_queue_or_a_topic_can_take_dead_letters(lambda_modes, target):
    """Other kinds are refused where they are set."""
    with pytest.raises(ConfigError, match=r'must be a target such as "sqs:dlq" or "sns:alerts"'):
        lambda_modes.function(fail, dead_letter_target=target)


@pytest.mark.rule("ASYNC-8")
def test_a_version_uses_the_dead_letter_queue_that_latest_has_now(async_invoke, orders, lambda_modes):
    """What was set when the version was published does not matter."""
    function = orders(fail, dead_letter_target="sqs:old")
    function.publish_version()
    function.update_configuration(dead_letter_target="sqs:new")
    async_invoke(function, {"id": 7}, qualifier="1").wait()
    assert lambda_modes.queue("old").messages == []
    assert len(lambda_modes.queue("new").messages) == 1


@pytest.mark.rule("ASYNC-8")
@pytest.mark.lambda_function(handler=fail, dead_letter_target="sqs:of-the-function")
@pytest.mark.async_invoke(dead_letter_target="sqs:of-the-mode", maximum_retry_attempts=0)
def test_a_dead_letter_target_of_the_mode_wins_over_that_of_the_function(async_invoke, lambda_modes):
    """The closer setting is meant."""
    async_invoke({}).wait()
    assert lambda_modes.queue("of-the-function").messages == []
    assert len(lambda_modes.queue("of-the-mode").messages) == 1


# What cannot be delivered


@pytest.mark.rule("ASYNC-28")
@pytest.mark.parametrize("target", ["sqs:records.fifo", "sns:records.fifo"])
def test_a_fifo_target_is_accepted_and_never_reached(async_invoke, orders, lambda_modes, lambda_timeline, target):
    """As in AWS, the settings pass, and each delivery fails."""
    function = orders(fail, dead_letter_target=target)
    invocation = async_invoke(function, {}, maximum_retry_attempts=0, on_failure=target).wait()
    assert invocation.condition == "RetriesExhausted"
    assert failures(lambda_timeline) == [(target, "ASYNC-28", False), (target, "ASYNC-28", True)]
    assert lambda_modes.queue("records.fifo").messages == []
    assert lambda_modes.topic("records.fifo").messages == []


def big(event, context):
    if event["fails"]:
        raise ValueError
    return "y" * event["response"]


@pytest.mark.rule("ASYNC-29")
def test_a_record_over_256_kb_is_lost_to_a_topic(async_invoke, orders, lambda_modes, lambda_timeline):
    """An event of 100 KB and a response of 200 KB do not fit into one message, and the timeline says so. (HAZ-27)"""
    function = orders(big)
    event = {"data": "x" * 100_000, "fails": False, "response": 200_000}
    assert async_invoke(function, event, on_success="sns:records").wait().condition == "Success"
    assert lambda_modes.topic("records").messages == []
    assert failures(lambda_timeline) == [("sns:records", "ASYNC-29", False)]
    [hazard] = [fact for fact in lambda_timeline if isinstance(fact, facts.Hazard)]
    assert (hazard.id, hazard.who) == ("HAZ-27", "orders")
    assert re.fullmatch(r"a message of 30\d{4} bytes is over SNS's 262144, and is lost", hazard.text)


@pytest.mark.rule("ASYNC-29")
def test_a_record_of_exactly_256_kb_reaches_a_topic(async_invoke, orders, lambda_modes, lambda_timeline):
    """The limit is inclusive, to the byte."""
    function, event = orders(big), {"fails": False, "response": 0}
    async_invoke(function, event, on_success="sqs:done").wait()
    size = len(lambda_modes.queue("done").messages[0].body)
    # The event's own text grows by the digits of the number.
    fits = 262_144 - size - 5
    async_invoke(function, {"fails": False, "response": fits}, on_success="sns:records").wait()
    async_invoke(function, {"fails": False, "response": fits + 1}, on_success="sns:records").wait()
    [message] = lambda_modes.topic("records").messages
    assert len(message.message) == 262_144
    assert failures(lambda_timeline) == [("sns:records", "ASYNC-29", False)]


@pytest.mark.rule("ASYNC-29")
def test_a_dead_letter_over_256_kb_is_lost_to_a_topic(async_invoke, orders, lambda_timeline):
    """The event itself is too large for SNS. (HAZ-27)"""
    event = {"data": "x" * 300_000, "fails": True}
    async_invoke(orders(big), event, maximum_retry_attempts=0, dead_letter_target="sns:alerts").wait()
    assert failures(lambda_timeline) == [("sns:alerts", "ASYNC-29", True)]
    assert [fact.id for fact in lambda_timeline if isinstance(fact, facts.Hazard)] == ["HAZ-27"]


@pytest.mark.rule("ASYNC-29", "ASYNC-32")
def test_a_record_over_1_mib_is_lost_to_a_queue(async_invoke, orders, lambda_modes, lambda_timeline):
    """SQS takes 1 MiB, which an event of 600 KB and a response of 600 KB exceed."""
    event = {"data": "x" * 600_000, "fails": False, "response": 600_000}
    async_invoke(orders(big), event, on_success="sqs:done").wait()
    assert lambda_modes.queue("done").messages == []
    assert failures(lambda_timeline) == [("sqs:done", "ASYNC-32", False)]


@pytest.mark.rule("ASYNC-32")
@pytest.mark.parametrize("target", ["sqs:gone", "sns:gone", "events:gone", "s3:gone", "lambda:gone"])
def test_a_destination_that_was_deleted_is_told_and_not_tried_again(
    async_invoke, orders, lambda_modes, lambda_timeline, lambda_clock, target
):
    """The event is settled all the same."""
    make = {
        "sqs": lambda_modes.queue,
        "sns": lambda_modes.topic,
        "events": lambda_modes.event_bus,
        "s3": lambda_modes.bucket,
        "lambda": lambda name: lambda_modes.function(succeed, function_name=name),
    }
    make[target.partition(":")[0]]("gone").delete()
    invocation = async_invoke(orders(fail), {}, maximum_retry_attempts=0, on_failure=target).wait()
    lambda_clock.run_until_idle()
    assert invocation.condition == "RetriesExhausted"
    assert failures(lambda_timeline) == [(target, "ASYNC-32", False)]
    assert not [fact for fact in lambda_timeline if isinstance(fact, facts.DestinationReached)]


@pytest.mark.rule("ASYNC-32")
@pytest.mark.parametrize("target", ["sqs:gone", "sns:gone"])
def test_a_dead_letter_target_that_was_deleted_is_told_and_not_tried_again(
    async_invoke, orders, lambda_modes, lambda_timeline, target
):
    """The letter is lost; the other target of the same failure gets its record."""
    (lambda_modes.queue if target == "sqs:gone" else lambda_modes.topic)("gone").delete()
    function = orders(fail, dead_letter_target=target)
    async_invoke(function, {}, maximum_retry_attempts=0, on_failure="sqs:failed").wait()
    assert failures(lambda_timeline) == [(target, "ASYNC-32", True)]
    assert len(lambda_modes.queue("failed").messages) == 1


@pytest.mark.rule("ASYNC-32")
def test_a_qualifier_that_does_not_exist_cannot_be_reached(async_invoke, orders, lambda_modes, lambda_timeline):
    """The alias was never made."""
    audit = lambda_modes.function(succeed, function_name="audit")
    async_invoke(orders(succeed), {}, on_success=f"{audit.arn}:live").wait()
    assert failures(lambda_timeline) == [("lambda:audit", "ASYNC-32", False)]


@pytest.mark.rule("ASYNC-28", "ASYNC-7")
def test_a_bucket_cannot_take_successes(async_invoke, orders, lambda_timeline):
    """AWS refuses the setting; so does the call, before anything is accepted."""
    with pytest.raises(InvalidParameterValueException) as caught:
        async_invoke(orders(succeed), {}, on_success="s3:records")
    assert caught.value.message == (
        "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:s3:::records), "
        "onFailure=null) is invalid."
    )
    assert list(lambda_timeline) == []


@pytest.mark.rule("ASYNC-7")
@pytest.mark.parametrize("setting", ["on_success", "on_failure"])
@pytest.mark.parametrize("target", ["lambda:orders", ARN, f"{ARN}:live"])
def test_a_function_cannot_be_its_own_destination(async_invoke, orders, setting, target):
    """However it is named."""
    with pytest.raises(InvalidParameterValueException, match="the function as a destination for itself"):
        async_invoke(orders(succeed), {}, **{setting: target})


@pytest.mark.rule("ASYNC-7")
@pytest.mark.lambda_function(handler=succeed, function_name="orders")
@pytest.mark.async_invoke(on_failure="lambda:orders")
def test_the_marker_cannot_make_the_function_under_test_its_own_destination(async_invoke):
    """The setting is refused when the function is first used."""
    with pytest.raises(InvalidParameterValueException, match="the function as a destination for itself"):
        async_invoke({})


# In the timeline


@pytest.mark.rule("ASYNC-18", "ASYNC-24")
def test_the_timeline_tells_where_an_event_went(async_invoke, orders, lambda_timeline):
    """A line for each target, with the rule behind it."""
    function = orders(fail, dead_letter_target="sns:alerts")
    async_invoke(function, {}, maximum_retry_attempts=0, on_failure="s3:failures").wait()
    [reached] = [fact for fact in lambda_timeline if isinstance(fact, facts.DestinationReached)]
    assert (reached.target, reached.condition, reached.rule) == ("s3:failures", "RetriesExhausted", "ASYNC-24")
    [letter] = [fact for fact in lambda_timeline if isinstance(fact, facts.DeadLettered)]
    assert (letter.target, letter.rule) == ("sns:alerts", "ASYNC-19")
    text = str(lambda_timeline)
    assert "destination reached" in text
    assert "event dead-lettered" in text


@pytest.mark.rule("ASYNC-6", "ASYNC-17")
def test_records_of_a_duplicate_are_not_sent(async_invoke, orders, lambda_modes, lambda_clock):
    """One event, one record, however often it is delivered."""
    script = {1: faults.DuplicateDelivery(after=dt.timedelta(seconds=5))}
    async_invoke(orders(fail), {}, maximum_retry_attempts=0, on_failure="sqs:failed", faults=script)
    lambda_clock.run_until_idle()
    assert len(lambda_modes.queue("failed").messages) == 1
    assert json.loads(lambda_modes.queue("failed").messages[0].body)["requestContext"]["approximateInvokeCount"] == 1
