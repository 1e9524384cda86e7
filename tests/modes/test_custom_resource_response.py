"""What CloudFormation makes of the body that a function puts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes.modes.asynchronous.custom_resource_response import CustomResourceResponse, read_response

REQUEST = {"RequestType": "Create", "StackId": "stack", "RequestId": "request", "LogicalResourceId": "Resource"}
SUCCESS = {
    "Status": "SUCCESS",
    "PhysicalResourceId": "physical",
    "StackId": "stack",
    "RequestId": "request",
    "LogicalResourceId": "Resource",
}


def read(**changes: Any) -> CustomResourceResponse:
    response = {**SUCCESS, **changes}
    return read_response(
        json.dumps({key: value for key, value in response.items() if value is not None}).encode(), REQUEST
    )


@pytest.mark.rule("ASYNC-47")
def test_a_success_has_an_id_and_data() -> None:
    """Data is what Fn::GetAtt gives; NoEcho masks it."""
    assert read() == ("SUCCESS", None, "physical", {}, False)
    assert read(Data={"Endpoint": "e"}, NoEcho=True) == ("SUCCESS", None, "physical", {"Endpoint": "e"}, True)


@pytest.mark.rule("ASYNC-47")
def test_a_failure_has_a_reason() -> None:
    """It is the function's own."""
    assert read(Status="FAILED", Reason="no such thing") == ("FAILED", "no such thing", "physical", {}, False)


@pytest.mark.rule("ASYNC-47")
@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"Status": None}, "Status is null, and must be SUCCESS or FAILED"),
        ({"Status": "success"}, 'Status is "success", and must be SUCCESS or FAILED'),
        ({"PhysicalResourceId": None}, "Invalid PhysicalResourceId"),
        ({"PhysicalResourceId": ""}, "Invalid PhysicalResourceId"),
        ({"PhysicalResourceId": 7}, "Invalid PhysicalResourceId"),
        ({"PhysicalResourceId": "ä" * 513}, "Invalid PhysicalResourceId"),
        ({"StackId": "other"}, 'StackId is "other", and not that of the request'),
        ({"RequestId": "other"}, 'RequestId is "other", and not that of the request'),
        ({"LogicalResourceId": None}, "LogicalResourceId is null, and not that of the request"),
        ({"Status": "FAILED"}, "Reason is missing"),
        ({"Data": "text"}, 'Data is "text", and must be an object'),
    ],
)
def test_a_response_that_cannot_be_is_a_failure(changes: dict[str, Any], reason: str) -> None:
    """Whatever it says of itself, and the reason tells what is wrong with it."""
    assert read(**changes).status == "FAILED"
    assert reason in str(read(**changes).reason)


@pytest.mark.rule("ASYNC-47")
def test_a_response_has_4096_bytes_at_most() -> None:
    """One more, and CloudFormation does not look inside."""
    length = len(json.dumps({**SUCCESS, "Data": {"a": ""}}))
    assert read(Data={"a": "x" * (4096 - length)}).status == "SUCCESS"
    assert read(Data={"a": "x" * (4097 - length)}) == ("FAILED", "Response object is too long.", None, {}, False)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b'"SUCCESS"', b"null"])
def test_what_is_no_json_object_is_a_failure(body: bytes) -> None:
    """Also an empty body."""
    response = read_response(body, REQUEST)
    assert response.status == "FAILED"
    assert str(response.reason).startswith("Invalid response object: ")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from([*SUCCESS, "Reason", "Data", "NoEcho"]), anything) | anything)
def test_every_response_has_a_status_and_every_failure_a_reason(changes: Any) -> None:
    """Nothing that a function can put raises."""
    body = {**SUCCESS, **changes} if isinstance(changes, dict) else changes
    response = read_response(json.dumps(body).encode(), REQUEST)
    assert response.status in ("SUCCESS", "FAILED")
    assert response.status == "SUCCESS" or response.reason
