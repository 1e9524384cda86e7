"""Keyword settings: what an unknown name and an impossible value are answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import pytest
from botocore import xform_name
from botocore.session import get_session

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model import event_invoke_config, function_config, setting_names, settings
from pytest_lambda_modes.model.limits import Range

lambda_api = get_session().get_service_model("lambda")
SECONDS = Range(1, 900, default=3, rule="RT-19")


def members(operation: str) -> list[str]:
    return list(lambda_api.operation_model(operation).input_shape.members)


def answer(name: str, *known: str, not_modelled: Mapping[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        settings.check_names("marker m", {name: 1}, known, not_modelled or {})
    return str(caught.value).splitlines()[0]


def test_known_names_pass() -> None:
    """Settings that are all known are let through."""
    settings.check_names("marker m", {"timeout": 1, "memory_size": 2}, iter(["memory_size", "timeout"]), {})


@pytest.mark.parametrize(
    "name, api_name",
    [(name, xform_name(name)) for name in members("CreateFunction") + members("CreateEventSourceMapping")],
)
def test_names_are_botocores(name: str, api_name: str) -> None:
    """An API name turns into the snake case that botocore makes of it."""
    assert settings.snake_case(name) == api_name


@pytest.mark.parametrize("name", ["MaximumRetryAttempts", "maximumRetryAttempts", "maximum-retry-attempts"])
def test_another_case_is_named(name: str) -> None:
    """A name as templates write it is answered with the same in snake case."""
    assert answer(name, "maximum_retry_attempts") == (
        f"marker m: there is no setting {name}; names are in snake case here: maximum_retry_attempts."
    )


@pytest.mark.parametrize(
    "name, tool, ours",
    [
        ("retry_attempts", "CDK", "maximum_retry_attempts"),
        ("maxEventAge", "CDK", "maximum_event_age_in_seconds"),
        ("DeadLetterQueue", "CDK and SAM", "dead_letter_target"),
        ("reservedConcurrency", "Serverless Framework", "reserved_concurrent_executions"),
        ("memory", "console", "memory_size"),
    ],
)
def test_a_name_of_another_tool_is_translated(name: str, tool: str, ours: str) -> None:
    """The name that a tool has for a setting is answered with the tool and the API's name."""
    assert answer(name, ours) == (
        f"marker m: there is no setting {name}; that is its {tool} name; here, as in the API: {ours}."
    )


def test_a_translated_name_says_whose_it_is() -> None:
    """A foreign name for a setting of another place names that place."""
    assert answer("max_event_age", "timeout").endswith("maximum_event_age_in_seconds, of async_invoke.")


def test_a_setting_of_another_place_is_sent_there() -> None:
    """A setting of another marker or source kind is answered with its owner."""
    assert answer("batch_size", "timeout") == "marker m: batch_size is a setting of event_source, not of this."
    assert "event_source (kinesis, dynamodb)" in answer("parallelization_factor", "batch_size")


def test_a_nested_object_is_answered_with_its_leaves() -> None:
    """The API's nested objects are flattened, and the answer names the leaves."""
    assert answer("DestinationConfig", "on_success", "on_failure").endswith("settings here: on_success, on_failure.")


@pytest.mark.parametrize("name", ["timeuot", "time_out"])
def test_a_near_miss_is_guessed(name: str) -> None:
    """A slip of the pen is answered with what was meant."""
    assert answer(name, "timeout", "memory_size") == f"marker m: there is no setting {name}. Did you mean timeout?"


def test_a_name_like_nothing_gets_no_guess() -> None:
    """A name like no other is refused without a guess."""
    assert answer("zzz", "timeout") == "marker m: there is no setting zzz."


@pytest.mark.parametrize("name", ["tenancy_config", "TenancyConfig"])
def test_what_is_not_modelled_says_why(name: str) -> None:
    """A setting that AWS has and the simulation has not is refused with the reason."""
    line = answer(name, "timeout", not_modelled=setting_names.FUNCTION_NOT_MODELLED)
    assert line == f"marker m: {name} is not simulated: environments are shared by all callers (RT-34)."


def test_every_wrong_name_is_answered_at_once() -> None:
    """Each of several wrong names has its line, and the known ones come after."""
    with pytest.raises(ConfigError) as caught:
        settings.check_names("marker m", {"memory": 1, "timeout": 2, "zzz": 3}, ("timeout", "memory_size"), {})
    first, second, blank, known = str(caught.value).splitlines()
    assert ("memory;" in first, "zzz." in second, blank) == (True, True, "")
    assert known == "Its settings: timeout, memory_size."


@pytest.mark.parametrize(
    "operation",
    ["CreateFunction", "UpdateFunctionConfiguration", "PutFunctionConcurrency", "PutFunctionRecursionConfig"],
)
def test_every_api_setting_of_a_function_has_an_answer(operation: str) -> None:
    """Each member of the API is a setting, flattened into settings, or refused with a reason."""
    answered = {"handler", *function_config.SETTINGS, *setting_names.FLATTENED, *setting_names.FUNCTION_NOT_MODELLED}
    assert {xform_name(name) for name in members(operation)} <= answered


@pytest.mark.rule("SYNC-1")
def test_every_api_setting_of_an_invocation_has_an_answer() -> None:
    """Each member of Invoke is a setting, refused with a reason, or an argument of the call."""
    answered = {*setting_names.OWNERS["sync_invoke"], *setting_names.INVOKE_NOT_MODELLED}
    assert {xform_name(name) for name in members("Invoke")} - answered == {"function_name", "payload", "qualifier"}


def test_owners_list_what_the_configurations_take() -> None:
    """The names by which a message finds an owner are those that the owner takes."""
    assert set(setting_names.OWNERS["lambda_function"]) == {"handler", *function_config.SETTINGS}
    assert set(setting_names.OWNERS["async_invoke"]) == set(event_invoke_config.SETTINGS)


@pytest.mark.parametrize("names", [setting_names.FOREIGN.values(), setting_names.FLATTENED.items()])
def test_every_translation_leads_to_a_setting(names: list[tuple[str, tuple[str, ...]]]) -> None:
    """No answer names a setting that nobody takes."""
    assert [ours for _, several in names for ours in several if not setting_names.owners_of(ours)] == []


def number(value: object) -> int:
    return settings.number_in("marker m", "timeout", value, SECONDS, "seconds", "Lambda stops it then.")


@pytest.mark.parametrize("value", [1, 3, 900])
def test_a_number_in_its_range_is_kept(value: int) -> None:
    """The ends of a range belong to it."""
    assert number(value) == value


@pytest.mark.parametrize(
    "value, shown", [(0, "0"), (901, "901"), (True, "True"), (3.0, "3.0"), ("3", '"3"'), (None, "None")]
)
def test_a_wrong_number_is_explained(value: object, shown: str) -> None:
    """What is no whole number in the range is told what it is, what it must be, why, and the default."""
    with pytest.raises(ConfigError) as caught:
        number(value)
    assert str(caught.value) == (
        f"marker m: timeout is {shown}, and must be a whole number of seconds from 1 to 900.\n\n"
        "Lambda stops it then. Default: 3. (RT-19)"
    )


def test_a_timedelta_is_told_the_number() -> None:
    """A timedelta is refused with the setting as a number, ready to paste."""
    with pytest.raises(ConfigError) as caught:
        number(dt.timedelta(minutes=2))
    assert str(caught.value).splitlines()[-1] == "Settings are numbers, as in the API: timeout=120"


@pytest.mark.parametrize(
    "check, right, wrong",
    [
        (lambda value: settings.flag("w", "n", value, "why"), False, 0),
        (lambda value: settings.one_of("w", "n", value, ("Text", "JSON"), "why"), "JSON", "json"),
        (lambda value: settings.text("w", "n", value, "[a-z]+", "letters", "why"), "abc", "abc "),
        (lambda value: settings.text("w", "n", value, "[a-z]+", "letters", "why"), "abc", b"abc"),
        (lambda value: settings.mapping("w", "n", value, "a mapping", "why"), {"a": 1}, [("a", 1)]),
    ],
)
def test_a_value_is_kept_or_refused(check: Callable[[object], object], right: object, wrong: object) -> None:
    """A checker gives back the right value and refuses what merely resembles it."""
    assert check(right) == right
    with pytest.raises(ConfigError, match=r"^w: n is .*, and must be .*\.\n\nwhy$"):
        check(wrong)


def test_a_long_value_is_cut() -> None:
    """A value fits on a line of the message, whatever its size."""
    assert settings.shown({"a": "x" * 1000, "b": "\n"}) == "{'a': '" + "x" * 70 + "..."
