"""Whatever a function answers, a service makes something of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes import events
from pytest_lambda_modes.modes.synchronous import (
    alexa_contract,
    appsync_contract,
    cloudfront_contract,
    cognito_contract,
    connect_contract,
    firehose_contract,
    lex_contract,
    s3_batch_contract,
    step_functions_contract,
)
from pytest_lambda_modes.modes.synchronous.service_answer import Try

NEW_YEAR = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)

COGNITO = events.cognito_trigger("PreSignUp_SignUp")
LEX = events.lex_code_hook("Order", slots={"Size": "large"}, invocation_source="FulfillmentCodeHook")
ALEXA = events.alexa_launch()
REQUEST = events.edge_viewer_request()
RESPONSE = events.edge_origin_response()
FIREHOSE = events.firehose_transformation(["a"])
TASK = events.s3_batch_task("in", "key")

# What each makes of tries, and a good answer, whose parts are made wrong below.
CONTRACTS: dict[str, tuple[Callable[[list[Try]], Any], Any]] = {
    "alexa": (
        lambda tries: alexa_contract.answer(ALEXA, tries),
        {
            "version": "1.0",
            "sessionAttributes": {"a": 1},
            "response": {
                "outputSpeech": {"type": "PlainText", "text": "Hello"},
                "reprompt": {"outputSpeech": {"type": "SSML", "ssml": "<speak/>"}},
                "directives": [],
                "shouldEndSession": False,
            },
        },
    ),
    "appsync": (appsync_contract.answer, {"id": 7}),
    "cloudfront request": (
        lambda tries: cloudfront_contract.answer(REQUEST, tries),
        {
            **REQUEST["Records"][0]["cf"]["request"],
            "body": {"action": "replace", "encoding": "base64", "data": "eA=="},
        },
    ),
    "cloudfront response": (
        lambda tries: cloudfront_contract.answer(RESPONSE, tries),
        {
            "status": "200",
            "statusDescription": "OK",
            "headers": {"a": [{"key": "A", "value": "b"}]},
            "body": "x",
            "bodyEncoding": "text",
        },
    ),
    "cognito": (lambda tries: cognito_contract.answer(COGNITO, tries), COGNITO),
    "connect": (lambda tries: connect_contract.answer(tries, "STRING_MAP"), {"a": "b"}),
    "firehose": (
        lambda tries: firehose_contract.answer(FIREHOSE, tries),
        {
            "records": [
                {
                    "recordId": FIREHOSE["records"][0]["recordId"],
                    "result": "Ok",
                    "data": "eA==",
                    "metadata": {"partitionKeys": {"a": "b"}},
                }
            ]
        },
    ),
    "lex": (
        lambda tries: lex_contract.answer(LEX, tries),
        {
            "sessionState": {
                "dialogAction": {"type": "Delegate"},
                "intent": {"name": "Order", "slots": {"Size": None}, "state": "InProgress"},
            },
            "messages": [{"contentType": "PlainText", "content": "Hello"}],
        },
    ),
    "s3 batch": (
        lambda tries: s3_batch_contract.answer(TASK, tries),
        {
            "invocationSchemaVersion": "1.0",
            "invocationId": TASK["invocationId"],
            "treatMissingKeysAs": "Succeeded",
            "results": [{"taskId": TASK["tasks"][0]["taskId"], "resultCode": "Succeeded", "resultString": "done"}],
        },
    ),
    "step functions": (step_functions_contract.answer, {"id": 7}),
}

wrong = st.sampled_from([None, True, 7, 0.5, "", "text", [], ["text"], [[]], {}, {"a": []}, [None]])


def answered(value: object) -> list[Try]:
    return [Try(1, "success", NEW_YEAR, dt.timedelta(0), json.dumps(value).encode())]


def paths(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something is inside a value, the whole of it first."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, item in inner for deeper in paths(item, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], by: object) -> Any:
    """The value with something else at a path."""
    if not path:
        return by
    key, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[key] = replaced(value[key], tuple(rest), by)
    return copy


@pytest.mark.parametrize("service", CONTRACTS)
def test_the_good_answer_is_one(service):
    """It is what the next test takes apart."""
    make, good = CONTRACTS[service]
    assert not make(answered(good)).failed


@pytest.mark.parametrize("service", CONTRACTS)
@settings(deadline=None, derandomize=True)
@given(st.data())
def test_whatever_is_wrong_with_an_answer_it_has_a_reason(service, data):
    """Any part may be anything: the answer is taken, or refused in words, and can be shown."""
    make, good = CONTRACTS[service]
    answer = make(answered(replaced(good, data.draw(st.sampled_from(paths(good))), data.draw(wrong))))
    assert answer.failed is (answer.reason is not None)
    assert answer.failed is (answer.error is not None)
    assert answer.told() in str(answer)
    assert [getattr(answer, name) for name in dir(answer)]


@pytest.mark.parametrize("service", CONTRACTS)
@pytest.mark.parametrize("outcome", ["gave_up", "timeout", "function_error", "init_error", "exit"])
def test_every_other_end_of_a_try_is_a_failure(service, outcome):
    """With a reason that names the rule."""
    make, _ = CONTRACTS[service]
    payload = b"" if outcome == "gave_up" else b'{"errorMessage": "gone", "errorType": "Gone"}'
    answer = make([Try(1, outcome, NEW_YEAR, dt.timedelta(seconds=5), payload)])
    assert answer.failed
    assert answer.reason.endswith(f"({answer.rule})")
    assert ("had not answered after 5 s" if outcome == "gave_up" else "Gone: gone") in answer.reason
