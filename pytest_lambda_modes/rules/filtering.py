"""FILT: which records of an event source reach the function."""

from __future__ import annotations

from pytest_lambda_modes.rules import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "FILT-1",
        "A mapping has up to 5 filters, 10 by quota, and passes on what any of them matches. A pattern is a JSON "
        "object of at most 4,096 characters. Its fields must all match, of the values of a leaf one must. No filters "
        "let everything through. DocumentDB has none.",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html; "
        "botocore lambda service model: FilterCriteria",
        "documented",
        departure="The detail that follows AWS's error text is our own, and so is the answer to too many filters.",
    ),
    Rule(
        "FILT-2",
        "A pattern finds the data of a record under one key: body for SQS, data for Kinesis and MQ, dynamodb for "
        "DynamoDB, value for Kafka. Data is decoded from base64 and parsed if it is JSON. Metadata keys work too, and "
        "are compared as they stand in the record.",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html; "
        "LocalStack event_source_mapping/test_lambda_integration_dynamodbstreams.py::"
        "TestDynamoDBEventSourceMapping::test_dynamodb_event_filter",
        "documented",
        departure="The metadata of a Kinesis record is found both at the root and under kinesis.",
    ),
    Rule(
        "FILT-3",
        "A pattern that is null, a string or malformed JSON, or has a leaf that is no list or an empty one, is "
        "refused when the mapping is made: 400, Invalid filter pattern definition.",
        "LocalStack event_source_mapping/test_lambda_integration_sqs.py::"
        "TestSQSEventSourceMapping::test_sqs_invalid_event_filter",
        "recorded",
    ),
    Rule(
        "FILT-4",
        "Filters know null, empty, equals, equals-ignore-case, and, or, $or, anything-but, numeric, exists, prefix "
        "and suffix.",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html",
        "documented",
        departure="All other operators of EventBridge are accepted too: the syntax is documented as the same.",
    ),
    Rule(
        "FILT-5",
        "An object of rules is for JSON data, a list of rules for plain text. Data in the other format is dropped by "
        "SQS, Kinesis and DynamoDB. Kafka and MQ ignore the rules for the data then, and for data that is not UTF-8. "
        "Kinesis and DynamoDB refuse a list of rules for the data when the mapping is made.",
        "https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html; "
        "https://docs.aws.amazon.com/lambda/latest/dg/kafka-filtering.html; "
        "LocalStack event_source_mapping/test_lambda_integration_sqs.py::"
        "TestSQSEventSourceMapping::test_sqs_event_filter",
        "documented",
        departure="Only objects and arrays count as JSON data; a bare number or a quoted string is plain text.",
    ),
    Rule(
        "FILT-6",
        "What no filter matches is deleted from SQS, skipped in a stream, committed in Kafka and acknowledged in MQ. "
        "When nothing matches, there is no invocation.",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html; "
        "LocalStack event_source_mapping/test_lambda_integration_sqs.py::"
        "TestSQSEventSourceMapping::test_sqs_event_filter",
        "recorded",
    ),
    Rule(
        "FILT-7",
        "Patterns mean what they mean to EventBridge. Keys, operators and strings are exact, and numbers equal by "
        "value. Any element of an array may match. exists asks for a leaf. anything-but needs the key. A dot in a key "
        "is a step down, in pattern and event alike.",
        "LocalStack events/test_events_patterns.py::test_event_pattern",
        "recorded",
        departure="A wildcard pattern is too complex from its sixth wildcard on; the measure of AWS is not published.",
    ),
)
