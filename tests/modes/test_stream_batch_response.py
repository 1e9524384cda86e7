"""What a function's answer says about its batch of stream records."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.modes.polling.stream_batch_response import Checkpoint, Failed, Processed, read_answer

NUMBERS = ["1001", "1002", "1003", "1004"]
properties = settings(deadline=None, derandomize=True)


def report(*identifiers: object) -> bytes:
    return json.dumps({"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}).encode()


@pytest.mark.rule("KIN-15")
@pytest.mark.parametrize(
    "payload", ['""', "[]", "null", "{}", '{"batchItemFailures": []}', '{"batchItemFailures": null}']
)
def test_nothing_reported_is_a_success(payload: str) -> None:
    """Each of the recorded answers."""
    assert read_answer(payload.encode(), NUMBERS) == Processed()


@pytest.mark.rule("KIN-26")
def test_no_body_is_a_success() -> None:
    """A custom runtime may answer with nothing."""
    assert read_answer(b"", NUMBERS) == Processed()


@pytest.mark.rule("KIN-16")
@pytest.mark.parametrize(
    "payload",
    [
        report(123),
        report("123"),
        report(""),
        report(None),
        b'{"batchItemFailures": [{"foo": 123}]}',
        b'{"batchItemFailures": [{"foo": null}]}',
        report("1003", "unknown"),
        b'{"batchItemFailures": "1003"}',
        b"{",
        b"\xff",
        b"NaN",
    ],
)
def test_what_is_no_report_fails_the_whole_batch(payload: bytes) -> None:
    """Each of the recorded answers, and what is no JSON; the reason is told."""
    answer = read_answer(payload, NUMBERS)
    assert isinstance(answer, Failed)
    assert answer.why


@pytest.mark.rule("KIN-14")
@pytest.mark.parametrize(
    "reported, position",
    [(["1001"], 0), (["1004"], 3), (["1004", "1002", "1003"], 1), (["1003", "1003"], 2)],
)
def test_the_lowest_reported_record_is_the_checkpoint(reported: list[str], position: int) -> None:
    """Whatever the order of the report."""
    assert read_answer(report(*reported), NUMBERS) == Checkpoint(position)


@pytest.mark.rule("KIN-14")
def test_the_lowest_is_so_by_place_and_not_by_its_letters() -> None:
    """Sequence numbers are decimal, so the shorter one is lower."""
    assert read_answer(report("1000", "999"), ["999", "1000"]) == Checkpoint(0)


@pytest.mark.rule("KIN-14")
@properties
@given(st.lists(st.integers(1, 10**24), min_size=1, max_size=30, unique=True).map(sorted), st.data())
def test_all_before_the_checkpoint_is_done_and_all_reported_is_not(numbers: list[int], data: st.DataObject) -> None:
    """For any report of records of the batch."""
    names = [str(number) for number in numbers]
    reported = data.draw(st.lists(st.sampled_from(names), min_size=1))
    answer = read_answer(report(*reported), names)
    assert isinstance(answer, Checkpoint)
    assert set(names[: answer.position]).isdisjoint(reported)
    assert names[answer.position] in reported


@pytest.mark.rule("KIN-10", "KIN-14")
@properties
@given(st.integers(1, 30), st.data())
def test_a_checkpoint_never_goes_back(size: int, data: st.DataObject) -> None:
    """However the batches that remain are reported, each begins where the one before was told to, or later."""
    names = [f"{number:05d}" for number in range(size)]
    checkpoint = 0
    for _ in range(5):
        batch = names[checkpoint:]
        reported = data.draw(st.lists(st.sampled_from(batch)))
        answer = read_answer(report(*reported), batch)
        if isinstance(answer, Processed):
            assert not reported
            return
        assert isinstance(answer, Checkpoint)
        assert names[checkpoint + answer.position] == min(reported)
        checkpoint += answer.position


def test_each_answer_names_its_rule() -> None:
    """For the timeline."""
    payloads = (b"null", report("1002"), report("?"))
    assert [read_answer(payload, NUMBERS).rule for payload in payloads] == ["KIN-15", "KIN-14", "KIN-16"]
