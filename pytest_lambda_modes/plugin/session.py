"""One test's Lambda from its markers to its end."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from _pytest.outcomes import OutcomeException

from pytest_lambda_modes.clock.overlap import Unwind
from pytest_lambda_modes.errors import ConfigError, LeftoverError, NotSettledError
from pytest_lambda_modes.harness.lambda_modes import LambdaModes
from pytest_lambda_modes.harness.settings import HarnessSettings
from pytest_lambda_modes.plugin.options import STREAMS, ini_settings
from pytest_lambda_modes.plugin.reporting import TIMELINE, TestReporter
from pytest_lambda_modes.runtime.output_streams import remember_stream

_PASSES_THROUGH = (KeyboardInterrupt, OutcomeException, pytest.exit.Exception)
_COVERAGE_WARNED = pytest.StashKey[bool]()


@contextmanager
def one_test(request: pytest.FixtureRequest) -> Iterator[LambdaModes]:
    """Read the markers, start, and at the end put back and judge what is left."""
    config, node = request.config, request.node
    hook = config.hook
    for stream in config.stash.get(STREAMS, ()):
        remember_stream(stream)
    observers = ()
    if hook.pytest_lambda_modes_fact.get_hookimpls():
        observers = (lambda fact: hook.pytest_lambda_modes_fact(fact=fact),)
    modes = LambdaModes(
        _harness_settings(node, config),
        function_settings=merged(node, "lambda_function", "handler"),
        sync_settings=merged(node, "sync_invoke"),
        async_settings=merged(node, "async_invoke"),
        source_settings=merged(node, "event_source", "kind"),
        other_sources=lambda kind, given, modes: hook.pytest_lambda_modes_event_source(
            kind=kind, config=given, lambda_modes=modes
        ),
        passes_through=_PASSES_THROUGH,
        observers=observers,
    )
    reporter = TestReporter(node, modes)
    config.pluginmanager.register(reporter)
    try:
        modes.start()
        try:
            modes.on_overlap(lambda: _warn_about_coverage(config))
            hook.pytest_lambda_modes_configure(lambda_modes=modes)
            yield modes
        finally:
            modes.stop()
    finally:
        node.stash[TIMELINE] = modes
        config.pluginmanager.unregister(reporter)
    if not reporter.failed:
        _judge(modes)


def merged(node: pytest.Item, name: str, *positional: str) -> dict[str, Any]:
    """The settings of a marker, the closest of test, class and module winning for each.

    `positional` names the settings that may be given without their name.
    """
    settings: dict[str, Any] = {}
    for mark in node.iter_markers(name):
        if len(mark.args) > len(positional):
            surplus = mark.args[len(positional)]
            raise ConfigError(f"marker {name}: it takes settings by name, and was given {surplus!r}.")
        given = {**dict(zip(positional, mark.args, strict=False)), **mark.kwargs}
        settings.update({key: value for key, value in given.items() if key not in settings})
    return settings


def _harness_settings(node: pytest.Item, config: pytest.Config) -> HarnessSettings:
    from_ini = ini_settings(config)
    if from_ini:
        HarnessSettings.build("ini setting lambda_modes_*", **from_ini)
    given = {**from_ini, **merged(node, "lambda_modes")}
    given["seed"] = f"{config.getoption('--lambda-seed')}/{given.get('seed', node.nodeid)}"
    return HarnessSettings.build("marker lambda_modes", **given)


def _judge(modes: LambdaModes) -> None:
    """Fail a test that passed, if a handler's assert failed in it or accepted work never ran."""
    if modes.failed_assertions and modes.settings.handler_assertions == "fail":
        raise modes.failed_assertions[0]
    left = modes.never_ran()
    if left and modes.settings.leftovers == "error":
        raise LeftoverError(
            "The test has ended, and work that Lambda accepted never ran:\n"
            + "\n".join(f"  {each}" for each in left)
            + "\n\nLet it happen: invocation.wait(), or lambda_clock.run_until_idle().\n"
            'Or say that it does not matter: @pytest.mark.lambda_modes(leftovers="ignore")'
        )


def excuses_leftovers(error: BaseException | None) -> bool:
    """Whether a test that ended so has told enough already."""
    return isinstance(error, (NotSettledError, KeyboardInterrupt, Unwind)) or error is not None


def _warn_about_coverage(config: pytest.Config) -> None:
    if config.stash.get(_COVERAGE_WARNED, False):
        return
    config.stash[_COVERAGE_WARNED] = True
    import sys

    coverage = sys.modules.get("coverage")
    current = None if coverage is None else coverage.Coverage.current()
    if current is None or "greenlet" in current.config.concurrency or not _needs_help(current):
        return
    warnings.warn(
        pytest.PytestWarning(
            "Handlers overlap in this run, in greenlets, and coverage is not told so: it may miss lines of theirs. "
            'Add to its configuration: concurrency = ["greenlet", "thread"]'
        ),
        stacklevel=2,
    )


def _needs_help(current: Any) -> bool:
    """Coverage on sys.monitoring keeps no stack of its own, so it needs not know of greenlets."""
    tracer = getattr(getattr(current, "_collector", None), "tracer_name", lambda: "")()
    return bool(tracer != "SysMonitor")
