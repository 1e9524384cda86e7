"""A Kinesis stream: what is put, into which shard, under which number, and how shards are split and merged."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes import errors
from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import (
    ApiError,
    ConfigError,
    EventError,
    InvalidArgumentException,
    ResourceNotFoundException,
    ValidationException,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services import kinesis_request
from pytest_lambda_modes.services.kinesis_stream import KinesisStream
from pytest_lambda_modes.units import HOUR, SECOND

KINESIS = botocore.session.get_session().get_service_model("kinesis")
MEBIBYTE = 1_048_576

MakeStream = Callable[..., KinesisStream]


@pytest.fixture
def make_stream(scheduler: Scheduler, identifiers: Identifiers) -> MakeStream:
    return lambda name="clicks", **settings: KinesisStream(name, scheduler, identifiers, **settings)


@pytest.fixture
def clicks(make_stream: MakeStream) -> KinesisStream:
    return make_stream()


def refusal(call: Callable[..., object], *args: object, **kwargs: object) -> ApiError:
    with pytest.raises(ApiError) as caught:
        call(*args, **kwargs)
    return caught.value


def shard_ids(stream: KinesisStream) -> list[str]:
    return [shard.shard_id for shard in stream.open_shards]


@pytest.mark.parametrize(
    "given, data",
    [
        ("Zoë", "Zoë".encode()),
        (b"\xff\x00", b"\xff\x00"),
        (bytearray(b"1"), b"1"),
        ({"id": 1}, b'{"id": 1}'),
        (7, b"7"),
    ],
)
def test_data_is_bytes(clicks: KinesisStream, given: object, data: bytes) -> None:
    """Bytes are put as they are, text as UTF-8, anything else as json.dumps writes it."""
    assert clicks.put(given).data == data


def test_data_is_read_back_as_json(clicks: KinesisStream) -> None:
    """`json()` parses what was put."""
    assert clicks.put({"id": [1, None]}).json() == {"id": [1, None]}


@pytest.mark.parametrize("data", [{1, 2}, "\ud800"])
def test_what_has_no_bytes_is_refused(clicks: KinesisStream, data: object) -> None:
    """A set has no JSON, a lone surrogate no UTF-8."""
    with pytest.raises(EventError, match="anything else as json"):
        clicks.put(data)
    assert clicks.records == []


def test_a_data_blob_may_have_one_mebibyte(clicks: KinesisStream) -> None:
    """The limit itself is allowed, and one byte more is answered as Kinesis does."""
    clicks.put(b"x" * MEBIBYTE)
    error = refusal(clicks.put, b"x" * (MEBIBYTE + 1))
    assert isinstance(error, ValidationException)
    assert error.message == (
        "1 validation error detected: Value at 'data' failed to satisfy constraint: "
        "Member must have length less than or equal to 1048576"
    )


def test_a_partition_key_has_one_to_256_characters(clicks: KinesisStream) -> None:
    """The bounds are the service model's."""
    shape = KINESIS.shape_for("PartitionKey").metadata
    assert clicks.put(b"", "x" * shape["max"]).partition_key == "x" * 256
    assert refusal(clicks.put, b"", "x" * (shape["max"] + 1)).message.endswith("length less than or equal to 256")
    assert refusal(clicks.put, b"", "").message == (
        "1 validation error detected: Value '' at 'partitionKey' failed to satisfy constraint: "
        f"Member must have length greater than or equal to {shape['min']}"
    )
    with pytest.raises(ConfigError, match="partition_key is 7, and must be 1 to 256 characters"):
        clicks.put(b"", 7)  # type: ignore[arg-type]


@settings(deadline=None, derandomize=True)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20), st.integers(1, 8))
def test_the_md5_of_the_partition_key_chooses_the_shard(key: str, shard_count: int) -> None:
    """The hash as a number of 128 bits lies within the range of the shard that got the record."""
    stream = KinesisStream("clicks", Scheduler(), Identifiers("s"), shard_count=shard_count)
    number = int(hashlib.md5(key.encode()).hexdigest(), 16)
    shard = stream.put("x", key).shard
    assert shard.starting_hash_key <= number <= shard.ending_hash_key


def test_an_explicit_hash_key_overrides_the_partition_key(make_stream: MakeStream) -> None:
    """The ends of each range lead to its shard, as text or as a number."""
    stream = make_stream(shard_count=2)
    half = 2**127
    numbers = [stream.put("x", explicit_hash_key=key).shard.number for key in (0, half - 1, str(half), 2**128 - 1)]
    assert numbers == [0, 0, 1, 1]


def test_a_hash_key_out_of_range_is_refused(clicks: KinesisStream) -> None:
    """There are 2^128 of them, in decimal digits."""
    assert refusal(clicks.put, "x", explicit_hash_key=2**128).message == (
        "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
        "Specified value was 340282366920938463463374607431768211456"
    )
    pattern = KINESIS.shape_for("HashKey").metadata["pattern"]
    for text in ("-1", "01", "a", ""):
        error = refusal(clicks.put, "x", explicit_hash_key=text)
        assert error.code == "ValidationException"
        assert error.message.endswith(pattern.removeprefix("^(").removesuffix(")$"))


@pytest.mark.parametrize("shard", [1, "shardId-000000000001"])
def test_a_shard_can_be_named(make_stream: MakeStream, shard: int | str) -> None:
    """By number or by id, whatever the partition key; that has a value of its own then."""
    record = make_stream(shard_count=2).put("x", shard=shard)
    assert record.shard_id == "shardId-000000000001"
    assert record.partition_key == "1"


def test_a_shard_that_is_not_there_is_refused(clicks: KinesisStream) -> None:
    """The error names those that take records."""
    with pytest.raises(ConfigError, match=r"shard is 1, and must be .* 0 \(shardId-000000000000\)"):
        clicks.put("x", shard=1)


def test_shard_and_hash_key_exclude_each_other(clicks: KinesisStream) -> None:
    """Both choose the shard."""
    with pytest.raises(ConfigError, match="both shard and explicit_hash_key"):
        clicks.put("x", shard=0, explicit_hash_key=0)


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 2)), min_size=2, max_size=40))
def test_sequence_numbers_increase(steps: list[tuple[int, int]]) -> None:
    """Within a shard each is greater than the one before, as a number and, being as long, as text; none comes twice."""
    scheduler = Scheduler(1_767_225_600 * SECOND)
    stream = KinesisStream("clicks", scheduler, Identifiers("s"), shard_count=3)
    for passed, shard in steps:
        scheduler.now += passed
        stream.put("x", shard=shard)
    for shard in stream.shards:
        numbers = [record.sequence_number for record in shard.records_from(0, 99)]
        assert numbers == sorted(set(numbers), key=int) == sorted(numbers)
        assert all(len(number) == 56 for number in numbers)
    everything = [record.sequence_number for record in stream.records]
    assert len(set(everything)) == len(everything)


def test_sequence_numbers_repeat_from_run_to_run() -> None:
    """The same puts at the same times give the same numbers, and no clock or chance is asked."""
    runs = [KinesisStream("clicks", Scheduler(1_767_225_600 * SECOND), Identifiers(seed)) for seed in ("a", "b")]
    assert [runs[0].put("x").sequence_number for _ in range(3)] == [runs[1].put("y").sequence_number for _ in range(3)]


def test_records_are_put_many_at_once(make_stream: MakeStream) -> None:
    """Entries have the API's form, and the records come in their order."""
    stream = make_stream(shard_count=2)
    records = stream.put_records(
        [
            {"Data": "a", "PartitionKey": "k"},
            {"Data": {"n": 1}, "PartitionKey": "k", "ExplicitHashKey": "0"},
            {"Data": b"c", "PartitionKey": "k", "ExplicitHashKey": str(2**128 - 1)},
        ]
    )
    assert [record.data for record in records] == [b"a", b'{"n": 1}', b"c"]
    assert [record.shard.number for record in records[1:]] == [0, 1]


def test_put_records_is_all_or_nothing(clicks: KinesisStream) -> None:
    """A refused entry is named by its place, and nothing was put."""
    entries = [{"Data": "a", "PartitionKey": "k"}, {"Data": "x" * (MEBIBYTE + 1), "PartitionKey": "k"}]
    assert "Value at 'records.2.member.data'" in refusal(clicks.put_records, entries).message
    assert clicks.records == []


def test_put_records_takes_one_to_500(clicks: KinesisStream) -> None:
    """The bounds are the service model's."""
    limits = KINESIS.shape_for("PutRecordsRequestEntryList").metadata
    assert len(clicks.put_records([{"Data": "x", "PartitionKey": "k"}] * limits["max"])) == 500
    for count in (limits["min"] - 1, limits["max"] + 1):
        error = refusal(clicks.put_records, [{"Data": "x", "PartitionKey": "k"}] * count)
        assert "at 'records' failed to satisfy constraint" in error.message


def test_put_records_has_room_for_ten_mebibytes(clicks: KinesisStream) -> None:
    """Partition keys count too."""
    entries = [{"Data": b"x" * (MEBIBYTE - 1), "PartitionKey": "k"}] * 10
    assert len(clicks.put_records(entries)) == 10
    with pytest.raises(InvalidArgumentException, match="Records size exceeds 10 MB limit"):
        clicks.put_records([*entries, {"Data": b"", "PartitionKey": "k"}])
    assert len(clicks.records) == 10


@pytest.mark.parametrize("entry", [{"Data": "x"}, {"PartitionKey": "k"}, {"data": "x", "partition_key": "k"}, "x"])
def test_an_entry_of_another_form_is_refused(clicks: KinesisStream, entry: Any) -> None:
    """The error shows the form."""
    with pytest.raises(ConfigError, match=r'\{"Data": b"...", "PartitionKey": "customer-7"\}'):
        clicks.put_records([entry])


def test_an_entry_has_the_members_of_the_api() -> None:
    """Those of the service model's entry are all known."""
    members = KINESIS.shape_for("PutRecordsRequestEntry").members
    entry = dict.fromkeys(members, "7")
    assert kinesis_request.put_records_entry(entry) == (b"7", "7", "7")


@pytest.mark.rule("KIN-2")
@pytest.mark.parametrize("hours", [24, 8760])
def test_records_are_kept_for_the_retention_period(make_stream: MakeStream, scheduler: Scheduler, hours: int) -> None:
    """From a day to a year, and not an instant longer."""
    stream = make_stream(retention_period_hours=hours)
    record = stream.put("x")
    scheduler.now = hours * HOUR - 1
    assert stream.records == [record]
    scheduler.now = hours * HOUR
    assert stream.records == []


@pytest.mark.parametrize(
    "hours, message",
    [
        (23, "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short."),
        (8761, "Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long."),
    ],
)
def test_a_retention_out_of_range_is_refused(make_stream: MakeStream, hours: int, message: str) -> None:
    """Kinesis answers with the bound."""
    error = refusal(make_stream, retention_period_hours=hours)
    assert (error.code, error.message) == ("InvalidArgumentException", message)


def test_impossible_settings_are_refused(make_stream: MakeStream) -> None:
    """Names and shard counts are those of the service model."""
    pattern = KINESIS.shape_for("StreamName").metadata["pattern"]
    assert refusal(make_stream, "no spaces").message.endswith(f"satisfy regular expression pattern: {pattern}")
    least = KINESIS.shape_for("PositiveIntegerObject").metadata["min"]
    assert refusal(make_stream, shard_count=least - 1).message.endswith("greater than or equal to 1")
    with pytest.raises(ConfigError, match="shard_count is True"):
        make_stream(shard_count=True)
    with pytest.raises(ConfigError, match=r"retention_period_hours is 24.5, .* from 24 to 8760"):
        make_stream(retention_period_hours=24.5)


def test_a_stream_has_an_arn(clicks: KinesisStream) -> None:
    """The one account and region."""
    assert clicks.arn == "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"
    assert (clicks.kind, shard_ids(clicks)) == ("kinesis", ["shardId-000000000000"])


@pytest.mark.rule("KIN-23")
def test_a_split_shard_has_two_children(clicks: KinesisStream) -> None:
    """They share its hash keys, take what comes, and leave what was there in the parent."""
    before = clicks.put("before")
    clicks.split_shard(0)
    parent, lower, upper = clicks.shards
    assert parent.closed
    assert (lower.parents, upper.parents) == ((parent,), (parent,))
    assert (lower.starting_hash_key, lower.ending_hash_key) == (0, 2**127 - 1)
    assert (upper.starting_hash_key, upper.ending_hash_key) == (2**127, 2**128 - 1)
    assert clicks.put("after", explicit_hash_key=2**127).shard is upper
    assert parent.records == [before]
    assert shard_ids(clicks) == ["shardId-000000000001", "shardId-000000000002"]


def test_a_split_may_name_its_boundary(clicks: KinesisStream) -> None:
    """It is the first hash key of the second child."""
    clicks.split_shard("shardId-000000000000", "1000")
    assert [shard.ending_hash_key for shard in clicks.open_shards] == [999, 2**128 - 1]


@pytest.mark.parametrize("boundary", [0, 1, 2**128 - 1])
def test_a_split_leaves_no_child_without_keys(clicks: KinesisStream, boundary: int) -> None:
    """Kinesis answers with the range."""
    error = refusal(clicks.split_shard, 0, boundary)
    assert (error.code, error.message) == (
        "InvalidArgumentException",
        f"NewStartingHashKey {boundary} used in SplitShard() on shard shardId-000000000000 in stream clicks under "
        "account 123456789012 is not both greater than one plus the shard's StartingHashKey 0 and less than the "
        f"shard's EndingHashKey {2**128 - 1}.",
    )


@pytest.mark.rule("KIN-23")
def test_merged_shards_have_one_child(make_stream: MakeStream) -> None:
    """It takes over the hash keys of both, which stay its parents."""
    stream = make_stream(shard_count=3)
    stream.merge_shards(1, 0)
    first, second, third, child = stream.shards
    assert child.parents == (second, first)
    assert (child.starting_hash_key, child.ending_hash_key) == (first.starting_hash_key, second.ending_hash_key)
    assert stream.open_shards == [child, third]
    assert stream.put("x", explicit_hash_key=0).shard is child


@pytest.mark.parametrize("pair", [(0, 2), (1, 1)])
def test_only_adjacent_shards_merge(make_stream: MakeStream, pair: tuple[int, int]) -> None:
    """Kinesis answers with their names."""
    stream = make_stream(shard_count=3)
    assert "are not an adjacent pair of shards eligible for merging" in refusal(stream.merge_shards, *pair).message
    assert len(stream.shards) == 3


def test_a_closed_shard_takes_part_in_nothing(clicks: KinesisStream) -> None:
    """It cannot be split, merged, or put to."""
    clicks.split_shard(0)
    text = "has already been merged or split, and thus is not eligible for merging or splitting."
    assert refusal(clicks.split_shard, 0).message.endswith(text)
    assert refusal(clicks.merge_shards, 0, 1).message.endswith(text)
    with pytest.raises(ConfigError, match=r"1 \(shardId-000000000001\), 2 \(shardId-000000000002\)"):
        clicks.put("x", shard=0)


@pytest.mark.parametrize("shard", [5, "shardId-000000000005"])
def test_an_unknown_shard_is_not_found(clicks: KinesisStream, shard: int | str) -> None:
    """Kinesis answers with its id."""
    error = refusal(clicks.split_shard, shard)
    assert isinstance(error, ResourceNotFoundException)
    assert error.message == "Could not find shard shardId-000000000005 in stream clicks under account 123456789012."


def test_resharding_is_told(make_stream: MakeStream) -> None:
    """A reader at the end of a parent learns that it was closed, when the children are there."""
    stream = make_stream(shard_count=2)
    seen: list[tuple[int, bool, int]] = []
    stream.on_arrival.append(lambda shard: seen.append((shard.number, shard.closed, len(stream.shards))))
    stream.merge_shards(0, 1)
    stream.split_shard(2)
    assert seen == [(0, True, 3), (1, True, 3), (2, True, 5)]


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.data())
def test_however_resharded_the_open_shards_share_out_all_keys(data: st.DataObject) -> None:
    """Splits and merges in any order leave no gap and no overlap."""
    stream = KinesisStream("clicks", Scheduler(), Identifiers("s"), shard_count=data.draw(st.integers(1, 3)))
    for _ in range(data.draw(st.integers(0, 6))):
        shards = stream.open_shards
        number = data.draw(st.integers(0, len(shards) - 1))
        if number + 1 < len(shards) and data.draw(st.booleans()):
            stream.merge_shards(shards[number].shard_id, shards[number + 1].shard_id)
        else:
            stream.split_shard(shards[number].shard_id)
        ends = [shard.ending_hash_key for shard in stream.open_shards]
        assert [shard.starting_hash_key for shard in stream.open_shards] == [0, *(end + 1 for end in ends[:-1])]
        assert ends[-1] == 2**128 - 1


@pytest.mark.parametrize(
    "operation, method, left_out",
    [
        ("PutRecord", KinesisStream.put, {"sequence_number_for_ordering"}),
        ("PutRecords", KinesisStream.put_records, set()),
        ("SplitShard", KinesisStream.split_shard, set()),
        ("MergeShards", KinesisStream.merge_shards, set()),
    ],
)
def test_parameters_are_the_apis(operation: str, method: Callable[..., object], left_out: set[str]) -> None:
    """Each parameter of the operation is one of the method, in snake case, unless left out here by name."""
    ours = set(inspect.signature(method).parameters)
    theirs: set[str] = {xform_name(name) for name in KINESIS.operation_model(operation).input_shape.members}
    theirs -= {"stream_name", "stream_arn", "stream_id", "dry_run"}
    assert left_out <= theirs
    assert theirs - left_out <= ours


@pytest.mark.parametrize("name", ["InvalidArgumentException", "ValidationException"])
def test_errors_are_the_apis(name: str) -> None:
    """Each class is named after an exception of the model."""
    assert KINESIS.shape_for(name).metadata["exception"]
    error: Any = getattr(errors, name)("why")
    assert (error.code, error.message, error.status_code) == (name, "why", 400)


def test_a_record_shows_its_data(clicks: KinesisStream) -> None:
    """As text on one line, cut where it gets long."""
    assert repr(clicks.put({"id": 1})) == '<KinesisRecord {"id": 1} in clicks, shardId-000000000000: pending>'
    assert json.dumps("x" * 200)[:40] in repr(clicks.put(json.dumps("x" * 200)))
    assert len(repr(clicks.put("x" * 10_000))) < 130
