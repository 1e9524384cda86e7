"""A queue with its mapping to a function: what `event_source("sqs")` gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.errors import ConfigError, InvalidParameterValueException
from pytest_lambda_modes.harness.polled_source import PolledSource, check_update
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.model.event_source_mapping_config import SqsMappingConfig
from pytest_lambda_modes.modes.polling.sqs_batch import Batch
from pytest_lambda_modes.modes.polling.sqs_mapping import SqsMapping
from pytest_lambda_modes.modes.polling.sqs_poller import SqsPoller
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services import queue_attributes
from pytest_lambda_modes.services.sqs_message import Message
from pytest_lambda_modes.services.sqs_queue import SqsQueue


class SqsSource(PolledSource[SqsMapping, SqsPoller]):
    """Send to the queue, let time pass, see what became of it.

    `queue` is the queue itself, `mapping` what reads it. `sent` are the handles of the messages sent here.
    """

    def __init__(
        self,
        platform: Platform,
        loops: LoopDriver,
        function: Function,
        queue: SqsQueue,
        config: SqsMappingConfig,
        qualifier: str | None,
    ) -> None:
        """Raises InvalidParameterValueException as CreateEventSourceMapping does. (SQS-30, FILT-3)"""
        _check_visibility_timeout(queue, function)
        function.check(qualifier)
        self.queue = queue
        self.sent: list[Message] = []
        mapping = SqsMapping(platform, function, qualifier, queue, config)
        super().__init__(loops, mapping, lambda: SqsPoller(mapping), enabled=config.enabled)

    @property
    def dead_letter_queue(self) -> SqsQueue | None:
        """Where messages go after `max_receive_count` receives; None without a redrive policy."""
        return self.queue.dead_letter_queue

    @property
    def batches(self) -> list[Batch]:
        """What the function was given, in order: each with its `records`, `event`, `response` and `outcome`."""
        return self._poller.batches

    def send(
        self,
        body: object,
        *,
        delay_seconds: int | None = None,
        message_attributes: Mapping[str, object] | None = None,
        message_group_id: str | None = None,
        message_deduplication_id: str | None = None,
    ) -> Message:
        """SendMessage: text, or any JSON value. Gives a handle that tells what becomes of the message.

        Raises as `SqsQueue.send`; nothing is enqueued then.
        """
        message = self.queue.send(
            body,
            delay_seconds=delay_seconds,
            message_attributes=message_attributes,
            message_group_id=message_group_id,
            message_deduplication_id=message_deduplication_id,
        )
        self.sent.append(message)
        return message

    def update(self, *, function: Function | None = None, qualifier: str | None = None, **settings: Any) -> None:
        """UpdateEventSourceMapping: other settings, or another function, version or alias. (ESM-3, ESM-6)

        Raises ConfigError, InvalidParameterValueException or ResourceNotFoundException; nothing has changed then.
        """
        where = "event_source.update(...)"
        self.mapping.check_existence()
        _refuse_settings_of_the_queue(where, settings)
        check_update(where, function, qualifier)
        enabled = settings.pop("enabled", self.state == "Enabled")
        config = self.mapping.config.replace(where, **settings, enabled=enabled)
        target = function or self.function
        if function is not None or qualifier is not None:
            _check_visibility_timeout(self.queue, target)
            target.check(qualifier)
        self.mapping.configure(config)
        if function is not None or qualifier is not None:
            self.mapping.retarget(target, qualifier)
        if config.enabled:
            self.enable()
        else:
            self.disable()

    @property
    def _name(self) -> str:
        return self.queue.name

    @property
    def _left(self) -> str:
        return counted(len(self.queue.messages), "message")

    def __repr__(self) -> str:
        batches = counted(len(self.batches), "batch", "batches")
        return f"<SqsSource {self.queue!r}, {batches}, mapping {self.state.lower()}>"


def _check_visibility_timeout(queue: SqsQueue, function: Function) -> None:
    """Raise InvalidParameterValueException if messages come back while the function may still run. (SQS-30)"""
    visibility, timeout = queue.visibility_timeout, function.config.timeout
    if visibility < timeout:
        raise InvalidParameterValueException(
            f"Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds"
        )


def _refuse_settings_of_the_queue(where: str, settings: Mapping[str, object]) -> None:
    for name in settings:
        if name in ("queue", "queue_name", "fifo", *queue_attributes.FIFO):
            another = 'event_source.sqs(source.function, queue=lambda_modes.queue("other"))'
            raise ConfigError(f"{where}: {name} is for good: a mapping keeps its queue.\n\nMake another: {another}")
        if name in queue_attributes.NUMBERS:
            change = f"source.queue.set_attributes({name}=...)"
            raise ConfigError(f"{where}: {name} is a setting of the queue.\n\n  {change}")
        if name in queue_attributes.REDRIVE_POLICY:
            raise ConfigError(
                f"{where}: {name} is a setting of the queue.\n\n"
                "  source.queue.set_redrive_policy(dead_letter_queue, max_receive_count)"
            )
