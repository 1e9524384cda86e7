"""The queue of an event source: one that exists, or one that is made from the settings of the call. (SQS-21)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.errors import ConfigError, InvalidParameterValueException
from pytest_lambda_modes.model import settings, targets
from pytest_lambda_modes.services import queue_attributes
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.services.sqs_queue import SqsQueue

SETTINGS = ("queue", "queue_name", "fifo", *queue_attributes.SETTINGS, *queue_attributes.FIFO)


def existing_queue(where: str, resources: Resources, given: Mapping[str, Any]) -> SqsQueue | None:
    """The queue that `queue` names, if it is given: itself, its ARN, or short, `"sqs:orders"`.

    Raises ConfigError, and InvalidParameterValueException for a queue that does not exist (ESM-5).
    """
    if given.get("queue") is None:
        return None
    others = [name for name in given if name != "queue"]
    if others:
        raise ConfigError(
            f"{where}: {', '.join(others)} cannot be set for a queue that exists.\n\n"
            'Set it where the queue is made: lambda_modes.queue("orders", visibility_timeout=60)'
        )
    target = targets.parse_allowed(where, "queue", given["queue"], ("sqs",))
    queue = resources.queue(target.name) if resources.has_queue(target.name) else None
    if queue is None or queue.deleted:
        raise InvalidParameterValueException(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
            "SQS Error Message: The specified queue does not exist."
        )
    return queue


def wants_fifo(where: str, given: Mapping[str, Any]) -> bool:
    """Whether the settings are those of a FIFO queue: they say so, or its name does. Raises ConfigError."""
    name = given.get("queue_name")
    fifo = given.get("fifo", isinstance(name, str) and name.endswith(".fifo"))
    return settings.flag(where, "fifo", fifo, "It makes a FIFO queue. (SQS-16)")


def new_queue(where: str, resources: Resources, stem: str, given: Mapping[str, Any]) -> SqsQueue:
    """A queue with these settings, by default named after `stem`. Raises ConfigError, and SQS's own errors."""
    fifo = wants_fifo(where, given)
    suffix = ".fifo" if fifo else ""
    name = given.get("queue_name") or _free_name(resources, stem, suffix)
    settings.text(where, "queue_name", name, ".*", "a string", "It is the queue's name.")
    (queue_attributes.fifo_queue_name if fifo else queue_attributes.queue_name)(name)
    attributes = {name: value for name, value in given.items() if name not in ("queue", "queue_name", "fifo")}
    if attributes.get("max_receive_count") is not None and attributes.get("dead_letter_queue") is None:
        letters = _free_name(resources, f"{name.removesuffix('.fifo')}-dead-letters", suffix)
        attributes["dead_letter_queue"] = resources.queue(letters)
    return resources.queue(name, **attributes)


def _free_name(resources: Resources, stem: str, suffix: str) -> str:
    name, number = f"{stem}{suffix}", 1
    while resources.has_queue(name):
        number += 1
        name = f"{stem}-{number}{suffix}"
    return name
