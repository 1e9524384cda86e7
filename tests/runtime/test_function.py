"""A function as one configures it: versions, aliases, updates, deletion."""

from __future__ import annotations

import datetime as dt
import time
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_lambda_modes import (
    ConfigError,
    InvalidParameterValueException,
    ResourceNotFoundException,
    facts,
)
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.runtime.versions import Version, Versions

ARN = "arn:aws:lambda:us-east-1:123456789012:function:orders"


def who(event, context):
    return [context.function_version, context.invoked_function_arn]


def stay(event, context):
    time.sleep(event)
    return context.memory_limit_in_mb


@pytest.fixture
def orders(lambda_modes):
    """A function that tells its version and the ARN under which it was invoked, with version 1 and 2."""
    function = lambda_modes.function(who, function_name="orders")
    function.publish_version()
    function.update_configuration(memory_size=256)
    function.publish_version()
    return function


# Versions and aliases


@pytest.mark.rule("RT-32")
@pytest.mark.parametrize(
    "qualifier, version, arn",
    [
        (None, "$LATEST", ARN),
        ("$LATEST", "$LATEST", f"{ARN}:$LATEST"),
        ("1", "1", f"{ARN}:1"),
        ("live", "2", f"{ARN}:live"),
    ],
)
def test_the_qualifier_is_in_the_arn_and_the_version_is_resolved(sync_invoke, orders, qualifier, version, arn):
    """An alias stays in the ARN, and the context's version is the number behind it, as is the executed version."""
    orders.create_alias("live", "2")
    response = sync_invoke(orders, {}, qualifier=qualifier)
    assert response.payload == [version, arn]
    assert response.executed_version == version


@pytest.mark.rule("RT-32")
def test_a_version_keeps_what_was_published(sync_invoke, lambda_modes):
    """Later updates of code and configuration are those of $LATEST alone."""
    function = lambda_modes.function(lambda event, context: ["old", context.memory_limit_in_mb])
    number = function.publish_version()
    function.update_code(lambda event, context: ["new", context.memory_limit_in_mb])
    function.update_configuration(memory_size=512)
    assert sync_invoke(function, {}, qualifier=number).payload == ["old", "128"]
    assert sync_invoke(function, {}).payload == ["new", "512"]


@pytest.mark.rule("RT-32")
def test_versions_are_numbered_and_made_of_changes_alone(lambda_modes):
    """Publishing again without an update gives the last version again."""
    function = lambda_modes.function(who)
    assert [function.publish_version() for _ in range(2)] == ["1", "1"]
    function.update_configuration(timeout=5)
    assert [function.publish_version() for _ in range(2)] == ["2", "2"]


@pytest.mark.rule("RT-32", "RT-23")
def test_versions_have_environments_of_their_own(sync_invoke, lambda_modes):
    """A warm $LATEST is no warm version 1, and an alias shares those of its version."""
    function = lambda_modes.function(who)
    number = function.publish_version()
    function.create_alias("live", number)
    cold = [sync_invoke(function, {}, qualifier=qualifier).cold_start for qualifier in (None, number, "live", None)]
    assert cold == [True, True, False, False]


@pytest.mark.rule("RT-32")
def test_an_alias_can_point_elsewhere(sync_invoke, orders):
    """Creating it again moves it, and the next invocation follows."""
    alias = orders.create_alias("live", "1")
    assert (alias.name, alias.function_version, alias.additional_version_weights) == ("live", "1", {})
    assert sync_invoke(orders, {}, qualifier="live").executed_version == "1"
    orders.create_alias("live", "2")
    assert sync_invoke(orders, {}, qualifier="live").executed_version == "2"


@pytest.mark.parametrize("name", ["1", "a b", "", "x" * 129, 7])
def test_a_name_that_awss_aliases_cannot_have_is_refused(orders, name):
    """Digits alone would be a version."""
    with pytest.raises(ConfigError, match=r"create_alias\(\.\.\.\): name is"):
        orders.create_alias(name, "1")


@pytest.mark.rule("SYNC-7")
@pytest.mark.parametrize("weights", [{}, {"9": 0.5}])
def test_an_alias_of_a_version_that_does_not_exist_is_refused(orders, weights):
    """The version that it points to, and the additional one, must be there."""
    with pytest.raises(ResourceNotFoundException) as caught:
        orders.create_alias("live", "1" if weights else "9", weights)
    assert caught.value.message == f"Function not found: {ARN}:9"


@pytest.mark.rule("SYNC-19")
@pytest.mark.parametrize(
    "version, weights, message",
    [
        ("$LATEST", {"1": 0.5}, "$LATEST is not supported for an alias pointing to more than 1 version"),
        ("1", {"$LATEST": 0.5}, "$LATEST is not supported for an alias pointing to more than 1 version"),
        (
            "1",
            {"1": 0.5},
            "Invalid function version 1. Function version 1 is already included in routing configuration.",
        ),
        ("1", {"2": 0.5, "3": 0.1}, "Number of items in AdditionalVersionWeights cannot be greater than 1"),
        ("1", {"2": 1.5}, "Member must have value less than or equal to 1.0"),
        ("1", {"2": -0.1}, "Member must have value less than or equal to 1.0"),
    ],
)
def test_weights_that_cannot_be_are_refused_as_by_aws(orders, version, weights, message):
    """At most one additional version, another one, numbered, with a share from 0 to 1."""
    orders.update_configuration(timeout=9)
    orders.publish_version()
    with pytest.raises(InvalidParameterValueException) as caught:
        orders.create_alias("live", version, weights)
    assert message in caught.value.message
    with pytest.raises(ResourceNotFoundException):
        orders.check("live")


@pytest.mark.rule("SYNC-19")
def test_an_alias_with_weights_shares_its_invocations(sync_invoke, orders):
    """Each invocation picks a version, and the executed version reveals it."""
    orders.create_alias("canary", "1", {"2": 0.2})
    responses = [sync_invoke(orders, {}, qualifier="canary") for _ in range(500)]
    assert {response.executed_version for response in responses} == {"1", "2"}
    assert 60 <= sum(response.executed_version == "2" for response in responses) <= 140
    assert all(response.payload[0] == response.executed_version for response in responses)
    assert {response.payload[1] for response in responses} == {f"{ARN}:canary"}


@pytest.mark.rule("SYNC-19")
@pytest.mark.parametrize("weight, version", [(0, "1"), (1, "2"), (0.0, "1"), (1.0, "2")])
def test_a_weight_of_0_is_never_and_one_of_1_is_always(sync_invoke, orders, weight, version):
    """The ends of the range are certain."""
    orders.create_alias("canary", "1", {"2": weight})
    assert {sync_invoke(orders, {}, qualifier="canary").executed_version for _ in range(50)} == {version}


@pytest.mark.rule("SYNC-19")
@given(st.text(max_size=5), st.floats(0, 1))
@settings(deadline=None, derandomize=True, max_examples=30)
def test_the_same_seed_picks_the_same_versions(seed, weight):
    """The dice are the test's seed, so a run repeats exactly."""

    def picks():
        versions = Versions(ARN, config=None, handler=who)
        versions.by_number |= {"1": Version("1", None, who), "2": Version("2", None, who)}
        versions.put_alias("canary", "1", {"2": weight})
        dice = Identifiers(seed).fraction
        return [versions.resolve("canary", dice).number for _ in range(20)]

    assert picks() == picks()


# Updates


@pytest.mark.rule("SYNC-18")
def test_a_running_invocation_is_not_affected_by_an_update(lambda_modes, lambda_clock, sync_invoke):
    """It ends as it began; an invocation that starts later is a cold start of the new configuration."""
    function = lambda_modes.function(stay, timeout=10)
    running = lambda_modes.async_invoke(function, 5)
    lambda_clock.advance(seconds=1)
    function.update_configuration(memory_size=512, timeout=2)
    after = sync_invoke(function, 0)
    assert (after.payload, after.cold_start) == ("512", True)
    assert running.wait().attempts[0].response == "128"
    assert running.attempts[0].duration == dt.timedelta(seconds=5)
    assert not sync_invoke(function, 0).cold_start


@pytest.mark.rule("SYNC-18")
def test_an_update_of_code_during_an_invocation(lambda_modes, lambda_clock, sync_invoke):
    """The handler that runs is the one that began, and its environment is not used again."""
    function = lambda_modes.function(stay, timeout=10)
    running = lambda_modes.async_invoke(function, 5)
    lambda_clock.advance(seconds=1)
    function.update_code(lambda event, context: "new code")
    assert sync_invoke(function, {}).payload == "new code"
    assert running.wait().attempts[0].response == "128"
    assert sync_invoke(function, {}).payload == "new code"


def test_an_update_is_in_the_timeline(lambda_modes, lambda_timeline):
    """It names what has changed."""
    function = lambda_modes.function(who, function_name="orders")
    function.update_configuration(timeout=5, memory_size=256)
    function.update_code(stay)
    updates = [fact for fact in lambda_timeline if isinstance(fact, facts.ConfigurationUpdated)]
    assert [(fact.who, fact.changed, fact.rule) for fact in updates] == [
        ("orders", ("timeout", "memory_size"), "SYNC-18"),
        ("orders", ("code",), "SYNC-18"),
    ]


def test_reserved_concurrency_alone_discards_no_environment(lambda_modes, sync_invoke):
    """It is no part of the configuration in AWS: another call changes it."""
    function = lambda_modes.function(who)
    sync_invoke(function, {})
    function.update_configuration(reserved_concurrent_executions=5)
    assert not sync_invoke(function, {}).cold_start
    assert function.config.reserved_concurrent_executions == 5
    function.update_configuration(reserved_concurrent_executions=6, timeout=5)
    assert sync_invoke(function, {}).cold_start


@pytest.mark.parametrize(
    "given_settings, message",
    [
        ({"timeout": 901}, "timeout is 901, and must be a whole number of seconds from 1 to 900"),
        ({"memory": 256}, "memory_size"),
        ({"function_name": "other"}, "function_name cannot be changed: the function is orders"),
    ],
)
def test_an_impossible_update_changes_nothing(lambda_modes, given_settings, message):
    """The error names the call, and the function is as it was."""
    function = lambda_modes.function(who, function_name="orders")
    before = function.config
    with pytest.raises(ConfigError, match=r"orders\.update_configuration\(\.\.\.\)") as caught:
        function.update_configuration(**given_settings)
    assert message in str(caught.value)
    assert function.config is before


@pytest.mark.parametrize("handler", [None, 7, {"a": 1}, ARN])
def test_code_that_is_no_handler_is_refused(lambda_modes, handler):
    """Code is a callable or a handler string, as everywhere."""
    function = lambda_modes.function(who, function_name="orders")
    with pytest.raises(ConfigError, match=r"orders\.update_code\(\.\.\.\): the handler is"):
        function.update_code(handler)
    assert function.handler is who


# The end of a function


@pytest.mark.rule("SYNC-7")
def test_a_deleted_function_does_not_exist(lambda_modes, sync_invoke):
    """Invoking it answers 404 with :$LATEST, or with the qualifier that was asked for."""
    function = lambda_modes.function(who, function_name="orders")
    function.publish_version()
    function.delete()
    for qualifier, named in ((None, "$LATEST"), ("1", "1"), ("live", "live")):
        with pytest.raises(ResourceNotFoundException) as caught:
            sync_invoke(function, {}, qualifier=qualifier)
        assert caught.value.message == f"Function not found: {ARN}:{named}"
        assert (caught.value.status_code, caught.value.type) == (404, "User")


def test_what_runs_when_its_function_is_deleted_goes_on(lambda_modes, lambda_clock):
    """The invocation ends as it would have, and gives back what it used of the account's concurrency."""
    function = lambda_modes.function(stay, reserved_concurrent_executions=1)
    running = lambda_modes.async_invoke(function, 2)
    lambda_clock.advance(seconds=1)
    function.delete()
    assert running.wait().condition == "Success"
    assert function.concurrency.account.in_use == 0
    assert function.concurrency.account.reserved == 0


def test_the_name_of_a_deleted_function_is_free(lambda_modes, sync_invoke):
    """Another function can have it, and the same handler makes a new function."""
    first = lambda_modes.function(who, function_name="orders")
    first.delete()
    second = lambda_modes.function(who, function_name="orders")
    assert second is not first
    assert sync_invoke(second, {}).payload == ["$LATEST", ARN]


def test_a_function_has_the_name_and_arn_of_its_configuration(lambda_modes):
    """It tells itself by name and timeout."""
    function = lambda_modes.function(who, function_name="orders", timeout=7)
    assert (function.function_name, function.arn, function.handler) == ("orders", ARN, who)
    assert repr(function) == "<Function orders, timeout 7 s>"


@pytest.mark.rule("RT-33")
def test_every_request_has_an_id_of_its_own(sync_invoke):
    """It has the form of a version 4 UUID, and the handler, the log and the answer tell the same one."""
    responses = [sync_invoke(lambda event, context: context.aws_request_id, {}) for _ in range(3)]
    assert len({response.request_id for response in responses}) == 3
    for response in responses:
        assert response.payload == response.request_id == str(uuid.UUID(response.request_id, version=4))
        assert f"START RequestId: {response.request_id} " in response.logs
