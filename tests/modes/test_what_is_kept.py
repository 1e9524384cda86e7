"""How much the garbage collector has to look at: it goes through all that is kept, again and again."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest

TIMES = 200


@pytest.fixture
def kept() -> Callable[[Callable[[], object]], float]:
    """So many objects that the collector sees are left of each call, on average."""

    def count(work: Callable[[], object]) -> float:
        work()
        gc.collect()
        before = len(gc.get_objects())
        for _ in range(TIMES):
            work()
        gc.collect()
        return (len(gc.get_objects()) - before) / TIMES

    return count


def fail(event, context):
    raise ConnectionError("the warehouse is down")


def test_a_synchronous_invocation_leaves_nothing(kept, sync_invoke, lambda_modes):
    """But for what the test itself keeps of the response; the timeline has plain values."""
    function = lambda_modes.function(lambda event, context: event)
    assert kept(lambda: sync_invoke(function, {"id": 7})) < 0.5
    assert len(lambda_modes.timeline) == 2 * (TIMES + 1)


def test_an_event_leaves_itself_and_two_objects_an_attempt(kept, async_invoke, lambda_modes):
    """The event with its list of attempts, each with its outcome, and the dead letter with its attributes."""
    function = lambda_modes.function(fail, dead_letter_target="sqs:letters")
    assert kept(lambda: async_invoke(function, {"id": 7}).wait()) <= 2 + 3 * 2 + 5.5


def test_a_message_leaves_itself(kept, event_source):
    """With its share of what is left of its batch."""
    orders = event_source.sqs(lambda event, context: None, batch_size=10)

    def send_ten() -> None:
        for number in range(10):
            orders.send({"id": number})
        orders.drain()

    assert kept(send_ten) <= 10 + 7.5
