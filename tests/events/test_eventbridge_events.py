"""Events of EventBridge, its rules with schedules, and EventBridge Scheduler."""

from __future__ import annotations

import datetime as dt

import pytest
from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent
from aws_lambda_powertools.utilities.parser.models import EventBridgeModel

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import eventbridge_event, eventbridge_schedule, scheduler_invocation

AT = dt.datetime(2026, 5, 4, 3, 2, 1, 987654, tzinfo=dt.timezone.utc)


def test_an_event_of_a_rule_parses() -> None:
    """Powertools reads source, type and detail; the time has whole seconds."""
    event = eventbridge_event(source="shop", detail_type="Order Placed", detail={"id": 7}, resources=["arn:x"], at=AT)
    model = EventBridgeModel.model_validate(event)
    assert (model.source, model.detail_type, model.detail, model.resources) == (
        "shop",
        "Order Placed",
        {"id": 7},
        ["arn:x"],
    )
    assert event["time"] == "2026-05-04T03:02:01Z"
    assert (model.account, model.region, model.version) == ("123456789012", "us-east-1", "0")


@pytest.mark.rule("EVT-3")
def test_the_envelope_has_exactly_its_members() -> None:
    """There are no Records, and detail-type has a hyphen."""
    event = eventbridge_event(source="shop", detail_type="Order Placed")
    assert list(event) == [
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"
    ]  # fmt: skip
    assert event["detail"] == {}


def test_the_data_class_reads_a_scheduled_event() -> None:
    """A rule with a schedule sends an event of aws.events that names the rule."""
    event = EventBridgeEvent(eventbridge_schedule("nightly", at=AT))
    assert (event.source, event.detail_type, event.detail) == ("aws.events", "Scheduled Event", {})
    assert event.resources == ["arn:aws:events:us-east-1:123456789012:rule/nightly"]


def test_a_detail_is_the_callers_own() -> None:
    """A handler that changes its event leaves the test's detail alone."""
    detail = {"items": [1]}
    eventbridge_event(source="shop", detail_type="Order Placed", detail=detail)["detail"]["items"].append(2)
    assert detail == {"items": [1]}


@pytest.mark.parametrize("detail", ['{"id": 7}', [1], 7, {"id": object()}])
def test_a_detail_is_a_json_object(detail: object) -> None:
    """Text, lists and what JSON has not are refused."""
    with pytest.raises(ConfigError, match="detail is"):
        eventbridge_event(source="shop", detail_type="Order Placed", detail=detail)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"source": ""}, {"detail_type": ""}, {"resources": "arn:x"}, {"resources": [1]}])
def test_what_put_events_refuses_is_refused(wrong: dict[str, object]) -> None:
    """An event has a source and a type, and its resources are a list."""
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        eventbridge_event(**{"source": "shop", "detail_type": "Order Placed", **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("payload", [{"id": 7}, [1, 2], "text", 7, True])
def test_a_schedule_sends_its_input(payload: object) -> None:
    """The event is the input itself, whatever JSON it is."""
    assert scheduler_invocation(payload) == payload  # type: ignore[arg-type]


@pytest.mark.rule("EVT-7")
def test_a_schedule_without_input_sends_an_empty_object() -> None:
    """No input is {}, and a null cannot be told from it."""
    assert scheduler_invocation() == {}


def test_the_keywords_of_scheduler_become_values() -> None:
    """Scheduler replaces its context attributes wherever they stand in the input."""
    event = scheduler_invocation(
        {
            "arn": "<aws.scheduler.schedule-arn>",
            "deep": ["at <aws.scheduler.scheduled-time>", "<aws.scheduler.attempt-number>"],
            "kept": "<aws.scheduler.unknown>",
        },
        schedule="nightly",
        attempt_number=2,
        at=AT,
    )
    assert event == {
        "arn": "arn:aws:scheduler:us-east-1:123456789012:schedule/default/nightly",
        "deep": ["at 2026-05-04T03:02:01Z", "2"],
        "kept": "<aws.scheduler.unknown>",
    }


def test_only_an_object_takes_overrides() -> None:
    """Overrides name members, and a list or a number has none."""
    assert scheduler_invocation({"a": 1}, overrides={"b": 2}) == {"a": 1, "b": 2}
    with pytest.raises(ConfigError, match="only an object can take overrides"):
        scheduler_invocation([1], overrides={"b": 2})


def test_an_input_is_json() -> None:
    """What JSON has not cannot be configured."""
    with pytest.raises(ConfigError, match="input is"):
        scheduler_invocation({"a": object()})
