"""What loading costs, and that nothing is paid by tests that do not use the plugin."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

# Told by a plugin that is loaded after ours, before any test is collected.
LOADED = """
import json, sys

def pytest_configure(config):
    print("LOADED", json.dumps(sorted(sys.modules)))
"""
EAGER = {
    "pytest_lambda_modes",
    "pytest_lambda_modes.errors",
    "pytest_lambda_modes.plugin",
    "pytest_lambda_modes.plugin.fixtures",
    "pytest_lambda_modes.plugin.hookspecs",
}


def loaded(suite: Any, *options: str) -> set[str]:
    """The modules of a process that has loaded our plugin and no other, and run a test that does not use it."""
    suite.write(told=LOADED)
    result = suite.pytester.run(
        sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-s", *options, "-p", "told", "test_plain.py"
    )
    assert result.ret == pytest.ExitCode.OK
    [line] = [line for line in result.outlines if line.startswith("LOADED ")]
    return set(json.loads(line.removeprefix("LOADED ")))


def test_loading_imports_five_small_modules(suite: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And none of what the simulation is made of, of ours or of others; so does a run of tests that do not use it."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    suite.write(test_plain="def test_it(): pass")
    (suite.pytester.path / "pytest.ini").unlink()
    without = loaded(suite)
    added = loaded(suite, "-p", "pytest_lambda_modes.plugin") - without
    assert {name for name in added if name.startswith("pytest_lambda_modes")} == EAGER
    assert {name.partition(".")[0] for name in added} == {"pytest_lambda_modes"}


def test_tests_without_our_fixtures_load_nothing_more(suite: Any) -> None:
    """Not when they run, either, nor with our markers on them."""
    source = f"""
        import sys
        import pytest

        @pytest.mark.lambda_function(handler="app.handler", timeout=3)
        def test_it():
            ours = {{name for name in sys.modules if name.startswith("pytest_lambda_modes")}}
            assert ours == {EAGER!r}
        """
    suite.run_apart(source).assert_outcomes(passed=1)


HOOKS = """
    import pytest

    @pytest.fixture
    def hooks(request):
        manager = request.config.pluginmanager
        return lambda: {
            name
            for name in vars(manager.hook)
            if name.startswith("pytest_")
            for implementation in getattr(manager.hook, name).get_hookimpls()
            if type(implementation.plugin).__module__.startswith("pytest_lambda_modes")
            or getattr(implementation.plugin, "__name__", "").startswith("pytest_lambda_modes")
        }

    LOADED = {
        "pytest_addoption",
        "pytest_addhooks",
        "pytest_cmdline_main",
        "pytest_configure",
        "pytest_report_header",
    }

    def test_before(hooks):
        assert hooks() == LOADED

    def test_ours(hooks, sync_invoke):
        assert hooks() == LOADED | {"pytest_runtest_makereport"}

    def test_ours_again(hooks, sync_invoke):
        assert hooks() == LOADED | {"pytest_runtest_makereport"}

    def test_after(hooks):
        assert hooks() == LOADED

    def test_ours_once_more(hooks, sync_invoke):
        assert hooks() == LOADED | {"pytest_runtest_makereport"}

    def test_at_the_end(hooks):
        assert hooks() == LOADED
    """


def test_tests_without_our_fixtures_run_no_hook_of_ours(suite: Any) -> None:
    """One is there while tests with a fixture of ours run, and gone with the first test without."""
    suite.run(HOOKS).assert_outcomes(passed=6)


def test_no_fixture_of_ours_is_autouse(suite: Any) -> None:
    """A test that does not ask for one has none."""
    source = """
        def test_it(request):
            assert not {name for name in request.fixturenames if "lambda" in name or "invoke" in name}
            assert request.fixturenames.count("request") == 1
        """
    suite.run(source).assert_outcomes(passed=1)


def test_a_lambda_is_forgotten_with_its_test(suite: Any) -> None:
    """Nothing that lives as long as the session holds on to it."""
    source = """
        import gc, weakref
        import pytest

        references = []

        @pytest.mark.parametrize("number", range(5))
        def test_it(lambda_modes, number):
            lambda_modes.sync_invoke(lambda event, context: None, {})
            references.append(weakref.ref(lambda_modes))

        def test_at_the_end():
            gc.collect()
            # The guard over real time may still hold the one that was there at its last look.
            assert sum(reference() is not None for reference in references) <= 1
        """
    suite.run_apart(source).assert_outcomes(passed=6)


def test_the_plugin_can_be_switched_off(suite: Any) -> None:
    """By its name, and then it is not there at all."""
    result = suite.run_apart("def test_it(sync_invoke): pass", "-p", "no:lambda_modes")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'sync_invoke' not found*"])
    result.stdout.no_fnmatch_line("lambda-modes: *")


NESTED = """
    import pytest
    from pytest_lambda_modes import FunctionError, LambdaModesError, NotSettledError

    pytest_plugins = ["pytester"]

    INNER = '''
        import time
        import pytest
        from pytest_lambda_modes import FunctionError, NotSettledError

        def slow(event, context):
            time.sleep(10)

        def test_inner(sync_invoke, async_invoke, lambda_modes):
            with pytest.raises(FunctionError):
                sync_invoke(slow, 1).unwrap()
            with pytest.raises(NotSettledError):
                lambda_modes.queue("orders").send("1").wait()
            assert async_invoke(slow, 1).wait().condition == "RetriesExhausted"
        '''

    def run(pytester):
        pytester.makeini("[pytest]\\nasyncio_default_fixture_loop_scope = function")
        pytester.makepyfile(INNER)
        return pytester.runpytest_inprocess("-p", "no:cacheprovider")

    @pytest.mark.parametrize("number", [1, 2])
    def test_inside(pytester, number):
        run(pytester).assert_outcomes(passed=1)

    def test_afterwards(sync_invoke, lambda_modes):
        with pytest.raises(FunctionError):
            sync_invoke("json.no_such_function", 1).unwrap()
        with pytest.raises(NotSettledError):
            lambda_modes.queue("orders").send("1").wait()

    def test_inside_again(pytester):
        run(pytester).assert_outcomes(passed=1)

    def test_within_virtual_time(pytester, sync_invoke):
        result = run(pytester)
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["ClockError: Virtual time is on already*"])
        with pytest.raises(FunctionError):
            sync_invoke("json.no_such_function", 1).unwrap()
    """


def test_pytest_runs_within_pytest(suite: Any) -> None:
    """pytester forgets what a run in this process has imported; there is still one copy of each error."""
    suite.run_apart(NESTED, "-p", "no:cov").assert_outcomes(passed=5)
