"""A Kinesis stream and its mapping, through the fixture: events, batches, order, positions, filters, states."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import time

import pytest

from pytest_lambda_modes import NotSettledError, ResourceNotFoundException, facts

MEGABYTE = 1_048_576


def seconds(number: float) -> dt.timedelta:
    return dt.timedelta(seconds=number)


def data(event):
    return [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]


def flat(batches):
    return [body for batch in batches for body in batch]


class Reader:
    """A handler that keeps what it got and when, works so many seconds, and fails for `poison`."""

    def __init__(self, takes: float = 0) -> None:
        self.takes = takes
        self.batches = []
        self.starts = []

    def __call__(self, event, context):
        batch = data(event)
        self.batches.append(batch)
        self.starts.append(time.monotonic())
        time.sleep(self.takes)
        if "poison" in batch:
            raise ValueError("poison")


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def clicks(event_source, reader):
    return event_source.kinesis(reader, starting_position="TRIM_HORIZON", batch_size=10)


# The event


@pytest.mark.rule("KIN-1")
def test_a_record_reaches_the_handler_as_aws_writes_it(event_source, lambda_clock):
    """All members, in their order, with the data in base64 and the arrival in seconds with milliseconds."""
    events = []
    clicks = event_source.kinesis(
        lambda event, context: events.append(event), stream_name="clicks", starting_position="TRIM_HORIZON"
    )
    lambda_clock.advance(milliseconds=1234)
    record = clicks.put(b"\x00caf\xc3\xa9", "user-1")
    clicks.drain()
    arn = "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"
    assert events == [
        {
            "Records": [
                {
                    "kinesis": {
                        "kinesisSchemaVersion": "1.0",
                        "partitionKey": "user-1",
                        "sequenceNumber": record.sequence_number,
                        "data": "AGNhZsOp",
                        "approximateArrivalTimestamp": 1767225601.234,
                    },
                    "eventSource": "aws:kinesis",
                    "eventVersion": "1.0",
                    "eventID": f"shardId-000000000000:{record.sequence_number}",
                    "eventName": "aws:kinesis:record",
                    "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda-execution-role",
                    "awsRegion": "us-east-1",
                    "eventSourceARN": arn,
                }
            ]
        }
    ]
    assert list(events[0]["Records"][0]) == [
        *("kinesis", "eventSource", "eventVersion", "eventID", "eventName"),
        *("invokeIdentityArn", "awsRegion", "eventSourceARN"),
    ]


@pytest.mark.rule("ESM-1")
def test_the_function_is_invoked_synchronously_and_its_asynchronous_settings_have_no_part(event_source, lambda_modes):
    """No dead letter, no destination and no third attempt of an event, although the marker asks for them."""
    function = lambda_modes.function(Reader(), dead_letter_target="sqs:dlq")
    function.put_function_event_invoke_config(on_failure="sqs:failed")
    clicks = event_source.kinesis(function, starting_position="TRIM_HORIZON", maximum_retry_attempts=4)
    clicks.put("poison")
    clicks.drain()
    assert len(clicks.batches) == 5
    assert lambda_modes.queue("dlq").messages == lambda_modes.queue("failed").messages == []
    assert {fact.mode for fact in lambda_modes.timeline if isinstance(fact, facts.FunctionStarted)} == {"poll"}


def test_a_batch_tells_all_about_its_invocation(event_source, lambda_clock):
    """What went in and out, when, how long, and with which log."""

    def handler(event, context):
        print("reading", len(event["Records"]))
        time.sleep(2)
        return {"read": len(event["Records"])}

    clicks = event_source.kinesis(handler, starting_position="TRIM_HORIZON")
    lambda_clock.advance(seconds=5)
    records = [clicks.put(body) for body in "ab"]
    clicks.drain()
    [batch] = clicks.batches
    assert (batch.records, batch.response, batch.error, batch.function_error) == (records, {"read": 2}, None, None)
    assert (batch.attempt, batch.shard_id, batch.executed_version) == (1, "shardId-000000000000", "$LATEST")
    assert (batch.started_at, batch.duration) == (lambda_clock.now - seconds(2), seconds(2))
    assert "reading 2" in batch.logs
    assert batch.logs.startswith(f"START RequestId: {batch.request_id}")
    assert str(batch) == "shardId-000000000000 attempt 1: 2 records, success"
    assert repr(batch) == f"<StreamBatch {batch}>"


def test_a_batch_in_flight_has_no_end_yet(event_source, lambda_clock):
    """Its outcome, response and duration are None until it is over."""
    clicks = event_source.kinesis(Reader(takes=2), starting_position="TRIM_HORIZON")
    record = clicks.put("a")
    lambda_clock.advance(seconds=1)
    [batch] = clicks.batches
    assert (batch.outcome, batch.response, batch.error, batch.duration) == (None, None, None, None)
    assert (record.state, record.attempts) == ("pending", 1)
    assert str(batch).endswith("1 record, in flight")
    clicks.drain()
    assert (batch.outcome, batch.duration, record.state) == ("success", seconds(2), "processed")


# Batches and order


@pytest.mark.rule("KIN-3")
def test_records_of_a_shard_arrive_in_order(clicks, reader):
    """In batches of the batch size, first come first served."""
    for number in range(25):
        clicks.put(str(number))
    clicks.drain()
    assert [len(batch) for batch in reader.batches] == [10, 10, 5]
    assert flat(reader.batches) == [str(number) for number in range(25)]


@pytest.mark.rule("KIN-3")
def test_one_batch_of_a_shard_is_in_flight_at_a_time(event_source):
    """A handler of 5 s and two batches: the second starts when the first has ended."""
    reader = Reader(takes=5)
    clicks = event_source.kinesis(reader, starting_position="TRIM_HORIZON", batch_size=10, timeout=60)
    for number in range(20):
        clicks.put(str(number))
    clicks.drain()
    assert reader.starts[1] - reader.starts[0] == 5
    assert [len(batch) for batch in reader.batches] == [10, 10]


@pytest.mark.rule("KIN-3")
def test_shards_are_read_side_by_side(event_source, lambda_clock):
    """Three shards with a batch each take as long as one."""
    clicks = event_source.kinesis(Reader(takes=2), starting_position="TRIM_HORIZON", shard_count=3)
    for shard in range(3):
        clicks.put("a", shard=shard)
    clicks.drain()
    assert lambda_clock.elapsed == seconds(2)
    assert sorted(batch.shard_id[-1] for batch in clicks.batches) == ["0", "1", "2"]


@pytest.mark.rule("KIN-2")
def test_a_record_is_read_at_its_arrival_and_an_idle_shard_needs_no_timer(clicks, lambda_clock):
    """Where AWS polls each second, nothing waits here, and nothing happens while there is nothing to read."""
    clicks.put("a")
    lambda_clock.run_until_idle()
    assert len(clicks.batches) == 1
    assert lambda_clock.elapsed == seconds(0)


@pytest.mark.rule("KIN-2")
def test_a_stream_can_keep_its_records_for_longer(event_source, lambda_clock):
    """What is older than the retention period of the stream has left it, here after a week."""
    clicks = event_source.kinesis(Reader(), starting_position="TRIM_HORIZON", retention_period_hours=168)
    record = clicks.put("poison")
    lambda_clock.advance(days=6)
    assert record.state == "pending"
    clicks.drain()
    assert record.state == "expired"
    assert lambda_clock.elapsed == dt.timedelta(days=7)


@pytest.mark.rule("KIN-3")
def test_with_parallelization_batches_of_a_shard_overlap_and_keys_stay_in_order(event_source, lambda_clock):
    """Thirty keys in five lanes: five batches at a time, and never two of one key."""
    active, running, most, seen = set(), [], [0], {}

    def handler(event, context):
        keys = {record["kinesis"]["partitionKey"] for record in event["Records"]}
        assert active.isdisjoint(keys)
        for record, body in zip(event["Records"], data(event), strict=True):
            seen.setdefault(record["kinesis"]["partitionKey"], []).append(int(body))
        active.update(keys)
        running.append(context)
        most[0] = max(most[0], len(running))
        time.sleep(1)
        running.remove(context)
        active.difference_update(keys)

    clicks = event_source.kinesis(handler, starting_position="TRIM_HORIZON", batch_size=4, parallelization_factor=5)
    for number in range(120):
        clicks.put(str(number), f"user-{number % 30}")
    clicks.drain()
    assert most == [5]
    assert all(numbers == sorted(numbers) for numbers in seen.values())
    assert sorted(flat(seen.values())) == list(range(120))


@pytest.mark.rule("KIN-3", "KIN-6")
def test_with_parallelization_a_poison_record_holds_up_its_own_keys_only(event_source, lambda_clock):
    """Records of other lanes go past it, even those that arrive while it is retried."""
    clicks = event_source.kinesis(Reader(), starting_position="TRIM_HORIZON", parallelization_factor=10, batch_size=1)
    poison = clicks.put("poison", "user-0")
    before = [clicks.put("before", f"user-{number}") for number in range(10)]
    lambda_clock.advance(minutes=5)
    after = [clicks.put("after", f"user-{number}") for number in range(10)]
    lambda_clock.advance(minutes=5)
    held = {record.partition_key for record in (*before, *after) if record.state == "pending"}
    assert poison.state == "pending"
    assert "user-0" in held
    assert len(held) < 5
    assert all((record.state == "pending") == (record.partition_key in held) for record in (*before, *after))
    clicks.drain()
    assert poison.state == "expired"
    # What was put before expires in the same instant; what came after is processed then.
    assert {record.state for record in after} == {"processed"}


@pytest.mark.rule("ESM-7")
def test_a_batching_window_waits_for_more_records_from_the_first_one_on(event_source, lambda_clock, reader):
    """Three records within 20 s are one batch, invoked when 20 s have passed since the first."""
    clicks = event_source.kinesis(
        reader, starting_position="TRIM_HORIZON", batch_size=10, maximum_batching_window_in_seconds=20
    )
    for body in "abc":
        clicks.put(body)
        lambda_clock.advance(seconds=5)
    assert reader.batches == []
    clicks.drain()
    assert reader.batches == [["a", "b", "c"]]
    assert lambda_clock.elapsed == seconds(20)


@pytest.mark.rule("ESM-7")
def test_a_full_batch_does_not_wait_for_its_window(event_source, lambda_clock, reader):
    """What is left over begins a window of its own."""
    clicks = event_source.kinesis(
        reader, starting_position="TRIM_HORIZON", batch_size=2, maximum_batching_window_in_seconds=20
    )
    lambda_clock.advance(seconds=3)
    for body in "abc":
        clicks.put(body)
    lambda_clock.advance(seconds=1)
    assert reader.batches == [["a", "b"]]
    clicks.drain()
    assert reader.batches == [["a", "b"], ["c"]]
    assert lambda_clock.elapsed == seconds(23)


@pytest.mark.rule("ESM-7")
def test_what_is_left_over_waits_for_a_window_of_its_own(event_source, lambda_clock, reader):
    """From when the batch before it was sent."""
    clicks = event_source.kinesis(
        reader, starting_position="TRIM_HORIZON", batch_size=2, maximum_batching_window_in_seconds=20
    )
    clicks.put("a")
    lambda_clock.advance(seconds=10)
    clicks.put_records([{"Data": body, "PartitionKey": "k"} for body in "bc"])
    lambda_clock.advance(seconds=19)
    assert reader.batches == [["a", "b"]]
    clicks.drain()
    assert reader.batches == [["a", "b"], ["c"]]
    assert lambda_clock.elapsed == seconds(30)


@pytest.mark.rule("ESM-7")
def test_a_batch_is_sent_when_the_next_record_would_take_it_over_6_mb(event_source, lambda_clock, reader):
    """Records of 1 MB in base64: four have room, and do not wait for the window."""
    clicks = event_source.kinesis(
        reader, starting_position="TRIM_HORIZON", batch_size=10, maximum_batching_window_in_seconds=60
    )
    for _ in range(6):
        clicks.put("x" * MEGABYTE)
    lambda_clock.advance(seconds=1)
    assert [len(batch) for batch in reader.batches] == [4]
    assert 5 * MEGABYTE < len(clicks.batches[0].payload) <= 6 * MEGABYTE
    clicks.drain()
    assert [len(batch) for batch in reader.batches] == [4, 2]
    assert lambda_clock.elapsed == seconds(60)


@pytest.mark.rule("ESM-7", "KIN-3")
def test_only_timers_that_are_needed_are_set(event_source, lambda_modes, reader):
    """One at the arrival, one after each batch: the last finds nothing left."""
    clicks = event_source.kinesis(reader, starting_position="TRIM_HORIZON", batch_size=100)
    for number in range(1000):
        clicks.put(str(number))
    before = lambda_modes._scheduler.fired
    clicks.drain()
    assert len(clicks.batches) == 10
    assert lambda_modes._scheduler.fired - before <= 11


# Where reading starts


@pytest.mark.rule("KIN-4")
def test_trim_horizon_delivers_what_was_there_before(event_source, lambda_modes, reader):
    """20 earlier and 10 later records with a batch size of 10 are three invocations of 10."""
    stream = lambda_modes.stream("clicks")
    for number in range(20):
        stream.put(str(number))
    clicks = event_source.kinesis(reader, stream=stream, starting_position="TRIM_HORIZON", batch_size=10)
    for number in range(20, 30):
        clicks.put(str(number))
    clicks.drain()
    assert [len(batch) for batch in reader.batches] == [10, 10, 10]
    assert flat(reader.batches) == [str(number) for number in range(30)]


@pytest.mark.rule("KIN-4")
def test_latest_delivers_only_what_comes_after_the_mapping(event_source, lambda_modes, reader):
    """Also in the same instant."""
    stream = lambda_modes.stream("clicks")
    before = stream.put("before")
    clicks = event_source.kinesis(reader, stream=stream, starting_position="LATEST")
    clicks.put("after")
    clicks.drain()
    assert reader.batches == [["after"]]
    assert (before.state, before.attempts) == ("pending", 0)


@pytest.mark.rule("KIN-4")
def test_latest_counts_from_when_the_poller_starts(event_source, lambda_clock, reader):
    """A mapping that was made disabled starts when it is enabled; from then on its checkpoint counts."""
    clicks = event_source.kinesis(reader, starting_position="LATEST", enabled=False)
    clicks.put("before")
    lambda_clock.advance(seconds=10)
    clicks.enable()
    clicks.put("after")
    clicks.drain()
    clicks.disable()
    clicks.put("meanwhile")
    clicks.enable()
    clicks.drain()
    assert reader.batches == [["after"], ["meanwhile"]]


@pytest.mark.rule("KIN-4")
@pytest.mark.parametrize("as_datetime", [True, False])
def test_at_timestamp_delivers_what_arrived_from_then_on(event_source, lambda_modes, lambda_clock, reader, as_datetime):
    """The instant itself included; given as a datetime or in seconds since 1970."""
    stream = lambda_modes.stream("clicks")
    for body in "abc":
        stream.put(body)
        lambda_clock.advance(seconds=10)
    moment = lambda_clock.now - seconds(20)
    clicks = event_source.kinesis(
        reader,
        stream=stream,
        starting_position="AT_TIMESTAMP",
        starting_position_timestamp=moment if as_datetime else moment.timestamp(),
    )
    clicks.drain()
    assert reader.batches == [["b", "c"]]


# States


@pytest.mark.rule("KIN-5", "ESM-4")
def test_a_disabled_mapping_reads_nothing_and_goes_on_from_its_checkpoint(clicks, reader, lambda_clock):
    """Nothing is lost, and nothing comes twice."""
    clicks.put("a")
    clicks.drain()
    clicks.disable()
    assert clicks.state == "Disabled"
    waiting = clicks.put("b")
    lambda_clock.advance(hours=1)
    assert (waiting.state, reader.batches) == ("pending", [["a"]])
    clicks.enable()
    clicks.drain()
    assert (clicks.state, reader.batches) == ("Enabled", [["a"], ["b"]])


@pytest.mark.rule("ESM-9", "KIN-5")
def test_what_is_in_flight_when_a_mapping_is_disabled_still_counts(event_source, lambda_clock):
    """Its success moves the checkpoint; the next batch waits."""
    reader = Reader(takes=2)
    clicks = event_source.kinesis(reader, starting_position="TRIM_HORIZON", batch_size=1)
    first, second = clicks.put("a"), clicks.put("b")
    lambda_clock.advance(seconds=1)
    clicks.disable()
    lambda_clock.advance(hours=1)
    assert (first.state, second.state) == ("processed", "pending")
    clicks.enable()
    clicks.drain()
    assert reader.batches == [["a"], ["b"]]


@pytest.mark.rule("KIN-5", "KIN-7", "ESM-9")
def test_a_retry_that_was_disabled_goes_on_where_it_was(event_source, lambda_clock):
    """The same batch with the same request id and the retries it had left, not before its retry was due."""
    clicks = event_source.kinesis(Reader(), starting_position="TRIM_HORIZON", maximum_retry_attempts=3)
    record = clicks.put("poison")
    lambda_clock.advance(seconds=1)  # attempts at 0 and 1 s; the next one is due at 3 s
    clicks.disable()
    clicks.enable()
    assert len(clicks.batches) == 2
    lambda_clock.advance(seconds=1)
    clicks.disable()
    lambda_clock.advance(hours=1)
    assert len(clicks.batches) == 2
    clicks.enable()
    clicks.drain()
    assert [batch.attempt for batch in clicks.batches] == [1, 2, 3, 4]
    assert len({batch.request_id for batch in clicks.batches}) == 1
    assert record.delays == [seconds(1), seconds(3601), seconds(4)]


@pytest.mark.rule("ESM-4", "ESM-9")
def test_a_deleted_mapping_is_gone_for_good(event_source, lambda_clock):
    """What is in flight counts; the rest stays in the stream, and nothing can be asked of the mapping any more."""
    clicks = event_source.kinesis(Reader(takes=2), starting_position="TRIM_HORIZON", batch_size=1)
    first, second = clicks.put("a"), clicks.put("b")
    lambda_clock.advance(seconds=1)
    clicks.delete()
    lambda_clock.run_until_idle()
    assert (clicks.state, first.state, second.state) == ("Deleted", "processed", "pending")
    assert clicks.stream.records == [first, second]
    assert clicks.stream.on_arrival == []
    for change in (clicks.enable, clicks.disable, clicks.delete, clicks.update):
        with pytest.raises(ResourceNotFoundException, match="The resource you requested does not exist"):
            change()


@pytest.mark.rule("ESM-4")
def test_another_mapping_can_follow_a_deleted_one(event_source, reader):
    """With a starting position of its own."""
    first = event_source.kinesis(reader, starting_position="TRIM_HORIZON")
    first.put("a")
    first.drain()
    first.delete()
    second = event_source.kinesis(reader, stream=first.stream, starting_position="TRIM_HORIZON")
    second.drain()
    assert reader.batches == [["a"], ["a"]]


def test_a_mapping_that_reads_nothing_leaves_no_timer(event_source, lambda_clock):
    """A retry that was due in a while does not keep a world alive whose mapping is disabled."""
    clicks = event_source.kinesis(Reader(), starting_position="TRIM_HORIZON")
    clicks.put("poison")
    lambda_clock.advance(minutes=1)
    clicks.disable()
    lambda_clock.run_until_idle()
    assert lambda_clock.elapsed == seconds(60)


@pytest.mark.lambda_modes(leftovers="ignore")
@pytest.mark.parametrize("end", ["disable", "delete"])
def test_draining_what_nobody_reads_is_an_error_that_says_so(event_source, end, lambda_clock):
    """Not before what is in flight has ended."""
    clicks = event_source.kinesis(Reader(takes=2), stream_name="clicks", starting_position="TRIM_HORIZON", batch_size=1)
    clicks.put("a")
    clicks.put("b")
    lambda_clock.advance(seconds=1)
    getattr(clicks, end)()
    with pytest.raises(NotSettledError, match=f"clicks cannot be drained: its mapping is {end}d, with records left"):
        clicks.drain()
    assert lambda_clock.elapsed == seconds(2)


def test_a_disabled_mapping_with_nothing_to_read_is_drained_at_once(clicks, lambda_clock):
    """Nothing waits."""
    clicks.put("a")
    clicks.drain()
    clicks.disable()
    assert clicks.drain() is clicks


# Other settings, other functions


@pytest.mark.rule("ESM-6")
def test_an_update_counts_from_the_next_batch_on(clicks, reader):
    """A smaller batch size for what has not been sent."""
    for number in range(15):
        clicks.put(str(number))
    clicks.update(batch_size=4)
    clicks.drain()
    assert [len(batch) for batch in reader.batches] == [4, 4, 4, 3]


@pytest.mark.rule("ESM-6")
def test_a_mapping_can_be_pointed_at_another_function_version_or_alias(event_source, lambda_modes):
    """The next batches go there, through the ARN as it was given."""
    function = lambda_modes.function(lambda event, context: "old", function_name="reader")
    version = function.publish_version()
    function.create_alias("live", version)
    function.update_code(lambda event, context: "new")
    other = lambda_modes.function(lambda event, context: "other", function_name="other")
    clicks = event_source.kinesis(function, starting_position="TRIM_HORIZON", qualifier="live")

    def answer():
        clicks.put("a")
        clicks.drain()
        return clicks.batches[-1].response, clicks.batches[-1].executed_version

    assert answer() == ("old", "1")
    clicks.update(function=function)
    assert answer() == ("new", "$LATEST")
    clicks.update(qualifier="1")
    assert answer() == ("old", "1")
    clicks.update(function=other)
    assert answer() == ("other", "$LATEST")
    assert clicks.function is other


def test_an_update_can_enable_and_disable(clicks, reader):
    """As in the API, where Enabled is one of the settings."""
    clicks.update(enabled=False)
    clicks.put("a")
    assert clicks.state == "Disabled"
    clicks.update(enabled=True, batch_size=5)
    clicks.drain()
    assert reader.batches == [["a"]]


@pytest.mark.rule("KIN-3")
def test_another_parallelization_factor_keeps_the_order_of_each_key(event_source, lambda_clock):
    """It counts once what was read before is done with: a key never overtakes itself."""
    reader = Reader(takes=1)
    clicks = event_source.kinesis(reader, starting_position="TRIM_HORIZON", batch_size=5)
    for number in range(20):
        clicks.put(str(number), f"user-{number % 4}")
    lambda_clock.advance(seconds=0.5)
    clicks.update(parallelization_factor=10)
    lambda_clock.advance(seconds=1)
    assert len(clicks.batches) > 2
    clicks.update(parallelization_factor=1)
    clicks.drain()
    order = flat(reader.batches)
    for key in range(4):
        assert [body for body in order if int(body) % 4 == key] == [str(number) for number in range(key, 20, 4)]


# Filters and several mappings


@pytest.mark.rule("KIN-24", "FILT-6")
def test_the_iterator_goes_past_records_that_do_not_match(event_source, lambda_modes, reader):
    """They reach no handler, and are counted as filtered out; batches are filled with others."""
    clicks = event_source.kinesis(
        reader,
        starting_position="TRIM_HORIZON",
        batch_size=2,
        filter_criteria=[{"data": {"kind": ["order"]}}],
    )
    records = [clicks.put({"kind": kind}) for kind in ("view", "order", "view", "view", "order", "order")]
    clicks.drain()
    assert [len(batch) for batch in reader.batches] == [2, 1]
    assert [record.state for record in records] == [
        *("filtered", "processed", "filtered", "filtered", "processed", "processed")
    ]
    assert lambda_modes.metrics["PolledEventCount"].sum == 6
    assert lambda_modes.metrics["FilteredOutEventCount"].sum == 3


@pytest.mark.rule("KIN-24")
def test_there_is_no_invocation_when_nothing_matches(event_source, lambda_clock):
    """And nothing is left to do."""
    clicks = event_source.kinesis(
        Reader(), starting_position="TRIM_HORIZON", filter_criteria=[{"partitionKey": ["vip"]}]
    )
    records = [clicks.put("a") for _ in range(250)]
    clicks.drain()
    assert clicks.batches == []
    assert {record.state for record in records} == {"filtered"}


@pytest.mark.rule("KIN-24", "KIN-3")
def test_filters_go_with_parallelization(event_source):
    """Each lane gets what matches of its keys."""
    reader = Reader()
    clicks = event_source.kinesis(
        reader,
        starting_position="TRIM_HORIZON",
        parallelization_factor=3,
        batch_size=3,
        filter_criteria=[{"data": {"n": [{"numeric": [">=", 50]}]}}],
    )
    records = [clicks.put({"n": number}, f"user-{number % 7}") for number in range(100)]
    clicks.drain()
    assert [record.state for record in records] == ["filtered"] * 50 + ["processed"] * 50
    assert sum(map(len, reader.batches)) == 50


@pytest.mark.rule("KIN-25")
def test_each_mapping_of_a_stream_gets_every_record(event_source, lambda_modes):
    """Through its own filters, and with progress of its own: one may fail where another succeeds."""
    stream = lambda_modes.stream("clicks", shard_count=2)
    fine, failing, picky = Reader(), Reader(), Reader()
    usual = {"stream": stream, "starting_position": "TRIM_HORIZON", "batch_size": 1, "maximum_retry_attempts": 1}
    first = event_source.kinesis(lambda event, context: fine.batches.append(data(event)), **usual)
    second = event_source.kinesis(failing, **usual)
    third = event_source.kinesis(picky, **usual, filter_criteria=[{"partitionKey": ["vip"]}])
    poison, plain = stream.put("poison", "vip", shard=0), stream.put("plain", "other", shard=1)
    for source in (first, second, third):
        source.drain()
    assert sorted(map(str, fine.batches)) == ["['plain']", "['poison']"]
    assert [poison.state_for(source.mapping) for source in (first, second, third)] == [
        *("processed", "discarded", "discarded")
    ]
    assert [plain.state_for(source.mapping) for source in (first, second, third)] == [
        *("processed", "processed", "filtered")
    ]
    assert poison.progress_for(second.mapping).attempts == 2
    assert poison.progress_for(first.mapping).attempts == 1


@pytest.mark.rule("KIN-26", "KIN-15")
@pytest.mark.parametrize("reports", [True, False])
def test_a_response_without_a_body_is_a_success(event_source, reports):
    """Whether reports are asked for or not."""
    clicks = event_source.kinesis(
        lambda event, context: b"",
        starting_position="TRIM_HORIZON",
        function_response_types=["ReportBatchItemFailures"] if reports else [],
    )
    record = clicks.put("a")
    clicks.drain()
    assert [batch.outcome for batch in clicks.batches] == ["success"]
    assert (record.state, record.attempts) == ("processed", 1)


# Metrics


@pytest.mark.rule("MET-12")
def test_the_iterator_age_is_that_of_the_last_record_of_each_batch(event_source, lambda_clock, lambda_modes):
    """In milliseconds from its arrival to the invocation; it grows while a shard is held up."""
    clicks = event_source.kinesis(Reader(takes=2), starting_position="TRIM_HORIZON", batch_size=2)
    clicks.put("a")
    lambda_clock.advance(seconds=0.5)
    clicks.put("b")
    lambda_clock.advance(seconds=1)
    clicks.put("c")
    clicks.drain()
    assert [age for _, age in lambda_modes.metrics["IteratorAge"].datapoints] == [0, 500]
    assert lambda_modes.metrics["IteratorAge"].of("Reader").maximum == 500


@pytest.mark.rule("MET-14")
def test_records_are_counted_at_each_invocation(event_source, lambda_modes):
    """Invoked again on each retry, failed each time they do, and dropped at the end."""
    clicks = event_source.kinesis(Reader(), starting_position="TRIM_HORIZON", maximum_retry_attempts=2, batch_size=2)
    for body in ("a", "poison", "b"):
        clicks.put(body)
    clicks.drain()
    counts = {
        name: lambda_modes.metrics[name].sum
        for name in (
            *("PolledEventCount", "InvokedEventCount", "FailedInvokeEventCount"),
            *("DroppedEventCount", "OnFailureDestinationDeliveredEventCount"),
        )
    }
    assert list(counts.values()) == [3, 7, 6, 2, 0]


# Async tests


@pytest.mark.asyncio
async def test_an_async_test_waits_for_a_source(event_source, lambda_clock):
    """Through retries, and beside other tasks."""
    clicks = event_source.kinesis(Reader(takes=1), starting_position="TRIM_HORIZON", maximum_retry_attempts=1)
    views = event_source.kinesis(Reader(takes=2), starting_position="TRIM_HORIZON")
    lost, seen = clicks.put("poison"), views.put("a")
    assert await asyncio.gather(clicks.drained(), views.drained()) == [clicks, views]
    assert (lost.state, seen.state) == ("discarded", "processed")
    assert lambda_clock.elapsed == seconds(3)
    assert await clicks.drained() is clicks


@pytest.mark.asyncio
@pytest.mark.lambda_modes(leftovers="ignore")
async def test_an_async_test_does_not_wait_for_what_nobody_reads(event_source):
    """A mapping that is disabled while somebody waits ends the waiting with an error."""
    clicks = event_source.kinesis(Reader(), starting_position="TRIM_HORIZON")
    clicks.put("poison")

    async def disable_soon():
        await asyncio.sleep(100)
        clicks.disable()

    with pytest.raises(NotSettledError, match="its mapping is disabled"):
        await asyncio.gather(clicks.drained(), disable_soon())
