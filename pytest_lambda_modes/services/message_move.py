"""StartMessageMoveTask: dead letters go back to where they came from, or somewhere else. (SQS-23)"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pytest_lambda_modes.clock.scheduler import Timer
from pytest_lambda_modes.errors import InvalidParameterValue, QueueDoesNotExist, ResourceNotFoundException
from pytest_lambda_modes.model.limits import Range
from pytest_lambda_modes.model.settings import wrong_value
from pytest_lambda_modes.services.queue_attributes import in_range
from pytest_lambda_modes.services.queue_resource import QueueResource
from pytest_lambda_modes.services.sqs_message import Message
from pytest_lambda_modes.units import SECOND

if TYPE_CHECKING:
    from pytest_lambda_modes.services.sqs_queue import SqsQueue

Status = Literal["RUNNING", "COMPLETED", "CANCELLED", "FAILED"]

_RATE = Range(1, 500, default=500, rule="SQS-23")


class MessageMoveTask:
    """One task, under the names ListMessageMoveTasks has. `failure_reason` is None unless `status` is `"FAILED"`.

    With a rate, so many messages are moved each second, the first ones at once. The task ends when nothing visible is
    left; messages in flight stay.
    """

    def __init__(self, source: SqsQueue, destination: SqsQueue | None, rate: int | None) -> None:
        _check(source, destination, rate)
        self.task_handle = source.identifiers.uuid("message move task")
        self.source_arn = source.arn
        self.destination_arn = None if destination is None else destination.arn
        self.max_number_of_messages_per_second = rate
        self.status: Status = "RUNNING"
        self.failure_reason: str | None = None
        self.approximate_number_of_messages_moved = 0
        self.approximate_number_of_messages_to_move = source.approximate_number_of_messages_visible
        self._source = source
        self._destination = destination
        self._timer: Timer | None = None

    def start(self) -> None:
        """Move what may be moved at once, and go on in a second if there is more."""
        source, rate = self._source, self.max_number_of_messages_per_second
        for _ in range(rate or len(source.store.live)):
            letters = source.store.take(1, source.store.is_live)
            if not letters:
                break
            self._move(letters[0])
            if self.status == "FAILED":
                return
        now = source.scheduler.now
        if source.next_visible_at() == now:
            self._timer = source.scheduler.at(now + SECOND, self.start, f"redrive of {source.name}")
        else:
            self.status = "COMPLETED"

    def cancel(self) -> None:
        """CancelMessageMoveTask: what has been moved stays moved."""
        if self.status == "RUNNING":
            self.status = "CANCELLED"
            if self._timer is not None:
                self._timer.cancel()

    def _move(self, letter: Message) -> None:
        destination = self._destination
        if destination is None and letter.source_message is not None:
            destination = letter.source_message.queue
        if destination is None or destination.deleted:
            self.status = "FAILED"
            self.failure_reason = QueueDoesNotExist.wire_code if destination else "CouldNotDetermineMessageSource"
            self._source.store.put_back(letter)
            return
        self._source.store.end(letter, "deleted")
        destination.admit(letter.copy_for(destination), destination.delay_seconds)
        self.approximate_number_of_messages_moved += 1

    def __repr__(self) -> str:
        told = self.status if self.failure_reason is None else f"{self.status}, {self.failure_reason}"
        moved = f"{self.approximate_number_of_messages_moved} of {self.approximate_number_of_messages_to_move} moved"
        return f"<MessageMoveTask of {self._source.name}: {told}, {moved}>"


def _check(source: SqsQueue, destination: SqsQueue | None, rate: int | None) -> None:
    if rate is not None:
        in_range(rate, "MaxNumberOfMessagesPerSecond", _RATE)
    if not source.dead_letter_source_queues:
        raise InvalidParameterValue("Source queue must be configured as a Dead Letter Queue.")
    if any(task.status == "RUNNING" for task in source.move_tasks):
        raise InvalidParameterValue(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
        )
    if destination is not None:
        _check_destination(source, destination)


def _check_destination(source: SqsQueue, destination: object) -> None:
    if not isinstance(destination, QueueResource):
        why = "It is where the messages go; without one, back to the queues they came from. (SQS-23)"
        raise wrong_value(f"queue {source.name}", "destination", destination, "a queue of lambda_modes", why)
    if destination is source:
        raise InvalidParameterValue("Source queue and destination queue must be different.")
    if destination.deleted:
        raise ResourceNotFoundException(
            "The resource that you specified for the DestinationArn parameter doesn't exist."
        )
    if destination.fifo != source.fifo:
        raise InvalidParameterValue("Destination queue must be same type of queue as the source.")
