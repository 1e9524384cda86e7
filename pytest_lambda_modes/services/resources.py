"""The queues, topics, buses and buckets of one test, made when they are first named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.clock.waiting import NOBODY_WAITS, Waiting
from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.model import targets
from pytest_lambda_modes.model.facts import Emit, MessageDeadLettered
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.settings import check_names, shown, text
from pytest_lambda_modes.services import queue_attributes
from pytest_lambda_modes.services.chain import Chain
from pytest_lambda_modes.services.documentdb_collection import DocumentDbCollection
from pytest_lambda_modes.services.dynamodb_table import DynamoDbTable
from pytest_lambda_modes.services.event_bus import EventBus
from pytest_lambda_modes.services.kafka_topic import KafkaTopic
from pytest_lambda_modes.services.kinesis_stream import KinesisStream
from pytest_lambda_modes.services.mq_queue import ActiveMqQueue, MqQueue, RabbitMqQueue
from pytest_lambda_modes.services.notification import NOTHING_OUTSIDE, Outside
from pytest_lambda_modes.services.s3_bucket import S3Bucket
from pytest_lambda_modes.services.sns_topic import SnsTopic
from pytest_lambda_modes.services.sqs_fifo_queue import SqsFifoQueue
from pytest_lambda_modes.services.sqs_message import Message
from pytest_lambda_modes.services.sqs_queue import SqsQueue

Resource = TypeVar("Resource")
AnyMqQueue = TypeVar("AnyMqQueue", ActiveMqQueue, RabbitMqQueue)


class Resources:
    """A name always means the same resource; a deleted one stays deleted."""

    def __init__(
        self,
        scheduler: Scheduler,
        identifiers: Identifiers,
        waiting: Waiting = NOBODY_WAITS,
        emit: Emit | None = None,
    ) -> None:
        self.chain = Chain(waiting)
        self.outside: Outside = NOTHING_OUTSIDE
        self._scheduler = scheduler
        self._emit = emit
        self._identifiers = identifiers
        self._queues: dict[str, SqsQueue] = {}
        self._streams: dict[str, KinesisStream] = {}
        self._tables: dict[str, DynamoDbTable] = {}
        self._topics: dict[str, SnsTopic] = {}
        self._event_buses: dict[str, EventBus] = {}
        self._buckets: dict[str, S3Bucket] = {}
        self._kafka_topics: dict[str, KafkaTopic] = {}
        self._mq_queues: dict[tuple[str, str], MqQueue] = {}
        self._collections: dict[str, dict[str, DocumentDbCollection]] = {}

    def queue(self, name: str, **attributes: Any) -> SqsQueue:
        """The queue of that name, a FIFO queue if it ends in `.fifo`; made with these attributes if there is none yet.

        A `dead_letter_queue` is a queue, its ARN, or short: `"sqs:dead-letters"`. Raises ConfigError for an attribute
        that is unknown or another one than that of a queue that exists, and else as `SqsQueue`.
        """
        if attributes.get("dead_letter_queue") is not None:
            attributes["dead_letter_queue"] = self._dead_letter_queue(name, attributes["dead_letter_queue"])
        queue = self._queues.get(name)
        if queue is None:
            queue = self._queues[name] = self._make_queue(name, attributes)
        elif attributes:
            _check_same(queue, attributes)
        return queue

    def _dead_letter_queue(self, name: str, given: object) -> SqsQueue:
        target = targets.parse_allowed(f"queue {name}", "dead_letter_queue", given, ("sqs",))
        if target.name == name:
            raise ConfigError(f"queue {name}: it cannot be its own dead_letter_queue.")
        return self.queue(target.name)

    def _make_queue(self, name: str, attributes: dict[str, Any]) -> SqsQueue:
        fifo = text("queue", "name", name, ".*", "a string", "It is the queue's name.").endswith(".fifo")
        for attribute in queue_attributes.FIFO:
            if attribute in attributes and not fifo:
                raise ConfigError(
                    f"queue {name}: {attribute} is a setting of FIFO queues.\n\n"
                    "Make it one: event_source.sqs(fifo=True, ...), or a name that ends in .fifo"
                )
        known = (*queue_attributes.SETTINGS, *(queue_attributes.FIFO if fifo else ()))
        check_names(f"queue {name}", attributes, known, queue_attributes.NOT_MODELLED)
        make = SqsFifoQueue if fifo else SqsQueue
        queue = make(name, self._scheduler, self._identifiers, **attributes)
        queue.waiting = self.chain
        if self._emit is not None:
            queue.on_dead_letter.append(self._say_dead_lettered)
        return queue

    def _say_dead_lettered(self, message: Message) -> None:
        letter = message.dead_letter
        if self._emit is not None and letter is not None:
            now, who, target = self._scheduler.now, message.queue.name, f"sqs:{letter.queue.name}"
            self._emit(MessageDeadLettered, now, who, message.message_id, target, message.receive_count, "SQS-8")

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

    def kafka_topic(self, name: str, **attributes: Any) -> KafkaTopic:
        """The Kafka topic of that name, as `stream`."""
        return _one_of(self._kafka_topics, name, KafkaTopic, self._scheduler, self._identifiers, attributes)

    def activemq_queue(self, broker_arn: str, name: str) -> ActiveMqQueue:
        """A new queue of a broker of ActiveMQ. Raises ConfigError if there is one of that name."""
        return self._new_mq_queue(broker_arn, ActiveMqQueue(name, name, self._scheduler, self._identifiers))

    def rabbitmq_queue(self, broker_arn: str, name: str, virtual_host: str) -> RabbitMqQueue:
        """A new queue of a broker of RabbitMQ. Raises ConfigError if there is one of that name in the virtual host."""
        return self._new_mq_queue(broker_arn, RabbitMqQueue(name, virtual_host, self._scheduler, self._identifiers))

    def _new_mq_queue(self, broker_arn: str, queue: AnyMqQueue) -> AnyMqQueue:
        if (broker_arn, queue.arn) in self._mq_queues:
            raise ConfigError(
                f"queue {queue.name} is mapped already: mappings would compete for its messages, which is not "
                "simulated.\n\nName another queue, or change the mapping there is: source.update(function=...)"
            )
        self._mq_queues[broker_arn, queue.arn] = queue
        return queue

    def collection(self, database_name: str, name: str, **attributes: Any) -> DocumentDbCollection:
        """The collection of that name in a database, as `stream`."""

        def new(name: str, scheduler: Scheduler, identifiers: Identifiers, **given: Any) -> DocumentDbCollection:
            return DocumentDbCollection(name, scheduler, identifiers, database_name=database_name, **given)

        known = self._collections.setdefault(database_name, {})
        return _one_of(known, name, new, self._scheduler, self._identifiers, attributes)

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
            topic.outside = self.outside
        return topic

    def event_bus(self, name: str = "default") -> EventBus:
        """The event bus of that name."""
        bus = self._event_buses.get(name)
        if bus is None:
            bus = self._event_buses[name] = EventBus(name, self._scheduler, self._identifiers)
            bus.outside = self.outside
        return bus

    def bucket(self, name: str) -> S3Bucket:
        """The bucket of that name."""
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = S3Bucket(name, self._scheduler, self._identifiers)
            bucket.outside = self.outside
        return bucket


def _check_same(queue: SqsQueue, attributes: Mapping[str, Any]) -> None:
    """Raise ConfigError for attributes that are not those of a queue that exists."""
    other = {name: value for name, value in attributes.items() if getattr(queue, name, None) != value}
    if not other:
        return
    change = []
    if not queue_attributes.NUMBERS.keys().isdisjoint(other):
        numbers = [f"{name}={shown(value)}" for name, value in other.items() if name in queue_attributes.NUMBERS]
        change.append(f"  queue.set_attributes({', '.join(numbers)})")
    if not other.keys().isdisjoint(queue_attributes.REDRIVE_POLICY):
        change.append("  queue.set_redrive_policy(dead_letter_queue, max_receive_count)")
    raise ConfigError(
        f"queue {queue.name} exists already, with other attributes: "
        + ", ".join(f"{name} is {shown(getattr(queue, name, None))}" for name in other)
        + ".\n\nGive them where the queue is first named"
        + (", or change them:\n" + "\n".join(change) if change else ".")
    )


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
