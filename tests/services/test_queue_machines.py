"""Both queues beside a second model that is too simple to be wrong: a list that is searched from end to end.

Whatever is done in whatever order, no message is lost or invented, its counter is the number of its receives, and a
group is received in order and never past its first hidden message.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import InvalidParameterValue, MessageNotInflight
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services.sqs_fifo_queue import SqsFifoQueue
from pytest_lambda_modes.services.sqs_message import Message
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.units import MINUTE, SECOND

RETENTION = 60
VISIBILITY_TIMEOUT = 7
MAX_RECEIVE_COUNT = 3


@dataclass(eq=False)
class Twin:
    """What the second model knows of a message."""

    message: Message
    group: str
    sent_at: int
    visible_at: int
    expires_at: int
    received_at: list[int] = field(default_factory=list)
    ending: str | None = None

    def state(self, now: int) -> str:
        if self.ending is not None:
            return self.ending
        if now >= self.expires_at:
            return "expired"
        if now >= self.visible_at:
            return "available"
        return "in_flight" if self.received_at else "delayed"


class Receipt(NamedTuple):
    """A handle, and the how many-th receive of the message gave it."""

    twin: Twin
    number: int
    handle: str


class QueueMachine(RuleBasedStateMachine):
    receipts = Bundle("receipts")
    kind: type[SqsQueue] = SqsQueue
    suffix = ""

    def __init__(self) -> None:
        super().__init__()
        self.scheduler = Scheduler()
        identifiers = Identifiers("machine")
        self.dead_letters = self.kind(
            "dead" + self.suffix, self.scheduler, identifiers, message_retention_period=1_209_600
        )
        self.queue = self.kind(
            "orders" + self.suffix,
            self.scheduler,
            identifiers,
            visibility_timeout=VISIBILITY_TIMEOUT,
            message_retention_period=RETENTION,
            dead_letter_queue=self.dead_letters,
            max_receive_count=MAX_RECEIVE_COUNT,
        )
        self.twins: list[Twin] = []
        self.moved: list[Message] = []

    @property
    def now(self) -> int:
        return self.scheduler.now

    def live(self) -> list[Twin]:
        return [twin for twin in self.twins if twin.state(self.now) in ("available", "in_flight", "delayed")]

    def visible(self, group: str | None = None) -> list[Twin]:
        """What a receive may have: here, everything that is visible."""
        return [twin for twin in self.live() if twin.visible_at <= self.now]

    def enter(self, message: Message, group: str, delay: int) -> None:
        expires_at = self.now + self.queue.message_retention_period * SECOND
        self.twins.append(Twin(message, group, self.now, self.now + delay * SECOND, expires_at))

    def may_delete(self, receipt: Receipt) -> bool:
        return True

    @rule(seconds=st.integers(1, 20))
    def time_passes(self, seconds: int) -> None:
        self.scheduler.now += seconds * SECOND

    @rule(
        target=receipts,
        limit=st.integers(1, 10),
        timeout=st.one_of(st.none(), st.integers(0, 30)),
        choice=st.integers(0, 9),
    )
    def receive(self, limit: int, timeout: int | None, choice: int) -> Receipt | None:
        before = self.visible()
        messages = self.queue.receive(limit, visibility_timeout=timeout)
        newly_moved = [letter.source_message for letter in self.dead_letters.messages if letter.source_message]
        moved = [twin for twin in before if twin.message in newly_moved]
        taken = [next(twin for twin in before if twin.message is message) for message in messages]
        assert len(set(messages)) == len(messages)
        assert all(len(twin.received_at) < MAX_RECEIVE_COUNT for twin in taken)
        assert all(len(twin.received_at) == MAX_RECEIVE_COUNT for twin in moved)
        self.check_receive(limit, before, taken, moved)
        for twin in moved:
            twin.ending = "dead_lettered"
            self.moved.append(twin.message)
        for twin in taken:
            twin.received_at.append(self.now)
            twin.visible_at = self.now + (VISIBILITY_TIMEOUT if timeout is None else timeout) * SECOND
        if not taken:
            return None
        twin = taken[choice % len(taken)]
        assert twin.message.receipt_handle is not None
        return Receipt(twin, len(twin.received_at), twin.message.receipt_handle)

    def check_receive(self, limit: int, before: list[Twin], taken: list[Twin], moved: list[Twin]) -> None:
        deliverable = [twin for twin in before if len(twin.received_at) < MAX_RECEIVE_COUNT]
        assert len(taken) == min(limit, len(deliverable))
        if len(taken) < limit:
            assert len(taken) + len(moved) == len(before)

    @rule(receipt=receipts)
    def delete(self, receipt: Receipt | None) -> None:
        if receipt is None:
            return
        if receipt.twin in self.live() and not self.may_delete(receipt):
            with pytest.raises(InvalidParameterValue, match="The receipt handle has expired"):
                self.queue.delete_message(receipt.handle)
            return
        self.queue.delete_message(receipt.handle)
        if receipt.twin in self.live():
            receipt.twin.ending = "deleted"

    @rule(receipt=receipts, seconds=st.integers(0, 30))
    def change_visibility(self, receipt: Receipt | None, seconds: int) -> None:
        if receipt is None:
            return

        def change() -> None:
            self.queue.change_message_visibility(receipt.handle, seconds)

        if receipt.twin not in self.live() or not self.may_delete(receipt):
            with pytest.raises(InvalidParameterValue):
                change()
        elif receipt.twin.state(self.now) != "in_flight":
            with pytest.raises(MessageNotInflight):
                change()
        else:
            change()
            receipt.twin.visible_at = self.now + seconds * SECOND

    @rule(seconds=st.integers(60, 90))
    def change_retention(self, seconds: int) -> None:
        for twin in self.live():
            twin.expires_at = twin.sent_at + seconds * SECOND
        self.queue.set_attributes(message_retention_period=seconds)

    @rule()
    def redrive(self) -> None:
        letters = self.dead_letters.messages
        known = {twin.message for twin in self.twins}
        self.dead_letters.redrive()
        assert self.dead_letters.messages == []
        assert all(letter.state == "deleted" for letter in letters)
        again = [message for message in self.queue.messages if message not in known]
        assert sorted(message.body for message in again) == sorted(letter.body for letter in letters)
        for message in again:
            self.enter(message, message.message_group_id or "", 0)

    @rule()
    def look_into_the_queue(self) -> None:
        """Not an invariant, since a queue catches up with time when it is looked into."""
        assert self.queue.messages == [twin.message for twin in self.live()]
        assert len(self.moved) == sum(twin.message.state == "dead_lettered" for twin in self.twins)

    @invariant()
    def every_handle_tells_the_truth(self) -> None:
        for twin in self.twins:
            message = twin.message
            assert message.state == twin.state(self.now)
            assert message.receive_count == len(message.receives) == len(twin.received_at)

    @rule()
    def read_the_metrics(self) -> None:
        states = [twin.state(self.now) for twin in self.live()]
        assert self.queue.approximate_number_of_messages_visible == states.count("available")
        assert self.queue.approximate_number_of_messages_not_visible == states.count("in_flight")
        assert self.queue.approximate_number_of_messages_delayed == states.count("delayed")
        assert self.queue.number_of_messages_sent == len(self.twins)
        assert self.queue.number_of_messages_received == sum(len(twin.received_at) for twin in self.twins)

    @rule()
    def ask_for_the_next_instant(self) -> None:
        hidden = [twin for twin in self.live() if twin.visible_at > self.now]
        instants = [min(twin.visible_at, twin.expires_at) for twin in hidden]
        expected = self.now if self.visible() else min(instants, default=None)
        assert self.queue.next_visible_at() == expected


class StandardQueueMachine(QueueMachine):
    """A standard queue loses nothing, invents nothing and counts what it does."""

    @rule(delay=st.sampled_from([0, 0, 0, 5, 70]))
    def send(self, delay: int) -> None:
        self.enter(self.queue.send(str(len(self.twins)), delay_seconds=delay), "", delay)


class FifoQueueMachine(QueueMachine):
    """So does a FIFO queue, and each group is received in order, from its front, one batch at a time."""

    kind = SqsFifoQueue
    suffix = ".fifo"

    def __init__(self) -> None:
        super().__init__()
        self.first_sends: list[Twin] = []

    @rule(group=st.sampled_from("abc"), number=st.integers(0, 40), delay=st.sampled_from([None, 0]))
    def send(self, group: str, number: int, delay: int | None) -> None:
        """Numbers repeat, so some sends are duplicates."""
        recent = [
            twin
            for twin in self.first_sends
            if twin.message.message_deduplication_id == str(number) and self.now < twin.sent_at + 5 * MINUTE
        ]
        message = self.queue.send(
            f"{group}{number}", message_group_id=group, message_deduplication_id=str(number), delay_seconds=delay
        )
        if recent:
            assert [twin.message for twin in recent] == [message]
        else:
            self.enter(message, group, self.queue.delay_seconds)
            self.first_sends.append(self.twins[-1])

    @rule(delay=st.sampled_from([0, 3]))
    def set_delay(self, delay: int) -> None:
        self.queue.set_attributes(delay_seconds=delay)

    def enter(self, message: Message, group: str, delay: int) -> None:
        super().enter(message, group, self.queue.delay_seconds)

    def visible(self, group: str | None = None) -> list[Twin]:
        """What a receive may have: of each group, all before its first hidden message."""
        blocked: set[str] = set()
        visible = []
        for twin in self.live():
            if twin.visible_at > self.now:
                blocked.add(twin.group)
            elif twin.group not in blocked:
                visible.append(twin)
        return visible

    def may_delete(self, receipt: Receipt) -> bool:
        return receipt.number == len(receipt.twin.received_at) and receipt.twin.visible_at > self.now

    def check_receive(self, limit: int, before: list[Twin], taken: list[Twin], moved: list[Twin]) -> None:
        super().check_receive(limit, before, taken, moved)
        groups = list(dict.fromkeys(twin.group for twin in taken))
        in_groups = [twin for group in groups for twin in taken if twin.group == group]
        assert taken == in_groups, "a group is taken in one piece"
        gone_on = set(taken) | set(moved)
        for group in groups:
            front = [twin for twin in before if twin.group == group]
            looked_at = [twin for twin in front if twin in gone_on]
            assert looked_at == front[: len(looked_at)], "a group is taken in order, from its front"
            if group != groups[-1]:
                assert looked_at == front, "a group is exhausted before the next"


properties = settings(deadline=None, derandomize=True, max_examples=120, stateful_step_count=40)

TestStandardQueue = pytest.mark.rule("SQS-3", "SQS-8", "SQS-22")(StandardQueueMachine.TestCase)
TestStandardQueue.settings = properties
TestFifoQueue = pytest.mark.rule("SQS-16", "SQS-18", "SQS-19")(FifoQueueMachine.TestCase)
TestFifoQueue.settings = properties
