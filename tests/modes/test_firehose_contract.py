"""Data Firehose, and what becomes of the records that a function transforms."""

from __future__ import annotations

import base64
import json
import time

import pytest

from pytest_lambda_modes import ConfigError, facts, faults

ran = []


@pytest.fixture(autouse=True)
def nothing_ran():
    ran.clear()


def encoded(data):
    return base64.b64encode(data).decode()


def upper(event, context):
    ran.append(event)
    return {
        "records": [
            {**record, "result": "Ok", "data": encoded(base64.b64decode(record["data"]).upper())}
            for record in event["records"]
        ]
    }


def each(**members):
    """A handler that returns each record with other members."""
    return lambda event, context: {"records": [{**record, "result": "Ok", **members} for record in event["records"]]}


def fail(event, context):
    ran.append(event)
    raise ValueError("no schema")


# Good answers


@pytest.mark.rule("SYNC-37")
def test_records_that_are_transformed(sync_invoke):
    """They are delivered in the order in which they came."""
    answer = sync_invoke.from_firehose(["a", b"b", {"c": 1}], delivery_stream="clicks", handler=upper)
    assert not answer.failed
    assert answer.delivered == [b"A", b"B", b'{"C":1}']
    assert [record.raw_data for record in answer.records] == [b"a", b"b", b'{"c":1}']
    assert answer.failed_records == []
    assert ran[0]["deliveryStreamArn"].endswith(":deliverystream/clicks")
    assert "3 Ok" in repr(answer)


@pytest.mark.rule("SYNC-37")
def test_the_order_of_an_answer_does_not_matter(sync_invoke):
    """Records are told apart by their ids."""
    answer = sync_invoke.from_firehose(
        ["a", "b"], handler=lambda event, context: {"records": upper(event, context)["records"][::-1]}
    )
    assert answer.delivered == [b"A", b"B"]


@pytest.mark.rule("SYNC-37")
def test_records_that_are_dropped_or_failed(sync_invoke):
    """Dropped is a success without data. ProcessingFailed delivers the raw data below processing-failed."""

    def sort(event, context):
        ok, dropped, failed = upper(event, context)["records"]
        return {
            "records": [
                ok,
                {**dropped, "result": "Dropped"},
                {"recordId": failed["recordId"], "result": "ProcessingFailed"},
            ]
        }

    answer = sync_invoke.from_firehose(["a", "b", "c"], handler=sort)
    assert not answer.failed
    assert [record.result for record in answer.records] == ["Ok", "Dropped", "ProcessingFailed"]
    assert answer.delivered == [b"A"]
    [failed] = answer.failed_records
    assert (failed.raw_data, failed.data, failed.error_code) == (b"c", None, "Lambda.ProcessingFailedStatus")


@pytest.mark.rule("SYNC-37")
@pytest.mark.parametrize("result", ["ok", "OK", "Failed", None, 1])
def test_any_other_result_is_a_failure_of_the_record(sync_invoke, result):
    """The record counts as unsuccessfully processed, and the message says which result it had."""
    answer = sync_invoke.from_firehose(["a"], handler=each(result=result))
    [record] = answer.failed_records
    assert not answer.failed
    assert repr(result) in record.error_message


@pytest.mark.rule("SYNC-37")
def test_partition_keys(sync_invoke):
    """Those of the metadata, for dynamic partitioning."""
    answer = sync_invoke.from_firehose(["a"], handler=each(metadata={"partitionKeys": {"customer": "7"}}))
    assert answer.records[0].partition_keys == {"customer": "7"}


# Malformed answers


@pytest.mark.rule("SYNC-37")
@pytest.mark.parametrize(
    "handler, code, reason",
    [
        (lambda event, context: None, "Lambda.JsonProcessingException", "a list of records"),
        (lambda event, context: "text", "Lambda.JsonProcessingException", "a list of records"),
        (lambda event, context: b"no json", "Lambda.JsonProcessingException", "a list of records"),
        (lambda event, context: {"records": {}}, "Lambda.JsonProcessingException", "a list of records"),
        (lambda event, context: {"records": ["a", "b"]}, "Lambda.JsonProcessingException", "with a recordId"),
        (each(data="not base64"), "Lambda.JsonProcessingException", "must be a string of base64"),
        (each(data=None), "Lambda.JsonProcessingException", "must be a string of base64"),
        (each(metadata={"partitionKeys": {"n": 1}}), "Lambda.JsonProcessingException", "an object of strings"),
        (each(metadata=[1]), "Lambda.JsonProcessingException", "an object of strings"),
        (lambda event, context: {"records": []}, "Lambda.MissingRecordId", "not returned: "),
        (
            lambda event, context: {"records": upper(event, context)["records"][:1]},
            "Lambda.MissingRecordId",
            "not returned: ",
        ),
        (
            lambda event, context: {
                "records": [*upper(event, context)["records"], {"recordId": "other", "result": "Dropped"}]
            },
            "Lambda.MissingRecordId",
            "returned and never sent: other",
        ),
        (
            lambda event, context: {"records": upper(event, context)["records"] * 2},
            "Lambda.DuplicatedRecordId",
            "returned more than once",
        ),
    ],
)
def test_a_malformed_answer_fails_the_batch(sync_invoke, handler, code, reason):
    """All of its records go below processing-failed, and nothing is tried again."""
    answer = sync_invoke.from_firehose(["a", "b"], handler=handler)
    assert answer.failed
    assert answer.error.code == code
    assert reason in answer.reason
    assert [(record.raw_data, record.error_code) for record in answer.failed_records] == [(b"a", code), (b"b", code)]
    assert answer.delivered == []
    assert len(answer.tries) == 1


# Failures


@pytest.mark.rule("SYNC-37")
@pytest.mark.parametrize("number_of_retries", [0, 3, 5])
def test_an_invocation_that_fails_is_tried_again(sync_invoke, number_of_retries):
    """At once, as often as the setting says; three times by default."""
    given = {} if number_of_retries == 3 else {"number_of_retries": number_of_retries}
    answer = sync_invoke.from_firehose(["a"], handler=fail, **given)
    assert len(answer.tries) == len(ran) == 1 + number_of_retries
    assert answer.error.code == "Lambda.FunctionError"
    assert answer.reason == "the function failed: ValueError: no schema (SYNC-37)"
    assert [record.raw_data for record in answer.failed_records] == [b"a"]


@pytest.mark.rule("SYNC-37")
@pytest.mark.parametrize(
    "fault, code",
    [
        (faults.Throttle(), "Lambda.InvokeLimitExceeded"),
        (faults.ServiceError(), "Lambda.ServiceException"),
        (faults.Kill(), "Lambda.FunctionError"),
    ],
)
def test_each_failure_has_its_code(sync_invoke, fault, code):
    """After the last try; one before it is forgotten."""

    def handler(event, context):
        time.sleep(1)
        return upper(event, context)

    answer = sync_invoke.from_firehose(["a"], handler=handler, faults=dict.fromkeys((1, 2, 3, 4), fault))
    assert answer.error.code == code
    answer = sync_invoke.from_firehose(["a"], handler=handler, faults=dict.fromkeys((1, 2, 3), fault))
    assert not answer.failed
    assert len(answer.tries) == 4


@pytest.mark.rule("SYNC-37")
@pytest.mark.parametrize("timeout, outcome, waited", [(900, "gave_up", 300), (60, "timeout", 60)])
def test_five_minutes_for_each_try(sync_invoke, lambda_clock, timeout, outcome, waited):
    """Or less, if the function's own timeout comes first."""

    def slow(event, context):
        time.sleep(400)

    answer = sync_invoke.from_firehose(["a"], handler=slow, timeout=timeout, number_of_retries=1)
    assert [each.outcome for each in answer.tries] == [outcome, outcome]
    assert answer.error.code == "Lambda.FunctionTimedOut"
    assert lambda_clock.elapsed.total_seconds() == 2 * waited


@pytest.mark.rule("SYNC-37")
def test_a_function_that_was_deleted(sync_invoke, lambda_modes):
    """It is told as such, and not tried again."""
    function = lambda_modes.function(upper)
    function.delete()
    answer = sync_invoke.from_firehose(["a"], handler=function)
    assert (answer.error.code, len(answer.tries)) == ("Lambda.ResourceNotFound", 1)


@pytest.mark.parametrize(
    "records, given, text",
    [
        ([], {}, "records is"),
        ("a", {}, "records is"),
        ([1], {}, "a record is 1"),
        (["a"], {"number_of_retries": 301}, "from 0 to 300"),
        (["a"], {"number_of_retries": True}, "from 0 to 300"),
        (["a"], {"faults": {5: faults.Throttle()}}, "the service makes 4 tries at most"),
        (["a"], {"number_of_retries": 0, "faults": {2: faults.Throttle()}}, "the service makes 1 try at most"),
        (["a"], {"faults": {1: faults.FailedDelete()}}, "Here there are Throttle"),
    ],
)
def test_a_batch_that_firehose_has_not(sync_invoke, records, given, text):
    """It is refused before the function is called."""
    with pytest.raises(ConfigError, match=text):
        sync_invoke.from_firehose(records, handler=upper, **given)
    assert not ran


def test_the_timeline_tells_the_retries(sync_invoke, lambda_timeline):
    """Each with the rule."""
    sync_invoke.from_firehose([json.dumps({"a": 1})], handler=fail, number_of_retries=2)
    retries = [fact for fact in lambda_timeline.facts if isinstance(fact, facts.RetryScheduled)]
    assert [(fact.attempt, fact.rule) for fact in retries] == [(2, "SYNC-37"), (3, "SYNC-37")]
