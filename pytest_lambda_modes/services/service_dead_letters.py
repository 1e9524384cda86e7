"""What a service writes beside a notification that it could not hand over, into its own dead-letter queue. Pure."""

from __future__ import annotations

from pytest_lambda_modes.errors import ApiError, QueueDoesNotExist

Attributes = dict[str, str | int]


def of_sns(error: ApiError, *, request_id: str) -> Attributes:
    """The attributes of a letter of SNS. The body is the notification. (ASYNC-40)"""
    return {
        "RequestID": request_id,
        "ErrorCode": str(error.status_code),
        "ErrorMessage": error.message or error.code,
    }


def of_rule(error: ApiError, *, tries: int, exhausted: str | None, rule_arn: str, target_arn: str) -> Attributes:
    """The attributes of a letter of an EventBridge rule. The body is what the target was to get. (ASYNC-41)

    `exhausted` is None for an error that no retry would cure; then there is no condition.
    """
    attributes: Attributes = {
        "RULE_ARN": rule_arn,
        "TARGET_ARN": target_arn,
        "ERROR_CODE": error_code(error),
        "ERROR_MESSAGE": error.message or error.code,
        "RETRY_ATTEMPTS": str(tries - 1),
    }
    return attributes if exhausted is None else {**attributes, "EXHAUSTED_RETRY_CONDITION": exhausted}


def of_schedule(
    error: ApiError, *, tries: int, exhausted: str | None, schedule_arn: str, target_arn: str, scheduled_time: str
) -> Attributes:
    """The attributes of a letter of EventBridge Scheduler. The body is the input. (ASYNC-42)"""
    attributes = of_rule(error, tries=tries, exhausted=exhausted, rule_arn="", target_arn=target_arn)
    del attributes["RULE_ARN"]
    return {"SCHEDULE_ARN": schedule_arn, "SCHEDULED_TIME": scheduled_time, **attributes}


def error_code(error: ApiError) -> str:
    """EventBridge's own word for what a target answered."""
    if error.status_code == 404 or isinstance(error, QueueDoesNotExist):
        return "NO_RESOURCE"
    if error.status_code == 429:
        return "THROTTLING"
    return "ERROR_FROM_TARGET" if error.status_code >= 500 else "SDK_CLIENT_ERROR"
