"""What every stream does: records in order, positions that stay valid, retention, and progress for each mapping."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services.stream import Shard, Stream
from pytest_lambda_modes.services.stream_record import Record
from pytest_lambda_modes.units import SECOND

NEW_YEAR = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
RETENTION = 100 * SECOND


class Journal(Stream[Record]):
    """The least a stream can be."""

    kind = "kinesis"

    def put(self, key: str = "k") -> Record:
        return self._accept(Record(key), self.shard_of(key))

    def close(self, shard: Shard[Record]) -> None:
        self._close(shard)

    def _shard_id(self, number: int) -> str:
        return f"shard-{number}"

    def _sequence_number(self, shard: Shard[Record], index: int) -> str:
        return str(1000 + index)


def make_stream(scheduler: Scheduler, shard_count: int = 1) -> Journal:
    return Journal("journal", "arn", scheduler, Identifiers("s"), shard_count=shard_count, retention=RETENTION)


@pytest.fixture
def stream(scheduler: Scheduler) -> Journal:
    return make_stream(scheduler)


@pytest.fixture
def shard(stream: Journal) -> Shard[Record]:
    return stream.shards[0]


def test_records_are_read_in_order_from_a_position(stream: Journal, shard: Shard[Record]) -> None:
    """A read gives at most so many records, and the next position is the last one's index + 1."""
    records = [stream.put() for _ in range(5)]
    assert shard.records_from(0, 2) == records[:2]
    assert shard.records_from(records[1].index + 1, 10) == records[2:]
    assert shard.records_from(shard.end, 10) == []


def test_reading_changes_nothing(stream: Journal, shard: Shard[Record]) -> None:
    """The same position gives the same records again, to any reader."""
    stream.put()
    assert shard.records_from(0, 9) == shard.records_from(0, 9) == stream.records


@pytest.mark.rule("KIN-2", "KIN-13")
def test_a_record_at_its_retention_has_left_the_stream(
    stream: Journal, shard: Shard[Record], scheduler: Scheduler
) -> None:
    """A microsecond before it is still there."""
    record = stream.put()
    scheduler.now = RETENTION - 1
    assert shard.records_from(0, 1) == [record]
    assert record.state == "pending"
    scheduler.now += 1
    assert shard.records_from(0, 1) == []
    assert record.state == "expired"


def test_positions_stay_valid_when_records_leave(stream: Journal, shard: Shard[Record], scheduler: Scheduler) -> None:
    """A position counts from the first record there ever was, whatever has been trimmed."""
    for second in range(10):
        scheduler.now = second * SECOND
        stream.put()
    scheduler.now = 5 * SECOND + RETENTION
    assert shard.trim_horizon == 6
    assert [record.index for record in shard.records_from(0, 2)] == [6, 7]
    assert [record.index for record in shard.records_from(8, 9)] == [8, 9]
    assert shard.end == 10
    assert stream.put().index == 10


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), max_size=30), st.integers(0, 60), st.integers(1, 9))
def test_a_read_is_what_a_plain_list_would_give(steps: list[tuple[int, int]], position: int, limit: int) -> None:
    """However time and arrivals mix, a read gives the records from its position on that are younger than retention."""
    scheduler = Scheduler()
    stream = make_stream(scheduler)
    [shard] = stream.shards
    everything: list[Record] = []
    for seconds, arrivals in steps:
        scheduler.now += seconds * SECOND
        everything += [stream.put() for _ in range(arrivals)]
        there = [record for record in everything[position:] if scheduler.now - record.arrival < RETENTION]
        assert shard.records_from(position, limit) == there[:limit]
        assert shard.end == len(everything)


def test_sequence_numbers_come_from_the_index(stream: Journal) -> None:
    """A record knows its place and its name in the shard."""
    first, second = stream.put("a"), stream.put("b")
    assert (first.index, second.index) == (0, 1)
    assert (first.sequence_number, second.sequence_number) == ("1000", "1001")
    assert (second.partition_key, second.shard_id) == ("b", "shard-0")


def test_an_arrival_is_told_as_a_moment(stream: Journal, scheduler: Scheduler) -> None:
    """`arrived_at` is an aware datetime, `epoch` the same in microseconds."""
    scheduler.now = 90 * SECOND
    record = stream.put()
    assert record.arrived_at == NEW_YEAR + dt.timedelta(seconds=90)
    assert record.epoch == scheduler.start + 90 * SECOND


@pytest.mark.rule("KIN-4")
def test_where_a_mapping_begins(stream: Journal, shard: Shard[Record], scheduler: Scheduler) -> None:
    """At the oldest record, behind the newest, or at the first one that arrived at an instant or later."""
    for second in (0, 10, 10, 20):
        scheduler.now = second * SECOND
        stream.put()
    assert stream.starting_position(shard, "TRIM_HORIZON") == 0
    assert stream.starting_position(shard, "LATEST") == 4
    starts = [
        stream.starting_position(shard, "AT_TIMESTAMP", scheduler.start + second * SECOND)
        for second in (-60, 0, 1, 10, 11, 20, 21)
    ]
    assert starts == [0, 0, 1, 1, 3, 3, 4]


def test_a_mapping_cannot_begin_before_the_horizon(stream: Journal, shard: Shard[Record], scheduler: Scheduler) -> None:
    """What has left the stream is nobody's beginning."""
    stream.put()
    scheduler.now = RETENTION
    stream.put()
    assert stream.starting_position(shard, "TRIM_HORIZON") == 1
    assert stream.starting_position(shard, "AT_TIMESTAMP", scheduler.start) == 1


def test_arrivals_are_told(stream: Journal, shard: Shard[Record]) -> None:
    """Who listens is told the shard, when the record can already be read."""
    seen: list[tuple[Shard[Record], int]] = []
    stream.on_arrival.append(lambda shard: seen.append((shard, shard.end)))
    stream.put()
    stream.put()
    assert seen == [(shard, 1), (shard, 2)]


def test_a_stream_has_no_timer(stream: Journal, scheduler: Scheduler) -> None:
    """Nothing waits for a record to expire."""
    stream.put()
    assert scheduler.idle()


@pytest.mark.rule("KIN-23")
def test_a_closed_shard_is_finished_at_its_end(stream: Journal, shard: Shard[Record], scheduler: Scheduler) -> None:
    """A reader is done with it at its end, or when what is left has expired; with an open one never."""
    stream.put()
    assert not shard.is_finished(1)
    stream.close(shard)
    assert shard.is_finished(1)
    assert not shard.is_finished(0)
    scheduler.now = RETENTION
    assert shard.is_finished(0)


@pytest.mark.parametrize("shard_count", [1, 2, 3, 7])
def test_shards_share_out_all_hash_keys(scheduler: Scheduler, shard_count: int) -> None:
    """The first shard begins at 0, the last ends at 2^128 - 1, and each begins where the one before ends."""
    shards = make_stream(scheduler, shard_count).shards
    ends = [shard.ending_hash_key for shard in shards]
    assert len(shards) == shard_count
    assert [shard.starting_hash_key for shard in shards] == [0, *(end + 1 for end in ends[:-1])]
    assert ends[-1] == 2**128 - 1


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 9), st.integers(0, 2**128 - 1))
def test_a_hash_key_leads_to_the_shard_that_has_it(shard_count: int, hash_key: int) -> None:
    """Exactly one shard's range contains a key."""
    stream = make_stream(Scheduler(), shard_count)
    [owner] = [shard for shard in stream.shards if shard.starting_hash_key <= hash_key <= shard.ending_hash_key]
    assert stream.shard_at(hash_key) is owner


@settings(deadline=None, derandomize=True)
@given(st.lists(st.sampled_from("abcdefgh"), max_size=40))
def test_the_order_of_a_partition_key_is_kept(keys: list[str]) -> None:
    """Records of one key lie in one shard, in the order in which they were put."""
    stream = make_stream(Scheduler(), 4)
    put = [stream.put(key) for key in keys]
    for key in set(keys):
        [shard] = {record.shard for record in put if record.partition_key == key}
        assert [record for record in shard.records if record.partition_key == key] == [
            record for record in put if record.partition_key == key
        ]


def test_a_record_nobody_has_read_is_pending(stream: Journal) -> None:
    """Without a mapping there are no attempts and no reason."""
    record = stream.put()
    assert (record.state, record.attempts, record.delays, record.discard_reason) == ("pending", 0, [], None)


def test_a_record_tells_how_it_was_tried(stream: Journal) -> None:
    """Attempts are counted, and delays lie between the end of one and the start of the next."""
    record = stream.put()
    progress = record.progress_for("mapping")
    for started, ended in ((0, 3), (4, 4), (6, 9)):
        progress.attempt_started(started * SECOND)
        progress.attempt_ended(ended * SECOND)
    assert record.attempts == 3
    assert record.delays == [dt.timedelta(seconds=1), dt.timedelta(seconds=2)]
    assert record.state == "pending"


@pytest.mark.parametrize("ending", ["processed", "filtered", "discarded"])
def test_an_ending_outlives_the_retention(stream: Journal, scheduler: Scheduler, ending: str) -> None:
    """What a mapping has done with a record stays true when the record has left the stream."""
    record = stream.put()
    record.progress_for("mapping").end(ending)  # type: ignore[arg-type]
    scheduler.now = RETENTION
    assert record.state == ending


def test_a_discarded_record_tells_why(stream: Journal) -> None:
    """The condition is that of the record about it."""
    record = stream.put()
    record.progress_for("mapping").end("discarded", "RetryAttemptsExhausted")
    assert (record.state, record.discard_reason) == ("discarded", "RetryAttemptsExhausted")


@pytest.mark.rule("KIN-25")
def test_each_mapping_has_its_own_progress(stream: Journal, scheduler: Scheduler) -> None:
    """One has processed the record, another is still at it, a third has not come to it."""
    record, mappings = stream.put(), ("one", "two", "three")
    record.progress_for("one").end("processed")
    record.progress_for("two").attempt_started(0)
    assert [record.state_for(mapping) for mapping in mappings] == ["processed", "pending", "pending"]
    scheduler.now = RETENTION
    assert [record.state_for(mapping) for mapping in mappings] == ["processed", "pending", "expired"]
    record.progress_for("two").attempt_ended(RETENTION)
    assert [record.state_for(mapping) for mapping in mappings] == ["processed", "expired", "expired"]


@pytest.mark.rule("KIN-25")
@pytest.mark.parametrize("question", ["state", "attempts", "delays", "discard_reason"])
def test_with_several_mappings_there_is_no_one_answer(stream: Journal, question: str) -> None:
    """The error says what to ask instead."""
    record = stream.put()
    record.progress_for("one")
    record.progress_for("two")
    with pytest.raises(ConfigError, match=r"record\.state_for\(mapping\)"):
        getattr(record, question)


def test_a_record_shows_itself(stream: Journal) -> None:
    """The repr names the record, its place, and what has become of it, for each mapping."""
    record = stream.put()
    assert repr(record) == "<Record 1000 in journal, shard-0: pending>"
    progress = record.progress_for("one")
    progress.attempt_started(0)
    progress.end("discarded", "RecordAgeExceeded")
    assert repr(record) == "<Record 1000 in journal, shard-0: discarded (RecordAgeExceeded), 1 attempt>"
    record.progress_for("two").end("filtered")
    assert repr(record).endswith(": discarded (RecordAgeExceeded), 1 attempt and filtered>")


def test_a_stream_shows_itself(stream: Journal, shard: Shard[Record]) -> None:
    """The reprs count what is there."""
    stream.put()
    assert repr(stream) == "<Journal journal: 1 record, 1 shard>"
    stream.close(shard)
    assert repr(shard) == "<Shard shard-0 of journal: 1 record, closed>"
