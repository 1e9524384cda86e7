"""The pytest plugin: its options, markers, hooks and fixtures. All else is loaded when a first test uses it."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.plugin import hookspecs
from pytest_lambda_modes.plugin.fixtures import (
    async_invoke,
    event_source,
    lambda_clock,
    lambda_modes,
    lambda_timeline,
    sync_invoke,
)

__all__ = ["async_invoke", "event_source", "lambda_clock", "lambda_modes", "lambda_timeline", "sync_invoke"]

# The settings that the ini file gives to every test.
INI_SETTINGS = pytest.StashKey[dict[str, Any]]()

# What stdout and stderr are while modules are imported, where logging handlers may take them for good.
STREAMS = pytest.StashKey[tuple[object, object]]()

# A colon ends the signature for pytest, so there is none in it.
MARKERS = (
    "lambda_function(handler, function_name=None, timeout=3, memory_size=128, environment={}, "
    "reserved_concurrent_executions=None, dead_letter_target=None, runtime=None, log_format='Text', "
    "application_log_level=None, system_log_level=None, log_group=None, recursive_loop='Terminate'): "
    "the function under test, configured as in the Lambda API. The handler is a callable, given as `handler=`, or a "
    "string such as 'package.module.function'. Settings of test, class and module are merged; the closest wins.",
    "sync_invoke(invocation_type='RequestResponse', log_type='None', client_context=None, qualifier=None, faults={}): "
    "settings of the calls of `sync_invoke`.",
    "async_invoke(maximum_retry_attempts=2, maximum_event_age_in_seconds=21600, on_success=None, on_failure=None, "
    "dead_letter_target=None, qualifier=None, faults={}): settings of the calls of `async_invoke`. A target is an "
    "object of `lambda_modes`, an ARN, or short: 'sqs:failed', 'sns:alerts', 'lambda:other', 'events:default', "
    "'s3:failures'.",
    "event_source(kind, ...): what `event_source()` makes. The kind is 'sqs', 'kinesis' or 'dynamodb'. Settings are "
    "batch_size, maximum_batching_window_in_seconds=0, filter_criteria=[], function_response_types=[] and further ones "
    "of the mapping, such as starting_position for a stream, and those of the queue, stream or table, such as "
    "visibility_timeout=30, max_receive_count=None, shard_count=1, key_schema=['id'].",
    "lambda_modes(start='2026-01-01', seed=<the test's node id>, real_time_limit=60, leftovers='error', "
    "handler_assertions='fail', timeout_format='current', concurrent_executions=1000): settings of the simulation.",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("lambda modes", "AWS Lambda in virtual time")
    group.addoption("--lambda-timeline", action="store_true", help="print the timelines of tests that pass, too")
    group.addoption("--lambda-report", metavar="PATH", help="write the timelines of all tests to PATH, as JSON")
    group.addoption(
        "--lambda-seed",
        metavar="SEED",
        default="",
        help="mix SEED into all ids (default: those of a test come from its node id alone)",
    )
    group.addoption(
        "--lambda-events",
        metavar="NAME",
        nargs="?",
        const="",
        help="list the events that functions can be sent, or print the one of that name as JSON; run no tests",
    )
    parser.addini("lambda_modes_start", "virtual start of every test (default: 2026-01-01T00:00:00Z)", default="")
    parser.addini(
        "lambda_modes_real_time_limit",
        "real seconds that a handler may run without waiting (default: 60)",
        type="float",
        default=None,
    )
    parser.addini(
        "lambda_modes_leftovers", 'whether accepted work that never ran fails a test: "error" or "ignore"', default=""
    )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(hookspecs)


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """With `--lambda-events` this is all that is done."""
    name = config.getoption("lambda_events")
    if name is None:
        return None
    from pytest_lambda_modes.plugin.event_listing import print_events

    print_events(name)
    return pytest.ExitCode.OK


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    config.stash[INI_SETTINGS] = _ini_settings(config)
    config.stash[STREAMS] = (sys.stdout, sys.stderr)
    if config.getoption("lambda_timeline") or config.getoption("lambda_report"):
        from pytest_lambda_modes.plugin.session_report import SessionReport

        config.pluginmanager.register(SessionReport(config), "lambda-modes-report")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """The version, and what all tests of this run have that is not the default."""
    distributions = [distribution for _, distribution in config.pluginmanager.list_plugin_distinfo()]
    told = [each.version for each in distributions if each.project_name == "pytest-lambda-modes"]
    ini = config.stash[INI_SETTINGS]
    given = {**ini, "seed": config.getoption("lambda_seed")}
    told += [f"{name}={value}" for name, value in given.items() if value]
    return ["lambda-modes: " + ", ".join(told)] if told else []


def _ini_settings(config: pytest.Config) -> dict[str, Any]:
    """The settings that the ini file gives. Raises UsageError for one that cannot be."""
    settings: dict[str, Any] = {}
    for name in ("start", "real_time_limit", "leftovers"):
        try:
            value = config.getini(f"lambda_modes_{name}")
        except (TypeError, ValueError) as error:
            raise pytest.UsageError(f"ini file: lambda_modes_{name}: {error}") from None
        if value not in ("", None):
            settings[name] = value
    if settings:
        from pytest_lambda_modes.harness.settings import HarnessSettings

        try:
            HarnessSettings.build("ini file", **settings)
        except ConfigError as error:
            raise pytest.UsageError(str(error)) from None
    return settings
