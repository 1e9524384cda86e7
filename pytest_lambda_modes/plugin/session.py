"""One test's Lambda, from its markers to its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_lambda_modes.errors import LambdaModesError
from pytest_lambda_modes.harness.lambda_modes import LambdaModes
from pytest_lambda_modes.harness.settings import HarnessSettings
from pytest_lambda_modes.plugin import INI_SETTINGS, STREAMS
from pytest_lambda_modes.plugin.coverage_hint import hint_at_greenlets
from pytest_lambda_modes.plugin.markers import settings_by_marker
from pytest_lambda_modes.plugin.reporting import node_id, reporter_of
from pytest_lambda_modes.plugin.verdict import without_traceback
from pytest_lambda_modes.runtime.output_streams import remember_stream

# These are the test's own, wherever they are raised.
_PASSES_THROUGH = (
    KeyboardInterrupt,
    pytest.skip.Exception,
    pytest.fail.Exception,
    pytest.exit.Exception,
)


def one_test(node: pytest.Item) -> Iterator[LambdaModes]:
    """Everything is checked before anything starts, and put back before anything is judged."""
    try:
        modes = _made_for(node)
        modes.start()
    except LambdaModesError as error:
        raise without_traceback(error) from None
    try:
        reporter_of(node.config).follow(node, modes)
        node.ihook.pytest_lambda_modes_configure(lambda_modes=modes)
        yield modes
    finally:
        modes.stop()
    if modes.overlapped:
        hint_at_greenlets(node)


def _made_for(node: pytest.Item) -> LambdaModes:
    for stream in node.config.stash[STREAMS]:
        remember_stream(stream)
    hooks = node.ihook
    tell = hooks.pytest_lambda_modes_fact
    marked = settings_by_marker(node)
    return LambdaModes(
        _harness_settings(node, marked["lambda_modes"]),
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


def _harness_settings(node: pytest.Item, marked: dict[str, object]) -> HarnessSettings:
    ini = node.config.stash[INI_SETTINGS]
    given = {**ini, "seed": node_id(node), **marked}
    given["seed"] = f"{node.config.getoption('lambda_seed')}/{given['seed']}"
    return HarnessSettings.build("marker lambda_modes", **given)
