"""The standard queue: what is sent, received, hidden, deleted, expired and dead-lettered, and when."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pytest

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import (
    EventError,
    InvalidMessageContents,
    InvalidParameterValue,
    MessageNotInflight,
    MissingParameter,
    OverLimit,
    PurgeQueueInProgress,
    QueueDoesNotExist,
    ReceiptHandleIsInvalid,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services import queue_attributes
from pytest_lambda_modes.services.sqs_message import Message
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.units import DAY, SECOND

NEW_YEAR = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
RETENTION = 4 * DAY
MEBIBYTE = 1_048_576

MakeQueue = Callable[..., SqsQueue]


def seconds(count: float) -> dt.timedelta:
    return dt.timedelta(seconds=count)


def handle(message: Message) -> str:
    assert message.receipt_handle is not None
    return message.receipt_handle


def test_text_is_sent_as_it_is(queue: SqsQueue) -> None:
    """A str is the body, whatever it says."""
    assert queue.send('{"id":  1}').body == '{"id":  1}'


@pytest.mark.parametrize("value", [{"id": 0}, [1, 2.5], 7, None, True, {"name": "Zoë"}])
def test_other_values_are_sent_as_json(queue: SqsQueue, value: object) -> None:
    """Any JSON value becomes the text that json.dumps makes of it, and `json()` gives it back."""
    message = queue.send(value)
    assert message.body == json.dumps(value)
    assert message.json() == value


def test_what_json_cannot_carry_is_refused(queue: SqsQueue) -> None:
    """A set has no JSON, and the message says what a body may be."""
    with pytest.raises(EventError, match="anything else as json"):
        queue.send({"tags": {1, 2}})
    assert queue.messages == []


def test_an_empty_body_is_refused(queue: SqsQueue) -> None:
    """No text is no body."""
    with pytest.raises(MissingParameter, match="The request must contain the parameter MessageBody"):
        queue.send("")


@pytest.mark.parametrize("character", ["\0", "\x1b", "\ufffe", "\ud800"])
def test_characters_outside_of_xml_are_refused(queue: SqsQueue, character: str) -> None:
    """SQS carries the characters that XML has, and no others."""
    with pytest.raises(InvalidMessageContents, match="Invalid characters found"):
        queue.send(f"before{character}after")


@pytest.mark.parametrize("text", ["tab\tline\r\n", "\x7f\x80", "\ue000", "\U0001f600", "\U0010ffff"])
def test_all_other_characters_are_accepted(queue: SqsQueue, text: str) -> None:
    """Control characters that XML has, private ones and those beyond 16 bits are fine."""
    assert queue.send(text).body == text


@pytest.mark.rule("SQS-21", "ASYNC-29")
def test_a_message_may_have_one_mebibyte(queue: SqsQueue) -> None:
    """Size counts bytes of UTF-8, not characters, and the limit itself is allowed."""
    queue.send("x" * MEBIBYTE)
    queue.send("é" * (MEBIBYTE // 2))
    with pytest.raises(InvalidParameterValue) as caught:
        queue.send("é" * (MEBIBYTE // 2) + "x")
    assert caught.value.message == (
        "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes."
    )


@pytest.mark.rule("SQS-21")
def test_attributes_count_towards_the_size(queue: SqsQueue) -> None:
    """Names, types and values of attributes are part of the size."""
    attributes = {"name": "value"}  # 4 + 6 + 5 bytes
    queue.send("x" * (MEBIBYTE - 15), message_attributes=attributes)
    with pytest.raises(InvalidParameterValue, match="shorter than 1048576 bytes"):
        queue.send("x" * (MEBIBYTE - 14), message_attributes=attributes)


def test_a_queue_may_allow_less(make_queue: MakeQueue) -> None:
    """`maximum_message_size` is the limit, and the error names it."""
    with pytest.raises(InvalidParameterValue, match="shorter than 1024 bytes"):
        make_queue(maximum_message_size=1024).send("x" * 1025)


def test_a_fair_queue_carries_the_group_id(queue: SqsQueue) -> None:
    """On a standard queue a group id is just an attribute: it blocks nothing."""
    queue.send("1", message_group_id="tenant")
    queue.send("2", message_group_id="tenant")
    [[first], [second]] = [queue.receive(), queue.receive()]
    assert [first.body, second.body] == ["1", "2"]
    assert first.attributes["MessageGroupId"] == "tenant"


def test_a_group_id_has_punctuation_but_no_spaces(queue: SqsQueue) -> None:
    """Group ids are 1 to 128 characters, alphanumeric or punctuation."""
    assert queue.send("1", message_group_id="a-Z_9!~").message_group_id == "a-Z_9!~"
    for wrong in ("", "two words", "x" * 129, "é"):
        with pytest.raises(InvalidParameterValue, match="alphanumeric and punctuation"):
            queue.send("1", message_group_id=wrong)


def test_a_deduplication_id_is_for_fifo_queues(queue: SqsQueue) -> None:
    """A standard queue refuses one."""
    with pytest.raises(InvalidParameterValue, match="Value 1 for parameter MessageDeduplicationId is invalid"):
        queue.send("1", message_deduplication_id="1")


@pytest.mark.parametrize("delay", [-1, 901])
@pytest.mark.rule("SQS-21")
def test_a_delay_is_at_most_fifteen_minutes(queue: SqsQueue, delay: int) -> None:
    """SQS's own words for a delay out of its range."""
    with pytest.raises(InvalidParameterValue) as caught:
        queue.send("1", delay_seconds=delay)
    assert caught.value.message == (
        f"Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
    )


def test_a_delayed_message_is_not_there_until_its_delay_has_passed(queue: SqsQueue, scheduler: Scheduler) -> None:
    """It becomes visible at the instant itself."""
    message = queue.send("1", delay_seconds=10)
    scheduler.now = 10 * SECOND - 1
    assert queue.receive() == []
    assert message.state == "delayed"
    scheduler.now = 10 * SECOND
    assert message.state == "available"
    assert queue.receive() == [message]


def test_the_delay_of_the_queue_is_the_default(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """A message's own delay wins, zero too."""
    queue = make_queue(delay_seconds=60)
    delayed, at_once = queue.send("1"), queue.send("2", delay_seconds=0)
    assert (delayed.state, at_once.state) == ("delayed", "available")
    queue.set_attributes(delay_seconds=0)
    assert delayed.state == "delayed"


@pytest.mark.rule("SQS-3", "SQS-1")
def test_each_receive_counts_and_has_a_handle_of_its_own(queue: SqsQueue, scheduler: Scheduler) -> None:
    """Ids and first timestamps stay, the count goes up by one, and the handle changes."""
    scheduler.now = 1_500_000
    sent = queue.send("1")
    assert (sent.receipt_handle, sent.receive_count, sent.receives) == (None, 0, [])
    scheduler.now = 2 * SECOND
    [message] = queue.receive()
    assert message is sent
    first_handle, message_id = message.receipt_handle, message.message_id
    scheduler.now = 32 * SECOND
    assert queue.receive() == [sent]
    assert (sent.message_id, sent.receive_count) == (message_id, 2)
    assert sent.receipt_handle not in (None, first_handle)
    assert sent.attributes == {
        "ApproximateReceiveCount": "2",
        "SentTimestamp": "1767225601500",
        "SenderId": "AIDAIENQZJOLO23YVJ4VO",
        "ApproximateFirstReceiveTimestamp": "1767225602000",
    }
    assert sent.receives == [NEW_YEAR + seconds(2), NEW_YEAR + seconds(32)]
    assert sent.delays == [seconds(30)]
    assert sent.sent_at == NEW_YEAR + seconds(1.5)


@pytest.mark.rule("SQS-5")
def test_visibility_counts_from_the_receive(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """A received message is hidden for the visibility timeout, and back at the instant it ends."""
    queue = make_queue(visibility_timeout=45)
    message = queue.send("1")
    scheduler.now = 5 * SECOND
    assert queue.receive() == [message]
    scheduler.now = 50 * SECOND - 1
    assert (queue.receive(), message.state) == ([], "in_flight")
    scheduler.now = 50 * SECOND
    assert message.state == "available"
    assert queue.receive() == [message]


def test_a_receive_can_have_its_own_timeout(queue: SqsQueue, scheduler: Scheduler) -> None:
    """Even zero, which counts as a receive and hides nothing."""
    message = queue.send("1")
    assert queue.receive(visibility_timeout=0) == [message]
    assert queue.receive(10, visibility_timeout=7) == [message]
    scheduler.now = 7 * SECOND
    assert queue.receive() == [message]
    assert message.receive_count == 3


@pytest.mark.rule("SQS-21")
def test_a_receive_gives_one_to_ten(queue: SqsQueue) -> None:
    """One by default; a poller may ask for any number."""
    for number in range(25):
        queue.send(number)
    assert len(queue.receive()) == 1
    assert len(queue.receive(10)) == 10
    assert len(queue.poll(1000)) == 14
    for wrong in (0, 11):
        with pytest.raises(InvalidParameterValue) as caught:
            queue.receive(wrong)
        assert caught.value.message == (
            f"Value {wrong} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if "
            "provided."
        )


def test_what_comes_back_queues_up_behind_what_was_sent_before(queue: SqsQueue, scheduler: Scheduler) -> None:
    """Messages are given in the order in which they became visible, whoever asks in between."""
    early = queue.send("early")
    queue.receive()
    scheduler.now = 29 * SECOND
    before = queue.send("before")
    scheduler.now = 31 * SECOND
    after = queue.send("after")
    assert queue.receive(10) == [before, early, after]


@pytest.mark.rule("SQS-21")
def test_a_standard_queue_has_at_most_120_000_in_flight(queue: SqsQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the limit a receive is an error; just below it gives what still fits. (The limit is lowered here.)"""
    assert queue_attributes.MOST_IN_FLIGHT == 120_000
    monkeypatch.setattr("pytest_lambda_modes.services.message_store.MOST_IN_FLIGHT", 15)
    monkeypatch.setattr(queue_attributes, "MOST_IN_FLIGHT", 15)
    for number in range(20):
        queue.send(number)
    messages = queue.receive(10)
    assert len(queue.receive(10)) == 5
    with pytest.raises(OverLimit):
        queue.receive()
    assert queue.next_visible_at() == 30 * SECOND
    queue.delete_message(handle(messages[0]))
    assert len(queue.receive(10)) == 1


def test_a_deleted_message_is_gone(queue: SqsQueue, scheduler: Scheduler) -> None:
    """It never comes back, and deleting it again succeeds."""
    message = queue.send("1")
    queue.receive()
    queue.delete_message(handle(message))
    queue.delete_message(handle(message))
    scheduler.now = 60 * SECOND
    assert (queue.receive(), queue.messages, message.state) == ([], [], "deleted")
    assert queue.number_of_messages_deleted == 1


@pytest.mark.rule("SQS-19")
def test_an_expired_handle_deletes(queue: SqsQueue, scheduler: Scheduler) -> None:
    """Whether the message is visible again or in flight for another receiver."""
    visible, hidden = queue.send("visible"), queue.send("hidden")
    handles = [handle(message) for message in queue.receive(10)]
    scheduler.now = 30 * SECOND
    queue.delete_message(handles[0])
    assert queue.receive(10) == [hidden]
    queue.delete_message(handles[1])
    assert (visible.state, hidden.state) == ("deleted", "deleted")
    scheduler.now = 90 * SECOND
    assert queue.receive() == []


@pytest.mark.rule("SQS-28")
def test_a_filtered_message_says_so(queue: SqsQueue) -> None:
    """A mapping deletes what its filter does not want, and the handle tells the two apart."""
    message = queue.send("1")
    queue.receive()
    queue.delete_received([(message, 1)], "filtered")
    assert (message.state, queue.messages) == ("filtered", [])


@pytest.mark.parametrize("wrong", ["", "nonsense", "AQEB+1/1", "AQEB", "{}x", "{}/", "x{}"])
def test_a_handle_that_is_none_is_refused(queue: SqsQueue, wrong: str) -> None:
    """In SQS's own words, however much it looks like one."""
    queue.send("1")
    [message] = queue.receive()
    wrong = wrong.format(message.receipt_handle)
    with pytest.raises(ReceiptHandleIsInvalid) as caught:
        queue.delete_message(wrong)
    assert caught.value.message == f'The input receipt handle "{wrong}" is not a valid receipt handle.'


def test_a_handle_of_another_queue_is_refused(queue: SqsQueue, make_queue: MakeQueue) -> None:
    """Handles belong to their queue."""
    queue.send("1")
    [message] = queue.receive()
    with pytest.raises(ReceiptHandleIsInvalid):
        make_queue("other").delete_message(handle(message))


def test_a_changed_visibility_counts_from_now(queue: SqsQueue, scheduler: Scheduler) -> None:
    """Longer or shorter than before: the last word counts."""
    message = queue.send("1")
    queue.receive()
    scheduler.now = 10 * SECOND
    queue.change_message_visibility(handle(message), 100)
    queue.change_message_visibility(handle(message), 5)
    queue.change_message_visibility(handle(message), 100)
    scheduler.now = 110 * SECOND - 1
    assert queue.receive() == []
    scheduler.now = 110 * SECOND
    assert queue.receive(10) == [message]


def test_a_visibility_of_zero_shows_a_message_at_once(queue: SqsQueue) -> None:
    """And only that one, and only once."""
    first = queue.send("1")
    queue.send("2")
    queue.receive(10)
    queue.change_message_visibility(handle(first), 0)
    assert first.state == "available"
    assert queue.receive(10) == [first]
    assert queue.receive(10) == []


@pytest.mark.rule("SQS-21")
def test_visibility_is_at_most_twelve_hours(queue: SqsQueue, scheduler: Scheduler) -> None:
    """Each time, and in total since the receive."""
    message = queue.send("1")
    queue.receive()
    for wrong in (-1, 43_201):
        with pytest.raises(InvalidParameterValue, match="Must be between 0 and 43200"):
            queue.change_message_visibility(handle(message), wrong)
    queue.change_message_visibility(handle(message), 43_200)
    scheduler.now = SECOND
    with pytest.raises(InvalidParameterValue) as caught:
        queue.change_message_visibility(handle(message), 43_200)
    assert caught.value.message == (
        "Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is "
        "beyond the limit [43200 seconds]"
    )


def test_only_visibility_of_a_message_in_flight_can_change(queue: SqsQueue, scheduler: Scheduler) -> None:
    """One that is visible again is not in flight, and one that is gone does not exist."""
    message = queue.send("1")
    queue.receive()
    scheduler.now = 30 * SECOND
    with pytest.raises(MessageNotInflight):
        queue.change_message_visibility(handle(message), 10)
    queue.delete_message(handle(message))
    with pytest.raises(InvalidParameterValue, match="Message does not exist or is not available for visibility"):
        queue.change_message_visibility(handle(message), 10)


@pytest.mark.rule("SQS-22")
def test_a_message_at_its_retention_is_expired_not_received(queue: SqsQueue, scheduler: Scheduler) -> None:
    """Four days by default: a moment before it is there, at the instant it is gone."""
    message = queue.send("1")
    scheduler.now = RETENTION - 1
    assert (message.state, queue.messages) == ("available", [message])
    scheduler.now = RETENTION
    assert (message.state, queue.messages, queue.receive()) == ("expired", [], [])


@pytest.mark.rule("SQS-22")
def test_retention_runs_from_the_send_and_in_flight_too(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """A receive does not prolong a message's life, and deleting one that expired in flight succeeds."""
    queue = make_queue(message_retention_period=60)
    message = queue.send("1")
    scheduler.now = 50 * SECOND
    queue.receive()
    assert queue.next_visible_at() == 60 * SECOND
    scheduler.now = 60 * SECOND
    assert (message.state, queue.approximate_number_of_messages_not_visible) == ("expired", 0)
    queue.delete_message(handle(message))
    assert (message.state, queue.number_of_messages_deleted) == ("expired", 0)
    assert queue.next_visible_at() is None


@pytest.mark.rule("SQS-22")
def test_deleting_what_expired_while_visible_succeeds(queue: SqsQueue, scheduler: Scheduler) -> None:
    """Its handle is old, and it stays expired."""
    message = queue.send("1")
    queue.receive()
    scheduler.now = 30 * SECOND
    assert queue.next_visible_at() == scheduler.now
    scheduler.now = RETENTION
    queue.delete_message(handle(message))
    assert (message.state, queue.number_of_messages_deleted) == ("expired", 0)


def test_a_shorter_retention_reaches_a_message_in_flight(queue: SqsQueue, scheduler: Scheduler) -> None:
    """It then expires before its visibility timeout ends, and blocks nobody's timer longer than that."""
    message = queue.send("1")
    scheduler.now = 50 * SECOND
    queue.receive()
    assert queue.next_visible_at() == 80 * SECOND
    queue.set_attributes(message_retention_period=60)
    assert queue.next_visible_at() == 60 * SECOND
    scheduler.now = 60 * SECOND
    assert (queue.next_visible_at(), message.state) == (None, "expired")


def test_a_message_can_expire_before_its_delay_ends(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """Retention counts from the send, not from the end of the delay."""
    queue = make_queue(message_retention_period=60)
    message = queue.send("1", delay_seconds=900)
    assert queue.next_visible_at() == 60 * SECOND
    scheduler.now = 60 * SECOND
    assert message.state == "expired"
    assert repr(queue) == "<SqsQueue orders: 0 visible, 0 in flight, 0 delayed>"


def test_a_new_retention_is_for_the_messages_that_are_there(queue: SqsQueue, scheduler: Scheduler) -> None:
    """What had expired stays expired; the others live shorter or longer."""
    queue.set_attributes(message_retention_period=60)
    gone = queue.send("gone")
    scheduler.now = 50 * SECOND
    waiting, hidden = queue.send("waiting"), queue.send("hidden", delay_seconds=500)
    scheduler.now = 60 * SECOND
    queue.set_attributes(message_retention_period=120)
    assert (gone.state, waiting.state, hidden.state) == ("expired", "available", "delayed")
    queue.receive()
    queue.set_attributes(message_retention_period=61)
    assert queue.next_visible_at() == 90 * SECOND
    scheduler.now = 111 * SECOND
    assert (waiting.state, hidden.state) == ("expired", "expired")
    assert queue.messages == []


def test_a_poller_needs_one_timer(queue: SqsQueue, scheduler: Scheduler) -> None:
    """Now, then the earliest of what is hidden, then nothing."""
    assert queue.next_visible_at() is None
    queue.send("1", delay_seconds=50)
    queue.send("2")
    assert queue.next_visible_at() == 0
    [message] = queue.receive(10)
    assert queue.next_visible_at() == 30 * SECOND
    queue.delete_message(handle(message))
    assert queue.next_visible_at() == 50 * SECOND
    scheduler.now = 50 * SECOND
    [message] = queue.receive(10)
    queue.delete_message(handle(message))
    assert queue.next_visible_at() is None


def test_a_batch_that_is_gone_wakes_nobody(queue: SqsQueue) -> None:
    """Only when the last message of a receive is deleted is its instant forgotten."""
    for number in range(10):
        queue.send(number)
    batch = queue.receive(10)
    for message in batch[:9]:
        queue.delete_message(handle(message))
    assert queue.next_visible_at() == 30 * SECOND
    queue.delete_message(handle(batch[9]))
    assert queue.next_visible_at() is None


def test_arrivals_are_told(make_queue: MakeQueue) -> None:
    """A send, a delayed send and a changed visibility can each mean work sooner than before."""
    queue = make_queue()
    told: list[int | None] = []
    queue.on_arrival.append(lambda: told.append(queue.next_visible_at()))
    queue.send("1", delay_seconds=20)
    message = queue.send("2")
    assert queue.receive() == [message]
    queue.change_message_visibility(handle(message), 10)
    queue.set_attributes(message_retention_period=60)
    assert told == [20 * SECOND, 0, 10 * SECOND, 10 * SECOND]


def test_nothing_is_put_on_the_clock(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """A queue is passive: its scheduler stays idle whatever is done."""
    queue = make_queue(dead_letter_queue=make_queue("dead"), max_receive_count=1)
    queue.send("1", delay_seconds=5)
    queue.send("2")
    queue.receive()
    scheduler.now = 30 * SECOND
    queue.receive(10)
    assert scheduler.pending() == []


def test_purging_deletes_everything(queue: SqsQueue, scheduler: Scheduler) -> None:
    """Visible, in flight and delayed messages alike; again only after a minute."""
    messages = [queue.send("1"), queue.send("2"), queue.send("3", delay_seconds=100)]
    queue.receive()
    queue.purge()
    assert [message.state for message in messages] == ["deleted"] * 3
    assert (queue.messages, queue.next_visible_at(), queue.number_of_messages_deleted) == ([], None, 0)
    assert repr(queue) == "<SqsQueue orders: 0 visible, 0 in flight, 0 delayed>"
    scheduler.now = 60 * SECOND - 1
    with pytest.raises(PurgeQueueInProgress, match="Only one PurgeQueue operation on orders is allowed every 60"):
        queue.purge()
    scheduler.now = 60 * SECOND
    queue.purge()


def test_a_deleted_queue_does_not_exist(queue: SqsQueue) -> None:
    """Every call says so, with the code that SDKs look for; its messages are gone."""
    message = queue.send("1")
    [received] = queue.receive()
    queue.delete()
    calls: list[Callable[[], object]] = [
        lambda: queue.send("1"),
        lambda: queue.receive(),
        lambda: queue.delete_message(handle(received)),
        lambda: queue.change_message_visibility(handle(received), 1),
        lambda: queue.redrive(),
        lambda: queue.purge(),
    ]
    for call in calls:
        with pytest.raises(QueueDoesNotExist) as caught:
            call()
        assert caught.value.code == "AWS.SimpleQueueService.NonExistentQueue"
        assert caught.value.message == "The specified queue does not exist."
    assert (message.state, repr(queue)) == ("deleted", "<SqsQueue orders: deleted>")


@pytest.mark.rule("MET-17")
def test_the_metrics_add_up(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """Visible, in flight and delayed are what is there; sent, received and deleted only grow."""
    dead_letters = make_queue("dead")
    queue = make_queue(dead_letter_queue=dead_letters, max_receive_count=1)
    for number in range(5):
        queue.send(number)
    queue.send("late", delay_seconds=900)
    first, _ = queue.poll(2)
    queue.delete_message(handle(first))
    assert queue.approximate_number_of_messages_visible == 3
    assert queue.approximate_number_of_messages_not_visible == 1
    assert queue.approximate_number_of_messages_delayed == 1
    assert queue.number_of_messages_sent == 6
    assert queue.number_of_messages_received == 2
    assert queue.number_of_messages_deleted == 1
    scheduler.now = 30_500_000
    assert queue.approximate_number_of_messages_not_visible == 0
    assert queue.approximate_age_of_oldest_message == 30
    queue.poll(10)
    assert (len(dead_letters.messages), dead_letters.number_of_messages_sent) == (1, 0)
    scheduler.now += 2 * SECOND
    assert dead_letters.approximate_age_of_oldest_message == 2
    assert queue.number_of_messages_deleted == 1
    scheduler.now = RETENTION
    assert queue.approximate_number_of_messages_visible == 0
    assert queue.approximate_age_of_oldest_message == 0


def test_messages_are_in_order_of_sending(queue: SqsQueue, scheduler: Scheduler) -> None:
    """Whether they are visible or not, and however often they were received."""
    messages = [queue.send(str(number), delay_seconds=5 * (number % 2)) for number in range(6)]
    queue.receive(2)
    scheduler.now = 40 * SECOND
    assert queue.messages == messages


def test_ids_do_not_depend_on_who_asks_first(scheduler: Scheduler) -> None:
    """The same seed gives the nth message the same id, in the form of a UUID."""

    def ids(order: list[int]) -> dict[int, str]:
        queue = SqsQueue("orders", scheduler, Identifiers("seed"))
        messages = [queue.send(str(number)) for number in range(3)]
        return {number: messages[number].message_id for number in order}

    assert ids([0, 1, 2]) == ids([2, 0, 1])
    assert len(set(ids([0, 1, 2]).values())) == 3
    assert all(len(message_id) == 36 for message_id in ids([0, 1, 2]).values())


def test_a_repr_explains_itself(make_queue: MakeQueue, scheduler: Scheduler) -> None:
    """It tells the body, the state and the receives, on one line."""
    queue = make_queue(dead_letter_queue=make_queue("dead"), max_receive_count=1)
    message = queue.send({"id": 2})
    assert repr(message) == '<Message {"id": 2} in orders: available>'
    queue.receive()
    assert repr(message) == ('<Message {"id": 2} in orders: in_flight until 2026-01-01T00:00:30.000Z, received once>')
    scheduler.now = 30 * SECOND
    queue.receive()
    assert repr(message) == '<Message {"id": 2} in orders: dead_lettered to dead, received once>'
    assert repr(message.dead_letter) == ('<Message {"id": 2} in dead: dead letter of orders, available, received once>')
    assert repr(queue.send("one\n two " + "x" * 200)) == (f"<Message one two {'x' * 49}... in orders: available>")


def test_a_receive_looks_only_at_what_it_gives(queue: SqsQueue) -> None:
    """However long the queue is, ten messages cost ten looks."""
    for number in range(5_000):
        queue.send(str(number))
    looks = 0

    def counted(_: Message) -> bool:
        nonlocal looks
        looks += 1
        return True

    assert len(queue.poll(10, choose=queue.chooser(counted))) == 10
    assert looks == 10


def test_a_change_of_visibility_does_not_cost_more_after_many_receives(queue: SqsQueue) -> None:
    """The receives that were before stay where they are noted: there may be hundreds of thousands."""
    message = queue.send("a")
    other = queue.send("b")
    queue.receive(2)
    queue.change_message_visibility(handle(message), 0)
    noted = message._receives
    assert [queue.receive(), message.receive_count, other.receive_count] == [[message], 2, 1]
    queue.change_message_visibility(handle(message), 5)
    assert message._receives is noted
    assert [hidden_until for _, hidden_until in message._receives] == [0, 5 * SECOND]
    assert [hidden_until for _, hidden_until in other._receives] == [30 * SECOND]
