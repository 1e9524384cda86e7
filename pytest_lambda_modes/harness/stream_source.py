"""A stream that is mapped to a function, whatever its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.errors import NotSettledError
from pytest_lambda_modes.harness.stream_checks import check_target
from pytest_lambda_modes.model.stream_mapping_config import StreamMappingConfig
from pytest_lambda_modes.modes.polling.event_source_mapping import State
from pytest_lambda_modes.modes.polling.stream_batch import StreamBatch
from pytest_lambda_modes.modes.polling.stream_mapping import StreamMapping
from pytest_lambda_modes.modes.polling.stream_poller import RecordText, StreamPoller
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.resources import Resources
from pytest_lambda_modes.services.s3_bucket import S3Bucket
from pytest_lambda_modes.services.sns_topic import SnsTopic
from pytest_lambda_modes.services.sqs_queue import SqsQueue
from pytest_lambda_modes.services.stream import Stream
from pytest_lambda_modes.services.stream_record import Record

if TYPE_CHECKING:
    from typing_extensions import Self


class StreamSource:
    """What sources of both kinds have: the mapping, its batches, and letting time pass until all is done."""

    def __init__(
        self,
        platform: Platform,
        loops: LoopDriver,
        resources: Resources,
        function: Function,
        stream: Stream[Any],
        config: StreamMappingConfig,
        qualifier: str | None,
        record_text: RecordText,
    ) -> None:
        self.mapping = StreamMapping(platform, function, qualifier, stream, config)
        self._hub = platform.hub
        self._loops = loops
        self._resources = resources
        if not config.enabled:
            self.mapping.put_state("Disabled")
        self._poller = StreamPoller(self.mapping, resources, record_text)

    @property
    def function(self) -> Function:
        return self.mapping.function

    @property
    def batches(self) -> list[StreamBatch]:
        """Each attempt at a batch, with its `records`, `event`, `response` and `outcome`, in order."""
        return self._poller.batches

    @property
    def untried(self) -> list[Record]:
        """Records that nothing but time keeps from the function: not those behind a batch that is being tried."""
        return self._poller.untried

    @property
    def on_failure(self) -> SqsQueue | SnsTopic | S3Bucket | None:
        """Where the records about discarded batches go; None without such a destination. (KIN-18)"""
        target = self.mapping.config.on_failure
        if target is None:
            return None
        if target.service == "sqs":
            return self._resources.queue(target.name)
        return self._resources.topic(target.name) if target.service == "sns" else self._resources.bucket(target.name)

    @property
    def state(self) -> State:
        """`"Enabled"`, `"Disabled"` or `"Deleted"`."""
        return self.mapping.state

    def drain(self) -> Self:
        """Let virtual time pass until every record is processed, discarded, filtered or expired.

        No invocation runs then, and no tumbling window is open. Raises NotSettledError when that does not come about.
        """
        self._hub.run_while(lambda: not self._poller.stands_still, owner=self.mapping)
        self._check_rest()
        return self

    async def drained(self) -> Self:
        """`drain()` for async tests: `await source.drained()`."""
        while not self._poller.stands_still:
            await self._loops.future_of(self._poller.on_rest.append)
        self._check_rest()
        return self

    def _check_rest(self) -> None:
        if not self._poller.at_rest:
            self._hub.unsettled = True
            state = self.state.lower()
            can = "Enable it: source.enable()" if state == "disabled" else "Make another one for the stream."
            raise NotSettledError(
                f"{self.mapping.stream.name} cannot be drained: its mapping is {state}, and records wait.\n\n{can}"
            )

    def enable(self) -> None:
        """Read on from the checkpoints. (KIN-5)"""
        self.mapping.put_state("Enabled")
        self._poller.resume()

    def disable(self) -> None:
        """Read no more; what is in flight goes on. (ESM-9)"""
        self.mapping.put_state("Disabled")
        self._poller.pause()

    def delete(self) -> None:
        """Remove the mapping for good; the stream stays, and what is in flight goes on. (ESM-4, ESM-9)"""
        self.mapping.put_state("Deleted")
        self._poller.leave()

    def update(self, *, function: Function | None = None, qualifier: str | None = None, **settings: Any) -> None:
        """UpdateEventSourceMapping: other settings, or another function, version or alias. (ESM-6)

        Batches that are formed stay as they are. Another parallelization factor counts in each shard once what was read
        under the old one is done with, and another size of windows ends the open one. Raises ConfigError,
        InvalidParameterValueException or ResourceNotFoundException; nothing has changed then.
        """
        self.mapping.check_existence()
        config = self.mapping.config.replace("event_source.update(...)", **settings)
        target, retargeted = function or self.function, function is not None or qualifier is not None
        if retargeted:
            check_target(target, qualifier)
        self.mapping.configure(config)
        if retargeted:
            self.mapping.retarget(target, qualifier)
        self._poller.reconfigured()
        if "enabled" in settings:
            (self.enable if config.enabled else self.disable)()

    def __repr__(self) -> str:
        stream, state = self.mapping.stream, self.state.lower()
        return f"<{type(self).__name__} {stream!r}, {len(self.batches)} batches, mapping {state}>"
