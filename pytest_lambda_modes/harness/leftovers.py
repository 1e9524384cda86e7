"""Work that Lambda accepted and never attempted: a test that ends with it has mostly forgotten to let time pass."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_lambda_modes.harness.sqs_source import SqsSource
from pytest_lambda_modes.modes.asynchronous.event import AsyncInvocation
from pytest_lambda_modes.timeline.wording import one_line


def never_ran(events: Iterable[AsyncInvocation], sources: Iterable[SqsSource]) -> list[str]:
    """A line for each event that was never tried, and for each message in a mapped queue that was never received.

    What a mapping that is disabled or deleted leaves in its queue does not count.
    """
    lines = [
        f"an event for {event.function.function_name}, accepted at {event.accepted_at:%H:%M:%S}: "
        + one_line(event.payload.decode(errors="replace"))
        for event in events
        if event.deliveries == 0 and not event.settled
    ]
    for source in sources:
        if source.state == "Enabled":
            lines += [
                f"a message in {source.queue.name}, sent at {message.sent_at:%H:%M:%S}: {one_line(message.body)}"
                for message in source.queue.messages
                if message.receive_count == 0 and not message.settled
            ]
    return lines
