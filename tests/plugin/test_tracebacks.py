"""Where the traceback of an error of ours ends: in the line of the user's that it is about."""

from __future__ import annotations

from typing import Any

import pytest

MISTAKES = {
    "a setting out of range": ("sync_invoke(handler, {}, timeout=0)", "ConfigError"),
    "an event that JSON cannot carry": ("sync_invoke(handler, {1, 2})", "EventError"),
    "an answer of the API's": ("sync_invoke(handler, 'x' * 7_000_000)", "RequestTooLargeException"),
    "an answer of the API's to a mapping": (
        "event_source.sqs(handler, batch_size=0)",
        "InvalidParameterValueException",
    ),
    "a mistake behind an answer of the API's": (
        "lambda_modes.async_invoke(handler, {}, on_failure='arn:aws:sqs:us-east-1:999999999999:q')",
        "InvalidParameterValueException",
    ),
    "an answer of a service's": ("lambda_modes.queue('a b')", "InvalidParameterValue"),
    "a path that is none": ("sync_invoke.from_api_gateway('GET', 'a', handler=handler)", "ConfigError"),
    "a wait in vain": ("lambda_modes.queue('a').send('1').wait()", "NotSettledError"),
    "a duration without a unit": ("lambda_modes.clock.advance(3)", "ClockError"),
    "a mistake in a handler": ("sync_invoke(mistaken, {}).unwrap()", "ConfigError"),
    "an error without an exception": ("sync_invoke(leaves, {}).unwrap()", "FunctionError"),
}

SOURCE = """
    import os
    import pytest

    def handler(event, context):
        return event

    def leaves(event, context):
        os._exit(1)

    def test_it(sync_invoke, event_source, lambda_modes):
        def mistaken(event, context):
            sync_invoke(handler, {{}}, timeout=0)  # the line

        {mistake}  # the line
    """


@pytest.mark.parametrize("style", ["short", "long", "native"])
@pytest.mark.parametrize(("mistake", "error"), MISTAKES.values(), ids=MISTAKES)
def test_an_error_of_ours_ends_in_the_users_line(suite: Any, mistake: str, error: str, style: str) -> None:
    """Whichever way pytest shows it, no line of ours follows."""
    result = suite.run(SOURCE.format(mistake=mistake), f"--tb={style}")
    result.assert_outcomes(failed=1)
    text = result.stdout.str().partition("= FAILURES =")[2].partition("= short test summary")[0]
    _, line, below = text.rpartition("# the line")
    assert line
    assert error in below
    assert "/pytest_lambda_modes/" not in below


def test_the_full_trace_has_every_line(suite: Any) -> None:
    """`--full-trace` shows all, as it does of pytest's own."""
    result = suite.run(SOURCE.format(mistake="lambda_modes.clock.advance(3)"), "--full-trace")
    result.stdout.fnmatch_lines(["*virtual_clock.py:*: ClockError"])


def test_other_errors_keep_their_tracebacks(suite: Any) -> None:
    """A TypeError from inside may be a mistake of ours, and is shown whole."""
    result = suite.run(SOURCE.format(mistake="lambda_modes.queue([])"))
    result.stdout.fnmatch_lines(["*pytest_lambda_modes*resources.py:*: TypeError"])


def test_in_a_fixture_it_ends_in_the_fixtures_line(suite: Any) -> None:
    """A fixture of the user's makes the mistake."""
    source = """
        import pytest

        @pytest.fixture
        def orders(event_source):
            return event_source("sqss")  # the line

        def test_it(orders): pass
        """
    result = suite.run(source)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*# the line", "test_it.py:*: ConfigError"])
    assert "event_source.py" not in result.stdout.str()
