"""How a report of batch item failures is read. Pure: every row of SQS-12."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.modes.polling.batch_response import Report, read_report

IDS = ("m1", "m2", "m3")


def read(answer):
    return read_report(json.dumps(answer).encode(), IDS)


def failures(*identifiers):
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}


@pytest.mark.rule("SQS-12")
@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"{}",
        b'{"batchItemFailures": []}',
        b'{"batchItemFailures": null}',
        b'""',
        b"[]",
        b'"text"',
        b"7",
        b"true",
        b'[{"itemIdentifier": "m1"}]',
        b'{"batchitemfailures": [{"itemIdentifier": "m1"}]}',
        b'{"statusCode": 200}',
    ],
)
def test_an_answer_without_failures_is_a_success(payload):
    """Nothing, no object, or no failures in it: nothing is reported."""
    assert read_report(payload, IDS) == Report(())


@pytest.mark.rule("SQS-12")
def test_the_reported_messages_fail_in_the_order_of_the_report():
    """Those and no others, each once however often it is named; other keys beside the identifier do not matter."""
    assert read(failures("m3", "m1", "m3")).failed == ("m3", "m1")
    assert read({"batchItemFailures": [{"itemIdentifier": "m2", "reason": "no stock"}]}).failed == ("m2",)


@pytest.mark.rule("SQS-12")
@pytest.mark.parametrize(
    "answer, why",
    [
        ({"batchItemFailures": [{"foo": "notvalid"}]}, "an entry has no itemIdentifier: {'foo': 'notvalid'}"),
        ({"batchItemFailures": [{}]}, "an entry has no itemIdentifier: {}"),
        ({"batchItemFailures": ["m1"]}, "an entry has no itemIdentifier: 'm1'"),
        ({"batchItemFailures": [None]}, "an entry has no itemIdentifier: None"),
        ({"batchItemFailures": [{"ItemIdentifier": "m1"}]}, "an entry has no itemIdentifier"),
        (failures(""), "an itemIdentifier is ''"),
        (failures(None), "an itemIdentifier is None"),
        (failures(0), "an itemIdentifier is 0"),
        (failures(7), "itemIdentifier 7 is not in the batch"),
        (failures("m4"), "itemIdentifier 'm4' is not in the batch"),
        (failures(["m1"]), r"itemIdentifier \['m1'\] is not in the batch"),
        (failures("m1", "m4"), "itemIdentifier 'm4' is not in the batch"),
        ({"batchItemFailures": "m1"}, "batchItemFailures is not a list"),
        ({"batchItemFailures": {"itemIdentifier": "m1"}}, "batchItemFailures is not a list"),
        ({"batchItemFailures": True}, "batchItemFailures is not a list"),
    ],
)
def test_a_report_that_names_anything_else_fails_the_whole_batch(answer, why):
    """Even if the rest of it is right. The reason is told."""
    report = read(answer)
    assert report.failed is None
    assert re.match(why, report.why)


@pytest.mark.rule("SQS-12", "RT-13")
@pytest.mark.parametrize(
    "payload",
    [b"{", b"batchItemFailures", b"NaN", b'{"total": NaN}', b'{"total": -Infinity}', b"\xff", b"[" * 100_000],
)
def test_an_answer_that_is_not_json_fails_the_whole_batch(payload):
    """Raw bytes and NaN pass the runtime, and fail here."""
    report = read_report(payload, IDS)
    assert report.failed is None
    assert report.why.startswith("the response is not JSON")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from(IDS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["batchItemFailures", "itemIdentifier", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(deadline=None, derandomize=True, max_examples=500)
@given(json_values)
def test_whatever_the_answer_what_fails_is_of_the_batch(answer):
    """A report either fails messages of the batch, each once, or all of them with a reason."""
    report = read(answer)
    if report.failed is None:
        assert report.why
    else:
        assert set(report.failed) <= set(IDS)
        assert len(set(report.failed)) == len(report.failed)
        assert not report.why


@settings(deadline=None, derandomize=True)
@given(st.binary())
def test_any_bytes_can_be_read(payload):
    """No answer of a function breaks the poller."""
    assert isinstance(read_report(payload, IDS), Report)
