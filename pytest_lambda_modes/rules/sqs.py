"""SQS: a message that is sent, received, hidden, deleted, dead-lettered and redriven, and the mapping that polls it."""

from __future__ import annotations

from pytest_lambda_modes.rules import Rule

_MAPPING = "LocalStack event_source_mapping/test_lambda_integration_sqs.py"
_QUEUE = "LocalStack sqs/test_sqs.py"
_MOVE_TASK = "LocalStack sqs/test_sqs_move_task.py"
_GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg/"
_ERRORS = f"{_GUIDE}services-sqs-errorhandling.html"
_CONFIGURE = f"{_GUIDE}services-sqs-configure.html"
_SCALING = f"{_GUIDE}services-sqs-scaling.html"
_CAPTURES = "https://github.com/radkawar/stackd docs/sqs-delivery.md"
_MODEL = "botocore sqs service model"

RULES: tuple[Rule, ...] = (
    Rule(
        "SQS-1",
        "The event is an object of Records. System attributes are strings, message attributes have camelCase keys. "
        "FIFO queues add a sequence number, a group id and a deduplication id, a fair queue its group id, and a "
        "dead-letter queue the ARN of the source.",
        f"{_MAPPING}::TestSQSEventSourceMapping::test_sqs_event_source_mapping",
        "recorded",
    ),
    Rule(
        "SQS-2",
        "md5OfMessageAttributes is left out for a message without attributes, but is null when the mapping has a "
        "batching window.",
        f"{_MAPPING}::test_failing_lambda_retries_after_visibility_timeout",
        "recorded",
    ),
    Rule(
        "SQS-3",
        "Each receive gives a new receipt handle and adds one to ApproximateReceiveCount, whether or not the message "
        "reaches the function. Message id, SentTimestamp and ApproximateFirstReceiveTimestamp stay.",
        f"{_MAPPING}::test_failing_lambda_retries_after_visibility_timeout",
        "recorded",
    ),
    Rule(
        "SQS-4",
        "When the function succeeds, Lambda deletes all messages of the batch.",
        f"{_MAPPING}::TestSQSEventSourceMapping::test_sqs_event_source_mapping",
        "recorded",
    ),
    Rule(
        "SQS-5",
        "When the function fails in any way, nothing is deleted and no visibility is changed. Every message of the "
        "batch comes back when the visibility timeout ends, which counts from the receive.",
        f"{_MAPPING}::test_failing_lambda_retries_after_visibility_timeout; {_ERRORS}",
        "recorded",
    ),
    Rule(
        "SQS-6",
        "A batch that failed once and then succeeds is received with count 1, then 2, and is gone.",
        f"{_MAPPING}::test_failing_lambda_retries_after_visibility_timeout",
        "recorded",
    ),
    Rule(
        "SQS-7",
        "With a maxReceiveCount of N there are exactly N invocations. Then the message is in the dead-letter queue, "
        "with the same id, body and attributes.",
        f"{_MAPPING}::test_redrive_policy_with_failing_lambda",
        "recorded",
    ),
    Rule(
        "SQS-8",
        "The move to the dead-letter queue happens on the receive attempt after the Nth receive, which gives nothing "
        "for that message.",
        f"{_QUEUE}::TestSqsProvider::test_dead_letter_queue_with_fifo_and_content_based_deduplication",
        "recorded",
    ),
    Rule(
        "SQS-9",
        "In the dead-letter queue the receive count goes on, DeadLetterQueueSourceArn is added, and id, attributes, "
        "trace header and SentTimestamp are kept.",
        f"{_QUEUE}::TestSqsProvider::test_dead_letter_queue_max_receive_count; {_CAPTURES}",
        "recorded",
    ),
    Rule(
        "SQS-10",
        "maxReceiveCount counts receives that were lost to throttling, too.",
        _CONFIGURE,
        "documented",
    ),
    Rule(
        "SQS-11",
        "With ReportBatchItemFailures the function names the messages that failed. They come back, the others are "
        "deleted at once. Without the setting the answer is ignored.",
        f"{_MAPPING}::test_report_batch_item_failures; {_ERRORS}",
        "recorded",
    ),
    Rule(
        "SQS-12",
        "An answer without failures is a success of the whole batch. One that is not JSON, whose batchItemFailures is "
        "no list, or that names anything but a message of the batch fails the whole batch.",
        f"{_MAPPING}::test_report_batch_item_failures_invalid_result_json_batch_fails; {_ERRORS}; {_CAPTURES}",
        "recorded",
        departure="An entry without any key fails the batch, as documented; a capture of AWS shows it succeed.",
    ),
    Rule(
        "SQS-13",
        "Of four messages of a FIFO group the last three are reported: they come back in one batch, in order. Of these "
        "only the last is reported: with a maxReceiveCount of 2 it goes to the dead-letter queue.",
        f"{_MAPPING}::test_report_batch_item_failures",
        "recorded",
    ),
    Rule(
        "SQS-14",
        "Lambda does not complete the report of a FIFO batch. A function that reports a message without those after it "
        "in its group has them deleted, and gives up the order.",
        _ERRORS,
        "documented",
    ),
    Rule(
        "SQS-15",
        "With ReportBatchItemFailures the concurrency of the mapping is not lowered after function errors.",
        _ERRORS,
        "documented",
    ),
    Rule(
        "SQS-16",
        "The messages of a FIFO group are delivered in order, and a group has at most one batch in flight. Groups run "
        "side by side, and a batch may hold several.",
        f"{_MAPPING}::test_fifo_message_group_parallelism; {_SCALING}",
        "recorded",
    ),
    Rule(
        "SQS-17",
        "After an error all retries come before the next message of the group. A poison message blocks its group until "
        "it is deleted, dead-lettered or expired.",
        _ERRORS,
        "documented",
    ),
    Rule(
        "SQS-18",
        "A FIFO receive takes as much as it can of one group before the next. While a message of a group is hidden, "
        "only visible messages before the first hidden one are given. Deleting all that is in flight unblocks the "
        "group at once; deleting some, or sending more, does not.",
        f"{_QUEUE}::test_fifo_message_group_visibility; "
        f"{_QUEUE}::test_fifo_group_visibility_extends_with_change_message_visibility",
        "recorded",
    ),
    Rule(
        "SQS-19",
        "A FIFO queue refuses a delay of a single message, drops duplicates for five minutes, even of messages that "
        "are gone, and does not delete with an expired handle. A standard queue does.",
        f"{_QUEUE}::TestSqsProvider",
        "recorded",
    ),
    Rule(
        "SQS-20",
        "The dead-letter queue of a FIFO queue must be a FIFO queue. When a message has moved there, its group goes on "
        "with the next.",
        f"{_QUEUE}::TestSqsProvider::test_dead_letter_queue_with_fifo_and_content_based_deduplication",
        "recorded",
    ),
    Rule(
        "SQS-21",
        "Each attribute of a queue has its range and default. A receive gives 1 to 10 messages. At 120,000 in flight a "
        "standard queue answers OverLimit, a FIFO queue nothing. A message has at most 1 MiB with its attributes.",
        f"{_QUEUE}::TestSqsProvider; {_MODEL}: QueueAttributeName",
        "recorded",
    ),
    Rule(
        "SQS-22",
        "Retention counts from the first send, in flight and in a dead-letter queue too; in a FIFO dead-letter queue "
        "it begins anew. Deleting an expired message succeeds.",
        f"{_QUEUE}::TestSqsProvider; {_CAPTURES}",
        "recorded",
    ),
    Rule(
        "SQS-23",
        "StartMessageMoveTask moves dead letters to where they came from, or to one destination, at 1 to 500 a second; "
        "one task at a time. Each becomes a new message, with a new id, send time and receive count.",
        f"{_MOVE_TASK}; {_CAPTURES}",
        "recorded",
        departure="Without a rate all messages are moved at once. Only what is visible at the time is moved.",
    ),
    Rule(
        "SQS-24",
        "A mapping of a standard queue starts with 5 concurrent batches and adds up to 300 a minute while messages "
        "remain, to at most 1,250.",
        _SCALING,
        "documented",
        departure="A batch is sent as soon as it may be. AWS may wait for up to 20 seconds when there is little to do.",
    ),
    Rule(
        "SQS-25",
        "MaximumConcurrency, 2 to 1,000, bounds the concurrent invocations of a mapping.",
        f"{_MAPPING}::test_sqs_event_source_mapping_batching_reserved_concurrency; {_SCALING}",
        "recorded",
    ),
    Rule(
        "SQS-26",
        "In provisioned mode a mapping has 2 to 200 pollers at least and 2 to 10,000 at most, each with up to 10 "
        "concurrent invocations, and grows by 1,000 a minute. It excludes MaximumConcurrency.",
        _SCALING,
        "documented",
        departure="A poller's limits of 1 MB and 10 polls a second are left out: polling takes no virtual time.",
    ),
    Rule(
        "SQS-27",
        "After a function error the poller does not retry, and the concurrency is lowered. A throttled batch is tried "
        "again until the visibility timeout of its messages ends; then they come back.",
        _ERRORS,
        "documented",
        departure="The tries are 1, 2, 4 and so on seconds apart, each error lowers the concurrency by one and each "
        "success raises it again; AWS publishes neither.",
    ),
    Rule(
        "SQS-28",
        "Messages that the filter does not want are deleted without an invocation, in a FIFO queue too.",
        f"{_GUIDE}with-sqs-filtering.html",
        "documented",
    ),
    Rule(
        "SQS-29",
        "A batch whose event would be over 6 MB is delivered as several of fewer messages.",
        _CONFIGURE,
        "documented",
        departure="What has no room is not received until the next batch; whether AWS receives it before is not known.",
    ),
    Rule(
        "SQS-30",
        "A mapping is refused when the function's timeout is longer than the queue's visibility timeout. Raising the "
        "function's timeout later is not checked.",
        f"{_CONFIGURE}; {_CAPTURES}",
        "documented",
    ),
    Rule(
        "SQS-31",
        "Queue and function are in one region, and may be in two accounts.",
        _CONFIGURE,
        "documented",
        not_modelled="There is one account and one region.",
    ),
    Rule(
        "SQS-32",
        "When the deletes after a success fail, the messages are delivered again: delivery is at least once.",
        _CAPTURES,
        "documented",
    ),
)
