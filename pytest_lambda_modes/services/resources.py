"""The queues, topics, buses and buckets of one test, made when they are first named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.clock.waiting import NOBODY_WAITS, Waiting
from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.services.dynamodb_table import DynamoDbTable
from pytest_lambda_modes.services.event_bus import EventBus
from pytest_lambda_modes.services.kinesis_stream import KinesisStream
from pytest_lambda_modes.services.s3_bucket import S3Bucket
from pytest_lambda_modes.services.sns_topic import SnsTopic
from pytest_lambda_modes.services.sqs_fifo_queue import SqsFifoQueue
from pytest_lambda_modes.services.sqs_queue import SqsQueue

Resource = TypeVar("Resource")


class Resources:
    """A name always means the same resource; a deleted one stays deleted."""

    def __init__(self, scheduler: Scheduler, identifiers: Identifiers, waiting: Waiting = NOBODY_WAITS) -> None:
        self._scheduler = scheduler
        self._waiting = waiting
        self._identifiers = identifiers
        self._queues: dict[str, SqsQueue] = {}
        self._streams: dict[str, KinesisStream] = {}
        self._tables: dict[str, DynamoDbTable] = {}
        self._topics: dict[str, SnsTopic] = {}
        self._event_buses: dict[str, EventBus] = {}
        self._buckets: dict[str, S3Bucket] = {}

    def queue(self, name: str, **attributes: object) -> SqsQueue:
        """The queue of that name, a FIFO queue if it ends in `.fifo`; made with these attributes if there is none yet.

        Raises ConfigError when attributes are given for a queue that exists with others.
        """
        queue = self._queues.get(name)
        if queue is None:
            kind = SqsFifoQueue if name.endswith(".fifo") else SqsQueue
            queue = self._queues[name] = kind(name, self._scheduler, self._identifiers, **attributes)  # type: ignore[arg-type]
            queue.waiting = self._waiting
        elif any(getattr(queue, attribute, value) != value for attribute, value in attributes.items()):
            raise ConfigError(
                f"queue {name} exists already, with other attributes.\n\n"
                f"Change them: lambda_modes.queue({name!r}).set_attributes(...)"
            )
        return queue

    @property
    def queues(self) -> list[SqsQueue]:
        return list(self._queues.values())

    def has_queue(self, name: str) -> bool:
        return name in self._queues

    def stream(self, name: str, **attributes: Any) -> KinesisStream:
        """The Kinesis stream of that name; made with these attributes if there is none yet.

        Raises ConfigError when attributes are given for a stream that exists.
        """
        return _one_of(self._streams, name, KinesisStream, self._scheduler, self._identifiers, attributes)

    def table(self, name: str, **attributes: Any) -> DynamoDbTable:
        """The DynamoDB table of that name, as `stream`."""
        return _one_of(self._tables, name, DynamoDbTable, self._scheduler, self._identifiers, attributes)

    def free_name(self, stem: str, kind: str) -> str:
        """A name that no stream or table has."""
        taken = self._streams if kind == "kinesis" else self._tables
        name, number = stem, 1
        while name in taken:
            number += 1
            name = f"{stem}-{number}"
        return name

    def topic(self, name: str) -> SnsTopic:
        """The topic of that name."""
        topic = self._topics.get(name)
        if topic is None:
            topic = self._topics[name] = SnsTopic(name, self._scheduler, self._identifiers)
        return topic

    def event_bus(self, name: str = "default") -> EventBus:
        """The event bus of that name."""
        bus = self._event_buses.get(name)
        if bus is None:
            bus = self._event_buses[name] = EventBus(name, self._scheduler, self._identifiers)
        return bus

    def bucket(self, name: str) -> S3Bucket:
        """The bucket of that name."""
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = S3Bucket(name, self._scheduler, self._identifiers)
        return bucket


def _one_of(
    known: dict[str, Resource],
    name: str,
    make: Callable[..., Resource],
    scheduler: Scheduler,
    identifiers: Identifiers,
    attributes: dict[str, Any],
) -> Resource:
    resource = known.get(name)
    if resource is None:
        resource = known[name] = make(name, scheduler, identifiers, **attributes)
    elif attributes:
        raise ConfigError(f"{name} exists already, so it cannot be given {', '.join(attributes)}.\n\nLeave them out.")
    return resource
