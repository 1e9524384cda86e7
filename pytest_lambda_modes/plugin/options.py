"""Command line, ini settings and markers."""

from __future__ import annotations

import sys
from typing import Any

import pytest

_MARKERS = (
    "lambda_function(handler=..., timeout=3, memory_size=128, function_name=..., environment={}, "
    "reserved_concurrent_executions=..., ...): the function under test. handler is a callable or "
    '"package.module.function"; the other settings have the names of the Lambda API in snake case.',
    "sync_invoke(log_type=..., qualifier=..., client_context=..., invocation_type=...): settings of sync_invoke.",
    "async_invoke(maximum_retry_attempts=2, maximum_event_age_in_seconds=21600, on_success=..., on_failure=..., "
    'dead_letter_target="sqs:dlq", qualifier=..., faults={1: ...}): settings of async_invoke.',
    "event_source(kind, batch_size=10, maximum_batching_window_in_seconds=0, visibility_timeout=30, "
    "max_receive_count=..., filter_criteria=[...], function_response_types=[...], ...): what event_source() makes; kind "
    'is "sqs".',
    'lambda_modes(start="2026-01-01T00:00:00Z", seed=..., real_time_limit=60, leftovers="error", '
    'handler_assertions="fail", timeout_format="current", concurrent_executions=1000): settings of the plugin.',
)
MARKERS = tuple(line.partition("(")[0] for line in _MARKERS)


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("lambda modes", "AWS Lambda in virtual time")
    group.addoption(
        "--lambda-timeline",
        action="store_true",
        help="print the Lambda timeline of passing tests too",
    )
    group.addoption("--lambda-report", metavar="PATH", help="write the timelines of all tests to PATH as JSON")
    group.addoption(
        "--lambda-seed",
        metavar="SEED",
        default="",
        help="mix SEED into the ids of every test (default: they come from the test's node id alone)",
    )
    parser.addini("lambda_modes_start", "virtual start of every test, ISO 8601 (default: 2026-01-01T00:00:00Z)", default="")
    parser.addini("lambda_modes_real_time_limit", "real seconds a handler may run without waiting (default: 60)", default="")
    parser.addini(
        "lambda_modes_leftovers", 'what to do with accepted work that never ran: "error" or "ignore"', default=""
    )


def ini_settings(config: pytest.Config) -> dict[str, Any]:
    """The plugin's settings of the ini file, those that are there."""
    given = {name: config.getini(f"lambda_modes_{name}") for name in ("start", "real_time_limit", "leftovers")}
    found: dict[str, Any] = {name: value for name, value in given.items() if value}
    if "real_time_limit" in found:
        try:
            found["real_time_limit"] = float(found["real_time_limit"])
        except ValueError:
            # Told in full where the settings are checked.
            pass
    return found


def configure(config: pytest.Config) -> None:
    for line in _MARKERS:
        config.addinivalue_line("markers", line)
    # Streams that module-level logging handlers may take during collection.
    config.stash[STREAMS] = (sys.stdout, sys.stderr)
    if config.getoption("--lambda-timeline") or config.getoption("--lambda-report"):
        from pytest_lambda_modes.plugin.reporting import Reporting

        config.pluginmanager.register(Reporting(config), "lambda-modes-reporting")


STREAMS = pytest.StashKey[tuple[Any, Any]]()
