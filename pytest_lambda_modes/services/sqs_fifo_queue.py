"""A FIFO queue: what it does otherwise than a standard queue."""

from __future__ import annotations

from collections import deque
from hashlib import sha256
from typing import ClassVar, Literal

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import InvalidAttributeValue, InvalidParameterValue, MissingParameter
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services import queue_attributes as allowed
from pytest_lambda_modes.services.message_groups import GroupOrder
from pytest_lambda_modes.services.message_order import MessageOrder
from pytest_lambda_modes.services.sqs_message import NOT_WAITING, Message
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.units import MINUTE, SECOND

DeduplicationScope = Literal["queue", "messageGroup"]

DEDUPLICATION_WINDOW = 5 * MINUTE  # SQS-19
_FIRST_SEQUENCE_NUMBER = 18_849_496_460_467_696_128
_SEQUENCE_STEP = 256


class SqsFifoQueue(SqsQueue):
    """A FIFO queue; its name ends in `.fifo`. Settings are those of a standard queue, and two more.

    `content_based_deduplication` takes the SHA-256 of the body as deduplication id where a send names none.
    `deduplication_scope` is `"queue"` or `"messageGroup"`.
    """

    fifo: ClassVar[bool] = True
    order: ClassVar[type[MessageOrder]] = GroupOrder

    def __init__(
        self,
        name: str,
        scheduler: Scheduler,
        identifiers: Identifiers,
        *,
        content_based_deduplication: bool = False,
        deduplication_scope: DeduplicationScope = "queue",
        visibility_timeout: int = allowed.VISIBILITY_TIMEOUT.default,
        message_retention_period: int = allowed.MESSAGE_RETENTION_PERIOD.default,
        delay_seconds: int = allowed.DELAY_SECONDS.default,
        maximum_message_size: int = allowed.MAXIMUM_MESSAGE_SIZE.default,
        receive_message_wait_time_seconds: int = allowed.RECEIVE_MESSAGE_WAIT_TIME_SECONDS.default,
        dead_letter_queue: SqsQueue | None = None,
        max_receive_count: int | None = None,
    ) -> None:
        super().__init__(
            name,
            scheduler,
            identifiers,
            visibility_timeout=visibility_timeout,
            message_retention_period=message_retention_period,
            delay_seconds=delay_seconds,
            maximum_message_size=maximum_message_size,
            receive_message_wait_time_seconds=receive_message_wait_time_seconds,
            dead_letter_queue=dead_letter_queue,
            max_receive_count=max_receive_count,
        )
        if deduplication_scope not in ("queue", "messageGroup"):
            raise InvalidAttributeValue("Invalid value for the parameter DeduplicationScope.")
        self.content_based_deduplication = allowed.flag(
            f"queue {name}", "content_based_deduplication", content_based_deduplication
        )
        self.deduplication_scope = deduplication_scope
        self._recent: dict[tuple[str | None, str], Message] = {}
        self._recent_in_order: deque[tuple[str | None, str]] = deque()

    def admit(self, message: Message, delay_seconds: int) -> None:
        """A new message comes in, sent or redriven. It gets the next sequence number."""
        message.sequence_number = str(_FIRST_SEQUENCE_NUMBER + self.number_of_messages_sent * _SEQUENCE_STEP)
        super().admit(message, delay_seconds)

    def _checked_name(self, name: str) -> str:
        return allowed.fifo_queue_name(name)

    def _accept(self, message: Message, delay_seconds: int | None) -> Message:
        """This message, or the one with the same deduplication id from the last five minutes. (SQS-19)"""
        if delay_seconds:
            reason = "The request include parameter that is not valid for this queue type."
            raise allowed.invalid(delay_seconds, "DelaySeconds", reason)
        group_id = message.message_group_id
        if not group_id:
            raise MissingParameter("The request must contain the parameter MessageGroupId.")
        allowed.check_fifo_id(group_id, "MessageGroupId")
        deduplication_id = message.message_deduplication_id = self._deduplication_id(message)
        self._forget_duplicates()
        key = (group_id if self.deduplication_scope == "messageGroup" else None, deduplication_id)
        earlier = self._recent.get(key)
        if earlier is not None:
            return earlier
        self.admit(message, self.delay_seconds)
        self._recent[key] = message
        self._recent_in_order.append(key)
        return message

    def _deduplication_id(self, message: Message) -> str:
        given = message.message_deduplication_id
        if given:
            allowed.check_fifo_id(given, "MessageDeduplicationId")
            return given
        if self.content_based_deduplication:
            return sha256(message.body.encode()).hexdigest()
        raise InvalidParameterValue(
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
            "explicitly"
        )

    def _forget_duplicates(self) -> None:
        """A message is remembered for five minutes from its send, even if it is gone."""
        over, recent, in_order = self.scheduler.now - DEDUPLICATION_WINDOW, self._recent, self._recent_in_order
        while in_order and recent[in_order[0]]._sent_at <= over:
            del recent[in_order.popleft()]

    def _may_delete(self, message: Message, receive: int) -> bool:
        """Only the handle of the receive that still hides the message serves. (SQS-19)"""
        return message._ending is not None or (receive == message.receive_count and message._wakes_at != NOT_WAITING)

    def _expires_at(self, message: Message) -> int:
        """In a FIFO dead-letter queue retention counts anew. (SQS-22)"""
        return message._arrived_at + self.message_retention_period * SECOND

    def _refuse_over_limit(self) -> None:
        """A FIFO queue with too much in flight gives nothing, and says nothing. (SQS-21)"""
