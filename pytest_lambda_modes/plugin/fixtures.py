"""The fixtures. What they are made of is imported when the first one is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_lambda_modes.clock.virtual_clock import VirtualClock
    from pytest_lambda_modes.harness.async_invoke import AsyncInvoke
    from pytest_lambda_modes.harness.event_source import EventSourceFixture
    from pytest_lambda_modes.harness.lambda_modes import LambdaModes
    from pytest_lambda_modes.harness.sync_invoke import SyncInvoke
    from pytest_lambda_modes.timeline.journal import Journal


@pytest.fixture
def lambda_modes(request: pytest.FixtureRequest) -> Iterator[LambdaModes]:
    """AWS Lambda for this test, in virtual time: everything else hangs on it."""
    from pytest_lambda_modes.plugin.session import one_test

    yield from one_test(request.node)


@pytest.fixture
def sync_invoke(lambda_modes: LambdaModes) -> SyncInvoke:
    """Invoke a function and wait for the answer: sync_invoke(event) or sync_invoke(handler, event, timeout=3)."""
    return lambda_modes.sync_invoke


@pytest.fixture
def async_invoke(lambda_modes: LambdaModes) -> AsyncInvoke:
    """Hand an event to Lambda's queue (202), with retries, dead letters and destinations as time passes."""
    return lambda_modes.async_invoke


@pytest.fixture
def event_source(lambda_modes: LambdaModes) -> EventSourceFixture:
    """Make a source that Lambda polls, mapped to a function: event_source("sqs", batch_size=10)."""
    return lambda_modes.event_source


@pytest.fixture
def lambda_clock(lambda_modes: LambdaModes) -> VirtualClock:
    """The virtual clock: now, elapsed, advance(minutes=1), run_until_idle()."""
    return lambda_modes.clock


@pytest.fixture
def lambda_timeline(lambda_modes: LambdaModes) -> Journal:
    """What happened in this test, in order: iterate it for the facts, str() it for the text."""
    return lambda_modes.timeline
