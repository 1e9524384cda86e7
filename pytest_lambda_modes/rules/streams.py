"""KIN and DDB: Kinesis and DynamoDB streams, polled. What KIN says is so of both, unless it says otherwise."""

from __future__ import annotations

from pytest_lambda_modes.rules import Rule

_KINESIS = "LocalStack event_source_mapping/test_lambda_integration_kinesis.py"
_DYNAMODB = "LocalStack event_source_mapping/test_lambda_integration_dynamodbstreams.py"
_DG = "https://docs.aws.amazon.com/lambda/latest/dg"
_PARAMETERS = f"{_DG}/services-kinesis-parameters.html"
_DESTINATION = f"{_DG}/kinesis-on-failure-destination.html"
_REPORTS = f"{_DG}/services-kinesis-batchfailurereporting.html"
_WINDOWS = f"{_DG}/services-ddb-windows.html"
_CAPTURES = "https://github.com/radkawar/stackd docs/lambda.md"

KINESIS: tuple[Rule, ...] = (
    Rule(
        "KIN-1",
        "A Kinesis record has its data in base64, its arrival in seconds with milliseconds, and an eventID of shard id "
        "and sequence number.",
        _KINESIS,
        "recorded",
    ),
    Rule(
        "KIN-2",
        "Each shard is polled about once a second, and read on while it has records. Kinesis keeps records for 24 "
        "hours, at most 365 days, DynamoDB for 24 hours.",
        _PARAMETERS,
        "documented",
        departure="A record is read at the very instant of its arrival, and an idle shard is not polled.",
    ),
    Rule(
        "KIN-3",
        "One batch of a shard is in flight at a time. With a ParallelizationFactor there are so many, and the order is "
        "that of each partition key.",
        f"{_KINESIS}, test_kinesis_event_source_mapping_with_async_invocation; {_PARAMETERS}",
        "recorded",
    ),
    Rule(
        "KIN-4",
        "TRIM_HORIZON delivers the records that were there before, in order. LATEST delivers those that arrive after "
        "the poller has started, AT_TIMESTAMP those from an instant on, which is for Kinesis only.",
        f"{_KINESIS}, test_kinesis_event_source_trim_horizon",
        "recorded",
    ),
    Rule(
        "KIN-5",
        "A disabled mapping makes no invocations. Enabled again, it goes on from its checkpoint.",
        f"{_KINESIS}, test_disable_kinesis_event_source_mapping; {_PARAMETERS}",
        "recorded",
        departure="A batch that was being retried goes on with the retries it had left; AWS does not say.",
    ),
    Rule(
        "KIN-6",
        "A batch that fails is retried as it is, and blocks its shard until it succeeds, is given up, or has left the "
        "stream.",
        f"{_KINESIS}; {_PARAMETERS}",
        "recorded",
    ),
    Rule(
        "KIN-7",
        "With MaximumRetryAttempts n a batch is invoked n + 1 times and then discarded.",
        f"{_KINESIS}; {_DYNAMODB}",
        "recorded",
    ),
    Rule(
        "KIN-8",
        "Between the attempts of a batch there is a back-off that grows. Its length is not documented.",
        f"{_KINESIS}, test_kinesis_maximum_record_age_exceeded",
        "inferred",
        departure="The waits are 1, 2, 4 and so on up to 60 seconds, from the end of an attempt on.",
    ),
    Rule(
        "KIN-9",
        "Only function errors use up retries. After a throttle or a service error the batch is tried again until its "
        "age or retention is reached.",
        _PARAMETERS,
        "documented",
    ),
    Rule(
        "KIN-10",
        "After a partial success the remaining records are a new batch with all its retries.",
        f"{_KINESIS}, test_kinesis_report_batch_item_failures; {_DYNAMODB}, test_dynamodb_report_batch_item_failures",
        "recorded",
    ),
    Rule(
        "KIN-11",
        "With BisectBatchOnFunctionError a batch of several records that fails is replaced by its two halves, the "
        "smaller one first if they differ. That uses up no retry. A valid report is split at its lowest record "
        "instead.",
        f"{_PARAMETERS}; {_CAPTURES}",
        "documented",
    ),
    Rule(
        "KIN-12",
        "A record older than MaximumRecordAgeInSeconds is discarded before it is tried or retried, under the condition "
        "RecordAgeExceeded and apart from the records behind it. The approximateInvokeCount is one more than the "
        "number of its invocations.",
        f"{_KINESIS}, test_kinesis_maximum_record_age_exceeded",
        "recorded",
    ),
    Rule(
        "KIN-13",
        "Records that have left the stream are skipped: no destination is told, and they do not count as dropped.",
        _PARAMETERS,
        "documented",
    ),
    Rule(
        "KIN-14",
        "With ReportBatchItemFailures the lowest reported sequence number is the checkpoint: that record and all "
        "behind it are tried again, those that succeeded included.",
        f"{_KINESIS}, test_kinesis_report_batch_item_failures; {_REPORTS}",
        "recorded",
    ),
    Rule(
        "KIN-15",
        "An empty string, an empty list, null, an empty object, and batchItemFailures that is empty or null, are each "
        "a complete success.",
        f"{_KINESIS}, test_kinesis_report_batch_item_success_scenarios",
        "recorded",
    ),
    Rule(
        "KIN-16",
        "A report that names an unknown, an empty or no record fails the whole batch, with a functionError of null. So "
        "does a response that is not JSON; an exception fails it too, as Unhandled.",
        f"{_KINESIS}, test_kinesis_report_batch_item_failure_scenarios; {_REPORTS}",
        "recorded",
    ),
    Rule(
        "KIN-17",
        "If the first record of a batch is reported, the batch is retried as it is, and uses up a retry.",
        _REPORTS,
        "documented",
    ),
    Rule(
        "KIN-18",
        "A destination is told of a discarded batch: which records, why, and how often they were tried. The records "
        "are not in the message. The function's ARN is as configured, and there is no responseContext for records "
        "that were too old. Arrivals have milliseconds for Kinesis and whole seconds for DynamoDB.",
        f"{_KINESIS}; {_DYNAMODB}; {_DESTINATION}",
        "recorded",
    ),
    Rule(
        "KIN-19",
        "A bucket receives the same, and the invocation's event as a string in payload, under aws/lambda/"
        "<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>.",
        f"{_KINESIS}; {_DESTINATION}",
        "recorded",
    ),
    Rule(
        "KIN-20",
        "FIFO queues and topics are refused as destinations. A destination that cannot be written is not tried again: "
        "the records count as dropped, and the stream goes on. With tumbling windows a record has a section about the "
        "window.",
        f"{_CAPTURES}; {_DESTINATION}",
        "documented",
        departure="The section about the window is left out, since its form is not known.",
    ),
    Rule(
        "KIN-21",
        "Without a destination discarded records are gone, and only DroppedEventCount tells of them.",
        _DESTINATION,
        "documented",
    ),
    Rule(
        "KIN-22",
        "With tumbling windows records are put together by their arrival. Each invocation gets the state that the one "
        "before returned, and must return one itself; the last one of a window says so, and suspends the shard if it "
        "fails, as long as retries and age allow. A state above 1 MB ends the window early. Resharding closes windows.",
        f"{_WINDOWS}; {_CAPTURES}",
        "documented",
        departure="A window without new records is closed at its very end; in AWS it may take two minutes more.",
    ),
    Rule(
        "KIN-23",
        "A child shard is read when its parents have been read to their end.",
        _PARAMETERS,
        "documented",
    ),
    Rule(
        "KIN-24",
        "Records that do not match the filters are skipped, and if none matches there is no invocation.",
        f"{_DG}/invocation-eventfiltering.html",
        "documented",
    ),
    Rule(
        "KIN-25",
        "Each of several mappings of a stream gets every record, through its own filters.",
        f"{_KINESIS}, test_create_kinesis_event_source_mapping_multiple_lambdas_single_kinesis_event_stream",
        "recorded",
    ),
    Rule(
        "KIN-26",
        "A response without a body is a success.",
        f"{_KINESIS}, test_kinesis_empty_provided",
        "recorded",
    ),
)

DYNAMODB: tuple[Rule, ...] = (
    Rule(
        "DDB-1",
        "A DynamoDB record has keys and images as attribute values, the images that the view type asks for, the "
        "arrival in whole seconds, and the size of keys and images in bytes. A deletion for the time to live names "
        "dynamodb.amazonaws.com as user.",
        _DYNAMODB,
        "recorded",
    ),
    Rule(
        "DDB-2",
        "A write that changes nothing yields no record.",
        f"{_DYNAMODB}, test_dynamodb_event_filter",
        "documented",
    ),
)

RULES: tuple[Rule, ...] = KINESIS + DYNAMODB
