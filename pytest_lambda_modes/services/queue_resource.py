"""A queue as a resource: what it is called, and what it is set to."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import ACCOUNT_ID, REGION
from pytest_lambda_modes.model.settings import check_names, wrong_value
from pytest_lambda_modes.services import queue_attributes

if TYPE_CHECKING:
    from pytest_lambda_modes.services.sqs_queue import SqsQueue


class QueueResource:
    """Names, settings and redrive policy of a queue. Settings are in seconds and bytes. (SQS-21)

    `dead_letter_source_queues` are those whose dead-letter queue this one is.
    """

    kind: ClassVar[str] = "sqs"
    fifo: ClassVar[bool] = False

    visibility_timeout: int
    message_retention_period: int
    delay_seconds: int
    maximum_message_size: int
    receive_message_wait_time_seconds: int

    def __init__(self, name: str, scheduler: Scheduler, identifiers: Identifiers) -> None:
        self.name = self._checked_name(name)
        self.arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}"
        self.url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT_ID}/{name}"
        self.scheduler = scheduler
        self.identifiers = identifiers
        self.deleted = False
        self.dead_letter_queue: SqsQueue | None = None
        self.max_receive_count: int | None = None
        self.dead_letter_source_queues: list[QueueResource] = []

    def set_attributes(self, **attributes: int) -> None:
        """SetQueueAttributes, for the settings that are numbers. A new delay is for messages still to come.

        Raises ConfigError for unknown names and for values that are no whole number, InvalidAttributeValue outside
        a range.
        """
        where = f"queue {self.name}"
        check_names(where, attributes, queue_attributes.NUMBERS, queue_attributes.NOT_MODELLED)
        numbers = {name: queue_attributes.number(where, name, value) for name, value in attributes.items()}
        for name, number in numbers.items():
            setattr(self, name, number)

    def set_redrive_policy(self, dead_letter_queue: SqsQueue | None, max_receive_count: int | None = None) -> None:
        """After `max_receive_count` receives (1 to 1000, default 10) a message goes to the dead-letter queue. (SQS-7)

        None for no dead-letter queue. Raises InvalidParameterValue, and ConfigError for a count without a queue.
        """
        count = self._checked_redrive_policy(dead_letter_queue, max_receive_count)
        if self.dead_letter_queue is not None:
            self.dead_letter_queue.dead_letter_source_queues.remove(self)
        if dead_letter_queue is not None:
            dead_letter_queue.dead_letter_source_queues.append(self)
        self.dead_letter_queue, self.max_receive_count = dead_letter_queue, count

    def _checked_name(self, name: str) -> str:
        return queue_attributes.queue_name(name)

    def _checked_redrive_policy(self, target: object, max_receive_count: int | None) -> int | None:
        if target is None:
            if max_receive_count is None:
                return None
            raise ConfigError(
                f"queue {self.name}: max_receive_count is {max_receive_count}, and there is no dead_letter_queue.\n\n"
                "It is how often a message is received before the dead-letter queue gets it. (SQS-7)"
            )
        if not isinstance(target, QueueResource):
            why = "It is where a message goes after max_receive_count receives. (SQS-7)"
            raise wrong_value(f"queue {self.name}", "dead_letter_queue", target, "a queue of lambda_modes", why)
        if target is self:
            raise ConfigError(f"queue {self.name}: it cannot be its own dead_letter_queue.")
        given = queue_attributes.MAX_RECEIVE_COUNT.default if max_receive_count is None else max_receive_count
        count = queue_attributes.receive_count_limit(f"queue {self.name}", given, target.arn)
        if target.fifo != self.fifo:
            reason = "Dead-letter queue must be same type of queue as the source."
            raise queue_attributes.redrive_policy_refused(target.arn, count, reason)
        return count
