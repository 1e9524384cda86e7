"""A queue and the function that reads it: what a message goes through, and when."""

from __future__ import annotations

import datetime as dt
import sys
import time

import pytest

from pytest_lambda_modes import NotSettledError, facts


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


class Worker:
    """A handler that keeps the bodies of each batch, stays for so many seconds, and fails the first so many times."""

    def __init__(self, fails: int = 0, stays: float = 0) -> None:
        self.fails = fails
        self.stays = stays
        self.events = []
        self.started = []
        self.request_ids = []

    def __call__(self, event, context):
        self.events.append(event)
        self.started.append(time.time())
        self.request_ids.append(context.aws_request_id)
        time.sleep(self.stays)
        if len(self.events) <= self.fails:
            raise RuntimeError(f"failure {len(self.events)}")

    @property
    def bodies(self):
        return [[record["body"] for record in event["Records"]] for event in self.events]

    @property
    def counts(self):
        return [
            [record["attributes"]["ApproximateReceiveCount"] for record in event["Records"]] for event in self.events
        ]


def of_kind(timeline, kind):
    return [fact for fact in timeline if isinstance(fact, kind)]


# A batch that goes well


@pytest.mark.rule("ESM-1", "SQS-4")
def test_a_batch_that_succeeds_is_deleted(event_source, lambda_timeline):
    """All its messages are received once, reach the function in one event, and are gone from the queue."""
    worker = Worker()
    orders = event_source.sqs(worker)
    messages = [orders.send(text) for text in "abc"]
    assert worker.events == []
    orders.drain()
    assert worker.bodies == [["a", "b", "c"]]
    assert [message.state for message in messages] == ["deleted"] * 3
    assert orders.queue.messages == []
    assert orders.queue.number_of_messages_deleted == 3
    [settled] = of_kind(lambda_timeline, facts.BatchSettled)
    assert (settled.size, settled.deleted, settled.failed, settled.rule) == (3, 3, 0, "SQS-4")


@pytest.mark.rule("ESM-1")
def test_the_function_is_invoked_synchronously_and_its_asynchronous_settings_have_no_part_in_it(
    event_source, lambda_modes, lambda_timeline
):
    """A failing batch goes to no destination and no dead-letter queue of the function's, and is no event of Lambda's."""
    function = lambda_modes.function(Worker(fails=9), dead_letter_target="sqs:of-the-function")
    function.put_function_event_invoke_config(maximum_retry_attempts=0, on_failure="sqs:failed")
    orders = event_source.sqs(function, max_receive_count=2)
    orders.send("a")
    orders.drain()
    assert len(orders.dead_letter_queue.messages) == 1
    assert lambda_modes.queue("of-the-function").messages == lambda_modes.queue("failed").messages == []
    assert of_kind(lambda_timeline, facts.EventAccepted) == []
    assert {fact.mode for fact in of_kind(lambda_timeline, facts.FunctionStarted)} == {"poll"}


def test_a_batch_tells_what_was_given_and_what_came_back(event_source):
    """It is a result like any other: event, response, logs, time."""

    def count(event, context):
        print("counting")
        time.sleep(2)
        return {"count": len(event["Records"])}

    orders = event_source.sqs(count)
    sent = [orders.send("a"), orders.send("b")]
    assert orders.sent == sent
    orders.drain()
    [batch] = orders.batches
    assert (batch.number, batch.outcome, batch.function_name) == (1, "success", "count")
    assert (batch.records, batch.failed, batch.error) == (sent, [], None)
    assert batch.event["Records"][1]["body"] == "b"
    assert batch.response == {"count": 2}
    assert batch.duration == seconds(2)
    assert batch.started_at == dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    assert "counting\n" in batch.logs
    assert str(batch) == "batch 1: 2 records, success"
    assert repr(batch) == "<Batch 1: 2 records, success>"
    assert repr(orders) == (
        "<SqsSource <SqsQueue count-queue: 0 visible, 0 in flight, 0 delayed>, 1 batch, mapping enabled>"
    )


def test_a_batch_in_flight_has_no_outcome_yet(event_source, lambda_clock):
    """It is listed as soon as it is handed over, and the rest comes with its end."""
    orders = event_source.sqs(Worker(stays=2))
    message = orders.send("a")
    lambda_clock.advance(seconds=1)
    [batch] = orders.batches
    assert (message.state, batch.outcome, batch.response, batch.error) == ("in_flight", None, None, None)
    assert (batch.started_at, batch.duration, batch.logs) == (None, None, "")
    assert repr(batch) == "<Batch 1: 1 record, in flight>"
    orders.drain()
    assert (batch.outcome, batch.duration) == ("success", seconds(2))


# A batch that fails


@pytest.mark.rule("SQS-6", "SQS-3")
def test_a_batch_that_failed_once_is_received_with_count_two_and_is_gone(event_source):
    """Each receive is an invocation of its own, with a request id of its own."""
    worker = Worker(fails=1)
    orders = event_source.sqs(worker, batch_size=1, visibility_timeout=5)
    message = orders.send("a")
    orders.drain()
    assert worker.counts == [["1"], ["2"]]
    assert len(set(worker.request_ids)) == 2
    assert (message.state, message.receive_count, message.delays) == ("deleted", 2, [seconds(5)])
    assert [batch.outcome for batch in orders.batches] == ["function_error", "success"]


@pytest.mark.rule("SQS-3")
def test_each_receive_gives_a_new_handle_and_everything_else_stays(event_source):
    """Of a record, only the receipt handle and the receive count change from delivery to delivery."""
    worker = Worker(fails=2)
    orders = event_source.sqs(worker)
    orders.send("a")
    orders.drain()
    first, second, third = (event["Records"][0] for event in worker.events)
    assert len({record["receiptHandle"] for record in (first, second, third)}) == 3
    for record in (first, second, third):
        del record["receiptHandle"], record["attributes"]["ApproximateReceiveCount"]
    assert first == second == third
    assert first["attributes"]["SentTimestamp"] == first["attributes"]["ApproximateFirstReceiveTimestamp"]


def exit_process(event, context):
    sys.exit(1)


def return_a_set(event, context):
    return {1}


def return_too_much(event, context):
    return "x" * 7_000_000


def oversleep(event, context):
    time.sleep(3600)


@pytest.mark.rule("SQS-5")
@pytest.mark.parametrize(
    "handler, outcome",
    [
        (Worker(fails=9), "function_error"),
        (oversleep, "timeout"),
        (exit_process, "exit"),
        (return_a_set, "marshal_error"),
        (return_too_much, "response_too_large"),
        ("no_such_module.handler", "init_error"),
    ],
)
def test_however_it_fails_nothing_is_deleted_and_all_comes_back_when_visibility_ends(
    event_source, lambda_modes, handler, outcome, lambda_timeline
):
    """Visibility counts from the receive, however long the handler ran."""
    orders = event_source.sqs(lambda_modes.function(handler), visibility_timeout=20, max_receive_count=2)
    messages = [orders.send("a"), orders.send("b")]
    orders.drain()
    assert [batch.outcome for batch in orders.batches] == [outcome, outcome]
    assert [batch.failed for batch in orders.batches] == [messages, messages]
    assert [message.delays for message in messages] == [[seconds(20)], [seconds(20)]]
    settled = of_kind(lambda_timeline, facts.BatchSettled)
    assert [(fact.outcome, fact.deleted, fact.failed, fact.rule) for fact in settled] == [(outcome, 0, 2, "SQS-5")] * 2


@pytest.mark.rule("SQS-7", "SQS-8", "SQS-9")
def test_after_its_receives_a_message_is_in_the_dead_letter_queue(event_source, lambda_clock, lambda_timeline):
    """Two invocations; the third poll, when visibility ends once more, moves it. It goes on counting there."""
    worker = Worker(fails=9)
    orders = event_source.sqs(worker, visibility_timeout=30, max_receive_count=2)
    message = orders.send("a", message_attributes={"kind": "test"})
    lambda_clock.advance(seconds=59)
    assert (len(worker.events), message.state, orders.dead_letter_queue.messages) == (2, "in_flight", [])
    orders.drain()
    assert (len(worker.events), message.state, lambda_clock.elapsed) == (2, "dead_lettered", seconds(60))
    [letter] = orders.dead_letter_queue.receive()
    assert (letter.message_id, letter.body) == (message.message_id, "a")
    assert letter.message_attributes == message.message_attributes
    assert letter.attributes["ApproximateReceiveCount"] == "3"
    assert letter.attributes["DeadLetterQueueSourceArn"] == orders.queue.arn
    assert letter.sent_at == message.sent_at
    [fact] = of_kind(lambda_timeline, facts.MessageDeadLettered)
    assert (fact.who, fact.target, fact.receive_count) == (orders.queue.name, f"sqs:{letter.queue.name}", 2)


@pytest.mark.rule("SQS-22")
def test_a_message_expires_in_flight_and_is_not_received_at_that_instant(event_source, lambda_clock):
    """Retention is 60 s: received at 0 and 30, expired at 60, although visibility ends right then."""
    orders = event_source.sqs(Worker(fails=9), visibility_timeout=30, message_retention_period=60)
    message = orders.send("a")
    orders.drain()
    assert (message.state, message.receive_count, lambda_clock.elapsed) == ("expired", 2, seconds(60))


@pytest.mark.rule("SQS-22")
def test_a_dead_letter_queue_that_keeps_no_longer_loses_its_letters_at_once(event_source, lambda_modes):
    """The age of a letter goes on from the first send, so it has expired when it arrives."""
    letters = lambda_modes.queue("letters", message_retention_period=60)
    orders = event_source.sqs(Worker(fails=9), max_receive_count=3, dead_letter_queue=letters)
    message = orders.send("a")
    orders.drain()
    assert (message.state, message.dead_letter.state, letters.messages) == ("dead_lettered", "expired", [])


# When


@pytest.mark.rule("ESM-7")
def test_without_a_window_a_batch_goes_as_soon_as_there_are_messages(event_source, lambda_clock):
    """Those of one instant go together, those that come later in a batch of their own."""
    worker = Worker()
    orders = event_source.sqs(worker)
    orders.send("a"), orders.send("b")
    lambda_clock.advance(seconds=1)
    orders.send("c")
    orders.drain()
    assert worker.bodies == [["a", "b"], ["c"]]


@pytest.mark.rule("ESM-7")
def test_a_window_counts_from_the_first_message_of_the_batch(event_source, lambda_clock):
    """Not from the latest, and the next batch has a window of its own."""
    worker = Worker()
    orders = event_source.sqs(worker, maximum_batching_window_in_seconds=20)
    orders.send("a")
    lambda_clock.advance(seconds=15)
    orders.send("b")
    lambda_clock.advance(seconds=4)
    assert worker.events == []
    lambda_clock.advance(seconds=1)
    assert worker.bodies == [["a", "b"]]
    lambda_clock.advance(seconds=1)
    orders.send("c")
    orders.drain()
    assert worker.bodies == [["a", "b"], ["c"]]
    assert lambda_clock.elapsed == seconds(15 + 4 + 1 + 1 + 20)


@pytest.mark.rule("ESM-7")
def test_a_full_batch_does_not_wait_for_its_window(event_source, lambda_clock):
    """It goes when the last message comes; what is left begins a window."""
    worker = Worker()
    orders = event_source.sqs(worker, batch_size=2, maximum_batching_window_in_seconds=20)
    for text in "abc":
        orders.send(text)
    lambda_clock.advance(seconds=0)
    assert worker.bodies == [["a", "b"]]
    orders.drain()
    assert worker.bodies == [["a", "b"], ["c"]]
    assert lambda_clock.elapsed == seconds(20)


@pytest.mark.rule("ESM-7", "SQS-10")
def test_what_becomes_visible_during_its_window_is_received_anew(event_source, lambda_clock):
    """A window that is longer than the visibility timeout costs receives: at 0, 30 and 60 of 70 seconds."""
    worker = Worker()
    orders = event_source.sqs(worker, visibility_timeout=30, maximum_batching_window_in_seconds=70)
    message = orders.send("a")
    orders.drain()
    assert (worker.bodies, worker.counts) == ([["a"]], [["3"]])
    assert (message.state, message.delays) == ("deleted", [seconds(30), seconds(30)])
    assert lambda_clock.elapsed == seconds(70)


@pytest.mark.rule("SQS-10")
def test_receives_during_a_window_lead_to_the_dead_letter_queue(event_source, lambda_clock):
    """The function never sees the message."""
    worker = Worker()
    orders = event_source.sqs(
        worker, visibility_timeout=30, maximum_batching_window_in_seconds=300, max_receive_count=2
    )
    message = orders.send("a")
    orders.drain()
    assert (worker.events, message.state, lambda_clock.elapsed) == ([], "dead_lettered", seconds(60))


def test_what_was_deleted_during_a_window_reaches_the_function_all_the_same(event_source, lambda_clock):
    """The poller holds it already, as in AWS; deleting it again succeeds."""
    worker = Worker()
    orders = event_source.sqs(worker, maximum_batching_window_in_seconds=20)
    message = orders.send("a")
    lambda_clock.advance(seconds=1)
    orders.queue.purge()
    orders.drain()
    assert (worker.bodies, message.state, orders.batches[0].outcome) == ([["a"]], "deleted", "success")


def test_a_message_whose_visibility_a_test_ends_during_a_window_is_received_anew(event_source, lambda_clock):
    """It is in the batch once, by its latest receive."""
    worker = Worker()
    orders = event_source.sqs(worker, maximum_batching_window_in_seconds=20)
    message = orders.send("a")
    lambda_clock.advance(seconds=5)
    orders.queue.change_message_visibility(message.receipt_handle, 0)
    orders.drain()
    assert (worker.bodies, worker.counts, lambda_clock.elapsed) == ([["a"]], [["2"]], seconds(20))


def test_what_is_received_anew_takes_no_more_room_than_before(event_source, lambda_clock):
    """Four megabytes are collected, three of them twice: that is no reason to end the window."""
    orders = event_source.sqs(Worker(), maximum_batching_window_in_seconds=20)
    messages = [orders.send("x" * 1_000_000) for _ in range(4)]
    lambda_clock.advance(seconds=5)
    for message in messages[:3]:
        orders.queue.change_message_visibility(message.receipt_handle, 0)
    orders.drain()
    assert [len(batch.records) for batch in orders.batches] == [4]
    assert lambda_clock.elapsed == seconds(20)


def test_a_delayed_message_comes_when_its_delay_ends(event_source, lambda_clock):
    """Its delay counts from the send, and the poller needs no look in between."""
    worker = Worker()
    orders = event_source.sqs(worker)
    message = orders.send("a", delay_seconds=600)
    assert message.state == "delayed"
    orders.drain()
    assert (worker.bodies, lambda_clock.elapsed) == ([["a"]], seconds(600))


@pytest.mark.rule("SQS-29", "ESM-7")
def test_messages_that_do_not_fit_into_six_megabytes_go_in_several_batches(event_source):
    """Each is as full as it can be, and no message is received that has no room yet."""
    worker = Worker()
    orders = event_source.sqs(worker)
    messages = [orders.send(str(number) * 1_000_000) for number in range(10)]
    orders.drain()
    assert [len(bodies) for bodies in worker.bodies] == [6, 4]
    assert [message.receive_count for message in messages] == [1] * 10
    first, second = (len(batch.payload) for batch in orders.batches)
    assert first <= 6_291_456 < first + second // 4


@pytest.mark.rule("SQS-29")
def test_the_size_of_an_event_is_that_of_its_json(event_source):
    """Half a megabyte of quotation marks is one and a half in an event: text of JSON, with escapes."""
    worker = Worker()
    orders = event_source.sqs(worker)
    for _ in range(6):
        orders.send('"' * 1_000_000)
    orders.drain()
    assert [len(bodies) for bodies in worker.bodies] == [3, 3]


@pytest.mark.rule("SQS-29")
def test_six_megabytes_end_a_window(event_source, lambda_clock):
    """What has no room begins the next batch, and its window."""
    worker = Worker()
    orders = event_source.sqs(worker, batch_size=100, maximum_batching_window_in_seconds=20)
    for number in range(7):
        orders.send(str(number) * 1_000_000)
    lambda_clock.advance(seconds=0)
    assert [len(bodies) for bodies in worker.bodies] == [6]
    orders.drain()
    assert [len(bodies) for bodies in worker.bodies] == [6, 1]
    assert lambda_clock.elapsed == seconds(20)


@pytest.mark.rule("SQS-29", "SQS-28")
def test_what_a_filter_deletes_makes_no_room_in_the_event_after(event_source):
    """All that follows is measured, from the first message on."""
    worker = Worker()
    orders = event_source.sqs(worker, batch_size=2, filter_criteria=[{"body": [{"anything-but": "unwanted"}]}])
    for body in ["unwanted"] * 2 + ["\N{SNAIL}" * 262_144] * 2:
        orders.send(body)
    orders.drain()
    assert [len(bodies) for bodies in worker.bodies] == [1, 1]
    assert [batch.outcome for batch in orders.batches] == ["success"] * 2


def test_a_visibility_timeout_of_zero_hides_nothing_from_the_next_batch(event_source):
    """A message is in a batch once, though it could be received again and again meanwhile."""
    worker = Worker(fails=1)
    orders = event_source.sqs(worker)
    orders.queue.set_attributes(visibility_timeout=0)
    orders.send("a")
    orders.send("b")
    orders.drain()
    assert (worker.bodies, worker.counts) == ([["a", "b"]] * 2, [["1", "1"], ["2", "2"]])


def test_a_poll_needs_one_timer_a_receive(event_source, lambda_modes):
    """Three receives and the move to the dead-letter queue are four polls, and nothing else is on the clock."""
    orders = event_source.sqs(Worker(fails=9), max_receive_count=3)
    orders.send("a")
    before = lambda_modes._scheduler.fired
    orders.drain()
    assert lambda_modes._scheduler.fired - before == 4
    assert lambda_modes._scheduler.idle()


# Overlap


@pytest.mark.rule("SQS-30")
def test_visibility_that_ends_while_the_function_runs_delivers_twice_at_once(event_source, lambda_modes, lambda_clock):
    """The timeout was raised after the mapping was made. Each invocation deletes, and the second one finds nothing."""
    worker = Worker(stays=45)
    function = lambda_modes.function(worker, timeout=30)
    orders = event_source.sqs(function, visibility_timeout=30)
    function.update_configuration(timeout=60)
    message = orders.send("a")
    orders.drain()
    assert worker.started[1] - worker.started[0] == 30
    assert [batch.outcome for batch in orders.batches] == ["success", "success"]
    assert (message.state, lambda_clock.elapsed) == ("deleted", seconds(75))


def test_batches_of_one_mapping_run_side_by_side(event_source, lambda_clock):
    """Five at first: fifteen batches of ten seconds take thirty."""
    worker = Worker(stays=10)
    orders = event_source.sqs(worker, batch_size=1, timeout=20)
    for number in range(15):
        orders.send(number)
    orders.drain()
    assert lambda_clock.elapsed == seconds(30)


# Waiting


def test_a_message_can_be_waited_for(event_source, lambda_clock):
    """Until its own end; what else is in the queue goes on later."""
    worker = Worker(fails=1)
    orders = event_source.sqs(worker)
    message, later = orders.send("a"), orders.send("b", delay_seconds=900)
    assert message.wait() is message
    assert (message.state, later.state, lambda_clock.elapsed) == ("deleted", "delayed", seconds(30))
    orders.drain()
    assert (later.state, lambda_clock.elapsed) == ("deleted", seconds(900))


def test_a_message_that_nobody_reads_cannot_be_waited_for(lambda_modes, lambda_clock):
    """It would expire after four days, which no timer is for; waiting says so at once."""
    message = lambda_modes.queue("orders").send("a")
    with pytest.raises(
        NotSettledError, match=r"(?s)<Message a in orders: available> does not come to its end.*no timer"
    ):
        message.wait()
    assert lambda_clock.elapsed == seconds(0)
    lambda_clock.advance(days=4)
    assert message.wait().state == "expired"


def test_a_message_that_expires_in_a_mapped_queue_can_be_waited_for(event_source, lambda_clock):
    """Its poller notices."""
    orders = event_source.sqs(Worker(fails=9), message_retention_period=60)
    assert orders.send("a").wait().state == "expired"
    assert lambda_clock.elapsed == seconds(60)


def test_draining_a_source_that_is_at_rest_takes_no_time(event_source, lambda_clock):
    """An empty queue is at rest, and so is one that was drained. It gives the source itself."""
    orders = event_source.sqs(Worker())
    assert orders.drain() is orders
    orders.send("a")
    assert orders.drain().drain() is orders
    assert lambda_clock.elapsed == seconds(0)


def test_run_until_idle_drains_a_source_too(event_source, lambda_clock):
    """Nothing is left on the clock then; a dead letter that nobody reads is not waited for."""
    orders = event_source.sqs(Worker(fails=9), max_receive_count=2)
    orders.send("a")
    lambda_clock.run_until_idle()
    assert lambda_clock.elapsed == seconds(60)
    assert len(orders.dead_letter_queue.messages) == 1


@pytest.mark.lambda_modes(leftovers="error")
def test_a_message_that_was_never_received_is_left_over(event_source, lambda_modes):
    """A test that sends and stops there is told what it left behind."""
    orders = event_source.sqs(Worker())
    orders.send("a")
    [left] = lambda_modes.never_ran()
    assert left == "a message in Worker-queue, sent at 00:00:00: a"
    orders.drain()
    assert lambda_modes.never_ran() == []


# Who reads, and what


def test_a_dead_letter_queue_can_be_a_source_itself(event_source):
    """Its first event has receive count N + 1, and says where the letter came from."""
    orders = event_source.sqs(Worker(fails=9), max_receive_count=2)
    reader = Worker()
    letters = event_source.sqs(reader, queue=orders.dead_letter_queue)
    message = orders.send("a")
    orders.drain()
    letters.drain()
    assert (reader.bodies, reader.counts) == ([["a"]], [["3"]])
    attributes = reader.events[0]["Records"][0]["attributes"]
    assert attributes["DeadLetterQueueSourceArn"] == orders.queue.arn
    assert (message.state, message.dead_letter.state) == ("dead_lettered", "deleted")


@pytest.mark.rule("SQS-23")
def test_a_redrive_makes_new_messages_which_are_read_again(event_source):
    """With a new id and a count that begins anew; the old handle stays dead-lettered."""
    worker = Worker(fails=2)
    orders = event_source.sqs(worker, max_receive_count=2)
    message = orders.send("a")
    orders.drain()
    task = orders.dead_letter_queue.redrive()
    orders.drain()
    assert (task.status, message.state) == ("COMPLETED", "dead_lettered")
    assert worker.counts == [["1"], ["2"], ["1"]]
    ids = [event["Records"][0]["messageId"] for event in worker.events]
    assert (ids[0] == ids[1], ids[1] == ids[2]) == (True, False)


@pytest.mark.rule("SQS-23")
def test_a_redrive_with_a_rate_takes_its_time(event_source, lambda_clock):
    """Two letters a second: the third is moved, and read, a second later."""
    worker = Worker(fails=3)
    orders = event_source.sqs(worker, batch_size=1, max_receive_count=1)
    for text in "abc":
        orders.send(text)
    orders.drain()
    began = lambda_clock.elapsed
    orders.dead_letter_queue.redrive(max_number_of_messages_per_second=2)
    lambda_clock.run_until_idle()
    assert sorted(bodies[0] for bodies in worker.bodies[3:]) == ["a", "b", "c"]
    assert lambda_clock.elapsed - began == seconds(1)


def test_a_destination_of_events_can_be_a_source(event_source, async_invoke, lambda_modes, lambda_clock):
    """The invocation record of a failed event is the body that another function gets."""
    reader = Worker()
    failed = event_source.sqs(reader, queue=lambda_modes.queue("failed"))
    invocation = async_invoke(Worker(fails=9), {"id": 1}, maximum_retry_attempts=0, on_failure="sqs:failed")
    lambda_clock.run_until_idle()
    assert invocation.condition == "RetriesExhausted"
    [batch] = failed.batches
    assert batch.records[0].json()["requestPayload"] == {"id": 1}


def test_two_mappings_share_one_queue(event_source, lambda_modes):
    """Each message goes to one of the functions, and either source drains the queue."""
    queue = lambda_modes.queue("orders")
    first, second = Worker(stays=1), Worker(stays=1)
    sources = [event_source.sqs(worker, queue=queue, batch_size=1) for worker in (first, second)]
    messages = [sources[0].send(number) for number in range(8)]
    sources[1].drain()
    assert [message.receive_count for message in messages] == [1] * 8
    assert len(first.events) == len(second.events) == 4


def test_two_mappings_that_share_a_queue_tell_of_a_dead_letter_once(event_source, lambda_modes, lambda_timeline):
    """It moves at one poll, whichever mapping's it is."""
    queue = lambda_modes.queue("orders", dead_letter_queue="sqs:letters", max_receive_count=2)
    sources = [event_source.sqs(Worker(fails=9), queue=queue) for _ in range(2)]
    sources[0].send("a")
    sources[1].drain()
    assert len(of_kind(lambda_timeline, facts.MessageDeadLettered)) == 1


def test_one_function_reads_several_queues(event_source, lambda_modes):
    """They share its environments and its concurrency; each event names its queue."""
    worker = Worker()
    function = lambda_modes.function(worker)
    orders, refunds = (event_source.sqs(function, queue_name=name) for name in ("orders", "refunds"))
    orders.send("a"), refunds.send("b")
    orders.drain(), refunds.drain()
    assert [event["Records"][0]["eventSourceARN"].rpartition(":")[2] for event in worker.events] == [
        "orders",
        "refunds",
    ]


def test_a_handler_can_send_to_another_queue(event_source, lambda_clock):
    """A chain of functions: what one sends, the other reads."""
    shipped = Worker()
    shipping = event_source.sqs(shipped)

    def ship(event, context):
        time.sleep(1)
        for record in event["Records"]:
            shipping.queue.send({"ship": record["body"]})

    orders = event_source.sqs(ship)
    orders.send("a")
    lambda_clock.run_until_idle()
    assert shipped.bodies == [['{"ship": "a"}']]


def sends_to(queue_of, calls):
    def handler(event, context):
        calls.append(time.time())
        queue_of().send("again")

    return handler


@pytest.mark.rule("ESM-10")
@pytest.mark.lambda_modes(leftovers="ignore")
def test_a_loop_through_a_queue_is_stopped_after_sixteen_invocations(event_source, lambda_timeline):
    """The seventeenth is refused: for the mapping that is a failure, so the message comes back until it is redriven."""
    calls = []
    orders = event_source.sqs(sends_to(lambda: orders.queue, calls), batch_size=1, max_receive_count=3)
    orders.send("a")
    orders.drain()
    assert len(calls) == 16
    assert [batch.outcome for batch in orders.batches] == ["success"] * 16 + ["recursive_invocation"] * 3
    assert orders.batches[-1].response is None
    [letter] = orders.dead_letter_queue.messages
    assert letter.body == "again"
    stopped = of_kind(lambda_timeline, facts.RecursionStopped)
    assert [fact.rule for fact in stopped] == ["ESM-10"] * 3


@pytest.mark.rule("ESM-10")
def test_a_loop_through_two_queues_is_one_chain(event_source, lambda_modes, lambda_clock):
    """Each function of the loop runs sixteen times."""
    there, back = [], []
    queues = {name: lambda_modes.queue(name, dead_letter_queue="sqs:letters", max_receive_count=1) for name in "ab"}
    for name, other, calls in (("a", "b", there), ("b", "a", back)):
        handler = sends_to(lambda other=other: queues[other], calls)
        event_source.sqs(lambda_modes.function(handler, function_name=name), queue=queues[name], batch_size=1)
    queues["a"].send("go")
    lambda_clock.run_until_idle()
    assert (len(there), len(back)) == (16, 16)


@pytest.mark.rule("ESM-10")
def test_a_loop_that_is_allowed_goes_on(event_source, lambda_clock):
    """With `recursive_loop="Allow"` nobody stops it; here the test does, after a hundred."""
    calls = []

    def handler(event, context):
        calls.append(1)
        time.sleep(1)
        if len(calls) < 100:
            orders.queue.send("again")

    orders = event_source.sqs(handler, recursive_loop="Allow")
    orders.send("a")
    orders.drain()
    assert (len(calls), lambda_clock.elapsed) == (100, seconds(100))


# What is deleted in the middle


def test_a_queue_that_is_deleted_while_a_batch_runs(event_source, lambda_clock):
    """The batch ends as it ends; its deletes find no queue, and there is nothing left to read."""
    orders = event_source.sqs(Worker(stays=2))
    message = orders.send("a")
    later = orders.send("b", delay_seconds=60)
    lambda_clock.advance(seconds=1)
    orders.queue.delete()
    orders.drain()
    assert (orders.batches[0].outcome, message.state, later.state) == ("success", "deleted", "deleted")
    assert lambda_clock.elapsed == seconds(2)


def test_a_function_that_is_deleted_leaves_the_messages_in_the_queue(event_source, lambda_modes, lambda_clock):
    """There is nothing to invoke, so each poll costs a receive, and the redrive policy ends it."""
    function = lambda_modes.function(Worker())
    orders = event_source.sqs(function, max_receive_count=2)
    function.delete()
    message = orders.send("a")
    orders.drain()
    assert [batch.outcome for batch in orders.batches] == ["not_found", "not_found"]
    assert (message.state, lambda_clock.elapsed) == ("dead_lettered", seconds(60))


def test_purging_in_the_middle_ends_the_messages_and_the_drain(event_source, lambda_clock):
    """What was in flight fails on its own, and does not come back."""
    orders = event_source.sqs(Worker(fails=9, stays=2), visibility_timeout=60)
    messages = [orders.send("a"), orders.send("b", delay_seconds=900)]
    lambda_clock.advance(seconds=1)
    orders.queue.purge()
    orders.drain()
    assert [message.state for message in messages] == ["deleted", "deleted"]
    assert (len(orders.batches), lambda_clock.elapsed) == (1, seconds(2))


def test_a_purged_queue_has_nothing_on_the_clock(event_source, lambda_clock):
    """What would have become visible is not waited for."""
    orders = event_source.sqs(Worker())
    orders.send("a", delay_seconds=900)
    orders.queue.purge()
    lambda_clock.run_until_idle()
    assert lambda_clock.elapsed == seconds(0)


def test_the_same_test_has_the_same_timeline(lambda_modes):
    """Every id comes from the seed, so that a run repeats to the letter."""
    from pytest_lambda_modes.harness.lambda_modes import LambdaModes
    from pytest_lambda_modes.harness.settings import HarnessSettings

    def run():
        modes = LambdaModes(HarnessSettings.build("test", seed="the same"))
        orders = modes.event_source.sqs(Worker(fails=3), max_receive_count=3, batch_size=2)
        for text in "abc":
            orders.send(text)
        orders.drain()
        return str(modes.timeline)

    assert run() == run()


@pytest.mark.rule("SQS-3")
def test_a_batch_tells_of_its_own_receives(event_source, lambda_clock):
    """Not of one that somebody else made while the batch was forming."""
    seen = []

    def keep(event, context):
        [record] = event["Records"]
        seen.append((record["attributes"]["ApproximateReceiveCount"], record["receiptHandle"]))

    orders = event_source.sqs(keep, batch_size=10, maximum_batching_window_in_seconds=60, visibility_timeout=120)
    message = orders.send("a")
    lambda_clock.advance(seconds=5)
    handle = message.receipt_handle
    orders.queue.change_message_visibility(handle, 0)
    assert orders.queue.receive(visibility_timeout=300) == [message]
    lambda_clock.advance(seconds=100)
    assert seen == [("1", handle)]
    assert [batch.receives for batch in orders.batches] == [(1,)]
