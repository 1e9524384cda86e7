"""Events without an envelope: messages of IoT and payloads of Step Functions."""

from __future__ import annotations

import pytest

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events import iot_message, step_functions_task


def test_a_message_of_iot_is_the_event() -> None:
    """Nothing is around the message, and the handler's event is its own."""
    message = {"sensor": {"temperature": 21}}
    event = iot_message(message, overrides={"sensor": {"unit": "C"}})
    assert event == {"sensor": {"temperature": 21, "unit": "C"}}
    assert message == {"sensor": {"temperature": 21}}


def test_a_message_of_iot_has_a_limit() -> None:
    """128 KB of JSON and no more."""
    assert iot_message({"a": "b" * (131_072 - 8)})
    with pytest.raises(ConfigError, match="more than 131072 bytes"):
        iot_message({"a": "b" * (131_072 - 7)})


def test_a_state_passes_its_payload_on() -> None:
    """The event is the payload, and an empty object without one."""
    assert step_functions_task({"order": 7}) == {"order": 7}
    assert step_functions_task() == {}


def test_a_state_that_waits_passes_a_token() -> None:
    """The token stands where the state's parameters put it, and is another for each task."""
    event = step_functions_task({"order": 7}, task_token_member="token")
    assert set(event) == {"order", "token"}
    assert len(event["token"]) > 100


def test_a_state_has_a_limit() -> None:
    """256 KiB of JSON; the error says what would become of the execution."""
    assert step_functions_task({"a": "b" * (262_144 - 8)})
    with pytest.raises(ConfigError, match=r"States\.DataLimitExceeded"):
        step_functions_task({"a": "b" * (262_144 - 7)})


@pytest.mark.parametrize("build", [iot_message, step_functions_task])
@pytest.mark.parametrize("payload", ["text", [1], 7, {"a": object()}])
def test_another_payload_is_refused(build: object, payload: object) -> None:
    """It is a JSON object."""
    assert callable(build)
    with pytest.raises(ConfigError, match=r"(message|payload) is"):
        build(payload)
