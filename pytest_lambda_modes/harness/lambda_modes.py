"""The object that holds one test's Lambda: its clock, its functions, its modes, its resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, cast

from pytest_lambda_modes import units
from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.clock.freezing import Freezer
from pytest_lambda_modes.clock.hub import Hub
from pytest_lambda_modes.clock.made_once import made_once
from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.clock.sleeping import ThreadTime, real_sleep, virtual_sleep
from pytest_lambda_modes.clock.undoing import Undo
from pytest_lambda_modes.clock.virtual_clock import VirtualClock
from pytest_lambda_modes.clock.watchdog import Watchdog
from pytest_lambda_modes.harness import async_invoke, event_source_settings, functions, leftovers
from pytest_lambda_modes.harness.async_invoke import AsyncInvoke
from pytest_lambda_modes.harness.event_source import EventSourceFixture
from pytest_lambda_modes.harness.functions import Functions
from pytest_lambda_modes.harness.services import Services, services_around
from pytest_lambda_modes.harness.settings import HarnessSettings
from pytest_lambda_modes.harness.sync_invoke import SyncInvoke
from pytest_lambda_modes.model.facts import Emit, Fact, Observer
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.runtime.concurrency import AccountConcurrency
from pytest_lambda_modes.runtime.environment_variables import ProcessVariables
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.logs import LogCapture
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.runtime.process_exit import ProcessExit
from pytest_lambda_modes.runtime.stack_frames import of_the_handler
from pytest_lambda_modes.services import queue_metrics
from pytest_lambda_modes.services.dynamodb_table import DynamoDbTable
from pytest_lambda_modes.services.event_bus import EventBus
from pytest_lambda_modes.services.kafka_topic import KafkaTopic
from pytest_lambda_modes.services.kinesis_stream import KinesisStream
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.services.s3_bucket import S3Bucket
from pytest_lambda_modes.services.sns_topic import SnsTopic
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.timeline.journal import Journal
from pytest_lambda_modes.timeline.metrics import Datapoint, Metrics

_NONE: Mapping[str, Any] = MappingProxyType({})


def _who_is_stuck(hub: Hub) -> str:
    name = "nobody" if hub.activity is None else hub.activity.name
    return f"{name}, at {units.to_timedelta(hub.scheduler.now)} after the start"


def _discard_environments(platform: Platform) -> None:
    for function in list(platform.functions.values()):
        function.recycle()


class LambdaModes:
    """One account of Lambda under virtual time, for one test.

    `clock`, `timeline`, `sync_invoke`, `async_invoke` and `event_source` are what the fixtures of those names give.
    `metrics` are the CloudWatch metrics of all that happened so far. `overlapped` says whether handlers overlapped.
    """

    def __init__(
        self,
        settings: HarnessSettings,
        *,
        function_settings: Mapping[str, Any] = _NONE,
        sync_settings: Mapping[str, Any] = _NONE,
        async_settings: Mapping[str, Any] = _NONE,
        source_settings: Mapping[str, Any] = _NONE,
        other_sources: Callable[[str, Mapping[str, Any], LambdaModes], Any] | None = None,
        passes_through: tuple[type[BaseException], ...] = (KeyboardInterrupt,),
        observers: tuple[Observer, ...] = (),
    ) -> None:
        """Checks all settings, and changes nothing of the process yet. Raises ConfigError."""
        if function_settings:
            functions.check_marker(function_settings)
        event_config = async_invoke.check_marker(async_settings) if async_settings else {}
        if source_settings:
            event_source_settings.check_marker(source_settings)
        self.settings = settings
        self.timeline = Journal()
        self.overlapped = False
        self._scheduler = Scheduler()
        self._logs = LogCapture()
        self._variables = ProcessVariables()
        self._hub = Hub(self._scheduler, self._logs)
        self._threads = ThreadTime(self._hub)
        self._loops = LoopDriver(self._hub, self._threads)
        self._freezer = Freezer(self._threads.read, settings.start, {real_sleep: virtual_sleep})
        self._parts = (self._threads, self._loops, self._logs, self._variables, ProcessExit(self._hub))
        self._undo = Undo()
        self._running = False
        self._function_settings = function_settings
        self._event_config = event_config
        self._passes_through = passes_through
        self._observers = observers
        self.clock = VirtualClock(self._hub, self._freezer.wall)
        self._marked = {"sync_invoke": sync_settings, "async_invoke": async_settings, "event_source": source_settings}
        self._other_sources = other_sources
        # Most tests use one of the three. What a marker sets is checked in any case.
        for fixture, marked in self._marked.items():
            if marked:
                getattr(self, fixture)

    @made_once
    def _platform(self) -> Platform:
        """Made for the first who asks. A test that only lets time pass has nothing of Lambda, and pays for nothing."""
        hub, settings = self._hub, self.settings
        platform = Platform(
            hub,
            Identifiers(settings.seed),
            AccountConcurrency(settings.concurrent_executions),
            self._logs,
            self._variables,
            Watchdog(hub, settings.real_time_limit, partial(_who_is_stuck, hub)),
            self._emitter(self._observers),
            self._passes_through,
            settings.timeout_format == "legacy",
        )
        if self._running:
            self._look_after(platform)
        return platform

    @made_once
    def _functions(self) -> Functions:
        return Functions(self._platform, self._function_settings, self._event_config)

    @made_once
    def _services(self) -> Services:
        return services_around(self._functions, self._loops)

    @property
    def _resources(self) -> Resources:
        return self._services.resources

    @made_once
    def sync_invoke(self) -> SyncInvoke:
        """Invoke a function and wait for the answer: `sync_invoke(event)`."""
        return SyncInvoke(self._functions, self._marked["sync_invoke"])

    @made_once
    def async_invoke(self) -> AsyncInvoke:
        """Hand an event to Lambda's queue: `async_invoke(event)`."""
        resources, queue, sender = self._services
        marked = self._marked["async_invoke"]
        return AsyncInvoke(self._platform, self._functions, queue, sender, resources, marked)

    @made_once
    def event_source(self) -> EventSourceFixture:
        """Make a source that Lambda polls: `event_source("sqs", batch_size=10)`."""
        others, marked = self._other_sources, self._marked["event_source"]
        return EventSourceFixture(
            self._platform,
            self._resources,
            self._loops,
            self._functions,
            marked,
            None if others is None else lambda kind, config: others(kind, config, self),
        )

    def function(self, handler: Callable[[Any, Any], Any] | str, /, **settings: Any) -> Function:
        """A function for a handler (a callable, or `"package.module.function"`), to be given to the modes.

        Settings are those of the marker `lambda_function`; what is left out comes from the marker, but for
        `function_name` and `reserved_concurrent_executions`. Raises ConfigError.
        """
        return self._functions.of("lambda_modes.function(...)", handler, settings)

    @property
    def function_under_test(self) -> Function:
        """The function that the marker `lambda_function` names. Raises ConfigError without one."""
        return self._functions.under_test()

    def queue(self, name: str, **attributes: Any) -> SqsQueue:
        """The SQS queue of that name, made when first named; `.fifo` at the end makes it a FIFO queue.

        Attributes, as `visibility_timeout=30`, are for a queue that is new.
        """
        return self._resources.queue(name, **attributes)

    def stream(self, name: str, **attributes: Any) -> KinesisStream:
        """The Kinesis stream of that name, made when first named, e.g. with `shard_count=2`."""
        return self._resources.stream(name, **attributes)

    def table(self, name: str, **attributes: Any) -> DynamoDbTable:
        """The DynamoDB table of that name, made when first named, e.g. with `key_schema=["id"]`."""
        return self._resources.table(name, **attributes)

    def kafka_topic(self, name: str, **attributes: Any) -> KafkaTopic:
        """The Kafka topic of that name, made when first named, e.g. with `num_partitions=3`."""
        return self._resources.kafka_topic(name, **attributes)

    def topic(self, name: str) -> SnsTopic:
        """The SNS topic of that name, made when first named."""
        return self._resources.topic(name)

    def event_bus(self, name: str = "default") -> EventBus:
        """The EventBridge bus of that name, made when first named."""
        return self._resources.event_bus(name)

    def bucket(self, name: str) -> S3Bucket:
        """The S3 bucket of that name, made when first named."""
        return self._resources.bucket(name)

    @property
    def metrics(self) -> Metrics:
        """The CloudWatch metrics of what happened so far: `lambda_modes.metrics["Errors"].sum`. (MET-1 to MET-17)"""

        def measured(name: str) -> list[Datapoint]:
            return [Datapoint(*sample) for sample in queue_metrics.samples(name, self._resources.queues)]

        return Metrics(self.timeline.facts, self._scheduler.start, measured)

    @property
    def start_epoch(self) -> int:
        """The virtual start, in microseconds since 1970."""
        return self._scheduler.start

    def start(self) -> None:
        """Take over time. Whatever fails on the way, nothing stays changed."""
        undo = self._undo
        undo.add(self._hub.tell_nobody)
        self._hub.follow = self._freezer.moved
        self._hub.overlapped = self._note_overlap
        try:
            undo.add(self._freezer.stop)
            self._freezer.start()
            self._scheduler.start = self._freezer.epoch
            for part in self._parts:
                undo.add(part.uninstall)
                part.install()
            if "_platform" in vars(self):
                self._look_after(self._platform)
            self._running = True
        except BaseException:
            undo.run()
            raise

    def _look_after(self, platform: Platform) -> None:
        """From now on handlers may run, and must have ended before anything else is put back."""
        undo = self._undo
        platform.logs.listen()
        undo.add(platform.endpoints.uninstall)
        platform.watchdog.start()
        undo.add(platform.watchdog.stop)
        undo.add(partial(_discard_environments, platform))
        undo.add(self._hub.abandon)

    def stop(self) -> None:
        """Give everything back, whatever fails. Handlers that still wait are taken off their stacks first."""
        self._running = False
        self._undo.run()

    def sweep(self) -> None:
        """Call after `stop`, when patches are undone that others made meanwhile: they put back what they had found."""
        for part in (self._freezer, *self._parts):
            part.sweep()

    def never_ran(self) -> list[str]:
        """What was accepted and never attempted, in words; nothing if the test waited for what does not come about."""
        if self._hub.unsettled or "_services" not in vars(self):
            return []
        _, queue, sender = self._services
        return leftovers.never_ran(queue.events, sender.deliveries, self.event_source.made)

    def failed_assertion(self) -> AssertionError | None:
        """The first assert that failed in a handler since the last call, if the settings have it fail the test."""
        if "_platform" not in vars(self):
            return None
        failed = list(self._platform.assertions)
        self._platform.assertions.clear()
        if not failed or self.settings.handler_assertions != "fail":
            return None
        return failed[0].with_traceback(of_the_handler(failed[0].__traceback__))

    def _note_overlap(self) -> None:
        self.overlapped = True

    def _emitter(self, observers: tuple[Observer, ...]) -> Emit:
        tell = self.timeline.tell

        def emit(kind: Callable[..., Fact], /, *values: Any) -> None:
            tell(kind, *values)
            fact = kind(*values)
            for observer in observers:
                observer(fact)

        return cast(Emit, emit if observers else tell)

    def __repr__(self) -> str:
        names = ", ".join(self._platform.functions if "_platform" in vars(self) else ()) or "no function yet"
        return f"<LambdaModes {names}; {self.clock.elapsed} after the start>"
