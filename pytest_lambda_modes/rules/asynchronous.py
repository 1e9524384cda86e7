"""ASYNC: an event that is accepted now, run later, retried, and delivered or given up."""

from __future__ import annotations

from pytest_lambda_modes.rules import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "ASYNC-1",
        "An Event is checked, queued and answered with 202 and a request id. Whether payload, function and qualifier "
        "are acceptable shows at once; what the function does with the event never reaches the caller.",
        "LocalStack test_lambda.py::TestLambdaFeatures::test_invocation_type_event",
        "recorded",
    ),
    Rule(
        "ASYNC-2",
        "The payload of an Event may have up to 1 MB.",
        "botocore lambda service model: Invoke",
        "documented",
    ),
    Rule(
        "ASYNC-3",
        "A client context given with an Event is dropped, and asking for a log result has no effect.",
        "https://github.com/radkawar/stackd docs/lambda.md",
        "documented",
    ),
    Rule(
        "ASYNC-4",
        "All attempts of one event share its request id. A function that is invoked as a destination gets a new event "
        "with a new request id.",
        "LocalStack test_lambda.py::TestRequestIdHandling::test_request_id_async_invoke_with_retry",
        "recorded",
    ),
    Rule(
        "ASYNC-5",
        "An event that was queued before an update of the function and runs after it runs the new code. Alias, "
        "version, configuration and retry settings are looked up anew for each attempt.",
        "LocalStack test_lambda.py::TestLambdaVersions::test_async_invoke_queue_upon_function_update",
        "recorded",
    ),
    Rule(
        "ASYNC-6",
        "Delivery is at least once: the same event may reach the function more than once even when nothing fails.",
        "botocore lambda service model: Invoke",
        "documented",
        departure="A duplicate comes when a test asks for one, and is not retried.",
    ),
    Rule(
        "ASYNC-7",
        "MaximumRetryAttempts is 0 to 2 and 2 by default, MaximumEventAgeInSeconds is 60 to 21,600 and 21,600 by "
        "default. They and the destinations are set for each version and alias; a function cannot be its own "
        "destination.",
        "botocore lambda service model: PutFunctionEventInvokeConfig; "
        "LocalStack test_lambda_api.py::TestLambdaEventInvokeConfig",
        "documented",
        departure="A destination need not exist when it is named; delivery to a function that does not, fails. The "
        "settings of a marker hold for every version and alias that has none of its own.",
    ),
    Rule(
        "ASYNC-8",
        "The dead-letter queue, an SQS queue or SNS topic, belongs to the function, and published versions use the "
        "setting of $LATEST.",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
        "documented",
    ),
    Rule(
        "ASYNC-9",
        "The first attempt is made at once. After a function error of any kind the event is retried one minute after "
        "the end of the first attempt and two minutes after the end of the second, at most MaximumRetryAttempts "
        "times.",
        "LocalStack test_lambda_destinations.py, test_retries; "
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html",
        "recorded",
        departure="The waits are 60 and 120 seconds exactly; those of AWS vary by some seconds.",
    ),
    Rule(
        "ASYNC-10",
        "After a throttle or a service error the event goes back to the queue and is tried again after 1, 2, 4 and so "
        "on up to 300 seconds, until its maximum age. Such tries do not count as retries.",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html",
        "documented",
    ),
    Rule(
        "ASYNC-11",
        "A function error is retried only when the retry is due before the event's maximum age. Otherwise the event "
        "is given up at once with the condition EventAgeExceeded and the last response. The age never interrupts a "
        "running attempt.",
        "LocalStack test_lambda_destinations.py, test_maxeventage",
        "recorded",
    ),
    Rule(
        "ASYNC-12",
        "With MaximumRetryAttempts 0 the first function error ends the event with the condition RetriesExhausted and a "
        "count of 1.",
        "LocalStack test_lambda_destinations.py",
        "recorded",
    ),
    Rule(
        "ASYNC-13",
        "A function with reserved concurrency 0 still accepts events. They go to the failure path without an attempt, "
        "with the condition ZeroReservedConcurrency, a count of 0, and neither responseContext nor responsePayload.",
        "LocalStack test_lambda.py::TestLambdaConcurrency::test_reserved_concurrency",
        "recorded",
    ),
    Rule(
        "ASYNC-14",
        "While the reserved concurrency is in use, an event waits in the queue and runs later under its own request "
        "id; a synchronous call meanwhile answers 429.",
        "LocalStack test_lambda.py::TestLambdaConcurrency::test_reserved_concurrency_async_queue",
        "recorded",
    ),
    Rule(
        "ASYNC-15",
        "An event whose function was deleted after it was accepted ends with the condition RetriesExhausted and the "
        "status code 404, without a version or a response payload.",
        "https://github.com/radkawar/stackd docs/lambda.md",
        "documented",
    ),
    Rule(
        "ASYNC-16",
        "When the function cannot keep up with its queue, events may grow too old and be given up without an attempt.",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html",
        "documented",
    ),
    Rule(
        "ASYNC-17",
        "At its end a success goes to the OnSuccess destination, and a failure to the OnFailure destination and also "
        "to the dead-letter queue. What has no target is dropped silently.",
        "LocalStack test_lambda_destinations.py; "
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
        "recorded",
    ),
    Rule(
        "ASYNC-18",
        "A dead letter in SQS has the event's own JSON as body and the attributes RequestID, ErrorCode, which is the "
        "number 200 for a function error, and ErrorMessage, the first 1,024 bytes of the error's message.",
        "LocalStack test_lambda_destinations.py::TestLambdaDLQ::test_dead_letter_queue",
        "recorded",
    ),
    Rule(
        "ASYNC-19",
        "A dead letter in SNS has the event's own JSON as message and the same three attributes as one in SQS.",
        "LocalStack test_lambda_destinations.py::TestLambdaDLQ",
        "recorded",
    ),
    Rule(
        "ASYNC-20",
        "A dead letter of an event that was throttled until its end has the ErrorCode 429 and the message "
        "'Rate Exceeded.'; one of zero reserved concurrency has no ErrorCode.",
        "https://github.com/radkawar/stackd docs/lambda.md",
        "documented",
    ),
    Rule(
        "ASYNC-21",
        "An invocation record has version, timestamp, requestContext, requestPayload, responseContext and "
        "responsePayload, in this order. Its function ARN carries the invoked qualifier or :$LATEST, and functionError "
        "is there only for an error.",
        "LocalStack test_lambda_destinations.py; "
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
        "recorded",
    ),
    Rule(
        "ASYNC-22",
        "The condition of a record is Success, RetriesExhausted, EventAgeExceeded, ZeroReservedConcurrency or "
        "RecursiveInvocation.",
        "LocalStack test_lambda_destinations.py; https://github.com/radkawar/stackd docs/lambda.md",
        "recorded",
    ),
    Rule(
        "ASYNC-23",
        "The approximateInvokeCount of a failure is the number of its attempts. That of a success is 1, even after "
        "retries.",
        "LocalStack test_lambda_destinations.py; https://github.com/radkawar/stackd docs/lambda.md",
        "recorded",
    ),
    Rule(
        "ASYNC-24",
        "SQS and SNS receive the record as the text of a message, a function as the payload of an Event, an event bus "
        "as the detail of an event and a bucket as an object. The message in SQS carries an AWSTraceHeader.",
        "LocalStack test_lambda_destinations.py",
        "recorded",
    ),
    Rule(
        "ASYNC-25",
        "An event bus receives an event with the source lambda, the detail-type 'Lambda Function Invocation Result - "
        "Success' or '- Failure', the ARNs of the bus and the function as resources, and the record as detail.",
        "LocalStack test_lambda_destinations.py::TestLambdaDestinationEventbridge::test_invoke_lambda_eventbridge",
        "recorded",
    ),
    Rule(
        "ASYNC-26",
        "An event that is throttled until its maximum age ends with the condition EventAgeExceeded, a count of 0 and a "
        "responseContext of the status code 429 alone.",
        "https://github.com/radkawar/stackd docs/lambda.md",
        "documented",
    ),
    Rule(
        "ASYNC-27",
        "A bucket receives the record of a failure under aws/lambda/async/<function>/YYYY/MM/DD/"
        "YYYY-MM-DDTHH.MM.SS-<uuid> in UTC, with the content type application/octet-stream.",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html; "
        "https://github.com/radkawar/stackd docs/lambda.md",
        "documented",
    ),
    Rule(
        "ASYNC-28",
        "A destination is a standard SQS queue, a standard SNS topic, a function, an event bus or, for failures only, "
        "a bucket. Delivery to a FIFO queue or topic fails.",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
        "documented",
    ),
    Rule(
        "ASYNC-29",
        "A record of more than 256 KB cannot be delivered to an SNS topic, and one of more than 1 MiB not to an SQS "
        "queue.",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html; "
        "botocore lambda service model: OnFailure",
        "documented",
    ),
    Rule(
        "ASYNC-30",
        "The record of a failure is sent within seconds of the attempt that ended the event.",
        "LocalStack test_lambda_destinations.py",
        "recorded",
        departure="It is sent at the very instant of that end.",
    ),
    Rule(
        "ASYNC-31",
        "The record of a successful attempt whose response is not JSON has no responsePayload and instead a "
        "deliveryError with the status code 400 and the error code InvalidRequestContentException.",
        "https://github.com/radkawar/stackd docs/lambda.md",
        "documented",
        departure="The text of its errorMessage is not AWS's, which is not known.",
    ),
    Rule(
        "ASYNC-32",
        "A record or dead letter that cannot be delivered is not seen to be retried; only the metrics "
        "DestinationDeliveryFailures and DeadLetterErrors tell of it.",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
        "documented",
    ),
    Rule(
        "ASYNC-33",
        "The record of a timeout has the functionError Unhandled and, as its payload, the object that a synchronous "
        "caller would get, without a requestId.",
        "LocalStack test_lambda_destinations.py",
        "recorded",
    ),
    Rule(
        "ASYNC-34",
        "An event that is not JSON is refused when it is sent and never queued.",
        "https://github.com/radkawar/stackd docs/lambda.md",
        "documented",
    ),
    Rule(
        "ASYNC-35",
        "A function that raises still answers an Event with 202. Its log has a START and a REPORT line for each "
        "attempt, with the same request id in the same stream.",
        "LocalStack test_lambda.py::TestLambdaFeatures::test_invocation_type_event_error",
        "recorded",
    ),
    Rule(
        "ASYNC-36",
        "With RecursiveLoop Terminate, the default, a chain of functions, queues, topics and buckets is stopped after "
        "16 invocations: a synchronous call is refused, an asynchronous event goes to its failure path with the "
        "condition RecursiveInvocation, and a batch from SQS fails. Allow lifts this.",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html; "
        "https://github.com/radkawar/stackd docs/lambda.md",
        "documented",
        departure="What a stopped event sets off by way of its failure path is stopped too, and dropped.",
    ),
)
