"""EVT: the events that services push to functions."""

from __future__ import annotations

from pytest_lambda_modes.rules import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "EVT-1",
        "An event of SNS has exactly one record. It spells EventSource with a capital, has Subject as null when unset, "
        "and names of URLs end in Url.",
        "LocalStack sns/test_sns.py::TestSNSSubscriptionLambda",
        "recorded",
    ),
    Rule(
        "EVT-2",
        "An event of S3 has one record, names the event type without s3: before it, and shows the key URL-encoded.",
        "LocalStack s3/test_s3_notifications_lambda.py; "
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html",
        "recorded",
    ),
    Rule(
        "EVT-3",
        "An event of an EventBridge rule is the envelope of one event, with time in whole seconds and no Records.",
        "LocalStack events/test_events_targets.py::TestEventsTargetLambda",
        "recorded",
    ),
    Rule(
        "EVT-4",
        "A queue that subscribes to a topic gets the notification as the body of a message, with names of URLs in "
        "URL. With raw delivery the body is the message, and attributes become message attributes.",
        "LocalStack sns/test_sns.py::TestSNSSubscriptionSQS",
        "recorded",
    ),
    Rule(
        "EVT-5",
        "When a notification to a queue or a topic is configured, S3 sends a test event without Records.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html",
        "documented",
    ),
    Rule(
        "EVT-6",
        "An event of CloudWatch Logs is base64 of gzip of JSON, with the log group, the stream and the log events.",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html",
        "documented",
    ),
    Rule(
        "EVT-7",
        "An event of EventBridge Scheduler is the input of the schedule, and an empty object when there is none.",
        "https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html",
        "documented",
    ),
    Rule(
        "EVT-8",
        "An event of Data Firehose has records with an id, an arrival time in milliseconds and data in base64.",
        "https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html",
        "documented",
    ),
    Rule(
        "EVT-9",
        "Every other service has an event of its own: API Gateway, function URLs, load balancers, Cognito, Lex, Alexa, "
        "AppSync, Connect, CloudFront, SES, CloudFormation, CodeCommit, CodePipeline and Config.",
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html",
        "documented",
        departure="Where Powertools for AWS Lambda has a parser model or a data class, the event parses with it. Those "
        "of Alexa, CloudFront, CodeCommit, IoT and Lex, which it does not have, are not verified.",
    ),
    Rule(
        "EVT-10",
        "A dead letter of an asynchronous invocation that is read from its queue has the event as its body, and "
        "RequestID, ErrorCode and ErrorMessage as message attributes in camel case.",
        "LocalStack test_lambda_destinations.py",
        "recorded",
    ),
)
