"""Markers carry configuration, setting by setting, and what they cannot mean is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pytest_lambda_modes.harness import async_invoke, settings, sync_invoke
from pytest_lambda_modes.model import function_config
from pytest_lambda_modes.plugin import MARKERS


def test_settings_are_merged_and_the_closest_wins(suite: Any) -> None:
    """Test over class over module, for each setting by itself; a parameter's marks are the closest of all."""
    source = """
        import pytest

        def handler(event, context):
            return [context.function_name, context.memory_limit_in_mb, context.get_remaining_time_in_millis()]

        pytestmark = pytest.mark.lambda_function(handler=handler, function_name="module", memory_size=256, timeout=10)

        def test_module(sync_invoke):
            assert sync_invoke().payload == ["module", "256", 10_000]

        @pytest.mark.lambda_function(function_name="class", memory_size=512)
        class TestClass:
            def test_class(self, sync_invoke):
                assert sync_invoke().payload == ["class", "512", 10_000]

            @pytest.mark.lambda_function(memory_size=1024)
            def test_test(self, sync_invoke):
                assert sync_invoke().payload == ["class", "1024", 10_000]

            @pytest.mark.lambda_function(memory_size=1024)
            @pytest.mark.parametrize(
                "expected",
                [
                    pytest.param(["class", "1024", 10_000]),
                    pytest.param(["class", "2048", 10_000], marks=pytest.mark.lambda_function(memory_size=2048)),
                ],
            )
            def test_parameter(self, sync_invoke, expected):
                assert sync_invoke().payload == expected
        """
    suite.run(source).assert_outcomes(passed=5)


def test_markers_of_every_mode_are_merged(suite: Any) -> None:
    """Those of async_invoke, sync_invoke, event_source and the plugin's own, under the settings of a call."""
    source = """
        import datetime
        import pytest

        def handler(event, context):
            raise RuntimeError("always")

        pytestmark = [
            pytest.mark.lambda_function(handler=handler),
            pytest.mark.async_invoke(maximum_retry_attempts=1, on_failure="sqs:failed"),
            pytest.mark.sync_invoke(log_type="Tail"),
            pytest.mark.event_source("sqs", batch_size=2, max_receive_count=1),
            pytest.mark.lambda_modes(start="2026-07-01T00:00:00Z", leftovers="ignore"),
        ]

        @pytest.mark.async_invoke(maximum_retry_attempts=0)
        @pytest.mark.event_source(batch_size=3)
        @pytest.mark.lambda_modes(start="2026-08-01T00:00:00Z")
        def test_it(lambda_modes, sync_invoke, async_invoke, event_source):
            assert lambda_modes.clock.now == datetime.datetime(2026, 8, 1, tzinfo=datetime.timezone.utc)
            assert sync_invoke().log_result
            assert sync_invoke({}, log_type="None").log_result is None

            assert len(async_invoke().wait().attempts) == 1
            assert len(async_invoke({}, maximum_retry_attempts=2).wait().attempts) == 3
            assert len(lambda_modes.queue("failed").messages) == 2

            source = event_source()
            for number in range(4):
                source.send(number)
            source.drain()
            assert [len(batch.records) for batch in source.batches] == [3, 1]
            assert len(source.dead_letter_queue.messages) == 4

            async_invoke()
        """
    suite.run(source).assert_outcomes(passed=1)


def test_the_handler_can_come_without_its_name(suite: Any) -> None:
    """As a string or a lambda; a function only with other settings, since pytest takes a lone one for what it marks."""
    suite.write(app="def handler(event, context):\n    return 'from a module'")
    source = """
        import pytest

        def handler(event, context):
            return context.get_remaining_time_in_millis()

        @pytest.mark.lambda_function("app.handler")
        def test_string(sync_invoke):
            assert sync_invoke().payload == "from a module"

        @pytest.mark.lambda_function(lambda event, context: "from a lambda")
        def test_lambda(sync_invoke):
            assert sync_invoke().payload == "from a lambda"

        @pytest.mark.lambda_function(handler, timeout=7)
        def test_function(sync_invoke):
            assert sync_invoke().payload == 7000
        """
    suite.run(source).assert_outcomes(passed=3)


REFUSED = {
    "lambda_function(handler=print, retries=1)": "marker lambda_function: there is no setting retries.",
    "lambda_function(handler=print, timeout=901)": "marker lambda_function: timeout is 901, and must be *",
    "lambda_function(print, 3, timeout=3)": "marker lambda_function: *only handler can come without its name.",
    "lambda_function(print, handler=print)": "marker lambda_function: *only handler can come without its name.",
    "lambda_function(handler=3)": "marker lambda_function: the handler is 3, and must be a callable or a string *",
    'lambda_function(handler="no_such_module.handler")': "*there is no module no_such_module on sys.path.",
    'sync_invoke(invocation_type="Event")': "marker sync_invoke: *which is what async_invoke does.",
    'sync_invoke("Tail")': "marker sync_invoke: it was given 'Tail', and all its settings have names.",
    'async_invoke(maximum_event_age_in_seconds="1h")': 'marker async_invoke: maximum_event_age_in_seconds is "1h", *',
    "async_invoke(retry_attempts=1)": "marker async_invoke: *CDK name; here, as in the API: maximum_retry_attempts.",
    'event_source("sqs", batch_sise=3)': "marker event_source: *Did you mean batch_size?",
    'lambda_modes(leftovers="maybe")': 'marker lambda_modes: leftovers is "maybe", and must be "error" or "ignore".',
    'lambda_modes(real_time_limit="soon")': 'marker lambda_modes: real_time_limit is "soon", and must be a number *',
    'lambda_modes(start="tomorrow")': 'marker lambda_modes: start is "tomorrow", and must be a datetime *',
    "lambda_modes(sead=1)": "marker lambda_modes: there is no setting sead. Did you mean seed?",
    'lambda_modes("2026-07-01")': "marker lambda_modes: it was given '2026-07-01', and all its settings have names.",
}


@pytest.mark.parametrize("marker, message", REFUSED.items(), ids=REFUSED.keys())
def test_what_a_marker_cannot_mean_is_refused(suite: Any, marker: str, message: str) -> None:
    """In the set-up of the test, with a message that names the marker and what is right, and no traceback."""
    source = f"""
        import pytest

        @pytest.mark.{marker}
        def test_it(lambda_modes):
            raise AssertionError("not reached")
        """
    result = suite.run(source)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ERROR at setup of test_it*", f"ConfigError: {message}"], consecutive=True)


def test_our_markers_are_known(suite: Any) -> None:
    """`--strict-markers` takes them, and nothing like them."""
    source = """
        import pytest

        @pytest.mark.lambda_function(handler=print)
        @pytest.mark.sync_invoke
        @pytest.mark.async_invoke
        @pytest.mark.event_source
        @pytest.mark.lambda_modes
        def test_it(): pass
        """
    suite.run(source, "--strict-markers", "-W", "error").assert_outcomes(passed=1)
    suite.run(source.replace("sync_invoke", "synch_invoke", 1), "--strict-markers").assert_outcomes(errors=1)


KNOWN = {
    "lambda_function": ("handler", *function_config.SETTINGS),
    "sync_invoke": sync_invoke.SETTINGS,
    "async_invoke": async_invoke.SETTINGS,
    "lambda_modes": settings.NAMES,
}


@pytest.mark.parametrize("marker, names", KNOWN.items(), ids=KNOWN.keys())
def test_pytest_markers_reads_as_a_reference(suite: Any, marker: str, names: tuple[str, ...]) -> None:
    """`pytest --markers` shows every setting of a marker, and a sentence."""
    lines = suite.run("", "--markers").outlines
    [line] = [line for line in lines if line.startswith(f"@pytest.mark.{marker}(")]
    assert line.removeprefix("@pytest.mark.") in MARKERS
    signature, _, text = line.removeprefix(f"@pytest.mark.{marker}(").partition("): ")
    assert sorted(re.findall(r"(\w+)(?:=|,|$)", re.sub(r"=('[^']*'|<[^>]*>|[\w{}]+)", "=", signature))) == sorted(names)
    assert text.endswith(".")
