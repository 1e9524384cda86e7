"""--lambda-events tells what functions can be sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_lambda_modes import events
from pytest_lambda_modes.harness.async_invoke import AsyncInvoke
from pytest_lambda_modes.harness.event_source import EventSourceFixture
from pytest_lambda_modes.harness.sync_invoke import SyncInvoke
from pytest_lambda_modes.plugin import event_listing

FIXTURES = {"sync_invoke": SyncInvoke, "async_invoke": AsyncInvoke, "event_source": EventSourceFixture}


def lines_of(suite: Any, *options: str) -> list[str]:
    result = suite.run("def test_it(): assert 0", *options)
    assert result.ret == pytest.ExitCode.OK
    return [str(line) for line in result.outlines]


def test_it_lists_every_builder_and_runs_nothing(suite: Any) -> None:
    """With what it takes, who sends what it builds, and what that is."""
    lines = lines_of(suite, "--lambda-events")
    listed = [line.partition("(")[0] for line in lines[3:] if line and not line.startswith(" ")]
    assert listed == sorted(event_listing.builders())
    at = lines.index(
        "cloudwatch_log_events(messages, *, log_group='/aws/lambda/function', log_stream='stream', "
        "subscription_filter='filter')"
    )
    assert lines[at + 1] == "    async_invoke.from_cloudwatch_logs(...)"
    assert lines[at + 2].startswith("    Log events that match a subscription filter")
    at = next(at for at, line in enumerate(lines) if line.startswith("edge_viewer_request("))
    assert lines[at + 1] == "    sync_invoke.from_cloudfront(...)"
    at = lines.index("s3_test_event(bucket)")
    assert lines[at + 1] == "    sync_invoke(event) or async_invoke(event)"


@pytest.mark.parametrize("name", sorted(event_listing.builders()))
def test_each_event_can_be_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON, from arguments that stand for an example."""
    event_listing.print_events(name)
    event = json.loads(capsys.readouterr().out)
    # These two are what the test gives them, and nothing by default.
    assert event != {} or name in ("scheduler_invocation", "step_functions_task")


def test_one_event_is_printed_as_json(suite: Any) -> None:
    """And nothing else, so that it can be piped into a file."""
    lines = lines_of(suite, "--lambda-events=codecommit_reference_change")
    assert json.loads("\n".join(lines)) == events.codecommit_reference_change()


@pytest.mark.parametrize(
    "name, hint",
    [("sns_notifcation", "Did you mean sns_notification?"), ("tests", "pytest --lambda-events lists them.")],
)
def test_an_event_that_does_not_exist_is_a_usage_error(suite: Any, name: str, hint: str) -> None:
    """A folder after the option, without `=`, is taken for a name too."""
    result = suite.run_apart("def test_it(): pass", "--lambda-events", name)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --lambda-events: there is no event {name}. {hint}"])


def test_every_sender_that_is_listed_exists() -> None:
    """And is listed for a builder that exists."""
    assert set(event_listing.SENDERS) <= set(event_listing.builders())
    for sender in event_listing.SENDERS.values():
        fixture, _, method = sender.partition(".")
        assert callable(getattr(FIXTURES[fixture], method))


def test_every_sender_that_exists_is_listed() -> None:
    """A new one is not forgotten."""
    exist = {
        f"{fixture}.{method}"
        for fixture, owner in FIXTURES.items()
        for method in dir(owner)
        if method.startswith("from_")
    }
    assert exist == {sender for sender in event_listing.SENDERS.values() if ".from_" in sender}
