"""async_invoke.from_... of the services that send an event and ask for nothing."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import timedelta

import pytest

from pytest_lambda_modes import ConfigError, events, facts, faults
from pytest_lambda_modes.model.identifiers import Identifiers

received = []


@pytest.fixture(autouse=True)
def forget():
    received.clear()


def keep(event, context):
    received.append(event)


pytestmark = pytest.mark.lambda_function(handler=keep, function_name="keep")

SENDERS = {
    "from_ses": ((), "SES", "ASYNC-46"),
    "from_cloudwatch_logs": ((["line"],), "CloudWatch Logs", "ASYNC-44"),
    "from_codecommit": ((), "CodeCommit", "ASYNC-49"),
    "from_config": (("AWS::S3::Bucket", "bucket"), "Config", "ASYNC-49"),
    "from_config_schedule": ((), "Config", "ASYNC-49"),
    "from_iot": (({"temperature": 21},), "IoT", "ASYNC-45"),
}
each_sender = pytest.mark.parametrize("name", SENDERS)


def send(async_invoke, name, **given):
    return getattr(async_invoke, name)(*SENDERS[name][0], **given)


@pytest.mark.rule("ASYNC-44", "ASYNC-45", "ASYNC-46", "ASYNC-49")
@each_sender
def test_each_service_delivers_an_event_and_forgets_it(async_invoke, lambda_timeline, name):
    """The function's answer is nobody's; Lambda's own retries are those of every event."""
    delivery = send(async_invoke, name)
    _, service, rule = SENDERS[name]
    assert (delivery.service, delivery.state, received) == (service, "delivered", [])
    assert delivery.wait().condition == "Success"
    assert len(received) == 1
    [settled] = [fact for fact in lambda_timeline if isinstance(fact, facts.NotificationSettled)]
    assert (settled.service, settled.state, settled.rule) == (service, "delivered", rule)


@pytest.mark.rule("ASYNC-44", "ASYNC-46", "ASYNC-49")
@pytest.mark.parametrize("name", sorted({*SENDERS} - {"from_iot"}))
def test_a_service_calls_again_when_lambda_throttles_it(async_invoke, lambda_clock, name):
    """After a second, two, four, and so on, for a day; then the notification is gone."""
    some = send(async_invoke, name, invoke_faults={1: faults.Throttle(), 2: faults.ServiceError()})
    assert some.wait().state == "delivered"
    assert lambda_clock.elapsed == timedelta(seconds=3)
    lasting = send(async_invoke, name, invoke_faults={number: faults.Throttle() for number in range(1, 1000)})
    assert lasting.wait().state == "dropped"
    assert timedelta(hours=23, minutes=55) < lasting.tries[-1] - lasting.tries[0] < timedelta(days=1)


@each_sender
def test_each_service_takes_the_settings_of_the_mode_and_of_a_handler(async_invoke, name):
    """And refuses any other."""

    def failing(event, context):
        raise RuntimeError

    delivery = send(async_invoke, name, handler=failing, timeout=5, maximum_retry_attempts=0).wait()
    assert (delivery.condition, len(delivery.attempts)) == ("RetriesExhausted", 1)
    with pytest.raises(ConfigError, match="timeout cannot be set for a call that names no handler"):
        send(async_invoke, name, timeout=5)
    with pytest.raises(ConfigError, match="there is no setting nonsense"):
        send(async_invoke, name, nonsense=1)


@pytest.mark.rule("ASYNC-46", "EVT-9")
def test_mail(async_invoke):
    """With the function that the rule's action names, and without a way to stop the rule set."""
    async_invoke.from_ses(source="ann@example.com", subject="Hello", failed_checks=["spam"]).wait()
    ses = received[0]["Records"][0]["ses"]
    assert ses["mail"]["commonHeaders"]["subject"] == "Hello"
    assert ses["receipt"]["spamVerdict"] == {"status": "FAIL"}
    assert ses["receipt"]["action"]["invocationType"] == "Event"
    assert ses["receipt"]["action"]["functionArn"].endswith(":function:keep")


@pytest.mark.rule("ASYNC-44", "EVT-6")
def test_log_lines(async_invoke, lambda_clock):
    """All logged at the virtual instant, compressed."""
    lambda_clock.advance(hours=1)
    async_invoke.from_cloudwatch_logs(["one", "two"], log_group="/app", log_stream="s", subscription_filter="f").wait()
    body = json.loads(gzip.decompress(base64.b64decode(received[0]["awslogs"]["data"])))
    assert (body["logGroup"], body["logStream"], body["subscriptionFilters"]) == ("/app", "s", ["f"])
    assert [(each["message"], each["timestamp"]) for each in body["logEvents"]] == [
        ("one", 1_767_229_200_000),
        ("two", 1_767_229_200_000),
    ]


@pytest.mark.rule("ASYNC-49")
def test_a_commit(async_invoke):
    """A branch, with what the trigger has configured."""
    async_invoke.from_codecommit("refs/heads/next", repository="shop", change="created", custom_data="x").wait()
    [record] = received[0]["Records"]
    assert record["codecommit"]["references"][0]["ref"] == "refs/heads/next"
    assert record["codecommit"]["references"][0]["created"] is True
    assert (record["eventSourceARN"].rpartition(":")[2], record["customData"]) == ("shop", "x")


@pytest.mark.rule("ASYNC-49")
def test_rules_of_config(async_invoke):
    """A resource that changed, and a rule whose time has come, at the virtual instant."""
    async_invoke.from_config("AWS::S3::Bucket", "in", configuration={"name": "in"}, rule_parameters={"max": "3"}).wait()
    async_invoke.from_config_schedule(rule="nightly").wait()
    changed, due = (json.loads(event["invokingEvent"]) for event in received)
    assert changed["configurationItem"]["resourceId"] == "in"
    assert json.loads(received[0]["ruleParameters"]) == {"max": "3"}
    assert (due["messageType"], received[1]["configRuleName"]) == ("ScheduledNotification", "nightly")
    assert due["notificationCreationTime"] == "2026-01-01T00:00:00.000Z"


@pytest.mark.rule("ASYNC-45")
def test_a_message_of_a_thing(async_invoke):
    """The message is the whole event."""
    async_invoke.from_iot({"temperature": 21}, overrides={"topic": "t"}).wait()
    assert received == [{"temperature": 21, "topic": "t"}]


@pytest.mark.rule("ASYNC-45")
def test_iot_calls_once_and_tells_its_error_action(async_invoke, lambda_modes, lambda_clock):
    """A queue or a topic gets the message in base64, and why it was not delivered."""
    throttled = {"invoke_faults": {1: faults.Throttle()}}
    told = async_invoke.from_iot({"a": 1}, topic="sensors/1", rule="hot", error_action="sqs:failed", **throttled)
    assert told.wait().state == "dead_lettered"
    [letter] = lambda_modes.queue("failed").messages
    body = json.loads(letter.body)
    assert (body["topic"], body["ruleName"]) == ("sensors/1", "hot")
    assert json.loads(base64.b64decode(body["base64OriginalPayload"])) == {"a": 1}
    [failure] = body["failures"]
    assert failure["failedResource"].endswith(":function:keep")
    assert "TooManyRequestsException" in failure["errorMessage"]
    async_invoke.from_iot({"a": 2}, error_action=lambda_modes.topic("failed"), **throttled)
    assert [json.loads(each.message)["topic"] for each in lambda_modes.topic("failed").messages] == ["topic"]
    assert async_invoke.from_iot({"a": 3}, **throttled).state == "dropped"
    assert lambda_clock.elapsed == timedelta(0)


@pytest.mark.parametrize(
    "name, arguments, given, message",
    [
        ("from_ses", (), {"recipients": []}, "recipients is"),
        ("from_ses", (), {"failed_checks": ["smell"]}, 'failed_checks is "smell"'),
        ("from_cloudwatch_logs", ("line",), {}, "must be a list of one string or more"),
        ("from_cloudwatch_logs", (["line"],), {"filter_pattern": "ERROR"}, "filter_pattern is not simulated"),
        ("from_codecommit", (), {"change": "moved"}, 'change is "moved"'),
        ("from_config", ("AWS::S3::Bucket", "b"), {"status": "FINE"}, 'status is "FINE"'),
        ("from_iot", ([1],), {}, "must be a mapping"),
        ("from_iot", ({},), {"error_action": "s3:failed"}, "error_action is"),
        ("from_iot", ({},), {"error_action": "sqs:failed.fifo"}, "a FIFO one"),
    ],
)
def test_events_that_cannot_be_are_refused(async_invoke, lambda_timeline, name, arguments, given, message):
    """Before anything is sent."""
    with pytest.raises(ConfigError) as refused:
        getattr(async_invoke, name)(*arguments, **given)
    assert message in str(refused.value)
    assert not list(lambda_timeline)


@pytest.mark.lambda_modes(seed="seed")
def test_ids_come_from_the_test(async_invoke):
    """So two events differ, and a run repeats."""
    async_invoke.from_codecommit().wait()
    async_invoke.from_codecommit().wait()
    first, second = received
    assert first["Records"][0]["eventId"] != second["Records"][0]["eventId"]
    ids = Identifiers("/seed")
    assert [first, second] == [events.codecommit_reference_change(ids=ids) for _ in range(2)]
