"""SYNC: the HTTP services in front of a function, as their clients see them."""

from __future__ import annotations

from pytest_lambda_modes.rules import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "SYNC-30",
        "A REST API of API Gateway waits 29 seconds for a function, or as its integration says, then answers 504 while "
        "the function goes on. It answers 502 for a function error and for a response that has a key beside "
        "statusCode, headers, multiValueHeaders, body and isBase64Encoded, or a value of the wrong type in one; 500 "
        "when Lambda refuses the call. All keys may be left out. A body in base64 is decoded only for a binary media "
        "type that the client accepts. Nothing is retried.",
        "LocalStack apigateway/test_apigateway_lambda.py, test_aws_proxy_response_payload_format_validation; "
        "https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html; "
        "botocore apigateway service model: PutIntegrationRequest",
        "recorded",
        departure="The size of headers is not checked, and nothing but the integration runs: no authorizer, no "
        "mapping, no gateway response of the API's own. Which headers are remapped, and the bodies of 413, are "
        "inferred. The function of an authorizer is invoked by the test itself.",
    ),
    Rule(
        "SYNC-31",
        "An HTTP API of API Gateway waits 30 seconds at most, then answers 503. It answers 500 for a function error, "
        "for a malformed response and when Lambda refuses the call. In payload format 2.0 a value without a statusCode "
        "is the body of a 200 in JSON. Nothing is retried.",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html; "
        "botocore apigatewayv2 service model: CreateIntegrationRequest",
        "documented",
        departure="That keys beside those of the format are passed over, and that a body which is no string is "
        "malformed, is inferred.",
    ),
    Rule(
        "SYNC-32",
        "A WebSocket API of API Gateway waits 29 seconds at most. A connection is open when the function of $connect "
        "answers 200 to 299. A message has 128 KB at most. When a message's route fails, the client gets an object "
        "with a message, the connection's id and the request's. Nothing is retried.",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-"
        "disconnect.html; botocore apigatewayv2 service model: CreateIntegrationRequest",
        "documented",
        departure="The route is the test's to name: no route selection expression is evaluated. Frames are not split. "
        "The statuses of a refused handshake, and the closing status 1009, are inferred.",
    ),
    Rule(
        "SYNC-33",
        "A function URL answers a value without a statusCode as 200 with the value in compact JSON, a string as it is. "
        "The content type is application/json unless set. A function error is a 502, a throttle a 429. It waits until "
        "the function ends, and takes 6 MB.",
        "LocalStack test_lambda.py::TestLambdaURL; https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html",
        "recorded",
        departure="Responses are buffered, not streamed. A malformed response is a 502, which is inferred.",
    ),
    Rule(
        "SYNC-34",
        "An Application Load Balancer takes bodies and responses of 1 MB. The response is an object with an integer "
        "statusCode, and with headers or multiValueHeaders, as the target group's attribute says. Function errors, "
        "timeouts, throttles, malformed and oversized responses are a 502, an oversized body is a 413. Health checks "
        "invoke the function, too. Nothing is retried.",
        "https://docs.aws.amazon.com/lambda/latest/dg/services-alb.html; "
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html; "
        "botocore elbv2 service model: CreateTargetGroupInput",
        "documented",
        departure="Health checks are made when the test makes one, and the idle timeout of a client's connection does "
        "not count. The default content type, and that headers of the other kind are not read, is inferred.",
    ),
)
