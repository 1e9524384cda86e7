"""Batches of stream records that fail: retries, blocking, ages, retention, reports, throttles, faults."""

from __future__ import annotations

import base64
import datetime as dt
import json
import time

import pytest

from pytest_lambda_modes import ConfigError, facts, faults

REPORTS = ["ReportBatchItemFailures"]


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def data(event):
    return [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]


def numbers(event):
    return [record["kinesis"]["sequenceNumber"] for record in event["Records"]]


def report(*identifiers):
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}


class Failing:
    """A handler that fails its first so many times, or for ever, each time after so many seconds."""

    def __init__(self, times: float = float("inf"), takes: float = 0) -> None:
        self.times = times
        self.takes = takes
        self.batches = []

    def __call__(self, event, context):
        self.batches.append(data(event))
        failed = len(self.batches) <= self.times
        time.sleep(self.takes)
        if failed:
            raise ValueError("no")


class Reporting:
    """A handler that gives one answer after the other, each a function of the event, then nothing."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.batches = []

    def __call__(self, event, context):
        self.batches.append(data(event))
        return self.answers.pop(0)(event) if self.answers else None


@pytest.fixture
def lost(lambda_modes):
    """What the destination of discarded batches was told."""
    return lambda: [message.json() for message in lambda_modes.queue("lost").messages]


@pytest.fixture
def make(event_source):
    """A stream for a handler, read from its beginning."""
    return lambda handler, **config: event_source.kinesis(handler, **{"starting_position": "TRIM_HORIZON", **config})


# The same batch again


@pytest.mark.rule("KIN-6", "KIN-11")
@pytest.mark.parametrize(
    ("fails", "outcome"),
    [
        (lambda event, context: 1 / 0, "function_error"),
        (lambda event, context: {1, 2}, "marshal_error"),
        (lambda event, context: time.sleep(100), "timeout"),
        (lambda event, context: exec("raise SystemExit(3)"), "exit"),
        (lambda event, context: "x" * 7_000_000, "response_too_large"),
    ],
)
def test_every_function_error_has_the_same_batch_tried_again(make, fails, outcome):
    """With the same event and the same request id."""
    tries = []

    def handler(event, context):
        tries.append((event, context.aws_request_id))
        return fails(event, context) if len(tries) == 1 else None

    clicks = make(handler)
    records = [clicks.put(body) for body in "ab"]
    clicks.drain()
    assert [batch.outcome for batch in clicks.batches] == [outcome, "success"]
    assert [batch.function_error for batch in clicks.batches] == ["Unhandled", None]
    assert tries[0] == tries[1]
    assert [(record.state, record.attempts) for record in records] == [("processed", 2)] * 2


@pytest.mark.rule("KIN-6")
def test_a_failing_batch_blocks_its_shard_and_no_other(make, lambda_clock):
    """What is behind it waits; the other shard goes on."""
    handler = Failing(times=3)
    clicks = make(handler, shard_count=2, batch_size=1)
    clicks.put("poison", shard=0)
    lambda_clock.advance(seconds=1)
    behind, free = clicks.put("behind", shard=0), clicks.put("free", shard=1)
    lambda_clock.advance(seconds=1)
    assert behind.state == "pending"
    clicks.drain()
    assert handler.batches == [["poison"], ["poison"], ["free"], ["free"], ["poison"], ["behind"]]
    assert (behind.attempts, behind.state, free.state) == (1, "processed", "processed")


@pytest.mark.rule("KIN-6", "KIN-13")
def test_without_limits_a_batch_is_tried_until_it_has_left_the_stream(make, lambda_clock, lambda_modes, lost):
    """For 24 hours by default; it is then skipped without a word, and counts nowhere as dropped."""
    clicks = make(Failing(), on_failure="sqs:lost")
    poison = clicks.put("poison")
    clicks.drain()
    assert (poison.state, poison.discard_reason) == ("expired", None)
    assert lambda_clock.elapsed == dt.timedelta(hours=24)
    assert poison.attempts == len(clicks.batches) > 1400
    assert lost() == []
    assert lambda_modes.metrics["DroppedEventCount"].sample_count == 0


@pytest.mark.rule("KIN-13")
def test_records_of_a_batch_leave_the_stream_one_by_one(make, lambda_clock):
    """Those that are left go on as a new batch."""
    clicks = make(Failing(), batch_size=10)
    clicks.disable()
    for body in "abc":
        clicks.put(body)
        lambda_clock.advance(hours=8)
    clicks.enable()
    lambda_clock.advance(minutes=1)
    clicks.drain()
    sizes = {}
    for batch in clicks.batches:
        sizes.setdefault(batch.request_id, len(batch.records))
    # The first record had left before the first attempt: it was a day old.
    assert list(sizes.values()) == [2, 1]
    assert lambda_clock.elapsed == dt.timedelta(hours=40)


@pytest.mark.rule("KIN-7")
@pytest.mark.parametrize("retries", [0, 1, 3])
def test_so_many_retries_are_one_invocation_more(make, retries, lost):
    """Then the batch is discarded, and the shard goes on."""
    clicks = make(Failing(), batch_size=2, maximum_retry_attempts=retries, on_failure="sqs:lost")
    records = [clicks.put(body) for body in "abc"]
    clicks.drain()
    assert [batch.attempt for batch in clicks.batches] == [*range(1, retries + 2)] * 2
    assert {(record.state, record.discard_reason) for record in records} == {("discarded", "RetryAttemptsExhausted")}
    assert [each["requestContext"]["approximateInvokeCount"] for each in lost()] == [retries + 1] * 2
    assert [each["requestContext"]["condition"] for each in lost()] == ["RetryAttemptsExhausted"] * 2


@pytest.mark.rule("KIN-8")
def test_the_waits_between_attempts_double_up_to_a_minute(make):
    """From the end of an attempt to the start of the next one."""
    clicks = make(Failing(takes=2), maximum_retry_attempts=8)
    record = clicks.put("poison")
    clicks.drain()
    assert record.delays == [seconds(each) for each in (1, 2, 4, 8, 16, 32, 60, 60)]


@pytest.mark.rule("KIN-8")
def test_the_waits_can_be_chosen(make):
    """AWS documents none."""
    clicks = make(Failing(), maximum_retry_attempts=4, retry_delay_in_seconds=0.5, maximum_retry_delay_in_seconds=1.5)
    record = clicks.put("poison")
    clicks.drain()
    assert record.delays == [seconds(each) for each in (0.5, 1, 1.5, 1.5)]


@pytest.mark.rule("KIN-6")
def test_arrivals_do_not_hurry_a_retry(make, lambda_clock, lambda_modes):
    """The retry is at its time, however much arrives meanwhile, and arrivals set no timers."""
    clicks = make(Failing(times=3))
    poison = clicks.put("poison")
    lambda_clock.advance(seconds=1.5)
    before = lambda_modes._scheduler.fired
    for _ in range(10):
        lambda_clock.advance(seconds=0.1)
        clicks.put("behind")
    assert lambda_modes._scheduler.fired == before
    clicks.drain()
    assert poison.delays == [seconds(each) for each in (1, 2, 4)]
    assert len(clicks.batches[-1].records) == 10


def test_a_retry_takes_one_timer(make, lambda_modes):
    """So that a year of retries is within reach."""
    clicks = make(Failing(), maximum_retry_attempts=100)
    clicks.put("poison")
    before = lambda_modes._scheduler.fired
    clicks.drain()
    assert len(clicks.batches) == 101
    assert lambda_modes._scheduler.fired - before <= 102


# Too old


@pytest.mark.rule("KIN-12")
def test_a_batch_that_is_retried_is_discarded_when_it_is_too_old(make, lambda_clock, lost):
    """At the very second, without a responseContext, and with one more than the number of its invocations."""
    clicks = make(Failing(), maximum_record_age_in_seconds=60, on_failure="sqs:lost")
    record = clicks.put("poison")
    clicks.drain()
    assert lambda_clock.elapsed == seconds(60)
    assert (record.state, record.discard_reason) == ("discarded", "RecordAgeExceeded")
    assert len(clicks.batches) == 6  # at 0, 1, 3, 7, 15 and 31 s
    [told] = lost()
    assert told["requestContext"]["condition"] == "RecordAgeExceeded"
    assert told["requestContext"]["approximateInvokeCount"] == 7
    assert told["requestContext"]["requestId"] == clicks.batches[0].request_id
    assert "responseContext" not in told


@pytest.mark.rule("KIN-12")
def test_records_that_are_too_old_at_first_never_run(make, lambda_clock, lost):
    """Those at the front of a batch are discarded together, and the fresh ones delivered as a batch of their own."""
    handler = Failing(times=0)
    clicks = make(handler, maximum_record_age_in_seconds=60, on_failure="sqs:lost", enabled=False)
    old = [clicks.put(body) for body in "ab"]
    lambda_clock.advance(seconds=60)
    fresh = [clicks.put(body) for body in "cde"]
    clicks.enable()
    clicks.drain()
    assert handler.batches == [["c", "d", "e"]]
    assert [record.state for record in old + fresh] == ["discarded"] * 2 + ["processed"] * 3
    [told] = lost()
    assert told["requestContext"]["approximateInvokeCount"] == 1
    assert told["KinesisBatchInfo"]["batchSize"] == 2
    assert told["KinesisBatchInfo"]["endSequenceNumber"] == old[1].sequence_number


@pytest.mark.rule("KIN-12", "KIN-13")
def test_some_are_gone_some_too_old_and_some_fresh(make, lambda_clock, lost):
    """Each in its own way: skipped, discarded, delivered."""
    handler = Failing(times=0)
    clicks = make(handler, maximum_record_age_in_seconds=3600, on_failure="sqs:lost", enabled=False)
    gone = clicks.put("gone")
    lambda_clock.advance(hours=20)
    old = clicks.put("old")
    lambda_clock.advance(hours=4)
    fresh = clicks.put("fresh")
    clicks.enable()
    clicks.drain()
    assert [record.state for record in (gone, old, fresh)] == ["expired", "discarded", "processed"]
    assert [told["KinesisBatchInfo"]["batchSize"] for told in lost()] == [1]


@pytest.mark.rule("KIN-12", "KIN-3")
def test_records_age_while_they_wait_behind_another_batch(make, lambda_clock, lost):
    """A handler that is busy for two minutes: what waited too long is discarded when its turn comes."""
    handler = Failing(times=0, takes=120)
    clicks = make(handler, timeout=600, batch_size=1, maximum_record_age_in_seconds=100, on_failure="sqs:lost")
    clicks.put("first")
    lambda_clock.advance(seconds=10)
    waiting = clicks.put("waiting")
    lambda_clock.advance(seconds=40)
    fresh = clicks.put("fresh")
    clicks.drain()
    assert handler.batches == [["first"], ["fresh"]]
    assert (waiting.state, waiting.attempts, fresh.state) == ("discarded", 0, "processed")


@pytest.mark.rule("KIN-13", "KIN-3")
def test_records_leave_the_stream_while_their_lane_is_held_up(make, lambda_clock):
    """They were read long before, for a lane with a poison record in it, and are gone when it is."""
    clicks = make(Failing(), batch_size=1, parallelization_factor=2, maximum_retry_attempts=-1)
    poison = [clicks.put("poison", "user-1") for _ in range(3)]
    lambda_clock.advance(hours=12)
    later = clicks.put("later", "user-1")
    lambda_clock.advance(hours=12)
    assert {record.state for record in poison} == {"expired"}
    assert later.state == "pending"
    clicks.drain()
    assert [record.attempts for record in poison[1:]] == [0, 0]
    assert (later.state, lambda_clock.elapsed) == ("expired", dt.timedelta(hours=36))


@pytest.mark.rule("KIN-13")
@pytest.mark.parametrize(("times", "state"), [(0, "processed"), (1, "expired")])
def test_a_record_that_leaves_the_stream_in_flight_is_pending_until_that_ends(make, lambda_clock, times, state):
    """It counts as processed if it is, and is not tried again if it is not."""
    clicks = make(Failing(times, takes=100), enabled=False, timeout=300)
    record = clicks.put("a")
    lambda_clock.advance(hours=23, minutes=59)
    clicks.enable()
    lambda_clock.advance(seconds=90)
    assert record.state == "pending"
    clicks.drain()
    assert (record.state, record.attempts) == (state, 1)


# Reports


@pytest.mark.rule("KIN-14")
def test_the_lowest_record_of_a_report_is_the_checkpoint(make):
    """It and all behind it come again, whatever order they were reported in."""
    handler = Reporting(lambda event: report(numbers(event)[3], numbers(event)[1]))
    clicks = make(handler, function_response_types=REPORTS)
    records = [clicks.put(body) for body in "abcde"]
    clicks.drain()
    assert handler.batches == [["a", "b", "c", "d", "e"], ["b", "c", "d", "e"]]
    assert [batch.outcome for batch in clicks.batches] == ["partial_failure", "success"]
    assert [record.attempts for record in records] == [1, 2, 2, 2, 2]


@pytest.mark.rule("KIN-14")
def test_without_the_setting_a_report_means_nothing(make):
    """The batch is done, whatever the function says."""
    handler = Reporting(lambda event: report(numbers(event)[0]))
    clicks = make(handler)
    record = clicks.put("a")
    clicks.drain()
    assert (record.state, handler.batches) == ("processed", [["a"]])


@pytest.mark.rule("KIN-10", "KIN-14", "KIN-17")
@pytest.mark.parametrize("kind", ["kinesis", "dynamodb"])
def test_progress_gives_what_is_left_all_its_retries(event_source, kind, lost):
    """As it was recorded: six records, a batch size of 3, three retries, and the last record reported each time."""
    batches = []
    member, number = {"kinesis": ("kinesis", "sequenceNumber"), "dynamodb": ("dynamodb", "SequenceNumber")}[kind]

    def handler(event, context):
        identifiers = [record[member][number] for record in event["Records"]]
        batches.append(identifiers)
        return report(*(each for each in identifiers if each == records[5].sequence_number))

    source = event_source(
        kind,
        handler,
        starting_position="TRIM_HORIZON",
        batch_size=3,
        maximum_retry_attempts=3,
        function_response_types=REPORTS,
        on_failure="sqs:lost",
    )
    put = source.put if kind == "kinesis" else lambda body: source.put_item({"id": body})
    records = [put(body) for body in "abcdef"]
    source.drain()
    ids = [record.sequence_number for record in records]
    assert batches == [ids[:3], ids[3:], *[ids[5:]] * 4]
    assert [record.attempts for record in records] == [1, 1, 1, 1, 1, 5]
    assert [record.state for record in records] == ["processed"] * 5 + ["discarded"]
    [told] = lost()
    assert told["requestContext"]["approximateInvokeCount"] == 4
    assert told["KinesisBatchInfo" if kind == "kinesis" else "DDBStreamBatchInfo"]["batchSize"] == 1
    assert told["responseContext"]["functionError"] is None


@pytest.mark.rule("KIN-17")
def test_a_report_of_the_first_record_uses_up_a_retry(make, lost):
    """The batch comes again as it is, with its waits and its request id."""
    handler = Reporting(*[lambda event: report(numbers(event)[0])] * 3)
    clicks = make(handler, function_response_types=REPORTS, maximum_retry_attempts=2, on_failure="sqs:lost")
    records = [clicks.put(body) for body in "ab"]
    clicks.drain()
    assert handler.batches == [["a", "b"]] * 3
    assert len({batch.request_id for batch in clicks.batches}) == 1
    assert [record.state for record in records] == ["discarded"] * 2
    assert records[0].delays == [seconds(1), seconds(2)]
    assert lost()[0]["requestContext"]["approximateInvokeCount"] == 3


@pytest.mark.rule("KIN-15")
@pytest.mark.parametrize("answer", ["", [], None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_an_answer_that_reports_nothing_is_a_success(make, answer):
    """Exactly one invocation each, as recorded."""
    clicks = make(Reporting(lambda event: answer), function_response_types=REPORTS)
    record = clicks.put("a")
    clicks.drain()
    assert [batch.outcome for batch in clicks.batches] == ["success"]
    assert record.state == "processed"


@pytest.mark.rule("KIN-16")
@pytest.mark.parametrize(
    "answer",
    [
        report("123"),
        report(123),
        report(""),
        report(None),
        {"batchItemFailures": [{"foo": 123}]},
        {"batchItemFailures": [{"foo": None}]},
        b"no json",
    ],
)
def test_a_report_that_is_none_fails_the_whole_batch(make, answer, lost):
    """Three invocations with two retries, and a functionError of null, as recorded."""
    clicks = make(
        Reporting(*[lambda event: answer] * 3),
        function_response_types=REPORTS,
        maximum_retry_attempts=2,
        on_failure="sqs:lost",
    )
    clicks.put("a")
    clicks.drain()
    assert [batch.outcome for batch in clicks.batches] == ["malformed_report"] * 3
    assert {batch.function_error for batch in clicks.batches} == {None}
    [told] = lost()
    assert told["requestContext"]["approximateInvokeCount"] == 3
    assert told["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": None}


@pytest.mark.rule("KIN-16")
def test_an_exception_fails_a_batch_with_reports_too(make, lost):
    """As Unhandled."""
    clicks = make(Failing(), function_response_types=REPORTS, maximum_retry_attempts=2, on_failure="sqs:lost")
    clicks.put("a")
    clicks.drain()
    assert len(clicks.batches) == 3
    assert lost()[0]["responseContext"]["functionError"] == "Unhandled"


# Never reached the function


@pytest.mark.rule("KIN-9")
def test_throttles_use_up_no_retry(make, lambda_modes, lambda_clock):
    """A function that may not run for a while: the batch waits for it, and has all its retries still."""
    function = lambda_modes.function(Failing(), reserved_concurrent_executions=0)
    clicks = make(function, maximum_retry_attempts=1)
    record = clicks.put("a")
    lambda_clock.advance(seconds=20)
    assert (record.state, record.attempts) == ("pending", 0)
    function.update_configuration(reserved_concurrent_executions=1)
    clicks.drain()
    assert (record.state, record.attempts) == ("discarded", 2)
    assert lambda_modes.metrics["Throttles"].sum == 5  # at 0, 1, 3, 7 and 15 s


@pytest.mark.rule("KIN-9", "KIN-13")
def test_a_function_without_concurrency_is_tried_until_the_records_are_gone(make, lambda_modes, lambda_clock, lost):
    """It never runs, and nothing is told of them."""
    function = lambda_modes.function(Failing(), reserved_concurrent_executions=0)
    clicks = make(function, on_failure="sqs:lost", maximum_retry_attempts=0)
    record = clicks.put("a")
    clicks.drain()
    assert (record.state, record.attempts, clicks.batches) == ("expired", 0, [])
    assert lambda_clock.elapsed == dt.timedelta(hours=24)
    assert lost() == []


@pytest.mark.rule("KIN-9", "KIN-12")
def test_throttled_records_grow_too_old(make, lambda_modes, lambda_clock, lost):
    """The count is 1 for those that never ran."""
    function = lambda_modes.function(Failing(), reserved_concurrent_executions=0)
    clicks = make(function, on_failure="sqs:lost", maximum_record_age_in_seconds=90)
    clicks.put("a")
    clicks.drain()
    assert lambda_clock.elapsed == seconds(90)
    assert lost()[0]["requestContext"]["approximateInvokeCount"] == 1
    assert "responseContext" not in lost()[0]


@pytest.mark.rule("KIN-9")
def test_a_deleted_function_holds_its_shard_up(make, lambda_modes, lambda_clock):
    """Until its records are gone, or the mapping is pointed at another one."""
    function = lambda_modes.function(Failing(times=0))
    clicks = make(function)
    function.delete()
    record = clicks.put("a")
    lambda_clock.advance(hours=1)
    assert (record.state, clicks.batches) == ("pending", [])
    clicks.update(function=lambda_modes.function(Failing(times=0)))
    clicks.drain()
    assert (record.state, record.attempts) == ("processed", 1)


# What goes wrong on purpose


@pytest.mark.rule("KIN-9")
@pytest.mark.parametrize("fault", [faults.Throttle(), faults.ServiceError()])
def test_a_test_can_have_tries_turned_away(make, fault, lambda_timeline):
    """Every try counts, those too: here the first two."""
    clicks = make(Failing(times=1), maximum_retry_attempts=1, faults={1: fault, 2: fault})
    record = clicks.put("a")
    clicks.drain()
    assert (record.state, record.attempts) == ("processed", 2)
    assert [fact.at for fact in lambda_timeline if isinstance(fact, facts.Injected)] == [0, 1_000_000]
    assert {fact.rule for fact in lambda_timeline if isinstance(fact, facts.Injected)} == {"KIN-9"}
    assert clicks.batches[0].started_at == record.arrived_at + seconds(3)


@pytest.mark.rule("ESM-1")
def test_a_batch_can_come_twice(make, lambda_clock, lambda_timeline):
    """At least once means that: all went well, the checkpoint was lost, and the whole batch is read again."""
    handler = Failing(times=0, takes=1)
    clicks = make(handler, batch_size=2, faults={1: faults.DuplicateDelivery(after=seconds(10))})
    records = [clicks.put(body) for body in "abc"]
    clicks.drain()
    assert handler.batches == [["a", "b"], ["a", "b"], ["c"]]
    assert [(record.attempts, record.state) for record in records] == [(2, "processed")] * 2 + [(1, "processed")]
    assert len({batch.request_id for batch in clicks.batches}) == 3
    assert records[0].delays == [seconds(9)]
    [injected] = [fact for fact in lambda_timeline if isinstance(fact, facts.Injected)]
    assert injected.rule == "ESM-1"


@pytest.mark.rule("ESM-1", "KIN-14")
def test_a_duplicate_forgets_a_partial_success_and_no_retry(make):
    """The second time it is a batch like any other."""
    answers = [lambda event: report(numbers(event)[1])] * 2
    handler = Reporting(*answers)
    clicks = make(handler, function_response_types=REPORTS, faults={1: faults.DuplicateDelivery()})
    for body in "ab":
        clicks.put(body)
    clicks.drain()
    assert handler.batches == [["a", "b"], ["a", "b"], ["b"]]


@pytest.mark.rule("ESM-1", "KIN-7")
def test_a_duplicate_of_a_failure_is_its_retry(make):
    """What fails comes again anyway, and is not repeated when it succeeds."""
    handler = Failing(times=1)
    clicks = make(handler, faults={1: faults.DuplicateDelivery()})
    record = clicks.put("a")
    clicks.drain()
    assert (record.attempts, handler.batches) == (2, [["a"], ["a"]])


@pytest.mark.rule("KIN-9", "KIN-8")
def test_the_waits_after_throttles_begin_anew_when_the_function_ran(make):
    """They count throttles in a row."""
    clicks = make(Failing(times=1), faults={1: faults.Throttle(), 2: faults.Throttle(), 4: faults.Throttle()})
    record = clicks.put("a")
    clicks.drain()
    # Throttled at 0, 1 and 4 s; invoked at 3 s, where it failed, and at 5 s.
    assert [batch.started_at - record.arrived_at for batch in clicks.batches] == [seconds(3), seconds(5)]


@pytest.mark.rule("ESM-1")
def test_a_process_can_be_killed(make):
    """That is a failure like any other."""
    clicks = make(Failing(times=0, takes=2), faults={1: faults.Kill(after=seconds(1))})
    record = clicks.put("a")
    clicks.drain()
    assert [(batch.outcome, batch.duration) for batch in clicks.batches] == [
        ("exit", seconds(1)),
        ("success", seconds(2)),
    ]
    assert record.state == "processed"


@pytest.mark.rule("ESM-1")
def test_an_environment_can_be_recycled(make, lambda_timeline):
    """The batch finds a cold start, where it would have been warm."""
    clicks = make(Failing(times=0), batch_size=1, faults={2: faults.RecycledEnvironment()})
    for body in "abc":
        clicks.put(body)
    clicks.drain()
    starts = [fact.cold_start for fact in lambda_timeline if isinstance(fact, facts.FunctionStarted)]
    assert starts == [True, True, False]


@pytest.mark.parametrize(
    "fault", [faults.ShortBatch(1), faults.DelayedPoll(seconds(1)), faults.FailedDelete()], ids=lambda fault: str(fault)
)
def test_faults_of_queues_make_no_sense_here(make, fault):
    """The error names those that do."""
    with pytest.raises(ConfigError, match="Here there are Throttle, ServiceError, DuplicateDelivery") as refused:
        make(Failing(), faults={1: fault})
    assert type(fault).__name__ not in str(refused.value).partition("Here there are")[2]


# The timeline


@pytest.mark.rule("KIN-6", "KIN-7")
def test_the_timeline_tells_the_story_with_its_rules(make, lambda_timeline):
    """Delivery, failure, retry, discard: which records, and by which rule."""
    clicks = make(Failing(), function_name="reader", maximum_retry_attempts=1)
    clicks.put("a")
    clicks.drain()
    told = [(type(fact).__name__, fact.rule) for fact in lambda_timeline if not isinstance(fact, facts.Hazard)]
    assert told == [
        ("MessagesPolled", ""),
        ("RecordsDelivered", ""),
        ("FunctionStarted", ""),
        ("FunctionEnded", "RT-14"),
        ("StreamBatchSettled", "KIN-6"),
        ("RetryScheduled", "KIN-6"),
        ("RecordsDelivered", ""),
        ("FunctionStarted", ""),
        ("FunctionEnded", "RT-14"),
        ("StreamBatchSettled", "KIN-6"),
        ("RecordsDiscarded", "KIN-7"),
    ]
    assert json.loads(json.dumps([fact._asdict() for fact in lambda_timeline]))[-1]["condition"] == (
        "RetryAttemptsExhausted"
    )
