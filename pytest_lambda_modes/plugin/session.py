"""One test's Lambda, from its markers to its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pytest_lambda_modes.errors import LambdaModesError
from pytest_lambda_modes.harness.lambda_modes import LambdaModes
from pytest_lambda_modes.harness.settings import HarnessSettings
from pytest_lambda_modes.plugin import INI_SETTINGS, STREAMS
from pytest_lambda_modes.plugin.coverage_hint import hint_at_greenlets
from pytest_lambda_modes.plugin.markers import settings_by_marker
from pytest_lambda_modes.plugin.reporting import TestReporter, node_id
from pytest_lambda_modes.plugin.verdict import without_traceback
from pytest_lambda_modes.runtime.output_streams import remember_stream

# These are the test's own, wherever they are raised.
_PASSES_THROUGH = (
    KeyboardInterrupt,
    pytest.skip.Exception,
    pytest.fail.Exception,
    pytest.exit.Exception,
)


class Session:
    """What all tests of a session share, made by the first that has a Lambda."""

    def __init__(self, config: pytest.Config) -> None:
        self.reporter = TestReporter(config)
        self._ini = config.stash[INI_SETTINGS]
        self._seed = config.getoption("lambda_seed")
        for stream in config.stash[STREAMS]:
            remember_stream(stream)

    def settings_of(self, node: pytest.Item, marked: dict[str, Any]) -> HarnessSettings:
        """Those of the marker `lambda_modes`, else of the ini file. Raises ConfigError."""
        given = {**self._ini, "seed": node_id(node), **marked}
        given["seed"] = f"{self._seed}/{given['seed']}"
        # With a seed and nothing else there is nothing to check.
        return HarnessSettings(**given) if len(given) == 1 else HarnessSettings.build("marker lambda_modes", **given)


_SESSION = pytest.StashKey[Session]()


def _session_of(config: pytest.Config) -> Session:
    session = config.stash.get(_SESSION, None)
    if session is None:
        session = config.stash[_SESSION] = Session(config)
    return session


def one_test(node: pytest.Item) -> Iterator[LambdaModes]:
    """Everything is checked before anything starts, and put back before anything is judged."""
    session, hooks = _session_of(node.config), node.ihook
    try:
        modes = _made_for(node, session, hooks)
        modes.start()
    except LambdaModesError as error:
        raise without_traceback(error) from None
    try:
        session.reporter.follow(node, modes)
        if hooks.pytest_lambda_modes_configure.get_hookimpls():
            hooks.pytest_lambda_modes_configure(lambda_modes=modes)
        yield modes
    finally:
        modes.stop()
    if modes.overlapped:
        hint_at_greenlets(node)


def _made_for(node: pytest.Item, session: Session, hooks: Any) -> LambdaModes:
    tell = hooks.pytest_lambda_modes_fact
    marked = settings_by_marker(node)
    return LambdaModes(
        session.settings_of(node, marked["lambda_modes"]),
        function_settings=marked["lambda_function"],
        sync_settings=marked["sync_invoke"],
        async_settings=marked["async_invoke"],
        source_settings=marked["event_source"],
        other_sources=lambda kind, given, modes: hooks.pytest_lambda_modes_event_source(
            kind=kind, config=given, lambda_modes=modes
        ),
        passes_through=_PASSES_THROUGH,
        observers=(lambda fact: tell(fact=fact),) if tell.get_hookimpls() else (),
    )
