"""The hooks that a conftest or another plugin implements."""

from __future__ import annotations

from typing import Any

import pytest

TEST = """
    def handler(event, context):
        if event == "fails":
            raise RuntimeError("always")

    def test_it(async_invoke, sync_invoke):
        async_invoke(handler, "fails", maximum_retry_attempts=1, dead_letter_target="sqs:dlq").wait()
        sync_invoke(handler, {})
    """


def test_the_fact_hook_is_told_everything_in_order(suite: Any) -> None:
    """As it happens: what it hears is what the timeline holds, at the same instant."""
    suite.write(
        conftest="""
        import pytest
        heard = []

        def pytest_lambda_modes_fact(fact):
            heard.append(fact)

        @pytest.fixture(autouse=True)
        def compare(lambda_modes):
            yield
            assert heard == lambda_modes.timeline.facts
            names = [type(fact).__name__ for fact in heard]
            assert names.index("EventAccepted") < names.index("RetryScheduled") < names.index("DeadLettered")
            assert [fact.at for fact in heard] == sorted(fact.at for fact in heard)
        """
    )
    suite.run(TEST).assert_outcomes(passed=1)


def test_a_fact_is_told_before_anything_else_happens(suite: Any) -> None:
    """The hook sees the world at the fact's own instant."""
    suite.write(
        conftest="""
        import datetime

        def pytest_lambda_modes_configure(lambda_modes):
            global clock
            clock = lambda_modes.clock

        def pytest_lambda_modes_fact(fact):
            assert clock.elapsed == datetime.timedelta(microseconds=fact.at)
        """
    )
    suite.run(TEST).assert_outcomes(passed=1)


def test_the_configure_hook_prepares_every_test(suite: Any) -> None:
    """It gets the test's Lambda, started, before the fixture is handed out; implementations add up."""
    suite.write(
        conftest="""
        import datetime

        def pytest_lambda_modes_configure(lambda_modes):
            lambda_modes.queue("audit", visibility_timeout=77)
            assert datetime.datetime.now(datetime.timezone.utc) == lambda_modes.clock.now
        """,
        other="""
        def pytest_lambda_modes_configure(lambda_modes):
            lambda_modes.function(lambda event, context: "ready", function_name="helper")
        """,
    )
    source = """
        def test_it(lambda_modes):
            assert lambda_modes.queue("audit").visibility_timeout == 77
            assert "helper" in repr(lambda_modes)
        """
    suite.run(source, "-p", "other").assert_outcomes(passed=1)


def test_hooks_of_a_conftest_are_for_the_tests_below_it(suite: Any) -> None:
    """A folder's conftest is not called for its neighbours."""
    suite.pytester.mkpydir("one")
    suite.pytester.mkpydir("two")
    hooks = """
        def pytest_lambda_modes_configure(lambda_modes):
            lambda_modes.queue("made-for-{0}")

        def pytest_lambda_modes_fact(fact):
            assert fact.who == "{0}"

        def pytest_lambda_modes_event_source(kind, config, lambda_modes):
            return "source of {0}" if kind == "own" else None
        """
    test = """
        def test_it(lambda_modes):
            [queue] = lambda_modes._resources.queues
            function = lambda_modes.function(lambda event, context: None, function_name="{0}")
            assert queue.name == "made-for-{0}"
            assert lambda_modes.sync_invoke(function, {{}}).payload is None
            assert lambda_modes.event_source("own") == "source of {0}"
        """
    for name in ("one", "two"):
        suite.write(**{f"{name}/conftest": hooks.format(name), f"{name}/test_{name}": test.format(name)})
    suite.run().assert_outcomes(passed=2)


def test_a_plugin_adds_a_kind_of_source(suite: Any) -> None:
    """It gets the settings of the marker and of the call; a kind that nobody has is refused."""
    suite.write(
        conftest="""
        def pytest_lambda_modes_event_source(kind, config, lambda_modes):
            if kind == "pulsar":
                return (config, lambda_modes)
        """
    )
    source = """
        import pytest
        from pytest_lambda_modes import ConfigError

        @pytest.mark.event_source("pulsar", topic="orders")
        def test_it(event_source, lambda_modes):
            assert event_source(size=3) == ({"topic": "orders", "size": 3}, lambda_modes)
            with pytest.raises(ConfigError, match='no source of kind "rabbit"'):
                event_source("rabbit")
        """
    suite.run(source).assert_outcomes(passed=1)


def test_without_hooks_no_fact_is_built(suite: Any) -> None:
    """When nobody implements the hook, the journal is all that is told."""
    source = """
        def test_it(lambda_modes):
            assert lambda_modes._platform.emit == lambda_modes.timeline.tell
        """
    suite.run(source).assert_outcomes(passed=1)


def test_an_error_in_the_fact_hook_is_not_the_handlers(suite: Any) -> None:
    """It fails the test that it happened in, in the open, and is never a function error."""
    suite.write(conftest="def pytest_lambda_modes_fact(fact):\n    raise LookupError(type(fact).__name__)")
    source = """
        def test_it(sync_invoke):
            sync_invoke(lambda event, context: None, {})
        """
    result = suite.run(source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*LookupError: FunctionStarted"])


@pytest.mark.parametrize("name", ["pytest_lambda_modes_fact", "pytest_lambda_modes_configure"])
def test_a_hook_with_a_wrong_argument_is_refused(suite: Any, name: str) -> None:
    """The hooks are declared to pluggy, which knows their arguments."""
    suite.write(conftest=f"def {name}(something_else): pass")
    result = suite.run_apart("def test_it(): pass")
    assert result.ret != pytest.ExitCode.OK
    assert "something_else" in result.stdout.str() + result.stderr.str()
