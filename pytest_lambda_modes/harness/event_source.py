"""The fixture `event_source`: a source that Lambda polls, with its mapping to a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.harness import sqs_queues, stream_resources
from pytest_lambda_modes.harness.arguments import check_qualifier
from pytest_lambda_modes.harness.cluster_kinds import ClusterKinds
from pytest_lambda_modes.harness.cluster_making import ClusterSource, new_source
from pytest_lambda_modes.harness.cluster_settings import CLUSTERS, ClusterKind
from pytest_lambda_modes.harness.cluster_sources import World
from pytest_lambda_modes.harness.event_source_settings import SETTINGS, check_names
from pytest_lambda_modes.harness.fixture import Fixture
from pytest_lambda_modes.harness.functions import Functions
from pytest_lambda_modes.harness.mappings import Mappings
from pytest_lambda_modes.harness.sqs_source import SqsSource
from pytest_lambda_modes.harness.stream_checks import check_target, checked_config
from pytest_lambda_modes.harness.stream_source import StreamSource
from pytest_lambda_modes.harness.stream_sources import DynamoDbSource, KinesisSource
from pytest_lambda_modes.model import cluster_mapping_config as cluster_config
from pytest_lambda_modes.model import event_source_mapping_config as sqs_config
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.event_source_mapping_config import SqsMappingConfig
from pytest_lambda_modes.model.stream_mapping_config import NOT_MODELLED as STREAM_NOT_MODELLED
from pytest_lambda_modes.model.stream_mapping_config import Kind, StreamMappingConfig
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.resources import Resources

# What people look for, and what it is called here.
_MEANT: Mapping[object, tuple[str, ...]] = {
    "kafka": ("msk", "self_managed_kafka"),
    "self-managed-kafka": ("self_managed_kafka",),
    "mq": ("activemq", "rabbitmq"),
    "amazon_mq": ("activemq", "rabbitmq"),
    "docdb": ("documentdb",),
    "dynamodb_streams": ("dynamodb",),
}

AnyStreamSource = TypeVar("AnyStreamSource", KinesisSource, DynamoDbSource)


class MappedStream(NamedTuple):
    """What the source of a stream is made of, checked."""

    function: Function
    resource: Any
    config: StreamMappingConfig
    qualifier: str | None


class Sources(Protocol):
    """How a third party adds a kind of source: None for a kind that is not its own."""

    def __call__(self, kind: str, config: Mapping[str, Any]) -> Any: ...


class EventSourceFixture(ClusterKinds, Fixture):
    """Makes a source and maps it to a function. (ESM-1)

    `event_source("sqs", batch_size=10)` for the function under test, `event_source("sqs", handler, ...)` for another;
    `event_source.sqs(...)` is the same, typed. `event_source()` is what the marker `event_source` describes.

    >>> def test_poison(event_source):
    ...     orders = event_source.sqs(worker, max_receive_count=3)
    ...     message = orders.send({"poison": True})
    ...     orders.drain()
    ...     assert message.state == "dead_lettered"
    """

    fixture = "event_source"

    def __init__(
        self,
        platform: Platform,
        resources: Resources,
        loops: LoopDriver,
        functions: Functions,
        marked: Mapping[str, Any],
        others: Sources | None = None,
    ) -> None:
        self._platform = platform
        self._resources = resources
        self._loops = loops
        self._functions = functions
        self._kind = marked.get("kind")
        self._marked = {name: value for name, value in marked.items() if name != "kind"}
        self._others = others
        self._kinds: dict[str, Callable[..., Any]] = {
            "sqs": self.sqs,
            "kinesis": self.kinesis,
            "dynamodb": self.dynamodb,
            "msk": self.msk,
            "self_managed_kafka": self.self_managed_kafka,
            "activemq": self.activemq,
            "rabbitmq": self.rabbitmq,
            "documentdb": self.documentdb,
        }
        self.made: list[SqsSource | StreamSource] = []
        self._mappings = Mappings()

    def __call__(self, kind: str | None = None, /, *handler: Any, **config: Any) -> Any:
        """`kind` is that of a method, `"sqs"` to `"documentdb"`, or one that a plugin adds.

        Raises ConfigError for any other.
        """
        if kind is None:
            kind = self._kind
        if kind is None:
            raise ConfigError(
                "event_source() was given no kind, and no marker names one.\n\n"
                '  event_source("sqs", batch_size=10)\n  @pytest.mark.event_source("sqs", batch_size=10)'
            )
        make = self._kinds.get(kind) if isinstance(kind, str) else None
        if make is not None:
            return make(*handler, **config)
        other = self._others(kind, self._given(kind, handler, config)) if self._others is not None else None
        if other is None:
            raise ConfigError(
                f"event_source: there is no source of kind {settings.shown(kind)}.\n\n"
                f"There are {', '.join(map(settings.shown, self._kinds))}.{_meant(kind)}"
            )
        return other

    def _given(self, kind: str, handler: tuple[Any, ...], config: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of a call with those of the marker, if that is for this kind. A handler is one of them."""
        if len(handler) > 1:
            raise ConfigError(f"event_source({settings.shown(kind)}) was given {len(handler)} handlers, and takes one.")
        own = {"handler": handler[0]} if handler else {}
        return {**(self._marked if self._kind in (None, kind) else {}), **config, **own}

    def sqs(self, *handler: Any, **config: Any) -> SqsSource:
        """A queue and its mapping.

        The queue: `queue_name`, `fifo`, `visibility_timeout`, `delay_seconds`, ... as in SQS (SQS-21);
        `max_receive_count` makes a dead-letter queue, or goes with `dead_letter_queue`. `queue=` takes one that exists
        (`lambda_modes.queue(...)`) instead. The mapping: `batch_size`, `maximum_batching_window_in_seconds`,
        `filter_criteria`, `function_response_types`, `maximum_concurrency`, `minimum_pollers`, `maximum_pollers`,
        `enabled`, `qualifier`, `faults`. With a handler, settings of the marker `lambda_function` too.

        Raises ConfigError for what makes no sense, InvalidParameterValueException and ResourceConflictException as
        CreateEventSourceMapping does (ESM-5).
        """
        where = "event_source.sqs(...)"
        given = self._given("sqs", handler, config)
        if "queue" in config:
            # The queue that the marker describes is another one.
            given = {name: each for name, each in given.items() if name in config or name not in sqs_queues.SETTINGS}
        sqs_config.refuse_destination(given)
        function, own = self._function(where, given, SETTINGS["sqs"], sqs_config.NOT_MODELLED)
        qualifier = own.pop("qualifier", None)
        for_queue = {name: own.pop(name) for name in sqs_queues.SETTINGS if name in own}
        queue = sqs_queues.existing_queue(where, self._resources, for_queue)
        fifo = sqs_queues.wants_fifo(where, for_queue) if queue is None else queue.fifo
        mapping_config = SqsMappingConfig.build(where, fifo=fifo, **own)
        if queue is None:
            queue = sqs_queues.new_queue(where, self._resources, f"{function.function_name}-queue", for_queue)
        self._mappings.refuse_second_of_queue(queue.arn, function, qualifier)
        source = SqsSource(self._platform, self._loops, function, queue, mapping_config, qualifier)
        self._mappings.add(source.mapping)
        self.made.append(source)
        return source

    def kinesis(self, *handler: Any, **config: Any) -> KinesisSource:
        """A Kinesis stream and its mapping.

        The stream: `stream_name`, `shard_count`, `retention_period_hours`; or `stream=`, one that exists
        (`lambda_modes.stream(...)`). The mapping: `starting_position` (needed), `batch_size`,
        `maximum_batching_window_in_seconds`, `parallelization_factor`, `maximum_retry_attempts`,
        `maximum_record_age_in_seconds`, `bisect_batch_on_function_error`, `tumbling_window_in_seconds`,
        `function_response_types`, `filter_criteria`, `on_failure`, `enabled`, `qualifier`, `faults`, and the spacing of
        retries, `retry_delay_in_seconds` and `maximum_retry_delay_in_seconds` (KIN-8). With a handler, settings of the
        marker `lambda_function` too.

        Raises ConfigError for what makes no sense, InvalidParameterValueException and ResourceConflictException as
        CreateEventSourceMapping does (ESM-5).
        """
        return self._made(KinesisSource, self._stream("kinesis", handler, config))

    def dynamodb(self, *handler: Any, **config: Any) -> DynamoDbSource:
        """A DynamoDB table with a stream, and its mapping.

        The table: `table_name`, `key_schema` (`["id"]`, or partition and sort key), `stream_view_type`, `time_to_live`
        (the attribute), `shard_count`; or `table=`, one that exists (`lambda_modes.table(...)`). The mapping: as for
        `kinesis`, without AT_TIMESTAMP. Raises as `kinesis`.
        """
        return self._made(DynamoDbSource, self._stream("dynamodb", handler, config))

    def _cluster(self, kind: ClusterKind, handler: tuple[Any, ...], config: Mapping[str, Any]) -> ClusterSource:
        where, given = f"event_source.{kind}(...)", self._given(kind, handler, config)
        cluster_config.refuse(where, CLUSTERS[kind], given)
        function, own = self._function(where, given, SETTINGS[kind], cluster_config.CLUSTER_NOT_MODELLED)
        world = World(self._platform, self._loops, self._resources)
        source = new_source(where, kind, world, function, own, self._mappings.refuse_second_in_cluster)
        self._mappings.add(source.mapping)
        self.made.append(source)
        return source

    def _stream(self, kind: Kind, handler: tuple[Any, ...], config: Mapping[str, Any]) -> MappedStream:
        """All is checked before anything is made."""
        where, names = f"event_source.{kind}(...)", stream_resources.SETTINGS[kind]
        given = self._given(kind, handler, config)
        if names[0] in config:
            # The stream or table that the marker describes is another one.
            given = {name: each for name, each in given.items() if name in config or name not in names}
        function, own = self._function(where, given, SETTINGS[kind], STREAM_NOT_MODELLED)
        qualifier = own.pop("qualifier", None)
        for_resource = {name: own.pop(name) for name in names if name in own}
        check_target(function, qualifier)
        resource = stream_resources.existing_resource(where, kind, for_resource)
        name = stream_resources.name_of(where, kind, self._resources, function.function_name, for_resource)
        now = self._platform.hub.scheduler.epoch()
        mapping_config = checked_config(where, kind, stream_resources.stream_arn(kind, resource or name, now), now, own)
        if resource is None:
            resource = stream_resources.new_resource(kind, self._resources, name, for_resource)
        self._mappings.refuse_second_of_stream(stream_resources.stream_arn(kind, resource, now), function, qualifier)
        return MappedStream(function, resource, mapping_config, qualifier)

    def _made(self, make: type[AnyStreamSource], mapped: MappedStream) -> AnyStreamSource:
        source = make(self._platform, self._loops, self._resources, *mapped)
        self._mappings.add(source.mapping)
        self.made.append(source)
        return source

    def _function(
        self, where: str, given: Mapping[str, Any], known: tuple[str, ...], not_modelled: Mapping[str, str]
    ) -> tuple[Function, dict[str, Any]]:
        """The function that is mapped, and the settings that are not its own."""
        given = dict(given)
        handler = given.pop("handler", None)
        check_names(where, given, known, not_modelled)
        check_qualifier(where, given.get("qualifier"))
        own = {name: value for name, value in given.items() if name in known}
        for_function = {name: value for name, value in given.items() if name not in known}
        if handler is not None:
            return self._functions.of(where, handler, for_function), own
        if for_function:
            raise ConfigError(
                f"{where}: {', '.join(for_function)} cannot be set where no handler is named.\n\n"
                "Set it on the function: @pytest.mark.lambda_function(handler=..., ...)"
            )
        return self._functions.under_test(), own


def _meant(kind: object) -> str:
    meant = _MEANT.get(kind, ()) if isinstance(kind, str) else ()
    return f"\n{settings.shown(kind)} is {' or '.join(map(settings.shown, meant))} here." if meant else ""
