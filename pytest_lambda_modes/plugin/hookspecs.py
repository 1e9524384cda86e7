"""The hooks that a conftest or another plugin can implement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_lambda_modes.harness.lambda_modes import LambdaModes
    from pytest_lambda_modes.model.facts import Fact


@pytest.hookspec
def pytest_lambda_modes_fact(fact: Fact) -> None:
    """Something has happened in a test: an attempt, a throttle, a dead letter, ...

    Called in order, before anything else happens. `fact` is one of the classes of `pytest_lambda_modes.model.facts`.
    """


@pytest.hookspec
def pytest_lambda_modes_configure(lambda_modes: LambdaModes) -> None:
    """A test's LambdaModes has started: make its queues, topics and functions here, for every test."""


@pytest.hookspec(firstresult=True)
def pytest_lambda_modes_event_source(kind: str, config: Mapping[str, Any], lambda_modes: LambdaModes) -> Any:
    """`event_source(kind, **config)` was called with a kind that is not built in: give the source, or None.

    `config` has the settings of the marker `event_source` too, if that is for this kind. A handler that was given is
    its `"handler"`; `lambda_modes.function(handler)` makes a function of it.
    """
