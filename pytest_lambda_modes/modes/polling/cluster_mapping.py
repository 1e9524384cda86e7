"""An event source mapping of Kafka, Amazon MQ or DocumentDB: one of a stream, under rules of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from pytest_lambda_modes.filtering import hazards as filter_hazards
from pytest_lambda_modes.filtering.matching import FilterCriteria
from pytest_lambda_modes.model import facts
from pytest_lambda_modes.model.cluster_mapping_config import MOST_RETRIES_WITH_DESTINATION, ClusterMappingConfig
from pytest_lambda_modes.model.stream_mapping_config import StreamMappingConfig
from pytest_lambda_modes.modes.polling.stream_batch import PendingBatch
from pytest_lambda_modes.modes.polling.stream_mapping import StreamMapping
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.runtime.platform import Platform
from pytest_lambda_modes.services.stream import Stream

_UNFILTERED = FilterCriteria("documentdb", (), frozenset())

# The rule that stands behind a decision in the place of that for Kinesis and DynamoDB; the first is for all others.
_RULES: Mapping[str, Mapping[str, str]] = {
    "kafka": {
        "": "KAFKA-3",
        **dict.fromkeys(("KIN-7", "KIN-11", "KIN-12"), "KAFKA-4"),
        **dict.fromkeys(("KIN-10", "KIN-14", "KIN-15", "KIN-16", "KIN-17"), "KAFKA-5"),
        **dict.fromkeys(("KIN-18", "KIN-20"), "KAFKA-6"),
        "KIN-24": "FILT-6",
    },
    "mq": {"": "MQ-2", "KIN-24": "FILT-6"},
    "documentdb": {"": "DOCDB-1"},
}


class ClusterMapping(StreamMapping):
    """Reads a topic, a broker's queue or a change stream under `config`."""

    config: StreamMappingConfig

    def __init__(
        self,
        platform: Platform,
        function: Function,
        qualifier: str | None,
        stream: Stream[Any],
        config: ClusterMappingConfig,
    ) -> None:
        super().__init__(platform, function, qualifier, stream, config)
        self.event_source_arn = config.event_source_arn
        # An event of Kafka names each partition.
        self.envelope_bytes += sum(len(shard.shard_id) + len('"":[],') for shard in stream.shards)
        self._rules = _RULES[config.kind]
        self._emit = cast(facts.Emit, self._emit_renamed)

    @property
    def pollers(self) -> tuple[int, int] | None:
        """The least and the most event pollers in provisioned mode, else None. (KAFKA-4)"""
        assert isinstance(self.config, ClusterMappingConfig)
        return self.config.pollers

    def say_committed(self, count: int, lags: Iterable[int]) -> None:
        """Offsets were committed for so many records; `lags` are those of the topic's partitions. (MET-13)"""
        behind = tuple(lags)
        now, who, topic = self._scheduler.now, self._who, self.stream.name
        self._emit(facts.OffsetsCommitted, now, who, topic, count, sum(behind), max(behind), "KAFKA-3")

    def say_oversized(self, size: int) -> None:
        """A record was dropped because its event would be too large for an invocation. (DOCDB-1)"""
        self._emit(facts.RecordOversized, self._scheduler.now, self._who, self.stream.name, size, "DOCDB-1")

    def _emit_renamed(self, kind: Any, /, *values: Any) -> None:
        fact = kind(*values)
        if fact.rule.startswith("KIN-"):
            fact = fact._replace(rule=self._rules.get(fact.rule, self._rules[""]))
        self.platform.emit(kind, *fact)

    def _filters_of(self, config: StreamMappingConfig) -> FilterCriteria:
        return _UNFILTERED if config.kind == "documentdb" else super()._filters_of(config)

    def _hazards_of_setup(self) -> Iterator[tuple[str, str]]:
        config = self.config
        assert isinstance(config, ClusterMappingConfig)
        if config.retries_are_capped:
            yield "HAZ-26", f"on_failure without a limit of retries: AWS retries {MOST_RETRIES_WITH_DESTINATION} times"
        if config.kind != "mq" and config.starting_position == "LATEST":
            yield "HAZ-22", "LATEST: records that arrive while the mapping is made or changed may be missed"
        for hazard in filter_hazards.hazards(self.filters):
            yield hazard.rule, f"filter {hazard.path}: {hazard.sentence}"

    def _iterator_age(self, batch: PendingBatch) -> int | None:
        return super()._iterator_age(batch) if self.config.kind == "documentdb" else None
