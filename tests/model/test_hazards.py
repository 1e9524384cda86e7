"""What in the settings of asynchronous invocation will hurt: HAZ-14, 15, 16 and 18. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pytest_lambda_modes.model.event_invoke_config import EventInvokeConfig
from pytest_lambda_modes.model.function_config import FunctionConfig
from pytest_lambda_modes.model.hazards import event_invoke_hazards
from pytest_lambda_modes.modes.asynchronous import retry_policy
from pytest_lambda_modes.modes.asynchronous.retry_policy import Retry

ARN = "arn:aws:lambda:us-east-1:123456789012:function:orders"


def hazards(function=None, **settings):
    function_config = FunctionConfig.build("test", function_name="orders", **(function or {}))
    return dict(event_invoke_hazards(EventInvokeConfig.build("test", ARN, **settings), function_config))


def retries_that_can_come(retries, age):
    """How many retries the policy makes of an event whose attempts take no time at all."""
    now = made = 0
    while True:
        decision = retry_policy.after_function_error(
            accepted_at=0,
            now=now,
            retries_used=made,
            maximum_retry_attempts=retries,
            maximum_event_age_in_seconds=age,
        )
        if not isinstance(decision, Retry):
            return made
        now, made = decision.at, made + 1


def test_aws_defaults_are_no_hazard():
    """A function that nobody configured is fine."""
    assert hazards() == {}


@hypothesis_settings(deadline=None, derandomize=True)
@given(st.integers(0, 2), st.integers(60, 300))
def test_a_retry_is_a_hazard_exactly_if_it_can_never_come(retries, age):
    """HAZ-14 says that no retry can come, HAZ-15 that only one of two can. (ASYNC-11)"""
    found = hazards(maximum_retry_attempts=retries, maximum_event_age_in_seconds=age)
    made = retries_that_can_come(retries, age)
    assert ("HAZ-14" in found) == (made == 0 < retries)
    assert ("HAZ-15" in found) == (made == 1 < retries)


@pytest.mark.parametrize(
    ("settings", "hazard", "text"),
    [
        (
            {"maximum_event_age_in_seconds": 60},
            "HAZ-14",
            "maximum_event_age_in_seconds is 60: retry 1, due after 60 s at the earliest, never comes",
        ),
        (
            {"maximum_event_age_in_seconds": 180},
            "HAZ-15",
            "maximum_event_age_in_seconds is 180: retry 2, due after 180 s at the earliest, never comes",
        ),
    ],
)
def test_a_retry_that_never_comes_is_told_with_its_numbers(settings, hazard, text):
    """The setting, its value, and when the retry would have been due."""
    assert hazards(**settings) == {hazard: text}


@pytest.mark.parametrize(
    ("settings", "function", "text"),
    [
        ({"on_success": "sqs:a.fifo"}, {}, "on_success sqs:a.fifo"),
        ({"on_failure": "sns:a.fifo"}, {}, "on_failure sns:a.fifo"),
        ({"dead_letter_target": "sqs:a.fifo"}, {}, "dead_letter_target sqs:a.fifo"),
        ({}, {"dead_letter_target": "sqs:a.fifo"}, "dead_letter_target sqs:a.fifo"),
        (
            {"on_success": "sqs:a.fifo", "on_failure": "sqs:plain"},
            {"dead_letter_target": "sns:b.fifo"},
            "on_success sqs:a.fifo, dead_letter_target sns:b.fifo",
        ),
    ],
)
def test_fifo_targets_are_told_by_the_settings_that_name_them(settings, function, text):
    """Wherever they are set, in one hazard. (HAZ-16, ASYNC-28)"""
    assert hazards(function, **settings) == {"HAZ-16": f"no event can be delivered to a FIFO queue or topic: {text}"}


def test_a_dead_letter_target_that_is_overruled_is_no_hazard():
    """The mode's target wins, so the function's is never used. (ASYNC-8)"""
    assert hazards({"dead_letter_target": "sqs:a.fifo"}, dead_letter_target="sqs:plain") == {}


@pytest.mark.parametrize(("reserved", "found"), [(None, []), (0, ["HAZ-18"]), (1, [])])
def test_zero_concurrency_is_a_hazard(reserved, found):
    """With 0 no event is ever attempted. (HAZ-18, ASYNC-13)"""
    assert list(hazards({"reserved_concurrent_executions": reserved})) == found
