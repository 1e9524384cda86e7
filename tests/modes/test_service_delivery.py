"""A service hands a notification to a function: Lambda accepts it at once, or refuses and the service's policy rules."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest

from pytest_lambda_modes import facts, faults, units
from pytest_lambda_modes.modes.asynchronous import service_retry_policy

THROTTLE, SERVICE_ERROR = faults.Throttle(), faults.ServiceError()


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


class Journal:
    """A handler that keeps its events, and fails so many times."""

    def __init__(self, failures: int = 0) -> None:
        self.events = []
        self.failures = failures

    def __call__(self, event, context):
        self.events.append(event)
        if len(self.events) <= self.failures:
            raise ValueError("no stock")


def settled(timeline):
    return [(fact.who, fact.service, fact.state) for fact in timeline if isinstance(fact, facts.NotificationSettled)]


def refused(timeline):
    """Each refusal, and when the service calls again, in seconds."""
    return [
        (fact.error, None if fact.due is None else fact.due / 1_000_000, fact.rule)
        for fact in timeline
        if isinstance(fact, facts.InvokeRefused)
    ]


@pytest.mark.rule("ASYNC-43")
def test_lambda_accepts_at_once(async_invoke, lambda_clock, lambda_timeline):
    """No time passes and nothing runs until time does; the delivery is the accepted event."""
    handler = Journal()
    delivery = async_invoke.from_s3("ObjectCreated:Put", handler=handler, function_name="orders")
    assert (delivery.state, delivery.settled, delivery.attempts, handler.events) == ("delivered", False, [], [])
    assert delivery.tries == [lambda_clock.now]
    assert delivery.wait() is delivery
    assert (delivery.condition, len(delivery.attempts), delivery.settled) == ("Success", 1, True)
    assert delivery.request_id == delivery.invocation.request_id
    assert settled(lambda_timeline) == [("orders", "S3", "delivered")]
    assert refused(lambda_timeline) == []
    assert str(delivery).splitlines()[:2] == ["S3 to orders delivered", "orders Success"]
    assert repr(delivery).startswith("<ServiceDelivery by S3 to orders: delivered, <AsyncInvocation of orders")


def test_functions_fail_on_lambdas_own_terms(async_invoke):
    """What the handler does is retried by Lambda, not by the service: one Invoke, three attempts."""
    delivery = async_invoke.from_s3("ObjectCreated:Put", handler=Journal(failures=9)).wait()
    assert (len(delivery.tries), len(delivery.attempts), delivery.condition) == (1, 3, "RetriesExhausted")
    assert delivery.delays == [seconds(60), seconds(120)]
    assert (delivery.throttles, delivery.duplicates) == ([], [])


@pytest.mark.rule("ASYNC-43")
def test_a_refused_invoke_is_made_again(async_invoke, lambda_timeline):
    """A throttle and an error of Lambda's own are waited out; the event is accepted, and ages, from then on."""
    handler = Journal()
    delivery = async_invoke.from_s3("ObjectCreated:Put", handler=handler, invoke_faults={1: THROTTLE, 2: SERVICE_ERROR})
    assert (delivery.state, delivery.settled, delivery.invocation, delivery.request_id) == (
        "pending", False, None, None,
    )  # fmt: skip
    assert (delivery.condition, delivery.attempts, delivery.delays) == (None, [], [])
    delivery.wait()
    assert delivery.state == "delivered"
    assert [later - earlier for earlier, later in pairwise(delivery.tries)] == [seconds(1), seconds(2)]
    assert delivery.attempts[0].dwell_time == seconds(0)
    assert refused(lambda_timeline) == [
        ("TooManyRequestsException", 1.0, "ASYNC-43"),
        ("ServiceException", 3.0, "ASYNC-43"),
    ]
    assert delivery.error.code == "ServiceException"
    assert "Invoke called 3 times, last refused with ServiceException" in str(delivery)
    assert len(handler.events) == 1


@pytest.mark.rule("ASYNC-40")
def test_sns_calls_100015_times(async_invoke, lambda_modes, lambda_clock, lambda_timeline):
    """Over 23 days, and then the message goes to the subscription's dead-letter queue."""
    handler = Journal()
    delivery = async_invoke.from_sns(
        "hello",
        handler=handler,
        dead_letter_queue="sqs:undelivered",
        invoke_faults=dict.fromkeys(range(1, 100_016), THROTTLE),
    ).wait()
    assert (len(delivery.tries), delivery.state, delivery.settled) == (100_015, "dead_lettered", True)
    assert lambda_clock.elapsed.days == 23
    assert handler.events == []
    [letter] = lambda_modes.queue("undelivered").messages
    assert letter.json()["Message"] == "hello"
    assert letter.message_attributes["ErrorCode"]["StringValue"] == "429"
    assert settled(lambda_timeline)[0][2] == "dead_lettered"


@pytest.mark.rule("ASYNC-40", "ASYNC-41")
@pytest.mark.parametrize("refusals", [1, 3, 5, 16, 40])
@pytest.mark.parametrize("policy", [service_retry_policy.SNS, service_retry_policy.eventbridge()])
def test_the_service_calls_when_its_policy_says(async_invoke, lambda_clock, policy, refusals):
    """And stops calling as soon as Lambda accepts."""
    given = {"handler": Journal(), "invoke_faults": dict.fromkeys(range(1, refusals + 1), SERVICE_ERROR)}
    if policy.service == "SNS":
        delivery = async_invoke.from_sns("hello", **given)
    else:
        delivery = async_invoke.from_eventbridge(source="shop", detail_type="Order", **given)
    lambda_clock.run_until_idle()
    waits = [units.from_timedelta(later - earlier) for earlier, later in pairwise(delivery.tries)]
    assert waits == [policy.delay(tries) for tries in range(1, refusals + 1)]
    assert (delivery.state, delivery.condition) == ("delivered", "Success")


@pytest.mark.rule("ASYNC-40")
def test_a_client_error_is_not_tried_again(async_invoke, lambda_modes, lambda_clock, lambda_timeline):
    """The message for a deleted function goes to the dead-letter queue at once."""
    function = lambda_modes.function(Journal(), function_name="orders")
    function.delete()
    delivery = async_invoke.from_sns("hello", handler=function, dead_letter_queue="sqs:undelivered").wait()
    assert (delivery.state, len(delivery.tries), lambda_clock.elapsed) == ("dead_lettered", 1, seconds(0))
    [letter] = lambda_modes.queue("undelivered").messages
    assert list(letter.message_attributes) == ["RequestID", "ErrorCode", "ErrorMessage"]
    assert letter.message_attributes["ErrorMessage"]["StringValue"].startswith("Function not found: arn:aws:lambda")
    assert letter.json()["Type"] == "Notification"
    assert refused(lambda_timeline) == [("ResourceNotFoundException", None, "ASYNC-40")]


def test_without_a_dead_letter_queue_it_is_dropped(async_invoke, lambda_modes):
    """And repr says why. A deleted dead-letter queue is none."""
    function = lambda_modes.function(Journal(), function_name="orders")
    function.delete()
    lambda_modes.queue("gone").delete()
    for given in ({}, {"dead_letter_queue": "sqs:gone"}):
        delivery = async_invoke.from_sns("hello", handler=function, **given).wait()
        assert delivery.state == "dropped"
    assert "Invoke called 1 time, last refused with ResourceNotFoundException: Function not found" in repr(delivery)
    assert str(delivery).splitlines()[0] == "SNS to orders dropped"


def test_a_function_deleted_between_two_tries_ends_it(async_invoke, lambda_modes, lambda_clock):
    """Each try looks at the function anew."""
    function = lambda_modes.function(Journal(), function_name="orders")
    delivery = async_invoke.from_s3("ObjectCreated:Put", handler=function, invoke_faults={1: THROTTLE})
    function.delete()
    lambda_clock.run_until_idle()
    assert (delivery.state, len(delivery.tries)) == ("dropped", 2)


def test_an_event_that_is_too_large_is_dropped(async_invoke):
    """Lambda answers 413, which no retry cures. (ASYNC-2)"""
    detail = {"text": "x" * 1_048_576}
    delivery = async_invoke.from_eventbridge(source="shop", detail_type="Order", detail=detail, handler=Journal())
    assert (delivery.state, delivery.error.status_code) == ("dropped", 413)


@pytest.mark.lambda_modes(leftovers="ignore")
def test_a_delivery_that_was_never_tried_again_is_left_over(async_invoke, lambda_modes, lambda_clock):
    """The first Invoke takes no time, so a test that stops there has not waited. Nor has one that never ran it."""
    async_invoke.from_s3("ObjectCreated:Put", handler=Journal(), function_name="a", invoke_faults={1: THROTTLE})
    async_invoke.from_s3("ObjectCreated:Put", handler=Journal(), function_name="b")
    event, notification = lambda_modes.never_ran()
    assert event.startswith('an event for b, accepted at 00:00:00: {"Records"')
    assert notification.startswith('a notification of S3 for a, refused at 00:00:00: {"Records"')
    lambda_clock.run_until_idle()
    assert lambda_modes.never_ran() == []


@pytest.mark.asyncio
async def test_a_delivery_can_be_awaited(async_invoke, lambda_clock):
    """Through the service's tries and Lambda's attempts; it gives itself."""
    delivery = async_invoke.from_s3("ObjectCreated:Put", handler=Journal(failures=1), invoke_faults={1: THROTTLE})
    assert await delivery is delivery
    assert (delivery.condition, lambda_clock.elapsed) == ("Success", seconds(61))
    assert await delivery is delivery


def test_settings_of_the_mode_are_those_of_the_event(async_invoke, lambda_modes):
    """Retries, age and targets are Lambda's; faults befall the accepted event, invoke_faults the Invoke before it."""
    delivery = async_invoke.from_s3(
        "ObjectCreated:Put",
        handler=Journal(failures=9),
        maximum_retry_attempts=1,
        dead_letter_target="sqs:failed",
        faults={1: THROTTLE},
    ).wait()
    assert (len(delivery.tries), len(delivery.throttles), len(delivery.attempts)) == (1, 1, 2)
    assert len(lambda_modes.queue("failed").messages) == 1


@pytest.mark.rule("ASYNC-50")
def test_a_destination_of_lambda_has_its_targets_retries(async_invoke, lambda_modes, lambda_clock):
    """The function that is a destination is retried as its own settings say."""
    rescue = Journal(failures=9)
    function = lambda_modes.function(rescue, function_name="rescue")
    function.put_function_event_invoke_config(maximum_retry_attempts=1)
    async_invoke.from_s3(
        "ObjectCreated:Put", handler=Journal(failures=9), maximum_retry_attempts=0, on_failure="lambda:rescue"
    )
    lambda_clock.run_until_idle()
    assert (len(rescue.events), lambda_clock.elapsed) == (2, seconds(60))
