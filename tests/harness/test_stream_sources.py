"""Streams that cannot be mapped: settings, resources and functions that are refused, in AWS's words or in ours."""

from __future__ import annotations

import pytest

from pytest_lambda_modes import (
    ConfigError,
    InvalidParameterValueException,
    LambdaModes,
    LambdaModesError,
    NotSettledError,
    ResourceConflictException,
    ResourceNotFoundException,
    facts,
)
from pytest_lambda_modes.harness.settings import HarnessSettings


def handler(event, context):
    return None


def make(event_source, kind="kinesis", **config):
    return event_source(kind, handler, **{"starting_position": "TRIM_HORIZON", **config})


# What AWS refuses


@pytest.mark.rule("ESM-5")
@pytest.mark.parametrize("kind", ["kinesis", "dynamodb"])
def test_a_stream_needs_a_starting_position(event_source, kind):
    """AWS has no default for it."""
    with pytest.raises(InvalidParameterValueException) as refused:
        event_source(kind, handler)
    assert refused.value.message == (
        "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
        "Member must not be null."
    )


@pytest.mark.rule("ESM-5", "KIN-4")
def test_a_table_has_no_timestamps(event_source):
    """The message has the ARN that its stream would have."""
    with pytest.raises(InvalidParameterValueException) as refused:
        make(
            event_source,
            "dynamodb",
            table_name="orders",
            starting_position="AT_TIMESTAMP",
            starting_position_timestamp=1_767_225_600,
        )
    assert refused.value.message == (
        "Unsupported starting position for arn type: "
        "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
    )


@pytest.mark.rule("KIN-4")
def test_a_timestamp_lies_not_in_the_future(event_source, lambda_clock):
    """Now is the latest."""
    now = lambda_clock.now.timestamp()
    with pytest.raises(InvalidParameterValueException, match="StartingPositionTimestamp cannot be in the future"):
        make(event_source, starting_position="AT_TIMESTAMP", starting_position_timestamp=now + 1)
    assert make(event_source, starting_position="AT_TIMESTAMP", starting_position_timestamp=now).state == "Enabled"


@pytest.mark.rule("ESM-5")
@pytest.mark.parametrize("qualifier", ["7", "live"])
def test_a_function_that_does_not_exist_cannot_be_mapped(event_source, lambda_modes, qualifier):
    """Nor can a version or an alias that does not."""
    function = lambda_modes.function(handler)
    with pytest.raises(InvalidParameterValueException, match="Function does not exist"):
        event_source.kinesis(function, starting_position="LATEST", qualifier=qualifier)
    function.delete()
    with pytest.raises(InvalidParameterValueException, match="Function does not exist"):
        event_source.kinesis(function, starting_position="LATEST")


@pytest.mark.rule("ESM-5")
@pytest.mark.parametrize("kind", ["kinesis", "dynamodb"])
def test_a_function_is_mapped_to_a_stream_once(event_source, lambda_modes, lambda_timeline, kind):
    """The second mapping is a conflict that names the first, and leaves no trace; another version may be mapped."""
    function = lambda_modes.function(handler, function_name="reader")
    first = event_source(kind, function, starting_position="TRIM_HORIZON")
    resource = {"stream": first.stream} if kind == "kinesis" else {"table": first.table}
    arn, before = first.mapping.event_source_arn, list(lambda_timeline)
    with pytest.raises(ResourceConflictException) as refused:
        event_source(kind, function, starting_position="LATEST", **resource)
    assert refused.value.status_code == 409
    assert refused.value.message == (
        f'The event source arn (" {arn} ") and function (" reader ") provided mapping already exists. Please update or '
        f"delete the existing mapping with UUID {first.mapping.uuid}"
    )
    assert list(lambda_timeline) == before
    function.publish_version()
    second = event_source(kind, function, qualifier="1", starting_position="LATEST", **resource)
    assert second.mapping.function_arn == f"{function.arn}:1"


@pytest.mark.rule("ESM-5", "FILT-3")
def test_filters_that_are_none_are_refused_before_anything_is_made(event_source, lambda_modes):
    """The stream's name is free still."""
    with pytest.raises(InvalidParameterValueException, match=r"Invalid filter pattern definition\."):
        make(event_source, stream_name="clicks", filter_criteria=[{"data": "order"}])
    assert make(event_source, stream_name="clicks", shard_count=3).stream.shards[2].number == 2


@pytest.mark.rule("ESM-2")
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("batch_size", 0),
        ("batch_size", 10_001),
        ("parallelization_factor", 11),
        ("maximum_retry_attempts", 10_001),
        ("maximum_record_age_in_seconds", 59),
        ("tumbling_window_in_seconds", 901),
    ],
)
def test_values_out_of_range_are_refused(event_source, setting, value):
    """When the mapping is made and when it is updated, which then has changed nothing."""
    with pytest.raises(InvalidParameterValueException):
        make(event_source, **{setting: value})
    source = make(event_source)
    before = source.mapping.config
    with pytest.raises(InvalidParameterValueException):
        source.update(**{setting: value})
    assert source.mapping.config == before


@pytest.mark.rule("KIN-22")
@pytest.mark.parametrize("other", [{"parallelization_factor": 2}, {"filter_criteria": [{"data": {"id": [1]}}]}])
def test_windows_go_with_neither_parallel_batches_nor_filters(event_source, other):
    """Together or one after the other."""
    with pytest.raises(InvalidParameterValueException, match="Tumbling windows are not supported with"):
        make(event_source, tumbling_window_in_seconds=60, **other)
    source = make(event_source, tumbling_window_in_seconds=60)
    with pytest.raises(InvalidParameterValueException, match="Tumbling windows are not supported with"):
        source.update(**other)


@pytest.mark.rule("ESM-6")
def test_an_update_that_is_refused_changes_nothing(event_source, lambda_modes):
    """Neither settings nor function, whichever of them was wrong."""
    source = make(event_source, batch_size=7)
    other = lambda_modes.function(lambda event, context: None)
    function, config = source.function, source.mapping.config
    with pytest.raises(InvalidParameterValueException, match="Invalid filter pattern"):
        source.update(function=other, filter_criteria=[{"data": "order"}])
    with pytest.raises(InvalidParameterValueException, match="Function does not exist"):
        source.update(batch_size=3, qualifier="live")
    with pytest.raises(ConfigError, match="starting_position cannot be changed"):
        source.update(batch_size=3, starting_position="LATEST")
    with pytest.raises(ConfigError, match='enabled is "no", and must be True or False'):
        source.update(batch_size=3, enabled="no")
    assert (source.function, source.mapping.config) == (function, config)


@pytest.mark.rule("ESM-6")
@pytest.mark.parametrize(
    ("kind", "settings", "answer"),
    [
        ("kinesis", {"shard_count": 3}, "shard_count is for good: a mapping keeps its stream"),
        ("dynamodb", {"time_to_live": "expires_at"}, "time_to_live is for good: a mapping keeps its table"),
        ("kinesis", {"function": handler}, "must be a function of lambda_modes"),
        ("kinesis", {"qualifier": 3}, "qualifier is 3, and must be a string"),
        ("kinesis", {"starting_position": "LATEST"}, "starting_position cannot be changed"),
    ],
)
def test_what_an_update_cannot_change_is_refused(event_source, kind, settings, answer):
    """The stream or table stays as it is, and only a function can be the target."""
    source = event_source(kind, handler, starting_position="TRIM_HORIZON")
    with pytest.raises(ConfigError, match=answer):
        source.update(**settings)


def test_a_mapping_that_is_gone_cannot_be_updated(event_source):
    """As in AWS, it is not found."""
    source = make(event_source)
    source.delete()
    with pytest.raises(ResourceNotFoundException, match="The resource you requested does not exist"):
        source.update(batch_size=3)


@pytest.mark.parametrize(
    ("kind", "entry"),
    [
        ("kinesis", lambda source: source.put("x" * 1_048_577)),
        ("kinesis", lambda source: source.put("x", "k" * 257)),
        ("kinesis", lambda source: source.put("x", shard=7)),
        ("kinesis", lambda source: source.put_records([])),
        ("kinesis", lambda source: source.put_records([{"Data": "a", "PartitionKey": "k"}, {"Data": "b"}])),
        ("kinesis", lambda source: source.split_shard(7)),
        ("kinesis", lambda source: source.merge_shards(0, 0)),
        ("dynamodb", lambda source: source.put_item({"name": "no key"})),
        ("dynamodb", lambda source: source.put_item({"id": "7", "total": 1.5})),
        ("dynamodb", lambda source: source.delete_item({"name": "no key"})),
        ("dynamodb", lambda source: source.expire()),
    ],
)
def test_what_a_stream_or_table_refuses_is_not_there(event_source, kind, entry):
    """The error is that of the service, and no record was put."""
    source = make(event_source, kind)
    # The TypeError for a float is boto3's.
    with pytest.raises((LambdaModesError, TypeError)):
        entry(source)
    assert source.mapping.stream.records == []
    source.drain()
    assert source.batches == []


def test_records_in_the_form_of_the_api(event_source):
    """PutRecords, as boto3 takes them."""
    source = make(event_source)
    records = source.put_records([{"Data": b"a", "PartitionKey": "k"}, {"Data": {"n": 1}, "PartitionKey": "k"}])
    source.drain()
    assert [record.state for record in records] == ["processed"] * 2
    assert records[1].json() == {"n": 1}


# What we refuse


@pytest.mark.parametrize(
    ("setting", "answer"),
    [
        ("batchSize", "names are in snake case here: batch_size"),
        ("bisect_batch_on_error", "that is its CDK name; here, as in the API: bisect_batch_on_function_error"),
        ("visibility_timeout", "no setting visibility_timeout|visibility_timeout is a setting of"),
        ("tags", "tags is not simulated"),
        ("key_schema", "no setting key_schema|key_schema is a setting of"),
    ],
)
def test_an_unknown_setting_is_told_the_right_name(event_source, setting, answer):
    """Those of other kinds of source are unknown here."""
    with pytest.raises(ConfigError, match=answer):
        make(event_source, **{setting: 3})


@pytest.mark.parametrize(
    ("kind", "config", "answer"),
    [
        ("kinesis", {"stream": "clicks"}, 'stream is "clicks", and must be a stream of lambda_modes'),
        ("dynamodb", {"table": 7}, "table is 7, and must be a table of lambda_modes"),
        ("kinesis", {"stream_name": 7}, "stream_name is 7, and must be a string"),
        ("dynamodb", {"table_name": b"orders"}, "table_name is b'orders', and must be a string"),
    ],
)
def test_a_resource_is_an_object_and_its_name_a_string(event_source, kind, config, answer):
    """The message says where the object comes from."""
    with pytest.raises(ConfigError, match=answer):
        make(event_source, kind, **config)


def test_a_resource_that_exists_has_its_own_settings(event_source, lambda_modes):
    """They cannot be given for the mapping."""
    with pytest.raises(ConfigError, match=r"stream_name, shard_count cannot be set for a stream that exists"):
        make(event_source, stream=lambda_modes.stream("clicks"), stream_name="views", shard_count=2)
    with pytest.raises(ConfigError, match=r'lambda_modes\.table\("orders", key_schema=\.\.\.\)'):
        make(event_source, "dynamodb", table=lambda_modes.table("orders"), key_schema=["id"])


def test_settings_of_the_function_need_a_handler(event_source, lambda_modes):
    """The one that exists keeps its own."""
    with pytest.raises(ConfigError, match="timeout cannot be set where no handler is named"):
        event_source.kinesis(starting_position="LATEST", timeout=7)
    with pytest.raises(ConfigError, match=r'event_source\("kinesis"\) was given 2 handlers, and takes one'):
        event_source.kinesis(handler, handler, starting_position="LATEST")
    assert event_source.kinesis(handler, starting_position="LATEST", timeout=7).function.config.timeout == 7


# Names


def test_streams_and_tables_are_named_after_their_function(event_source, lambda_modes):
    """Each gets one of its own, unless it is named."""
    assert [make(event_source).stream.name for _ in range(2)] == ["handler-stream", "handler-stream-2"]
    assert make(event_source, "dynamodb").table.name == "handler-table"
    assert make(event_source, stream_name="clicks").stream is lambda_modes.stream("clicks")


def test_a_stream_that_was_named_before_can_be_named_again(event_source, lambda_modes):
    """It is that one; only a second mapping of the same function is refused."""
    source = make(event_source, stream_name="clicks")
    other = event_source.kinesis(
        lambda event, context: None, stream_name="clicks", starting_position="LATEST", function_name="other"
    )
    assert other.stream is source.stream
    with pytest.raises(ResourceConflictException):
        make(event_source, stream_name="clicks")


# Markers


@pytest.mark.lambda_function(handler=handler)
@pytest.mark.event_source("kinesis", starting_position="TRIM_HORIZON", batch_size=3, stream_name="clicks")
class TestMarker:
    def test_a_source_is_what_its_marker_says(self, event_source):
        """Settings of the call win."""
        source = event_source(batch_size=5)
        assert (source.stream.name, source.mapping.config.batch_size) == ("clicks", 5)
        assert source.mapping.config.starting_position == "TRIM_HORIZON"

    def test_a_stream_in_the_call_replaces_the_one_of_the_marker(self, event_source, lambda_modes):
        """The settings of the mapping stay."""
        source = event_source(stream=lambda_modes.stream("views"))
        assert (source.stream.name, source.mapping.config.batch_size) == ("views", 3)

    def test_the_marker_of_one_kind_says_nothing_of_another(self, event_source):
        """A table has no stream name."""
        assert event_source.dynamodb(starting_position="LATEST").mapping.config.batch_size == 100


@pytest.mark.parametrize(
    ("marked", "answer"),
    [
        ({"kind": "kinesis", "batch_sise": 3}, "marker event_source: .*Did you mean batch_size"),
        ({"kind": "kinesis", "key_schema": ["id"]}, "marker event_source: .*key_schema"),
        ({"kind": "dynamodb", "retention_period_hours": 48}, "marker event_source: .*retention_period_hours"),
        ({"kind": "dynamodb", "tags": {}}, "marker event_source: tags is not simulated"),
        ({"kind": "sqs", "starting_position": "LATEST"}, "marker event_source: .*starting_position"),
        ({"batch_sise": 3}, "marker event_source: .*Did you mean batch_size"),
    ],
)
def test_a_marker_is_checked_before_anything_runs(marked, answer):
    """Its names are those of its kind; without a kind, those of any."""
    with pytest.raises(ConfigError, match=answer):
        LambdaModes(HarnessSettings.build("test"), source_settings=marked)


@pytest.mark.parametrize(
    "marked",
    [
        {"kind": "kinesis", "starting_position": "LATEST", "shard_count": 2, "timeout": 7},
        {"kind": "dynamodb", "key_schema": ["id"], "maximum_retry_attempts": 3},
        {"starting_position": "LATEST", "visibility_timeout": 30},
        {"kind": "of a plugin", "anything": 1},
    ],
)
def test_a_marker_with_settings_of_its_kind_is_taken(marked):
    """Also one without a kind, and one of a kind that a plugin adds."""
    assert LambdaModes(HarnessSettings.build("test"), source_settings=marked).event_source.made == []


# Leftovers


def left_by(work) -> list[str]:
    """What a test that does this leaves behind."""
    modes = LambdaModes(HarnessSettings.build("test"))
    modes.start()
    try:
        work(modes)
        return modes.never_ran()
    finally:
        modes.stop()


def fail(event, context):
    raise ValueError("no")


def test_a_record_that_was_never_tried_is_left_over():
    """The clock never moved, or not far enough for a batching window."""
    [line] = left_by(lambda modes: make(modes.event_source).put("a"))
    assert line == "a record, put at 00:00:00: <KinesisRecord a in handler-stream, shardId-000000000000: pending>"

    def put_and_wait(modes):
        make(modes.event_source, "dynamodb", maximum_batching_window_in_seconds=60).put_item({"id": "7"})
        modes.clock.advance(seconds=59)

    assert len(left_by(put_and_wait)) == 1


def test_a_record_that_waits_behind_others_is_not_left_over():
    """The test let time pass; what is behind a poison record, or in a child of its shard, is as it should be."""

    def leave(modes):
        clicks = modes.event_source.kinesis(fail, starting_position="TRIM_HORIZON", batch_size=1)
        clicks.put("poison")
        clicks.put("behind")
        modes.clock.advance(seconds=10)
        clicks.split_shard(0)
        clicks.put("child", shard=1)

    assert left_by(leave) == []


def test_what_nobody_was_to_read_is_not_left_over():
    """What came before LATEST, and what a disabled or deleted mapping leaves in its stream."""

    def leave(modes):
        modes.stream("clicks").put("before")
        make(modes.event_source, stream=modes.stream("clicks"), starting_position="LATEST")
        disabled, deleted = make(modes.event_source, enabled=False), make(modes.event_source)
        disabled.put("a")
        deleted.put("a")
        deleted.delete()

    assert left_by(leave) == []


def test_nothing_is_left_over_when_the_test_waited_in_vain():
    """It was told already that something will not happen."""

    def leave(modes):
        make(modes.event_source).put("never tried")
        disabled = make(modes.event_source, enabled=False)
        disabled.put("a")
        with pytest.raises(NotSettledError, match="Enable it"):
            disabled.drain()

    assert left_by(leave) == []


def test_a_source_tells_what_it_is(event_source, lambda_timeline):
    """Its stream, its batches, its state."""
    source = make(event_source, stream_name="clicks", enabled=False)
    source.put("a")
    assert repr(source) == "<KinesisSource <KinesisStream clicks: 1 record, 1 shard>, 0 batches, mapping disabled>"
    [changed] = [fact for fact in lambda_timeline if isinstance(fact, facts.MappingChanged)]
    assert changed.state == "Disabled"
