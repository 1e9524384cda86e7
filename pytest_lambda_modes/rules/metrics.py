"""MET: what Lambda counts and measures in the namespace AWS/Lambda."""

from __future__ import annotations

from pytest_lambda_modes.rules import Rule

_METRICS = "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"

RULES: tuple[Rule, ...] = (
    Rule(
        "MET-1",
        "Invocations counts each time the function's code runs, whether it succeeds or ends in a function error. "
        "Throttles and other refusals do not count.",
        f"LocalStack cloudwatch/test_cloudwatch_metrics.py; {_METRICS}",
        "recorded",
    ),
    Rule(
        "MET-2",
        "Errors counts each invocation that ends in a function error, timeouts included, at the time when the "
        "invocation started.",
        _METRICS,
        "documented",
    ),
    Rule(
        "MET-3",
        "Throttles counts each request refused for want of concurrency, which counts neither as invocation nor as "
        "error.",
        _METRICS,
        "documented",
    ),
    Rule(
        "MET-4",
        "Duration is the time in milliseconds that the handler took, without the import. What is billed is rounded up "
        "to whole milliseconds and includes the import.",
        _METRICS,
        "documented",
    ),
    Rule("MET-5", "ConcurrentExecutions is the number of environments at work.", _METRICS, "documented"),
    Rule("MET-6", "AsyncEventsReceived counts each event that is queued.", _METRICS, "documented"),
    Rule(
        "MET-7",
        "AsyncEventAge is the time in milliseconds between queueing an event and invoking the function, measured for "
        "each attempt, so that it grows with every retry.",
        _METRICS,
        "documented",
    ),
    Rule(
        "MET-8",
        "AsyncEventsDropped has one value for each event: 0 for a success and 1 for a failure, even when a "
        "destination or a dead-letter queue took the failure.",
        f"{_METRICS}; https://github.com/radkawar/stackd docs/lambda.md",
        "documented",
    ),
    Rule(
        "MET-9",
        "DestinationDeliveryFailures counts each record that could not be written to its destination, for asynchronous "
        "events and for streams.",
        _METRICS,
        "documented",
    ),
    Rule(
        "MET-10",
        "DeadLetterErrors counts each event that could not be written to the dead-letter queue of its function.",
        _METRICS,
        "documented",
    ),
    Rule(
        "MET-11",
        "RecursiveInvocationsDropped counts each invocation stopped as part of a recursive loop, and nothing when "
        "RecursiveLoop is Allow.",
        _METRICS,
        "documented",
    ),
    Rule(
        "MET-12",
        "IteratorAge is the time between a stream's receipt of the last record of a batch and the batch's invocation.",
        _METRICS,
        "documented",
    ),
    Rule(
        "MET-13",
        "OffsetLag, SumOffsetLag and MaxOffsetLag are the records of a Kafka topic that its mapping has not committed, "
        "in all and in the partition with the most.",
        _METRICS,
        "documented",
        departure="They are measured when offsets are committed and when an invocation is over.",
    ),
    Rule(
        "MET-14",
        "A mapping counts the events it polled, filtered out, invoked with, saw fail, and deleted. An event "
        "counts as invoked again on each retry, and as failed when its invocation fails or it is reported. For Kafka "
        "those whose offsets were committed count too.",
        _METRICS,
        "documented",
    ),
    Rule(
        "MET-15",
        "A mapping of Kafka counts its own errors in polling, invoking, reading schemas, committing and delivering.",
        _METRICS,
        "documented",
        not_modelled="A simulated broker does not fail; Throttles and DestinationDeliveryFailures tell of the rest.",
    ),
    Rule(
        "MET-16",
        "A failed delivery to a stream's on-failure destination counts as DestinationDeliveryFailures, and its records "
        "as dropped.",
        _METRICS,
        "documented",
    ),
    Rule(
        "MET-17",
        "A queue counts the messages that are visible, in flight and delayed, those sent, received and deleted, and "
        "tells the age of the oldest. A move to a dead-letter queue is no send.",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
        "documented",
    ),
)
