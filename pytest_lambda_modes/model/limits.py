"""AWS's numbers, each beside the rule it comes from.

A `Range` counts in the API's own unit, as users write it. Sizes are bytes. Durations are whole microseconds.
"""

from __future__ import annotations

from typing import NamedTuple

from pytest_lambda_modes.units import MINUTE, SECOND


class Range(NamedTuple):
    """The whole numbers from `least` to `most` that a setting may take, and the rule that says so."""

    least: int
    most: int
    default: int
    rule: str


# Function configuration. The model's larger maxima (5400 s, 32768 MB) belong to Managed Instances.
TIMEOUT = Range(1, 900, default=3, rule="RT-19")
MEMORY_SIZE = Range(128, 10_240, default=128, rule="RT-28")
ENVIRONMENT_BYTES = 4_096  # RT-37
INIT_LIMIT = 10 * SECOND  # RT-24

# Invoke.
SYNC_REQUEST_BYTES = 6_291_456  # SYNC-11
SYNC_RESPONSE_BYTES = 6_291_556  # SYNC-12
ASYNC_REQUEST_BYTES = 1_048_576  # ASYNC-2
CLIENT_CONTEXT_BYTES = 3_583  # RT-30, counted in base64 text
LOG_TAIL_BYTES = 4_096  # SYNC-14

# Concurrency.
ACCOUNT_CONCURRENCY = 1_000  # SYNC-16
SCALING_STEP = 1_000  # SYNC-16: environments a function may add in each interval
SCALING_INTERVAL = 10 * SECOND  # SYNC-16
RECURSION_LIMIT = 16  # ASYNC-36

# Asynchronous invocation.
MAXIMUM_RETRY_ATTEMPTS = Range(0, 2, default=2, rule="ASYNC-7")
MAXIMUM_EVENT_AGE_IN_SECONDS = Range(60, 21_600, default=21_600, rule="ASYNC-7")
RETRY_DELAYS = (60 * SECOND, 120 * SECOND)  # ASYNC-9: before retry 1, before retry 2
THROTTLE_DELAY_FIRST = 1 * SECOND  # ASYNC-10: doubles from here
THROTTLE_DELAY_MOST = 300 * SECOND  # ASYNC-10

# Services that hand their events to Lambda, and what each does when Lambda refuses.
SNS_DELIVERY_ATTEMPTS = 100_015  # ASYNC-40
EVENTBRIDGE_RETRY_ATTEMPTS = Range(0, 185, default=185, rule="ASYNC-41")
EVENTBRIDGE_EVENT_AGE_IN_SECONDS = Range(60, 86_400, default=86_400, rule="ASYNC-41")

# Services that wait for a report of the function.
SERVICE_TIMEOUT = Range(1, 3_600, default=3_600, rule="ASYNC-47")  # of a custom resource, in seconds
CUSTOM_RESOURCE_RESPONSE_BYTES = 4_096  # ASYNC-47
PHYSICAL_RESOURCE_ID_BYTES = 1_024  # ASYNC-47
CODEPIPELINE_JOB_TIMEOUT = 20 * MINUTE  # ASYNC-48

# Where messages and records go.
SQS_MESSAGE_BYTES = 1_048_576  # ASYNC-29
SNS_MESSAGE_BYTES = 262_144  # ASYNC-29

S3_KEY_BYTES = 1_024  # EVT-2

# The one account and region that exist here.
ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
