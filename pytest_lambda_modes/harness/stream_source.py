"""A stream that is mapped to a function, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.harness.polled_source import PolledSource, check_update
from pytest_lambda_modes.harness.stream_checks import check_target
from pytest_lambda_modes.harness.stream_resources import refuse_settings_of_the_resource
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.modes.polling.stream_batch import StreamBatch
from pytest_lambda_modes.modes.polling.stream_mapping import StreamMapping
from pytest_lambda_modes.modes.polling.stream_poller import StreamPoller
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.services.kafka_topic import KafkaTopic
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.services.s3_bucket import S3Bucket
from pytest_lambda_modes.services.sns_topic import SnsTopic
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.services.stream_record import Record


class StreamSource(PolledSource[StreamMapping, StreamPoller]):
    """What sources with records in order have: attempts at batches, and a destination for what is given up."""

    def __init__(
        self,
        loops: LoopDriver,
        resources: Resources,
        mapping: StreamMapping,
        poll: Callable[[], StreamPoller],
    ) -> None:
        super().__init__(loops, mapping, poll, enabled=mapping.config.enabled)
        self._resources = resources

    @property
    def batches(self) -> list[StreamBatch]:
        """Each attempt at a batch, with its `records`, `event`, `response` and `outcome`, in order."""
        return self._poller.batches

    @property
    def untried(self) -> list[Record]:
        """Records that nothing but time keeps from the function: not those behind a batch that is being tried."""
        return self._poller.untried

    @property
    def on_failure(self) -> SqsQueue | SnsTopic | S3Bucket | KafkaTopic | None:
        """Where the records about discarded batches go; None without such a destination. (KIN-18)"""
        target = self.mapping.config.on_failure
        if target is None:
            return None
        if target.service == "sqs":
            return self._resources.queue(target.name)
        if target.service == "kafka":
            return self._resources.kafka_topic(target.name)
        return self._resources.topic(target.name) if target.service == "sns" else self._resources.bucket(target.name)

    def update(self, *, function: Function | None = None, qualifier: str | None = None, **settings: Any) -> None:
        """UpdateEventSourceMapping: other settings, or another function, version or alias. (ESM-6)

        Batches that are formed stay as they are. Another parallelization factor counts in each shard once what was read
        under the old one is done with, and another size of windows ends the open one. Raises ConfigError,
        InvalidParameterValueException or ResourceNotFoundException; nothing has changed then.
        """
        where = "event_source.update(...)"
        self.mapping.check_existence()
        refuse_settings_of_the_resource(where, self.mapping.stream.kind, settings)
        check_update(where, function, qualifier)
        config = self.mapping.config.replace(where, **settings)
        target, retargeted = function or self.function, function is not None or qualifier is not None
        if retargeted:
            check_target(target, qualifier)
        self.mapping.configure(config)
        if retargeted:
            self.mapping.retarget(target, qualifier)
        self._poller.reconfigured()
        if "enabled" in settings:
            (self.enable if config.enabled else self.disable)()

    @property
    def _name(self) -> str:
        return self.mapping.stream.name

    @property
    def _left(self) -> str:
        return "records"

    def __repr__(self) -> str:
        stream, state = self.mapping.stream, self.state.lower()
        return f"<{type(self).__name__} {stream!r}, {counted(len(self.batches), 'batch', 'batches')}, mapping {state}>"
