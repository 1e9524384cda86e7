"""What an answer says about a batch of Kafka records. (KAFKA-5)"""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.modes.polling.kafka_batch_response import Place, Split, read_answer
from pytest_lambda_modes.modes.polling.stream_batch_response import Failed, Processed

PLACES = [Place("a-0", 5), Place("a-1", 9), Place("a-0", 6), Place("a-1", 10), Place("a-0", 7)]


def answer(*identifiers: object) -> object:
    payload = json.dumps({"batchItemFailures": [{"itemIdentifier": each} for each in identifiers]}).encode()
    return read_answer(payload, PLACES)


def at(partition: str, offset: int) -> dict[str, object]:
    return {"partition": partition, "offset": offset}


@pytest.mark.rule("KAFKA-5")
@pytest.mark.parametrize("payload", [b"", b"null", b"{}", b'{"batchItemFailures": []}', b'{"batchItemFailures": null}'])
def test_nothing_reported_is_a_success(payload: bytes) -> None:
    """Whatever form the nothing has."""
    assert read_answer(payload, PLACES) == Processed("KAFKA-5")


@pytest.mark.rule("KAFKA-5")
def test_each_partition_has_its_own_lowest_offset() -> None:
    """That one and all behind it in its partition come again; other partitions are done."""
    assert answer(at("a-0", 6)) == Split((0, 1, 3), (2, 4))
    assert answer(at("a-0", 7), at("a-0", 6), at("a-1", 10)) == Split((0, 1), (2, 3, 4))
    assert answer(at("a-0", 5), at("a-1", 9)) == Split((), (0, 1, 2, 3, 4))


@pytest.mark.rule("KAFKA-5")
@pytest.mark.parametrize(
    "identifier",
    [
        at("a-0", 8),
        at("a-2", 5),
        at("a-0", "5"),
        at("a-0", True),
        {"partition": "a-0"},
        {"offset": 5},
        "a-0:5",
        5,
        None,
        "",
        [],
    ],
)
def test_what_is_not_in_the_batch_fails_all_of_it(identifier: object) -> None:
    """An offset that is text is another one, and so is an identifier that is no object."""
    assert isinstance(answer(identifier), Failed)
    assert isinstance(answer(at("a-0", 6), identifier), Failed)


@pytest.mark.rule("KAFKA-5")
@given(st.sets(st.sampled_from(PLACES), min_size=1))
@settings(deadline=None, derandomize=True)
def test_a_split_keeps_everything_and_every_order(reported: set[Place]) -> None:
    """Each record is on one side, and what is done of a partition lies before what comes again."""
    split = answer(*(at(*place) for place in reported))
    assert isinstance(split, Split)
    assert sorted((*split.done, *split.rest)) == list(range(len(PLACES)))
    assert reported <= {PLACES[position] for position in split.rest}
    for done in split.done:
        behind = [PLACES[position] for position in split.rest if PLACES[position].partition == PLACES[done].partition]
        assert all(place.offset > PLACES[done].offset for place in behind)
