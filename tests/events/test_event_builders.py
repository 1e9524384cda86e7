"""What all builders of events have in common."""

from __future__ import annotations

import datetime as dt
import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes import events
from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.building import finished
from pytest_lambda_modes.model.identifiers import Identifiers

CALLS: dict[str, tuple[object, ...]] = {
    "activemq_messages": (["message"],),
    "alb_health_check": (),
    "alb_request": ("GET", "/orders"),
    "alexa_intent": ("OrderIntent",),
    "alexa_launch": (),
    "alexa_session_ended": (),
    "appsync_resolver": ("order",),
    "cloudformation_custom_resource": ("Create",),
    "cloudwatch_log_events": (["a line"],),
    "codecommit_reference_change": (),
    "codepipeline_job": (),
    "cognito_trigger": ("PreSignUp_SignUp",),
    "config_rule_change": ("AWS::EC2::Instance", "i-0123"),
    "config_rule_schedule": (),
    "connect_contact_flow": (),
    "documentdb_changes": ([{"total": 7}],),
    "edge_origin_request": (),
    "edge_origin_response": (),
    "edge_viewer_request": (),
    "edge_viewer_response": (),
    "eventbridge_schedule": (),
    "firehose_transformation": (["record"],),
    "function_url_request": ("GET",),
    "http_api_request": ("GET", "/orders"),
    "iot_message": ({"temperature": 21},),
    "kafka_records": (["value"],),
    "lex_code_hook": ("OrderIntent",),
    "rabbitmq_messages": (["message"],),
    "rest_api_request": ("GET", "/orders"),
    "s3_batch_task": ("bucket", "key"),
    "s3_notification": ("ObjectCreated:Put", "bucket", "key"),
    "s3_object_created": ("bucket", "key"),
    "s3_object_lambda_get": ("key",),
    "s3_object_removed": ("bucket", "key"),
    "s3_test_event": ("bucket",),
    "scheduler_invocation": ({"id": "<aws.scheduler.execution-id>"},),
    "secrets_manager_rotation": (),
    "ses_email_received": (),
    "sns_notification": ("hello",),
    "step_functions_task": ({"order": 7},),
    "websocket_connect": (),
    "websocket_disconnect": (),
    "websocket_message": ("hello",),
}
WITHOUT_IDS = {"alb_health_check", "cognito_trigger", "iot_message", "kafka_records", "rabbitmq_messages"}
WITH_IDS = sorted(CALLS.keys() - WITHOUT_IDS - {"step_functions_task"})

each_builder = pytest.mark.parametrize("name", CALLS)


def build(name: str, **more: Any) -> dict[str, Any]:
    builder: Callable[..., dict[str, Any]] = getattr(events, name)
    return builder(*CALLS[name], **more)


def test_every_builder_is_tried_here() -> None:
    """The package offers the builders of this file, and one with keywords only."""
    offered = {name for name in dir(events) if inspect.isfunction(getattr(events, name)) and not name.startswith("_")}
    assert offered - {"import_module"} == {*CALLS, "eventbridge_event"}


@each_builder
def test_an_event_repeats(name: str) -> None:
    """Built twice an event is the same, and shares nothing with the first that a handler might change."""
    first, second = build(name), build(name)
    assert first == second
    first.clear()
    assert second


@each_builder
def test_an_event_is_json(name: str) -> None:
    """An event survives JSON unchanged, so it has no tuples, datetimes or bytes."""
    event = build(name)
    assert json.loads(json.dumps(event)) == event


@pytest.mark.parametrize("name", WITH_IDS)
def test_ids_go_on(name: str) -> None:
    """Two events from one source of ids differ, and a source of the same seed gives the same two."""
    ids, again = Identifiers("seed"), Identifiers("seed")
    first, second = build(name, ids=ids), build(name, ids=ids)
    assert first != second
    assert [first, second] == [build(name, ids=again), build(name, ids=again)]


def test_resources_keep_their_ids() -> None:
    """Two requests to an API differ in their own ids and not in the API's; another topic is another subscription."""
    ids = Identifiers("seed")
    first, second = (events.rest_api_request("GET", "/", ids=ids)["requestContext"] for _ in range(2))
    assert first["requestId"] != second["requestId"]
    assert [first[name] for name in ("apiId", "domainName", "deploymentId", "resourceId")] == [
        second[name] for name in ("apiId", "domainName", "deploymentId", "resourceId")
    ]
    subscriptions = [
        events.sns_notification("hello", topic=topic, ids=ids)["Records"][0]["EventSubscriptionArn"].split(":")[-1]
        for topic in ("a", "a", "b")
    ]
    assert subscriptions[0] == subscriptions[1] != subscriptions[2]


@each_builder
def test_a_time_without_a_zone_is_refused(name: str) -> None:
    """A naive datetime is refused with the line that is right."""
    with pytest.raises(ConfigError, match=r"at=datetime\(2026, 2, 3, tzinfo=timezone\.utc\)"):
        build(name, at=dt.datetime(2026, 2, 3))


@each_builder
def test_a_time_of_another_zone_is_the_same_time(name: str) -> None:
    """Events tell time in UTC, whatever zone it was given in."""
    utc = dt.datetime(2026, 7, 1, 12, tzinfo=dt.timezone.utc)
    tokyo = utc.astimezone(dt.timezone(dt.timedelta(hours=9)))
    assert build(name, at=utc) == build(name, at=tokyo)


@pytest.mark.parametrize("name", sorted({*CALLS} - {"cloudwatch_log_events"}))
def test_a_test_can_have_any_member_otherwise(name: str) -> None:
    """Overrides add to an event and leave what they do not name."""
    assert build(name, overrides={"added": {"by": ["a", "test"]}}) == {**build(name), "added": {"by": ["a", "test"]}}


def test_overrides_reach_into_lists_by_index() -> None:
    """A mapping merges into the item of a list; a list takes the place of a list."""
    event = {"Records": [{"a": 1, "b": {"c": 2}}, {"a": 3}], "tags": ["x", "y"]}
    changed = finished(event, {"Records": {0: {"b": {"d": 4}}, 1: {"a": 5}}, "tags": ["z"]})
    assert changed == {"Records": [{"a": 1, "b": {"c": 2, "d": 4}}, {"a": 5}], "tags": ["z"]}
    assert event["tags"] == ["x", "y"]


@pytest.mark.parametrize("index", [2, -1, "a"])
def test_an_index_that_a_list_has_not_is_refused(index: object) -> None:
    """An override that would go nowhere is an error that says where."""
    with pytest.raises(ConfigError, match=r"overrides\['Records'\]\[.*\]: the event has a list of 1 there"):
        finished({"Records": [{}]}, {"Records": {index: {}}})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.text(max_size=3), json_values, max_size=4)


@settings(deadline=None, derandomize=True)
@given(objects, objects)
def test_overrides_win_member_by_member(event: dict[str, Any], member: dict[str, Any]) -> None:
    """What overrides say holds afterwards, at every depth, and saying it twice changes nothing more."""
    holder = {"member": event}
    once = finished(holder, {"member": member})
    assert finished(once, {"member": member}) == once
    for key, value in member.items():
        if not isinstance(value, dict):
            assert once["member"][key] == value
    assert {key: once["member"][key] for key in event.keys() - member.keys()} == {
        key: event[key] for key in event.keys() - member.keys()
    }


def test_what_is_shared_inside_an_event_can_be_changed_apart() -> None:
    """The same object in two places of an event is two objects once it is built."""
    event = events.lex_code_hook("Order", overrides={"sessionState": {"intent": {"state": "Failed"}}})
    assert event["interpretations"][0]["intent"]["state"] == "InProgress"


def test_importing_the_package_loads_no_builder() -> None:
    """A builder's module is loaded when it is first asked for."""
    code = (
        "import sys, pytest_lambda_modes.events as events\n"
        "loaded = lambda: [name for name in sys.modules if name.startswith('pytest_lambda_modes.events.')]\n"
        "print(*loaded())\n"
        "events.sns_notification\n"
        "print(*sorted(loaded()))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["", "pytest_lambda_modes.events.building pytest_lambda_modes.events.sns"]


def test_an_unknown_builder_is_an_attribute_error() -> None:
    """The package has no other names than it says."""
    with pytest.raises(AttributeError, match="has no attribute 'sns_message'"):
        _ = events.sns_message
