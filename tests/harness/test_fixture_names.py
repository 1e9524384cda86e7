"""A service under the wrong fixture, or under another name: the error says where it is."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "fixture, name, text",
    [
        ("sync_invoke", "from_s3", "the service hands its event to Lambda, and waits for no answer.\n\n  async_invoke.from_s3(...)"),
        ("sync_invoke", "from_sqs", "Lambda polls the source.\n\n  event_source.sqs(...)"),
        ("async_invoke", "from_cognito", "the service waits for the function's answer.\n\n  sync_invoke.from_cognito(...)"),
        ("sync_invoke", "from_rest_api", "it has another name here.\n\n  sync_invoke.from_api_gateway(...)"),
        ("async_invoke", "from_dynamodb_streams", "Lambda polls the source.\n\n  event_source.dynamodb(...)"),
        ("event_source", "sns", "the service hands its event to Lambda, and waits for no answer.\n\n  async_invoke.from_sns(...)"),
        ("event_source", "kafka", "it has another name here.\n\n  event_source.msk(...)"),
        ("sync_invoke", "from_vpc_lattice", "the service is not simulated. Give its event yourself:\n\n  sync_invoke(event)  # SYNC-42"),
    ],
)  # fmt: skip
def test_the_method_of_another_mode_is_named(lambda_modes, fixture, name, text):
    """With how that service invokes functions, ready to paste."""
    with pytest.raises(AttributeError) as refused:
        getattr(getattr(lambda_modes, fixture), name)
    assert str(refused.value) == f"{fixture} has no {name}: {text}"


def test_a_name_that_is_misspelt_is_guessed(sync_invoke, event_source):
    """Among all services of all modes; what is like none of them is in the listing."""
    with pytest.raises(AttributeError, match=r"Did you mean sync_invoke.from_cognito\(...\)\?"):
        sync_invoke.from_congito()
    with pytest.raises(AttributeError, match=r"Did you mean event_source.rabbitmq\(...\)\?"):
        event_source.rabitmq()
    with pytest.raises(AttributeError, match="pytest --lambda-events lists all"):
        sync_invoke.from_xyz()


def test_any_other_attribute_is_missing_as_usual(sync_invoke, async_invoke, event_source):
    """So that hasattr, copy and mocks work as on any object."""
    with pytest.raises(AttributeError, match="'SyncInvoke' object has no attribute 'invoke'"):
        sync_invoke.invoke()
    assert not hasattr(async_invoke, "__deepcopy__")
    assert not hasattr(event_source, "_private")


def test_a_fixture_has_the_same_repr_in_every_run(sync_invoke, async_invoke, event_source):
    """It heads the report of a failing test."""
    assert [repr(sync_invoke), repr(async_invoke), repr(event_source)] == [
        "<SyncInvoke>", "<AsyncInvoke>", "<EventSourceFixture>"
    ]  # fmt: skip
