"""RT: what happens inside one invocation, from the import of the handler to the last log line."""

from __future__ import annotations

from pytest_lambda_modes.rules import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "RT-1",
        "The handler setting is split at its last dot into a module path and a function name. Slashes in the module "
        "path count as dots.",
        "awslambdaric bootstrap.py",
        "documented",
    ),
    Rule(
        "RT-2",
        "A handler that cannot be found or imported is an initialisation error of the type "
        "Runtime.MalformedHandlerName, Runtime.BuiltInModuleConflict, Runtime.ImportModuleError, "
        "Runtime.UserCodeSyntaxError or Runtime.HandlerNotFound. Any other exception from the module keeps its own "
        "class name.",
        "awslambdaric bootstrap.py",
        "documented",
    ),
    Rule(
        "RT-3",
        "A synchronous caller sees an initialisation error as HTTP 200 with FunctionError Unhandled and a payload of "
        "errorMessage, errorType, requestId and stackTrace, in this order, where requestId is empty and the stack "
        "trace begins with importlib's frames.",
        "LocalStack test_lambda.py::TestLambdaErrors::test_lambda_runtime_error",
        "recorded",
        departure="File paths in the stack trace are those of the test machine, not /var/task.",
    ),
    Rule(
        "RT-4",
        "The handler's module is imported once per execution environment, before the first event. After an "
        "initialisation error the next invocation imports it again.",
        "awslambdaric bootstrap.py",
        "documented",
    ),
    Rule(
        "RT-5",
        "A handler may lie in nested packages, also without __init__.py and with path segments that are Python "
        "keywords.",
        "LocalStack test_lambda_runtimes.py::TestPythonRuntimes::test_handler_in_submodule",
        "recorded",
    ),
    Rule(
        "RT-6",
        "The event is parsed from JSON with simplejson and may be any JSON value. Integers have any size, other "
        "numbers are floats and never Decimal, and the last of duplicate keys wins.",
        "LocalStack test_lambda_common.py::TestLambdaRuntimesCommon::test_echo_invoke",
        "recorded",
    ),
    Rule(
        "RT-7",
        "The runtime rejects an event that is not JSON, bare NaN and Infinity included, with Runtime.UnmarshalError "
        "and a message that begins 'Unable to unmarshal input: '.",
        "awslambdaric lambda_runtime_marshaller.py",
        "documented",
    ),
    Rule(
        "RT-8",
        "An invocation without a payload gives the handler an empty object, and asynchronous records show {} as its "
        "request payload.",
        "LocalStack test_lambda.py::TestLambdaConcurrency::test_reserved_concurrency",
        "recorded",
    ),
    Rule(
        "RT-9",
        "Each attempt gets a freshly parsed event, so what a handler does to its event never reaches a retry.",
        "awslambdaric bootstrap.py",
        "documented",
    ),
    Rule(
        "RT-10",
        "The return value is encoded with simplejson: named tuples as objects, a Decimal as its own digits, NaN and "
        "Infinity as bare words, bytes at the top raw and inside as UTF-8 text. From python3.12 on, text that is not "
        "ASCII is written as UTF-8, before that as escapes.",
        "awslambdaric lambda_runtime_marshaller.py",
        "documented",
    ),
    Rule(
        "RT-11",
        "A return value that JSON cannot carry is a function error Runtime.MarshalError with a message that begins "
        "'Unable to marshal response: ', and the execution environment stays warm.",
        "awslambdaric bootstrap.py",
        "documented",
    ),
    Rule(
        "RT-12",
        "A handler that is a coroutine or generator function is neither awaited nor iterated: its body never runs, and "
        "the object that it returns fails to marshal.",
        "awslambdaric bootstrap.py",
        "documented",
    ),
    Rule(
        "RT-13",
        "A response with a bare NaN or Infinity, or of raw bytes, is a success for the runtime and reaches a "
        "synchronous caller byte for byte. Whoever needs JSON fails later.",
        "awslambdaric lambda_runtime_marshaller.py",
        "inferred",
    ),
    Rule(
        "RT-14",
        "An exception from the handler becomes an object of errorMessage, errorType, requestId and stackTrace, in this "
        "order, with the class name alone as type. Causes and contexts are left out, and so are caret lines and the "
        "runtime's own leading frames.",
        "LocalStack test_lambda.py::TestLambdaErrors::test_lambda_handler_error",
        "recorded",
        departure="File paths in the stack trace are those of the test machine, not /var/task.",
    ),
    Rule(
        "RT-15",
        "A synchronous caller sees an exception from the handler as HTTP 200 with FunctionError Unhandled, an executed "
        "version, and the error object as payload.",
        "LocalStack test_lambda.py::TestLambdaErrors::test_lambda_handler_error",
        "recorded",
    ),
    Rule(
        "RT-16",
        "An exception from the handler leaves the execution environment as it is: the next invocation is warm, and "
        "module globals and /tmp are kept.",
        "LocalStack test_lambda.py",
        "recorded",
    ),
    Rule(
        "RT-17",
        "An exception whose text cannot be taken, because its __str__ raises, ends the runtime process.",
        "awslambdaric bootstrap.py",
        "documented",
    ),
    Rule(
        "RT-18",
        "An error is logged as one log event: [ERROR], type and message, then a traceback in which each leading space "
        "is a no-break space. With JSON logs it is one JSON object with a timestamp and a level.",
        "LocalStack test_lambda_destinations.py::TestLambdaDLQ::test_dead_letter_queue; awslambdaric bootstrap.py",
        "recorded",
    ),
    Rule(
        "RT-19",
        "When the timeout has passed since the start of the invocation, the environment is killed and the payload is "
        "an errorType Sandbox.Timedout and an errorMessage 'RequestId: <id> Error: Task timed out after 3.00 "
        "seconds', without requestId and stackTrace.",
        "LocalStack test_lambda.py::TestLambdaBehavior::test_lambda_invoke_with_timeout",
        "recorded",
    ),
    Rule(
        "RT-20",
        "A process that exits, at import or in the handler, ends the invocation with Runtime.ExitError and a message "
        "that names the exit status or signal, or 'Runtime exited without providing a reason' for status 0. "
        "SystemExit and every other exception that is not an Exception is such an exit.",
        "LocalStack test_lambda.py::TestLambdaErrors::test_lambda_handler_exit",
        "recorded",
        departure="KeyboardInterrupt goes to pytest, so that Ctrl-C stops the run; in Lambda it is an exit with "
        "'signal: interrupt'. os._exit, os.abort and os.kill of the own process end the handler alone; a crash in C "
        "ends the process of the tests.",
    ),
    Rule(
        "RT-21",
        "A process killed for want of memory ends the invocation with the error type Runtime.OutOfMemory.",
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html",
        "documented",
        departure="Memory is not measured; an out-of-memory kill happens when a test injects one.",
    ),
    Rule(
        "RT-22",
        "A timeout, exit, crash or failed initialisation resets the environment: the next invocation in it imports the "
        "module again, within its own duration and timeout, while /tmp is kept. An update of code or configuration "
        "discards the environment with /tmp.",
        "LocalStack test_lambda.py::TestLambdaBehavior::test_lambda_invoke_timed_out_environment_reuse",
        "recorded",
        departure="/tmp is the test machine's own and is never emptied.",
    ),
    Rule(
        "RT-23",
        "After a success or an exception from the handler the environment is used again, with its module globals. It "
        "serves one invocation at a time.",
        "LocalStack test_lambda.py::TestLambdaBehavior::test_lambda_cache_local",
        "recorded",
    ),
    Rule(
        "RT-24",
        "An import that takes longer than 10 seconds is abandoned and run again as part of the first invocation, "
        "bounded by the function's timeout, so a caller may wait 10 seconds and the timeout.",
        "LocalStack test_lambda.py, test_lambda_runtime_exit_segfault; "
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html",
        "recorded",
        departure="The log has no INIT_REPORT line. The timeline tells that the import starts over.",
    ),
    Rule(
        "RT-25",
        "Provisioned concurrency whose initialisation raises gets the status FAILED with the reason "
        "FUNCTION_ERROR_INIT_FAILURE.",
        "LocalStack test_lambda.py::TestLambdaConcurrency::test_provisioned_concurrency_init_failure",
        "recorded",
        not_modelled="Every environment is started on demand, and the setting is refused. So the longer limit that "
        "provisioned concurrency gives to the import is left out, too.",
    ),
    Rule(
        "RT-26",
        "The platform knows more error types, among them Runtime.Unknown, Runtime.InvalidEntrypoint, "
        "Runtime.InvalidWorkingDir, Runtime.TruncatedResponse, Runtime.InitError, Sandbox.Failure, Function.Unknown, "
        "the Extension types and Runtime.LambdaContextUnmarshalError.",
        "awslambdaric lambda_runtime_exception.py; AWS Lambda runtime interface emulator, internal/lambda",
        "documented",
        departure="Only Runtime.LambdaContextUnmarshalError is known. The others name broken container images, "
        "extensions and failing sandboxes, none of which exists in the test process.",
    ),
    Rule(
        "RT-27",
        "Work that a handler leaves unfinished when it returns, such as threads, is frozen and goes on with the next "
        "invocation of the same environment.",
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html",
        "documented",
        departure="Threads that a handler leaves running are real threads and are not frozen.",
    ),
    Rule(
        "RT-28",
        "The context has the request id, names of log group, log stream and function, the memory limit as a string, "
        "the version, the invoked ARN, the client context, the identity and the tenant id, and the methods "
        "get_remaining_time_in_millis, log and w3c.",
        "awslambdaric lambda_context.py",
        "documented",
    ),
    Rule(
        "RT-29",
        "The remaining time is the deadline less the current time in whole milliseconds and never negative. The "
        "deadline is the start of the invocation plus the timeout.",
        "awslambdaric lambda_context.py",
        "documented",
    ),
    Rule(
        "RT-30",
        "The client context is None when the caller gave none, and otherwise an object with custom, env and client; "
        "other keys are ignored. It reaches the handler in synchronous invocations only.",
        "awslambdaric lambda_context.py; botocore lambda service model: Invoke",
        "documented",
    ),
    Rule(
        "RT-31",
        "The identity of a context is always an object. Its cognito_identity_id and cognito_identity_pool_id are None "
        "when the caller gave none.",
        "awslambdaric lambda_context.py",
        "documented",
    ),
    Rule(
        "RT-32",
        "The invoked ARN ends with the qualifier that was invoked, if any. The function version is $LATEST or a "
        "number: for an alias, the number that it points to.",
        "LocalStack test_lambda.py::TestLambdaFeatures::test_invocation_with_qualifier",
        "recorded",
    ),
    Rule(
        "RT-33",
        "The context's request id is that of the API response, of the log lines and of records and dead letters, and "
        "all attempts of an asynchronous event share it. It has the form of a version 4 UUID.",
        "LocalStack test_lambda.py::TestRequestIdHandling::test_request_id_async_invoke_with_retry",
        "recorded",
    ),
    Rule(
        "RT-34",
        "A function with tenant isolation needs a tenant id with each invocation, and tenants never share an "
        "environment.",
        "botocore lambda service model: TenancyConfig, Invoke",
        "documented",
        not_modelled="A function's environments are shared by all its callers, and the settings are refused.",
    ),
    Rule(
        "RT-35",
        "Lambda sets the environment variables of the function, its region, credentials, log names, trace daemon and "
        "runtime, with TZ=:UTC and LANG=en_US.UTF-8.",
        "LocalStack test_lambda_common.py::TestLambdaRuntimesCommon::test_introspection_invoke",
        "recorded",
        departure="PATH, PYTHONPATH, LD_LIBRARY_PATH, PWD and SHLVL stay the test machine's.",
    ),
    Rule(
        "RT-36",
        "The variable _X_AMZN_TRACE_ID is set anew for each invocation and is absent during the import.",
        "LocalStack test_lambda_integration_xray.py::test_xray_trace_propagation",
        "recorded",
    ),
    Rule(
        "RT-37",
        "Environment variables of more than 4 KB in all are refused with InvalidParameterValueException.",
        "LocalStack test_lambda_api.py",
        "recorded",
    ),
    Rule(
        "RT-38",
        "The platform logs a START, an END and a REPORT line for each invocation. REPORT gives duration, billed "
        "duration and memory, and after a cold start the duration of the import.",
        "LocalStack test_lambda.py; https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html",
        "recorded",
    ),
    Rule(
        "RT-39",
        "Python's logging writes level, UTC time, request id and message, separated by tabs, from the level WARNING "
        "on. What is printed has no prefix, and each line of it is a log event.",
        "awslambdaric bootstrap.py",
        "documented",
    ),
    Rule(
        "RT-40",
        "A log stream is named YYYY/MM/DD/[version] and 32 hexadecimal digits, and each environment writes to one "
        "stream.",
        "LocalStack test_lambda_destinations.py, test_retries",
        "recorded",
    ),
)
