"""What destinations and dead-letter queues are told about an asynchronous event."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.model.outcome import Outcome
from pytest_lambda_modes.modes.asynchronous.invocation_record import (
    InvocationRecord,
    LastResponse,
    dead_letter,
    event_bridge_entry,
    qualified,
    record_json,
    s3_key,
)

properties = settings(deadline=None, derandomize=True)

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
REQUEST_ID = "6f1c0a4e-0000-4000-8000-000000000001"
TIMESTAMP = 1_767_225_663_012_345  # 2026-01-01T00:01:03.012345Z
ERROR = b'{"errorMessage": "no stock", "errorType": "ValueError", "requestId": "6f1c", "stackTrace": []}'
TIMEOUT = b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 6f1c Error: Task timed out after 3.00 seconds"}'


def success(payload: bytes = b'{"ok": true}', *, runs: int = 1, event: bytes = b'{"id": 1}') -> InvocationRecord:
    response = LastResponse(200, "$LATEST", Outcome("success", payload, "SYNC-2"))
    return InvocationRecord(TIMESTAMP, REQUEST_ID, "orders", ARN, "Success", runs, event, response)


def failure(
    payload: bytes = ERROR, *, condition: str = "RetriesExhausted", runs: int = 3, event: bytes = b'{"id": 1}'
) -> InvocationRecord:
    response = LastResponse(200, "$LATEST", Outcome("function_error", payload, "RT-14"))
    return InvocationRecord(TIMESTAMP, REQUEST_ID, "orders", ARN, condition, runs, event, response)


def turned_away(status_code: int, condition: str) -> InvocationRecord:
    return InvocationRecord(TIMESTAMP, REQUEST_ID, "orders", ARN, condition, 0, b"{}", LastResponse(status_code))


NEVER_TRIED = InvocationRecord(TIMESTAMP, REQUEST_ID, "orders", ARN, "ZeroReservedConcurrency", 0, b"{}", None)


def error_with(message: str) -> bytes:
    return json.dumps({"errorMessage": message, "errorType": "ValueError"}).encode()


@pytest.mark.rule("ASYNC-21", "ASYNC-22")
def test_the_record_of_a_success_has_aws_keys_in_aws_order():
    """A success has no functionError; the keys and their order are AWS's."""
    assert record_json(success()) == (
        '{"version":"1.0","timestamp":"2026-01-01T00:01:03.012Z",'
        '"requestContext":{"requestId":"6f1c0a4e-0000-4000-8000-000000000001",'
        '"functionArn":"arn:aws:lambda:eu-west-1:123456789012:function:orders:$LATEST",'
        '"condition":"Success","approximateInvokeCount":1},'
        '"requestPayload":{"id": 1},'
        '"responseContext":{"statusCode":200,"executedVersion":"$LATEST"},'
        '"responsePayload":{"ok": true}}'
    )


@pytest.mark.rule("ASYNC-21", "ASYNC-22")
def test_the_record_of_a_failure_carries_the_error_object():
    """A failure adds functionError, and its payload is the error object of a synchronous caller."""
    record = json.loads(record_json(failure()))
    assert list(record["responseContext"]) == ["statusCode", "executedVersion", "functionError"]
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"] == json.loads(ERROR)
    assert record["requestContext"]["condition"] == "RetriesExhausted"


@pytest.mark.rule("ASYNC-21")
@pytest.mark.parametrize("qualifier", ["$LATEST", "7", "live"])
def test_an_invoked_qualifier_stays_in_the_function_arn(qualifier):
    """The ARN is given as invoked; only an ARN without a qualifier gets `:$LATEST`."""
    assert qualified(f"{ARN}:{qualifier}") == f"{ARN}:{qualifier}"
    assert qualified(ARN) == f"{ARN}:$LATEST"


@pytest.mark.rule("ASYNC-23")
def test_a_failure_counts_its_runs_and_a_success_counts_one():
    """approximateInvokeCount is the number of runs of a failure, and 1 for a success after two retries."""
    assert json.loads(record_json(failure(runs=3)))["requestContext"]["approximateInvokeCount"] == 3
    assert json.loads(record_json(success(runs=3)))["requestContext"]["approximateInvokeCount"] == 1


@pytest.mark.rule("ASYNC-26")
def test_a_record_of_an_event_that_was_throttled_to_its_end_says_429_and_no_more():
    """An event that no run was ever admitted for has only a status code to show."""
    record = json.loads(record_json(turned_away(429, "EventAgeExceeded")))
    assert record["responseContext"] == {"statusCode": 429}
    assert "responsePayload" not in record
    assert record["requestContext"]["approximateInvokeCount"] == 0


@pytest.mark.rule("ASYNC-13")
def test_a_record_of_zero_concurrency_has_no_response():
    """An event that was never tried has neither responseContext nor responsePayload."""
    assert list(json.loads(record_json(NEVER_TRIED))) == ["version", "timestamp", "requestContext", "requestPayload"]


@pytest.mark.rule("ASYNC-15")
def test_a_record_of_a_deleted_function_says_404():
    """The record has a status code, and neither a version nor a payload."""
    record = json.loads(record_json(turned_away(404, "RetriesExhausted")))
    assert record["responseContext"] == {"statusCode": 404}
    assert "responsePayload" not in record


@pytest.mark.rule("ASYNC-33")
def test_a_record_of_a_timeout_carries_the_timeout_object():
    """The payload is the object of a synchronous timeout, without a requestId."""
    record = json.loads(record_json(failure(TIMEOUT)))
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert list(record["responsePayload"]) == ["errorType", "errorMessage"]


@pytest.mark.rule("ASYNC-21")
@pytest.mark.parametrize("text", ["1.10", "1E+2", "9" * 5000, '{"a":1,"a":2}', '"\\u00e9 é"', " [ ] ", "null"])
def test_payloads_are_embedded_as_they_were_written(text):
    """No digit, duplicate key, escape or space of a payload is lost on the way into a record."""
    record = record_json(success(text.encode(), event=text.encode()))
    assert f'"requestPayload":{text},"responseContext"' in record
    assert record.endswith(f'"responsePayload":{text}}}')


@pytest.mark.rule("ASYNC-31")
@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"NaN", id="nan"),
        pytest.param(b'{"a": Infinity}', id="infinity"),
        pytest.param(b"[-Infinity]", id="minus infinity"),
        pytest.param(b"plain text", id="text"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff", id="not utf-8"),
        pytest.param(b"{} {}", id="two values"),
        pytest.param(b"\xef\xbb\xbf1", id="byte order mark"),
        pytest.param(b"[" * 200_000, id="too deep"),
    ],
)
def test_a_response_that_is_not_json_is_replaced_by_a_delivery_error(payload):
    """The record omits responsePayload, says that it could not be read, and is JSON itself."""
    record = json.loads(record_json(success(payload)))
    assert "responsePayload" not in record
    assert list(record)[-1] == "deliveryError"
    assert list(record["deliveryError"]) == ["statusCode", "errorCode", "errorMessage"]
    assert record["deliveryError"]["statusCode"] == 400
    assert record["deliveryError"]["errorCode"] == "InvalidRequestContentException"
    assert record["deliveryError"]["errorMessage"].startswith("Could not parse payload into json: ")


@pytest.mark.rule("ASYNC-25")
def test_an_event_bus_receives_the_record_as_detail():
    """The entry names the bus and the qualified function, and its detail is the record."""
    bus = "arn:aws:events:eu-west-1:123456789012:event-bus/default"
    assert event_bridge_entry(success(), event_bus_arn=bus) == {
        "Source": "lambda",
        "DetailType": "Lambda Function Invocation Result - Success",
        "Resources": [bus, f"{ARN}:$LATEST"],
        "Detail": record_json(success()),
    }


@pytest.mark.rule("ASYNC-25")
@pytest.mark.parametrize("record", [failure(), turned_away(429, "EventAgeExceeded"), NEVER_TRIED])
def test_every_other_condition_is_a_failure_to_an_event_bus(record):
    """Whatever is not a success has the failure's detail-type."""
    entry = event_bridge_entry(record, event_bus_arn="arn:aws:events:eu-west-1:123456789012:event-bus/default")
    assert entry["DetailType"] == "Lambda Function Invocation Result - Failure"


@pytest.mark.rule("ASYNC-27")
def test_a_bucket_receives_the_record_under_a_dated_key():
    """The key has the function's name, the day and the second in UTC, and a UUID."""
    aliased = failure()._replace(function_arn=f"{ARN}:live")
    assert s3_key(aliased, object_id="u-1") == "aws/lambda/async/orders/2026/01/01/2026-01-01T00.01.03-u-1"


@pytest.mark.rule("ASYNC-18", "ASYNC-19")
def test_a_dead_letter_is_the_event_itself_with_three_attributes():
    """The body is the event's JSON to the byte; the attributes are the request id, 200 and the error's text."""
    body, attributes = dead_letter(failure(event=b'{ "price": 1.10, "name": "\xc3\xa9" }'))
    assert body == '{ "price": 1.10, "name": "é" }'
    assert list(attributes.items()) == [
        ("RequestID", REQUEST_ID),
        ("ErrorCode", 200),
        ("ErrorMessage", "no stock"),
    ]


@pytest.mark.rule("ASYNC-18")
def test_an_error_without_a_text_leaves_the_attribute_out():
    """`raise ValueError()` has an empty message, and SQS knows no empty attribute."""
    assert list(dead_letter(failure(error_with("")))[1]) == ["RequestID", "ErrorCode"]


@pytest.mark.rule("ASYNC-18")
@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("x" * 1024, "x" * 1024),
        ("x" * 1025, "x" * 1024),
        ("x" * 1022 + "é", "x" * 1022 + "é"),
        ("x" * 1023 + "é", "x" * 1023 + "\ufffd"),
        ("x" * 1021 + "\U0001f600", "x" * 1021 + "\ufffd"),
        ("half a pair: \ud800", "half a pair: ?"),
    ],
    ids=["fits", "too long", "fits in two bytes", "split in two", "split in four", "not a character"],
)
def test_an_error_message_is_cut_after_1024_bytes(message, kept):
    """The cut counts bytes; a character that it splits becomes one replacement character."""
    _, attributes = dead_letter(failure(error_with(message)))
    assert attributes["ErrorMessage"] == kept


@pytest.mark.rule("ASYNC-20", "ASYNC-15", "ASYNC-36")
@pytest.mark.parametrize(
    ("record", "code", "message"),
    [
        (turned_away(429, "EventAgeExceeded"), 429, "Rate Exceeded."),
        (turned_away(404, "RetriesExhausted"), 404, f"Function not found: {ARN}:$LATEST"),
        (
            turned_away(400, "RecursiveInvocation"),
            400,
            "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services "
            "resources and stopped your function's invocation.",
        ),
    ],
    ids=["throttled", "deleted", "recursive"],
)
def test_a_dead_letter_of_an_event_that_was_turned_away_carries_the_api_error(record, code, message):
    """The status code and text are those of the Invoke API's own error."""
    attributes = dead_letter(record)[1]
    assert (attributes["ErrorCode"], attributes["ErrorMessage"]) == (code, message)


@pytest.mark.rule("ASYNC-20")
def test_a_dead_letter_of_zero_concurrency_has_no_error_code():
    """Nothing was tried, so there is no code; the text is AWS's, missing space included."""
    assert dead_letter(NEVER_TRIED)[1] == {
        "RequestID": REQUEST_ID,
        "ErrorMessage": "Function not invoked. Function isconfigured with zero reserved concurrent executions",
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.rule("ASYNC-21")
@properties
@given(json_values, json_values, st.booleans())
def test_every_json_payload_reads_back_from_the_record_as_it_was(event, response, ascii_only):
    """Whatever JSON an event and a response are, the record is JSON that contains both."""
    payloads = [json.dumps(value, ensure_ascii=ascii_only).encode() for value in (event, response)]
    record = json.loads(record_json(success(payloads[1], event=payloads[0])))
    assert (record["requestPayload"], record["responsePayload"]) == (event, response)


@pytest.mark.rule("ASYNC-31")
@properties
@given(st.binary(max_size=40))
def test_whatever_bytes_a_handler_returns_the_record_stays_json(payload):
    """A record has a responsePayload or a deliveryError, never both and never neither."""
    record = json.loads(record_json(success(payload)))
    assert ("responsePayload" in record) != ("deliveryError" in record)


@pytest.mark.rule("ASYNC-18")
@properties
@given(st.text(st.characters(codec="utf-8", min_codepoint=0x80) | st.just("x"), min_size=250, max_size=600))
def test_a_cut_error_message_is_the_beginning_of_the_whole(message):
    """A dead letter's error text differs from the error's only at its end."""
    kept = dead_letter(failure(error_with(message)))[1]["ErrorMessage"]
    assert message.startswith(kept.removesuffix("\ufffd"))
    assert len(kept.removesuffix("\ufffd").encode()) <= 1024
    assert kept == message or len(message.encode()) > 1024
