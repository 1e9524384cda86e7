"""SYNC: the Invoke API, as a caller who waits for the answer sees it."""

from __future__ import annotations

from pytest_lambda_modes.rules import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "SYNC-1",
        "An invocation is of the type RequestResponse, which is the default, Event or DryRun. The answer has a status "
        "code and, as the case may be, a function error, a log result, a payload and an executed version.",
        "botocore lambda service model: Invoke",
        "documented",
    ),
    Rule(
        "SYNC-2",
        "A RequestResponse that succeeds answers 200 with the executed version and the encoded return value, and "
        "without a function error. A handler that returns nothing answers null.",
        "LocalStack test_lambda.py::TestLambdaFeatures::test_invocation_type_request_response",
        "recorded",
    ),
    Rule(
        "SYNC-3",
        "An Event answers 202 with an empty payload, without an executed version, and without a log result even when "
        "one is asked for.",
        "LocalStack test_lambda.py::TestLambdaFeatures::test_invocation_type_event",
        "recorded",
    ),
    Rule(
        "SYNC-4",
        "A DryRun answers 204 with an empty payload and runs nothing. A function that does not exist still answers "
        "404.",
        "LocalStack test_lambda.py::TestLambdaFeatures::test_invocation_type_dry_run",
        "recorded",
    ),
    Rule(
        "SYNC-5",
        "A function error, be it an exception, a failure to marshal or initialise, a timeout, an exit or an oversized "
        "response, answers 200 with FunctionError Unhandled. Lambda does not retry a synchronous invocation.",
        "LocalStack test_lambda.py::TestLambdaErrors::test_lambda_handler_error; "
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html",
        "recorded",
    ),
    Rule(
        "SYNC-6",
        "When the function cannot be run at all, Invoke raises an exception of the API with an HTTP status from 400 to "
        "502, under the name that the service model gives it.",
        "botocore lambda service model: Invoke",
        "documented",
        departure="What networks, file systems, keys and packages can cause does not come about, and ServiceException "
        "does when a test injects it.",
    ),
    Rule(
        "SYNC-7",
        "An unknown function, version or alias answers 404 ResourceNotFoundException with the message "
        "'Function not found: ' and the ARN, to which :$LATEST is added when no qualifier was given.",
        "LocalStack test_lambda.py, test_invoke_exceptions",
        "recorded",
    ),
    Rule(
        "SYNC-8",
        "A qualifier in the function name that differs from the Qualifier is refused with "
        "InvalidParameterValueException, and an ARN of another region answers 404.",
        "LocalStack test_lambda_api.py",
        "recorded",
        departure="A function is named by itself, its handler or its whole ARN; part of an ARN, or a name with a "
        "qualifier, is not read. A function of another account answers 404, too.",
    ),
    Rule(
        "SYNC-9",
        "An error of the API carries a message and a Type, User or Service. TooManyRequestsException adds a Reason.",
        "LocalStack test_lambda.py::TestLambdaConcurrency::test_lambda_concurrency_block",
        "recorded",
    ),
    Rule(
        "SYNC-10",
        "A payload that is not JSON is refused with 400 InvalidRequestContentException before the function runs, for "
        "an Event as well.",
        "LocalStack test_lambda.py::TestLambdaErrors::test_lambda_invoke_payload_encoding_error",
        "recorded",
        departure="The message begins with AWS's words and goes on with those of another parser.",
    ),
    Rule(
        "SYNC-11",
        "A request payload of more than 6 MB, or 1 MB for an Event, is refused with 413 RequestTooLargeException.",
        "botocore lambda service model: Invoke, RequestTooLargeException; "
        "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
        "documented",
    ),
    Rule(
        "SYNC-12",
        "A response of more than 6,291,556 bytes is replaced by a function error Function.ResponseSizeTooLarge, and "
        "the environment stays in use.",
        "LocalStack test_lambda.py::TestLambdaBaseFeatures::test_lambda_too_large_response",
        "recorded",
    ),
    Rule(
        "SYNC-13",
        "A payload of about 5 MB goes through the function and back unchanged.",
        "LocalStack test_lambda.py, test_large_payloads",
        "recorded",
    ),
    Rule(
        "SYNC-14",
        "With LogType Tail the answer has the last 4,096 bytes of the invocation's log, from START to REPORT, in "
        "base64. Without it there is no log result.",
        "LocalStack test_lambda.py; https://github.com/radkawar/stackd docs/lambda.md",
        "recorded",
    ),
    Rule(
        "SYNC-15",
        "An invocation beyond the function's reserved concurrency, or of a function that reserves 0, answers 429 "
        "TooManyRequestsException with the message 'Rate Exceeded.' and the reason "
        "ReservedFunctionConcurrentInvocationLimitExceeded.",
        "LocalStack test_lambda.py::TestLambdaConcurrency::test_lambda_concurrency_block",
        "recorded",
    ),
    Rule(
        "SYNC-16",
        "An account has 1,000 concurrent executions by default. A function may add 1,000 environments every 10 "
        "seconds, and a synchronous caller may make 10 requests a second for each unit of concurrency.",
        "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
        "documented",
        departure="The account's concurrency counts; the rate of a caller's requests does not.",
    ),
    Rule(
        "SYNC-17",
        "When all of a function's reserved concurrency is provisioned for a version, invocations of $LATEST are "
        "throttled. Reserved concurrency below the provisioned total is refused.",
        "LocalStack test_lambda.py::TestLambdaConcurrency::test_reserved_provisioned_overlap",
        "recorded",
        not_modelled="Every environment is started on demand, and the setting is refused.",
    ),
    Rule(
        "SYNC-18",
        "A running invocation is not affected by an update of the function; invocations that start later use the new "
        "version.",
        "LocalStack test_lambda.py::TestLambdaVersions::test_function_update_during_invoke",
        "recorded",
    ),
    Rule(
        "SYNC-19",
        "An alias may send a share of its invocations to one further version. Each invocation picks its version, which "
        "the executed version reveals.",
        "botocore lambda service model: AliasRoutingConfiguration",
        "documented",
    ),
    Rule(
        "SYNC-20",
        "A synchronous call that goes beyond the limit of a recursive loop is refused with 400 "
        "RecursiveInvocationException.",
        "botocore lambda service model: RecursiveInvocationException",
        "documented",
    ),
)
