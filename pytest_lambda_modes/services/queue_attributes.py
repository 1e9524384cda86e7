"""What a queue can be set to, and how AWS refuses the rest. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from pytest_lambda_modes.errors import InvalidAttributeValue, InvalidParameterValue
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.limits import SQS_MESSAGE_BYTES, Range

VISIBILITY_TIMEOUT = Range(0, 43_200, default=30, rule="SQS-21")
MESSAGE_RETENTION_PERIOD = Range(60, 1_209_600, default=345_600, rule="SQS-21")
DELAY_SECONDS = Range(0, 900, default=0, rule="SQS-21")
MAXIMUM_MESSAGE_SIZE = Range(1_024, SQS_MESSAGE_BYTES, default=SQS_MESSAGE_BYTES, rule="SQS-21")
RECEIVE_MESSAGE_WAIT_TIME_SECONDS = Range(0, 20, default=0, rule="SQS-21")
MAX_RECEIVE_COUNT = Range(1, 1_000, default=10, rule="SQS-21")
MAX_NUMBER_OF_MESSAGES = Range(1, 10, default=1, rule="SQS-21")
MOST_IN_FLIGHT = 120_000  # SQS-21

_is_fifo_id = re.compile("[!-~]{1,128}").fullmatch

NUMBERS: Mapping[str, tuple[Range, str, str]] = {
    "visibility_timeout": (
        VISIBILITY_TIMEOUT, "seconds", "It is how long a received message stays hidden from other receives."
    ),
    "message_retention_period": (
        MESSAGE_RETENTION_PERIOD, "seconds", "It is how long the queue keeps a message that nobody deletes."
    ),
    "delay_seconds": (DELAY_SECONDS, "seconds", "It is how long a new message stays hidden at first."),
    "maximum_message_size": (MAXIMUM_MESSAGE_SIZE, "bytes", "It counts the body and the message attributes."),
    "receive_message_wait_time_seconds": (
        RECEIVE_MESSAGE_WAIT_TIME_SECONDS, "seconds", "It is how long a long poll waits for the first message."
    ),
}  # fmt: skip
FIFO = ("content_based_deduplication", "deduplication_scope")
REDRIVE_POLICY = ("dead_letter_queue", "max_receive_count")
SETTINGS = (*NUMBERS, *REDRIVE_POLICY)

# Attributes of AWS's queues that would be silently without effect here. Each maps to the reason.
NOT_MODELLED = {
    "policy": "permissions are not checked",
    "redrive_allow_policy": "any queue may be a dead-letter queue of any other",
    "kms_master_key_id": "nothing here is encrypted",
    "kms_data_key_reuse_period_seconds": "nothing here is encrypted",
    "sqs_managed_sse_enabled": "nothing here is encrypted",
    "fifo_throughput_limit": "there is no limit to the throughput here",
    "tags": "nothing reads them",
}


def number(where: str, name: str, value: object) -> int:
    """A numeric queue attribute. Raises ConfigError for no whole number, InvalidAttributeValue outside its range."""
    limits, unit, why = NUMBERS[name]
    checked = settings.whole_number(where, name, value, limits, unit, why)
    if limits.least <= checked <= limits.most:
        return checked
    raise InvalidAttributeValue(f"Invalid value for the parameter {_pascal(name)}.")


def flag(where: str, name: str, value: object) -> bool:
    """A FIFO queue's attribute that is True or False. Raises ConfigError."""
    why = "With it the SHA-256 of the body stands in for a deduplication id. (SQS-19)"
    return settings.flag(where, name, value, why)


def receive_count_limit(where: str, value: object, dead_letter_queue_arn: str) -> int:
    """How many receives a message gets before it is dead-lettered, 1 to 1000. Raises InvalidParameterValue. (SQS-21)"""
    why = "It is how often a message is received before the dead-letter queue gets it."
    count = settings.whole_number(where, "max_receive_count", value, MAX_RECEIVE_COUNT, "", why)
    if MAX_RECEIVE_COUNT.least <= count <= MAX_RECEIVE_COUNT.most:
        return count
    raise redrive_policy_refused(
        dead_letter_queue_arn,
        count,
        f"Invalid value for maxReceiveCount: {count}, valid values are from {MAX_RECEIVE_COUNT.least} to "
        f"{MAX_RECEIVE_COUNT.most} both inclusive.",
    )


def redrive_policy_refused(dead_letter_queue_arn: str, max_receive_count: int, reason: str) -> InvalidParameterValue:
    """The error for a redrive policy, which AWS quotes as JSON."""
    policy = {"deadLetterTargetArn": dead_letter_queue_arn, "maxReceiveCount": max_receive_count}
    return invalid(json.dumps(policy, separators=(",", ":")), "RedrivePolicy", reason)


def queue_name(name: str) -> str:
    """The name of a standard queue. Raises InvalidParameterValue."""
    if re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name):
        return name
    raise InvalidParameterValue("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")


def fifo_queue_name(name: str) -> str:
    """The name of a FIFO queue, `.fifo` at its end. Raises InvalidParameterValue."""
    if len(name) <= 80 and re.fullmatch(r"[A-Za-z0-9_-]+\.fifo", name):
        return name
    raise InvalidParameterValue(
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with "
        ".fifo suffix and be 1 to 80 in length."
    )


def check_fifo_id(value: object, parameter: str) -> None:
    """A message group id or deduplication id. Raises ConfigError for no string, InvalidParameterValue."""
    if isinstance(value, str) and _is_fifo_id(value):
        return
    reason = f"{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length."
    raise invalid(text(value, parameter), parameter, reason)


def invalid(value: object, parameter: str, reason: str) -> InvalidParameterValue:
    """SQS's usual answer to a parameter, named as in the API."""
    return InvalidParameterValue(f"Value {value} for parameter {parameter} is invalid. Reason: {reason}")


def text(value: object, parameter: str) -> str:
    """A parameter of a request that is a string. Raises ConfigError."""
    return settings.text("queue", settings.snake_case(parameter), value, "(?s).*", "a string", _it_is(parameter))


def whole_number(value: object, parameter: str, limits: Range) -> int:
    """A parameter of a request that is a whole number, whatever its size. Raises ConfigError."""
    name = settings.snake_case(parameter)
    return settings.whole_number("queue", name, value, limits, "", _it_is(parameter))


def in_range(value: object, parameter: str, limits: Range) -> int:
    """A number of a request. Raises ConfigError for no whole number, InvalidParameterValue outside its range."""
    number = whole_number(value, parameter, limits)
    if limits.least <= number <= limits.most:
        return number
    raise invalid(number, parameter, f"Must be between {limits.least} and {limits.most}, if provided.")


def _it_is(parameter: str) -> str:
    return f"It is {parameter} in SQS's API."


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
