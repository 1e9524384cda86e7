"""ASYNC-40 and on: the services that hand events to Lambda, and what each does before Lambda's own queue has them."""

from __future__ import annotations

from pytest_lambda_modes.rules import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "ASYNC-40",
        "SNS delivers a message to a function by an Invoke of type Event. While Lambda refuses with a throttle or an "
        "error of its own, SNS tries 3 times at once, 2 times after 1 second each, 10 times after waits that grow from "
        "1 to 20 seconds, and 100,000 times every 20 seconds: 100,015 attempts over 23 days. Then, and at once after a "
        "client error such as a deleted function, the message goes to the dead-letter queue of the subscription, or is "
        "dropped. A message that the filter policy does not match is not delivered.",
        "https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html; "
        "LocalStack test_sns.py::TestSNSSubscriptionLambda",
        "documented",
        departure="The first delivery is one of the 3, so that all together are the 100,015. The waits that grow do so "
        "by the same factor each time. The attributes of a dead letter, RequestID, ErrorCode and ErrorMessage, are not "
        "verified. FIFO topics have no deduplication by content and no dead-letter queues, and leave it to FIFO queues "
        "to drop what comes twice.",
    ),
    Rule(
        "ASYNC-41",
        "An EventBridge rule tries an event again after a throttle or an error of Lambda's own, with an exponential "
        "back-off, up to MaximumRetryAttempts times (0 to 185, 185 by default) and until it is "
        "MaximumEventAgeInSeconds old (60 to 86,400, 86,400 by default). Then, and at once after an error that no "
        "retry would cure, it goes to the target's dead-letter queue with RULE_ARN, TARGET_ARN, ERROR_CODE, "
        "ERROR_MESSAGE, EXHAUSTED_RETRY_CONDITION and RETRY_ATTEMPTS as attributes, or is dropped.",
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html; "
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html",
        "documented",
        departure="AWS names no waits and adds jitter. Here they are 1, 2, 4 and so on up to 256 seconds and then 480, "
        "without jitter, so that by default the 185 retries fill the 24 hours. The words of ERROR_CODE and "
        "EXHAUSTED_RETRY_CONDITION are not verified.",
    ),
    Rule(
        "ASYNC-42",
        "EventBridge Scheduler retries as a rule does, with the same ranges and defaults. Without an input, what it "
        "sends is {}.",
        "botocore scheduler service model: RetryPolicy; "
        "https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html",
        "documented",
        departure="The keyword <aws.scheduler.attempt-number> in the input is 1 at every try. The waits are those of a "
        "rule.",
    ),
    Rule(
        "ASYNC-43",
        "S3 delivers a notification at least once, tries again when Lambda refuses, and keeps no order between "
        "notifications; the sequencer orders those of one key.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html",
        "documented",
        departure="AWS does not say how often. Here it is after 1, 2, 4 and so on up to 300 seconds, for 24 hours.",
    ),
    Rule(
        "ASYNC-44",
        "A subscription filter of CloudWatch Logs delivers log events to a function, tries again for up to 24 hours "
        "while Lambda throttles or fails, and then drops them.",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html",
        "documented",
        departure="AWS names no waits. Here they are 1, 2, 4 and so on up to 300 seconds. The test gives the messages "
        "that match: filter patterns are not evaluated.",
    ),
    Rule(
        "ASYNC-45",
        "The lambda action of an IoT rule invokes a function with what the rule's SQL selects. If the Invoke fails, "
        "the rule's error action gets the original payload in base64 and the error.",
        "https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html",
        "documented",
        departure="IoT is not said to try again, and does not here. The error action is an SQS queue or an SNS topic, "
        "its errorMessage is not AWS's, and SQL is not evaluated.",
    ),
    Rule(
        "ASYNC-46",
        "A receipt rule of SES with the invocation type Event does not wait for the function, whose answer therefore "
        "cannot stop the rule set.",
        "https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda.html",
        "documented",
        departure="AWS does not say what SES does when Lambda refuses. Here it tries again for 24 hours, as S3 does.",
    ),
    Rule(
        "ASYNC-47",
        "For a custom resource CloudFormation invokes a function and waits for a response of at most 4,096 bytes that "
        "it PUTs to the ResponseURL: Status, PhysicalResourceId, and StackId, RequestId and LogicalResourceId as in "
        "the request; a failure has a Reason. The resource fails after its ServiceTimeout, 1 to 3,600 seconds and "
        "3,600 by default. Lambda's own retries run the handler again while CloudFormation waits.",
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html; "
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudformation-customresource.html",
        "documented",
        departure="The first response counts; one that cannot be fails the resource at once, for a reason in our "
        "words. A signature is good for a PUT to its URL, whatever the headers. CloudFormation does not go on to "
        "delete what an update has replaced, and requests through SNS are sent by from_sns.",
    ),
    Rule(
        "ASYNC-48",
        "For an action that invokes a function CodePipeline sends a job, and waits up to 20 minutes for "
        "PutJobSuccessResult or PutJobFailureResult.",
        "https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html",
        "documented",
        departure="The API has these two operations, in us-east-1. A function that gives a continuation token is "
        "called again by the test.",
    ),
    Rule(
        "ASYNC-49",
        "Triggers of CodeCommit and custom rules of Config invoke functions asynchronously, as do CloudWatch alarms, "
        "custom senders of Cognito, and events of EC2 and Elastic Load Balancing by way of EventBridge or SNS.",
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html",
        "documented",
        departure="CodeCommit and Config have a method of their own; for the others there is async_invoke(event), "
        "from_eventbridge and from_sns. AWS does not say what they do when Lambda refuses: here they try again for 24 "
        "hours, as S3 does. What a rule gives PutEvaluations is not observed.",
    ),
    Rule(
        "ASYNC-50",
        "A function that is the destination of another is invoked with an Event of its own, to which its own retries, "
        "age, destinations and dead-letter queue apply.",
        "https://github.com/radkawar/stackd docs/lambda.md",
        "documented",
    ),
)
