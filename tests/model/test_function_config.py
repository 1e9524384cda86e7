"""How a function may be configured."""

from __future__ import annotations

import re
import sys

import pytest
from botocore.session import get_session
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pytest_lambda_modes.errors import ConfigError, InvalidParameterValueException
from pytest_lambda_modes.model import setting_names
from pytest_lambda_modes.model.function_config import FunctionConfig, unique_name

lambda_api = get_session().get_service_model("lambda")


def build(**given: object) -> FunctionConfig:
    return FunctionConfig.build("marker lambda_function", **{"function_name": "orders", **given})


def test_defaults_are_awss() -> None:
    """A function without settings has those that AWS gives it."""
    config = build()
    assert (config.timeout, config.memory_size, config.environment) == (3, 128, {})
    assert (config.log_format, config.recursive_loop) == ("Text", "Terminate")
    assert config.reserved_concurrent_executions is None
    assert config.runtime == f"python3.{sys.version_info.minor}"


@pytest.mark.rule("RT-32")
def test_a_function_has_an_arn() -> None:
    """The unqualified ARN has neither version nor alias."""
    assert build().arn == "arn:aws:lambda:us-east-1:123456789012:function:orders"


def test_the_log_group_is_named_after_the_function() -> None:
    """Logs go to the function's own group unless another is set."""
    assert build().log_group_name == "/aws/lambda/orders"
    assert build(log_group="/team/shared").log_group_name == "/team/shared"


def test_settings_are_kept() -> None:
    """Each setting is read back as it was given."""
    given_settings = {
        "timeout": 900,
        "memory_size": 10_240,
        "environment": {"TABLE": "orders"},
        "reserved_concurrent_executions": 0,
        "runtime": "python3.11",
        "log_format": "JSON",
        "application_log_level": "DEBUG",
        "system_log_level": "WARN",
        "recursive_loop": "Allow",
    }
    config = build(**given_settings)
    assert {name: getattr(config, name) for name in given_settings} == given_settings


def test_equal_settings_make_equal_configurations() -> None:
    """Configurations compare and hash by their settings, the environment included in the comparison."""
    one, other = build(environment={"AB": "1"}), build(environment={"AB": "1"})
    assert one == other
    assert hash(one) == hash(other)
    assert one != build(environment={"AB": "2"})


@pytest.mark.parametrize(
    "name, value",
    [
        ("function_name", "a b"),
        ("function_name", ""),
        ("function_name", "x" * 65),
        ("timeout", 901),
        ("memory_size", 127),
        ("reserved_concurrent_executions", -1),
        ("reserved_concurrent_executions", True),
        ("runtime", "nodejs20.x"),
        ("log_format", "json"),
        ("application_log_level", "WARNING"),
        ("log_group", ""),
        ("recursive_loop", "Stop"),
        ("environment", [("A", "B")]),
        ("environment", {"Variables": {"TABLE": "orders"}}),
        ("dead_letter_target", "dlq"),
        ("dead_letter_target", "lambda:other"),
    ],
)
def test_an_impossible_value_is_refused(name: str, value: object) -> None:
    """A value that AWS would not take is refused with the setting's name."""
    with pytest.raises(ConfigError, match=f"^marker lambda_function: {name} is "):
        build(**{name: value})


@pytest.mark.parametrize("name", ["retry_attempts", "layers", "tmeout"])
def test_an_unknown_setting_is_refused(name: str) -> None:
    """A name that is no setting of a function is never ignored."""
    with pytest.raises(ConfigError, match=f"^marker lambda_function: .*{name}"):
        build(**{name: 1})


@pytest.mark.parametrize("name", setting_names.FUNCTION_NOT_MODELLED)
def test_what_would_have_no_effect_is_refused(name: str) -> None:
    """A setting that the simulation cannot honour is refused by name."""
    with pytest.raises(ConfigError, match=f"{name} is not simulated: "):
        build(**{name: "anything"})


@pytest.mark.parametrize("shape, name", [
    ("ApplicationLogLevel", "application_log_level"),
    ("SystemLogLevel", "system_log_level"),
    ("LogFormat", "log_format"),
    ("RecursiveLoop", "recursive_loop"),
])  # fmt: skip
def test_choices_are_those_of_the_service_model(shape: str, name: str) -> None:
    """Every value of the API's enumeration can be set."""
    for value in lambda_api.shape_for(shape).enum:
        assert getattr(build(**{"log_format": "JSON", name: value}), name) == value


@pytest.mark.parametrize("name", ["application_log_level", "system_log_level"])
def test_levels_need_json(name: str) -> None:
    """Logs are filtered by level in JSON only, so a level beside text is refused."""
    with pytest.raises(ConfigError, match='needs log_format="JSON"'):
        build(**{name: "INFO"})


@pytest.mark.rule("RT-37")
def test_an_environment_has_four_kilobytes() -> None:
    """The variables may fill 4096 bytes as JSON, and a byte more is AWS's error with what it measured."""
    fits = "x" * (4096 - len('{"AB":""}'))
    assert build(environment={"AB": fits}).environment["AB"] == fits
    with pytest.raises(InvalidParameterValueException) as caught:
        build(environment={"AB": fits + "y"})
    assert caught.value.message == (
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
        f'exceeded the 4KB limit. String measured: {{"AB":"{fits}y"}}'
    )


@pytest.mark.rule("RT-35", "RT-37")
def test_reserved_variables_are_refused() -> None:
    """Variables that Lambda sets itself are refused in AWS's words."""
    with pytest.raises(InvalidParameterValueException) as caught:
        build(environment={"AWS_REGION": "x", "TABLE": "orders", "_HANDLER": "y"})
    assert caught.value.message == (
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
        "contains reserved keys that are currently not supported for modification. "
        "Reserved keys used in this request: AWS_REGION, _HANDLER"
    )


@pytest.mark.parametrize("name", ["A", "1A", "A-B", "_A", "", 7])
def test_a_variable_has_a_name_that_aws_takes(name: object) -> None:
    """A name outside the API's pattern is refused."""
    with pytest.raises(ConfigError, match="a name in environment is "):
        build(environment={name: "x"})


def test_a_variable_is_text() -> None:
    """A value that is no string is refused with the string to write."""
    with pytest.raises(ConfigError) as caught:
        build(environment={"RETRIES": 3})
    assert str(caught.value) == (
        'marker lambda_function: environment["RETRIES"] is 3, and must be a string.\n\n'
        'Environment variables are text: "3"'
    )


def test_an_environment_is_a_copy() -> None:
    """What happens to the mapping afterwards does not reach the function, nor can the function's be changed."""
    variables = {"TABLE": "orders"}
    config = build(environment=variables)
    variables["TABLE"] = "other"
    assert config.environment == {"TABLE": "orders"}
    with pytest.raises(TypeError):
        config.environment["TABLE"] = "other"  # type: ignore[index]


def test_a_replacement_keeps_the_rest() -> None:
    """Updating a configuration changes the named settings alone, and leaves the old one as it was."""
    old = build(timeout=5, memory_size=256)
    new = old.replace("update_configuration(...)", timeout=7)
    assert (old.timeout, new.timeout, new.memory_size) == (5, 7, 256)


@pytest.mark.parametrize(
    "name, value", [("timeout", 0), ("memory", 1), ("function_name", "other"), ("system_log_level", "INFO")]
)
def test_a_replacement_is_checked(name: str, value: object) -> None:
    """An update is refused for what a new function would be refused for, and for another name."""
    with pytest.raises(ConfigError, match=r"^update_configuration\(...\): "):
        build().replace("update_configuration(...)", **{name: value})


def test_a_function_may_be_named_again() -> None:
    """An update may repeat the name that the function has."""
    assert build().replace("u", function_name="orders") == build()


@pytest.mark.parametrize(
    "base, taken, name",
    [
        ("slow", [], "slow"),
        ("slow", ["slow"], "slow-2"),
        ("slow", ["slow", "slow-2"], "slow-3"),
        ("<lambda>", [], "handler"),
        ("<lambda>", ["handler"], "handler-2"),
        ("app.orders.handler", [], "app-orders-handler"),
        ("größe", [], "gr-e"),
        ("", [], "handler"),
        ("x" * 70, ["x" * 64], "x" * 62 + "-2"),
    ],
)
def test_a_handler_lends_its_name(base: str, taken: list[str], name: str) -> None:
    """A function is named after its handler, made fit and unique."""
    assert unique_name(base, taken) == name


@hypothesis_settings(deadline=None, derandomize=True)
@given(st.text(), st.integers(0, 12))
def test_a_name_is_always_fit_and_new(base: str, count: int) -> None:
    """Whatever a handler is called, each function gets a name that AWS takes and no other function has."""
    taken: set[str] = set()
    for _ in range(count):
        name = unique_name(base, taken)
        assert re.fullmatch("[a-zA-Z0-9-_]{1,64}", name)
        assert name not in taken
        taken.add(name)
