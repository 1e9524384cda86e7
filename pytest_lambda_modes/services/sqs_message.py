"""A message as the one who sent it holds it: a handle that tells what has become of the message."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Generator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from pytest_lambda_modes.errors import NotSettledError
from pytest_lambda_modes.services.message_attributes import (
    MessageAttributes,
    md5_of_body,
    md5_of_message_attributes,
    plain,
)
from pytest_lambda_modes.units import MILLISECOND, iso_milliseconds, to_timedelta, utc_datetime

if TYPE_CHECKING:
    from pytest_lambda_modes.services.sqs_queue import SqsQueue

Ending = Literal["deleted", "filtered", "dead_lettered", "expired"]
State = Literal["available", "in_flight", "delayed", "deleted", "filtered", "dead_lettered", "expired"]

NOT_WAITING = -1
SENDER_ID = "AIDAIENQZJOLO23YVJ4VO"
_LONGEST_SHOWN = 60


class Message:
    """A message of a queue, live: whatever is asked is answered as of now.

    `receive_count` is SQS's counter, which a dead letter takes over from the message it was (SQS-9). That message is
    the letter's `source_message`, and the letter is its `dead_letter`. What is underscored belongs to the queue.

    In an async test a message can be awaited, until it has come to its end, and gives itself. `lineage` counts, by
    function, the invocations that led to its sending (ASYNC-36).
    """

    __slots__ = (
        "_arrived_at",  # when it came into this queue; later than sent for a dead letter
        "_ended_at",
        "_ending",
        "_expires_at",
        "_md5_of_attributes",
        "_md5_of_body",
        "_message_attributes",
        "_message_id",
        "_on_end",  # who waits for its end
        "_receives",  # from this queue: when, and until when it is hidden by it
        "_sent_at",
        "_serial",
        "_shown_at",  # when its delay ends
        "_visible_at",
        "_wakes_at",  # the instant of its valid entry among the queue's waiting messages
        "aws_trace_header",
        "body",
        "dead_letter",
        "lineage",
        "message_deduplication_id",
        "message_group_id",
        "queue",
        "receive_count",
        "sequence_number",
        "source_message",
    )

    def __init__(self, queue: SqsQueue, body: str, message_attributes: MessageAttributes | None = None) -> None:
        self.queue = queue
        self.body = body
        self.receive_count = 0
        self.aws_trace_header: str | None = None
        self.message_group_id: str | None = None
        self.message_deduplication_id: str | None = None
        self.sequence_number: str | None = None
        self.source_message: Message | None = None
        self.dead_letter: Message | None = None
        self.lineage: dict[str, int] | None = None
        self._on_end: list[Callable[[], object]] | None = None
        self._message_attributes = message_attributes
        self._ending: Ending | None = None
        self._ended_at: int | None = None
        self._receives: Sequence[tuple[int, int]] = ()
        self._message_id: str | None = None
        self._md5_of_body: str | None = None
        self._md5_of_attributes: str | None = None
        # These are set when the message enters its queue.
        self._serial = self._sent_at = self._arrived_at = self._shown_at = self._visible_at = self._expires_at = 0
        self._wakes_at = NOT_WAITING

    def copy_for(self, queue: SqsQueue) -> Message:
        """A message with the same content for another queue, which it has yet to enter."""
        copy = Message(queue, self.body, self._message_attributes)
        copy.aws_trace_header = self.aws_trace_header
        copy.lineage = self.lineage
        copy.message_group_id = self.message_group_id
        copy.message_deduplication_id = self.message_deduplication_id
        return copy

    @property
    def message_id(self) -> str:
        """In the form of a UUID. A dead letter keeps that of the message it was. (SQS-7)"""
        if self._message_id is None:
            if self.source_message is not None:
                self._message_id = self.source_message.message_id
            else:
                # Named after the serial number, so that an id is the same whenever it is asked for first.
                self._message_id = self.queue.identifiers.uuid_of(f"message {self._serial} of {self.queue.name}")
        return self._message_id

    @property
    def message_attributes(self) -> MessageAttributes:
        """By name, in API form: `{"DataType": "String", "StringValue": "text"}`."""
        return self._message_attributes or {}

    @property
    def attributes(self) -> dict[str, str]:
        """The system attributes under their API names, in the order in which Lambda hands them over. (SQS-1)"""
        return self._attributes(self.receive_count, self._first_received_at())

    def attributes_of(self, receive: int) -> dict[str, str]:
        """The system attributes as a receive gives them: one that has been, or the one that comes now. (SQS-3)"""
        if self._receives and self.source_message is None:
            return self._attributes(receive, self._receives[0][0])
        first = self._first_received_at()
        return self._attributes(receive, self.queue.scheduler.now if first is None else first)

    def _attributes(self, receive: int, first_received_at: int | None) -> dict[str, str]:
        start = self.queue.scheduler.start
        attributes = {"ApproximateReceiveCount": f"{receive}"}
        if self.aws_trace_header is not None:
            attributes["AWSTraceHeader"] = plain(self.aws_trace_header)
        attributes["SentTimestamp"] = f"{(start + self._sent_at) // MILLISECOND}"
        if self.sequence_number is not None:
            attributes["SequenceNumber"] = self.sequence_number
        if self.message_group_id is not None:
            attributes["MessageGroupId"] = plain(self.message_group_id)
        attributes["SenderId"] = SENDER_ID
        if self.message_deduplication_id is not None:
            attributes["MessageDeduplicationId"] = plain(self.message_deduplication_id)
        if first_received_at is not None:
            attributes["ApproximateFirstReceiveTimestamp"] = f"{(start + first_received_at) // MILLISECOND}"
        if self.source_message is not None:
            attributes["DeadLetterQueueSourceArn"] = self.source_message.queue.arn
        return attributes

    @property
    def receipt_handle(self) -> str | None:
        """The handle of the latest receive; None before the first. Each receive has its own. (SQS-3)"""
        return self.queue.receipt_handle(self) if self._receives else None

    @property
    def md5_of_body(self) -> str:
        if self._md5_of_body is None:
            self._md5_of_body = md5_of_body(self.body)
        return self._md5_of_body

    @property
    def md5_of_message_attributes(self) -> str | None:
        """None without attributes."""
        if self._md5_of_attributes is None and self._message_attributes:
            self._md5_of_attributes = md5_of_message_attributes(self._message_attributes)
        return self._md5_of_attributes

    @property
    def state(self) -> State:
        """Where the message is now. The last four are for good: a redrive makes a new message."""
        if self._ending is not None:
            return self._ending
        now = self.queue.scheduler.now
        if now >= self._expires_at:
            return "expired"
        if now >= self._visible_at:
            return "available"
        return "in_flight" if self._receives else "delayed"

    @property
    def sent_at(self) -> dt.datetime:
        """When it was sent, in UTC. A dead letter keeps that of the message it was. (SQS-9)"""
        return utc_datetime(self.queue.scheduler.start + self._sent_at)

    @property
    def receives(self) -> list[dt.datetime]:
        """When it was received from this queue, in UTC."""
        start = self.queue.scheduler.start
        return [utc_datetime(start + received_at) for received_at, _ in self._receives]

    @property
    def delays(self) -> list[dt.timedelta]:
        """The times from each receive to the next, since visibility counts from there. (SQS-5)"""
        return [to_timedelta(later - earlier) for (earlier, _), (later, _) in pairwise(self._receives)]

    @property
    def settled(self) -> bool:
        """Whether the message has come to its end in this queue: deleted, filtered, dead-lettered or expired."""
        return self._ending is not None or self.queue.scheduler.now >= self._expires_at

    def wait(self) -> Message:
        """Let virtual time pass until the message is settled; gives the message itself.

        Raises NotSettledError when that does not come about: when nothing reads the queue, say.
        """
        try:
            self.queue.waiting.until(lambda: self.settled)
        except NotSettledError as error:
            raise self._never_settles(error) from None
        return self

    def __await__(self) -> Generator[Any, None, Message]:
        if not self.settled:
            try:
                yield from self.queue.waiting.future_of(self._listen).__await__()
            except NotSettledError as error:
                # Nobody tells of an expiry in a queue that nobody reads.
                if not self.settled:
                    raise self._never_settles(error) from None
        return self

    def _never_settles(self, error: NotSettledError) -> NotSettledError:
        return NotSettledError(
            f"{self!r} does not come to its end.\n\n{error}\n\nA queue is read by a mapping that is enabled: "
            f'event_source.sqs(handler, queue=lambda_modes.queue("{self.queue.name}"))'
        )

    def _listen(self, listener: Callable[[], object]) -> None:
        self._on_end = [*(self._on_end or ()), listener]

    def json(self) -> Any:
        """The body, parsed. Raises json.JSONDecodeError for other text."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        times = "once" if self.receive_count == 1 else f"{self.receive_count} times"
        received = f", received {times}" if self.receive_count else ""
        return f"<Message {self._shown_body()} in {self.queue.name}: {self._told()}{received}>"

    def _told(self) -> str:
        state = self.state
        if state in ("in_flight", "delayed"):
            return f"{state} until {iso_milliseconds(self.queue.scheduler.start + self._visible_at)}"
        if self.dead_letter is not None:
            return f"{state} to {self.dead_letter.queue.name}"
        if self.source_message is not None:
            return f"dead letter of {self.source_message.queue.name}, {state}"
        return state

    def _shown_body(self) -> str:
        line = " ".join(self.body[: 2 * _LONGEST_SHOWN].split())
        return line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 3] + "..."

    def _received_again(self) -> None:
        """Though it is hidden or gone: a receive that hides it no longer than the one before."""
        now = self.queue.scheduler.now
        hidden_until = now
        if self._ending is None and self._receives and now < self._visible_at:
            self._change_receive(now)
            hidden_until = self._visible_at
        self._note_receive((now, hidden_until))
        self.receive_count += 1

    def _note_receive(self, receive: tuple[int, int]) -> None:
        if not isinstance(self._receives, list):
            self._receives = list(self._receives)
        self._receives.append(receive)

    def _change_receive(self, hidden_until: int) -> None:
        """The latest receive hides the message until another instant."""
        if not isinstance(self._receives, list):
            self._receives = list(self._receives)
        self._receives[-1] = (self._receives[-1][0], hidden_until)

    def _first_received_at(self) -> int | None:
        if self.source_message is not None:
            return self.source_message._first_received_at()
        return self._receives[0][0] if self._receives else None
