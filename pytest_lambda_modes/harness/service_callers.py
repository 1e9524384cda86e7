"""The services in front of Lambda that speak no HTTP of their own to it, as methods of `sync_invoke`. (DESIGN 1.5)"""

from __future__ import annotations

from pytest_lambda_modes.harness.data_callers import DataCallers
from pytest_lambda_modes.harness.edge_callers import EdgeCallers
from pytest_lambda_modes.harness.user_callers import UserCallers


class ServiceCallers(UserCallers, EdgeCallers, DataCallers):
    """Each calls a function as one service does, and gives back what that service makes of it."""
