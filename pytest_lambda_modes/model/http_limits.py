"""The deadlines and sizes of the HTTP services in front of Lambda, each beside the rule it comes from.

Load balancers and function URLs have no deadline of their own: they wait until the function's timeout.
"""

from __future__ import annotations

from pytest_lambda_modes.model.limits import SYNC_REQUEST_BYTES, Range
from pytest_lambda_modes.units import SECOND

# Integration timeouts, in milliseconds. AWS raises that of a REST API above 29 s on request, and nothing runs longer
# than a function's timeout can be.
REST_API_TIMEOUT_IN_MILLIS = Range(50, 900_000, default=29_000, rule="SYNC-30")
HTTP_API_TIMEOUT_IN_MILLIS = Range(50, 30_000, default=30_000, rule="SYNC-31")
WEBSOCKET_TIMEOUT_IN_MILLIS = Range(50, 29_000, default=29_000, rule="SYNC-32")

API_GATEWAY_BODY_BYTES = 10_485_760  # SYNC-30, SYNC-31
WEBSOCKET_MESSAGE_BYTES = 131_072  # SYNC-32
FUNCTION_URL_BODY_BYTES = SYNC_REQUEST_BYTES  # SYNC-33
LOAD_BALANCER_BODY_BYTES = 1_048_576  # SYNC-34
LOAD_BALANCER_RESPONSE_BYTES = 1_048_576  # SYNC-34, counted in the JSON that the function returns

HEALTH_CHECK_TIMEOUT_SECONDS = Range(2, 120, default=30, rule="SYNC-34")

STATUS_CODES = Range(100, 599, default=200, rule="SYNC-30")

# Longer than any function runs.
NO_DEADLINE = 86_400 * SECOND
