"""The context object, held against the one that AWS's runtime client builds."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes import units
from pytest_lambda_modes.runtime.faults import ContextFault
from pytest_lambda_modes.runtime.lambda_context import LambdaContext, remaining_in_millis

REQUEST_ID = "6f1c0000-0000-4000-8000-000000000001"
FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:orders"


def ours(**given: Any) -> LambdaContext:
    return LambdaContext(
        REQUEST_ID,
        given.pop("remaining", lambda: 3000),
        log_group_name="/aws/lambda/orders",
        log_stream_name="2026/01/01/[$LATEST]0123",
        function_name="orders",
        memory_limit_in_mb="256",
        function_version="$LATEST",
        invoked_function_arn=FUNCTION_ARN,
        **given,
    )


def awss(oracle: Any, *, client_context: Any = None, identity: Any = None, tenant_id: str | None = None) -> Any:
    from awslambdaric.lambda_context import LambdaContext

    with oracle.environment():
        return LambdaContext(REQUEST_ID, client_context, identity, 1_767_225_603_000, FUNCTION_ARN, tenant_id)


def public(thing: Any) -> dict[str, Any]:
    return {name: repr(getattr(thing, name)) for name in dir(thing) if not name.startswith("_")} | {
        "get_remaining_time_in_millis": "",
        "log": "",
        "w3c": "",
    }


client_contexts = [
    {},
    {"custom": {"a": 1}, "env": {"locale": "fr"}, "unknown": 1},
    {"client": None},
    {"client": {"installation_id": "i", "app_title": "t", "other": 1}},
    {
        "client": {
            "installation_id": "i",
            "app_title": "t",
            "app_version_name": "n",
            "app_version_code": "c",
            "app_package_name": "p",
        }
    },
    {"custom": {}, "w3c": {"traceparent": "00-1", "tracestate": 7, "other": "x", "baggage": "k=v"}},
    {"w3c": "not an object"},
]


@pytest.mark.rule("RT-28", "RT-31")
def test_the_context_has_the_attributes_of_awss(oracle: Any) -> None:
    """Same names in the same order, same values, same text: nothing more and nothing less."""
    context, expected = ours(), awss(oracle)
    assert public(context) == public(expected)
    assert [name for name in vars(context) if name[0] != "_"] == [name for name in vars(expected) if name[0] != "_"]
    assert repr(context) == repr(expected)
    assert context.memory_limit_in_mb == "256"
    assert (context.client_context, context.tenant_id) == (None, None)
    assert (context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id) == (None, None)


@pytest.mark.rule("RT-30")
@pytest.mark.parametrize("client_context", client_contexts)
def test_a_client_context_becomes_the_objects_of_awss(oracle: Any, client_context: dict[str, Any]) -> None:
    """Known keys become attributes, unknown ones vanish, and the trace context moves to w3c()."""
    expected = awss(oracle, client_context=json.loads(json.dumps(client_context)))
    for passed in (client_context, json.dumps(client_context)):
        context = ours(client_context=passed)
        assert repr(context) == repr(expected)
        assert context.w3c() == expected.w3c()
        assert public(context.client_context) == public(expected.client_context)


@pytest.mark.rule("RT-30")
@pytest.mark.parametrize("nothing", ["", "null", None])
def test_no_client_context_is_none(nothing: str | None) -> None:
    """Absent, empty and null client contexts are None."""
    assert ours(client_context=nothing).client_context is None


@pytest.mark.rule("RT-26")
def test_a_client_context_that_is_not_json_is_a_fault_of_the_runtime(oracle: Any) -> None:
    """The message and type are those of AWS's runtime, and the handler never runs."""
    answer = oracle.invoke(lambda event, context: None, client_context="{")
    with pytest.raises(ContextFault) as caught:
        ours(client_context="{")
    expected = json.loads(answer.payload)
    assert (caught.value.error_type, caught.value.message) == (expected["errorType"], expected["errorMessage"])


@pytest.mark.rule("RT-30")
@pytest.mark.parametrize("client_context", ["[1]", "0", '"text"'])
def test_a_client_context_that_is_no_object_fails_as_in_awss_runtime(oracle: Any, client_context: str) -> None:
    """JSON of another kind is the AttributeError that AWS's runtime reports."""
    expected = json.loads(oracle.invoke(lambda event, context: None, client_context=client_context).payload)
    with pytest.raises(AttributeError) as caught:
        ours(client_context=client_context)
    assert ("AttributeError", str(caught.value)) == (expected["errorType"], expected["errorMessage"])


@pytest.mark.rule("RT-31")
@pytest.mark.parametrize("identity", [{}, {"cognitoIdentityId": "i"}, {"cognitoIdentityPoolId": "p", "x": 1}])
def test_the_identity_is_always_an_object(oracle: Any, identity: dict[str, Any]) -> None:
    """A Cognito identity has two ids, None where the caller gave none."""
    context, expected = ours(identity=identity), awss(oracle, identity=identity)
    assert public(context.identity) == public(expected.identity)
    assert repr(context) == repr(expected)


@pytest.mark.rule("RT-28")
def test_the_tenant_is_given_on(oracle: Any) -> None:
    """The tenant id is an attribute, and part of the text."""
    assert repr(ours(tenant_id="blue")) == repr(awss(oracle, tenant_id="blue"))


@pytest.mark.rule("RT-29")
@given(deadline=st.integers(0, 10**7), now=st.integers(0, 10**7))
@settings(deadline=None, derandomize=True)
def test_the_time_that_remains_is_awss_for_any_deadline_and_instant(oracle: Any, deadline: int, now: int) -> None:
    """Whole milliseconds from clock to deadline, each cut to its millisecond, and never below 0."""
    context = ours(remaining=lambda: remaining_in_millis(deadline, now))
    expected = awss(oracle)
    expected._epoch_deadline_time_in_ms = deadline // units.MILLISECOND
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: (now // units.MILLISECOND + 0.5) / 1000)
        assert context.get_remaining_time_in_millis() == expected.get_remaining_time_in_millis()


@pytest.mark.rule("RT-29")
def test_the_time_that_remains_is_asked_each_time() -> None:
    """The context keeps no time of its own."""
    left = iter([3000, 500, -1])
    context = ours(remaining=lambda: next(left))
    assert [context.get_remaining_time_in_millis() for _ in range(3)] == [3000, 500, 0]


@pytest.mark.rule("RT-28")
def test_log_writes_to_standard_output(oracle: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """log() writes the text of anything, without a line end."""
    awss(oracle).log({"a": 1})
    expected = capsys.readouterr().out
    ours().log({"a": 1})
    assert capsys.readouterr().out == expected == "{'a': 1}"


def test_a_handler_may_set_attributes() -> None:
    """Middleware hangs things on the context, as it does in AWS."""
    context: Any = ours()
    context.correlation_id = "c"
    context.function_name = "other"
    assert (context.correlation_id, context.function_name) == ("c", "other")
