"""Which function a handler means: the same one as before, or a new one, under which name and with which settings."""

from __future__ import annotations

import functools
import sys
import types
from unittest import mock

import pytest

from pytest_lambda_modes import ConfigError, ResourceConflictException

INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"


def place_order(event, context):
    return context.function_name


def told(event, context):
    return [context.function_name, context.memory_limit_in_mb]


class Service:
    """Handlers as methods and as an object."""

    def handle(self, event, context):
        return context.function_name

    def __call__(self, event, context):
        return context.function_name


class Unhashable(Service):
    __hash__ = None

    def __eq__(self, other):
        return isinstance(other, Unhashable)


# One function or two


def test_the_same_handler_with_equal_settings_is_the_same_function(sync_invoke, lambda_modes):
    """It is warm the second time, however it is named."""
    function = lambda_modes.function(place_order, timeout=5)
    assert lambda_modes.function(place_order, timeout=5) is function
    assert sync_invoke(place_order, {}, timeout=5).cold_start
    assert not sync_invoke(place_order, {}, timeout=5).cold_start
    assert not sync_invoke(function, {}).cold_start
    assert not lambda_modes.async_invoke(place_order, {}, timeout=5).wait().attempts[0].cold_start


def test_other_settings_make_another_function(sync_invoke, lambda_modes):
    """It has a name of its own, and is cold."""
    names = [sync_invoke(place_order, {}, memory_size=size).payload for size in (128, 256, 128)]
    assert names == ["place_order", "place_order-2", "place_order"]


def test_equal_handler_strings_are_the_same_handler(lambda_modes):
    """Two strings need not be one object."""
    first, second = "".join(["app", ".handler"]), "".join(["app.", "handler"])
    assert first is not second
    assert lambda_modes.function(first) is lambda_modes.function(second)


def test_a_bound_method_is_the_same_handler_at_each_look(sync_invoke):
    """Python makes a new object of it each time; another object's method is another handler."""
    service = Service()
    cold = [sync_invoke(each.handle, {}).cold_start for each in (service, service, Service())]
    assert cold == [True, False, True]


def test_a_handler_need_not_be_hashable(sync_invoke):
    """Such an object is the same handler if it is the same object."""
    handler = Unhashable()
    assert [sync_invoke(each, {}).cold_start for each in (handler, handler, Unhashable())] == [True, False, True]


def test_a_deleted_function_is_made_anew(lambda_modes, sync_invoke):
    """Its handler stands for a new function of the same name."""
    function = lambda_modes.function(place_order)
    function.delete()
    assert lambda_modes.function(place_order) is not function
    assert sync_invoke(place_order, {}).payload == "place_order"


def test_after_an_update_of_code_the_old_handler_is_another_function(lambda_modes, sync_invoke):
    """A call that names a handler runs that handler."""
    function = lambda_modes.function(place_order)
    function.update_code(lambda event, context: "new")
    assert sync_invoke(place_order, {}).payload == "place_order-2"
    assert sync_invoke(function, {}).payload == "new"


# Names


@pytest.mark.parametrize(
    "handler, name",
    [
        (lambda event, context: context.function_name, "handler"),
        (functools.partial(place_order), "place_order"),
        (functools.partial(functools.partial(place_order)), "place_order"),
        (Service(), "Service"),
        (Service().handle, "handle"),
    ],
)
def test_a_function_is_named_after_its_handler(sync_invoke, handler, name):
    """Whatever kind of callable it is."""
    assert sync_invoke(handler, {}).payload == name


def test_a_mock_is_a_handler(sync_invoke):
    """It has every attribute one asks it for, and is called like any other."""
    handler = mock.MagicMock(return_value={"ok": True})
    assert sync_invoke(handler, {"id": 1}).payload == {"ok": True}
    ((event, context), _) = handler.call_args
    assert (event, context.function_name) == ({"id": 1}, "MagicMock")


def test_a_class_can_be_a_handler(sync_invoke):
    """Calling it makes an object, which JSON cannot carry."""

    class Handler:
        def __init__(self, event, context):
            self.event = event

    assert sync_invoke(Handler, {}).error.message.endswith("Object of type Handler is not JSON serializable")


def test_names_are_unique_in_a_test(lambda_modes):
    """A number tells functions of like handlers apart."""
    names = [lambda_modes.function(lambda event, context: None).function_name for _ in range(3)]
    assert names == ["handler", "handler-2", "handler-3"]


def test_a_name_can_be_given_once(lambda_modes, sync_invoke):
    """The same call again means the same function; for another handler the name is taken."""
    function = lambda_modes.function(place_order, function_name="orders")
    assert lambda_modes.function(place_order, function_name="orders") is function
    assert sync_invoke(place_order, {}, function_name="orders").payload == "orders"
    with pytest.raises(ResourceConflictException) as caught:
        lambda_modes.function(told, function_name="orders")
    assert (caught.value.message, caught.value.status_code) == ("Function already exist: orders", 409)


# The marker


@pytest.mark.lambda_function(
    handler=place_order, function_name="orders", memory_size=512, reserved_concurrent_executions=1
)
def test_a_handler_in_a_call_inherits_the_markers_settings(sync_invoke, lambda_modes):
    """All but the name and the reserved concurrency, which belong to the function under test."""
    assert sync_invoke({}).payload == "orders"
    assert sync_invoke(told, {}).payload == ["told", "512"]
    assert sync_invoke(told, {}, memory_size=128).payload == ["told-2", "128"]
    assert lambda_modes.function(told).config.reserved_concurrent_executions is None
    assert lambda_modes.function_under_test.config.reserved_concurrent_executions == 1


@pytest.mark.lambda_function(timeout=7)
def test_a_marker_without_a_handler_is_settings_for_all(lambda_modes):
    """Every function of the test has them."""
    assert lambda_modes.function(told).config.timeout == 7


@pytest.mark.lambda_function(handler=place_order)
def test_the_function_under_test_is_made_once(sync_invoke, lambda_modes):
    """Its handler in a call is a function of its own, as any handler is."""
    assert sync_invoke({}).cold_start
    assert not sync_invoke({}).cold_start
    assert lambda_modes.function_under_test is lambda_modes.function_under_test
    assert sync_invoke(place_order, {}).payload == "place_order-2"


def test_markers_merge_setting_by_setting(pytester):
    """The closest of test, class and module wins for each."""
    pytester.makeini(INI)
    pytester.makepyfile(
        """
        import pytest

        def handler(event, context):
            return [context.function_name, context.memory_limit_in_mb, context.get_remaining_time_in_millis()]

        pytestmark = pytest.mark.lambda_function(handler=handler, function_name="module", memory_size=256, timeout=5)

        @pytest.mark.lambda_function(function_name="class", memory_size=512)
        class TestClass:
            @pytest.mark.lambda_function(function_name="test")
            def test_it(self, sync_invoke):
                assert sync_invoke({}).payload == ["test", "512", 5000]
        """
    )
    pytester.runpytest().assert_outcomes(passed=1)


def test_a_module_that_is_there_without_a_spec_can_be_named(pytester):
    """A test's fake in `sys.modules` is there, although nothing on `sys.path` would find it."""
    fake = types.ModuleType("faked_app")
    sys.modules["faked_app"] = fake
    pytester.makeini(INI)
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.lambda_function(handler="faked_app.handler")
        def test_it(lambda_modes):
            assert lambda_modes.function_under_test.function_name == "handler"
        """
    )
    try:
        pytester.runpytest().assert_outcomes(passed=1)
    finally:
        del sys.modules["faked_app"]


def test_a_handler_string_is_run_from_the_marker(pytester):
    """Its module is found as the test's imports are."""
    pytester.makeini(INI + "pythonpath = .\n")
    pytester.makepyfile(shop="def handler(event, context): return event\n")
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("event", [1, 2])
        @pytest.mark.lambda_function(handler="shop.handler")
        def test_it(sync_invoke, event):
            assert sync_invoke(event).payload == event
        """
    )
    pytester.runpytest().assert_outcomes(passed=2)


@pytest.mark.parametrize("arn", ["arn:aws:lambda:us-east-1:123456789012:function:orders"])
def test_a_function_is_not_made_of_an_arn(lambda_modes, arn):
    """An ARN names one that exists, and is there to be invoked."""
    with pytest.raises(ConfigError, match=r"lambda_modes\.function\(\.\.\.\): the handler is .*, which is an ARN"):
        lambda_modes.function(arn)
