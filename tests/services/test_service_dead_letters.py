"""What services write beside a notification that they could not hand over."""

from __future__ import annotations

import pytest

from pytest_lambda_modes.errors import (
    ApiError,
    QueueDoesNotExist,
    RequestTooLargeException,
    ResourceNotFoundException,
    ServiceException,
    TooManyRequestsException,
)
from pytest_lambda_modes.services import service_dead_letters


@pytest.mark.rule("ASYNC-40")
def test_sns() -> None:
    """The status, the text, and a request id."""
    told = service_dead_letters.of_sns(ResourceNotFoundException("Function not found: x"), request_id="r")
    assert told == {"RequestID": "r", "ErrorCode": "404", "ErrorMessage": "Function not found: x"}


@pytest.mark.rule("ASYNC-41")
@pytest.mark.parametrize("exhausted", ["MaximumRetryAttempts", "MaximumEventAgeInSeconds"])
def test_a_rule(exhausted: str) -> None:
    """All six attributes; the first call is no retry."""
    told = service_dead_letters.of_rule(
        TooManyRequestsException("Rate Exceeded."), tries=3, exhausted=exhausted, rule_arn="rule", target_arn="target"
    )
    assert told == {
        "RULE_ARN": "rule",
        "TARGET_ARN": "target",
        "ERROR_CODE": "THROTTLING",
        "ERROR_MESSAGE": "Rate Exceeded.",
        "RETRY_ATTEMPTS": "2",
        "EXHAUSTED_RETRY_CONDITION": exhausted,
    }


@pytest.mark.rule("ASYNC-41")
def test_an_error_without_retries_exhausts_nothing() -> None:
    """So there is no condition; an error without a text is told by its code."""
    told = service_dead_letters.of_rule(
        ResourceNotFoundException(""), tries=1, exhausted=None, rule_arn="rule", target_arn="target"
    )
    assert "EXHAUSTED_RETRY_CONDITION" not in told
    assert (told["RETRY_ATTEMPTS"], told["ERROR_MESSAGE"]) == ("0", "ResourceNotFoundException")


@pytest.mark.parametrize(
    "error, code",
    [
        (ResourceNotFoundException("gone"), "NO_RESOURCE"),
        (TooManyRequestsException("slow"), "THROTTLING"),
        (ServiceException("down"), "ERROR_FROM_TARGET"),
        (RequestTooLargeException("large"), "SDK_CLIENT_ERROR"),
        (QueueDoesNotExist(), "NO_RESOURCE"),
    ],
)
def test_codes_of_eventbridge(error: ApiError, code: str) -> None:
    """Its own words for what a target answered."""
    assert service_dead_letters.error_code(error) == code


@pytest.mark.rule("ASYNC-42")
def test_a_schedule() -> None:
    """The schedule and its time in place of the rule."""
    told = service_dead_letters.of_schedule(
        ServiceException("down"),
        tries=186,
        exhausted="MaximumRetryAttempts",
        schedule_arn="schedule",
        target_arn="target",
        scheduled_time="2026-01-01T00:00:00Z",
    )
    assert told == {
        "SCHEDULE_ARN": "schedule",
        "SCHEDULED_TIME": "2026-01-01T00:00:00Z",
        "TARGET_ARN": "target",
        "ERROR_CODE": "ERROR_FROM_TARGET",
        "ERROR_MESSAGE": "down",
        "RETRY_ATTEMPTS": "185",
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
    }
