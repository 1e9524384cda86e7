"""The settings of a topic, a broker's queue or a collection that an event source is made with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pytest_lambda_modes.events import amazon_mq, documentdb, kafka
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.cluster_mapping_config import Cluster
from pytest_lambda_modes.services.kafka_topic import KafkaTopic, check_topic_name

ClusterKind = Literal["msk", "self_managed_kafka", "activemq", "rabbitmq", "documentdb"]

CLUSTERS: Mapping[ClusterKind, Cluster] = {
    "msk": "kafka",
    "self_managed_kafka": "kafka",
    "activemq": "mq",
    "rabbitmq": "mq",
    "documentdb": "documentdb",
}
_TOPIC = ("topics", "num_partitions", "retention_ms", "message_timestamp_type")
SETTINGS: Mapping[ClusterKind, tuple[str, ...]] = {
    "msk": (*_TOPIC, "cluster_name"),
    "self_managed_kafka": (*_TOPIC, "bootstrap_servers"),
    "activemq": ("queues", "broker_name"),
    "rabbitmq": ("queues", "broker_name", "virtual_host"),
    "documentdb": (
        "database_name",
        "collection_name",
        "full_document",
        "cluster_name",
        "change_stream_log_retention_duration",
    ),
}
FULL_DOCUMENTS = ("Default", "UpdateLookup")

_SERVER = r"([a-zA-Z0-9][a-zA-Z0-9-]*\.)*[a-zA-Z0-9][a-zA-Z0-9-]*:[0-9]{1,5}"


def cluster_of(kind: object) -> Cluster | None:
    """What a kind of source is one of; None if it is none of these."""
    return next((cluster for each, cluster in CLUSTERS.items() if each == kind), None)


def cluster_arn(where: str, kind: ClusterKind, given: Mapping[str, Any]) -> str:
    """The ARN of the cluster or broker. Raises ConfigError for a name that it cannot have."""
    name = _cluster_name(where, kind, given)
    if kind == "msk":
        return kafka.cluster_arn(name)
    return documentdb.cluster_arn(name) if kind == "documentdb" else amazon_mq.broker_arn(name)


def bootstrap_servers(where: str, kind: ClusterKind, given: Mapping[str, Any]) -> tuple[str, ...]:
    """The addresses of a cluster's brokers. Raises ConfigError for what is none."""
    if kind == "msk":
        return kafka.msk_servers(_cluster_name(where, kind, given))
    servers = given.get("bootstrap_servers", kafka.SELF_MANAGED_SERVERS)
    if isinstance(servers, (list, tuple)) and servers:
        must, why = "a list of addresses", "A broker is named by host and port: kafka-1.example.com:9092"
        return tuple(settings.text(where, "bootstrap_servers", each, _SERVER, must, why) for each in servers)
    why = "They are in the event, as bootstrapServers. (KAFKA-1)"
    raise settings.wrong_value(where, "bootstrap_servers", servers, "a list of one address or more", why)


def _cluster_name(where: str, kind: ClusterKind, given: Mapping[str, Any]) -> str:
    setting = "broker_name" if CLUSTERS[kind] == "mq" else "cluster_name"
    name, must = given.get(setting, setting.removesuffix("_name")), "1 to 64 letters, digits and hyphens"
    return settings.text(where, setting, name, r"[a-zA-Z0-9-]{1,64}", must, "It is in the ARN of the event.")


def only_one(where: str, setting: str, given: Mapping[str, Any], default: str) -> object:
    """The one topic or queue of a mapping: AWS takes a list, and one item in it. Raises ConfigError."""
    items = given.get(setting, [default])
    if isinstance(items, (list, tuple)) and len(items) == 1:
        return items[0]
    must, why = (
        f"a list of one {setting.removesuffix('s')}",
        f'As in the API: {setting}=["orders"]. Map others apart. (ESM-2)',
    )
    raise settings.wrong_value(where, setting, items, must, why)


def topic_name(where: str, given: Mapping[str, Any], default: str) -> str:
    """The name of the topic, which may be one of lambda_modes itself."""
    topic = only_one(where, "topics", given, default)
    return topic.name if isinstance(topic, KafkaTopic) else check_topic_name(where, "topics", topic)


def topic_attributes(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a new topic is made with."""
    return {name: given[name] for name in _TOPIC[1:] if name in given}


def database_and_collection(where: str, given: Mapping[str, Any], stem: str) -> tuple[str, str]:
    """The names of a database and its collection. Raises ConfigError."""
    why = "It is the ns of each change. Change streams of a whole database are not simulated. (DOCDB-1)"
    database = settings.text(
        where,
        "database_name",
        given.get("database_name", f"{stem}-database"),
        r'[^ /.$"]{1,63}',
        'a string of 1 to 63 characters without /, ., $, " and spaces',
        why,
    )
    collection = settings.text(
        where,
        "collection_name",
        given.get("collection_name", f"{stem}-collection"),
        r"(?!system\.)[_a-zA-Z0-9][^$]{0,56}",
        "a string of 1 to 57 characters that begins with a letter, a digit or an underscore",
        why,
    )
    return database, collection


def full_document(where: str, given: Mapping[str, Any]) -> str:
    """Raises ConfigError."""
    why = "With UpdateLookup the change of an update has the whole document too. (DOCDB-1)"
    return settings.one_of(where, "full_document", given.get("full_document", "Default"), FULL_DOCUMENTS, why)


def queue_name(where: str, given: Mapping[str, Any], default: str) -> str:
    """The name of the queue. Raises ConfigError."""
    must, why = "a list of one string of 1 to 1000 characters", "It is the name of the queue. (ESM-2)"
    return settings.text(where, "queues", only_one(where, "queues", given, default), r"[\s\S]{1,1000}", must, why)


def virtual_host(where: str, given: Mapping[str, Any]) -> str:
    """The virtual host of a queue of RabbitMQ, which is `/` unless it is given. Raises ConfigError."""
    must, why = "a string of 1 to 200 characters", "It stands behind the queue's name in the event. (MQ-1)"
    return settings.text(where, "virtual_host", given.get("virtual_host", "/"), r"[\s\S]{1,200}", must, why)
