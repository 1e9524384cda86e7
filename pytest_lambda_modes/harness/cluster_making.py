"""Makes sources of Kafka, Amazon MQ and DocumentDB: all is checked before anything is made. (ESM-2, ESM-5)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from pytest_lambda_modes.filtering.matching import FilterCriteria
from pytest_lambda_modes.harness import cluster_settings
from pytest_lambda_modes.harness.cluster_settings import CLUSTERS, SETTINGS, ClusterKind
from pytest_lambda_modes.harness.cluster_sources import DocumentDbSource, KafkaSource, World
from pytest_lambda_modes.harness.mq_sources import ActiveMqSource, MqSource, RabbitMqSource
from pytest_lambda_modes.harness.stream_checks import check_target, refuse_future
from pytest_lambda_modes.model.cluster_mapping_config import ClusterMappingConfig
from pytest_lambda_modes.runtime.function import Function
from pytest_lambda_modes.services.stream import Stream

ClusterSource = KafkaSource | MqSource | DocumentDbSource


class RefuseSecond(Protocol):
    """Raises ResourceConflictException if the function is mapped to the topic or collection already. (ESM-5)"""

    def __call__(self, stream: Stream[Any], arn: str, function: Function, qualifier: str | None) -> None: ...


class Plan(NamedTuple):
    """What a source is to be. `own` are the settings of its topic, queue or collection, `where` names the call."""

    where: str
    kind: ClusterKind
    world: World
    function: Function
    qualifier: str | None
    own: Mapping[str, Any]
    refuse_second: RefuseSecond

    @property
    def stem(self) -> str:
        """What names begin with that were not given."""
        return self.function.function_name

    def check_second(self, stream: Stream[Any], config: ClusterMappingConfig) -> None:
        self.refuse_second(stream, config.event_source_arn, self.function, self.qualifier)


def new_source(
    where: str,
    kind: ClusterKind,
    world: World,
    function: Function,
    given: Mapping[str, Any],
    refuse_second: RefuseSecond,
) -> ClusterSource:
    """A source of that kind, mapped to the function.

    Raises ConfigError, InvalidParameterValueException and ResourceConflictException, as CreateEventSourceMapping does.
    """
    given = dict(given)
    qualifier = given.pop("qualifier", None)
    check_target(function, qualifier)
    own = {name: given.pop(name) for name in SETTINGS[kind] if name in given}
    plan = Plan(where, kind, world, function, qualifier, own, refuse_second)
    if CLUSTERS[kind] == "kafka":
        return _kafka(plan, given)
    return _documentdb(plan, given) if kind == "documentdb" else _mq(plan, given)


def _config(plan: Plan, arn: str, given: Mapping[str, Any]) -> ClusterMappingConfig:
    config = ClusterMappingConfig.new(plan.where, CLUSTERS[plan.kind], arn, given)
    if config.filter_criteria is not None:
        FilterCriteria.parse(config.filter_criteria, config.kind)
    refuse_future(config.starting_position_timestamp, plan.world.platform.hub.scheduler.epoch())
    return config


def _kafka(plan: Plan, given: Mapping[str, Any]) -> KafkaSource:
    where, own, world = plan.where, plan.own, plan.world
    name = cluster_settings.topic_name(where, own, f"{plan.stem}-topic")
    is_self_managed = plan.kind == "self_managed_kafka"
    arn = f"kafka://{name}" if is_self_managed else cluster_settings.cluster_arn(where, "msk", own)
    config = _config(plan, arn, given)
    servers = cluster_settings.bootstrap_servers(where, plan.kind, own)
    topic = world.resources.kafka_topic(name, **cluster_settings.topic_attributes(own))
    plan.check_second(topic, config)
    return KafkaSource(world, plan.function, plan.qualifier, config, topic, servers, self_managed=is_self_managed)


def _mq(plan: Plan, given: Mapping[str, Any]) -> MqSource:
    where, own, world = plan.where, plan.own, plan.world
    name = cluster_settings.queue_name(where, own, f"{plan.stem}-queue")
    config = _config(plan, cluster_settings.cluster_arn(where, plan.kind, own), given)
    if plan.kind == "activemq":
        queue = world.resources.activemq_queue(config.event_source_arn, name)
        return ActiveMqSource(world, plan.function, plan.qualifier, config, queue)
    virtual_host = cluster_settings.virtual_host(where, own)
    rabbit = world.resources.rabbitmq_queue(config.event_source_arn, name, virtual_host)
    return RabbitMqSource(world, plan.function, plan.qualifier, config, rabbit)


def _documentdb(plan: Plan, given: Mapping[str, Any]) -> DocumentDbSource:
    where, own, world = plan.where, plan.own, plan.world
    database, name = cluster_settings.database_and_collection(where, own, plan.stem)
    full_document = cluster_settings.full_document(where, own)
    config = _config(plan, cluster_settings.cluster_arn(where, plan.kind, own), given)
    setting = "change_stream_log_retention_duration"
    attributes = {setting: own[setting]} if setting in own else {}
    collection = world.resources.collection(database, name, **attributes)
    plan.check_second(collection, config)
    return DocumentDbSource(world, plan.function, plan.qualifier, config, collection, full_document)
