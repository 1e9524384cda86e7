"""The fixture `event_source`: a source that Lambda polls, with its mapping to a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.errors import ConfigError, ResourceConflictException
from pytest_lambda_modes.harness.functions import FUNCTION_SETTINGS, Functions
from pytest_lambda_modes.harness.sqs_source import SqsSource
from pytest_lambda_modes.harness.stream_sources import DynamoDbSource, KinesisSource
from pytest_lambda_modes.model import event_source_mapping_config as sqs_config
from pytest_lambda_modes.model import setting_names, settings
from pytest_lambda_modes.model.event_source_mapping_config import SqsMappingConfig
from pytest_lambda_modes.model.stream_mapping_config import NOT_MODELLED as STREAM_NOT_MODELLED
from pytest_lambda_modes.model.stream_mapping_config import SETTINGS as STREAM_SETTINGS
from pytest_lambda_modes.model.stream_mapping_config import Kind, StreamMappingConfig
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.dynamodb_table import DynamoDbTable
from pytest_lambda_modes.services.kinesis_stream import KinesisStream
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.services.sqs_queue import SqsQueue

_QUEUE_ATTRIBUTES = (
    "visibility_timeout",
    "message_retention_period",
    "delay_seconds",
    "maximum_message_size",
    "receive_message_wait_time_seconds",
)
_FIFO_ATTRIBUTES = ("content_based_deduplication", "deduplication_scope")
_SQS_OWN = (
    "queue",
    "queue_name",
    "fifo",
    "dead_letter_queue",
    "max_receive_count",
    "qualifier",
    *_QUEUE_ATTRIBUTES,
    *_FIFO_ATTRIBUTES,
)
KINESIS_STREAM = ("shard_count", "retention_period_hours")
DYNAMODB_TABLE = ("key_schema", "stream_view_type", "time_to_live", "shard_count")
SQS_SETTINGS = (*sqs_config.SETTINGS, *_SQS_OWN)


AnyStreamSource = TypeVar("AnyStreamSource", KinesisSource, DynamoDbSource)


class Sources(Protocol):
    """How a third party adds a kind of source: None for a kind that is not its own."""

    def __call__(self, kind: str, config: Mapping[str, Any]) -> Any: ...


class EventSourceFixture:
    """Makes a source and maps it to a function. (ESM-1)

    `event_source("sqs", batch_size=10)` for the function under test, `event_source("sqs", handler, ...)` for another;
    `event_source.sqs(...)` is the same, typed. `event_source()` is what the marker `event_source` describes.

    >>> def test_poison(event_source):
    ...     orders = event_source.sqs(worker, max_receive_count=3)
    ...     message = orders.send({"poison": True})
    ...     orders.drain()
    ...     assert message.state == "dead_lettered"
    """

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
        }
        self.made: list[SqsSource] = []
        self._mapped: dict[tuple[str, str], str] = {}

    def __call__(self, kind: str | None = None, /, *handler: Any, **config: Any) -> Any:
        """`kind` is `"sqs"`, `"kinesis"`, `"dynamodb"`, or one that a plugin adds. Raises ConfigError for any other."""
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
        other = self._others(kind, {**self._marked, **config}) if self._others is not None else None
        if other is None:
            raise ConfigError(
                f"event_source: there is no source of kind {settings.shown(kind)}.\n\n"
                f"There are {', '.join(map(settings.shown, self._kinds))}."
            )
        return other

    def sqs(self, *handler: Any, **config: Any) -> SqsSource:
        """A queue and its mapping.

        The queue: `queue_name`, `fifo`, `visibility_timeout`, `delay_seconds`, `message_retention_period`, ... (SQS-21);
        `max_receive_count` makes a dead-letter queue, or goes with `dead_letter_queue`. `queue=` takes one that exists
        (`lambda_modes.queue(...)`) instead. The mapping: `batch_size`, `maximum_batching_window_in_seconds`,
        `filter_criteria`, `function_response_types`, `maximum_concurrency`, `minimum_pollers`, `maximum_pollers`,
        `enabled`, `qualifier`, `faults`. With a handler, settings of the marker `lambda_function` too.

        Raises ConfigError for what makes no sense, InvalidParameterValueException and ResourceConflictException as
        CreateEventSourceMapping does (ESM-5).
        """
        where = "event_source.sqs(...)"
        given = {**(self._marked if self._kind in (None, "sqs") else {}), **config}
        function, own = self._function(where, handler, given, SQS_SETTINGS, sqs_config.NOT_MODELLED)
        queue_given = {name: value for name, value in own.items() if name in _SQS_OWN}
        mapping_given = {name: value for name, value in own.items() if name not in _SQS_OWN}
        qualifier = queue_given.pop("qualifier", None)
        existing = queue_given.get("queue")
        fifo = existing.fifo if isinstance(existing, SqsQueue) else queue_given.get("fifo", False)
        mapping_config = SqsMappingConfig.build(where, fifo=bool(fifo), **mapping_given)
        queue = self._queue(where, function, queue_given)
        known = self._mapped.get((queue.arn, function.function_name))
        if known is not None:
            raise ResourceConflictException(
                f'An event source mapping with SQS arn (" {queue.arn} ") and function (" {function.function_name} ") '
                f"already exists. Please update or delete the existing mapping with UUID {known}"
            )
        source = SqsSource(self._platform, self._loops, function, queue, mapping_config, qualifier)
        self._mapped[queue.arn, function.function_name] = source.mapping.uuid
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
        function, stream, mapping, qualifier = self._stream("kinesis", handler, config, KINESIS_STREAM, "stream")
        return self._made(
            function,
            KinesisSource(
                self._platform, self._loops, self._resources, function, stream, mapping(stream.arn), qualifier
            ),
        )

    def dynamodb(self, *handler: Any, **config: Any) -> DynamoDbSource:
        """A DynamoDB table with a stream, and its mapping.

        The table: `table_name`, `key_schema` (`["id"]`, or partition and sort key), `stream_view_type`, `time_to_live`
        (the attribute), `shard_count`; or `table=`, one that exists (`lambda_modes.table(...)`). The mapping: as for
        `kinesis`, without AT_TIMESTAMP. Raises as `kinesis`.
        """
        function, table, mapping, qualifier = self._stream("dynamodb", handler, config, DYNAMODB_TABLE, "table")
        return self._made(
            function,
            DynamoDbSource(
                self._platform, self._loops, self._resources, function, table, mapping(table.stream.arn), qualifier
            ),
        )

    def _stream(
        self, kind: Kind, handler: tuple[Any, ...], config: dict[str, Any], own_names: tuple[str, ...], resource: str
    ) -> tuple[Function, Any, Callable[[str], StreamMappingConfig], str | None]:
        """The function, the stream or table, how its mapping is configured, and the qualifier."""
        where = f"event_source.{kind}(...)"
        given = {**(self._marked if self._kind in (None, kind) else {}), **config}
        known = (*STREAM_SETTINGS, "qualifier", resource, f"{resource}_name", *own_names)
        function, own = self._function(where, handler, given, known, STREAM_NOT_MODELLED)
        qualifier = own.pop("qualifier", None)
        existing, name = own.pop(resource, None), own.pop(f"{resource}_name", None)
        for_resource = {key: own.pop(key) for key in own_names if key in own}

        def mapping(arn: str) -> StreamMappingConfig:
            return StreamMappingConfig.build(where, kind, event_source_arn=arn, **own)

        # Checked before anything is made.
        mapping("")
        if existing is not None:
            expected = KinesisStream if kind == "kinesis" else DynamoDbTable
            if not isinstance(existing, expected) or for_resource or name:
                raise ConfigError(
                    f"{where}: {resource} is {settings.shown(existing)}; it must be a {resource} of lambda_modes, and "
                    f"then has its own settings.\n\n  event_source.{kind}({resource}=lambda_modes.{resource}(...), ...)"
                )
            return function, existing, mapping, qualifier
        make = self._resources.stream if kind == "kinesis" else self._resources.table
        name = name or self._resources.free_name(f"{function.function_name}-{resource}", kind)
        return function, make(name, **for_resource), mapping, qualifier

    def _made(self, function: Function, source: AnyStreamSource) -> AnyStreamSource:
        """Refuse a second mapping of the same function to the same stream. (ESM-5)"""
        arn = source.mapping.event_source_arn
        known = self._mapped.get((arn, function.function_name))
        if known is not None:
            source.delete()
            raise ResourceConflictException(
                f'The event source arn (" {arn} ") and function (" {function.function_name} ") provided mapping already '
                f"exists. Please update or delete the existing mapping with UUID {known}"
            )
        self._mapped[arn, function.function_name] = source.mapping.uuid
        return source

    def _function(
        self,
        where: str,
        handler: tuple[Any, ...],
        given: Mapping[str, Any],
        known: tuple[str, ...],
        not_modelled: Mapping[str, str],
    ) -> tuple[Function, dict[str, Any]]:
        """The function that is mapped, and the settings that are not its own."""
        everything = (*known, *(name for name in FUNCTION_SETTINGS if name not in known))
        settings.check_names(where, given, everything, {**setting_names.FUNCTION_NOT_MODELLED, **not_modelled})
        own = {name: value for name, value in given.items() if name in known}
        for_function = {name: value for name, value in given.items() if name not in known}
        if len(handler) > 1:
            raise ConfigError(f"{where} was given {len(handler)} handlers, and takes one.")
        if handler:
            return self._functions.of(where, handler[0], for_function), own
        if for_function:
            raise ConfigError(
                f"{where}: {', '.join(for_function)} cannot be set where no handler is named.\n\n"
                "Set it on the function: @pytest.mark.lambda_function(handler=..., ...)"
            )
        return self._functions.under_test(), own

    def _queue(self, where: str, function: Function, given: dict[str, Any]) -> SqsQueue:
        existing = given.pop("queue", None)
        if existing is not None:
            if not isinstance(existing, SqsQueue) or given:
                raise ConfigError(
                    f"{where}: queue is {settings.shown(existing)} and comes with {', '.join(given) or 'nothing'}; it "
                    "must be a queue of lambda_modes, and then has its own settings.\n\n"
                    '  event_source.sqs(queue=lambda_modes.queue("orders", visibility_timeout=60))'
                )
            return existing
        fifo = settings.flag(where, "fifo", given.pop("fifo", False), "It makes a FIFO queue. (SQS-16)")
        if not fifo:
            for name in _FIFO_ATTRIBUTES:
                if name in given:
                    raise ConfigError(f"{where}: {name} is a setting of FIFO queues.\n\nMake it one: fifo=True")
        name = given.pop("queue_name", None) or self._free_name(f"{function.function_name}-queue", fifo)
        letters = given.pop("dead_letter_queue", None)
        count = given.pop("max_receive_count", None)
        if isinstance(letters, str):
            letters = self._resources.queue(letters)
        if letters is None and count is not None:
            stem = name.removesuffix(".fifo")
            letters = self._resources.queue(f"{stem}-dead-letters{'.fifo' if fifo else ''}")
        if letters is not None:
            given.update(dead_letter_queue=letters, max_receive_count=count)
        return self._resources.queue(name, **given)

    def _free_name(self, stem: str, fifo: bool) -> str:
        suffix = ".fifo" if fifo else ""
        name, number = f"{stem}{suffix}", 1
        while self._resources.has_queue(name):
            number += 1
            name = f"{stem}-{number}{suffix}"
        return name


def check_marker(marked: Mapping[str, Any]) -> None:
    """Refuse what the marker `event_source` cannot mean, before the test runs. Raises ConfigError."""
    if marked.get("kind", "sqs") == "sqs":
        known = (*SQS_SETTINGS, *(name for name in FUNCTION_SETTINGS if name not in SQS_SETTINGS))
        given = {name: value for name, value in marked.items() if name != "kind"}
        settings.check_names("marker event_source", given, known, sqs_config.NOT_MODELLED)
