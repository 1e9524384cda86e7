"""Queues of Amazon MQ with their mapping to a function: what `event_source.activemq(...)` and `.rabbitmq(...)` give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pytest_lambda_modes.clock.scheduler import Timer
from pytest_lambda_modes.harness.cluster_sources import World
from pytest_lambda_modes.harness.stream_source import StreamSource
from pytest_lambda_modes.model.cluster_mapping_config import ClusterMappingConfig
from pytest_lambda_modes.modes.polling.mq_events import ActiveMqEvents, RabbitMqEvents
from pytest_lambda_modes.modes.polling.mq_poller import MqEvents, MqPoller
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.services.mq_queue import PRIORITY, ActiveMqQueue, MqMessage, MqQueue, RabbitMqQueue
from pytest_lambda_modes.units import DAY

if TYPE_CHECKING:
    from typing_extensions import Self

PATIENCE = 7 * DAY  # how long a queue of Amazon MQ is drained: a message that never expires may come back for ever


class MqSource(StreamSource):
    """A queue of Amazon MQ that is mapped to a function."""

    def __init__(
        self,
        world: World,
        function: Function,
        qualifier: str | None,
        config: ClusterMappingConfig,
        queue: MqQueue,
        events: MqEvents,
    ) -> None:
        mapping = world.mapping(function, qualifier, queue, config)
        super().__init__(world.loops, world.resources, mapping, lambda: MqPoller(mapping, world.resources, events))

    def drain(self) -> Self:
        """Let virtual time pass until every message is acknowledged, filtered or expired.

        A message that fails each time and does not expire comes back for ever. After seven days of it this raises
        NotSettledError, as it does when the mapping is not enabled.
        """
        scheduler = self._hub.scheduler
        until = scheduler.now + PATIENCE
        self._hub.run_while(lambda: self._poller.goes_on() and scheduler.now < until, owner=self.mapping)
        self._check_rest()
        return self

    async def drained(self) -> Self:
        """`drain()` for async tests: `await source.drained()`."""
        scheduler = self._hub.scheduler
        until = scheduler.now + PATIENCE
        while self._poller.goes_on() and scheduler.now < until:
            await self._rest_before(until)
        self._check_rest()
        return self

    async def _rest_before(self, until: int) -> None:
        """Until nothing more happens by itself, or until patience is over."""
        alarm: list[Timer] = []

        def listen(happened: Callable[[], object]) -> None:
            self._poller.on_rest.append(happened)
            alarm.append(self._hub.scheduler.at(until, happened, f"patience with {self._name}"))

        await self._loops.future_of(listen)
        alarm[0].cancel()

    def _check_rest(self) -> None:
        if self._poller.goes_on():
            last = f", the last one: {self.batches[-1]}" if self.batches else ""
            raise self._hub.not_settled(
                f"{self._name} is not drained after seven days of virtual time. Batches that were tried: "
                f"{len(self.batches)}{last}.\n\n"
                "The broker brings a batch back until it is acknowledged or expires. (MQ-2) Give messages a time to "
                "live, or let a bounded time pass: lambda_clock.advance(minutes=10)"
            )
        super()._check_rest()

    @property
    def _left(self) -> str:
        return "messages"


class ActiveMqSource(MqSource):
    """A queue of ActiveMQ that is mapped to a function. `queue` is the queue itself."""

    def __init__(
        self,
        world: World,
        function: Function,
        qualifier: str | None,
        config: ClusterMappingConfig,
        queue: ActiveMqQueue,
    ) -> None:
        self.queue = queue
        super().__init__(world, function, qualifier, config, queue, ActiveMqEvents(config.event_source_arn, queue))

    def send(
        self,
        body: object,
        *,
        correlation_id: str | None = None,
        reply_to: str | None = None,
        jms_type: str | None = None,
        priority: int = PRIORITY.default,
        persistent: bool = True,
        time_to_live: int = 0,
        properties: Mapping[str, Any] | None = None,
    ) -> MqMessage:
        """Send a message, as `ActiveMqQueue.send`. Gives a handle that tells what becomes of it."""
        return self.queue.send(
            body,
            correlation_id=correlation_id,
            reply_to=reply_to,
            jms_type=jms_type,
            priority=priority,
            persistent=persistent,
            time_to_live=time_to_live,
            properties=properties,
        )


class RabbitMqSource(MqSource):
    """A queue of RabbitMQ that is mapped to a function. `queue` is the queue itself."""

    def __init__(
        self,
        world: World,
        function: Function,
        qualifier: str | None,
        config: ClusterMappingConfig,
        queue: RabbitMqQueue,
    ) -> None:
        self.queue = queue
        super().__init__(world, function, qualifier, config, queue, RabbitMqEvents(config.event_source_arn, queue))

    def publish(self, body: object, **properties: Any) -> MqMessage:
        """Publish a message, as `RabbitMqQueue.publish`. Gives a handle that tells what becomes of it."""
        return self.queue.publish(body, **properties)
