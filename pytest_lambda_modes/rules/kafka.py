"""KAFKA: topics of Amazon MSK and of self-managed clusters, polled."""

from __future__ import annotations

from pytest_lambda_modes.rules import Rule

_DG = "https://docs.aws.amazon.com/lambda/latest/dg"
_MSK = f"{_DG}/with-msk.html"
_SCALING = f"{_DG}/kafka-scaling-modes.html"
_RETRIES = f"{_DG}/kafka-retry-configurations.html"
_DESTINATION = f"{_DG}/kafka-on-failure.html"
_MODEL = "botocore lambda service model"

RULES: tuple[Rule, ...] = (
    Rule(
        "KAFKA-1",
        "An event has records by topic and partition, each with its offset, its timestamp in milliseconds, key and "
        "value in base64, and headers as lists of bytes from -128 to 127. It names the bootstrap servers, and the "
        "cluster's ARN if that is one of MSK. The eventSource is aws:kafka or SelfManagedKafka.",
        _MSK,
        "documented",
        departure="A record without a value, a tombstone, has no member value; AWS documents nothing of it. That "
        "bytes of headers above 127 are negative is inferred.",
    ),
    Rule(
        "KAFKA-2",
        "A batch may have records of several partitions of the one topic, in the order of offsets within each, and of "
        "a partition one batch is in flight. Batches are of 100 records, collected for half a second, in an event of "
        "6 MB. The event pollers grow with the offset lag, which is looked at each minute, to one for each partition.",
        f"{_MSK}; {_SCALING}",
        "documented",
        departure="There is one poller at first, and one more for each minute in which the lag has not shrunk, as AWS "
        "gives no numbers. They become as few as at first when nothing is left to do, and not when the "
        "function is throttled.",
    ),
    Rule(
        "KAFKA-3",
        "A batch that fails is retried as it is, by default without end, and holds its partitions up. Offsets are "
        "committed for what is done with, matched or filtered out.",
        f"{_MSK}; {_RETRIES}",
        "documented",
        departure="A record leaves its topic at the very instant of its retention, where Kafka deletes whole "
        "segments. The waits between attempts are those of streams (KIN-8).",
    ),
    Rule(
        "KAFKA-4",
        "In provisioned mode there are MaximumRetryAttempts, MaximumRecordAgeInSeconds, bisecting, "
        "ReportBatchItemFailures and kafka://topic as destination. With a destination and no limit of retries there "
        "are ten.",
        f"{_RETRIES}; {_MODEL}: ProvisionedPollerConfig",
        "documented",
        departure="The age of a record counts from its arrival, whatever its producer's timestamp says.",
    ),
    Rule(
        "KAFKA-5",
        "An itemIdentifier is an object of partition, as the event names it, and offset. In each partition the lowest "
        "one and all behind it come again. An unknown one fails the whole batch.",
        _RETRIES,
        "documented",
    ),
    Rule(
        "KAFKA-6",
        "A destination is told of a discarded batch in KafkaBatchInfo: its size, the cluster, the size of its event, "
        "and the offset and timestamp of its first record. The condition is RetriesExhausted, the function's ARN has "
        ":$LATEST, and topics and buckets get the event as an object in payload.",
        _DESTINATION,
        "documented",
        departure="The keys of a bucket are as for streams, with the topic for the shard. That recordInfo is of the "
        "first record is inferred.",
    ),
    Rule(
        "KAFKA-7",
        "With ConsumptionMode Queue a self-managed topic is read by a share group: without positions, windows and the "
        "order of partitions, with no retry by default, and counted deliveries at the broker.",
        f"{_MODEL}: SelfManagedKafkaEventSourceConfig",
        "documented",
        not_modelled="Topics are read in mode Stream, the default; consumption_mode is refused.",
    ),
    Rule(
        "KAFKA-8",
        "LATEST can miss records while a mapping is made or changed, for up to minutes.",
        _MSK,
        "documented",
        not_modelled="A change takes effect at once, so nothing is missed; a hazard in the timeline tells of it.",
    ),
)
