"""What the error action of an IoT rule is told of an action that has failed. Pure. (ASYNC-45)"""

from __future__ import annotations

import base64
import json

from pytest_lambda_modes.errors import ApiError


def iot_error_message(
    error: ApiError, *, rule: str, topic: str, payload: bytes, function_arn: str, trace_id: str, client_id: str
) -> str:
    """The JSON that takes the place of the message. `payload` is the message that the function was to get."""
    failure = {
        "failedAction": "LambdaAction",
        "failedResource": function_arn,
        "errorMessage": f"Failed to invoke lambda function. Received Server error from Lambda. {error.code}: {error}",
    }
    return json.dumps(
        {
            "ruleName": rule,
            "topic": topic,
            "cloudwatchTraceId": trace_id,
            "clientId": client_id,
            "base64OriginalPayload": base64.b64encode(payload).decode(),
            "failures": [failure],
        }
    )
