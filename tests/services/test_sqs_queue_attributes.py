"""What a queue is called, and what it can be set to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ConfigError, InvalidAttributeValue, InvalidParameterValue
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services import queue_attributes
from pytest_lambda_modes.services.sqs_queue import SqsQueue

MakeQueue = Callable[..., SqsQueue]


def seconds(count: float) -> dt.timedelta:
    return dt.timedelta(seconds=count)


def test_a_queue_is_called_as_aws_calls_it(queue: SqsQueue) -> None:
    """Name, ARN and URL."""
    assert queue.name == "orders"
    assert queue.arn == "arn:aws:sqs:us-east-1:123456789012:orders"
    assert queue.url == "https://sqs.us-east-1.amazonaws.com/123456789012/orders"
    assert (queue.kind, queue.fifo) == ("sqs", False)


@pytest.mark.parametrize("name", ["", "with space", "dots.too", "orders.fifo", "x" * 81])
def test_impossible_names_are_refused(scheduler: Scheduler, identifiers: Identifiers, name: str) -> None:
    """In SQS's own words."""
    with pytest.raises(InvalidParameterValue) as caught:
        SqsQueue(name, scheduler, identifiers)
    assert caught.value.message == (
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    )


@pytest.mark.rule("SQS-21")
@pytest.mark.parametrize("name", list(queue_attributes.NUMBERS))
def test_each_setting_has_its_range(make_queue: MakeQueue, name: str) -> None:
    """The ends are allowed, one beyond is refused under the API's name, and the default is inside."""
    limits = queue_attributes.NUMBERS[name][0]
    for allowed in (limits.least, limits.most):
        assert getattr(make_queue(**{name: allowed}), name) == allowed
    assert getattr(make_queue(), name) == limits.default
    pascal = "".join(part.capitalize() for part in name.split("_"))
    for wrong in (limits.least - 1, limits.most + 1):
        with pytest.raises(InvalidAttributeValue) as caught:
            make_queue(**{name: wrong})
        assert caught.value.message == f"Invalid value for the parameter {pascal}."


@pytest.mark.parametrize("wrong", ["30", 30.0, True, seconds(30)])
def test_a_setting_is_a_whole_number(make_queue: MakeQueue, wrong: object) -> None:
    """Anything else is our own refusal, and says what the number means."""
    with pytest.raises(ConfigError, match="must be a whole number of seconds from 0 to 43200"):
        make_queue(visibility_timeout=wrong)


def test_unknown_settings_are_refused(queue: SqsQueue) -> None:
    """Nothing is ignored, and nothing is half applied."""
    with pytest.raises(ConfigError, match="visibility_timeout"):
        queue.set_attributes(visibilityTimeout=3)
    with pytest.raises(InvalidAttributeValue):
        queue.set_attributes(delay_seconds=5, visibility_timeout=-1)
    assert queue.delay_seconds == 0
