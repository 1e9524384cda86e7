"""Topics, buses and buckets hand on what they get: to queues, to each other, and to functions, in one world."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from aws_lambda_powertools.utilities.data_classes import S3EventBridgeNotificationEvent
from aws_lambda_powertools.utilities.parser.models import (
    S3EventNotificationEventBridgeModel,
    S3Model,
    S3SqsEventNotificationModel,
    SnsModel,
    SnsNotificationModel,
)

from pytest_lambda_modes import (
    ConfigError,
    InvalidArgument,
    InvalidEventPatternException,
    InvalidParameterException,
    NoSuchBucket,
    NotFoundException,
    ResourceNotFoundException,
    facts,
)

EVENTS = ["s3:ObjectCreated:*"]


class Journal:
    """A handler that keeps its events, and fails if it is told to."""

    def __init__(self, fails=False) -> None:
        self.events = []
        self.fails = fails

    def __call__(self, event, context):
        self.events.append(event)
        if self.fails:
            raise ValueError("no stock")


@pytest.fixture
def journal():
    return Journal()


@pytest.fixture
def orders(lambda_modes, journal):
    return lambda_modes.function(journal, function_name="orders")


def settled(timeline):
    return [(fact.who, fact.service, fact.state) for fact in timeline if isinstance(fact, facts.NotificationSettled)]


# SNS


@pytest.mark.rule("EVT-1", "ASYNC-40")
def test_a_function_subscribes_to_a_topic(lambda_modes, lambda_clock, orders, journal, lambda_timeline):
    """It gets Lambda's form of the very notification, one record for each message, and the delivery can be waited for."""
    topic, queue = lambda_modes.topic("alerts"), lambda_modes.queue("audit")
    to_queue, to_function = topic.subscribe(queue), topic.subscribe(orders)
    attributes = {"kind": "test", "tags": ["a", "b"]}
    published = topic.publish("hello", subject="Greeting", message_attributes=attributes)
    [delivery] = to_function.deliveries
    assert delivery.wait().condition == "Success"
    [event] = journal.events
    SnsModel.model_validate(event)
    [record] = event["Records"]
    assert record["EventSubscriptionArn"] == to_function.arn
    assert record["Sns"]["UnsubscribeUrl"].endswith(to_function.arn)
    assert (record["Sns"]["MessageId"], record["Sns"]["Subject"]) == (published.message_id, "Greeting")
    assert record["Sns"]["MessageAttributes"]["tags"] == {"Type": "String.Array", "Value": '["a", "b"]'}
    [message] = to_queue.deliveries
    assert message is queue.messages[0]
    assert SnsNotificationModel.model_validate(message.json()).MessageId == published.message_id
    assert settled(lambda_timeline) == [("audit", "SNS", "delivered"), ("orders", "SNS", "delivered")]
    assert repr(to_queue) == "<Subscription of audit to alerts>"


@pytest.mark.parametrize("how", ["handler", "lambda:orders", "arn", "alias"])
def test_an_endpoint_is_named_like_any_target(lambda_modes, lambda_clock, orders, journal, how):
    """A function, its handler, its ARN with an alias or without, or short; so are queues."""
    orders.create_alias("live", orders.publish_version())
    forms = {"handler": journal, "arn": orders.arn, "alias": f"{orders.arn}:live"}
    topic = lambda_modes.topic("alerts")
    topic.subscribe(forms.get(how, how))
    topic.subscribe("sqs:audit")
    topic.publish("hello")
    lambda_clock.run_until_idle()
    assert len(journal.events) == len(lambda_modes.queue("audit").messages) == 1


@pytest.mark.rule("ASYNC-40")
def test_a_filter_policy_keeps_messages_back(lambda_modes, lambda_clock, orders, journal, lambda_timeline):
    """Each subscription has its own, over attributes or the body; what is filtered out is told, and never runs."""
    topic, queue = lambda_modes.topic("alerts"), lambda_modes.queue("audit")
    topic.subscribe(orders, filter_policy={"kind": ["order"]})
    topic.subscribe(queue, filter_policy={"id": [{"numeric": [">", 5]}]}, filter_policy_scope="MessageBody")
    topic.publish('{"id": 7}', message_attributes={"kind": "refund"})
    topic.publish('{"id": 3}', message_attributes={"kind": "order"})
    lambda_clock.run_until_idle()
    assert [event["Records"][0]["Sns"]["Message"] for event in journal.events] == ['{"id": 3}']
    assert [json.loads(message.json()["Message"])["id"] for message in queue.messages] == [7]
    assert settled(lambda_timeline) == [
        ("orders", "SNS", "filtered"), ("audit", "SNS", "delivered"),
        ("orders", "SNS", "delivered"), ("audit", "SNS", "filtered"),
    ]  # fmt: skip


@pytest.mark.rule("ASYNC-40")
def test_what_cannot_be_delivered_goes_to_the_subscriptions_dead_letter_queue(lambda_modes, orders, lambda_timeline):
    """A deleted function, and a deleted queue, are client errors: no retries."""
    topic, gone, also_gone = lambda_modes.topic("alerts"), lambda_modes.queue("gone"), lambda_modes.queue("also-gone")
    topic.subscribe(orders, dead_letter_queue="sqs:dead")
    topic.subscribe(gone, dead_letter_queue=lambda_modes.queue("dead"))
    topic.subscribe(also_gone)
    orders.delete()
    gone.delete()
    also_gone.delete()
    topic.publish("hello", message_attributes={"kind": "order"})
    letters = lambda_modes.queue("dead").messages
    assert [letter.json()["Message"] for letter in letters] == ["hello", "hello"]
    assert letters[0].json()["MessageAttributes"] == {"kind": {"Type": "String", "Value": "order"}}
    errors = [letter.message_attributes["ErrorMessage"]["StringValue"] for letter in letters]
    assert errors[0].startswith("Function not found")
    assert errors[1] == "The specified queue does not exist."
    assert [state for _, _, state in settled(lambda_timeline)] == ["dead_lettered", "dead_lettered", "dropped"]


def test_without_a_dead_letter_queue_it_is_dropped(lambda_modes, orders, lambda_timeline):
    """As is what a deleted dead-letter queue cannot take, for a function and a queue alike."""
    topic, gone = lambda_modes.topic("alerts"), lambda_modes.queue("gone")
    topic.subscribe(orders)
    topic.subscribe(gone, dead_letter_queue="sqs:also-gone")
    lambda_modes.bucket("in").notify(orders, events=EVENTS)
    lambda_modes.event_bus().put_rule("all", {"source": ["shop"]}, targets=[orders], dead_letter_queue="sqs:also-gone")
    lambda_modes.queue("also-gone").delete()
    orders.delete()
    gone.delete()
    topic.publish("hello")
    lambda_modes.bucket("in").put_object("a", b"")
    lambda_modes.event_bus().put_events([{"Source": "shop", "DetailType": "Order", "Detail": {}}])
    assert settled(lambda_timeline) == [
        ("orders", "SNS", "dropped"), ("gone", "SNS", "dropped"),
        ("orders", "S3", "dropped"), ("orders", "EventBridge", "dropped"),
    ]  # fmt: skip


def test_a_subscription_ends(lambda_modes, journal):
    """After unsubscribe nothing comes; before it, everything since subscribe does."""
    topic, queue = lambda_modes.topic("alerts"), lambda_modes.queue("audit")
    topic.publish("before")
    subscription = topic.subscribe(queue, raw_message_delivery=True)
    assert topic.subscriptions == [subscription]
    topic.publish("between")
    subscription.unsubscribe()
    topic.publish("after")
    assert ([message.body for message in queue.messages], topic.subscriptions) == (["between"], [])


def test_subscribing_again_gives_the_same_subscription(lambda_modes, orders):
    """One message is one delivery; other attributes are refused, and welcome after the first has ended."""
    topic = lambda_modes.topic("alerts")
    first = topic.subscribe(orders, filter_policy={"kind": ["order"]})
    assert topic.subscribe(orders.arn, filter_policy={"kind": ["order"]}) is first
    with pytest.raises(InvalidParameterException, match="Subscription already exists with different attributes"):
        topic.subscribe(orders)
    assert topic.subscribe("sqs:audit") is not first
    first.unsubscribe()
    assert topic.subscribe(orders) is not first


def test_subscriptions_that_sns_refuses(lambda_modes, orders):
    """FIFO topics reach queues only, raw is for queues, a FIFO queue needs a FIFO topic, subjects have 100 characters."""
    topic, fifo = lambda_modes.topic("alerts"), lambda_modes.topic("alerts.fifo")
    with pytest.raises(InvalidParameterException, match="Invalid protocol type: lambda"):
        fifo.subscribe(orders)
    with pytest.raises(InvalidParameterException, match="does not support raw message delivery"):
        topic.subscribe(orders, raw_message_delivery=True)
    with pytest.raises(InvalidParameterException, match="FIFO SQS Queues can not be subscribed to standard SNS topics"):
        topic.subscribe(lambda_modes.queue("orders.fifo"))
    with pytest.raises(InvalidParameterException, match="FilterPolicyScope"):
        topic.subscribe(orders, filter_policy_scope="Body")
    with pytest.raises(InvalidParameterException, match="Invalid parameter: Subject"):
        topic.publish("hello", subject="x" * 101)
    with pytest.raises(ConfigError, match='"sqs:dlq" or "lambda:other"'):
        topic.subscribe("sns:other")
    with pytest.raises(ConfigError, match="raw_message_delivery is 1"):
        topic.subscribe(orders, raw_message_delivery=1)
    with pytest.raises(ResourceNotFoundException):
        topic.subscribe("lambda:nobody")
    topic.delete()
    with pytest.raises(NotFoundException):
        topic.subscribe(orders)


# EventBridge


@pytest.mark.rule("EVT-3", "ASYNC-41")
def test_a_rule_hands_matching_events_to_its_targets(lambda_modes, lambda_clock, orders, journal, lambda_timeline):
    """A queue and a topic get the event's JSON, a function the event; another event goes nowhere."""
    bus, queue, topic = lambda_modes.event_bus(), lambda_modes.queue("audit"), lambda_modes.topic("alerts")
    rule = bus.put_rule("orders", {"detail-type": ["Order Placed"]}, targets=[orders, queue, topic])
    entries = [{"Source": "shop", "DetailType": kind, "Detail": {"id": 7}} for kind in ("Order Placed", "Other")]
    [envelope, _] = bus.put_events(entries)
    lambda_clock.run_until_idle()
    assert journal.events == [envelope]
    assert [message.json() for message in queue.messages] == [envelope]
    assert [message.json() for message in topic.messages] == [envelope]
    assert [len(target.deliveries) for target in rule.targets] == [1, 1, 1]
    assert rule.targets[0].deliveries[0].condition == "Success"
    assert {service for _, service, _ in settled(lambda_timeline)} == {"EventBridge"}
    assert (repr(rule), repr(rule.targets[1])) == ("<EventRule orders: 3 targets>", "<RuleTarget sqs:audit>")


@pytest.mark.parametrize(
    "given, arrives",
    [
        ({"input": {"job": "report"}}, {"job": "report"}),
        ({"input_path": "$.detail"}, {"id": 7}),
        ({"input_path": "$.detail.id"}, 7),
        ({"input_path": "$.detail.id.no"}, None),
    ],
)
def test_what_a_target_gets(lambda_modes, lambda_clock, orders, journal, given, arrives):
    """The event, or a constant, or a part of the event."""
    bus = lambda_modes.event_bus()
    bus.put_rule("orders", {"source": ["shop"]}, targets=[orders, "sqs:audit"], **given)
    bus.put_events([{"Source": "shop", "DetailType": "Order", "Detail": {"id": 7}}])
    lambda_clock.run_until_idle()
    assert journal.events == [arrives]
    assert [message.json() for message in lambda_modes.queue("audit").messages] == [arrives]


@pytest.mark.rule("ASYNC-41")
def test_a_rules_target_has_a_dead_letter_queue(lambda_modes, orders, lambda_clock):
    """With the rule and the target in its attributes."""
    bus, gone = lambda_modes.event_bus("shop"), lambda_modes.queue("gone")
    bus.put_rule("orders", {"source": ["shop"]}, targets=[orders, gone], dead_letter_queue="sqs:dead")
    orders.delete()
    gone.delete()
    [envelope] = bus.put_events([{"Source": "shop", "DetailType": "Order", "Detail": {}}])
    letters = lambda_modes.queue("dead").messages
    assert [letter.json() for letter in letters] == [envelope, envelope]
    for letter, target in zip(letters, (orders, gone), strict=True):
        told = {name: each["StringValue"] for name, each in letter.message_attributes.items()}
        assert told["RULE_ARN"] == "arn:aws:events:us-east-1:123456789012:rule/shop/orders"
        assert (told["TARGET_ARN"], told["ERROR_CODE"]) == (target.arn, "NO_RESOURCE")


def test_a_rule_is_replaced_and_deleted(lambda_modes, lambda_clock):
    """A second rule of a name takes the place of the first; a FIFO target has a message group."""
    bus = lambda_modes.event_bus()
    bus.put_rule("orders", {"source": ["shop"]}, targets=["sqs:old"])
    queue = lambda_modes.queue("new.fifo", content_based_deduplication=True)
    rule = bus.put_rule("orders", {"source": ["shop"]}, targets=[queue], message_group_id="g")
    bus.put_events([{"Source": "shop", "DetailType": "Order", "Detail": {}}])
    rule.delete()
    bus.put_events([{"Source": "shop", "DetailType": "Order", "Detail": {}}])
    assert lambda_modes.queue("old").messages == []
    assert [message.message_group_id for message in queue.messages] == ["g"]
    assert (rule.targets, repr(rule)) == ([], "<EventRule orders: deleted>")


def test_rules_that_cannot_be(lambda_modes, orders):
    """Names and settings, each with what to do."""
    bus = lambda_modes.event_bus("shop")

    def put(words, error=ConfigError, pattern=None, **given):
        with pytest.raises(error, match=words):
            bus.put_rule(given.pop("name", "orders"), pattern or {"source": ["shop"]}, **{"targets": [orders], **given})

    put("Event pattern is not valid", InvalidEventPatternException, {"source": "shop"})
    put("targets is empty", targets=[])
    put("input and input_path are both given", input=1, input_path="$.detail")
    put('input_path is "detail"', input_path="detail")
    put("input_transformer is not simulated: give the constant", input_transformer={})
    put(r"schedule_expression is not simulated: .*from_schedule", schedule_expression="rate(1 day)")
    put("there is no setting retries", retries=1)
    put(r"input is \{1\}, which is no JSON", input={1})
    put('name is "a b"', name="a b")
    put("orders.fifo is FIFO, and needs a message group", targets=["sqs:orders.fifo"])
    put("alerts.fifo is a FIFO topic, which EventBridge does not support", targets=["sns:alerts.fifo"])
    put("from 0 to 185", retry_policy={"MaximumRetryAttempts": -1})
    assert bus.rules == {}
    bus.delete()
    put("Event bus shop does not exist", ResourceNotFoundException)


# S3


@pytest.mark.rule("EVT-2", "EVT-5", "ASYNC-43")
def test_a_bucket_tells_of_its_objects(lambda_modes, lambda_clock, orders, journal):
    """A queue and a topic are tested first; then all get real records, of what they asked for."""
    bucket, queue, topic = lambda_modes.bucket("in"), lambda_modes.queue("audit"), lambda_modes.topic("alerts")
    to_queue = bucket.notify(queue, events=["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"], suffix=".csv")
    bucket.notify(topic, events=["ObjectCreated:Put"], suffix=".txt")
    bucket.notify(orders, events=["s3:ObjectCreated:Put"], prefix="img/", suffix=".png")
    for key in ("a b.csv", "a.txt", "img/a.png", "other.png", "img/a.gif"):
        bucket.put_object(key, b"123")
    bucket.delete_object("a b.csv")
    bucket.delete_object("a.txt")
    bucket.delete_object("never there")
    lambda_clock.run_until_idle()

    tested, created, removed = queue.messages
    assert (tested.json()["Event"], tested.json()["Bucket"]) == ("s3:TestEvent", "in")
    [record] = created.json()["Records"]
    assert (record["eventName"], record["s3"]["object"]["key"], record["s3"]["object"]["size"]) == (
        "ObjectCreated:Put", "a+b.csv", 3,
    )  # fmt: skip
    assert record["s3"]["object"]["eTag"] == "202cb962ac59075b964b07152d234b70"
    assert record["s3"]["configurationId"] == to_queue.id
    assert removed.json()["Records"][0]["eventName"] == "ObjectRemoved:Delete"
    sequencers = [each.json()["Records"][0]["s3"]["object"]["sequencer"] for each in (created, removed)]
    assert sequencers == sorted(sequencers)

    assert [message.subject for message in topic.messages] == ["Amazon S3 Notification"] * 2
    assert topic.messages[1].json()["Records"][0]["s3"]["object"]["key"] == "a.txt"
    [event] = journal.events
    assert S3Model.model_validate(event).Records[0].s3.object.key == "img/a.png"
    assert repr(to_queue) == f"<BucketNotification {to_queue.id} to sqs:audit>"


@pytest.mark.rule("EVT-5")
def test_the_test_event_can_be_left_out(lambda_modes):
    """As skipping the validation of destinations does in S3."""
    bucket, queue = lambda_modes.bucket("in"), lambda_modes.queue("audit")
    notification = bucket.notify(queue, events=EVENTS, skip_destination_validation=True)
    assert (queue.messages, notification.deliveries) == ([], [])


def test_a_bucket_tells_eventbridge_everything(lambda_modes, lambda_clock, orders, journal):
    """On the default bus, in EventBridge's form, where the key is as the object has it."""
    bucket, bus = lambda_modes.bucket("in"), lambda_modes.event_bus()
    bus.put_rule("deleted", {"source": ["aws.s3"], "detail-type": ["Object Deleted"]}, targets=[orders])
    bucket.notify("events:default")
    bucket.put_object("a b.csv", b"123")
    bucket.delete_object("a b.csv")
    lambda_clock.run_until_idle()
    created, deleted = bus.events
    assert (created["source"], created["detail-type"]) == ("aws.s3", "Object Created")
    assert created["resources"] == ["arn:aws:s3:::in"]
    assert (created["detail"]["bucket"], created["detail"]["reason"]) == ({"name": "in"}, "PutObject")
    assert created["detail"]["object"]["key"] == "a b.csv"
    assert (created["detail"]["object"]["size"], created["detail"]["object"]["etag"]) == (
        3, "202cb962ac59075b964b07152d234b70",
    )  # fmt: skip
    assert (deleted["detail"]["reason"], deleted["detail"]["deletion-type"]) == (
        "DeleteObject", "Permanently Deleted",
    )  # fmt: skip
    for event in bus.events:
        S3EventNotificationEventBridgeModel.model_validate(event)
        assert S3EventBridgeNotificationEvent(event).detail.object.key == "a b.csv"
    assert journal.events == [deleted]


def test_notifications_that_cannot_be(lambda_modes, orders):
    """Unknown events, overlapping filters, FIFO queues, and filters for EventBridge."""
    bucket = lambda_modes.bucket("in")
    bucket.notify(orders, events=EVENTS, prefix="a/", suffix=".csv")
    for target, error, words, given in (
        ("sqs:q", ConfigError, 'events has "s3:ObjectMade", which is no event type', {"events": ["s3:ObjectMade"]}),
        ("sqs:q", ConfigError, "events has None", {}),
        ("sqs:q", ConfigError, "events is empty", {"events": []}),
        ("sqs:q", ConfigError, "both must be strings", {"events": EVENTS, "prefix": None}),
        ("sqs:q", InvalidArgument, "ambiguously defined", {"events": ["s3:ObjectCreated:Put"], "prefix": "a/b"}),
        ("sqs:q.fifo", InvalidArgument, "Unable to validate the following destination", {"events": EVENTS}),
        ("events:default", ConfigError, "EventBridge gets all events", {"events": EVENTS}),
        ("events:other", ConfigError, "on its default bus", {}),
        ("s3:other", ConfigError, "sqs:dlq", {}),
        (orders, ConfigError, "skip_destination_validation is 1", {"events": [], "skip_destination_validation": 1}),
    ):
        with pytest.raises(error, match=words):
            bucket.notify(target, **given)
    assert len(bucket.notifications) == 1
    bucket.notify("sqs:q", events=["s3:ObjectRemoved:*"], prefix="a/", suffix=".csv")
    bucket.notify("sqs:q", events=EVENTS, prefix="b/")
    bucket.delete()
    for call in (lambda: bucket.notify("sqs:q", events=EVENTS), lambda: bucket.delete_object("a")):
        with pytest.raises(NoSuchBucket):
            call()


# In one world


@pytest.mark.rule("EVT-4")
def test_sns_to_sqs_to_lambda(lambda_modes, event_source, journal):
    """The function unwraps the notification from the body, and its failures are the queue's affair."""
    source = event_source.sqs(journal, batch_size=10)
    lambda_modes.topic("alerts").subscribe(source.queue, filter_policy={"kind": ["order"]})
    lambda_modes.topic("alerts").publish('{"id": 7}', message_attributes={"kind": "order"})
    lambda_modes.topic("alerts").publish('{"id": 8}', message_attributes={"kind": "refund"})
    source.drain()
    [event] = journal.events
    [record] = event["Records"]
    assert record["eventSource"] == "aws:sqs"
    assert json.loads(json.loads(record["body"])["Message"]) == {"id": 7}


def test_s3_to_sns_to_sqs(lambda_modes):
    """Three envelopes deep: the message of the queue holds the notification of the topic, that the event of S3."""
    topic, queue = lambda_modes.topic("uploads"), lambda_modes.queue("uploads")
    topic.subscribe(queue)
    bucket = lambda_modes.bucket("in")
    bucket.notify(topic, events=EVENTS, skip_destination_validation=True)
    bucket.put_object("a.csv", b"1")
    [message] = queue.messages
    notification = message.json()
    assert notification["Subject"] == "Amazon S3 Notification"
    assert S3Model.model_validate_json(notification["Message"]).Records[0].s3.object.key == "a.csv"


def test_s3_to_sqs_to_lambda_meets_the_test_event(lambda_modes, event_source, journal):
    """Which has no Records, and arrives first."""
    source = event_source.sqs(journal)
    bucket = lambda_modes.bucket("in")
    bucket.notify(source.queue, events=EVENTS)
    bucket.put_object("a.csv", b"1")
    source.drain()
    tested, created = (record for event in journal.events for record in event["Records"])
    assert json.loads(tested["body"])["Event"] == "s3:TestEvent"
    S3SqsEventNotificationModel.model_validate({"Records": [created]})


@pytest.mark.rule("ASYNC-24")
def test_a_destination_reaches_all_who_listen_there(lambda_modes, async_invoke, lambda_clock, journal):
    """A topic, a bus and a bucket that get the record hand it on."""
    lambda_modes.function(journal, function_name="listener")
    lambda_modes.topic("failed").subscribe("lambda:listener")
    lambda_modes.event_bus().put_rule("done", {"source": ["lambda"]}, targets=["lambda:listener"])
    lambda_modes.bucket("failures").notify("lambda:listener", events=EVENTS)
    failing = lambda_modes.function(Journal(fails=True), function_name="failing", timeout=3)
    for target in ("sns:failed", "events:default", "s3:failures"):
        async_invoke(failing, {}, on_failure=target, maximum_retry_attempts=0)
    lambda_clock.run_until_idle()
    to_topic, to_bus, to_bucket = journal.events
    assert json.loads(to_topic["Records"][0]["Sns"]["Message"])["requestContext"]["condition"] == "RetriesExhausted"
    assert to_bus["detail-type"] == "Lambda Function Invocation Result - Failure"
    assert to_bucket["Records"][0]["s3"]["object"]["key"].startswith("aws/lambda/async/failing/2026/01/01/")


@pytest.mark.rule("ASYNC-36")
@pytest.mark.parametrize("through", ["topic", "bucket", "topic and queue"])
def test_a_loop_through_services_is_stopped(lambda_modes, event_source, lambda_clock, journal, through):
    """A function that sets itself off by way of a topic, a bucket or a queue runs 16 times."""
    topic, bucket = lambda_modes.topic("loop"), lambda_modes.bucket("loop")

    def again(event, context):
        journal(event, context)
        bucket.put_object("a", b"") if through == "bucket" else topic.publish("again")

    function = lambda_modes.function(again)
    if through == "topic and queue":
        topic.subscribe(event_source.sqs(function, max_receive_count=1).queue)
    else:
        topic.subscribe(function)
        bucket.notify(function, events=EVENTS)
    bucket.put_object("a", b"") if through == "bucket" else topic.publish("again")
    lambda_clock.run_until_idle()
    assert len(journal.events) == 16


@pytest.mark.rule("ASYNC-36")
def test_a_loop_through_a_failure_destination_is_stopped(lambda_modes, async_invoke, lambda_clock):
    """The stopped event goes to the failure destination once; what comes back from there is dropped."""
    handler, bucket = Journal(fails=True), lambda_modes.bucket("failures")
    function = lambda_modes.function(handler)
    bucket.notify(function, events=EVENTS)
    async_invoke(function, {}, maximum_retry_attempts=0, on_failure=bucket)
    function.put_function_event_invoke_config(maximum_retry_attempts=0, on_failure=bucket)
    lambda_clock.run_until_idle()
    assert len(handler.events) == 16
    conditions = [stored.json()["requestContext"]["condition"] for stored in bucket.objects.values()]
    assert conditions == ["RetriesExhausted"] * 16 + ["RecursiveInvocation"]


@pytest.mark.rule("ASYNC-36")
def test_lambda_does_not_see_loops_through_eventbridge(lambda_modes, lambda_clock):
    """AWS tracks queues, topics, buckets and functions. So this one is the test's to end."""
    bus, runs = lambda_modes.event_bus(), []

    def again(event, context):
        runs.append(event)
        if len(runs) < 40:
            bus.put_events([{"Source": "shop", "DetailType": "Again", "Detail": {}}])

    bus.put_rule("again", {"source": ["shop"]}, targets=[again])
    bus.put_events([{"Source": "shop", "DetailType": "Again", "Detail": {}}])
    lambda_clock.run_until_idle()
    assert len(runs) == 40


def test_a_throttled_function_behind_a_topic_waits_in_lambdas_queue(lambda_modes, lambda_clock, orders, journal):
    """SNS has done with the message once Lambda has accepted it."""
    orders.update_configuration(reserved_concurrent_executions=1)
    subscription = lambda_modes.topic("alerts").subscribe(orders)
    lambda_modes.topic("alerts").publish("a")
    lambda_modes.topic("alerts").publish("b")
    lambda_clock.run_until_idle()
    assert [delivery.state for delivery in subscription.deliveries] == ["delivered", "delivered"]
    assert len(journal.events) == 2


@pytest.mark.asyncio
async def test_deliveries_can_be_awaited(lambda_modes, lambda_clock, lambda_timeline):
    """As those of async_invoke."""
    subscription = lambda_modes.topic("alerts").subscribe(Journal(fails=True))
    lambda_modes.topic("alerts").publish("a")
    [delivery] = subscription.deliveries
    await delivery
    assert (delivery.condition, lambda_clock.elapsed) == ("RetriesExhausted", dt.timedelta(minutes=3))
    assert not [fact for fact in lambda_timeline if isinstance(fact, facts.InvokeRefused)]


@pytest.mark.lambda_modes(leftovers="ignore")
def test_what_a_topic_handed_over_and_never_ran_is_left_over(lambda_modes, orders):
    """A test that publishes and does not wait is told."""
    lambda_modes.topic("alerts").subscribe(orders)
    lambda_modes.topic("alerts").publish("a")
    [left] = lambda_modes.never_ran()
    assert left.startswith("an event for orders, accepted at 00:00:00")
