"""SYNC, continued: AWS's other services that wait for a function's answer, and what they make of it."""

from __future__ import annotations

from pytest_lambda_modes.rules import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "SYNC-35",
        "A Cognito user pool waits 5 seconds for a trigger and tries three times in all. The function must return the "
        "event with its response filled in, or the client gets InvalidLambdaResponseException. An exception of the "
        "function becomes UserLambdaValidationException, any other failure UnexpectedLambdaException. Custom senders "
        "are called asynchronously.",
        "https://docs.aws.amazon.com/cognito/latest/developerguide/"
        "cognito-user-identity-pools-working-with-aws-lambda-triggers.html",
        "documented",
        departure="Deadlines, throttles and errors of the Lambda service are tried again at once; a function error, "
        "the function's own timeout included, is not. Which is which is not documented. Of the returned event its "
        "version, trigger source and the types in its response are checked. What the client is told after a deadline "
        "or a throttle is inferred.",
    ),
    Rule(
        "SYNC-36",
        "CloudFront calls a numbered version without environment variables and waits 30 seconds. A request goes on, or "
        "turns round with a response of up to 40 KB at the viewer and 1 MB at the origin. Headers that are not allowed "
        "or read-only fail validation. A failure is a 502, a limit that is exceeded a 503. Nothing is tried again, and "
        "an origin's error passes by the viewer-response function.",
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html; "
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html",
        "documented",
        departure="Without a qualifier the function is published, and that version is called. One event is simulated "
        "at a time: nothing is cached, and no origin is asked. Changes of the origin are not validated, and a function "
        "that has a package or a memory size beyond the quota is not refused. The lists of headers, and the texts of "
        "refused associations, are not verified.",
    ),
    Rule(
        "SYNC-37",
        "Data Firehose waits 5 minutes for the transformation of a batch, and tries an invocation that fails again, "
        "three times unless configured otherwise. Each record must come back once with its id and the result Ok, "
        "Dropped or ProcessingFailed. Records that fail, and all of a batch that does, are delivered below "
        "processing-failed.",
        "https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html; "
        "https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html",
        "documented",
        departure="It tries again at once, after function errors as well. An answer that is malformed, or whose ids "
        "are missing, unknown or double, fails the whole batch and is not asked for again. Buffering is left out: a "
        "call is a batch. The codes and texts of errors are not verified.",
    ),
    Rule(
        "SYNC-38",
        "A Task state of Step Functions fails with the error type of the function, and with the error payload as its "
        "cause; with Lambda. and the exception's name when the function could not be run; with States.Timeout when "
        "TimeoutSeconds pass, while the function goes on. Only the state's Retry block tries again. It passes on "
        "256 KiB.",
        "LocalStack stepfunctions/v2/services/test_lambda_task_service.py; "
        "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html",
        "recorded",
        departure="One Task state is simulated, with lambda:invoke. The cause of a refused invocation has no request "
        "id. Callbacks with a task token, heartbeats, Catch, input and output processing are left out.",
    ),
    Rule(
        "SYNC-39",
        "S3 Batch Operations takes a result code for each task: Succeeded, TemporaryFailure, which is tried again, or "
        "PermanentFailure, which is not. A task that is missing in the results is treated as treatMissingKeysAs says. "
        "A throttle is a temporary failure, and an exception fails the task.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html",
        "documented",
        departure="How often and when a task is tried again is not documented: here three times, at once. A missing "
        "task without treatMissingKeysAs, and an answer that is malformed, is a permanent failure.",
    ),
    Rule(
        "SYNC-40",
        "S3 Object Lambda waits 60 seconds for a function, which must call WriteGetObjectResponse. The caller of "
        "GetObject gets an error otherwise, and nothing is tried again.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-writing-lambda.html",
        "documented",
        departure="GetObject alone is simulated. The caller waits until WriteGetObjectResponse, and what the function "
        "does after that is not its affair. That a function error, a deadline or a refused invocation reaches the "
        "caller as an error of S3's is documented; which code, status and text it has is not verified, and neither is "
        "what S3 says to a wrong or used RequestToken, or to parameters that exclude each other. The original object "
        "is given whole, whatever the Range, for as long as the test runs.",
    ),
    Rule(
        "SYNC-41",
        "Secrets Manager rotates a secret in four invocations, one after the other, with the same token: createSecret, "
        "setSecret, testSecret, finishSecret. A step that fails ends the rotation, which is tried again as a whole.",
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html",
        "documented",
        departure="A call is one rotation. How often and when it is tried again is not documented: call again with its "
        "token. The versions of the secret are not kept.",
    ),
    Rule(
        "SYNC-42",
        "AppSync waits 30 seconds and takes 5 MB, Lex V2 waits 30 seconds, an Alexa skill has 8 seconds, and Amazon "
        "Connect tries for 8 seconds altogether and takes 32 KB. Only Connect tries again, after throttles and errors "
        "of the Lambda service.",
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html",
        "documented",
        departure="Connect tries again at once, three times. A response is checked for the members that the services "
        "document; what Lex V2 leaves open is taken from V1. The codes of errors are not verified, and their texts are "
        "the simulation's own where they are not documented. AppSync's batches, SES with RequestResponse, Managed "
        "Flink and VPC Lattice are not simulated.",
    ),
    Rule(
        "SYNC-43",
        "EventBridge Pipes and Step Functions may call a function with FIRE_AND_FORGET, which is an Event.",
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-target.html",
        "documented",
        not_modelled="There are no pipes. What comes after such a call is what async_invoke does.",
    ),
)
