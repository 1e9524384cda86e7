"""Work that Lambda accepted and never attempted: a test that ends with it has mostly forgotten to let time pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_lambda_modes.harness.sqs_source import SqsSource
from pytest_lambda_modes.harness.stream_source import StreamSource
from pytest_lambda_modes.modes.asynchronous.event import AsyncInvocation
from pytest_lambda_modes.modes.asynchronous.service_delivery import ServiceDelivery
from pytest_lambda_modes.timeline.wording import one_line


def never_ran(
    events: Iterable[AsyncInvocation],
    deliveries: Iterable[ServiceDelivery],
    sources: Iterable[SqsSource | StreamSource],
) -> list[str]:
    """A line for each event, message and record that was never tried and that nothing but time keeps from that.

    What a mapping that is disabled or deleted leaves where it is does not count. A service's first Invoke takes no
    time, so a delivery counts while the service has not come to a second one.
    """
    lines = [
        f"an event for {event.function.function_name}, accepted at {event.accepted_at:%H:%M:%S}: "
        + one_line(event.payload.decode(errors="replace"))
        for event in events
        if event.deliveries == 0 and not event.settled
    ]
    lines += [
        f"a notification of {delivery.service} for {delivery.function.function_name}, refused at "
        f"{delivery.tries[0]:%H:%M:%S}: {one_line(delivery.payload.decode(errors='replace'))}"
        for delivery in deliveries
        if delivery.state == "pending" and len(delivery.tries) == 1
    ]
    for source in sources:
        if source.state == "Enabled":
            lines += _in_queue(source) if isinstance(source, SqsSource) else _in_stream(source)
    return lines


def _in_queue(source: SqsSource) -> Iterator[str]:
    for message in source.queue.messages:
        if message.receive_count == 0 and not message.settled:
            yield f"a message in {source.queue.name}, sent at {message.sent_at:%H:%M:%S}: {one_line(message.body)}"


def _in_stream(source: StreamSource) -> Iterator[str]:
    for record in source.untried:
        yield f"a record, put at {record.arrived_at:%H:%M:%S}: {record!r}"
