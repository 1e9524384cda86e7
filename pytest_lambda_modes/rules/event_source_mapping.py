"""ESM: what all event source mappings have in common, whatever they poll."""

from __future__ import annotations

from pytest_lambda_modes.rules import Rule

_GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg/"
_MAPPINGS = f"{_GUIDE}invocation-eventsourcemapping.html"
_SQS = "LocalStack event_source_mapping/test_lambda_integration_sqs.py"
_API = "LocalStack test_lambda_api.py"

RULES: tuple[Rule, ...] = (
    Rule(
        "ESM-1",
        "A poller of Lambda's own reads the source, forms batches, filters, and invokes the function synchronously, at "
        "least once for each record. The function's asynchronous retries, dead-letter queue and destinations have no "
        "part in it.",
        _MAPPINGS,
        "documented",
    ),
    Rule(
        "ESM-2",
        "Batch size, window, concurrency, pollers, retries, ages, filters and response types have the ranges and "
        "defaults of the API, each for the kinds of source that know it.",
        "botocore lambda service model: CreateEventSourceMapping",
        "documented",
    ),
    Rule(
        "ESM-3",
        "On SQS a batch size over 10 needs a batching window of at least one second, when the mapping is created and "
        "when it is updated.",
        f"{_SQS}::TestSQSEventSourceMapping::test_event_source_mapping_default_batch_size",
        "recorded",
    ),
    Rule(
        "ESM-4",
        "A mapping is Enabled or Disabled, changes when it is asked to, and an unknown or deleted one is a 404.",
        f"{_API}",
        "recorded",
        departure="The states on the way (Creating, Enabling, Updating, ...) take no time, so nobody sees them.",
    ),
    Rule(
        "ESM-5",
        "What cannot be mapped is refused with AWS's texts: a queue that does not exist, filters that are none, a "
        "destination on SQS, and the same function on the same source twice, with a 409.",
        f"{_SQS}::TestSQSEventSourceMapping::test_duplicate_event_source_mappings",
        "recorded",
    ),
    Rule(
        "ESM-6",
        "A mapping may name a version or an alias, and can be pointed at another one: the next batches go there.",
        f"{_SQS}::TestSQSEventSourceMapping::test_sqs_event_source_mapping_update",
        "recorded",
    ),
    Rule(
        "ESM-7",
        "A batch is sent when it is full, when the window since its first record has passed, or when it would exceed "
        "6 MB. Without a window it is sent as soon as there are records.",
        _MAPPINGS,
        "documented",
        departure="A message that becomes visible again while its batch forms is received anew; AWS documents nothing "
        "of it.",
    ),
    Rule(
        "ESM-8",
        "Changes to a mapping take effect after a while, up to minutes.",
        _MAPPINGS,
        "documented",
        not_modelled="A change takes effect at once: how long it takes in AWS is not documented.",
    ),
    Rule(
        "ESM-9",
        "Disabling or deleting a mapping does not stop the invocation that runs; its result is still applied.",
        "https://github.com/radkawar/stackd docs/lambda.md",
        "documented",
    ),
    Rule(
        "ESM-10",
        "Recursion detection follows messages through SQS: a chain of invocations that comes back too often is "
        "stopped there too.",
        f"{_GUIDE}invocation-recursion.html",
        "documented",
    ),
    Rule(
        "ESM-11",
        "An event source mapping waits for a durable function, for 15 minutes at most.",
        f"{_GUIDE}durable-functions.html",
        "documented",
        not_modelled="Durable functions are not simulated; durable_config is refused.",
    ),
)
