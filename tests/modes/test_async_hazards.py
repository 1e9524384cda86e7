"""Hazards of asynchronous settings in the timeline: once for each function, when it is first used so."""

from __future__ import annotations

import warnings

import pytest

from pytest_lambda_modes import facts


def succeed(event, context):
    return event


def hazards(timeline):
    """Which hazards were told, of which function, and when in seconds."""
    return [(fact.at / 1e6, fact.who, fact.id) for fact in timeline if isinstance(fact, facts.Hazard)]


@pytest.mark.lambda_function(handler=succeed, function_name="orders")
@pytest.mark.async_invoke(maximum_event_age_in_seconds=60)
def test_a_hazard_is_told_when_the_function_is_first_used(async_invoke, lambda_timeline, lambda_clock):
    """And not again. It is a fact among the others, never a warning of Python's. (HAZ-14)"""
    lambda_clock.advance(seconds=5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        async_invoke({}).wait()
        async_invoke({}).wait()
    assert hazards(lambda_timeline) == [(5, "orders", "HAZ-14")]
    assert [type(fact) for fact in lambda_timeline][:2] == [facts.EventAccepted, facts.Hazard]
    assert "HAZ-14" in str(lambda_timeline)


def test_each_function_has_its_own_hazards(async_invoke, lambda_modes, lambda_timeline):
    """What was said of one is said of another too. (HAZ-18)"""
    for name in ("one", "two"):
        function = lambda_modes.function(succeed, function_name=name, reserved_concurrent_executions=0)
        async_invoke(function, {}).wait()
    assert hazards(lambda_timeline) == [(0, "one", "HAZ-18"), (0, "two", "HAZ-18")]


def test_settings_that_change_are_looked_at_anew(async_invoke, lambda_modes, lambda_timeline):
    """A new hazard of a known function is told, an old one is not told twice. (HAZ-15, HAZ-16, HAZ-18)"""
    function = lambda_modes.function(succeed, function_name="orders", dead_letter_target="sqs:dlq.fifo")
    async_invoke(function, {}).wait()
    function.put_function_event_invoke_config(maximum_event_age_in_seconds=120)
    async_invoke(function, {}).wait()
    function.update_configuration(reserved_concurrent_executions=0)
    async_invoke(function, {}).wait()
    assert [hazard for _, _, hazard in hazards(lambda_timeline)] == ["HAZ-16", "HAZ-15", "HAZ-18"]


def test_settings_of_one_event_are_looked_at_too(async_invoke, lambda_modes, lambda_timeline):
    """A call may bring a hazard of its own. (HAZ-16)"""
    function = lambda_modes.function(succeed, function_name="orders")
    async_invoke(function, {}).wait()
    assert hazards(lambda_timeline) == []
    async_invoke(function, {}, on_success="sqs:done.fifo").wait()
    assert hazards(lambda_timeline) == [(0, "orders", "HAZ-16")]
